//! The features of a paper, and how two papers are compared by them.
//!
//! There are four views, and each finds what the others miss (docs/benchmarks.md): the
//! half-whitened vector, the co-occurrence vector of the words, the words themselves (and, where
//! several papers ask, phrases of two words: `interest.rs`), and the authors. The first three are
//! measured in standard deviations of the similarity of two papers drawn at random, so that they
//! can be added up; authors are a share of those of both papers, times a weight. The weights were
//! chosen on one half of the judgements.

use std::borrow::Borrow;
use std::cmp::Ordering;

use ndarray::Array2;
use rayon::prelude::*;

use super::postings::Postings;
use super::vocabulary::{Counted, hash, phrase};
use super::whitening::to_unit;
use super::{Learned, Weighted, dot};
use crate::kernels::dots;
use crate::library::PaperText;
use crate::terms::index_words;

/// Papers whose views one thread makes together.
const AT_ONCE: usize = 50;

/// A word of the title counts as if it stood there twice.
const TITLE: f32 = 2.0;

/// The features of a paper, or of what somebody likes, by which it is compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PaperFeatures {
    /// Half-whitened vector, unit length.
    pub(super) whitened: Vec<f32>,
    /// The co-occurrence vector: the mean vector of the papers that hold its words, half-whitened,
    /// unit length.
    pub(super) cooccurrence: Vec<f32>,
    /// Weight of each word by its hash, ascending; unit length.
    pub(super) words: Vec<(u64, f32)>,
    /// Weight of each phrase of two words that the library knows, by its hash, ascending; unit
    /// length.
    pub(super) phrases: Vec<(u64, f32)>,
    /// Rarity of each author by the hash of the name, ascending; 0 for one of every paper, nearly 1
    /// for one seen once.
    pub(super) authors: Vec<(u64, f32)>,
}

/// A text that is compared as a paper is, with what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DescribedText {
    /// Its title, empty where it has none.
    pub title: String,
    /// Its abstract, or the text itself; empty where the title alone is known.
    pub body: String,
    /// Its authors in order.
    pub authors: Vec<String>,
    /// Its vector, unit length.
    pub vector: Vec<f32>,
}

/// How much each part counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weights {
    /// Of the cosine of the half-whitened vectors, in standard deviations.
    pub whitened_cosine: f32,
    /// Of the cosine of the co-occurrence vectors, in standard deviations.
    pub cooccurrence: f32,
    /// Of the words' cosine, in standard deviations.
    pub words: f32,
    /// Of shared authors: between 0 (none) and nearly 1 (the same ones, none seen elsewhere).
    pub authors: f32,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { whitened_cosine: 1.0, cooccurrence: 0.7, words: 0.25, authors: 10.0 }
    }
}

/// The parts of a score, each already weighted; the score is their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ScoreParts {
    /// See [`Weights::whitened_cosine`].
    pub whitened_cosine: f32,
    /// See [`Weights::cooccurrence`].
    pub cooccurrence: f32,
    /// See [`Weights::words`].
    pub words: f32,
    /// See [`Weights::authors`].
    pub authors: f32,
}

impl ScoreParts {
    /// The score.
    pub(crate) fn sum(&self) -> f32 {
        self.whitened_cosine + self.cooccurrence + self.words + self.authors
    }
}

impl Learned {
    /// The features of papers, in their order.
    pub(crate) fn features(&self, papers: &[PaperText]) -> Vec<PaperFeatures> {
        let of_some = |papers: &[PaperText]| {
            let vectors: Vec<&[f32]> = papers.iter().map(|paper| paper.vector.as_slice()).collect();
            let counted = papers.iter().map(|paper| TermCounts::of(&paper.title, &paper.abstract_text)).collect();
            let authors = papers.iter().map(|paper| author_ids(&paper.authors)).collect();
            self.views(&vectors, counted, authors)
        };
        papers.par_chunks(AT_ONCE).flat_map_iter(of_some).collect()
    }

