//! `relata topics`: what a library is about, as a tree in the terminal, as JSON, or as a page in
//! the form of the digests.

mod history;
mod one;
mod spark;
mod tree;

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::library::Filter;
use crate::service;

use super::args::topics::{self as args, Among, FindTopics, How, TopicsCommand};
use super::terminal::{Page, say};
use super::{Context, Outcome, last};
use tree::write_tree;

pub(super) fn run(context: &Context, asked: &args::Topics, page: &mut Page) -> Result<Outcome> {
    match &asked.command {
        None => find_topics(context, &asked.find, page),
        Some(TopicsCommand::History(asked)) => history::history(context, asked, page),
        Some(TopicsCommand::Rename(asked)) => history::rename(context, asked, page),
    }
}

fn find_topics(context: &Context, asked: &FindTopics, page: &mut Page) -> Result<Outcome> {
    let relata = &context.relata;
    let outputs: Vec<&Path> = [&asked.markdown, &asked.html].into_iter().flatten().map(PathBuf::as_path).collect();
    relata.check_outputs(&outputs)?;
    let found = relata.topics(&service::FindTopics::from(&asked.how))?;
    if found.topics.papers.is_empty() {
        return Ok(nothing_left());
    }
    if let Some(number) = asked.topic {
        let topic = relata.topic(&found, number, asked.count)?;
        one::write(&topic, asked.json, page)?;
        last::note(context, found.seen.source, topic.results.iter().map(|paper| &paper.id), page)?;
        return Ok(Outcome::Done);
    }
    if let Some(path) = &asked.markdown {
        relata.write_topics_digest(&found, path)?;
        say(&format!("Wrote {}.", path.display()));
    }
    if let Some(path) = &asked.html {
        relata.write_topics_page(&found, path)?;
        say(&format!("Wrote {}.", path.display()));
    }
    if asked.json {
        page.answer(&found.answer())?;
    } else {
        write_tree(relata, &found, asked.levels, page)?;
    }
    Ok(Outcome::Done)
}

/// `relata export`: the papers with their topics and positions, and their vectors, as a table.
pub(super) fn export(context: &Context, asked: &args::Export) -> Result<Outcome> {
    let request = service::Export {
        topics: service::FindTopics::from(&asked.how),
        csv: asked.csv.clone(),
        jsonl: asked.jsonl.clone(),
        vectors: asked.vectors,
        parquet: asked.parquet.clone(),
    };
    let exported = context.relata.export(&request)?;
    Ok(if exported.papers == 0 { nothing_left() } else { Outcome::Done })
}

fn nothing_left() -> Outcome {
    say("No paper is left to find topics among. Fewer filters may help.");
    Outcome::Nothing
}

impl From<&Among> for service::Among {
    fn from(asked: &Among) -> service::Among {
        service::Among { search: asked.search.clone(), filter: Filter::from(&asked.filters) }
    }
}

impl From<&How> for service::FindTopics {
    fn from(asked: &How) -> service::FindTopics {
        service::FindTopics {
            among: service::Among::from(&asked.among),
            fresh: asked.fresh,
            into: asked.into.clone(),
            threshold: asked.threshold,
            method: asked.method(),
        }
    }
}
