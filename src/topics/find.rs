//! From a library to its topics.
//!
//! In: a library, whose vectors, and which papers. Out: [`Topics`]: nested levels of named topics, and where each paper stands in them.
//! Papers are taken in the order of their ids, so that nothing depends on the order in which they came.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::graph::{Graph, members};
use super::leiden::Partition;
use super::levels::NEAREST;
use super::names::{Term, Vocabulary, names};
use super::near::{Nearest, Rows, dot};
use super::{graph, layout, levels};
use crate::arxiv_id::ArxivId;
use crate::error::Result;
use crate::library::{Embedded, FingerprintNumber, Library, PaperRow, PaperSet};

/// Central papers of a topic that are named.
const CENTRAL: usize = 5;

/// Papers related to a paper that are named.
const RELATED: usize = 6;

/// Papers of a finest topic whose words are read; those nearest to its centre.
const READ: usize = 200;

/// Of a paper's neighbourhood, less than this share in its own topic is a weak fit.
const WEAK: f64 = 0.25;

/// What the levels are called, by how many there are.
const LEVELS: [&[&str]; 4] = [&[], &["topic"], &["field", "topic"], &["field", "topic", "subtopic"]];

/// The topics of some papers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topics {
    /// The papers, by id.
    pub papers: Vec<Placed>,
    /// The coarsest first; each topic lies within one of the level before.
    pub levels: Vec<Level>,
}

/// Topics that are equally fine.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// `field`, `topic` or `subtopic`.
    pub name: &'static str,
    /// Those of one parent together, the largest first.
    pub topics: Vec<Topic>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// From 1, over all levels.
    pub id: u32,
    /// Its first terms; no other topic of the level is called the same.
    pub name: String,
    /// What its papers hold and others do not, the most telling first.
    pub terms: Vec<Term>,
    /// Place of the topic that it lies within, in the level before.
    pub parent: Option<usize>,
    /// Places of its papers in [`Topics::papers`], ascending.
    pub papers: Vec<usize>,
    /// Those nearest to its centre, the nearest first.
    pub central: Vec<usize>,
}

/// A paper and its topics.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its row.
    pub row: PaperRow,
    /// Its id.
    pub id: ArxivId,
    /// See [`crate::library::Paper::date`].
    pub date: Date,
    /// Its place on the map, see [`layout`].
    pub place: [f32; 2],
    /// Place of its topic in each level.
    pub topics: Vec<usize>,
    /// Share of its neighbourhood that is in its own topic of the finest level, from 0 to 1.
    pub strength: f64,
    /// Place of the topic of the finest level that has the next largest share, if any other has one.
    pub second: Option<usize>,
    /// Whether it fits its topic badly.
    pub weak: bool,
    /// Places of the papers nearest to it, the nearest first.
    pub related: Vec<u32>,
}

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Blocks of papers are being compared: how many there will be.
    Comparing(u64),
    /// One block more is compared.
    Compared(u64),
    /// Groups are sought.
    Grouping,
    /// The map is drawn.
    Drawing,
    /// Texts are read.
    Naming,
}

/// Finds topics among the papers `within`, or among all.
///
/// # Errors
/// What the library reports.
pub fn find(
    library: &Library,
    fingerprint: FingerprintNumber,
    within: Option<&PaperSet>,
    step: &(dyn Fn(Step) + Sync),
) -> Result<Topics> {
    let _snapshot = library.snapshot()?;
    let Some(ground) = Ground::of(library, fingerprint, within, step)? else { return Ok(Topics::default()) };
    let graph = graph(&ground.rows, &ground.nearest);
    step(Step::Grouping);
    let partitions = ordered(levels(&graph));
    let Some(finest) = partitions.last() else { return Ok(Topics::default()) };
    let standings: Vec<Standing> = (0..graph.len()).map(|paper| standing(&graph, finest, paper)).collect();
    ground.topics((library, fingerprint), (&partitions, None), &standings, step)
}

/// Papers, their vectors and who is near to whom.
pub(super) struct Ground {
    papers: Vec<(ArxivId, PaperRow, Date)>,
    pub(super) rows: Rows,
    nearest: Nearest,
}

/// How well a paper fits its topic of the finest level.
pub(super) struct Standing {
    pub(super) strength: f64,
    pub(super) second: Option<usize>,
    pub(super) weak: bool,
}