    /// The features of liked texts that are no papers of the library, in their order.
    pub(crate) fn features_of_texts(&self, texts: &[DescribedText]) -> Vec<PaperFeatures> {
        let of_some = |texts: &[DescribedText]| {
            let vectors: Vec<&[f32]> = texts.iter().map(|text| text.vector.as_slice()).collect();
            let counted = texts.iter().map(|text| TermCounts::of(&text.title, &text.body)).collect();
            let authors = texts.iter().map(|text| author_ids(&text.authors)).collect();
            self.views(&vectors, counted, authors)
        };
        texts.par_chunks(AT_ONCE).flat_map_iter(of_some).collect()
    }

    /// The features of a text and its vector; a text has no title and no authors.
    pub(crate) fn features_of_text(&self, text: &str, vector: &[f32]) -> Option<PaperFeatures> {
        self.views(&[vector], vec![TermCounts::of("", text)], vec![Vec::new()]).pop()
    }

    /// Which of some texts, e.g. the sentences of an abstract, has most in common with a subject,
    /// by words and what they go with: their meanings would have to be embedded. `None` where none
    /// has anything.
    pub(crate) fn nearest_text(&self, features: &PaperFeatures, texts: &[&str]) -> Option<usize> {
        let words: Vec<Weighted> = texts.iter().map(|text| self.weigh(&TermCounts::of("", text).words)).collect();
        let cooccurrence = self.cooccurrence_whitening.apply_all(&self.cooccurrence_sums(&words));
        let weights = Weights::default();
        let score = |(text, cooccurrence): (&Weighted, &[f32])| {
            let shared = overlap(&text.words, &features.words);
            // Without a shared word, what words go with is a guess.
            if shared <= 0.0 {
                return 0.0;
            }
            weights.cooccurrence * dot(cooccurrence, &features.cooccurrence) / self.spreads.cooccurrence
                + weights.words * shared / self.spreads.words
        };
        let scores = words.iter().zip(cooccurrence.chunks_exact(self.dimension().max(1))).map(score);
        let best = scores.enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        (best.1 > 0.0).then_some(best.0)
    }

    fn views(&self, vectors: &[&[f32]], terms: Vec<TermCounts>, authors: Vec<Vec<u64>>) -> Vec<PaperFeatures> {
        let dimension = self.dimension();
        let texts: Vec<Weighted> = terms.iter().map(|terms| self.weigh(&terms.words)).collect();
        let phrases = terms.iter().map(|terms| self.weigh_phrases(&terms.phrases));
        let whitened = self.whitening.apply_all(&vectors.concat());
        let cooccurrence = self.cooccurrence_whitening.apply_all(&self.cooccurrence_sums(&texts));
        let most = (self.papers as f32 + 1.0).ln();
        let rarity = |author| self.authors.rarity(self.authors.place(author), self.papers);
        let features = whitened
            .chunks_exact(dimension)
            .zip(cooccurrence.chunks_exact(dimension))
            .zip(texts.iter().zip(phrases))
            .zip(authors);
        features
            .map(|(((whitened, cooccurrence), (text, phrases)), authors)| PaperFeatures {
                whitened: whitened.to_vec(),
                // Without a known word there is nothing, and not what is left when the mean is
                // taken off.
                cooccurrence: if self.rows_of(text).next().is_some() {
                    cooccurrence.to_vec()
                } else {
                    vec![0.0; dimension]
                },
                words: text.words.clone(),
                phrases,
                authors: authors.into_iter().map(|id| (id, rarity(id) / most)).collect(),
            })
            .collect()
    }

    /// How alike each two of some papers are, by the default weights: papers x papers, symmetric,
    /// the diagonal 0. As [`Learned::compare`], but for the order in which products of dense views
    /// are added up.
    pub(crate) fn compare_all<F: Borrow<PaperFeatures> + Sync>(&self, papers: &[F]) -> Array2<f32> {
        self.compare_new(papers, &vec![None; papers.len()], &Array2::zeros((0, 0)))
    }

