//! A whole answer of arXiv's servers, read in memory.
//!
//! In: the bytes of an answer. Out: [`Answer`]: its records, and all that a client has to know to
//! go on: what kind of answer it is, errors, the token of the next page, and whether it was cut.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::clean::{clean, excerpt};
use super::super::draft::{Draft, Origin};
use super::super::path_date::PathDate;
use super::super::source::Source;
use super::{Document, Kind, Papers, Told};
use crate::error::Result;
use crate::paper::{Entry, Skipped};

/// Longest reason, message or title, in characters.
const LONGEST: usize = 300;

/// What arXiv's server answered, as [`read_answer`] reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it is, by its content.
    pub kind: AnswerKind,
    /// The title of a feed, cleaned.
    pub title: Option<String>,
    /// The papers, in the order of the answer.
    pub records: Vec<Record>,
    /// Records that could not be used, with line and reason.
    pub skipped: Vec<Skipped>,
    /// What the server says went wrong.
    pub errors: Vec<AnswerError>,
    /// The resumption token of OAI-PMH; `None` where the answer has no such element.
    pub token: Option<Token>,
    /// When the token expires, where the answer says so.
    pub token_expires: Option<Timestamp>,
    /// How many results the query has in all, of an API's answer.
    pub total_results: Option<u64>,
    /// The number of the first result, from 0, of an API's answer.
    pub start_index: Option<u64>,
    /// When the answer was made, as it says it (`updated`, `lastBuildDate`, `responseDate`).
    pub updated: Option<String>,
    /// The outermost element has ended. An answer that was cut has the records that were whole;
    /// what is no such answer is not complete either.
    pub complete: bool,
    /// Remarks about the answer as a whole: where it was cut, bytes that are not UTF-8, entities
    /// that a DOCTYPE defines.
    pub notes: Vec<String>,
}

/// The kinds of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// An Atom feed, such as the daily one.
    Atom,
    /// An RSS feed, such as the daily one.
    Rss,
    /// An answer of the query API: an Atom feed with numbers of results.
    Api,
    /// An answer of OAI-PMH.
    Oai,
    /// Something else, in words: `an HTML page titled "Access Denied"`.
    Other(String),
}

impl AnswerKind {
    /// Whether it is a feed, Atom or RSS.
    pub fn is_feed(&self) -> bool {
        matches!(self, AnswerKind::Atom | AnswerKind::Rss)
    }
}

/// A paper of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the answer says of the paper. Papers that a daily feed announces as new or as
    /// cross-listed have a [`Listing`](crate::paper::Listing) with the day of the feed.
    pub entry: Box<Entry>,
    /// How a daily feed announces it.
    pub announce: Option<Announce>,
    /// The day on which a daily feed announces it, in the time zone in which the feed gives it.
    pub announced_on: Option<Date>,
    /// The day on which OAI-PMH says that the record changed.
    pub datestamp: Option<Date>,
    /// The sets of OAI-PMH that it belongs to, such as `cs:cs:LG`.
    pub sets: Vec<String>,
}

/// How a daily feed announces a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Announce {
    /// A new paper.
    New,
    /// A paper of another category.
    Cross,
    /// A new version.
    Replace,
    /// A new version of a paper of another category.
    ReplaceCross,
}

impl Announce {
    /// All of them, in the order in which a feed has them.
    pub const ALL: [Announce; 4] = [Announce::New, Announce::Cross, Announce::Replace, Announce::ReplaceCross];

    /// The word of the feed: `new`, `cross`, `replace`, `replace-cross`.
    pub fn name(self) -> &'static str {
        match self {
            Announce::New => "new",
            Announce::Cross => "cross",
            Announce::Replace => "replace",
            Announce::ReplaceCross => "replace-cross",
        }
    }

    /// The announcement of a [name](Announce::name), whatever its case.
    pub fn from_name(name: &str) -> Option<Announce> {
        Announce::ALL.into_iter().find(|announce| announce.name().eq_ignore_ascii_case(name))
    }

    /// Whether the paper has not been announced before in the categories that were asked for.
    pub fn is_first(self) -> bool {
        matches!(self, Announce::New | Announce::Cross)
    }
}

/// What a server says went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerError {
    /// The code of OAI-PMH (`noRecordsMatch`), or what the address of an API's error ends in; empty
    /// for feeds.
    pub code: String,
    /// The server's words, cleaned.
    pub message: String,
}

/// A resumption token of OAI-PMH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// The element is empty: this was the last of several pages.
    Last,
    /// There is another page. The text is what the XML means, its references resolved and white
    /// space around it taken off.
    More(String),
}

