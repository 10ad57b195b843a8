//! What happened between the topics that were found last and those of now, entered into these.
//!
//! In: both. Out: the run, with the changes on each level and the papers that did them, and for each topic the size that was told.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::changes::{Compared, changes};
use super::continued::Last;
use super::topic::Topics;
use crate::library::{ChangeKind, TopicRun};

/// Papers that are named of those that did it.
const NAMED: usize = 5;

/// Enters into topics what came, went and happened since they were found last, and what is given of them.
pub(super) fn told(topics: &mut Topics, last: Option<&Last<'_>>, sought: bool) {
    let (added, removed) = last.map_or((topics.papers.len(), 0), |last| (last.added(), last.gone.len()));
    let mut run =
        TopicRun { date: Date::ZERO, papers: topics.papers.len(), added, removed, sought, changes: Vec::new() };
    if let Some(last) = last {
        topics.drift = if sought { 0 } else { last.drift() };
        for topic in topics.levels.iter_mut().flat_map(|level| &mut level.topics) {
            if let Some(kept) = last.topics.get(&topic.id) {
                topic.given = kept.given;
                topic.noted = kept.noted;
            }
        }
        for level in 0..topics.levels.len() {
            compare(topics, level, last, &mut run);
        }
    }
    topics.run = (added + removed > 0).then_some(run);
}

fn compare(topics: &mut Topics, level: usize, last: &Last<'_>, run: &mut TopicRun) {
    // A level that was not there has nothing to be compared with.
    let Some(level_before) = last.level_before(level, topics.levels.len()) else { return };
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let before: BTreeMap<u32, (String, usize)> = last
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
        .zip(&last.papers)
        .map(|(paper, kept)| {
            let was = kept.and_then(|kept| last.at_level(kept.topic, level_before));
            (was, own[paper.topics[level]].id)
        })
        .collect();
    let mut removed: BTreeMap<u32, usize> = BTreeMap::new();
    for topic in last.gone.iter().filter_map(|topic| last.at_level(*topic, level_before)) {
        *removed.entry(topic).or_default() += 1;
    }
    let compared = Compared { level, before: &before, now: &now, papers: &papers, removed: &removed };
    for mut happened in changes(&compared) {
        // Those that fit best; of equals the first by id.
        happened.papers.sort_by(|one, other| {
            let (one, other) = (&topics.papers[*one], &topics.papers[*other]);
            other.strength.total_cmp(&one.strength).then_with(|| one.id.cmp(&other.id))
        });
        let named = happened.papers.iter().take(NAMED).map(|paper| topics.papers[*paper].id.clone());
        happened.change.papers = named.collect();
        if matches!(happened.change.kind, ChangeKind::Grew | ChangeKind::Shrank) {
            let topic = topics.levels[level].topics.iter_mut().find(|topic| topic.id == happened.change.topic.id);
            topic.into_iter().for_each(|topic| topic.noted = topic.papers.len());
        }
        run.changes.push(happened.change);
    }
}
