//! What tools answer that are not about single papers: topics, the library in numbers, what came of
//! a rating and of fetching.
//!
//! In: answers of the service. Out: the same in few fields, as in `answers`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::answers::{NAME, Origin, Papers};
use super::clean::cut;
use crate::service::TopicRow;

/// Topics, the largest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Topics {
    /// The level of these topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
    /// The levels that there are, the coarsest first.
    pub levels: Vec<&'static str>,
    /// The topics.
    pub topics: Vec<Topic>,
    /// How many of this level there are.
    pub total: usize,
    /// Papers that they are found among.
    pub papers: usize,
    /// What answered.
    #[serde(flatten)]
    pub origin: Origin,
}

/// A topic.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Topic {
    topic: String,
    name: String,
    papers: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    terms: Vec<String>,
    central: Vec<String>,
}

impl From<&TopicRow> for Topic {
    fn from(row: &TopicRow) -> Topic {
        Topic {
            topic: row.id.clone(),
            name: cut(&row.name, NAME),
            papers: row.size,
            parent: row.parent.clone(),
            terms: row.terms.iter().take(5).map(|term| cut(&term.term, NAME)).collect(),
            central: row.central.iter().take(3).map(ToString::to_string).collect(),
        }
    }
}

/// The papers of a topic, the central ones first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PapersOfTopic {
    /// Its number.
    pub topic: String,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: &'static str,
    /// The list.
    #[serde(flatten)]
    pub list: Papers,
}

/// The library in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Status {
    /// Version of Relata.
    pub version: &'static str,
    /// Papers that answer.
    pub papers: u64,
    /// Papers of the user's library with a vector.
    pub embedded: u64,
    /// The first date of a paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_paper: Option<String>,
    /// The largest categories.
    pub categories: Vec<Counted>,
    /// Profiles.
    pub profiles: Vec<Profile>,
    /// Categories that are fetched from arXiv, each with the day up to which it is whole.
    pub fetched_categories: BTreeMap<String, Option<String>>,
    /// What answers.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Something counted.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Counted {
    pub name: String,
    pub papers: u64,
}

/// A profile in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Profile {
    pub name: String,
    pub likes: usize,
    pub unlikes: usize,
}

/// What came of a rating.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Rated {
    /// The profile.
    pub profile: String,
    /// Opinions that are others than before.
    pub changed: usize,
    /// Papers that are not in the library; nothing is noted of them.
    pub unknown: Vec<String>,
    /// Papers that the profile likes now.
    pub likes: usize,
    /// Papers that it dislikes now.
    pub unlikes: usize,
}

/// What came of fetching.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FetchedPapers {
    /// `nothing`, `new` or `incomplete`.
    pub outcome: crate::service::FetchOutcome,
    /// Papers that are new in the library.
    pub added: u64,
    /// Papers that changed.
    pub updated: u64,
    /// Papers that arXiv does not have.
    pub absent: Vec<String>,
    /// Papers that could not be fetched.
    pub failed: Vec<String>,
}
