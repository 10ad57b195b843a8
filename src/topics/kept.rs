//! Topics that a library keeps, as a map shows them.
//!
//! In: what the last search stored: topics, and of each paper its topic and its position. Out:
//! [`Topics`] without what is not stored: related papers, and the topic that a paper is close to as
//! well.

use std::collections::{BTreeMap, HashMap};

use super::corpus::WEAK;
use super::named::level_names;
use super::names::Term;
use super::topic::{AssignedPaper, AssignedRow, Level, Topic, Topics};
use crate::error::Result;
use crate::library::{KeptPaper, KeptTopics, Library, PaperRow};

/// Papers of a topic that stand for it: those nearest to its middle on the map.
const CENTRAL: usize = 5;

/// The topics that a library keeps, with those of their papers that are still there, by id.
pub(crate) fn of_kept(library: &Library, kept: &KeptTopics) -> Result<Topics> {
    let mut levels = levels(kept);
    let places: BTreeMap<u32, (usize, usize)> = places(&levels);
    let mut topics = Topics::default();
    let of: HashMap<PaperRow, &KeptPaper> = kept.papers.iter().map(|paper| (paper.row, paper)).collect();
    for (id, row, date) in library.by_id()? {
        let Some(own) = of.get(&row) else { continue };
        let Some(line) = line(&levels, &places, own.topic) else { continue };
        let at = topics.papers.len();
        line.iter().enumerate().for_each(|(level, topic)| levels[level].topics[*topic].papers.push(at));
        let assigned = AssignedRow {
            position: own.position,
            topics: line,
            strength: own.strength.map_or(1.0, |hundredths| f64::from(hundredths) / 100.0),
            second: None,
            weak: own.strength.is_some_and(|hundredths| f64::from(hundredths) < WEAK * 100.0),
            related: Vec::new(),
        };
        topics.papers.push(AssignedPaper { row, id, date, assigned });
    }
    for topic in levels.iter_mut().flat_map(|level| &mut level.topics) {
        topic.central = central(&topics, &topic.papers);
    }
    topics.levels = levels;
    Ok(topics)
}

/// The levels with their topics, which have no papers yet.
fn levels(kept: &KeptTopics) -> Vec<Level> {
    let depth = kept.topics.iter().map(|topic| topic.level + 1).max().unwrap_or(0);
    let mut levels: Vec<Level> = Vec::with_capacity(depth);
    for (number, name) in level_names(depth).iter().enumerate() {
        let above = number.checked_sub(1).map(|above| &levels[above].topics);
        let topics = kept.topics.iter().filter(|topic| topic.level == number).map(|topic| Topic {
            id: topic.id,
            name: topic.name.clone().unwrap_or_else(|| format!("topic {}", topic.id)),
            given: topic.given,
            terms: topic
                .terms
                .iter()
                .map(|(term, weight)| Term { term: term.clone(), weight: f64::from(*weight) })
                .collect(),
            parent: above.and_then(|above| above.iter().position(|other| Some(other.id) == topic.parent)),
            papers: Vec::new(),
            central: Vec::new(),
            noted: topic.noted,
        });
        let topics = topics.collect();
        levels.push(Level { name, topics });
    }
    levels
}

/// The level and the place of each topic.
fn places(levels: &[Level]) -> BTreeMap<u32, (usize, usize)> {
    let of = |(level, own): (usize, &Level)| {
        own.topics.iter().enumerate().map(move |(at, topic)| (topic.id, (level, at))).collect::<Vec<_>>()
    };
    levels.iter().enumerate().flat_map(of).collect()
}

/// The place of a topic of the finest level, and of those that it lies within, by level.
fn line(levels: &[Level], places: &BTreeMap<u32, (usize, usize)>, id: u32) -> Option<Vec<usize>> {
    let (level, mut at) = *places.get(&id)?;
    let mut line = vec![at];
    for above in (0..level).rev() {
        at = levels[above + 1].topics[at].parent?;
        line.push(at);
    }
    line.reverse();
    (line.len() == levels.len()).then_some(line)
}

/// The papers nearest to the middle of some on the map; of equally near ones the first.
fn central(topics: &Topics, papers: &[usize]) -> Vec<usize> {
    let many = papers.len().max(1) as f64;
    let sum =
        |axis: usize| papers.iter().map(|paper| f64::from(topics.papers[*paper].assigned.position[axis])).sum::<f64>();
    let middle = [sum(0) / many, sum(1) / many];
    let mut near: Vec<(f64, usize)> = papers
        .iter()
        .map(|paper| {
            let [x, y] = topics.papers[*paper].assigned.position.map(f64::from);
            ((x - middle[0]).powi(2) + (y - middle[1]).powi(2), *paper)
        })
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| topics.papers[a.1].id.cmp(&topics.papers[b.1].id)));
    near.into_iter().take(CENTRAL).map(|(_, paper)| paper).collect()
}
