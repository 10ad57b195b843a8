//! arXiv's own e-mails: the daily list of new papers.
//!
//! In: entries between lines of `\\`: `arXiv:2603.00001` and the fields `Date:`, `Title:`,
//! `Authors:`, `Categories:`, `Comments:`, then the abstract, then the address. Replacements have
//! no abstract. Out: one entry each. Continued fields are indented.

use std::borrow::Cow;

use jiff::civil::Date;

use super::authors;
use super::categories;
use super::digest::LONGEST_ENTRY;
use super::draft::{Draft, Origin};
use super::lines::{self, Broken};
use super::moment;
use super::output::Output;
use super::source::{LONGEST_LINE, Source};
use crate::error::Result;
use crate::paper::{Field, Listing, PartialDate, SourceKind};

/// The identifier of an entry: `arXiv:2603.00001 (*cross-listing*)`, `Paper: cs/0601001`.
pub(super) fn begins(line: &str) -> Option<&str> {
    let rest =
        line.strip_prefix("arXiv:").or_else(|| line.strip_prefix("Paper: ").filter(|rest| rest.contains('/')))?;
    let id = rest.split_whitespace().next()?;
    crate::paper::ArxivId::parse(id).map(|_| id)
}

/// Reads a mail. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let mut mail = Mail { out, file: file.to_owned(), date, open: None };
    let mut broken = Broken::default();
    while let Some(line) = source.next_line()? {
        let text = lines::text(&line, &mut broken);
        if line.too_long {
            mail.out.skip(line.number, &format!("the line is longer than {LONGEST_LINE} bytes"))?;
        } else {
            mail.line(line.number, &text)?;
        }
    }
    if source.broken().is_none() {
        mail.close()?;
    }
    if let Some(note) = broken.note() {
        out.note(note);
    }
    Ok(())
}

struct Mail<'o, 's> {
    out: &'o mut Output<'s>,
    file: String,
    /// Day in the file's name, or the last day of which the mail tells what came.
    date: Option<Date>,
    open: Option<Open>,
}

struct Open {
    line: u64,
    id: String,
    fields: Vec<(String, String)>,
    text: String,
    in_text: bool,
    size: usize,
}

impl Mail<'_, '_> {
    fn line(&mut self, number: u64, line: &str) -> Result<()> {
        if let Some(id) = begins(line) {
            self.close()?;
            let (id, fields, text) = (id.to_owned(), Vec::new(), String::new());
            self.open = Some(Open { line: number, id, fields, text, in_text: false, size: 0 });
            return Ok(());
        }
        if line.starts_with("\\\\") {
            let (_, rest) = line.split_at(2);
            // The second one begins the abstract, one with an address ends the entry.
            if let Some(open) = self.open.as_mut().filter(|open| !open.in_text && rest.trim().is_empty()) {
                open.in_text = true;
                return Ok(());
            }
            return self.close();
        }
        if line.starts_with("------------") || line.starts_with("%%%") {
            return self.close();
        }
        match &mut self.open {
            None => {
                if self.date.is_none() && line.trim_start().starts_with("received from") {
                    self.date = line.rsplit(" to ").next().and_then(moment::written).and_then(PartialDate::day);
                }
            }
            Some(open) => {
                open.size += line.len() + 1;
                if open.size > LONGEST_ENTRY {
                    let line = open.line;
                    self.open = None;
                    return self.out.skip(line, &format!("the entry is longer than {LONGEST_ENTRY} bytes"));
                }
                open.take(line);
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let listing = Some(Listing { file: self.file.clone(), date: self.date });
        let origin = Origin { kind: SourceKind::Markdown, date: self.date, listing };
        self.out.draft(open.draft(), &origin)
    }
}

impl Open {
    fn take(&mut self, line: &str) {
        if self.in_text {
            self.text.push_str(line);
            self.text.push('\n');
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = self.fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            self.fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn draft(self) -> Draft<'static> {
        let mut draft = Draft { line: self.line, id: Cow::Owned(self.id), ..Draft::default() };
        for (name, value) in self.fields {
            match name.as_str() {
                "title" => draft.title = Some(Cow::Owned(value)),
                "author" | "authors" => draft.authors = authors::parse(&value),
                "categories" | "subj-class" => draft.categories = categories::parse(&value),
                "comments" => draft.comment = Some(Cow::Owned(value)),
                "journal-ref" => draft.facts.push((Field::Journal, Cow::Owned(value))),
                "doi" => draft.facts.push((Field::Doi, Cow::Owned(value))),
                "date" => draft.published = moment::written(before_size(&value)),
                // "Date (revised v2): Fri, 13 Feb 2026 ..."
                _ if name.starts_with("date (revised") => {
                    draft.updated = moment::written(before_size(&value));
                    let version = name.rsplit('v').next().map(|rest| rest.trim_end_matches(')'));
                    draft.version = version.and_then(|version| version.parse().ok()).unwrap_or(0);
                }
                _ => {}
            }
        }
        draft.abstract_text = Some(self.text).filter(|text| !text.trim().is_empty()).map(Cow::Owned);
        draft
    }
}

/// `Fri, 13 Feb 2026 08:00:00 GMT   (123kb)` without the size.
fn before_size(value: &str) -> &str {
    value.split('(').next().unwrap_or(value).trim()
}
