//! Where an output goes: its name, the names beside it, and whether it may be written.
//!
//! For `vectors.npy` the ids go to `vectors.npy.ids`, and everything unfinished to the folder
//! `vectors.npy.part`. Nothing stands under the first two names until all of it is on the disk.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, ErrorKind};
use std::path::{Path, PathBuf};

use super::format::Format;
use crate::error::{BulkError, Error, OutputRefusal, Result};

/// A checked name for an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    path: PathBuf,
    /// The same with all links resolved, to be compared with inputs.
    real: PathBuf,
    format: Format,
}

/// Called by a pointer, as `rows.rs` says.
#[cfg(feature = "parquet")]
const COUNT_ROWS: fn(&Path) -> Option<u64> = super::parquet::rows;

impl Output {
    /// Checks a name; the form is told by its extension unless it is given. A link is followed:
    /// what it leads to is written.
    ///
    /// # Errors
    /// [`BulkError::UnknownFormat`], [`BulkError::NoFolder`] where there is no folder to write in,
    /// [`BulkError::Unsuitable`] for a folder or a device.
    pub fn new(path: &Path, format: Option<Format>) -> Result<Output> {
        let unsuitable = |reason: OutputRefusal| Error::from(BulkError::Unsuitable { path: path.to_owned(), reason });
        if path.is_dir() {
            return Err(unsuitable(OutputRefusal::Folder));
        }
        let Some(name) = path.file_name().filter(|_| !path.as_os_str().as_encoded_bytes().ends_with(b"/")) else {
            return Err(unsuitable(OutputRefusal::NoFileName));
        };
        let format =
            format.or_else(|| Format::of(path)).ok_or_else(|| BulkError::UnknownFormat { path: path.to_owned() })?;
        if !format.is_built_in() {
            return Err(BulkError::NotBuiltIn { format: format.name() }.into());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(BulkError::NoFolder { path: folder.to_owned() }.into());
        }
        if path.is_symlink() {
            let real = fs::canonicalize(path).map_err(Error::io(path))?;
            return Output::new(&real, Some(format));
        }
        if path.exists() && !path.is_file() {
            return Err(unsuitable(OutputRefusal::NotRegular));
        }
        let real = fs::canonicalize(folder).map_err(Error::io(folder))?.join(name);
        Ok(Output { path: path.to_owned(), real, format })
    }

    /// The output's own name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its form.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The file of ids beside it, where the form has one.
    pub fn ids(&self) -> Option<PathBuf> {
        self.format.has_ids_beside().then(|| with(&self.path, ".ids"))
    }

    /// Rows of a finished output: of the ids beside it, else of its own lines. `None` where it
    /// cannot be read, or counts its rows otherwise.
    pub(super) fn rows(&self) -> Option<u64> {
        let lines = |path: &Path| {
            let lines = io::BufReader::new(fs::File::open(path).ok()?).split(b'\n');
            lines.map(|line| line.map(|_| 1)).sum::<io::Result<u64>>().ok()
        };
        match self.format {
            Format::Npy | Format::Safetensors => self.path.is_file().then(|| lines(&self.ids()?))?,
            Format::JsonLines => lines(&self.path),
            #[cfg(feature = "parquet")]
            Format::Parquet => COUNT_ROWS(&self.path),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => None,
        }
    }

    /// The folder of what is unfinished.
    pub fn part(&self) -> PathBuf {
        with(&self.path, ".part")
    }

    /// Whether a path, links resolved, belongs to this output.
    pub fn owns(&self, real: &Path) -> bool {
        real == self.real
            || (self.format.has_ids_beside() && real == with(&self.real, ".ids"))
            || real.starts_with(with(&self.real, ".part"))
    }

    /// That nothing stands under its names.
    ///
    /// # Errors
    /// [`BulkError::Exists`].
    pub fn refuse_existing(&self) -> Result<()> {
        match [Some(self.path.clone()), self.ids()]
            .into_iter()
            .flatten()
            .find(|path| path.is_symlink() || path.exists())
        {
            Some(path) => Err(BulkError::Exists { path }.into()),
            None => Ok(()),
        }
    }

    /// Names the file that could not be written, and the way out where the disk is full.
    pub fn failed(&self, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Error {
        let (path, part) = (path.as_ref().to_owned(), self.part());
        move |source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Error::from(BulkError::Full { path, part, source })
            }
            _ => Error::Io { path, source },
        }
    }
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_checked_before_any_work() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub"))?;
        let output = Output::new(&at("v.npy"), None).map_err(io::Error::other)?;
        assert_eq!((output.ids(), output.part()), (Some(at("v.npy.ids")), at("v.npy.part")));
        let real = fs::canonicalize(folder.path())?;
        for (name, owned) in [
            ("v.npy", true),
            ("v.npy.ids", true),
            ("v.npy.part/journal", true),
            ("v.npy.parts", false),
            ("v.np", false),
        ] {
            assert_eq!(output.owns(&real.join(name)), owned, "{name}");
        }
        assert!(output.refuse_existing().is_ok());
        fs::write(at("v.npy.ids"), "")?;
        assert!(
            matches!(output.refuse_existing(), Err(Error::Bulk(BulkError::Exists { path })) if path == at("v.npy.ids"))
        );

        let refused = |name: &str, format| match Output::new(&at(name), format) {
            Ok(_) => String::new(),
            Err(error) => error.to_string().replace(&folder.path().display().to_string(), ""),
        };
        assert_eq!(refused("v.csv", Some(Format::JsonLines)), "");
        insta::assert_snapshot!(refused("v.csv", None), @"the extension of /v.csv names no form of output");
        insta::assert_snapshot!(refused("none/v.npy", None), @"there is no folder /none to write to");
        insta::assert_snapshot!(refused("sub", None), @"/sub is a folder");
        insta::assert_snapshot!(refused("v.npy/", None), @"/v.npy/ is no name for a file");
        assert!(matches!(
            Output::new("/dev/null".as_ref(), Some(Format::Npy)),
            Err(Error::Bulk(BulkError::Unsuitable { .. }))
        ));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let real = fs::canonicalize(folder.path())?;
        fs::write(real.join("x"), "")?;
        std::os::unix::fs::symlink(real.join("x"), real.join("link.npy"))?;
        let output = Output::new(&real.join("link.npy"), None).map_err(io::Error::other)?;
        assert_eq!((output.path(), output.format()), (real.join("x").as_path(), Format::Npy));
        Ok(())
    }
}
