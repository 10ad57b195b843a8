//! K-means over rows: the steps of `relata::neighbours::kmeans` on arrays of NumPy.
//!
//! In: rows of unit length and centres. Out: sums of a part, the centres that follow from all of
//! them, the nearest centre of each row. relata/shards/_cluster.py says what of it is one job.

use std::sync::Arc;

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use relata::Error;
use relata::neighbours::kmeans::{self, Sums};
use relata::service::CancelToken;

use crate::working;

/// Centres, ready to be compared with rows.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Centres {
    centres: Arc<kmeans::Centres>,
}

/// Rows of unit length that pass after pass goes over.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct UnitRows {
    rows: Arc<Vec<f32>>,
    dimension: usize,
}

#[pymethods]
impl UnitRows {
    /// Takes a copy of rows x dimension.
    #[new]
    fn new(rows: PyReadonlyArray2<'_, f32>) -> UnitRows {
        UnitRows { rows: Arc::new(elements(&rows)), dimension: rows.as_array().ncols() }
    }
}

/// Sums of elements (centres x dimension) and counts of rows by centre, and the sum of squared
/// distances, in multiples of 2⁻³².
type PartSums<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray1<i64>>, i64);

/// The number of each row's nearest centre, and its cosine to it.
type Assigned<'py> = (Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<f32>>);

#[pymethods]
impl Centres {
    /// Centres x dimension, of at least one centre and one dimension.
    #[new]
    fn new(py: Python<'_>, centres: PyReadonlyArray2<'_, f32>) -> PyResult<Centres> {
        let (values, dimension) = (elements(&centres), centres.as_array().ncols());
        let made = working::quiet(py, &CancelToken::new(), move || kmeans::Centres::new(&values, dimension))?;
        Ok(Centres { centres: Arc::new(made) })
    }

    /// What rows add to the centres nearest to them.
    fn sums<'py>(&self, py: Python<'py>, rows: &UnitRows) -> PyResult<PartSums<'py>> {
        let (centres, dimension, rows) = (Arc::clone(&self.centres), rows.dimension, Arc::clone(&rows.rows));
        let Sums { sums, counts, inertia } = working::interruptible(py, move |check| centres.sums(&rows, check))?;
        let counts: Vec<i64> = counts.into_iter().map(|count| count as i64).collect();
        Ok((matrix(sums, dimension)?.into_pyarray(py), counts.into_pyarray(py), inertia))
    }

    /// The nearest centre of each row (rows x dimension, of unit length), and the cosine to it.
    fn nearest<'py>(&self, py: Python<'py>, rows: PyReadonlyArray2<'_, f32>) -> PyResult<Assigned<'py>> {
        let (centres, rows) = (Arc::clone(&self.centres), elements(&rows));
        let (nearest, cosines) = working::interruptible(py, move |check| {
            let nearest = centres.nearest(&rows, check)?;
            let cosines = centres.cosines(&rows, &nearest);
            Ok((nearest, cosines))
        })?;
        Ok((nearest.into_pyarray(py), cosines.into_pyarray(py)))
    }
}

/// The centres that follow from sums (centres x dimension) of all rows, and how far they moved.
#[pyfunction]
pub(crate) fn moved<'py>(
    py: Python<'py>,
    before: PyReadonlyArray2<'_, f32>,
    sums: PyReadonlyArray2<'_, i64>,
    counts: PyReadonlyArray1<'_, i64>,
) -> PyResult<(Bound<'py, PyArray2<f32>>, f64)> {
    let sums: Vec<i64> = sums.as_array().iter().copied().collect();
    let counts: Vec<u64> = counts.as_array().iter().map(|count| *count as u64).collect();
    let (values, dimension) = (elements(&before), before.as_array().ncols());
    let next = py.detach(move || kmeans::moved(&values, &sums, &counts));
    Ok((matrix(next.centres, dimension)?.into_pyarray(py), next.way))
}

/// Centres (at most `k` x dimension) of a sample in no order, rows x dimension. With `spread` its
/// beginning is spread over all rows.
#[pyfunction]
pub(crate) fn train<'py>(
    py: Python<'py>,
    rows: PyReadonlyArray2<'_, f32>,
    k: usize,
    spread: bool,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let (values, dimension) = (elements(&rows), rows.as_array().ncols());
    let train = if spread { kmeans::train_spread } else { kmeans::train };
    let centres = working::interruptible(py, move |check| train(&values, dimension, k, check))?;
    Ok(matrix(centres, dimension)?.into_pyarray(py))
}

/// Scales rows (rows x dimension) to unit length, in place. Gives the number of the first row that
/// has no direction or an element that is not finite, and leaves those after it as they are.
#[pyfunction]
pub(crate) fn to_unit_length(rows: Bound<'_, PyArray2<f32>>) -> PyResult<Option<usize>> {
    let mut rows = rows.try_readwrite()?;
    let dimension = rows.as_array().ncols();
    Ok(kmeans::to_unit_length(rows.as_slice_mut()?, dimension))
}

fn elements(rows: &PyReadonlyArray2<'_, f32>) -> Vec<f32> {
    match rows.as_slice() {
        Ok(elements) => elements.to_vec(),
        Err(_) => rows.as_array().iter().copied().collect(),
    }
}

fn matrix<T>(values: Vec<T>, dimension: usize) -> PyResult<Array2<T>> {
    let shape = (values.len() / dimension.max(1), dimension);
    Array2::from_shape_vec(shape, values)
        .map_err(|_| Python::attach(|py| crate::errors::from(py, &Error::Internal("rows are not whole"))))
}
