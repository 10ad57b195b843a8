//! Which papers may be among the answers of a search.

use crate::library::{Matching, PaperRow, PaperSet};

/// Which papers may be neighbours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Admitted<'a> {
    /// Only these; all, where nothing is said.
    pub within: Option<&'a PaperSet>,
    /// None of these few, which are ascending.
    pub without: &'a [PaperRow],
    /// None of these either, where something is said.
    pub held_back: Option<&'a PaperSet>,
}

impl<'a> Admitted<'a> {
    /// The papers that pass a filter, without a few, which are ascending.
    pub fn of(matching: &'a Matching, without: &'a [PaperRow]) -> Admitted<'a> {
        let held_back = match matching {
            Matching::AllBut(few) => Some(few),
            Matching::All | Matching::Only(_) => None,
        };
        Admitted { within: matching.only(), without, held_back }
    }
}

impl Admitted<'_> {
    pub(crate) fn admits(&self, row: PaperRow) -> bool {
        self.within.is_none_or(|set| set.contains(row))
            && self.without.binary_search(&row).is_err()
            && self.held_back.is_none_or(|set| !set.contains(row))
    }
}
