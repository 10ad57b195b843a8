//! What the service tells while it answers, for an agent: notes beside the answer, and steps of
//! long work.
//!
//! In: events. Out: notes in words, whether the sample answered, the latest step. Every event also
//! goes to whom the door was given, such as a terminal's standard error.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::clean::cut;
use crate::service::{Event, Note, Observer, Work};

/// A step of long work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// How many steps there were; grows.
    pub number: u64,
    /// What is done.
    pub text: String,
}

/// Takes the events of one request.
pub(super) struct Listener {
    notes: Mutex<Vec<String>>,
    sample: AtomicBool,
    total: AtomicU64,
    steps: watch::Sender<Step>,
    next: Option<Arc<dyn Observer>>,
}

impl Listener {
    /// A listener that passes events on.
    pub(super) fn new(next: Option<Arc<dyn Observer>>) -> Listener {
        Listener {
            notes: Mutex::default(),
            sample: AtomicBool::new(false),
            total: AtomicU64::new(0),
            steps: watch::Sender::new(Step::default()),
            next,
        }
    }

    /// The steps as they come.
    pub(super) fn steps(&self) -> watch::Receiver<Step> {
        self.steps.subscribe()
    }

    /// Whether the sample answered.
    pub(super) fn sample(&self) -> bool {
        self.sample.load(Ordering::Relaxed)
    }

    /// What there was to say, each once.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: &Note) {
        if matches!(note, Note::Sample { .. }) {
            self.sample.store(true, Ordering::Relaxed);
        }
        let Some(text) = in_words(note) else { return };
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&text) {
            notes.push(text);
        }
    }

    fn step(&self, text: String) {
        self.steps.send_modify(|step| *step = Step { number: step.number + 1, text });
    }
}

impl Observer for Listener {
    fn on(&self, event: Event) {
        match &event {
            Event::Note(note) => self.note(note),
            Event::Began(work, total) => {
                self.total.store(*total, Ordering::Relaxed);
                self.step(what(*work).to_owned());
            }
            Event::Done(work, done) => {
                self.step(format!("{}: {done} of {}", what(*work), self.total.load(Ordering::Relaxed)));
            }
            Event::Fetching(_) => self.step("fetching the model".to_owned()),
            Event::Harvested(status) => self.step(format!("fetching: {} records", status.records)),
            Event::Ended(_) | Event::Read { .. } | Event::EmbeddedTexts(_) => {}
        }
        if let Some(next) = &self.next {
            next.on(event);
        }
    }
}

fn what(work: Work) -> &'static str {
    match work {
        Work::Reading => "reading files",
        Work::Embedding => "embedding papers",
        Work::EmbeddingFacets => "embedding facets",
        Work::EmbeddingTexts => "embedding texts",
        Work::TakingOver => "taking vectors over",
        Work::Indexing => "indexing",
        Work::Comparing | Work::Grouping | Work::Drawing | Work::Naming => "finding topics",
        Work::Ranking => "ranking",
    }
}

/// A note as an agent is told; `None` for what is of no use to one.
fn in_words(note: &Note) -> Option<String> {
    Some(match note {
        Note::Sample { papers, .. } => {
            format!("The user's library is empty: the sample of {papers} papers that comes with Relata answers.")
        }
        Note::SampleLookedUp => "The user's library is empty: ids are looked for in the sample.".to_owned(),
        Note::AbsentFromProfile { papers, .. } => format!("{papers} papers of the profile are not in the library."),
        Note::AllMuted { .. } => "All that the profile likes is muted, so nothing is recommended.".to_owned(),
        Note::OwnTextsUnread { model, texts } => {
            format!("{model} does not read the language of {texts} texts of the profile; they are left out.")
        }
        Note::Withdrawn { named, liked } => {
            let ids: Vec<String> = named.iter().chain(liked).take(5).map(ToString::to_string).collect();
            format!("Withdrawn papers are among the liked: {}.", ids.join(", "))
        }
        Note::TextUnread { model, .. } => format!("{model} does not read the language of the text; it is left out."),
        Note::WordsAlone { model } => {
            format!("{model} does not read the language of the text: it was searched by its words alone.")
        }
        Note::NotInLibrary(which) => cut(which.split(';').next().unwrap_or_default(), 200),
        Note::IndexUnreadable(_) | Note::IndexDamaged(_) => {
            "The index cannot be read: answers take longer, and are the same.".to_owned()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_told_once_and_steps_grow() {
        let listener = Listener::new(None);
        let sample = || Event::Note(Note::Sample { library: "/home/ada/library.db".into(), papers: 7 });
        listener.on(sample());
        listener.on(sample());
        listener.on(Event::Began(Work::Embedding, 40));
        listener.on(Event::Done(Work::Embedding, 30));
        let notes = ["The user's library is empty: the sample of 7 papers that comes with Relata answers."];
        assert_eq!(listener.notes(), notes);
        assert!(listener.sample());
        let step = Step { number: 2, text: "embedding papers: 30 of 40".to_owned() };
        assert_eq!(*listener.steps().borrow(), step);
    }

    #[test]
    fn events_are_passed_on() {
        let seen = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&seen);
        let next: Arc<dyn Observer> = Arc::new(move |_: Event| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        Listener::new(Some(next)).on(Event::Ended(Work::Embedding));
        assert_eq!(seen.load(Ordering::Relaxed), 1);
    }
}
