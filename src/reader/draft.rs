//! From the raw fields of one entry to an [`Entry`], the same for every format.
//!
//! In: a [`Draft`] with texts as the file has them. Out: an entry whose texts are clean, whose
//! failure text is gone and whose sizes are within bounds, or the reason why there is none. All
//! rules about single fields live here, so that a paper reads the same from Markdown, JSON lines
//! and the snapshot.

use std::borrow::Cow;

use jiff::civil::Date;

use super::authors::{self, Authors};
use super::clean::{clean, excerpt};
use super::failure::{real_copy, real_text, real_title};
use super::language::language;
use super::markup;
use super::report::Work;
use crate::paper::ArxivId;
use crate::paper::{Entry, Facet, Field, Listing, PartialDate, Precedence, SourceKind, Value};

/// Longest generated text, in bytes. The bounds of the paper's own texts are [`Field::most_bytes`].
const LONGEST_SUMMARY: usize = 64 << 10;
/// Longest link, in bytes.
const LONGEST_LINK: usize = 2 << 10;

/// What a reader found, before any judgement.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    /// Line from 1 where the entry begins.
    pub line: u64,
    /// The identifier in any form.
    pub id: Cow<'a, str>,
    /// The id that OpenAlex gives it, where there is one.
    pub work: Option<String>,
    /// The version, where something other than the identifier tells it; 0 otherwise.
    pub version: u32,
    /// Title.
    pub title: Option<Cow<'a, str>>,
    /// The authors' own abstract.
    pub abstract_text: Option<Cow<'a, str>>,
    /// Authors in order.
    pub authors: Authors,
    /// Categories, the primary first.
    pub categories: Vec<String>,
    /// Day of the first version.
    pub published: Option<PartialDate>,
    /// Day of the described version.
    pub updated: Option<PartialDate>,
    /// The authors' comment.
    pub comment: Option<Cow<'a, str>>,
    /// Texts of further fields. Of several texts of one field the first that says something counts.
    pub facts: Vec<(Field, Cow<'a, str>)>,
    /// Address of the code.
    pub code: Option<Cow<'a, str>>,
    /// Generated texts.
    pub summaries: Vec<(Facet, Cow<'a, str>)>,
}

/// Where a draft comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Kind of source.
    pub kind: SourceKind,
    /// Day of the source.
    pub date: Option<Date>,
    /// The digest, where the source is one.
    pub listing: Option<Listing>,
}

impl Draft<'_> {
    /// Whether it has a title, an abstract or a generated text that is more than a way of saying
    /// that there is none.
    pub(super) fn has_texts(&self) -> bool {
        self.title.as_deref().is_some_and(|title| real_title(title).is_some())
            || self.abstract_text.as_deref().is_some_and(|text| real_copy(text).is_some())
            || self.summaries.iter().any(|(_, text)| real_text(text).is_some())
    }

    /// Whether it is a paper that OpenAlex knows and arXiv does not.
    pub(super) fn is_work(&self) -> bool {
        self.work.is_some() && ArxivId::parse(&self.id).is_none()
    }

    /// Judges the texts of a paper without an arXiv id: the paper, or the reason in words.
    pub(super) fn finish_work(self, kind: SourceKind) -> Result<Work, String> {
        let read = reading(kind);
        let title = self.title.map(|title| read(&title).into_owned());
        let title = title.as_deref().and_then(|title| real_title(markup::title(title).0));
        let abstract_text = self.abstract_text.map(|text| read(&text).into_owned());
        let abstract_text = abstract_text.as_deref().and_then(|text| real_copy(markup::abstract_text(text).0));
        Ok(Work {
            line: self.line,
            id: self.work.unwrap_or_default(),
            title: own(Field::Title, title)?,
            abstract_text: own(Field::Abstract, abstract_text)?,
        })
    }

    /// Judges the fields: an entry, or the reason in words.
    pub(super) fn finish(mut self, origin: &Origin) -> Result<Box<Entry>, String> {
        let read = reading(origin.kind);
        let title = self.title.take().map(|title| read(&title).into_owned());
        let (title, titled) = title.as_deref().map(markup::title).unzip();
        let abstract_text = self.abstract_text.take().map(|text| read(&text).into_owned());
        let (abstract_text, announced) = abstract_text.as_deref().map(markup::abstract_text).unzip();
        let title = own(Field::Title, title.and_then(real_title))?;
        let Some((id, version)) = ArxivId::parse(&self.id) else { return Err(no_id(&self.id, title.as_deref())) };
        let told = [version, titled.flatten(), announced.flatten()];
        let version = told.into_iter().flatten().fold(self.version, u32::max);
        let precedence = Precedence { version, date: origin.date, kind: origin.kind };
        let mut entry = Box::new(Entry::new(id, precedence, self.line));
        entry.title = title;
        entry.abstract_text = own(Field::Abstract, abstract_text.and_then(real_copy))?;
        entry.authors = names(self.authors, origin.kind)?;
        entry.categories = self.categories;
        entry.published = self.published;
        entry.updated = self.updated;
        entry.comment = own(Field::Comment, self.comment.as_deref().map(read).as_deref().and_then(real_copy))?;
        for (field, raw) in &self.facts {
            let told = own(*field, real_copy(&read(raw)))?;
            let told = if *field == Field::Doi { told.and_then(|doi| bare_doi(&doi)) } else { told };
            if let Some(told) = told.filter(|_| entry.metadata.get(*field).is_none()) {
                entry.metadata.set(*field, Value::Text(told));
            }
        }
        if let Some(code) = self.code.as_deref().and_then(web_address) {
            entry.links.insert("code".to_owned(), code);
        }
        for (facet, raw) in &self.summaries {
            if let Some(summary) = text(facet.name(), real_text(&read(raw)), LONGEST_SUMMARY)? {
                entry.summaries.entry((language(&summary).to_owned(), *facet)).or_insert(summary);
            }
        }
        entry.listing.clone_from(&origin.listing);
        Ok(entry)
    }
}

