//! Events of the service as JSON, for whoever follows a job.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::jobs::State;
use crate::model::Progress;
use crate::service::Event;

/// Something that a job tells: `event` says what, the other keys say the rest.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "JobEvent")]
pub(super) struct Told {
    /// `state`, `began`, `done`, `ended`, `read`, `harvested`, `fetching_model` or `note`.
    pub(super) event: &'static str,
    /// What belongs to it.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Told {
    fn of<const N: usize>(event: &'static str, rest: [(&str, Value); N]) -> Told {
        Told { event, rest: rest.into_iter().map(|(key, value)| (key.to_owned(), value)).collect() }
    }

    /// The job is in another state.
    pub(super) fn state(state: State) -> Told {
        Told::of("state", [("state", json(&state))])
    }

    /// Whether it says how far something is.
    pub(super) fn is_progress(&self) -> bool {
        matches!(self.event, "done" | "harvested") || self.event == "fetching_model" && self.rest.contains_key("bytes")
    }
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// An event as it is told; `None` for what no job tells.
pub(super) fn told(event: &Event) -> Option<Told> {
    Some(match event {
        Event::Began(work, total) => Told::of("began", [("work", json(work)), ("total", json(total))]),
        Event::Done(work, done) => Told::of("done", [("work", json(work)), ("done", json(done))]),
        Event::Ended(work) => Told::of("ended", [("work", json(work))]),
        Event::Read { skips, notes } => Told::of("read", [("skips", json(skips)), ("notes", json(notes))]),
        Event::Harvested(status) => Told::of("harvested", [("harvest", json(status))]),
        Event::Fetching(Progress::Note(note)) => Told::of("fetching_model", [("note", json(note))]),
        Event::Fetching(Progress::Begin { what, bytes }) => {
            Told::of("fetching_model", [("what", json(what)), ("total", json(bytes))])
        }
        Event::Fetching(Progress::Advance { bytes }) => Told::of("fetching_model", [("bytes", json(bytes))]),
        Event::Fetching(Progress::End) => Told::of("fetching_model", [("over", Value::Bool(true))]),
        Event::Note(note) => Told::of("note", [("note", json(note))]),
        // Texts to files are embedded by the command line alone.
        Event::EmbeddedTexts(_) => return None,
    })
}
