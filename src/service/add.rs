//! Add: files, anything that can be read, or entries in memory, into the library, and the new texts
//! into vectors.
//!
//! In: [`Add`]. Out: [`Added`], what became of the entries. Entries go in by batches of one
//! transaction each; a batch is read while the one before is stored. What cannot be read is a
//! skipped entry of the report, what makes the library unwritable ends the work.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{fmt, mem, thread};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::events::{Event, Work};
use super::rows::Source;
use super::store::Writing;
use crate::error::{Error, ReadingError, Result};
use crate::index::Index;
use crate::library::{Library, Outcome};
use crate::paper::{Entry, Field, Skipped, ValueRef};
use crate::ranking::Learned;
use crate::reader::{self, Reading};
use crate::setters::setters;

/// Entries per transaction, at most. The keyword index writes a segment per transaction and merges
/// segments later: larger batches merge less.
const BATCH: usize = 10_000;
/// Entries of the first transaction, and at least of those that come later while a machine is slow.
const FIRST_BATCH: usize = 1000;
/// How long a transaction may take. Batches grow until they take half of it, and shrink where they
/// take more: one is stored, one waits and one is read, so that a kill loses about a second of work
/// at the most.
const TRANSACTION: Duration = Duration::from_millis(400);
/// Text of a transaction, in bytes, that ends it early: hostile entries of megabytes each do not
/// add up.
const BATCH_BYTES: usize = 32 << 20;
/// Skipped entries kept for the report. A hostile file can hold millions; memory must not follow
/// it.
const KEPT: usize = 10_000;

/// What readers hand readings to.
type Sink<'a> = dyn FnMut(Reading) -> Result<()> + 'a;

/// Files to read into the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Add {
    /// Files or folders; `-` is standard input. The content tells the format.
    pub paths: Vec<PathBuf>,
    /// Whether new papers are embedded at once; else the first request that needs vectors does it.
    pub embed: bool,
}

impl Default for Add {
    fn default() -> Add {
        Add { paths: Vec::new(), embed: true }
    }
}

setters! { Add:
    /// Whether new papers are embedded at once.
    embed => value embed(bool);
}

impl Add {
    /// Asks for files and folders to be read, and their papers to be embedded.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Add {
        Add { paths: paths.into_iter().map(Into::into).collect(), ..Add::default() }
    }
}

/// What became of the entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Added {
    /// Papers that are new.
    pub added: u64,
    /// Papers of which something is new.
    pub updated: u64,
    /// Papers of which nothing is new.
    pub unchanged: u64,
    /// Entries that could not be used.
    #[serde(flatten)]
    pub skips: Skips,
    /// What is remarkable about files.
    pub notes: Vec<String>,
    /// Papers that were embedded.
    pub embedded: u64,
    /// Files that were read.
    #[serde(skip)]
    pub files: usize,
}

/// Entries that could not be used, within bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skips {
    /// The first of them, each with file, line and reason.
    pub skipped: Vec<Skipped>,
    /// Those beyond.
    pub skipped_unlisted: u64,
}

/// Adding that went wrong on its way. What was stored before stays stored.
#[derive(Debug)]
pub struct AddError {
    /// What was done before.
    pub report: Box<Added>,
    /// Whether all entries are stored, and only embedding failed.
    pub stored: bool,
    /// What went wrong.
    pub error: Box<Error>,
}

impl fmt::Display for AddError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for AddError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.error.as_ref())
    }
}

impl From<AddError> for Error {
    fn from(failed: AddError) -> Error {
        *failed.error
    }
}

impl Skips {
    /// Takes one in.
    pub fn push(&mut self, skipped: Skipped) {
        if self.skipped.len() < KEPT { self.skipped.push(skipped) } else { self.skipped_unlisted += 1 }
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.skipped.len() as u64 + self.skipped_unlisted
    }
}

impl Added {
    /// Papers that entries were of.
    pub fn papers(&self) -> u64 {
        self.added + self.updated + self.unchanged
    }

    pub(super) fn count(&mut self, merged: &[Outcome]) {
        for outcome in merged {
            match outcome {
                Outcome::Added => self.added += 1,
                Outcome::Updated => self.updated += 1,
                Outcome::Unchanged => self.unchanged += 1,
            }
        }
    }
}

impl Relata {
    /// Reads files into the library, which is made where there is none, and embeds what is new.
    /// [`Relata::prepare`] then spares the next answer some time.
    ///
    /// # Errors
    /// What the library and the model report, with what was done before.
    pub fn add(&self, request: &Add) -> std::result::Result<Added, AddError> {
        let mut report = Added::default();
        let files = files(&request.paths, &mut report);
        report.files = files.len();
        if files.is_empty() {
            return Ok(report);
        }
        self.add_by(request.embed, report, |library, report| self.read_files(library, &files, report, &mut |_| ()))
    }

