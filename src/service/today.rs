//! Today: the new papers that matter to a profile.
//!
//! In: [`Today`], digests to add, or the library's latest day. Out: [`TodayList`]. What a list has
//! shown is noted once it is out ([`Relata::note_shown`]), so that the list of another day leaves
//! it out.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::add::{Added, Skips, files};
use super::day::{Day, Listed};
use super::events::Event;
use super::fetch::Fetched;
use super::followed::{self, FollowedPaper};
use super::query::{RankOptions, Selection, rank_options, rank_setters};
use super::related::{Related, related};
use super::rows::{Row, Seen, Source};
use super::session::Session;
use super::texts::emphasise;
use super::{DEFAULT_PROFILE, Relata};
use crate::error::{Error, LibraryError, ProfileError, Result};
use crate::library::{PaperSet, Profile};
use crate::paper::{ArxivId, PartialDate};
use crate::recommend::Query;
use crate::setters::setters;
use crate::today::{self, DEFAULT_FLOOR, New};

/// Papers below the floor that are shown where none reaches it and the nearest are asked for.
const NEAREST: usize = 3;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Today {
    /// Digests, which are added to the library; those of the latest day among them are listed, or
    /// of all days where the filter has a first day. Without any, the latest day of the library.
    pub paths: Vec<PathBuf>,
    /// The profile.
    pub profile: String,
    /// Leave out whatever any list has shown for the profile.
    pub new: bool,
    /// Also list what was listed on other days, what earlier digests had, and what nearly repeats
    /// an older paper.
    pub seen: bool,
    /// Where no new paper matches well enough, give the nearest all the same.
    pub nearest: bool,
    /// Fetch the announcement that is due first, for the categories that are remembered. A source
    /// that fails takes nothing from the list: the answer tells of it.
    pub fetch: bool,
    /// How papers are ranked, and which become answers.
    #[serde(flatten, deserialize_with = "ranking")]
    pub ranking: RankOptions,
}

impl Default for Today {
    fn default() -> Today {
        Today {
            paths: Vec::new(),
            profile: DEFAULT_PROFILE.to_owned(),
            new: false,
            seen: false,
            nearest: false,
            fetch: false,
            ranking: RankOptions::default(),
        }
    }
}

fn ranking<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<RankOptions, D::Error> {
    rank_options(from, &["paths", "profile", "new", "seen", "nearest", "fetch"])
}

rank_setters!(Today);
setters! { Today:
    /// Digests, which are added to the library.
    paths => each_into paths(PathBuf);
    /// Leave out whatever any list has shown for the profile.
    new => value only_new(bool);
    /// Also list what was listed on other days, and what nearly repeats an older paper.
    seen => value seen(bool);
    /// Where no new paper matches well enough, give the nearest all the same.
    nearest => value nearest(bool);
    /// Fetch the announcement that is due first.
    fetch => value fetch(bool);
}

impl Today {
    /// Asks for the ten new papers of the library's latest day that match a profile best. Setters
    /// say what else is wanted.
    ///
    /// ```
    /// use relata::service::Today;
    ///
    /// let request = Today::new("default").paths(["2026-02-14.md"]).at_least(60.0).k(5);
    /// assert_eq!(request.ranking.at_least, Some(60.0));
    /// ```
    pub fn new(profile: impl Into<String>) -> Today {
        Today { profile: profile.into(), ..Today::default() }
    }
}

/// The list of a day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TodayList {
    /// What was asked.
    pub query: TodayQuery,
    /// The day in numbers.
    pub day: DayNumbers,
    /// New papers that the profile follows, whatever their match: at most 50, those of authors
    /// first, then those with words, then those of categories. [`DayNumbers::followed`] counts all.
    pub followed: Vec<FollowedPaper>,
    /// New papers that match well enough, the best first, without those above.
    pub results: Vec<NewPaper>,
    /// Papers left out since earlier digests had them, or as late versions of old ones.
    pub known: usize,
    /// Papers left out since lists of the profile have shown them.
    pub listed_before: usize,
    /// New papers left out since they are withdrawn.
    pub withdrawn: usize,
    /// Papers left out since they nearly repeat an older one.
    pub repeated: Vec<Repeated>,
    /// The nearest of the others, where they were asked for and no paper matches well enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Vec<NewPaper>>,
    /// What was fetched before, where something was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Fetched>,
    /// Entries of the digests that could not be used.
    #[serde(flatten)]
    pub skips: Skips,
    /// Whether papers were compared with what is liked: a profile that only follows likes nothing.
    #[serde(skip)]
    pub ranked: bool,
    /// Files that were read.
    #[serde(skip)]
    pub files: usize,
    /// The library that answered.
    #[serde(skip)]
    pub from: Seen,
}

