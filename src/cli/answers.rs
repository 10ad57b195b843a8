//! `relata recommend`, and what other commands share of its question: profiles, filters and weights.

use std::collections::BTreeMap;

use serde_json::json;

use crate::ArxivId;
use crate::error::{Error, Result};
use crate::export::{Form, Heading};
use crate::learned::Weights;
use crate::library::{Filter, Library, Profile};
use crate::neighbours::Ground;
use crate::recommend::{self as recommender, Answer, Query};

use super::args::{DEFAULT_PROFILE, Filters, Recency, Recommend, Selection};
use super::rows::{ResultRow, Told, answer_row, liked, write_json, write_row, write_why};
use super::terminal::{Page, printable, say};
use super::{Context, Fetching, Outcome, facets, forms, language, last, unread};

pub(super) fn recommend(context: &Context, asked: Recommend, page: &mut Page) -> Result<Outcome> {
    let mut query = Query {
        like: last::ids(context, asked.ids.iter().chain(&asked.like))?,
        unlike: last::ids(context, &asked.unlike)?,
        like_text: asked.like_text.clone(),
        k: asked.selection.k,
        filter: filter(&asked.selection.filters)?,
        weights: weights(&asked.ranking.weight),
        diversity: asked.ranking.diversity,
        at_least: asked.selection.at_least.unwrap_or(0.0),
        ..Query::default()
    };
    if query.like_text.iter().any(|text| text.trim().is_empty()) {
        return Err(Error::EmptyQuery);
    }
    let (mut library, sample) = context.open_or_sample()?;
    let mut engine = context.engine((!sample).then_some(&library))?;
    let named = query.like.len();
    let alone = query.like.is_empty() && query.like_text.is_empty();
    let unread = unread::take(context, &engine, &mut query, sample);
    let profile = asked.profile.clone().or_else(|| alone.then(|| DEFAULT_PROFILE.to_owned()));
    if let Some(name) = &profile {
        let named = asked.profile.is_some();
        let profile = context.profile((!sample).then_some(&library), name, named)?;
        add_own_profile(&profile, &library, &mut query)?;
        query.emphasis = emphasis(&profile, &asked.recency);
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

    let question =
        Question { query: &query, named, profile: profile.as_deref(), facet: facet_json, unread: &unread.texts };
    write(&asked, &question, &answers, page)?;
    let outcome = outcome(answers.len());
    last::note(context, (&mut library, sample), answers.iter().map(|answer| &answer.paper.id), page)?;
    context.mend_index(&mut library, fingerprint, index, page)?;
    Ok(outcome)
}

/// What was asked, as answers repeat it.
struct Question<'a> {
    query: &'a Query,
    /// How many of the liked papers were named on the command line; they come first.
    named: usize,
    profile: Option<&'a str>,
    facet: Option<serde_json::Value>,
    /// Liked texts that the model does not read.
    unread: &'a [String],
}

impl Question<'_> {
    fn json(&self, asked: &Recommend) -> serde_json::Value {
        let query = self.query;
        let mut question = json!({
            "like": query.like.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "unlike": query.unlike.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "like_text": query.like_text,
            "profile": self.profile,
            "filter": selection_json(&asked.selection),
        });
        if let Some(facet) = &self.facet {
            question["facet"] = facet.clone();
        }
        if !self.unread.is_empty() {
            question["unread_text"] = json!(self.unread);
        }
        question
    }

    /// What the answers are related to, in words: ids, texts, a profile.
    fn related_to(&self) -> String {
        let ids = self.query.like.iter().take(self.named).map(ToString::to_string);
        let texts = self.query.like_text.iter().map(|text| format!("\u{201c}{text}\u{201d}"));
        let profile = self.profile.map(|name| format!("the profile {name}"));
        ids.chain(texts).chain(profile).collect::<Vec<_>>().join(", ")
    }
}

fn write(asked: &Recommend, question: &Question<'_>, answers: &[Answer], page: &mut Page) -> Result<()> {
    let language = language::reader(asked.selection.language.as_deref());
    let row = |(place, answer)| answer_row(place + 1, answer, &language);
    match forms::form(&asked.selection) {
        Form::Text => {
            let several = question.query.like.len() + question.query.like_text.len() > 1;
            let rows = answers.iter().enumerate().map(row);
            rows.zip(answers).try_for_each(|(row, answer)| write_lines(asked, &row, answer, several, page))
        }
        Form::Json => {
            let rows: Vec<_> = answers.iter().enumerate().map(row).collect();
            write_json(page, &question.json(asked), &rows)
        }
        form => {
            let chosen: Vec<_> = answers.iter().map(|answer| forms::chosen(answer, &language, None)).collect();
            let name = question.related_to();
            let heading = Heading { title: format!("Papers related to {name}"), command: "recommend", name: &name };
            forms::write(form, &heading, &chosen, page)
        }
    }
}

/// An answer as lines. Which of the liked it comes from is told where there are `several`.
fn write_lines(asked: &Recommend, row: &ResultRow<'_>, answer: &Answer, several: bool, page: &mut Page) -> Result<()> {
    let from = several.then(|| liked(answer));
    // With --why the sentence is quoted below, and with --facet it is one of what is shown.
    let sentence = answer.sentence.as_deref().filter(|_| !asked.why && asked.facet.is_none());
    write_row(page, row, Told { from: from.as_deref(), terms: &answer.terms, sentence })?;
    if let Some(facet) = asked.facet {
        facets::write(page, answer, facet, asked.why)?;
    }
    if asked.why { write_why(page, answer) } else { Ok(()) }
}

/// Adds what a profile of the library likes and dislikes, see [`add_own_profile`].
pub(super) fn add_profile(library: &Library, name: &str, recency: &Recency, query: &mut Query) -> Result<()> {
    let profile = library.profile(name)?;
    query.emphasis = emphasis(&profile, recency);
    add_own_profile(&profile, library, query)
}

/// How much each like of a profile counts.
fn emphasis(profile: &Profile, recency: &Recency) -> BTreeMap<ArxivId, f32> {
    recency.half_life.map(|days| profile.emphasis(days)).unwrap_or_default()
}

/// Adds what a profile likes and dislikes, as far as it is in the library. What is named on the command line holds against the
/// profile.
pub(super) fn add_own_profile(profile: &Profile, library: &Library, query: &mut Query) -> Result<()> {
    query.interests = profile.interests.clone();
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

pub(super) fn selection_json(selection: &Selection) -> serde_json::Value {
    let mut value = filters_json(&selection.filters);
    value["k"] = json!(selection.k);
    value["at_least"] = json!(selection.at_least);
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
