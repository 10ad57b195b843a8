//! Texts to vectors, without a library.
//!
//! In: a model by name or folder, and texts. Out: a NumPy array of `float32`, one row a text, the
//! same bits that `relata embed` writes. relata/encoder.py makes the interfaces of other packages
//! of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use relata::embed::{Embedder, EmbedderOptions, LazyEmbedder, Role};
use relata::model::{Choice, Settings};
use relata::service::CancelToken;
use relata::{Error, Result};

use crate::{errors, working};

/// How a model is named and run, as a `dict`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Asked {
    model: String,
    device: String,
    precision: String,
    long: String,
    token_budget: Option<usize>,
    unit_rows: bool,
    offline: bool,
}

impl Asked {
    fn encoder(&self) -> Result<Encoder> {
        let mut settings = Settings::from_env()?;
        settings.offline |= self.offline;
        let options = EmbedderOptions {
            device: self.device.parse()?,
            precision: self.precision.parse()?,
            long: self.long.parse()?,
            token_budget: self.token_budget,
            unit_rows: self.unit_rows,
            ..EmbedderOptions::default()
        };
        options.check()?;
        let choice = Choice::parse(Some(&self.model));
        Ok(Encoder { lazy: Arc::new(LazyEmbedder::new(choice, settings, options)?) })
    }
}

/// A model that is loaded when the first text comes.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Encoder {
    lazy: Arc<LazyEmbedder>,
}

/// Vectors of texts, with the tokens that were embedded and those that were cut.
type Encoded<'py> = (Bound<'py, PyArray2<f32>>, Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<u32>>);

#[pymethods]
impl Encoder {
    /// Names a model and how it embeds; loads nothing.
    #[new]
    fn new(py: Python<'_>, options: Asked) -> PyResult<Encoder> {
        options.encoder().map_err(|error| errors::from(py, &error))
    }

    /// Embeds texts. `progress` is called now and then with the number of texts that are done.
    #[pyo3(signature = (texts, as_query, token_budget, progress))]
    fn encode<'py>(
        &self,
        py: Python<'py>,
        texts: Vec<PyBackedStr>,
        as_query: bool,
        token_budget: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Encoded<'py>> {
        let cancel = CancelToken::new();
        let done = Arc::new(AtomicUsize::new(0));
        let mut tell = |py: Python<'_>| match &progress {
            Some(progress) => progress.call1(py, (done.load(Ordering::Relaxed),)).map(drop),
            None => Ok(()),
        };
        let (lazy, ended, count) = (Arc::clone(&self.lazy), cancel.clone(), Arc::clone(&done));
        let (vectors, tokens, cut) = working::work(py, &cancel, &mut tell, move || {
            embed(loaded(&lazy)?.as_ref(), &texts, role(as_query), token_budget, &ended, &count)
        })?;
        tell(py)?;
        Ok((vectors.into_pyarray(py), tokens.into_pyarray(py), cut.into_pyarray(py)))
    }

    /// Counts the tokens of texts that would be embedded.
    fn count_tokens<'py>(
        &self,
        py: Python<'py>,
        texts: Vec<PyBackedStr>,
        as_query: bool,
    ) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let cancel = CancelToken::new();
        let lazy = Arc::clone(&self.lazy);
        let counts = working::quiet(py, &cancel, move || loaded(&lazy)?.count_tokens(&texts, role(as_query)))?;
        Ok(counts.into_pyarray(py))
    }

    /// Length of a vector.
    #[getter]
    fn dimension(&self, py: Python<'_>) -> PyResult<usize> {
        self.lazy.dimension().map_err(|error| errors::from(py, &error))
    }

    /// Tokens of a text that the model sees.
    #[getter]
    fn token_limit(&self, py: Python<'_>) -> PyResult<usize> {
        let lazy = Arc::clone(&self.lazy);
        working::quiet(py, &CancelToken::new(), move || Ok(loaded(&lazy)?.recipe().token_limit()))
    }

    /// Whether the model itself scales its vectors to unit length.
    #[getter]
    fn normalises(&self, py: Python<'_>) -> PyResult<bool> {
        let lazy = Arc::clone(&self.lazy);
        working::quiet(py, &CancelToken::new(), move || Ok(loaded(&lazy)?.recipe().normalises()))
    }

    /// The SHA-256 over all that decides a vector.
    #[getter]
    fn fingerprint(&self) -> String {
        self.lazy.fingerprint().digest().to_owned()
    }

    /// The model's name.
    #[getter]
    fn name(&self) -> String {
        self.lazy.identity().name.clone()
    }
}

/// The model, loaded (and fetched) at the first call.
fn loaded(lazy: &LazyEmbedder) -> Result<Arc<Embedder>> {
    lazy.load(&mut |_| ())
}

fn role(as_query: bool) -> Role {
    if as_query { Role::Query } else { Role::Passage }
}

/// Embeds texts until somebody asks it to end. Shape of the vectors: texts x dimension.
fn embed(
    embedder: &Embedder,
    texts: &[PyBackedStr],
    role: Role,
    token_budget: Option<usize>,
    cancel: &CancelToken,
    done: &AtomicUsize,
) -> Result<(Array2<f32>, Vec<u32>, Vec<u32>)> {
    let mut vectors = Array2::zeros((texts.len(), embedder.recipe().dimension()));
    let (mut tokens, mut cut) = (vec![0; texts.len()], vec![0; texts.len()]);
    embedder.embed_within(texts, role, token_budget, &mut |batch| {
        for (at, index) in batch.indices.iter().enumerate() {
            vectors.row_mut(*index).assign(&batch.vectors.row(at));
            tokens[*index] = batch.tokens[at];
            cut[*index] = batch.cut[at];
        }
        done.fetch_add(batch.indices.len(), Ordering::Relaxed);
        if cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    })?;
    Ok((vectors, tokens, cut))
}
