//! The steps of an index that many machines make: a plan, rows coded by it, and their merge.
//!
//! In: a library; later NumPy arrays of vectors. Out: bytes, which pass between machines and lie in
//! files, and the library's index. relata/shards/_index.py makes the job of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use relata::neighbours::IndexPlan as Plan;
use relata::service::{CancelToken, Event, PlannedIndex, VectorArrays, Work};

use crate::library::Library;
use crate::{errors, working};

/// What an index is arranged by.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct IndexPlan {
    plan: Arc<Plan>,
}

#[pymethods]
impl IndexPlan {
    /// A plan of another machine.
    #[new]
    fn new(py: Python<'_>, bytes: &[u8]) -> PyResult<IndexPlan> {
        let plan = Plan::from_bytes(bytes).map_err(|error| errors::from(py, &error))?;
        Ok(IndexPlan { plan: Arc::new(plan) })
    }

    /// Everything that another machine needs.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.plan.to_bytes().map_err(|error| errors::from(py, &error))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Cells x dimension, as two numbers.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.plan.cells(), self.plan.dimension())
    }

    /// Codes vectors, whose ids stand on a line each: the content of a file.
    fn code<'py>(
        &self,
        py: Python<'py>,
        ids: String,
        vectors: PyReadonlyArray2<'_, f32>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes: Vec<[u8; 4]> = vectors.as_array().iter().map(|element| element.to_le_bytes()).collect();
        let plan = Arc::clone(&self.plan);
        let coded = working::interruptible(py, move |check| plan.code(&ids, bytes.as_flattened(), check))?;
        Ok(PyBytes::new(py, &coded))
    }
}

/// A plan of the index, the fingerprint of the library's vectors, and how many there are.
#[pyfunction]
pub(crate) fn plan_index(py: Python<'_>, library: &Library) -> PyResult<(IndexPlan, String, u64)> {
    let cancel = CancelToken::new();
    let relata = library.handle(py)?.cancelled_by(&cancel);
    let planned = working::quiet(py, &cancel, move || relata.plan_index())?;
    let PlannedIndex { plan, fingerprint, papers } = planned;
    Ok((IndexPlan { plan: Arc::new(plan) }, fingerprint, papers))
}

/// Makes the index of files of coded rows: how many papers it has, how many rows are no part of it,
/// and whether it is used. `memory`: bytes for rows at once. `progress` is called now and then with
/// the number of papers that were put together.
#[pyfunction]
#[pyo3(signature = (library, plan, files, memory, progress))]
pub(crate) fn merge_index(
    py: Python<'_>,
    library: &Library,
    plan: &IndexPlan,
    files: Vec<PathBuf>,
    memory: Option<u64>,
    progress: Py<PyAny>,
) -> PyResult<(u64, u64, bool)> {
    let (cancel, merged) = (CancelToken::new(), Arc::new(AtomicU64::new(0)));
    let heard = Arc::clone(&merged);
    let hear = move |event| {
        if let Event::Done(Work::Indexing, papers) = event {
            heard.store(papers, Ordering::Relaxed);
        }
    };
    let relata = library.handle(py)?.cancelled_by(&cancel).observed_by(hear);
    let plan = Arc::clone(&plan.plan);
    let mut tell = |py: Python<'_>| progress.call1(py, (merged.load(Ordering::Relaxed),)).map(drop);
    let done = working::work(py, &cancel, &mut tell, move || relata.merge_index(&plan, &files, memory))?;
    tell(py)?;
    Ok((done.papers, done.others, done.used))
}

/// Takes vectors over into a library. `passages`: the SHA-256 of each text, one after the other.
/// Gives how many were taken, were there, are of no paper, of another text, and of another
/// fingerprint.
#[pyfunction]
pub(crate) fn import_vectors(
    py: Python<'_>,
    library: &Library,
    fingerprint: String,
    ids: Vec<String>,
    passages: &[u8],
    vectors: PyReadonlyArray2<'_, f32>,
) -> PyResult<(u64, u64, u64, u64, u64)> {
    let relata = library.handle(py)?;
    let (passages, vectors) = (passages.as_chunks::<32>().0.to_vec(), vectors.as_array().to_owned());
    let imported = working::quiet(py, &CancelToken::new(), move || {
        let (ids, passages, vectors) = (&ids, &passages, vectors.view());
        relata.import_arrays(&VectorArrays { fingerprint: &fingerprint, ids, passages, vectors })
    })?;
    Ok((imported.taken, imported.there, imported.unknown, imported.other_text, imported.other_fingerprint))
}
