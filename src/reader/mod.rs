//! Reading papers from files.
//!
//! In: paths of digests, JSON lines, snapshots, as they are or as gzip, or standard input. Out: [`Entry`] by entry what
//! they say, [`Skipped`] by skipped what could not be used, and a [`Report`] per file. One file a format:
//!
//! | format | module |
//! | --- | --- |
//! | daily digests in Markdown, all templates | `digest`, with `heading`, `labels`, `totals` |
//! | recommendations and radar in Markdown | `list` |
//! | one Markdown page per paper | `page` |
//! | JSON lines: crawled, enhanced, recommended, arXiv's snapshot | `jsonl`, with `record` |
//! | one JSON object keyed by arXiv id | `keyed` |
//! | plain text, a text a line, only where asked for | `plain` |
//!
//! `source` gives bounded lines, `sniff` tells the format, and `draft` turns fields into entries, the same for all
//! formats, with `clean`, `failure`, `language`, `authors`, `categories` and `dates`. Input is hostile: memory is
//! bounded by one line of 4 MiB and one entry, time is linear, and what is too large or broken ends as [`Skipped`].

mod authors;
mod categories;
mod clean;
mod dates;
mod digest;
mod draft;
mod failure;
mod files;
mod heading;
mod jsonl;
mod keyed;
mod labels;
mod language;
mod lines;
mod list;
mod output;
mod page;
mod plain;
mod record;
mod sniff;
mod source;
mod totals;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Result};
use crate::paper::{Entry, Skipped};

pub(crate) use categories::is_category;
pub use clean::{clean, excerpt};
pub use failure::is_failure;
pub use files::files;
pub use language::language;
pub use plain::{Line, Lines, read_lines};

use output::Output;
use source::Source;

/// One thing found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// What the file says about a paper.
    Entry(Box<Entry>),
    /// What could not be used, and why.
    Skipped(Skipped),
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
    /// Remarks about the file as a whole: stated totals that are not what was found, text that is not UTF-8, an end
    /// that looks cut off.
    pub notes: Vec<String>,
}

/// Reads one file, `-` being standard input, and gives every entry to `sink` in the order of the file.
///
/// # Errors
/// [`Error::Io`] where the system fails, [`Error::UnknownFormat`] for a file of another kind, and whatever `sink`
/// returns, at once. Broken content is no error: it is given as [`Reading::Skipped`].
pub fn read(path: &Path, sink: &mut dyn FnMut(Reading) -> Result<()>) -> Result<Report> {
    if path.as_os_str() == "-" {
        read_from(path, io::stdin().lock(), sink)
    } else {
        read_from(path, File::open(path).map_err(Error::io(path))?, sink)
    }
}

/// Reads any input as [`read`] does. `path` names it in messages; its file name is kept in listings and may tell the day.
///
/// # Errors
/// As [`read`].
pub fn read_from(path: &Path, input: impl Read, sink: &mut dyn FnMut(Reading) -> Result<()>) -> Result<Report> {
    let mut source = Source::new(path, input)?;
    let format = sniff::format(source.head())
        .map_err(|looks_like| Error::UnknownFormat { path: path.to_owned(), looks_like })?;
    let mut out = Output::new(path, sink);
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    let name = clean(&name);
    let date = dates::first_in(&name);
    match format {
        Format::Digest => digest::read(&mut source, &name, date, &mut out)?,
        Format::List => list::read(&mut source, &name, date, &mut out)?,
        Format::Page => page::read(&mut source, &mut out)?,
        Format::JsonLines => jsonl::read(&mut source, &name, date, &mut out)?,
        Format::KeyedJson => keyed::read(&mut source, &name, date, &mut out)?,
        Format::Empty => while source.next_line()?.is_some() {},
    }
    if let Some(reason) = source.broken() {
        out.skip(source.line_number() + 1, &format!("{reason}; what comes after is lost"))?;
    }
    Ok(out.report(format))
}
