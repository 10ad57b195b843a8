//! Commands on what a user likes and dislikes: `like`, `unlike` and `profile`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::{like_weight, path};
use crate::paper::LikeWeight;
use crate::service::DEFAULT_PROFILE;

/// `relata like` and `relata unlike`
#[derive(Debug, Args)]
pub(crate) struct Opine {
    /// Papers, by id or link, or by their number in the last answer: `relata like 1 3`.
    #[arg(required = true, value_name = "ID|N")]
    pub ids: Vec<String>,
    /// Profile to change.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Forget that you liked or disliked these papers.
    #[arg(long)]
    pub forget: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// The name of a profile.
#[derive(Debug, Args)]
pub(crate) struct ProfileName {
    /// Profile to use.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PROFILE)]
    pub profile: String,
}

/// `relata profile`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct ProfileArgs {
    /// What to do with profiles.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// The commands on profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// List the profiles and how many papers each likes and dislikes.
    List {
        /// Print all of them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a profile as JSON, which `relata profile import` reads.
    Export {
        /// Profile to print [default: default].
        #[arg(value_name = "NAME", conflicts_with = "profile")]
        name: Option<String>,
        /// Profile to print; the same as NAME without the option.
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
    /// Like the papers of a file: an export of a reference manager, an exported profile or a list
    /// of arXiv ids.
    ///
    /// BibTeX, RIS, CSV and TSV, CSL-JSON and CSL YAML, EndNote (tagged and XML), NBIB, Web of
    /// Science text, Zotero RDF, Better BibTeX JSON and the answers of Zotero's API are told apart
    /// by content. Entries are matched with the library by arXiv id, DOI or title. Entries that
    /// match no paper count as texts, by their titles and abstracts; once the paper comes into the
    /// library, the text gives way to it.
    Import {
        /// File to read, as it is or as gzip; `-` is standard input.
        #[arg(value_name = "FILE", value_parser = path())]
        file: PathBuf,
        /// Profile to add the papers to [default: the name in an exported profile, else default].
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring a profile up to what collections of Zotero hold.
    ///
    /// A Zotero that runs on this machine is asked first, else its web API with your key, from
    /// RELATA_ZOTERO_KEY or from the file that `relata config set zotero.key_file FILE` names.
    /// Works that mean papers of the library are liked, others count as texts, and what leaves a
    /// collection leaves the profile, unless you have liked it yourself. Each of several
    /// collections is an interest.
    Sync {
        /// `zotero` for the whole library, `zotero:COLLECTION` for a collection by its name, its
        /// path (`Physics/Ice`) or its key; none for those that the profile follows already.
        #[arg(value_name = "SOURCE")]
        sources: Vec<String>,
        /// Profile to sync.
        #[command(flatten)]
        profile: ProfileName,
        /// Write liked papers that Zotero lacks into this collection, by the web API; without a
        /// name into the one that is synced.
        #[arg(long, value_name = "COLLECTION", num_args = 0..=1, default_missing_value = "")]
        write: Option<String>,
        /// Follow these collections no longer: what is in the profile because of them leaves it.
        #[arg(long, requires = "sources", conflicts_with_all = ["write", "dry_run"])]
        stop: bool,
        /// Say what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the liked texts of a profile that are no papers of the library, or remove some.
    Texts {
        /// Profile to look at.
        #[command(flatten)]
        profile: ProfileName,
        /// Keys of texts to remove, as the list shows them.
        #[arg(long, num_args = 1.., value_name = "KEY")]
        remove: Vec<String>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the interests of a profile: their papers, what they have in common and their share of
    /// the answers.
    Show {
        /// Profile to show.
        #[command(flatten)]
        profile: ProfileName,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Split an interest in two where its papers are least alike; the interests then stay as they
    /// are.
    Split {
        /// Number of the interest in `relata profile show`.
        interest: usize,
        /// Profile to change.
        #[command(flatten)]
        profile: ProfileName,
    },
    /// Join interests into one; the interests then stay as they are.
    Join {
        /// Numbers of the interests in `relata profile show`.
        #[arg(required = true, num_args = 2.., value_name = "INTEREST")]
        interests: Vec<usize>,
        /// Profile to change.
        #[command(flatten)]
        profile: ProfileName,
    },
    /// Have an interest count more or less than its papers ask: 0.5 halves its share of the answers
    /// beside the others, 0 mutes it, 1 takes that back.
    ///
    /// The weight is kept with the papers of the interest. What you like later takes the weight of
    /// the interest that it falls into.
    Weight {
        /// Number of the interest in `relata profile show`, or the id of one of its papers.
        #[arg(value_name = "INTEREST")]
        interest: String,
        /// From 0 to 10.
        #[arg(value_parser = like_weight)]
        weight: LikeWeight,
        /// Profile to change.
        #[command(flatten)]
        profile: ProfileName,
        /// Print the interests as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget what was split and joined: likeness decides again which papers are one interest.
    Regroup {
        /// Profile to change.
        #[command(flatten)]
        profile: ProfileName,
    },
    /// Forget a profile.
    Remove {
        /// Profile to forget.
        name: String,
    },
}
