//! A library, asked by the names of tasks.
//!
//! In: where it lies, a task's name and its request as JSON. Out: the answer as JSON, with notes on
//! it. Vectors do not pass as JSON: they are one array. relata/library.py makes methods of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{errors, process, working};
use numpy::{IntoPyArray, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use relata::ArxivId;
use relata::Error;
use relata::error::Result;
use relata::model::Settings;
use relata::service::{CancelToken, Event, FoundBy, Note, Options, Relata, Row, Work, tasks};

/// How a library is opened, as a `dict`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Asked {
    path: std::path::PathBuf,
    model: Option<String>,
    device: String,
    precision: Option<String>,
    long: Option<String>,
    profile: Option<String>,
    offline: bool,
}

impl Asked {
    fn options(self) -> Result<Options> {
        let mut settings = Settings::from_env()?;
        settings.offline |= self.offline;
        let options = Options {
            model: self.model,
            device: self.device.parse()?,
            precision: self.precision.as_deref().map(str::parse).transpose()?,
            long: self.long.as_deref().map(str::parse).transpose()?,
            profile: self.profile,
            ..Options::new(self.path, settings)
        };
        options.check()?;
        Ok(options)
    }
}

/// A handle; it opens the library when a task needs it.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Library {
    /// There until this is dropped.
    relata: Option<Relata>,
}

impl Drop for Library {
    fn drop(&mut self) {
        // A forked process must not close what is its parent's.
        if process::is_forked() {
            std::mem::forget(self.relata.take());
        }
    }
}

impl Library {
    pub(crate) fn handle(&self, py: Python<'_>) -> PyResult<Relata> {
        self.relata.clone().ok_or_else(|| errors::from(py, &Error::Internal("a handle without a library")))
    }
}

/// Titles, authors and dates of papers.
type Columns = (Vec<String>, Vec<String>, Vec<String>);

/// What is told while a task is done.
#[derive(Default)]
struct Told {
    notes: Vec<Note>,
    /// Each work that has begun since somebody was told, and the one before: how much of it is
    /// done, and how much there is.
    works: Vec<(Work, u64, u64)>,
}

impl Told {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Note(note) => self.notes.push(note),
            Event::Began(work, total) => self.works.push((work, 0, total)),
            Event::Done(work, done) => {
                if let Some((_, so_far, _)) = self.works.last_mut().filter(|(own, ..)| *own == work) {
                    *so_far = done;
                }
            }
            // It is told once more how far it was: work may end between two looks.
            _ => {}
        }
    }

    /// How far each work is. Only the last one is told again.
    fn untold(&mut self) -> Vec<(Work, u64, u64)> {
        let last = self.works.last().copied();
        std::mem::replace(&mut self.works, last.into_iter().collect())
    }
}

#[pymethods]
impl Library {
    /// Says where a library lies; opens nothing.
    #[new]
    fn new(py: Python<'_>, options: Asked) -> PyResult<Library> {
        let options = options.options().map_err(|error| errors::from(py, &error))?;
        Ok(Library { relata: Some(Relata::new(options)) })
    }

    /// Does a task. `progress` is called now and then with the work that is under way, how much of
    /// it is done, and how much there is.
    #[pyo3(signature = (name, request, progress))]
    fn call(
        &self,
        py: Python<'_>,
        name: String,
        request: String,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(String, String)> {
        let (cancel, told) = (CancelToken::new(), Arc::new(Mutex::new(Told::default())));
        let heard = Arc::clone(&told);
        let relata = self.handle(py)?.cancelled_by(&cancel).observed_by(move |event| lock(&heard).hear(event));
        let mut tell = |py: Python<'_>| {
            let Some(progress) = &progress else { return Ok(()) };
            for (work, done, total) in lock(&told).untold() {
                progress.call1(py, (word(work), done, total))?;
            }
            Ok(())
        };
        let answer = working::work(py, &cancel, &mut tell, move || {
            let task = tasks().into_iter().find(|task| task.name == name);
            let task = task.ok_or(Error::Internal("there is no such task"))?;
            let request = serde_json::from_str(&request).map_err(|_| Error::Internal("a request is no JSON"))?;
            Ok(task.ask(&relata, request)?.to_string())
        })?;
        let notes = serde_json::to_string(&lock(&told).notes);
        Ok((answer, notes.map_err(|_| errors::from(py, &Error::Internal("a note is no JSON")))?))
    }

    /// Titles, authors and dates of papers by their ids; all are empty of one that is not there.
    fn papers(&self, py: Python<'_>, ids: Vec<String>) -> PyResult<Columns> {
        let relata = self.handle(py)?;
        working::quiet(py, &CancelToken::new(), move || {
            let asked: Vec<Option<ArxivId>> = ids.iter().map(|id| Some(ArxivId::parse(id)?.0)).collect();
            let known: Vec<ArxivId> = asked.iter().flatten().cloned().collect();
            let found = relata.named_papers(&known)?.results;
            let of: HashMap<ArxivId, _> = found.into_iter().map(|paper| (paper.id.clone(), paper)).collect();
            let of = |id: &Option<ArxivId>| of.get(id.as_ref()?);
            let each =
                |show: &dyn Fn(&_) -> String| asked.iter().map(|id| of(id).map_or_else(String::new, show)).collect();
            let titles = each(&|paper: &Row<FoundBy>| paper.title.clone().unwrap_or_default());
            let authors = each(&|paper| paper.authors.join(", "));
            Ok((titles, authors, each(&|paper| paper.date.to_string())))
        })
    }

    /// The ids of the papers, their vectors (which nobody may write to), and the fingerprint.
    fn vectors<'py>(&self, py: Python<'py>) -> PyResult<(Vec<String>, Bound<'py, PyArray2<f32>>, String)> {
        let relata = self.handle(py)?;
        let found = working::quiet(py, &CancelToken::new(), move || relata.vectors())?;
        let ids = found.ids.iter().map(ToString::to_string).collect();
        let vectors = found.vectors.into_pyarray(py);
        vectors.readwrite().make_nonwriteable();
        Ok((ids, vectors, found.fingerprint))
    }
}

fn lock(told: &Mutex<Told>) -> std::sync::MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of work, as JSON has it.
fn word(work: Work) -> String {
    serde_json::to_value(work).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Where the program has its library.
#[pyfunction]
pub(crate) fn default_library(py: Python<'_>) -> PyResult<std::path::PathBuf> {
    relata::library::default_path().map_err(|error| errors::from(py, &error))
}

/// All tasks as JSON: name, what it does, schemas of request and answer.
#[pyfunction]
pub(crate) fn described_tasks() -> String {
    let described = tasks().into_iter().map(|task| {
        serde_json::json!({"name": task.name, "about": task.about, "request": task.request, "answer": task.answer})
    });
    serde_json::Value::Array(described.collect()).to_string()
}
