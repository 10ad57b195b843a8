//! What can go wrong: one [`Error`], which wraps one enum for each domain.
//!
//! A domain is a file: its enum says what is wrong, with the data of it (paths, counts, names), and
//! gives each variant a code that programs may rely on. What to do about an error depends on the
//! door through which Relata was asked, so no text here names an option or a command;
//! src/cli/advice says it at the terminal.

mod bulk;
mod config;
mod embedding;
mod fetch;
mod library;
mod mail;
mod model;
mod profile;
mod query;
mod reading;
mod serve;
mod topics;
mod unavailable;
mod vector_file;
mod zotero;

use std::path::{Path, PathBuf};

pub use crate::lock::Holder;
pub use bulk::{BulkError, OutputRefusal};
pub use config::{ConfigError, ConfigFault};
pub use embedding::{DeviceRefusal, EmbeddingError, PrecisionRefusal};
pub use fetch::FetchError;
pub use library::{DifferingSetting, EmbeddingSetting, LibraryError};
pub use mail::MailError;
pub use model::ModelError;
pub use profile::ProfileError;
pub use query::QueryError;
pub use reading::ReadingError;
pub use serve::ServeError;
pub use topics::TopicsError;
pub use unavailable::{Attempt, Unavailable};
pub use vector_file::VectorFileRefusal;
pub use zotero::ZoteroError;

/// Errors of this library. Each domain has an enum of its own, which `?` and [`From`] turn into
/// this one.
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
    /// Errors of reading files of papers and of references.
    #[error(transparent)]
    Reading(#[from] ReadingError),
    /// Errors of models: names, folders, files, fetching.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Errors of embedding: how it is asked for, and what fails while it runs.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
    /// Errors of a library: its file, and what it holds.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// Errors of bulk embedding: inputs, outputs, resuming.
    #[error(transparent)]
    Bulk(#[from] BulkError),
    /// Errors of fetching papers from arXiv.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Errors of questions, whichever way they are asked.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Errors of profiles.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Errors of topics.
    #[error(transparent)]
    Topics(#[from] TopicsError),
    /// Errors of syncing with Zotero.
    #[error(transparent)]
    Zotero(#[from] ZoteroError),
    /// Errors of the configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Errors of writing and sending mail.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Something that this build of the program leaves out.
    #[error("{what} is not built in")]
    NotBuiltIn {
        /// What was asked for.
        what: &'static str,
        /// The feature of the package that has it.
        feature: &'static str,
    },
    /// Errors of a server that does not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Somebody pulled the [token](crate::service::CancelToken) of the work.
    #[error("this was cancelled; what was committed before is kept")]
    Cancelled,
    /// A state that the code rules out; a bug where it shows.
    #[error("internal error: {0}; please report it")]
    Internal(&'static str),
}

impl Error {
    /// The stable name of what went wrong, for whoever reads answers by program: an HTTP door, a
    /// tool for agents, a script. It is lower case with hyphens, such as `library-busy`, and it
    /// stays the same where the text changes; docs/reference/errors.md lists all of them.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Io { .. } => "io",
            Error::Reading(error) => error.code(),
            Error::Model(error) => error.code(),
            Error::Embedding(error) => error.code(),
            Error::Library(error) => error.code(),
            Error::Bulk(error) => error.code(),
            Error::Fetch(error) => error.code(),
            Error::Query(error) => error.code(),
            Error::Profile(error) => error.code(),
            Error::Topics(error) => error.code(),
            Error::Zotero(error) => error.code(),
            Error::Config(error) => error.code(),
            Error::Mail(error) => error.code(),
            Error::NotBuiltIn { .. } => "not-built-in",
            Error::Serve(error) => error.code(),
            Error::Cancelled => "cancelled",
            Error::Internal(..) => "internal",
        }
    }

    /// The error in words, with its causes as far as its own text does not hold them.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        text
    }

    /// Names the path that an I/O error is about.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_owned();
        move |source| Error::Io { path, source }
    }
}

impl From<crate::paper::NotAnId> for Error {
    fn from(crate::paper::NotAnId(text): crate::paper::NotAnId) -> Error {
        QueryError::NotAnId { text }.into()
    }
}

impl From<relata_kernels::Refused> for Error {
    fn from(refused: relata_kernels::Refused) -> Error {
        let (word, reason) = match refused {
            relata_kernels::Refused::Unknown { word, known } => {
                (word, DeviceRefusal::UnknownInstructionSet { known: known.join(", ") })
            }
            relata_kernels::Refused::Missing { word } => (word, DeviceRefusal::NoInstructionSet),
        };
        EmbeddingError::Device { asked: format!("RELATA_CPU={}", word.escape_debug()), reason }.into()
    }
}

impl From<candle_core::Error> for Error {
    fn from(source: candle_core::Error) -> Error {
        EmbeddingError::from(source).into()
    }
}

/// Which process it is that is in the way, behind what it does.
fn by(holder: &Option<Box<Holder>>) -> String {
    holder.as_ref().map(|holder| format!(": {holder}")).unwrap_or_default()
}

/// Result with this library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
