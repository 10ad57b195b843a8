//! `relata topics`: what a library is about, as a tree in the terminal, as JSON, or as a page in the form of the digests.
//!
//! What is found among all papers, or among a selection that the calendar does not change, is kept in the library: there topics have the same
//! numbers tomorrow.

pub(super) mod args;
mod history;
mod markdown;
mod one;
mod tree;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use indicatif::ProgressBar;
use serde_json::json;

use crate::error::{Error, Result};
use crate::library::{FingerprintNumber, KeptTopics, Library, PaperSet, TopicRun};
use crate::topics::{Method, News, Step, Topics, Wanted, find, into};

use super::answers::{filter, filters_json};
use super::dates::today;
use super::terminal::{Page, progress, say};
use super::{Context, Fetching, Outcome, last};
use args::{Among, FindTopics, How, TopicsCommand};
use tree::write_tree;

pub(super) fn run(context: &Context, asked: &args::Topics, page: &mut Page) -> Result<Outcome> {
    match &asked.command {
        None => find_topics(context, &asked.find, page),
        Some(TopicsCommand::History(asked)) => history::history(context, asked, page),
        Some(TopicsCommand::Rename(asked)) => history::rename(context, asked, page),
    }
}

fn find_topics(context: &Context, asked: &FindTopics, page: &mut Page) -> Result<Outcome> {
    let Some(mut found) = found(context, &asked.how)? else { return Ok(Outcome::Nothing) };
    if let Some(number) = asked.topic {
        let listed = one::write(&found, asked, number, page)?;
        last::note(context, (&mut found.library, found.sample), listed.iter(), page)?;
        return Ok(Outcome::Done);
    }
    let Found { library, topics, news, .. } = found;
    if let Some(path) = &asked.markdown {
        markdown::write(&library, &topics, news.as_ref(), path)?;
        say(&format!("Wrote {}.", path.display()));
    }
    if let Some(path) = &asked.html {
        let page =
            crate::topics::page(&library, &topics, news.as_ref(), &title(&asked.how.among, topics.papers.len()))?;
        crate::derived::replace(path, |beside| fs::write(beside, page)).map_err(Error::io(path))?;
        say(&format!("Wrote {}.", path.display()));
    }
    if asked.json {
        let mut query = filters_json(&asked.how.among.filters);
        query["search"] = json!(asked.how.among.search);
        query["into"] = json!(asked.how.into);
        let mut answer = json!({ "query": query, "levels": levels_json(&topics), "papers": papers_json(&topics) });
        if let Some(News { since, run }) = &news {
            answer["news"] = history::run_json(run);
            answer["news"]["since"] = json!(since.to_string());
        }
        page.json(&answer)?;
    } else {
        write_tree(&library, &topics, asked.levels, news.as_ref(), page)?;
    }
    Ok(Outcome::Done)
}

/// `relata export`: the papers with their topics and positions, and their vectors, as a table.
pub(super) fn export(context: &Context, asked: &args::Export) -> Result<Outcome> {
    // Before anything is computed.
    if asked.parquet.is_some() && !cfg!(feature = "parquet") {
        return Err(Error::OutputNotBuiltIn { format: "parquet" });
    }
    let Some(found) = found(context, &asked.how)? else { return Ok(Outcome::Nothing) };
    let (library, topics) = (&found.library, &found.topics);
    let wrote = |path: &Path| say(&format!("Wrote {} papers to {}.", topics.papers.len(), path.display()));
    if let Some(path) = &asked.csv {
        crate::topics::write_csv(library, topics, path)?;
        wrote(path);
    }
    if let Some(path) = &asked.jsonl {
        let vectors = asked.vectors.then_some(found.fingerprint);
        crate::topics::write_json_lines(library, topics, vectors, path)?;
        wrote(path);
    }
    #[cfg(feature = "parquet")]
    if let Some(path) = &asked.parquet {
        crate::topics::write_table((library, found.fingerprint), topics, path)?;
        wrote(path);
    }
    Ok(Outcome::Done)
}

/// Topics, what they were found in, and what has happened to them.
struct Found {
    library: Library,
    fingerprint: FingerprintNumber,
    topics: Topics,
    news: Option<News>,
    /// Whether the library is the sample.
    sample: bool,
}

/// Finds topics and keeps them, with a bar; `None` where there is no paper to find them among, which is said.
fn found(context: &Context, asked: &How) -> Result<Option<Found>> {
    let filter = filter(&asked.among.filters)?;
    let (mut library, sample) = context.open_or_sample()?;
    let mut engine = context.engine((!sample).then_some(&library))?;
    let (fingerprint, _) = context.catch_up(&mut engine, &mut library, sample)?;
    let within = within(&library, &asked.among, &filter)?;
    let bar: OnceLock<ProgressBar> = OnceLock::new();
    let step = |step| match step {
        Step::Comparing(blocks) => {
            bar.get_or_init(|| progress(blocks, "comparing", "{msg} {wide_bar} {percent}% {eta}"));
        }
        Step::Compared(blocks) => bar.get().into_iter().for_each(|bar| bar.inc(blocks)),
        Step::Grouping => bar.get().into_iter().for_each(|bar| bar.set_message("grouping")),
        Step::Drawing => bar.get().into_iter().for_each(|bar| bar.set_message("drawing")),
        Step::Naming => bar.get().into_iter().for_each(|bar| bar.set_message("naming")),
    };
    let method = asked.method();
    let keeps = !asked.fresh && !sample && asked.into.is_empty() && method == Method::Leiden;
    let selection = selection(&asked.among).filter(|_| keeps);
    let mut last = None;
    let topics = if asked.into.is_empty() {
        if let Some(selection) = &selection {
            last = library.kept_topics(fingerprint, selection)?;
        }
        find(&library, (fingerprint, within.as_ref()), (method, last.as_ref()), &step)?
    } else {
        let wanted: Vec<Wanted> = asked.into.iter().map(|name| Wanted::parse(name)).collect();
        if wanted.iter().any(|wanted| wanted.name.is_empty()) {
            return Err(Error::EmptyQuery);
        }
        let mut fetch = Fetching::default();
        let mut embed = |texts: &[String]| engine.embed_passages(texts, &mut |event| fetch.show(event));
        into(&library, (fingerprint, within.as_ref()), (&wanted, asked.threshold), &mut embed, &step)?
    };
    if let Some(bar) = bar.get() {
        bar.finish_and_clear();
    }
    if topics.papers.is_empty() {
        say("No paper is left to find topics among. Fewer filters may help.");
        return Ok(None);
    }
    let news = match &selection {
        Some(selection) => keep(&mut library, (fingerprint, selection), last.as_ref(), &topics)?,
        None => None,
    };
    Ok(Some(Found { library, fingerprint, topics, news, sample }))
}

