//! `relata remove`, `relata check` and `relata reembed`: keeping a library in order.

use std::path::PathBuf;

use crate::error::{Error, LibraryError, Result};
use crate::service::{Recovered, Reembed as ReembedRequest, Remove as RemoveRequest, Repair};

use super::args::{Check, Reembed, Remove};
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, ids};

pub(super) fn remove(context: &Context, asked: &Remove, page: &mut Page) -> Result<Outcome> {
    let request = RemoveRequest { ids: ids(&asked.ids)? };
    let Some(removed) = unless_empty(context.relata.remove(&request), "remove")? else { return Ok(Outcome::Nothing) };
    if asked.json {
        page.answer(&removed)?;
    } else {
        for id in &removed.unknown {
            say(&format!("{id} is not in the library"));
        }
        page.line(&format!("removed {}", removed.removed.len()))?;
    }
    page.flush()?;
    context.relata.refresh_indexes()?;
    Ok(match (removed.removed.is_empty(), removed.unknown.is_empty()) {
        (true, _) => Outcome::Nothing,
        (false, true) => Outcome::Done,
        (false, false) => Outcome::Partial,
    })
}

pub(super) fn check(context: &Context, asked: &Check, page: &mut Page) -> Result<Outcome> {
    if let Some(files) = &asked.repair {
        return repair(context, asked, files, page);
    }
    let Some(checked) = unless_empty(context.relata.check(), "check")? else { return Ok(Outcome::Nothing) };
    if asked.json {
        page.answer(&checked)?;
    } else {
        for problem in &checked.problems {
            page.whole(problem)?;
        }
        if checked.problems.is_empty() {
            page.line(&format!("{} papers, no problems", checked.papers))?;
        }
    }
    Ok(if checked.problems.is_empty() { Outcome::Done } else { Outcome::Partial })
}

/// `relata check --repair`
fn repair(context: &Context, asked: &Check, files: &[PathBuf], page: &mut Page) -> Result<Outcome> {
    let request = Repair { sources: files.to_vec(), embed: !asked.no_embed };
    let Some(done) = unless_empty(context.relata.repair(&request), "repair")? else { return Ok(Outcome::Nothing) };
    let left = &done.left;
    if asked.json {
        page.answer(&done)?;
    } else {
        for what in &done.mended {
            page.whole(&format!("mended {what}"))?;
        }
        if let Some(Recovered { library, papers, incomplete, vectors }) = &done.recovered {
            let file = printable(&library.display().to_string()).into_owned();
            page.line(&format!(
                "{papers} papers came back, {incomplete} of them incomplete, with {vectors} vectors: they are in {file}"
            ))?;
            return Ok(Outcome::Partial);
        }
        if done.dropped > 0 || done.embedded > 0 {
            page.line(&format!("deleted {} vectors, embedded {} papers", done.dropped, done.embedded))?;
        }
        for problem in &left.problems {
            page.whole(problem)?;
        }
        if left.problems.is_empty() {
            page.line(&format!("{} papers, no problems", left.papers))?;
        }
    }
    if let Some(id) = left.damaged.first() {
        say(&format!(
            "Name the files from which these papers were added (relata check --repair PATH...), or remove them and add \
             them again (relata remove {id}, then relata add PATH)."
        ));
    }
    Ok(if left.problems.is_empty() && done.recovered.is_none() { Outcome::Done } else { Outcome::Partial })
}

pub(super) fn reembed(context: &Context, asked: &Reembed, page: &mut Page) -> Result<Outcome> {
    let request = ReembedRequest { forget_others: asked.forget_others };
    let Some(done) = unless_empty(context.relata.reembed(&request), "embed")? else { return Ok(Outcome::Nothing) };
    if asked.json {
        page.answer(&done)?;
    } else {
        let forgotten = match done.forgotten {
            0 => String::new(),
            vectors => format!(", forgot {vectors} vectors of others"),
        };
        page.line(&format!("embedded {} with {}{forgotten}", done.embedded, printable(&done.model)))?;
    }
    Ok(Outcome::Done)
}

/// What was done, unless the library has no papers to do it to, which is said.
fn unless_empty<T>(done: Result<T>, what: &str) -> Result<Option<T>> {
    match done {
        Err(Error::Library(LibraryError::Empty { .. })) => {
            say(&format!("The library is empty: there is nothing to {what}."));
            Ok(None)
        }
        done => done.map(Some),
    }
}
