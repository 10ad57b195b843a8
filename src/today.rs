//! `today`: which of the new papers matter to somebody.
//!
//! In: a query of what is liked, restricted to new papers. Out: the best of them, each with the
//! others that are nearly the same text folded under it: a paper posted twice, a part two that
//! repeats part one's abstract. One that is nearly the same text as an older paper is no news and
//! is told apart. By words and not by vectors, which call two papers on one thing the same; vectors
//! say which to compare. What counts as new is told here too ([`is_known`]).

use std::collections::BTreeSet;

use jiff::ToSpan;

use crate::error::Result;
use crate::library::{Paper, PaperRow, PaperSet, terms};
use crate::neighbours::{Admitted, SearchContext};
use crate::paper::ArxivId;
use crate::paper::{Listing, PartialDate};
use crate::recommend::{Answer, Known, Query, QueryVectors, recommend};

/// Share of the different words of two papers that both hold, from which they are the same to a
/// reader.
const NEARLY_THE_SAME: f32 = 0.8;

/// Answers that are looked through for each that is wanted, and the least: those folded leave room
/// for others.
const LOOKED_THROUGH: usize = 4;
const LOOKED_THROUGH_AT_LEAST: usize = 100;

/// Older papers that an answer is compared with: those nearest to it.
const OLDER: usize = 8;

/// How old the first version of a paper is when a later version is no news any more.
const OLD: i64 = 7;

/// The least match of a paper that matters, where nothing else is said: most papers from here on
/// are of a liked paper's field.
pub(crate) const DEFAULT_FLOOR: f32 = 50.0;

/// So many new papers are compared to say how many of them matter.
const COUNTED: usize = 5000;

/// A new paper.
#[derive(Clone, Debug)]
pub(crate) struct New {
    /// The paper and why it is an answer.
    pub answer: Answer,
    /// Lower-ranked new papers that are nearly the same.
    pub also: Vec<Paper>,
}

/// What a day brings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Today {
    /// The best of the new papers.
    pub new: Vec<New>,
    /// Papers that would have been among them, but are nearly the same as an older one; with the
    /// older one's id.
    pub repeated: Vec<(ArxivId, ArxivId)>,
    /// How many new papers match as well as `query.at_least`, or where that is 0 as
    /// [`DEFAULT_FLOOR`], be they listed or not. Of more than 5000 new papers, those nearest to
    /// what is liked are looked at.
    pub matter: usize,
}

/// The best `query.k` new papers, which `query.among` names. With `repeats`, also those that nearly
/// repeat an older paper.
///
/// # Errors
/// As [`recommend`].
pub(crate) fn today(context: &SearchContext<'_>, known: &Known, query: &Query, repeats: bool) -> Result<Today> {
    let counted = query.among.as_ref().map_or(0, PaperSet::len).min(COUNTED);
    let k = query.k.saturating_mul(LOOKED_THROUGH).max(LOOKED_THROUGH_AT_LEAST).max(counted);
    let deeper = Query { k, as_chosen: true, ..query.clone() };
    let answers = recommend(context, known, &deeper, QueryVectors::default())?.answers;
    let floor = if query.at_least > 0.0 { query.at_least } else { DEFAULT_FLOOR };
    let mut matter = answers.iter().filter(|answer| answer.matched >= floor).count();
    let mut chosen: Vec<(BTreeSet<String>, New)> = Vec::new();
    let mut repeated = Vec::new();
    let mut rest = answers.into_iter();
    loop {
        let some: Vec<Answer> = rest.by_ref().take(query.k.clamp(10, LOOKED_THROUGH_AT_LEAST)).collect();
        if some.is_empty() {
            break;
        }
        // Once all places are taken, only what folds into them is still looked for.
        let older = if repeats || chosen.len() >= query.k { Vec::new() } else { older(context, query, &some)? };
        for (place, answer) in some.into_iter().enumerate() {
            let words = words(&answer.paper);
            let full = chosen.len() >= query.k;
            // Withdrawn papers say the same of papers that are not.
            let alike = |first: &BTreeSet<String>, new: &New| {
                !answer.paper.withdrawn && !new.answer.paper.withdrawn && likeness(first, &words) >= NEARLY_THE_SAME
            };
            match chosen.iter_mut().find(|(first, new)| alike(first, new)) {
                Some((_, new)) => new.also.push(answer.paper),
                None if full => {}
                None => {
                    let same = |old: &&Paper| {
                        !answer.paper.withdrawn && likeness(&words, &self::words(old)) >= NEARLY_THE_SAME
                    };
                    match older.get(place).and_then(|older| older.iter().find(same)) {
                        Some(old) => {
                            matter -= usize::from(answer.matched >= floor);
                            repeated.push((answer.paper.id, old.id.clone()));
                        }
                        None => chosen.push((words, New { answer, also: Vec::new() })),
                    }
                }
            }
        }
    }
    let mut new: Vec<New> = chosen.into_iter().map(|(_, new)| new).collect();
    if query.diversity == 0.0 {
        new.sort_by(|New { answer: a, .. }, New { answer: b, .. }| {
            b.score.total_cmp(&a.score).then_with(|| a.paper.id.cmp(&b.paper.id))
        });
    }
    Ok(Today { new, repeated, matter })
}

