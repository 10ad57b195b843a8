//! Commands that use models without a library: `embed` and `model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::{path, role};
use crate::bulk::Format;
use crate::embed::Role;

/// `relata embed`
#[derive(Debug, Args)]
pub(crate) struct Embed {
    /// Files or folders of papers, in any format that `relata add` reads; `-` reads standard input.
    #[arg(required = true, value_name = "INPUT", value_parser = path())]
    pub inputs: Vec<PathBuf>,
    /// File to write: .npy (float32; ids in FILE.ids), .jsonl, .safetensors (ids in FILE.ids) or
    /// .parquet; `-` writes JSON lines to standard output.
    #[arg(short, long, value_name = "FILE", value_parser = path())]
    pub output: PathBuf,
    /// Output format, if the extension does not name it: npy, jsonl, safetensors or parquet.
    #[arg(long, value_name = "FORM")]
    pub format: Option<Format>,
    /// Read plain text, one text per line. The id of a text is its line number, counted on from
    /// file to file.
    #[arg(long)]
    pub lines: bool,
    /// Embed the texts as passages or as queries (some models use different prompts).
    #[arg(long = "as", value_name = "ROLE", value_parser = role(), default_value = "passage")]
    pub role: Role,
    /// Continue an interrupted run.
    #[arg(long)]
    pub resume: bool,
    /// Replace an existing output; without --resume, also discard what an interrupted run has
    /// embedded.
    #[arg(long)]
    pub force: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata model`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Model {
    /// What to do with models.
    #[command(subcommand)]
    pub command: ModelCommand,
}

/// The commands on models. Without a name they use the model of `--model`, else the default.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// List the known models, and say which of them are on this machine.
    List {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model and check its checksums.
    Fetch {
        /// Model to fetch.
        name: Option<String>,
    },
    /// Check every file of a model against its checksum.
    Verify {
        /// Model to check.
        name: Option<String>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the folder of a model.
    Path {
        /// Model to locate.
        name: Option<String>,
    },
}
