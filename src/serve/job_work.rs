//! What a job does, and what came of it: all of it, part of it, or nothing.
//!
//! In: an answer of the service, or an error with what was done before it. Out: an [`Outcome`],
//! from which a job has its last state. An answer that leaves entries, papers or categories out is
//! part of one: the command line ends with code 2 there.

use std::path::Path;

use axum::http::StatusCode;
use serde_json::Value;

use super::endpoint::{Work, written};
use super::jobs::State;
use super::problem::Problem;
use crate::service::{AddError, Added, Relata};

/// Work that takes long.
pub(super) type JobWork = Box<dyn FnOnce(&Relata) -> Outcome + Send>;

/// What came of a job.
pub(super) struct Outcome {
    /// What was done.
    pub(super) answer: Option<Value>,
    /// What ended it.
    pub(super) problem: Option<Problem>,
}

impl Outcome {
    /// What came of work that answers whole or not at all.
    pub(super) fn of(done: Result<Vec<u8>, Problem>) -> Outcome {
        match done {
            Ok(answer) => Outcome { answer: serde_json::from_slice(&answer).ok(), problem: None },
            Err(problem) => Outcome { answer: None, problem: Some(problem) },
        }
    }

    /// What came of adding a file. What was stored before an error is part of it.
    fn of_added(done: Result<Added, AddError>) -> Outcome {
        let (added, error) = match done {
            Ok(added) => (added, None),
            Err(failed) => (*failed.report, Some(Problem::from(*failed.error))),
        };
        let problem = error.or_else(|| nothing_usable(&added));
        Outcome { problem, ..Outcome::of(written(&added)) }
    }

    /// The state in which a job ends by this.
    pub(super) fn state(&self) -> State {
        let left_out = self.answer.as_ref().is_some_and(left_out);
        match &self.problem {
            Some(problem) if problem.code() == crate::Error::Cancelled.code() => State::Cancelled,
            Some(_) if self.answer.as_ref().is_some_and(stored) => State::Partial,
            Some(_) => State::Failed,
            None if left_out => State::Partial,
            None => State::Done,
        }
    }
}

/// Work that answers whole or not at all.
pub(super) fn plain(work: impl FnOnce(&Relata) -> Result<Vec<u8>, Problem> + Send + 'static) -> JobWork {
    Box::new(move |relata| Outcome::of(work(relata)))
}

/// Work of an endpoint.
pub(super) fn asked(work: Work) -> JobWork {
    plain(work)
}

/// Reads a file of papers into the library.
pub(super) fn add(name: String, bytes: impl AsRef<[u8]> + Send + 'static) -> JobWork {
    Box::new(move |relata| Outcome::of_added(relata.add_reader(Path::new(&name), bytes.as_ref(), true)))
}

/// The problem of a file of which no entry could be used.
fn nothing_usable(added: &Added) -> Option<Problem> {
    let first = added.skips.skipped.first().filter(|_| added.papers() == 0)?;
    let line = if first.line > 0 { format!("line {}: ", first.line) } else { String::new() };
    let detail = format!("nothing of {} could be used: {line}{}", first.file, first.reason);
    Some(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "nothing-usable", detail))
}

/// Whether an answer says that papers are in the library.
fn stored(answer: &Value) -> bool {
    ["added", "updated", "unchanged"].iter().any(|key| answer[key].as_u64().is_some_and(|count| count > 0))
}

/// Whether an answer says that something was left out: entries that could not be used, papers that
/// could not be asked for, categories that failed or are stale.
fn left_out(answer: &Value) -> bool {
    let some = |key: &str| answer[key].as_array().is_some_and(|list| !list.is_empty());
    some("skipped") || some("failed") || answer["outcome"] == "incomplete"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::{Error, LibraryError};
    use crate::paper::Skipped;

    fn full() -> Error {
        LibraryError::Full { path: "library.db".into(), source: rusqlite::Error::QueryReturnedNoRows }.into()
    }

    fn failed(added: u64) -> Outcome {
        let report = Box::new(Added { added, ..Added::default() });
        Outcome::of_added(Err(AddError { report, stored: false, error: Box::new(full()) }))
    }

    #[test]
    fn what_was_stored_before_an_error_is_told_with_it() {
        let part = failed(1000);
        assert_eq!(part.state(), State::Partial);
        assert_eq!(part.answer.map(|answer| answer["added"].clone()), Some(json!(1000)));
        assert_eq!(part.problem.map(|problem| problem.code()), Some("library-full"));
        assert_eq!(failed(0).state(), State::Failed);
    }

    #[test]
    fn entries_that_were_left_out_make_a_part() {
        let skipped = || Skipped { file: "a.jsonl".to_owned(), line: 3, reason: "there is no id".to_owned() };
        let of = |added: u64, skips: usize| {
            let mut report = Added { added, ..Added::default() };
            (0..skips).for_each(|_| report.skips.push(skipped()));
            Outcome::of_added(Ok(report))
        };
        assert_eq!(
            (of(2, 0).state(), of(2, 1).state(), of(0, 1).state()),
            (State::Done, State::Partial, State::Failed)
        );
        let problem = of(0, 2).problem.expect("a problem");
        assert_eq!(
            (problem.code(), problem.detail()),
            ("nothing-usable", "nothing of a.jsonl could be used: line 3: there is no id")
        );
        let fetched =
            |outcome: &str| Outcome::of(Ok(json!({"outcome": outcome, "failed": []}).to_string().into_bytes()));
        assert_eq!((fetched("new").state(), fetched("incomplete").state()), (State::Done, State::Partial));
        assert_eq!(Outcome::of(Err(Error::Cancelled.into())).state(), State::Cancelled);
    }
}
