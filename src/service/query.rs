//! What several requests share: how papers are ranked, which become answers, and what is checked.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::rows::english;

use crate::error::{QueryError, Result};
use crate::library::Filter;
use crate::paper::ArxivId;
use crate::ranking::Weights;
use crate::recommend::Query;

/// How papers are ranked, and which of them become answers. In JSON its keys stand among those of
/// the request that it is a part of.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RankOptions {
    /// Number of answers.
    pub k: usize,
    /// The least match of an answer, from 0 to 100. Where nothing is said, a daily list takes 50,
    /// and every other answer takes all.
    pub at_least: Option<f32>,
    /// Which papers may be answers.
    pub filter: Filter,
    /// How the parts of a score count.
    pub factors: Factors,
    /// How much an answer's likeness to those before it lowers its score, from 0 to 1.
    pub diversity: f32,
    /// Days after which a like of the profile counts half as much; all count the same where nothing
    /// is said.
    pub half_life: Option<f32>,
    /// Language of the digests' short texts, such as `en`.
    pub language: String,
}

impl Default for RankOptions {
    fn default() -> RankOptions {
        RankOptions {
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

/// Keys of [`RankOptions`] in JSON.
const RANK_KEYS: [&str; 7] = ["k", "at_least", "filter", "factors", "diversity", "half_life", "language"];

/// Reads the options of a request whose `own` keys were read before, and refuses all keys that
/// neither knows.
///
/// A derived reader would not do: serde gives a flattened struct the keys that it knows, so nobody
/// would see the others.
pub(super) fn rank_options<'de, D: Deserializer<'de>>(
    from: D,
    own: &'static [&'static str],
) -> std::result::Result<RankOptions, D::Error> {
    from.deserialize_map(RankKeys { own })
}

/// Takes what is left of a request's keys.
struct RankKeys {
    own: &'static [&'static str],
}

impl<'de> Visitor<'de> for RankKeys {
    type Value = RankOptions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("options of a ranking")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<RankOptions, A::Error> {
        let mut options = RankOptions::default();
        let mut read = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "k" => options.k = map.next_value()?,
                "at_least" => options.at_least = map.next_value()?,
                "filter" => options.filter = map.next_value()?,
                "factors" => options.factors = map.next_value()?,
                "diversity" => options.diversity = map.next_value()?,
                "half_life" => options.half_life = map.next_value()?,
                "language" => options.language = map.next_value()?,
                _ => {
                    let known: Vec<String> = self.own.iter().chain(&RANK_KEYS).map(|key| format!("`{key}`")).collect();
                    let known = known.join(", ");
                    return Err(A::Error::custom(format_args!("unknown field `{key}`, expected one of {known}")));
                }
            }
            if !read.insert(key.clone()) {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
        }
        Ok(options)
    }
}

impl RankOptions {
    /// What an answer repeats of them.
    pub(super) fn selection(&self) -> Selection {
        Selection { filter: self.filter.clone(), k: self.k, at_least: self.at_least }
    }

    /// A query for what these options ask for, which names no papers yet.
    ///
    /// # Errors
    /// [`QueryError::EmptyPeriod`] for days in the wrong order, [`QueryError::OutOfRange`].
    pub(super) fn query(&self, least: f32) -> Result<Query> {
        check_period(&self.filter)?;
        if let Some(least) = self.at_least {
            within("at_least", least, (0.0..=100.0).contains(&least), "from 0 to 100")?;
        }
        check_diversity(self.diversity)?;
        if let Some(days) = self.half_life {
            within("half_life", days, days > 0.0 && days.is_finite(), "of days above 0")?;
        }
        self.factors.check()?;
        Ok(Query {
            k: self.k,
            filter: self.filter.clone(),
            weights: self.factors.weights(),
            diversity: self.diversity,
            at_least: self.at_least.unwrap_or(least),
            ..Query::default()
        })
    }
}

