//! How many papers hold a word or an author, by a hash of its text.
//!
//! In: what papers hold. Out: counts, and from them how rare something is. Words are known by a 64-bit hash: of a million words
//! two share one with a chance of 1 in 37 million, and nothing needs their text.

use std::collections::BTreeMap;

use crate::derived::Column;

/// What a text holds, by hash, ascending, with how often.
pub(super) type Counted = Vec<(u64, f32)>;

/// FNV-1a with 64 bits (Fowler, Noll & Vo), which is the same in every run and on every machine.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Numbers by hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vocabulary {
    /// Ascending.
    pub(super) ids: Column<u64>,
    pub(super) numbers: Column<u32>,
}

impl Vocabulary {
    /// Counts in how many papers each id occurs; a paper names each at most once. Those of one paper are left out: what is
    /// not known counts as if it were there once.
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

    /// The ids whose number is wanted, numbered from 0.
    pub(super) fn numbered(&self, wanted: impl Fn(u32) -> bool) -> Vocabulary {
        let chosen = self.ids.iter().zip(self.numbers.iter()).filter(|(_, number)| wanted(**number));
        let ids: Vec<u64> = chosen.map(|(id, _)| *id).collect();
        let numbers: Vec<u32> = (0..ids.len() as u32).collect();
        Vocabulary { ids: ids.into(), numbers: numbers.into() }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn get(&self, id: u64) -> Option<u32> {
        self.ids.binary_search(&id).ok().and_then(|at| self.numbers.get(at)).copied()
    }

    /// `ln((papers + 1) / (count + 0.5))`, at least 0.
    pub(super) fn rarity(&self, id: u64, papers: u64) -> f32 {
        let count = self.get(id).unwrap_or(1) as f32;
        ((papers as f32 + 1.0) / (count + 0.5)).ln().max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_of_papers_and_the_unknown_is_rare() {
        let papers = [vec![hash("graph"), hash("cut")], vec![hash("graph")], vec![hash("graph"), hash("cut")]];
        let vocabulary = Vocabulary::count(papers.iter().map(|ids| ids.iter().copied()));
        assert_eq!(vocabulary.get(hash("graph")), Some(3));
        assert_eq!(vocabulary.get(hash("cut")), Some(2));
        assert_eq!(vocabulary.get(hash("glacier")), None);
        assert_eq!(vocabulary.rarity(hash("cut"), 3), (4f32 / 2.5).ln());
        assert_eq!(vocabulary.rarity(hash("glacier"), 3), (4f32 / 1.5).ln());
        let rows = vocabulary.numbered(|count| count == 3);
        assert_eq!((rows.len(), rows.get(hash("graph")), rows.get(hash("cut"))), (1, Some(0), None));
        // The offset basis and a published vector of FNV-1a.
        assert_eq!((hash(""), hash("a")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c));
    }
}