    /// Stores entries that are in memory, and embeds what is new.
    ///
    /// # Errors
    /// As [`Relata::add`].
    pub fn add_entries(&self, entries: &[Entry], embed: bool) -> std::result::Result<Added, AddError> {
        self.add_by(embed, Added::default(), |library, report| {
            for batch in entries.chunks(BATCH) {
                self.cancel.check()?;
                report.count(&library.merge(batch)?);
            }
            Ok(())
        })
    }

    /// Stores what can be read from `input`, in any format that files are read in, and embeds what
    /// is new. `name` is its name in messages and listings, as that of a file, and may tell the day
    /// of a digest.
    ///
    /// # Errors
    /// As [`Relata::add`].
    pub fn add_reader(
        &self,
        name: &Path,
        input: impl Read + Send,
        embed: bool,
    ) -> std::result::Result<Added, AddError> {
        self.add_by(embed, Added { files: 1, ..Added::default() }, |library, report| {
            self.take_in_batches(library, name, |sink| reader::read_from(name, input, sink), report, &mut |_| ())
        })
    }

    pub(super) fn add_by(
        &self,
        embed: bool,
        mut report: Added,
        store: impl FnOnce(&mut Library, &mut Added) -> Result<()>,
    ) -> std::result::Result<Added, AddError> {
        let stored = || -> Result<_> {
            let mut library = self.own()?;
            let permit = self.shared.own.write();
            store(&mut library, &mut report)?;
            Ok((library, permit))
        };
        let (mut library, permit) = match stored() {
            Ok(opened) => opened,
            Err(error) => return Err(AddError { report: Box::new(report), stored: false, error: Box::new(error) }),
        };
        let mut embedded = || -> Result<u64> {
            if !embed || library.is_empty()? {
                return Ok(0);
            }
            let embedder = self.lazy_embedder(Some(&library))?;
            Ok(self.catch_up(&embedder, &mut library, false, &permit)?.1)
        };
        match embedded() {
            Ok(embedded) => Ok(Added { embedded, ..report }),
            Err(error) => Err(AddError { report: Box::new(report), stored: true, error: Box::new(error) }),
        }
    }

    /// Learns from a library that has grown or changed much and brings its index up to date, so
    /// that the next answer need not wait. Does nothing where no paper is embedded.
    ///
    /// # Errors
    /// What the library and the model's folder report.
    pub fn prepare(&self) -> Result<()> {
        if let Some((_, used)) = self.shared.own.last_index()
            && used.as_ref().as_ref().and_then(Index::damage).is_some()
        {
            return self.mend_index(Source::Library);
        }
        self.shared.own.forget_index();
        let Some(mut library) = self.with_papers()? else { return Ok(()) };
        let embedder = self.lazy_embedder(Some(&library))?;
        let Some(fingerprint) = library.fingerprint(embedder.fingerprint().digest())? else { return Ok(()) };
        if library.vectors(fingerprint)? >= Learned::WORTH_KEEPING {
            self.cancel.check()?;
            library.view()?.known(fingerprint, &|note| self.note(note))?;
        }
        let permit: Writing<'_> = self.shared.own.write();
        self.keep_index(&mut library, fingerprint, &permit)
    }

    /// Reads files into a library. `each` is told of every entry.
    pub(super) fn read_files(
        &self,
        library: &mut Library,
        files: &[PathBuf],
        report: &mut Added,
        each: &mut dyn FnMut(&Entry),
    ) -> Result<()> {
        self.tell(Event::Began(Work::Reading, files.len() as u64));
        let read = files.iter().enumerate().try_for_each(|(at, file)| {
            self.take_in_batches(library, file, |sink| reader::read(file, sink), report, each)?;
            self.tell(Event::Done(Work::Reading, at as u64 + 1));
            Ok(())
        });
        self.tell(Event::Ended(Work::Reading));
        read
    }

