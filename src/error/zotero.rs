//! What can go wrong with a library of Zotero.

use std::path::PathBuf;

/// Errors of syncing with Zotero.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZoteroError {
    /// A source that names no library of Zotero.
    #[error("{text:?} is no source: sources are zotero, and zotero:COLLECTION")]
    NotASource {
        /// As asked for.
        text: String,
    },
    /// A profile that follows no collection, and no source is named.
    #[error("the profile {profile} follows no collection of Zotero yet")]
    NoSource {
        /// The profile.
        profile: String,
    },
    /// A collection that a profile does not follow.
    #[error("the profile {profile} does not follow {text:?}{}", there_are(there))]
    NotFollowed {
        /// The profile.
        profile: String,
        /// As asked for.
        text: String,
        /// The collections that it follows.
        there: Vec<String>,
    },
    /// A collection that a profile follows and that Zotero no longer has.
    #[error("Zotero no longer has the collection {name:?} ({key}); what came from it stays in the profile")]
    Missing {
        /// Its name.
        name: String,
        /// Its key.
        key: String,
    },
    /// An address that is none.
    #[error("{name}: {text} is no address such as http://localhost:23119/api")]
    Address {
        /// The setting.
        name: &'static str,
        /// Its value.
        text: String,
    },
    /// An address beyond this machine to which a key would be sent in the open.
    #[error("{name}: requests to {text} would not be encrypted, which is for this machine alone")]
    Unencrypted {
        /// The setting.
        name: &'static str,
        /// Its value.
        text: String,
    },
    /// A user of Zotero who is not given by number.
    #[error("{text:?} is no number of a user of Zotero")]
    User {
        /// As given.
        text: String,
    },
    /// A key that cannot be one.
    #[error("what is set as the key for Zotero's web API is no key")]
    Key,
    /// A file with the key that others may read.
    #[error("{path} may be read by others (its mode is {mode:04o}), and so the key in it is not used", path = path.display())]
    KeyOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file with the key cannot be used.
    #[error("the file with the key for Zotero's web API, {path}: {reason}", path = path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Zotero does not answer on this machine, and there is no key for its web API.
    #[error("Zotero does not answer at {local} ({reason}), and no key for its web API is set")]
    NotThere {
        /// Address of the local API.
        local: String,
        /// What happened, on one line.
        reason: String,
    },
    /// The server understood the question and refuses it.
    #[error("{server} refuses with {status}: {reason}")]
    Refused {
        /// Its address.
        server: String,
        /// HTTP status.
        status: u16,
        /// What it says, on one line.
        reason: String,
    },
    /// The server gave no good answer, however often it was asked.
    #[error("{server} gave no answer that can be used in {attempts} attempts, at last: {reason}")]
    Failed {
        /// Its address.
        server: String,
        /// How often it was asked.
        attempts: u32,
        /// What happened at last, on one line.
        reason: String,
    },
    /// The library changed each time while it was read.
    #[error("the library of Zotero kept changing while it was read")]
    Restless,
    /// Something is to be written, and there is no key for the web API; the API of this machine
    /// takes nothing.
    #[error("Zotero's API on this machine is read-only, and no key for its web API is set")]
    NoKeyToWrite,
    /// A key that may read alone.
    #[error("the key for Zotero's web API may not write the library of user {user}")]
    KeyReadOnly {
        /// Whose the key is.
        user: String,
    },
    /// Papers are to be written, and it is not clear into which collection.
    #[error(
        "the collection into which papers are to be written is not named, and there is not one that is synced alone"
    )]
    NoTarget,
    /// A collection that the library does not have, or has several of.
    #[error("Zotero has {} collection {name:?}{}", if *several { "more than one" } else { "no" }, there_are(there))]
    NoSuchCollection {
        /// As asked for.
        name: String,
        /// Whether several have this name.
        several: bool,
        /// Those that there are, with the names of those that they stand in; of several of one
        /// name, with their keys.
        there: Vec<String>,
    },
}

impl ZoteroError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            ZoteroError::NotASource { .. } => "not-a-source",
            ZoteroError::NoSource { .. } => "zotero-no-source",
            ZoteroError::NotFollowed { .. } => "zotero-not-followed",
            ZoteroError::Missing { .. } => "zotero-missing",
            ZoteroError::Address { .. } => "zotero-address",
            ZoteroError::Unencrypted { .. } => "zotero-unencrypted",
            ZoteroError::User { .. } => "zotero-user",
            ZoteroError::Key => "zotero-key",
            ZoteroError::KeyOpen { .. } => "zotero-key-open",
            ZoteroError::KeyFile { .. } => "zotero-key-file",
            ZoteroError::NotThere { .. } => "zotero-not-there",
            ZoteroError::Refused { .. } => "zotero-refused",
            ZoteroError::Failed { .. } => "zotero-failed",
            ZoteroError::Restless => "zotero-restless",
            ZoteroError::NoKeyToWrite => "zotero-no-key-to-write",
            ZoteroError::KeyReadOnly { .. } => "zotero-key-read-only",
            ZoteroError::NoTarget => "zotero-no-target",
            ZoteroError::NoSuchCollection { .. } => "no-such-collection",
        }
    }
}

fn there_are(there: &[String]) -> String {
    match there {
        [] => String::new(),
        there => format!("; there are: {}", there.join(", ")),
    }
}
