//! Commands that answer with papers: `recommend`, `today` and `search`; and `eval`, which measures
//! such answers.

use std::path::PathBuf;

use clap::Args;

use super::profiles::ProfileName;
use super::selection::{Ranking, Recency, Selection};
use super::values::{facet, mail_address, method, path};
use crate::evaluate::Method;
use crate::paper::Facet;

/// `relata recommend`
#[derive(Debug, Args)]
pub(crate) struct Recommend {
    /// Papers you like: `2602.10611`, `arXiv:2602.10611v2`, `hep-th/9901001`, or links to them.
    /// Without any paper or --like-text, your profile is the question. A number means a paper of
    /// the last answer.
    #[arg(value_name = "ID|N")]
    pub ids: Vec<String>,
    /// Papers you like; the same as ID without the option.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub like: Vec<String>,
    /// Papers that you want less of.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub unlike: Vec<String>,
    /// Add what this profile likes and dislikes. Its papers are not among the answers.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Text that describes what you like, e.g. an abstract.
    #[arg(long, value_name = "TEXT")]
    pub like_text: Vec<String>,
    /// Compare papers by one aspect, beside the words of the whole: motivation, method, result or
    /// conclusion.
    ///
    /// This moves the order towards papers with, for example, the same method; papers on the same
    /// topic still come first. The text of the aspect comes from a digest that has it, else from
    /// sentences of the abstract; without any, the whole abstract is compared. A --like-text is
    /// compared as it is.
    #[arg(long, value_name = "FACET", value_parser = facet)]
    pub facet: Option<Facet>,
    /// Say why each paper is an answer: its sentence nearest to what you like, and the parts of the
    /// score. With --facet, show the whole text that was compared.
    #[arg(long)]
    pub why: bool,
    /// Options of the ranking.
    #[command(flatten)]
    pub ranking: Ranking,
    /// How the age of a like counts.
    #[command(flatten)]
    pub recency: Recency,
    /// Which answers to give.
    #[command(flatten)]
    pub selection: Selection,
}

/// `relata today`
#[derive(Debug, Args)]
pub(crate) struct Today {
    /// Digests, which are added to the library; those of the latest day among them are listed, or
    /// of all days since --since. Without any, the latest day of the library.
    #[arg(value_name = "PATH", value_parser = path())]
    pub paths: Vec<PathBuf>,
    /// Profile to rank for.
    #[command(flatten)]
    pub profile: ProfileName,
    /// Leave out what any list has shown for the profile before. Without it, the same day is listed
    /// again, and only what the lists of other days have shown is left out.
    #[arg(long, conflicts_with = "seen")]
    pub new: bool,
    /// Also list papers that were listed for the profile on other days, papers of earlier digests,
    /// and papers that nearly repeat an older one.
    #[arg(long)]
    pub seen: bool,
    /// Where no new paper matches well enough, show the nearest all the same.
    #[arg(long)]
    pub nearest: bool,
    /// Also write the list into a folder that any web server can serve: an Atom feed of the last 14
    /// days for the profile, a page for each day, and an index.
    #[arg(long, value_name = "FOLDER", value_parser = path())]
    pub feed: Option<PathBuf>,
    /// Send the list by mail to these addresses instead of printing it; each gets the list of a day
    /// once. The configuration file says by which server (mail.server, mail.from and others). With
    /// --offline nothing is fetched before, and the list of what is here is sent.
    #[arg(
        long,
        value_name = "ADDRESS",
        value_delimiter = ',',
        value_parser = mail_address,
        conflicts_with_all = ["nearest", "format"],
        help_heading = "Mail"
    )]
    pub mail: Vec<String>,
    /// Send the mail once more although it was sent before, or may have been.
    #[arg(long, requires = "mail", help_heading = "Mail")]
    pub again: bool,
    /// Send a mail also where no new paper matches well enough.
    #[arg(long, requires = "mail", help_heading = "Mail")]
    pub even_if_empty: bool,
    /// Say why each paper is an answer: its sentence nearest to what you like, and the parts of the
    /// score.
    #[arg(long)]
    pub why: bool,
    /// Options of the ranking.
    #[command(flatten)]
    pub ranking: Ranking,
    /// How the age of a like counts.
    #[command(flatten)]
    pub recency: Recency,
    /// Which answers to give.
    #[command(flatten)]
    pub selection: Selection,
}

/// `relata search`
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// What to look for: words, the name of an author, or ids and links of papers. Without any, the
    /// papers that the filters leave are listed, the newest first.
    #[arg(value_name = "WORDS")]
    pub text: Vec<String>,
    /// Which answers to give.
    #[command(flatten)]
    pub selection: Selection,
}

/// `relata eval`
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// File of judgements, one per line: `{"query": ID, "relevant": [ID, ...]}`, or `{"like": [ID,
    /// ...], "unlike": [ID, ...], "relevant": [ID, ...]}` for a profile. Every paper of the library
    /// can be an answer.
    #[arg(value_name = "JUDGEMENTS", value_parser = path())]
    pub judgements: PathBuf,
    /// Ranking methods to measure, separated by commas: relata (what `recommend` does), highest,
    /// mean, cosine, mean-cosine, tfidf or bm25 [default: all; of one liked paper those that
    /// differ].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = method())]
    pub method: Vec<Method>,
    /// Also write what each method found to this file, one JSON line per judgement.
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub rankings: Option<PathBuf>,
    /// Options of the ranking.
    #[command(flatten)]
    pub ranking: Ranking,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}
