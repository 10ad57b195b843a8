//! Tables of papers: CSV with commas, semicolons or bars, and TSV.
//!
//! In: a line of headings, of which one names papers and one describes them (`keys` knows the
//! spellings of Kaggle's tables, Zotero, pandas and hand-made lists), then a paper a row. A line
//! `sep=;` before the headings is passed over. Out: one entry a row. A field in quotes may hold
//! line breaks, up to 1 MiB; a quote that is never closed costs its own row and no other.

use std::borrow::Cow;

use jiff::civil::Date;

use super::jsonl::{self, Place};
use super::keys::{Field, field};
use super::output::Output;
use super::record::{Record, from_number};
use super::relaxed;
use super::source::{LONGEST_LINE, Source};
use super::value::Value;
use super::windows;
use crate::error::Result;

/// Longest row that goes over several lines, in bytes.
const LONGEST_ROW: usize = 1 << 20;
/// Most columns.
const MOST_COLUMNS: usize = 1024;

/// The headings of a table and what parts its fields.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    delimiter: u8,
    headings: Vec<String>,
}

/// The shape of a table that begins with these lines, if it is one of papers.
pub(super) fn shape(text: &str) -> Option<Shape> {
    let mut lines = text.lines().map(|line| line.trim_start_matches('\u{feff}')).filter(|line| !line.trim().is_empty());
    let first = lines.next()?;
    let line = if first.to_ascii_lowercase().starts_with("sep=") { lines.next()? } else { first };
    // A line that begins with a bar is of Markdown.
    let delimiters = [b',', b'\t', b';', b'|'].into_iter().filter(|_| !line.trim_start().starts_with('|'));
    delimiters.into_iter().find_map(|delimiter| {
        let headings: Vec<String> =
            fields(line.as_bytes(), delimiter, true)?.into_iter().map(|name| name.trim().to_owned()).collect();
        let known: Vec<Field> = headings.iter().filter_map(|name| field(name)).map(|(field, _)| field).collect();
        let named = known.iter().any(|field| matches!(field, Field::Id | Field::Link | Field::Doi));
        let described = known.iter().any(|field| matches!(field, Field::Title | Field::Abstract));
        (headings.len() > 1 && named && described).then_some(Shape { delimiter, headings })
    })
}

/// The fields of one row.
fn fields(row: &[u8], delimiter: u8, quoting: bool) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(quoting)
        // A buffer of its own size costs more than to read a short row.
        .buffer_capacity(row.len().clamp(16, 1 << 13))
        .from_reader(row);
    let mut record = csv::ByteRecord::new();
    let read = reader.read_byte_record(&mut record).ok()?;
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    read.then(|| record.iter().take(MOST_COLUMNS).map(text).collect())
}

/// Reads a table. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let Some(shape) = shape(&String::from_utf8_lossy(source.head())) else { return Ok(()) };
    let mut table =
        Table { shape, place: Place { file, date }, in_headings: true, pending: Vec::new(), size: 0, quotes: 0 };
    let mut foreign = windows::Foreign::default();
    while let Some(line) = source.next_line()? {
        if line.too_long {
            table.flush(out)?;
            out.skip(line.number, &format!("the line is longer than {LONGEST_LINE} bytes"))?;
            continue;
        }
        let number = line.number;
        let text = foreign.text(line.bytes, number).trim_end_matches('\r').to_owned();
        table.line(number, text, out)?;
    }
    table.flush(out)?;
    if let Some(note) = foreign.note() {
        out.note(note);
    }
    Ok(())
}

struct Table<'p> {
    shape: Shape,
    place: Place<'p>,
    /// The headings were not passed yet.
    in_headings: bool,
    /// Lines of a row whose quotes are not closed, and their size.
    pending: Vec<(u64, String)>,
    size: usize,
    quotes: usize,
}

