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
    #[arg(required_unless_present = "more_inputs", value_name = "INPUT", value_parser = path())]
    pub inputs: Vec<PathBuf>,
    /// The same as INPUT, by name.
    #[arg(long = "in", id = "more_inputs", value_name = "INPUT", value_parser = path())]
    pub more_inputs: Vec<PathBuf>,
    /// File to write: .npy (float32; ids in FILE.ids), .jsonl, .safetensors (ids in FILE.ids) or
    /// .parquet; `-` writes JSON lines to standard output. With --cluster: the folder, or the
    /// address (s3://...), of the shards.
    #[arg(short, long, visible_alias = "out", value_name = "FILE", value_parser = path())]
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
    /// Where else than on this machine.
    #[command(flatten)]
    pub cluster: OnCluster,
}

/// Options of `relata embed` on a cluster.
#[derive(Debug, Args)]
#[command(next_help_heading = "On a cluster")]
pub(crate) struct OnCluster {
    /// Embed on the machines of a Ray cluster, into a folder of Parquet shards: ray://HOST:10001,
    /// HOST:6379, auto (this machine is one of them) or local (this machine alone).
    ///
    /// Needs Python with `pip install "relata[ray]"`. Inputs may then be Parquet and Lance, and
    /// addresses (s3://...). Shards that are there are not made again, so the same command goes on
    /// after a stop.
    #[arg(long = "cluster", value_name = "ADDRESS", conflicts_with_all = ["format", "force"])]
    pub address: Option<String>,
    /// Write a Lance dataset instead of Parquet shards.
    #[arg(long, requires = "address")]
    pub lance: bool,
    /// Rows of a shard [default: 1024, or 16384 with cards].
    #[arg(long, value_name = "N", requires = "address", value_parser = clap::value_parser!(u32).range(1..))]
    pub rows_per_shard: Option<u32>,
    /// Cores of a worker [default: all of a machine].
    #[arg(long, value_name = "N", requires = "address", value_parser = clap::value_parser!(u32).range(1..))]
    pub num_cpus: Option<u32>,
    /// Graphics cards of a worker [default: none].
    #[arg(long, value_name = "N", requires = "address", value_parser = clap::value_parser!(u32).range(1..))]
    pub num_gpus: Option<u32>,
    /// How long to try a lost cluster again without getting further, in seconds.
    #[arg(long, value_name = "SECONDS", requires = "address", default_value_t = 600)]
    pub patience: u64,
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
