//! What profiles take over from collections of Zotero.
//!
//! In: items, each with the paper or the text that it stands for. Out: the profile with them, and
//! which item brought what, so that what leaves a collection leaves the profile; and which liked
//! papers were written into Zotero. A page of items is
//! one transaction; the version of the collection is noted once all pages are there. So after a
//! kill the same pages come again, and change nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Params, TransactionBehavior, params};

use super::Library;
use super::faults::Faults;
use super::ids::parse_id;
use super::profile_texts::{ProfileText, add};
use super::text_vectors::drop_unused;
use crate::error::Result;
use crate::paper::ArxivId;

/// What an item of a collection stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Synced {
    /// A paper of the library, and the day on which somebody collected it.
    Paper(ArxivId, Date),
    /// A text.
    Text(ProfileText),
}

/// A collection as a profile takes it over.
#[derive(Clone, Copy, Debug)]
pub struct SyncedFrom<'a> {
    /// The profile.
    pub profile: &'a str,
    /// The key of the collection; empty for a whole library.
    pub collection: &'a str,
}

/// How far a collection was taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncedUpTo {
    /// The name of the collection; empty for a whole library.
    pub name: String,
    /// The address of the library.
    pub library: String,
    /// Its version; 0 where all is read each time.
    pub version: u64,
    /// The key of the collection and those of all collections in it.
    pub subtree: BTreeSet<String>,
}

impl Library {
    /// The collections that a profile follows, by key, each with how far it was taken over.
    pub fn synced_collections(&self, profile: &str) -> Result<BTreeMap<String, SyncedUpTo>> {
        let sql = "SELECT collection, library, version, subtree, name FROM zotero_collections WHERE profile = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            let subtree = row.get_ref(3)?.as_str()?.split(' ').map(str::to_owned).collect();
            let (library, version) = (row.get(1)?, row.get::<_, i64>(2)?.cast_unsigned());
            let name = row.get::<_, Option<String>>(4)?.unwrap_or_default();
            Ok((row.get(0)?, SyncedUpTo { name, library, version, subtree }))
        };
        let mut statement = self.connection.prepare_cached(sql).in_library(&self.path)?;
        statement.query_map([profile], read).and_then(Iterator::collect).in_library(&self.path)
    }

    /// What each item of a collection stands for: the id of a paper, or the key of a text.
    pub fn synced_items(&self, from: SyncedFrom<'_>) -> Result<BTreeMap<String, String>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT item, target FROM zotero_items WHERE profile = ?1 AND collection = ?2")
            .in_library(&self.path)?;
        statement
            .query_map([from.profile, from.collection], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .in_library(&self.path)
    }

    /// Takes items into a profile, in one transaction; gives how many are news to it. What somebody
    /// dislikes stays disliked, and what somebody has taken out of the profile stays out for as
    /// long as its item is in the collection.
    pub fn sync_items(&mut self, from: SyncedFrom<'_>, items: &[(String, Synced)]) -> Result<usize> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let news = enter(&transaction, from, items).in_library(path)?;
        drop_unused(&transaction).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(news)
    }

    /// Has the profile forget items that left the collection, and notes how far all is taken over,
    /// in one transaction. Gives how many papers and texts left the profile.
    pub fn finish_sync(&mut self, from: SyncedFrom<'_>, up_to: &SyncedUpTo, gone: &[String]) -> Result<usize> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let finish = || {
            let mut left = 0;
            for item in gone {
                left += usize::from(release(&transaction, from, item)?);
            }
            note(&transaction, from, up_to)?;
            drop_unused(&transaction)?;
            Ok(left)
        };
        let left = finish().in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(left)
    }

    /// How many papers and texts would leave the profile with items.
    pub fn would_leave(&mut self, from: SyncedFrom<'_>, gone: &[String]) -> Result<usize> {
        let path = &self.path;
        // Taken back at its end.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let mut left = 0;
        for item in gone {
            left += usize::from(release(&transaction, from, item).in_library(path)?);
        }
        Ok(left)
    }

    /// Has a profile forget a collection and what is in it because of that, in one transaction.
    /// Gives how many papers and texts left the profile.
    pub fn stop_sync(&mut self, from: SyncedFrom<'_>) -> Result<usize> {
        let items = self.synced_items(from)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let stop = || {
            let mut left = 0;
            for item in items.keys() {
                left += usize::from(release(&transaction, from, item)?);
            }
            let sql = "DELETE FROM zotero_collections WHERE profile = ?1 AND collection = ?2";
            execute(&transaction, sql, [from.profile, from.collection])?;
            drop_unused(&transaction)?;
            Ok(left)
        };
        let left = stop().in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(left)
    }

    /// The liked papers of a profile that a library of Zotero may lack: no item that it follows
    /// stands for them, and none was written before.
    pub fn unwritten(&self, profile: &str, library: &str) -> Result<Vec<ArxivId>> {
        let sql = "SELECT id FROM profile_papers WHERE profile = ?1 AND liked \
                   AND id NOT IN (SELECT target FROM zotero_items WHERE profile = ?1) \
                   AND id NOT IN (SELECT id FROM zotero_written WHERE profile = ?1 AND library = ?2) ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql).in_library(&self.path)?;
        statement
            .query_map([profile, library], |row| parse_id(row.get_ref(0)?.as_str()?))
            .and_then(Iterator::collect)
            .in_library(&self.path)
    }

    /// Notes which papers a library of Zotero has, each with the key of the item that was written,
    /// or an empty one where it was there already; in one transaction.
    pub fn note_written(&mut self, profile: &str, library: &str, written: &[(ArxivId, String)]) -> Result<()> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for (id, item) in written {
            let sql = "INSERT INTO zotero_written (profile, library, id, item) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
            execute(&transaction, sql, [profile, library, id.as_str(), item]).in_library(path)?;
        }
        transaction.commit().in_library(path)
    }
}

