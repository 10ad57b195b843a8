//! `relata add`: files into the library, entry by entry, then the new texts into vectors.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::{mem, thread};

use serde::Serialize;
use serde_json::json;

use crate::error::{Error, Result};
use crate::library::{Library, Outcome as Merged};
use crate::paper::{Entry, Skipped};
use crate::reader::{self, Reading};

use super::args::Add;
use super::skips::Skips;
use super::terminal::{Page, printable, progress, say};
use super::{Context, Outcome};

/// Entries per transaction. The keyword index writes a segment per transaction and merges segments later: larger batches
/// merge less. A kill loses a second of reading at the most.
const BATCH: usize = 10_000;
/// Text of a transaction, in bytes, that ends it early: hostile entries of megabytes each do not add up.
const BATCH_BYTES: usize = 32 << 20;

/// What became of the entries.
#[derive(Default, Serialize)]
pub(super) struct Report {
    added: u64,
    updated: u64,
    unchanged: u64,
    #[serde(flatten)]
    skips: Skips,
    notes: Vec<String>,
    embedded: u64,
}

impl Report {
    fn count(&mut self, merged: &[Merged]) {
        for outcome in merged {
            match outcome {
                Merged::Added => self.added += 1,
                Merged::Updated => self.updated += 1,
                Merged::Unchanged => self.unchanged += 1,
            }
        }
    }

    fn papers(&self) -> u64 {
        self.added + self.updated + self.unchanged
    }

    /// Whether every entry could be used.
    pub(super) fn is_whole(&self) -> bool {
        self.skips.count() == 0
    }

    /// What could not be used, entry by entry.
    pub(super) fn skips(&self) -> &Skips {
        &self.skips
    }

    /// Says what was skipped and what is remarkable.
    pub(super) fn say(&self) {
        self.skips.say();
        for note in &self.notes {
            say(&format!("note: {}", printable(note)));
        }
    }
}

pub(super) fn run(context: &Context, add: &Add, page: &mut Page) -> Result<Outcome> {
    let mut report = Report::default();
    let files = files(&add.paths, &mut report);
    if files.is_empty() {
        print(&report, add.json, page)?;
        return Ok(if report.skips.count() == 0 { Outcome::Nothing } else { Outcome::Partial });
    }
    let mut library = context.open()?;
    if let Err(error) = read_files(&mut library, &files, &mut report, &mut |_| ()) {
        // What was stored before stays stored, so it is reported before the error is.
        print(&report, add.json, page)?;
        return Err(error);
    }

    let embedding = if add.no_embed || library.is_empty()? {
        Ok(None)
    } else {
        context
            .engine(Some(&library))
            .and_then(|mut engine| context.catch_up(&mut engine, &mut library, false).map(Some))
    };
    if let Ok(Some((_, embedded))) = &embedding {
        report.embedded = *embedded;
    }
    print(&report, add.json, page)?;
    match embedding {
        Err(error) => {
            say("The papers are stored; not all of them are embedded. `relata reembed` goes on from there.");
            return Err(error);
        }
        Ok(Some((fingerprint, _))) => context.prepare(&mut library, fingerprint)?,
        Ok(None) => {}
    }
    Ok(match (report.skips.count(), report.papers()) {
        (0, 0) => Outcome::Nothing,
        (0, _) => Outcome::Done,
        _ => Outcome::Partial,
    })
}

/// The files that paths name, each once. What names none is reported.
pub(super) fn files(paths: &[PathBuf], report: &mut Report) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        match reader::files(std::slice::from_ref(path)) {
            Ok(found) if found.is_empty() => report.skips.push(whole_file(path, "the folder holds no files".into())),
            Ok(found) => files.extend(found),
            Err(error) => report.skips.push(whole_file(path, error.to_string())),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.into_iter().filter(|file| seen.insert(file.clone())).collect()
}

/// Reads files into the library. `each` is told of every entry.
pub(super) fn read_files(
    library: &mut Library,
    files: &[PathBuf],
    report: &mut Report,
    each: &mut dyn FnMut(&Entry),
) -> Result<()> {
    let bar = progress(files.len() as u64, "reading", "{msg} {wide_bar} {pos}/{len} files");
    let read = files.iter().try_for_each(|file| {
        read_file(library, file, report, each)?;
        bar.inc(1);
        Ok(())
    });
    bar.finish_and_clear();
    read
}

/// Reads one file in batches, on a thread of its own while the library takes in the batch before.
///
/// What makes the file unreadable is a skipped entry of the report, what makes the library unwritable ends the command.
fn read_file(library: &mut Library, file: &Path, report: &mut Report, each: &mut dyn FnMut(&Entry)) -> Result<()> {
    let read = thread::scope(|scope| -> Result<_> {
        // One batch on its way and one in work: memory stays that of a few batches however long the file is.
        let (hand_over, batches) = mpsc::sync_channel::<Vec<Reading>>(1);
        let reader = scope.spawn(move || {
            let mut batch = Vec::new();
            let mut bytes = 0;
            let read = reader::read(file, &mut |reading| {
                bytes += size(&reading);
                batch.push(reading);
                if batch.len() < BATCH && bytes < BATCH_BYTES {
                    return Ok(());
                }
                bytes = 0;
                hand_over.send(mem::take(&mut batch)).map_err(|_| Error::Stopped)
            });
            // What was read before a file broke off counts; nobody receives where the library gave up.
            let _ = hand_over.send(batch);
            read
        });
        for batch in batches {
            take_in(library, batch, report, each)?;
        }
        Ok(reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    match read {
        Ok(read) => report.notes.extend(read.notes.into_iter().map(|note| format!("{}: {note}", file.display()))),
        Err(error) => report.skips.push(whole_file(file, error.to_string())),
    }
    Ok(())
}

/// Bytes that a reading holds, near enough: texts, and what an author's name costs beside its letters.
fn size(reading: &Reading) -> usize {
    let Reading::Entry(entry) = reading else { return 512 };
    let texts = [&entry.title, &entry.abstract_text, &entry.comment, &entry.doi, &entry.journal];
    let texts: usize = texts.iter().filter_map(|text| text.as_ref()).map(String::len).sum();
    let authors: usize = entry.authors.iter().map(|author| author.len() + 32).sum();
    let summaries: usize = entry.summaries.values().map(String::len).sum();
    size_of_val(&**entry) + texts + authors + summaries
}

fn take_in(
    library: &mut Library,
    batch: Vec<Reading>,
    report: &mut Report,
    each: &mut dyn FnMut(&Entry),
) -> Result<()> {
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

fn whole_file(path: &Path, reason: String) -> Skipped {
    let file = path.display().to_string();
    let reason = reason.strip_prefix(&format!("{file}: ")).map(str::to_owned).unwrap_or(reason);
    Skipped { file, line: 0, reason }
}

fn print(report: &Report, as_json: bool, page: &mut Page) -> Result<()> {
    if as_json {
        return page.json(report);
    }
    report.say();
    let summary = json!({
        "added": report.added, "updated": report.updated, "unchanged": report.unchanged, "skipped": report.skips.count(),
    });
    let counts = ["added", "updated", "unchanged", "skipped"].map(|name| format!("{name} {}", summary[name]));
    let embedded = if report.embedded > 0 { format!(", embedded {}", report.embedded) } else { String::new() };
    page.line(&format!("{}{embedded}", counts.join(", ")))
}
