//! Reading papers from files.
//!
//! In: paths of digests, JSON, tables, mails and pages, as they are or packed, or standard input.
//! Out: what they say, entry by entry, what could not be used and why ([`Reading`]), and a
//! [`Report`] per file. One file a format:
//!
//! | format | module |
//! | --- | --- |
//! | daily digests in Markdown, all templates | `digest`, with `heading`, `labels`, `totals` |
//! | recommendations and radar in Markdown | `list` |
//! | one Markdown page per paper | `page` |
//! | JSON in any arrangement: crawled, enhanced, recommended, arXiv's snapshot, other services | `jsonl`, with `json_walk`, `json_object`, `record`, `keys`, `value`, `moment`, `relaxed` |
//! | tables: CSV, TSV | `table` |
//! | Markdown of other digests: headings with links, tables, lists | `blocks` |
//! | arXiv's e-mails | `mail` |
//! | saved pages of arXiv | `html` |
//! | arXiv's feeds and answers in XML: Atom, RSS, the query API, OAI-PMH | `feed` |
//! | tar and ZIP archives of these | `archive` |
//! | plain text, a text a line, only where asked for | `plain` |
//!
//! `source` gives bounded lines, `sniff` tells the format, and `draft` turns fields into entries,
//! the same for all formats, with `clean`, `markup`, `failure`, `language`, `authors`, `categories`
//! and `dates`; `path_date`, with `name_date` and `name_parts`, tells the day of a digest by its
//! name and folders. Input is hostile: memory is bounded by one line of 4 MiB and one entry, time
//! is linear, and what is too large or broken is skipped and said.

mod archive;
mod authors;
mod blocks;
mod categories;
mod clean;
mod dates;
mod digest;
mod draft;
mod failure;
mod feed;
mod files;
mod front;
mod heading;
mod html;
mod json_object;
mod json_walk;
mod jsonl;
mod keys;
mod labels;
mod language;
mod lines;
mod list;
mod mail;
mod markup;
mod moment;
mod name_date;
mod name_parts;
mod output;
mod packed;
mod page;
mod path_date;
mod plain;
mod record;
mod relaxed;
mod report;
mod sniff;
mod source;
mod table;
mod totals;
mod utf16;
mod value;
mod windows;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use crate::error::{Error, ReadingError, Result};

pub use clean::{clean, excerpt};
pub use failure::is_failure;
pub use feed::{Announce, Answer, AnswerError, AnswerKind, Record, Token, read_answer};
pub use files::files;
pub use language::language;
pub use plain::{Line, Lines, read_lines};
pub(crate) use relaxed::strict;
pub(crate) use report::{Finding, Sink, Work};
pub use report::{Format, Reading, Report};

use output::Output;
use path_date::PathDate;
use report::Manner;
use source::Source;

/// Reads one file, `-` being standard input, and gives every entry to `sink` in the order of the
/// file.
///
/// # Errors
/// [`Error::Io`] where the system fails, [`ReadingError::UnknownFormat`] for a file of another
/// kind, and whatever `sink` returns, at once. Broken content is no error: it is given as
/// [`Reading::Skipped`].
pub fn read(path: &Path, sink: &mut dyn FnMut(Reading) -> Result<()>) -> Result<Report> {
    if path.as_os_str() == "-" {
        read_from(path, io::stdin().lock(), sink)
    } else {
        let mut file = File::open(path).map_err(Error::io(path))?;
        let mut magic = Vec::new();
        // Pipes and devices cannot go back: what was read of them comes first.
        if file.metadata().is_ok_and(|about| about.is_file()) {
            file.by_ref().take(4).read_to_end(&mut magic).map_err(Error::io(path))?;
            file.rewind().map_err(Error::io(path))?;
        }
        if archive::is_zip(&magic) {
            archive::zip(path, file, &mut papers(sink), Manner::default())
        } else {
            read_from(path, file, sink)
        }
    }
}

