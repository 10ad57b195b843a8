//! Work that takes long: one job at a time, the others wait in turn, each outlives its client.
//!
//! In: work (`job_work`), what it is called. Out: a number under which anybody may ask how far it
//! is, follow its events, read its answer, or end it. Jobs are of this process: what they have
//! stored stays, the list of them does not.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use axum::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use super::events::{Told, told};
use super::job_work::{JobWork, Outcome};
use super::problem::Problem;
use crate::error::Error;
use crate::service::{CancelToken, Event, Relata};

/// Jobs that wait at once.
const WAITING: usize = 20;
/// Jobs that are over and can still be asked for.
const OVER: usize = 100;
/// Events of a job that can still be read.
const EVENTS: usize = 1000;

/// What has become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Others are before it.
    Waiting,
    /// It is being done.
    Running,
    /// It is done.
    Done,
    /// Part of it is done: `answer` says what was stored and what was left out, and `problem` what
    /// ended the rest, where something did.
    Partial,
    /// It went wrong, and nothing came of it.
    Failed,
    /// Somebody has ended it. What it had stored stays; `answer` says what, where that is known.
    Cancelled,
}

impl State {
    /// Whether nothing more will happen.
    pub(super) fn is_over(self) -> bool {
        matches!(self, State::Done | State::Partial | State::Failed | State::Cancelled)
    }
}

/// A job, as it is told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Job")]
pub(super) struct Row {
    /// Its number.
    pub(super) job: u64,
    /// What is done.
    pub(super) kind: &'static str,
    /// What has become of it.
    pub(super) state: State,
    /// When it was asked for.
    asked: Timestamp,
    /// When it began, and when it was over.
    began: Option<Timestamp>,
    /// When it was over.
    over: Option<Timestamp>,
    /// The last that it has told of how far it is.
    progress: Option<Told>,
    /// The answer, once it is done, or what was done of it.
    answer: Option<Value>,
    /// What went wrong.
    problem: Option<Value>,
}

struct Job {
    row: Row,
    work: Option<JobWork>,
    cancel: CancelToken,
    events: VecDeque<(u64, Told)>,
    next_event: u64,
    changed: watch::Sender<u64>,
}

/// What a job has told, each with its number.
pub(super) struct Heard {
    pub(super) events: Vec<(u64, Told)>,
    /// Whether it will tell more.
    pub(super) more: bool,
    /// Tells when it has.
    pub(super) changed: watch::Receiver<u64>,
}

#[derive(Default)]
struct All {
    jobs: BTreeMap<u64, Job>,
    next: u64,
    /// Set once the server stops: no job begins any more.
    closed: bool,
}

struct Shared {
    all: Mutex<All>,
    come: Condvar,
}

/// The jobs of a server, and the thread that does them.
pub(super) struct Jobs {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Jobs {
    /// Jobs of the library behind a handle.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn new(relata: Relata) -> std::io::Result<Jobs> {
        let shared = Arc::new(Shared { all: Mutex::default(), come: Condvar::new() });
        let own = Arc::clone(&shared);
        let worker = std::thread::Builder::new().name("jobs".to_owned()).spawn(move || {
            while let Some(number) = own.wait() {
                own.run(&relata, number);
            }
        })?;
        Ok(Jobs { shared, worker: Mutex::new(Some(worker)) })
    }

    /// Has work done once its turn comes.
    ///
    /// # Errors
    /// A problem where too many wait.
    pub(super) fn add(&self, kind: &'static str, work: JobWork) -> Result<Row, Problem> {
        let mut all = self.shared.all();
        let waiting = all.jobs.values().filter(|job| job.row.state == State::Waiting).count();
        if waiting >= WAITING || all.closed {
            return Err(Problem::busy());
        }
        let over: Vec<u64> = all.jobs.values().filter(|job| job.row.state.is_over()).map(|job| job.row.job).collect();
        for number in over.iter().take((over.len() + 1).saturating_sub(OVER)) {
            all.jobs.remove(number);
        }
        all.next += 1;
        let row = Row {
            job: all.next,
            kind,
            state: State::Waiting,
            asked: Timestamp::now(),
            began: None,
            over: None,
            progress: None,
            answer: None,
            problem: None,
        };
        let (cancel, events, changed) = (CancelToken::new(), VecDeque::new(), watch::Sender::new(0));
        let job = Job { row: row.clone(), work: Some(work), cancel, events, next_event: 1, changed };
        all.jobs.insert(row.job, job);
        self.shared.come.notify_one();
        Ok(row)
    }

