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
        let wait = |patience, progress: &mut dyn FnMut(Progress)| {
            Turn::wait(folder.path(), Duration::from_secs(patience), progress)
        };
        let first = wait(0, &mut |_| {});
        assert!(first._lock.is_some());
        assert!(wait(0, &mut |_| panic!("too short a wait to be told"))._lock.is_none());
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(move || wait(600, &mut |progress| tell.send(progress).unwrap()));
            let Progress::Note(note) = told.recv_timeout(Duration::from_secs(300)).unwrap() else { panic!("no note") };
            assert!(note.starts_with("waiting for "), "{note}");
            drop(first);
            assert!(second.join().unwrap()._lock.is_some());
            assert_eq!(told.iter().count(), 0, "it is told once");
        });
        assert!(wait(0, &mut |_| {})._lock.is_some());
    }
}
