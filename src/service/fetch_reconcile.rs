//! A category's feed against OAI-PMH: what the feed has missed is fetched and named.
//!
//! OAI-PMH lists by the day of the last change, so papers of any age stand among the new ones. A
//! paper counts as announced within the days in question where its first version is at most ten
//! days older: a day on which arXiv changes thousands of old records brings none.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Relata;
use super::add::Added;
use super::fetch::{LISTED_BY, count, is_known, within};
use crate::arxiv::{Client, Selection, on_or_before, set_of};
use crate::error::Result;
use crate::library::FollowedCategory;
use crate::paper::{ArxivId, Entry, Listing};
use crate::reader::Record;

/// Days between the first version of a paper and its announcement, at most.
const LONGEST_HOLD: i64 = 10;

/// What OAI-PMH lists.
pub(super) struct Compared {
    /// Papers that were not in the library.
    pub missed: Vec<ArxivId>,
    /// All papers that were listed.
    pub listed: BTreeSet<ArxivId>,
    /// The latest announcement of a paper that was not in the library.
    pub latest: Option<Date>,
    /// The server's day.
    pub day: Date,
}

impl Relata {
    /// Fetches what OAI-PMH lists of a category since a datestamp, and stores what is announced or
    /// known. `day` is the latest announcement that is out.
    pub(super) fn compare(
        &self,
        client: &Client,
        category: &FollowedCategory,
        since: Date,
        day: Date,
        added: &mut Added,
    ) -> Result<Compared> {
        let mut compared = Compared { missed: Vec::new(), listed: BTreeSet::new(), latest: None, day };
        let selection = Selection { since: Some(since), until: None, set: set_of(&category.category) };
        let mut pages = client.pages(selection, None);
        loop {
            self.cancel.check()?;
            let Some(page) = pages.next_page()? else {
                compared.missed.sort_unstable();
                compared.missed.dedup();
                return Ok(compared);
            };
            compared.day = page.day;
            compared.listed.extend(page.records.iter().map(|record| record.entry.id.clone()));
            let outcomes = self.write_library(|library| {
                let mut entries = Vec::new();
                for record in page.records {
                    let known = is_known(library, &record.entry.id)?;
                    if known || category.replacements || is_announced(&record, category, since) {
                        if !known && is_announced(&record, category, since) {
                            compared.missed.push(record.entry.id.clone());
                        }
                        let entry = listed(record, known, day);
                        compared.latest = compared.latest.max(entry.listing.as_ref().and_then(|listing| listing.date));
                        entries.push(entry);
                    }
                }
                library.merge(&entries)
            })?;
            count(added, &outcomes, page.skipped);
        }
    }
}

/// Whether a paper that the library does not hold was announced since a datestamp, of the kind that
/// was asked for.
fn is_announced(record: &Record, category: &FollowedCategory, since: Date) -> bool {
    let primary = record.entry.categories.first().is_some_and(|primary| within(primary, &category.category));
    let Some(first) = record.entry.published else { return false };
    (primary || category.cross_lists) && first.may_be_since(since.saturating_sub(LONGEST_HOLD.days()))
}

/// The entry, listed on the day of its announcement: the papers of a day get its datestamp, which
/// at the weekend is that of Monday.
fn listed(record: Record, known: bool, day: Date) -> Entry {
    let mut entry = *record.entry;
    let announced = record.datestamp.map(|datestamp| {
        let weekend = on_or_before(datestamp) != datestamp;
        let announced = if weekend { on_or_before(datestamp).saturating_add(3.days()) } else { datestamp };
        announced.min(day)
    });
    if !known && let Some(date) = announced {
        entry.listing = Some(Listing { file: LISTED_BY.to_owned(), date: Some(date) });
    }
    entry
}