    /// All jobs, the latest first.
    pub(super) fn list(&self) -> Vec<Row> {
        self.shared.all().jobs.values().rev().map(|job| job.row.clone()).collect()
    }

    /// A job.
    ///
    /// # Errors
    /// A problem where there is none of that number.
    pub(super) fn get(&self, number: u64) -> Result<Row, Problem> {
        self.shared.all().jobs.get(&number).map(|job| job.row.clone()).ok_or_else(|| none(number))
    }

    /// Ends a job: one that waits never begins, one that runs ends at its next step.
    ///
    /// # Errors
    /// As [`Jobs::get`].
    pub(super) fn cancel(&self, number: u64) -> Result<Row, Problem> {
        let mut all = self.shared.all();
        let job = all.jobs.get_mut(&number).ok_or_else(|| none(number))?;
        job.cancel.cancel();
        if job.row.state == State::Waiting {
            job.work = None;
            job.end(State::Cancelled);
        }
        Ok(job.row.clone())
    }

    /// The events of a job after one of them.
    ///
    /// # Errors
    /// As [`Jobs::get`].
    pub(super) fn events(&self, number: u64, after: u64) -> Result<Heard, Problem> {
        let all = self.shared.all();
        let job = all.jobs.get(&number).ok_or_else(|| none(number))?;
        // Before the events are read, so that none comes unnoticed.
        let changed = job.changed.subscribe();
        let events = job.events.iter().filter(|(event, _)| *event > after).cloned().collect();
        Ok(Heard { events, more: !job.row.state.is_over(), changed })
    }

    /// Ends all jobs and waits for the one that runs.
    pub(super) fn close(&self) {
        {
            let mut all = self.shared.all();
            all.closed = true;
            for job in all.jobs.values_mut().filter(|job| !job.row.state.is_over()) {
                job.cancel.cancel();
                if job.row.state == State::Waiting {
                    job.work = None;
                    job.end(State::Cancelled);
                }
            }
            self.shared.come.notify_one();
        }
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            let _ = worker.join();
        }
    }
}

fn none(number: u64) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-job", format!("there is no job {number}"))
}

