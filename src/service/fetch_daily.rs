//! The announcement that should be out: by one request to the feed, and where that is in doubt by
//! OAI-PMH.
//!
//! A feed can be empty, late or stale for one category and say nothing of it, so dates in it are
//! not believed. A category is fresh where papers whose primary category it is are not in the
//! library yet. Where none is, although an announcement was due, where the feed failed, and where
//! days lie between the last complete announcement and this one, OAI-PMH tells what is missing. On
//! a usual morning one request does.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Relata;
use super::add::Added;
use super::fetch::{CategoryState, Fetched, FetchedCategory, LISTED_BY, count};
use super::fetch_judge::{Doubt, Judged, Told, in_words, is_wanted, judge};
use super::fetch_reconcile::Compared;
use crate::arxiv::{
    Client, Daily, announcement_before, day_in_new_york, first_datestamp, is_announcement_day, latest_announcement,
};
use crate::error::{Error, FetchError, Result};
use crate::library::{FeedAnswer, FollowedCategory};
use crate::paper::{Entry, Listing, Skipped};
use crate::reader::{Announce, Record};

/// Days after which a feed that seems complete is compared with OAI-PMH all the same.
const RECONCILED_EVERY: i64 = 7;

/// Days before the last announcement that who asks for the first time is given, where there is
/// none: over a long weekend, over the end of a year.
const FIRST_LOOKS_BACK: [i64; 2] = [3, 8];

/// What came of the request.
enum Feed {
    Failed(String),
    /// The same as before.
    Unchanged,
    Entries {
        records: Vec<Record>,
        skipped: Vec<Skipped>,
        etag: Option<String>,
    },
}

impl Relata {
    /// Fetches the announcement that should be out.
    pub(super) fn daily(&self, client: &Client, followed: Vec<FollowedCategory>, reconcile: bool) -> Result<Fetched> {
        let day = latest_announcement(client.now());
        let mut added = Added::default();
        let feed = self.ask_feed(client, &followed)?;
        let judged = self.take_feed(client, followed, feed, day, &mut added)?;
        let mut rows = Vec::with_capacity(judged.len());
        let mut announced = judged.iter().any(|category| !category.new.is_empty()).then_some(day);
        let mut down = None;
        for category in judged {
            let (row, latest) = self.settle(client, category, day, reconcile, &mut down, &mut added)?;
            announced = announced.max(latest);
            rows.push(row);
        }
        let mut fetched = Fetched::of(added, rows, client.requests());
        (fetched.day, fetched.announced) = (Some(day), announced);
        Ok(fetched)
    }

    fn address(client: &Client, followed: &[FollowedCategory]) -> String {
        let mut names: Vec<&str> = followed.iter().map(|category| category.category.as_str()).collect();
        names.sort_unstable();
        client.feed_address(&names)
    }

    fn ask_feed(&self, client: &Client, followed: &[FollowedCategory]) -> Result<Feed> {
        let address = Relata::address(client, followed);
        let known = match self.existing()? {
            Some(library) => library.feed_answer(&address)?,
            None => None,
        };
        // What it said is asked for again where a run has ended before all of it was settled.
        let settled = |answer: &&FeedAnswer| followed.iter().all(|category| category.complete >= Some(answer.day));
        let etag = known.as_ref().filter(settled).map(|answer| answer.etag.as_str()).filter(|etag| !etag.is_empty());
        Ok(match client.daily(&address, etag) {
            Ok(Daily::Unchanged) => match etag {
                Some(_) => Feed::Unchanged,
                None => Feed::Failed("it answers 304 to a question that it was not asked before".to_owned()),
            },
            Ok(Daily::Feed { records, skipped, etag }) => Feed::Entries { records, skipped, etag },
            Err(Error::Fetch(error)) => Feed::Failed(error.to_string()),
            Err(error) => return Err(error),
        })
    }

