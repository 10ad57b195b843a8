//! The texts of files in blocks, without a library.
//!
//! In: files. Out: piece by piece what `relata embed` would embed of them.
//! relata/shards/_inputs.py makes rows of it.

use std::path::PathBuf;
use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use relata::Error;
use relata::service::{Passage, Passages, Piece, ReadPassages};

use crate::errors;

/// Reads files, one block ahead of whoever asks.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Reading {
    passages: Mutex<Passages>,
}

#[pymethods]
impl Reading {
    /// Opens files. `rows` is the most of a block.
    #[new]
    fn new(py: Python<'_>, inputs: Vec<PathBuf>, lines: bool, rows: usize) -> PyResult<Reading> {
        let read = py.detach(|| ReadPassages { inputs, lines, rows }.read());
        let passages = read.map_err(|error| errors::from(py, &error))?;
        Ok(Reading { passages: Mutex::new(passages) })
    }

    /// The next piece as a `dict`: a block with its columns, an entry that was skipped, or a note.
    /// `None` at the end.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let next = py.detach(|| match self.passages.lock() {
            Ok(mut passages) => passages.next().transpose(),
            Err(_) => Err(Error::Internal("reading that broke off")),
        });
        let Some(piece) = next.map_err(|error| errors::from(py, &error))? else { return Ok(None) };
        let told = PyDict::new(py);
        match piece {
            Piece::Block { passages, bytes } => block(py, &told, passages, bytes)?,
            Piece::Skipped(skipped) => {
                told.set_item("file", skipped.file)?;
                told.set_item("line", skipped.line)?;
                told.set_item("reason", skipped.reason)?;
            }
            Piece::Note(note) => told.set_item("note", note)?,
        }
        Ok(Some(told))
    }
}

fn block(py: Python<'_>, told: &Bound<'_, PyDict>, passages: Vec<Passage>, bytes: u64) -> PyResult<()> {
    told.set_item("bytes", bytes)?;
    told.set_item("ids", PyList::new(py, passages.iter().map(|passage| &passage.id))?)?;
    told.set_item("titles", PyList::new(py, passages.iter().map(|passage| &passage.title))?)?;
    told.set_item("texts", PyList::new(py, passages.iter().map(|passage| &passage.text))?)?;
    told.set_item("files", PyList::new(py, passages.iter().map(|passage| &passage.file))?)?;
    told.set_item("lines", PyList::new(py, passages.iter().map(|passage| passage.line))?)
}
