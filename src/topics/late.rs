//! Places of papers that came after the topics were found, until they are found again.
//!
//! In: the papers nearest to a new one that have a place, with their cosines. Out: the topic of
//! most of them, and a place among those of that topic. The same papers give the same place,
//! whatever came before.

use std::collections::BTreeMap;

use fastrand::Rng;

/// How far from the middle of its neighbours a paper lies, by how far these lie from it: papers
/// with the same neighbours must not lie on each other.
const AWAY: f32 = 0.35;

/// A paper with a place that is near to one without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Neighbour {
    /// Its topic of the finest level.
    pub(crate) topic: u32,
    /// Its position on the map.
    pub(crate) position: [f32; 2],
    /// The cosine of both papers.
    pub(crate) cosine: f32,
}

/// Where a paper that came late lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LatePlace {
    /// Its topic of the finest level.
    pub(crate) topic: u32,
    /// Its position on the map.
    pub(crate) position: [f32; 2],
}

/// The place of a paper among its neighbours; `seed` tells papers apart. `None` where it has none.
pub(crate) fn place(neighbours: &[Neighbour], seed: u64) -> Option<LatePlace> {
    let mut weights: BTreeMap<u32, f32> = BTreeMap::new();
    for near in neighbours {
        *weights.entry(near.topic).or_default() += weight(near);
    }
    // Of equals the first.
    let (topic, _) = weights.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let own: Vec<&Neighbour> = neighbours.iter().filter(|near| near.topic == topic).collect();
    let all: f32 = own.iter().map(|near| weight(near)).sum();
    let mean = |axis: usize| own.iter().map(|near| weight(near) * near.position[axis]).sum::<f32>() / all;
    let middle = [mean(0), mean(1)];
    let square = |near: &&Neighbour| (near.position[0] - middle[0]).powi(2) + (near.position[1] - middle[1]).powi(2);
    let spread = (own.iter().map(square).sum::<f32>() / own.len() as f32).sqrt();
    let mut random = Rng::with_seed(seed);
    let (angle, far) = (random.f32() * std::f32::consts::TAU, AWAY * spread * random.f32().sqrt());
    Some(LatePlace { topic, position: [middle[0] + far * angle.cos(), middle[1] + far * angle.sin()] })
}

/// How much a neighbour counts. One in the opposite direction hardly does.
fn weight(near: &Neighbour) -> f32 {
    near.cosine.max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(topic: u32, x: f32, y: f32, cosine: f32) -> Neighbour {
        Neighbour { topic, position: [x, y], cosine }
    }

    #[test]
    fn a_late_paper_lies_among_the_neighbours_of_its_topic() {
        let neighbours = [near(7, 0.0, 0.0, 0.5), near(7, 2.0, 0.0, 0.5), near(3, 50.0, 50.0, 0.9)];
        let found = place(&neighbours, 1).expect("a place");
        assert_eq!(found.topic, 7);
        let [x, y] = found.position;
        assert!((x - 1.0).hypot(y) <= 0.35 && (x - 1.0).hypot(y) > 0.0, "{x} {y}");
        assert_eq!(place(&neighbours, 1), Some(found));
        assert_ne!(place(&neighbours, 2), Some(found));
    }

    #[test]
    fn of_equal_topics_the_first_is_taken_and_without_neighbours_there_is_none() {
        let found = place(&[near(9, 1.0, 1.0, 0.5), near(4, 3.0, 2.0, 0.5)], 5).expect("a place");
        assert_eq!((found.topic, found.position), (4, [3.0, 2.0]));
        assert_eq!(place(&[near(2, 1.0, 1.0, -0.5)], 5), Some(LatePlace { topic: 2, position: [1.0, 1.0] }));
        assert_eq!(place(&[], 5), None);
    }
}
