//! RIS, as reference managers and indexes export it.
//!
//! In: lines such as `TI  - A title`. Out: entries. Programs differ in everything around those
//! lines: a preamble, one space for two, fields before `TY`, no `ER`, text between records.

use super::Entries;
use super::fields::Fields;

/// A record while it is read.
#[derive(Default)]
struct Record {
    line: u64,
    fields: Fields,
    typed: bool,
    /// The field that was begun last; lines without a tag continue it.
    last: Option<(String, String)>,
    titles: Vec<String>,
}

impl Record {
    fn end_field(&mut self) {
        if let Some((tag, value)) = self.last.take() {
            match tag.as_str() {
                "ID" => self.fields.set_key(&value),
                _ => self.fields.add(&tag, &value),
            }
        }
    }

    /// Hands the record over. What is neither typed nor names anything stood between records.
    fn end(&mut self, out: &mut Entries) {
        self.end_field();
        let record = std::mem::take(self);
        if record.fields.is_empty() && record.typed {
            out.skip(record.line, "this record has neither a title, nor a DOI, nor an arXiv id");
        } else if record.typed || record.fields.has_title() {
            out.keep(record.line, &record.fields);
        }
    }
}

/// The tag and the value of a line: two letters or digits, a space or two, a hyphen.
pub(super) fn tag(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (tag, rest) = line.split_at_checked(2)?;
    let mut letters = tag.bytes();
    let first = letters.next().is_some_and(|letter| letter.is_ascii_uppercase());
    let second = letters.next().is_some_and(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    let spaced = rest.starts_with([' ', '\t', '\u{a0}']);
    let value = rest.trim_start_matches([' ', '\t', '\u{a0}']).strip_prefix('-')?;
    let ended = value.is_empty() || value.starts_with([' ', '\t', '\u{a0}']);
    (first && second && spaced && ended).then(|| (tag, value.trim()))
}

pub(super) fn read(text: &str, out: &mut Entries) {
    let mut record = Record::default();
    let mut after_blank = false;
    for (number, line) in (1..).zip(text.lines()) {
        let Some((tag, value)) = tag(line) else {
            after_blank |= line.trim().is_empty();
            if let Some((_, before)) = record.last.as_mut().filter(|_| !after_blank) {
                before.push('\n');
                before.push_str(line.trim());
            }
            continue;
        };
        let title = matches!(tag, "TI" | "T1");
        let again = title && after_blank && record.typed && record.titles.iter().any(|before| before == tag);
        if (tag == "TY" && record.typed) || again {
            record.end(out);
        }
        after_blank = false;
        if tag == "ER" {
            record.end(out);
            continue;
        }
        record.end_field();
        if record.line == 0 || tag == "TY" {
            record.line = if record.fields.is_empty() { number } else { record.line };
        }
        record.typed |= tag == "TY";
        if title {
            record.titles.push(tag.to_owned());
        }
        record.last = Some((tag.to_owned(), value.to_owned()));
    }
    record.end(out);
}
