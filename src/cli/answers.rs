//! `relata recommend`, and what other commands share of it: ranked papers, two lines each, or JSON.

use console::Style;
use serde::Serialize;
use serde_json::json;

use crate::ArxivId;
use crate::error::{Error, Result};
use crate::learned::{Parts, Weights};
use crate::library::{Filter, Library, Paper, Profile};
use crate::neighbours::Ground;
use crate::recommend::{self as recommender, Answer, Liked, Query};

use super::args::{DEFAULT_PROFILE, Filters, Recommend, Selection};
use super::terminal::{Page, printable, say};
use super::{Context, Fetching, Outcome, facets, ids, unread};

/// One result in JSON: the keys that scripts may rely on.
#[derive(Serialize)]
pub(super) struct ResultRow<'a> {
    rank: usize,
    id: &'a str,
    pub(super) score: f64,
    title: Option<&'a str>,
    authors: &'a [String],
    year: i16,
    date: String,
    primary_category: Option<&'a str>,
    categories: &'a [String],
    url: String,
    /// What made it an answer: `liked`, `sentence`, `cosine` and `parts`, or `cosine` and `keyword_rank`; and the shared `terms`.
    reason: serde_json::Value,
}

pub(super) fn recommend(context: &Context, asked: Recommend, page: &mut Page) -> Result<Outcome> {
    let mut query = Query {
        like: ids(asked.ids.iter().chain(&asked.like))?,
        unlike: ids(&asked.unlike)?,
        like_text: asked.like_text.clone(),
        k: asked.selection.k,
        filter: filter(&asked.selection.filters)?,
        weights: weights(&asked.ranking.weight),
        diversity: asked.ranking.diversity,
        ..Query::default()
    };
    if query.like_text.iter().any(|text| text.trim().is_empty()) {
        return Err(Error::EmptyQuery);
    }
    let (mut library, sample) = context.open_or_sample()?;
    let mut engine = context.engine((!sample).then_some(&library))?;
    let alone = query.like.is_empty() && query.like_text.is_empty();
    let unread = unread::take(context, &engine, &mut query, sample);
    let profile = asked.profile.clone().or_else(|| alone.then(|| DEFAULT_PROFILE.to_owned()));
    if let Some(name) = &profile {
        let named = asked.profile.is_some();
        add_own_profile(&context.profile((!sample).then_some(&library), name, named)?, &library, &mut query)?;
    }
    unread.say_or_refuse(&query)?;
    recommender::check(&library, &query)?;
    let (fingerprint, _) = context.catch_up(&mut engine, &mut library, sample)?;
    let mut fetch = Fetching::default();
    let texts = engine.embed_queries(&query.like_text, &mut |event| fetch.show(event))?;
    let snapshot = library.snapshot()?;
    let learned = context.learned(&library, fingerprint)?;
    let index = context.index(&library, fingerprint)?;
    let mut facet_json = None;
    let answers = if let Some(facet) = asked.facet {
        // Its vectors are kept, so the library is written.
        drop(snapshot);
        let found = facets::recommend(
            &mut engine,
            &mut library,
            (fingerprint, index.as_ref()),
            &learned,
            (&query, &texts),
            facet,
        )?;
        facets::explain(context, &engine, &found, facet, sample);
        facet_json = Some(facets::json(&found, facet));
        found.answers
    } else {
        let ground = Ground { library: &library, fingerprint, index: index.as_ref() };
        let answers = recommender::recommend(&ground, &learned, &query, &texts)?;
        drop(snapshot);
        answers
    };

    let rows: Vec<_> = answers.iter().enumerate().map(|(place, answer)| answer_row(place + 1, answer)).collect();
    if asked.selection.json {
        let mut query = json!({
            "like": query.like.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "unlike": query.unlike.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "like_text": query.like_text,
            "profile": profile,
            "filter": selection_json(&asked.selection),
        });
        if let Some(facet) = facet_json {
            query["facet"] = facet;
        }
        if !unread.texts.is_empty() {
            query["unread_text"] = json!(unread.texts);
        }
        write_json(page, &query, &rows)?;
    } else {
        let several = query.like.len() + query.like_text.len() > 1;
        for (row, answer) in rows.iter().zip(&answers) {
            write_row(page, row, &answer.terms, several.then(|| liked(answer)).as_deref())?;
            if let Some(facet) = asked.facet {
                facets::write(page, answer, facet, asked.why)?;
            }
            if asked.why {
                write_why(page, answer)?;
            }
        }
    }
    let outcome = outcome(rows.len());
    context.mend_index(&mut library, fingerprint, index, page)?;
    Ok(outcome)
}

