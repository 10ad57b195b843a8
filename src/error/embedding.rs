//! What can go wrong when texts are embedded.

use std::fmt;

/// Errors of embedding: how it is asked for, and what fails while it runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// A precision that is not known, or that the chosen engine does not have.
    #[error("precision {asked} {reason}")]
    Precision {
        /// What was asked for, escaped.
        asked: String,
        /// Why not.
        reason: PrecisionRefusal,
    },
    /// A word that says nothing of long texts.
    #[error("long {asked} is not known; known are truncate and window")]
    Long {
        /// What was asked for, escaped.
        asked: String,
    },
    /// A word that is no engine.
    #[error("engine {asked} is not known; known are own and stock")]
    Engine {
        /// What was asked for, escaped.
        asked: String,
    },
    /// A device was asked for that is not there.
    #[error("device {asked} {reason}")]
    Device {
        /// As the user wrote it.
        asked: String,
        /// Why not.
        reason: DeviceRefusal,
    },
    /// A text could not be turned into tokens.
    #[error("text {index} could not be tokenised: {reason}")]
    Tokens {
        /// Which of the given texts, from 0.
        index: usize,
        /// Why.
        reason: String,
    },
    /// Candle's stock encoder was asked for, and does not run this model.
    #[error("the encoder of candle {what}")]
    StockEncoder {
        /// What it does not run; follows the encoder in the message.
        what: &'static str,
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

/// Why a precision is refused; follows its name in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrecisionRefusal {
    /// No precision is called so.
    Unknown,
    /// A CPU computes in it, the device that was asked for does not.
    CpuOnly,
    /// CUDA cards compute in it, the device that was asked for does not.
    CudaOnly,
    /// Relata's own engine computes in it on a CPU, the engine or device that was asked for does
    /// not.
    OwnEngineOnCpuOnly,
}

impl fmt::Display for PrecisionRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PrecisionRefusal::Unknown => "is not a precision; known are f32, f16, bf16 and int8",
            PrecisionRefusal::CpuOnly => "is for a CPU",
            PrecisionRefusal::CudaOnly => "is for CUDA cards",
            PrecisionRefusal::OwnEngineOnCpuOnly => "is for Relata's own engine on a CPU",
        })
    }
}

/// Why a device is refused; follows its name in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceRefusal {
    /// No device is called so.
    Unknown,
    /// This build cannot use it.
    NotBuiltIn {
        /// The cargo feature that builds it in.
        feature: &'static str,
    },
    /// It does not run candle's stock engine.
    OwnEngineOnly,
    /// The heads of the model's attention are wider than the card's kernels take.
    HeadTooWide {
        /// The most values of a head that they take.
        widest: usize,
        /// The values of a head of this model.
        head: usize,
    },
    /// The card is too old for 16-bit floating point: its compute capability.
    TooOld {
        /// Before the dot.
        major: i32,
        /// Behind it.
        minor: i32,
    },
    /// There is no driver of the card.
    NoDriver,
    /// A library that the card needs is not found.
    NoLibrary {
        /// Its name.
        name: &'static str,
    },
    /// `RELATA_CPU` names no set of instructions.
    UnknownInstructionSet {
        /// The known ones, comma-separated.
        known: String,
    },
    /// `RELATA_CPU` names a set of instructions that this processor lacks.
    NoInstructionSet,
    /// It does not answer, or fails while it is opened: how.
    Failed(String),
}

impl fmt::Display for DeviceRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceRefusal::Unknown => {
                f.write_str("is not a device; known are auto, cpu, cuda, cuda:N, cuda:N,M and metal")
            }
            DeviceRefusal::NotBuiltIn { .. } => f.write_str("is not built in"),
            DeviceRefusal::OwnEngineOnly => f.write_str("runs Relata's own engine alone"),
            DeviceRefusal::HeadTooWide { widest, head } => {
                write!(f, "takes heads of at most {widest} values, the model's have {head}")
            }
            DeviceRefusal::TooOld { major, minor } => {
                write!(f, "is of compute capability {major}.{minor}; f16 and bf16 take 8.0")
            }
            DeviceRefusal::NoDriver => f.write_str("has no driver (libcuda)"),
            DeviceRefusal::NoLibrary { name } => write!(f, "lacks {name}"),
            DeviceRefusal::UnknownInstructionSet { known } => {
                write!(f, "is not an instruction set; known are {known}")
            }
            DeviceRefusal::NoInstructionSet => f.write_str("is not in this machine's processor"),
            DeviceRefusal::Failed(how) => f.write_str(how),
        }
    }
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
            EmbeddingError::StockEncoder { .. } => "stock-encoder",
            EmbeddingError::Encoder { .. } => "encoder",
        }
    }
}

impl From<candle_core::Error> for EmbeddingError {
    fn from(source: candle_core::Error) -> EmbeddingError {
        EmbeddingError::Encoder { reason: format!("failed: {source}"), source: Some(Box::new(source)) }
    }
}