    /// As [`Learned::compare_all`], where some of the papers have been compared with each other:
    /// `before` says at which place of `compared` each was, if at any.
    pub(crate) fn compare_new<F: Borrow<PaperFeatures> + Sync>(
        &self,
        papers: &[F],
        before: &[Option<usize>],
        compared: &Array2<f32>,
    ) -> Array2<f32> {
        let papers: Vec<&PaperFeatures> = papers.iter().map(Borrow::borrow).collect();
        let count = papers.len();
        let weights = Weights::default();
        let dense = |view: &dyn Fn(&PaperFeatures) -> &[f32]| {
            papers.iter().flat_map(|paper| view(paper).iter().copied()).collect()
        };
        let (whitened, cooccurrence): (Vec<f32>, Vec<f32>) =
            (dense(&|paper| &paper.whitened), dense(&|paper| &paper.cooccurrence));
        let words = Postings::of(papers.iter().map(|paper| paper.words.as_slice()));
        let authors = Postings::of(papers.iter().map(|paper| paper.authors.as_slice()));
        // Where all are new, each with those that stand before it; else with all.
        let all_new = before.iter().all(Option::is_none);
        let row = |one: usize| -> Vec<f32> {
            if before[one].is_some() {
                return Vec::new();
            }
            let paper = papers[one];
            let others = if all_new { one } else { count };
            let values = others * self.dimension();
            let (mut by_whitened, mut by_cooccurrence) = (vec![0f32; others], vec![0f32; others]);
            dots(self.set, &whitened[..values], &paper.whitened, &mut by_whitened);
            dots(self.set, &cooccurrence[..values], &paper.cooccurrence, &mut by_cooccurrence);
            let (mut by_words, mut by_authors) = (vec![0f32; count], vec![0f32; count]);
            words.overlaps(&paper.words, &mut by_words);
            let each_once: Vec<(u64, f32)> = paper.authors.iter().map(|(id, _)| (*id, 1.0)).collect();
            authors.overlaps(&each_once, &mut by_authors);
            let parts = |other: usize| ScoreParts {
                whitened_cosine: weights.whitened_cosine * by_whitened[other] / self.spreads.whitened,
                cooccurrence: weights.cooccurrence * by_cooccurrence[other] / self.spreads.cooccurrence,
                words: weights.words * by_words[other] / self.spreads.words,
                authors: weights.authors * by_authors[other] / both_sizes(paper, papers[other]),
            };
            (0..others).map(|other| parts(other).sum()).collect()
        };
        let rows: Vec<Vec<f32>> = (0..count).into_par_iter().map(row).collect();
        let mut alike = Array2::zeros((count, count));
        for one in 0..count {
            for other in 0..one {
                let value = match (before[one], before[other]) {
                    (Some(one), Some(other)) => compared[[one, other]],
                    (None, _) => rows[one][other],
                    (_, None) => rows[other][one],
                };
                (alike[[one, other]], alike[[other, one]]) = (value, value);
            }
        }
        alike
    }

    /// How alike two are.
    pub(crate) fn compare(&self, one: &PaperFeatures, other: &PaperFeatures, weights: &Weights) -> ScoreParts {
        let shared = overlap_by(&one.authors, &other.authors, |rarity, _| rarity);
        let sizes = both_sizes(one, other);
        ScoreParts {
            whitened_cosine: weights.whitened_cosine * dot(&one.whitened, &other.whitened) / self.spreads.whitened,
            cooccurrence: weights.cooccurrence * dot(&one.cooccurrence, &other.cooccurrence)
                / self.spreads.cooccurrence,
            words: weights.words * overlap(&one.words, &other.words) / self.spreads.words,
            authors: weights.authors * shared / sizes,
        }
    }
}

impl PaperFeatures {
    /// The cosine of the words of two.
    pub(crate) fn words_in_common(&self, other: &PaperFeatures) -> f32 {
        overlap(&self.words, &other.words)
    }

