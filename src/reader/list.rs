//! Lists of papers in Markdown: exports of recommendations and the research radar.
//!
//! In: `### Title` with labelled bullets below, or one bullet
//! `**[Title](link)** (cs.RO, 3/10): teaser` per paper. Out: one entry per heading with bullets, or
//! per linked bullet. Teasers and author lists that end in dots or `et al.` are cut by the program
//! that wrote them and are left out.

use std::borrow::Cow;

use jiff::civil::Date;

use super::authors;
use super::categories;
use super::dates;
use super::digest::{LONGEST_ENTRY, MOST_FIELDS};
use super::draft::{Draft, Origin, is_teaser};
use super::heading::{entry_heading, linked, plain_heading};
use super::labels::{Field, label};
use super::lines::{self, Broken};
use super::name_date::told_in;
use super::output::Output;
use super::source::{LONGEST_LINE, Source};
use super::totals::Totals;
use crate::error::Result;
use crate::paper::ArxivId;
use crate::paper::{Listing, SourceKind};

/// Reads a list. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let mut list = List { out, file: file.to_owned(), date, section: None, totals: Totals::default(), open: None };
    let mut broken = Broken::default();
    while let Some(line) = source.next_line()? {
        let text = lines::text(&line, &mut broken);
        if line.too_long {
            list.close()?;
            list.out.skip(line.number, &format!("the line is longer than {LONGEST_LINE} bytes"))?;
        } else {
            list.line(line.number, &text)?;
        }
    }
    if source.broken().is_none() {
        list.close()?;
    }
    let (entries, skipped) = list.out.counts();
    for note in list.totals.notes(entries, skipped) {
        list.out.note(note);
    }
    if let Some(note) = broken.note() {
        list.out.note(note);
    }
    Ok(())
}

struct List<'o, 's> {
    out: &'o mut Output<'s>,
    file: String,
    /// Day in the file's name or in its first headline.
    date: Option<Date>,
    /// Day in the heading of the section.
    section: Option<Date>,
    totals: Totals,
    open: Option<Open>,
}

struct Open {
    line: u64,
    title: String,
    fields: Vec<(Field, String)>,
    size: usize,
}

impl List<'_, '_> {
    fn line(&mut self, number: u64, line: &str) -> Result<()> {
        if let Some(title) = plain_heading(line) {
            self.close()?;
            let mut open = Open { line: number, title: title.to_owned(), fields: Vec::new(), size: 0 };
            // The heading of a digest in a list: glued together, or a template that links its
            // headings.
            if let Some(heading) = entry_heading(line) {
                open.title = heading.title.to_owned();
                open.fields.push((Field::Id, heading.target.to_owned()));
            }
            self.open = Some(open);
        } else if line.starts_with('#') {
            self.close()?;
            self.section = dates::first_in(line).or_else(|| told_in(line).day());
            self.date = self.date.or(self.section);
        } else if let Some(bullet) = line.strip_prefix("- **[") {
            self.close()?;
            self.bullet(number, &format!("[{bullet}"))?;
        } else if let Some(open) = self.open.as_mut().filter(|_| line.starts_with("- ")) {
            if let Some(label) = label(line) {
                open.size += label.value.len();
                open.fields.push((label.field, label.value.to_owned()));
            }
            let trouble = match (open.size > LONGEST_ENTRY, open.fields.len() > MOST_FIELDS) {
                (true, _) => Some(format!("the entry is longer than {LONGEST_ENTRY} bytes")),
                (_, true) => Some(format!("the entry has more than {MOST_FIELDS} fields")),
                _ => None,
            };
            if let Some(reason) = trouble {
                let line = open.line;
                self.open = None;
                self.out.skip(line, &reason)?;
            }
        } else {
            self.totals.line(line);
        }
        Ok(())
    }

    /// `[Title](link)** (cs.RO, 3/10): teaser`
    fn bullet(&mut self, number: u64, bullet: &str) -> Result<()> {
        let link = bullet.split_once(")**").map_or(bullet, |(link, _)| link);
        let Some((title, target)) = linked(link) else { return Ok(()) };
        let categories = bullet.split_once(")** (").and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner);
        let draft = Draft {
            line: number,
            id: Cow::Borrowed(target),
            title: Some(Cow::Borrowed(title)),
            categories: categories.map(categories::parse).unwrap_or_default(),
            ..Draft::default()
        };
        let origin = self.origin();
        self.out.draft(draft, &origin)
    }

    /// Ends the entry that is open. A heading without any known bullet was just a heading.
    fn close(&mut self) -> Result<()> {
        let Some(open) = self.open.take().filter(|open| !open.fields.is_empty()) else { return Ok(()) };
        let origin = self.origin();
        self.out.draft(open.draft(), &origin)
    }

    fn origin(&self) -> Origin {
        let date = self.section.or(self.date);
        Origin { kind: SourceKind::Markdown, date, listing: Some(Listing { file: self.file.clone(), date }) }
    }
}

impl Open {
    fn draft(self) -> Draft<'static> {
        let mut draft = Draft { line: self.line, title: Some(Cow::Owned(self.title)), ..Draft::default() };
        for (field, text) in self.fields {
            match field {
                Field::Authors => draft.authors = authors::parse(&text),
                Field::Categories => draft.categories = categories::parse(&text),
                Field::Id => {
                    let target = linked(&text).map_or(text.as_str(), |(_, target)| target);
                    if draft.id.is_empty() || (ArxivId::parse(&draft.id).is_none() && ArxivId::parse(target).is_some())
                    {
                        draft.id = Cow::Owned(target.to_owned());
                    }
                }
                Field::Abstract if !is_teaser(&text) => draft.abstract_text = Some(Cow::Owned(text)),
                Field::Summary(facet) if !is_teaser(&text) => draft.summaries.push((facet, Cow::Owned(text))),
                Field::Comment => draft.comment = Some(Cow::Owned(text)),
                _ => {}
            }
        }
        draft
    }
}
