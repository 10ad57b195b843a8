//! Candidates and their order.
//!
//! In: what is liked and disliked, as it is compared. Out: the best of the nearest candidates, with the parts of their scores. The score of
//! a paper depends on the question and the paper alone: not on the filter, the number of answers or the other candidates.

use std::sync::OnceLock;

use ndarray::{Array1, Array2, ArrayView1};
use rayon::prelude::*;

use super::interests::group;
use super::{Query, calibration, rows};
use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::learned::{Interest, Learned, Parts, Subject, Weights};
use crate::library::{FingerprintNumber, Library, PaperRow, PaperText};
use crate::neighbours::{Admitted, Ground};
use crate::selection;

/// What the best answer to disliked papers takes away of a score.
const UNLIKE_WEIGHT: f32 = 0.1;
/// Candidates of one liked paper, unless more answers are asked for.
const CANDIDATES: usize = 500;
/// Candidates of all that is liked together, about.
const ALL_CANDIDATES: usize = 3000;
/// The middle of an interest is looked around so many times as far as each of its papers.
const AROUND_MIDDLES: usize = 4;
/// Liked papers whose own neighbours are looked at, beside those of the middles of interests.
const PROBES: usize = 64;
/// How many of the first of a single liked paper go back into what it asks for, and how much they weigh together beside it.
const FEEDBACK: usize = 3;
const FEEDBACK_SHARE: f32 = 0.5;
/// Only papers with such a score say more of what is asked for: half of the pairs on one topic have more, and one of a hundred random pairs.
const FEEDBACK_FLOOR: f32 = 8.0;
/// The papers of the library among which these are found: the nearest to the liked paper, whatever may be an answer.
const FEEDBACK_AMONG: usize = 100;
/// What all other liked papers weigh together in an interest, beside its own, as long as there are no more than so many: of many, interests
/// have enough papers of their own, and each would have to hold the words of all.
const SAY_OF_OTHERS: f32 = 0.3;
const MOST_WITH_A_SAY: usize = 50;
/// What an interest of a single paper is due among others: it may be a mistake.
const SHARE_OF_ONE: f32 = 0.5;

/// A place in the ranking.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(super) row: PaperRow,
    /// The paper's id.
    pub id: ArxivId,
    pub(super) score: f32,
    /// The score as a match from 0 to 100.
    pub(super) matched: f32,
    pub(super) parts: Parts,
    pub(super) away: f32,
    pub(super) cosine: f32,
    /// Which of the interests.
    pub(super) interest: usize,
    /// The liked paper or text of that interest that is nearest, papers first.
    pub(super) liked: usize,
}

/// A candidate as all interests see it.
struct Place<'a> {
    found: Ranked,
    subject: &'a Subject,
    /// Its score to each interest.
    scores: Vec<f32>,
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

/// Papers with their views.
#[derive(Clone, Debug, Default)]
pub(super) struct Compared {
    pub papers: Vec<PaperText>,
    pub subjects: Vec<Subject>,
}

/// The interests of a question.
pub(super) struct Wanted {
    /// The views of what is liked, papers first.
    pub subjects: Vec<Subject>,
    /// Of each interest which of the liked it holds.
    pub groups: Vec<Vec<usize>>,
    /// How much each of the liked counts.
    pub weights: Vec<f32>,
}

/// An interest as candidates are scored by it.
struct Asking {
    interest: Interest,
    /// Papers that went back into it, each with the interest without that paper: a paper is never compared with itself.
    without: Vec<(PaperRow, Interest)>,
}

impl Asking {
    fn score(&self, row: PaperRow, subject: &Subject, weights: &Weights) -> Parts {
        let own = self.without.iter().find(|(fed, _)| *fed == row).map_or(&self.interest, |(_, interest)| interest);
        own.score(subject, weights)
    }
}

impl Asked {
    pub(super) fn new(ground: &Ground<'_>, query: &Query, texts: &Array2<f32>) -> Result<Asked> {
        let liked = papers(ground.library, ground.fingerprint, &query.like)?;
        let disliked = papers(ground.library, ground.fingerprint, &query.unlike)?;
        let without = liked.iter().chain(&disliked).map(|paper| paper.row).collect();
        Ok(Asked { liked, disliked, texts: with_vectors(&query.like_text, texts), without })
    }