/// Reads a whole answer: an Atom or RSS feed, an answer of the query API or of OAI-PMH, in any
/// encoding and packed or not. `name` is the file that messages and listings name; it may tell the
/// day of a list that tells none itself.
///
/// It never fails: what is broken stands in [`Answer::skipped`], [`Answer::errors`],
/// [`Answer::notes`] and [`Answer::complete`], and what is no such answer is
/// [`AnswerKind::Other`].
///
/// ```
/// use relata::reader::{AnswerKind, Token, read_answer};
///
/// let page = br#"<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record>
///   <header><identifier>oai:arXiv.org:2601.00001</identifier><datestamp>2026-01-05</datestamp></header>
///   <metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2601.00001</id><title>Slow glaciers</title>
///   <version version="v1"><date>Thu, 1 Jan 2026 12:00:00 GMT</date></version></arXivRaw></metadata>
///   </record><resumptionToken>skip=1&amp;until=x</resumptionToken></ListRecords></OAI-PMH>"#;
/// let answer = read_answer("page.xml", page);
/// assert_eq!((answer.kind, answer.complete), (AnswerKind::Oai, true));
/// assert_eq!(answer.records[0].entry.title.as_deref(), Some("Slow glaciers"));
/// assert_eq!(answer.token, Some(Token::More("skip=1&until=x".to_owned())));
/// ```
pub fn read_answer(name: &str, bytes: &[u8]) -> Answer {
    let mut found = Collected { file: clean(name), ..Collected::default() };
    match read(name, bytes, &mut found) {
        Ok((told, complete)) => found.answer(told, complete),
        Err(error) => {
            found.skipped.push(Skipped {
                file: found.file.clone(),
                line: 0,
                reason: excerpt(&error.to_string(), LONGEST),
            });
            found.answer(Told::default(), false)
        }
    }
}

/// What the answer tells of itself, and whether it is complete.
fn read(name: &str, bytes: &[u8], found: &mut Collected) -> Result<(Told, bool)> {
    let mut source = Source::new(Path::new(name), bytes)?;
    let Some(kind) = super::kind(&String::from_utf8_lossy(source.head())) else {
        found.other = Some(description(&String::from_utf8_lossy(source.head())));
        return Ok((Told::default(), false));
    };
    let file = found.file.clone();
    let mut document = Document::new(kind, &file, PathDate::of(Path::new(name)).name.day(), found);
    let end = super::walk(&mut source, &mut document)?;
    let told = document.told;
    found.notes.extend(end.notes);
    let broken = source.broken().map(str::to_owned);
    let complete = end.complete && broken.is_none();
    found.notes.extend(broken);
    found.notes.extend(source.note());
    Ok((told, complete))
}

/// What is collected of an answer.
#[derive(Default)]
struct Collected {
    file: String,
    other: Option<String>,
    records: Vec<Record>,
    skipped: Vec<Skipped>,
    errors: Vec<AnswerError>,
    notes: Vec<String>,
}

impl Collected {
    fn answer(self, told: Told, complete: bool) -> Answer {
        let kind = match (self.other, told.kind) {
            (None, Some(Kind::Atom)) => AnswerKind::Atom,
            (None, Some(Kind::Rss)) => AnswerKind::Rss,
            (None, Some(Kind::Api)) => AnswerKind::Api,
            (None, Some(Kind::Oai)) => AnswerKind::Oai,
            (other, _) => AnswerKind::Other(other.unwrap_or_else(|| "bytes that cannot be read".to_owned())),
        };
        Answer {
            kind,
            title: told.title,
            records: self.records,
            skipped: self.skipped,
            errors: self.errors,
            token: told.token,
            token_expires: told.token_expires,
            total_results: told.total_results,
            start_index: told.start_index,
            updated: told.updated,
            complete,
            notes: self.notes,
        }
    }
}

impl Papers for Collected {
    fn paper(&mut self, draft: Draft<'_>, origin: &Origin, about: About) -> Result<()> {
        let line = draft.line;
        match draft.finish(origin) {
            Ok(entry) => {
                let About { announce, announced_on, datestamp, sets } = about;
                self.records.push(Record { entry, announce, announced_on, datestamp, sets });
                Ok(())
            }
            Err(reason) => self.skip(line, &reason),
        }
    }

    fn skip(&mut self, line: u64, reason: &str) -> Result<()> {
        self.skipped.push(Skipped { file: self.file.clone(), line, reason: excerpt(reason, LONGEST) });
        Ok(())
    }

    fn error(&mut self, _line: u64, code: &str, message: &str) -> Result<()> {
        self.errors.push(AnswerError { code: excerpt(code, LONGEST), message: excerpt(message, LONGEST) });
        Ok(())
    }

    fn remark(&mut self, line: u64, remark: &str) {
        self.notes.push(format!("line {line}: {}", excerpt(remark, LONGEST)));
    }
}

/// What an answer says of a paper beside the paper's own fields.
#[derive(Debug, Default)]
pub(super) struct About {
    pub announce: Option<Announce>,
    pub announced_on: Option<Date>,
    pub datestamp: Option<Date>,
    pub sets: Vec<String>,
}

/// What the beginning of something else looks like.
fn description(head: &str) -> String {
    let text = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let lower: String = text.chars().take(64 << 10).collect::<String>().to_ascii_lowercase();
    if text.is_empty() {
        return "nothing".to_owned();
    }
    let page = lower.starts_with("<!doctype html") || lower.starts_with("<html") || lower.contains("<html");
    if page {
        let title = lower.find("<title").and_then(|at| {
            let from = at + lower[at..].find('>')? + 1;
            let to = from + lower[from..].find("</title")?;
            text.get(from..to).map(|title| excerpt(title, 80)).filter(|title| !title.is_empty())
        });
        return title.map_or_else(|| "an HTML page".to_owned(), |title| format!("an HTML page titled \"{title}\""));
    }
    if text.starts_with('<') {
        return format!("XML that begins with {}", excerpt(text, 80));
    }
    format!("a text that begins with \"{}\"", excerpt(text, 80))
}
