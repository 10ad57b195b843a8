//! `relata search`: papers by what somebody types, be it words, an author, ids or filters alone.

use serde_json::{Value, json};

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::export::{Chosen, Form, Heading};
use crate::library::{Filter, Library, Paper};
use crate::neighbours::Ground;
use crate::search::{self as searcher, Hit, Meaning};

use super::answers::{filter, outcome, selection_json};
use super::args::Search;
use super::language::tldr;
use super::rows::{ResultRow, Told, row, tells, write_json, write_row};
use super::terminal::{Page, printable, say};
use super::{Context, Fetching, Outcome, forms, language, last};

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
        let outcome = print(&asked, search, &named, page)?;
        last::note(context, (&mut library, sample), named.iter().map(|hit| &hit.paper.id), page)?;
        return Ok(outcome);
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
    let wanted = (k.saturating_add(named.len()), search.selection.at_least.unwrap_or(0.0));
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
    last::note(context, (&mut library, sample), hits.iter().map(|hit| &hit.paper.id), page)?;
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
        sentence: None,
    };
    Ok(library.papers_by_rows(&rows)?.into_iter().map(hit).collect())
}

fn print(asked: &Asked, search: &Search, hits: &[Hit], page: &mut Page) -> Result<Outcome> {
    let language = language::reader(search.selection.language.as_deref());
    match forms::form(&search.selection) {
        Form::Text => {
            for (place, hit) in hits.iter().enumerate() {
                let by = hit.author.as_ref().map(|author| format!("by {}", printable(author)));
                let told = Told { from: by.as_deref(), terms: &hit.terms, sentence: hit.sentence.as_deref() };
                write_row(page, &hit_row(place + 1, hit, &language), told)?;
            }
        }
        Form::Json => {
            let rows: Vec<_> = hits.iter().enumerate().map(|(place, hit)| hit_row(place + 1, hit, &language)).collect();
            let ids: Vec<&str> = asked.ids.iter().map(ArxivId::as_str).collect();
            let query = json!({ "text": asked.text, "ids": ids, "filter": selection_json(&search.selection) });
            write_json(page, &query, &rows)?;
        }
        form => {
            let heading = heading(&asked.text);
            let chosen = |hit| chosen(hit, &language);
            forms::write(form, &heading, &hits.iter().map(chosen).collect::<Vec<_>>(), page)?;
        }
    }
    Ok(outcome(hits.len()))
}

fn hit_row<'a>(rank: usize, hit: &'a Hit, language: &str) -> ResultRow<'a> {
    let reason = json!({
        "cosine": hit.cosine, "keyword_rank": hit.keyword_rank, "author": hit.author, "terms": hit.terms,
        "sentence": hit.sentence,
    });
    row(rank, (hit.score, hit.matched), &hit.paper, language, reason)
}

fn chosen<'a>(hit: &'a Hit, language: &str) -> Chosen<'a> {
    let by = hit.author.as_ref().map(|author| format!("by {author}"));
    Chosen {
        paper: &hit.paper,
        score: Some((hit.score * 1e6).round() / 1e6),
        matched: hit.matched,
        text: tldr(&hit.paper, language).or(hit.sentence.as_deref().filter(|sentence| tells(sentence))),
        why: forms::why(by.as_deref(), &hit.terms, None),
    }
}

fn heading(text: &str) -> Heading<'_> {
    Heading { title: format!("Papers found for {text}"), command: "search", name: text }
}

/// The papers that the filters leave, the newest first.
fn list(context: &Context, search: &Search, filter: &Filter, page: &mut Page) -> Result<Outcome> {
    let (mut library, sample) = context.open_or_sample()?;
    let snapshot = library.snapshot()?;
    let papers = match library.matching(filter)? {
        Some(matching) => {
            let rows = library.newest(&matching, search.selection.k)?;
            library.papers_by_rows(&rows)?
        }
        None => Vec::new(),
    };
    drop(snapshot);
    write_list(search, filter, &papers, page)?;
    last::note(context, (&mut library, sample), papers.iter().map(|paper| &paper.id), page)?;
    Ok(outcome(papers.len()))
}

fn write_list(search: &Search, filter: &Filter, papers: &[Paper], page: &mut Page) -> Result<()> {
    let language = language::reader(search.selection.language.as_deref());
    let rows = papers.iter().enumerate().map(|(at, paper)| row(at + 1, (0.0, None), paper, &language, json!({})));
    match forms::form(&search.selection) {
        Form::Text => rows.into_iter().try_for_each(|row| write_row(page, &row, Told::default())),
        Form::Json => {
            let listed = rows.map(|row| {
                let mut listed = serde_json::to_value(row).unwrap_or(Value::Null);
                // Nothing was compared.
                listed["score"] = Value::Null;
                listed
            });
            let query = json!({ "text": "", "ids": [], "filter": selection_json(&search.selection) });
            page.json(&json!({ "query": query, "results": listed.collect::<Vec<_>>() }))
        }
        form => {
            let name = [&filter.authors[..], &filter.categories].concat().join(", ");
            let text = |paper| tldr(paper, &language);
            let chosen = papers.iter().map(|paper| Chosen {
                paper,
                score: None,
                matched: None,
                text: text(paper),
                why: String::new(),
            });
            forms::write(form, &heading(&name), &chosen.collect::<Vec<_>>(), page)
        }
    }
}