    /// The interests of what is liked.
    pub(super) fn wanted(&self, learned: &Learned, query: &Query) -> Wanted {
        let mut subjects = learned.subjects(&self.liked);
        subjects.extend(self.texts.iter().filter_map(|(text, vector)| learned.subject_of_text(text, vector)));
        let of_paper = |at: usize| self.liked.get(at).map(|paper| &paper.id);
        let fixed: Vec<Option<i64>> =
            (0..subjects.len()).map(|at| query.interests.get(of_paper(at)?).copied()).collect();
        let weight = |at: usize| of_paper(at).and_then(|id| query.emphasis.get(id)).copied().unwrap_or(1.0);
        let weights = (0..subjects.len()).map(weight).collect();
        Wanted { groups: groups(learned, &subjects, &fixed), subjects, weights }
    }

    /// The vectors of what is liked, papers first.
    fn vectors(&self) -> Vec<&[f32]> {
        let papers = self.liked.iter().map(|paper| paper.vector.as_slice());
        papers.chain(self.texts.iter().map(|(_, vector)| vector.as_slice())).collect()
    }
}

/// Which of some papers are one interest: groups of their places, each ascending, in the order of their firsts.
pub(super) fn groups(learned: &Learned, subjects: &[Subject], fixed: &[Option<i64>]) -> Vec<Vec<usize>> {
    let numbers = group(&learned.compare_all(subjects), fixed);
    let mut groups = vec![Vec::new(); numbers.iter().max().map_or(0, |last| last + 1)];
    numbers.iter().enumerate().for_each(|(place, number)| groups[*number].push(place));
    groups
}

impl Wanted {
    /// What a group asks for. The others have a small say in it: they tell in what field somebody is.
    fn interest(&self, learned: &Learned, group: &[usize]) -> Option<Interest> {
        let own: f32 = group.iter().map(|at| self.weights[*at]).sum();
        let others = self.weights.iter().sum::<f32>() - own;
        let say = SAY_OF_OTHERS * (own / others.max(f32::MIN_POSITIVE)).min(1.0);
        let mut members: Vec<(&Subject, f32)> = Vec::new();
        if self.subjects.len() > MOST_WITH_A_SAY {
            members.extend(group.iter().map(|at| (&self.subjects[*at], self.weights[*at])));
        } else {
            let weight = |at: usize| if group.contains(&at) { self.weights[at] } else { say * self.weights[at] };
            members.extend(self.subjects.iter().enumerate().map(|(at, subject)| (subject, weight(at))));
        }
        members.retain(|(_, weight)| *weight > 0.0);
        learned.interest(&members)
    }

    /// The interests without what is fed back.
    pub(super) fn interests(&self, learned: &Learned) -> Vec<Interest> {
        self.groups.iter().filter_map(|group| self.interest(learned, group)).collect()
    }

    /// What each interest is due.
    pub(super) fn shares(&self) -> Vec<f32> {
        let alone = self.groups.len() == 1;
        let share = |group: &Vec<usize>| match group.as_slice() {
            [one] if !alone => SHARE_OF_ONE * self.weights[*one],
            several => several.iter().map(|at| self.weights[*at]).sum(),
        };
        self.groups.iter().map(share).collect()
    }

    /// The only thing that is liked, to which the library's answers are fed back.
    fn single(&self) -> Option<usize> {
        (self.subjects.len() == 1).then_some(0)
    }

    /// The interests as candidates are scored by them. `near` holds the papers of the library that are near to a single liked one.
    fn asking(&self, learned: &Learned, near: &Compared) -> Vec<Asking> {
        if let Some(single) = self.single() {
            return expanded(learned, &self.subjects[single], near).into_iter().collect();
        }
        let asking = |interest| Asking { interest, without: Vec::new() };
        self.groups.par_iter().filter_map(|group| self.interest(learned, group)).map(asking).collect()
    }
}

/// Liked texts, each with its row.
pub(super) fn with_vectors(texts: &[String], vectors: &Array2<f32>) -> Vec<(String, Vec<f32>)> {
    texts.iter().cloned().zip(vectors.outer_iter().map(|row| row.to_vec())).collect()
}

