//! `relata search`: papers by what somebody types, be it words, an author, ids or filters alone.

use console::Style;
use serde_json::{Value, json};

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::library::{Filter, Library, Paper};
use crate::neighbours::Ground;
use crate::search::{self as searcher, Hit, Meaning};

use super::answers::{filter, outcome, row, selection_json, write_json, write_row};
use super::args::Search;
use super::terminal::{Page, printable, say};
use super::{Context, Fetching, Outcome};

/// The score of a paper that was named by its id: above that of every other.
const NAMED: f64 = 2.0;

/// What was typed.
struct Asked {
    /// All of it.
    text: String,
    /// Ids in any pasted form, each once.
    ids: Vec<ArxivId>,
    /// The words that are no ids.
    words: String,
}

impl Asked {
    fn read(typed: &[String]) -> Asked {
        let (mut ids, mut words) = (Vec::new(), Vec::new());
        for word in typed.iter().flat_map(|text| text.split_whitespace()) {
            match ArxivId::parse(word) {
                Some((id, _)) if ids.contains(&id) => {}
                Some((id, _)) => ids.push(id),
                None => words.push(word),
            }
        }
        Asked { text: typed.join(" "), words: words.join(" "), ids }
    }
}

pub(super) fn run(context: &Context, search: &Search, page: &mut Page) -> Result<Outcome> {
    let asked = Asked::read(&search.text);
    let filter = filter(&search.selection.filters)?;
    if asked.ids.is_empty() && asked.words.is_empty() {
        // Quotes around nothing are a mistake; filters alone are a question.
        if filter.is_empty() || !search.text.is_empty() {
            return Err(Error::EmptyQuery);
        }
        return list(context, search, &filter, page);
    }
    let (mut library, sample) = context.open_or_sample()?;
    let named = named(&library, &asked, &filter)?;
    if asked.words.is_empty() {
        return print(&asked, search, &named, page);
    }

    let mut engine = context.engine((!sample).then_some(&library))?;
    let readable = engine.identity().reads(&asked.words);
    if !readable {
        say(&format!("{} does not read the language of this text: searching by words alone.", engine.identity().name));
    }
    let vectors = if readable {
        let (fingerprint, _) = context.catch_up(&mut engine, &mut library, sample)?;
        let mut fetch = Fetching::default();
        Some((fingerprint, engine.embed_queries(std::slice::from_ref(&asked.words), &mut |event| fetch.show(event))?))
    } else {
        None
    };
    let snapshot = library.snapshot()?;
    let index = match &vectors {
        Some((fingerprint, _)) => context.index(&library, *fingerprint)?,
        None => None,
    };
    let ground = vectors.as_ref().map(|(fingerprint, _)| Ground {
        library: &library,
        fingerprint: *fingerprint,
        index: index.as_ref(),
    });
    let learned = match &vectors {
        Some((fingerprint, _)) => Some(context.learned(&library, *fingerprint)?),
        None => None,
    };
    let meaning = ground.as_ref().zip(learned.as_ref()).zip(vectors.as_ref());
    let meaning = meaning.map(|((ground, learned), (_, vectors))| Meaning { ground, learned, vector: vectors.row(0) });
    let k = search.selection.k;
    let wanted = (k.saturating_add(named.len()), 0.0);
    let found = searcher::search(&library, &asked.words, meaning.as_ref(), &filter, wanted)?;
    drop(snapshot);
    let mut hits = named;
    for hit in found {
        if !hits.iter().any(|named| named.paper.id == hit.paper.id) {
            hits.push(hit);
        }
    }
    hits.truncate(k);
    let outcome = print(&asked, search, &hits, page)?;
    if let Some((fingerprint, _)) = vectors {
        context.mend_index(&mut library, fingerprint, index, page)?;
    }
    Ok(outcome)
}

