//! The folder of an unfinished output: parts that only grow, and the journal that says how much of
//! them counts.
//!
//! A window is durable in three steps: its rows are appended and synced, then the journal that
//! counts them is written beside the old one and synced, then it takes the old one's place.
//! Whatever moment a kill chooses, the journal is whole and everything that it counts is there; the
//! rest is cut off when the run goes on. When all is written the journal says so, the parts get
//! their final names by renames, and the folder goes away. A run that is killed in between is
//! completed by `--resume` too. A lock keeps a second process out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::journal::{Done, Journal};
use super::output::Output;
use super::rows;
use super::sums::Sum;
use crate::error::{BulkError, Error, OutputRefusal, Result};
use crate::lock::{FileLock, holder};

const JOURNAL: &str = "journal.json";
const NEXT_JOURNAL: &str = "journal.json.next";
const LOCK: &str = "lock";
/// The part that becomes the output.
pub(super) const ROWS: &str = "rows";
/// The part that becomes the file of ids.
pub(super) const IDS: &str = "ids";
/// Vectors and names that are still to be put together.
pub(super) const VECTORS: &str = "vectors";
/// See [`VECTORS`].
pub(super) const NAMES: &str = "names";
/// Everything that this module puts into a folder, and so may take out of it. The journal goes
/// last: as long as anything is left, a run that was killed can be told from one that was not
/// begun.
const OURS: [&str; 7] = [ROWS, IDS, VECTORS, NAMES, NEXT_JOURNAL, LOCK, JOURNAL];

/// An unfinished output.
pub(super) struct Partial {
    output: Output,
    folder: PathBuf,
    parts: Vec<Part>,
    journal: Journal,
    _lock: Option<FileLock>,
}

/// A file that grows.
struct Part {
    name: &'static str,
    path: PathBuf,
    file: BufWriter<File>,
    length: u64,
    sum: Sum,
}

/// What to do with an output that is already there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OverwritePolicy {
    /// Go on from an unfinished output.
    pub resume: bool,
    /// Replace a finished output, and without `resume` an unfinished one too.
    pub force: bool,
}

