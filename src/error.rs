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
    /// A name that no manifest answers to.
    #[error(
        "no model is called {name:?}; known are {known}; a model folder of your own is given by its path (--model DIR)"
    )]
    ModelUnknown {
        /// As asked for.
        name: String,
        /// The known names, comma-separated.
        known: String,
    },
    /// A folder that cannot serve as a model.
    #[error("model folder {path}: {reason}", path = path.display())]
    ModelFolder {
        /// The folder.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// A manifest that does not hold.
    #[error("model manifest: {reason}")]
    ModelManifest {
        /// The line or field, and why.
        reason: String,
    },
    /// A model that is not on this machine, where fetching it is not the question.
    #[error("model {name} is not in {path}; fetch it with `relata model fetch {name}`", path = path.display())]
    ModelAbsent {
        /// Its name.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// Every source of a model failed.
    #[error("{0}")]
    ModelUnavailable(Box<crate::model::Unavailable>),
    /// The cache of models could not be written.
    #[error(
        "cannot write to the model cache {path}: {source}; set RELATA_CACHE to a folder with room that you may write to, \
         or give a model folder with --model DIR",
        path = path.display()
    )]
    ModelCache {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The platform names no cache folder.
    #[error("this user has no cache folder (no HOME?); set RELATA_CACHE to a folder for models")]
    NoCacheFolder,
    // --- end of models ---

    // --- embedding ---
    /// A file of a model folder is missing, damaged, absurd or contradicts another.
    #[error("{path}: {reason}", path = path.display())]
    ModelFile {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it; follows the path in the message.
        reason: String,
        /// What a parser said.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },

    /// A model folder asks for something that Relata can't do as sentence-transformers would.
    #[error("{path}: {what} can't be followed; Relata follows {followed}", path = path.display())]
    ModelNotFollowed {
        /// The file that asks.
        path: PathBuf,
        /// What it asks for.
        what: String,
        /// What would do.
        followed: String,
    },

    /// A device was asked for that is not there.
    #[error("device {asked} {reason}")]
    Device {
        /// As the user wrote it.
        asked: String,
        /// Why not, and what to do.
        reason: String,
    },

    /// A text could not be turned into tokens.
    #[error("text {index} could not be tokenised: {reason}")]
    Tokens {
        /// Which of the given texts, from 0.
        index: usize,
        /// Why.
        reason: String,
    },

    /// The encoder failed.
    #[error("the encoder {reason}")]
    Encoder {
        /// Why.
        reason: String,
        /// What candle said.
        source: Option<Box<candle_core::Error>>,
    },

    // --- end of embedding ---

    // --- library ---

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

impl From<candle_core::Error> for Error {
    fn from(source: candle_core::Error) -> Error {
        Error::Encoder { reason: format!("failed: {source}"), source: Some(Box::new(source)) }
    }
}

/// Result with this library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
