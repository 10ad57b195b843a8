//! An index whose rows are coded elsewhere, as on the machines of a cluster.
//!
//! In: a library, and later files of coded rows. Out: a plan, by which rows are coded
//! ([`IndexPlan::code`]), and the index, which is byte for byte the one that the library would make
//! itself.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Relata;
use super::events::{Event, Work};
use super::store::Connection;
use crate::error::{Error, LibraryError, Result};
use crate::index::{Index, IndexPlan};
use crate::library::FingerprintNumber;

/// What an index of a library's vectors is made by.
#[derive(Debug)]
pub struct PlannedIndex {
    /// Cells, and what they are measured with.
    pub plan: IndexPlan,
    /// What decides the library's vectors, as a digest: no others may be coded.
    pub fingerprint: String,
    /// Papers that have a vector.
    pub papers: u64,
}

/// What became of coded rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedIndex {
    /// Papers of the index.
    pub papers: u64,
    /// Coded rows that are no part of it: of papers that the library lacks, of other texts, or
    /// there already.
    pub others: u64,
    /// Whether it is the library's index now. It is not where the library has so few papers that it
    /// needs none, or where another process has made one meanwhile.
    pub used: bool,
}

impl Relata {
    /// Makes cells of a sample of the library's vectors. Papers that were not embedded yet have
    /// none; [`Relata::prepare`] embeds them.
    ///
    /// # Errors
    /// [`LibraryError::Empty`] where no paper has a vector; what the library reports.
    pub fn plan_index(&self) -> Result<PlannedIndex> {
        let (library, fingerprint) = self.embedded()?;
        let _view = library.view()?;
        let (papers, digest) = (library.vectors(fingerprint)?, library.digest(fingerprint)?);
        Ok(PlannedIndex {
            plan: IndexPlan::of(&library, fingerprint, &|| self.cancel.check())?,
            fingerprint: digest,
            papers,
        })
    }

    /// Makes the index of the library from files of rows that were coded by a plan of it, whatever
    /// their order; it is used from then on. `memory`: bytes for the rows that are put together at
    /// once, where another number than that of the options is wanted.
    ///
    /// # Errors
    /// [`LibraryError::Empty`] where no paper has a vector; [`LibraryError::ShardsDiffer`] where
    /// the vector of a paper is in none of the files; [`Error::Io`] for a file that holds no such
    /// rows, and where the index cannot be written; what the library reports. An index that there
    /// was stays.
    pub fn merge_index(&self, plan: &IndexPlan, files: &[PathBuf], memory: Option<u64>) -> Result<MergedIndex> {
        let (mut library, fingerprint) = self.embedded()?;
        let _permit = self.shared.own.write();
        let papers = library.vectors(fingerprint)?;
        let (memory, done) = (memory.unwrap_or(self.shared.options.memory), AtomicU64::new(0));
        self.tell(Event::Began(Work::Indexing, papers));
        let tell = |rows| self.tell(Event::Done(Work::Indexing, done.fetch_add(rows, Ordering::Relaxed) + rows));
        let check = || self.cancel.check();
        let merged = Index::from_shards(&mut library, fingerprint, plan, files, memory, &tell, &check);
        self.tell(Event::Ended(Work::Indexing));
        let (used, others) = merged?;
        Ok(MergedIndex { papers, others, used })
    }

    /// The library, and the number of its vectors, of which there is one.
    fn embedded(&self) -> Result<(Connection<'_>, FingerprintNumber)> {
        let empty = || Error::from(LibraryError::Empty { path: self.library_path().to_owned() });
        let (library, fingerprint) = self.with_vectors()?.ok_or_else(empty)?;
        match library.vectors(fingerprint)? {
            0 => Err(empty()),
            _ => Ok((library, fingerprint)),
        }
    }
}
