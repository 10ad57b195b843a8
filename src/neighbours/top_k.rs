//! The best k of many candidates, kept while they come by: with all that tie with the last of them,
//! or without.
//!
//! In: keys with scores, in any order and on any number of threads. Out: the same k and the same
//! ties, best first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A candidate and how near it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored<K> {
    /// Who.
    pub key: K,
    /// Higher is nearer. Never NaN in a [`Best`].
    pub score: f32,
}

/// Order of answers: higher scores first, equal scores by smaller key.
impl<K: Ord> Eq for Scored<K> {}

impl<K: Ord> Ord for Scored<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then_with(|| self.key.cmp(&other.key))
    }
}

impl<K: Ord> PartialOrd for Scored<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Keeps the best `k` of what it is shown, and whatever ties with the last of them, in O(log k) per
/// newcomer.
///
/// Ties are kept because the scan knows rows and answers are ordered by paper id: who of the tied
/// is in the answer is decided once their ids are known, so that it never depends on the order in
/// which papers came.
#[derive(Clone, Debug)]
pub struct Best<K: Ord> {
    k: usize,
    // The worst kept candidate is on top: the largest in answer order.
    kept: BinaryHeap<Scored<K>>,
    // Keys outside `kept` whose score equals the worst kept one.
    tied: Vec<K>,
}

impl<K: Ord + Copy> Best<K> {
    /// Room for `k` candidates.
    pub fn new(k: usize) -> Best<K> {
        Best { k, kept: BinaryHeap::with_capacity(k.saturating_add(1).min(4096)), tied: Vec::new() }
    }

    /// Shows one candidate. A NaN score is nobody's neighbour and is passed over.
    pub fn offer(&mut self, key: K, score: f32) {
        if self.k == 0 || score.is_nan() {
            return;
        }
        // -0.0 and 0.0 are equal scores; total_cmp would tell them apart.
        let score = score + 0.0;
        let Some(worst) = self.kept.peek().map(|worst| worst.score) else {
            self.kept.push(Scored { key, score });
            return;
        };
        if self.kept.len() < self.k {
            self.kept.push(Scored { key, score });
        } else if score == worst {
            self.tied.push(key);
        } else if score > worst {
            let dropped = self.kept.pop().map(|dropped| dropped.key);
            self.kept.push(Scored { key, score });
            if self.kept.peek().is_some_and(|now| now.score == worst) {
                self.tied.extend(dropped);
            } else {
                self.tied.clear();
            }
        }
    }

    /// The score that a newcomer must reach; `None` while there is room.
    pub fn worst(&self) -> Option<f32> {
        self.kept.peek().filter(|_| self.kept.len() >= self.k).map(|worst| worst.score)
    }

    /// Takes in what another thread kept; which candidates remain does not depend on who merges
    /// whom.
    pub fn merge(mut self, other: Best<K>) -> Best<K> {
        let tie = other.kept.peek().map(|worst| worst.score);
        for Scored { key, score } in other.kept {
            self.offer(key, score);
        }
        for (key, score) in other.tied.into_iter().zip(tie.into_iter().cycle()) {
            self.offer(key, score);
        }
        self
    }

    /// The best k in answer order, followed by those that tie with the k-th.
    pub fn into_sorted(self) -> Vec<Scored<K>> {
        let tie = self.kept.peek().map(|worst| worst.score);
        let tied = self.tied.into_iter().zip(tie.into_iter().cycle()).map(|(key, score)| Scored { key, score });
        let mut all: Vec<Scored<K>> = self.kept.into_vec().into_iter().chain(tied).collect();
        all.sort_unstable();
        all
    }
}

/// Scores of which one comparison tells whether any is of interest.
pub(super) const TOGETHER: usize = 16;

/// Keeps the best `k` of what it is shown, where keys are what answers are ordered by: of equal
/// scores those of the smallest keys, and nothing beside.
#[derive(Clone, Debug)]
pub(super) struct TopK<K: Ord> {
    k: usize,
    // The worst kept candidate is on top: the largest in answer order.
    kept: BinaryHeap<Scored<K>>,
}

