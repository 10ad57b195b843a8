//! arXiv's feeds and answers in XML.
//!
//! In: the daily feed (Atom, RSS), an answer of the query API (Atom), pages of OAI-PMH (`arXivRaw`,
//! `arXiv`, `arXivOld`, `oai_dc`), as files or as what a server has just sent. Out: entries for
//! `relata add`, or the whole [`Answer`] for a client that fetches.
//!
//! | step | module |
//! | --- | --- |
//! | bytes to UTF-8, with lines | `decode` |
//! | XML to records, one at a time | `walk`, `tree` |
//! | entries of Atom: feeds and the API | `atom` |
//! | items of RSS | `rss` |
//! | records of OAI-PMH, and their metadata | `oai`, `metadata`, `dublin_core` |
//! | what is told beside the records | `told` |
//! | a whole answer in memory | `answer` |
//!
//! Which element is which is told by local names: prefixes differ. The kind of record decides how
//! it is read, so that files that were glued together are read as their parts are.

mod answer;
mod atom;
mod decode;
mod dublin_core;
mod metadata;
mod oai;
mod rss;
mod told;
mod tree;
mod walk;

use jiff::civil::Date;
use quick_xml::events::Event;

use super::draft::{Draft, Origin};
use super::output::Output;
use super::report::Format;
use super::source::Source;
use crate::error::Result;

pub use answer::{Announce, Answer, AnswerError, AnswerKind, Record, Token, read_answer};

use answer::About;
use told::Told;
use tree::Element;
use walk::{Visit, walk};

/// The kinds of XML that hold papers of arXiv.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Atom,
    Rss,
    Api,
    Oai,
}

impl Kind {
    fn format(self) -> Format {
        match self {
            Kind::Atom => Format::Atom,
            Kind::Rss => Format::Rss,
            Kind::Api => Format::Api,
            Kind::Oai => Format::Oai,
        }
    }

    fn of(format: Format) -> Option<Kind> {
        [Kind::Atom, Kind::Rss, Kind::Api, Kind::Oai].into_iter().find(|kind| kind.format() == format)
    }

    fn is_feed(self) -> bool {
        matches!(self, Kind::Atom | Kind::Rss)
    }
}

/// The format of a file that begins so, where it is XML with papers of arXiv.
pub(super) fn format(head: &str) -> Option<Format> {
    let arxiv = || head.as_bytes().windows(5).any(|word| word.eq_ignore_ascii_case(b"arxiv"));
    kind(head).filter(|_| arxiv()).map(Kind::format)
}

/// The kind of XML by its outermost element, which comments, declarations and a DOCTYPE may stand
/// before.
fn kind(head: &str) -> Option<Kind> {
    let head = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if !head.starts_with('<') {
        return None;
    }
    let mut reader = quick_xml::Reader::from_str(head);
    reader.config_mut().allow_dangling_amp = true;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.local_name().as_ref().to_ascii_lowercase();
                return Some(match name.as_str() {
                    "feed" | "entry" if is_api(head) => Kind::Api,
                    "feed" | "entry" => Kind::Atom,
                    "rss" | "rdf" | "channel" | "item" => Kind::Rss,
                    "oai-pmh" | "listrecords" | "getrecord" | "records" | "record" => Kind::Oai,
                    "arxivraw" | "arxiv" | "arxivold" => Kind::Oai,
                    _ => return None,
                });
            }
            Event::Text(text) if text.trim().is_empty() => {}
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            _ => return None,
        }
    }
}

/// Whether a feed that begins so is an answer of the query API: what stands before its entries
/// says how many results there are.
fn is_api(head: &str) -> bool {
    let before = head.find("<entry").or_else(|| head.find(":entry")).map_or(head, |at| &head[..at]);
    before.contains("totalResults") || before.contains("arxiv.org/api/")
}

/// Reads a file of one of these formats. `date` is the day that its name tells.
pub(super) fn read(
    source: &mut Source<'_>,
    format: Format,
    file: &str,
    date: Option<Date>,
    out: &mut Output<'_>,
) -> Result<()> {
    let kind = Kind::of(format).unwrap_or(Kind::Atom);
    let mut document = Document::new(kind, file, date, out);
    let end = walk(source, &mut document)?;
    let told = document.told;
    // A file that is cut off where it was packed says so itself.
    if source.broken().is_none() {
        end.notes.into_iter().for_each(|note| out.note(note));
    }
    if kind.is_feed() && out.counts() == (0, 0) {
        out.note("the feed has no entries, as on days on which arXiv announces nothing".to_owned());
    }
    if kind == Kind::Api && told.total_results == Some(0) && out.counts() == (0, 0) {
        out.note("the query has no results".to_owned());
    }
    if let Some(Token::More(_)) = told.token {
        out.note("a resumption token follows the records: this is one page of a longer list".to_owned());
    }
    Ok(())
}

/// Where papers go.
trait Papers {
    /// A paper, and what is told beside its own fields.
    fn paper(&mut self, draft: Draft<'_>, origin: &Origin, about: About) -> Result<()>;
    /// A record that cannot be used.
    fn skip(&mut self, line: u64, reason: &str) -> Result<()>;
    /// What the server says went wrong.
    fn error(&mut self, line: u64, code: &str, message: &str) -> Result<()>;
    /// A remark about a record that can be used.
    fn remark(&mut self, line: u64, remark: &str);
}

impl Papers for Output<'_> {
    fn paper(&mut self, draft: Draft<'_>, origin: &Origin, _about: About) -> Result<()> {
        self.draft(draft, origin)
    }

    fn skip(&mut self, line: u64, reason: &str) -> Result<()> {
        Output::skip(self, line, reason)
    }

    fn error(&mut self, line: u64, code: &str, message: &str) -> Result<()> {
        let colon = if code.is_empty() || message.is_empty() { "" } else { ": " };
        Output::skip(self, line, &format!("arXiv's server answered with an error: {code}{colon}{message}"))
    }

    fn remark(&mut self, line: u64, remark: &str) {
        Output::remark(self, line, remark);
    }
}

/// A file or an answer while it is read.
struct Document<'p> {
    /// Its name, for listings.
    file: &'p str,
    /// The day that its name tells.
    date: Option<Date>,
    told: Told,
    papers: &'p mut dyn Papers,
}

impl<'p> Document<'p> {
    fn new(kind: Kind, file: &'p str, date: Option<Date>, papers: &'p mut dyn Papers) -> Document<'p> {
        Document { file, date, told: Told { kind: Some(kind), ..Told::default() }, papers }
    }

    /// Hands a paper over.
    fn paper(&mut self, draft: Draft<'_>, origin: &Origin, about: About) -> Result<()> {
        if draft.title.is_none() && draft.abstract_text.is_none() {
            self.papers.remark(draft.line, &format!("{} has neither title nor abstract", draft.id));
        }
        self.papers.paper(draft, origin, about)
    }
}

impl Visit for Document<'_> {
    fn container(&mut self, _name: &str) {}

    fn element(&mut self, element: Element<'_>, within: &str, line: u64) -> Result<()> {
        match element.name() {
            "entry" => self.entry(element, line),
            "item" => self.item(element, line),
            "record" => self.record(element, line),
            "arxivraw" | "arxiv" | "arxivold" | "dc" => self.bare(element, line),
            _ => self.tell(element, within, line),
        }
    }

    fn broken(&mut self, line: u64, reason: &str) -> Result<()> {
        self.papers.skip(line, reason)
    }
}
