//! How a model is loaded and run: what computes, in what numbers, and what becomes of long texts.
//!
//! Words of the command line in, plain values out; nothing here looks at the machine.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::device::{DeviceChoice, refused};
use crate::error::{DeviceRefusal, EmbeddingError, Error, PrecisionRefusal, Result};
use crate::setters::setters;

/// How to load and run a model.
///
/// ```
/// use relata::embed::{DeviceChoice, EmbedderOptions, Precision};
///
/// let options = EmbedderOptions::new().device(DeviceChoice::Cpu).precision(Precision::Int8).token_budget(4096);
/// assert!(options.unit_rows);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedderOptions {
    /// Where the encoder runs.
    pub device: DeviceChoice,
    /// What computes on it.
    pub engine: EngineChoice,
    /// In what numbers.
    pub precision: Precision,
    /// The most tokens of a batch, padding included; `None` is what suits the engine and its
    /// memory. Candle's BERT takes at most 2048, as it needs 80 KB a token for all-MiniLM; Relata's
    /// own engine needs 2 KB, on a card 5 KB.
    pub token_budget: Option<usize>,
    /// Whether rows are scaled to unit length even where the folder's own modules do not. Relata
    /// compares by cosine, so this loses nothing, and a [`Fingerprint`](super::Fingerprint) stands
    /// for such rows; `false` gives sentence-transformers' numbers.
    pub unit_rows: bool,
    /// What becomes of texts beyond the token limit.
    pub long: Long,
    /// Text put before texts of a role, by its name (`query`, `passage`), for roles of which the
    /// folder itself says nothing.
    pub prompts: BTreeMap<String, String>,
}

setters! { EmbedderOptions:
    /// Where the encoder runs.
    device => value device(DeviceChoice);
    /// What computes on it.
    engine => value engine(EngineChoice);
    /// In what numbers.
    precision => value precision(Precision);
    /// The most tokens of a batch, padding included.
    token_budget => some token_budget(usize);
    /// Whether rows are scaled to unit length even where the folder's own modules do not.
    unit_rows => value unit_rows(bool);
    /// What becomes of texts beyond the token limit.
    long => value long(Long);
    /// Text put before texts of a role, by its name (`query`, `passage`).
    prompts => value prompts(BTreeMap<String, String>);
}

impl EmbedderOptions {
    /// The own engine in `f32` on the best device. Setters say what is to differ.
    pub fn new() -> EmbedderOptions {
        EmbedderOptions::default()
    }

    /// Whether this program could load any model so, on some machine: what cannot be is refused
    /// before anybody needs the model.
    ///
    /// # Errors
    /// [`EmbeddingError::Device`] for a device that is not built in or that the engine does not run
    /// on, [`EmbeddingError::Precision`] for a precision that the device or the engine lacks.
    pub fn check(&self) -> Result<()> {
        let no = |reason| Err(EmbeddingError::Precision { asked: self.precision.name().to_owned(), reason }.into());
        let stock = self.engine == EngineChoice::Stock;
        match (self.device, self.precision) {
            (DeviceChoice::Cuda(_), _) if stock => Err(refused(&self.device.to_string(), DeviceRefusal::OwnEngineOnly)),
            (DeviceChoice::Cuda(_), Precision::Int8) => no(PrecisionRefusal::CpuOnly),
            (DeviceChoice::Cuda(_), _) if !cfg!(feature = "cuda") => {
                Err(refused(&self.device.to_string(), DeviceRefusal::NotBuiltIn { feature: "cuda" }))
            }
            (DeviceChoice::Metal, _) if !cfg!(feature = "metal") => {
                Err(refused("metal", DeviceRefusal::NotBuiltIn { feature: "metal" }))
            }
            (DeviceChoice::Cpu | DeviceChoice::Metal, Precision::F16 | Precision::Bf16) => {
                no(PrecisionRefusal::CudaOnly)
            }
            (DeviceChoice::Metal, Precision::Int8) => no(PrecisionRefusal::OwnEngineOnCpuOnly),
            (_, Precision::Int8) if stock => no(PrecisionRefusal::OwnEngineOnCpuOnly),
            _ => Ok(()),
        }
    }
}

impl Default for EmbedderOptions {
    fn default() -> EmbedderOptions {
        EmbedderOptions {
            device: DeviceChoice::Auto,
            engine: EngineChoice::Own,
            precision: Precision::F32,
            token_budget: None,
            unit_rows: true,
            long: Long::Truncate,
            prompts: BTreeMap::new(),
        }
    }
}

