//! Nearest neighbours: the k papers with the highest cosine to a vector, best first, with all that tie.
//!
//! In: vectors, a filter, and the [`Index`] where there is one. Out: papers with exact scores. The index names the papers that are
//! likely to be nearest, and what it does not know of (papers that changed since it was made) is added; these few are compared
//! exactly. Without an index every paper is ([`crate::library::Library::scan_parallel`]).

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::thread::available_parallelism;

use rayon::prelude::*;

use crate::error::Result;
use crate::index::Index;
use crate::library::{FingerprintNumber, Library, PaperRow, PaperSet, dot};

/// A filter that keeps no more papers than this is answered by looking at all that it keeps.
const FEW: usize = 2000;

/// Where neighbours are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The library.
    pub library: &'a Library,
    /// Whose vectors.
    pub fingerprint: FingerprintNumber,
    /// Its index, if there is one.
    pub index: Option<&'a Index>,
}

/// Which papers may be neighbours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Admitted<'a> {
    /// Only these; all, where nothing is said.
    pub within: Option<&'a PaperSet>,
    /// None of these.
    pub without: &'a [PaperRow],
}

impl Admitted<'_> {
    pub(crate) fn admits(&self, row: PaperRow) -> bool {
        self.within.is_none_or(|set| set.contains(row)) && !self.without.contains(&row)
    }
}

impl Ground<'_> {
    /// For each of some unit vectors the `k` nearest papers by cosine, and whatever ties with the last of them.
    ///
    /// # Errors
    /// What the library reports. A damaged index is none: all papers are looked at, and [`Index::damage`] names the damage.
    pub fn nearest(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        if let Some(set) = admitted.within.filter(|set| set.len() <= FEW) {
            return self.among(vectors, k, vec![set.rows(); vectors.len()], admitted);
        }
        if let Some((index, found)) = self.likely(vectors, k, admitted) {
            let rows = |found: Vec<Scored<PaperRow>>| {
                found.iter().map(|found| found.key).chain(index.changed().iter().copied()).collect()
            };
            let rows: Vec<Vec<PaperRow>> = found.into_iter().map(rows).collect();
            return self.among(vectors, k, rows.iter().map(Vec::as_slice).collect(), admitted);
        }
        self.exact(vectors, k, admitted)
    }

    /// As [`Ground::nearest`], for those who compare the answers closely themselves: scores are right to three decimals, and which
    /// of two papers that differ by less is the last is left open.
    ///
    /// # Errors
    /// As [`Ground::nearest`].
    pub fn candidates(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        let Some((index, found)) = self.likely(vectors, k, admitted) else { return self.nearest(vectors, k, admitted) };
        let changed = self.among(vectors, k, vec![index.changed(); vectors.len()], admitted)?;
        let both = |(mut found, changed): (Vec<Scored<PaperRow>>, Vec<Scored<PaperRow>>)| {
            found.extend(changed);
            found.sort_unstable();
            found.truncate(k);
            found
        };
        Ok(found.into_iter().zip(changed).map(both).collect())
    }

    /// What the index finds; nothing where there is none, or none that serves, or where less is to be looked at than it would.
    fn likely(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        admitted: &Admitted<'_>,
    ) -> Option<(&Index, Vec<Vec<Scored<PaperRow>>>)> {
        let index = self.index.filter(|_| admitted.within.is_none_or(|set| set.len() > FEW))?;
        let found: Option<Vec<_>> = vectors.par_iter().map(|vector| index.nearest(vector, k, admitted)).collect();
        found.map(|found| (index, found))
    }

    /// The nearest of each vector's own rows.
    fn among(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        rows: Vec<&[PaperRow]>,
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        let nearest = |(vector, rows): (&Vec<f32>, &[PaperRow])| {
            let mut best = Best::new(k);
            self.library.vectors_of(self.fingerprint, rows, &mut |row, stored| {
                if admitted.admits(row) {
                    best.offer(row, dot(stored, vector));
                }
            })?;
            Ok(best.into_sorted())
        };
        vectors.iter().zip(rows).map(nearest).collect()
    }

    /// All rows are shared among all cores, in one pass for all vectors; the answer does not depend on how many there are.
    fn exact(&self, vectors: &[Vec<f32>], k: usize, admitted: &Admitted<'_>) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        let parts = vec![vec![Best::new(k); vectors.len()]; threads()];
        let parts = self.library.scan_parallel(self.fingerprint, parts, |bests, row, stored| {
            if admitted.admits(row) {
                for (best, vector) in bests.iter_mut().zip(vectors) {
                    best.offer(row, dot(stored, vector));
                }
            }
        })?;
        let merged = parts.into_iter().reduce(|all, part| all.into_iter().zip(part).map(|(a, b)| a.merge(b)).collect());
        Ok(merged.unwrap_or_default().into_iter().map(Best::into_sorted).collect())
    }
}

/// Threads that work is shared among.
pub(crate) fn threads() -> usize {
    available_parallelism().map_or(1, |threads| threads.get())
}

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

/// Keeps the best `k` of what it is shown, and whatever ties with the last of them, in O(log k) per newcomer.
///
/// Ties are kept because the scan knows rows and answers are ordered by paper id: who of the tied is in the answer is
/// decided once their ids are known, so that it never depends on the order in which papers came.
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

    /// Takes in what another thread kept; which candidates remain does not depend on who merges whom.
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

    }
}
