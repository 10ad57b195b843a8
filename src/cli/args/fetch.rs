//! `relata fetch` and `relata sources`.

use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::cli::dates::{since, until};

/// `relata fetch`
#[derive(Debug, Args)]
pub(crate) struct Fetch {
    /// Categories such as cs.LG, archives such as cs, or papers by id or link. Categories are
    /// remembered; without any, those that are remembered are fetched.
    #[arg(value_name = "CATEGORY|ID")]
    pub what: Vec<String>,
    /// Fetch all papers of the categories that are new or have changed since this day, not only
    /// today's.
    #[arg(long, value_name = "DATE", value_parser = since)]
    pub since: Option<Date>,
    /// Last day of --since.
    #[arg(long, value_name = "DATE", value_parser = until, requires = "since")]
    pub until: Option<Date>,
    /// Fetch all of arXiv, some three million papers; later what is new and has changed since.
    #[arg(long)]
    pub all: bool,
    /// Which papers of a category count.
    #[command(flatten)]
    pub kinds: Kinds,
    /// Compare the feed with OAI-PMH today, which is else done once a week, and fetch what it has
    /// missed.
    #[arg(long, conflicts_with_all = ["since", "all"])]
    pub reconcile: bool,
    /// Do not embed now; the first command that needs vectors embeds the papers.
    #[arg(long)]
    pub no_embed: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which papers of a category count.
#[derive(Debug, Args)]
pub(crate) struct Kinds {
    /// Take papers that are cross-listed in a category too; this is the default, and remembered.
    #[arg(long, overrides_with = "no_cross")]
    cross: bool,
    /// Take only papers whose primary category it is; remembered.
    #[arg(long)]
    no_cross: bool,
    /// Take new versions of papers that the library does not hold too; remembered. Those of papers
    /// that it holds are always taken.
    #[arg(long, overrides_with = "no_replaced")]
    replaced: bool,
    /// Take no new versions of papers that the library does not hold; this is the default, and
    /// remembered.
    #[arg(long)]
    no_replaced: bool,
}

impl Kinds {
    /// Whether cross-lists count; none where that is not said.
    pub(crate) fn cross_lists(&self) -> Option<bool> {
        said(self.cross, self.no_cross)
    }

    /// Whether replacements count; none where that is not said.
    pub(crate) fn replacements(&self) -> Option<bool> {
        said(self.replaced, self.no_replaced)
    }
}

fn said(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// `relata sources`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct SourcesArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: Option<SourcesCommand>,
}

/// The commands on categories that are remembered.
#[derive(Debug, Subcommand)]
pub(crate) enum SourcesCommand {
    /// List the categories and how far each is.
    List {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remember categories without fetching them now.
    Add {
        /// Categories such as cs.LG, or archives such as cs.
        #[arg(required = true, value_name = "CATEGORY")]
        categories: Vec<String>,
        /// Which papers of a category count.
        #[command(flatten)]
        kinds: Kinds,
    },
    /// Forget categories; their papers stay.
    Remove {
        /// Categories.
        #[arg(required = true, value_name = "CATEGORY")]
        categories: Vec<String>,
    },
}
