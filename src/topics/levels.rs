//! How many topics there are, in levels that lie within each other.
//!
//! In: the nearest of every paper, or all cosines where papers are few. Out: partitions, the
//! coarsest first, each within the one before.
//!
//! From 60 papers on, topics are sought among the nearest of each; with fewer, in the graph of all
//! pairs that are nearer than the mean pair, for there a paper's nearest are most of what there is.
//! The coarsest level has resolution 1; the finest one that grows with the root of the number of
//! papers. Both, and where each way of looking begins, were measured (docs/benchmarks.md).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::candidates::{Rows, dot};
use super::graph::Graph;
use super::knn::Nearest;
use super::leiden::{leiden, modularity};
use super::partition::Partition;
use crate::error::Result;
use crate::neighbours::InterruptCheck;

/// With fewer papers all pairs are looked at.
const FEW: usize = 60;

/// Neighbours of a paper that are looked at.
pub const NEAREST: usize = 15;

/// With fewer papers than that many for each neighbour, fewer are.
const PAPERS_PER_NEIGHBOUR: usize = 33;

/// From how many papers on there is a second level, and a third.
const TWO_LEVELS: usize = 200;
const THREE_LEVELS: usize = 1500;

/// The finest resolution, for the root of one paper.
const FINEST: f64 = 0.19;

/// Seeds that are tried; the partition with the highest modularity is taken.
const SEEDS: u64 = 4;

/// With more papers, one seed is tried after the other: each takes about as much memory as the
/// graph (docs/design/topics.md).
const AT_ONCE: usize = 16_000_000;

/// Part of its weight that holds a paper in the topic where it was. Less lets papers swing between
/// topics that fit them as well; with more, topics of the past hold for longer than they are true
/// (docs/history/topics.md).
const STAYS: f32 = 0.03;

/// Papers of the smallest topic, where there are many.
const LEAST: usize = 3;

/// The graph in which topics are sought, from the [`NEAREST`] of each paper.
pub fn graph(rows: &Rows, nearest: &Nearest) -> Graph {
    if rows.len() < FEW {
        return of_few(rows);
    }
    graph_of_many(nearest, rows.len())
}

/// The same of so many rows whose vectors are not at hand.
pub(super) fn graph_of_many(nearest: &Nearest, rows: usize) -> Graph {
    Graph::of(nearest, rows, (rows / PAPERS_PER_NEIGHBOUR).clamp(5, NEAREST))
}

