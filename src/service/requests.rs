//! Requests of a word or two, of tasks that have no file of requests of their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::profiles::default_profile;
use super::topics::Among;
use crate::library::Filter;
use crate::paper::ArxivId;

/// A request that says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfProfile {
    /// Its name.
    #[serde(default = "default_profile")]
    pub profile: String,
}

/// A profile that has to be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedProfile {
    /// Its name.
    pub profile: String,
}

/// An interest of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneInterest {
    /// Its number, from 1.
    pub interest: usize,
    /// The profile.
    #[serde(default = "default_profile")]
    pub profile: String,
}

/// Interests of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeveralInterests {
    /// Their numbers, from 1.
    pub interests: Vec<usize>,
    /// The profile.
    #[serde(default = "default_profile")]
    pub profile: String,
}

/// A paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfPaper {
    /// Its identifier.
    pub id: ArxivId,
}

/// A topic of those that were found last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfTopic {
    /// Its number.
    pub topic: u32,
    /// How many of its papers.
    #[serde(default = "twenty")]
    pub k: usize,
    /// Among papers that hold all these words.
    #[serde(default)]
    pub search: Option<String>,
    /// Among papers that pass.
    #[serde(default)]
    pub filter: Filter,
}

/// A topic and papers of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NewestOfTopic {
    /// The topic.
    pub topic: super::TreeTopic,
    /// The newest of its papers.
    pub papers: Vec<ArxivId>,
}

/// A topic's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameTopic {
    /// The topic's number.
    pub topic: u32,
    /// The name; without one it is named by its terms again.
    #[serde(default)]
    pub name: Option<String>,
    /// Among which papers it is a topic.
    #[serde(default)]
    pub among: Among,
}

/// Categories to remember.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSources {
    /// Categories or archives.
    pub categories: Vec<String>,
    /// Whether papers count that are cross-listed in them.
    #[serde(default)]
    pub cross_lists: Option<bool>,
    /// Whether new versions count of papers that the library does not hold.
    #[serde(default)]
    pub replacements: Option<bool>,
}

/// Categories to forget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveSources {
    /// Categories or archives.
    pub categories: Vec<String>,
}

/// Which categories were not remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemovedSources {
    /// Those.
    pub unknown: Vec<String>,
}

/// That something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finished {
    /// Whether anything is other than before.
    pub changed: bool,
}

fn twenty() -> usize {
    20
}