/// What computes the encoder (`--engine`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// Relata's own kernels on a CPU and on CUDA cards, candle's BERT on Metal.
    #[default]
    Own,
    /// candle-transformers on a CPU or Metal: slow, and what `Own` is held against.
    Stock,
}

impl EngineChoice {
    /// The name that it is read from.
    pub fn name(self) -> &'static str {
        match self {
            EngineChoice::Own => "own",
            EngineChoice::Stock => "stock",
        }
    }
}

impl FromStr for EngineChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<EngineChoice> {
        match text {
            "own" => Ok(EngineChoice::Own),
            "stock" => Ok(EngineChoice::Stock),
            _ => Err(EmbeddingError::Engine { asked: text.escape_debug().to_string() }.into()),
        }
    }
}

/// In what numbers the encoder computes (`--precision`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point: the vectors of sentence-transformers.
    #[default]
    F32,
    /// Linear layers in 8-bit integers (weights scaled per output, activations per token), all else
    /// in `f32`. Relata's own engine on a CPU only.
    Int8,
    /// 16-bit floating point with sums in `f32`. Relata's own engine on CUDA cards only.
    F16,
    /// As `F16`, with the range of `f32` and 8 bits of mantissa.
    Bf16,
}

impl Precision {
    /// The word of `--precision`.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Int8 => "int8",
            Precision::F16 => "f16",
            Precision::Bf16 => "bf16",
        }
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Precision> {
        match text {
            "f32" => Ok(Precision::F32),
            "int8" => Ok(Precision::Int8),
            "f16" => Ok(Precision::F16),
            "bf16" => Ok(Precision::Bf16),
            _ => {
                let reason = PrecisionRefusal::Unknown;
                Err(EmbeddingError::Precision { asked: text.escape_debug().to_string(), reason }.into())
            }
        }
    }
}

/// What becomes of a text beyond the token limit (`--long`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Long {
    /// The rest is cut, as sentence-transformers does.
    #[default]
    Truncate,
    /// It is embedded in windows of 256 tokens (or of the model's limit if that is smaller), one
    /// behind the other; its vector is the mean of theirs, weighted by their tokens, scaled to unit
    /// length. A prompt stands before the first.
    Window,
}

impl Long {
    /// The word of `--long`.
    pub fn name(self) -> &'static str {
        match self {
            Long::Truncate => "truncate",
            Long::Window => "window",
        }
    }
}

impl FromStr for Long {
    type Err = Error;

    fn from_str(text: &str) -> Result<Long> {
        match text {
            "truncate" => Ok(Long::Truncate),
            "window" => Ok(Long::Window),
            _ => Err(EmbeddingError::Long { asked: text.escape_debug().to_string() }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_can_do_is_refused() {
        let refused = |device: &str, engine: &str, precision: &str| {
            let options = EmbedderOptions::new()
                .device(device.parse().unwrap())
                .engine(engine.parse().unwrap())
                .precision(precision.parse().unwrap());
            options.check().err().map_or_else(String::new, |error| error.to_string())
        };
        for (device, engine, precision) in
            [("auto", "own", "f16"), ("auto", "own", "int8"), ("cpu", "own", "int8"), ("cpu", "stock", "f32")]
        {
            assert_eq!(refused(device, engine, precision), "", "{device} {engine} {precision}");
        }
        for (device, engine, precision) in [
            ("cuda", "stock", "f32"),
            ("cuda", "own", "int8"),
            ("cpu", "own", "f16"),
            ("cpu", "own", "bf16"),
            ("cpu", "stock", "int8"),
            ("auto", "stock", "int8"),
            ("metal", "own", "f16"),
        ] {
            assert_ne!(refused(device, engine, precision), "", "{device} {engine} {precision}");
        }
        assert_eq!(refused("cuda:1", "own", "f16").contains("not built"), !cfg!(feature = "cuda"));
    }

    #[test]
    fn words_for_long_texts() {
        assert_eq!("window".parse::<Long>().unwrap(), Long::Window);
        assert_eq!("truncate".parse::<Long>().unwrap(), Long::default());
        insta::assert_snapshot!("fold".parse::<Long>().unwrap_err(), @"long fold is not known; known are truncate and window");
    }
}
