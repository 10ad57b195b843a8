//! From rows of vectors to their topics, wherever the rows and their texts come from.
//!
//! In: unit rows, and a function that gives the texts of some of them. Out: [`RowTopics`]: nested
//! levels of named topics, and the topics of each row. `find` takes rows and texts from a library,
//! [`of_rows`] takes what a caller has. Rows are taken in a canonical order (`order`), which their
//! values alone decide, so that the order in which they came cannot affect the topics.

use super::candidates::{Rows, dot};
use super::find::{Step, Steps};
use super::graph::{Graph, members};
use super::incremental::{Grouped, Previous, first, update};
use super::knn::Nearest;
use super::levels::{NEAREST, graph};
use super::methods::{Method, dbscan, kmeans};
use super::named::{Naming, chosen, named};
use super::names::TopicName;
use super::order::{by_content, reorder};
use super::partition::Partition;
use super::topic::{AssignedRow, RowTopics};
use super::{layout, layout_from};
use crate::error::Result;
use crate::neighbours::InterruptCheck;

/// How many rows related to a row are named.
const RELATED: usize = 6;

/// A row fits its topic badly if less than this share of its neighbourhood is in that topic.
pub(super) const WEAK: f64 = 0.25;

/// The name of the group of rows that are in no topic.
const UNASSIGNED: &str = "in no topic";

/// Gives the texts of some rows, by their places, in the same order. The first line of a text is
/// its title, where it has one.
pub type ReadTexts<'a> = &'a mut dyn FnMut(&[usize]) -> Result<Vec<String>>;

/// Finds topics among unit rows (rows x dimension, one behind the other), as Relata
/// does among those of a library: the same rows and texts give the
/// same topics. Of equal rows those that come first are taken first. `step` is told how far the
/// search is, and ends it by an error.
///
/// # Errors
/// [`TopicsError::TooMany`](crate::error::TopicsError::TooMany); what `texts` and `step` report.
pub fn of_rows(
    vectors: Vec<f32>,
    dimension: usize,
    method: Method,
    texts: ReadTexts<'_>,
    step: Steps<'_>,
) -> Result<RowTopics> {
    if vectors.len() < dimension.max(1) {
        return Ok(RowTopics::default());
    }
    let corpus = Corpus::of(vectors, dimension, step)?;
    step(Step::Grouping)?;
    let order = corpus.order.clone();
    let Some(assignment) = corpus.assigned(method, None, step)? else { return Ok(RowTopics::default()) };
    step(Step::Naming)?;
    let mut topics = corpus.topics(assignment, texts)?;
    topics.restore(&order);
    Ok(topics)
}

/// Rows that are searched for topics, in the canonical order, and the nearest neighbours of each.
pub(super) struct Corpus {
    /// The place that each row had when it came.
    pub(super) order: Vec<u32>,
    pub(super) rows: Rows,
    pub(super) nearest: Nearest,
}

/// How well a row fits its topic of the finest level; [`AssignedRow`] says what the fields mean.
pub(super) struct Membership {
    pub(super) strength: f64,
    pub(super) second: Option<usize>,
    pub(super) weak: bool,
}

/// The groups of a corpus, with all that belongs to a group or a row but the terms.
pub(super) struct Assignment {
    pub(super) grouped: Grouped,
    /// Names that groups have already, for each level; empty where no group has one.
    pub(super) names: Vec<Vec<Option<TopicName>>>,
    /// One for each row.
    pub(super) memberships: Vec<Membership>,
    /// Where each row lies on the map.
    pub(super) positions: Vec<[f32; 2]>,
    /// The group of the finest level that holds the rows that are in no topic, if there are any.
    pub(super) unassigned: Option<usize>,
}

impl Corpus {
    /// Orders rows, of which there is one at least, and finds the nearest of each.
    pub(super) fn of(mut vectors: Vec<f32>, dimension: usize, step: Steps<'_>) -> Result<Corpus> {
        let order = by_content(&vectors, dimension);
        reorder(&mut vectors, dimension, &order);
        let rows = Rows::new(vectors, dimension);
        step(Step::Comparing(super::knn::blocks(rows.len())))?;
        let nearest = Nearest::find(&rows, NEAREST, &|blocks| {
            step(if blocks > 0 { Step::Compared(blocks) } else { Step::Further })
        })?;
        Ok(Corpus { order, rows, nearest })
    }