impl Ground {
    /// `None` where there is no paper.
    pub(super) fn of(
        library: &Library,
        fingerprint: FingerprintNumber,
        within: Option<&PaperSet>,
        step: &(dyn Fn(Step) + Sync),
    ) -> Result<Option<Ground>> {
        let Embedded { papers, vectors } = library.rows_by_id(fingerprint, within)?;
        if papers.is_empty() {
            return Ok(None);
        }
        let rows = Rows::new(vectors, library.dimension(fingerprint)?);
        step(Step::Comparing(super::near::blocks(rows.len())));
        let nearest = Nearest::find(&rows, NEAREST, &|blocks| step(Step::Compared(blocks)))?;
        Ok(Some(Ground { papers, rows, nearest }))
    }

    /// The topics of these groups, which are called by these names or by their terms.
    pub(super) fn topics(
        self,
        (library, fingerprint): (&Library, FingerprintNumber),
        (partitions, given): (&[Partition], Option<&[String]>),
        standings: &[Standing],
        step: &(dyn Fn(Step) + Sync),
    ) -> Result<Topics> {
        let Ground { papers, rows, nearest } = self;
        step(Step::Drawing);
        let places = layout(&rows, &nearest);
        step(Step::Naming);
        let centres: Vec<Vec<Vec<u32>>> = partitions.iter().map(|level| from_the_centre(&rows, level)).collect();
        let mut read: Vec<usize> = centres
            .last()
            .into_iter()
            .flatten()
            .flat_map(|papers| papers.iter().take(READ))
            .map(|paper| *paper as usize)
            .collect();
        read.sort_unstable();
        let chosen: Vec<PaperRow> = read.iter().map(|paper| papers[*paper].1).collect();
        let texts: Vec<String> = library
            .texts_of(fingerprint, &chosen)?
            .into_iter()
            // A phrase ends with the title.
            .map(|paper| format!("{}.\n{}", paper.title, paper.abstract_text))
            .collect();
        let vocabulary = Vocabulary::of(&texts);

        let mut id = 0;
        let mut found: Vec<Level> = Vec::new();
        for ((partition, from_centre), name) in partitions.iter().zip(&centres).zip(LEVELS[partitions.len()]) {
            let (starts, members) = members(&partition.groups, partition.count);
            let mut groups = vec![Vec::new(); partition.count];
            for (place, paper) in read.iter().enumerate() {
                groups[partition.groups[*paper] as usize].push(place);
            }
            let terms = vocabulary.terms(&groups, &texts);
            let names = given.map_or_else(|| names(&terms), <[String]>::to_vec);
            let above = found.len().checked_sub(1).map(|above| &partitions[above]);
            let topics = names.into_iter().zip(terms).enumerate().map(|(group, (name, terms))| {
                id += 1;
                let own = &members[starts[group]..starts[group + 1]];
                Topic {
                    id,
                    name,
                    terms,
                    parent: above.zip(own.first()).map(|(above, paper)| above.groups[*paper as usize] as usize),
                    papers: own.iter().map(|paper| *paper as usize).collect(),
                    central: from_centre[group].iter().take(CENTRAL).map(|paper| *paper as usize).collect(),
                }
            });
            found.push(Level { name, topics: topics.collect() });
        }
        let papers = papers
            .into_iter()
            .zip(standings)
            .enumerate()
            .map(|(place, ((id, row, date), Standing { strength, second, weak }))| {
                let near = if nearest.is_empty() { &[] } else { nearest.of(place) };
                Placed {
                    row,
                    id,
                    date,
                    place: places[place],
                    topics: partitions.iter().map(|level| level.groups[place] as usize).collect(),
                    strength: *strength,
                    second: *second,
                    weak: *weak,
                    related: near.iter().take(RELATED).map(|(other, _)| *other).collect(),
                }
            })
            .collect();
        Ok(Topics { papers, levels: found })
    }
}

/// Groups numbered by where their parents are, then by size, then by their first paper.
fn ordered(levels: Vec<Partition>) -> Vec<Partition> {
    let mut ordered: Vec<Partition> = Vec::new();
    for level in levels {
        let sizes = level.sizes();
        let mut parents = vec![0; level.count];
        if let Some(above) = ordered.last() {
            for (own, above) in level.groups.iter().zip(&above.groups) {
                parents[*own as usize] = *above;
            }
        }
        // Groups come in the order of their first paper.
        let mut order: Vec<usize> = (0..level.count).collect();
        order.sort_by_key(|group| (parents[*group], Reverse(sizes[*group]), *group));
        let mut number = vec![0; level.count];
        for (place, group) in order.into_iter().enumerate() {
            number[group] = place as u32;
        }
        let groups = level.groups.iter().map(|group| number[*group as usize]).collect();
        ordered.push(Partition { groups, count: level.count });
    }
    ordered
}

