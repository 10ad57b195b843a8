//! `recommend`: which papers are most related to those that somebody likes.
//!
//! In: liked and disliked papers of a library, liked texts (embedded), a filter. Out: the k best papers with the liked one
//! that each comes from, the parts of its score and the rare terms they share.
//!
//! Two steps. The nearest by cosine to each liked paper are candidates; these are compared closely, by all that
//! [`Learned`] knows of the library. Of the first of each liked paper a share goes back into what it asks for. Against
//! comparing every paper, candidates lose nothing that can be measured (docs/quality.md).
//!
//! Score of a paper: its highest to anything liked, less half its highest to anything disliked where that is positive. The
//! highest and not the mean: two interests averaged into one point find what lies between them, which is neither. Which of
//! the ranked papers become answers is chosen by `selection`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use ndarray::Array2;
use rayon::prelude::*;

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::learned::{Learned, Parts, Subject, Weights};
use crate::library::{Filter, FingerprintNumber, Library, Paper, PaperRow, PaperSet, PaperText};
use crate::neighbours::{Admitted, Ground};
use crate::selection;
use crate::sentences::sentences;
use crate::terms;

/// Weight of the nearest disliked paper.
const UNLIKE_WEIGHT: f32 = 0.5;
/// Terms named per answer.
const TERMS: usize = 3;
/// Candidates of one liked paper, unless more answers are asked for; and of all together, about.
const CANDIDATES: usize = 500;
const ALL_CANDIDATES: usize = 5000;
/// How many of the first go back into what is asked for, and how much they weigh together beside the liked paper.
const FEEDBACK: usize = 3;
const FEEDBACK_SHARE: f32 = 0.5;
/// Among fewer candidates than so many for each, the first say little: they may be all there is.
const CANDIDATES_PER_FEEDBACK: usize = 20;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Liked papers, each once; all must be in the library.
    pub like: Vec<ArxivId>,
    /// Disliked papers, each once; all must be in the library.
    pub unlike: Vec<ArxivId>,
    /// Liked texts.
    pub like_text: Vec<String>,
    /// Number of answers.
    pub k: usize,
    /// Which papers may be answers.
    pub filter: Filter,
    /// Only these papers; all, where nothing is said.
    pub among: Option<PaperSet>,
    /// How much each part of a score counts.
    pub weights: Weights,
    /// How much an answer's likeness to those before it counts against its score, from 0 to 1; 0 takes the best.
    pub diversity: f32,
}

/// What an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liked {
    /// A liked paper.
    Paper(ArxivId),
    /// The n-th liked text, from 0.
    Text(usize),
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Score as described at the top of this module: the sum of the parts, less what disliked papers take away.
    pub score: f32,
    /// The parts of the score.
    pub parts: Parts,
    /// What disliked papers take away, 0 or more.
    pub away: f32,
    /// Cosine of the vectors, which is not part of the score.
    pub cosine: f32,
    /// The paper.
    pub paper: Paper,
    /// What of the liked it comes from.
    pub because: Liked,
    /// Terms it shares with that, rarest first.
    pub terms: Vec<String>,
    /// The sentence of its abstract that is nearest to that.
    pub sentence: Option<String>,
}

/// Whether a library holds all the papers that a query names; cheap, so it is asked before anything is embedded.
///
/// # Errors
/// [`Error::NotInLibrary`] names the ids that are not there, each with its closest.
pub fn check(library: &Library, query: &Query) -> Result<()> {
    let named: Vec<ArxivId> = query.like.iter().chain(&query.unlike).cloned().collect();
    rows(library, &named).map(|_| ())
}

