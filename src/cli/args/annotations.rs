//! Commands on what a user says of papers: `note`, `tag` and `read`.

use clap::Args;

/// `relata note`
#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    /// Paper, by id or link, or by its number in the last answer.
    #[arg(value_name = "ID|N")]
    pub id: String,
    /// The note, in place of an earlier one; an empty text, `""`, takes it away.
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata tag`
#[derive(Debug, Args)]
pub(crate) struct Tag {
    /// Paper, by id or link, or by its number in the last answer.
    #[arg(value_name = "ID|N", requires = "tags")]
    pub id: Option<String>,
    /// Tags for the paper.
    #[arg(value_name = "TAG")]
    pub tags: Vec<String>,
    /// Take the tags away instead.
    #[arg(long, requires = "tags")]
    pub remove: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata read`
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Papers, by id or link, or by their number in the last answer.
    #[arg(required = true, value_name = "ID|N")]
    pub ids: Vec<String>,
    /// Note them as not read instead.
    #[arg(long)]
    pub unread: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}