/// The papers of each group, that nearest to the mean of their vectors first.
fn from_the_centre(rows: &Rows, partition: &Partition) -> Vec<Vec<u32>> {
    let (starts, members) = members(&partition.groups, partition.count);
    let ordered = |group: usize| {
        let own = &members[starts[group]..starts[group + 1]];
        let mut centre = vec![0.0f32; rows.dimension()];
        for paper in own {
            centre.iter_mut().zip(rows.row(*paper as usize)).for_each(|(sum, x)| *sum += x);
        }
        let mut near: Vec<(f32, u32)> =
            own.iter().map(|paper| (dot(rows.row(*paper as usize), &centre), *paper)).collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        near.into_iter().map(|(_, paper)| paper).collect()
    };
    (0..partition.count).map(ordered).collect()
}

/// The share of a paper's neighbourhood in its own group, and the other group with the largest.
fn standing(graph: &Graph, partition: &Partition, paper: usize) -> Standing {
    let own = partition.groups[paper];
    let mut weights = std::collections::BTreeMap::new();
    for (other, weight) in graph.edges(paper) {
        *weights.entry(partition.groups[*other as usize]).or_insert(0.0) += f64::from(*weight);
    }
    let inside: f64 = weights.remove(&own).unwrap_or(0.0);
    let strength = graph.strength(paper);
    // Of equals the first.
    let second = weights.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
    // Alone, nothing speaks against its topic.
    let share = if strength > 0.0 { inside / strength } else { 1.0 };
    Standing { strength: share, second: second.map(|(group, _)| group as usize), weak: share < WEAK }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{FingerprintText, NewVector, Tokens};
    use crate::paper::Entry;
    use crate::{Precedence, SourceKind};

    /// Papers on ice and on bridges, added in this order.
    fn library(order: &[u32]) -> (Library, FingerprintNumber) {
        let mut library = Library::in_memory().expect("a library");
        let text = |what: &str| what.to_owned();
        let fingerprint = FingerprintText { digest: text("d"), model: text("m"), description: text("d"), dimension: 3 };
        let fingerprint = library.ensure_fingerprint(&fingerprint).expect("a fingerprint");
        for number in order {
            let ice = number % 3 == 0;
            let (title, text) = if ice {
                ("Slow sea ice", "This is about slow sea ice (SSI), and SSI drifts.")
            } else {
                ("Suspension bridges", "The steel of suspension bridges.")
            };
            let (title, abstract_text) = (format!("{title} {number}"), Some(text.to_owned()));
            let id = ArxivId::parse(&format!("2601.{number:05}")).expect("an id").0;
            let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
            let entry = Entry { title: Some(title), abstract_text, ..Entry::new(id, precedence, 1) };
            library.merge(&[entry]).expect("merged");
            let missing = library.next_missing(fingerprint, None, 1).expect("missing").remove(0);
            let angle = *number as f32 * 0.01;
            let vector = if ice { [angle.cos(), angle.sin(), 0.0] } else { [0.0, angle.sin(), angle.cos()] };
            let (row, passage_hash) = (missing.row, missing.passage_hash);
            let new = NewVector { row, passage_hash, vector: &vector, tokens: Tokens::default() };
            library.store_vectors(fingerprint, &[new]).expect("stored");
        }
        (library, fingerprint)
    }

    #[test]
    fn papers_in_any_order_have_the_same_topics_by_the_same_names() {
        let found = |order: &[u32]| {
            let (library, fingerprint) = library(order);
            let mut topics = find(&library, fingerprint, None, &|_| ()).expect("topics");
            topics.papers.iter_mut().for_each(|paper| paper.row = PaperRow(0));
            topics
        };
        let topics = found(&(0..12).collect::<Vec<_>>());
        assert_eq!(topics, found(&[7, 3, 11, 0, 2, 10, 1, 9, 4, 8, 6, 5]));
        let names: Vec<&str> = topics.levels[0].topics.iter().map(|topic| topic.name.as_str()).collect();
        assert_eq!(names, ["suspension bridges, steel", "slow sea ice (SSI), drifts"]);
    }

    #[test]
    fn papers_that_a_filter_keeps_are_all_there_are() {
        let (library, fingerprint) = library(&(0..12).collect::<Vec<_>>());
        let holding = library.holding("suspension STEEL").expect("found");
        let topics = find(&library, fingerprint, Some(&holding), &|_| ()).expect("topics");
        assert_eq!(topics.papers.len(), 8);
        assert_eq!(library.holding("steel glaciers").expect("found").len(), 0);
        let nobody = find(&library, fingerprint, Some(&PaperSet::new(Vec::new())), &|_| ()).expect("topics");
        assert_eq!(nobody, Topics::default());
    }
}
