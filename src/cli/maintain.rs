//! `relata remove`, `relata check` and `relata reembed`: keeping a library in order.

use serde_json::json;

use crate::error::Result;
use crate::index::{Index, State};
use crate::library::Problem;

use super::args::{Check, Reembed, Remove};
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, complete, ids};

pub(super) fn remove(context: &Context, asked: &Remove, page: &mut Page) -> Result<Outcome> {
    let ids = ids(&asked.ids)?;
    let Some(mut library) = context.open_existing()? else {
        say("The library is empty: there is nothing to remove.");
        return Ok(Outcome::Nothing);
    };
    let removed = library.remove(&ids)?;
    let (gone, unknown): (Vec<_>, Vec<_>) = ids.iter().zip(removed).partition(|(_, removed)| *removed);
    if asked.json {
        let names = |list: &[(&crate::ArxivId, bool)]| list.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>();
        let value = json!({ "removed": names(&gone), "unknown": names(&unknown) });
        page.json(&value)?;
    } else {
        for (id, _) in &unknown {
            say(&format!("{id} is not in the library"));
        }
        page.line(&format!("removed {}", gone.len()))?;
    }
    page.flush()?;
    for stored in library.fingerprints()? {
        // The papers are gone all the same: until this succeeds, answers pass them over one by one.
        if let Err(error) = Index::refresh(&mut library, stored.number) {
            say(&format!("note: the index was not brought up to date: {}", complete(&error)));
        }
    }
    Ok(match (gone.is_empty(), unknown.is_empty()) {
        (true, _) => Outcome::Nothing,
        (false, true) => Outcome::Done,
        (false, false) => Outcome::Partial,
    })
}

pub(super) fn check(context: &Context, asked: &Check, page: &mut Page) -> Result<Outcome> {
    let Some(library) = context.open_existing()? else {
        say("The library is empty: there is nothing to check.");
        return Ok(Outcome::Nothing);
    };
    let _snapshot = library.snapshot()?;
    let mut problems = library.check()?;
    for stored in library.fingerprints()? {
        let damage = match Index::open(&library, stored.number)? {
            State::Ready(index) => index.check(&library, stored.number)?,
            State::Damaged(what) => Some(what),
            State::Absent => None,
        };
        problems.extend(
            damage.map(|what| Problem { what: format!("{what}; the next answer or `relata add` makes it anew") }),
        );
    }
    let papers = library.len()?;
    if asked.json {
        let rows: Vec<_> = problems.iter().map(|problem| &problem.what).collect();
        let value = json!({ "papers": papers, "problems": rows });
        page.json(&value)?;
    } else {
        for problem in &problems {
            page.whole(&problem.what)?;
        }
        if problems.is_empty() {
            page.line(&format!("{papers} papers, no problems"))?;
        }
    }
    Ok(if problems.is_empty() { Outcome::Done } else { Outcome::Partial })
}

pub(super) fn reembed(context: &Context, asked: &Reembed, page: &mut Page) -> Result<Outcome> {
    let Some(mut library) = context.open_existing()? else {
        say("The library is empty: there is nothing to embed.");
        return Ok(Outcome::Nothing);
    };
    let mut engine = context.engine(Some(&library))?;
    let (number, embedded) = context.catch_up(&mut engine, &mut library, true)?;
    library.set_embedding_settings(&engine.remembered()?)?;
    context.prepare(&mut library, number)?;
    let mut forgotten = 0;
    if asked.forget_others {
        // First their indexes, so that no index notes what goes.
        for other in library.fingerprints()?.into_iter().filter(|other| other.number != number) {
            Index::forget(&mut library, other.number)?;
        }
        forgotten = library.forget_others(number)?;
    }
    let model = &engine.identity().name;
    if asked.json {
        let value = json!({ "model": model, "embedded": embedded, "forgotten": forgotten });
        page.json(&value)?;
    } else {
        let forgotten = if forgotten > 0 { format!(", forgot {forgotten} vectors of others") } else { String::new() };
        let text = format!("embedded {embedded} with {}{forgotten}", printable(model));
        page.line(&text)?;
    }
    Ok(Outcome::Done)
}
