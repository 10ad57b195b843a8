//! An index of a matrix in memory, for those who have vectors and no library.
//!
//! In: unit rows. Out: for a query, the rows nearest to it, with exact scores. The index is that of
//! a library (`build`), but for its rows, which lie in memory or in a file's bytes.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::build::{Building, Frame, Reach, Trained, coded_rows};
use super::deviations::Deviations;
use super::file::Mapped;
use super::measure::measure;
use super::probe_limits::ProbeLimits;
use super::rows::Arranged;
use super::search::Query;
use super::segment::{EMPTY_KEY, Segment};
use super::source::{Matrix, VectorSource};
use super::spill::Portions;
use super::table::Table;
use super::write::{About, Writer};
use crate::error::{Error, Result};
use crate::kernels::InstructionSet;
use crate::library::dot;
use crate::neighbours::InterruptCheck;
use crate::neighbours::top_k::{Best, Scored};

/// The rows of a matrix, with an index by which those nearest to a vector are found.
pub struct MatrixIndex {
    vectors: Arc<Vec<u8>>,
    dimension: usize,
    set: InstructionSet,
    table: Held,
}

/// Where the table lies.
enum Held {
    Made(Box<Made>),
    Mapped(Box<Mapped>),
}

/// A table in memory.
struct Made {
    frame: Frame,
    reach: Reach,
    rows: Arranged,
}

impl MatrixIndex {
    /// Makes an index. `vectors`: rows x `dimension` of `f32`, little-endian, of unit length.
    /// `coded` is told how many rows were coded, again and again.
    ///
    /// # Errors
    /// [`Error::Internal`] where `vectors` holds no whole rows; what `check` gives.
    pub fn new(
        vectors: Arc<Vec<u8>>,
        dimension: usize,
        coded: &(dyn Fn(u64) + Sync),
        check: InterruptCheck<'_>,
    ) -> Result<MatrixIndex> {
        whole_rows(&vectors, dimension)?;
        let set = InstructionSet::choose()?;
        let source = Matrix::new(&vectors, dimension);
        let trained = Trained::of(&source, set, check)?;
        let portions = Portions::new(&trained.sizes, source.count(), dimension, u64::MAX);
        let building = Building { set, change: 0, memory: u64::MAX, coded, check };
        let mut coded = coded_rows(Path::new(""), &source, &building, &trained, &portions)?;
        let rows = coded.rows.pop().unwrap_or_default().arranged(0..trained.frame.lengths.len());
        let held = rows.keys.iter().filter(|key| **key != EMPTY_KEY).count() as u64;
        let mut deviations = Deviations::new(held);
        deviations.take(&rows);
        let Trained { frame, trials, .. } = trained;
        let mut made = Made { frame, reach: Reach::unmeasured(&deviations, held), rows };
        made.reach.steps = measure(&made.table(), set, &trials);
        Ok(MatrixIndex { vectors, dimension, set, table: Held::Made(Box::new(made)) })
    }

    /// An index that was written before ([`MatrixIndex::to_bytes`]), of the same vectors; `None`
    /// where it is damaged, or of another version of this program.
    ///
    /// # Errors
    /// As [`MatrixIndex::new`].
    pub fn from_bytes(vectors: Arc<Vec<u8>>, dimension: usize, bytes: &[u8]) -> Result<Option<MatrixIndex>> {
        let rows = whole_rows(&vectors, dimension)?;
        let set = InstructionSet::choose()?;
        let Ok(Some(mapped)) = Mapped::of_bytes(bytes, dimension) else { return Ok(None) };
        let fits = mapped.facts.base.is_empty() && mapped.check_all().is_ok() && largest_key(&mapped) < rows;
        Ok(fits.then(|| MatrixIndex { vectors, dimension, set, table: Held::Mapped(Box::new(mapped)) }))
    }

    /// The index without its vectors, to be kept.
    ///
    /// # Errors
    /// [`Error::Io`] where memory does not hold it.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        match &self.table {
            Held::Mapped(mapped) => Ok(mapped.bytes().to_vec()),
            Held::Made(made) => {
                let about = About { dimension: self.dimension, ..About::default() };
                let memory = Cursor::new(Vec::new());
                let mut writer = Writer::new(memory, Path::new("memory"), about, &made.frame, &made.rows.starts);
                writer.put(&made.rows)?;
                writer.finish(&made.reach)?;
                Ok(writer.into_inner().into_inner())
            }
        }
    }

    /// The `k` rows of the highest cosine to a unit vector, the best first and equal ones by their
    /// numbers, compared exactly; those that the index misses are not among them.
    pub fn nearest(&self, query: &[f32], k: usize) -> Vec<Scored<u64>> {
        let width = self.dimension * size_of::<f32>();
        let row = |key: u64| &self.vectors[key as usize * width..][..width];
        let mut best = Best::new(k);
        let likely = self.likely(query, k).filter(|likely| likely.len() >= k);
        match likely {
            Some(likely) => likely.into_iter().for_each(|key| best.offer(key, dot(row(key), query))),
            // Too few were found, so everything is looked at.
            None => (0..(self.vectors.len() / width) as u64).for_each(|key| best.offer(key, dot(row(key), query))),
        }
        let mut nearest = best.into_sorted();
        nearest.truncate(k);
        nearest
    }

    /// As [`MatrixIndex::nearest`], for each of some vectors, which all cores share.
    pub fn nearest_each(&self, queries: &[Vec<f32>], k: usize) -> Vec<Vec<Scored<u64>>> {
        queries.par_iter().map(|query| self.nearest(query, k)).collect()
    }

    fn likely(&self, query: &[f32], k: usize) -> Option<Vec<u64>> {
        let search =
            |table: &Table<'_>| table.search(self.set, &Query { vector: query, k, everything: false }, &|_| true);
        let found = match &self.table {
            Held::Made(made) => search(&made.table()),
            Held::Mapped(mapped) => mapped.table(None).and_then(|table| search(&table)),
        };
        found.ok().map(|found| found.into_iter().map(|found| found.key).collect())
    }
}