/// Notes how far a collection is taken over. What is known of the web API's versions outlives a
/// reading of the local API, which tells none.
fn note(connection: &Connection, from: SyncedFrom<'_>, up_to: &SyncedUpTo) -> rusqlite::Result<()> {
    let SyncedUpTo { name, library, version, subtree } = up_to;
    let subtree = subtree.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    execute(
        connection,
        "INSERT INTO zotero_collections (profile, collection, subtree, library, version, name) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET name = excluded.name, \
         subtree = CASE WHEN excluded.version > 0 THEN excluded.subtree ELSE subtree END, \
         library = CASE WHEN excluded.version > 0 THEN excluded.library ELSE library END, \
         version = CASE WHEN excluded.version > 0 THEN excluded.version ELSE version END",
        params![from.profile, from.collection, subtree, library, version.cast_signed(), name],
    )
    .map(|_| ())
}

/// Enters items; gives how many of them bring what the profile did not have.
fn enter(connection: &Connection, from: SyncedFrom<'_>, items: &[(String, Synced)]) -> rusqlite::Result<usize> {
    let mut standing = Vec::with_capacity(items.len());
    for (item, synced) in items {
        let known = target_of(connection, from, item)?;
        if match &known {
            Some((target, _)) => stands(connection, from.profile, target)?,
            None => true,
        } {
            standing.push((item, synced, known));
        }
    }
    let text = |synced: &Synced| match synced {
        Synced::Text(text) => Some(text.clone()),
        Synced::Paper(..) => None,
    };
    let texts: Vec<ProfileText> = standing.iter().filter_map(|(_, synced, _)| text(synced)).collect();
    let mut added = add(connection, from.profile, &texts)?.into_iter();
    let mut news = 0;
    for (item, synced, known) in standing {
        let entered = match synced {
            Synced::Paper(id, noted) => Some((id.to_string(), like(connection, from.profile, id, *noted)?)),
            Synced::Text(_) => added.next().map(|added| (added.key, added.new)),
        };
        let Some((target, new)) = entered else { continue };
        if known.is_some_and(|(known, _)| known != target) {
            release(connection, from, item)?;
        }
        execute(
            connection,
            "INSERT INTO zotero_items (profile, collection, item, target, own) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO NOTHING",
            params![from.profile, from.collection, item, target, new],
        )?;
        news += usize::from(new);
    }
    Ok(news)
}

