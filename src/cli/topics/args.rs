//! What `relata topics` and its own commands are asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::{Filters, at_least_one};
use crate::topics::Method;

/// `relata topics`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Topics {
    /// What to do with the topics that were found, instead of finding them.
    #[command(subcommand)]
    pub command: Option<TopicsCommand>,
    /// How to find them, and what to write.
    #[command(flatten)]
    pub find: FindTopics,
}

/// The commands on topics that were found.
#[derive(Debug, Subcommand)]
pub enum TopicsCommand {
    /// List what has happened to the topics since they were first found, the latest first.
    History(TopicHistory),
    /// Give a topic a name, which it keeps.
    Rename(RenameTopic),
}

/// Finding topics.
#[derive(Debug, Args)]
pub struct FindTopics {
    /// How.
    #[command(flatten)]
    pub how: How,
    /// How many levels to list, the coarsest first [default: as many as make 100 topics at most].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub levels: Option<usize>,
    /// Also write a map of the papers with topics, texts and trends as one HTML file, which needs no network.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Also write the topics with all their papers as a page in the form of the digests.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Print all levels and every paper's place in them as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata export`
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write: one row a paper, with id, title, date, categories, its topic of each level by number and name, its place on the map and its vector.
    #[arg(long, value_name = "FILE")]
    pub parquet: PathBuf,
    /// How topics are found.
    #[command(flatten)]
    pub how: How,
}

/// Among which papers topics are found, and how.
#[derive(Debug, Args)]
pub struct How {
    /// Among which papers.
    #[command(flatten)]
    pub among: Among,
    /// Find topics from scratch, whatever was found before, and keep nothing: the same papers then have the same topics in every library.
    #[arg(long)]
    pub fresh: bool,
    /// Sort the papers under these names instead: `NAME`, `NAME: what it means` or `NAME = ID,ID` with papers that belong there. Bare names are
    /// enriched from the library's own text.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub into: Vec<String>,
    /// With --into: papers whose cosine with every name is lower are under "other".
    #[arg(long, value_name = "COSINE", default_value_t = 0.1, requires = "into")]
    pub threshold: f32,
    /// How topics are found: leiden finds how many there are, in levels; kmeans finds --k of them; dbscan those where papers lie close together, and leaves
    /// the others out. Topics of the last two have no history.
    #[arg(long, value_name = "METHOD", value_enum, default_value_t = MethodName::Leiden, conflicts_with = "into")]
    pub method: MethodName,
    /// With --method kmeans: how many topics.
    #[arg(long, value_name = "N", value_parser = at_least_one, required_if_eq("method", "kmeans"))]
    pub k: Option<usize>,
    /// With --method dbscan: how many papers must lie close to one in the middle of a topic, itself included.
    #[arg(long, value_name = "N", value_parser = at_least_two, default_value_t = 5)]
    pub min_papers: usize,
    /// With --method dbscan: the cosine from which on papers lie close [default: half of them have --min-papers that do].
    #[arg(long, value_name = "COSINE")]
    pub cosine: Option<f32>,
}

/// Which papers topics are found among. Each selection has topics of its own.
#[derive(Debug, Args)]
pub struct Among {
    /// Only papers that hold these words, whatever their order.
    #[arg(long, value_name = "WORDS", help_heading = "Filters")]
    pub search: Option<String>,
    /// Which papers.
    #[command(flatten)]
    pub filters: Filters,
}

/// `relata topics history`
#[derive(Debug, Args)]
pub struct TopicHistory {
    /// Of the topics of which papers.
    #[command(flatten)]
    pub among: Among,
    /// Forget it, and the numbers and names of the topics with it: the next search begins from scratch.
    #[arg(long)]
    pub forget: bool,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `relata topics rename`
#[derive(Debug, Args)]
pub struct RenameTopic {
    /// The number of the topic, as `relata topics` lists it.
    #[arg(value_name = "TOPIC")]
    pub topic: u32,
    /// Its name; without one it is named by its terms again.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Of the topics of which papers.
    #[command(flatten)]
    pub among: Among,
}

/// Ways to find topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MethodName {
    /// A partition of the graph of the nearest.
    Leiden,
    /// So many topics, each around a centre.
    Kmeans,
    /// Topics where papers lie close together.
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
