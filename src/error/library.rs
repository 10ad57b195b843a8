//! What can go wrong with the library's file and with what is in it.

use std::path::PathBuf;

use super::by;
use crate::lock::Holder;

/// Errors of a library: its file, and what it holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// There is no library where one is to be read.
    #[error("there is no library at {path} yet", path = path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is not a library of ours: another program's database, or no database at all.
    #[error("{path} is not a Relata library, and was left as it is", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The library was written by a later version of this program.
    #[error(
        "the library {path} has schema version {found}, but this relata knows only up to {known}",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The highest version known here.
        known: i64,
    },
    /// The library was written by an earlier version of this program and cannot be upgraded while
    /// only reading.
    #[error(
        "the library {path} has schema version {found} and must be upgraded to {known} before it is read",
        path = path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The version needed.
        known: i64,
    },
    /// The library's file is cut or damaged.
    #[error(
        "the library {path} is damaged ({what})",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// No room left on the disk, or the file may not grow.
    #[error(
        "no room left to write the library {path}: {source}; what was stored before is untouched",
        path = path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The library, or its folder, may not be written.
    #[error(
        "the library {path} cannot be written: the file or its folder is read-only",
        path = path.display()
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file could not be opened at all.
    #[error("the library {path} cannot be opened: {source}", path = path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A read-only place holds a library with changes that were not yet folded into its main file.
    #[error(
        "the library {path} has changes in {path}-wal that cannot be read from a read-only folder",
        path = path.display()
    )]
    Unfolded {
        /// The file.
        path: PathBuf,
    },
    /// Another process kept the library locked for longer than we wait.
    #[error("another process is writing the library {path}{who}", path = path.display(), who = by(holder))]
    Busy {
        /// The file.
        path: PathBuf,
        /// The process, where the system tells.
        holder: Option<Box<Holder>>,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Anything else that SQLite reports.
    #[error("the library {path}: {source}", path = path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A vector that may not be stored: wrong length, not finite, not of unit length, or a
    /// fingerprint that does not fit.
    #[error("a vector was refused by the library {path}: {why}", path = path.display())]
    VectorRefused {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Shards from which the index of a library was to be made, and which lack vectors of it.
    #[error(
        "the shards lack {papers} ({missing} in none of them, {differing} with another vector), of which {library} has vectors",
        papers = some_of(papers, missing + differing),
        library = path.display()
    )]
    ShardsDiffer {
        /// The library.
        path: PathBuf,
        /// Papers whose id is in no shard.
        missing: u64,
        /// Papers that shards have with another vector alone.
        differing: u64,
        /// The first of them.
        papers: Vec<String>,
    },
    /// A request to a library that has no papers, where the sample cannot answer.
    #[error("the library {path} has no papers", path = path.display())]
    Empty {
        /// The library.
        path: PathBuf,
    },
    /// Vectors of another model or precision than the one asked for.
    #[error(
        "{library} holds vectors of {stored}, none of {asked}, and vectors of different models or precisions cannot be compared",
        library = library.display()
    )]
    OtherModel {
        /// The library's file.
        library: PathBuf,
        /// What is stored, with counts.
        stored: String,
        /// What was asked for.
        asked: String,
        /// The settings that are not those that the library remembers.
        differing: Vec<DifferingSetting>,
        /// Whether the library remembers settings at all.
        remembered: bool,
    },
    /// The platform names no data folder.
    #[error("this user has no data folder (no HOME?)")]
    NoDataFolder,
}

/// A setting of embedding that is asked for and that a library does not remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferingSetting {
    /// Which one.
    pub setting: EmbeddingSetting,
    /// The value that is asked for.
    pub asked: String,
}

/// What decides how texts are embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbeddingSetting {
    /// The model, by name or folder.
    Model,
    /// In what numbers the encoder computes.
    Precision,
    /// What becomes of long texts.
    Long,
}

impl LibraryError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            LibraryError::Missing { .. } => "library-missing",
            LibraryError::Foreign { .. } => "library-foreign",
            LibraryError::Newer { .. } => "library-newer",
            LibraryError::Older { .. } => "library-older",
            LibraryError::Damaged { .. } => "library-damaged",
            LibraryError::Full { .. } => "library-full",
            LibraryError::ReadOnly { .. } => "library-read-only",
            LibraryError::Unopened { .. } => "library-unopened",
            LibraryError::Unfolded { .. } => "library-unfolded",
            LibraryError::Busy { .. } => "library-busy",
            LibraryError::Sqlite { .. } => "library",
            LibraryError::VectorRefused { .. } => "vector-refused",
            LibraryError::ShardsDiffer { .. } => "shards-differ",
            LibraryError::Empty { .. } => "empty-library",
            LibraryError::OtherModel { .. } => "other-model",
            LibraryError::NoDataFolder => "no-data-folder",
        }
    }
}

/// Some papers by their ids, of so many.
fn some_of(papers: &[String], all: u64) -> String {
    match all.saturating_sub(papers.len() as u64) {
        0 => format!("the papers {}", papers.join(", ")),
        others => format!("the papers {} and {others} others", papers.join(", ")),
    }
}
