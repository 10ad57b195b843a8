//! Which papers a daily list is about: those of a day's digests, and which of them are new to a
//! profile.
//!
//! In: what files list, or the library; what is asked for. Out: the day, the papers that may be
//! answers, and how many are left out and why.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::error::Result;
use crate::library::{Filter, Library, Paper, PaperRow, PaperSet};
use crate::paper::ArxivId;
use crate::paper::{Entry, Listing, PartialDate};
use crate::recommend::Query;
use crate::today::is_known;

use super::today::Today;

/// Papers as the named files list them.
#[derive(Default)]
pub(super) struct Listed {
    papers: BTreeMap<ArxivId, Sources>,
}

#[derive(Default)]
struct Sources {
    /// In digests.
    listings: BTreeSet<Listing>,
    /// The date of a paper that comes from no digest.
    date: Option<PartialDate>,
    /// The latest version that a source names; 0 where none does.
    version: u32,
}

impl Sources {
    /// Its dates; none of a digest that tells no day.
    fn dates(&self) -> impl Iterator<Item = Option<PartialDate>> {
        let own = self.listings.is_empty().then_some(self.date);
        self.listings.iter().map(|listing| listing.date.map(PartialDate::Day)).chain(own)
    }

    /// Whether it is there without a digest and without a date, as a new version in arXiv's daily
    /// feed. Where the others have a day, it is no news of that day; nor is a later version at all.
    fn is_update(&self, latest: Option<PartialDate>) -> bool {
        self.listings.is_empty() && self.date.is_none() && (latest.is_some() || self.version > 1)
    }
}

impl Listed {
    pub(super) fn note(&mut self, entry: &Entry) {
        let sources = self.papers.entry(entry.id.clone()).or_default();
        sources.listings.extend(entry.listing.clone());
        sources.date = sources.date.or(entry.published).or(entry.updated);
        sources.version = sources.version.max(entry.precedence.version);
    }

    /// The latest date, if a source tells one.
    fn latest(&self, until: Option<Date>) -> Option<PartialDate> {
        let dates = || self.papers.values().flat_map(Sources::dates).flatten();
        let last = last_day(until);
        let latest = dates().filter(|date| date.may_be_until(last)).max();
        latest.or_else(|| until.is_none().then(|| dates().max()).flatten())
    }
}

/// A day without an end lasts until tomorrow: a wrong date in a far year would else be the latest
/// for good.
fn last_day(until: Option<Date>) -> Date {
    until.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(1.day()))
}

/// A day and its papers.
pub(super) struct Day {
    /// The day of the list: the latest of the digests. A month where no day is known, and unknown
    /// where there is no paper.
    pub date: Option<PartialDate>,
    /// Papers that the filters leave.
    pub papers: usize,
    /// What may be an answer.
    pub among: PaperSet,
    /// How many of these the filters leave, without those that the profile names.
    pub new: usize,
    /// What of `among` is new and passes the filters.
    pub news: PaperSet,
    /// Papers that earlier digests listed, or late versions of old ones.
    pub known: usize,
    /// Papers that the profile's lists have shown.
    pub shown: usize,
    /// Papers that would be new and are withdrawn.
    pub withdrawn: usize,
}

impl Day {
    pub(super) fn of(library: &Library, asked: &Today, listed: &Listed, query: &Query) -> Result<Day> {
        let Found { date, all, known } =
            if asked.paths.is_empty() { of_library(library, asked)? } else { of_files(library, asked, listed)? };
        let (all, known) = (PaperSet::new(all), PaperSet::new(known));
        let candidates = all.clone().subtract(&known);
        let shown = shown(library, asked, date, &candidates)?;
        let among = candidates.subtract(&shown);
        // What would not be listed anyhow was not left out for being old.
        let mut own = Vec::new();
        for id in query.like.iter().chain(&query.unlike) {
            own.extend(library.row_of(id)?);
        }
        let own = PaperSet::new(own);
        let matching = library.matching(&query.filter)?;
        let left = |rows: PaperSet| matching.of(rows).len();
        let unknown = among.clone().subtract(&own);
        let withdrawn = held_back(library, &query.filter, unknown.clone())?;
        let news = matching.of(unknown);
        let (known, shown) = (left(known.subtract(&own)), left(shown.subtract(&own)));
        Ok(Day { date, papers: left(all), among, new: news.len(), news, known, shown, withdrawn })
    }
}