/// For each answer those of the papers nearest to it that are not new and came before it.
fn older(context: &SearchContext<'_>, query: &Query, answers: &[Answer]) -> Result<Vec<Vec<Paper>>> {
    let mut vectors = Vec::with_capacity(answers.len());
    for answer in answers {
        vectors.extend(context.library.vector(context.fingerprint, answer.paper.row)?);
    }
    if vectors.len() < answers.len() {
        return Ok(Vec::new());
    }
    let is_new = |row: PaperRow| query.among.as_ref().is_none_or(|among| among.contains(row));
    // A paper that was withdrawn and comes again under another id is news.
    let withdrawn = context.library.withdrawn()?;
    let admitted = Admitted { held_back: Some(&withdrawn), ..Admitted::default() };
    let near = context.candidates(&vectors, OLDER, &admitted)?;
    let mut older = Vec::with_capacity(answers.len());
    for (answer, near) in answers.iter().zip(near) {
        let rows: Vec<PaperRow> = near.into_iter().map(|near| near.key).filter(|row| !is_new(*row)).collect();
        let mut papers = context.library.papers_by_rows(&rows)?;
        papers.retain(|paper| came(paper) < came(&answer.paper));
        older.push(papers);
    }
    Ok(older)
}

/// When a paper came to be known: the day of its first listing, or the best there is, and of one
/// date by id. A month comes before its days.
fn came(paper: &Paper) -> (PartialDate, &ArxivId) {
    let listed = paper.listings.iter().filter_map(|listing| listing.date).min();
    (listed.map_or(paper.date, PartialDate::Day), &paper.id)
}

fn words(paper: &Paper) -> BTreeSet<String> {
    terms(paper.passage.as_deref().unwrap_or_default()).into_iter().collect()
}

/// The share of all words of two that both hold (Jaccard).
fn likeness(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f32 {
    one.intersection(other).count() as f32 / one.union(other).count().max(1) as f32
}

/// Whether a paper was known before digests listed it: an earlier digest did, or this is a later
/// version of one that is old. A digest without a date comes after all others.
pub(crate) fn is_known(paper: &Paper, listings: &BTreeSet<Listing>) -> bool {
    let Some(day) = listings.iter().map(|listing| listing.date).min() else { return false };
    let earlier = |listing: &&Listing| match day {
        Some(day) => listing.date.is_some_and(|date| date < day),
        None => !listings.iter().any(|own| own.file == listing.file),
    };
    let old = day.and_then(|day| day.checked_sub(OLD.days()).ok()).zip(paper.published);
    let late =
        paper.version.is_some_and(|version| version > 1) && old.is_some_and(|(limit, date)| !date.may_be_since(limit));
    late || paper.listings.iter().any(|listing| earlier(&listing))
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;
    use crate::library::Library;
    use crate::paper::{Entry, Metadata};
    use crate::{ArxivId, Precedence, SourceKind};

    #[test]
    fn known_is_what_was_listed_before_or_is_a_late_version_of_an_old_paper() {
        let date = |text: &str| -> Date { text.parse().expect("a date") };
        let mut library = Library::in_memory().expect("a library");
        let mut paper = |number: u32, version: u32, published: &str, listed: &[&str]| {
            let id = ArxivId::parse(&format!("2602.{number:05}")).expect("an id").0;
            let precedence = Precedence { version, date: None, kind: SourceKind::RawJsonl };
            let entries: Vec<Entry> = listed
                .iter()
                .map(|day| Entry {
                    metadata: Metadata {
                        title: Some("Ice".to_owned()),
                        published: Some(date(published).into()),
                        ..Metadata::default()
                    },
                    listing: Some(Listing { file: format!("{day}.jsonl"), date: Some(date(day)) }),
                    ..Entry::new(id.clone(), precedence, 1)
                })
                .collect();
            library.merge(&entries).expect("merged");
            library.paper(&id).expect("read").expect("there")
        };
        let on = |day: Option<&str>| {
            BTreeSet::from([Listing { file: format!("{}.jsonl", day.unwrap_or("new")), date: day.map(date) }])
        };
        let day = on(Some("2026-02-20"));
        assert!(!is_known(&paper(1, 1, "2026-02-19", &["2026-02-20"]), &day));
        assert!(is_known(&paper(2, 1, "2026-02-18", &["2026-02-19", "2026-02-20"]), &day));
        assert!(is_known(&paper(3, 2, "2026-02-01", &["2026-02-20"]), &day));
        assert!(!is_known(&paper(4, 2, "2026-02-13", &["2026-02-20"]), &day), "a quick second version is still news");
        assert!(!is_known(&paper(5, 1, "2025-02-01", &["2026-02-20"]), &day), "a late first listing is news");
        assert!(is_known(&paper(6, 1, "2026-02-18", &["2026-02-19"]), &on(None)), "without a date, what others listed");
        let mut once = paper(7, 1, "2026-02-18", &["2026-02-19"]);
        once.listings = vec![Listing { file: "new.jsonl".to_owned(), date: None }];
        assert!(!is_known(&once, &on(None)), "without a date, what no other listed");
    }
}
