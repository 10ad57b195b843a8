//! Topics of a graph whose vectors and texts lie elsewhere: in more places than fit into memory.
//!
//! In: the nearest of every row. Out: groups in levels. What topics need of vectors and texts,
//! whoever has them tells: which rows are nearest to the centre of each group, and their texts.

use super::corpus::memberships;
use super::graph::Graph;
use super::incremental::{Grouped, first};
use super::knn::Nearest;
use super::levels::graph_of_many;
use super::named::{Naming, named};
use super::partition::Partition;
use super::topic::Level;
use crate::error::Result;
use crate::neighbours::InterruptCheck;

/// What stands for no topic.
const NONE: u32 = u32::MAX;

/// Groups of rows, in levels.
pub struct RowGroups {
    grouped: Grouped,
    /// The share of each row's neighbourhood that is in its own group of the finest level.
    pub strengths: Vec<f32>,
    /// The group of the finest level with the next largest share; `u32::MAX` for none.
    pub seconds: Vec<u32>,
    /// Whether a row fits its group badly.
    pub weak: Vec<bool>,
}

impl RowGroups {
    /// The groups of so many rows, whose nearest are known: those that
    /// [`of_rows`](super::of_rows) finds where it finds the same nearest. With fewer than 60 rows,
    /// there all pairs are compared, which is more than is known here.
    ///
    /// # Errors
    /// What `check` gives.
    pub fn of(nearest: &Nearest, rows: usize, check: InterruptCheck<'_>) -> Result<RowGroups> {
        RowGroups::of_graph(&graph_of_many(nearest, rows), check)
    }

    /// The groups of a graph.
    ///
    /// # Errors
    /// What `check` gives.
    pub fn of_graph(graph: &Graph, check: InterruptCheck<'_>) -> Result<RowGroups> {
        let grouped = first(graph, check)?;
        let (mut strengths, mut seconds, mut weak) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(finest) = grouped.partitions.last() {
            for membership in memberships(graph, finest) {
                strengths.push(membership.strength as f32);
                seconds.push(membership.second.map_or(NONE, |second| second as u32));
                weak.push(membership.weak);
            }
        }
        Ok(RowGroups { grouped, strengths, seconds, weak })
    }

    /// The groups of each level, the coarsest first; each lies within one of the level before.
    pub fn levels(&self) -> &[Partition] {
        &self.grouped.partitions
    }

    /// Topics with names. `centres` has, for each level and group, the rows nearest to its centre,
    /// the nearest first; `read` the rows whose texts are known, ascending, and `texts` these.
    pub fn named(&self, centres: &[Vec<Vec<u32>>], read: &[usize], texts: &[String]) -> Vec<Level> {
        named(Naming { grouped: &self.grouped, names: &[], centres, read }, texts)
    }
}
