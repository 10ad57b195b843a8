//! Interests: which liked papers of a profile are one, as somebody may want to see and change them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::rows::Source;
use super::session::Session;
use super::store::Connection;
use super::{DEFAULT_PROFILE, Relata};
use crate::error::{Error, ProfileError, Result};
use crate::library::{FingerprintNumber, Profile};
use crate::neighbours::SearchContext;
use crate::paper::{ArxivId, LikeWeight};
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
    /// What it is due of the answers, to four decimals; all together are due 1, unless all are
    /// muted.
    #[serde(serialize_with = "four_decimals")]
    pub share: f32,
    /// How much it counts beside the others by what somebody has said, from 0 (muted) to 10, to two
    /// decimals; 1 where nobody has said anything. The mean of its papers and texts.
    #[serde(serialize_with = "two_decimals")]
    pub weight: f32,
    /// Terms that name it, the most telling first: what its papers have in common, or else the
    /// title of its most central one.
    pub terms: Vec<String>,
    /// Its papers.
    pub papers: Vec<InterestPaper>,
    /// Its texts that are no papers of the library; the key is left out where it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<InterestText>,
    /// Places of `papers`, those nearest to the middle of the interest first.
    #[serde(skip)]
    pub(super) central: Vec<usize>,
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

/// How much an interest counts from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeighInterest {
    /// The profile.
    #[serde(default = "default_profile")]
    pub profile: String,
    /// The interest.
    pub interest: InterestName,
    /// From 0, which mutes it, to 10; 1 takes back what was said.
    pub weight: LikeWeight,
}

/// How an interest is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum InterestName {
    /// By its number, from 1. Numbers may change with each like.
    Number(usize),
    /// By something that it holds: the id of a paper or the key of a text.
    Member(String),
}

impl InterestName {
    /// The name that somebody typed: a number, or else an id or a key.
    pub fn typed(text: &str) -> InterestName {
        text.parse().map_or_else(|_| InterestName::Member(text.to_owned()), InterestName::Number)
    }
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

    /// The interest of a profile that somebody names.
    pub(super) fn interest(&self, profile: &str, name: &InterestName) -> Result<InterestRow> {
        let opened = self.open_profile(profile)?;
        let at = opened.place(name)?;
        let group = opened.groups.into_iter().nth(at).ok_or(Error::Internal("an interest is gone"))?;
        Ok(InterestRow::of(at + 1, group))
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

    /// Gives all papers and texts of an interest a weight, and with it the interest: its share of
    /// the answers rises or falls with it. Gives the interests as they are then.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchInterest`], [`ProfileError::NotLiked`]; as [`Relata::interests`].
    pub fn weigh_interest(&self, request: &WeighInterest) -> Result<Interests> {
        let opened = self.open_profile(&request.profile)?;
        let group = &opened.groups[opened.place(&request.interest)?];
        let weight = (request.weight != LikeWeight::ONE).then_some(request.weight);
        let (mut papers, mut texts) = (Vec::new(), Vec::new());
        for (member, _) in &group.members {
            match member {
                Member::Paper(id) => papers.push((id.clone(), weight)),
                Member::Text(key) => texts.push((key.clone(), weight)),
            }
        }
        opened.into_own()?.set_weights(&request.profile, &papers, &texts)?;
        self.interests(&request.profile)
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

impl<'a> Opened<'a> {
    /// The interest of a number that a person typed.
    fn group(&self, number: usize) -> Result<&Group> {
        let count = self.groups.len();
        number
            .checked_sub(1)
            .and_then(|at| self.groups.get(at))
            .ok_or(Error::from(ProfileError::NoSuchInterest { number, count }))
    }

    /// The place of an interest that somebody named.
    fn place(&self, name: &InterestName) -> Result<usize> {
        let member = match name {
            InterestName::Number(number) => return self.group(*number).map(|_| number - 1),
            InterestName::Member(member) => member,
        };
        let id = ArxivId::parse(member).map(|(id, _)| id);
        let is = |own: &Member| match own {
            Member::Paper(own) => Some(own) == id.as_ref(),
            Member::Text(key) => key == member,
        };
        let holds = |group: &Group| group.members.iter().any(|(own, _)| is(own));
        let profile = || self.profile.name.clone();
        self.groups.iter().position(holds).ok_or_else(|| {
            ProfileError::NotLiked { profile: profile(), what: crate::text::neutral::name(member).into_owned() }.into()
        })
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
        let name = self.profile.name.clone();
        let mut own = self.into_own()?;
        own.set_interests(&name, &papers)?;
        own.set_text_interests(&name, &texts)
    }

    /// The user's own library, in which the profile stands also where the sample answers.
    fn into_own(self) -> Result<Connection<'a>> {
        let Session { relata, library, source, .. } = self.session;
        if source == Source::Sample { relata.own() } else { Ok(library) }
    }
}

impl InterestRow {
    /// Its papers, those nearest to its middle first; equals by id.
    pub fn central_first(&self) -> impl Iterator<Item = &InterestPaper> {
        self.central.iter().filter_map(|at| self.papers.get(*at))
    }

    fn of(interest: usize, group: Group) -> InterestRow {
        let Group { share, weight, terms, members, central } = group;
        let (mut papers, mut texts, mut places) = (Vec::new(), Vec::new(), Vec::with_capacity(members.len()));
        for (member, title) in members {
            match member {
                Member::Paper(id) => {
                    places.push(Some(papers.len()));
                    papers.push(InterestPaper { id, title });
                }
                Member::Text(key) => {
                    places.push(None);
                    texts.push(InterestText { key, title });
                }
            }
        }
        let central = central.into_iter().filter_map(|at| places[at]).collect();
        InterestRow { interest, share, weight, terms, papers, texts, central }
    }
}

pub(super) fn two_decimals<S: Serializer>(x: &f32, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_f64((f64::from(*x) * 1e2).round() / 1e2)
}

pub(super) fn four_decimals<S: Serializer>(x: &f32, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_f64((f64::from(*x) * 1e4).round() / 1e4)
}

fn default_profile() -> String {
    DEFAULT_PROFILE.to_owned()
}