    /// Reads entries in batches, on a thread of their own while the library takes in the batch
    /// before. `name` stands for them in messages.
    fn take_in_batches(
        &self,
        library: &mut Library,
        name: &Path,
        read: impl FnOnce(&mut Sink<'_>) -> Result<reader::Report> + Send,
        report: &mut Added,
        each: &mut dyn FnMut(&Entry),
    ) -> Result<()> {
        let most = &AtomicUsize::new(FIRST_BATCH);
        let read = thread::scope(|scope| -> Result<_> {
            // One batch on its way and one in work: memory stays that of a few batches however long
            // the file is.
            let (hand_over, batches) = mpsc::sync_channel::<Vec<Reading>>(1);
            let reader = scope.spawn(move || {
                let mut batch = Vec::new();
                let (mut bytes, mut began) = (0, Instant::now());
                let read = read(&mut |reading| {
                    if batch.is_empty() {
                        began = Instant::now();
                    }
                    bytes += size(&reading);
                    batch.push(reading);
                    let full = batch.len() >= most.load(Ordering::Relaxed) || bytes >= BATCH_BYTES;
                    // A source may be slow as well.
                    if !full && began.elapsed() < TRANSACTION {
                        return Ok(());
                    }
                    bytes = 0;
                    hand_over.send(mem::take(&mut batch)).map_err(|_| Error::from(ReadingError::Stopped))
                });
                // What was read before a file broke off counts; nobody receives where the library
                // gave up.
                let _ = hand_over.send(batch);
                read
            });
            for batch in batches {
                self.cancel.check()?;
                let (began, entries) = (Instant::now(), batch.len());
                take_in(library, batch, report, each)?;
                most.store(next_batch(entries, began.elapsed()), Ordering::Relaxed);
            }
            Ok(reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        match read {
            Ok(read) => report.notes.extend(read.notes.into_iter().map(|note| format!("{}: {note}", name.display()))),
            Err(error) => report.skips.push(whole_file(name, error.to_string())),
        }
        Ok(())
    }
}

/// The files that paths name, each once. What names none is reported.
pub(super) fn files(paths: &[PathBuf], report: &mut Added) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        match reader::files(std::slice::from_ref(path)) {
            Ok(found) if found.is_empty() => report.skips.push(whole_file(path, "the folder holds no files".into())),
            Ok(found) => files.extend(found),
            Err(error) => report.skips.push(whole_file(path, error.to_string())),
        }
    }
    let mut seen = BTreeSet::new();
    files.into_iter().filter(|file| seen.insert(file.clone())).collect()
}

/// Bytes that a reading holds, near enough: texts, and what an author's name costs beside its
/// letters.
fn size(reading: &Reading) -> usize {
    let Reading::Entry(entry) = reading else { return 512 };
    let fields = Field::ALL.iter().filter_map(|field| entry.metadata.get(*field));
    let texts: usize = fields.map(ValueRef::bytes).sum();
    let authors = 32 * entry.authors.len();
    let summaries: usize = entry.summaries.values().map(String::len).sum();
    size_of_val(&**entry) + texts + authors + summaries
}

fn take_in(library: &mut Library, batch: Vec<Reading>, report: &mut Added, each: &mut dyn FnMut(&Entry)) -> Result<()> {
    let mut entries = Vec::with_capacity(batch.len());
    for reading in batch {
        match reading {
            Reading::Entry(entry) => entries.push(*entry),
            Reading::Skipped(skipped) => report.skips.push(skipped),
        }
    }
    report.count(&library.merge(&entries)?);
    entries.iter().for_each(each);
    Ok(())
}

/// Entries of the next transaction, after one of so many has taken so long.
fn next_batch(entries: usize, took: Duration) -> usize {
    match took {
        _ if took > TRANSACTION => (entries / 2).clamp(FIRST_BATCH, BATCH),
        _ if took < TRANSACTION / 2 => (entries * 2).clamp(FIRST_BATCH, BATCH),
        _ => entries.clamp(FIRST_BATCH, BATCH),
    }
}

pub(super) fn whole_file(path: &Path, reason: String) -> Skipped {
    let file = path.display().to_string();
    let reason = reason.strip_prefix(&format!("{file}: ")).map(str::to_owned).unwrap_or(reason);
    Skipped { file, line: 0, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_while_they_are_quick_and_shrink_where_they_are_slow() {
        let (quick, good, slow) = (TRANSACTION / 8, TRANSACTION * 3 / 4, TRANSACTION * 3);
        assert_eq!([1000, 4000, 9000].map(|entries| next_batch(entries, quick)), [2000, 8000, BATCH]);
        assert_eq!([1000, 4000, BATCH].map(|entries| next_batch(entries, good)), [1000, 4000, BATCH]);
        assert_eq!([1000, 4000, BATCH].map(|entries| next_batch(entries, slow)), [FIRST_BATCH, 2000, 5000]);
        assert_eq!(next_batch(3, quick), FIRST_BATCH, "the last batch of a file says nothing");
    }
}
