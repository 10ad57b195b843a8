//! A job: how far it is, live with a script and by loading again without one; then what came of it,
//! what was left out and why, and what helps.

use askama::Template;
use serde_json::Value;

use super::frame::Frame;
use super::job_words::{Left, advice, category_state, facts, left_out, moment, progress, state};
use super::library::JobLine;
use super::{Answer, Asked, Shape, Shown, html, json, no_such_shape};

use super::super::jobs::State;
use super::super::problem::Problem;

/// Seconds after which a page without scripts looks again.
const AGAIN: u32 = 2;

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    number: u64,
    title: &'static str,
    state: &'static str,
    over: bool,
    progress: String,
    problem: String,
    code: String,
    advice: &'static str,
    /// Whether a button asks arXiv once more.
    again: bool,
    /// Where the result is.
    next: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    categories: Vec<Category>,
    /// Whether any of them has a reason.
    reasons: bool,
    left: Left,
}

/// A category that was fetched.
struct Category {
    name: String,
    state: &'static str,
    new: String,
    reason: String,
}

/// What a job does, in words.
fn in_words(kind: &str) -> &'static str {
    match kind {
        "fetch" => "Fetching papers",
        "findTopics" => "Finding topics",
        "add" => "Adding papers",
        "prepare" => "Preparing answers",
        "reembed" => "Embedding papers",
        "check" => "Checking the library",
        _ => "Work",
    }
}

/// All jobs, the latest first.
pub(super) fn lines(asked: &Asked<'_>) -> Vec<JobLine> {
    let line = |row: super::super::jobs::Row| {
        let told = serde_json::to_value(&row).unwrap_or_default();
        JobLine { number: row.job, kind: in_words(row.kind), state: state(row.state), asked: moment(&told["asked"]) }
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
    let (answer, code) = (&told["answer"], text(&told["problem"]["code"]));
    let fetching = row.kind == "fetch";
    let categories = answer["categories"].as_array().filter(|_| fetching).into_iter().flatten().map(|row| Category {
        name: text(&row["category"]),
        state: category_state(&text(&row["state"])),
        new: text(&row["new"]),
        reason: text(&row["reason"]),
    });
    let categories: Vec<Category> = categories.collect();
    html(&JobPage {
        reasons: categories.iter().any(|row| !row.reason.is_empty()),
        number,
        title,
        state: state(row.state),
        over,
        progress: progress(&told["progress"]),
        problem: text(&told["problem"]["detail"]),
        advice: advice(&code, answer),
        again: fetching && matches!(row.state, State::Partial | State::Failed) && !asked.relata.settings().offline,
        code,
        next: if row.kind == "findTopics" { ("/topics", "Topics") } else { ("/", "Today") },
        facts: facts(row.kind, answer),
        categories,
        left: left_out(answer),
        frame,
    })
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}