    /// Judges each category by the feed, and stores its entries and how far that is.
    fn take_feed(
        &self,
        client: &Client,
        followed: Vec<FollowedCategory>,
        feed: Feed,
        day: Date,
        added: &mut Added,
    ) -> Result<Vec<Judged>> {
        let address = Relata::address(client, &followed);
        let doubt = |doubt: Doubt| {
            move |followed: FollowedCategory| {
                let told = if followed.complete >= Some(day) { Told::UpToDate } else { Told::Doubtful(doubt.clone()) };
                Judged { followed, told, announced: 0, new: Vec::new(), own: Vec::new() }
            }
        };
        let (records, skipped, etag) = match feed {
            Feed::Failed(why) => return Ok(followed.into_iter().map(doubt(Doubt::Failed(why))).collect()),
            Feed::Unchanged => {
                self.write_library(|library| library.note_feed_unchanged(&address, client.now()))?;
                return Ok(followed.into_iter().map(doubt(Doubt::AllKnown)).collect());
            }
            Feed::Entries { records, skipped, etag } => (records, skipped, etag),
        };
        let now = client.now();
        self.write_library(|library| {
            let mut judged = judge(library, followed, &records, day)?;
            let mut entries = Vec::new();
            for record in records {
                let known = library.row_of(&record.entry.id)?;
                if known.is_some() || judged.iter().any(|category| is_wanted(&record, &category.followed)) {
                    // A feed that is stale has papers of another day, which have listed them.
                    let before = known.map_or(Ok(false), |row| library.is_listed(row))?;
                    entries.push(listed(record, day, before));
                }
            }
            for category in &mut judged {
                let followed = &mut category.followed;
                let before = followed.complete.unwrap_or(announcement_before(day));
                if category.told == Told::Fresh {
                    followed.news = Some(day);
                    followed.reconciled.get_or_insert(first_datestamp(day));
                    // After a gap OAI-PMH is asked for what lies between.
                    if before >= announcement_before(day) {
                        followed.complete = Some(day);
                    }
                }
            }
            let answer = FeedAnswer { etag: etag.unwrap_or_default(), day, fetched: now };
            let categories: Vec<FollowedCategory> = judged.iter().map(|category| category.followed.clone()).collect();
            let outcomes = library.merge_feed(&entries, &categories, Some((&address, &answer)))?;
            count(added, &outcomes, skipped);
            Ok(judged)
        })
    }