/// How texts of a kind of source are read.
fn reading(kind: SourceKind) -> fn(&str) -> Cow<'_, str> {
    if kind == SourceKind::Markdown { markup::of_markdown } else { markup::plain }
}

/// Whether a text was cut by the program that wrote it. A teaser must not pose as the abstract.
pub(super) fn is_teaser(text: &str) -> bool {
    let text = text.trim_end();
    text.ends_with("...") || text.ends_with('…')
}

/// A text of the paper's own, within the bounds of its field.
fn own(field: Field, kept: Option<&str>) -> Result<Option<String>, String> {
    text(field.noun(), kept, field.most_bytes())
}

fn text(name: &str, kept: Option<&str>, limit: usize) -> Result<Option<String>, String> {
    let Some(kept) = kept else { return Ok(None) };
    let cleaned = clean(kept);
    if cleaned.len() > limit {
        return Err(format!("the {name} has {} bytes, at most {limit} are accepted", cleaned.len()));
    }
    // Control characters may have been all there was.
    Ok((!cleaned.is_empty()).then_some(cleaned))
}

/// A list that a digest cut (`et al.`) is no list of authors: it would hide the whole one of
/// another source. Where arXiv's own record says `et al.`, there is no other.
fn names(authors: Authors, kind: SourceKind) -> Result<Vec<String>, String> {
    let names = authors.names;
    if names.len() > authors::MOST {
        return Err(format!("more than {} authors", authors::MOST));
    }
    let limit = Field::Authors.most_bytes();
    if let Some(longest) = names.iter().map(String::len).max().filter(|&length| length > limit) {
        return Err(format!("the {} has {longest} bytes, at most {limit} are accepted", Field::Authors.noun()));
    }
    Ok(if authors.cut && kind < SourceKind::RawJsonl { Vec::new() } else { names })
}

fn no_id(id: &str, title: Option<&str>) -> String {
    let of = title.map_or_else(String::new, |title| format!(" (\"{}\")", excerpt(title, 60)));
    match excerpt(id, 40) {
        id if id.is_empty() => format!("no arXiv id{of}"),
        id => format!("\"{id}\" is not an arXiv id{of}"),
    }
}

fn bare_doi(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find("10.")?;
    let known_start =
        matches!(&lower[..at], "" | "doi:" | "doi: ") || lower[..at].ends_with("doi.org/") && lower.starts_with("http");
    known_start.then(|| text[at..].to_owned())
}

/// An http or https address without white space; anything else (`javascript:`, prose) is no link.
fn web_address(text: &str) -> Option<String> {
    let address = clean(text);
    let scheme = ["https://", "http://"].into_iter().find(|scheme| address.starts_with(scheme))?;
    let plain = address.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\'));
    (plain && address.len() > scheme.len() && address.len() <= LONGEST_LINK).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { kind: SourceKind::RawJsonl, date: None, listing: None }
    }

    #[test]
    fn sizes_are_bounded() {
        let id = || Cow::Borrowed("2602.10611");
        let long = |n: usize| Some(Cow::Owned("x".repeat(n)));
        let reason = |draft: Draft<'_>| draft.finish(&origin()).map(|_| ()).unwrap_err();
        assert_eq!(
            reason(Draft { id: id(), title: long(4097), ..Draft::default() }),
            "the title has 4097 bytes, at most 4096 are accepted"
        );
        assert_eq!(
            reason(Draft { id: id(), abstract_text: long(65537), ..Draft::default() }),
            "the abstract has 65537 bytes, at most 65536 are accepted"
        );
        let authors = authors::parse(&"A,".repeat(10_001));
        assert_eq!(reason(Draft { id: id(), authors, ..Draft::default() }), "more than 10000 authors");
        assert!(Draft { id: id(), title: long(4096), ..Draft::default() }.finish(&origin()).is_ok());
    }

    #[test]
    fn an_id_decides_and_is_named_safely() {
        let draft = |id: &'static str| Draft { id: Cow::Borrowed(id), ..Draft::default() }.finish(&origin());
        assert_eq!(draft("2024.01001\u{1b}[2J").unwrap_err(), "\"2024.01001\" is not an arXiv id");
        assert_eq!(draft("").unwrap_err(), "no arXiv id");
        assert_eq!(draft("2602.10611v3").map(|e| e.precedence.version), Ok(3));
    }

    #[test]
    fn links_and_dois() {
        assert_eq!(web_address("https://code.example/a"), Some("https://code.example/a".into()));
        for text in ["javascript:alert(1)", "http://", "see https://code.example", "https://a b", "https://a\"b"] {
            assert_eq!(web_address(text), None, "{text}");
        }
        assert_eq!(bare_doi("https://doi.org/10.1063/1.530382"), Some("10.1063/1.530382".into()));
        assert_eq!(bare_doi("10.1/x 10.2/y"), Some("10.1/x 10.2/y".into()));
        assert_eq!(bare_doi("forthcoming"), None);
    }
}
