//! `relata topics history` and `relata topics rename`: what has happened to topics, and what they
//! are called.

use crate::cli::terminal::{Page, printable, say};
use crate::cli::{Context, Outcome};
use crate::error::Result;
use crate::service::Among;
use crate::topics::came_and_went;

use super::tree::write_changes;
use crate::cli::args::topics::{RenameTopic, TopicHistory};

pub(super) fn history(context: &Context, asked: &TopicHistory, page: &mut Page) -> Result<Outcome> {
    let among = Among::from(&asked.among);
    if asked.forget {
        if !context.relata.forget_topics(&among)? {
            return Ok(nothing_yet());
        }
        say("Forgotten. The next `relata topics` begins from scratch.");
        return Ok(Outcome::Done);
    }
    let Some(history) = context.relata.topic_history(&among)? else { return Ok(nothing_yet()) };
    if asked.json {
        page.answer(&history)?;
    } else {
        for (place, run) in history.stored.iter().enumerate() {
            let first = place + 1 == history.stored.len();
            let what = if first { "first found".to_owned() } else { came_and_went(run) };
            let date = page.styled(&console::Style::new().bold(), &run.date.to_string());
            page.line(&format!("{date}  {} papers: {what}", run.papers))?;
            write_changes(run, page)?;
        }
    }
    Ok(if history.runs.is_empty() { nothing_yet() } else { Outcome::Done })
}

pub(super) fn rename(context: &Context, asked: &RenameTopic, page: &mut Page) -> Result<Outcome> {
    let renamed = context.relata.rename_topic(&Among::from(&asked.among), asked.topic, asked.name.as_deref())?;
    let Some(renamed) = renamed else { return Ok(nothing_yet()) };
    let before = renamed.before.map_or(String::new(), |before| format!(", before {}", printable(&before)));
    match asked.name.as_deref().map(str::trim) {
        Some(name) => page.line(&format!("{}  {}{before}", asked.topic, printable(name)))?,
        None => page.line(&format!("{}  named by its terms again{before}", asked.topic))?,
    }
    Ok(Outcome::Done)
}

fn nothing_yet() -> Outcome {
    say("No topics have been found yet. Find them with: relata topics");
    Outcome::Nothing
}
