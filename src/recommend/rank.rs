//! Candidates and their order.
//!
//! In: what is liked and disliked, as it is compared. Out: the best of the nearest candidates, with the parts of their scores.

use std::sync::OnceLock;

use ndarray::Array2;
use rayon::prelude::*;

use super::{Query, rows};
use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::learned::{Learned, Parts, Subject, Weights};
use crate::library::{FingerprintNumber, Library, PaperRow, PaperText};
use crate::neighbours::{Admitted, Ground};
use crate::selection;

/// Weight of the nearest disliked paper.
const UNLIKE_WEIGHT: f32 = 0.5;
/// Candidates of one liked paper, unless more answers are asked for.
const CANDIDATES: usize = 500;
/// Candidates of all liked papers together, about.
const ALL_CANDIDATES: usize = 5000;
/// How many of the first go back into what is asked for, and how much they weigh together beside the liked paper.
const FEEDBACK: usize = 3;
const FEEDBACK_SHARE: f32 = 0.5;
/// Among fewer candidates than so many for each, the first say little: they may be all there is.
const CANDIDATES_PER_FEEDBACK: usize = 20;

/// A place in the ranking.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(super) row: PaperRow,
    /// The paper's id.
    pub id: ArxivId,
    pub(super) score: f32,
    pub(super) parts: Parts,
    pub(super) away: f32,
    pub(super) cosine: f32,
    /// Which of the liked, papers first.
    pub(super) liked: usize,
}

/// The best k, and what they are compared with.
pub(crate) struct Ranking {
    pub ranked: Vec<Ranked>,
    /// The text of each that is liked, papers first.
    pub(super) liked: Vec<String>,
    /// Their views.
    pub(super) wanted: Vec<Subject>,
}

/// What is liked and disliked, as it is compared.
pub(super) struct Asked {
    pub liked: Vec<PaperText>,
    pub disliked: Vec<PaperText>,
    /// Liked texts and their vectors.
    pub texts: Vec<(String, Vec<f32>)>,
    /// Papers that are no answers.
    pub without: Vec<PaperRow>,
}

impl Asked {
    fn new(ground: &Ground<'_>, query: &Query, texts: &Array2<f32>) -> Result<Asked> {
        let liked = papers(ground.library, ground.fingerprint, &query.like)?;
        let disliked = papers(ground.library, ground.fingerprint, &query.unlike)?;
        let without = liked.iter().chain(&disliked).map(|paper| paper.row).collect();
        Ok(Asked { liked, disliked, texts: with_vectors(&query.like_text, texts), without })
    }

    /// The views of what is liked, papers first.
    pub(super) fn wanted(&self, learned: &Learned) -> Vec<Subject> {
        let mut wanted = learned.subjects(&self.liked);
        wanted.extend(self.texts.iter().filter_map(|(text, vector)| learned.subject_of_text(text, vector)));
        wanted
    }

    /// The vectors of what is liked, papers first.
    fn vectors(&self) -> Vec<&[f32]> {
        let papers = self.liked.iter().map(|paper| paper.vector.as_slice());
        papers.chain(self.texts.iter().map(|(_, vector)| vector.as_slice())).collect()
    }
}

/// Liked texts, each with its row.
pub(super) fn with_vectors(texts: &[String], vectors: &Array2<f32>) -> Vec<(String, Vec<f32>)> {
    texts.iter().cloned().zip(vectors.outer_iter().map(|row| row.to_vec())).collect()
}

/// Ranks and chooses.
pub(crate) fn rank(ground: &Ground<'_>, learned: &Learned, query: &Query, texts: &Array2<f32>) -> Result<Ranking> {
    let asked = Asked::new(ground, query, texts)?;
    let rows = candidates(ground, query, &asked, CANDIDATES)?;
    let (papers, subjects) = subjects(ground, learned, &rows)?;
    Ok(rank_among(learned, query, asked, &papers, &subjects))
}

