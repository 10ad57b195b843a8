//! Files of vectors, taken over into the library one after the other.
//!
//! In: paths of files and folders. Out: what became of their rows. A file that cannot be used is
//! reported by its name, and those after it are read. What was taken of it before stays, since each
//! row was held against the library by itself.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Relata;
use super::add::{Skips, whole_file};
use super::import_vectors::{Import, ImportVectors, ImportedVectors};
use crate::error::{Error, Result, VectorFileRefusal};

#[cfg(feature = "parquet")]
use super::events::{Event, Work};
#[cfg(feature = "parquet")]
use crate::bulk::{Batches, VectorFile};
#[cfg(feature = "parquet")]
use crate::error::{BulkError, LibraryError};

/// What a file of a folder ends in, to be taken for one of vectors.
const ENDING: &str = "parquet";

/// Bytes of vectors in a transaction: ten thousand rows of 384 elements.
#[cfg(feature = "parquet")]
const BATCH: usize = 16 << 20;

// Called by pointers, as `bulk/rows.rs` says.
#[cfg(feature = "parquet")]
const OPEN: fn(&Path) -> Result<VectorFile> = VectorFile::open;
#[cfg(feature = "parquet")]
const FINGERPRINT: fn(&VectorFile) -> Result<Option<String>> = VectorFile::fingerprint;
#[cfg(feature = "parquet")]
const BATCHES: fn(&VectorFile, usize, usize) -> Result<Batches<'_>> = VectorFile::batches;

impl Relata {
    /// Takes over vectors of files, for those papers that have the text that was embedded and no
    /// vector yet. A file that cannot be used is reported, and the others are taken. How many
    /// tokens a text has is not known of these vectors.
    ///
    /// # Errors
    /// [`LibraryError::Empty`](crate::error::LibraryError::Empty) where the library has no papers;
    /// [`Error::NotBuiltIn`] in a program that reads no Parquet; what the library and the model's
    /// files report. What was taken before stays.
    pub fn import_vectors(&self, request: &ImportVectors) -> Result<ImportedVectors> {
        let mut imported = ImportedVectors::default();
        let files = vector_files(&request.paths, &mut imported.skips);
        imported.files = files.len();
        if !files.is_empty() {
            let mut import = self.begin_import()?;
            self.import_files(&files, &mut import, &mut imported)?;
            imported.notes = import.others.iter().map(|(made, file)| import.is_of_another(made, file)).collect();
        }
        Ok(imported)
    }
}

#[cfg(feature = "parquet")]
impl Relata {
    fn import_files(&self, files: &[PathBuf], import: &mut Import<'_>, imported: &mut ImportedVectors) -> Result<()> {
        // One that cannot be opened is told of when its turn comes.
        let rows = files.iter().map(|file| OPEN(file).map_or(0, |opened| opened.rows())).sum();
        let mut done = 0;
        self.tell(Event::Began(Work::TakingOver, rows));
        let ended = files.iter().try_for_each(|file| {
            let ended = self.import_file(file, import, imported, &mut done);
            match ended {
                Err(Error::Bulk(BulkError::VectorFile { reason, .. })) => {
                    imported.skips.push(whole_file(file, reason.to_string()));
                    Ok(())
                }
                Err(Error::Io { path, source }) if path == *file => {
                    imported.skips.push(whole_file(file, source.to_string()));
                    Ok(())
                }
                ended => ended,
            }
        });
        self.tell(Event::Ended(Work::TakingOver));
        ended
    }

    fn import_file(
        &self,
        file: &Path,
        import: &mut Import<'_>,
        imported: &mut ImportedVectors,
        done: &mut u64,
    ) -> Result<()> {
        let opened = OPEN(file)?;
        let Some(fingerprint) = FINGERPRINT(&opened)? else { return Ok(()) };
        if !import.is_own(&fingerprint) {
            imported.other_fingerprint += opened.rows();
            *done += opened.rows();
            self.tell(Event::Done(Work::TakingOver, *done));
            import.others.entry(fingerprint).or_insert_with(|| file.to_owned());
            return Ok(());
        }
        let dimension = import.embedder.dimension()?;
        let rows = (BATCH / size_of::<f32>() / dimension.max(1)).max(1);
        for batch in BATCHES(&opened, dimension, rows)? {
            self.cancel.check()?;
            let batch = batch?;
            let taken = import.take(&batch.ids, &batch.passages, batch.vectors.view(), imported);
            taken.map_err(|error| of_file(file, error))?;
            *done += batch.ids.len() as u64;
            self.tell(Event::Done(Work::TakingOver, *done));
        }
        Ok(())
    }
}

/// A vector that the library refuses is a fault of its file.
#[cfg(feature = "parquet")]
fn of_file(file: &Path, error: Error) -> Error {
    match error {
        Error::Library(LibraryError::VectorRefused { why, .. }) => {
            BulkError::VectorFile { path: file.to_owned(), reason: VectorFileRefusal::Vector(why) }.into()
        }
        other => other,
    }
}

#[cfg(not(feature = "parquet"))]
impl Relata {
    fn import_files(&self, _: &[PathBuf], _: &mut Import<'_>, _: &mut ImportedVectors) -> Result<()> {
        Err(Error::NotBuiltIn { what: "Parquet", feature: "parquet" })
    }
}

/// The files that paths name, each once: a file as it is, of a folder those in it that end in
/// `.parquet`, by name. Other files of a folder (lists of refused rows, answers in folders of their
/// own) are none of vectors. What names no file is reported.
fn vector_files(paths: &[PathBuf], skips: &mut Skips) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => match in_folder(path) {
                Ok(found) if found.is_empty() => {
                    skips.push(whole_file(path, format!("the folder holds no file that ends in .{ENDING}")));
                }
                Ok(found) => files.extend(found),
                Err(error) => skips.push(whole_file(path, error.to_string())),
            },
            Ok(about) if about.is_file() => files.push(path.clone()),
            Err(error) if !is_no_name(path) => skips.push(whole_file(path, error.to_string())),
            _ => skips.push(whole_file(path, VectorFileRefusal::NoFile.to_string())),
        }
    }
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    files
}

/// Whether it is standard input or an address, which no error of the system explains.
fn is_no_name(path: &Path) -> bool {
    path.as_os_str() == "-" || path.to_str().is_some_and(|text| text.contains("://"))
}

fn in_folder(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|item| item.map(|item| item.path()));
    let mut files = paths.collect::<io::Result<Vec<PathBuf>>>()?;
    let is_hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    files.retain(|path| {
        path.extension().is_some_and(|ending| ending == ENDING)
            && !path.file_name().is_some_and(is_hidden)
            && path.is_file()
    });
    files.sort();
    Ok(files)
}
