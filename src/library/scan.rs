//! The exact scan: every vector of a fingerprint, in the order of rows, without copying one.
//!
//! In: a fingerprint and what to do with a vector. Out: what the callers' own states gathered, one
//! per part of the rows, in the order of the parts, so that the number of threads never shows in an
//! answer. SQLite hands out each blob where it lies in its page; the dot product reads the bytes
//! there.

use std::panic::resume_unwind;
use std::thread;

use rusqlite::Connection;

use super::faults::Faults;
use super::open::{Access, read};
use super::pin::Held;
use super::vectors::key;
use super::{FingerprintNumber, Library, PaperRow};
use crate::error::Result;

impl Library {
    /// Visits every vector of a fingerprint, in the order of rows.
    pub fn scan(&self, fingerprint: FingerprintNumber, visit: &mut dyn FnMut(PaperRow, &[u8])) -> Result<()> {
        let (first, last) = (key(fingerprint, PaperRow(0)), key(FingerprintNumber(fingerprint.0 + 1), PaperRow(0)));
        scan_keys(&self.connection, fingerprint, first, last, visit).in_library(&self.path)
    }

    /// Visits every vector of a fingerprint with one thread and one connection per state, each
    /// going over one part of the rows in order. Gives the states back, in the order of the parts.
    /// Within a pinned snapshot all see the state of that; else each connection sees the library as
    /// of its own beginning, and another process may commit in between.
    pub fn scan_parallel<S: Send>(
        &self,
        fingerprint: FingerprintNumber,
        mut states: Vec<S>,
        visit: impl Fn(&mut S, PaperRow, &[u8]) + Sync,
    ) -> Result<Vec<S>> {
        let (path, access) = (self.path.as_path(), self.access);
        let begin = key(fingerprint, PaperRow(0));
        let end = key(FingerprintNumber(fingerprint.0 + 1), PaperRow(0));
        // The last key in use: a range up to the last possible one would leave all but one part
        // idle.
        let last: Option<i64> = self
            .connection
            .query_row("SELECT max(key) FROM embeddings WHERE key >= ?1 AND key < ?2", [begin, end], |row| row.get(0))
            .in_library(path)?;
        let Some(last) = last else { return Ok(states) };
        let parts = if access == Access::Memory { 1 } else { states.len().max(1) as i64 };
        let step = (last - begin) / parts + 1;
        let others = self.others(parts as usize - 1)?;
        let run = |connection: &Connection, part: i64, state: &mut S| {
            let (from, to) = (begin + part * step, (begin + (part + 1) * step).min(end));
            scan_keys(connection, fingerprint, from, to, &mut |row, vector| visit(state, row, vector)).in_library(path)
        };
        thread::scope(|scope| {
            let run = &run;
            // The last parts are those of the other connections; the first ones are ours, on the
            // connection that is open already.
            let own = parts as usize - others.len();
            let ours = own.min(states.len());
            let (ours, theirs) = states.split_at_mut(ours);
            let workers: Vec<_> = (own as i64..)
                .zip(others)
                .zip(theirs)
                .map(|((part, connection), state)| scope.spawn(move || run(&connection, part, state)))
                .collect();
            let mut outcome = (0..).zip(ours).try_for_each(|(part, state)| run(&self.connection, part, state));
            for worker in workers {
                outcome = outcome.and(worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            outcome
        })?;
        Ok(states)
    }

    /// So many connections that see the state of this one; none where that cannot be had, since
    /// somebody has committed meanwhile.
    pub(super) fn others(&self, count: usize) -> Result<Vec<Connection>> {
        let (path, access) = (self.path.as_path(), self.access);
        let held = self.pin.held();
        if held == Held::Unknown || count == 0 {
            return Ok(Vec::new());
        }
        let begin = || {
            let (connection, _) = read(path, access)?;
            // A state is held from the first look on.
            connection
                .execute_batch("BEGIN")
                .and_then(|()| connection.pragma_query_value(None, "data_version", |_| Ok(())))
                .in_library(path)?;
            Ok(connection)
        };
        let begun: Result<Vec<Connection>> = thread::scope(|scope| {
            let workers: Vec<_> = (0..count).map(|_| scope.spawn(begin)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        let begun = begun?;
        match held {
            Held::Version(version) if self.pin.version(path)? != version => Ok(Vec::new()),
            _ => Ok(begun),
        }
    }
}

fn scan_keys(
    connection: &Connection,
    fingerprint: FingerprintNumber,
    from: i64,
    to: i64,
    visit: &mut dyn FnMut(PaperRow, &[u8]),
) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT key, vector FROM embeddings WHERE key >= ?1 AND key < ?2 ORDER BY key")?;
    let mut rows = statement.query([from, to])?;
    let base = key(fingerprint, PaperRow(0));
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(0)?;
        visit(PaperRow(key - base), row.get_ref(1)?.as_blob()?);
    }
    Ok(())
}
