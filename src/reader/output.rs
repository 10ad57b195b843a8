//! Where readers hand over what they found: counted, and named by file.
//!
//! In: drafts and reasons. Out: calls of the caller's sink, and the counts for the report. Every
//! entry passes exactly one of [`Output::draft`] and [`Output::skip`], so that read and skipped
//! together are what the file holds.

use std::path::Path;

use super::clean::excerpt;
use super::draft::{Draft, Origin};
use super::name_date::Told;
use super::path_date::PathDate;
use super::report::{Finding, Format, Reading, Report, Sink};
use crate::error::Result;
use crate::paper::{Listing, Skipped};

/// Longest reason of a skipped entry, in characters.
const LONGEST_REASON: usize = 300;
/// Most remarks about single entries that are kept.
const MOST_REMARKS: u64 = 100;

/// The sink of one file.
pub(super) struct Output<'s> {
    file: String,
    sink: &'s mut Sink<'s>,
    /// Whether papers without an arXiv id are wanted too.
    works: bool,
    entries: u64,
    skipped: u64,
    notes: Vec<String>,
    remarks: u64,
    path: PathDate,
    /// Entries of a digest that tells no day itself.
    undated: bool,
}

impl<'s> Output<'s> {
    /// An output for the file at `path`, which names it in messages.
    pub(super) fn new(path: &Path, sink: &'s mut Sink<'_>, works: bool) -> Output<'s> {
        Output {
            file: path.display().to_string(),
            sink,
            works,
            entries: 0,
            skipped: 0,
            notes: Vec::new(),
            remarks: 0,
            path: PathDate::default(),
            undated: false,
        }
    }

    /// Whether papers without an arXiv id are wanted too.
    pub(super) fn takes_works(&self) -> bool {
        self.works
    }

    /// What the path tells of the day. Its name's day is the readers' to use.
    pub(super) fn path_tells(&mut self, path: PathDate) {
        self.path = path;
    }

    /// Hands an entry over, or the reason why it is none.
    pub(super) fn draft(&mut self, draft: Draft<'_>, origin: &Origin) -> Result<()> {
        let line = draft.line;
        if self.works && draft.is_work() {
            return match draft.finish_work(origin.kind) {
                Ok(work) => {
                    self.entries += 1;
                    (self.sink)(Finding::Work(work))
                }
                Err(reason) => self.skip(line, &reason),
            };
        }
        let of_folder = self.of_folder(origin);
        match draft.finish(of_folder.as_ref().unwrap_or(origin)) {
            Ok(entry) => {
                self.entries += 1;
                (self.sink)(Finding::Reading(Reading::Entry(entry)))
            }
            Err(reason) => self.skip(line, &reason),
        }
    }

    /// The same origin with the day that the folders tell, where neither the digest nor its name
    /// tells one.
    fn of_folder(&mut self, origin: &Origin) -> Option<Origin> {
        let undated = origin.listing.as_ref().filter(|listing| listing.date.is_none())?;
        self.undated = true;
        let day = self.path.folders.day().filter(|_| self.path.name == Told::Nothing)?;
        let listing = Listing { date: Some(day), ..undated.clone() };
        Some(Origin { kind: origin.kind, date: Some(day), listing: Some(listing) })
    }

    /// Reports an entry that can't be used. The reason may quote the file: it is cleaned here.
    pub(super) fn skip(&mut self, line: u64, reason: &str) -> Result<()> {
        self.skipped += 1;
        let reason = excerpt(reason, LONGEST_REASON);
        (self.sink)(Finding::Reading(Reading::Skipped(Skipped { file: self.file.clone(), line, reason })))
    }

    /// Adds a remark about the file as a whole.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Adds a remark about one entry that was handed over, as long as there are not too many.
    pub(super) fn remark(&mut self, line: u64, remark: &str) {
        self.remarks += 1;
        if self.remarks <= MOST_REMARKS {
            self.notes.push(format!("line {line}: {}", excerpt(remark, LONGEST_REASON)));
        }
    }

    /// Entries handed over, and entries skipped.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.entries, self.skipped)
    }

    /// The report about the file.
    pub(super) fn report(mut self, format: Format) -> Report {
        let name = if self.path.name == Told::Nothing { self.path.folders } else { self.path.name };
        if let Told::Several(one, other) = name
            && self.undated
        {
            self.notes.push(format!("the name could mean {one} or {other}, so the day of the digest is not known"));
        }
        if self.remarks > MOST_REMARKS {
            self.notes.push(format!("{} more entries have such fields", self.remarks - MOST_REMARKS));
        }
        Report { format, entries: self.entries, skipped: self.skipped, notes: self.notes }
    }
}
