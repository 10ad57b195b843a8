//! Many sparse vectors turned about: of each term, which vectors hold it and with what weight.
//!
//! One pass over the terms of a paper then gives its scalar product with all of them, where each by
//! itself would be merged with the paper anew. Terms are added up in ascending order, as
//! `features::overlap` does, so both give the same bits.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    /// Of each term, where its entries stand.
    places: HashMap<u64, Range<u32>, FixedState>,
    /// (vector, weight), by term and then ascending.
    entries: Vec<(u32, f32)>,
}

impl Postings {
    /// Of vectors that hold each term once.
    pub(super) fn of<'a>(vectors: impl Iterator<Item = &'a [(u64, f32)]>) -> Postings {
        let mut all: Vec<(u64, u32, f32)> = vectors
            .zip(0u32..)
            .flat_map(|(terms, vector)| terms.iter().map(move |(term, weight)| (*term, vector, *weight)))
            .collect();
        all.sort_unstable_by_key(|(term, vector, _)| (*term, *vector));
        let mut places: HashMap<u64, Range<u32>, FixedState> = HashMap::default();
        for ((term, ..), at) in all.iter().zip(0u32..) {
            places.entry(*term).or_insert(at..at).end = at + 1;
        }
        Postings { places, entries: all.into_iter().map(|(_, vector, weight)| (vector, weight)).collect() }
    }

    /// Calls `add` with each vector that holds the term.
    fn with(&self, term: u64, mut add: impl FnMut(usize, f32)) {
        let Some(Range { start, end }) = self.places.get(&term) else { return };
        self.entries[*start as usize..*end as usize].iter().for_each(|(vector, weight)| add(*vector as usize, *weight));
    }

    /// Adds to `sums`, one a vector, the scalar products with `terms`, which are ascending.
    pub(super) fn overlaps(&self, terms: &[(u64, f32)], sums: &mut [f32]) {
        for (term, x) in terms {
            self.with(*term, |vector, weight| sums[vector] += x * weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ranking::features::overlap;

    fn sparse() -> impl Strategy<Value = Vec<(u64, f32)>> {
        prop::collection::btree_map(0u64..40, 0.01f32..1.0, 0..30).prop_map(|terms| terms.into_iter().collect())
    }

    proptest! {
        #[test]
        fn all_products_at_once_are_those_of_each(vectors in prop::collection::vec(sparse(), 0..6), asked in sparse()) {
            let mut sums = vec![0f32; vectors.len()];
            Postings::of(vectors.iter().map(Vec::as_slice)).overlaps(&asked, &mut sums);
            let one_by_one: Vec<f32> = vectors.iter().map(|vector| overlap(vector, &asked)).collect();
            prop_assert_eq!(sums, one_by_one);
        }
    }
}
