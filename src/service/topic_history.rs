//! What has happened to topics since they were first found, and what they are called.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::Relata;
use super::store::Connection;
use super::topics::Among;
use crate::error::{Error, QueryError, Result, TopicsError};
use crate::library::{ChangeKind, FingerprintNumber, NamedTopic, TopicChange, TopicRun, TopicSet};
use crate::paper::ArxivId;
use crate::topics::in_words;

/// The runs that found or changed the topics of a selection.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct TopicHistory {
    /// The latest first.
    pub runs: Vec<RunRow>,
    /// The same as the library has them.
    #[serde(skip)]
    pub stored: Vec<TopicRun>,
}

/// A run, and the day of the run before.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicNews {
    /// The day of the run before.
    pub since: Date,
    /// The run.
    #[serde(flatten)]
    pub run: RunRow,
}

/// A time that papers had come or gone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunRow {
    /// Its day, UTC.
    pub date: Date,
    /// How many papers there were.
    pub papers: usize,
    /// Of these, how many were new.
    pub added: usize,
    /// How many had gone.
    pub removed: usize,
    /// Whether topics were sought; else new papers were placed among those that were there.
    pub sought: bool,
    /// What happened.
    pub changes: Vec<ChangeRow>,
}

/// Something that happened to a topic.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeRow {
    /// What.
    pub kind: ChangeKind,
    /// The level, from 0, the coarsest.
    pub level: usize,
    /// The number of the topic.
    pub topic: String,
    /// Its name.
    pub name: String,
    /// How many papers it had, when that was last told.
    pub before: usize,
    /// How many it has.
    pub after: usize,
    /// How many of its papers are new, where it is there and not smaller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<usize>,
    /// The topics that papers came from, the most first, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<OtherTopic>>,
    /// How many of its papers were removed, where it is gone or smaller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<usize>,
    /// The topics that papers went to, the most first, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<OtherTopic>>,
    /// Some of the papers that did it: those that fit best.
    pub papers: Vec<ArxivId>,
    /// All of it in words.
    pub text: String,
}

/// Another topic that papers came from or went to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OtherTopic {
    /// Its number.
    pub topic: String,
    /// Its name.
    pub name: String,
    /// How many papers.
    pub papers: usize,
}

/// What a topic was called before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Renamed {
    /// The name before, where it had one.
    pub before: Option<String>,
}

impl Relata {
    /// What has happened to the topics of a selection; `None` where no papers have been embedded
    /// yet.
    ///
    /// # Errors
    /// [`TopicsError::OfDays`] for a selection by days, which keeps none; what the library reports.
    pub fn topic_history(&self, among: &Among) -> Result<Option<TopicHistory>> {
        let key = kept_under(among)?;
        let Some((library, fingerprint)) = self.with_vectors()? else { return Ok(None) };
        let stored = library.topic_runs(TopicSet { fingerprint, selection: &key }, usize::MAX)?;
        Ok(Some(TopicHistory { runs: stored.iter().map(run_row).collect(), stored }))
    }

    /// Forgets the topics of a selection with their numbers, names and history. Says whether there
    /// were any.
    ///
    /// # Errors
    /// As [`Relata::topic_history`].
    pub fn forget_topics(&self, among: &Among) -> Result<bool> {
        let key = kept_under(among)?;
        let Some((mut library, fingerprint)) = self.with_vectors()? else { return Ok(false) };
        library.forget_topics(TopicSet { fingerprint, selection: &key })
    }

    /// Gives a topic a name that it keeps; without one it is named by its terms again. `None` where
    /// no papers have been embedded yet.
    ///
    /// # Errors
    /// As [`Relata::topic_history`]; [`QueryError::EmptyQuery`] for a blank name,
    /// [`TopicsError::NoSuchTopic`].
    pub fn rename_topic(&self, among: &Among, topic: u32, name: Option<&str>) -> Result<Option<Renamed>> {
        let key = kept_under(among)?;
        let name = name.map(str::trim);
        if name == Some("") {
            return Err(QueryError::EmptyQuery.into());
        }
        let Some((mut library, fingerprint)) = self.with_vectors()? else { return Ok(None) };
        Ok(Some(Renamed { before: library.rename_topic(TopicSet { fingerprint, selection: &key }, topic, name)? }))
    }

    /// The user's library and the number of the model's vectors in it.
    pub(super) fn with_vectors(&self) -> Result<Option<(Connection<'_>, FingerprintNumber)>> {
        let Some(library) = self.with_papers()? else { return Ok(None) };
        let digest = self.lazy_embedder(Some(&library))?.fingerprint().digest().to_owned();
        let number = library.fingerprint(&digest)?;
        Ok(number.map(|number| (library, number)))
    }
}

fn kept_under(among: &Among) -> Result<String> {
    among.key().ok_or(Error::from(TopicsError::OfDays))
}

/// A run, with its changes also in words.
pub(super) fn run_row(run: &TopicRun) -> RunRow {
    let TopicRun { date, papers, added, removed, reclustered, changes } = run;
    RunRow {
        date: *date,
        papers: *papers,
        added: *added,
        removed: *removed,
        sought: *reclustered,
        changes: changes.iter().map(change_row).collect(),
    }
}

fn change_row(change: &TopicChange) -> ChangeRow {
    let other = |(topic, papers): &(NamedTopic, usize)| OtherTopic {
        topic: topic.id.to_string(),
        name: topic.name.clone(),
        papers: *papers,
    };
    let others: Vec<OtherTopic> = change.others.iter().map(other).collect();
    let (topic, what) = in_words(change);
    let gone = matches!(change.kind, ChangeKind::Merged | ChangeKind::Died | ChangeKind::Shrank);
    let (from, to) = if gone { (None, Some(others)) } else { (Some(others), None) };
    ChangeRow {
        kind: change.kind,
        level: change.level,
        topic: change.topic.id.to_string(),
        name: change.topic.name.clone(),
        before: change.before,
        after: change.after,
        new: (!gone).then_some(change.own),
        from,
        removed: gone.then_some(change.own),
        to,
        papers: change.papers.clone(),
        text: format!("{topic} {what}"),
    }
}
