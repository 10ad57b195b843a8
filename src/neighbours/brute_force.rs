//! The exact nearest rows of a matrix in memory, for many queries at once.
//!
//! In: unit rows, and unit rows to ask with. Out: for each query the nearest rows, or those within
//! a radius, best first and equal ones by row. Every row is compared with every query by
//! [`dot_products`], a block of rows with a block of queries at a time, so that both stay in a
//! core's cache and a row is fetched from memory once for many queries. Blocks of queries are
//! shared among threads, and rows too where queries are few; neither shows in an answer.

use rayon::prelude::*;

use super::interrupt::InterruptCheck;
use super::top_k::{Scored, TOGETHER, TopK};
use crate::error::{Error, Result};
use crate::kernels::{InstructionSet, dot_products};

/// Queries of a block.
const QUERIES: usize = 128;

/// Rows of a block: their scores with a block of queries take 32 KB.
const ROWS: usize = 64;

/// Pieces of work for each thread, at least, where there are so many blocks.
const PIECES: usize = 4;

/// Rows in memory, to be compared one by one.
#[derive(Clone, Copy, Debug)]
pub struct BruteForce<'a> {
    rows: &'a [u8],
    dimension: usize,
    set: InstructionSet,
}

impl<'a> BruteForce<'a> {
    /// `rows`: rows x `dimension` of `f32`, little-endian, of unit length.
    ///
    /// # Errors
    /// [`Error::Internal`] where `rows` holds no whole rows; where `RELATA_CPU` asks for what this
    /// machine lacks.
    pub fn new(rows: &'a [u8], dimension: usize) -> Result<BruteForce<'a>> {
        let width = dimension * size_of::<f32>();
        if width == 0 || !rows.len().is_multiple_of(width) {
            return Err(Error::Internal("rows to compare are no whole rows"));
        }
        Ok(BruteForce { rows, dimension, set: InstructionSet::choose()? })
    }

    /// The `k` rows of the highest cosine to each query (queries x dimension), or all where there
    /// are fewer; equal cosines by row. Scores are those of [`crate::library::dot`], bit by bit.
    ///
    /// # Errors
    /// [`Error::Internal`] where `queries` holds no whole rows; what `check` gives.
    pub fn nearest(&self, queries: &[f32], k: usize, check: InterruptCheck<'_>) -> Result<Vec<Vec<Scored<u64>>>> {
        let take = |best: &mut TopK<u64>, first: u64, scores: &[f32]| best.offer_all(first, scores);
        let parts = self.scan(queries, check, &|| TopK::new(k), &take)?;
        let merged = |parts: Vec<TopK<u64>>| parts.into_iter().reduce(TopK::merge).map(TopK::into_sorted);
        Ok(parts.into_iter().map(|parts| merged(parts).unwrap_or_default()).collect())
    }

    /// The rows whose distance from each query (queries x dimension), 1 less the cosine, is at most
    /// `radius`; equal ones by row.
    ///
    /// # Errors
    /// As [`BruteForce::nearest`].
    pub fn within(&self, queries: &[f32], radius: f32, check: InterruptCheck<'_>) -> Result<Vec<Vec<Scored<u64>>>> {
        let is_near = |score: f32| (1.0 - score).max(0.0) <= radius && !score.is_nan();
        let take = |found: &mut Vec<Scored<u64>>, first: u64, scores: &[f32]| {
            for (block, scores) in (first..).step_by(TOGETHER).zip(scores.chunks(TOGETHER)) {
                if scores.iter().fold(false, |any, score| any | is_near(*score)) {
                    let near = (block..).zip(scores).filter(|(_, score)| is_near(**score));
                    // -0.0 and 0.0 are equal scores.
                    found.extend(near.map(|(key, score)| Scored { key, score: score + 0.0 }));
                }
            }
        };
        let parts = self.scan(queries, check, &Vec::new, &take)?;
        let sorted = |parts: Vec<Vec<Scored<u64>>>| {
            let mut all = parts.concat();
            all.sort_unstable();
            all
        };
        Ok(parts.into_par_iter().map(sorted).collect())
    }

    /// Compares all rows with all queries. `take` is shown a query's scores of rows from a number
    /// on. Gives for each query the states of the parts of the rows, in their order.
    fn scan<S: Send>(
        &self,
        queries: &[f32],
        check: InterruptCheck<'_>,
        make: &(dyn Fn() -> S + Sync),
        take: &(dyn Fn(&mut S, u64, &[f32]) + Sync),
    ) -> Result<Vec<Vec<S>>> {
        let dimension = self.dimension;
        if !queries.len().is_multiple_of(dimension) {
            return Err(Error::Internal("queries to compare are no whole rows"));
        }
        let blocks: Vec<&[f32]> = queries.chunks(QUERIES * dimension).collect();
        let width = dimension * size_of::<f32>();
        let shares = (PIECES * rayon::current_num_threads()).div_ceil(blocks.len().max(1));
        let share = (self.rows.len() / width).div_ceil(shares).next_multiple_of(ROWS).max(ROWS);
        let parts: Vec<(u64, &[u8])> = (0..).step_by(share).zip(self.rows.chunks(share * width)).collect();
        let look = |piece: usize| -> Result<Vec<S>> {
            let (block, (first, rows)) = (blocks[piece / parts.len()], parts[piece % parts.len()]);
            let mut states: Vec<S> = block.chunks(dimension).map(|_| make()).collect();
            let mut scores = vec![0.0; states.len() * ROWS];
            for (first, rows) in (first..).step_by(ROWS).zip(rows.chunks(ROWS * width)) {
                check()?;
                let count = rows.len() / width;
                let scores = &mut scores[..states.len() * count];
                dot_products(self.set, rows, block, dimension, scores);
                states.iter_mut().zip(scores.chunks(count)).for_each(|(state, scores)| take(state, first, scores));
            }
            Ok(states)
        };
        let looked: Vec<Vec<S>> = (0..blocks.len() * parts.len()).into_par_iter().map(look).collect::<Result<_>>()?;
        let mut all: Vec<Vec<S>> = (0..queries.len() / dimension).map(|_| Vec::with_capacity(parts.len())).collect();
        for (piece, states) in looked.into_iter().enumerate() {
            let first = piece / parts.len() * QUERIES;
            all[first..].iter_mut().zip(states).for_each(|(all, state)| all.push(state));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::library::dot;

    /// Rows of any direction, of which some stand several times.
    fn rows(count: usize, dimension: usize, seed: u64) -> Vec<f32> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut rows: Vec<Vec<f32>> = Vec::new();
        for at in 0..count {
            let row = if at % 5 == 3 {
                rows[random.usize(0..at)].clone()
            } else {
                let row: Vec<f32> = (0..dimension).map(|_| random.f32() + random.f32() - 1.0).collect();
                let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
                row.into_iter().map(|x| x / length).collect()
            };
            rows.push(row);
        }
        rows.concat()
    }

    /// All rows of a query by hand, best first, equal ones by row.
    fn by_hand(bytes: &[u8], dimension: usize, query: &[f32]) -> Vec<(u64, u32)> {
        let mut all: Vec<(u64, f32)> =
            (0..).zip(bytes.chunks(4 * dimension)).map(|(at, row)| (at, dot(row, query) + 0.0)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.into_iter().map(|(at, score)| (at, score.to_bits())).collect()
    }

    fn bits(found: &[Scored<u64>]) -> Vec<(u64, u32)> {
        found.iter().map(|found| (found.key, found.score.to_bits())).collect()
    }

    fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads").install(work)
    }

    #[test]
    fn answers_are_those_of_one_row_after_the_other() {
        for (count, dimension, asked) in
            [(1, 3, 7), (70, 3, 300), (200, 17, 1), (131, 17, 300), (300, 384, 7), (40, 1024, 1), (66, 1024, 7)]
        {
            let rows_here = rows(count, dimension, count as u64);
            let bytes: Vec<u8> = rows_here.iter().flat_map(|x| x.to_le_bytes()).collect();
            let mut queries = rows(asked, dimension, 9);
            // One that is a row.
            queries[..dimension].copy_from_slice(&rows_here[..dimension]);
            let by_hand: Vec<_> = queries.chunks(dimension).map(|query| by_hand(&bytes, dimension, query)).collect();
            let brute = BruteForce::new(&bytes, dimension).expect("rows");
            for threads in [1, 3] {
                for k in [1, 10, count, count + 1] {
                    let found = on(threads, || brute.nearest(&queries, k, &|| Ok(())).expect("found"));
                    assert_eq!(found.len(), asked);
                    for (found, expected) in found.iter().zip(&by_hand) {
                        assert_eq!(bits(found), expected[..k.min(count)], "{count} x {dimension}, {asked}, {k}");
                    }
                }
                for radius in [0.0f32, 0.8, 1.0, 2.0] {
                    let found = on(threads, || brute.within(&queries, radius, &|| Ok(())).expect("found"));
                    for (found, expected) in found.iter().zip(&by_hand) {
                        let near = |score: u32| (1.0 - f32::from_bits(score)).max(0.0) <= radius;
                        let expected: Vec<_> = expected.iter().copied().filter(|(_, score)| near(*score)).collect();
                        assert_eq!(bits(found), expected, "{count} x {dimension}, {asked}, {radius}");
                    }
                }
            }
        }
    }

    #[test]
    fn of_equal_rows_the_first_are_taken_and_what_is_no_number_is_nowhere() {
        let mut values = [0.6f32, 0.8].repeat(500);
        values[2 * 7] = f32::NAN;
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let brute = BruteForce::new(&bytes, 2).expect("rows");
        let keys = |found: &[Scored<u64>]| found.iter().map(|found| found.key).collect::<Vec<_>>();
        let found = on(3, || brute.nearest(&[0.6, 0.8], 9, &|| Ok(())).expect("found"));
        assert_eq!(keys(&found[0]), [0, 1, 2, 3, 4, 5, 6, 8, 9]);
        let near = brute.within(&[0.6, 0.8], 0.1, &|| Ok(())).expect("found");
        assert_eq!(keys(&near[0]), (0..500).filter(|row| *row != 7).collect::<Vec<u64>>());
        assert_eq!(brute.nearest(&[], 3, &|| Ok(())).expect("found"), Vec::<Vec<_>>::new());
        let none = BruteForce::new(&[], 2).expect("rows");
        assert_eq!(none.nearest(&[0.6, 0.8], 3, &|| Ok(())).expect("found"), [vec![]]);
        assert!(BruteForce::new(&bytes, 0).is_err() && BruteForce::new(&bytes[1..], 2).is_err());
        assert!(brute.nearest(&[0.6], 1, &|| Ok(())).is_err());
    }

    #[test]
    fn whoever_is_interrupted_looks_no_further() {
        let bytes: Vec<u8> = rows(64 * 40, 3, 1).iter().flat_map(|x| x.to_le_bytes()).collect();
        let looks = AtomicUsize::new(0);
        let third = || match looks.fetch_add(1, Ordering::Relaxed) {
            0..2 => Ok(()),
            _ => Err(Error::Cancelled),
        };
        let brute = BruteForce::new(&bytes, 3).expect("rows");
        let ended = on(1, || brute.nearest(&rows(300, 3, 2), 3, &third));
        assert!(matches!(ended, Err(Error::Cancelled)));
        assert_eq!(looks.into_inner(), 3);
    }
}
