//! Answers in the forms that other programs read, on standard output.

use crate::error::{Error, Result};
use crate::export::{self, Chosen, Form, Heading};
use crate::service::{Related, Row};

use super::args::Selection;
use super::rows::{liked, tells};
use super::terminal::Page;

/// The form that was asked for.
pub(super) fn form(asked: &Selection) -> Form {
    if asked.json { Form::Json } else { asked.format }
}

/// Writes a form that is neither lines nor JSON.
pub(super) fn write(form: Form, heading: &Heading<'_>, chosen: &[Chosen<'_>], page: &mut Page) -> Result<()> {
    let mut bytes = Vec::new();
    export::write(form, heading, chosen, &mut bytes).map_err(Error::io("standard output"))?;
    String::from_utf8_lossy(&bytes).lines().try_for_each(|line| page.whole(line))
}

/// An answer with why it is one. `more` is added to that.
pub(super) fn chosen(row: &Row<Related>, more: Option<String>) -> Chosen<'_> {
    let reason = &row.reason;
    of_row(row, reason.sentence.as_deref(), why(Some(&liked(&reason.liked)), &reason.terms, more))
}

/// A row with why it was chosen, and a sentence for where no digest says more.
pub(super) fn of_row<'a, R>(row: &'a Row<R>, sentence: Option<&'a str>, why: String) -> Chosen<'a> {
    Chosen {
        paper: &row.paper,
        score: row.score.map(|score| (score * 1e6).round() / 1e6),
        matched: row.matched,
        text: row.tldr.as_deref().or(sentence.filter(|sentence| tells(sentence))),
        why,
    }
}

/// `like 2601.00001; shares glacier, ice; nearly the same: 2602.00002`
pub(super) fn why(from: Option<&str>, terms: &[String], more: Option<String>) -> String {
    let mut parts: Vec<String> = from.map(str::to_owned).into_iter().collect();
    if !terms.is_empty() {
        parts.push(format!("shares {}", terms.join(", ")));
    }
    parts.extend(more);
    parts.join("; ")
}