    /// Moves the features towards the mean of others by `share` (Rocchio 1971), since what the best
    /// answers have in common is what was asked for. Authors and phrases stay.
    pub(crate) fn rocchio(&self, others: &[&PaperFeatures], share: f32) -> PaperFeatures {
        let Some(share) = (!others.is_empty()).then(|| share / others.len() as f32) else { return self.clone() };
        let mix = |of: &dyn Fn(&PaperFeatures) -> Vec<f32>| {
            let mut sum = of(self);
            for other in others {
                sum.iter_mut().zip(of(other)).for_each(|(sum, x)| *sum += share * x);
            }
            to_unit(&mut sum);
            sum
        };
        let mut words: std::collections::BTreeMap<u64, f32> = self.words.iter().copied().collect();
        for (word, weight) in others.iter().flat_map(|other| &other.words) {
            *words.entry(*word).or_default() += share * weight;
        }
        let length = words.values().map(|weight| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        PaperFeatures {
            whitened: mix(&|features| features.whitened.clone()),
            cooccurrence: mix(&|features| features.cooccurrence.clone()),
            words: words.into_iter().map(|(word, weight)| (word, weight / length)).collect(),
            phrases: self.phrases.clone(),
            authors: self.authors.clone(),
        }
    }
}

/// The words and phrases of a text, counted.
pub(super) struct TermCounts {
    /// Its words by their hashes, ascending, with how often they stand there.
    pub words: Counted,
    /// Words that follow each other, stop-words passed over, likewise.
    pub phrases: Counted,
}

impl TermCounts {
    /// Of a paper.
    pub(super) fn of(title: &str, abstract_text: &str) -> TermCounts {
        let (mut words, mut phrases): (Counted, Counted) = (Vec::new(), Vec::new());
        for (text, weight) in [(title, TITLE), (abstract_text, 1.0)] {
            let mut before = None;
            index_words(text, &mut |word| {
                let word = hash(word);
                words.push((word, weight));
                phrases.extend(before.replace(word).map(|before| (phrase(before, word), weight)));
            });
        }
        TermCounts { words: added_up(words), phrases: added_up(phrases) }
    }
}

/// Ascending, each once.
fn added_up(mut all: Counted) -> Counted {
    all.sort_unstable_by_key(|(id, _)| *id);
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    all
}

/// Authors by the hash of last name and first initial, ascending: sources differ in whether first
/// names are written out.
pub(super) fn author_ids(authors: &[String]) -> Vec<u64> {
    let mut ids: Vec<u64> = authors
        .iter()
        .filter_map(|name| {
            let words = crate::library::terms(name);
            let initial = words.first()?.chars().next()?;
            Some(hash(&format!("{} {initial}", words.last()?)))
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What shared authors are a share of: the geometric mean of how many wrote each.
fn both_sizes(one: &PaperFeatures, other: &PaperFeatures) -> f32 {
    ((one.authors.len() * other.authors.len()) as f32).sqrt().max(1.0)
}

/// The dot product of two sparse vectors.
pub(super) fn overlap(one: &[(u64, f32)], other: &[(u64, f32)]) -> f32 {
    overlap_by(one, other, |a, b| a * b)
}

fn overlap_by(one: &[(u64, f32)], other: &[(u64, f32)], term: impl Fn(f32, f32) -> f32) -> f32 {
    // What many papers ask for holds so many words that those of one paper are looked up in it.
    const FEW: usize = 8;
    if one.len() / FEW > other.len() {
        let found = other.iter().filter_map(|(id, y)| {
            let at = one.binary_search_by_key(id, |(id, _)| *id).ok()?;
            Some(term(one[at].1, *y))
        });
        return found.sum();
    }
    let (mut left, mut right, mut sum) = (one.iter().peekable(), other.iter().peekable(), 0.0);
    while let (Some((a, x)), Some((b, y))) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            Ordering::Less => _ = left.next(),
            Ordering::Greater => _ = right.next(),
            Ordering::Equal => {
                sum += term(*x, *y);
                (_, _) = (left.next(), right.next());
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests;
