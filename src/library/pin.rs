//! Several connections that see one state of a library.
//!
//! SQLite gives each connection the state at which it begins. A third connection tells whether
//! anything was committed since a snapshot began: SQLite's data version, which changes for it with
//! every commit of another. Where it has not changed once the others have begun, all of them see
//! the state of the snapshot.

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::faults::Faults;
use super::open::{Access, read};
use crate::error::Result;

/// A connection that only looks whether anything was committed. It is never in a transaction, so it
/// sees the latest state.
#[derive(Debug)]
pub(crate) struct Watch {
    connection: Connection,
    path: PathBuf,
}

impl Watch {
    pub(super) fn open(path: &Path) -> Result<Watch> {
        let (connection, _) = read(path, Access::File)?;
        Ok(Watch { connection, path: path.to_owned() })
    }

    /// A number that grows with every commit that this connection notices: it is the same as long
    /// as the content is.
    pub(crate) fn version(&self) -> Result<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).in_library(&self.path)
    }
}

/// What tells whether a library has changed since a snapshot of it began.
#[derive(Debug, Default)]
pub(super) struct Pin {
    /// Opened when first needed.
    watch: OnceCell<Watch>,
    held: Cell<Held>,
}

/// Of what state the snapshot of a library is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Held {
    /// Nobody asked for one state.
    #[default]
    Free,
    /// That of this version.
    Version(i64),
    /// Something was committed while it began.
    Unknown,
}

/// A state that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Pinned<'a>(&'a Pin);

impl Pin {
    /// The version of the latest state.
    pub(super) fn version(&self, path: &Path) -> Result<i64> {
        match self.watch.get() {
            Some(watch) => watch.version(),
            None => {
                let opened = Watch::open(path)?;
                self.watch.get_or_init(|| opened).version()
            }
        }
    }

    pub(super) fn hold(&self, version: Option<i64>) -> Pinned<'_> {
        self.held.set(version.map_or(Held::Unknown, Held::Version));
        Pinned(self)
    }

    pub(super) fn held(&self) -> Held {
        self.held.get()
    }
}

impl Drop for Pinned<'_> {
    fn drop(&mut self) {
        self.0.held.set(Held::Free);
    }
}
