//! Nodes move to the neighbouring group where they fit best, until none would rather be elsewhere.

use std::collections::VecDeque;

use super::weights::Weights;
use super::{NOTHING, Run};
use crate::error::Result;
use crate::topics::graph::Graph;
use crate::topics::partition::Partition;

/// Nodes that think again between two looks whether work was interrupted.
const LOOK: usize = 4096;

/// Groups after each node has moved to where it fits best.
pub(super) fn moved(run: &mut Run<'_>, graph: &Graph, begin: &Partition) -> Result<Partition> {
    let mut moving = Moving::new(graph, run.factor, begin);
    moving.settle(run)?;
    Ok(Partition::new(&moving.groups))
}

/// Nodes on their way between groups.
struct Moving<'a> {
    graph: &'a Graph,
    factor: f64,
    groups: Vec<u32>,
    /// Strength and number of nodes of each group.
    strengths: Vec<f64>,
    sizes: Vec<u32>,
    /// Groups without a node.
    empty: Vec<u32>,
}

impl<'a> Moving<'a> {
    fn new(graph: &'a Graph, factor: f64, begin: &Partition) -> Moving<'a> {
        let nodes = graph.len();
        let (mut strengths, mut sizes) = (vec![0.0; nodes], vec![0; nodes]);
        for (node, group) in begin.groups.iter().enumerate() {
            strengths[*group as usize] += graph.strength(node);
            sizes[*group as usize] += 1;
        }
        let empty = (0..nodes as u32).rev().filter(|group| sizes[*group as usize] == 0).collect();
        Moving { graph, factor, groups: begin.groups.clone(), strengths, sizes, empty }
    }

    /// Moves nodes until each is where it fits best. Whoever moves makes its neighbours think
    /// again.
    fn settle(&mut self, run: &mut Run<'_>) -> Result<()> {
        let mut order: Vec<u32> = (0..self.graph.len() as u32).collect();
        run.random.shuffle(&mut order);
        let mut waiting: VecDeque<u32> = order.into();
        let mut waits = vec![true; self.graph.len()];
        let mut weights = Weights::new(self.graph.len());
        let mut seen = 0usize;
        while let Some(node) = waiting.pop_front() {
            if seen.is_multiple_of(LOOK) {
                (run.check)()?;
            }
            seen += 1;
            waits[node as usize] = false;
            let Some(group) = self.better(node as usize, &mut weights) else { continue };
            self.put(node as usize, group);
            for (other, _) in self.graph.edges(node as usize) {
                if self.groups[*other as usize] != group && !waits[*other as usize] {
                    waits[*other as usize] = true;
                    waiting.push_back(*other);
                }
            }
        }
        Ok(())
    }

    /// The group where a node fits better than where it is, if there is one; of equals the first.
    fn better(&self, node: usize, weights: &mut Weights) -> Option<u32> {
        let own = self.groups[node];
        let strength = self.graph.strength(node);
        weights.gather(self.graph.edges(node).iter().map(|(other, weight)| (self.groups[*other as usize], *weight)));
        let gain = |weight: f64, others: f64| weight - self.factor * strength * others;
        let stays = gain(weights.of(own), self.strengths[own as usize] - strength);
        let mut best = (stays + NOTHING, None);
        // A node alone in its group need not found another.
        if self.sizes[own as usize] > 1 && best.0 < 0.0 {
            best = (0.0, self.empty.last().copied());
        }
        for (group, weight) in weights.all() {
            let here = gain(weight, self.strengths[group as usize]);
            if group != own && (here > best.0 || (here == best.0 && best.1.is_some_and(|best| group < best))) {
                best = (here, Some(group));
            }
        }
        weights.clear();
        best.1
    }

    fn put(&mut self, node: usize, group: u32) {
        let (own, strength) = (self.groups[node] as usize, self.graph.strength(node));
        self.strengths[own] -= strength;
        self.sizes[own] -= 1;
        if self.sizes[own] == 0 {
            self.strengths[own] = 0.0;
        }
        if self.empty.last() == Some(&group) {
            self.empty.pop();
        }
        if self.sizes[own] == 0 {
            self.empty.push(own as u32);
        }
        self.strengths[group as usize] += strength;
        self.sizes[group as usize] += 1;
        self.groups[node] = group;
    }
}
