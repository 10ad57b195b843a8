//! Graphs of papers: who is near to whom, and how near.
//!
//! In: the nearest of every paper. Out: an undirected graph with weights, in which topics are
//! sought. Also what a graph becomes when groups of its nodes are seen as one
//! ([`Graph::gathered`]), or when it is cut between them ([`Graph::within`]).

use rayon::prelude::*;

use super::knn::Nearest;

/// An undirected graph with weights. Each edge stands at both of its ends, in the order of the
/// other.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    starts: Vec<usize>,
    edges: Vec<(u32, f32)>,
    /// Twice the weight of the edges that a node holds within itself.
    loops: Vec<f64>,
    /// Weight of all edges of a node, those that were cut away included.
    strengths: Vec<f64>,
}

impl Graph {
    /// Two papers are joined where either is among the nearest of the other; an edge weighs their
    /// cosine, twice where both are. Of twelve ways to weigh, this agreed best with categories and
    /// reading lists (docs/benchmarks.md). Only the first `k` of each count.
    pub fn of(nearest: &Nearest, nodes: usize, k: usize) -> Graph {
        let near = |node: usize| {
            let all = if nearest.is_empty() { &[] } else { nearest.of(node) };
            &all[..k.min(all.len())]
        };
        // No list of pairs: it would take thrice the room of the graph.
        let mut degrees: Vec<u32> = (0..nodes).into_par_iter().map(|node| near(node).len() as u32).collect();
        let one_sided =
            |node: usize| near(node).iter().filter(move |(other, _)| weight_of(near(*other as usize), node).is_none());
        for node in 0..nodes {
            one_sided(node).for_each(|(other, _)| degrees[*other as usize] += 1);
        }
        let mut graph = Graph::empty(nodes, &degrees);
        let mut next: Vec<usize> = graph.starts[..nodes].to_vec();
        let mut put = |node: usize, other: u32| {
            graph.edges[next[node]].0 = other;
            next[node] += 1;
        };
        for node in 0..nodes {
            near(node).iter().for_each(|(other, _)| put(node, *other));
            one_sided(node).for_each(|(other, _)| put(*other as usize, node as u32));
        }
        drop(next);
        let Graph { starts, edges, strengths, .. } = &mut graph;
        by_node(starts, edges).into_par_iter().zip(strengths).enumerate().for_each(|(node, (own, strength))| {
            own.sort_unstable_by_key(|(other, _)| *other);
            for (other, weight) in own.iter_mut() {
                let there = weight_of(near(node), *other as usize).unwrap_or(0.0);
                *weight = there + weight_of(near(*other as usize), node).unwrap_or(0.0);
            }
            *strength = own.iter().map(|(_, weight)| f64::from(*weight)).sum();
        });
        graph
    }

    /// Edges of so many for each node, which lead nowhere yet.
    fn empty(nodes: usize, degrees: &[u32]) -> Graph {
        let mut starts = Vec::with_capacity(nodes + 1);
        starts.push(0);
        let mut end = 0;
        starts.extend(degrees.iter().map(|degree| {
            end += *degree as usize;
            end
        }));
        Graph { edges: vec![(0, 0.0); end], starts, loops: vec![0.0; nodes], strengths: vec![0.0; nodes] }
    }

    /// The graph of these edges; several between the same two nodes add up.
    pub fn joined(nodes: usize, mut edges: Vec<(u32, u32, f32)>) -> Graph {
        for at in 0..edges.len() {
            let (one, other, weight) = edges[at];
            edges.push((other, one, weight));
        }
        edges.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
        edges.dedup_by(|more, edge| {
            let same = (more.0, more.1) == (edge.0, edge.1);
            edge.2 += if same { more.2 } else { 0.0 };
            same
        });
        let mut graph = Graph {
            starts: vec![0],
            edges: edges.iter().map(|edge| (edge.1, edge.2)).collect(),
            loops: vec![0.0; nodes],
            strengths: vec![0.0; nodes],
        };
        let mut end = 0;
        for node in 0..nodes {
            while edges.get(end).is_some_and(|edge| edge.0 as usize == node) {
                graph.strengths[node] += f64::from(edges[end].2);
                end += 1;
            }
            graph.starts.push(end);
        }
        graph
    }

