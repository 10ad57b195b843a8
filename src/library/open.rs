//! Opening a library: to read and write, to read only, and where there is hardly any room.
//!
//! In: a path. Out: a [`Library`] whose connection is set up for what it may do, or an error that
//! leaves the file as it was. A file in a folder that may not be written, and one on a full disk,
//! can still be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::faults::Faults;
use super::pin::Pin;
use super::schema::{self, Kind};
use super::{Library, sums, waiting};
use crate::error::{Error, LibraryError, Result};
use crate::files;
use crate::lock::TELL_AFTER;

/// How long a writer waits for another one. A batch takes well under a second, but SQLite's waiting
/// is not a fair queue.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How further connections to the same content are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// A plain file.
    File,
    /// A file in a place where SQLite may not even make its lock file.
    Immutable,
    /// Only this connection sees it, or may open it.
    Memory,
}

impl Library {
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

    /// A library in memory, gone when dropped.
    pub fn in_memory() -> Result<Library> {
        let path = PathBuf::from(":memory:");
        let mut connection = Connection::open_in_memory().in_library(&path)?;
        schema::migrate(&mut connection, &path)?;
        let library = Library { connection, path, access: Access::Memory, notes: Vec::new(), pin: Pin::default() };
        library.prepare_for_writing()?;
        Ok(library)
    }

    /// Reading a file as one that nobody writes is right only where no log with newer pages lies
    /// beside it.
    pub(super) fn read_immutable(path: &Path) -> Result<(Connection, Kind, Access)> {
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

pub(super) fn read(path: &Path, access: Access) -> Result<(Connection, Kind)> {
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
