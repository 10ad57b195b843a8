//! Topics of vectors and texts, without a library, and the page that shows topics.
//!
//! In: unit rows, and a text of each. Out: levels of topics as tuples, and arrays with a row for
//! each text. relata/topic_model.py makes what people call of it.

use std::sync::{Arc, Mutex, PoisonError};

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use relata::Error;
use relata::PartialDate;
use relata::error::Result;
use relata::service::CancelToken;
use relata::topics::{AssignedRow, Level, Method, RowTopics, RowsPage, Step, Term, Topic, of_rows, page_of_rows};

use crate::{errors, working};

/// Number, name, terms with weights, size, place of the parent in the level before, places of the
/// central rows.
type TopicParts = (u32, String, Vec<(String, f64)>, usize, Option<usize>, Vec<usize>);

/// The name of a level, and its topics.
pub(crate) type LevelParts = (String, Vec<TopicParts>);

/// What fills a place of an array that stands for nothing.
pub(crate) const NONE: u32 = u32::MAX;

/// Related rows of a row.
const RELATED: usize = 6;

/// Topics of rows as Python takes them: levels; place of the topic in each level (levels x rows);
/// positions (rows x 2); strengths; place of the second topic; whether a row fits badly; related
/// rows (rows x 6); place of the group that is no topic.
type Found<'py> = (
    Vec<LevelParts>,
    Bound<'py, PyArray2<u32>>,
    Bound<'py, PyArray2<f32>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<bool>>,
    Bound<'py, PyArray2<u32>>,
    Option<usize>,
);

/// How far a search is: the step, how much of it is done, and how much there is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told {
    step: Option<&'static str>,
    done: u64,
    total: u64,
}

impl Told {
    fn hear(&mut self, step: Step) {
        let begin = |step, total| Told { step: Some(step), done: 0, total };
        match step {
            Step::Comparing(total) => *self = begin("comparing", total),
            Step::Compared(more) => self.done += more,
            Step::Grouping => *self = begin("grouping", 0),
            Step::Drawing => *self = begin("drawing", 0),
            Step::Naming => *self = begin("naming", 0),
            Step::Further => {}
        }
    }
}

/// Finds topics among rows of unit length. `progress` is called now and then with the work that is
/// under way, how much of it is done, and how much there is.
#[pyfunction]
#[pyo3(signature = (vectors, texts, method, progress))]
pub(crate) fn find_topics<'py>(
    py: Python<'py>,
    vectors: PyReadonlyArray2<'py, f32>,
    texts: Vec<PyBackedStr>,
    method: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<Found<'py>> {
    let method = method_of(method).map_err(|error| errors::from(py, &error))?;
    let (dimension, vectors) = (vectors.as_array().ncols(), vectors.as_array().iter().copied().collect::<Vec<f32>>());
    let (cancel, told) = (CancelToken::new(), Arc::new(Mutex::new(Told::default())));
    let (ended, heard) = (cancel.clone(), Arc::clone(&told));
    let mut tell = |py: Python<'_>| {
        let Told { step, done, total } = *lock(&told);
        match progress.as_ref().zip(step) {
            Some((progress, step)) => progress.call1(py, (step, done, total)).map(drop),
            None => Ok(()),
        }
    };
    let found = working::work(py, &cancel, &mut tell, move || {
        let mut read = |places: &[usize]| Ok(places.iter().map(|place| texts[*place].to_string()).collect());
        of_rows(vectors, dimension, method, &mut read, &|step| {
            lock(&heard).hear(step);
            if ended.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
        })
    })?;
    Ok(parts(py, found))
}

fn lock(told: &Mutex<Told>) -> std::sync::MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

fn method_of(method: &str) -> Result<Method> {
    serde_json::from_str(method).map_err(|_| Error::Internal("a method is none that there is"))
}

