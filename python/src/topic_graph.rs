//! Topics of the nearest of many rows, whose vectors and texts lie in shards.
//!
//! In: the nearest of each row, shard by shard; then, for the names, which rows are nearest to the
//! centre of each group. Out: groups in levels, and topics. relata/shards/_topics.py puts these
//! steps together.

use std::sync::{Arc, Mutex, PoisonError};

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use relata::Error;
use relata::service::CancelToken;
use relata::topics::{CENTRAL, Nearest, RowGroups, Rows, content_keys, layout, read_of_each};

use crate::topics::{LevelParts, NONE, level_parts};
use crate::{errors, working};

/// Share of the neighbourhood in the own group, second group, whether a row fits badly.
type Memberships<'py> = (Bound<'py, PyArray1<f32>>, Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<bool>>);

/// The nearest of each row, in the making.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct NearestLists {
    k: usize,
    near: Mutex<Option<Vec<(u32, f32)>>>,
}

#[pymethods]
impl NearestLists {
    /// Room for so many of each of so many rows: 8 bytes each.
    #[new]
    fn new(rows: usize, k: usize) -> NearestLists {
        NearestLists { k, near: Mutex::new(Some(vec![(NONE, 0.0); rows * k])) }
    }

    /// Takes the nearest of some rows: others and cosines are rows x k, the nearest first. Gives a
    /// place among these of a row that has its nearest already, or is near to itself.
    fn put(
        &self,
        rows: PyReadonlyArray1<'_, u32>,
        others: PyReadonlyArray2<'_, u32>,
        cosines: PyReadonlyArray2<'_, f32>,
    ) -> PyResult<Option<usize>> {
        let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        let near = near.as_mut().ok_or_else(|| PyValueError::new_err("these lists were used up"))?;
        let (rows, others, cosines) = (rows.as_array(), others.as_array(), cosines.as_array());
        for (at, row) in rows.iter().enumerate() {
            let first = *row as usize * self.k;
            let own = near.get_mut(first..first + self.k).filter(|own| own[0].0 == NONE);
            let Some(own) = own.filter(|_| others.row(at).iter().all(|other| other != row)) else {
                return Ok(Some(at));
            };
            for (place, (other, cosine)) in own.iter_mut().zip(others.row(at).iter().zip(cosines.row(at))) {
                *place = (*other, *cosine);
            }
        }
        Ok(None)
    }

    /// The first row without its nearest.
    fn missing(&self) -> Option<usize> {
        let near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        near.as_ref()?.chunks_exact(self.k).position(|own| own[0].0 == NONE)
    }

    /// Makes groups of so many rows. The lists are gone then, unless they are to be kept for a map.
    fn grouped(&self, py: Python<'_>, rows: usize, keep: bool) -> PyResult<Groups> {
        let nearest = self.taken(py)?;
        let (groups, nearest) = working::interruptible(py, move |check| {
            let groups = RowGroups::of(&nearest, rows, check)?;
            Ok((groups, keep.then_some(nearest)))
        })?;
        Ok(Groups { groups: Arc::new(groups), nearest: nearest.map(Arc::new) })
    }
}

impl NearestLists {
    fn taken(&self, py: Python<'_>) -> PyResult<Nearest> {
        let near = self.near.lock().unwrap_or_else(PoisonError::into_inner).take();
        let near = near.ok_or_else(|| errors::from(py, &Error::Internal("lists were used up")))?;
        Ok(Nearest::of_lists(self.k, near))
    }
}

/// Groups of rows, in levels.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Groups {
    groups: Arc<RowGroups>,
    nearest: Option<Arc<Nearest>>,
}

#[pymethods]
impl Groups {
    /// How many groups each level has, the coarsest first.
    fn counts(&self) -> Vec<usize> {
        self.groups.levels().iter().map(|level| level.count).collect()
    }

    /// The group of each row: levels x rows.
    fn levels<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<u32>> {
        let levels = self.groups.levels();
        let rows = levels.first().map_or(0, |level| level.groups.len());
        Array2::from_shape_fn((levels.len(), rows), |(level, row)| levels[level].groups[row]).into_pyarray(py)
    }

    /// How well each row fits its group of the finest level.
    fn memberships<'py>(&self, py: Python<'py>) -> Memberships<'py> {
        let RowGroups { strengths, seconds, weak, .. } = &*self.groups;
        (strengths.clone().into_pyarray(py), seconds.clone().into_pyarray(py), weak.clone().into_pyarray(py))
    }

    /// How many central rows of a topic are named, and how many of a finest one are read.
    fn wanted(&self) -> (usize, usize) {
        (CENTRAL, read_of_each(self.groups.levels().last().map_or(1, |finest| finest.count)))
    }

    /// Names the topics. `centres` has, for each level and group, the rows nearest to its centre;
    /// `read` the rows whose texts are known, ascending.
    fn named(
        &self,
        py: Python<'_>,
        centres: Vec<Vec<Vec<u32>>>,
        read: Vec<usize>,
        texts: Vec<String>,
    ) -> PyResult<Vec<LevelParts>> {
        let groups = Arc::clone(&self.groups);
        working::quiet(py, &CancelToken::new(), move || {
            Ok(groups.named(&centres, &read, &texts).into_iter().map(level_parts).collect())
        })
    }

    /// Where each row lies on the map, given all vectors; the lists of the nearest must have been
    /// kept.
    fn layout<'py>(&self, py: Python<'py>, vectors: PyReadonlyArray2<'py, f32>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let nearest = self.nearest.clone().ok_or_else(|| PyValueError::new_err("the nearest were not kept"))?;
        let (dimension, values) = (vectors.as_array().ncols(), vectors.as_array().iter().copied().collect());
        let places = working::interruptible(py, move |check| layout(&Rows::new(values, dimension), &nearest, check))?;
        Ok(Array2::from_shape_fn((places.len(), 2), |(row, axis)| places[row][axis]).into_pyarray(py))
    }
}

/// Numbers by which rows come into the canonical order, equal ones by id.
#[pyfunction]
pub(crate) fn order_keys<'py>(py: Python<'py>, vectors: PyReadonlyArray2<'py, f32>) -> Bound<'py, PyArray1<u64>> {
    let values: Vec<f32> = vectors.as_array().iter().copied().collect();
    let dimension = vectors.as_array().ncols();
    py.detach(|| content_keys(&values, dimension)).into_pyarray(py)
}