impl Partial {
    /// Opens the folder of `output`, or makes it. `fresh` is the journal of a run that has done
    /// nothing yet; the journal of an interrupted run takes its place where that is resumed.
    ///
    /// # Errors
    /// [`BulkError::Exists`], [`BulkError::Unfinished`], [`BulkError::Busy`],
    /// [`BulkError::ResumeRefused`], [`BulkError::Unsuitable`] where the folder is not ours, and
    /// [`Error::Io`].
    pub(super) fn open(
        output: &Output,
        fresh: Journal,
        parts: &[&'static str],
        overwrite: OverwritePolicy,
    ) -> Result<Partial> {
        let folder = output.part();
        let may_go_on = overwrite.resume && folder.join(JOURNAL).exists();
        if !overwrite.force && !may_go_on {
            output.refuse_existing()?;
        }
        let unsuitable = |reason| Error::from(BulkError::Unsuitable { path: folder.clone(), reason });
        if folder.is_symlink() || (folder.exists() && !folder.is_dir()) {
            return Err(unsuitable(OutputRefusal::InTheWay));
        }
        if !folder.exists() {
            fs::create_dir(&folder).map_err(output.failed(&folder))?;
        }
        let lock = lock(output, &folder)?;
        let found = read_journal(&folder)?;
        if found.is_none() && holds_foreign_files(&folder)? {
            return Err(unsuitable(OutputRefusal::OtherFiles));
        }
        let refused = |reason| Err(BulkError::ResumeRefused { part: folder.clone(), reason }.into());
        let journal = match found {
            None => None,
            Some(Ok(found)) if found.done.texts == 0 => None,
            Some(_) if overwrite.force && !overwrite.resume => None,
            Some(Err(damage)) => return refused(format!("its journal cannot be read ({damage})")),
            Some(Ok(found)) if !overwrite.resume => {
                return Err(BulkError::Unfinished { part: folder, rows: found.done.rows }.into());
            }
            Some(Ok(found)) => match found.refuses(&fresh.terms, &fresh.inputs) {
                Some(reason) => return refused(reason),
                None => Some(found),
            },
        };
        if !overwrite.force && !journal.as_ref().is_some_and(|journal| journal.done.complete) {
            output.refuse_existing()?;
        }
        let resumed = journal.is_some();
        let journal = journal.unwrap_or(fresh);
        let mut partial = Partial { output: output.clone(), folder, parts: Vec::new(), journal, _lock: lock };
        if !resumed {
            partial.save()?;
        }
        if partial.journal.done.complete {
            partial.check_complete()?;
        } else {
            partial.open_parts(parts)?;
        }
        Ok(partial)
    }

    fn open_parts(&mut self, names: &[&'static str]) -> Result<()> {
        for name in names {
            let path = self.folder.join(name);
            let mut options = OpenOptions::new();
            let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
            let mut file = opened.map_err(self.output.failed(&path))?;
            let length = self.journal.done.lengths.get(*name).copied().unwrap_or(0);
            let sum = self.checked(name, length)?;
            file.set_len(length).map_err(self.output.failed(&path))?;
            file.seek(SeekFrom::End(0)).map_err(Error::io(&path))?;
            self.parts.push(Part { name, path, file: BufWriter::with_capacity(1 << 20, file), length, sum });
        }
        Ok(())
    }

    /// The sum of the bytes that the journal counts of a part.
    ///
    /// # Errors
    /// [`BulkError::ResumeRefused`] where they are fewer, or not those that were written.
    fn checked(&self, name: &str, length: u64) -> Result<Sum> {
        let path = self.folder.join(name);
        let refused = |reason| Err(BulkError::ResumeRefused { part: self.folder.clone(), reason }.into());
        let (sum, there) = Sum::of_file(&path, length).map_err(Error::io(&path))?;
        if there < length {
            return refused(format!("{} has {there} bytes, its journal counts {length}", path.display()));
        }
        match self.journal.done.sums.get(name) {
            Some(known) if *known != sum.value() && *known != self.sum_with_free_head(name, length, &sum)? => {
                refused(format!("{} was changed or damaged, as the sum in its journal says", path.display()))
            }
            _ => Ok(sum),
        }
    }

    /// The sum of a part as it was while its head was kept free, where the head is filled in now,
    /// or a part of it: a run that was killed while it did that goes on, and does it again.
    fn sum_with_free_head(&self, name: &str, length: u64, sum: &Sum) -> Result<u32> {
        let format = self.output.format();
        let Journal { done, terms, .. } = &self.journal;
        if done.complete || name != ROWS || !format.has_ids_beside() {
            return Ok(sum.value());
        }
        let [free, full] = [0, done.rows].map(|rows| rows::head(format, rows, done.dimension, terms));
        let Some(rest) = length.checked_sub(free.len() as u64) else { return Ok(sum.value()) };
        let path = self.folder.join(name);
        let mut there = vec![0; free.len()];
        File::open(&path).and_then(|mut file| file.read_exact(&mut there)).map_err(Error::io(&path))?;
        let filled = (0..=free.len()).any(|at| there[..at] == full[..at] && there[at..] == free[at..]);
        Ok(if filled { sum.with_head(&there, &free, rest).value() } else { sum.value() })
    }

    /// Holds the parts of a complete run that are still here against the journal: what is published
    /// is what was written.
    fn check_complete(&self) -> Result<()> {
        for (name, length) in &self.journal.done.lengths {
            if self.folder.join(name).exists() {
                self.checked(name, *length)?;
            }
        }
        Ok(())
    }

    /// The terms, the window and how far the run came.
    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Where a part lies.
    #[cfg(feature = "parquet")]
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The output that this becomes.
    pub(super) fn output(&self) -> &Output {
        &self.output
    }

    /// Bytes that a part has.
    pub(super) fn length(&self, name: &str) -> u64 {
        self.parts.iter().find(|part| part.name == name).map_or(0, |part| part.length)
    }

    /// Appends to a part.
    ///
    /// # Errors
    /// [`BulkError::Full`] or [`Error::Io`].
    pub(super) fn append(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let part = self.parts.iter_mut().find(|part| part.name == name).ok_or(NO_PART)?;
        part.file.write_all(bytes).map_err(self.output.failed(&part.path))?;
        part.length += bytes.len() as u64;
        part.sum.add(bytes);
        Ok(())
    }

    /// Writes over the beginning of a part.
    ///
    /// # Errors
    /// [`BulkError::Full`] or [`Error::Io`].
    pub(super) fn rewrite_head(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let part = self.parts.iter_mut().find(|part| part.name == name).ok_or(NO_PART)?;
        let file = &mut part.file;
        let mut before = vec![0; bytes.len()];
        let written = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.get_mut().read_exact(&mut before))
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(bytes))
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map(drop);
        written.map_err(self.output.failed(&part.path))?;
        part.sum = part.sum.with_head(&before, bytes, part.length - bytes.len() as u64);
        Ok(())
    }

    /// Counts a part that was written as a whole, past [`Partial::append`].
    ///
    /// # Errors
    /// [`Error::Io`].
    #[cfg(feature = "parquet")]
    pub(super) fn count_whole(&self, name: &str, done: &mut Done) -> Result<()> {
        let path = self.folder.join(name);
        let (sum, length) = Sum::of_file(&path, u64::MAX).map_err(Error::io(&path))?;
        done.lengths.insert(name.to_owned(), length);
        done.sums.insert(name.to_owned(), sum.value());
        Ok(())
    }

    /// Makes durable what was appended, and then that it counts.
    ///
    /// # Errors
    /// [`BulkError::Full`] or [`Error::Io`]; what was durable before is so still.
    pub(super) fn commit(&mut self, mut done: Done) -> Result<()> {
        for part in &mut self.parts {
            let synced = part.file.flush().and_then(|()| part.file.get_ref().sync_data());
            synced.map_err(self.output.failed(&part.path))?;
            done.lengths.insert(part.name.to_owned(), part.length);
            done.sums.insert(part.name.to_owned(), part.sum.value());
        }
        self.journal.done = done;
        self.save()
    }

