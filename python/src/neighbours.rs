//! The nearest rows of a matrix, by the order of answers: best first, equal scores by row.
//!
//! In: unit rows, and unit rows to ask with. Out: row numbers and cosines. [`Rows`] looks at every
//! row, as the library's exact scan does; rows are shared among threads, and how many there are
//! never shows in an answer. [`RowsIndex`] looks at the likely ones.

use std::sync::Arc;
use std::thread;

use numpy::ndarray::{Array2, ArrayView2};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use relata::Error;
use relata::error::Result;
use relata::library::dot;
use relata::neighbours::{Best, MatrixIndex, Scored};
use relata::service::CancelToken;

use crate::{errors, working};

/// Rows between two looks at the token.
const BLOCK: usize = 4096;

/// Queries between two looks at the token.
const TOGETHER: usize = 256;

/// Rows that are looked through.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Rows {
    /// Elements as the library stores them.
    bytes: Arc<Vec<u8>>,
    dimension: usize,
}

/// The same rows, with an index of them.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct RowsIndex {
    index: Arc<MatrixIndex>,
}

/// Row numbers and cosines: queries x k.
type Nearest<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray2<f32>>);

/// Where the rows of each query end, row numbers, and cosines.
type Within<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f32>>);

#[pymethods]
impl Rows {
    /// Takes a copy of a matrix.
    #[new]
    fn new(vectors: PyReadonlyArray2<'_, f32>) -> Rows {
        let view = vectors.as_array();
        let bytes = view.iter().flat_map(|element| element.to_le_bytes()).collect();
        Rows { bytes: Arc::new(bytes), dimension: view.ncols() }
    }

    /// The `k` rows of the highest cosine for each query. There are at least `k` rows.
    fn nearest<'py>(&self, py: Python<'py>, queries: PyReadonlyArray2<'_, f32>, k: usize) -> PyResult<Nearest<'py>> {
        let (bytes, dimension, queries) = (Arc::clone(&self.bytes), self.dimension, owned(&queries));
        let cancel = CancelToken::new();
        let ended = cancel.clone();
        let found = working::quiet(py, &cancel, move || nearest(&bytes, dimension, &queries, k, &ended))?;
        Ok(matrices(py, found, k))
    }

    /// The rows whose distance, 1 less the cosine, is at most `radius`, for each query.
    fn within<'py>(&self, py: Python<'py>, queries: PyReadonlyArray2<'_, f32>, radius: f32) -> PyResult<Within<'py>> {
        let (bytes, dimension, queries) = (Arc::clone(&self.bytes), self.dimension, owned(&queries));
        let cancel = CancelToken::new();
        let ended = cancel.clone();
        let found = working::quiet(py, &cancel, move || within(&bytes, dimension, &queries, radius, &ended))?;
        let ends: Vec<i64> = found
            .iter()
            .scan(0, |end, found| {
                *end += found.len() as i64;
                Some(*end)
            })
            .collect();
        let (rows, scores): (Vec<i64>, Vec<f32>) =
            found.into_iter().flatten().map(|found| (number(found.key), found.score)).unzip();
        Ok((ends.into_pyarray(py), rows.into_pyarray(py), scores.into_pyarray(py)))
    }

    /// Makes an index of the rows.
    fn index(&self, py: Python<'_>) -> PyResult<RowsIndex> {
        let (bytes, dimension) = (Arc::clone(&self.bytes), self.dimension);
        let made = working::quiet(py, &CancelToken::new(), move || MatrixIndex::new(bytes, dimension, &|_| ()))?;
        Ok(RowsIndex { index: Arc::new(made) })
    }

    /// An index of the rows that was kept; `None` where it is damaged or of another version.
    fn index_of(&self, py: Python<'_>, kept: &[u8]) -> PyResult<Option<RowsIndex>> {
        let read = MatrixIndex::from_bytes(Arc::clone(&self.bytes), self.dimension, kept);
        let read = read.map_err(|error| errors::from(py, &error))?;
        Ok(read.map(|index| RowsIndex { index: Arc::new(index) }))
    }
}

