//! Where tables and pages may be written: not over the library, and no two of one call to one
//! place.

use std::path::{Path, PathBuf};

use super::Relata;
use crate::error::{BulkError, OutputRefusal, Result};

/// How the names of the library's own files go on after that of the library: the log of SQLite,
/// what was learned, and the index.
const OWN: [&str; 5] = ["-wal", "-shm", "-journal", ".learned", ".index-"];

impl Relata {
    /// Refuses files that are the library or a file of its own, and one that is named twice. What
    /// writes files asks it too; whoever asks first learns it before anything is computed.
    ///
    /// # Errors
    /// [`BulkError::Unsuitable`].
    pub fn check_outputs(&self, paths: &[&Path]) -> Result<()> {
        let library = real(self.library_path());
        let mut seen: Vec<PathBuf> = Vec::new();
        for path in paths {
            let own = real(path);
            let refuse = |reason| Err(BulkError::Unsuitable { path: path.to_path_buf(), reason }.into());
            if is_of_library(&own, &library) {
                return refuse(OutputRefusal::Library);
            }
            if seen.contains(&own) {
                return refuse(OutputRefusal::Twice);
            }
            seen.push(own);
        }
        Ok(())
    }
}

/// The file that a path means behind links, be it there or not.
fn real(path: &Path) -> PathBuf {
    if let Ok(whole) = path.canonicalize() {
        return whole;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

fn is_of_library(path: &Path, library: &Path) -> bool {
    let (Some(name), Some(own)) = (path.file_name(), library.file_name()) else { return false };
    let Some(rest) = name.as_encoded_bytes().strip_prefix(own.as_encoded_bytes()) else { return false };
    path.parent() == library.parent() && (rest.is_empty() || OWN.iter().any(|more| rest.starts_with(more.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::Format;
    use crate::error::Error;
    use crate::model::Settings;
    use crate::service::{Embed, Export, Options};

    #[test]
    fn nothing_is_written_over_the_library_or_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let settings = Settings::from_vars(|_| None, Some(folder.path().join("cache")), None).unwrap();
        let relata = Relata::new(Options::new(at("library.db"), settings));
        let refused = |export: Export| match relata.export(&export) {
            Err(Error::Bulk(BulkError::Unsuitable { path, reason })) => {
                Some((path.file_name().unwrap().to_str().unwrap().to_owned(), reason))
            }
            _ => None,
        };
        for name in ["library.db", "library.db-wal", "library.db.learned", "library.db.index-3.delta"] {
            let csv = Export::new().csv(at(name));
            assert_eq!(refused(csv), Some((name.to_owned(), OutputRefusal::Library)), "{name}");
        }
        let both = Export::new().csv(at("table")).jsonl(at("cache/../table"));
        std::fs::create_dir(at("cache")).unwrap();
        assert_eq!(refused(both), Some(("table".to_owned(), OutputRefusal::Twice)));
        std::fs::write(at("library.db"), "").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("library.db"), at("link.csv")).unwrap();
            let link = refused(Export::new().csv(at("link.csv")));
            assert_eq!(link, Some(("link.csv".to_owned(), OutputRefusal::Library)));
        }
        let npy = Embed::new(["abstracts.txt"], at("library.db")).format(Format::Npy).force(true);
        assert!(matches!(
            *relata.embed(&npy).unwrap_err().error,
            Error::Bulk(BulkError::Unsuitable { reason: OutputRefusal::Library, .. })
        ));
        for name in ["library.db.csv", "library.csv", "cache/library.db"] {
            assert!(relata.check_outputs(&[&at(name)]).is_ok(), "{name}");
        }
    }
}