    fn save(&self) -> Result<()> {
        let (next, path) = (self.folder.join(NEXT_JOURNAL), self.folder.join(JOURNAL));
        let text = self.journal.to_bytes().map_err(|error| Error::io(&path)(error.into()))?;
        let write = || {
            let mut file = File::create(&next)?;
            file.write_all(&text)?;
            file.sync_data()?;
            fs::rename(&next, &path)?;
            sync_folder(&self.folder)
        };
        write().map_err(self.output.failed(&path))
    }

    /// Gives the parts their final names and takes the folder away; the journal must say that all
    /// is complete.
    ///
    /// # Errors
    /// [`BulkError::Exists`] where a name was taken meanwhile, and [`Error::Io`].
    pub(super) fn publish(mut self, force: bool) -> Result<()> {
        self.parts.clear();
        let target = self.output.path().to_owned();
        let names = [(IDS, self.output.ids()), (ROWS, Some(target.clone()))];
        let left: Vec<(PathBuf, PathBuf)> = names
            .into_iter()
            .filter_map(|(part, name)| Some((self.folder.join(part), name?)))
            .filter(|(part, _)| part.exists())
            .collect();
        if !force && let Some((_, name)) = left.iter().find(|(_, name)| name.is_symlink() || name.exists()) {
            return Err(BulkError::Exists { path: name.clone() }.into());
        }
        // New ids never stand beside old vectors, not even for a moment: the old vectors go first.
        if left.len() > 1 && target.exists() {
            fs::remove_file(&target).map_err(Error::io(&target))?;
        }
        for (part, name) in &left {
            fs::rename(part, name).map_err(self.output.failed(name))?;
        }
        if let Some(folder) = self.folder.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            sync_folder(folder).map_err(Error::io(folder))?;
        }
        self.discard()
    }

    /// Takes the folder away with all that it holds of ours.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn discard(self) -> Result<()> {
        for name in OURS {
            let path = self.folder.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::io(&path)(error)),
                _ => {}
            }
        }
        fs::remove_dir(&self.folder).map_err(Error::io(&self.folder))
    }
}

const NO_PART: Error = Error::Internal("a part that was not opened");

/// Keeps a second process out. `None` on a file system without locks, which is no reason to refuse
/// the work.
fn lock(output: &Output, folder: &Path) -> Result<Option<FileLock>> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(output.failed(&path))?;
    match FileLock::try_new(file) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, TryLockError::WouldBlock)) => {
            Err(BulkError::Busy { part: folder.to_owned(), holder: holder(&[&path]).map(Box::new) }.into())
        }
        Err((_, TryLockError::Error(_))) => Ok(None),
    }
}

/// The journal of an interrupted run, or what is wrong with it.
fn read_journal(folder: &Path) -> Result<Option<std::result::Result<Journal, String>>> {
    let path = folder.join(JOURNAL);
    match fs::read(&path) {
        Ok(text) => Ok(Some(Journal::from_bytes(&text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(&path)(error)),
    }
}

/// The rows of a run that had ended before it was killed: the output is there, made after all of
/// its `inputs` were, and beside it at most a folder with nothing of an unfinished run, which goes.
/// `None` where a run was not begun or has not ended.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn had_ended(output: &Output, inputs: &[PathBuf]) -> Result<Option<u64>> {
    let folder = output.part();
    let left: Vec<PathBuf> = match fs::read_dir(&folder) {
        Ok(items) => items.flatten().map(|item| item.path()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Error::io(&folder)(error)),
    };
    let begun = left.iter().any(|path| !path.ends_with(LOCK) && !path.ends_with(NEXT_JOURNAL));
    let modified = |path: &Path| fs::metadata(path).and_then(|about| about.modified());
    let Ok(made) = modified(output.path()) else { return Ok(None) };
    let newer = |input: &PathBuf| input.as_os_str() == "-" || !modified(input).is_ok_and(|time| time <= made);
    let rows = output.rows();
    let Some(rows) = rows.filter(|rows| *rows > 0 && !begun && !inputs.iter().any(newer)) else { return Ok(None) };
    for path in &left {
        fs::remove_file(path).map_err(Error::io(path))?;
    }
    if folder.is_dir() {
        fs::remove_dir(&folder).map_err(Error::io(&folder))?;
    }
    Ok(Some(rows))
}

/// Before the first journal there is nothing but the lock.
fn holds_foreign_files(folder: &Path) -> Result<bool> {
    for item in fs::read_dir(folder).map_err(Error::io(folder))? {
        let name = item.map_err(Error::io(folder))?.file_name();
        if name != LOCK && name != NEXT_JOURNAL {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes renames in a folder durable.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // Windows opens no folders as files, and needs no such sync.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