impl Made {
    fn table(&self) -> Table<'_> {
        let Made { frame, reach, rows } = self;
        Table {
            dimension: rows.dimension,
            rotation: &frame.rotation,
            centres: &frame.centres,
            lengths: &frame.lengths,
            limits: ProbeLimits { steps: &reach.steps, error: reach.error },
            int8_error: reach.int8_error,
            segments: vec![rows.segment()],
        }
    }
}

/// How many rows there are.
fn whole_rows(vectors: &[u8], dimension: usize) -> Result<u64> {
    match dimension * size_of::<f32>() {
        0 => Err(Error::Internal("vectors to index have no elements")),
        width if !vectors.len().is_multiple_of(width) => Err(Error::Internal("vectors to index are no whole rows")),
        width => Ok((vectors.len() / width) as u64),
    }
}

/// The largest key of an index that is sound.
fn largest_key(mapped: &Mapped) -> u64 {
    let held = |segment: &Segment<'_>| {
        let keys = segment.keys.iter().copied().filter(|key| *key != EMPTY_KEY);
        keys.max().unwrap_or(0)
    };
    mapped.segment().map_or(u64::MAX, |segment| held(&segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMENSION: usize = 24;

    /// Rows in forty heaps, and one that stands twice.
    fn vectors() -> Arc<Vec<u8>> {
        let mut random = fastrand::Rng::with_seed(5);
        let mut rows: Vec<Vec<f32>> = (0..4000)
            .map(|row| {
                let mut centre = fastrand::Rng::with_seed(row % 40);
                let row: Vec<f32> =
                    (0..DIMENSION).map(|_| centre.f32() - 0.5 + 0.3 * (random.f32() + random.f32() - 1.0)).collect();
                let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
                row.into_iter().map(|x| x / length).collect()
            })
            .collect();
        rows[3000] = rows[17].clone();
        Arc::new(rows.concat().iter().flat_map(|x| x.to_le_bytes()).collect())
    }

    fn row(vectors: &[u8], number: usize) -> Vec<f32> {
        sound(&vectors[number * DIMENSION * 4..][..DIMENSION * 4])
    }

    fn sound(bytes: &[u8]) -> Vec<f32> {
        bytes.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect()
    }

    #[test]
    fn the_nearest_rows_are_those_of_every_row_compared() {
        let vectors = vectors();
        let index = MatrixIndex::new(Arc::clone(&vectors), DIMENSION, &|_| (), &|| Ok(())).expect("an index");
        let (mut same, mut all) = (0, 0);
        for number in (0..4000).step_by(40) {
            let query = row(&vectors, number);
            let mut exact: Vec<(f32, u64)> = (0..4000u64)
                .map(|at| (dot(&vectors[at as usize * DIMENSION * 4..][..DIMENSION * 4], &query), at))
                .collect();
            exact.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let found = index.nearest(&query, 10);
            assert_eq!(found.len(), 10);
            for scored in &found {
                assert!(exact.contains(&(scored.score, scored.key)), "scores are exact");
            }
            let expected: Vec<u64> = exact[..10].iter().map(|(_, at)| *at).collect();
            same += found.iter().filter(|found| expected.contains(&found.key)).count();
            all += 10;
        }
        assert!(same * 1000 >= all * 995, "{same} of {all}");
        let twice = index.nearest(&row(&vectors, 3000), 2);
        assert_eq!(twice.iter().map(|found| found.key).collect::<Vec<_>>(), [17, 3000], "equal ones by number");
        assert_eq!(index.nearest(&row(&vectors, 1), 4000).len(), 4000, "as many as there are");
    }

    #[test]
    fn an_index_is_kept_without_its_vectors() {
        let vectors = vectors();
        let index = MatrixIndex::new(Arc::clone(&vectors), DIMENSION, &|_| (), &|| Ok(())).expect("an index");
        let bytes = index.to_bytes().expect("bytes");
        let again = MatrixIndex::from_bytes(Arc::clone(&vectors), DIMENSION, &bytes).expect("rows").expect("an index");
        assert!(again.to_bytes().expect("bytes") == bytes);
        for number in [0, 17, 2999] {
            let query = row(&vectors, number);
            assert_eq!(again.nearest(&query, 20), index.nearest(&query, 20));
        }
        let none = |vectors: &Arc<Vec<u8>>, dimension, bytes: &[u8]| {
            MatrixIndex::from_bytes(Arc::clone(vectors), dimension, bytes).expect("rows").is_none()
        };
        let mut damaged = bytes.clone();
        let at = damaged.len() / 2;
        damaged[at] ^= 1;
        let fewer = Arc::new(vectors[..DIMENSION * 400].to_vec());
        assert!(none(&vectors, DIMENSION, &damaged) && none(&vectors, DIMENSION, &bytes[..4000]));
        assert!(none(&fewer, DIMENSION, &bytes) && none(&vectors, DIMENSION / 2, &bytes));
        let (none, halves) = (MatrixIndex::new(Arc::clone(&vectors), 0, &|_| (), &|| Ok(())), Arc::new(vec![0; 6]));
        assert!(none.is_err() && MatrixIndex::new(halves, 1, &|_| (), &|| Ok(())).is_err());
        let ended = MatrixIndex::new(Arc::clone(&vectors), DIMENSION, &|_| (), &|| Err(Error::Cancelled));
        assert!(matches!(ended, Err(Error::Cancelled)));
    }
}
