//! Markdown of other digests: papers as headings with a link below, as rows of tables, as items of
//! lists.
//!
//! In: `## Title` followed by `**Link:** ...` and labelled fields; rows of a table with a link to
//! arXiv (cv-arxiv-daily, DailyArXiv), by the names of its columns where it has them; `-
//! [Title](link)` and `1. **Title** [arXiv](link)`. Out: one entry each. A title is only taken
//! where it is one: a link called "PDF" or a bare id names no paper.

use std::borrow::Cow;

use jiff::civil::Date;

use super::authors;
use super::categories;
use super::dates;
use super::digest::{LONGEST_ENTRY, MOST_FIELDS};
use super::draft::{Draft, Origin};
use super::heading::{is_ornament, linked};
use super::jsonl::Place;
use super::keys;
use super::labels::{Field, label};
use super::lines::{self, Broken};
use super::moment;
use super::name_date::told_in;
use super::output::Output;
use super::source::{LONGEST_LINE, Source};
use crate::error::Result;
use crate::paper::{ArxivId, Listing, PartialDate, SourceKind};

/// Whether Markdown that begins so names papers in one of these ways.
pub(super) fn is_blocks(text: &str) -> bool {
    let mut heading = false;
    text.lines().any(|line| {
        let line = line.trim_end();
        if line.starts_with('|') || item(line).is_some() && field(line).is_none() {
            return !addresses(line).is_empty();
        }
        if line.starts_with('#') {
            heading = true;
            return false;
        }
        heading && field(line).is_some_and(|(field, value)| field == Field::Id && id_in(value).is_some())
    })
}

/// Reads such a file. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let mut blocks = Blocks { out, file: file.to_owned(), date, columns: Vec::new(), open: None };
    let mut broken = Broken::default();
    while let Some(line) = source.next_line()? {
        let text = lines::text(&line, &mut broken);
        if line.too_long {
            blocks.close()?;
            blocks.out.skip(line.number, &format!("the line is longer than {LONGEST_LINE} bytes"))?;
        } else {
            blocks.line(line.number, &text)?;
        }
    }
    if source.broken().is_none() {
        blocks.close()?;
    }
    if let Some(note) = broken.note() {
        out.note(note);
    }
    Ok(())
}

/// Columns of the tables of cv-arxiv-daily, whose rows also stand in its JSON without headings.
const DAILY: [Option<keys::Field>; 5] =
    [Some(keys::Field::Published), Some(keys::Field::Title), Some(keys::Field::Authors), None, Some(keys::Field::Code)];

/// Reads the row of a table that stands in JSON under the identifier of its paper.
pub(super) fn json_row(line: u64, key: &str, row: &str, place: &Place<'_>, out: &mut Output<'_>) -> Result<()> {
    let row = row.trim();
    let daily = cells(row).first().is_some_and(|cell| dates::leading(bare(cell)).is_some());
    let columns = if daily { DAILY.to_vec() } else { Vec::new() };
    let mut blocks = Blocks { out, file: place.file.to_owned(), date: place.date, columns, open: None };
    let draft = blocks.row_draft(line, row, key.to_owned());
    blocks.give(draft)
}

struct Blocks<'o, 's> {
    out: &'o mut Output<'s>,
    file: String,
    /// Day in the file's name or in its first headline.
    date: Option<Date>,
    /// What the columns of the table at hand hold.
    columns: Vec<Option<keys::Field>>,
    open: Option<Open>,
}

struct Open {
    line: u64,
    title: String,
    id: String,
    fields: Vec<(Field, String)>,
    size: usize,
    /// Text without a label goes on in the last field.
    goes_on: bool,
}

