//! The nearest rows of a matrix, by the order of answers: best first, equal scores by row.
//!
//! In: unit rows, and unit rows to ask with. Out: row numbers and cosines. Every row is looked at,
//! as in the library's exact scan; rows are shared among threads, and how many there are never
//! shows in an answer.

use std::sync::Arc;
use std::thread;

use numpy::ndarray::{Array2, ArrayView2};
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use relata::Error;
use relata::error::Result;
use relata::library::dot;
use relata::neighbours::Best;
use relata::service::CancelToken;

use crate::working;

/// Rows between two looks at the token.
const BLOCK: usize = 4096;

/// Rows that are looked through.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Rows {
    /// Elements as the library stores them.
    bytes: Arc<Vec<u8>>,
    dimension: usize,
}

/// Row numbers and cosines: queries x k.
type Nearest<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray2<f32>>);

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
        let (bytes, dimension, queries) = (Arc::clone(&self.bytes), self.dimension, queries.as_array().to_owned());
        let cancel = CancelToken::new();
        let ended = cancel.clone();
        let (rows, scores) =
            working::quiet(py, &cancel, move || nearest(&bytes, dimension, queries.view(), k, &ended))?;
        Ok((rows.into_pyarray(py), scores.into_pyarray(py)))
    }
}

fn nearest(
    bytes: &[u8],
    dimension: usize,
    queries: ArrayView2<'_, f32>,
    k: usize,
    cancel: &CancelToken,
) -> Result<(Array2<i64>, Array2<f32>)> {
    let queries: Vec<Vec<f32>> = queries.outer_iter().map(|query| query.to_vec()).collect();
    let width = (dimension * size_of::<f32>()).max(1);
    let rows = bytes.len() / width;
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = rows.div_ceil(threads).max(1);
    let look = &|first: usize, part: &[u8]| {
        let mut bests: Vec<Best<u64>> = vec![Best::new(k); queries.len()];
        for (number, block) in part.chunks(BLOCK * width).enumerate() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            for (at, row) in block.chunks(width).enumerate() {
                let key = (first + number * BLOCK + at) as u64;
                for (best, query) in bests.iter_mut().zip(&queries) {
                    best.offer(key, dot(row, query));
                }
            }
        }
        Ok(bests)
    };
    let parts: Vec<Result<Vec<Best<u64>>>> = thread::scope(|scope| {
        let workers: Vec<_> = bytes
            .chunks(share * width)
            .enumerate()
            .map(|(number, part)| scope.spawn(move || look(number * share, part)))
            .collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut all = vec![Best::new(k); queries.len()];
    for part in parts {
        all = all.into_iter().zip(part?).map(|(a, b)| a.merge(b)).collect();
    }
    let (mut found, mut scores) = (Array2::zeros((queries.len(), k)), Array2::zeros((queries.len(), k)));
    for (query, best) in all.into_iter().enumerate() {
        for (place, scored) in best.into_sorted().into_iter().take(k).enumerate() {
            found[(query, place)] = i64::try_from(scored.key).unwrap_or(i64::MAX);
            scores[(query, place)] = scored.score;
        }
    }
    Ok((found, scores))
}