impl Table<'_> {
    fn line(&mut self, number: u64, text: String, out: &mut Output<'_>) -> Result<()> {
        if self.in_headings {
            // The line `sep=;` and blank ones come before the headings.
            let bare = text.trim_start_matches('\u{feff}');
            self.in_headings = bare.trim().is_empty() || bare.to_ascii_lowercase().starts_with("sep=");
            return Ok(());
        }
        if self.pending.is_empty() && text.trim().is_empty() {
            return Ok(());
        }
        self.size += text.len() + 1;
        self.quotes += text.bytes().filter(|&b| b == b'"').count();
        self.pending.push((number, text));
        if self.quotes.is_multiple_of(2) {
            return self.close(out);
        }
        if self.size > LONGEST_ROW || self.pending.len() > 1000 { self.flush(out) } else { Ok(()) }
    }

    /// Reads the lines at hand as one row.
    fn close(&mut self, out: &mut Output<'_>) -> Result<()> {
        let lines = std::mem::take(&mut self.pending);
        (self.size, self.quotes) = (0, 0);
        let Some((number, first)) = lines.first() else { return Ok(()) };
        let wanted = self.shape.headings.len();
        let whole: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
        let row = fields(whole.join("\n").as_bytes(), self.shape.delimiter, true);
        // A stray quote joined rows that stand by themselves.
        let alone =
            |text: &str| fields(text.as_bytes(), self.shape.delimiter, false).is_some_and(|row| row.len() == wanted);
        let fits = row.as_ref().is_some_and(|row| row.len() == wanted);
        if !fits && lines.len() > 1 && alone(first) && lines.iter().all(|(_, text)| alone(text)) {
            return lines.iter().try_for_each(|(number, text)| {
                self.row(*number, fields(text.as_bytes(), self.shape.delimiter, false), out)
            });
        }
        self.row(*number, row, out)
    }

    /// Reads what is pending line by line: its quotes are not those of a row.
    fn flush(&mut self, out: &mut Output<'_>) -> Result<()> {
        let lines = std::mem::take(&mut self.pending);
        (self.size, self.quotes) = (0, 0);
        for (number, text) in lines.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
            let odd = text.bytes().filter(|&b| b == b'"').count() % 2 == 1;
            self.row(number, fields(text.as_bytes(), self.shape.delimiter, !odd), out)?;
        }
        Ok(())
    }

    fn row(&self, number: u64, row: Option<Vec<String>>, out: &mut Output<'_>) -> Result<()> {
        let Some(row) = row else { return out.skip(number, "the row cannot be read") };
        if row.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        let mut record = Record::default();
        for (heading, cell) in self.shape.headings.iter().zip(row) {
            record.set(Cow::Borrowed(heading), value(heading, cell));
        }
        jsonl::paper(&record, number, None, &self.place, out)
    }
}

/// What a cell holds: a text, a number that was an identifier, or a list as Python writes it.
fn value(heading: &str, cell: String) -> Value<'static> {
    let bare = cell.trim();
    match field(heading).map(|(field, _)| field) {
        Some(Field::Id) => {
            let number = bare.len() < 10 && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let id = number.then(|| bare.parse().ok().and_then(from_number)).flatten();
            Value::Text(Cow::Owned(id.unwrap_or(cell)))
        }
        Some(Field::Authors | Field::ParsedAuthors | Field::Categories | Field::Versions | Field::Link)
            if bare.starts_with(['[', '{']) =>
        {
            relaxed::value(bare).unwrap_or(Value::Text(Cow::Owned(cell)))
        }
        _ => Value::Text(Cow::Owned(cell)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_papers_are_told_from_others() {
        for (text, delimiter) in [
            ("id,title,abstract\n", b','),
            ("\u{feff}arXiv ID;Title;Abstract\n", b';'),
            ("sep=;\nid;title\n", b';'),
            ("Title\tURL\tAuthors\n", b'\t'),
            ("\"Key\",\"Author\",\"Title\",\"Url\",\"Abstract Note\"\n", b','),
        ] {
            assert_eq!(shape(text).map(|shape| shape.delimiter), Some(delimiter), "{text}");
        }
        for text in ["a,b\n", "title,terms\n", "Dear reader, the title of the paper\n", "id\n", ""] {
            assert_eq!(shape(text), None, "{text}");
        }
    }
}
