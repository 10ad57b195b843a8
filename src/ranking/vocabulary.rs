//! How many papers hold a word or an author, by a hash of its text.
//!
//! In: what papers hold. Out: counts, and from them how rare something is. Words are known by a
//! 64-bit hash: of a million words two share one with a chance of 1 in 37 million, and nothing
//! needs their text.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rayon::prelude::*;

use crate::library::derived::Column;
pub(crate) use crate::text::hash;

/// What a text holds, by hash, ascending, with how often.
pub(super) type Counted = Vec<(u64, f32)>;

/// A phrase of two words, by their hashes.
pub(super) fn phrase(first: u64, second: u64) -> u64 {
    (first.rotate_left(1) ^ second).wrapping_mul(0x0100_0000_01b3).rotate_left(32)
}

/// Numbers by hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vocabulary {
    /// Ascending.
    pub(super) ids: Column<u64>,
    pub(super) numbers: Column<u32>,
}

impl Vocabulary {
    /// Counts in how many papers each id occurs; a paper names each at most once. Those of one
    /// paper are left out: what is not known counts as if it were there once.
    pub(super) fn count<I: Iterator<Item = u64>>(papers: impl Iterator<Item = I>) -> Vocabulary {
        let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
        for paper in papers {
            for id in paper {
                *counts.entry(id).or_default() += 1;
            }
        }
        let (ids, numbers): (Vec<u64>, Vec<u32>) = counts.into_iter().filter(|(_, count)| *count > 1).unzip();
        Vocabulary { ids: ids.into(), numbers: numbers.into() }
    }

    /// Counts in how many papers each id occurs, given all ids of all papers, each once a paper.
    /// Only those of `among` papers are kept, and of these the `limit` most frequent.
    pub(super) fn frequent(mut ids: Vec<u64>, among: RangeInclusive<u32>, limit: usize) -> Vocabulary {
        ids.par_sort_unstable();
        let mut counts: Vec<(u64, u32)> = ids
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0], u32::try_from(same.len()).unwrap_or(u32::MAX)))
            .filter(|(_, count)| among.contains(count))
            .collect();
        counts.sort_unstable_by_key(|(id, count)| (Reverse(*count), *id));
        counts.truncate(limit);
        counts.sort_unstable();
        let (ids, numbers): (Vec<u64>, Vec<u32>) = counts.into_iter().unzip();
        Vocabulary { ids: ids.into(), numbers: numbers.into() }
    }

    pub(super) fn get(&self, id: u64) -> Option<u32> {
        self.place(id).and_then(|place| self.numbers.get(place)).copied()
    }

    /// Hashes are spread evenly: an id is looked for about where it would then stand, which touches
    /// less memory than halving.
    pub(super) fn place(&self, id: u64) -> Option<usize> {
        let ids: &[u64] = &self.ids;
        let guess = ((u128::from(id) * ids.len() as u128) >> 64) as usize;
        let mut step = 64;
        let mut from = guess.saturating_sub(step);
        while from > 0 && ids[from] > id {
            step *= 4;
            from = guess.saturating_sub(step);
        }
        let mut step = 64;
        let mut to = (guess + step).min(ids.len());
        while to < ids.len() && ids[to] <= id {
            step *= 4;
            to = (guess + step).min(ids.len());
        }
        ids[from..to].binary_search(&id).ok().map(|at| from + at)
    }

    /// `ln((papers + 1) / (count + 0.5))` for what stands at a place, at least 0.
    pub(super) fn rarity(&self, place: Option<usize>, papers: u64) -> f32 {
        let count = place.and_then(|place| self.numbers.get(place)).copied().unwrap_or(1) as f32;
        ((papers as f32 + 1.0) / (count + 0.5)).ln().max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_ids_are_kept_with_their_counts() {
        let ids = vec![9, 1, 5, 9, 5, 9, 7, 7, 9, 1, 2];
        let kept = |among, limit| {
            let Vocabulary { ids, numbers } = Vocabulary::frequent(ids.clone(), among, limit);
            ids.iter().copied().zip(numbers.iter().copied()).collect::<Vec<_>>()
        };
        assert_eq!(kept(2..=3, 9), [(1, 2), (5, 2), (7, 2)]);
        assert_eq!(kept(1..=9, 2), [(1, 2), (9, 4)], "of equals the smaller");
        assert_eq!(kept(5..=9, 2), []);
    }

    #[test]
    fn every_id_is_found_wherever_it_stands() {
        // Evenly spread, all in one corner, and none.
        let even: Vec<u64> = (0..3000).map(|n: u64| n * 6_148_914_691_236_517 + 5).collect();
        let corner: Vec<u64> = (0..3000).map(|n| u64::MAX - 9000 + 3 * n).collect();
        for ids in [even, corner, vec![0, u64::MAX], Vec::new()] {
            let numbers: Vec<u32> = (0..ids.len() as u32).collect();
            let vocabulary = Vocabulary { ids: ids.clone().into(), numbers: numbers.into() };
            for (place, id) in ids.iter().enumerate() {
                assert_eq!(vocabulary.get(*id), Some(place as u32));
                let next = id.wrapping_add(1);
                assert_eq!(vocabulary.get(next), ids.binary_search(&next).ok().map(|place| place as u32));
            }
            for id in [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
                assert_eq!(vocabulary.get(id), ids.binary_search(&id).ok().map(|place| place as u32));
            }
        }
    }

    #[test]
    fn counts_are_of_papers_and_the_unknown_is_rare() {
        let papers = [vec![hash("graph"), hash("cut")], vec![hash("graph")], vec![hash("graph"), hash("cut")]];
        let vocabulary = Vocabulary::count(papers.iter().map(|ids| ids.iter().copied()));
        assert_eq!(vocabulary.get(hash("graph")), Some(3));
        assert_eq!(vocabulary.get(hash("cut")), Some(2));
        assert_eq!(vocabulary.get(hash("glacier")), None);
        assert_eq!(vocabulary.rarity(vocabulary.place(hash("cut")), 3), (4f32 / 2.5).ln());
        assert_eq!(vocabulary.rarity(vocabulary.place(hash("glacier")), 3), (4f32 / 1.5).ln());
        // The offset basis and a published vector of FNV-1a.
        assert_eq!((hash(""), hash("a")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c));
    }
}
