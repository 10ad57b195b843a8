//! Pages of arXiv that were saved: listings, search results, the page of one paper.
//!
//! In: HTML. Out: one entry for each `<dt>` with its `<dd>` of a listing, each `<li
//! class="arxiv-result">` of a search, and for the `citation_...` fields in the head of a paper's
//! page. A page is taken apart into tags and texts, without regard to how they nest; one entry at a
//! time is held.

use std::borrow::Cow;

use jiff::civil::Date;

use super::authors;
use super::categories;
use super::digest::LONGEST_ENTRY;
use super::draft::{Draft, Origin};
use super::moment;
use super::output::Output;
use super::source::Source;
use super::windows;
use crate::error::Result;
use crate::paper::{ArxivId, Field, Listing, PartialDate, SourceKind};

/// Longest tag, in bytes.
const LONGEST_TAG: usize = 64 << 10;

/// Whether a page that begins so may list papers of arXiv.
pub(super) fn is_page(text: &str) -> bool {
    let start = text.trim_start().get(..9).unwrap_or_default().to_ascii_lowercase();
    let html = start.starts_with("<!doctype")
        || start.starts_with("<html")
        || start.starts_with("<dl")
        || start.starts_with("<head");
    let signs = ["citation_arxiv_id", "arxiv-result", "list-title", "href=\"/abs/", "href =\"/abs/", "arxiv.org/abs/"];
    html && signs.iter().any(|sign| text.contains(sign))
}

/// Reads a page. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let listing = Some(Listing { file: file.to_owned(), date });
    let origin = Origin { kind: SourceKind::Markdown, date, listing };
    let mut page =
        Page { out, origin, open: None, single: Open::default(), part: Part::Other, rest: String::new(), line: 0 };
    let mut foreign = windows::Foreign::default();
    while let Some(piece) = source.next_piece()? {
        let number = piece.number;
        let text = foreign.text(piece.bytes, number);
        page.feed(&text, number)?;
        page.feed("\n", number)?;
    }
    page.end(source.broken().is_some())?;
    if let Some(note) = foreign.note() {
        out.note(note);
    }
    Ok(())
}

/// Which part of an entry a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Title,
    Authors,
    Abstract,
    Comments,
    Subjects,
    Journal,
    Other,
}

#[derive(Default)]
struct Open {
    line: u64,
    id: String,
    title: String,
    authors: String,
    text: String,
    comments: String,
    subjects: String,
    journal: String,
    published: Option<PartialDate>,
    size: usize,
}

struct Page<'o, 's> {
    out: &'o mut Output<'s>,
    origin: Origin,
    open: Option<Open>,
    /// What the head of a page says of its one paper.
    single: Open,
    part: Part,
    /// A tag that goes on on the next line.
    rest: String,
    line: u64,
}

impl Page<'_, '_> {
    fn feed(&mut self, text: &str, line: u64) -> Result<()> {
        self.line = line;
        // A tag that goes on holds no end so far, so only what is new is looked at.
        let goes_on = !self.rest.is_empty() && self.rest.len() + text.len() < LONGEST_TAG && !text.contains('>');
        let mut whole = std::mem::take(&mut self.rest);
        whole.push_str(text);
        if goes_on {
            self.rest = whole;
            return Ok(());
        }
        let mut at = 0;
        let mut end = whole.find('>');
        // Of what never ends, so much is passed over that what is kept is soon long enough again.
        let mut longest = LONGEST_TAG;
        while let Some(begin) = whole[at..].find('<').map(|found| at + found) {
            self.text(&whole[at..begin]);
            if end.is_some_and(|end| end < begin) {
                end = whole[begin..].find('>').map(|found| begin + found);
            }
            match end {
                Some(end) => {
                    self.tag(&whole[begin + 1..end])?;
                    at = end + 1;
                }
                None if whole.len() - begin < longest => {
                    self.rest = whole.split_off(begin);
                    return Ok(());
                }
                None => {
                    longest = LONGEST_TAG / 2;
                    at = begin + 1;
                }
            }
        }
        self.text(&whole[at..]);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let Some(open) = &mut self.open else { return };
        if open.size > LONGEST_ENTRY {
            return;
        }
        open.size += text.len();
        let part = match self.part {
            Part::Title => &mut open.title,
            Part::Authors => &mut open.authors,
            Part::Abstract => &mut open.text,
            Part::Comments => &mut open.comments,
            Part::Subjects => &mut open.subjects,
            Part::Journal => &mut open.journal,
            Part::Other => return,
        };
        part.push_str(text);
    }

