//! `relata add`: files into the library, entry by entry, then the new texts into vectors.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use crate::error::{Error, Result};
use crate::library::{Library, Outcome as Merged};
use crate::paper::{Entry, Skipped};
use crate::reader::{self, Reading};

use super::args::Add;
use super::terminal::{Page, printable, progress, say};
use super::{Context, Outcome};

/// Entries per transaction: large enough that committing costs little, small enough that a kill loses little.
const BATCH: usize = 2_000;
/// Skipped entries printed one by one; the rest are counted. `--json` gives all of them.
const SHOWN: usize = 20;
/// Skipped entries kept for the report. A hostile file can hold millions; memory must not follow it.
const KEPT: usize = 10_000;

/// What became of the entries.
#[derive(Default, Serialize)]
struct Report {
    added: u64,
    updated: u64,
    unchanged: u64,
    skipped: Vec<Skipped>,
    /// Skipped entries beyond those listed.
    skipped_unlisted: u64,
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

    fn skip(&mut self, skipped: Skipped) {
        if self.skipped.len() < KEPT { self.skipped.push(skipped) } else { self.skipped_unlisted += 1 }
    }

    fn skips(&self) -> u64 {
        self.skipped.len() as u64 + self.skipped_unlisted
    }

    fn papers(&self) -> u64 {
        self.added + self.updated + self.unchanged
    }
}

pub(super) fn run(context: &Context, add: &Add, page: &mut Page) -> Result<Outcome> {
    let mut report = Report::default();
    let mut files = Vec::new();
    for path in &add.paths {
        match reader::files(std::slice::from_ref(path)) {
            Ok(found) if found.is_empty() => report.skip(whole_file(path, "the folder holds no files".into())),
            Ok(found) => files.extend(found),
            Err(error) => report.skip(whole_file(path, error.to_string())),
        }
    }
    let files: Vec<PathBuf> = {
        let mut seen = std::collections::BTreeSet::new();
        files.into_iter().filter(|file| seen.insert(file.clone())).collect()
    };
    let mut library = context.open()?;
    let bar = progress(files.len() as u64, "reading", "{msg} {wide_bar} {pos}/{len} files");
    for file in &files {
        read_file(&mut library, file, &mut report)?;
        bar.inc(1);
    }
    bar.finish_and_clear();

    let embedding = if add.no_embed || library.is_empty()? {
        Ok(0)
    } else {
        context
            .engine()
            .and_then(|mut engine| context.catch_up(&mut engine, &mut library, false).map(|(_, embedded)| embedded))
    };
    if let Ok(embedded) = &embedding {
        report.embedded = *embedded;
    }
    print(&report, add.json, page)?;
    if let Err(error) = embedding {
        say(&format!("The papers are stored; embedding them failed. `relata reembed` tries again."));
        return Err(error);
    }
    Ok(match (report.skips(), report.papers()) {
        (0, 0) => Outcome::Nothing,
        (0, _) => Outcome::Done,
        _ => Outcome::Partial,
    })
}

/// Reads one file in batches. What makes the file unreadable is a skipped entry of the report, what makes the library
/// unwritable ends the command.
fn read_file(library: &mut Library, file: &Path, report: &mut Report) -> Result<()> {
    let mut batch: Vec<Entry> = Vec::with_capacity(BATCH);
    let mut failed_to_store = None;
    let read = reader::read(file, &mut |reading| {
        match reading {
            Reading::Entry(entry) => batch.push(*entry),
            Reading::Skipped(skipped) => report.skip(skipped),
        }
        if batch.len() == BATCH {
            match library.merge(&batch) {
                Ok(merged) => report.count(&merged),
                Err(error) => {
                    failed_to_store = Some(error);
                    return Err(Error::Stopped);
                }
            }
            batch.clear();
        }
        Ok(())
    });
    if let Some(error) = failed_to_store {
        return Err(error);
    }
    report.count(&library.merge(&batch)?);
    match read {
        Ok(read) => report.notes.extend(read.notes),
        Err(error) => report.skip(whole_file(file, error.to_string())),
    }
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
    for skipped in report.skipped.iter().take(SHOWN) {
        say(&format!("skipped {}", printable(&skipped.to_string())));
    }
    if report.skips() > SHOWN as u64 {
        say(&format!("... and {} more skipped; --json lists them", report.skips() - SHOWN as u64));
    }
    for note in &report.notes {
        say(&format!("note: {}", printable(note)));
    }
    let summary = json!({
        "added": report.added, "updated": report.updated, "unchanged": report.unchanged, "skipped": report.skips(),
    });
    let counts = ["added", "updated", "unchanged", "skipped"].map(|name| format!("{name} {}", summary[name]));
    let embedded = if report.embedded > 0 { format!(", embedded {}", report.embedded) } else { String::new() };
    page.line(&format!("{}{embedded}", counts.join(", ")))
}