#[pymethods]
impl RowsIndex {
    /// The `k` rows of the highest cosine for each query, nearly always. There are at least `k`
    /// rows.
    fn nearest<'py>(&self, py: Python<'py>, queries: PyReadonlyArray2<'_, f32>, k: usize) -> PyResult<Nearest<'py>> {
        let (index, queries) = (Arc::clone(&self.index), owned(&queries));
        let cancel = CancelToken::new();
        let ended = cancel.clone();
        let found = working::quiet(py, &cancel, move || {
            let mut found = Vec::with_capacity(queries.len());
            for part in queries.chunks(TOGETHER) {
                if ended.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                found.extend(index.nearest_each(part, k));
            }
            Ok(found)
        })?;
        Ok(matrices(py, found, k))
    }

    /// The index without its rows, to be kept.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.index.to_bytes().map_err(|error| errors::from(py, &error))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

fn owned(queries: &PyReadonlyArray2<'_, f32>) -> Vec<Vec<f32>> {
    let view: ArrayView2<'_, f32> = queries.as_array();
    view.outer_iter().map(|query| query.to_vec()).collect()
}

fn number(key: u64) -> i64 {
    i64::try_from(key).unwrap_or(i64::MAX)
}

/// Queries x k.
fn matrices(py: Python<'_>, found: Vec<Vec<Scored<u64>>>, k: usize) -> Nearest<'_> {
    let (mut rows, mut scores) = (Array2::zeros((found.len(), k)), Array2::zeros((found.len(), k)));
    for (query, found) in found.into_iter().enumerate() {
        for (place, scored) in found.into_iter().take(k).enumerate() {
            rows[(query, place)] = number(scored.key);
            scores[(query, place)] = scored.score;
        }
    }
    (rows.into_pyarray(py), scores.into_pyarray(py))
}

fn nearest(
    bytes: &[u8],
    dimension: usize,
    queries: &[Vec<f32>],
    k: usize,
    cancel: &CancelToken,
) -> Result<Vec<Vec<Scored<u64>>>> {
    let make = || vec![Best::new(k); queries.len()];
    let parts = scan(bytes, dimension, cancel, make, |bests: &mut Vec<Best<u64>>, key, row| {
        for (best, query) in bests.iter_mut().zip(queries) {
            best.offer(key, dot(row, query));
        }
    })?;
    let mut all = make();
    for part in parts {
        all = all.into_iter().zip(part).map(|(a, b)| a.merge(b)).collect();
    }
    Ok(all.into_iter().map(Best::into_sorted).collect())
}

fn within(
    bytes: &[u8],
    dimension: usize,
    queries: &[Vec<f32>],
    radius: f32,
    cancel: &CancelToken,
) -> Result<Vec<Vec<Scored<u64>>>> {
    let make = || vec![Vec::new(); queries.len()];
    let parts = scan(bytes, dimension, cancel, make, |found: &mut Vec<Vec<Scored<u64>>>, key, row| {
        for (found, query) in found.iter_mut().zip(queries) {
            let score = dot(row, query);
            if (1.0 - score).max(0.0) <= radius {
                found.push(Scored { key, score: score + 0.0 });
            }
        }
    })?;
    let mut all = make();
    for part in parts {
        all.iter_mut().zip(part).for_each(|(all, part)| all.extend(part));
    }
    all.iter_mut().for_each(|found| found.sort_unstable());
    Ok(all)
}

/// Looks at every row, with a state for each thread; states come back in the order of rows.
fn scan<S: Send>(
    bytes: &[u8],
    dimension: usize,
    cancel: &CancelToken,
    make: impl Fn() -> S + Sync,
    visit: impl Fn(&mut S, u64, &[u8]) + Sync,
) -> Result<Vec<S>> {
    let width = (dimension * size_of::<f32>()).max(1);
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = (bytes.len() / width).div_ceil(threads).max(1);
    let look = &|first: usize, part: &[u8]| {
        let mut state = make();
        for (number, block) in part.chunks(BLOCK * width).enumerate() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            for (at, row) in block.chunks(width).enumerate() {
                visit(&mut state, (first + number * BLOCK + at) as u64, row);
            }
        }
        Ok(state)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = bytes
            .chunks(share * width)
            .enumerate()
            .map(|(number, part)| scope.spawn(move || look(number * share, part)))
            .collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
