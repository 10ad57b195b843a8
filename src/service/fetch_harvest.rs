//! Whole ranges of days over OAI-PMH, page by page.
//!
//! Each page is stored with its place in one transaction, so that a kill costs one page. What is
//! asked for twice, since a token has expired, merges to the same.

use jiff::civil::Date;
use serde::Serialize;

use super::Relata;
use super::add::Added;
use super::events::Event;
use super::fetch::{CategoryState, Fetch, Fetched, FetchedCategory, count, within};
use crate::arxiv::{Client, Selection, latest_announcement, set_of};
use crate::error::Result;
use crate::library::{FollowedCategory, Harvest};
use crate::paper::Entry;

/// How far a harvest is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HarvestStatus {
    /// The category; none for all of arXiv.
    pub category: Option<String>,
    /// Pages so far.
    pub pages: u64,
    /// Records so far.
    pub records: u64,
    /// The first datestamp that was asked for.
    pub since: Option<Date>,
    /// The last datestamp that was seen.
    pub at: Option<Date>,
    /// The last datestamp that there can be.
    pub until: Date,
    /// Whether it is through.
    pub done: bool,
}

impl Relata {
    /// Fetches all records of categories, or of arXiv, that have changed within a range of days.
    pub(super) fn harvest(
        &self,
        client: &Client,
        request: &Fetch,
        mut followed: Vec<FollowedCategory>,
    ) -> Result<Fetched> {
        let mut added = Added::default();
        let mut rows = Vec::new();
        if request.all && request.categories.is_empty() {
            self.harvest_scope(client, request, None, &mut added)?;
        }
        for category in &mut followed {
            let before = added.added;
            let place = self.harvest_scope(client, request, Some(category), &mut added)?;
            // From here on the feed alone keeps it current, unless days are left out.
            let day = latest_announcement(client.now());
            let seamless = category.complete.is_none_or(|complete| request.since.is_none_or(|since| since <= complete));
            if request.until.is_none() && seamless {
                category.complete = Some(category.complete.map_or(day, |complete| complete.max(day)));
                category.reconciled = place.complete;
            }
            self.write_library(|library| library.follow_categories(std::slice::from_ref(category)))?;
            let new = (added.added - before) as usize;
            rows.push(FetchedCategory {
                category: category.category.clone(),
                state: if new > 0 { CategoryState::New } else { CategoryState::UpToDate },
                announced: 0,
                new,
                missed: Vec::new(),
                complete: category.complete,
                reason: None,
            });
        }
        Ok(Fetched::of(added, rows, client.requests()))
    }

    /// Harvests one set, or all of arXiv, from where the same harvest was left. Gives its place.
    fn harvest_scope(
        &self,
        client: &Client,
        request: &Fetch,
        category: Option<&FollowedCategory>,
        added: &mut Added,
    ) -> Result<Harvest> {
        let set = category.and_then(|category| set_of(&category.category));
        let scope = set.clone().unwrap_or_default();
        let mut place = self.begin(request, &scope, client)?;
        let today = client.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let status = |place: &Harvest, done| HarvestStatus {
            category: category.map(|category| category.category.clone()),
            pages: place.pages,
            records: place.records,
            since: place.since,
            at: place.datestamp,
            until: place.until.unwrap_or(today),
            done,
        };
        self.tell(Event::Harvested(status(&place, false)));
        let selection = Selection { since: place.datestamp.or(place.since), until: place.until, set };
        let mut pages = client.pages(selection, place.token.clone());
        loop {
            self.cancel.check()?;
            let Some(page) = pages.next_page()? else { return Ok(place) };
            place.pages += 1;
            place.records += page.records.len() as u64;
            let last = page.records.iter().filter_map(|record| record.datestamp).max();
            place.datestamp = place.datestamp.max(last);
            let through = page.next.is_none();
            place.token = page.next;
            if through {
                // More may come on the day that has not ended.
                let complete = place.until.unwrap_or(page.day.saturating_sub(jiff::ToSpan::day(1)));
                (place.begun, place.complete) = (None, Some(complete));
            }
            let wanted = |entry: &Entry| match category {
                Some(FollowedCategory { category, cross_lists: false, .. }) => {
                    entry.categories.first().is_some_and(|primary| within(primary, category))
                }
                _ => true,
            };
            let entries: Vec<Entry> = page.records.into_iter().map(|record| *record.entry).filter(wanted).collect();
            let outcomes = self.write_library(|library| library.merge_page(&entries, &place))?;
            count(added, &outcomes, page.skipped);
            self.tell(Event::Harvested(status(&place, through)));
        }
    }

    /// The place to begin: where the same harvest was left, or behind one of everything, or at the
    /// beginning.
    fn begin(&self, request: &Fetch, scope: &str, client: &Client) -> Result<Harvest> {
        let known = match self.existing()? {
            Some(library) => library.harvest(scope)?,
            None => None,
        };
        let fresh = Harvest {
            scope: scope.to_owned(),
            since: request.since,
            until: request.until,
            begun: Some(client.now()),
            ..Harvest::default()
        };
        Ok(match known {
            Some(place) if place.begun.is_some() => {
                // One that was left may have asked for what was new since the one before it.
                let same = place.until == request.until
                    && (place.since == request.since || request.all && request.since.is_none());
                if same { place } else { fresh }
            }
            Some(place) if request.all && request.since.is_none() && request.until.is_none() => {
                Harvest { since: place.complete, ..fresh }
            }
            _ => fresh,
        })
    }
}
