//! Groups of a graph that hold together: the Leiden algorithm of Traag, Waltman and van Eck
//! (Scientific Reports 9, 5233, 2019).
//!
//! In: a graph and a resolution. Out: a partition that no move of a single node improves, whose
//! groups are connected. What is improved is modularity with a resolution (Reichardt & Bornholdt
//! 2006): the weight within groups less `resolution` times what it would be, were edges laid at
//! random between nodes of the same strengths. A higher resolution makes more and smaller groups.
//!
//! Three steps again and again: nodes move to the neighbouring group where they fit best; within
//! each group, nodes merge afresh into parts that hold together; parts become nodes. One thread, a
//! fixed seed, sums in a fixed order: the same graph gives the same groups.

use std::collections::VecDeque;

use super::graph::{Graph, members};
use crate::error::Result;
use crate::neighbours::InterruptCheck;

/// How freely parts are merged at random (the paper's θ).
const RANDOMNESS: f64 = 0.01;

/// Rounds after which it is given up that nothing moves any more. Two are what other
/// implementations do.
const ROUNDS: usize = 10;

/// Nodes that think again between two looks whether work was interrupted.
const LOOK: usize = 4096;

/// Weight that counts as none: sums in floats are not exact.
const NOTHING: f64 = 1e-9;

/// Groups of nodes, numbered from 0 in the order of their first node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The group of each node.
    pub groups: Vec<u32>,
    /// How many groups.
    pub count: usize,
}

impl Partition {
    /// Numbers groups afresh, in the order of their first node.
    pub fn new(groups: &[u32]) -> Partition {
        let mut numbers = vec![u32::MAX; groups.iter().max().map_or(0, |most| *most as usize + 1)];
        let mut count = 0;
        let groups = groups
            .iter()
            .map(|group| {
                let number = &mut numbers[*group as usize];
                if *number == u32::MAX {
                    *number = count;
                    count += 1;
                }
                *number
            })
            .collect();
        Partition { groups, count: count as usize }
    }

    /// How many nodes each group has.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        self.groups.iter().for_each(|group| sizes[*group as usize] += 1);
        sizes
    }

    /// Each node's group of its group.
    pub(super) fn lifted(&self, upper: &Partition) -> Partition {
        Partition {
            groups: self.groups.iter().map(|group| upper.groups[*group as usize]).collect(),
            count: upper.count,
        }
    }
}

/// Partitions a graph, beginning with each node by itself or with `begin`.
///
/// # Errors
/// What `check` gives.
pub(super) fn leiden(
    graph: &Graph,
    resolution: f64,
    seed: u64,
    begin: Option<&Partition>,
    check: InterruptCheck<'_>,
) -> Result<Partition> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut best = match begin {
        Some(begin) => Partition::new(&begin.groups),
        None => Partition { groups: (0..graph.len() as u32).collect(), count: graph.len() },
    };
    let total: f64 = (0..graph.len()).map(|node| graph.strength(node)).sum();
    if total <= 0.0 {
        return Ok(best);
    }
    let factor = resolution / total;
    let mut quality = modularity(graph, &best, resolution);
    for _ in 0..ROUNDS {
        let next = round(graph, factor, &best, &mut random, check)?;
        let reached = modularity(graph, &next, resolution);
        if reached <= quality + NOTHING {
            break;
        }
        (best, quality) = (next, reached);
    }
    Ok(best)
}

/// Modularity with a resolution, from -1 to 1.
pub(super) fn modularity(graph: &Graph, partition: &Partition, resolution: f64) -> f64 {
    let (mut inside, mut total) = (0.0, 0.0);
    let mut strengths = vec![0.0; partition.count];
    for node in 0..graph.len() {
        let group = partition.groups[node];
        strengths[group as usize] += graph.strength(node);
        total += graph.strength(node);
        inside += graph.loops(node);
        let own = graph.edges(node).iter().filter(|(other, _)| partition.groups[*other as usize] == group);
        inside += own.map(|(_, weight)| f64::from(*weight)).sum::<f64>();
    }
    if total <= 0.0 {
        return 0.0;
    }
    let expected: f64 = strengths.iter().map(|strength| strength / total * (strength / total)).sum();
    inside / total - resolution * expected
}

fn round(
    graph: &Graph,
    factor: f64,
    begin: &Partition,
    random: &mut fastrand::Rng,
    check: InterruptCheck<'_>,
) -> Result<Partition> {
    let coarse = moved(graph, factor, begin, random, check)?;
    if coarse.count == graph.len() {
        return Ok(coarse);
    }
    let parts = refined(graph, factor, &coarse, random, check)?;
    if parts.count == graph.len() {
        return Ok(coarse);
    }
    let smaller = graph.gathered(&parts.groups, parts.count);
    // What was found of groups is where the parts begin.
    let mut groups = vec![0; parts.count];
    for (part, group) in parts.groups.iter().zip(&coarse.groups) {
        groups[*part as usize] = *group;
    }
    let begin = Partition { groups, count: coarse.count };
    // What is larger than the smaller graph makes room for it.
    drop(coarse);
    let upper = round(&smaller, factor, &begin, random, check)?;
    Ok(Partition::new(&parts.lifted(&upper).groups))
}

