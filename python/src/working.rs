//! Work that takes long, without the interpreter's lock, and ended by Ctrl-C.
//!
//! In: work, and a token that ends it. Out: what it gives, or what a signal's handler raises. The
//! work has a thread of its own; the thread that asked looks for signals meanwhile, and tells how
//! far the work is. Work that does not end soon after it was asked to is left to end by itself:
//! nobody waits for the batch that it computes, and what it writes, it writes in transactions.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use relata::Error;
use relata::error::Result;
use relata::neighbours::InterruptCheck;
use relata::service::CancelToken;

use crate::{errors, process};

/// How often signals are looked for.
const LOOK: Duration = Duration::from_millis(50);

/// How long work that was asked to end is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is told now and then of work.
pub(crate) type Tell<'a> = &'a mut (dyn FnMut(Python<'_>) -> PyResult<()> + Send);

/// Does work of the crate. `tell` is called now and then from the thread that asked, and once when
/// all is done.
///
/// # Errors
/// The work's error as an exception; what a signal's handler or `tell` raises.
pub(crate) fn work<T: Send + 'static>(
    py: Python<'_>,
    cancel: &CancelToken,
    tell: Tell<'_>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    process::enter(py)?;
    let (done, waiting) = channel();
    let started = thread::Builder::new().spawn(move || {
        // Nobody waits where the work was left.
        let _ = done.send(work());
    });
    let worker = started.map_err(|error| errors::from(py, &Error::io("a thread")(error)))?;
    let waited = py.detach(move || wait(&waiting, cancel, tell));
    match waited {
        Ok(Some(worked)) => worked.map_err(|error| errors::from(py, &error)),
        // The work has ended without an answer: it panicked.
        Ok(None) => match py.detach(|| worker.join()) {
            Err(panic) => resume_unwind(panic),
            Ok(()) => Err(errors::from(py, &Error::Internal("work has ended without an answer"))),
        },
        Err(raised) => Err(raised),
    }
}

/// As [`work`], of what tells nothing on its way.
pub(crate) fn quiet<T: Send + 'static>(
    py: Python<'_>,
    cancel: &CancelToken,
    asked: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    work(py, cancel, &mut |_| Ok(()), asked)
}

/// As [`quiet`], of work that asks again and again whether it is to go on: Ctrl-C ends it there.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    asked: impl FnOnce(InterruptCheck<'_>) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let cancel = CancelToken::new();
    let ended = cancel.clone();
    quiet(py, &cancel, move || asked(&|| if ended.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }))
}

/// Waits for work, and looks for signals meanwhile. `None` where the work ends without an answer.
fn wait<T>(waiting: &Receiver<Result<T>>, cancel: &CancelToken, tell: Tell<'_>) -> PyResult<Option<Result<T>>> {
    loop {
        match waiting.recv_timeout(LOOK) {
            Ok(worked) => {
                // Once more: what was told last may have been long before the end, or never.
                if worked.is_ok() {
                    Python::attach(&mut *tell)?;
                }
                return Ok(Some(worked));
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(raised) = Python::attach(|py| py.check_signals().and_then(|()| tell(py))) {
            cancel.cancel();
            let _ = waiting.recv_timeout(PATIENCE);
            return Err(raised);
        }
    }
}
