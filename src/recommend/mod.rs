//! `recommend`: which papers are most related to those that somebody likes.
//!
//! In: liked and disliked papers of a library, liked texts (embedded), a filter. Out: the k best
//! papers with the liked one that each comes from, the parts of its score and the rare terms they
//! share.
//!
//! Liked papers that are alike are one interest (`interests.rs`). The nearest by cosine to liked
//! papers and to the middle of each interest are candidates; these are compared closely, by all
//! that [`Known`] knows of the library. Against comparing every paper, candidates lose nothing
//! that can be measured (docs/history/ranking.md).
//!
//! Score of a paper: how well it answers the interest that it answers best
//! ([`crate::ranking::Interest`]), less a share of that by which it answers what is disliked
//! better. Within an interest all papers have a say; two interests averaged into one point would
//! find what lies between them, which is neither. To an interest of one paper the best three papers
//! of the library are fed back, never a paper to its own score. Which of the ranked papers become
//! answers is chosen by `selection`.

mod asked;
pub(crate) mod calibration;
mod candidates;
mod facet;
mod feedback;
mod interests;
mod known;
mod rank;
mod selection;
pub(crate) mod summary;
#[cfg(test)]
mod tests;
mod weights;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ndarray::Array2;
use rayon::prelude::*;

use crate::error::{Error, QueryError, Result};
use crate::facets::FacetText;
use crate::library::{Filter, Library, Paper, PaperRow, PaperSet};
use crate::neighbours::SearchContext;
use crate::paper::{ArxivId, Facet};
use crate::ranking::{DescribedText, ScoreParts, Weights};
use crate::sentences::sentences;
use crate::terms::{self, Phrases};

pub(crate) use facet::{FacetComparison, FacetEmbedder};
pub(crate) use known::Known;
pub(crate) use rank::rank;
use rank::{Ranked, Ranking};

/// Terms named per answer.
const TERMS: usize = 3;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    /// Liked papers, each once; all must be in the library.
    pub like: Vec<ArxivId>,
    /// Disliked papers, each once; all must be in the library.
    pub unlike: Vec<ArxivId>,
    /// Liked texts.
    pub like_text: Vec<String>,
    /// Liked texts of a profile, with what is known of them.
    pub own_texts: Vec<OwnText>,
    /// How much a liked paper counts, above 0, where that is not 1.
    pub emphasis: BTreeMap<ArxivId, f32>,
    /// How much liked papers count by what somebody has said, from 0; [`weights`] settles what
    /// those count of which nothing is said.
    pub like_weights: BTreeMap<ArxivId, f32>,
    /// Interests that somebody has made: liked papers with the same number are one, and with
    /// different numbers are not.
    pub interests: BTreeMap<ArxivId, i64>,
    /// Number of answers.
    pub k: usize,
    /// Which papers may be answers.
    pub filter: Filter,
    /// Only these papers; all, where nothing is said.
    pub among: Option<PaperSet>,
    /// A facet that is compared beside the whole; papers are compared as a whole where it is
    /// `None`.
    pub facet: Option<Facet>,
    /// How much each part of a score counts.
    pub weights: Weights,
    /// How much an answer's likeness to those before it counts against its score, from 0 to 1; 0
    /// takes the best.
    pub diversity: f32,
    /// The least match of an answer, from 0 to 100 ([`calibration`]).
    pub at_least: f32,
    /// Answers in the order in which they were chosen, as always with diversity, instead of by
    /// score: the first few of many then have their shares of the interests too.
    pub as_chosen: bool,
}

/// A liked text of a profile.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnText {
    /// What identifies it in its profile.
    pub key: String,
    /// What is compared of it.
    pub text: DescribedText,
    /// How much it counts, above 0.
    pub emphasis: f32,
    /// How much it counts by what somebody has said, from 0.
    pub weight: Option<f32>,
    /// The interest to which somebody counts it, numbered as those of papers.
    pub interest: Option<i64>,
}

/// Vectors of what a query compares beside the papers of the library.
#[derive(Default)]
pub(crate) struct QueryVectors<'a> {
    /// Of `query.like_text`: texts x dimension, unit rows. `None` where there are no texts.
    pub texts: Option<&'a Array2<f32>>,
    /// What embeds `query.facet`. `None` where there is none.
    pub facets: Option<&'a mut dyn FacetEmbedder>,
}

/// What comes of a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recommended {
    /// The answers, the best first.
    pub answers: Vec<Answer>,
    /// What was compared of papers, where the query asks for a facet.
    pub facet: Option<FacetComparison>,
}

/// What an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Liked {
    /// A liked paper.
    Paper(ArxivId),
    /// The n-th liked text, from 0.
    Text(usize),
    /// A liked text of a profile.
    Own {
        /// What identifies it.
        key: String,
        /// Its title.
        title: String,
    },
}

