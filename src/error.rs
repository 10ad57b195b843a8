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
