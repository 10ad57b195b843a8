//! Daily digests in Markdown.
//!
//! In: the lines of a digest of any template: a table of contents, sections by category, and
//! entries of a linked heading, a line of authors, labelled fields and `<details>` around some of
//! them. Out: one entry per heading.
//!
//! Only headings are trusted: an entry begins at its heading and ends at the next one, or at the
//! anchor or heading of a section, whatever became of `<details>`. Within an entry a label begins a
//! field. Inside the abstract, which comes last, unmarked labels (`Methods: ...`,
//! `Conclusion: ...`) are part of the text, as authors write them there.

use std::borrow::Cow;

use jiff::civil::Date;

use super::authors;
use super::categories;
use super::dates;
use super::draft::{Draft, Origin};
use super::failure::real_copy;
use super::heading::{self, Section, after_number, entry_heading, linked};
use super::labels::{Field, Label, Mark, label};
use super::lines::{self, Broken};
use super::moment;
use super::name_date::told_in;
use super::output::Output;
use super::source::{LONGEST_LINE, Source};
use super::totals::Totals;
use crate::error::Result;
use crate::paper::ArxivId;
use crate::paper::{Facet, Field as Fact, Listing, SourceKind};

/// Most text of one entry, in bytes. Entries have some 6 kB, the longest list of authors seen 20
/// kB.
pub(super) const LONGEST_ENTRY: usize = 1 << 20;
/// Most fields of one entry; templates have up to twenty. Each new label is compared with those
/// before it.
pub(super) const MOST_FIELDS: usize = 256;

/// Reads a digest. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let mut digest = Digest {
        out,
        origin: Origin { kind: SourceKind::Markdown, date, listing: Some(Listing { file: file.to_owned(), date }) },
        totals: Totals::default(),
        in_contents: true,
        category: None,
        open: None,
        held: None,
    };
    let mut broken = Broken::default();
    while let Some(line) = source.next_line()? {
        let text = lines::text(&line, &mut broken);
        if line.too_long {
            digest.too_long(line.number, &text)?;
        } else {
            digest.line(line.number, &text)?;
        }
    }
    let cut = source.broken().is_some();
    digest.end(cut)?;
    if let Some(note) = broken.note() {
        out.note(note);
    }
    Ok(())
}

struct Digest<'o, 's> {
    out: &'o mut Output<'s>,
    origin: Origin,
    totals: Totals,
    /// Before the first section or entry: totals and the day may stand here.
    in_contents: bool,
    category: Option<String>,
    open: Option<Open>,
    /// A line that begins an entry if `Authors:` follows it.
    held: Option<(u64, String)>,
}

/// The entry that is being read.
struct Open {
    line: u64,
    title: String,
    target: String,
    fields: Vec<(Field, String)>,
    /// Index into `fields`; `None` between fields.
    current: Option<usize>,
    /// Inside `<details>`.
    details: bool,
    size: usize,
    /// Line and reason of what makes the entry unusable.
    trouble: Option<(u64, String)>,
}

impl Digest<'_, '_> {
    fn line(&mut self, number: u64, line: &str) -> Result<()> {
        if let Some((held_number, held)) = self.held.take() {
            if line.starts_with("Authors:") || line.starts_with("**Authors:**") {
                let title = after_number(&held).unwrap_or(&held);
                let (title, target) = linked(title).unwrap_or((title, arxiv_link(line).unwrap_or_default()));
                self.begin(held_number, title, target)?;
            } else {
                self.plain_line(held_number, &held)?;
            }
        }
        // The one template without headings: `[3] Title`, then
        // `Authors: ... | Main Category: ... | Paper Link`.
        if line.starts_with('[') && after_number(line).is_some_and(|title| !title.is_empty()) {
            self.held = Some((number, line.to_owned()));
            return Ok(());
        }
        self.plain_line(number, line)
    }

    fn plain_line(&mut self, number: u64, line: &str) -> Result<()> {
        if let Some(heading) = entry_heading(line) {
            return self.begin(number, heading.title, heading.target);
        }
        if is_anchor(line) {
            return self.close(false);
        }
        if let Some(section) = heading::section(line) {
            self.close(false)?;
            self.in_contents = false;
            self.category = match section {
                Section::Category(category) => Some(category.to_owned()),
                Section::Topic => None,
            };
            return Ok(());
        }
        match &mut self.open {
            Some(open) => {
                let ends = line.starts_with('#') && !open.details && label(line).is_none();
                if ends {
                    return self.close(false);
                }
                open.line(line);
            }
            None if self.in_contents => {
                self.totals.line(line);
                self.day(line);
            }
            None => {}
        }
        Ok(())
    }