/// How many of some papers would pass a filter if it did not leave out what is withdrawn.
fn held_back(library: &Library, filter: &Filter, papers: PaperSet) -> Result<usize> {
    if filter.withdrawn {
        return Ok(0);
    }
    let withdrawn = papers.intersect(&library.withdrawn()?);
    match withdrawn.is_empty() {
        true => Ok(0),
        false => Ok(library.matching(&filter.clone().withdrawn(true))?.of(withdrawn).len()),
    }
}

/// What the lists of other days have shown, or where only new ones are asked for any list.
fn shown(library: &Library, asked: &Today, date: Option<PartialDate>, among: &PaperSet) -> Result<PaperSet> {
    let mut shown = Vec::new();
    if !asked.seen {
        for (id, day) in library.shown(&asked.profile)? {
            if asked.new || day.is_none() || day != date {
                shown.extend(library.row_of(&id)?.filter(|row| among.contains(*row)));
            }
        }
    }
    Ok(PaperSet::new(shown))
}

/// Papers of a day, or since one.
#[derive(Default)]
struct Found {
    date: Option<PartialDate>,
    all: Vec<PaperRow>,
    /// Those that are no news to anybody.
    known: Vec<PaperRow>,
}

impl Found {
    /// Adds a paper with its listings on the day.
    fn push(&mut self, asked: &Today, paper: &Paper, listings: &BTreeSet<Listing>) {
        self.all.push(paper.row);
        if !asked.seen && is_known(paper, listings) {
            self.known.push(paper.row);
        }
    }

    /// Adds a paper that is no news.
    fn push_known(&mut self, asked: &Today, paper: &Paper) {
        self.all.push(paper.row);
        if !asked.seen {
            self.known.push(paper.row);
        }
    }
}

/// The papers of the latest day of the files, or with a first day all.
fn of_files(library: &Library, asked: &Today, listed: &Listed) -> Result<Found> {
    let latest = listed.latest(asked.ranking.filter.until);
    let whole = asked.ranking.filter.since.is_some() || latest.is_none();
    // A digest that tells no day was named for today.
    let on_day = |date: Option<PartialDate>| whole || date.is_none() || date == latest;
    let mut found = Found { date: latest, ..Found::default() };
    for (id, sources) in &listed.papers {
        if !sources.dates().any(on_day) {
            continue;
        }
        let Some(paper) = library.paper(id)? else { continue };
        if sources.is_update(latest) && asked.ranking.filter.since.is_none() {
            found.push_known(asked, &paper);
        } else {
            let listings = sources.listings.iter().filter(|own| on_day(own.date.map(PartialDate::Day)));
            found.push(asked, &paper, &listings.cloned().collect());
        }
        if latest.is_none() {
            found.date = found.date.max(Some(paper.date));
        }
    }
    Ok(found)
}

/// The papers of the library's latest day, those of its digests and those published on it; or with
/// a first day all since then, of which none is known. Where the latest date is a month, those of
/// which no day is known.
fn of_library(library: &Library, asked: &Today) -> Result<Found> {
    let filters = &asked.ranking.filter;
    let Some(date) = latest(library, filters.until)? else { return Ok(Found::default()) };
    let mut found = Found { date: Some(date), ..Found::default() };
    if let Some(since) = filters.since {
        let dated = Filter { since: Some(since), withdrawn: true, ..Filter::default() };
        found.all = library.matching(&dated)?.only().map_or(Vec::new(), |set| set.rows().to_vec());
        return Ok(found);
    }
    let mut rows = library.of_date(date)?.rows().to_vec();
    if let Some(day) = date.day() {
        rows.extend(library.listed_on(day)?.rows());
    }
    for paper in library.papers_by_rows(PaperSet::new(rows).rows())? {
        let of_day = |listing: &&Listing| listing.date.is_some() && listing.date == date.day();
        found.push(asked, &paper, &paper.listings.iter().filter(of_day).cloned().collect());
    }
    Ok(found)
}

fn latest(library: &Library, until: Option<Date>) -> Result<Option<PartialDate>> {
    let last = last_day(until);
    match library.latest_listing(last)?.map(PartialDate::Day).max(library.latest(last)?) {
        None if until.is_none() => Ok(library.dates()?.map(|(_, latest)| latest)),
        found => Ok(found),
    }
}
