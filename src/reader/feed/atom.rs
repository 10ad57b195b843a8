//! Entries of Atom: the daily feed, answers of the query API, other feeds that list papers of
//! arXiv.
//!
//! In: an `entry`. Out: a paper. An entry of the daily feed has an id `oai:arXiv.org:...` and says
//! how it is announced; its day is that of the announcement and no day of the paper. Other entries
//! tell when the first and the described version came. The API's errors are entries as well.

use std::borrow::Cow;

use super::super::authors::{self, Authors};
use super::super::categories;
use super::super::draft::{Draft, Origin};
use super::super::{markup, moment};
use super::answer::{About, Announce};
use super::tree::Element;
use super::{Document, Kind};
use crate::error::Result;
use crate::paper::{ArxivId, Field, Listing, PartialDate, SourceKind};

impl Document<'_> {
    pub(super) fn entry(&mut self, entry: Element<'_>, line: u64) -> Result<()> {
        let id = entry.told_own("id").unwrap_or_default();
        let text = entry.told_own("summary").or_else(|| entry.told_own("content"));
        if let Some((_, code)) = id.split_once("/api/errors") {
            return self.papers.error(line, code.trim_start_matches(['#', '/']), text.unwrap_or_default());
        }
        let links = entry.all_own("link").filter_map(|link| link.attribute("href"));
        let id = std::iter::once(id).chain(links).find(|id| ArxivId::parse(id).is_some()).unwrap_or(id);
        let told = |name: &str| entry.told_own(name).and_then(moment::written);
        let listed = Listed {
            line,
            id,
            title: entry.told_own("title"),
            text: if self.told.own { text.and_then(|text| text.split_once("\n\n")).map(|(_, own)| own) } else { text },
            published: told("published"),
            updated: told("updated"),
        };
        self.listed(entry, listed, terms(entry))
    }

    /// Hands over what a feed lists, whether in Atom or in RSS.
    pub(super) fn listed(&mut self, entry: Element<'_>, listed: Listed<'_>, categories: Vec<String>) -> Result<()> {
        let announced = entry.told("announce_type").or_else(|| listed.text.and_then(markup::announce_type));
        let announce = announced.and_then(Announce::from_name);
        let daily = announced.is_some() || listed.id.starts_with("oai:");
        let day = listed.published.and_then(PartialDate::day);
        let announced_on = day.filter(|_| daily);
        let origin = Origin {
            kind: SourceKind::RawJsonl,
            date: if daily {
                day.or(self.date)
            } else {
                listed.updated.or(listed.published).and_then(PartialDate::day)
            },
            listing: self.listing(daily, announce, announced_on),
        };
        let (published, updated) = if daily { (None, None) } else { (listed.published, listed.updated) };
        let draft = Draft {
            line: listed.line,
            id: Cow::Borrowed(listed.id),
            title: listed.title.map(Cow::Borrowed),
            abstract_text: listed.text.map(Cow::Borrowed),
            authors: people(entry),
            categories,
            published,
            updated,
            comment: entry.told("comment").map(Cow::Borrowed),
            facts: facts(entry),
            ..Draft::default()
        };
        self.paper(draft, &origin, About { announce, announced_on, ..About::default() })
    }

    /// New papers and cross-lists are listed by a daily feed; a new version is no news, and an
    /// answer of the API is no list of a day.
    fn listing(
        &self,
        daily: bool,
        announce: Option<Announce>,
        announced_on: Option<jiff::civil::Date>,
    ) -> Option<Listing> {
        let file = || self.file.to_owned();
        if daily {
            // An announcement that is not known is rather news than lost.
            let first = announce.is_none_or(Announce::is_first);
            return first.then(|| Listing { file: file(), date: announced_on.or(self.date) });
        }
        (self.told.kind != Some(Kind::Api)).then(|| Listing { file: file(), date: self.date })
    }
}

/// What Atom and RSS tell of a paper, each in its own way.
pub(super) struct Listed<'t> {
    pub line: u64,
    pub id: &'t str,
    pub title: Option<&'t str>,
    pub text: Option<&'t str>,
    pub published: Option<PartialDate>,
    pub updated: Option<PartialDate>,
}

/// Names one an element, as the API has them, or all in one, as the daily feed does.
fn people(entry: Element<'_>) -> Authors {
    let mut names = Authors::default();
    let own = entry.all_own("author").filter_map(|author| author.told("name"));
    own.take(authors::MOST + 1).for_each(|name| names.push(name));
    if names.names.is_empty() {
        let listed = entry.all("creator").chain(entry.all_own("author"));
        let texts: Vec<&str> = listed.map(Element::text).filter(|text| !text.is_empty()).collect();
        names = authors::parse(&texts.join(", "));
    }
    names
}

/// The categories, the primary first.
fn terms(entry: Element<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let all = entry.all("primary_category").chain(entry.all_own("category"));
    for category in all.filter_map(|category| category.attribute("term")).flat_map(categories::parse) {
        if found.len() < categories::MOST && !found.contains(&category) {
            found.push(category);
        }
    }
    found
}

fn facts(entry: Element<'_>) -> Vec<(Field, Cow<'_, str>)> {
    let names = [
        ("rights", Field::License),
        ("license", Field::License),
        ("doi", Field::Doi),
        ("journal_reference", Field::Journal),
        ("journal_ref", Field::Journal),
    ];
    let told = names.into_iter().filter_map(|(name, field)| Some((field, entry.told(name)?)));
    // arXiv's own DOI of a paper is its identifier once more.
    let told = told.filter(|(field, text)| *field != Field::Doi || ArxivId::parse(text).is_none());
    told.map(|(field, text)| (field, Cow::Borrowed(text))).collect()
}
