//! Options that every command takes: the library, the model and the device.

use std::path::PathBuf;

use clap::Args;

use super::values::{model, one_of, path};
use crate::embed::{DeviceChoice, EngineChoice, Long, Precision};

/// Options that every command takes; `help.rs` shows them where they count.
#[derive(Debug, Args)]
pub(crate) struct Places {
    /// Library to use, one SQLite file [default: relata/library.db in the platform's data folder].
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "RELATA_LIBRARY",
        value_parser = path(),
        hide_env_values = true,
        help_heading = "Library"
    )]
    pub library: Option<PathBuf>,
    /// Embedding model: a known name (see `relata model list`) or a sentence-transformers folder
    /// [default: what the library was embedded with, else all-MiniLM-L6-v2].
    #[arg(
        long,
        global = true,
        value_name = "NAME|DIR",
        env = "RELATA_MODEL",
        value_parser = model(),
        hide_env_values = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub model: Option<String>,
    /// Number format to embed in: f32, int8 (CPU only; faster, with nearly the same vectors), f16
    /// or bf16 (CUDA only).
    ///
    /// Vectors of different formats are never compared, except that f16 counts as f32
    /// [default: what the library was embedded in, else f32].
    #[arg(
        long,
        global = true,
        value_name = "PRECISION",
        value_parser = one_of::<Precision>(&["f32", "int8", "f16", "bf16"]),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub precision: Option<Precision>,
    /// What to do with texts longer than the model reads: truncate (drop the rest) or window (embed
    /// windows of 256 tokens and take their mean).
    ///
    /// Vectors of the two are never compared [default: as the library was embedded, else truncate].
    #[arg(
        long,
        global = true,
        value_name = "HOW",
        value_parser = one_of::<Long>(&["truncate", "window"]),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub long: Option<Long>,
    /// Device to embed on: auto, cpu, cuda, cuda:N, cuda:N,M,... (several cards) or metal.
    #[arg(
        long,
        global = true,
        value_name = "DEVICE",
        default_value = "auto",
        value_parser = str::parse::<DeviceChoice>,
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub device: DeviceChoice,
    /// Engine to embed with: own (Relata's kernels) or stock (candle's BERT, to compare with; slow;
    /// CPU and Metal only).
    #[arg(
        long,
        global = true,
        value_name = "ENGINE",
        default_value = "own",
        value_parser = one_of::<EngineChoice>(&["own", "stock"]),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub engine: EngineChoice,
    /// Memory for the papers of an index while it is made, in MiB; of a library that is larger,
    /// parts go by way of the disk. The index is the same.
    #[arg(
        long,
        global = true,
        value_name = "MIB",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub memory: u32,
    /// Never fetch anything from the network, neither a model nor papers. A mail that `relata today
    /// --mail` asks for still goes out.
    #[arg(
        long,
        global = true,
        env = "RELATA_OFFLINE",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new(),
        hide_short_help = true,
        help_heading = MODEL_AND_DEVICE
    )]
    pub offline: bool,
}

const MODEL_AND_DEVICE: &str = "Model and device";
