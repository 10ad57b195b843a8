//! `relata search`: what was found, as lines or in a form for other programs.

use crate::error::Result;
use crate::export::{Form, Heading};
use crate::library::Filter;
use crate::service::{Found, FoundBy, Row, Search as Request};

use super::answers::outcome;
use super::args::Search;
use super::rows::{Told, write_row};
use super::terminal::{Page, printable};
use super::{Context, Outcome, forms, language, last};

pub(super) fn run(context: &Context, asked: &Search, page: &mut Page) -> Result<Outcome> {
    let request = Request {
        text: (!asked.text.is_empty()).then(|| asked.text.join(" ")),
        k: asked.selection.k,
        at_least: asked.selection.at_least,
        filter: Filter::from(&asked.selection.filters),
        language: language::reader(asked.selection.language.as_deref()),
    };
    let found = context.relata.search(&request)?;
    write(asked, &found, page)?;
    let outcome = outcome(found.results.len());
    last::note(context, found.seen.source, found.results.iter().map(|row| &row.id), page)?;
    context.relata.mend_index(found.seen.source)?;
    Ok(outcome)
}

fn write(asked: &Search, found: &Found, page: &mut Page) -> Result<()> {
    match forms::form(&asked.selection) {
        Form::Text => found.results.iter().try_for_each(|row| write_lines(row, page)),
        Form::Json => page.answer(found),
        form => {
            let (categories, authors) = found.query.filter.filter.subjects();
            let name = match &request_text(found) {
                Some(text) => (*text).to_owned(),
                None => [authors, categories, found.query.filter.filter.tags.as_slice()].concat().join(", "),
            };
            // One that asks for what is unread, say, has no words.
            let title = if name.is_empty() { "Papers found".to_owned() } else { format!("Papers found for {name}") };
            let heading = Heading { title, command: "search", name: &name };
            forms::write(form, &heading, &found.results.iter().map(chosen).collect::<Vec<_>>(), page)
        }
    }
}

/// What was typed; `None` where filters alone were.
fn request_text(found: &Found) -> Option<&str> {
    Some(found.query.text.as_str()).filter(|text| !text.is_empty())
}

fn write_lines(row: &Row<FoundBy>, page: &mut Page) -> Result<()> {
    let FoundBy::Text(reason) = &row.reason else { return write_row(page, row, Told::default()) };
    let by = reason.author.as_ref().map(|author| format!("by {}", printable(author)));
    let told = Told { from: by.as_deref(), terms: &reason.terms, sentence: reason.sentence.as_deref() };
    write_row(page, row, told)
}

fn chosen(row: &Row<FoundBy>) -> crate::export::Chosen<'_> {
    let FoundBy::Text(reason) = &row.reason else { return forms::of_row(row, None, String::new()) };
    let by = reason.author.as_ref().map(|author| format!("by {author}"));
    forms::of_row(row, reason.sentence.as_deref(), forms::why(by.as_deref(), &reason.terms, None))
}
