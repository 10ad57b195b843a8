//! The nearest of all rows, cells by cells: the steps of `relata::topics` on arrays of NumPy.
//!
//! In: centres, sizes, and the rows of some cells, which come piece by piece. Out: the order of
//! cells, the cells around each, the nearest of the rows of some. relata/shards/_neighbours.py says
//! how these go together.

use std::sync::{Arc, Mutex, PoisonError};

use numpy::ndarray::{Array2, Axis};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use relata::topics::{self, NearestOfCells};

use crate::working;

/// The rows of some cells and of those around them, in the order of their ids.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct CellRows {
    rows: Arc<Mutex<Array2<f32>>>,
}

/// Numbers of rows, and of each the numbers and cosines of its nearest (rows x k).
type Nearest<'py> = (Bound<'py, PyArray1<u32>>, Bound<'py, PyArray2<u32>>, Bound<'py, PyArray2<f32>>);

#[pymethods]
impl CellRows {
    /// So many rows, which are put in afterwards.
    #[new]
    fn new(rows: usize, dimension: usize) -> CellRows {
        CellRows { rows: Arc::new(Mutex::new(Array2::zeros((rows, dimension)))) }
    }

    /// Puts vectors (rows x dimension) at places.
    fn put(&self, places: PyReadonlyArray1<'_, u32>, vectors: PyReadonlyArray2<'_, f32>) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, vector) in places.as_array().iter().zip(vectors.as_array().axis_iter(Axis(0))) {
            rows.row_mut(*place as usize).assign(&vector);
        }
    }

    /// The `k` nearest of the rows of the first cell of each list among those of all its cells.
    /// `cells` has the cell of each row. The rows are gone then.
    fn nearest<'py>(
        &self,
        py: Python<'py>,
        cells: PyReadonlyArray1<'_, u32>,
        around: Vec<PyReadonlyArray1<'_, u32>>,
        k: usize,
    ) -> PyResult<Nearest<'py>> {
        let cells: Vec<u32> = cells.as_array().iter().copied().collect();
        let around: Vec<Vec<u32>> = around.iter().map(|cells| cells.as_array().iter().copied().collect()).collect();
        let rows = Arc::clone(&self.rows);
        let found = working::interruptible(py, move |check| {
            let rows = std::mem::take(&mut *rows.lock().unwrap_or_else(PoisonError::into_inner));
            let dimension = rows.ncols();
            let values = rows.into_raw_vec_and_offset().0;
            topics::nearest_in_cells(&topics::Rows::new(values, dimension), &cells, &around, k, check)
        })?;
        let NearestOfCells { rows, nearest } = found;
        let (numbers, cosines): (Vec<u32>, Vec<f32>) = nearest.into_iter().unzip();
        let shape = (rows.len(), k);
        let (numbers, cosines) = (shaped(py, numbers, shape)?, shaped(py, cosines, shape)?);
        Ok((rows.into_pyarray(py), numbers.into_pyarray(py), cosines.into_pyarray(py)))
    }
}

/// The order of cells (centres: cells x dimension) in which near ones stand together.
#[pyfunction]
pub(crate) fn order_of_cells<'py>(py: Python<'py>, centres: PyReadonlyArray2<'_, f32>) -> Bound<'py, PyArray1<u32>> {
    let (values, dimension) = (centres.as_array().iter().copied().collect::<Vec<f32>>(), centres.as_array().ncols());
    py.detach(move || topics::order_of_cells(&values, dimension)).into_pyarray(py)
}

/// For each of the cells from `first` to before `end` those that are looked at for its rows.
#[pyfunction]
pub(crate) fn cells_around<'py>(
    py: Python<'py>,
    centres: PyReadonlyArray2<'_, f32>,
    sizes: PyReadonlyArray1<'_, i64>,
    cells: (usize, usize),
    most: usize,
    k: usize,
) -> PyResult<Vec<Bound<'py, PyArray1<u32>>>> {
    let (values, dimension) = (centres.as_array().iter().copied().collect::<Vec<f32>>(), centres.as_array().ncols());
    let sizes: Vec<u64> = sizes.as_array().iter().map(|size| *size as u64).collect();
    let around = working::interruptible(py, move |check| {
        topics::cells_around(&values, dimension, &sizes, cells.0..cells.1, most, k, check)
    })?;
    Ok(around.into_iter().map(|cells| cells.into_pyarray(py)).collect())
}

fn shaped<T>(py: Python<'_>, values: Vec<T>, shape: (usize, usize)) -> PyResult<Array2<T>> {
    let wrong = relata::Error::Internal("rows of cells have fewer neighbours than there are rows");
    Array2::from_shape_vec(shape, values).map_err(|_| crate::errors::from(py, &wrong))
}
