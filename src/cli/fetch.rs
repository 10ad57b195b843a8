//! `relata fetch` and `relata sources`: what came, per category, and one of three endings: new
//! papers, nothing announced, or something that is missing or uncertain.

use jiff::civil::Date;

use crate::arxiv::set_of;
use crate::error::{Error, FetchError, Result};
use crate::paper::ArxivId;
use crate::service::{CategoryState, FeedRow, Fetch as Request, FetchOutcome, Fetched, FetchedCategory, SourceRow};

use super::args::{Fetch, SourcesCommand};
use super::skips::say_read;
use super::terminal::{Page, printable, say};
use super::{Context, Outcome};

/// Papers that a feed had missed and are named; `--json` names all.
const NAMED: usize = 10;

pub(super) fn run(context: &Context, asked: &Fetch, page: &mut Page) -> Result<Outcome> {
    let (papers, categories) = told_apart(&asked.what)?;
    let request = Request {
        categories,
        papers,
        since: asked.since,
        until: asked.until,
        all: asked.all,
        cross_lists: asked.kinds.cross_lists(),
        replacements: asked.kinds.replacements(),
        reconcile: asked.reconcile,
        embed: !asked.no_embed,
    };
    let fetched = context.relata.fetch(&request)?;
    match asked.json {
        true => page.json(&fetched)?,
        false => print(&fetched, page)?,
    }
    if request.embed && fetched.added.papers() > 0 {
        context.relata.prepare()?;
    }
    Ok(match (fetched.outcome, fetched.added.skips.count()) {
        (FetchOutcome::Incomplete, _) | (_, 1..) => Outcome::Partial,
        (FetchOutcome::New, 0) => Outcome::Done,
        (FetchOutcome::Nothing, 0) => Outcome::Nothing,
    })
}

/// Papers and categories: what is neither is an error before anything is fetched.
fn told_apart(what: &[String]) -> Result<(Vec<ArxivId>, Vec<String>)> {
    let (mut papers, mut categories) = (Vec::new(), Vec::new());
    for text in what {
        match ArxivId::parse(text) {
            Some((id, _)) => papers.push(id),
            None if set_of(text).is_some() => categories.push(text.clone()),
            None => return Err(FetchError::NotACategory { text: printable(text).into_owned() }.into()),
        }
    }
    if !papers.is_empty() && !categories.is_empty() {
        return Err(Error::from(FetchError::PapersAndCategories));
    }
    Ok((papers, categories))
}

fn print(fetched: &Fetched, page: &mut Page) -> Result<()> {
    say_read(&fetched.added.skips, &fetched.added.notes);
    categories(fetched).iter().try_for_each(|line| page.line(line))?;
    say_missed(fetched);
    for id in &fetched.absent {
        say(&format!("{id}: arXiv has no such paper."));
    }
    for failed in &fetched.failed {
        say(&format!("{}: {}", failed.id, printable(&failed.reason)));
    }
    let added = &fetched.added;
    let embedded = if added.embedded > 0 { format!(", embedded {}", added.embedded) } else { String::new() };
    page.line(&format!(
        "added {}, updated {}, unchanged {}, skipped {}{embedded}",
        added.added,
        added.updated,
        added.unchanged,
        added.skips.count()
    ))?;
    say(&ending(fetched));
    Ok(())
}

/// What was fetched before something else is answered: all of it is a message.
pub(super) fn say_fetched(fetched: &Fetched) {
    say_read(&fetched.added.skips, &fetched.added.notes);
    if fetched.outcome == FetchOutcome::Incomplete {
        categories(fetched).iter().for_each(|line| say(line));
    }
    say_missed(fetched);
    say(&ending(fetched));
}

fn say_missed(fetched: &Fetched) {
    for row in fetched.categories.iter().filter(|row| !row.missed.is_empty()) {
        say(&format!("{}: the feed had missed {}.", row.category, named(&row.missed)));
    }
}

/// A line for each category.
fn categories(fetched: &Fetched) -> Vec<String> {
    let width = fetched.categories.iter().map(|row| row.category.len()).max().unwrap_or(0);
    fetched.categories.iter().map(|row| format!("{:width$}  {}", row.category, category(row))).collect()
}

/// `142 new, 3 of them missed by the feed`
fn category(row: &FetchedCategory) -> String {
    let reason = row.reason.as_deref().map(|reason| format!(" ({})", printable(reason))).unwrap_or_default();
    match row.state {
        CategoryState::New => match row.missed.len() {
            0 => format!("{} new{reason}", row.new),
            missed => format!("{} new, {missed} of them missed by the feed{reason}", row.new),
        },
        CategoryState::UpToDate => "up to date".to_owned(),
        CategoryState::NothingAnnounced => "nothing announced".to_owned(),
        CategoryState::Stale => format!("nothing new, although papers are due{reason}"),
        CategoryState::Failed => format!("failed{reason}"),
    }
}

