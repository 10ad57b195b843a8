//! Where the files of an index lie, and how a new one comes to its place.

use std::fs;
use std::path::{Path, PathBuf};

use super::file::Facts;
use crate::error::{Error, Result};
use crate::files;
use crate::library::{FingerprintNumber, Library};

/// `None` for a library that lies in no file.
pub(super) fn path(library: &Library, fingerprint: FingerprintNumber) -> Option<PathBuf> {
    library.path().file_name().filter(|_| library.is_file())?;
    let mut path = library.path().as_os_str().to_owned();
    path.push(format!(".index-{}", fingerprint.0));
    Some(PathBuf::from(path))
}

/// Where what came and went later is kept.
pub(super) fn delta_of(path: &Path) -> PathBuf {
    let mut delta = path.as_os_str().to_owned();
    delta.push(".delta");
    PathBuf::from(delta)
}

/// A file that was written, on its way to its place.
pub(super) struct Placing {
    /// Where it was written.
    pub(super) beside: PathBuf,
    pub(super) place: PathBuf,
    /// What is no longer needed once it is there.
    pub(super) stale: Option<PathBuf>,
    /// The file of the index, where `place` may be its delta.
    pub(super) path: PathBuf,
}

impl Placing {
    /// Puts a file that was written in its place and tells the library, or removes it. Says whether
    /// it is the library's now: another process may have made one meanwhile, since the token was
    /// `before`.
    pub(super) fn put(
        self,
        library: &mut Library,
        fingerprint: FingerprintNumber,
        before: &str,
        written: Result<Facts>,
    ) -> Result<bool> {
        let Placing { beside, place, stale, path } = self;
        let set = written.and_then(|facts| {
            // All under the library's lock: whoever began before will find another token, whoever
            // comes later has not begun.
            library.set_index(fingerprint, before, &facts.token, facts.change, || {
                files::put(&beside, &place).map_err(Error::io(&place))?;
                stale.map(fs::remove_file);
                tidy(&path);
                tidy(&delta_of(&path));
                Ok(())
            })
        });
        if !matches!(set, Ok(true)) {
            let _ = fs::remove_file(&beside);
        }
        set
    }
}

/// Removes what builds that were killed have left, and what those that are late are writing: it
/// would not be put in its place.
pub(super) fn tidy(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let begun = entry.file_name().as_encoded_bytes().strip_prefix(name.as_encoded_bytes()).map(<[u8]>::to_vec);
        let process = begun.as_deref().and_then(|rest| rest.strip_prefix(b"."));
        if process.is_some_and(|process| {
            let digits = process.strip_prefix(b"new-").unwrap_or(process);
            let digits = digits.strip_suffix(b"-rows").unwrap_or(digits);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
