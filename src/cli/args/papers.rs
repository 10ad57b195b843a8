//! Commands on the papers of the library: `add`, `import-vectors`, `show`, `open`, `info`,
//! `remove`, `check` and `reembed`.

use std::path::PathBuf;

use clap::Args;

use super::values::path;

/// `relata add`
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Files or folders to read; `-` reads standard input. The content tells the format; `.gz` is
    /// unpacked.
    #[arg(required = true, value_name = "PATH", value_parser = path())]
    pub paths: Vec<PathBuf>,
    /// Do not embed now; the first command that needs vectors embeds the papers.
    #[arg(long)]
    pub no_embed: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata import-vectors`
#[derive(Debug, Args)]
#[command(after_help = VECTOR_FILES)]
pub(crate) struct ImportVectors {
    /// Files of vectors, or folders that hold some, such as the shards of `relata embed --cluster`.
    /// A vector is taken where the library's model (--model, --precision, --long) made it of the
    /// text that the paper has now.
    #[arg(required = true, value_name = "PATH", value_parser = path())]
    pub paths: Vec<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How vectors come in.
const VECTOR_FILES: &str = "\
The machine that embeds needs no library, and the other one no model:
  relata embed papers.jsonl.gz -o vectors.parquet
  relata add papers.jsonl.gz --no-embed
  relata import-vectors vectors.parquet";

/// `relata show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Paper to show, by id or link, or by its number in the last answer.
    #[arg(value_name = "ID|N")]
    pub id: String,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata open`
#[derive(Debug, Args)]
pub(crate) struct OpenPages {
    /// Papers to open, by id or link, or by their number in the last answer.
    #[arg(required = true, value_name = "ID|N")]
    pub ids: Vec<String>,
}

/// `relata info`
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// Paper to show, by id or link, or by its number in the last answer; without one, the library
    /// is shown.
    #[arg(value_name = "ID|N")]
    pub id: Option<String>,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata remove`
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Papers to remove.
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Mend what is damaged. Papers that cannot be mended otherwise are read again from the files
    /// or folders that are named here.
    #[arg(long, value_name = "PATH", num_args = 0..)]
    pub repair: Option<Vec<PathBuf>>,
    /// With --repair: delete vectors that cannot be mended, and embed nothing now. Without this
    /// option, all papers that lack a vector are embedded.
    #[arg(long, requires = "repair")]
    pub no_embed: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata reembed`
#[derive(Debug, Args)]
pub(crate) struct Reembed {
    /// Then delete the vectors of every other model.
    #[arg(long)]
    pub forget_others: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}
