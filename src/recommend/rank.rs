//! Candidates and their order.
//!
//! In: what is liked and disliked, as it is compared. Out: the best of the nearest candidates, with
//! the parts of their scores. The score of a paper depends on the question and the paper alone: not
//! on the filter, the number of answers or the other candidates.

use std::sync::Arc;

use ndarray::Array2;
use rayon::prelude::*;

use super::asked::{Asked, Wanted, groups};
use super::candidates::{CANDIDATES, Compared, candidates, compared, near_single};
use super::facet::{self, FacetComparison, Through};
use super::feedback::Asking;
use super::known::Known;
use super::selection;
use super::{Query, QueryVectors, calibration};
use crate::error::{Error, Result};
use crate::library::PaperRow;
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::ranking::{Interest, PaperFeatures, ScoreParts};

/// What a paper loses of that by which it answers disliked papers better than liked ones: a dislike
/// in a neighbouring field must not sink what is nearer to the likes.
const DISLIKE_WEIGHT: f32 = 0.4;
/// A place in the ranking.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(super) row: PaperRow,
    /// The paper's id.
    pub id: ArxivId,
    pub(super) score: f32,
    /// The score as a match from 0 to 100.
    pub(super) matched: f32,
    pub(super) parts: ScoreParts,
    pub(super) dislike_penalty: f32,
    pub(super) cosine: f32,
    /// Which of the interests.
    pub(super) interest: usize,
    /// The liked paper or text of that interest that is nearest, papers first.
    pub(super) liked: usize,
}

/// A candidate as all interests see it.
struct Place<'a> {
    found: Ranked,
    features: &'a PaperFeatures,
    /// Its score to each interest.
    scores: Vec<f32>,
}

/// The best k, and what they are compared with.
pub(crate) struct Ranking {
    pub ranked: Vec<Ranked>,
    /// The text of each that is liked, papers first.
    pub(super) liked: Vec<String>,
    /// The titles of liked papers.
    pub(super) titles: Vec<String>,
    /// What it is, as it is compared.
    pub(super) wanted: Arc<Wanted>,
    /// What was compared of papers, where the query asks for a facet.
    pub(super) facet: Option<FacetComparison>,
}

/// What is asked, and the papers that it is compared with.
pub(super) struct Question {
    pub(super) asked: Asked,
    pub(super) wanted: Arc<Wanted>,
    pub(super) candidates: Compared,
    /// Papers of the library that are near to a single liked one.
    pub(super) near: Compared,
}

/// Ranks and chooses.
pub(crate) fn rank(
    context: &SearchContext<'_>,
    known: &Known,
    query: &Query,
    vectors: QueryVectors<'_>,
) -> Result<Ranking> {
    let Some(facet) = query.facet else {
        return Ok(rank_among(known, query, &question(context, known, query, vectors.texts)?));
    };
    let embedder = vectors.facets.ok_or(Error::Internal("a facet is compared, and nothing embeds it"))?;
    let query = &facet::weighted(query);
    let mut question = question(context, known, query, vectors.texts)?;
    let compared = facet::look_through(context, known, query, &mut question, Through { facet, embedder })?;
    Ok(Ranking { facet: Some(compared), ..rank_among(known, query, &question) })
}

/// Finds what is compared closely.
fn question(
    context: &SearchContext<'_>,
    known: &Known,
    query: &Query,
    texts: Option<&Array2<f32>>,
) -> Result<Question> {
    let asked = Asked::new(context, query, texts)?;
    let wanted = asked.wanted(known, query);
    let candidates = candidates(context, query, &asked, &wanted, CANDIDATES)?;
    let near = near_single(context, &asked, &wanted)?;
    let mut all: Vec<PaperRow> = candidates.iter().chain(&near).copied().collect();
    all.sort_unstable();
    all.dedup();
    let compared = compared(context, known, &all, query.facet.is_none())?;
    let only = |rows: &[PaperRow]| compared.only(rows);
    let (candidates, near) =
        if near.is_empty() { (compared, Compared::default()) } else { (only(&candidates), only(&near)) };
    Ok(Question { asked, wanted, candidates, near })
}

