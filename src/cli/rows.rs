//! Answers as two or three lines each.

use console::Style;

use crate::error::Result;
use crate::reader::excerpt;
use crate::service::{LikedBy, Related, Row, ScoreParts, one_decimal};

use super::terminal::{Page, printable};

/// Columns before what stands below the first line of an answer.
pub(super) const INDENT: usize = 10;

/// The most characters of the title of a liked text.
const OWN_TITLE: usize = 60;

/// What an answer comes from, in words.
pub(super) fn liked(liked: &LikedBy) -> String {
    match liked {
        LikedBy::Paper(id) => format!("like {id}"),
        LikedBy::Text { text } => format!("like text {}", text + 1),
        LikedBy::Own { title, .. } => format!("like \u{201c}{}\u{201d}", printable(&excerpt(title, OWN_TITLE))),
    }
}

/// The sentence that is nearest to what is liked, and the parts of the score, below the two lines
/// of an answer.
pub(super) fn write_why(page: &mut Page, reason: &Related, score: Option<f64>) -> Result<()> {
    // What was compared of a facet stands there already.
    if let Some(sentence) = reason.sentence.as_ref().filter(|_| reason.facet.is_none()) {
        page.paragraph(&format!("\u{201c}{}\u{201d}", printable(sentence)), INDENT)?;
    }
    let ScoreParts { meaning, associations, words, authors, unlike } = reason.parts;
    let mut parts = vec![("meaning", meaning), ("associations", associations), ("words", words), ("authors", authors)];
    parts.push(("unlike", unlike));
    parts.retain(|(_, part)| *part != 0.0);
    let parts: Vec<String> = parts.iter().map(|(name, part)| format!("{name} {part:.2}")).collect();
    let sum = format!("{} = {:.2}", parts.join(" + "), score.unwrap_or_default());
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

/// Rank, match, id and title; then link (where the id is none), date, category, authors and reason;
/// then what the paper says in a line.
pub(super) fn write_row<R>(page: &mut Page, row: &Row<R>, told: Told<'_>) -> Result<()> {
    let rank = page.styled(&Style::new().dim(), &format!("{:>3}", row.rank));
    let id = page.styled(&Style::new().cyan(), &format!("{:<10}", row.id.as_str()));
    let title = page.styled(&Style::new().bold(), &printable(row.title.as_deref().unwrap_or("(no title)")));
    let mark =
        if row.withdrawn { format!("  {}", page.styled(&Style::new().red(), "withdrawn")) } else { String::new() };
    let matched = row.matched.map_or("-".to_owned(), |matched| format!("{:.0}", one_decimal(matched)));
    page.linked(&format!("{rank}  {matched:>3}  {id}  {title}{mark}"), row.id.as_str(), &row.url)?;
    let second = page.styled(&Style::new().dim(), &second_line(row, told, page.has_links()));
    page.line(&format!("{:INDENT$}{second}", ""))?;
    match row.tldr.as_deref().or(told.sentence.filter(|sentence| tells(sentence))) {
        Some(text) => page.line(&format!("{:INDENT$}{}", "", printable(text))),
        None => Ok(()),
    }
}

/// Whether a sentence is shown: the address of code or data says nothing of a paper, and a terminal
/// might make a link of it.
pub(super) fn tells(sentence: &str) -> bool {
    !sentence.contains("://")
}

fn second_line<R>(row: &Row<R>, told: Told<'_>, linked: bool) -> String {
    let mut parts = Vec::new();
    if !linked {
        parts.push(row.url.clone());
    }
    parts.push(row.date.to_string());
    parts.extend(row.primary_category.as_deref().map(|category| printable(category).into_owned()));
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
