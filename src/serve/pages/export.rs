//! Lists of papers in the forms of other programs.

use super::entries::{followed, found, related};
use super::{Answer, Shape, Shown, no_such_shape};
use crate::Error;
use crate::export::{self, Chosen, Form, Heading};
use crate::service::{FollowedPaper, Found, FoundBy, NewPaper, Row, TodayList};

/// Papers in a form that is neither a page nor JSON.
pub(super) fn list(shape: Shape, heading: &Heading<'_>, chosen: &[Chosen<'_>]) -> Answer<Shown> {
    let (form, kind) = match shape {
        Shape::Bibtex => (Form::Bibtex, "application/x-bibtex; charset=utf-8"),
        Shape::Atom => (Form::Atom, "application/atom+xml; charset=utf-8"),
        Shape::Csv => (Form::Csv, "text/csv; charset=utf-8"),
        Shape::Html | Shape::Json => return Err(no_such_shape()),
    };
    let mut bytes = Vec::new();
    export::write(form, heading, chosen, &mut bytes).map_err(Error::io("an answer"))?;
    Ok(Shown::Data { kind, bytes: bytes.into() })
}

/// The papers of a day, the followed ones first.
pub(super) fn of_day(list: &TodayList) -> Vec<Chosen<'_>> {
    let first = list.followed.iter().map(of_followed);
    first.chain(list.results.iter().map(of_new)).collect()
}

fn of_followed(row: &FollowedPaper) -> Chosen<'_> {
    let sentence = row.reason.related.as_ref().and_then(|related| related.sentence.as_deref());
    chosen(row, sentence, followed(&row.reason))
}

fn of_new(new: &NewPaper) -> Chosen<'_> {
    chosen(&new.row, new.row.reason.sentence.as_deref(), related(&new.row.reason))
}

/// A paper that was chosen by its id.
pub(super) fn of_row(row: &Row<FoundBy>) -> Chosen<'_> {
    chosen(row, None, Vec::new())
}

/// The papers that were found.
pub(super) fn of_found(answer: &Found) -> Vec<Chosen<'_>> {
    answer.results.iter().map(|row| chosen(row, None, found(&row.reason))).collect()
}

fn chosen<'a, R>(row: &'a Row<R>, sentence: Option<&'a str>, why: Vec<String>) -> Chosen<'a> {
    let text = row.tldr.as_deref().or(sentence.filter(|sentence| !sentence.contains("://")));
    Chosen { paper: &row.paper, score: row.score, matched: row.matched, text, why: why.join("; ") }
}