/// Ranks and chooses.
pub(crate) fn rank(ground: &Ground<'_>, learned: &Learned, query: &Query, texts: &Array2<f32>) -> Result<Ranking> {
    let asked = Asked::new(ground, query, texts)?;
    let wanted = asked.wanted(learned, query);
    let candidates = candidates(ground, query, &asked, &wanted, CANDIDATES)?;
    let near = near_single(ground, &asked, &wanted)?;
    let mut all: Vec<PaperRow> = candidates.iter().chain(&near).copied().collect();
    all.sort_unstable();
    all.dedup();
    let compared = compared(ground, learned, &all)?;
    let only = |rows: &[PaperRow]| compared.only(rows);
    let (candidates, near) =
        if near.is_empty() { (compared, Compared::default()) } else { (only(&candidates), only(&near)) };
    Ok(rank_among(learned, query, asked, &wanted, &near, &candidates))
}

/// The papers that are compared closely: the nearest to each that is liked, `each` of them unless more answers are asked for or much is
/// liked, and those nearest to the middle of each interest; ascending, each once.
pub(super) fn candidates(
    ground: &Ground<'_>,
    query: &Query,
    asked: &Asked,
    wanted: &Wanted,
    each: usize,
) -> Result<Vec<PaperRow>> {
    let within = match (ground.library.matching(&query.filter)?, &query.among) {
        (Some(set), Some(among)) => Some(set.intersect(among)),
        (set, among) => set.or_else(|| among.clone()),
    };
    let admitted = Admitted { within: within.as_ref(), without: &asked.without };
    let vectors = asked.vectors();
    let middles: Vec<Vec<f32>> = wanted
        .groups
        .iter()
        .filter(|group| group.len() > 1)
        .take(PROBES)
        .map(|group| middle(&vectors, group))
        .collect();
    // Of large interests the middle says most; of their papers a few are looked around.
    let probes: Vec<Vec<f32>> = spread_out(&wanted.groups, PROBES).into_iter().map(|at| vectors[at].to_vec()).collect();
    let parts = probes.len() + AROUND_MIDDLES * middles.len();
    let depth = |times: usize| (ALL_CANDIDATES.max(each) * times / parts.max(1)).min(each).max(query.k);
    let mut rows: Vec<PaperRow> = Vec::new();
    for (vectors, depth) in [(probes, depth(1)), (middles, depth(AROUND_MIDDLES))] {
        if !vectors.is_empty() {
            let found = ground.candidates(&vectors, depth, &admitted)?;
            rows.extend(found.into_iter().flatten().map(|scored| scored.key));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// The mean of some vectors, unit length.
fn middle(vectors: &[&[f32]], group: &[usize]) -> Vec<f32> {
    let mut sum = Array1::<f32>::zeros(group.first().map_or(0, |at| vectors[*at].len()));
    group.iter().for_each(|at| sum += &ArrayView1::from(vectors[*at]));
    let length = sum.dot(&sum).sqrt().max(f32::MIN_POSITIVE);
    (sum / length).to_vec()
}

/// At most `most` places, taken from the groups in turn.
fn spread_out(groups: &[Vec<usize>], most: usize) -> Vec<usize> {
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn = (0..longest).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn).copied()));
    in_turn.take(most).collect()
}

