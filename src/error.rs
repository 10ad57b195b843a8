//! What can go wrong, in one enum: each variant names its subject, its cause and the way out.

use std::path::{Path, PathBuf};

/// Errors of this library. Their `Display` is written for the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    // --- reading ---

    // --- end of reading ---

    // --- models ---

    // --- end of models ---

    // --- embedding ---

    // --- end of embedding ---

    // --- library ---
    /// There is no library where one is to be read.
    #[error("there is no library at {path} yet; `relata add PATH...` makes it", path = path.display())]
    LibraryMissing {
        /// Where it was looked for.
        path: PathBuf,
    },

    /// The file is not a library of ours: another program's database, or no database at all.
    #[error("{path} is not a Relata library, and was left as it is; name another file with --library", path = path.display())]
    LibraryForeign {
        /// The file.
        path: PathBuf,
    },

    /// The library was written by a later version of this program.
    #[error(
        "the library {path} has schema version {found}, but this relata knows only up to {known}; update relata, \
         or name another file with --library",
        path = path.display()
    )]
    LibraryNewer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The highest version known here.
        known: i64,
    },

    /// The library was written by an earlier version of this program and cannot be upgraded while only reading.
    #[error(
        "the library {path} has schema version {found} and must be upgraded to {known} before it is read; \
         run `relata check` where it can be written",
        path = path.display()
    )]
    LibraryOlder {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The version needed.
        known: i64,
    },

    /// The library's file is cut or damaged.
    #[error(
        "the library {path} is damaged ({what}); copy it and its -wal file away first, then restore a backup, or save what \
         is readable with `sqlite3 FILE .recover`",
        path = path.display()
    )]
    LibraryDamaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },

    /// No room left on the disk, or the file may not grow.
    #[error(
        "no room left to write the library {path}; what was stored before is untouched: free some space and run the same \
         command again",
        path = path.display()
    )]
    LibraryFull {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// The library, or its folder, may not be written.
    #[error(
        "the library {path} cannot be written: the file or its folder is read-only; change its permissions, or name another \
         file with --library",
        path = path.display()
    )]
    LibraryReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// The file could not be opened at all.
    #[error("the library {path} cannot be opened: {source}; see that it is a file in a folder that you may read and write", path = path.display())]
    LibraryUnopened {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// A read-only place holds a library with changes that were not yet folded into its main file.
    #[error(
        "the library {path} has changes in {path}-wal that cannot be read from a read-only folder; copy both files to a folder \
         that can be written, and name the copy with --library",
        path = path.display()
    )]
    LibraryUnfolded {
        /// The file.
        path: PathBuf,
    },

    /// Another process kept the library locked for longer than we wait.
    #[error("another process is writing the library {path}; wait for it to end, then run the same command again", path = path.display())]
    LibraryBusy {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// Anything else that SQLite reports.
    #[error("the library {path}: {source}", path = path.display())]
    Library {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// A vector that may not be stored: wrong length, not finite, not of unit length, or a fingerprint that does not fit.
    #[error("a vector was refused by the library {path}: {why}", path = path.display())]
    VectorRefused {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    // --- end of library ---

    // --- answering ---

    // --- end of answering ---
}

impl Error {
    /// Names the path that an I/O error is about.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_owned();
        move |source| Error::Io { path, source }
    }
}

/// Result with this library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
