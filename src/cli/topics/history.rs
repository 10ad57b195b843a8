//! `relata topics history` and `relata topics rename`: what has happened to topics, and what they are called.

use serde_json::json;

use crate::error::{Error, Result};
use crate::library::{ChangeKind, FingerprintNumber, Library, TopicChange, TopicRun};
use crate::topics::{came_and_went, in_words};

use super::args::{Among, RenameTopic, TopicHistory};
use super::tree::write_changes;
use crate::cli::terminal::{Page, printable, say};
use crate::cli::{Context, Outcome};

pub(super) fn history(context: &Context, asked: &TopicHistory, page: &mut Page) -> Result<Outcome> {
    let selection = kept_selection(&asked.among)?;
    let Some((mut library, fingerprint)) = kept_in(context)? else { return Ok(nothing_yet()) };
    if asked.forget {
        if !library.forget_topics(fingerprint, &selection)? {
            return Ok(nothing_yet());
        }
        say("Forgotten. The next `relata topics` begins from scratch.");
        return Ok(Outcome::Done);
    }
    let runs = library.topic_runs(fingerprint, &selection, usize::MAX)?;
    if asked.json {
        page.json(&json!({ "runs": runs.iter().map(run_json).collect::<Vec<_>>() }))?;
    } else {
        for (place, run) in runs.iter().enumerate() {
            let first = place + 1 == runs.len();
            let what = if first { "first found".to_owned() } else { came_and_went(run) };
            let date = page.styled(&console::Style::new().bold(), &run.date.to_string());
            page.line(&format!("{date}  {} papers: {what}", run.papers))?;
            write_changes(run, page)?;
        }
    }
    Ok(if runs.is_empty() { nothing_yet() } else { Outcome::Done })
}

pub(super) fn rename(context: &Context, asked: &RenameTopic, page: &mut Page) -> Result<Outcome> {
    let selection = kept_selection(&asked.among)?;
    let name = asked.name.as_deref().map(str::trim);
    if name == Some("") {
        return Err(Error::EmptyQuery);
    }
    let Some((mut library, fingerprint)) = kept_in(context)? else { return Ok(nothing_yet()) };
    let before = library.rename_topic((fingerprint, &selection), asked.topic, name)?;
    let before = before.map_or(String::new(), |before| format!(", before {}", printable(&before)));
    match name {
        Some(name) => page.line(&format!("{}  {}{before}", asked.topic, printable(name)))?,
        None => page.line(&format!("{}  named by its terms again{before}", asked.topic))?,
    }
    Ok(Outcome::Done)
}

fn kept_selection(among: &Among) -> Result<String> {
    super::selection(among).ok_or(Error::TopicsOfDays)
}

/// The user's library and the number of the model's vectors in it.
fn kept_in(context: &Context) -> Result<Option<(Library, FingerprintNumber)>> {
    let Some(library) = context.open_existing()? else { return Ok(None) };
    let digest = context.engine(Some(&library))?.fingerprint().digest().to_owned();
    let stored = library.fingerprints()?.into_iter().find(|stored| stored.text.digest == digest);
    Ok(stored.map(|stored| (library, stored.number)))
}

fn nothing_yet() -> Outcome {
    say("No topics have been found yet. Find them with: relata topics");
    Outcome::Nothing
}

/// A run, with its changes also in words.
pub(super) fn run_json(run: &TopicRun) -> serde_json::Value {
    json!({
        "date": run.date.to_string(), "papers": run.papers, "added": run.added, "removed": run.removed, "sought": run.sought,
        "changes": run.changes.iter().map(change_json).collect::<Vec<_>>(),
    })
}

fn change_json(change: &TopicChange) -> serde_json::Value {
    let others = change
        .others
        .iter()
        .map(|(topic, papers)| json!({ "topic": topic.id.to_string(), "name": topic.name, "papers": papers }));
    let others: Vec<_> = others.collect();
    let (topic, what) = in_words(change);
    let gone = matches!(change.kind, ChangeKind::Merged | ChangeKind::Died | ChangeKind::Shrank);
    json!({
        "kind": change.kind, "level": change.level, "topic": change.topic.id.to_string(), "name": change.topic.name,
        "before": change.before, "after": change.after, (if gone { "removed" } else { "new" }): change.own,
        (if gone { "to" } else { "from" }): others, "papers": change.papers, "text": format!("{topic} {what}"),
    })
}
