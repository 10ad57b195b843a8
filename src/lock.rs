//! A lock on a file that keeps other processes and threads out.
//!
//! The lock belongs to the open file and not to the process (flock). Where another thread starts a
//! child while the lock is held, the child shares the open file between `fork` and `exec`, and
//! would keep the lock after the holder has closed its own descriptor. So the lock is released
//! explicitly when it is dropped, which holds for every descriptor of the file.

mod holder;

use std::fs::{File, TryLockError};
use std::time::Duration;

pub use holder::Holder;
pub(crate) use holder::holder;

/// How long somebody waits for a lock before it is told for whom.
pub(crate) const TELL_AFTER: Duration = Duration::from_secs(2);

/// A locked file, until it is dropped. The system releases the lock when the process ends.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: File,
}

impl FileLock {
    /// Locks an open file without waiting.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] where somebody else holds the lock, [`TryLockError::Error`]
    /// where the file system has no locks. The file comes back with either, so that the caller can
    /// try again.
    pub(crate) fn try_new(file: File) -> Result<FileLock, (File, TryLockError)> {
        match file.try_lock() {
            Ok(()) => Ok(FileLock { file }),
            Err(error) => Err((file, error)),
        }
    }

    /// The locked file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing the file releases the lock too, unless a child shares it at this moment.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_lock_is_free_even_where_the_open_file_is_shared() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let file = open();
        // What a forked child has until it runs another program: the same open file.
        let shared = file.try_clone().unwrap();
        let lock = FileLock::try_new(file).unwrap();
        assert!(matches!(FileLock::try_new(open()), Err((_, TryLockError::WouldBlock))));
        drop(lock);
        assert!(FileLock::try_new(open()).is_ok());
        drop(shared);
    }
}