/// An answer with its reasons.
pub(super) fn answer_row(rank: usize, answer: &Answer) -> ResultRow<'_> {
    let liked = match &answer.because {
        Liked::Paper(id) => json!(id.as_str()),
        Liked::Text(at) => json!({ "text": at }),
    };
    let Parts { meaning, associations, words, authors } = answer.parts;
    let parts = json!({
        "meaning": rounded(meaning), "associations": rounded(associations), "words": rounded(words),
        "authors": rounded(authors), "unlike": rounded(-answer.away),
    });
    let cosine = rounded(answer.cosine);
    let mut reason = json!({
        "liked": liked, "terms": answer.terms, "sentence": answer.sentence, "cosine": cosine, "parts": parts,
    });
    if let Some(facet) = &answer.facet {
        reason["facet"] = json!({ "text": facet.text, "from": facet.told });
    }
    row(rank, f64::from(answer.score), &answer.paper, reason)
}

/// What an answer comes from, in words.
pub(super) fn liked(answer: &Answer) -> String {
    match &answer.because {
        Liked::Paper(id) => format!("like {id}"),
        Liked::Text(at) => format!("like text {}", at + 1),
    }
}

/// Adds what a profile of the library likes and dislikes, see [`add_own_profile`].
pub(super) fn add_profile(library: &Library, name: &str, query: &mut Query) -> Result<()> {
    add_own_profile(&library.profile(name)?, library, query)
}

/// Adds what a profile likes and dislikes, as far as it is in the library. What is named on the command line holds against the
/// profile.
fn add_own_profile(profile: &Profile, library: &Library, query: &mut Query) -> Result<()> {
    let name = profile.name.as_str();
    let named: Vec<ArxivId> = query.like.iter().chain(&query.unlike).cloned().collect();
    let mut missing = 0;
    let likes = profile.like.len();
    for (own, into) in [(&profile.like, &mut query.like), (&profile.unlike, &mut query.unlike)] {
        for id in own.iter().filter(|id| !named.contains(id)) {
            // One without a text says nothing.
            if library.has_text(id)? { into.push(id.clone()) } else { missing += 1 }
        }
    }
    if query.like.is_empty() && query.like_text.is_empty() {
        return Err(match likes {
            0 => Error::NothingLiked { profile: name.to_owned() },
            papers => Error::LikedAreGone { profile: name.to_owned(), papers },
        });
    }
    if missing > 0 {
        say(&format!("{missing} papers of the profile {} are not in the library.", printable(name)));
    }
    Ok(())
}

pub(super) fn outcome(found: usize) -> Outcome {
    if found == 0 {
        say("No paper answers this query. Fewer filters may help.");
        return Outcome::Nothing;
    }
    Outcome::Done
}

pub(super) fn filter(asked: &Filters) -> Result<Filter> {
    if let (Some(since), Some(until)) = (asked.since, asked.until)
        && since > until
    {
        return Err(Error::EmptyPeriod { since, until });
    }
    Ok(Filter {
        // `cs.LG,` and `"cs.LG stat.ML"` mean what they look like.
        categories: asked.category.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect(),
        since: asked.since,
        until: asked.until,
        authors: asked.author.clone(),
        exclude: asked.exclude.clone(),
    })
}