    /// How many nodes.
    pub fn len(&self) -> usize {
        self.strengths.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.strengths.is_empty()
    }

    /// The others that a node is joined to, ascending, and the weights.
    pub fn edges(&self, node: usize) -> &[(u32, f32)] {
        &self.edges[self.starts[node]..self.starts[node + 1]]
    }

    /// Weight of all edges of a node.
    pub fn strength(&self, node: usize) -> f64 {
        self.strengths[node]
    }

    pub(super) fn loops(&self, node: usize) -> f64 {
        self.loops[node]
    }

    /// The graph without edges between groups. Strengths stay: what a node had beyond its group
    /// still counts against it.
    pub fn within(&self, groups: &[u32]) -> Graph {
        let mut graph =
            Graph { starts: vec![0], edges: Vec::new(), loops: self.loops.clone(), strengths: self.strengths.clone() };
        for node in 0..self.len() {
            graph.edges.extend(self.edges(node).iter().filter(|(other, _)| groups[*other as usize] == groups[node]));
            graph.starts.push(graph.edges.len());
        }
        graph
    }

    /// The graph with a node more for each of `count` groups, which holds on to the nodes that are
    /// in it: by an edge that weighs `share` of the node's strength. Strengths stay, so a group is
    /// not thought larger for it.
    pub(super) fn anchored(&self, groups: &[Option<u32>], count: usize, share: f32) -> Graph {
        let nodes = self.len();
        let weight = |node: usize| share * self.strengths[node] as f32;
        let mut graph =
            Graph { starts: vec![0], edges: Vec::new(), loops: self.loops.clone(), strengths: self.strengths.clone() };
        let mut held: Vec<Vec<(u32, f32)>> = vec![Vec::new(); count];
        for (node, group) in groups.iter().enumerate() {
            graph.edges.extend(self.edges(node));
            if let Some(group) = group {
                graph.edges.push((nodes as u32 + group, weight(node)));
                held[*group as usize].push((node as u32, weight(node)));
            }
            graph.starts.push(graph.edges.len());
        }
        for own in held {
            graph.edges.extend(own);
            graph.starts.push(graph.edges.len());
        }
        graph.loops.resize(nodes + count, 0.0);
        graph.strengths.resize(nodes + count, 0.0);
        graph
    }

    /// The graph whose nodes are `count` groups of this one's.
    pub(super) fn gathered(&self, groups: &[u32], count: usize) -> Graph {
        let (starts, members) = members(groups, count);
        let mut graph =
            Graph { starts: vec![0], edges: Vec::new(), loops: vec![0.0; count], strengths: vec![0.0; count] };
        let mut weights = vec![0.0f64; count];
        let mut touched: Vec<u32> = Vec::new();
        for group in 0..count {
            for node in &members[starts[group]..starts[group + 1]] {
                let node = *node as usize;
                graph.strengths[group] += self.strengths[node];
                graph.loops[group] += self.loops[node];
                for (other, weight) in self.edges(node) {
                    let other = groups[*other as usize];
                    if other as usize == group {
                        graph.loops[group] += f64::from(*weight);
                        continue;
                    }
                    if weights[other as usize] == 0.0 {
                        touched.push(other);
                    }
                    weights[other as usize] += f64::from(*weight);
                }
            }
            touched.sort_unstable();
            touched.dedup();
            for other in touched.drain(..) {
                graph.edges.push((other, weights[other as usize] as f32));
                weights[other as usize] = 0.0;
            }
            graph.starts.push(graph.edges.len());
        }
        graph
    }
}

/// The weight with which a node is among the nearest of another; a cosine below 0 weighs nothing.
fn weight_of(near: &[(u32, f32)], node: usize) -> Option<f32> {
    near.iter().find(|(other, _)| *other as usize == node).map(|(_, cosine)| cosine.max(0.0))
}

/// The edges of each node.
fn by_node<'a>(starts: &[usize], edges: &'a mut [(u32, f32)]) -> Vec<&'a mut [(u32, f32)]> {
    let mut rest = edges;
    let of = |pair: &[usize]| {
        let (own, more) = std::mem::take(&mut rest).split_at_mut(pair[1] - pair[0]);
        rest = more;
        own
    };
    starts.windows(2).map(of).collect()
}

