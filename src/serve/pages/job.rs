//! A job: how far it is, live with a script and by loading again without one.

use askama::Template;
use serde_json::Value;

use super::frame::Frame;
use super::library::JobLine;
use super::{Answer, Asked, Shape, Shown, html, json, no_such_shape};

use super::super::problem::Problem;

/// Seconds after which a page without scripts looks again.
const AGAIN: u32 = 2;

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    number: u64,
    title: &'static str,
    state: String,
    over: bool,
    progress: String,
    problem: String,
    /// Where the result is.
    next: (&'static str, &'static str),
    facts: Vec<(String, String)>,
}

/// What a job does, in words.
fn in_words(kind: &str) -> &'static str {
    match kind {
        "fetch" => "Fetching papers",
        "findTopics" => "Finding topics",
        "add" => "Adding papers",
        "reembed" => "Embedding papers",
        "check" => "Checking the library",
        _ => "Work",
    }
}

/// All jobs, the latest first.
pub(super) fn lines(asked: &Asked<'_>) -> Vec<JobLine> {
    let line = |row: super::super::jobs::Row| {
        let told = serde_json::to_value(&row).unwrap_or_default();
        JobLine { number: row.job, kind: in_words(row.kind), state: text(&told["state"]), asked: text(&told["asked"]) }
    };
    asked.app.jobs.list().into_iter().map(line).collect()
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let number =
        asked.part.parse().map_err(|_| Problem::malformed(format!("{:?} is no number of a job", asked.part)))?;
    let row = asked.app.jobs.get(number)?;
    match asked.shape {
        Shape::Html => {}
        Shape::Json => return json(&row),
        _ => return Err(no_such_shape()),
    }
    let (title, over) = (in_words(row.kind), row.state.is_over());
    let told = serde_json::to_value(&row).unwrap_or_default();
    let mut frame = Frame::of(asked, "job", title)?.in_answer_forms(asked);
    frame.again = if over { 0 } else { AGAIN };
    html(&JobPage {
        number,
        title,
        state: text(&told["state"]),
        over,
        progress: progress(&told["progress"]),
        problem: text(&told["problem"]["detail"]),
        next: if row.kind == "findTopics" { ("/topics", "Topics") } else { ("/", "Today") },
        facts: facts(&told["answer"]),
        frame,
    })
}

/// How far a job is, in words.
fn progress(told: &Value) -> String {
    match &*text(&told["event"]) {
        "done" => format!("{} {}", text(&told["work"]), text(&told["done"])),
        "fetching_model" => "the model is on its way".to_owned(),
        "harvested" => "pages of arXiv are read".to_owned(),
        _ => String::new(),
    }
}

/// The numbers and words of an answer.
fn facts(answer: &Value) -> Vec<(String, String)> {
    let plain = |value: &Value| value.is_number() || value.is_string();
    let all = answer.as_object().into_iter().flatten();
    all.filter(|(_, value)| plain(value)).map(|(name, value)| (name.replace('_', " "), text(value))).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}
