//! From a library to its topics.
//!
//! In: a library, whose vectors, and which papers. Out: [`Topics`]: nested levels of named topics,
//! and the topics of each paper. Papers are taken in a canonical order (`order`), which their
//! vectors alone decide, so that neither ids nor the order in which papers came can affect the
//! topics. The result is ordered by id.

use super::candidates::{Rows, dot};
use super::graph::{Graph, members};
use super::history::record_run;
use super::incremental::{Grouped, Previous, first, update};
use super::knn::Nearest;
use super::leiden::Partition;
use super::levels::{NEAREST, graph};
use super::methods::{Method, dbscan, kmeans};
use super::names::{TopicName, names};
use super::order::{by_content, reorder};
use super::phrases::Vocabulary;
use super::topic::{AssignedPaper, Level, Topic, Topics};
use super::{layout, layout_from};
use crate::error::Result;
use crate::library::{Embedded, FingerprintNumber, KeptTopics, Library, Matching, PaperRow};
use crate::paper::{ArxivId, PartialDate};

/// How many central papers of a topic are named.
const CENTRAL: usize = 5;

/// How many papers related to a paper are named.
const RELATED: usize = 6;

/// How many papers of a finest topic are read for its words: those nearest to its centre.
const READ: usize = 200;

/// How many texts are read in all, unless a topic would be left with fewer than [`LEAST_READ`].
const TEXTS: usize = 100_000;
const LEAST_READ: usize = 20;

/// A paper fits its topic badly if less than this share of its neighbourhood is in that topic.
pub(super) const WEAK: f64 = 0.25;

/// The name of the group of papers that are in no topic.
const UNASSIGNED: &str = "in no topic";

/// The names of the levels, by how many levels there are.
const LEVELS: [&[&str]; 4] = [&[], &["topic"], &["field", "topic"], &["field", "topic", "subtopic"]];

/// The names of so many levels, the coarsest first.
pub(crate) fn level_names(count: usize) -> &'static [&'static str] {
    LEVELS.get(count).copied().unwrap_or(LEVELS[LEVELS.len() - 1])
}

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Blocks of papers are being compared: how many there will be.
    Comparing(u64),
    /// One block more is compared.
    Compared(u64),
    /// Papers are grouped.
    Grouping,
    /// The map is drawn.
    Drawing,
    /// Texts are read.
    Naming,
}

/// What [`find`] searches for topics, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    /// The model whose vectors are compared.
    pub fingerprint: FingerprintNumber,
    /// The papers to search.
    pub within: &'a Matching,
    /// How topics are found.
    pub method: Method,
    /// The topics of the previous run, for an incremental update; only [`Method::Leiden`] uses
    /// them. `None` searches from scratch.
    pub previous: Option<&'a KeptTopics>,
}

#[cfg(test)]
impl Search<'_> {
    /// Searches all papers from scratch by the default method.
    pub(crate) fn of(fingerprint: FingerprintNumber) -> Self {
        Search { fingerprint, within: &Matching::All, method: Method::default(), previous: None }
    }
}

