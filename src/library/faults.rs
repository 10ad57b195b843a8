//! What SQLite says, turned into what a person can act on.
//!
//! In: an error of SQLite and the library's path. Out: the [`LibraryError`] that names the file and
//! the cause, the original kept as its source. Every call into SQLite goes through
//! [`Faults::in_library`].

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::types::Type;

use super::waiting::writer;
use crate::error::{LibraryError, Result};
use crate::files;

/// SQLite's own words.
const FULL: &str = "database or disk is full";

/// Names the library in which a call of SQLite failed.
pub(super) trait Faults<T> {
    /// The same result, with the error in our terms.
    fn in_library(self, path: &Path) -> Result<T>;
}

impl<T> Faults<T> for rusqlite::Result<T> {
    fn in_library(self, path: &Path) -> Result<T> {
        self.map_err(|source| fault(path, source).into())
    }
}

fn fault(path: &Path, source: rusqlite::Error) -> LibraryError {
    let path = path.to_owned();
    match (source.sqlite_error_code(), &source) {
        (Some(ErrorCode::NotADatabase), _) => LibraryError::Foreign { path },
        (Some(ErrorCode::DatabaseCorrupt), _) => LibraryError::Damaged { path, what: source.to_string() },
        (Some(ErrorCode::DiskFull), _) => LibraryError::Full { path, source },
        // Of files beside the library (its log, the shared memory of that), SQLite does not say why
        // they could not be made or grow.
        (Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly), _)
            if path.as_os_str() != ":memory:" && !files::has_room(&path) =>
        {
            let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
            LibraryError::Full { path, source: rusqlite::Error::SqliteFailure(full, Some(FULL.to_owned())) }
        }
        (Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied), _) => LibraryError::ReadOnly { path, source },
        (Some(ErrorCode::CannotOpen), _) => LibraryError::Unopened { path, source },
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => {
            LibraryError::Busy { holder: writer(&path).map(Box::new), path, source }
        }
        // A value that its column never holds: someone else wrote into the file.
        (_, rusqlite::Error::FromSqlConversionFailure(_, _, cause)) => {
            LibraryError::Damaged { path, what: cause.to_string() }
        }
        (
            _,
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..),
        ) => LibraryError::Damaged { path, what: source.to_string() },
        _ => LibraryError::Sqlite { path, source },
    }
}

/// A stored value that makes no sense, as an error that [`Faults::in_library`] turns into
/// [`LibraryError::Damaged`].
pub(super) fn unreadable(what: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, what.into().into())
}