impl<K: Ord + Copy> TopK<K> {
    /// Room for `k` candidates.
    pub(super) fn new(k: usize) -> TopK<K> {
        TopK { k, kept: BinaryHeap::with_capacity(k.saturating_add(1).min(4096)) }
    }

    /// Shows one candidate. A NaN score is nobody's neighbour and is passed over.
    fn offer(&mut self, key: K, score: f32) {
        // -0.0 and 0.0 are equal scores.
        let newcomer = Scored { key, score: score + 0.0 };
        if self.k == 0 || score.is_nan() {
            return;
        }
        if self.kept.len() < self.k {
            self.kept.push(newcomer);
        } else if let Some(mut worst) = self.kept.peek_mut().filter(|worst| newcomer < **worst) {
            *worst = newcomer;
        }
    }

    /// The score that a newcomer must reach.
    fn least(&self) -> f32 {
        let worst = self.kept.peek().filter(|_| self.kept.len() >= self.k);
        worst.map_or(f32::NEG_INFINITY, |worst| worst.score)
    }

    /// Takes in what was kept of other candidates.
    pub(super) fn merge(mut self, other: TopK<K>) -> TopK<K> {
        other.kept.into_iter().for_each(|Scored { key, score }| self.offer(key, score));
        self
    }

    /// The best k in answer order.
    pub(super) fn into_sorted(self) -> Vec<Scored<K>> {
        self.kept.into_sorted_vec()
    }
}

impl TopK<u64> {
    /// Shows candidates whose keys are a number and those that follow it.
    pub(super) fn offer_all(&mut self, first: u64, scores: &[f32]) {
        for (block, scores) in (first..).step_by(TOGETHER).zip(scores.chunks(TOGETHER)) {
            let least = self.least();
            // Most blocks hold nothing of interest: one comparison for all of it.
            if scores.iter().fold(false, |any, score| any | (*score >= least)) {
                (block..).zip(scores).for_each(|(key, score)| self.offer(key, *score));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_best_k_and_their_ties_are_the_head_of_the_full_sort(
            scores in prop::collection::vec(prop_oneof![-1.0f32..1.0, Just(0.0), Just(-0.0), Just(0.5), Just(f32::NAN)], 0..200),
            k in 0usize..20,
            cut in 0usize..200,
        ) {
            let mut expected: Vec<(u32, f32)> =
                scores.iter().enumerate().filter(|s| !s.1.is_nan()).map(|(key, score)| (key as u32, *score + 0.0)).collect();
            expected.sort_by(|a, b| b.1.partial_cmp(&a.1).expect("no NaN").then(a.0.cmp(&b.0)));
            let last = k.checked_sub(1).and_then(|last| expected.get(last)).map(|s| s.1);
            expected.retain(|s| k > 0 && last.is_none_or(|last| s.1 >= last));
            let cut = cut.min(scores.len());
            let mut parts = [Best::new(k), Best::new(k)];
            for (key, score) in scores.iter().enumerate() {
                parts[usize::from(key >= cut)].offer(key as u32, *score);
            }
            let [first, second] = parts;
            let found: Vec<(u32, f32)> = second.merge(first).into_sorted().into_iter().map(|s| (s.key, s.score)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn the_best_k_by_key_are_the_head_of_the_full_sort(
            scores in prop::collection::vec(prop_oneof![-1.0f32..1.0, Just(0.0), Just(-0.0), Just(0.5), Just(f32::NAN)], 0..200),
            k in 0usize..20,
            cut in 0usize..200,
        ) {
            let mut expected: Vec<(u64, f32)> = (0..).zip(&scores).filter(|s| !s.1.is_nan()).map(|(key, score)| (key, *score + 0.0)).collect();
            expected.sort_by(|a, b| b.1.partial_cmp(&a.1).expect("no NaN").then(a.0.cmp(&b.0)));
            expected.truncate(k);
            let cut = cut.min(scores.len());
            let mut parts = [TopK::new(k), TopK::new(k)];
            parts[0].offer_all(0, &scores[..cut]);
            parts[1].offer_all(cut as u64, &scores[cut..]);
            let [first, second] = parts;
            let found: Vec<(u64, f32)> = second.merge(first).into_sorted().into_iter().map(|s| (s.key, s.score)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
