//! The library: papers, vectors and keywords in one SQLite file, the only source of truth.
//!
//! In: a path. Out: a [`Library`], through which everything is stored and asked. SQLite, since it
//! gives transactions, many readers beside one writer across processes, keyword search, and a file
//! that people can open with their own tools. Read on in the order of the data: `record` (how
//! sources merge), `merge`, `removal` (what goes is marked first), `vectors` and `scan`, then what
//! is asked: `paper`, `filter`, `matching`, `keywords`, `info`, `check` and its `passes`.

mod changes;
mod check;
mod closest;
mod days;
pub(crate) mod derived;
mod dump;
mod facets;
mod faults;
mod filter;
mod ids;
mod info;
mod keywords;
pub(crate) mod limits;
mod matching;
mod merge;
mod paper;
mod passes;
mod pin;
mod profiles;
mod record;
mod removal;
mod repair;
mod salvage;
mod scan;
mod schema;
mod settings;
mod stored;
mod sums;
mod texts;
mod topic_runs;
mod topics;
mod vectors;
pub(crate) mod waiting;
mod walk;
mod withdrawn;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction};

use crate::error::{Error, LibraryError, Result};
use crate::files;
use crate::lock::TELL_AFTER;
use crate::text::words;
use faults::Faults;
use pin::{Pin, Pinned};
use schema::Kind;

pub use check::{Findings, Problem};
pub use facets::{FacetPassage, FacetSource};
pub use filter::Filter;
pub use info::{Info, StoredFingerprint};
pub(crate) use matching::author_called;
pub use matching::{Matching, PaperSet};
pub use merge::Outcome;
pub use paper::Paper;
pub use profiles::{Opinion, Profile};
pub use repair::Repaired;
pub use salvage::Salvaged;
pub use scan::dot;
pub use settings::EmbeddingSettings;
pub(crate) use texts::Embedded;
pub use texts::PaperText;
pub use topic_runs::{ChangeKind, NamedTopic, TopicChange, TopicRun};
pub use topics::{KeptPaper, KeptTopic, KeptTopics, TopicSet};
pub use vectors::{FingerprintNumber, FingerprintText, Missing, NewVector, StoreCount, StoredTokens, Tokens};
pub use words::terms;

/// How long a writer waits for another one. A batch takes well under a second, but SQLite's waiting
/// is not a fair queue.
const PATIENCE: Duration = Duration::from_secs(60);

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

/// How further connections to the same content are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// A plain file.
    File,
    /// A file in a place where SQLite may not even make its lock file.
    Immutable,
    /// Only this connection sees it, or may open it.
    Memory,
}