/// Finds topics among the papers of a library.
///
/// # Errors
/// What the library reports; [`TopicsError::TooMany`](crate::error::TopicsError::TooMany).
pub(crate) fn find(library: &Library, search: Search<'_>, step: &(dyn Fn(Step) + Sync)) -> Result<Topics> {
    let Search { fingerprint, within, method, previous } = search;
    let _snapshot = library.snapshot()?;
    let Some(corpus) = Corpus::of(library, fingerprint, within, step)? else { return Ok(Topics::default()) };
    let graph = graph(&corpus.rows, &corpus.nearest);
    step(Step::Grouping);
    let previous = previous.filter(|_| method == Method::Leiden).map(|previous| Previous::of(previous, &corpus.papers));
    let (grouped, unassigned) = group(&corpus, &graph, method, previous.as_ref())?;
    let Some(finest) = grouped.partitions.last() else { return Ok(Topics::default()) };
    let mut memberships: Vec<Membership> = (0..graph.len()).map(|paper| membership(&graph, finest, paper)).collect();
    let mut names = match &previous {
        None => Vec::new(),
        Some(previous) => previous.names(&grouped),
    };
    if let Some(paper) = unassigned {
        let group = finest.groups[paper];
        let mut fixed = vec![None; finest.count];
        fixed[group as usize] = Some(TopicName { name: UNASSIGNED.to_owned(), fixed: true });
        names.push(fixed);
        let weak = memberships.iter_mut().zip(&finest.groups).filter(|(_, own)| **own == group);
        weak.for_each(|(membership, _)| membership.weak = true);
    }
    step(Step::Drawing);
    let positions = match &previous {
        None => layout(&corpus.rows, &corpus.nearest),
        Some(previous) => {
            let before: Vec<Option<[f32; 2]>> =
                previous.papers.iter().map(|paper| paper.map(|paper| paper.position)).collect();
            layout_from(&corpus.rows, &corpus.nearest, &before, grouped.reclustered)
        }
    };
    let reclustered = grouped.reclustered;
    let mut topics = corpus.topics(library, Assignment { grouped, names, memberships, positions }, step)?;
    record_run(&mut topics, previous.as_ref(), reclustered);
    topics.sort_papers();
    Ok(topics)
}

/// Groups papers by a method; with DBSCAN also a paper of the group that holds those in no topic,
/// if there are any.
fn group(
    corpus: &Corpus,
    graph: &Graph,
    method: Method,
    previous: Option<&Previous<'_>>,
) -> Result<(Grouped, Option<usize>)> {
    let grouped = match (method, previous) {
        (Method::Leiden, None) => first(graph),
        (Method::Leiden, Some(previous)) => update(graph, previous),
        (Method::KMeans { topics }, _) => Grouped::one_level(kmeans(&corpus.rows, topics)?),
        (Method::Dbscan { papers, cosine }, _) => {
            let found = dbscan(&corpus.rows, &corpus.nearest, papers, cosine)?;
            let unassigned = found.iter().position(Option::is_none);
            let next = found.iter().flatten().max().map_or(0, |most| most + 1);
            let groups: Vec<u32> = found.iter().map(|group| group.unwrap_or(next)).collect();
            return Ok((Grouped::one_level(Partition::new(&groups)), unassigned));
        }
    };
    Ok((grouped, None))
}

/// The papers that are searched for topics: their vectors, and the nearest neighbours of each.
pub(super) struct Corpus {
    fingerprint: FingerprintNumber,
    papers: Vec<(ArxivId, PaperRow, PartialDate)>,
    pub(super) rows: Rows,
    pub(super) nearest: Nearest,
}

/// How well a paper fits its topic of the finest level; [`AssignedPaper`] says what the fields
/// mean.
pub(super) struct Membership {
    pub(super) strength: f64,
    pub(super) second: Option<usize>,
    pub(super) weak: bool,
}

/// The groups of a corpus, with all that belongs to a group or a paper but the terms.
pub(super) struct Assignment {
    pub(super) grouped: Grouped,
    /// Names that groups have already, for each level; empty where no group has one.
    pub(super) names: Vec<Vec<Option<TopicName>>>,
    /// One for each paper.
    pub(super) memberships: Vec<Membership>,
    /// Where each paper lies on the map.
    pub(super) positions: Vec<[f32; 2]>,
}

impl Corpus {
    /// `None` where there is no paper.
    pub(super) fn of(
        library: &Library,
        fingerprint: FingerprintNumber,
        within: &Matching,
        step: &(dyn Fn(Step) + Sync),
    ) -> Result<Option<Corpus>> {
        let Embedded { papers, mut vectors } = library.rows_by_id(fingerprint, within)?;
        if papers.is_empty() {
            return Ok(None);
        }
        let dimension = library.dimension(fingerprint)?;
        let order = by_content(&vectors, dimension);
        reorder(&mut vectors, dimension, &order);
        let papers = order.iter().map(|at| papers[*at as usize].clone()).collect();
        let rows = Rows::new(vectors, dimension);
        step(Step::Comparing(super::knn::blocks(rows.len())));
        let nearest = Nearest::find(&rows, NEAREST, &|blocks| step(Step::Compared(blocks)))?;
        Ok(Some(Corpus { fingerprint, papers, rows, nearest }))
    }

