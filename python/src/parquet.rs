//! Vectors of Parquet files, as fast as they can be copied.
//!
//! In: a file on this machine, or its bytes. Out: an array of NumPy, or nothing where the column is
//! not plain: pyarrow reads that. relata/shards/_files.py asks for one or the other.

use std::path::PathBuf;

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use relata::service::CancelToken;

use crate::working;

/// Where a file is.
#[derive(FromPyObject)]
pub(crate) enum Source {
    Content(PyBackedBytes),
    Path(PathBuf),
}

/// The column of lists of `float32` of a file, rows x dimension; `None` where it is not plain.
#[pyfunction]
pub(crate) fn float_lists<'py>(
    py: Python<'py>,
    source: Source,
    column: String,
) -> PyResult<Option<Bound<'py, PyArray2<f32>>>> {
    let found = working::quiet(py, &CancelToken::new(), move || Ok(read(source, &column)))?;
    Ok(found.map(|vectors| vectors.into_pyarray(py)))
}

#[cfg(feature = "serve")]
fn read(source: Source, column: &str) -> Option<Array2<f32>> {
    match source {
        Source::Content(content) => relata::service::float_lists_of_bytes(content, column),
        Source::Path(path) => relata::service::float_lists_of_file(&path, column),
    }
}

#[cfg(not(feature = "serve"))]
fn read(_: Source, _: &str) -> Option<Array2<f32>> {
    None
}