impl Query {
    /// What stands at a place among all that is liked: papers, texts, texts of the profile.
    fn named(&self, place: usize) -> Liked {
        if let Some(id) = self.like.get(place) {
            return Liked::Paper(id.clone());
        }
        let text = place - self.like.len();
        match text.checked_sub(self.like_text.len()).and_then(|own| self.own_texts.get(own)) {
            Some(own) => Liked::Own { key: own.key.clone(), title: own.text.title.clone() },
            None => Liked::Text(text),
        }
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Score as described at the top of this module: the sum of the parts, less what disliked
    /// papers take away.
    pub score: f32,
    /// The score as a match from 0 to 100 ([`calibration`]).
    pub matched: f32,
    /// The parts of the score.
    pub parts: ScoreParts,
    /// What the disliked papers take from the score, 0 or more.
    pub dislike_penalty: f32,
    /// Cosine of the vectors, which is not part of the score.
    pub cosine: f32,
    /// The paper.
    pub paper: Paper,
    /// What of the liked it comes from.
    pub because: Liked,
    /// The title of the liked paper that it comes from; empty where it comes from a text.
    pub liked_title: String,
    /// Terms it shares with that, rarest first.
    pub terms: Vec<String>,
    /// The sentence of its abstract, or of what was compared of it, that is nearest to that.
    pub sentence: Option<String>,
    /// What was compared of it, where only a facet was.
    pub facet: Option<FacetText>,
}

/// Whether a library holds all the papers that a query names; cheap, so it is asked before anything
/// is embedded.
///
/// # Errors
/// [`QueryError::NotInLibrary`] names the ids that are not there, each with its closest.
pub(crate) fn check(library: &Library, query: &Query) -> Result<()> {
    let named: Vec<ArxivId> = query.like.iter().chain(&query.unlike).cloned().collect();
    rows(library, &named).map(|_| ())
}

/// Ranks the papers of a library by a query.
///
/// Liked and disliked papers are never among the answers. Equal scores are ordered by paper id.
///
/// # Errors
/// [`QueryError::NotInLibrary`] names the ids that are not there, each with its closest;
/// [`QueryError::NoVector`] a paper that has no text to embed,
/// [`LibraryError::Damaged`](crate::error::LibraryError::Damaged) one whose vector is damaged;
/// [`Error::Internal`] where `vectors` lacks what the query needs; what embedding a facet reports.
pub(crate) fn recommend(
    context: &SearchContext<'_>,
    known: &Known,
    query: &Query,
    vectors: QueryVectors<'_>,
) -> Result<Recommended> {
    let mut ranking = rank(context, known, query, vectors)?;
    let mut facet = ranking.facet.take();
    let told = facet.as_mut().map(|facet| std::mem::take(&mut facet.told)).unwrap_or_default();
    Ok(Recommended { answers: answers(context.library, known, query, ranking, told)?, facet })
}

/// The papers of a ranking with their reasons. `facets` holds what was compared of them, where that
/// was not the whole.
fn answers(
    library: &Library,
    known: &Known,
    query: &Query,
    ranking: Ranking,
    mut facets: BTreeMap<PaperRow, FacetText>,
) -> Result<Vec<Answer>> {
    let Ranking { ranked, liked, titles, wanted, .. } = ranking;
    let rows: Vec<PaperRow> = ranked.iter().map(|found| found.row).collect();
    // By row and not by place: another process may have removed a paper since.
    let mut papers: BTreeMap<PaperRow, Paper> =
        library.papers_by_rows(&rows)?.into_iter().map(|paper| (paper.row, paper)).collect();
    let count = library.len()?;
    let mut places: Vec<(Ranked, Paper, Option<FacetText>)> = Vec::with_capacity(ranked.len());
    for found in ranked {
        let Some(paper) = papers.remove(&found.row) else { continue };
        let facet = facets.remove(&found.row);
        places.push((found, paper, facet));
    }
    let phrases: Vec<OnceLock<Phrases>> = liked.iter().map(|_| OnceLock::new()).collect();
    let answer = |(found, paper, facet): (Ranked, Paper, Option<FacetText>)| -> Result<Answer> {
        let Ranked { score, matched, parts, dislike_penalty, cosine, liked: nearest, .. } = found;
        let because = query.named(nearest);
        let liked_title = titles.get(nearest).cloned().unwrap_or_default();
        let (whole, body) = match &facet {
            Some(facet) => (facet.text.as_str(), facet.text.as_str()),
            None => (paper.passage.as_deref().unwrap_or(""), paper.abstract_text.as_deref().unwrap_or("")),
        };
        let frequency = |words: &[String]| Ok::<_, Error>(known.document_frequency(words, count));
        let own = phrases[nearest].get_or_init(|| Phrases::of(&liked[nearest]));
        let terms = terms::shared(own, whole, count, TERMS, frequency)?.into_iter().map(|term| term.term).collect();
        let sentences = sentences(body);
        let sentence =
            known.nearest_text(&wanted.described.features[nearest], &sentences).map(|at| sentences[at].to_owned());
        Ok(Answer {
            score,
            matched,
            parts,
            dislike_penalty,
            cosine,
            paper,
            because,
            liked_title,
            terms,
            sentence,
            facet,
        })
    };
    places.into_par_iter().map(answer).collect()
}

fn rows(library: &Library, ids: &[ArxivId]) -> Result<Vec<PaperRow>> {
    let mut rows = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        match library.row_of(id)? {
            Some(row) => rows.push(row),
            None => unknown.push((id.to_string(), library.closest(id.as_str(), 3)?)),
        }
    }
    if unknown.is_empty() { Ok(rows) } else { Err(QueryError::NotInLibrary { unknown }.into()) }
}
