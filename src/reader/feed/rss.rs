//! Items of RSS: the daily feed, in version 2.0 and in the RDF of earlier years.
//!
//! In: an `item`. Out: a paper, as of an entry of Atom (`atom`).

use super::super::{categories, moment};
use super::Document;
use super::atom::Listed;
use super::tree::Element;
use crate::error::Result;
use crate::paper::ArxivId;

impl Document<'_> {
    pub(super) fn item(&mut self, item: Element<'_>, line: u64) -> Result<()> {
        let ids = [item.told_own("guid"), item.told_own("link"), item.attribute("about")];
        let named = || ids.into_iter().flatten();
        let id = named().find(|id| ArxivId::parse(id).is_some()).or_else(|| named().next()).unwrap_or_default();
        let published = item.told_own("pubdate").or_else(|| item.told("date"));
        let listed = Listed {
            line,
            id,
            title: item.told_own("title"),
            text: item.told_own("description"),
            published: published.and_then(moment::written),
            updated: None,
        };
        let mut found: Vec<String> = Vec::new();
        for category in item.all_own("category").flat_map(|category| categories::parse(category.text())) {
            if found.len() < categories::MOST && !found.contains(&category) {
                found.push(category);
            }
        }
        self.listed(item, listed, found)
    }
}
