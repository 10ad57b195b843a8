//! What can go wrong when texts are embedded.

/// Errors of embedding: how it is asked for, and what fails while it runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// A precision that is not known, or that the chosen engine does not have.
    #[error("precision {asked} {reason}")]
    Precision {
        /// What was asked for, escaped.
        asked: String,
        /// Why not, and what to do.
        reason: &'static str,
    },
    /// A word that says nothing of long texts.
    #[error("long {asked} is not known; choose truncate or window")]
    Long {
        /// What was asked for, escaped.
        asked: String,
    },
    /// A word that is no engine.
    #[error("engine {asked} is not known; choose own or stock")]
    Engine {
        /// What was asked for, escaped.
        asked: String,
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
}

impl EmbeddingError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            EmbeddingError::Precision { .. } => "precision",
            EmbeddingError::Long { .. } => "long",
            EmbeddingError::Engine { .. } => "engine",
            EmbeddingError::Device { .. } => "device",
            EmbeddingError::Tokens { .. } => "tokens",
            EmbeddingError::Encoder { .. } => "encoder",
        }
    }
}

impl From<candle_core::Error> for EmbeddingError {
    fn from(source: candle_core::Error) -> EmbeddingError {
        EmbeddingError::Encoder { reason: format!("failed: {source}"), source: Some(Box::new(source)) }
    }
}