/// A question as its answer repeats it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TodayQuery {
    /// The profile.
    pub profile: String,
    /// The digests, as they were named.
    pub paths: Vec<String>,
    /// See [`Today::seen`].
    pub seen: bool,
    /// See [`Today::new`].
    pub new: bool,
    /// Which papers could be listed.
    pub filter: Selection,
}

/// A day in numbers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DayNumbers {
    /// The day of the list, the latest of the digests: a month where no day is known, unknown where
    /// there is no paper.
    pub date: Option<PartialDate>,
    /// Papers of the day that the filter leaves.
    pub papers: usize,
    /// How many of them are new to the profile.
    pub new: usize,
    /// How many of these the profile follows.
    pub followed: usize,
    /// How many of the others match well enough. Followed papers that are not listed as such are
    /// among them.
    pub matter: usize,
    /// The least match of a paper that matters.
    pub floor: f32,
}

/// A paper of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NewPaper {
    /// The paper and why it is listed.
    #[serde(flatten)]
    pub row: Row<Related>,
    /// Papers of nearly the same text, which are not listed.
    pub also: Vec<ArxivId>,
    /// Their titles, in the same order.
    #[serde(skip)]
    pub also_titles: Vec<Option<String>>,
}

/// A paper that nearly repeats an older one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Repeated {
    /// The paper.
    pub id: ArxivId,
    /// The older one.
    pub older: ArxivId,
}

impl Relata {
    /// Adds the digests of a request, and lists the new papers that matter to the profile.
    ///
    /// # Errors
    /// [`LibraryError::Empty`] where no digest is named and the library has no papers;
    /// [`ProfileError::NothingLiked`] for a profile that follows nothing either and
    /// [`ProfileError::NoSuchProfile`], before anything is read;
    /// what [`Relata::add`] and [`Relata::recommend`] report.
    pub fn today(&self, request: &Today) -> Result<TodayList> {
        let fetched = self.fetch_for(request)?;
        let mut report = Added::default();
        let files = files(&request.paths, &mut report);
        let library = if request.paths.is_empty() {
            self.with_papers()?.ok_or_else(|| LibraryError::Empty { path: self.library_path().to_owned() })?
        } else {
            self.own()?
        };
        let store = &self.shared.own;
        let mut session = Session { relata: self, store, library, source: Source::Library };
        // Before files are read: without a profile nothing would come of it.
        let named = request.profile != DEFAULT_PROFILE;
        let profile = match named {
            true => session.library.existing_profile(&request.profile)?,
            false => session.library.profile(&request.profile)?,
        };
        if profile.likes_nothing() && profile.follows.is_empty() {
            return Err(ProfileError::NothingLiked { profile: request.profile.clone() }.into());
        }
        let mut listed = Listed::default();
        if files.is_empty() {
            self.tell(Event::Read { skips: report.skips.clone(), notes: report.notes.clone() });
        } else {
            let _permit = store.write();
            let read = self.read_files(&mut session.library, &files, &mut report, &mut |entry| listed.note(entry));
            self.tell(Event::Read { skips: report.skips.clone(), notes: report.notes.clone() });
            read?;
        }
        let mut query = request.ranking.query(DEFAULT_FLOOR)?;
        let ranks = ranks(session.add_profile(&profile, &mut query), &profile)?;
        emphasise(&mut query, &profile, request.ranking.half_life);
        session.say_withdrawn(&query, &[])?;
        let embedder = session.embedder()?;
        let fingerprint = session.embedded(&embedder)?;
        session.embed_texts(&embedder, fingerprint, &mut query)?;
        let view = session.library.view()?;
        let from = session.seen(fingerprint)?;
        let day = Day::of(&session.library, request, &listed, &query)?;
        let knowledge = ranks.then(|| session.knowledge(&view, fingerprint)).transpose()?;
        let ranking = knowledge.as_ref().map(|own| (own.context(&session.library, fingerprint), &*own.known));
        let found = followed::Found::among(&session.library, &profile.follows, &day.news)?;
        let answers = ranking.as_ref().map(|(context, known)| found.ranked(context, known, &query)).transpose()?;
        let all_followed = found.len();
        let followed = found.listed(&session.library, answers.unwrap_or_default(), &request.ranking.language)?;
        let rows = followed.iter().map(|row| row.paper.row).collect();
        query.among = Some(day.among.subtract(&PaperSet::new(rows)));
        let (mut found, mut nearest) = (today::Today::default(), request.nearest.then(Vec::new));
        if let Some((context, known)) = &ranking {
            found = today::today(context, known, &query, request.seen)?;
            if request.nearest && found.new.is_empty() {
                let lower = Query { at_least: 0.0, k: NEAREST.min(query.k), ..query.clone() };
                nearest = Some(today::today(context, known, &lower, request.seen)?.new);
            }
        }
        let today::Today { new, repeated, matter } = found;
        let first = followed.len() + 1;
        let rows =
            |new: Vec<New>| new.into_iter().zip(first..).map(|(new, rank)| listed_paper(rank, new, request)).collect();
        Ok(TodayList {
            query: TodayQuery {
                profile: request.profile.clone(),
                // A path need not be text.
                paths: request.paths.iter().map(|path| path.display().to_string()).collect(),
                seen: request.seen,
                new: request.new,
                filter: request.ranking.selection(),
            },
            day: DayNumbers {
                date: day.date,
                papers: day.papers,
                new: day.new,
                followed: all_followed,
                matter,
                floor: if query.at_least > 0.0 { query.at_least } else { DEFAULT_FLOOR },
            },
            followed,
            results: rows(new),
            known: day.known,
            listed_before: day.shown,
            withdrawn: day.withdrawn,
            repeated: repeated.into_iter().map(|(id, older)| Repeated { id, older }).collect(),
            nearest: nearest.map(rows),
            fetched,
            skips: report.skips,
            ranked: ranks,
            files: files.len(),
            from,
        })
    }

