//! What reading a file gives: entries one by one, and in the end what became of the file.

use std::fmt;

use crate::error::Result;
use crate::paper::{Entry, Skipped};

/// One thing found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// What the file says about a paper.
    Entry(Box<Entry>),
    /// What could not be used, and why.
    Skipped(Skipped),
}

/// A paper as its text is embedded, under its arXiv id or, where it has none, the one that OpenAlex
/// gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    /// Line from 1 where it begins.
    pub line: u64,
    /// An arXiv id, or `W` and a number.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its abstract.
    pub abstract_text: Option<String>,
}

impl From<Box<Entry>> for Work {
    fn from(entry: Box<Entry>) -> Work {
        let (line, id) = (entry.line, entry.id.as_str().to_owned());
        Work { line, id, title: entry.metadata.title, abstract_text: entry.metadata.abstract_text }
    }
}

/// One thing found, where papers without an arXiv id are wanted too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// What a library takes, or what could not be used.
    Reading(Reading),
    /// A paper without an arXiv id.
    Work(Work),
}

/// Where what is found goes.
pub(crate) type Sink<'s> = dyn FnMut(Finding) -> Result<()> + 's;

/// How a file is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    /// In how many archives it stands.
    pub depth: usize,
    /// Whether papers without an arXiv id are wanted too; else they are skipped.
    pub works: bool,
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A daily digest in Markdown.
    Digest,
    /// A list of papers in Markdown: recommendations, research radar.
    List,
    /// One Markdown page about one paper.
    Page,
    /// One JSON object a line, of any known key set.
    JsonLines,
    /// One JSON object of papers, keyed by arXiv id.
    KeyedJson,
    /// A table of papers: CSV, TSV.
    Table,
    /// Markdown with papers as headings with a link below, rows of tables or items of lists.
    Blocks,
    /// One of arXiv's e-mails.
    Mail,
    /// A saved page of arXiv.
    Html,
    /// An Atom feed of papers, such as arXiv's daily one.
    Atom,
    /// An RSS feed of papers, such as arXiv's daily one.
    Rss,
    /// An answer of arXiv's query API.
    Api,
    /// An answer of OAI-PMH, with records in any of arXiv's formats.
    Oai,
    /// A tar or ZIP archive of files in these formats.
    Archive,
    /// Nothing but white space: a day without papers.
    Empty,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::Digest => "digest",
            Format::List => "list",
            Format::Page => "page",
            Format::JsonLines => "JSON lines",
            Format::KeyedJson => "JSON object",
            Format::Table => "table",
            Format::Blocks => "Markdown",
            Format::Mail => "e-mail",
            Format::Html => "HTML page",
            Format::Atom => "Atom feed",
            Format::Rss => "RSS feed",
            Format::Api => "API answer",
            Format::Oai => "OAI-PMH answer",
            Format::Archive => "archive",
            Format::Empty => "empty",
        })
    }
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The format it was read as.
    pub format: Format,
    /// Entries given to the sink. An id that stands twice counts twice.
    pub entries: u64,
    /// Entries skipped, each given to the sink with its reason.
    pub skipped: u64,
    /// Remarks about the file as a whole: stated totals that are not what was found, text that is
    /// not UTF-8, an end that looks cut off.
    pub notes: Vec<String>,
}
