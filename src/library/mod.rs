//! The library: papers, vectors and keywords in one SQLite file, the only source of truth.
//!
//! In: a path. Out: a [`Library`], through which everything is stored and asked. SQLite, since it
//! gives transactions, many readers beside one writer across processes, keyword search, and a file
//! that people can open with their own tools. Read on in the order of the data: `open`, `record`
//! (how sources merge), `merge`, `removal` (what goes is marked first), `vectors` and `scan`, then
//! what is asked: `paper`, `filter`, `matching`, `keywords`, `info`, `check` and its `passes`.

mod annotations;
mod changes;
mod check;
mod closest;
mod days;
pub(crate) mod derived;
mod dump;
mod facets;
mod faults;
mod filter;
mod follows;
mod ids;
mod info;
mod keywords;
mod like_weights;
pub(crate) mod limits;
mod mails;
mod matching;
mod merge;
mod offered;
mod open;
mod paper;
mod passes;
mod pin;
mod profile_texts;
mod profiles;
mod raw;
mod record;
mod removal;
mod repair;
mod salvage;
mod scan;
mod schema;
mod settings;
mod sources;
mod stored;
mod sums;
mod text_vectors;
mod texts;
mod topic_runs;
mod topic_version;
mod topics;
mod vectors;
pub(crate) mod waiting;
mod walk;
mod withdrawn;
mod zotero;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction};

use crate::error::{LibraryError, Result};
use crate::text::words;
use faults::Faults;
use open::Access;
pub(crate) use pin::Watch;
use pin::{Pin, Pinned};

pub use annotations::Annotations;
pub use check::{Findings, Problem};
pub use facets::{FacetPassage, FacetSource};
pub use filter::Filter;
pub(crate) use follows::{FollowMatch, Following};
pub use info::{Info, StoredFingerprint};
pub use mails::{MailKey, MailState};
pub(crate) use matching::author_called;
pub use matching::{Matching, PaperSet};
pub use merge::Outcome;
pub use offered::{OfferCount, OfferedVector};
pub use paper::Paper;
pub use profile_texts::{AddedText, ProfileText};
pub use profiles::{Opinion, Profile, RemovedProfile};
pub use relata_kernels::dot_stored as dot;
pub use repair::Repaired;
pub use salvage::Salvaged;
pub use settings::EmbeddingSettings;
pub use sources::{FeedAnswer, FollowedCategory, Harvest};
pub(crate) use texts::Embedded;
pub use texts::PaperText;
pub use topic_runs::{ChangeKind, NamedTopic, TopicChange, TopicRun};
pub use topics::{KeptPaper, KeptTopic, KeptTopics, TopicSet};
pub use vectors::{FingerprintNumber, FingerprintText, Missing, NewVector, StoreCount, StoredTokens, Tokens};
pub use words::terms;
pub use zotero::{Synced, SyncedFrom, SyncedUpTo};

/// The number by which the library knows a paper in this file. Others number the same papers
/// differently: for ties and for anything that leaves the program, use the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaperRow(pub(crate) i64);

impl PaperRow {
    /// The number, from 1.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// An open library. One connection: share it between threads by opening it again.
///
/// ```
/// use relata::library::{Filter, Library, Matching, Outcome};
/// use relata::{Entry, Precedence, SourceKind};
///
/// # fn main() -> relata::Result<()> {
/// let mut library = Library::in_memory()?;
/// let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
/// let mut entry = Entry::new("2601.00001".parse()?, precedence, 1);
/// entry.title = Some("Slow glaciers".to_owned());
/// assert_eq!(library.merge(&[entry.clone()])?, [Outcome::Added]);
/// // The same entry again changes nothing.
/// assert_eq!(library.merge(&[entry])?, [Outcome::Unchanged]);
/// assert_eq!(library.matching(&Filter::new())?, Matching::All);
/// assert!(library.matching(&Filter::new().authors(["A. Author"]))?.only().is_some_and(|rows| rows.is_empty()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Library {
    connection: Connection,
    path: PathBuf,
    access: Access,
    notes: Vec<String>,
    pin: Pin,
}

/// While it lives, all that its library is asked is answered from one state of it, and locked only
/// once.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// `None` within another.
    _transaction: Option<Transaction<'a>>,
    _pinned: Option<Pinned<'a>>,
}

/// Where a user's library lies who has named none: `relata/library.db` in the platform's folder for
/// data.
///
/// # Errors
/// [`LibraryError::NoDataFolder`] where the platform names no such folder.
pub fn default_path() -> Result<PathBuf> {
    Ok(dirs::data_dir().ok_or(LibraryError::NoDataFolder)?.join("relata").join("library.db"))
}

impl Library {
    /// Holds the library as it is until the snapshot is dropped, whatever other processes write.
    pub fn snapshot(&self) -> Result<Snapshot<'_>> {
        let begin = || self.connection.unchecked_transaction().in_library(&self.path);
        let transaction = if self.connection.is_autocommit() { Some(begin()?) } else { None };
        Ok(Snapshot { _transaction: transaction, _pinned: None })
    }

    /// As [`Library::snapshot`], and what several connections read at once
    /// ([`Library::scan_parallel`]) is of that state as well.
    pub(crate) fn pinned_snapshot(&self) -> Result<Snapshot<'_>> {
        if self.access != Access::File || !self.connection.is_autocommit() {
            return self.snapshot();
        }
        let before = self.pin.version(&self.path)?;
        let snapshot = self.snapshot()?;
        // The state is that of the first look, which this is.
        self.data_version()?;
        let after = self.pin.version(&self.path)?;
        // Where somebody committed in between, it may be either state, and parallel scans do
        // without other connections.
        Ok(Snapshot { _pinned: Some(self.pin.hold((before == after).then_some(after))), ..snapshot })
    }

    /// Whether it may be written.
    pub(crate) fn is_writable(&self) -> bool {
        !self.connection.is_readonly("main").unwrap_or(true)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the user should know about how the library was opened, e.g. that the disk refuses
    /// write-ahead logging.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A number that changes whenever another connection has changed the library since this one
    /// looked; within a snapshot it is that of the snapshot. Numbers of two connections say nothing
    /// of each other, and own changes do not count.
    pub(crate) fn data_version(&self) -> Result<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).in_library(&self.path)
    }

    /// A connection that tells when anything was committed; `None` for a library that only this
    /// connection sees, or that lies where nothing can tell.
    pub(crate) fn watch(&self) -> Result<Option<Watch>> {
        (self.access == Access::File).then(|| Watch::open(&self.path)).transpose()
    }

    /// Number of papers.
    pub fn len(&self) -> Result<u64> {
        self.count("papers")
    }

    /// Whether there is no paper in it.
    pub fn is_empty(&self) -> Result<bool> {
        self.connection
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM papers)", [], |row| row.get(0))
            .in_library(&self.path)
    }

    /// 32 MiB of page cache from here on, for writing much. Answers do with SQLite's 2 MiB, since
    /// they look at most pages once, and memory that is touched for the first time costs more than
    /// to read a page again.
    fn keep_more_pages(&self) -> Result<()> {
        self.connection.pragma_update(None, "cache_size", -32768).in_library(&self.path)
    }
}

#[cfg(test)]
mod tests;