    /// Fetches what is due, for a list of the library's latest day. Without likes nothing would
    /// come of it.
    fn fetch_for(&self, request: &Today) -> Result<Option<Fetched>> {
        if !request.fetch || !request.paths.is_empty() {
            return Ok(None);
        }
        match self.profile(None, &request.profile, true)?.like.is_empty() {
            true => Ok(None),
            false => self.fetch_due(),
        }
    }

    /// Lists a day, and notes its papers as shown.
    ///
    /// # Errors
    /// As [`Relata::today`].
    pub fn mark_shown(&self, request: &Today) -> Result<TodayList> {
        let list = self.today(request)?;
        self.note_shown(&list)?;
        Ok(list)
    }

    /// Notes that a list has shown its papers, so that the lists of other days leave them out. For
    /// once it is out.
    ///
    /// # Errors
    /// What the library reports.
    pub fn note_shown(&self, list: &TodayList) -> Result<()> {
        let Some(date) = list.day.date else { return Ok(()) };
        let shown = list.results.iter().flat_map(|new| new.also.iter().chain([&new.row.id]));
        let shown = list.followed.iter().map(|row| &row.id).chain(shown).cloned();
        self.own()?.note_shown(&list.query.profile, date, &shown.collect::<Vec<_>>())
    }
}

/// Whether a profile says what is liked. One that only follows says nothing of how papers rank, and
/// neither does one whose liked papers are gone.
fn ranks(added: Result<()>, profile: &Profile) -> Result<bool> {
    match added {
        Err(Error::Profile(ProfileError::NothingLiked { .. } | ProfileError::LikedAreGone { .. }))
            if !profile.follows.is_empty() =>
        {
            Ok(false)
        }
        added => added.map(|()| true),
    }
}

fn listed_paper(rank: usize, New { answer, also }: New, request: &Today) -> NewPaper {
    NewPaper {
        row: related(rank, answer, &request.ranking.language),
        also: also.iter().map(|paper| paper.id.clone()).collect(),
        also_titles: also.into_iter().map(|paper| paper.metadata.title).collect(),
    }
}
