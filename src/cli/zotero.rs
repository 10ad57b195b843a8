//! `relata profile sync`: what came of bringing a profile up to Zotero's collections, and of
//! writing into one.

use crate::error::{Result, ZoteroError};
use crate::service::{
    StopZotero, StoppedCollection, SyncZotero, SyncedCollection, WriteOutcome, ZoteroSynced, ZoteroWritten,
};
use crate::zotero::ZoteroSettings;

use super::terminal::{Page, printable, say};
use super::{Context, Outcome, complete};

pub(super) fn sync(context: &Context, request: &SyncZotero, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let settings = ZoteroSettings::from_vars(|name| context.config.variable(name))?;
    let synced = context.relata.sync_zotero(request, &settings)?;
    if as_json {
        page.answer(&synced)?;
    } else {
        write(&synced, page)?;
    }
    for collection in synced.collections.iter().filter(|collection| collection.missing) {
        let (name, key) = (collection.name.clone(), collection.key.clone());
        say(&format!("error: {}", complete(&ZoteroError::Missing { name, key }.into())));
    }
    let missing = synced.collections.iter().any(|collection| collection.missing);
    let mut changed = synced.collections.iter().any(|collection| collection.added + collection.removed > 0);
    if let Some(written) = &synced.written {
        if let Some(fault) = &written.fault {
            say(&format!("error: {}", complete(fault)));
        }
        changed |= written.count(WriteOutcome::Created) + written.count(WriteOutcome::WouldBeCreated) > 0;
    }
    if missing || synced.written.as_ref().is_some_and(ZoteroWritten::is_partial) {
        return Ok(Outcome::Partial);
    }
    Ok(if changed || as_json { Outcome::Done } else { Outcome::Nothing })
}

pub(super) fn stop(context: &Context, request: &StopZotero, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let stopped = context.relata.stop_zotero(request)?;
    if as_json {
        page.answer(&stopped)?;
    }
    for StoppedCollection { name, removed, .. } in stopped.collections.iter().filter(|_| !as_json) {
        let name = if name.is_empty() { "Zotero".into() } else { printable(name) };
        page.line(&format!("{name}: no longer followed, removed {removed}"))?;
    }
    Ok(Outcome::Done)
}

/// `Ice and snow: read 12 (3 papers, 9 texts, 2 of these by title alone), added 5, removed 1`
fn write(synced: &ZoteroSynced, page: &mut Page) -> Result<()> {
    let would = if synced.dry_run { "would be " } else { "" };
    for collection in synced.collections.iter().filter(|collection| !collection.missing) {
        let SyncedCollection { name, read, papers, texts, by_title, without_title, added, removed, .. } = collection;
        let name = if name.is_empty() { "Zotero".into() } else { printable(name) };
        let (papers, texts) = (counted(*papers, "paper"), counted(*texts, "text"));
        let alone = if *by_title > 0 { format!(", {by_title} of these by title alone") } else { String::new() };
        page.line(&format!(
            "{name}: read {read} ({papers}, {texts}{alone}), {would}added {added}, {would}removed {removed}"
        ))?;
        if *without_title > 0 {
            say(&format!("{without_title} items of {name} have no title and were left out."));
        }
    }
    synced.written.as_ref().map_or(Ok(()), |written| write_back(written, synced.dry_run, page))
}

/// A line for each paper that was written or failed, and one for all:
///
/// `Ice and snow: written 2, already in Zotero 1`
fn write_back(written: &ZoteroWritten, dry_run: bool, page: &mut Page) -> Result<()> {
    for paper in &written.papers {
        let outcome = match paper.outcome {
            WriteOutcome::Created => "written",
            WriteOutcome::WouldBeCreated => "would be written",
            WriteOutcome::Failed => "not written",
            WriteOutcome::Open => "open",
            WriteOutcome::AlreadyThere | WriteOutcome::Unknown => continue,
        };
        let reason = paper.reason.as_ref().map_or_else(String::new, |reason| format!(" ({})", printable(reason)));
        let title = printable(paper.title.as_deref().unwrap_or_default());
        page.line(&format!("  {outcome}{reason}: {}  {title}", paper.id))?;
    }
    let count = |outcome| written.count(outcome);
    let mut parts = vec![match dry_run {
        true => format!("would be written {}", count(WriteOutcome::WouldBeCreated)),
        false => format!("written {}", count(WriteOutcome::Created)),
    }];
    for (outcome, text) in [
        (WriteOutcome::AlreadyThere, "already in Zotero"),
        (WriteOutcome::Unknown, "not in the library"),
        (WriteOutcome::Failed, "failed"),
        (WriteOutcome::Open, "open"),
    ] {
        let count = count(outcome);
        parts.extend((count > 0).then(|| format!("{text} {count}")));
    }
    page.line(&format!("{}: {}", printable(&written.name), parts.join(", ")))
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
