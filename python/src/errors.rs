//! Errors of the crate as exceptions of the package.
//!
//! In: an [`Error`]. Out: an exception of relata/errors.py with the error's stable code. Each
//! domain of errors is a class there.

use pyo3::prelude::*;
use relata::Error;
use relata::error::{EmbeddingError, QueryError};

/// A class of relata/errors.py.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// An error of the crate, by its domain.
    Domain(&'static str),
    /// Work in a forked process.
    Forked,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Kind::Domain(name) => name,
            Kind::Forked => "ForkedError",
        }
    }
}

/// The exception of an error.
pub(crate) fn from(py: Python<'_>, error: &Error) -> PyErr {
    let class = match error {
        Error::Io { .. } => "FileError",
        Error::Reading(_) => "ReadingError",
        Error::Model(_) => "ModelError",
        Error::Embedding(_) => "EmbeddingError",
        Error::Library(_) => "LibraryError",
        Error::Bulk(_) => "BulkError",
        Error::Fetch(_) => "FetchError",
        Error::Query(QueryError::Malformed { .. }) => "RequestError",
        Error::Query(_) => "QueryError",
        Error::Profile(_) => "ProfileError",
        Error::Topics(_) => "TopicsError",
        Error::Zotero(_) => "ZoteroError",
        Error::Config(_) => "ConfigError",
        Error::Mail(_) => "MailError",
        Error::Cancelled => "CancelledError",
        _ => "Error",
    };
    let raised = raise(py, Kind::Domain(class), error.code(), &error.with_causes());
    match error {
        Error::Embedding(EmbeddingError::Tokens { index, reason }) => with_text(py, raised, *index, reason),
        _ => raised,
    }
}

/// An exception that says which of several texts it is about, and why.
fn with_text(py: Python<'_>, raised: PyErr, index: usize, reason: &str) -> PyErr {
    let value = raised.value(py);
    let set = value.setattr("index", index).and_then(|()| value.setattr("reason", reason));
    set.err().unwrap_or(raised)
}

/// An exception with a code.
pub(crate) fn raise(py: Python<'_>, kind: Kind, code: &str, text: &str) -> PyErr {
    let made = py.import("relata.errors").and_then(|module| {
        let exception = module.getattr(kind.class())?.call1((text,))?;
        exception.setattr("code", code)?;
        Ok(PyErr::from_value(exception))
    });
    made.unwrap_or_else(|error| error)
}
