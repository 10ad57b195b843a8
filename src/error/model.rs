//! What can go wrong when a model is looked for, fetched or loaded.

use std::path::PathBuf;

use super::Unavailable;

/// Errors of models: names, folders, files, fetching.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A name that no manifest answers to.
    #[error("no model is called {name:?}; known are {known}")]
    Unknown {
        /// As asked for.
        name: String,
        /// The known names, comma-separated.
        known: String,
    },
    /// A folder that cannot serve as a model.
    #[error("model folder {path}: {reason}", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// A manifest that does not hold.
    #[error("model manifest: {reason}")]
    Manifest {
        /// The line or field, and why.
        reason: String,
    },
    /// A model that is not on this machine, where fetching it is not the question.
    #[error("model {name} is not in {path}", path = path.display())]
    Absent {
        /// Its name.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// Every source of a model failed.
    #[error("{0}")]
    Unavailable(Box<Unavailable>),
    /// The cache of models could not be written.
    #[error(
        "cannot write to the model cache {path}: {source}",
        path = path.display()
    )]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The platform names no cache folder.
    #[error("this user has no cache folder (no HOME?)")]
    NoCacheFolder,
    /// A file of a model folder is missing, damaged, absurd or contradicts another.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it; follows the path in the message.
        reason: String,
        /// What a parser said.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A model folder asks for something that Relata can't do as sentence-transformers would.
    #[error("{path}: {what} can't be followed; Relata follows {followed}", path = path.display())]
    NotFollowed {
        /// The file that asks.
        path: PathBuf,
        /// What it asks for.
        what: String,
        /// What would do.
        followed: String,
    },
}

impl ModelError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            ModelError::Unknown { .. } => "model-unknown",
            ModelError::Folder { .. } => "model-folder",
            ModelError::Manifest { .. } => "model-manifest",
            ModelError::Absent { .. } => "model-absent",
            ModelError::Unavailable(..) => "model-unavailable",
            ModelError::Cache { .. } => "model-cache",
            ModelError::NoCacheFolder => "no-cache-folder",
            ModelError::File { .. } => "model-file",
            ModelError::NotFollowed { .. } => "model-not-followed",
        }
    }
}