/// Groups after each node has moved to where it fits best.
fn moved(
    graph: &Graph,
    factor: f64,
    begin: &Partition,
    random: &mut fastrand::Rng,
    check: InterruptCheck<'_>,
) -> Result<Partition> {
    let mut moving = Moving::new(graph, factor, begin);
    moving.settle(random, check)?;
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
    fn settle(&mut self, random: &mut fastrand::Rng, check: InterruptCheck<'_>) -> Result<()> {
        let mut order: Vec<u32> = (0..self.graph.len() as u32).collect();
        random.shuffle(&mut order);
        let mut waiting: VecDeque<u32> = order.into();
        let mut waits = vec![true; self.graph.len()];
        let mut weights = Weights::new(self.graph.len());
        let mut seen = 0usize;
        while let Some(node) = waiting.pop_front() {
            if seen.is_multiple_of(LOOK) {
                check()?;
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

/// Within each group, nodes that begin alone and merge into parts that hold together.
fn refined(
    graph: &Graph,
    factor: f64,
    coarse: &Partition,
    random: &mut fastrand::Rng,
    check: InterruptCheck<'_>,
) -> Result<Partition> {
    let (starts, members) = members(&coarse.groups, coarse.count);
    let mut parts: Vec<u32> = (0..graph.len() as u32).collect();
    let mut strengths: Vec<f64> = (0..graph.len()).map(|node| graph.strength(node)).collect();
    // Weight between a part and the rest of its group.
    let mut outward: Vec<f64> = (0..graph.len())
        .map(|node| {
            let own =
                graph.edges(node).iter().filter(|(other, _)| coarse.groups[*other as usize] == coarse.groups[node]);
            own.map(|(_, weight)| f64::from(*weight)).sum()
        })
        .collect();
    let mut alone = vec![true; graph.len()];
    let mut weights = Weights::new(graph.len());
    let mut choices: Vec<(u32, f64)> = Vec::new();
    for group in 0..coarse.count {
        check()?;
        let mut order = members[starts[group]..starts[group + 1]].to_vec();
        let whole: f64 = order.iter().map(|node| graph.strength(*node as usize)).sum();
        let holds = |outward: f64, strength: f64| outward >= factor * strength * (whole - strength) - NOTHING;
        random.shuffle(&mut order);
        for node in order.into_iter().map(|node| node as usize) {
            let strength = graph.strength(node);
            if !alone[node] || !holds(outward[node], strength) {
                continue;
            }
            let own = graph.edges(node).iter().filter(|(other, _)| coarse.groups[*other as usize] as usize == group);
            weights.gather(own.map(|(other, weight)| (parts[*other as usize], *weight)));
            choices.clear();
            for (part, weight) in weights.all() {
                let gain = weight - factor * strength * strengths[part as usize];
                if gain >= 0.0 && holds(outward[part as usize], strengths[part as usize]) {
                    choices.push((part, gain));
                }
            }
            choices.sort_unstable_by_key(|(part, _)| *part);
            let chosen = draw(&choices, strength, random).map(|part| (part, weights.of(part)));
            weights.clear();
            let Some((part, weight)) = chosen else { continue };
            let (node_outward, at) = (outward[node], part as usize);
            parts[node] = part;
            strengths[at] += strength;
            strengths[node] = 0.0;
            outward[at] += node_outward - 2.0 * weight;
            outward[node] = 0.0;
            (alone[node], alone[at]) = (false, false);
        }
    }
    Ok(Partition::new(&parts))
}

/// One of the parts, at random: the more it gains the more likely. Gains are counted in the node's
/// own strength, so that the same graph with other weights is partitioned the same.
fn draw(choices: &[(u32, f64)], strength: f64, random: &mut fastrand::Rng) -> Option<u32> {
    let most = choices.iter().map(|(_, gain)| *gain).fold(f64::NEG_INFINITY, f64::max);
    let scale = RANDOMNESS * strength.max(f64::MIN_POSITIVE);
    let shares = choices.iter().map(|(_, gain)| ((gain - most) / scale).exp());
    let mut left = random.f64() * shares.clone().sum::<f64>();
    for ((part, _), share) in choices.iter().zip(shares) {
        left -= share;
        if left <= 0.0 {
            return Some(*part);
        }
    }
    choices.last().map(|(part, _)| *part)
}

/// Weights from one node to groups, gathered without looking at groups that it has no edge to.
struct Weights {
    of: Vec<f64>,
    touched: Vec<u32>,
}

impl Weights {
    fn new(groups: usize) -> Weights {
        Weights { of: vec![f64::NAN; groups], touched: Vec::new() }
    }

    fn gather(&mut self, edges: impl Iterator<Item = (u32, f32)>) {
        for (group, weight) in edges {
            let sum = &mut self.of[group as usize];
            if sum.is_nan() {
                *sum = 0.0;
                self.touched.push(group);
            }
            *sum += f64::from(weight);
        }
    }

    fn of(&self, group: u32) -> f64 {
        let sum = self.of[group as usize];
        if sum.is_nan() { 0.0 } else { sum }
    }

    fn all(&self) -> impl Iterator<Item = (u32, f64)> {
        self.touched.iter().map(|group| (*group, self.of[*group as usize]))
    }

    fn clear(&mut self) {
        self.touched.drain(..).for_each(|group| self.of[group as usize] = f64::NAN);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Friendships in a karate club (Zachary 1977), numbered from 1.
    const KARATE: &str = "1-2 1-3 1-4 1-5 1-6 1-7 1-8 1-9 1-11 1-12 1-13 1-14 1-18 1-20 1-22 1-32 2-3 2-4 2-8 2-14 2-18 2-20 2-22 \
        2-31 3-4 3-8 3-9 3-10 3-14 3-28 3-29 3-33 4-8 4-13 4-14 5-7 5-11 6-7 6-11 6-17 7-17 9-31 9-33 9-34 10-34 14-34 15-33 \
        15-34 16-33 16-34 19-33 19-34 20-34 21-33 21-34 23-33 23-34 24-26 24-28 24-30 24-33 24-34 25-26 25-28 25-32 26-32 27-30 \
        27-34 28-34 29-32 29-34 30-33 30-34 31-33 31-34 32-33 32-34 33-34";

    fn karate() -> Graph {
        let edges = KARATE.split_whitespace().map(|edge| {
            let (one, other) = edge.split_once('-').expect("an edge");
            (one.parse::<u32>().expect("a node") - 1, other.parse::<u32>().expect("a node") - 1, 1.0)
        });
        Graph::joined(34, edges.collect())
    }

    #[test]
    fn the_best_partition_of_the_karate_club_is_found() {
        let graph = karate();
        // 0.41979 is the highest there is (Brandes et al. 2008); some seeds end a little below.
        let best = (0..10)
            .map(|seed| leiden(&graph, 1.0, seed, None))
            .max_by(|a, b| modularity(&graph, a, 1.0).total_cmp(&modularity(&graph, b, 1.0)));
        let best = best.expect("a partition");
        assert!((modularity(&graph, &best, 1.0) - 0.419_789_6).abs() < 1e-6, "{}", modularity(&graph, &best, 1.0));
        assert_eq!(best.count, 4);
        assert_eq!(leiden(&graph, 0.0, 1, None).count, 1);
        assert_eq!(leiden(&graph, 1000.0, 1, None).count, 34);
    }

    fn leiden(graph: &Graph, resolution: f64, seed: u64, begin: Option<&Partition>) -> Partition {
        super::leiden(graph, resolution, seed, begin, &|| Ok(())).expect("a partition")
    }

    #[test]
    fn whoever_is_interrupted_gets_no_partition() {
        let ended = super::leiden(&karate(), 1.0, 0, None, &|| Err(crate::Error::Cancelled));
        assert!(matches!(ended, Err(crate::Error::Cancelled)));
    }

    fn connected(graph: &Graph, partition: &Partition) -> bool {
        let mut seen = vec![false; graph.len()];
        let mut begun = vec![false; partition.count];
        for node in 0..graph.len() {
            let group = partition.groups[node];
            if seen[node] {
                continue;
            }
            if std::mem::replace(&mut begun[group as usize], true) {
                return false;
            }
            let mut waiting = vec![node];
            while let Some(node) = waiting.pop() {
                if !std::mem::replace(&mut seen[node], true) {
                    let near = graph.edges(node).iter().map(|edge| edge.0 as usize);
                    waiting.extend(near.filter(|other| partition.groups[*other] == group));
                }
            }
        }
        true
    }

    proptest! {
        #[test]
        fn groups_are_connected_and_no_node_would_rather_be_elsewhere(
            edges in prop::collection::vec((0u32..40, 0u32..40, 0.1f32..1.0), 1..200),
            resolution in 0.2f64..5.0,
            seed in 0u64..5,
        ) {
            let edges: Vec<_> = edges.into_iter().filter(|edge| edge.0 != edge.1).collect();
            let graph = Graph::joined(40, edges);
            let partition = leiden(&graph, resolution, seed, None);
            prop_assert_eq!(&partition, &leiden(&graph, resolution, seed, None));
            prop_assert!(connected(&graph, &partition));
            let reached = modularity(&graph, &partition, resolution);
            for node in 0..40 {
                for (other, _) in graph.edges(node) {
                    let mut groups = partition.groups.clone();
                    groups[node] = groups[*other as usize];
                    let moved = Partition::new(&groups);
                    prop_assert!(modularity(&graph, &moved, resolution) <= reached + 1e-6);
                }
            }
            prop_assert_eq!(leiden(&graph, resolution, seed + 1, Some(&partition)).count > 0, true);
        }
    }
}
