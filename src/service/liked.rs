//! The papers that a profile likes, or those of one of its interests, as a list.
//!
//! In: [`ListLiked`]. Out: [`LikedList`], a part of the list with the number of all. The papers of
//! an interest come by how near they are to its middle, all others the latest like first; equals by
//! id. A paper that the library does not have any more is listed by its id.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::interests::{InterestName, InterestRow, InterestText};
use super::{DEFAULT_PROFILE, Relata};
use crate::error::Result;
use crate::library::{Library, Paper, Profile, terms};
use crate::paper::{ArxivId, LikeWeight};

/// Which papers are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct ListLiked {
    /// The profile.
    pub profile: String,
    /// Only those of this interest: its number, or something that it holds (the id of a paper or
    /// the key of a text).
    pub interest: Option<String>,
    /// Papers that the profile does not like instead.
    pub disliked: bool,
    /// Only those whose title and authors have words that begin with all of these.
    pub text: Option<String>,
    /// How many are passed over.
    pub from: usize,
    /// How many are listed at most; all, where nothing is said.
    pub k: Option<usize>,
}

impl Default for ListLiked {
    fn default() -> ListLiked {
        let profile = DEFAULT_PROFILE.to_owned();
        ListLiked { profile, interest: None, disliked: false, text: None, from: 0, k: None }
    }
}

/// Papers of a profile.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LikedList {
    /// The profile.
    pub profile: String,
    /// The interest, where one was asked for; the key is left out where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interest: Option<InterestHead>,
    /// How many papers pass, listed or not.
    pub total: usize,
    /// The papers.
    pub papers: Vec<LikedPaper>,
    /// All texts of the interest, or of the profile, that are no papers of the library; the key is
    /// left out where it has none, or where papers are disliked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<InterestText>,
}

/// An interest without its papers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InterestHead {
    /// Its number, from 1.
    pub interest: usize,
    /// What it is due of the answers, to four decimals.
    #[serde(serialize_with = "super::interests::four_decimals")]
    pub share: f32,
    /// How much it counts by what somebody has said, to two decimals.
    #[serde(serialize_with = "super::interests::two_decimals")]
    pub weight: f32,
    /// Terms that name it, the most telling first: what its papers have in common, or else the
    /// title of its most central one.
    pub terms: Vec<String>,
}

/// A paper that a profile likes or dislikes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LikedPaper {
    /// Its identifier.
    pub id: ArxivId,
    /// Its title; empty where the library has none.
    pub title: String,
    /// The day of the opinion, where it is known.
    pub noted: Option<Date>,
    /// How much it counts, where somebody has said so; the key is left out where nobody has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<LikeWeight>,
    /// The paper, where the library has it.
    #[serde(skip)]
    pub paper: Option<Paper>,
}

impl Relata {
    /// Papers that a profile likes.
    ///
    /// # Errors
    /// [`NoSuchProfile`](crate::error::ProfileError::NoSuchProfile); where an interest is asked
    /// for, what [`Relata::interests`] reports, and that there is no such interest.
    pub fn liked(&self, request: &ListLiked) -> Result<LikedList> {
        let named = request.interest.as_deref().filter(|_| !request.disliked).map(InterestName::typed);
        let interest = named.map(|name| self.interest(&request.profile, &name)).transpose()?;
        let profile = self.profile(None, &request.profile, true)?;
        let ids = match &interest {
            Some(row) => row.central_first().map(|paper| paper.id.clone()).collect(),
            None => latest_first(&profile, request.disliked),
        };
        let texts = match &interest {
            _ if request.disliked => Vec::new(),
            Some(row) => row.texts.clone(),
            None => profile
                .texts
                .iter()
                .map(|text| InterestText { key: text.key.clone(), title: text.title.clone() })
                .collect(),
        };
        let library = self.answering()?.library;
        let words = terms(request.text.as_deref().unwrap_or_default());
        let mut papers = BTreeMap::new();
        let passing: Vec<ArxivId> = if words.is_empty() {
            ids
        } else {
            papers = read(&library, &ids)?;
            ids.into_iter().filter(|id| papers.get(id).is_some_and(|paper| holds(paper, &words))).collect()
        };
        let total = passing.len();
        let listed: Vec<ArxivId> =
            passing.into_iter().skip(request.from).take(request.k.unwrap_or(usize::MAX)).collect();
        if words.is_empty() {
            papers = read(&library, &listed)?;
        }
        let row = |id: ArxivId| {
            let paper = papers.remove(&id);
            LikedPaper {
                title: paper.as_ref().and_then(|paper| paper.title.clone()).unwrap_or_default(),
                noted: profile.noted.get(&id).copied(),
                weight: profile.weights.get(&id).copied(),
                paper,
                id,
            }
        };
        Ok(LikedList {
            profile: profile.name.clone(),
            interest: interest.map(InterestHead::from),
            total,
            papers: listed.into_iter().map(row).collect(),
            texts,
        })
    }
}

impl From<InterestRow> for InterestHead {
    fn from(row: InterestRow) -> InterestHead {
        let InterestRow { interest, share, weight, terms, .. } = row;
        InterestHead { interest, share, weight, terms }
    }
}

/// The papers of a profile by the day of the opinion; of one day, and those of no known day at the
/// end, by id.
fn latest_first(profile: &Profile, disliked: bool) -> Vec<ArxivId> {
    let mut ids = if disliked { profile.unlike.clone() } else { profile.like.clone() };
    ids.sort_by_key(|id| Reverse(profile.noted.get(id).copied()));
    ids
}

fn read(library: &Library, ids: &[ArxivId]) -> Result<BTreeMap<ArxivId, Paper>> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(library.row_of(id)?);
    }
    let papers = library.papers_by_rows(&rows)?;
    Ok(papers.into_iter().map(|paper| (paper.id.clone(), paper)).collect())
}

/// Whether a paper has words that begin with all of some.
fn holds(paper: &Paper, words: &[String]) -> bool {
    let own = terms(&format!("{} {}", paper.title.as_deref().unwrap_or_default(), paper.authors.join(" ")));
    words.iter().all(|word| own.iter().any(|own| own.starts_with(word.as_str())))
}
