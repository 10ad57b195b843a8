//! Interests: which liked papers of a profile are one, as somebody may want to see and change them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::Relata;
use super::rows::Source;
use super::session::Session;
use crate::error::{Error, ProfileError, Result};
use crate::library::{FingerprintNumber, Profile};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::recommend::Query;
use crate::recommend::summary::{Group, Member, groups, split};

/// The interests of a profile.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Interests {
    /// The profile.
    pub profile: String,
    /// Its interests, in the order of their first papers.
    pub interests: Vec<InterestRow>,
    /// Papers that it dislikes.
    pub unlike: Vec<ArxivId>,
}

/// Liked papers that are one interest.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InterestRow {
    /// Its number, from 1.
    pub interest: usize,
    /// What it is due of the answers, to four decimals; all together are due 1.
    #[serde(serialize_with = "four_decimals")]
    pub share: f32,
    /// Terms that its papers have in common, the most telling first.
    pub terms: Vec<String>,
    /// Its papers.
    pub papers: Vec<InterestPaper>,
    /// Its texts that are no papers of the library; the key is left out where it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<InterestText>,
}

/// A text of an interest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InterestText {
    /// What identifies it in the profile.
    pub key: String,
    /// Its title.
    pub title: String,
}

/// A paper of an interest.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InterestPaper {
    /// Its identifier.
    pub id: ArxivId,
    /// Its title; empty where it has none.
    pub title: String,
}

/// A profile whose papers are there to be compared.
struct Opened<'a> {
    session: Session<'a>,
    profile: Profile,
    fingerprint: FingerprintNumber,
    query: Query,
    groups: Vec<Group>,
}

impl Relata {
    /// The interests of a profile.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`], [`ProfileError::NothingLiked`],
    /// [`ProfileError::LikedAreGone`]; what the model and the library report.
    pub fn interests(&self, profile: &str) -> Result<Interests> {
        let Opened { profile, groups, .. } = self.open_profile(profile)?;
        let interests = groups.into_iter().enumerate().map(|(at, group)| InterestRow::of(at + 1, group)).collect();
        Ok(Interests { profile: profile.name, interests, unlike: profile.unlike })
    }

    /// Parts an interest in two where its papers are least alike; all interests then stay as they
    /// are. Says whether it could: a single paper cannot be parted.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchInterest`]; as [`Relata::interests`].
    pub fn split_interest(&self, profile: &str, interest: usize) -> Result<bool> {
        let opened = self.open_profile(profile)?;
        let group = opened.group(interest)?;
        if group.members.len() < 2 {
            return Ok(false);
        }
        let view = opened.session.library.view()?;
        let known = view.known(opened.fingerprint, &|note| self.note(note))?;
        let library = &*opened.session.library;
        let context = SearchContext { library, fingerprint: opened.fingerprint, index: None };
        let parts = split(&context, &known, &opened.query, group)?;
        drop(view);
        let mut numbers = opened.numbers();
        let new = opened.groups.len() + 1;
        numbers.extend(parts.into_iter().filter(|(_, part)| *part == 1).map(|(member, _)| (member, new)));
        opened.keep(numbers)?;
        Ok(true)
    }

    /// Makes one of some interests; all interests then stay as they are.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchInterest`]; as [`Relata::interests`].
    pub fn join_interests(&self, profile: &str, interests: &[usize]) -> Result<()> {
        let opened = self.open_profile(profile)?;
        for number in interests {
            opened.group(*number)?;
        }
        let mut numbers = opened.numbers();
        let into = interests.iter().copied().min().unwrap_or(1);
        numbers.values_mut().filter(|number| interests.contains(number)).for_each(|number| *number = into);
        opened.keep(numbers)
    }

    /// Forgets what was split and joined: likeness decides again.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`]; what the library reports.
    pub fn regroup_interests(&self, profile: &str) -> Result<()> {
        let mut library = self.own()?;
        let own = library.existing_profile(profile)?;
        library.set_interests(profile, &own.like.into_iter().map(|id| (id, None)).collect::<Vec<_>>())?;
        library.set_text_interests(profile, &own.texts.into_iter().map(|text| (text.key, None)).collect::<Vec<_>>())
    }

    fn open_profile(&self, name: &str) -> Result<Opened<'_>> {
        let mut session = self.answering()?;
        let profile = self.profile(session.own(), name, true)?;
        let mut query = Query::default();
        session.add_profile(&profile, &mut query)?;
        let embedder = session.embedder()?;
        let fingerprint = session.embedded(&embedder)?;
        session.embed_texts(&embedder, fingerprint, &mut query)?;
        let view = session.library.view()?;
        let known = view.known(fingerprint, &|note| self.note(note))?;
        let groups = groups(&SearchContext { library: &session.library, fingerprint, index: None }, &known, &query)?;
        drop(view);
        Ok(Opened { session, profile, fingerprint, query, groups })
    }
}

impl Opened<'_> {
    /// The interest of a number that a person typed.
    fn group(&self, number: usize) -> Result<&Group> {
        let count = self.groups.len();
        number
            .checked_sub(1)
            .and_then(|at| self.groups.get(at))
            .ok_or(Error::from(ProfileError::NoSuchInterest { number, count }))
    }

    /// Which number each paper and text has as things stand.
    fn numbers(&self) -> BTreeMap<Member, usize> {
        let numbered = self.groups.iter().enumerate();
        numbered.flat_map(|(at, group)| group.members.iter().map(move |(member, _)| (member.clone(), at + 1))).collect()
    }

    /// Keeps interests as somebody has made them.
    fn keep(self, numbers: BTreeMap<Member, usize>) -> Result<()> {
        let (mut papers, mut texts) = (Vec::new(), Vec::new());
        for (member, number) in numbers {
            let number = Some(i64::try_from(number).unwrap_or(i64::MAX));
            match member {
                Member::Paper(id) => papers.push((id, number)),
                Member::Text(key) => texts.push((key, number)),
            }
        }
        // The profile stands in the user's own library, also where the sample answers.
        let Session { relata, library, source, .. } = self.session;
        let mut own = if source == Source::Sample { relata.own()? } else { library };
        own.set_interests(&self.profile.name, &papers)?;
        own.set_text_interests(&self.profile.name, &texts)
    }
}

impl InterestRow {
    fn of(interest: usize, group: Group) -> InterestRow {
        let Group { share, terms, members } = group;
        let mut row = InterestRow { interest, share, terms, papers: Vec::new(), texts: Vec::new() };
        for (member, title) in members {
            match member {
                Member::Paper(id) => row.papers.push(InterestPaper { id, title }),
                Member::Text(key) => row.texts.push(InterestText { key, title }),
            }
        }
        row
    }
}

fn four_decimals<S: Serializer>(x: &f32, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_f64((f64::from(*x) * 1e4).round() / 1e4)
}