    /// A day in a headline counts where the file's name tells none.
    fn day(&mut self, line: &str) {
        if self.origin.date.is_none() && (line.starts_with('#') || line.starts_with("**")) {
            self.origin.date = dates::first_in(line).or_else(|| told_in(line).day());
            if let Some(listing) = &mut self.origin.listing {
                listing.date = self.origin.date;
            }
        }
    }

    fn too_long(&mut self, number: u64, start: &str) -> Result<()> {
        let reason = format!("the line is longer than {LONGEST_LINE} bytes");
        if start.starts_with("###") {
            self.close(false)?;
        }
        match &mut self.open {
            Some(open) => {
                open.trouble.get_or_insert((number, reason));
                Ok(())
            }
            None => self.out.skip(number, &reason),
        }
    }

    fn begin(&mut self, number: u64, title: &str, target: &str) -> Result<()> {
        self.close(false)?;
        self.in_contents = false;
        self.open = Some(Open {
            line: number,
            title: title.to_owned(),
            target: target.to_owned(),
            fields: Vec::new(),
            current: None,
            details: false,
            size: 0,
            trouble: None,
        });
        Ok(())
    }

    /// Ends the entry that is open, if one is. One that the end of a damaged file cut is not to be
    /// trusted.
    fn close(&mut self, cut: bool) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if let Some((line, reason)) = open.trouble {
            return self.out.skip(line, &reason);
        }
        if cut {
            return Ok(());
        }
        let draft = open.draft(self.category.as_deref());
        self.out.draft(draft, &self.origin)
    }

    fn end(&mut self, cut: bool) -> Result<()> {
        if let Some((number, held)) = self.held.take() {
            self.plain_line(number, &held)?;
        }
        if let Some(open) = self.open.as_ref().filter(|open| open.details && !cut) {
            self.out
                .note(format!("the last entry, line {}, ends inside <details>: the file may be cut off", open.line));
        }
        self.close(cut)?;
        let (entries, skipped) = self.out.counts();
        for note in self.totals.notes(entries, skipped) {
            self.out.note(note);
        }
        Ok(())
    }
}

impl Open {
    fn line(&mut self, line: &str) {
        let line = self.tags(line);
        if matches!(line, "---" | "***" | "<hr>" | "<hr/>") || line.starts_with("[⬆️") {
            self.current = None;
            return;
        }
        if let Some(title) = self.title_translation(line) {
            self.start(Field::Summary(Facet::TitleTranslation), title);
            self.current = None;
        } else if self.expects_authors() && line.starts_with('*') && !line.starts_with("**") {
            self.authors_line(line);
        } else if let Some(label) = label(line).filter(|label| self.accepts(label)) {
            self.labelled(&label);
        } else if let Some(current) = self.current {
            if line.is_empty() && self.fields[current].0 == Field::Authors {
                self.current = None;
            } else {
                self.append(current, line);
            }
        }
    }

