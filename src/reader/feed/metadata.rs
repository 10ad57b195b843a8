//! Metadata in arXiv's own formats: `arXivRaw`, `arXiv`, `arXivOld`.
//!
//! In: the element. Out: the draft of a paper. `arXivRaw` lists all versions: the first was
//! published, the last is described, and a last one of source type `I` is a withdrawal. `arXiv` has
//! days without a version, and authors in parts. The MSC and ACM classes and the report number have
//! no field.

use std::borrow::Cow;

use super::super::authors::{self, Authors};
use super::super::draft::Draft;
use super::super::{categories, moment};
use super::oai::Header;
use super::tree::Element;
use crate::paper::{ArxivId, Field, PartialDate};

/// The draft of a paper, but for its line.
pub(super) fn draft<'t>(paper: Element<'t>, header: &Header<'t>) -> Draft<'t> {
    let versions = Versions::of(paper);
    let text = |name: &str| paper.told(name).map(Cow::Borrowed);
    let day = |name: &str| paper.told(name).and_then(moment::written);
    let created = day("created");
    let facts = [("license", Field::License), ("doi", Field::Doi), ("journal-ref", Field::Journal)];
    let facts = facts.into_iter().filter_map(|(name, field)| Some((field, text(name)?)));
    // arXiv's own DOI of a paper is its identifier once more.
    let facts = facts.filter(|(field, text)| *field != Field::Doi || ArxivId::parse(text).is_none());
    let withdrawal = versions.withdrawn.then_some((Field::Withdrawal, Cow::Borrowed("yes")));
    Draft {
        id: Cow::Borrowed(paper.told("id").unwrap_or(header.identifier)),
        version: versions.number,
        title: text("title"),
        abstract_text: text("abstract"),
        authors: people(paper),
        categories: paper.told("categories").map(categories::parse).unwrap_or_default(),
        published: versions.first.or(created),
        // Where a paper has one version, nothing was updated since it was created.
        updated: versions.last.or_else(|| day("updated")).or(created),
        comment: text("comments"),
        facts: facts.chain(withdrawal).collect(),
        ..Draft::default()
    }
}

/// What the versions of a paper say.
#[derive(Default)]
struct Versions {
    /// Of the last one; 0 where there is none.
    number: u32,
    first: Option<PartialDate>,
    last: Option<PartialDate>,
    withdrawn: bool,
}

impl Versions {
    fn of(paper: Element<'_>) -> Versions {
        let mut versions = Versions::default();
        for version in paper.all("version") {
            let named = version.attribute("version").unwrap_or_default().trim_start_matches(['v', 'V']);
            let number = named.parse().ok().filter(|&number| number > 0);
            let number = number.unwrap_or(versions.number.saturating_add(1));
            let day = version.told("date").and_then(moment::written);
            if number == 1 {
                versions.first = day;
            }
            if number >= versions.number {
                versions.number = number;
                versions.last = day;
                versions.withdrawn = version.told("source_type").is_some_and(|source| source.contains('I'));
            }
        }
        versions
    }
}

/// Authors as one text, or each in parts.
fn people(paper: Element<'_>) -> Authors {
    let Some(list) = paper.all("authors").next() else { return Authors::default() };
    let mut names = Authors::default();
    for author in list.all("author").take(authors::MOST + 1) {
        let parts = ["forenames", "keyname", "suffix"].into_iter().filter_map(|part| author.told(part));
        names.push(&parts.collect::<Vec<_>>().join(" "));
    }
    if names.names.is_empty() { authors::parse(list.text()) } else { names }
}