/// The papers that are compared closely: the nearest to each that is liked, `each` of them unless more answers are asked for or much is
/// liked; ascending, each once.
pub(super) fn candidates(ground: &Ground<'_>, query: &Query, asked: &Asked, each: usize) -> Result<Vec<PaperRow>> {
    let within = match (ground.library.matching(&query.filter)?, &query.among) {
        (Some(set), Some(among)) => Some(set.intersect(among)),
        (set, among) => set.or_else(|| among.clone()),
    };
    let vectors: Vec<Vec<f32>> = asked.vectors().into_iter().map(<[f32]>::to_vec).collect();
    let depth = (ALL_CANDIDATES / vectors.len().max(1)).min(each).max(query.k);
    let admitted = Admitted { within: within.as_ref(), without: &asked.without };
    let found = ground.candidates(&vectors, depth, &admitted)?;
    let mut rows: Vec<PaperRow> = found.into_iter().flatten().map(|scored| scored.key).collect();
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// Compares candidates with what is asked and chooses.
pub(super) fn rank_among(
    learned: &Learned,
    query: &Query,
    asked: Asked,
    papers: &[PaperText],
    subjects: &[Subject],
) -> Ranking {
    let wanted = asked.wanted(learned);
    let unwanted = learned.subjects(&asked.disliked);
    let vectors = asked.vectors();

    // What is one interest does not hang on how parts of a score are weighed.
    let interests =
        selection::interests(wanted.len(), |a, b| learned.compare(&wanted[a], &wanted[b], &Weights::default()).sum());
    let asking: Vec<Subject> =
        wanted.par_iter().map(|subject| expanded(learned, &query.weights, subject, subjects, papers)).collect();
    let mut ranked: Vec<(Ranked, &Subject)> = (subjects.par_iter().zip(papers))
        .filter_map(|(subject, paper)| {
            let compared = |other: &Subject| learned.compare(other, subject, &query.weights);
            let best = asking.iter().map(compared).enumerate();
            let (liked, parts) = best.reduce(|best, next| if next.1.sum() > best.1.sum() { next } else { best })?;
            let repelled = unwanted.iter().map(|other| compared(other).sum()).fold(0f32, f32::max);
            let away = UNLIKE_WEIGHT * repelled;
            let cosine = vectors[liked].iter().zip(&paper.vector).map(|(a, b)| a * b).sum();
            let score = parts.sum() - away;
            Some((Ranked { row: paper.row, id: paper.id.clone(), score, parts, away, cosine, liked }, subject))
        })
        .collect();
    ranked.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    let mut sizes = vec![0; interests.iter().max().map_or(0, |last| last + 1)];
    interests.iter().for_each(|interest| sizes[*interest] += 1);
    let places: Vec<(f32, usize)> = ranked.iter().map(|(found, _)| (found.score, interests[found.liked])).collect();
    let mut chosen = selection::choose(&places, &sizes, query.k, query.diversity, |a, b| {
        learned.compare(ranked[a].1, ranked[b].1, &query.weights).sum()
    });
    if query.diversity == 0.0 && !query.as_chosen {
        chosen.sort_unstable();
    }
    let ranked = chosen.into_iter().map(|place| ranked[place].0.clone()).collect();
    let papers = asked.liked.iter().map(|paper| crate::passage::passage(&paper.title, Some(&paper.abstract_text)));
    let liked = papers.chain(asked.texts.iter().map(|(text, _)| text.clone())).collect();
    Ranking { ranked, liked, wanted }
}

/// The papers in these rows with their views. The views of some are made while the next are read.
fn subjects(ground: &Ground<'_>, learned: &Learned, rows: &[PaperRow]) -> Result<(Vec<PaperText>, Vec<Subject>)> {
    const AT_ONCE: usize = 50;
    let parts: Vec<OnceLock<(Vec<PaperText>, Vec<Subject>)>> = rows.chunks(AT_ONCE).map(|_| OnceLock::new()).collect();
    rayon::in_place_scope(|scope| -> Result<()> {
        for (rows, part) in rows.chunks(AT_ONCE).zip(&parts) {
            let papers = ground.library.texts_of(ground.fingerprint, rows)?;
            scope.spawn(move |_| {
                let subjects = learned.subjects(&papers);
                let _ = part.set((papers, subjects));
            });
        }
        Ok(())
    })?;
    let (papers, subjects): (Vec<_>, Vec<_>) = parts.into_iter().filter_map(OnceLock::into_inner).unzip();
    Ok((papers.into_iter().flatten().collect(), subjects.into_iter().flatten().collect()))
}

/// What a liked paper asks for, once its first answers are known.
fn expanded(
    learned: &Learned,
    weights: &Weights,
    liked: &Subject,
    subjects: &[Subject],
    papers: &[PaperText],
) -> Subject {
    let mut scores: Vec<(f32, &ArxivId, &Subject)> = subjects
        .iter()
        .zip(papers)
        .map(|(subject, paper)| (learned.compare(liked, subject, weights).sum(), &paper.id, subject))
        .collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scores.truncate(FEEDBACK.min(subjects.len() / CANDIDATES_PER_FEEDBACK));
    let first: Vec<&Subject> = scores.into_iter().map(|(_, _, subject)| subject).collect();
    liked.towards(&first, FEEDBACK_SHARE)
}

fn papers(library: &Library, fingerprint: FingerprintNumber, ids: &[ArxivId]) -> Result<Vec<PaperText>> {
    let rows = rows(library, ids)?;
    let papers = library.texts_of(fingerprint, &rows)?;
    match ids.iter().zip(&rows).find(|(_, row)| !papers.iter().any(|paper| paper.row == **row)) {
        Some((id, row)) if library.vector(fingerprint, *row)?.is_some() => {
            let what = format!("the vector of {id} is no unit vector of the model's dimension");
            Err(Error::LibraryDamaged { path: library.path().to_owned(), what })
        }
        Some((id, _)) => Err(Error::NoVector { id: id.to_string() }),
        None => Ok(papers),
    }
}
