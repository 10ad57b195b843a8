//! The nearest rows of a matrix, by the order of answers: best first, equal scores by row.
//!
//! In: unit rows, and unit rows to ask with. Out: row numbers and cosines. [`Rows`] looks at every
//! row, with the scores of the library's exact scan; [`RowsIndex`] looks at the likely ones.

use std::sync::Arc;

use numpy::ndarray::{Array2, ArrayView2};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use relata::neighbours::{BruteForce, MatrixIndex, Scored};

use crate::{errors, working};

/// Queries between two looks whether work was interrupted.
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
        let elements: Vec<[u8; 4]> = view.iter().map(|element| element.to_le_bytes()).collect();
        Rows { bytes: Arc::new(elements.into_flattened()), dimension: view.ncols() }
    }

    /// The `k` rows of the highest cosine for each query. There are at least `k` rows.
    fn nearest<'py>(&self, py: Python<'py>, queries: PyReadonlyArray2<'_, f32>, k: usize) -> PyResult<Nearest<'py>> {
        let (bytes, dimension, queries) = (Arc::clone(&self.bytes), self.dimension, elements(&queries));
        let found =
            working::interruptible(py, move |check| BruteForce::new(&bytes, dimension)?.nearest(&queries, k, check))?;
        Ok(matrices(py, found, k))
    }

    /// The rows whose distance, 1 less the cosine, is at most `radius`, for each query.
    fn within<'py>(&self, py: Python<'py>, queries: PyReadonlyArray2<'_, f32>, radius: f32) -> PyResult<Within<'py>> {
        let (bytes, dimension, queries) = (Arc::clone(&self.bytes), self.dimension, elements(&queries));
        let found = working::interruptible(py, move |check| {
            BruteForce::new(&bytes, dimension)?.within(&queries, radius, check)
        })?;
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
        let made = working::interruptible(py, move |check| MatrixIndex::new(bytes, dimension, &|_| (), check))?;
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
        let found = working::interruptible(py, move |check| {
            let mut found = Vec::with_capacity(queries.len());
            for part in queries.chunks(TOGETHER) {
                check()?;
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

fn elements(queries: &PyReadonlyArray2<'_, f32>) -> Vec<f32> {
    queries.as_array().iter().copied().collect()
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
