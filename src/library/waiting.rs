//! Waiting for another process that writes the library.
//!
//! In: that SQLite cannot have a lock yet, again and again. Out: whether to go on waiting. Whoever
//! waits longer than two seconds is told for which process, once for each wait. SQLite gives its
//! busy handler nothing to know a connection by, so what is told, and to whom, is a thread's: a
//! thread answers one request at a time.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use super::open::PATIENCE;
use crate::lock::{Holder, TELL_AFTER, holder};

/// Pauses between tries, as SQLite's own handler makes them; the last one is repeated.
const PAUSES: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

/// Who is told of a wait, and of which library.
struct Listener {
    library: PathBuf,
    tell: Rc<dyn Fn(Option<Holder>)>,
}

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// From here on, waits of this thread are told to `tell`, with the process that holds the lock of
/// `library`.
pub(crate) fn listen(library: &Path, tell: impl Fn(Option<Holder>) + 'static) {
    LISTENER.set(Some(Listener { library: library.to_owned(), tell: Rc::new(tell) }));
}

/// SQLite's busy handler: pauses, and answers whether to try again. `tries` counts those of this
/// wait.
pub(super) fn pause(tries: i32) -> bool {
    let tries = usize::try_from(tries).unwrap_or(0);
    let before = waited(tries);
    if before >= PATIENCE {
        return false;
    }
    if before >= TELL_AFTER && waited(tries.saturating_sub(1)) < TELL_AFTER {
        tell();
    }
    std::thread::sleep(Duration::from_millis(PAUSES[tries.min(PAUSES.len() - 1)]));
    true
}

/// Tells of the wait of this thread.
pub(super) fn tell() {
    // Not borrowed meanwhile: who is told may ask for another library.
    let listener = LISTENER.with_borrow(|listener| {
        listener.as_ref().map(|listener| (listener.library.clone(), Rc::clone(&listener.tell)))
    });
    if let Some((library, tell)) = listener {
        tell(writer(&library));
    }
}

/// The process that writes a library: the lock for that lies on the shared memory of its log, and
/// without a log on the file itself.
pub(super) fn writer(library: &Path) -> Option<Holder> {
    let mut memory = library.as_os_str().to_owned();
    memory.push("-shm");
    holder(&[Path::new(&memory), library])
}

/// How long so many pauses are.
fn waited(pauses: usize) -> Duration {
    let first: u64 = PAUSES.iter().take(pauses).sum();
    let more = pauses.saturating_sub(PAUSES.len()) as u64 * PAUSES[PAUSES.len() - 1];
    Duration::from_millis(first + more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_once_and_ends() {
        assert_eq!([0, 1, 3, 12, 14].map(|pauses| waited(pauses).as_millis()), [0, 1, 8, 328, 528]);
        let told = (0..1000).filter(|tries| waited(*tries) >= TELL_AFTER && waited(tries - 1) < TELL_AFTER);
        assert_eq!(told.collect::<Vec<_>>(), [29]);
        assert!(!pause(1000), "a minute is over");
    }
}
