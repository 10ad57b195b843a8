//! `relata note`, `relata tag` and `relata read`: what somebody says of papers.

use crate::error::{Error, QueryError, Result};
use crate::service::{Annotated, MarkRead, NotePaper, TagPapers};

use super::args::{NoteArgs, ReadArgs, Tag};
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, complete, last};

pub(super) fn note(context: &Context, asked: &NoteArgs, page: &mut Page) -> Result<Outcome> {
    let mut outcome = Outcome::Done;
    for paper in last::ids(context, [&asked.id])? {
        let noted = context.relata.note_paper(&NotePaper { paper, text: asked.text.clone() })?;
        outcome = write(noted, asked.json, page)?;
    }
    Ok(outcome)
}

/// Gives a paper tags, or without one lists all tags.
pub(super) fn tag(context: &Context, asked: &Tag, page: &mut Page) -> Result<Outcome> {
    let Some(id) = &asked.id else { return list(context, asked.json, page) };
    let papers = last::ids(context, [id])?;
    let tagged = context.relata.tag_papers(&TagPapers { papers, tags: asked.tags.clone(), remove: asked.remove })?;
    write(tagged, asked.json, page)
}

pub(super) fn read(context: &Context, asked: &ReadArgs, page: &mut Page) -> Result<Outcome> {
    let papers = last::ids(context, &asked.ids)?;
    let marked = context.relata.mark_read(&MarkRead { papers, unread: asked.unread })?;
    write(marked, asked.json, page)
}

fn list(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let tags = context.relata.tags()?;
    if as_json {
        page.answer(&tags)?;
    } else {
        for tag in &tags.tags {
            page.line(&format!("{:>6}  {}", tag.papers, printable(&tag.tag)))?;
        }
    }
    if tags.tags.is_empty() {
        say("There is no tag yet. Begin with: relata tag ID TAG...");
        return Ok(Outcome::Nothing);
    }
    Ok(Outcome::Done)
}

fn write(annotated: Annotated, as_json: bool, page: &mut Page) -> Result<Outcome> {
    if as_json {
        page.answer(&annotated)?;
    } else {
        page.line(&format!("changed {}", annotated.changed))?;
        for paper in &annotated.papers {
            let mut parts = vec![paper.id.to_string()];
            parts.extend(paper.read.then(|| "read".to_owned()));
            parts.extend((!paper.tags.is_empty()).then(|| format!("tags {}", printable(&paper.tags.join(", ")))));
            parts.extend(paper.note.as_deref().map(|note| format!("note {}", printable(note))));
            page.line(&parts.join(" · "))?;
        }
    }
    if annotated.unknown.is_empty() {
        return Ok(Outcome::Done);
    }
    let error = Error::from(QueryError::NotInLibrary { unknown: annotated.closest });
    if annotated.papers.is_empty() {
        return Err(error);
    }
    say(&format!("error: {}", complete(&error)));
    Ok(Outcome::Partial)
}
