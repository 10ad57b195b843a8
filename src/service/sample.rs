//! The sample digest: what a fresh install answers from until its library holds papers.
//!
//! Compiled into the binary, read by the same reader as any digest, kept with its vectors in a
//! small library of its own in the cache folder. It is never mixed into a user's library and can be
//! deleted at any time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, LibraryError, Result};
use crate::library::Library;
use crate::reader::{self, Reading};

/// File name under which the sample is listed.
pub(super) const NAME: &str = "sample-digest-2026-02-14.md";

const DIGEST: &str = include_str!("../../seeds/sample-digest-2026-02-14.md");

/// Where the sample's library lies, given the cache folder.
pub(super) fn path(cache: &Path) -> PathBuf {
    cache.join(concat!("sample-", env!("CARGO_PKG_VERSION"), ".db"))
}

/// Opens the sample's library, reading the digest into it where that has not been done. A file that
/// is damaged, of another version or not to be upgraded is made anew: nothing in it is anybody's
/// own.
///
/// # Errors
/// The cache folder cannot be written.
pub(super) fn open(cache: &Path) -> Result<Library> {
    let path = path(cache);
    let mut library = match Library::open(&path) {
        Err(Error::Library(
            LibraryError::Damaged { .. }
            | LibraryError::Foreign { .. }
            | LibraryError::Newer { .. }
            | LibraryError::Sqlite { .. },
        )) => {
            fs::remove_file(&path).map_err(Error::io(&path))?;
            Library::open(&path)?
        }
        opened => opened?,
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_sample_is_made_anew() -> Result<()> {
        let cache = tempfile::TempDir::new().map_err(Error::io("a temporary folder"))?;
        fs::write(path(cache.path()), "no database at all, but long enough to be taken for one".repeat(100))
            .map_err(Error::io(cache.path()))?;
        assert_eq!(open(cache.path())?.len()?, 7);
        Ok(())
    }
}