/// Ranks the papers of a library by a query.
///
/// `texts` holds the vectors of `query.like_text`: texts x dimension, unit rows. Liked and disliked papers are never among
/// the answers. Equal scores are ordered by paper id.
///
/// # Errors
/// [`Error::NotInLibrary`] names the ids that are not there, each with its closest; [`Error::NoVector`] a paper that has no
/// text to embed, [`Error::LibraryDamaged`] one whose vector is damaged.
pub fn recommend(ground: &Ground<'_>, learned: &Learned, query: &Query, texts: &Array2<f32>) -> Result<Vec<Answer>> {
    let library = ground.library;
    let Ranking { ranked, liked, wanted } = rank(ground, learned, query, texts)?;
    let rows: Vec<PaperRow> = ranked.iter().map(|found| found.row).collect();
    // By row and not by place: another process may have removed a paper since.
    let mut papers: BTreeMap<PaperRow, Paper> =
        library.papers_by_rows(&rows)?.into_iter().map(|paper| (paper.row, paper)).collect();
    let count = library.len()?;
    let mut answers = Vec::with_capacity(ranked.len());
    for Ranked { row, score, parts, away, cosine, liked: nearest, .. } in ranked {
        let Some(paper) = papers.remove(&row) else { continue };
        let (because, text) = match query.like.get(nearest) {
            Some(id) => (Liked::Paper(id.clone()), &liked[nearest]),
            None => (Liked::Text(nearest - query.like.len()), &liked[nearest]),
        };
        let own = paper.passage.as_deref().unwrap_or("");
        let frequency = |words: &[String]| Ok::<_, Error>(learned.document_frequency(words, count));
        let terms = terms::shared(text, own, count, TERMS, frequency)?.into_iter().map(|term| term.term).collect();
        let sentences = sentences(paper.abstract_text.as_deref().unwrap_or_default());
        let sentence = learned.nearest_text(&wanted[nearest], &sentences).map(|at| sentences[at].to_owned());
        answers.push(Answer { score, parts, away, cosine, paper, because, terms, sentence });
    }
    Ok(answers)
}

/// A place in the ranking.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    row: PaperRow,
    /// The paper's id.
    pub id: ArxivId,
    score: f32,
    parts: Parts,
    away: f32,
    cosine: f32,
    /// Which of the liked, papers first.
    liked: usize,
}

/// The best k, and what they are compared with.
pub(crate) struct Ranking {
    pub ranked: Vec<Ranked>,
    /// The text of each that is liked, papers first.
    liked: Vec<String>,
    /// Their views.
    wanted: Vec<Subject>,
}

/// Ranks and chooses.
pub(crate) fn rank(ground: &Ground<'_>, learned: &Learned, query: &Query, texts: &Array2<f32>) -> Result<Ranking> {
    let Ground { library, fingerprint, .. } = *ground;
    let liked = papers(library, fingerprint, &query.like)?;
    let disliked = papers(library, fingerprint, &query.unlike)?;
    let mut vectors: Vec<Vec<f32>> = liked.iter().map(|paper| paper.vector.clone()).collect();
    vectors.extend(texts.outer_iter().map(|row| row.to_vec()));
    let mut wanted = learned.subjects(&liked);
    for (text, vector) in query.like_text.iter().zip(texts.outer_iter()) {
        wanted.extend(learned.subject_of_text(text, &vector.to_vec()));
    }
    let unwanted = learned.subjects(&disliked);

    let within = match (library.matching(&query.filter)?, &query.among) {
        (Some(set), Some(among)) => Some(set.intersect(among)),
        (set, among) => set.or_else(|| among.clone()),
    };
    let asked: Vec<PaperRow> = liked.iter().chain(&disliked).map(|paper| paper.row).collect();
    let depth = (ALL_CANDIDATES / wanted.len().max(1)).min(CANDIDATES).max(query.k);
    let admitted = Admitted { within: within.as_ref(), without: &asked };
    let candidates = ground.candidates(&vectors, depth, &admitted)?;
    let mut rows: Vec<PaperRow> = candidates.into_iter().flatten().map(|scored| scored.key).collect();
    rows.sort_unstable();
    rows.dedup();
    let (found, subjects) = subjects(ground, learned, &rows)?;

    // What is one interest does not hang on how parts of a score are weighed.
    let interests =
        selection::interests(wanted.len(), |a, b| learned.compare(&wanted[a], &wanted[b], &Weights::default()).sum());
    let asking: Vec<Subject> =
        wanted.par_iter().map(|subject| expanded(learned, &query.weights, subject, &subjects, &found)).collect();
    let mut ranked: Vec<(Ranked, &Subject)> = (subjects.par_iter().zip(&found))
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
    let chosen = selection::choose(&places, &sizes, query.k, query.diversity, |a, b| {
        learned.compare(ranked[a].1, ranked[b].1, &query.weights).sum()
    });
    let ranked = chosen.into_iter().map(|place| ranked[place].0.clone()).collect();
    let mut texts: Vec<String> =
        liked.iter().map(|paper| crate::passage::passage(&paper.title, Some(&paper.abstract_text))).collect();
    texts.extend(query.like_text.iter().cloned());
    Ok(Ranking { ranked, liked: texts, wanted })
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

fn rows(library: &Library, ids: &[ArxivId]) -> Result<Vec<PaperRow>> {
    let mut rows = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        match library.row_of(id)? {
            Some(row) => rows.push(row),
            None => unknown.push((id.to_string(), library.closest(id.as_str(), 3)?)),
        }
    }
    if unknown.is_empty() { Ok(rows) } else { Err(Error::NotInLibrary { unknown }) }
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