fn parts(py: Python<'_>, found: RowTopics) -> Found<'_> {
    let RowTopics { rows, levels, unassigned } = found;
    let count = rows.len();
    let groups = Array2::from_shape_fn((levels.len(), count), |(level, row)| rows[row].topics[level] as u32);
    let positions = Array2::from_shape_fn((count, 2), |(row, axis)| rows[row].position[axis]);
    let related =
        Array2::from_shape_fn((count, RELATED), |(row, at)| rows[row].related.get(at).copied().unwrap_or(NONE));
    let strengths: Vec<f64> = rows.iter().map(|row| row.strength).collect();
    let seconds: Vec<u32> = rows.iter().map(|row| row.second.map_or(NONE, |second| second as u32)).collect();
    let weak: Vec<bool> = rows.iter().map(|row| row.weak).collect();
    (
        levels.into_iter().map(level_parts).collect(),
        groups.into_pyarray(py),
        positions.into_pyarray(py),
        strengths.into_pyarray(py),
        seconds.into_pyarray(py),
        weak.into_pyarray(py),
        related.into_pyarray(py),
        unassigned,
    )
}

pub(crate) fn level_parts(level: Level) -> LevelParts {
    let topic = |topic: Topic| {
        let terms = topic.terms.into_iter().map(|term| (term.term, term.weight)).collect();
        (topic.id, topic.name, terms, topic.papers.len(), topic.parent, topic.central)
    };
    (level.name.to_owned(), level.topics.into_iter().map(topic).collect())
}

/// What a page shows, as a `dict`. Lists and arrays have a place for each row that is shown; arrays
/// are as [`find_topics`] gives them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Shown<'py> {
    title: String,
    levels: Vec<LevelParts>,
    /// Rows that the topics have in all.
    all: usize,
    ids: Vec<String>,
    titles: Vec<String>,
    authors: Option<Vec<String>>,
    texts: Option<Vec<String>>,
    dates: Vec<Option<String>>,
    groups: PyReadonlyArray2<'py, u32>,
    positions: PyReadonlyArray2<'py, f32>,
    strengths: PyReadonlyArray1<'py, f64>,
    seconds: PyReadonlyArray1<'py, u32>,
    weak: PyReadonlyArray1<'py, bool>,
    related: PyReadonlyArray2<'py, u32>,
}

/// The page of topics: HTML that needs no network.
#[pyfunction]
pub(crate) fn topics_page(py: Python<'_>, shown: Shown<'_>) -> PyResult<String> {
    let topics = shown.topics();
    let Shown { title, all, ids, titles, authors, texts, dates, .. } = shown;
    // A date that is none is no date of a page; who gives dates has looked at them.
    let dates: Vec<Option<PartialDate>> = dates.iter().map(|date| date.as_deref()?.parse().ok()).collect();
    working::quiet(py, &CancelToken::new(), move || {
        let page = RowsPage {
            title: &title,
            topics: &topics,
            all,
            ids: &ids,
            titles: &titles,
            authors: authors.as_deref(),
            texts: texts.as_deref(),
            dates: &dates,
        };
        page_of_rows(&page)
    })
}

impl Shown<'_> {
    fn topics(&self) -> RowTopics {
        let (groups, positions, related) = (self.groups.as_array(), self.positions.as_array(), self.related.as_array());
        let some = |place: u32| (place != NONE).then_some(place);
        let row = |at: usize| AssignedRow {
            position: [positions[(at, 0)], positions[(at, 1)]],
            topics: groups.column(at).iter().map(|topic| *topic as usize).collect(),
            strength: self.strengths.as_array()[at],
            second: some(self.seconds.as_array()[at]).map(|second| second as usize),
            weak: self.weak.as_array()[at],
            related: related.row(at).iter().copied().filter_map(some).collect(),
        };
        let rows: Vec<AssignedRow> = (0..self.ids.len()).map(row).collect();
        let levels = self.levels.iter().enumerate().map(|(number, level)| shown_level(level, number, &rows));
        RowTopics { levels: levels.collect(), rows, unassigned: None }
    }
}

fn shown_level((name, topics): &LevelParts, number: usize, rows: &[AssignedRow]) -> Level {
    let mut papers = vec![Vec::new(); topics.len()];
    rows.iter().enumerate().for_each(|(at, row)| papers[row.topics[number]].push(at));
    let topic = |((id, name, terms, size, parent, central), papers): (&TopicParts, Vec<usize>)| Topic {
        id: *id,
        name: name.clone(),
        given: false,
        terms: terms.iter().map(|(term, weight)| Term { term: term.clone(), weight: *weight }).collect(),
        parent: *parent,
        papers,
        central: central.clone(),
        noted: *size,
    };
    let name = match name.as_str() {
        "field" => "field",
        "subtopic" => "subtopic",
        _ => "topic",
    };
    Level { name, topics: topics.iter().zip(papers).map(topic).collect() }
}
