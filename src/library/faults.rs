//! What SQLite says, turned into what a person can act on.
//!
//! In: an error of SQLite and the library's path. Out: the [`Error`] that names the file, the cause and the way out, the
//! original kept as its source. Every call into SQLite goes through [`Faults::in_library`].

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::types::Type;

use crate::error::{Error, Result};

/// Names the library in which a call of SQLite failed.
pub(super) trait Faults<T> {
    /// The same result, with the error in our terms.
    fn in_library(self, path: &Path) -> Result<T>;
}

impl<T> Faults<T> for rusqlite::Result<T> {
    fn in_library(self, path: &Path) -> Result<T> {
        self.map_err(|source| fault(path, source))
    }
}

fn fault(path: &Path, source: rusqlite::Error) -> Error {
    let path = path.to_owned();
    match (source.sqlite_error_code(), &source) {
        (Some(ErrorCode::NotADatabase), _) => Error::LibraryForeign { path },
        (Some(ErrorCode::DatabaseCorrupt), _) => Error::LibraryDamaged { path, what: source.to_string() },
        (Some(ErrorCode::DiskFull), _) => Error::LibraryFull { path, source },
        (Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied), _) => Error::LibraryReadOnly { path, source },
        (Some(ErrorCode::CannotOpen), _) => Error::LibraryUnopened { path, source },
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => Error::LibraryBusy { path, source },
        // A value that its column never holds: someone else wrote into the file.
        (_, rusqlite::Error::FromSqlConversionFailure(_, _, cause)) => {
            Error::LibraryDamaged { path, what: cause.to_string() }
        }
        (
            _,
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..),
        ) => Error::LibraryDamaged { path, what: source.to_string() },
        _ => Error::Library { path, source },
    }
}

/// A stored value that makes no sense, as an error that [`Faults::in_library`] turns into `LibraryDamaged`.
pub(super) fn unreadable(what: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, what.into().into())
}