    /// Makes topics of groups. A group keeps the name that it has; papers stay in the order of the
    /// corpus, not by id.
    pub(super) fn topics(
        self,
        library: &Library,
        assignment: Assignment,
        step: &(dyn Fn(Step) + Sync),
    ) -> Result<Topics> {
        let Corpus { fingerprint, papers, rows, nearest } = self;
        let Assignment { grouped, names: known, memberships, positions } = assignment;
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
            found.push(Level { name: LEVELS[partitions.len()][number], topics: topics.collect() });
        }
        let papers = papers
            .into_iter()
            .zip(memberships)
            .enumerate()
            .map(|(place, ((id, row, date), Membership { strength, second, weak }))| {
                let near = if nearest.is_empty() { &[] } else { nearest.of(place) };
                AssignedPaper {
                    row,
                    id,
                    date,
                    position: positions[place],
                    topics: partitions.iter().map(|level| level.groups[place] as usize).collect(),
                    strength,
                    second,
                    weak,
                    related: near.iter().take(RELATED).map(|(other, _)| *other).collect(),
                }
            })
            .collect();
        Ok(Topics { papers, levels: found, run: None, drift: 0 })
    }
}

/// The papers of each group, the nearest to the mean of their vectors first.
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

/// The share of a paper's neighbourhood that is in its own group, and the other group with the
/// largest share.
fn membership(graph: &Graph, partition: &Partition, paper: usize) -> Membership {
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
    Membership { strength: share, second: second.map(|(group, _)| group as usize), weak: share < WEAK }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::library::{FingerprintText, NewVector, Tokens};
    use crate::paper::{Entry, Metadata};
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
            let entry = Entry {
                metadata: Metadata { title: Some(title), abstract_text, ..Metadata::default() },
                ..Entry::new(id, precedence, 1)
            };
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
            let mut topics = find(&library, Search::of(fingerprint), &|_| ()).expect("topics");
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
        let mut topics = find(&library, Search::of(fingerprint), &|_| ()).expect("topics");
        let (mut renamed, same) = self::library(&[]);
        // The same texts and vectors, under ids in the opposite order.
        for number in 0..60u32 {
            let paper = &topics.papers[number as usize];
            let text = library.texts_of(fingerprint, &[paper.row]).expect("read").remove(0);
            let id = ArxivId::parse(&format!("2601.{:05}", 59 - number)).expect("an id").0;
            let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
            let abstract_text = Some(text.abstract_text);
            let entry = Entry {
                metadata: Metadata { title: Some(text.title), abstract_text, ..Metadata::default() },
                ..Entry::new(id, precedence, 1)
            };
            renamed.merge(&[entry]).expect("merged");
            let missing = renamed.next_missing(same, None, 1).expect("missing").remove(0);
            let (row, passage_hash) = (missing.row, missing.passage_hash);
            let new = NewVector { row, passage_hash, vector: &text.vector, tokens: Tokens::default() };
            renamed.store_vectors(same, &[new]).expect("stored");
        }
        let mut found = find(&renamed, Search::of(same), &|_| ()).expect("topics");
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
        let holding = Matching::Only(library.holding("suspension STEEL").expect("found"));
        let topics = find(&library, Search { within: &holding, ..Search::of(fingerprint) }, &|_| ()).expect("topics");
        assert_eq!(topics.papers.len(), 8);
        assert_eq!(library.holding("steel glaciers").expect("found").len(), 0);
        let empty = Matching::Only(library.holding("steel glaciers").expect("found"));
        let search = Search { within: &empty, ..Search::of(fingerprint) };
        let nobody = find(&library, search, &|_| ()).expect("topics");
        assert_eq!(nobody, Topics::default());
    }
}