/// The members of each group, one group behind the other, with where each begins; ascending within.
pub(super) fn members(groups: &[u32], count: usize) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0; count + 1];
    for group in groups {
        starts[*group as usize + 1] += 1;
    }
    for group in 0..count {
        starts[group + 1] += starts[group];
    }
    let mut next = starts.clone();
    let mut members = vec![0; groups.len()];
    for (node, group) in groups.iter().enumerate() {
        members[next[*group as usize]] = node as u32;
        next[*group as usize] += 1;
    }
    (starts, members)
}

#[cfg(test)]
mod tests {
    use super::super::candidates::Rows;
    use super::*;

    /// Two triangles, from papers on a circle; 2 and 3 do not name each other.
    #[test]
    fn edges_stand_at_both_ends_and_groups_become_nodes() {
        let angles = [0.0f32, 0.1, 0.2, 1.0, 1.1, 1.21];
        let rows = Rows::new(angles.iter().flat_map(|angle| [angle.cos(), angle.sin()]).collect(), 2);
        let near = Graph::of(&Nearest::find(&rows, 2, &|_| Ok(())).expect("found"), 6, 2);
        let ends = |node: usize| near.edges(node).iter().map(|edge| edge.0).collect::<Vec<_>>();
        let triangles = [vec![1, 2], vec![0, 2], vec![0, 1], vec![4, 5], vec![3, 5], vec![3, 4]];
        assert_eq!((0..6).map(ends).collect::<Vec<_>>(), triangles);
        assert!((near.edges(0)[0].1 - 2.0 * 0.1f32.cos()).abs() < 1e-6, "each names the other: twice the cosine");

        let edges = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)];
        let graph = Graph::joined(6, edges.map(|(one, other)| (one, other, 1.0)).to_vec());
        let gathered = graph.gathered(&[0, 0, 0, 1, 1, 0], 2);
        assert_eq!((gathered.loops(0), gathered.loops(1)), (6.0, 2.0));
        assert_eq!((gathered.edges(0), gathered.edges(1)), ([(1, 2.0)].as_slice(), [(0, 2.0)].as_slice()));
        assert_eq!((gathered.strength(0), gathered.strength(1)), (8.0, 4.0));
        let within = graph.within(&[0, 0, 1, 1, 1, 1]);
        assert_eq!((within.edges(0), within.edges(2).len(), within.strength(2)), ([(1, 1.0)].as_slice(), 0, 2.0));
    }

    #[test]
    fn the_graph_of_the_nearest_is_that_of_all_its_pairs() {
        let mut random = fastrand::Rng::with_seed(7);
        let values = (0..200 * 4).map(|_| random.f32() - 0.5).collect();
        let nearest = Nearest::find(&Rows::new(values, 4), 9, &|_| Ok(())).expect("found");
        let pairs = |k: usize| {
            let of =
                |node: usize| nearest.of(node).iter().take(k).map(move |(other, x)| (node as u32, *other, x.max(0.0)));
            (0..200).flat_map(of).collect()
        };
        for k in [1, 5, 9, 12] {
            assert_eq!(Graph::of(&nearest, 200, k), Graph::joined(200, pairs(k)), "{k}");
        }
        let alone = Nearest::find(&Rows::new(vec![1.0], 1), 9, &|_| Ok(())).expect("found");
        assert_eq!(Graph::of(&alone, 1, 9), Graph::joined(1, Vec::new()));
    }

    #[test]
    fn an_anchor_holds_its_group_and_weighs_nothing_itself() {
        let graph = Graph::joined(3, vec![(0, 1, 2.0), (1, 2, 4.0)]);
        let anchored = graph.anchored(&[Some(0), Some(1), None], 2, 0.5);
        assert_eq!((anchored.len(), anchored.edges(0)), (5, [(1, 2.0), (3, 1.0)].as_slice()));
        assert_eq!(anchored.edges(1), [(0, 2.0), (2, 4.0), (4, 3.0)]);
        assert_eq!(
            (anchored.edges(2), anchored.edges(3), anchored.edges(4)),
            ([(1, 4.0)].as_slice(), [(0, 1.0)].as_slice(), [(1, 3.0)].as_slice())
        );
        assert_eq!([0, 1, 2, 3, 4].map(|node| anchored.strength(node)), [2.0, 6.0, 4.0, 0.0, 0.0]);
    }
}
