//! Within each group, nodes merge afresh into parts that hold together.

use super::weights::Weights;
use super::{NOTHING, Run};
use crate::error::Result;
use crate::topics::graph::{Graph, members};
use crate::topics::partition::Partition;

/// How freely parts are merged at random (the paper's θ).
const RANDOMNESS: f64 = 0.01;

/// Within each group, nodes that begin alone and merge into parts that hold together.
pub(super) fn refined(run: &mut Run<'_>, graph: &Graph, coarse: &Partition) -> Result<Partition> {
    let factor = run.factor;
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
        (run.check)()?;
        let mut order = members[starts[group]..starts[group + 1]].to_vec();
        let whole: f64 = order.iter().map(|node| graph.strength(*node as usize)).sum();
        let holds = |outward: f64, strength: f64| outward >= factor * strength * (whole - strength) - NOTHING;
        run.random.shuffle(&mut order);
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
            let chosen = draw(&choices, strength, &mut run.random).map(|part| (part, weights.of(part)));
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