/// Each part's default weight times what was asked for.
pub(super) fn weights(asked: &[(String, f32)]) -> Weights {
    let mut weights = Weights::default();
    for (part, factor) in asked {
        // Names were checked with the arguments.
        let _ = weights.scale(part, *factor);
    }
    weights
}

/// Six decimals hold all that these numbers tell; more would only differ between machines. No negative zero.
fn rounded(x: f32) -> f64 {
    (f64::from(x) * 1e6).round() / 1e6 + 0.0
}

pub(super) fn selection_json(selection: &Selection) -> serde_json::Value {
    let mut value = filters_json(&selection.filters);
    value["k"] = json!(selection.k);
    value
}

pub(super) fn filters_json(filters: &Filters) -> serde_json::Value {
    json!({
        "category": filters.category,
        "since": filters.since.map(|date| date.to_string()),
        "until": filters.until.map(|date| date.to_string()),
        "author": filters.author,
        "exclude": filters.exclude,
    })
}

pub(super) fn row(rank: usize, score: f64, paper: &Paper, reason: serde_json::Value) -> ResultRow<'_> {
    ResultRow {
        rank,
        id: paper.id.as_str(),
        // Six decimals hold all that f32 cosines tell; more would only differ between machines.
        score: (score * 1e6).round() / 1e6,
        title: paper.title.as_deref(),
        authors: &paper.authors,
        year: paper.id.submitted().0,
        date: paper.date.to_string(),
        primary_category: paper.categories.first().map(String::as_str),
        categories: &paper.categories,
        url: paper.id.url(),
        reason,
    }
}

pub(super) fn write_json(page: &mut Page, query: &serde_json::Value, rows: &[ResultRow<'_>]) -> Result<()> {
    page.json(&json!({ "query": query, "results": rows }))
}

/// The sentence that is nearest to what is liked, and the parts of the score, below the two lines of an answer.
pub(super) fn write_why(page: &mut Page, answer: &Answer) -> Result<()> {
    // What was compared of a facet stands there already.
    if let Some(sentence) = answer.sentence.as_ref().filter(|_| answer.facet.is_none()) {
        page.paragraph(&format!("\u{201c}{}\u{201d}", printable(sentence)), 24)?;
    }
    let Parts { meaning, associations, words, authors } = answer.parts;
    let mut parts = vec![("meaning", meaning), ("associations", associations), ("words", words), ("authors", authors)];
    parts.push(("unlike", -answer.away));
    parts.retain(|(_, part)| *part != 0.0);
    let parts: Vec<String> = parts.iter().map(|(name, part)| format!("{name} {part:.2}")).collect();
    let parts = page.styled(&Style::new().dim(), &parts.join(" + "));
    page.line(&format!("{:24}{parts}", ""))
}

/// Two lines: rank, score, id and title; then author, year, category and reason.
pub(super) fn write_row(page: &mut Page, row: &ResultRow<'_>, terms: &[String], from: Option<&str>) -> Result<()> {
    let rank = page.styled(&Style::new().dim(), &format!("{:>3}", row.rank));
    let id = page.styled(&Style::new().cyan(), &format!("{:<10}", row.id));
    let title = page.styled(&Style::new().bold(), &printable(row.title.unwrap_or("(no title)")));
    let first = format!("{rank}  {:>5.2}  {id}  {title}", row.score);
    let mut parts = Vec::new();
    if let Some(author) = row.authors.first() {
        let others = if row.authors.len() > 1 { " et al." } else { "" };
        parts.push(format!("{}{others} {}", printable(author), row.year));
    } else {
        parts.push(row.year.to_string());
    }
    parts.extend(row.primary_category.map(|category| printable(category).into_owned()));
    parts.extend(from.map(str::to_owned));
    if !terms.is_empty() {
        parts.push(format!("shares {}", printable(&terms.join(", "))));
    }
    let second = page.styled(&Style::new().dim(), &parts.join(" · "));
    page.line(&first)?;
    page.line(&format!("{:24}{second}", ""))
}
