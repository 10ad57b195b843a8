//! A paper among the answers: the keys that every door gives out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::library::Paper;
use crate::paper::{ArxivId, Facet, PartialDate};

/// The language of which short texts are shown where the reader's has none.
const ENGLISH: &str = "en";

/// Which papers answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Those of the user's library.
    #[default]
    Library,
    /// Those of the sample digest, while the library has none.
    Sample,
}

/// The state of a library that an answer was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Whose papers.
    pub source: Source,
    /// Papers.
    pub papers: u64,
    /// Papers with a vector of the model that was asked with; those without one could not be
    /// answers.
    pub vectors: u64,
}

/// One paper of an answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row<R> {
    /// Place, from 1.
    pub rank: usize,
    /// Its identifier.
    pub id: ArxivId,
    /// What it is ranked by, to six decimals; unknown where nothing was compared.
    #[serde(serialize_with = "optional_six_decimals")]
    pub score: Option<f64>,
    /// How well it answers, from 0 to 100, to one decimal; unknown where nothing was compared.
    #[serde(rename = "match", serialize_with = "optional_one_decimal")]
    pub matched: Option<f32>,
    /// Its title on one line.
    pub title: Option<String>,
    /// Its authors in order.
    pub authors: Vec<String>,
    /// Year of submission.
    pub year: i16,
    /// Date of the paper: that of publication, or the best that is known.
    pub date: PartialDate,
    /// The first of its categories.
    pub primary_category: Option<String>,
    /// Its categories, the primary first.
    pub categories: Vec<String>,
    /// Its page on arxiv.org.
    pub url: String,
    /// `true` for a paper that was withdrawn; the key is left out of all others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// What a digest says of it in one or two sentences, in the reader's language or in English.
    pub tldr: Option<String>,
    /// What made it an answer.
    pub reason: R,
    /// All that the library has of it, for forms that give out more.
    #[serde(skip)]
    pub paper: Paper,
}

impl<R> Row<R> {
    /// A paper at a place of an answer, with its short text in `language` or in English.
    pub(super) fn new(
        rank: usize,
        score: Option<f64>,
        matched: Option<f32>,
        paper: Paper,
        language: &str,
        reason: R,
    ) -> Row<R> {
        Row {
            rank,
            id: paper.id.clone(),
            score,
            matched,
            title: paper.title.clone(),
            authors: paper.authors.clone(),
            year: paper.id.submitted().0,
            date: paper.date,
            primary_category: paper.categories.first().cloned(),
            categories: paper.categories.clone(),
            url: paper.id.url(),
            withdrawn: paper.withdrawn,
            tldr: tldr(&paper, language).map(str::to_owned),
            reason,
            paper,
        }
    }
}

/// What a digest says of a paper in one or two sentences, in a language or else in English.
fn tldr<'a>(paper: &'a Paper, language: &str) -> Option<&'a str> {
    let told = |language: &str| paper.summaries.get(&(language.to_owned(), Facet::Tldr)).map(String::as_str);
    told(language).or_else(|| told(ENGLISH))
}

/// The language of short texts where a request names none.
pub(super) fn english() -> String {
    ENGLISH.to_owned()
}

/// Six decimals hold all that these numbers tell; more would only differ between machines. No
/// negative zero.
pub fn six_decimals(x: f64) -> f64 {
    (x * 1e6).round() / 1e6 + 0.0
}

/// One decimal, as much as a match tells.
pub fn one_decimal(x: f32) -> f64 {
    (f64::from(x) * 10.0).round() / 10.0
}

/// The same for serde.
pub(super) fn serialize_six_decimals<S: Serializer>(x: &f32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(six_decimals(f64::from(*x)))
}

fn optional_six_decimals<S: Serializer>(x: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    // A score is never a negative zero by rounding alone, so it is left as it is.
    x.map(|x| (x * 1e6).round() / 1e6).serialize(to)
}

fn optional_one_decimal<S: Serializer>(x: &Option<f32>, to: S) -> Result<S::Ok, S::Error> {
    x.map(one_decimal).serialize(to)
}
