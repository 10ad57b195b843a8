//! The sample digest: what a fresh install answers from until its library holds papers.
//!
//! Compiled into the binary, read by the same reader as any digest, kept with its vectors in a small library of its own in
//! the cache folder. It is never mixed into a user's library and can be deleted at any time.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::library::Library;
use crate::reader::{self, Reading};

/// File name under which the sample is listed.
pub const NAME: &str = "sample-digest-2026-02-14.md";

const DIGEST: &str = include_str!("../seeds/sample-digest-2026-02-14.md");

/// Where the sample's library lies, given the cache folder.
pub fn path(cache: &Path) -> PathBuf {
    cache.join(concat!("sample-", env!("CARGO_PKG_VERSION"), ".db"))
}

/// Opens the sample's library, reading the digest into it where that has not been done.
///
/// # Errors
/// The cache folder cannot be written.
pub fn open(cache: &Path) -> Result<Library> {
    let mut library = Library::open(&path(cache))?;
    if library.is_empty()? {
        let mut entries = Vec::new();
        reader::read_from(Path::new(NAME), DIGEST.as_bytes(), &mut |reading| {
            if let Reading::Entry(entry) = reading {
                entries.push(*entry);
            }
            Ok(())
        })?;
        library.merge(&entries)?;
    }
    Ok(library)
}
