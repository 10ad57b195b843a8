//! Topics with names, from the texts of those that are nearest to the middle of each.
//!
//! In: groups of several levels, the members of each nearest to its centre, and the texts of some
//! of these. Out: [`Level`]s of topics with terms and names.

use super::graph::members;
use super::incremental::Grouped;
use super::names::{TopicName, names};
use super::phrases::Vocabulary;
use super::topic::{Level, Topic};

/// How many central papers of a topic are named.
pub const CENTRAL: usize = 5;

/// How many papers of a finest topic are read for its words: those nearest to its centre.
const READ: usize = 200;

/// How many texts are read in all, unless a topic would be left with fewer than [`LEAST_READ`].
const TEXTS: usize = 100_000;
const LEAST_READ: usize = 20;

/// The names of the levels, by how many levels there are.
const LEVELS: [&[&str]; 4] = [&[], &["topic"], &["field", "topic"], &["field", "topic", "subtopic"]];

/// The names of so many levels, the coarsest first.
pub(crate) fn level_names(count: usize) -> &'static [&'static str] {
    LEVELS.get(count).copied().unwrap_or(LEVELS[LEVELS.len() - 1])
}

/// What topics are named from.
#[derive(Clone, Copy)]
pub(super) struct Naming<'a> {
    pub(super) grouped: &'a Grouped,
    /// Names that groups have already, for each level; empty where no group has one.
    pub(super) names: &'a [Vec<Option<TopicName>>],
    /// For each level and group, its members, the nearest to the centre first: those that are read,
    /// and [`CENTRAL`] at least.
    pub(super) centres: &'a [Vec<Vec<u32>>],
    /// Those whose texts are read, ascending.
    pub(super) read: &'a [usize],
}

/// How many texts of each of so many finest topics are read for their words.
pub fn read_of_each(topics: usize) -> usize {
    (TEXTS / topics.max(1)).clamp(LEAST_READ, READ)
}

/// Whose texts are read: those nearest to the centre of their finest topic, ascending.
pub(super) fn chosen(centres: &[Vec<Vec<u32>>]) -> Vec<usize> {
    let finest = centres.last().map_or([].as_slice(), Vec::as_slice);
    let each = read_of_each(finest.len());
    let mut read: Vec<usize> =
        finest.iter().flat_map(|papers| papers.iter().take(each)).map(|paper| *paper as usize).collect();
    read.sort_unstable();
    read
}

/// The levels of topics, named from the texts of those that are read. A group keeps the name that
/// it has.
pub(super) fn named(naming: Naming<'_>, texts: &[String]) -> Vec<Level> {
    let Naming { grouped, names: known, centres, read } = naming;
    let partitions = &grouped.partitions;
    let vocabulary = Vocabulary::of(texts);
    let mut found: Vec<Level> = Vec::new();
    for (number, (partition, from_centre)) in partitions.iter().zip(centres).enumerate() {
        let (starts, members) = members(&partition.groups, partition.count);
        let mut groups = vec![Vec::new(); partition.count];
        for (place, paper) in read.iter().enumerate() {
            groups[partition.groups[*paper] as usize].push(place);
        }
        let terms = vocabulary.terms(&groups, texts);
        let nameless = vec![None; partition.count];
        let known = known.get(number).unwrap_or(&nameless);
        let above = number.checked_sub(1).map(|above| &partitions[above]);
        let topics = names(&terms, known).into_iter().zip(terms).enumerate().map(|(group, (name, terms))| {
            let own = &members[starts[group]..starts[group + 1]];
            Topic {
                id: grouped.ids[number][group],
                name,
                given: false,
                terms,
                parent: above.zip(own.first()).map(|(above, paper)| above.groups[*paper as usize] as usize),
                papers: own.iter().map(|paper| *paper as usize).collect(),
                central: from_centre[group].iter().take(CENTRAL).map(|paper| *paper as usize).collect(),
                noted: own.len(),
            }
        });
        found.push(Level { name: level_names(partitions.len())[number], topics: topics.collect() });
    }
    found
}
