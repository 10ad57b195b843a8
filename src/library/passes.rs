//! The passes that `relata check` makes over the whole file, side by side.
//!
//! In: a library whose state is held, and the models whose vectors are looked at. Out: what SQLite
//! says of its pages, keys and indexes, what it says of the keyword index, and what is not as it
//! was written. Each connection takes what is left to do, the longest first, so that no core waits;
//! what they find is put together in the order of rows, however many they are.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use rusqlite::Connection;

use super::Library;
use super::faults::Faults;
use super::open::Access;
use super::walk::{Model, Seen, Span, walk};
use crate::error::Result;

/// So many problems are told by SQLite.
const MOST: usize = 20;

/// Page cache of the connection that compares tables with their indexes.
const INDEX_CACHE_KIB: i64 = 131_072;

/// Papers that one connection goes over before it takes the next ones.
const STRETCH: i64 = 16_384;

/// What the passes found.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// What SQLite says of pages, keys and indexes; `ok` where all is well.
    pub(super) pages: Vec<String>,
    /// What SQLite says of the keyword index; `ok` where all is well.
    pub(super) keywords: Vec<String>,
    /// Papers, what belongs to them, and their vectors.
    pub(super) seen: Seen,
}

/// What one connection found: the two checks of SQLite, and stretches of rows by their place.
#[derive(Default)]
struct Part {
    pages: Option<Vec<String>>,
    keywords: Option<Vec<String>>,
    stretches: Vec<(i64, Seen)>,
}

impl Library {
    /// Makes all passes, with as many connections as there are cores.
    pub(super) fn pass(&self, models: &[Model], last_row: i64) -> Result<Passed> {
        let others = if self.access == Access::File {
            // One at least: SQLite's checks of the keyword index and of everything else take as
            // long as all the rest.
            self.others(thread::available_parallelism().map_or(1, usize::from).max(2) - 1)?
        } else {
            Vec::new()
        };
        let path = self.path.as_path();
        let next = AtomicI64::new(0);
        let stretches = last_row / STRETCH + 1;
        let walk_on = |connection: &Connection, part: &mut Part| -> rusqlite::Result<()> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= stretches {
                    return Ok(());
                }
                // The last one is open: a row number may be beyond the highest one that is known.
                let until = if at + 1 == stretches { super::check::LAST_ROW } else { (at + 1) * STRETCH };
                let mut seen = Seen::default();
                walk(connection, models, Span { from: at * STRETCH, until }, &mut seen)?;
                part.stretches.push((at, seen));
            }
        };
        let alone = others.is_empty();
        let own = || -> Result<Part> {
            let mut part = Part::default();
            let checked = if alone { None } else { Some("keywords") };
            let said = integrity(&self.connection, checked).in_library(path)?;
            let place = if alone { &mut part.pages } else { &mut part.keywords };
            *place = Some(said);
            walk_on(&self.connection, &mut part).in_library(path)?;
            Ok(part)
        };
        let other = |connection: &Connection, first: bool| -> Result<Part> {
            let mut part = Part::default();
            if first {
                forget_modules(connection);
                // Each row is sought in every index, in the order of the table: the indexes have to
                // stay at hand.
                connection.pragma_update(None, "cache_size", -INDEX_CACHE_KIB).in_library(path)?;
                part.pages = Some(integrity(connection, None).in_library(path)?);
            }
            walk_on(connection, &mut part).in_library(path)?;
            Ok(part)
        };
        let parts = thread::scope(|scope| {
            let other = &other;
            let workers: Vec<_> = others
                .into_iter()
                .enumerate()
                .map(|(at, connection)| scope.spawn(move || other(&connection, at == 0)))
                .collect();
            let mut parts = vec![own()];
            parts.extend(workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))));
            parts.into_iter().collect::<Result<Vec<Part>>>()
        })?;
        Ok(together(parts))
    }
}

fn together(parts: Vec<Part>) -> Passed {
    let mut passed = Passed::default();
    let mut stretches = Vec::new();
    for part in parts {
        passed.pages.extend(part.pages.unwrap_or_default());
        passed.keywords.extend(part.keywords.unwrap_or_default());
        stretches.extend(part.stretches);
    }
    stretches.sort_by_key(|(at, _)| *at);
    stretches.into_iter().for_each(|(_, seen)| passed.seen.append(seen));
    passed
}

/// SQLite's own check: of one table, or of the whole file.
fn integrity(connection: &Connection, table: Option<&str>) -> rusqlite::Result<Vec<String>> {
    let argument = table.map_or_else(|| MOST.to_string(), str::to_owned);
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({argument})"))?;
    let said = statement.query_map([], |row| row.get(0))?;
    said.collect()
}

/// Leaves a connection without virtual tables, for which SQLite's check of the whole file then does
/// not ask. It is the only way to have the keyword index, nearly half of the work, checked by
/// another connection: the check of single tables does not see a page that two of them use.
#[allow(unsafe_code)]
fn forget_modules(connection: &Connection) {
    // SAFETY: the handle is that of an open connection, which no other thread uses; a null list
    // keeps no module. No statement that reads a virtual table has been prepared on it.
    unsafe {
        rusqlite::ffi::sqlite3_drop_modules(connection.handle(), std::ptr::null_mut());
    }
}
