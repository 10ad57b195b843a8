//! A number for the state of topics, by which whoever made something of them knows whether it is
//! still right.
//!
//! In: which topics. Out: 64 bits that stay as long as the topics, their names and places do, and
//! no paper is removed. Likes, notes and new papers do not change them.

use rusqlite::OptionalExtension;

use super::faults::Faults;
use super::{Library, TopicSet};
use crate::error::Result;
use crate::text::hash;

impl Library {
    /// The number for the state of some topics; `None` where there are none.
    pub(crate) fn topics_version(&self, set: TopicSet<'_>) -> Result<Option<u64>> {
        let _snapshot = self.snapshot()?;
        // Numbers of rows are never given again: those that are missing are of papers that were
        // removed.
        let query = "SELECT number || ' ' || (SELECT max(number) FROM topic_runs WHERE list = sets.number) || ' ' || \
                     ((SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'stored_papers') - ?3) \
                     FROM topic_sets AS sets WHERE fingerprint = ?1 AND selection = ?2";
        let state: Option<Option<String>> = self
            .connection
            .query_row(query, rusqlite::params![set.fingerprint.0, set.selection, self.len()?], |row| row.get(0))
            .optional()
            .in_library(&self.path)?;
        let Some(Some(mut state)) = state else { return Ok(None) };
        let names = format!(
            "SELECT id || ' ' || ifnull(name, '') FROM topics JOIN topic_sets ON list = number \
             WHERE fingerprint = {} AND selection = ?1 ORDER BY id",
            set.fingerprint.0
        );
        let mut statement = self.connection.prepare_cached(&names).in_library(&self.path)?;
        let mut rows = statement.query([set.selection]).in_library(&self.path)?;
        while let Some(row) = rows.next().in_library(&self.path)? {
            state.push('\n');
            state.push_str(row.get_ref(0).and_then(|name| Ok(name.as_str()?)).in_library(&self.path)?);
        }
        Ok(Some(hash(&state)))
    }
}
