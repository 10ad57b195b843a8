//! Fetch: papers straight from arXiv into the library, and the new texts into vectors.
//!
//! In: [`Fetch`]. Out: [`Fetched`], which says per category whether something was announced,
//! nothing was, or that this cannot be told. `fetch_daily` reads the day's feed and `fetch_judge`
//! judges it, `fetch_reconcile` compares it with OAI-PMH, `fetch_harvest` takes whole ranges of
//! days, `fetch_single` papers by their ids. What is stored stays stored, whatever fails later, and
//! the next run goes on from there.

use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::add::Added;
use super::events::{Event, Note};
use super::store::Connection;
use crate::arxiv::{Client, latest_announcement, set_of};
use crate::error::{Error, FetchError, QueryError, Result};
use crate::library::{FollowedCategory, Library, Outcome};
use crate::paper::ArxivId;
use crate::setters::setters;

/// How long a day's list waits for a server that asks for it, before it makes do with what is
/// there.
const MORNING_PATIENCE: Duration = Duration::from_secs(20);
/// What listings of fetched papers are called, where those of files have the name of the file.
pub(super) const LISTED_BY: &str = "arXiv";

/// Papers to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fetch {
    /// Categories, `cs.LG`, or archives, `cs`; they are remembered. Without any, and without
    /// papers, those that are remembered.
    pub categories: Vec<String>,
    /// Single papers.
    pub papers: Vec<ArxivId>,
    /// All papers of the categories that are new or have changed since this day.
    pub since: Option<Date>,
    /// The last such day.
    pub until: Option<Date>,
    /// All papers of arXiv, or what is new and has changed since they were fetched.
    pub all: bool,
    /// Whether papers count that are cross-listed in a category; else as remembered, else they do.
    pub cross_lists: Option<bool>,
    /// Whether new versions count of papers that the library does not hold; else as remembered,
    /// else they do not.
    pub replacements: Option<bool>,
    /// Whether the feed is compared with OAI-PMH today, which is else done once a week.
    pub reconcile: bool,
    /// Whether new papers are embedded at once; else the first request that needs vectors does it.
    pub embed: bool,
}

impl Default for Fetch {
    fn default() -> Fetch {
        Fetch {
            categories: Vec::new(),
            papers: Vec::new(),
            since: None,
            until: None,
            all: false,
            cross_lists: None,
            replacements: None,
            reconcile: false,
            embed: true,
        }
    }
}

setters! { Fetch:
    /// Single papers.
    papers => each papers(ArxivId);
    /// All papers since this day.
    since => some since(Date);
    /// The last day.
    until => some until(Date);
    /// All papers of arXiv.
    all => value all(bool);
    /// Whether papers count that are cross-listed in a category.
    cross_lists => some cross_lists(bool);
    /// Whether new versions count of papers that the library does not hold.
    replacements => some replacements(bool);
    /// Whether the feed is compared with OAI-PMH today.
    reconcile => value reconcile(bool);
    /// Whether new papers are embedded at once.
    embed => value embed(bool);
}

impl Fetch {
    /// Asks for the day's papers of categories; of those that are remembered where none is named.
    pub fn new(categories: impl IntoIterator<Item = impl Into<String>>) -> Fetch {
        Fetch { categories: categories.into_iter().map(Into::into).collect(), ..Fetch::default() }
    }
}

/// What came of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Fetched {
    /// How it ended.
    pub outcome: FetchOutcome,
    /// The announcement that should be out; none where days do not matter.
    pub day: Option<Date>,
    /// The latest announcement that brought papers which were not in the library; none where days
    /// do not matter.
    pub announced: Option<Date>,
    /// Per category what became of it.
    pub categories: Vec<FetchedCategory>,
    /// Papers that arXiv does not have.
    pub absent: Vec<ArxivId>,
    /// Papers that could not be asked for.
    pub failed: Vec<FailedPaper>,
    /// Requests that were made.
    pub requests: u64,
    /// What became of the entries.
    #[serde(flatten)]
    pub added: Added,
}

/// How fetching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FetchOutcome {
    /// Nothing was announced, or nothing that is not here, and that is certain.
    Nothing,
    /// Papers have come, and as far as can be told none is missing.
    New,
    /// Something is missing or uncertain: a source is stale, has failed or lacks a paper. The next
    /// run catches up.
    Incomplete,
}

/// What became of a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FetchedCategory {
    /// The category.
    pub category: String,
    /// What is known of it.
    pub state: CategoryState,
    /// Papers that the feed announces in it, as far as they were asked for.
    pub announced: usize,
    /// How many of all that came were not in the library.
    pub new: usize,
    /// Papers that the feed had missed and OAI-PMH lists.
    pub missed: Vec<ArxivId>,
    /// The last announcement of which everything is here, and of all before it.
    pub complete: Option<Date>,
    /// Why the state is what it is, where that is not plain.
    pub reason: Option<String>,
}

/// What is known of a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CategoryState {
    /// Papers have come that were not here.
    New,
    /// The announcement that should be out is here already.
    UpToDate,
    /// Nothing was announced.
    NothingAnnounced,
    /// An announcement was due, and no source has it.
    Stale,
    /// A source that was needed failed.
    Failed,
}

/// A paper that could not be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedPaper {
    /// The paper.
    pub id: ArxivId,
    /// Why, in words.
    pub reason: String,
}

impl Fetched {
    /// Nothing yet.
    pub(super) fn of(added: Added, categories: Vec<FetchedCategory>, requests: u64) -> Fetched {
        let uncertain = |row: &FetchedCategory| matches!(row.state, CategoryState::Stale | CategoryState::Failed);
        let came = added.added > 0 || categories.iter().any(|row| row.state == CategoryState::New);
        let outcome = match (categories.iter().any(uncertain), came) {
            (true, _) => FetchOutcome::Incomplete,
            (false, true) => FetchOutcome::New,
            (false, false) => FetchOutcome::Nothing,
        };
        Fetched {
            outcome,
            day: None,
            announced: None,
            categories,
            absent: Vec::new(),
            failed: Vec::new(),
            requests,
            added,
        }
    }
}