/// The papers that were named by their ids, as far as the filters leave them.
///
/// # Errors
/// [`Error::NotInLibrary`] where none is there and nothing else was asked for.
fn named(library: &Library, asked: &Asked, filter: &Filter) -> Result<Vec<Hit>> {
    let (mut rows, mut unknown) = (Vec::new(), Vec::new());
    for id in &asked.ids {
        match library.row_of(id)? {
            Some(row) => rows.push(row),
            None => unknown.push((id.to_string(), library.closest(id.as_str(), 3)?)),
        }
    }
    if !unknown.is_empty() {
        let error = Error::NotInLibrary { unknown };
        if rows.is_empty() && asked.words.is_empty() {
            return Err(error);
        }
        say(&format!("note: {}", super::complete(&error)));
    }
    let matching = library.matching(filter)?;
    rows.retain(|row| matching.as_ref().is_none_or(|set| set.contains(*row)));
    let hit = |paper| Hit {
        score: NAMED,
        matched: None,
        paper,
        cosine: None,
        keyword_rank: None,
        author: None,
        terms: Vec::new(),
    };
    Ok(library.papers_by_rows(&rows)?.into_iter().map(hit).collect())
}

fn print(asked: &Asked, search: &Search, hits: &[Hit], page: &mut Page) -> Result<Outcome> {
    let rows: Vec<_> = hits
        .iter()
        .enumerate()
        .map(|(place, hit)| {
            let reason = json!({
                "cosine": hit.cosine, "keyword_rank": hit.keyword_rank, "author": hit.author, "terms": hit.terms,
            });
            row(place + 1, hit.score, &hit.paper, reason)
        })
        .collect();
    if search.selection.json {
        let ids: Vec<&str> = asked.ids.iter().map(ArxivId::as_str).collect();
        let query = json!({ "text": asked.text, "ids": ids, "filter": selection_json(&search.selection) });
        write_json(page, &query, &rows)?;
    } else {
        for (row, hit) in rows.iter().zip(hits) {
            let by = hit.author.as_ref().map(|author| format!("by {}", printable(author)));
            write_row(page, row, &hit.terms, by.as_deref())?;
        }
    }
    Ok(outcome(rows.len()))
}

/// The papers that the filters leave, the newest first.
fn list(context: &Context, search: &Search, filter: &Filter, page: &mut Page) -> Result<Outcome> {
    let (library, _) = context.open_or_sample()?;
    let _snapshot = library.snapshot()?;
    let papers = match library.matching(filter)? {
        Some(matching) => {
            let rows = library.newest(&matching, search.selection.k)?;
            library.papers_by_rows(&rows)?
        }
        None => Vec::new(),
    };
    if search.selection.json {
        let listed = papers.iter().enumerate().map(|(place, paper)| {
            let mut listed = serde_json::to_value(row(place + 1, 0.0, paper, json!({}))).unwrap_or(Value::Null);
            // Nothing was compared.
            listed["score"] = Value::Null;
            listed
        });
        let query = json!({ "text": "", "ids": [], "filter": selection_json(&search.selection) });
        page.json(&json!({ "query": query, "results": listed.collect::<Vec<_>>() }))?;
    } else {
        for (place, paper) in papers.iter().enumerate() {
            write_listed(page, place + 1, paper)?;
        }
    }
    Ok(outcome(papers.len()))
}

/// Two lines: rank, id and title; then authors, day and category.
fn write_listed(page: &mut Page, rank: usize, paper: &Paper) -> Result<()> {
    let rank = page.styled(&Style::new().dim(), &format!("{rank:>3}"));
    let id = page.styled(&Style::new().cyan(), &format!("{:<10}", paper.id));
    let title = page.styled(&Style::new().bold(), &printable(paper.title.as_deref().unwrap_or("(no title)")));
    page.line(&format!("{rank}  {id}  {title}"))?;
    let authors = paper.authors.iter().map(|author| printable(author).into_owned());
    let parts = [authors.collect::<Vec<_>>().join(", "), paper.date.to_string()];
    let category = paper.categories.first().map(|category| printable(category).into_owned());
    let parts: Vec<String> = parts.into_iter().chain(category).filter(|part| !part.is_empty()).collect();
    let second = page.styled(&Style::new().dim(), &parts.join(" · "));
    page.line(&format!("{:17}{second}", ""))
}