/// Writes the setters of a request that holds [`RankOptions`].
macro_rules! rank_setters {
    ($request:ident) => {
        $crate::setters::setters! { $request:
            /// How many answers are wanted; 10 where nothing is said.
            ranking.k => value k(usize);
            /// The least match of an answer, from 0 to 100.
            ranking.at_least => some at_least(f32);
            /// Which papers may be answers.
            ranking.filter => value filter($crate::library::Filter);
            /// How the parts of a score count.
            ranking.factors => value factors($crate::service::Factors);
            /// How much an answer's likeness to those before it lowers its score, from 0 to 1.
            ranking.diversity => value diversity(f32);
            /// Days after which a like of the profile counts half as much.
            ranking.half_life => some half_life(f32);
            /// Language of the digests' short texts, such as `en`.
            ranking.language => value_into language(String);
        }
    };
}

pub(super) use rank_setters;

/// Which papers may be answers, and how many are given, as an answer repeats it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Selection {
    /// The filter.
    #[serde(flatten)]
    pub filter: Filter,
    /// Number of answers.
    pub k: usize,
    /// The least match of an answer, where one was asked for.
    pub at_least: Option<f32>,
}

/// Factors of the parts of a score; 1 leaves a part as it is, 0 leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Factors {
    /// Of the whitened cosine of the vectors.
    pub meaning: f32,
    /// Of what words go with.
    pub associations: f32,
    /// Of shared words.
    pub words: f32,
    /// Of shared authors.
    pub authors: f32,
}

impl Default for Factors {
    fn default() -> Factors {
        Factors { meaning: 1.0, associations: 1.0, words: 1.0, authors: 1.0 }
    }
}

impl Factors {
    /// The names of the parts.
    pub const PARTS: [&str; 4] = ["meaning", "associations", "words", "authors"];

    /// # Errors
    /// [`QueryError::OutOfRange`] for what is no number from 0 on.
    pub(super) fn check(&self) -> Result<()> {
        let Factors { meaning, associations, words, authors } = *self;
        for (key, factor) in Factors::PARTS.into_iter().zip([meaning, associations, words, authors]) {
            within(key, factor, factor >= 0.0 && factor.is_finite(), "from 0 on")?;
        }
        Ok(())
    }

    /// Multiplies the factor of a part by its name; `None` for a name that is none.
    pub fn scale(&mut self, part: &str, factor: f32) -> Option<()> {
        let own = match part {
            "meaning" => &mut self.meaning,
            "associations" => &mut self.associations,
            "words" => &mut self.words,
            "authors" => &mut self.authors,
            _ => return None,
        };
        *own *= factor;
        Some(())
    }

    /// Each part's default weight times its factor.
    pub(crate) fn weights(self) -> Weights {
        let Factors { meaning, associations, words, authors } = self;
        let own = Weights::default();
        Weights {
            whitened_cosine: own.whitened_cosine * meaning,
            cooccurrence: own.cooccurrence * associations,
            words: own.words * words,
            authors: own.authors * authors,
        }
    }
}

/// Refuses a number that is not within its range.
///
/// # Errors
/// [`QueryError::OutOfRange`].
pub(super) fn within(key: &'static str, given: f32, is_within: bool, range: &'static str) -> Result<()> {
    if is_within { Ok(()) } else { Err(QueryError::OutOfRange { key, given, range }.into()) }
}

/// # Errors
/// [`QueryError::OutOfRange`].
pub(super) fn check_diversity(diversity: f32) -> Result<()> {
    within("diversity", diversity, (0.0..=1.0).contains(&diversity), "from 0 to 1")
}

/// # Errors
/// [`QueryError::EmptyPeriod`] for days in the wrong order.
pub(super) fn check_period(filter: &Filter) -> Result<()> {
    match filter.empty_period() {
        Some((since, until)) => Err(QueryError::EmptyPeriod { since, until }.into()),
        None => Ok(()),
    }
}

/// Papers in the order in which they were named, each once.
pub(super) fn each_once(ids: &[ArxivId]) -> Vec<ArxivId> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(|id| seen.insert(*id)).cloned().collect()
}