impl Relata {
    /// Fetches papers into the library, which is made where there is none, and embeds what is new.
    ///
    /// # Errors
    /// [`FetchError::NothingAsked`], [`FetchError::NotACategory`], [`FetchError::Offline`],
    /// [`QueryError::EmptyPeriod`]; what the library and the model report. Of a server that fails
    /// within a day's fetch the answer tells; for papers of a range of days it is an error, and the
    /// same request goes on from where it broke off.
    pub fn fetch(&self, request: &Fetch) -> Result<Fetched> {
        for category in &request.categories {
            set_of(category).ok_or_else(|| FetchError::NotACategory { text: category.clone() })?;
        }
        if let (Some(since), Some(until)) = (request.since, request.until)
            && until < since
        {
            return Err(QueryError::EmptyPeriod { since, until }.into());
        }
        if self.settings().offline {
            return Err(FetchError::Offline.into());
        }
        let client = self.client(None);
        if !request.papers.is_empty() {
            return self.embedding(self.fetch_papers(&client, request)?, request.embed);
        }
        let followed = self.followed(request)?;
        let fetched = match request.all || request.since.is_some() || request.until.is_some() {
            true => self.harvest(&client, request, followed)?,
            false => self.daily(&client, followed, request.reconcile)?,
        };
        self.embedding(fetched, request.embed)
    }

    /// Fetches the announcement that should be out, for the categories that are remembered, where
    /// that has not been done. Does not wait long for a server; `None` where nothing is due.
    ///
    /// # Errors
    /// What the library reports. What a server fails at stands in the answer.
    pub fn fetch_due(&self) -> Result<Option<Fetched>> {
        let Some(library) = self.existing()? else { return Ok(None) };
        let followed = library.followed_categories()?;
        drop(library);
        let day = latest_announcement(self.clock.now());
        if self.settings().offline || !followed.iter().any(|category| category.complete < Some(day)) {
            return Ok(None);
        }
        let fetched = self.daily(&self.client(Some(MORNING_PATIENCE)), followed, false)?;
        Ok(Some(fetched))
    }

    /// A client that is told when this work is cancelled, and tells of waits.
    fn client(&self, patience: Option<Duration>) -> Client {
        let (cancel, observer) = (self.cancel.clone(), self.observer.clone());
        let mut settings = self.shared.options.arxiv_settings();
        settings.silence = patience.map_or(settings.silence, |patience| settings.silence.min(patience));
        let deadline = patience.and_then(|patience| self.clock.now().checked_add(patience).ok());
        Client::new(settings)
            .clock(self.clock.clone())
            .until(deadline.unwrap_or(jiff::Timestamp::MAX))
            .checked_by(move || cancel.check())
            .told_by(move |delay| observer.on(Event::Note(Note::Delayed(delay))))
    }

    /// The categories of a request, remembered from now on; else all that are remembered.
    pub(super) fn followed(&self, request: &Fetch) -> Result<Vec<FollowedCategory>> {
        let known = match self.existing()? {
            Some(library) => library.followed_categories()?,
            None => Vec::new(),
        };
        if request.categories.is_empty() {
            return match known.is_empty() && !request.all {
                true => Err(FetchError::NothingAsked.into()),
                false if request.all => Ok(Vec::new()),
                false => Ok(known.into_iter().map(|category| as_asked(category, request)).collect()),
            };
        }
        let mut followed: Vec<FollowedCategory> = Vec::new();
        for name in &request.categories {
            if followed.iter().any(|category| category.category == *name) {
                continue;
            }
            let category = known.iter().find(|category| category.category == *name).cloned();
            followed.push(as_asked(category.unwrap_or_else(|| FollowedCategory::new(name)), request));
        }
        self.write_library(|library| library.follow_categories(&followed))?;
        Ok(followed)
    }

    /// Writes something into the library, in its turn.
    pub(super) fn write_library<T>(&self, write: impl FnOnce(&mut Connection<'_>) -> Result<T>) -> Result<T> {
        let mut library = self.own()?;
        let _permit = self.shared.own.write();
        write(&mut library)
    }

    /// Embeds what has come.
    fn embedding(&self, mut fetched: Fetched, embed: bool) -> Result<Fetched> {
        if embed && fetched.added.added + fetched.added.updated > 0 {
            let added = self.add_by(true, Added::default(), |_, _| Ok(())).map_err(Error::from)?;
            fetched.added.embedded = added.embedded;
        }
        Ok(fetched)
    }
}

pub(super) fn as_asked(category: FollowedCategory, request: &Fetch) -> FollowedCategory {
    FollowedCategory {
        cross_lists: request.cross_lists.unwrap_or(category.cross_lists),
        replacements: request.replacements.unwrap_or(category.replacements),
        ..category
    }
}

/// Whether a paper's category is one that is followed, which may be an archive.
pub(super) fn within(category: &str, followed: &str) -> bool {
    category.strip_prefix(followed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether the library holds a paper.
pub(super) fn is_known(library: &Library, id: &ArxivId) -> Result<bool> {
    Ok(library.row_of(id)?.is_some())
}

/// Takes the outcomes of a transaction into a report.
pub(super) fn count(added: &mut Added, outcomes: &[Outcome], skipped: Vec<crate::paper::Skipped>) {
    added.count(outcomes);
    skipped.into_iter().for_each(|skipped| added.skips.push(skipped));
}
