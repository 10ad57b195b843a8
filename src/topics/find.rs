//! From a library to its topics.
//!
//! In: a library, whose vectors, and which papers. Out: [`Topics`]: nested levels of named topics, and where each paper stands in them.
//! Papers are taken in an order that their vectors decide (`order`), so that neither their ids nor the order in which they came does; what
//! comes out is by id.

use jiff::civil::Date;

use super::candidates::{Rows, dot};
use super::continued::{Grouped, Last, again, first};
use super::graph::{Graph, members};
use super::happened::told;
use super::leiden::Partition;
use super::levels::{NEAREST, graph};
use super::methods::{Method, dbscan, kmeans};
use super::names::{Called, names};
use super::near::Nearest;
use super::order::{by_content, reorder};
use super::topic::{Level, Placed, Topic, Topics};
use super::vocabulary::Vocabulary;
use super::{layout, layout_from};
use crate::error::Result;
use crate::library::{Embedded, FingerprintNumber, KeptTopics, Library, PaperRow, PaperSet};
use crate::paper::ArxivId;

/// Central papers of a topic that are named.
const CENTRAL: usize = 5;

/// Papers related to a paper that are named.
const RELATED: usize = 6;

/// Papers of a finest topic whose words are read; those nearest to its centre.
const READ: usize = 200;

/// Texts that are read in all, unless that leaves less than some of a topic.
const TEXTS: usize = 100_000;
const LEAST_READ: usize = 20;

/// Of a paper's neighbourhood, less than this share in its own topic is a weak fit.
const WEAK: f64 = 0.25;

/// What papers are under that are in no topic.
const LEFT_OUT: &str = "in no topic";

/// What the levels are called, by how many there are.
const LEVELS: [&[&str]; 4] = [&[], &["topic"], &["field", "topic"], &["field", "topic", "subtopic"]];

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

/// Finds topics among the papers `within`, or among all; from scratch, or, by the default method, going on from what was found `last`.
///
/// # Errors
/// What the library reports; [`Error::TooManyTopics`](crate::Error::TooManyTopics).
pub fn find(
    library: &Library,
    (fingerprint, within): (FingerprintNumber, Option<&PaperSet>),
    (method, last): (Method, Option<&KeptTopics>),
    step: &(dyn Fn(Step) + Sync),
) -> Result<Topics> {
    let _snapshot = library.snapshot()?;
    let Some(ground) = Ground::of(library, fingerprint, within, step)? else { return Ok(Topics::default()) };
    let graph = graph(&ground.rows, &ground.nearest);
    step(Step::Grouping);
    let last = last.filter(|_| method == Method::Leiden).map(|last| Last::of(last, &ground.papers));
    let mut left_out = None;
    let grouped = match (method, &last) {
        (Method::Leiden, None) => first(&graph),
        (Method::Leiden, Some(last)) => again(&graph, last),
        (Method::KMeans { topics }, _) => Grouped::one_level(kmeans(&ground.rows, topics)?),
        (Method::Dbscan { papers, cosine }, _) => {
            let found = dbscan(&ground.rows, &ground.nearest, papers, cosine)?;
            left_out = found.iter().position(Option::is_none);
            let none = found.iter().flatten().max().map_or(0, |most| most + 1);
            let groups: Vec<u32> = found.iter().map(|group| group.unwrap_or(none)).collect();
            Grouped::one_level(Partition::new(&groups))
        }
    };
    let Some(finest) = grouped.partitions.last() else { return Ok(Topics::default()) };
    let mut standings: Vec<Standing> = (0..graph.len()).map(|paper| standing(&graph, finest, paper)).collect();
    let mut called = match &last {
        None => Vec::new(),
        Some(last) => last.names(&grouped),
    };
    if let Some(paper) = left_out {
        let none = finest.groups[paper];
        let mut names = vec![None; finest.count];
        names[none as usize] = Some(Called { name: LEFT_OUT.to_owned(), firmly: true });
        called.push(names);
        let weak = standings.iter_mut().zip(&finest.groups).filter(|(_, group)| **group == none);
        weak.for_each(|(standing, _)| standing.weak = true);
    }
    step(Step::Drawing);
    let places = match &last {
        None => layout(&ground.rows, &ground.nearest),
        Some(last) => {
            let before: Vec<Option<[f32; 2]>> =
                last.papers.iter().map(|paper| paper.map(|paper| paper.place)).collect();
            layout_from(&ground.rows, &ground.nearest, &before, grouped.sought)
        }
    };
    let mut topics = ground.topics((library, fingerprint), (&grouped, &called), (&standings, places), step)?;
    told(&mut topics, last.as_ref(), grouped.sought);
    topics.sort_papers();
    Ok(topics)
}