/// The papers of the library, whatever may be an answer, that are near to the only liked one; ascending. None where more is liked.
pub(super) fn near_single(ground: &Ground<'_>, asked: &Asked, wanted: &Wanted) -> Result<Vec<PaperRow>> {
    let vectors = asked.vectors();
    let Some(single) = wanted.single() else { return Ok(Vec::new()) };
    let admitted = Admitted { within: None, without: &asked.without };
    let found = ground.candidates(&[vectors[single].to_vec()], FEEDBACK_AMONG, &admitted)?;
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
    wanted: &Wanted,
    near: &Compared,
    candidates: &Compared,
) -> Ranking {
    let disliked = learned.subjects(&asked.disliked);
    let unwanted: Vec<Interest> = groups(learned, &disliked, &[])
        .iter()
        .filter_map(|group| learned.interest(&group.iter().map(|at| (&disliked[*at], 1.0)).collect::<Vec<_>>()))
        .collect();
    let asking = wanted.asking(learned, near);
    let mut ranked: Vec<Place<'_>> = (candidates.subjects.par_iter().zip(&candidates.papers))
        .filter_map(|(subject, paper)| {
            let all: Vec<Parts> =
                asking.iter().map(|asking| asking.score(paper.row, subject, &query.weights)).collect();
            let best = all.iter().copied().enumerate();
            let (interest, parts) = best.reduce(|best, next| if next.1.sum() > best.1.sum() { next } else { best })?;
            let repelled = unwanted.iter().map(|other| other.score(subject, &query.weights).sum()).fold(0f32, f32::max);
            let away = UNLIKE_WEIGHT * repelled;
            let score = parts.sum() - away;
            let matched = calibration::to_papers(score, wanted.subjects.len());
            if query.at_least > 0.0 && matched < query.at_least {
                return None;
            }
            let (row, id, liked) = (paper.row, paper.id.clone(), wanted.groups[interest][0]);
            let found = Ranked { row, id, score, matched, parts, away, cosine: 0.0, interest, liked };
            Some(Place { found, subject, scores: all.iter().map(|parts| parts.sum() - away).collect() })
        })
        .collect();
    ranked.sort_by(|a, b| b.found.score.total_cmp(&a.found.score).then_with(|| a.found.id.cmp(&b.found.id)));
    let rankings: Vec<Vec<(usize, f32)>> = (0..asking.len())
        .into_par_iter()
        .map(|interest| {
            let mut own: Vec<(usize, f32)> = ranked.iter().map(|place| place.scores[interest]).enumerate().collect();
            own.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| ranked[a.0].found.id.cmp(&ranked[b.0].found.id)));
            own
        })
        .collect();
    let mut chosen = selection::choose(&rankings, &wanted.shares(), query.k, query.diversity, |a, b| {
        learned.compare(ranked[a].subject, ranked[b].subject, &query.weights).sum()
    });
    if query.diversity == 0.0 && !query.as_chosen {
        chosen.sort_unstable();
    }
    let vectors = asked.vectors();
    let of_row = |row: PaperRow| candidates.papers.binary_search_by_key(&row, |paper| paper.row).ok();
    let ranked = chosen.into_par_iter().map(|place| {
        let Place { found, subject, .. } = &ranked[place];
        // The reason is the nearest of what is liked, though all of the interest has a say in the score.
        let alike = |at: &usize| learned.compare(&wanted.subjects[*at], subject, &query.weights).sum();
        let members = wanted.groups[found.interest].iter().map(|at| (alike(at), *at));
        let nearest = members.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let liked = nearest.map_or(found.liked, |(_, at)| at);
        let vector = of_row(found.row).map(|at| candidates.papers[at].vector.as_slice()).unwrap_or_default();
        let cosine = vectors[liked].iter().zip(vector).map(|(a, b)| a * b).sum();
        Ranked { liked, cosine, ..found.clone() }
    });
    let ranked = ranked.collect();
    let papers = asked.liked.iter().map(|paper| crate::passage::passage(&paper.title, Some(&paper.abstract_text)));
    let liked = papers.chain(asked.texts.iter().map(|(text, _)| text.clone())).collect();
    Ranking { ranked, liked, wanted: wanted.subjects.clone() }
}

impl Compared {
    /// Those in these rows. Both are ascending.
    fn only(&self, rows: &[PaperRow]) -> Compared {
        let kept = self.papers.iter().zip(&self.subjects).filter(|(paper, _)| rows.binary_search(&paper.row).is_ok());
        let (papers, subjects) = kept.map(|(paper, subject)| (paper.clone(), subject.clone())).unzip();
        Compared { papers, subjects }
    }
}

/// The papers in these rows with their views. The views of some are made while the next are read.
fn compared(ground: &Ground<'_>, learned: &Learned, rows: &[PaperRow]) -> Result<Compared> {
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
    Ok(Compared { papers: papers.into_iter().flatten().collect(), subjects: subjects.into_iter().flatten().collect() })
}

/// What a single liked paper asks for, once its first answers in the library are known.
fn expanded(learned: &Learned, liked: &Subject, near: &Compared) -> Option<Asking> {
    let weights = Weights::default();
    let mut scores: Vec<(f32, &PaperText, &Subject)> = near
        .subjects
        .iter()
        .zip(&near.papers)
        .map(|(subject, paper)| (learned.compare(liked, subject, &weights).sum(), paper, subject))
        .filter(|(score, ..)| *score >= FEEDBACK_FLOOR)
        .collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    scores.truncate(FEEDBACK);
    let moved = |fed: Vec<&Subject>| learned.interest(&[(&liked.towards(&fed, FEEDBACK_SHARE), 1.0)]);
    let interest = moved(scores.iter().map(|(_, _, subject)| *subject).collect());
    let without = scores.iter().filter_map(|(_, own, _)| {
        let others = scores.iter().filter(|(_, paper, _)| paper.row != own.row).map(|(_, _, subject)| *subject);
        Some((own.row, moved(others.collect())?))
    });
    Some(Asking { without: without.collect(), interest: interest? })
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
