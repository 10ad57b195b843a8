//! Which row a paper of an id is in, and which id stands in a row.

use rusqlite::{Connection, OptionalExtension};

use super::faults::{Faults, unreadable};
use super::{Library, PaperRow};
use crate::error::Result;
use crate::paper::ArxivId;

impl Library {
    /// The row of an id, if it is there.
    pub fn row_of(&self, id: &ArxivId) -> Result<Option<PaperRow>> {
        row_of(&self.connection, id).in_library(&self.path)
    }

    /// The id in a row, if there is one.
    pub fn id_of(&self, row: PaperRow) -> Result<Option<ArxivId>> {
        self.connection
            .prepare_cached("SELECT id FROM papers WHERE row = ?1")
            .and_then(|mut statement| {
                statement.query_row([row.0], |found| parse_id(found.get_ref(0)?.as_str()?)).optional()
            })
            .in_library(&self.path)
    }
}

/// The row of a paper.
pub(super) fn row_of(connection: &Connection, id: &ArxivId) -> rusqlite::Result<Option<PaperRow>> {
    let mut statement = connection.prepare_cached("SELECT row FROM papers WHERE id = ?1")?;
    statement.query_row([id.as_str()], |row| row.get(0).map(PaperRow)).optional()
}

/// A stored id.
pub(super) fn parse_id(text: &str) -> rusqlite::Result<ArxivId> {
    match ArxivId::parse(text) {
        Some((id, None)) => Ok(id),
        _ => Err(unreadable(format!("{text:?} is no arXiv id"))),
    }
}