/// Papers, their vectors and who is near to whom.
pub(super) struct Ground {
    papers: Vec<(ArxivId, PaperRow, Date)>,
    pub(super) rows: Rows,
    pub(super) nearest: Nearest,
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
        let Embedded { papers, mut vectors } = library.rows_by_id(fingerprint, within)?;
        if papers.is_empty() {
            return Ok(None);
        }
        let dimension = library.dimension(fingerprint)?;
        let order = by_content(&vectors, dimension);
        reorder(&mut vectors, dimension, &order);
        let papers = order.iter().map(|at| papers[*at as usize].clone()).collect();
        let rows = Rows::new(vectors, dimension);
        step(Step::Comparing(super::near::blocks(rows.len())));
        let nearest = Nearest::find(&rows, NEAREST, &|blocks| step(Step::Compared(blocks)))?;
        Ok(Some(Ground { papers, rows, nearest }))
    }

    /// The topics of these groups, which keep the names that they have; papers are as they are here, and not by id.
    pub(super) fn topics(
        self,
        (library, fingerprint): (&Library, FingerprintNumber),
        (grouped, called): (&Grouped, &[Vec<Option<Called>>]),
        (standings, places): (&[Standing], Vec<[f32; 2]>),
        step: &(dyn Fn(Step) + Sync),
    ) -> Result<Topics> {
        let Ground { papers, rows, nearest } = self;
        let partitions = &grouped.partitions;
        step(Step::Naming);
        let centres: Vec<Vec<Vec<u32>>> = partitions.iter().map(|level| from_the_centre(&rows, level)).collect();
        // Texts take as much room.
        drop(rows);
        let finest = centres.last().map_or(1, Vec::len).max(1);
        let mut read: Vec<usize> = centres
            .last()
            .into_iter()
            .flatten()
            .flat_map(|papers| papers.iter().take((TEXTS / finest).clamp(LEAST_READ, READ)))
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

        let mut found: Vec<Level> = Vec::new();
        for (number, (partition, from_centre)) in partitions.iter().zip(&centres).enumerate() {
            let (starts, members) = members(&partition.groups, partition.count);
            let mut groups = vec![Vec::new(); partition.count];
            for (place, paper) in read.iter().enumerate() {
                groups[partition.groups[*paper] as usize].push(place);
            }
            let terms = vocabulary.terms(&groups, &texts);
            let nameless = vec![None; partition.count];
            let called = called.get(number).unwrap_or(&nameless);
            let above = number.checked_sub(1).map(|above| &partitions[above]);
            let topics = names(&terms, called).into_iter().zip(terms).enumerate().map(|(group, (name, terms))| {
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
            found.push(Level { name: LEVELS[partitions.len()][number], topics: topics.collect() });
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
        Ok(Topics { papers, levels: found, run: None, drift: 0 })
    }
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
pub(super) mod tests {
    use super::*;
    use crate::library::{FingerprintText, NewVector, Tokens};
    use crate::paper::Entry;
    use crate::{Precedence, SourceKind};

    /// Papers on ice and on bridges, added in this order.
    pub(in super::super) fn library(order: &[u32]) -> (Library, FingerprintNumber) {
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
            let mut topics = find(&library, (fingerprint, None), (Method::Leiden, None), &|_| ()).expect("topics");
            topics.papers.iter_mut().for_each(|paper| paper.row = PaperRow(0));
            topics
        };
        let topics = found(&(0..12).collect::<Vec<_>>());
        assert_eq!(topics, found(&[7, 3, 11, 0, 2, 10, 1, 9, 4, 8, 6, 5]));
        let names: Vec<&str> = topics.levels[0].topics.iter().map(|topic| topic.name.as_str()).collect();
        assert_eq!(names, ["suspension bridges, steel", "slow sea ice (SSI), drifts"]);
    }

    #[test]
    fn papers_by_other_ids_have_the_same_topics() {
        let (library, fingerprint) = library(&(0..60).collect::<Vec<_>>());
        let mut topics = find(&library, (fingerprint, None), (Method::Leiden, None), &|_| ()).expect("topics");
        let (mut renamed, same) = self::library(&[]);
        // The same texts and vectors, under ids in the opposite order.
        for number in 0..60u32 {
            let paper = &topics.papers[number as usize];
            let text = library.texts_of(fingerprint, &[paper.row]).expect("read").remove(0);
            let id = ArxivId::parse(&format!("2601.{:05}", 59 - number)).expect("an id").0;
            let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
            let abstract_text = Some(text.abstract_text);
            let entry = Entry { title: Some(text.title), abstract_text, ..Entry::new(id, precedence, 1) };
            renamed.merge(&[entry]).expect("merged");
            let missing = renamed.next_missing(same, None, 1).expect("missing").remove(0);
            let (row, passage_hash) = (missing.row, missing.passage_hash);
            let new = NewVector { row, passage_hash, vector: &text.vector, tokens: Tokens::default() };
            renamed.store_vectors(same, &[new]).expect("stored");
        }
        let mut found = find(&renamed, (same, None), (Method::Leiden, None), &|_| ()).expect("topics");
        let mirrored = |places: &mut Vec<usize>| places.iter_mut().for_each(|place| *place = 59 - *place);
        for topic in found.levels.iter_mut().flat_map(|level| &mut level.topics) {
            mirrored(&mut topic.central);
            mirrored(&mut topic.papers);
            topic.papers.sort_unstable();
        }
        found.papers.reverse();
        let related = found.papers.iter_mut().flat_map(|paper| &mut paper.related);
        related.for_each(|place| *place = 59 - *place);
        for (own, other) in topics.papers.iter_mut().zip(&found.papers) {
            (own.row, own.id) = (other.row, other.id.clone());
        }
        topics.run = None;
        found.run = None;
        assert!(topics.papers.iter().any(|paper| paper.related.len() > 1));
        assert_eq!(topics, found);
    }

    #[test]
    fn papers_that_a_filter_keeps_are_all_there_are() {
        let (library, fingerprint) = library(&(0..12).collect::<Vec<_>>());
        let holding = library.holding("suspension STEEL").expect("found");
        let topics = find(&library, (fingerprint, Some(&holding)), (Method::Leiden, None), &|_| ()).expect("topics");
        assert_eq!(topics.papers.len(), 8);
        assert_eq!(library.holding("steel glaciers").expect("found").len(), 0);
        let nobody = find(&library, (fingerprint, Some(&PaperSet::new(Vec::new()))), (Method::Leiden, None), &|_| ())
            .expect("topics");
        assert_eq!(nobody, Topics::default());
    }
}
