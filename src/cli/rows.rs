//! Answers as rows: two or three lines each, or the keys of `--json`.

use console::Style;
use serde::Serialize;
use serde_json::json;

use crate::error::Result;
use crate::learned::Parts;
use crate::library::Paper;
use crate::recommend::{Answer, Liked};

use super::language;
use super::terminal::{Page, printable};

/// Columns before what stands below the first line of an answer.
pub(super) const INDENT: usize = 10;

/// One result in JSON: the keys that scripts may rely on.
#[derive(Serialize)]
pub(super) struct ResultRow<'a> {
    rank: usize,
    id: &'a str,
    pub(super) score: f64,
    /// How well it answers, from 0 to 100; unknown where nothing was compared.
    #[serde(rename = "match")]
    matched: Option<f64>,
    title: Option<&'a str>,
    authors: &'a [String],
    year: i16,
    date: String,
    primary_category: Option<&'a str>,
    categories: &'a [String],
    url: String,
    /// What a digest says of it in one or two sentences, in the reader's language or in English.
    pub(super) tldr: Option<&'a str>,
    /// What made it an answer: `liked`, `sentence`, `cosine` and `parts`, or `cosine` and `keyword_rank`; and the shared `terms`.
    reason: serde_json::Value,
}

/// An answer with its reasons.
pub(super) fn answer_row<'a>(rank: usize, answer: &'a Answer, language: &str) -> ResultRow<'a> {
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
    row(rank, (f64::from(answer.score), Some(answer.matched)), &answer.paper, language, reason)
}

/// What an answer comes from, in words.
pub(super) fn liked(answer: &Answer) -> String {
    match &answer.because {
        Liked::Paper(id) => format!("like {id}"),
        Liked::Text(at) => format!("like text {}", at + 1),
    }
}

/// Six decimals hold all that these numbers tell; more would only differ between machines. No negative zero.
fn rounded(x: f32) -> f64 {
    (f64::from(x) * 1e6).round() / 1e6 + 0.0
}

/// A paper with its score and match.
pub(super) fn row<'a>(
    rank: usize,
    (score, matched): (f64, Option<f32>),
    paper: &'a Paper,
    language: &str,
    reason: serde_json::Value,
) -> ResultRow<'a> {
    ResultRow {
        rank,
        id: paper.id.as_str(),
        // Six decimals hold all that f32 cosines tell; more would only differ between machines.
        score: (score * 1e6).round() / 1e6,
        matched: matched.map(|matched| (f64::from(matched) * 10.0).round() / 10.0),
        title: paper.title.as_deref(),
        authors: &paper.authors,
        year: paper.id.submitted().0,
        date: paper.date.to_string(),
        primary_category: paper.categories.first().map(String::as_str),
        categories: &paper.categories,
        url: paper.id.url(),
        tldr: language::tldr(paper, language),
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
        page.paragraph(&format!("\u{201c}{}\u{201d}", printable(sentence)), INDENT)?;
    }
    let Parts { meaning, associations, words, authors } = answer.parts;
    let mut parts = vec![("meaning", meaning), ("associations", associations), ("words", words), ("authors", authors)];
    parts.push(("unlike", -answer.away));
    parts.retain(|(_, part)| *part != 0.0);
    let parts: Vec<String> = parts.iter().map(|(name, part)| format!("{name} {part:.2}")).collect();
    let sum = format!("{} = {:.2}", parts.join(" + "), answer.score);
    let sum = page.styled(&Style::new().dim(), &sum);
    page.line(&format!("{:INDENT$}{sum}", ""))
}

/// What an answer tells beside its row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told<'a> {
    /// What it comes from.
    pub from: Option<&'a str>,
    /// Terms it shares with that.
    pub terms: &'a [String],
    /// The sentence that matters, for where no digest says more.
    pub sentence: Option<&'a str>,
}

/// Rank, match, id and title; then link (where the id is none), date, category, authors and reason; then what the paper says in a line.
pub(super) fn write_row(page: &mut Page, row: &ResultRow<'_>, told: Told<'_>) -> Result<()> {
    let rank = page.styled(&Style::new().dim(), &format!("{:>3}", row.rank));
    let id = page.styled(&Style::new().cyan(), &format!("{:<10}", row.id));
    let title = page.styled(&Style::new().bold(), &printable(row.title.unwrap_or("(no title)")));
    let matched = row.matched.map_or("-".to_owned(), |matched| format!("{matched:.0}"));
    page.linked(&format!("{rank}  {matched:>3}  {id}  {title}"), row.id, &row.url)?;
    let second = page.styled(&Style::new().dim(), &second_line(row, told, page.has_links()));
    page.line(&format!("{:INDENT$}{second}", ""))?;
    match row.tldr.or(told.sentence.filter(|sentence| tells(sentence))) {
        Some(text) => page.line(&format!("{:INDENT$}{}", "", printable(text))),
        None => Ok(()),
    }
}

/// Whether a sentence is shown: the address of code or data says nothing of a paper, and a terminal might make a link of it.
pub(super) fn tells(sentence: &str) -> bool {
    !sentence.contains("://")
}

fn second_line(row: &ResultRow<'_>, told: Told<'_>, linked: bool) -> String {
    let mut parts = Vec::new();
    if !linked {
        parts.push(row.url.clone());
    }
    parts.push(row.date.clone());
    parts.extend(row.primary_category.map(|category| printable(category).into_owned()));
    if let Some(author) = row.authors.first() {
        let others = if row.authors.len() > 1 { " et al." } else { "" };
        parts.push(format!("{}{others}", printable(author)));
    }
    parts.extend(told.from.map(str::to_owned));
    if !told.terms.is_empty() {
        parts.push(format!("shares {}", printable(&told.terms.join(", "))));
    }
    parts.join(" · ")
}
