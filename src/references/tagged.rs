//! Lines with tags other than those of RIS: PubMed's NBIB, EndNote's tagged form (refer, `.enw`)
//! and the plain text of the Web of Science.
//!
//! In: lines such as `TI  - A title`, `%T A title` or `TI A title`; lines that begin with white
//! space, or in EndNote's form without `%`, continue the one before. Out: entries.

use super::Entries;
use super::fields::Fields;

/// One of the forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// PubMed and MEDLINE.
    Nbib,
    /// EndNote's tagged form, which refer began.
    EndNote,
    /// The plain text of the Web of Science.
    WebOfScience,
}

impl Dialect {
    /// The tag and the value of a line.
    pub(super) fn tag(self, line: &str) -> Option<(&str, &str)> {
        match self {
            Dialect::Nbib => {
                let (tag, value) = line.split_once('-')?;
                let name = tag.trim_end();
                let known = tag.len() == 4 && (2..=4).contains(&name.len());
                let letters = name.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
                (known && letters && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim()))
            }
            Dialect::EndNote => {
                let rest = line.strip_prefix('%')?;
                let (tag, value) = rest.split_at_checked(1)?;
                let known = tag.bytes().all(|letter| letter.is_ascii_graphic() && !b"%\\{}".contains(&letter));
                (known && (value.is_empty() || value.starts_with([' ', '\t']))).then(|| (tag, value.trim()))
            }
            Dialect::WebOfScience => {
                let (tag, value) = line.split_at_checked(2)?;
                let letters = tag.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
                (letters && (value.is_empty() || value.starts_with(' '))).then(|| (tag, value.trim()))
            }
        }
    }

    /// The name by which `fields` knows a tag.
    fn name(self, tag: &str, value: &str) -> Option<&'static str> {
        Some(match (self, tag) {
            (Dialect::Nbib | Dialect::WebOfScience, "TI") | (Dialect::EndNote, "T") => "title",
            (Dialect::Nbib | Dialect::WebOfScience, "AB") | (Dialect::EndNote, "X") => "abstract",
            (Dialect::Nbib, "FAU") | (Dialect::EndNote, "A") => "author",
            (Dialect::Nbib, "BTI") => "bt",
            (Dialect::Nbib, "LID" | "AID") if value.ends_with("[doi]") => "doi",
            (Dialect::Nbib, "LID" | "AID") => "number",
            (Dialect::Nbib, "TA" | "JT" | "SO" | "PB") => "journal",
            (Dialect::Nbib, "PMID") => "key",
            (Dialect::EndNote, "R") | (Dialect::WebOfScience, "DI") => "doi",
            (Dialect::EndNote, "U" | ">") => "url",
            (Dialect::EndNote, "J" | "B" | "I" | "V" | "N" | "P" | "S" | "9" | "M" | "L" | "1" | "2" | "3" | "4") => {
                "journal"
            }
            (Dialect::EndNote, "Z" | "O") => "note",
            (Dialect::EndNote, "F") => "key",
            (Dialect::WebOfScience, "SO" | "VL" | "AR" | "JI" | "PU") => "journal",
            (Dialect::WebOfScience, "UT") => "key",
            _ => return None,
        })
    }

    /// Whether a tag begins a record, given what the record before it has.
    fn begins(self, tag: &str, record: &Record, after_blank: bool) -> bool {
        match self {
            Dialect::Nbib => after_blank || tag == "PMID",
            Dialect::EndNote => {
                tag == "0" || (after_blank && record.fields.has_title() && matches!(tag, "T" | "A" | "F"))
            }
            Dialect::WebOfScience => tag == "PT",
        }
    }

    /// Whether a line without a tag goes on with the field before.
    fn continues(self, line: &str) -> bool {
        self == Dialect::EndNote || line.starts_with([' ', '\t'])
    }
}

/// A record while it is read.
#[derive(Default)]
struct Record {
    line: u64,
    fields: Fields,
    last: Option<(&'static str, String)>,
}

impl Record {
    fn end_field(&mut self) {
        if let Some((name, value)) = self.last.take() {
            self.fields.add(name, &value);
        }
    }

    fn end(&mut self, out: &mut Entries) {
        self.end_field();
        let record = std::mem::take(self);
        match record.line {
            0 => {}
            line if record.fields.is_empty() => {
                out.skip(line, "this record has neither a title, nor a DOI, nor an arXiv id");
            }
            line => out.keep(line, &record.fields),
        }
    }
}

pub(super) fn read(text: &str, dialect: Dialect, out: &mut Entries) {
    let mut record = Record::default();
    let mut after_blank = false;
    for (number, line) in (1..).zip(text.lines()) {
        let Some((tag, value)) = dialect.tag(line) else {
            after_blank |= line.trim().is_empty();
            if let Some((_, before)) =
                record.last.as_mut().filter(|_| dialect.continues(line) && !line.trim().is_empty())
            {
                before.push('\n');
                before.push_str(line.trim());
            }
            continue;
        };
        if dialect == Dialect::WebOfScience && matches!(tag, "FN" | "VR" | "ER" | "EF") {
            record.end(out);
            continue;
        }
        record.end_field();
        if dialect.begins(tag, &record, after_blank) {
            record.end(out);
        }
        after_blank = false;
        if record.line == 0 {
            record.line = number;
        }
        let value = value.strip_suffix("[doi]").unwrap_or(value);
        record.last = dialect.name(tag, line.trim_end()).map(|name| (name, value.to_owned()));
    }
    record.end(out);
}
