//! `relata profile sync`: what came of bringing a profile up to Zotero's collections.

use crate::error::Result;
use crate::service::{SyncZotero, SyncedCollection, ZoteroSynced};
use crate::zotero::ZoteroSettings;

use super::terminal::{Page, printable, say};
use super::{Context, Outcome};

pub(super) fn sync(context: &Context, request: &SyncZotero, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let settings = ZoteroSettings::from_vars(|name| context.config.variable(name))?;
    let synced = context.relata.sync_zotero(request, &settings)?;
    if as_json {
        page.answer(&synced)?;
    } else {
        write(&synced, page)?;
    }
    let changed = synced.collections.iter().any(|collection| collection.added + collection.removed > 0);
    Ok(if changed || as_json { Outcome::Done } else { Outcome::Nothing })
}

/// `Ice and snow: read 12 (3 papers, 9 texts, 2 of these by title alone), added 5, removed 1`
fn write(synced: &ZoteroSynced, page: &mut Page) -> Result<()> {
    for collection in &synced.collections {
        let SyncedCollection { name, read, papers, texts, by_title, without_title, added, removed, .. } = collection;
        let name = if name.is_empty() { "Zotero".into() } else { printable(name) };
        let (papers, texts) = (counted(*papers, "paper"), counted(*texts, "text"));
        let alone = if *by_title > 0 { format!(", {by_title} of these by title alone") } else { String::new() };
        let would = if synced.dry_run { "would be " } else { "" };
        page.line(&format!(
            "{name}: read {read} ({papers}, {texts}{alone}), {would}added {added}, {would}removed {removed}"
        ))?;
        if *without_title > 0 {
            say(&format!("{without_title} items of {name} have no title and were left out."));
        }
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