/// All pairs that are nearer than the mean, by how much they are.
fn of_few(rows: &Rows) -> Graph {
    let pairs = (0..rows.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
    let pairs: Vec<(u32, u32, f32)> =
        pairs.map(|(one, other)| (one as u32, other as u32, dot(rows.row(one), rows.row(other)))).collect();
    let mean = pairs.iter().map(|pair| pair.2).sum::<f32>() / pairs.len().max(1) as f32;
    let near = pairs.into_iter().map(|(one, other, cosine)| (one, other, cosine - mean));
    Graph::joined(rows.len(), near.filter(|pair| pair.2 > 0.0).collect())
}

/// How many levels of topics so many papers have.
pub(super) fn count_of_levels(papers: usize) -> usize {
    1 + usize::from(papers >= TWO_LEVELS) + usize::from(papers >= THREE_LEVELS)
}

fn resolutions(papers: usize) -> Vec<f64> {
    let finest = FINEST * (papers as f64).sqrt();
    match count_of_levels(papers) {
        1 => vec![1.0],
        2 => vec![1.0, finest],
        _ => vec![1.0, finest.sqrt(), finest],
    }
}

/// Nested partitions of a graph, the coarsest first: one, two or three by how many papers there
/// are.
///
/// # Errors
/// What `check` gives.
pub fn levels(graph: &Graph, check: InterruptCheck<'_>) -> Result<Vec<Partition>> {
    levels_from(graph, &[], &[], check)
}

/// The same, beginning each level with the groups of `begin`, where it has that level; a node
/// without a group begins by itself. Nodes that are `known` do not leave their group for a small
/// gain.
///
/// # Errors
/// What `check` gives.
pub(super) fn levels_from(
    graph: &Graph,
    begin: &[Option<Vec<Option<u32>>>],
    known: &[bool],
    check: InterruptCheck<'_>,
) -> Result<Vec<Partition>> {
    let mut levels: Vec<Partition> = Vec::new();
    for (number, resolution) in resolutions(graph.len()).into_iter().enumerate() {
        let within = levels.last().map(|upper| graph.within(&upper.groups));
        let graph = within.as_ref().unwrap_or(graph);
        let partition = match begin.get(number) {
            Some(Some(begin)) => continued(graph, resolution, &beginning(begin, levels.last()), known, check)?,
            _ => best(graph, resolution, check)?,
        };
        levels.push(settled(graph, partition));
    }
    Ok(levels)
}

/// A partition that goes on from another: what a node gains by leaving its group has to be worth
/// [`STAYS`] of its weight.
fn continued(
    graph: &Graph,
    resolution: f64,
    begin: &Partition,
    known: &[bool],
    check: InterruptCheck<'_>,
) -> Result<Partition> {
    let held: Vec<Option<u32>> = begin.groups.iter().zip(known).map(|(group, known)| known.then_some(*group)).collect();
    let anchored = graph.anchored(&held, begin.count, STAYS);
    let mut groups = begin.groups.clone();
    groups.extend(0..begin.count as u32);
    let found = leiden(&anchored, resolution, 0, Some(&Partition { groups, count: begin.count }), check)?;
    Ok(Partition::new(&found.groups[..graph.len()]))
}

/// The groups of `begin`, cut where groups of the level above part them.
fn beginning(begin: &[Option<u32>], upper: Option<&Partition>) -> Partition {
    let mut numbers: BTreeMap<(u32, Option<u32>, usize), u32> = BTreeMap::new();
    let groups = begin.iter().enumerate().map(|(node, group)| {
        let above = upper.map_or(0, |upper| upper.groups[node]);
        let next = numbers.len() as u32;
        *numbers.entry((above, *group, if group.is_some() { 0 } else { node })).or_insert(next)
    });
    Partition::new(&groups.collect::<Vec<u32>>())
}

/// Groups numbered by where their parents are, then by size, then by their first paper.
pub(super) fn ordered(levels: Vec<Partition>) -> Vec<Partition> {
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

fn best(graph: &Graph, resolution: f64, check: InterruptCheck<'_>) -> Result<Partition> {
    let found = |seed: u64| {
        let partition = leiden(graph, resolution, seed, None, check)?;
        Ok((modularity(graph, &partition, resolution), partition))
    };
    // Of equals the first.
    let better = |best: (f64, Partition), next: (f64, Partition)| if next.0 > best.0 { next } else { best };
    let mut best = None;
    let mut take = |next| {
        best = Some(match best.take() {
            Some(best) => better(best, next),
            None => next,
        });
    };
    match graph.len() > AT_ONCE {
        true => (0..SEEDS).try_for_each(|seed| found(seed).map(&mut take))?,
        false => (0..SEEDS).into_par_iter().map(found).collect::<Result<Vec<_>>>()?.into_iter().for_each(take),
    }
    Ok(best.map_or(Partition::new(&[]), |(_, partition)| partition))
}

/// Where there are many papers, those that would be a topic by themselves or with one other join
/// the group that they have most to do with.
fn settled(graph: &Graph, partition: Partition) -> Partition {
    if graph.len() < TWO_LEVELS {
        return partition;
    }
    let mut sizes = partition.sizes();
    let mut groups = partition.groups;
    for node in 0..graph.len() {
        let own = groups[node];
        if sizes[own as usize] >= LEAST {
            continue;
        }
        let mut weights: BTreeMap<u32, f64> = BTreeMap::new();
        for (other, weight) in graph.edges(node) {
            *weights.entry(groups[*other as usize]).or_default() += f64::from(*weight);
        }
        weights.remove(&own);
        // Of equals the first.
        let most = weights.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
        if let Some((group, _)) = most {
            groups[node] = group;
            sizes[own as usize] -= 1;
            sizes[group as usize] += 1;
        }
    }
    Partition::new(&groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[&[f32]]) -> Rows {
        let unit = |row: &&[f32]| {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        Rows::new(values.iter().flat_map(unit).collect(), values.first().map_or(1, |row| row.len()))
    }

    fn found(rows: &Rows) -> Vec<Vec<u32>> {
        let graph = graph(rows, &Nearest::find(rows, NEAREST, &|_| Ok(())).expect("found"));
        levels(&graph, &|| Ok(())).expect("levels").into_iter().map(|level| level.groups).collect()
    }

    #[test]
    fn hardly_any_papers_and_papers_that_are_all_alike() {
        assert_eq!(found(&rows(&[])), [Vec::<u32>::new()]);
        assert_eq!(found(&rows(&[&[1.0, 0.0]])), [vec![0]]);
        assert_eq!(found(&rows(&[&[1.0, 0.0], &[0.0, 1.0]])), [vec![0, 1]]);
        let pairs: [&[f32]; 4] = [&[1.0, 0.0], &[1.0, 0.1], &[0.0, 1.0], &[0.1, 1.0]];
        assert_eq!(found(&rows(&pairs)), [vec![0, 0, 1, 1]]);
    }

    /// Two levels of heaps: three wide ones, each of several narrow ones.
    fn heaps(papers: usize, seed: u64) -> Rows {
        const DIMENSION: usize = 24;
        let mut random = fastrand::Rng::with_seed(seed);
        let values: Vec<Vec<f32>> = (0..papers)
            .map(|paper| {
                let mut row: Vec<f32> = (0..DIMENSION).map(|_| 0.4 * (random.f32() - 0.5)).collect();
                row[paper % 3] += 1.0;
                row[3 + paper % 18] += 0.35;
                row
            })
            .collect();
        rows(&values.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn heaps_are_not_mixed() {
        let levels = found(&heaps(900, 1));
        assert_eq!(levels.len(), 2);
        // The papers that are in the heap of which their group has most.
        let pure = |groups: &[u32], heaps: usize| {
            let mut counts = std::collections::BTreeMap::new();
            groups
                .iter()
                .enumerate()
                .for_each(|(paper, group)| *counts.entry((*group, paper % heaps)).or_insert(0) += 1);
            let count =
                |group: u32| (0..heaps).filter_map(|heap| counts.get(&(group, heap))).max().copied().unwrap_or(0);
            (0..=*groups.iter().max().expect("a group")).map(count).sum::<usize>()
        };
        assert_eq!(pure(&levels[0], 3), 900);
        assert!(pure(&levels[1], 18) > 750, "{}", pure(&levels[1], 18));
        assert!(levels[1].iter().max() >= Some(&17));
    }

    #[test]
    fn degenerate_libraries_have_nested_topics_that_hold_every_paper() {
        let unit = |at: usize, of: usize| (0..of).map(|x| f32::from(u8::from(x == at))).collect::<Vec<f32>>();
        let equal = vec![vec![1.0f32, 0.0]; 300];
        let orthogonal: Vec<Vec<f32>> = (0..256).map(|at| unit(at, 256)).collect();
        let opposite: Vec<Vec<f32>> = (0..300).map(|at| vec![if at % 2 == 0 { 1.0 } else { -1.0 }, 0.0]).collect();
        let mut giant = vec![vec![1.0f32, 0.0, 0.0]; 2000];
        giant.extend([vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0], vec![0.0, 1.0, 0.1]]);
        for (papers, most) in [(equal, 300), (orthogonal, 256), (opposite, 300), (giant, 2003)] {
            let levels = found(&rows(&papers.iter().map(Vec::as_slice).collect::<Vec<_>>()));
            let mut above = vec![0; papers.len()];
            for level in &levels {
                assert_eq!(level.len(), papers.len());
                let count = *level.iter().max().expect("a group") as usize + 1;
                assert!(count <= most);
                let mut parent = vec![None; count];
                for (own, above) in level.iter().zip(&above) {
                    assert_eq!(*parent[*own as usize].get_or_insert(*above), *above, "within one of the level above");
                }
                above = level.clone();
            }
        }
    }

    #[test]
    fn the_number_of_threads_does_not_show() {
        let rows = heaps(700, 2);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| found(&rows))
        };
        assert_eq!(with(1), with(7));
    }
}