    /// Groups the rows, and places them on a map. `None` where there is no group.
    pub(super) fn assigned(
        &self,
        method: Method,
        previous: Option<&Previous<'_>>,
        step: Steps<'_>,
    ) -> Result<Option<Assignment>> {
        let further: InterruptCheck<'_> = &|| step(Step::Further);
        let (mut assignment, reclustered) = {
            let graph = graph(&self.rows, &self.nearest);
            let (grouped, unassigned) = self.grouped(&graph, method, previous, further)?;
            let Some(finest) = grouped.partitions.last() else { return Ok(None) };
            let memberships = memberships(&graph, finest).collect();
            let unassigned = unassigned.map(|row| finest.groups[row] as usize);
            let names = previous.map_or_else(Vec::new, |previous| previous.names(&grouped));
            let reclustered = grouped.reclustered;
            (Assignment { grouped, names, memberships, positions: Vec::new(), unassigned }, reclustered)
        };
        assignment.name_the_unassigned();
        step(Step::Drawing)?;
        assignment.positions = match previous {
            None => layout(&self.rows, &self.nearest, further)?,
            Some(previous) => {
                let before: Vec<Option<[f32; 2]>> =
                    previous.papers.iter().map(|paper| paper.map(|paper| paper.position)).collect();
                layout_from(&self.rows, &self.nearest, &before, reclustered, further)?
            }
        };
        Ok(Some(assignment))
    }

    /// Groups rows by a method; with DBSCAN also a row of the group that holds those in no topic,
    /// if there are any.
    fn grouped(
        &self,
        graph: &Graph,
        method: Method,
        previous: Option<&Previous<'_>>,
        further: InterruptCheck<'_>,
    ) -> Result<(Grouped, Option<usize>)> {
        let grouped = match (method, previous) {
            (Method::Leiden, None) => first(graph, further)?,
            (Method::Leiden, Some(previous)) => update(graph, previous, further)?,
            (Method::KMeans { topics }, _) => Grouped::one_level(kmeans(&self.rows, topics)?),
            (Method::Dbscan { papers, cosine }, _) => {
                let found = dbscan(&self.rows, &self.nearest, papers, cosine)?;
                let unassigned = found.iter().position(Option::is_none);
                let next = found.iter().flatten().max().map_or(0, |most| most + 1);
                let groups: Vec<u32> = found.iter().map(|group| group.unwrap_or(next)).collect();
                return Ok((Grouped::one_level(Partition::new(&groups)), unassigned));
            }
        };
        Ok((grouped, None))
    }

    /// Makes topics of groups. A group keeps the name that it has; rows stay in the order of the
    /// corpus, and `texts` is asked by the places that they had when they came.
    pub(super) fn topics(self, assignment: Assignment, texts: ReadTexts<'_>) -> Result<RowTopics> {
        let Corpus { order, rows, nearest } = self;
        let Assignment { grouped, names, memberships, positions, unassigned } = assignment;
        let partitions = &grouped.partitions;
        let centres: Vec<Vec<Vec<u32>>> = partitions.iter().map(|level| from_the_centre(&rows, level)).collect();
        // Texts take as much room.
        drop(rows);
        let read = chosen(&centres);
        let places: Vec<usize> = read.iter().map(|row| order[*row] as usize).collect();
        let naming = Naming { grouped: &grouped, names: &names, centres: &centres, read: &read };
        let levels = named(naming, &texts(&places)?);
        let rows = memberships.into_iter().enumerate().map(|(place, membership)| {
            let near = if nearest.is_empty() { &[] } else { nearest.of(place) };
            AssignedRow {
                position: positions[place],
                topics: partitions.iter().map(|level| level.groups[place] as usize).collect(),
                strength: membership.strength,
                second: membership.second,
                weak: membership.weak,
                related: near.iter().take(RELATED).map(|(other, _)| *other).collect(),
            }
        });
        Ok(RowTopics { rows: rows.collect(), levels, unassigned })
    }
}

impl Assignment {
    /// The group of those in no topic says so, and nobody fits it.
    fn name_the_unassigned(&mut self) {
        let Some((group, finest)) = self.unassigned.zip(self.grouped.partitions.last()) else { return };
        let mut fixed = vec![None; finest.count];
        fixed[group] = Some(TopicName { name: UNASSIGNED.to_owned(), fixed: true });
        self.names.push(fixed);
        let weak = self.memberships.iter_mut().zip(&finest.groups).filter(|(_, own)| **own as usize == group);
        weak.for_each(|(membership, _)| membership.weak = true);
    }
}

/// The rows of each group, the nearest to the mean of their vectors first.
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

/// How well each node fits its group.
pub(super) fn memberships(graph: &Graph, partition: &Partition) -> impl Iterator<Item = Membership> {
    (0..graph.len()).map(|node| membership(graph, partition, node))
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