    fn tag(&mut self, tag: &str) -> Result<()> {
        let name = tag.split(|c: char| c.is_whitespace() || c == '>').next().unwrap_or_default().to_ascii_lowercase();
        let class = attribute(tag, "class").unwrap_or_default();
        match name.as_str() {
            "dt" => self.begin()?,
            "li" if class.contains("arxiv-result") => self.begin()?,
            "meta" => self.meta(tag),
            "a" => {
                let href = attribute(tag, "href").unwrap_or_default();
                let id = href
                    .strip_prefix("/abs/")
                    .map(str::to_owned)
                    .or_else(|| ArxivId::parse(href).map(|_| href.to_owned()));
                if let Some((open, id)) = self.open.as_mut().zip(id).filter(|(open, _)| open.id.is_empty()) {
                    open.id = id;
                }
            }
            // The word "Title:" before the title.
            "span" if class.contains("descriptor") => {}
            "br" => self.text(" "),
            "div" | "p" | "span" | "blockquote" | "h1" => self.part = part(class, &name).unwrap_or(self.part),
            "/div" | "/p" | "/blockquote" | "/h1" | "/dd" => {
                self.text(" ");
                self.part = Part::Other;
            }
            "/dl" | "/ol" => self.close()?,
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        self.close()?;
        self.part = Part::Other;
        self.open = Some(Open { line: self.line, ..Open::default() });
        Ok(())
    }

    /// `<meta name="citation_title" content="..."/>`
    fn meta(&mut self, tag: &str) {
        let (Some(name), Some(content)) = (attribute(tag, "name"), attribute(tag, "content")) else { return };
        let single = &mut self.single;
        single.size += content.len();
        if single.size > LONGEST_ENTRY {
            return;
        }
        single.line = self.line;
        match name {
            "citation_arxiv_id" => content.clone_into(&mut single.id),
            "citation_title" => content.clone_into(&mut single.title),
            "citation_abstract" => content.clone_into(&mut single.text),
            // "Quill, Ada"
            "citation_author" => {
                let name = content
                    .split_once(", ")
                    .map_or_else(|| content.to_owned(), |(family, given)| format!("{given} {family}"));
                single.authors.push_str(&name);
                single.authors.push_str(", ");
            }
            "citation_date" => single.published = moment::written(content),
            _ => {}
        }
    }

    fn close(&mut self) -> Result<()> {
        match self.open.take() {
            // A list of something else.
            Some(open) if open.id.is_empty() && open.title.is_empty() => Ok(()),
            Some(open) => self.out.draft(open.draft(), &self.origin),
            None => Ok(()),
        }
    }

    fn end(&mut self, cut: bool) -> Result<()> {
        if !cut {
            self.close()?;
        }
        if self.single.id.is_empty() {
            return Ok(());
        }
        let single = std::mem::take(&mut self.single);
        let origin = Origin {
            listing: None,
            date: single.published.and_then(PartialDate::day).or(self.origin.date),
            ..self.origin.clone()
        };
        self.out.draft(single.draft(), &origin)
    }
}

/// The part that a class of a tag begins.
fn part(class: &str, name: &str) -> Option<Part> {
    let has = |word: &str| class.split_whitespace().any(|one| one == word);
    if class.contains("list-title") && name == "p" {
        // In search results the line of the identifier.
        return Some(Part::Other);
    }
    Some(match () {
        () if has("list-title") || has("title") => Part::Title,
        () if has("list-authors") || has("authors") => Part::Authors,
        () if has("list-comments") || has("comments") => Part::Comments,
        () if has("list-subjects") || has("subjects") => Part::Subjects,
        () if has("list-journal-ref") => Part::Journal,
        () if has("abstract-short") => Part::Other,
        () if has("abstract-full") || has("abstract") || (name == "p" && has("mathjax")) => Part::Abstract,
        () => return None,
    })
}

/// The value of an attribute, with white space around the sign or not.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let at = from + lower[from..].find(name)?;
        let free = tag[from..at].ends_with(|c: char| c.is_whitespace());
        from = at + name.len();
        let Some(value) = tag[from..].trim_start().strip_prefix('=').map(str::trim_start).filter(|_| free) else {
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        return match quote {
            Some(quote) => value[1..].split(quote).next(),
            None => value.split(char::is_whitespace).next(),
        };
    }
}

impl Open {
    fn draft(self) -> Draft<'static> {
        let some = |text: String| Some(text).filter(|text| !text.trim().is_empty()).map(Cow::Owned);
        let bare = |text: &str, label: &str| text.trim().strip_prefix(label).unwrap_or(text.trim()).trim().to_owned();
        Draft {
            line: self.line,
            id: Cow::Owned(self.id),
            title: some(self.title),
            abstract_text: some(self.text),
            authors: authors::parse(self.authors.trim().trim_end_matches(',')),
            categories: categories::parse(&self.subjects),
            comment: some(bare(&self.comments, "Comments:")),
            facts: some(bare(&self.journal, "Journal-ref:")).map(|text| (Field::Journal, text)).into_iter().collect(),
            published: self.published,
            ..Draft::default()
        }
    }
}
