//! Today: the new papers that matter to a profile.
//!
//! In: [`Today`], digests to add, or the library's latest day. Out: [`TodayList`]. What a list has
//! shown is noted once it is out ([`Relata::note_shown`]), so that the list of another day leaves
//! it out.

use std::path::PathBuf;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::add::{Added, Skips, files};
use super::day::{Day, Listed};
use super::events::Event;
use super::query::{Factors, Selection, check_period};
use super::related::{Related, related};
use super::rows::{Row, Seen, Source, english};
use super::session::Session;
use super::{DEFAULT_PROFILE, Relata};
use crate::error::{LibraryError, ProfileError, Result};
use crate::library::Filter;
use crate::paper::ArxivId;
use crate::recommend::Query;
use crate::today::{self, DEFAULT_FLOOR, New};

/// Papers below the floor that are shown where none reaches it and the nearest are asked for.
const NEAREST: usize = 3;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
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
    /// Number of papers.
    pub k: usize,
    /// The least match of a paper, from 0 to 100; 50 where nothing is said.
    pub at_least: Option<f32>,
    /// Which papers may be listed.
    pub filter: Filter,
    /// How the parts of a score count.
    pub factors: Factors,
    /// How much a paper's likeness to those before it lowers its score, from 0 to 1.
    pub diversity: f32,
    /// Days after which a like counts half as much; all count the same where nothing is said.
    pub half_life: Option<f32>,
    /// Language of the digests' short texts, such as `en`.
    pub language: String,
}

impl Default for Today {
    fn default() -> Today {
        Today {
            paths: Vec::new(),
            profile: DEFAULT_PROFILE.to_owned(),
            new: false,
            seen: false,
            nearest: false,
            k: 10,
            at_least: None,
            filter: Filter::default(),
            factors: Factors::default(),
            diversity: 0.0,
            half_life: None,
            language: english(),
        }
    }
}

/// The list of a day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TodayList {
    /// What was asked.
    pub query: TodayQuery,
    /// The day in numbers.
    pub day: DayNumbers,
    /// New papers that match well enough, the best first.
    pub results: Vec<NewPaper>,
    /// Papers left out since earlier digests had them, or as late versions of old ones.
    pub known: usize,
    /// Papers left out since lists of the profile have shown them.
    pub listed_before: usize,
    /// Papers left out since they nearly repeat an older one.
    pub repeated: Vec<Repeated>,
    /// The nearest of the others, where they were asked for and no paper matches well enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Vec<NewPaper>>,
    /// Entries of the digests that could not be used.
    #[serde(flatten)]
    pub skips: Skips,
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
    /// The day of the list, the latest of the digests; unknown where there is no paper.
    pub date: Option<Date>,
    /// Papers of the day that the filter leaves.
    pub papers: usize,
    /// How many of them are new to the profile.
    pub new: usize,
    /// How many of these match well enough.
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
    /// [`ProfileError::NothingLiked`], [`ProfileError::NoSuchProfile`], before anything is read;
    /// what [`Relata::add`] and [`Relata::recommend`] report.
    pub fn today(&self, request: &Today) -> Result<TodayList> {
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
        if profile.like.is_empty() {
            return Err(ProfileError::NothingLiked { profile: request.profile.clone() }.into());
        }
        let mut listed = Listed::default();
        if !files.is_empty() {
            let _permit = store.write();
            let read = self.read_files(&mut session.library, &files, &mut report, &mut |entry| listed.note(entry));
            self.tell(Event::Read { skips: report.skips.clone(), notes: report.notes.clone() });
            read?;
        } else {
            self.tell(Event::Read { skips: report.skips.clone(), notes: report.notes.clone() });
        }
        check_period(&request.filter)?;
        let mut query = Query {
            k: request.k,
            filter: request.filter.clone(),
            weights: request.factors.weights(),
            diversity: request.diversity,
            at_least: request.at_least.unwrap_or(DEFAULT_FLOOR),
            ..Query::default()
        };
        query.emphasis = request.half_life.map(|days| profile.emphasis(days)).unwrap_or_default();
        session.add_profile(&profile, &mut query)?;
        let embedder = session.embedder()?;
        let fingerprint = session.embedded(&embedder)?;
        let view = session.library.view()?;
        let from = session.seen(fingerprint)?;
        let day = Day::of(&session.library, request, &listed, &query)?;
        query.among = Some(day.among.clone());
        let knowledge = session.knowledge(&view, fingerprint)?;
        let context = knowledge.context(&session.library, fingerprint);
        let today::Today { new, repeated, matter } = today::today(&context, &knowledge.learned, &query, request.seen)?;
        let nearest = match request.nearest {
            true if new.is_empty() => {
                let lower = Query { at_least: 0.0, k: NEAREST.min(query.k), ..query.clone() };
                Some(today::today(&context, &knowledge.learned, &lower, request.seen)?.new)
            }
            true => Some(Vec::new()),
            false => None,
        };
        let rows =
            |new: Vec<New>| new.into_iter().enumerate().map(|(at, new)| listed_paper(at + 1, new, request)).collect();
        Ok(TodayList {
            query: TodayQuery {
                profile: request.profile.clone(),
                // A path need not be text.
                paths: request.paths.iter().map(|path| path.display().to_string()).collect(),
                seen: request.seen,
                new: request.new,
                filter: Selection { filter: request.filter.clone(), k: request.k, at_least: request.at_least },
            },
            day: DayNumbers {
                date: day.date,
                papers: day.papers,
                new: day.new,
                matter,
                floor: if query.at_least > 0.0 { query.at_least } else { DEFAULT_FLOOR },
            },
            results: rows(new),
            known: day.known,
            listed_before: day.shown,
            repeated: repeated.into_iter().map(|(id, older)| Repeated { id, older }).collect(),
            nearest: nearest.map(rows),
            skips: report.skips,
            files: files.len(),
            from,
        })
    }

    /// Notes that a list has shown its papers, so that the lists of other days leave them out. For
    /// once it is out.
    ///
    /// # Errors
    /// What the library reports.
    pub fn note_shown(&self, list: &TodayList) -> Result<()> {
        let Some(date) = list.day.date else { return Ok(()) };
        let shown = list.results.iter().flat_map(|new| new.also.iter().chain([&new.row.id])).cloned();
        self.own()?.note_shown(&list.query.profile, date, &shown.collect::<Vec<_>>())
    }
}

fn listed_paper(rank: usize, New { answer, also }: New, request: &Today) -> NewPaper {
    NewPaper {
        row: related(rank, answer, &request.language),
        also: also.iter().map(|paper| paper.id.clone()).collect(),
        also_titles: also.into_iter().map(|paper| paper.title).collect(),
    }
}
