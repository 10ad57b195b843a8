//! What has happened to topics since they were first found, run by run.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::paper::ArxivId;

/// A time that papers had come or gone.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicRun {
    /// Its day, UTC.
    pub date: Date,
    /// How many papers there were.
    pub papers: usize,
    /// Of these, how many were new.
    pub added: usize,
    /// How many had gone.
    pub removed: usize,
    /// Whether the graph was clustered again; otherwise new papers were assigned to the topics that
    /// there were.
    pub reclustered: bool,
    /// What happened.
    pub changes: Vec<TopicChange>,
}

/// Something that happened to a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicChange {
    /// What.
    pub kind: ChangeKind,
    /// The level, from 0, the coarsest.
    pub level: usize,
    /// Which topic.
    pub topic: NamedTopic,
    /// How many papers it had, when that was last told.
    pub before: usize,
    /// How many it has.
    pub after: usize,
    /// How many of its papers are new, or, where it is gone or smaller, were removed.
    pub own: usize,
    /// The topics that papers came from, or where they went, with how many; most first.
    pub others: Vec<(NamedTopic, usize)>,
    /// Some of the papers that did it: those that fit best.
    pub papers: Vec<ArxivId>,
}

/// What can happen to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Most of its papers are new, or come from several topics.
    Born,
    /// It came out of a topic that is still there.
    Split,
    /// Most of its papers are in one other topic now, and it is gone.
    Merged,
    /// It is gone.
    Died,
    /// It has more papers.
    Grew,
    /// It has fewer papers.
    Shrank,
}

/// A topic as it was called then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedTopic {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
}