/// Reads any input as [`read`] does. `path` names it in messages; its file name is kept in
/// listings, and it may tell the day, as its folders may.
///
/// # Errors
/// As [`read`].
///
/// ```
/// use relata::reader::{Format, Reading, read_from};
///
/// # fn main() -> relata::Result<()> {
/// let digest = "### [1] [Slow glaciers](https://arxiv.org/abs/2601.00001v2)\n*A. Author*\n\n\
///               Main category: cs.LG\n\nAbstract: Ice moves when nobody looks.\n";
/// let mut titles = Vec::new();
/// let report = read_from("2026-01-05.md".as_ref(), digest.as_bytes(), &mut |reading| {
///     match reading {
///         Reading::Entry(entry) => titles.extend(entry.title.clone()),
///         Reading::Skipped(skipped) => eprintln!("skipped {skipped}"),
///     }
///     Ok(())
/// })?;
/// assert_eq!((titles, report.format), (vec!["Slow glaciers".to_owned()], Format::Digest));
/// # Ok(())
/// # }
/// ```
pub fn read_from(path: &Path, input: impl Read, sink: &mut dyn FnMut(Reading) -> Result<()>) -> Result<Report> {
    read_within(path, input, &mut papers(sink), Manner::default())
}

/// As [`read_from`], of papers without an arXiv id too: works of OpenAlex.
pub(crate) fn read_with_works(path: &Path, input: impl Read, sink: &mut Sink<'_>) -> Result<Report> {
    read_within(path, input, sink, Manner { works: true, ..Manner::default() })
}

/// Hands on what a library takes.
fn papers(sink: &mut dyn FnMut(Reading) -> Result<()>) -> impl FnMut(Finding) -> Result<()> {
    move |finding| match finding {
        Finding::Reading(reading) => sink(reading),
        Finding::Work(_) => Ok(()),
    }
}

/// Reads an input in a manner.
fn read_within(path: &Path, input: impl Read, sink: &mut Sink<'_>, manner: Manner) -> Result<Report> {
    let mut source = Source::new(path, Box::new(input) as Box<dyn Read>)?;
    if archive::is_tar(source.head()) {
        return archive::tar(path, source.into_reader(), sink, manner);
    }
    if archive::is_zip(source.head()) {
        return archive::piped_zip(path, source.into_reader(), sink, manner);
    }
    let format = sniff::format(source.head())
        .map_err(|looks_like| ReadingError::UnknownFormat { path: path.to_owned(), looks_like })?;
    let mut out = Output::new(path, sink, manner.works);
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    let name = clean(&name);
    let told = PathDate::of(path);
    out.path_tells(told);
    let front = match format {
        Format::Digest | Format::List | Format::Page | Format::Blocks => {
            front::front_matter(&String::from_utf8_lossy(source.head()))
        }
        _ => front::FrontMatter::default(),
    };
    for _ in 0..front.lines {
        source.next_line()?;
    }
    let date = told.name.day().or(front.day);
    match format {
        Format::Digest => digest::read(&mut source, &name, date, &mut out)?,
        Format::List => list::read(&mut source, &name, date, &mut out)?,
        Format::Page => page::read(&mut source, &mut out)?,
        Format::JsonLines | Format::KeyedJson => jsonl::read(&mut source, &name, date, &mut out)?,
        Format::Table => table::read(&mut source, &name, date, &mut out)?,
        Format::Blocks => blocks::read(&mut source, &name, date, &mut out)?,
        Format::Mail => mail::read(&mut source, &name, date, &mut out)?,
        Format::Html => {
            html::read(&mut source, &name, date, &mut out)?;
            if out.counts() == (0, 0) && source.broken().is_none() {
                // It links to papers, as any page may, and lists none.
                let looks_like = "an HTML page without papers".to_owned();
                return Err(ReadingError::UnknownFormat { path: path.to_owned(), looks_like }.into());
            }
        }
        Format::Atom | Format::Rss | Format::Api | Format::Oai => {
            feed::read(&mut source, format, &name, date, &mut out)?;
        }
        Format::Empty | Format::Archive => while source.next_line()?.is_some() {},
    }
    if let Some(reason) = source.broken() {
        out.skip(source.line_number() + 1, &format!("{reason}; what comes after is lost"))?;
    }
    if let Some(note) = source.note() {
        out.note(note);
    }
    Ok(out.report(format))
}