    /// Asks OAI-PMH where that is needed, and says what is known of the category then, and of which
    /// announcement the latest paper is that came of it. `down` is why OAI-PMH does not answer: it
    /// is then not asked for each category anew.
    fn settle(
        &self,
        client: &Client,
        judged: Judged,
        day: Date,
        reconcile: bool,
        down: &mut Option<String>,
        added: &mut Added,
    ) -> Result<(FetchedCategory, Option<Date>)> {
        let Judged { mut followed, told, announced, new, own } = judged;
        let mut row = FetchedCategory {
            category: followed.category.clone(),
            state: match told {
                Told::Fresh => CategoryState::New,
                Told::UpToDate if announced == 0 && quiet(client) => CategoryState::NothingAnnounced,
                Told::UpToDate => CategoryState::UpToDate,
                Told::Doubtful(_) => CategoryState::NothingAnnounced,
            },
            announced,
            new: new.len(),
            missed: Vec::new(),
            complete: followed.complete,
            reason: None,
        };
        let gap = followed.complete.is_some_and(|complete| complete < day);
        let today = day_in_new_york(client.now());
        let last = followed.reconciled;
        let due = reconcile || last.is_some_and(|last| last.saturating_add(RECONCILED_EVERY.days()) <= today);
        let doubt = match told {
            Told::Doubtful(doubt) => Some(doubt),
            _ => None,
        };
        if doubt.is_none() && !gap && !due {
            return Ok((row, None));
        }
        let since = match (gap || doubt.is_some(), followed.complete, last.filter(|_| due)) {
            // The papers of an announcement have its datestamp, or that of the day before.
            (true, Some(complete), None) => complete,
            (true, Some(complete), Some(last)) => complete.min(last),
            (_, _, Some(last)) => last,
            (_, None, None) | (false, Some(_), None) => first_datestamp(day),
        };
        let first = followed.complete.is_none() && doubt == Some(Doubt::Empty);
        let asked = match down {
            Some(why) => Err(why.clone()),
            None => match self.compare_since(client, &followed, since, day, first, added) {
                Ok(compared) => Ok(compared),
                Err(Error::Fetch(error)) => {
                    if !matches!(error, FetchError::Refused { .. }) {
                        *down = Some(error.to_string());
                    }
                    Err(error.to_string())
                }
                Err(error) => return Err(error),
            },
        };
        let compared = match asked {
            Ok(compared) => compared,
            Err(why) => {
                row.reason = Some(because(doubt.as_ref(), gap.then_some(followed.complete).flatten(), &why));
                // A feed that is fresh stays so; what it may lack is asked for the next time.
                if doubt.is_some() || gap {
                    row.state = CategoryState::Failed;
                }
                return Ok((row, None));
            }
        };
        row.new += compared.missed.len();
        // What the feed announces stands in OAI-PMH as changed now: then the feed is this day's.
        let current = own.iter().any(|id| compared.listed.contains(id));
        row.state = match (&doubt, compared.missed.is_empty()) {
            (_, false) => CategoryState::New,
            (None, true) => row.state,
            (Some(Doubt::AllKnown | Doubt::Older | Doubt::Full), true) if current && new.is_empty() => {
                CategoryState::UpToDate
            }
            (Some(Doubt::AllKnown | Doubt::Older | Doubt::Full), true) if current => CategoryState::New,
            (Some(Doubt::NoneOfThese | Doubt::Empty), true) => CategoryState::NothingAnnounced,
            (Some(Doubt::AllKnown | Doubt::Older | Doubt::Full | Doubt::Failed(_)), true) => CategoryState::Stale,
        };
        // What was announced on days that were left out, or the day before a weekend, stands in no
        // feed of this day.
        let expected = followed.complete.is_none_or(|complete| complete >= announcement_before(day));
        if expected && !quiet(client) {
            row.missed = compared.missed;
            row.reason = doubt.as_ref().map(|doubt| in_words(doubt).to_owned());
        }
        if row.state != CategoryState::Stale {
            followed.complete = Some(day);
            if row.new > 0 {
                followed.news = Some(day);
            }
            followed.reconciled = Some(compared.day.saturating_sub(1.day()));
            self.write_library(|library| library.follow_categories(std::slice::from_ref(&followed)))?;
        }
        row.complete = followed.complete;
        Ok((row, compared.latest))
    }
}

impl Relata {
    /// As [`Relata::compare`]; who asks for the `first` time, on days on which nothing is
    /// announced, gets the papers of the days before.
    fn compare_since(
        &self,
        client: &Client,
        followed: &FollowedCategory,
        since: Date,
        day: Date,
        first: bool,
        added: &mut Added,
    ) -> Result<Compared> {
        let mut compared = self.compare(client, followed, since, day, added)?;
        for back in FIRST_LOOKS_BACK {
            if !first || !compared.listed.is_empty() {
                break;
            }
            compared = self.compare(client, followed, since.saturating_sub(back.days()), day, added)?;
        }
        Ok(compared)
    }
}

/// Whether arXiv announces nothing today.
fn quiet(client: &Client) -> bool {
    !is_announcement_day(day_in_new_york(client.now()))
}

/// The entry as it is stored: what is announced, and was not `before`, is listed on the day of the
/// announcement, whatever the feed says of its day.
fn listed(record: Record, day: Date, before: bool) -> Entry {
    let mut entry = *record.entry;
    let announced = matches!(record.announce, None | Some(Announce::New | Announce::Cross));
    entry.listing = (announced && !before).then(|| Listing { file: LISTED_BY.to_owned(), date: Some(day) });
    entry
}

/// Why OAI-PMH was asked, and why it did not help.
fn because(doubt: Option<&Doubt>, complete: Option<Date>, failed: &str) -> String {
    let why = match (doubt, complete) {
        (Some(doubt), _) => in_words(doubt).to_owned(),
        (None, Some(complete)) => format!("announcements since {complete} are not here yet"),
        (None, None) => "the feed was to be compared with OAI-PMH".to_owned(),
    };
    format!("{why}; {failed}")
}
