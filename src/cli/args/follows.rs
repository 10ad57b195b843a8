//! Commands on what a user follows: `follow` and `unfollow`.

use clap::Args;

use super::ProfileName;

/// `relata follow`
#[derive(Debug, Args)]
pub(crate) struct Follow {
    /// What to follow.
    #[command(flatten)]
    pub what: Followable,
    /// Profile that follows.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Print what is followed as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata unfollow`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").args(["author", "words", "category"]).multiple(true).required(true))]
pub(crate) struct Unfollow {
    /// What to follow no longer.
    #[command(flatten)]
    pub what: Followable,
    /// Profile that follows.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Print what is still followed as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Authors, words and categories.
#[derive(Clone, Debug, Args)]
pub(crate) struct Followable {
    /// An author, by name as in the filter `--author`: accents, case and order do not matter, and
    /// an initial stands for names that begin with it.
    #[arg(long, value_name = "NAME")]
    pub author: Vec<String>,
    /// Words, all of which a title or abstract must have: `--words "sea ice"`.
    #[arg(long, value_name = "WORDS")]
    pub words: Vec<String>,
    /// A category, `cs.LG`, or a whole archive, `cs`; several with commas or spaces between them.
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',')]
    pub category: Vec<String>,
}
