//! The extension module of the package for Python: `relata._relata`.
//!
//! In: Python objects. Out: what the crate answers, as Python objects. The package's own Python
//! files (python/package/relata/) make of it what people call; nothing here is a second definition
//! of anything.
//!
//! `working` runs what takes long without the interpreter's lock, `errors` turns errors into
//! exceptions, `process` knows whether this process was forked from one that worked.

mod arrow;
mod arrow_stream;
mod centres;
mod encoder;
mod errors;
mod ids;
mod indexing;
mod kmeans;
mod knn;
mod library;
mod neighbours;
mod parquet;
mod process;
mod reading;
mod topic_graph;
mod topics;
mod working;

use pyo3::prelude::*;

/// What the package's Python files are made of.
#[pymodule]
mod _relata {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::arrow::arrow_stream;
    #[pymodule_export]
    use crate::centres::{group_best, group_sums};
    #[pymodule_export]
    use crate::encoder::Encoder;
    #[pymodule_export]
    use crate::ids::Ids;
    #[pymodule_export]
    use crate::indexing::{IndexPlan, import_vectors, merge_index, plan_index};
    #[pymodule_export]
    use crate::kmeans::{Centres, UnitRows, moved, to_unit_length, train};
    #[pymodule_export]
    use crate::knn::{CellRows, cells_around, order_of_cells};
    #[pymodule_export]
    use crate::library::{Library, default_library, described_tasks};
    #[pymodule_export]
    use crate::neighbours::{Rows, RowsIndex};
    #[pymodule_export]
    use crate::parquet::float_lists;
    #[pymodule_export]
    use crate::reading::Reading;
    #[pymodule_export]
    use crate::topic_graph::{Groups, NearestLists, order_keys};
    #[pymodule_export]
    use crate::topics::{find_topics, topics_page};

    /// Runs a command line and gives its exit status.
    #[pyfunction]
    fn run(py: Python<'_>, program: Option<PathBuf>, arguments: Vec<OsString>) -> u8 {
        py.detach(|| relata::cli::run_within(program, arguments))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
