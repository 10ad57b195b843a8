//! Whether this process is one in which work was begun.
//!
//! A forked process has the memory of its parent and none of its threads: whatever waits for one of
//! them waits for ever. So the first work notes its process, and work in another one is refused.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;

use crate::errors::{self, Kind};

/// The process that worked first; 0 where none has.
static WORKING: AtomicU32 = AtomicU32::new(0);

/// Notes that this process works.
///
/// # Errors
/// `relata.ForkedError` in a process that was forked from one that had worked.
pub(crate) fn enter(py: Python<'_>) -> PyResult<()> {
    if is_forked() {
        let text = "this process was forked from one that had used Relata, whose threads are not here; \
                    start workers with multiprocessing's \"spawn\" or \"forkserver\", or fork before the first use";
        return Err(errors::raise(py, Kind::Forked, "forked", text));
    }
    WORKING.store(std::process::id(), Ordering::Relaxed);
    Ok(())
}

/// Whether this process was forked from one that had worked.
pub(crate) fn is_forked() -> bool {
    let working = WORKING.load(Ordering::Relaxed);
    working != 0 && working != std::process::id()
}