/// Likes a paper unless there is an opinion of it; says whether there was none.
fn like(connection: &Connection, profile: &str, id: &ArxivId, noted: Date) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO profile_papers (profile, id, liked, noted) VALUES (?1, ?2, 1, ?3) ON CONFLICT DO NOTHING";
    Ok(execute(connection, sql, params![profile, id.as_str(), noted.to_string()])? > 0)
}

/// What an item stands for, and whether it is in the profile because of it.
fn target_of(connection: &Connection, from: SyncedFrom<'_>, item: &str) -> rusqlite::Result<Option<(String, bool)>> {
    connection
        .prepare_cached("SELECT target, own FROM zotero_items WHERE profile = ?1 AND collection = ?2 AND item = ?3")?
        .query_row([from.profile, from.collection, item], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Whether a profile likes a paper or a text.
fn stands(connection: &Connection, profile: &str, target: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM profile_papers WHERE profile = ?1 AND id = ?2 AND liked) \
             OR EXISTS (SELECT 1 FROM profile_texts WHERE profile = ?1 AND key = ?2)",
        )?
        .query_row([profile, target], |row| row.get(0))
}

/// Forgets an item; says whether what it stood for left the profile with it.
fn release(connection: &Connection, from: SyncedFrom<'_>, item: &str) -> rusqlite::Result<bool> {
    let Some((target, own)) = target_of(connection, from, item)? else { return Ok(false) };
    let sql = "DELETE FROM zotero_items WHERE profile = ?1 AND collection = ?2 AND item = ?3";
    execute(connection, sql, [from.profile, from.collection, item])?;
    if !own {
        return Ok(false);
    }
    // Another item that stands for the same takes over.
    let whose = [from.profile, target.as_str()];
    if execute(connection, "UPDATE zotero_items SET own = 1 WHERE profile = ?1 AND target = ?2", whose)? > 0 {
        return Ok(false);
    }
    let papers = execute(connection, "DELETE FROM profile_papers WHERE profile = ?1 AND id = ?2 AND liked", whose)?;
    let texts = execute(connection, "DELETE FROM profile_texts WHERE profile = ?1 AND key = ?2", whose)?;
    Ok(papers + texts > 0)
}

/// Notes that somebody thinks something of a paper, whatever Zotero says of it from now on. An
/// opinion that is taken back is also `forgotten` as one that was written into Zotero.
pub(super) fn opined(connection: &Connection, profile: &str, id: &str, forgotten: bool) -> rusqlite::Result<()> {
    execute(connection, "UPDATE zotero_items SET own = 0 WHERE profile = ?1 AND target = ?2", [profile, id])?;
    if forgotten {
        execute(connection, "DELETE FROM zotero_written WHERE profile = ?1 AND id = ?2", [profile, id])?;
    }
    Ok(())
}

/// Has items that stand for a text of a profile stand for a paper from now on; `named` are profile,
/// text and paper. Where the paper is not `new` to the profile, it is there for another reason.
pub(super) fn give_way(connection: &Connection, named: [&str; 3], new: bool) -> rusqlite::Result<()> {
    let sql = "UPDATE zotero_items SET target = ?3, own = own AND ?4 WHERE profile = ?1 AND target = ?2";
    let [profile, text, paper] = named;
    execute(connection, sql, params![profile, text, paper, new]).map(|_| ())
}

/// Runs a statement that is kept prepared; gives how many rows it changed.
fn execute(connection: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.execute(values)
}
