//! The history of topics: what happened between the previous run and this one.
//!
//! In: the topics of both runs. Out: the run, with the changes on each level and the papers that
//! caused them, entered into the topics of now together with the size of each topic that was last
//! reported.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::changes::{Compared, changes};
use super::incremental::Previous;
use super::topic::Topics;
use crate::library::{ChangeKind, TopicRun};

/// Papers that a change names, of those that caused it.
const NAMED: usize = 5;

/// Enters the run into topics: which papers came and went and what happened since the previous run,
/// and which names were given.
pub(super) fn record_run(topics: &mut Topics, previous: Option<&Previous<'_>>, reclustered: bool) {
    let (added, removed) =
        previous.map_or((topics.papers.len(), 0), |previous| (previous.added(), previous.gone.len()));
    let mut run =
        TopicRun { date: Date::ZERO, papers: topics.papers.len(), added, removed, reclustered, changes: Vec::new() };
    if let Some(previous) = previous {
        topics.drift = if reclustered { 0 } else { previous.drift() };
        for topic in topics.levels.iter_mut().flat_map(|level| &mut level.topics) {
            if let Some(kept) = previous.topics.get(&topic.id) {
                topic.given = kept.given;
                topic.noted = kept.noted;
            }
        }
        for level in 0..topics.levels.len() {
            compare(topics, level, previous, &mut run);
        }
    }
    topics.run = (added + removed > 0).then_some(run);
}

fn compare(topics: &mut Topics, level: usize, previous: &Previous<'_>, run: &mut TopicRun) {
    // A level that is new has no previous level to be compared with.
    let Some(level_before) = previous.level_before(level, topics.levels.len()) else { return };
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let before: BTreeMap<u32, (String, usize)> = previous
        .topics
        .values()
        .filter(|topic| topic.level == level_before)
        .map(|topic| (topic.id, (name(&topic.name), topic.noted)))
        .collect();
    let own = &topics.levels[level].topics;
    let now = own.iter().map(|topic| (topic.id, (topic.name.clone(), topic.papers.len()))).collect();
    let papers: Vec<(Option<u32>, u32)> = topics
        .papers
        .iter()
        .zip(&previous.papers)
        .map(|(paper, kept)| {
            let was = kept.and_then(|kept| previous.at_level(kept.topic, level_before));
            (was, own[paper.assigned.topics[level]].id)
        })
        .collect();
    let mut removed: BTreeMap<u32, usize> = BTreeMap::new();
    for topic in previous.gone.iter().filter_map(|topic| previous.at_level(*topic, level_before)) {
        *removed.entry(topic).or_default() += 1;
    }
    let compared = Compared { level, before: &before, now: &now, papers: &papers, removed: &removed };
    for mut change in changes(&compared) {
        // Those that fit best; of equals the first by id.
        change.papers.sort_by(|one, other| {
            let (one, other) = (&topics.papers[*one], &topics.papers[*other]);
            other.assigned.strength.total_cmp(&one.assigned.strength).then_with(|| one.id.cmp(&other.id))
        });
        let named = change.papers.iter().take(NAMED).map(|paper| topics.papers[*paper].id.clone());
        change.change.papers = named.collect();
        if matches!(change.change.kind, ChangeKind::Grew | ChangeKind::Shrank) {
            let topic = topics.levels[level].topics.iter_mut().find(|topic| topic.id == change.change.topic.id);
            topic.into_iter().for_each(|topic| topic.noted = topic.papers.len());
        }
        run.changes.push(change.change);
    }
}