/// The last line: one for each way to end.
fn ending(fetched: &Fetched) -> String {
    let of_day = |day: Date| format!("the announcement of {}", day.strftime("%A, %Y-%m-%d"));
    match (fetched.outcome, fetched.day) {
        (FetchOutcome::New, _) if fetched.added.added == 0 => "Up to date.".to_owned(),
        (FetchOutcome::New, Some(day)) => match fetched.announced {
            Some(announced) if announced != day => {
                format!("{}, the latest of {}.", new_papers(fetched), of_day(announced))
            }
            _ => format!("{} of {}.", new_papers(fetched), of_day(day)),
        },
        (FetchOutcome::New, None) => format!("{}.", new_papers(fetched)),
        (FetchOutcome::Nothing, Some(day)) => match weekend(fetched) {
            true => format!("Nothing was announced; the last is {}, which is here.", of_day(day)),
            false if fetched.categories.iter().all(|row| row.state == CategoryState::UpToDate) => {
                format!("Nothing new: {} is here already.", of_day(day))
            }
            false => format!("Nothing was announced for {}: OAI-PMH has nothing either.", day.strftime("%A, %Y-%m-%d")),
        },
        (FetchOutcome::Nothing, None) => "Nothing new.".to_owned(),
        (FetchOutcome::Incomplete, None) if fetched.failed.is_empty() && !fetched.absent.is_empty() => {
            format!("{}; arXiv does not have all that were asked for.", new_papers(fetched))
        }
        (FetchOutcome::Incomplete, _) => {
            let complete = fetched.categories.iter().filter_map(|row| row.complete).min();
            let from = complete.map(|complete| format!(", from {complete} on")).unwrap_or_default();
            format!("Incomplete: what came is stored, and the same command later catches up{from}.")
        }
    }
}

/// `142 new papers`
fn new_papers(fetched: &Fetched) -> String {
    match fetched.added.added {
        1 => "1 new paper".to_owned(),
        new => format!("{new} new papers"),
    }
}

/// Whether nothing is announced since arXiv announces nothing on this day.
fn weekend(fetched: &Fetched) -> bool {
    fetched.categories.iter().all(|row| row.state == CategoryState::NothingAnnounced && row.reason.is_none())
}

fn named(ids: &[ArxivId]) -> String {
    let mut names: Vec<String> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    if ids.len() > NAMED {
        names.push(format!("{} more", ids.len() - NAMED));
    }
    names.join(", ")
}

pub(super) fn sources(context: &Context, asked: Option<&SourcesCommand>, page: &mut Page) -> Result<Outcome> {
    match asked {
        None => list(context, false, page),
        Some(SourcesCommand::List { json }) => list(context, *json, page),
        Some(SourcesCommand::Add { categories, kinds }) => {
            context.relata.add_sources(categories, kinds.cross_lists(), kinds.replacements())?;
            list(context, false, page)
        }
        Some(SourcesCommand::Remove { categories }) => {
            let unknown = context.relata.remove_sources(categories)?;
            for category in &unknown {
                say(&format!("{} was not remembered.", printable(category)));
            }
            let removed = categories.len() - unknown.len();
            page.line(&format!("removed {removed}; papers stay in the library"))?;
            Ok(match (removed, unknown.is_empty()) {
                (0, _) => Outcome::Nothing,
                (_, true) => Outcome::Done,
                (_, false) => Outcome::Partial,
            })
        }
    }
}

fn list(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let sources = context.relata.sources()?;
    if as_json {
        page.json(&sources)?;
    } else if sources.categories.is_empty() {
        say("No category is remembered; `relata fetch cs.LG` fetches one and remembers it.");
    } else {
        let width = sources.categories.iter().map(|row| row.category.len()).max().unwrap_or(0);
        sources.categories.iter().try_for_each(|row| page.line(&source(row, width)))?;
        if let Some(FeedRow { fetched, day }) = &sources.feed {
            let at = fetched.strftime("%Y-%m-%d %H:%M UTC");
            say(&format!("The feed was last read on {at}, as the announcement of {}.", day.strftime("%A, %Y-%m-%d")));
        }
    }
    Ok(if sources.categories.is_empty() { Outcome::Nothing } else { Outcome::Done })
}

/// `cs.LG  complete to 2026-02-13, with cross-lists`
fn source(row: &SourceRow, width: usize) -> String {
    let SourceRow { category, cross_lists, replacements, complete, news: _ } = row;
    let complete = complete.map_or_else(|| "not fetched yet".to_owned(), |day| format!("complete to {day}"));
    let cross = if *cross_lists { "with" } else { "without" };
    let replaced = if *replacements { ", with new versions of other papers" } else { "" };
    format!("{category:width$}  {complete}, {cross} cross-lists{replaced}")
}
