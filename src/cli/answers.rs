//! `relata recommend`, and what other commands share of its question and its answer.

use crate::error::{Error, QueryError, Result};
use crate::export::{Form, Heading};
use crate::facets::FacetOrigin;
use crate::library::Filter;
use crate::service::{ComparedFacet, Factors, RankOptions, Recommend as Request, Recommendation, Related, Row};

use super::args::{Filters, Ranking, Recency, Recommend, Selection};
use super::rows::{INDENT, Told, liked, write_row, write_why};
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, advice, forms, language, last};

pub(super) fn recommend(context: &Context, asked: &Recommend, page: &mut Page) -> Result<Outcome> {
    let like = last::ids(context, asked.ids.iter().chain(&asked.like)).inspect_err(|error| {
        if matches!(error, Error::Query(QueryError::NotAnId { .. })) && !asked.ids.is_empty() {
            let words = printable(&asked.ids.join(" ")).into_owned();
            say(&format!(
                "note: `relata search {words}` looks for words, `relata recommend --like-text \"{words}\"` for what is related to a text"
            ));
        }
    })?;
    let request = Request {
        like,
        unlike: last::ids(context, &asked.unlike)?,
        like_text: asked.like_text.clone(),
        profile: asked.profile.clone(),
        facet: asked.facet,
        ranking: rank_options(&asked.selection, &asked.ranking, &asked.recency),
    };
    let answer = context.relata.recommend(&request)?;
    if let Some(facet) = &answer.query.facet {
        explain(facet);
    }
    write(asked, request.like.len(), &answer, page)?;
    let outcome = outcome(answer.results.len());
    last::note(context, answer.seen.source, answer.results.iter().map(|row| &row.id), page)?;
    context.relata.mend_index(answer.seen.source)?;
    Ok(outcome)
}

/// What the answers are related to, in words: ids, texts, a profile. The `named` first of the liked
/// papers were named on the command line.
fn related_to(answer: &Recommendation, named: usize) -> String {
    let query = &answer.query;
    let ids = query.like.iter().take(named).map(ToString::to_string);
    let texts = query.like_text.iter().map(|text| format!("\u{201c}{text}\u{201d}"));
    let profile = query.profile.as_ref().map(|name| format!("the profile {name}"));
    ids.chain(texts).chain(profile).collect::<Vec<_>>().join(", ")
}

fn write(asked: &Recommend, named: usize, answer: &Recommendation, page: &mut Page) -> Result<()> {
    match forms::form(&asked.selection) {
        Form::Text => {
            let several = answer.query.like.len() + answer.query.like_text.len() + answer.query.own_texts > 1;
            answer.results.iter().try_for_each(|row| write_lines(asked, row, several, page))
        }
        Form::Json => page.answer(answer),
        form => {
            let chosen: Vec<_> = answer.results.iter().map(|row| forms::chosen(row, None)).collect();
            let name = related_to(answer, named);
            let heading = Heading { title: format!("Papers related to {name}"), command: "recommend", name: &name };
            forms::write(form, &heading, &chosen, page)
        }
    }
}

/// An answer as lines. Which of the liked it comes from is told where there are `several`.
fn write_lines(asked: &Recommend, row: &Row<Related>, several: bool, page: &mut Page) -> Result<()> {
    let from = several.then(|| liked(&row.reason.liked));
    // With --why the sentence is quoted below, and with --facet it is one of what is shown.
    let sentence = row.reason.sentence.as_deref().filter(|_| !asked.why && asked.facet.is_none());
    write_row(page, row, Told { from: from.as_deref(), terms: &row.reason.terms, sentence })?;
    if let (Some(facet), Some(told)) = (asked.facet, &row.reason.facet) {
        // Whole, or as much as shows what it is about.
        let text = if asked.why { told.text.clone() } else { beginning(&told.text) };
        page.paragraph(&format!("{}: {}", facet.name(), printable(&text)), INDENT)?;
    }
    if asked.why { write_why(page, &row.reason, row.score) } else { Ok(()) }
}

/// Says what is compared of papers, of which it is not told, and which model would read what this
/// one does not.
fn explain(facet: &ComparedFacet) {
    let ComparedFacet { name, liked, silent, unread, looked_at, other_model } = facet;
    for paper in liked {
        let told = match paper.from {
            FacetOrigin::Digest => "its digest",
            FacetOrigin::Abstract => "its abstract",
        };
        say(&format!("{name} of {}, from {told}: {}", paper.id, printable(&beginning(&paper.text))));
    }
    if !silent.is_empty() {
        let ids: Vec<&str> = silent.iter().map(super::super::paper::arxiv_id::ArxivId::as_str).collect();
        say(&format!("note: nothing tells the {name} of {}: its whole abstract is compared", ids.join(", ")));
    }
    let Some(other) = other_model else { return };
    say(&format!(
        "note: digests tell the {name} of {unread} of these {looked_at} papers in a language that {} does not read; sentences of their abstracts are \
         compared instead.",
        other.instead_of
    ));
    if other.name.is_some() {
        say(&format!("{}.", advice::other_model(other)));
    }
}

/// About three lines of a text.
fn beginning(text: &str) -> String {
    const CHARACTERS: usize = 220;
    let Some((end, _)) = text.char_indices().nth(CHARACTERS) else { return text.to_owned() };
    let cut = text[..end].rfind(' ').unwrap_or(end);
    format!("{} …", text[..cut].trim_end_matches([' ', ',', ';']))
}

pub(super) fn outcome(found: usize) -> Outcome {
    if found == 0 {
        say("No paper answers this query. Fewer filters may help.");
        return Outcome::Nothing;
    }
    Outcome::Done
}

impl From<&Filters> for Filter {
    fn from(asked: &Filters) -> Filter {
        let Filters { category, since, until, author, exclude, withdrawn, tag, unread } = asked.clone();
        Filter { categories: category, since, until, authors: author, exclude, withdrawn, tags: tag, unread }
    }
}

/// The options that `recommend` and `today` share.
pub(super) fn rank_options(selection: &Selection, ranking: &Ranking, recency: &Recency) -> RankOptions {
    RankOptions {
        k: selection.k,
        at_least: selection.at_least,
        filter: Filter::from(&selection.filters),
        factors: factors(&ranking.weight),
        diversity: ranking.diversity,
        half_life: recency.half_life,
        language: language::reader(selection.language.as_deref()),
    }
}

/// The factors that were asked for; of a part that is named twice, their product.
pub(super) fn factors(asked: &[(String, f32)]) -> Factors {
    let mut factors = Factors::default();
    for (part, factor) in asked {
        // Names were checked with the arguments.
        let _ = factors.scale(part, *factor);
    }
    factors
}
