//! CSV and TSV with a header, as Zotero, Mendeley, JabRef, Scopus, the Web of Science and PubMed
//! write them.
//!
//! In: a text whose header names a title, a DOI or an id. Out: an entry for each row. The
//! delimiter is told by the header or by a line `sep=;` before it. A quote that nothing closes
//! costs its own row only.

use csv::{ByteRecord, ReaderBuilder};

use super::fields::{Fields, identifies, is_known};
use super::{Entries, LineCounter};
use crate::text::neutral::of_cell;

/// The header of a table.
pub(super) struct Header {
    /// Where the row of names begins, in bytes.
    pub at: usize,
    pub delimiter: u8,
    pub names: Vec<String>,
}

/// How many rows with stray quotes are read again without them. Beyond, quotes are what they are.
const MOST_REPAIRS: usize = 50;

/// The longest line that can be a header.
const LONGEST_HEADER: usize = 16 << 10;

/// The header with which a text begins. A `lone` name, without a delimiter, counts at the
/// beginning of a file only.
pub(super) fn header(text: &str, lone: bool) -> Option<Header> {
    let first = text.lines().next()?;
    if let Some(delimiter) = first.trim_matches([' ', '"']).strip_prefix("sep=").and_then(|rest| rest.bytes().next()) {
        let at = text.find('\n')? + 1;
        let names = names(text[at..].lines().next()?, delimiter)?;
        return Some(Header { at, delimiter, names });
    }
    let found = [b',', b';', b'\t', b'|'].iter().filter_map(|delimiter| Some((*delimiter, names(first, *delimiter)?)));
    let known = |names: &[String]| names.iter().filter(|name| is_known(name)).count();
    let (delimiter, names) = found.max_by_key(|(_, names)| known(names))?;
    (names.len() > 1 || lone).then_some(Header { at: 0, delimiter, names })
}

/// The names of columns, where one of them says what paper is meant and all look like names.
fn names(line: &str, delimiter: u8) -> Option<Vec<String>> {
    if line.len() > LONGEST_HEADER || line.contains(['{', '}', '=', '@']) {
        return None;
    }
    let found = match line.as_bytes().contains(&delimiter) {
        true => fields(line, delimiter, true)?,
        // To read a line costs a kilobyte, and any number of comments may stand before a header.
        false => vec![line.trim_matches('"').to_owned()],
    };
    let names: Vec<String> = found.into_iter().map(|name| name.trim().to_owned()).collect();
    let short = names.iter().all(|name| name.chars().count() <= 48);
    (short && names.iter().any(|name| identifies(name))).then_some(names)
}

fn fields(line: &str, delimiter: u8, quoting: bool) -> Option<Vec<String>> {
    // A buffer of its own size costs more than to read a short line.
    let size = line.len().clamp(16, 1 << 13);
    let mut reader = builder(delimiter).quoting(quoting).buffer_capacity(size).from_reader(line.as_bytes());
    let mut record = ByteRecord::new();
    reader.read_byte_record(&mut record).ok()?;
    Some(record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect())
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter);
    builder
}

pub(super) fn read(text: &str, header: &Header, out: &mut Entries) {
    let mut lines = LineCounter::new(text);
    let mut at = header.at + text[header.at..].find('\n').map_or(text.len() - header.at, |end| end + 1);
    let mut repairs = 0;
    while at < text.len() {
        at = run(text, at, header, &mut repairs, &mut |begin, fields| row(lines.line(begin), header, fields, out));
    }
}

/// Reads rows up to one with a stray quote, that one included; gives where reading goes on.
fn run(text: &str, from: usize, header: &Header, repairs: &mut usize, each: &mut dyn FnMut(usize, &[String])) -> usize {
    let quoting = *repairs < MOST_REPAIRS;
    let mut reader = builder(header.delimiter).quoting(quoting).from_reader(&text.as_bytes()[from..]);
    let mut record = ByteRecord::new();
    let mut begin = from;
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let end = (from + reader.position().byte() as usize).min(text.len());
        // Empty lines before a row are passed over with it.
        begin += text[begin..end].len() - text[begin..end].trim_start_matches('\n').len();
        let raw = &text[begin..end];
        if quoting && has_stray_quote(raw, record.len(), header, end == text.len()) {
            *repairs += 1;
            let line = raw.split('\n').next().unwrap_or_default();
            each(begin, &fields(line, header.delimiter, false).unwrap_or_default());
            return (begin + line.len() + 1).min(text.len());
        }
        let fields: Vec<String> = record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
        each(begin, &fields);
        begin = end;
    }
    text.len()
}

/// Whether a row has swallowed others: it goes on over lines, has other columns than the header or
/// no end, and a line within it would be a row by itself.
fn has_stray_quote(raw: &str, columns: usize, header: &Header, last: bool) -> bool {
    let inner = raw.trim_end().split_once('\n').map(|(_, inner)| inner);
    let Some(inner) = inner else { return false };
    let open = last && raw.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
    // A line without a delimiter is none, and to read a line costs a kilobyte.
    let row = |line: &str| {
        line.as_bytes().contains(&header.delimiter)
            && fields(line, header.delimiter, true).is_some_and(|row| row.len() == header.names.len())
    };
    (open || columns != header.names.len()) && header.names.len() > 1 && inner.lines().any(row)
}

fn row(line: u64, header: &Header, values: &[String], out: &mut Entries) {
    if values.iter().all(|value| value.trim().is_empty()) {
        return;
    }
    let mut fields = Fields::default();
    for (name, value) in header.names.iter().zip(values) {
        // Without the apostrophes that keep spreadsheets from computing a cell.
        fields.add(name, of_cell(value).trim_matches(|c: char| c == '"' || c.is_whitespace()));
    }
    if fields.is_empty() {
        out.skip(line, "this row has neither a title, nor a DOI, nor an arXiv id");
    } else {
        out.keep(line, &fields);
    }
}
