//! What `relata topics` and its own commands are asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::selection::Filters;
use super::values::{at_least_one, cosine, path};
use crate::topics::Method;

/// `relata topics`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Topics {
    /// What to do with known topics.
    #[command(subcommand)]
    pub command: Option<TopicsCommand>,
    /// How to find them, and what to write.
    #[command(flatten)]
    pub find: FindTopics,
}

/// The commands on topics that were found.
#[derive(Debug, Subcommand)]
pub(crate) enum TopicsCommand {
    /// List what has happened to the topics since they were first found, latest first.
    History(TopicHistory),
    /// Give a topic a name that it keeps.
    Rename(RenameTopic),
}

/// Finding topics.
#[derive(Debug, Args)]
pub(crate) struct FindTopics {
    /// Topic whose papers to show, central ones first, by its number in the list of `relata
    /// topics`.
    #[arg(value_name = "TOPIC", value_parser = clap::value_parser!(u32))]
    pub topic: Option<u32>,
    /// Number of papers to show of one topic.
    #[arg(
        short = 'k',
        long = "count",
        visible_short_alias = 'n',
        visible_alias = "limit",
        value_name = "K",
        default_value_t = 10,
        value_parser = at_least_one
    )]
    pub count: usize,
    /// Options of finding topics.
    #[command(flatten)]
    pub how: How,
    /// Number of levels to list, coarsest first [default: as many as give at most 100 topics].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub levels: Option<usize>,
    /// Also write a map of the papers with topics, texts and trends as one HTML file that works
    /// offline.
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub html: Option<PathBuf>,
    /// Also write the topics with all their papers as Markdown in the format of the digests.
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub markdown: Option<PathBuf>,
    /// Print as JSON: all levels with the topics of every paper, or the papers of one topic.
    #[arg(long)]
    pub json: bool,
}

/// What is offered of `relata export`: a build without Parquet says so where it is asked for, and
/// does not offer it.
const EXPORT_USAGE: &str = if cfg!(feature = "parquet") {
    "relata export [OPTIONS] <--csv <FILE>|--jsonl <FILE>|--parquet <FILE>>"
} else {
    "relata export [OPTIONS] <--csv <FILE>|--jsonl <FILE>>"
};

/// `relata export`
#[derive(Debug, Args)]
#[command(override_usage = EXPORT_USAGE, group = clap::ArgGroup::new("form").required(true).multiple(true).args(["csv", "jsonl", "parquet"]))]
pub(crate) struct Export {
    /// CSV file to write: a row a paper with id, title, authors, date, categories, its topic of
    /// each level by name and number, and its position on the map.
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub csv: Option<PathBuf>,
    /// JSON lines file to write: the same, with abstracts.
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub jsonl: Option<PathBuf>,
    /// Put the vectors into the JSON lines, too.
    #[arg(long, requires = "jsonl")]
    pub vectors: bool,
    /// Parquet file to write: the same as CSV, with vectors (in builds with the feature `parquet`
    /// or `serve`).
    #[arg(long, value_name = "FILE", hide = !cfg!(feature = "parquet"), value_parser = path())]
    pub parquet: Option<PathBuf>,
    /// Options of finding topics.
    #[command(flatten)]
    pub how: How,
}

/// Among which papers topics are found, and how.
#[derive(Debug, Args)]
pub struct How {
    /// Which papers to find topics among.
    #[command(flatten)]
    pub among: Among,
    /// Find topics from scratch and store nothing. The same papers then have the same topics in
    /// every library.
    #[arg(long)]
    pub fresh: bool,
    /// Sort the papers under names of your own instead: `NAME`, `NAME: what it means` or `NAME =
    /// ID,ID` with example papers.
    ///
    /// A bare name is enriched with text from the library.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub into: Vec<String>,
    /// With --into: put papers whose cosine with every name is below this under "other" [default:
    /// what few papers of the library reach, name by name].
    #[arg(long, value_name = "COSINE", requires = "into", value_parser = cosine, allow_negative_numbers = true)]
    pub threshold: Option<f32>,
    /// Method: leiden chooses the number of topics and finds levels; kmeans finds --k topics;
    /// dbscan finds dense groups and leaves other papers out.
    ///
    /// Only topics of leiden have a history.
    #[arg(long, value_name = "METHOD", value_enum, default_value_t = MethodName::Leiden, conflicts_with = "into")]
    pub method: MethodName,
    /// With --method kmeans: number of topics.
    #[arg(long, value_name = "N", value_parser = at_least_one, required_if_eq("method", "kmeans"))]
    pub k: Option<usize>,
    /// With --method dbscan: number of papers, itself included, that a paper in the middle of a
    /// topic must have close to it.
    #[arg(long, value_name = "N", value_parser = at_least_two, default_value_t = 5)]
    pub min_papers: usize,
    /// With --method dbscan: lowest cosine of papers that are close [default: half of the papers
    /// have --min-papers close ones].
    #[arg(long, value_name = "COSINE", value_parser = cosine, allow_negative_numbers = true)]
    pub cosine: Option<f32>,
}

/// Which papers topics are found among. Each selection has topics of its own.
#[derive(Debug, Args)]
pub struct Among {
    /// Only papers that contain all these words, in any order.
    #[arg(long, value_name = "WORDS", help_heading = "Filters")]
    pub search: Option<String>,
    /// Filters.
    #[command(flatten)]
    pub filters: Filters,
}

/// `relata topics history`
#[derive(Debug, Args)]
pub(crate) struct TopicHistory {
    /// Which papers the topics were found among.
    #[command(flatten)]
    pub among: Among,
    /// Forget the history with the numbers and names of the topics. The next `relata topics` starts
    /// from scratch.
    #[arg(long)]
    pub forget: bool,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata topics rename`
#[derive(Debug, Args)]
pub(crate) struct RenameTopic {
    /// Number of the topic, as `relata topics` lists it.
    #[arg(value_name = "TOPIC")]
    pub topic: u32,
    /// New name; without one, the topic is named by its terms again.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Which papers the topics were found among.
    #[command(flatten)]
    pub among: Among,
}

/// Ways to find topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MethodName {
    /// Groups of the graph of nearest papers.
    Leiden,
    /// A given number of topics, each around a centre.
    Kmeans,
    /// Dense groups of papers.
    Dbscan,
}

impl How {
    /// The method with what it needs.
    pub fn method(&self) -> Method {
        match self.method {
            MethodName::Leiden => Method::Leiden,
            MethodName::Kmeans => Method::KMeans { topics: self.k.unwrap_or(1) },
            MethodName::Dbscan => Method::Dbscan { papers: self.min_papers, cosine: self.cosine },
        }
    }
}

fn at_least_two(text: &str) -> Result<usize, String> {
    at_least_one(text)
        .and_then(|count| if count < 2 { Err("a topic is of two papers at least".into()) } else { Ok(count) })
}