/// Compares candidates with what is asked and chooses.
fn rank_among(known: &Known, query: &Query, question: &Question) -> Ranking {
    let Question { asked, wanted, candidates, near } = question;
    let disliked = known.features(&asked.disliked);
    let disliked_interests: Vec<Interest> = groups(known, &disliked)
        .iter()
        .filter_map(|group| known.interest(&group.iter().map(|at| (&disliked[*at], 1.0)).collect::<Vec<_>>()))
        .collect();
    let asking = Asking::of(wanted, known, near);
    let mut ranked: Vec<Place<'_>> = (candidates.features.par_iter().zip(&candidates.papers))
        .filter_map(|(features, paper)| {
            let all = asking.scores(paper.row, features, &query.weights);
            let best = all.iter().copied().enumerate();
            let (interest, parts) = best.reduce(|best, next| if next.1.sum() > best.1.sum() { next } else { best })?;
            let nearest_dislike =
                disliked_interests.iter().map(|other| other.score(features, &query.weights).sum()).fold(0f32, f32::max);
            let dislike_penalty =
                |parts: &ScoreParts| DISLIKE_WEIGHT * (nearest_dislike - parts.sum().max(0.0)).max(0.0);
            let score = parts.sum() - dislike_penalty(&parts);
            let matched = calibration::to_papers(score, wanted.groups[interest].len(), asking.papers(interest));
            if query.at_least > 0.0 && matched < query.at_least {
                return None;
            }
            let (row, id, liked) = (paper.row, paper.id.clone(), wanted.groups[interest][0]);
            let found = Ranked {
                row,
                id,
                score,
                matched,
                parts,
                dislike_penalty: dislike_penalty(&parts),
                cosine: 0.0,
                interest,
                liked,
            };
            Some(Place {
                found,
                features,
                scores: all.iter().map(|parts| parts.sum() - dislike_penalty(parts)).collect(),
            })
        })
        .collect();
    ranked.sort_by(|a, b| b.found.score.total_cmp(&a.found.score).then_with(|| a.found.id.cmp(&b.found.id)));
    // The others of the answers may take what stands before.
    let deep = selection::reach(query.k);
    let rankings: Vec<Vec<(usize, f32)>> = (0..asking.count())
        .into_par_iter()
        .map(|interest| {
            let mut own: Vec<(usize, f32)> = ranked.iter().map(|place| place.scores[interest]).enumerate().collect();
            let before = |a: &(usize, f32), b: &(usize, f32)| {
                b.1.total_cmp(&a.1).then_with(|| ranked[a.0].found.id.cmp(&ranked[b.0].found.id))
            };
            if own.len() > deep {
                own.select_nth_unstable_by(deep, before);
                own.truncate(deep);
            }
            own.sort_unstable_by(before);
            own
        })
        .collect();
    let mut chosen = selection::choose(&rankings, &wanted.shares(), query.k, query.diversity, |a, b| {
        known.compare(ranked[a].features, ranked[b].features, &query.weights).sum()
    });
    if query.diversity == 0.0 && !query.as_chosen {
        chosen.sort_unstable();
    }
    let vectors = asked.vectors();
    let of_row = |row: PaperRow| candidates.papers.binary_search_by_key(&row, |paper| paper.row).ok();
    let ranked = chosen.into_par_iter().map(|place| {
        let Place { found, features, .. } = &ranked[place];
        // The reason is the nearest of what is liked, though all of the interest has a say in the
        // score.
        let alike = |at: &usize| known.compare(&wanted.described.features[*at], features, &query.weights).sum();
        let members = wanted.groups[found.interest].iter().map(|at| (alike(at), *at));
        let nearest = members.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let liked = nearest.map_or(found.liked, |(_, at)| at);
        let vector = of_row(found.row).map(|at| candidates.papers[at].vector.as_slice()).unwrap_or_default();
        let cosine = vectors[liked].iter().zip(vector).map(|(a, b)| a * b).sum();
        Ranked { cosine, liked, ..found.clone() }
    });
    let ranked = ranked.collect();
    let titles = asked.liked.iter().map(|paper| paper.title.clone()).collect();
    Ranking { ranked, liked: asked.passages(), titles, wanted: Arc::clone(wanted), facet: None }
}
