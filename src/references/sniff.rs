//! Which format a file of references is in, by its content.
//!
//! In: the text of a file. Out: its format. The first line that only one format has decides: an `@`
//! inside a table or an abstract makes no BibTeX of it, and a preamble before RIS does no harm.

use std::cell::OnceCell;

use super::braces::head;
use super::fields::is_known;
use super::table::{self, Header};
use super::tagged::Dialect;
use super::{list, ris};

/// The formats.
pub(super) enum Format {
    Bibtex,
    Ris,
    Tagged(Dialect),
    Table(Header),
    Json,
    Yaml,
    Xml,
    List,
}

/// How many lines may stand before the header of a table.
const BEFORE_HEADER: usize = 8;

pub(super) fn format(text: &str) -> Format {
    let begin = text.trim_start();
    if is_json(begin) {
        return Format::Json;
    }
    if begin.starts_with("<?xml") || begin.starts_with('<') && !begin.starts_with("<http") {
        return Format::Xml;
    }
    let titles = Titles { text, end_note: OnceCell::new(), web_of_science: OnceCell::new() };
    let mut at = 0;
    let mut seen = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() {
            if seen < BEFORE_HEADER
                && let Some(header) = table::header(&text[at..], seen == 0)
            {
                return Format::Table(Header { at: at + header.at, ..header });
            }
            if let Some(format) = by_line(content, line, &titles, seen == 0) {
                return format;
            }
            seen += usize::from(!content.starts_with('#'));
        }
        at += line.len();
    }
    Format::List
}

/// An array or an object; `[1] 2401.00001` and `[Title](link)` are lines of a list.
fn is_json(text: &str) -> bool {
    let inside = text.strip_prefix('[').map(str::trim_start);
    text.starts_with('{')
        || inside.is_some_and(|inside| inside.is_empty() || inside.starts_with(['{', '"', '[', ']', 'n']))
}

/// The format that has such a line. `content` is `line` without white space around it.
fn by_line(content: &str, line: &str, titles: &Titles<'_>, first: bool) -> Option<Format> {
    if list::begins(content) {
        return Some(Format::List);
    }
    if head(content).is_some() {
        return Some(Format::Bibtex);
    }
    let is = |dialect: Dialect, tags: &[&str]| dialect.tag(line.trim_end()).is_some_and(|(tag, _)| tags.contains(&tag));
    if is(Dialect::Nbib, &["PMID", "STAT", "OWN", "DCOM"]) {
        return Some(Format::Tagged(Dialect::Nbib));
    }
    if ris::tag(line).is_some() {
        return Some(if first_of(titles.text, ris_or_nbib) == Some(true) {
            Format::Tagged(Dialect::Nbib)
        } else {
            Format::Ris
        });
    }
    if is(Dialect::EndNote, &["0", "A", "T", "F"]) && titles.of_end_note() {
        return Some(Format::Tagged(Dialect::EndNote));
    }
    if is(Dialect::WebOfScience, &["FN", "PT"]) && titles.of_web_of_science() {
        return Some(Format::Tagged(Dialect::WebOfScience));
    }
    let key = content.strip_prefix("- ").and_then(|item| item.split_once(':')).map(|(key, _)| key.trim());
    let item = key.is_some_and(|key| is_known(key) && !key.contains(' '));
    let yaml = matches!(content, "---" | "references:" | "items:") || item;
    (first && yaml).then_some(Format::Yaml)
}

fn first_of<T>(text: &str, found: impl Fn(&str) -> Option<T>) -> Option<T> {
    text.lines().find_map(found)
}

/// Whether a line is one that only NBIB has, or with `Some(false)` only RIS.
fn ris_or_nbib(line: &str) -> Option<bool> {
    if line.starts_with("PMID-") {
        return Some(true);
    }
    ris::tag(line).is_some_and(|(tag, _)| tag == "TY").then_some(false)
}

/// Whether a text has a line with a title, looked for once: any number of its lines may ask.
struct Titles<'t> {
    text: &'t str,
    end_note: OnceCell<bool>,
    web_of_science: OnceCell<bool>,
}

impl Titles<'_> {
    fn of_end_note(&self) -> bool {
        *self.end_note.get_or_init(|| self.has(Dialect::EndNote, "T"))
    }

    fn of_web_of_science(&self) -> bool {
        *self.web_of_science.get_or_init(|| self.has(Dialect::WebOfScience, "TI"))
    }

    fn has(&self, dialect: Dialect, title: &str) -> bool {
        self.text.lines().any(|line| dialect.tag(line).is_some_and(|(tag, _)| tag == title))
    }
}