impl Shared {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a job to do; `None` once the server stops.
    fn wait(&self) -> Option<u64> {
        let mut all = self.all();
        loop {
            if all.closed {
                return None;
            }
            let next = all.jobs.values().find(|job| job.row.state == State::Waiting).map(|job| job.row.job);
            if next.is_some() {
                return next;
            }
            all = self.come.wait(all).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run(self: &Arc<Shared>, relata: &Relata, number: u64) {
        let (work, cancel) = {
            let mut all = self.all();
            let Some(job) = all.jobs.get_mut(&number) else { return };
            let Some(work) = job.work.take() else { return };
            job.row.state = State::Running;
            job.row.began = Some(Timestamp::now());
            job.tell(Told::state(State::Running));
            (work, job.cancel.clone())
        };
        let own = Arc::clone(self);
        let observed = move |event: Event| own.tell(number, &event);
        let relata = relata.cancelled_by(&cancel).observed_by(observed);
        let done = catch_unwind(AssertUnwindSafe(|| work(&relata)));
        let done = done.unwrap_or_else(|_| Outcome::of(Err(Error::Internal("the work of a job panicked").into())));
        let mut all = self.all();
        let Some(job) = all.jobs.get_mut(&number) else { return };
        let state = done.state();
        let problem = done.problem.filter(|_| state != State::Cancelled);
        job.row.problem = problem.and_then(|problem| serde_json::to_value(problem.written()).ok());
        job.row.answer = done.answer;
        job.end(state);
    }

    fn tell(&self, number: u64, event: &Event) {
        if let Some(told) = told(event)
            && let Some(job) = self.all().jobs.get_mut(&number)
        {
            job.tell(told);
        }
    }
}

impl Job {
    fn end(&mut self, state: State) {
        self.row.state = state;
        self.row.over = Some(Timestamp::now());
        self.tell(Told::state(state));
    }

    fn tell(&mut self, told: Told) {
        if told.is_progress() {
            self.row.progress = Some(told.clone());
            // How far it was a moment ago is of no use to anybody.
            if self.events.back().is_some_and(|(_, last)| last.is_progress()) {
                self.events.pop_back();
            }
        }
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back((self.next_event, told));
        self.next_event += 1;
        self.changed.send_replace(self.next_event);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::super::job_work::plain;
    use super::*;
    use crate::model::Settings;
    use crate::service::{Options, Work as Task};

    fn jobs(folder: &std::path::Path) -> Jobs {
        let settings = Settings::from_vars(|_| None, Some(folder.join("cache")), None).expect("settings");
        Jobs::new(Relata::new(Options::new(folder.join("library.db"), settings))).expect("a thread")
    }

    fn end(jobs: &Jobs, number: u64) -> Row {
        loop {
            let row = jobs.get(number).expect("the job");
            if row.state.is_over() {
                return row;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn jobs_are_done_one_after_the_other_and_tell_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let jobs = jobs(folder.path());
        let (go, wait) = mpsc::channel::<()>();
        let first = jobs.add("first", plain(move |_| wait.recv().map(|()| b"1".to_vec()).map_err(|_| Problem::busy())));
        let second = jobs.add("second", plain(|_| Ok(b"{\"two\": 2}".to_vec()))).expect("room");
        let third = jobs.add("third", plain(|_| Err(Error::Internal("on purpose").into()))).expect("room");
        let fourth = jobs.add("fourth", plain(|_| panic!("on purpose"))).expect("room");
        assert_eq!(jobs.get(second.job).expect("the job").state, State::Waiting);
        go.send(()).expect("the first listens");
        assert_eq!(end(&jobs, first.expect("room").job).answer, Some(Value::from(1)));
        assert_eq!(end(&jobs, second.job).answer, Some(serde_json::json!({"two": 2})));
        assert_eq!(end(&jobs, third.job).problem.expect("a problem")["code"], "internal");
        assert_eq!(end(&jobs, fourth.job).state, State::Failed);
        let listed: Vec<&str> = jobs.list().iter().map(|row| row.kind).collect();
        assert_eq!(listed, ["fourth", "third", "second", "first"]);
    }

    #[test]
    fn a_job_can_be_ended_before_and_while_it_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let jobs = jobs(folder.path());
        let (told, hear) = mpsc::channel();
        let runs = jobs.add(
            "runs",
            plain(move |relata| {
                relata.tell(Event::Began(Task::Embedding, 10));
                for done in 0..10 {
                    relata.tell(Event::Done(Task::Embedding, done));
                }
                told.send(()).map_err(|_| Problem::busy())?;
                while !relata.is_cancelled() {
                    std::thread::yield_now();
                }
                Err(Error::Cancelled.into())
            }),
        );
        let (runs, waits) = (runs.expect("room"), jobs.add("waits", plain(|_| Ok(Vec::new()))).expect("room"));
        hear.recv().expect("it runs");
        assert_eq!(jobs.cancel(waits.job).expect("the job").state, State::Cancelled);
        jobs.cancel(runs.job).expect("the job");
        assert_eq!(end(&jobs, runs.job).state, State::Cancelled);
        let Heard { events, more, .. } = jobs.events(runs.job, 0).expect("events");
        let events: Vec<Value> = events.iter().map(|(_, told)| serde_json::to_value(told).expect("JSON")).collect();
        let expected = serde_json::json!([
            {"event": "state", "state": "running"},
            {"event": "began", "work": "embedding", "total": 10},
            {"event": "done", "work": "embedding", "done": 9},
            {"event": "state", "state": "cancelled"},
        ]);
        assert_eq!((Value::from(events), more), (expected, false));
        assert_eq!(jobs.cancel(99).expect_err("none").code(), "no-such-job");
        jobs.close();
        assert_eq!(jobs.add("late", plain(|_| Ok(Vec::new()))).expect_err("closed").code(), "busy");
    }
}
