//! Which papers may be among the answers of a search.

use crate::library::{PaperRow, PaperSet};

/// Which papers may be neighbours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Admitted<'a> {
    /// Only these; all, where nothing is said.
    pub within: Option<&'a PaperSet>,
    /// None of these.
    pub without: &'a [PaperRow],
}

impl Admitted<'_> {
    pub(crate) fn admits(&self, row: PaperRow) -> bool {
        self.within.is_none_or(|set| set.contains(row)) && !self.without.contains(&row)
    }
}