    /// Takes `<details>` and its kin off the beginning of a line and notes what they say.
    fn tags<'a>(&mut self, mut line: &'a str) -> &'a str {
        loop {
            let text = line.trim_start();
            if let Some(rest) = text.strip_prefix("<details>") {
                self.details = true;
                self.end_authors();
                line = rest;
            } else if let Some(rest) = text.strip_prefix("</details>") {
                self.details = false;
                self.current = None;
                line = rest;
            } else if let Some((name, rest)) =
                text.strip_prefix("<summary>").and_then(|rest| rest.split_once("</summary>"))
            {
                if name.trim() == "Abstract" {
                    self.start(Field::Abstract, "");
                }
                line = rest;
            } else {
                return line;
            }
        }
    }

    fn end_authors(&mut self) {
        if self.current.is_some_and(|current| self.fields[current].0 == Field::Authors) {
            self.current = None;
        }
    }

    /// `> *Title in another language*`
    fn title_translation<'a>(&self, line: &'a str) -> Option<&'a str> {
        let text = line.strip_prefix("> *")?;
        (!text.starts_with('*')).then(|| text.trim_end().trim_end_matches('*'))
    }

    fn expects_authors(&self) -> bool {
        self.fields.iter().all(|(field, _)| *field == Field::Summary(Facet::TitleTranslation))
    }

    /// `*A, B*`, maybe followed by ` | **Main category: cs.AR**`; a long list may go on on the next
    /// line.
    fn authors_line(&mut self, line: &str) {
        let (names, rest) = line.split_once(" | ").unwrap_or((line, ""));
        self.start(Field::Authors, names);
        if names.trim_end().len() > 1 && names.trim_end().ends_with('*') {
            self.current = None;
        }
        self.labelled_rest(rest);
    }

    /// What follows a bar on the line of the authors.
    fn labelled_rest(&mut self, rest: &str) {
        for part in rest.split(" | ") {
            if let Some(label) = label(part.trim()) {
                self.start(label.field, label.value);
                self.current = None;
            }
        }
    }

    /// A label counts once, and inside an abstract only if no abstract would hold it.
    fn accepts(&self, label: &Label<'_>) -> bool {
        let seen = self.fields.iter().any(|(field, text)| *field == label.field && !text.trim().is_empty());
        let in_abstract = self.current.is_some_and(|current| {
            let (field, text) = &self.fields[current];
            *field == Field::Abstract && real_copy(text).is_some()
        });
        let repeats = seen && label.field != Field::Other && label.mark == Mark::Plain;
        !repeats && (!in_abstract || (label.ends_abstract && !seen))
    }

    fn labelled(&mut self, label: &Label<'_>) {
        if label.field == Field::Authors {
            let (names, rest) = label.value.split_once(" | ").unwrap_or((label.value, ""));
            self.start(Field::Authors, names);
            self.labelled_rest(rest);
            return;
        }
        self.start(label.field, label.value);
    }

    fn start(&mut self, field: Field, value: &str) {
        if self.fields.len() >= MOST_FIELDS {
            return self.give_up(format!("the entry has more than {MOST_FIELDS} fields"));
        }
        self.fields.push((field, String::new()));
        let at = self.fields.len() - 1;
        self.current = Some(at);
        self.append(at, value);
    }

    /// Adds to a field, up to the bound of the entry.
    fn append(&mut self, at: usize, text: &str) {
        self.size += text.len() + 1;
        if self.size > LONGEST_ENTRY {
            return self.give_up(format!("the entry is longer than {LONGEST_ENTRY} bytes"));
        }
        if let Some((_, field)) = self.fields.get_mut(at) {
            field.push_str(text);
            field.push('\n');
        }
    }

    /// Forgets what was read of the entry; its end is still looked for.
    fn give_up(&mut self, reason: String) {
        self.fields.clear();
        self.current = None;
        self.trouble.get_or_insert((self.line, reason));
    }

    fn draft(self, section: Option<&str>) -> Draft<'static> {
        let id = if ArxivId::parse(&self.target).is_none() { self.id_field() } else { None };
        let mut draft = Draft {
            line: self.line,
            id: Cow::Owned(id.unwrap_or(self.target)),
            title: Some(Cow::Owned(self.title)),
            ..Draft::default()
        };
        for (field, text) in self.fields {
            match field {
                Field::Authors if draft.authors.names.is_empty() => {
                    draft.authors = authors::parse(text.trim().trim_matches('*'));
                }
                Field::Categories if draft.categories.is_empty() => draft.categories = categories::parse(&text),
                Field::Abstract if is_gap(draft.abstract_text.as_deref()) => {
                    draft.abstract_text = Some(Cow::Owned(text));
                }
                Field::Comment if is_gap(draft.comment.as_deref()) => draft.comment = Some(Cow::Owned(text)),
                // As our own digests mark it.
                Field::Withdrawal if text.trim() == "yes" => draft.facts.push((Fact::Withdrawal, Cow::Borrowed("yes"))),
                Field::Published => draft.published = moment::written(&text),
                Field::Summary(facet) => draft.summaries.push((facet, Cow::Owned(text))),
                _ => {}
            }
        }
        if draft.categories.is_empty() {
            draft.categories.extend(section.map(str::to_owned));
        }
        draft
    }

    /// The identifier in a field of its own, for headings without a link.
    fn id_field(&self) -> Option<String> {
        self.fields.iter().filter(|(field, _)| *field == Field::Id).find_map(|(_, text)| {
            let target = linked(text.trim()).map_or(text.trim(), |(_, target)| target);
            ArxivId::parse(target).map(|_| target.to_owned())
        })
    }
}

fn is_gap(text: Option<&str>) -> bool {
    text.and_then(real_copy).is_none()
}

/// `<div id='cs.LG'></div>`, `<a id='cslg'></a>`, `<a name="x"></a>`: the anchor of a section,
/// alone on its line.
fn is_anchor(line: &str) -> bool {
    let line = line.trim();
    ["<div id=", "<a id=", "<a name="].iter().any(|start| line.starts_with(start))
        && (line.ends_with("></div>") || line.ends_with("></a>"))
}

/// The first link to arXiv in a line.
fn arxiv_link(line: &str) -> Option<&str> {
    let at = ["https://arxiv.org/", "http://arxiv.org/"].iter().filter_map(|host| line.find(host)).min()?;
    line[at..].split([')', ' ', '>', ']']).next()
}