/// Keeps what was found, where it differs from what was found last. Says what has happened, since then or in the last run.
fn keep(
    library: &mut Library,
    (fingerprint, selection): (FingerprintNumber, &str),
    last: Option<&KeptTopics>,
    topics: &Topics,
) -> Result<Option<News>> {
    let next = topics.kept(last);
    let run = topics.run.clone().map(|run| TopicRun { date: today(), ..run });
    if last != Some(&next) && library.is_writable() {
        match library.keep_topics((fingerprint, selection), last, &next, run.as_ref()) {
            Ok(true) => {}
            Ok(false) => say("note: another process has found topics meanwhile; those are kept, and these are not"),
            // The answer stands without being kept.
            Err(error @ (Error::LibraryReadOnly { .. } | Error::LibraryFull { .. })) => {
                say(&format!("note: these topics are not kept: {}", super::complete(&error)));
            }
            Err(error) => return Err(error),
        }
    }
    let Some(last) = last else { return Ok(None) };
    if let Some(run) = run {
        return Ok(Some(News { since: last.date, run }));
    }
    let mut runs = library.topic_runs(fingerprint, selection, 2)?.into_iter();
    Ok(runs.next().zip(runs.next()).map(|(run, before)| News { since: before.date, run }))
}

/// Under what the topics of a selection are kept: nothing for all papers; `None` where the calendar decides which papers they are.
fn selection(among: &Among) -> Option<String> {
    let Among { search, filters } = among;
    if filters.since.is_some() || filters.until.is_some() {
        return None;
    }
    let mut selection = serde_json::Map::new();
    let mut add = |name: &str, values: &[String]| {
        let mut values = values.to_vec();
        values.sort_unstable();
        values.dedup();
        if !values.is_empty() {
            selection.insert(name.to_owned(), json!(values));
        }
    };
    add("author", &filters.author);
    add("category", &filters.category);
    add("exclude", &filters.exclude);
    add("search", search.as_slice());
    Some(if selection.is_empty() { String::new() } else { serde_json::Value::Object(selection).to_string() })
}

/// What the page is of: the words and categories that were asked for, else all papers.
fn title(asked: &Among, papers: usize) -> String {
    let what: Vec<&str> =
        asked.search.iter().chain(&asked.filters.category).chain(&asked.filters.author).map(String::as_str).collect();
    if what.is_empty() { format!("Topics of {papers} papers") } else { format!("Topics of {}", what.join(", ")) }
}

fn within(library: &Library, asked: &Among, filter: &crate::library::Filter) -> Result<Option<PaperSet>> {
    let matching = library.matching(filter)?;
    let Some(words) = &asked.search else { return Ok(matching) };
    let holding = library.holding(words)?;
    Ok(Some(match matching {
        Some(matching) => matching.intersect(&holding),
        None => holding,
    }))
}

fn levels_json(topics: &Topics) -> serde_json::Value {
    let ids = |places: &[usize]| places.iter().map(|place| topics.papers[*place].id.as_str()).collect::<Vec<_>>();
    let mut above: Option<&crate::topics::Level> = None;
    let levels = topics.levels.iter().map(|level| {
        let rows: Vec<_> = level
            .topics
            .iter()
            .map(|topic| {
                let parent = topic.parent.zip(above).map(|(parent, above)| above.topics[parent].id.to_string());
                let terms: Vec<_> = topic
                    .terms
                    .iter()
                    .map(|term| json!({ "term": term.term, "weight": (term.weight * 1e6).round() / 1e6 }))
                    .collect();
                json!({
                    "id": topic.id.to_string(), "name": topic.name, "terms": terms, "size": topic.papers.len(),
                    "parent": parent, "central": ids(&topic.central), "papers": ids(&topic.papers),
                })
            })
            .collect();
        above = Some(level);
        json!({ "name": level.name, "topics": rows })
    });
    levels.collect()
}

fn papers_json(topics: &Topics) -> serde_json::Value {
    let id = |level: usize, topic: usize| topics.levels[level].topics[topic].id.to_string();
    let finest = topics.levels.len() - 1;
    let papers = topics.papers.iter().map(|paper| {
        let own: Vec<String> = paper.topics.iter().enumerate().map(|(level, topic)| id(level, *topic)).collect();
        json!({
            "id": paper.id.as_str(), "topics": own, "strength": (paper.strength * 1e6).round() / 1e6,
            "second": paper.second.map(|second| id(finest, second)), "weak": paper.weak,
            "x": three(paper.place[0]), "y": three(paper.place[1]),
        })
    });
    papers.collect()
}

/// Three decimals place a paper more finely than any screen.
fn three(x: f32) -> f64 {
    (f64::from(x) * 1e3).round() / 1e3 + 0.0
}