impl Blocks<'_, '_> {
    fn line(&mut self, number: u64, line: &str) -> Result<()> {
        let line = line.trim_end();
        if line.starts_with('|') {
            self.close()?;
            return self.row(number, line);
        }
        self.columns.clear();
        if let Some(heading) = heading(line) {
            self.close()?;
            self.date = self.date.or_else(|| day_in(line));
            let (title, id) = title_and_id(heading);
            self.begin(number, title, id);
        } else if let Some(found) = item(line).filter(|found| field(line).is_none() && !addresses(found).is_empty()) {
            self.close()?;
            let (title, id) = title_and_id(found);
            self.begin(number, title, id);
        } else if let Some(open) = &mut self.open {
            open.take(line);
            if open.size > LONGEST_ENTRY || open.fields.len() > MOST_FIELDS {
                let line = open.line;
                self.open = None;
                return self.out.skip(line, "the entry is too long or has too many fields");
            }
        } else if line.starts_with("Last update") || line.contains("Updated on") {
            self.date = self.date.or_else(|| day_in(line));
        }
        Ok(())
    }

    fn begin(&mut self, line: u64, title: String, id: String) {
        self.open = Some(Open { line, title, id, fields: Vec::new(), size: 0, goes_on: false });
    }

    fn row(&mut self, number: u64, line: &str) -> Result<()> {
        let cells = cells(line);
        if cells.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':' | ' '))) {
            return Ok(());
        }
        let found = addresses(line);
        let Some(id) = found.first() else {
            self.columns = cells.iter().map(|cell| keys::field(bare(cell)).map(|(field, _)| field)).collect();
            return Ok(());
        };
        let draft = self.row_draft(number, line, id.clone());
        self.give(draft)
    }

    /// What the cells of a row tell of a paper, by the names of their columns where they have some.
    fn row_draft(&self, number: u64, row: &str, id: String) -> Draft<'static> {
        let mut draft = Draft { line: number, id: Cow::Owned(id), ..Draft::default() };
        let cells = cells(row);
        let known = self.columns.contains(&Some(keys::Field::Title));
        for (at, cell) in cells.iter().enumerate() {
            let column = self.columns.get(at).copied().flatten();
            match column.filter(|_| known) {
                Some(keys::Field::Title) => draft.title = Some(Cow::Owned(cell_title(cell))),
                Some(keys::Field::Abstract) => draft.abstract_text = Some(Cow::Owned(details(cell).to_owned())),
                Some(keys::Field::Comment) => draft.comment = Some(Cow::Owned(details(cell).to_owned())),
                Some(keys::Field::Authors) => draft.authors = authors::parse(bare(cell)),
                Some(keys::Field::Published) => draft.published = moment::written(bare(cell)),
                Some(keys::Field::Updated) => draft.updated = moment::written(bare(cell)),
                Some(keys::Field::Code) => {
                    draft.code = linked(bare(cell)).map(|(_, target)| Cow::Owned(target.to_owned()));
                }
                Some(keys::Field::Categories | keys::Field::PrimaryCategory | keys::Field::Tags) => {
                    draft.categories = categories::parse(cell);
                }
                Some(_) => {}
                // Without names of columns: a day is a day, and the first text that may be a title
                // is it.
                None if known => {}
                None if draft.published.is_none() && dates::leading(bare(cell)).is_some() => {
                    draft.published = dates::leading(bare(cell)).map(PartialDate::Day);
                }
                None if draft.title.is_none() => {
                    draft.title = Some(cell_title(cell)).filter(|title| may_be_title(title)).map(Cow::Owned);
                }
                None => {}
            }
        }
        draft
    }

    fn close(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        // A heading without an identifier below was just a heading.
        let Some(draft) = open.draft() else { return Ok(()) };
        self.give(draft)
    }

    fn give(&mut self, draft: Draft<'_>) -> Result<()> {
        if !draft.title.as_deref().is_some_and(may_be_title) {
            let reason = format!("{} has no title here", super::clean::excerpt(&draft.id, 40));
            return self.out.skip(draft.line, &reason);
        }
        let listing = Some(Listing { file: self.file.clone(), date: self.date });
        let origin = Origin { kind: SourceKind::Markdown, date: self.date, listing };
        self.out.draft(draft, &origin)
    }
}

