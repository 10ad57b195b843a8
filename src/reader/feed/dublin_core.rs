//! Metadata in Dublin Core (`oai_dc`).
//!
//! In: the element. Out: the draft of a paper. The first description is the abstract, one that
//! begins with `Comment:` is the comment; identifiers are the address, the DOI and the journal
//! reference; the first date is that of the first version, the last that of the last. Subjects are
//! categories in words, so those of the record's sets are taken: which is the primary one is not
//! told.

use std::borrow::Cow;

use super::super::authors::{self, Authors};
use super::super::draft::Draft;
use super::super::{categories, moment};
use super::oai::Header;
use super::tree::Element;
use crate::paper::category::is_category;
use crate::paper::{ArxivId, Field};

/// How a description begins that is a comment.
const COMMENT: &str = "Comment:";

/// The draft of a paper, but for its line.
pub(super) fn draft<'t>(paper: Element<'t>, header: &Header<'t>) -> Draft<'t> {
    let texts = |name: &'static str| paper.all(name).map(Element::text).filter(|text| !text.is_empty());
    let comment = texts("description").find_map(|text| text.strip_prefix(COMMENT));
    let dates = || texts("date").filter_map(moment::written);
    let address = texts("identifier").find(|text| ArxivId::parse(text).is_some());
    let mut facts: Vec<_> = texts("rights").map(|text| (Field::License, Cow::Borrowed(text))).collect();
    facts.extend(texts("identifier").filter_map(fact));
    let mut names = Authors::default();
    for creator in texts("creator").take(authors::MOST + 1) {
        // "Quill, Ada"
        match creator.split_once(", ") {
            Some((family, given)) => names.push(&format!("{given} {family}")),
            None => names.push(creator),
        }
    }
    Draft {
        id: Cow::Borrowed(if header.identifier.is_empty() { address.unwrap_or_default() } else { header.identifier }),
        title: texts("title").next().map(Cow::Borrowed),
        abstract_text: texts("description").find(|text| !text.starts_with(COMMENT)).map(Cow::Borrowed),
        authors: names,
        categories: of_sets(&header.sets),
        published: dates().next(),
        updated: dates().last(),
        comment: comment.map(Cow::Borrowed),
        facts,
        ..Draft::default()
    }
}

/// What an identifier is beside the address of the paper.
fn fact(identifier: &str) -> Option<(Field, Cow<'_, str>)> {
    if ArxivId::parse(identifier).is_some() || identifier.starts_with("http://arxiv.org/") {
        return None;
    }
    let doi = identifier.to_ascii_lowercase().starts_with("doi:") || identifier.contains("doi.org/10.");
    Some((if doi { Field::Doi } else { Field::Journal }, Cow::Borrowed(identifier)))
}

/// The categories that sets name: `cs:cs:LG` is `cs.LG`, `physics:hep-th` is `hep-th`, unless
/// another set is a part of it.
fn of_sets(sets: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for set in sets {
        let parts: Vec<&str> = set.split(':').collect();
        let category = match parts.as_slice() {
            [_, archive, class] => format!("{archive}.{class}"),
            [group, archive] if group != archive => (*archive).to_owned(),
            _ => continue,
        };
        let divided = sets.iter().any(|other| other.strip_prefix(set).is_some_and(|rest| rest.starts_with(':')));
        if !divided && is_category(&category) && !found.contains(&category) && found.len() < categories::MOST {
            found.push(category);
        }
    }
    found
}