/// While it lives, all that its library is asked is answered from one state of it, and locked only
/// once.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// `None` within another.
    _transaction: Option<Transaction<'a>>,
    _pinned: Option<Pinned<'a>>,
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

    /// Opens the library for reading and writing; makes it, and the folders above it, where it is
    /// missing, and upgrades it where an earlier version wrote it.
    ///
    /// # Errors
    /// [`LibraryError::Foreign`], [`LibraryError::Newer`], [`LibraryError::Damaged`],
    /// [`LibraryError::ReadOnly`], [`LibraryError::Unopened`] or [`Error::Io`]; in none of these
    /// cases is the file touched.
    pub fn open(path: &Path) -> Result<Library> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            files::create_folders(folder).map_err(Error::io(folder))?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(path, flags)?;
        let empty = schema::kind(&connection, path)? == Kind::Empty;
        if empty {
            connection.pragma_update(None, "page_size", schema::PAGE_SIZE).in_library(path)?;
        }
        let mut library =
            Library { connection, path: path.to_owned(), access: Access::File, notes: Vec::new(), pin: Pin::default() };
        library.choose_journal()?;
        schema::migrate(&mut library.connection, path)?;
        // A file without write permission opens all the same. Asked without a lock: readers do not
        // wait for writers.
        if library.connection.is_readonly("main").in_library(path)? {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
            return Err(LibraryError::ReadOnly {
                path: path.to_owned(),
                source: rusqlite::Error::SqliteFailure(code, None),
            }
            .into());
        }
        library.prepare_for_writing()?;
        library.renew_withdrawn()?;
        Ok(library)
    }

    /// Opens an existing library for reading only, also in a folder that may not be written.
    ///
    /// # Errors
    /// As [`Library::open`]; [`LibraryError::Missing`] where there is none, [`LibraryError::Older`]
    /// where it must be upgraded first, [`LibraryError::Unfolded`] where the last writer was killed
    /// and the folder is read-only.
    pub fn open_read_only(path: &Path) -> Result<Library> {
        if !path.try_exists().map_err(Error::io(path))? {
            return Err(LibraryError::Missing { path: path.to_owned() }.into());
        }
        let (connection, kind, access) = match read(path, Access::File) {
            // SQLite reads a WAL file's shared memory, which it must be able to make.
            Err(Error::Library(
                LibraryError::Unopened { .. } | LibraryError::ReadOnly { .. } | LibraryError::Full { .. },
            )) if path.is_file() => {
                Library::read_immutable(path).or_else(|refused| read_alone(path).map_err(|_| refused))?
            }
            other => other.map(|(connection, kind)| (connection, kind, Access::File))?,
        };
        match kind {
            Kind::Current => {
                Ok(Library { connection, path: path.to_owned(), access, notes: Vec::new(), pin: Pin::default() })
            }
            Kind::Empty => Err(LibraryError::Missing { path: path.to_owned() }.into()),
            Kind::Older(found) => {
                Err(LibraryError::Older { path: path.to_owned(), found, known: schema::current_version() }.into())
            }
        }
    }

    /// Opens a library on a disk that has no room for its log, to remove from it: pages of a
    /// library can be written over where none can be added. Changes have no journal on disk until
    /// this is closed, so a kill or a power cut while one is written damages the library; the
    /// caller says so. Nobody else may have it open.
    ///
    /// # Errors
    /// As [`Library::open_read_only`]; [`LibraryError::Busy`] where another connection is open.
    pub(crate) fn open_without_room(path: &Path) -> Result<Library> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        // Others that only read a moment end soon; a program that serves keeps it open.
        connection.busy_timeout(Duration::from_secs(2)).in_library(path)?;
        // First of all: who is alone needs no file of shared memory to read the log.
        let set = |name: &str, value: &str| {
            connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|fault| match fault {
                rusqlite::Error::QueryReturnedNoRows => Ok(()),
                fault => Err(fault),
            })
        };
        set("locking_mode", "EXCLUSIVE").in_library(path)?;
        set("journal_mode", "MEMORY").in_library(path)?;
        if schema::kind(&connection, path)? != Kind::Current {
            return Err(LibraryError::Missing { path: path.to_owned() }.into());
        }
        // All pages are written at the commit, one after the other, so that the danger is short.
        connection.execute_batch("PRAGMA cache_spill = OFF; PRAGMA temp_store = MEMORY").in_library(path)?;
        let library = Library {
            connection,
            path: path.to_owned(),
            access: Access::Memory,
            notes: Vec::new(),
            pin: Pin::default(),
        };
        library.prepare_for_writing()?;
        Ok(library)
    }

    /// Whether it may be written.
    pub(crate) fn is_writable(&self) -> bool {
        !self.connection.is_readonly("main").unwrap_or(true)
    }

    /// A library in memory, gone when dropped.
    pub fn in_memory() -> Result<Library> {
        let path = PathBuf::from(":memory:");
        let mut connection = Connection::open_in_memory().in_library(&path)?;
        schema::migrate(&mut connection, &path)?;
        let library = Library { connection, path, access: Access::Memory, notes: Vec::new(), pin: Pin::default() };
        library.prepare_for_writing()?;
        Ok(library)
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

    /// Reading a file as one that nobody writes is right only where no log with newer pages lies
    /// beside it.
    fn read_immutable(path: &Path) -> Result<(Connection, Kind, Access)> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(LibraryError::Unfolded { path: path.to_owned() }.into());
        }
        let (connection, kind) = read(path, Access::Immutable)?;
        Ok((connection, kind, Access::Immutable))
    }

    /// Write-ahead logging where the disk allows it: readers then never wait for a writer, nor it
    /// for them.
    fn choose_journal(&mut self) -> Result<()> {
        let (began, mut told) = (Instant::now(), false);
        let mode = loop {
            let asked =
                self.connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
            match asked {
                // Changing the mode does not wait for other connections by itself.
                Err(fault) if busy(&fault) && began.elapsed() < PATIENCE => {
                    if began.elapsed() >= TELL_AFTER && !std::mem::replace(&mut told, true) {
                        waiting::tell();
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => break other.in_library(&self.path)?,
            }
        };
        if mode.eq_ignore_ascii_case("wal") {
            // What is said to be kept is kept: each commit syncs the log (docs/design/sqlite.md).
            return self.connection.pragma_update(None, "synchronous", "FULL").in_library(&self.path);
        }
        self.connection
            .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
            .and_then(|()| self.connection.pragma_update(None, "synchronous", "FULL"))
            .in_library(&self.path)?;
        self.notes.push(format!(
            "the disk of {} does not allow write-ahead logging (is it a network disk?): commands wait for each other, and adding \
             is slower",
            self.path.display()
        ));
        Ok(())
    }

    fn prepare_for_writing(&self) -> Result<()> {
        self.connection.set_prepared_statement_cache_capacity(64);
        sums::keep(&self.connection).in_library(&self.path)?;
        self.connection
            // The log is folded in every 32 MiB, and cut back to that size after a large add.
            .execute_batch("PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 33554432")
            .in_library(&self.path)
    }

    /// 32 MiB of page cache from here on, for writing much. Answers do with SQLite's 2 MiB, since
    /// they look at most pages once, and memory that is touched for the first time costs more than
    /// to read a page again.
    fn keep_more_pages(&self) -> Result<()> {
        self.connection.pragma_update(None, "cache_size", -32768).in_library(&self.path)
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    // An absolute path, lest SQLite take a file called `file:x` or `:memory:` for something else.
    let absolute = std::path::absolute(path).map_err(Error::io(path))?;
    let mut connection = Connection::open_with_flags(absolute, flags).in_library(path)?;
    settle(&mut connection).in_library(path)?;
    Ok(connection)
}

fn settle(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(waiting::pause))?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn read(path: &Path, access: Access) -> Result<(Connection, Kind)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match access {
        Access::Immutable => {
            let absolute = std::path::absolute(path).map_err(Error::io(path))?;
            let mut connection =
                Connection::open_with_flags(immutable_uri(&absolute), flags | OpenFlags::SQLITE_OPEN_URI)
                    .in_library(path)?;
            settle(&mut connection).in_library(path)?;
            connection
        }
        Access::File | Access::Memory => connect(path, flags)?,
    };
    let kind = schema::kind(&connection, path)?;
    Ok((connection, kind))
}

/// Reads a library whose log holds changes, where there is no room for the shared memory through
/// which connections share a log: who is alone needs none.
fn read_alone(path: &Path) -> Result<(Connection, Kind, Access)> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(())).in_library(path)?;
    let kind = schema::kind(&connection, path)?;
    connection.pragma_update(None, "query_only", true).in_library(path)?;
    Ok((connection, kind, Access::Memory))
}

/// `file:` address of a path; what has a meaning in an address is escaped.
fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file://");
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

fn busy(fault: &rusqlite::Error) -> bool {
    matches!(fault.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[cfg(test)]
mod tests;