impl Open {
    fn take(&mut self, line: &str) {
        self.size += line.len() + 1;
        // A feed's announcement has its own "Abstract:".
        let announced = |(field, text): &(Field, String)| *field == Field::Abstract && text.contains("Announce Type:");
        let announced = self.goes_on && self.fields.last().is_some_and(announced);
        if let Some((field, value)) = field(line).filter(|(field, _)| !announced || *field != Field::Abstract) {
            self.goes_on = matches!(field, Field::Abstract | Field::Authors | Field::Summary(_));
            self.fields.push((field, value.to_owned()));
        } else if matches!(line.trim(), "" | "---" | "***") {
            // An abstract may have paragraphs; a rule ends it.
            self.goes_on &= line.trim().is_empty()
                && self.fields.last().is_some_and(|(field, text)| *field == Field::Abstract && text.trim().is_empty());
        } else if self.goes_on {
            if let Some((_, text)) = self.fields.last_mut() {
                text.push('\n');
                text.push_str(line.trim_start_matches(['>', ' ']));
            }
        } else if self.id.is_empty()
            && let Some(id) = addresses(line).into_iter().next()
        {
            self.id = id;
        }
    }

    fn draft(self) -> Option<Draft<'static>> {
        let mut draft = Draft { line: self.line, ..Draft::default() };
        let labelled = self.fields.iter().filter(|(field, _)| *field == Field::Id).find_map(|(_, value)| id_in(value));
        draft.id = Cow::Owned(Some(self.id).filter(|id| !id.is_empty()).or(labelled)?);
        draft.title = Some(Cow::Owned(self.title));
        for (field, text) in self.fields {
            match field {
                Field::Authors => draft.authors = authors::parse(text.trim().trim_matches('*')),
                Field::Categories => draft.categories = categories::parse(&text),
                Field::Abstract => draft.abstract_text = Some(Cow::Owned(text)),
                Field::Comment => draft.comment = Some(Cow::Owned(text)),
                Field::Published => draft.published = moment::written(bare(&text)),
                Field::Summary(facet) => draft.summaries.push((facet, Cow::Owned(text))),
                Field::Id | Field::Other | Field::Withdrawal => {}
            }
        }
        Some(draft)
    }
}

/// A labelled field; `**URL:**` and its kin hold the identifier.
fn field(line: &str) -> Option<(Field, &str)> {
    let text = line.trim_start();
    if let Some(label) = label(text) {
        return Some((label.field, label.value));
    }
    let bare = text.trim_start_matches(['-', '*', '+', '>', ' ']);
    let (name, value) = bare.split_once([':', '：'])?;
    let value = value.trim_start_matches(['*', ' ']);
    let name = name.trim_matches(['*', ' ', '_', '`']).to_ascii_lowercase();
    let links = ["url", "paper", "pdf", "arxiv link", "paper link", "arxiv url", "arxiv", "source", "link"];
    match name.as_str() {
        "date" | "publish date" | "published date" | "submitted" => Some((Field::Published, value)),
        name if links.contains(&name) => Some((Field::Id, value)),
        _ => None,
    }
}

/// The text of a heading of any level, or of a line that is bold as a whole.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    if (1..=6).contains(&level) && text.starts_with([' ', '\t']) {
        // A label as a heading is a label.
        return label(line).is_none().then(|| text.trim());
    }
    let bold = line.strip_prefix("**")?.strip_suffix("**")?;
    (!bold.contains("**") && !bold.ends_with(':')).then_some(bold)
}

