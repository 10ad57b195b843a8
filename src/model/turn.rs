//! One fetch of a model at a time: who comes second waits, and finds the model there.
//!
//! Without it a test run on an empty cache would download the same 83 MB once per process. It saves
//! work and nothing else: a [`Stage`](super::stage::Stage) keeps fetches apart where locks do not
//! work (some network disks) or where the first one takes too long.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use super::progress::Progress;
use crate::lock::{FileLock, TELL_AFTER, holder};

/// How often a waiting fetch looks.
const TICK: Duration = Duration::from_millis(100);

/// The right to fetch; given back when dropped, and by the system when the process ends.
pub(super) struct Turn {
    _lock: Option<FileLock>,
}

impl Turn {
    /// Waits for other fetches into the folder, but no longer than `patience`. Tells for which
    /// process it waits, once it has waited for two seconds.
    pub(super) fn wait(folder: &Path, patience: Duration, progress: &mut dyn FnMut(Progress)) -> Turn {
        let nobody = Turn { _lock: None };
        let path = folder.join(".lock");
        let opened = std::fs::create_dir_all(folder)
            .and_then(|()| File::options().write(true).create(true).truncate(false).open(&path));
        let Ok(mut file) = opened else { return nobody };
        let started = Instant::now();
        let mut told = false;
        loop {
            file = match FileLock::try_new(file) {
                Ok(lock) => return Turn { _lock: Some(lock) },
                Err((_, TryLockError::Error(_))) => return nobody,
                Err((_, TryLockError::WouldBlock)) if started.elapsed() > patience => return nobody,
                Err((file, TryLockError::WouldBlock)) => file,
            };
            if started.elapsed() >= TELL_AFTER && !std::mem::replace(&mut told, true) {
                let who = holder(&[&path]).map_or_else(|| "another process".to_owned(), |holder| holder.to_string());
                progress(Progress::Note(format!("waiting for {who}, which fetches this model")));
            }
            std::thread::sleep(TICK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_waits_for_the_first_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut notes = 0;
        let mut wait = |patience| Turn::wait(folder.path(), Duration::from_millis(patience), &mut |_| notes += 1);
        let first = wait(0);
        assert!(first._lock.is_some());
        assert!(wait(150)._lock.is_none(), "too short a wait to be told");
        assert!(wait(2500)._lock.is_none());
        drop(first);
        assert!(wait(0)._lock.is_some());
        assert_eq!(notes, 1);
    }
}