/// The text of an item of a list.
fn item(line: &str) -> Option<&str> {
    for mark in ["- ", "* ", "+ "] {
        if let Some(rest) = line.strip_prefix(mark) {
            return Some(rest.trim());
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line[digits..].strip_prefix(". ").or_else(|| line[digits..].strip_prefix(") "))?;
    (digits > 0 && digits < 5).then(|| rest.trim())
}

/// A title, and the identifier where the line has one: `1. [Title](link)`, `**Title**
/// [[arXiv](link)]`.
fn title_and_id(text: &str) -> (String, String) {
    let text = unnumbered(text);
    let id = addresses(text).into_iter().next().unwrap_or_default();
    let bare_text = text.trim_start_matches(['*', ' ']);
    let first = bare_text.strip_prefix('[').and_then(|_| {
        // The link ends where its address does: what follows is of other links.
        let end = bare_text.find("](")?;
        let close = end + bare_text[end..].find(')')?;
        linked(&bare_text[..=close])
    });
    if let Some((title, _)) = first.filter(|(title, _)| may_be_title(title)) {
        return (title.trim_matches(['*', ' ']).to_owned(), id);
    }
    if let Some((title, _)) = text.strip_prefix("**").and_then(|rest| rest.split_once("**")) {
        return (title.trim_matches([':', '.', ' ']).to_owned(), id);
    }
    let before = text.find("[").filter(|_| !id.is_empty()).map_or(text, |at| &text[..at]);
    let before = before.find("http").map_or(before, |at| &before[..at]);
    (before.trim_end_matches([' ', '-', ':', '(', '[', '|', '—', '–']).to_owned(), id)
}

/// Without emoji and a number before it.
fn unnumbered(text: &str) -> &str {
    let text = text.trim_start_matches(is_ornament);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix(['.', ')', '、']).filter(|_| digits > 0 && digits < 5) {
        Some(rest) if rest.starts_with([' ', '[', '*']) => rest.trim_start(),
        _ => text,
    }
}

/// The addresses of papers of arXiv in a line, each once.
fn addresses(line: &str) -> Vec<String> {
    if !line.contains("://") {
        return Vec::new();
    }
    ArxivId::find_in(line)
        .into_iter()
        .map(|(id, version)| match version {
            Some(version) => format!("{id}v{version}"),
            None => id.to_string(),
        })
        .collect()
}

/// The identifier in the value of a field.
fn id_in(value: &str) -> Option<String> {
    let target = linked(value.trim()).map_or(value.trim(), |(_, target)| target);
    ArxivId::parse(target).map(|_| target.to_owned()).or_else(|| addresses(value).into_iter().next())
}

/// The cells of a row; a bar behind a backslash or within a formula's `\|` parts none.
fn cells(row: &str) -> Vec<&str> {
    let inner = row.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let (mut cells, mut from) = (Vec::new(), 0);
    for (at, _) in inner.match_indices('|') {
        if !inner[..at].ends_with('\\') {
            cells.push(inner[from..at].trim());
            from = at + 1;
        }
    }
    cells.push(inner[from..].trim());
    cells
}

/// A cell without emphasis.
fn bare(cell: &str) -> &str {
    cell.trim_matches(['*', '_', ' ', '`'])
}

fn cell_title(cell: &str) -> String {
    let cell = bare(cell);
    linked(cell).map_or(cell, |(title, _)| title).trim_matches(['*', ' ']).replace("\\|", "|")
}

/// What a cell hides behind `<details><summary>Show</summary>`.
fn details(cell: &str) -> &str {
    let text = cell.split_once("</summary>").map_or(cell, |(_, rest)| rest);
    text.trim().strip_suffix("</details>").unwrap_or(text.trim())
}

/// Whether a text may be the title of a paper, and is no name of a link or an identifier.
fn may_be_title(text: &str) -> bool {
    let text = text.trim_matches(['*', '[', ']', '(', ')', ' ', '.', ':']);
    let lower = text.to_ascii_lowercase();
    let names = [
        "pdf",
        "arxiv",
        "paper",
        "link",
        "abs",
        "html",
        "code",
        "url",
        "abstract",
        "here",
        "project",
        "page",
        "website",
        "null",
        "none",
        "github",
        "project page",
        "paper link",
        "arxiv link",
        "read",
        "read more",
        "source",
    ];
    let speaks = ["our ", "this ", "the paper", "see "].iter().any(|start| lower.starts_with(start));
    text.chars().any(char::is_alphanumeric)
        && !speaks
        && !names.contains(&lower.as_str())
        && ArxivId::parse(text).is_none()
        && !text.starts_with("http")
}

/// A day in a headline, as `2026-02-14`, `2026.02.14` or `Feb 14, 2026`.
fn day_in(line: &str) -> Option<Date> {
    dates::first_in(line).or_else(|| told_in(line).day())
}
