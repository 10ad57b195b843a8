//! What is compared of a paper, and how two are compared.
//!
//! Four views, each of which finds what the others miss (docs/benchmarks.md): the half-whitened vector, what the
//! words are associated with, the words themselves (and, where several papers ask, phrases of two words:
//! `interest.rs`), and the authors. The first three are counted in standard deviations of the similarity of two
//! papers drawn at random, so that they can be added up; authors are a share of those of both, times a weight.
//! Weights were chosen on one half of the judgements.

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

/// A paper, or what somebody likes, as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Half-whitened vector, unit length.
    pub(super) meaning: Vec<f32>,
    /// What its words are associated with, half-whitened, unit length.
    pub(super) associations: Vec<f32>,
    /// Weight of each word by its hash, ascending; unit length.
    pub(super) words: Vec<(u64, f32)>,
    /// Weight of each phrase of two words that the library knows, by its hash, ascending; unit length.
    pub(super) phrases: Vec<(u64, f32)>,
    /// Rarity of each author by the hash of the name, ascending; 0 for one of every paper, nearly 1 for one seen once.
    pub(super) authors: Vec<(u64, f32)>,
}

/// How much each part counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// Of the half-whitened vectors' cosine, in standard deviations.
    pub meaning: f32,
    /// Of the cosine of what words are associated with, in standard deviations.
    pub associations: f32,
    /// Of the words' cosine, in standard deviations.
    pub words: f32,
    /// Of shared authors: between 0 (none) and nearly 1 (the same ones, none seen elsewhere).
    pub authors: f32,
}

impl Weights {
    /// The names of the parts.
    pub const PARTS: [&str; 4] = ["meaning", "associations", "words", "authors"];
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { meaning: 1.0, associations: 0.7, words: 0.25, authors: 10.0 }
    }
}

/// The parts of a score; the score is their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// See [`Weights::meaning`].
    pub meaning: f32,
    /// See [`Weights::associations`].
    pub associations: f32,
    /// See [`Weights::words`].
    pub words: f32,
    /// See [`Weights::authors`].
    pub authors: f32,
}

impl Parts {
    /// The score.
    pub fn sum(&self) -> f32 {
        self.meaning + self.associations + self.words + self.authors
    }
}

impl Learned {
    /// The views of papers.
    pub fn subjects(&self, papers: &[PaperText]) -> Vec<Subject> {
        let of_some = |papers: &[PaperText]| {
            let vectors: Vec<&[f32]> = papers.iter().map(|paper| paper.vector.as_slice()).collect();
            let counted = papers.iter().map(|paper| Terms::of(&paper.title, &paper.abstract_text)).collect();
            let authors = papers.iter().map(|paper| author_ids(&paper.authors)).collect();
            self.views(&vectors, counted, authors)
        };
        papers.par_chunks(AT_ONCE).flat_map_iter(of_some).collect()
    }

    /// The view of a text with its vector: it has no title and no authors.
    pub fn subject_of_text(&self, text: &str, vector: &[f32]) -> Option<Subject> {
        self.views(&[vector], vec![Terms::of("", text)], vec![Vec::new()]).pop()
    }

    /// Which of some texts, e.g. the sentences of an abstract, has most in common with a subject, by words and what they go with: their
    /// meanings would have to be embedded. `None` where none has anything.
    pub(crate) fn nearest_text(&self, subject: &Subject, texts: &[&str]) -> Option<usize> {
        let words: Vec<Weighted> = texts.iter().map(|text| self.weigh(&Terms::of("", text).words)).collect();
        let associations = self.associated.apply_all(&self.sums_of_associations(&words));
        let weights = Weights::default();
        let score = |(text, associations): (&Weighted, &[f32])| {
            let shared = overlap(&text.words, &subject.words);
            // Without a shared word, what words go with is a guess.
            if shared <= 0.0 {
                return 0.0;
            }
            weights.associations * dot(associations, &subject.associations) / self.spreads.associations
                + weights.words * shared / self.spreads.words
        };
        let scores = words.iter().zip(associations.chunks_exact(self.dimension().max(1))).map(score);
        let best = scores.enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        (best.1 > 0.0).then_some(best.0)
    }

    fn views(&self, vectors: &[&[f32]], terms: Vec<Terms>, authors: Vec<Vec<u64>>) -> Vec<Subject> {
        let dimension = self.dimension();
        let texts: Vec<Weighted> = terms.iter().map(|terms| self.weigh(&terms.words)).collect();
        let phrases = terms.iter().map(|terms| self.weigh_phrases(&terms.phrases));
        let meanings = self.meaning.apply_all(&vectors.concat());
        let associations = self.associated.apply_all(&self.sums_of_associations(&texts));
        let most = (self.papers as f32 + 1.0).ln();
        let rarity = |author| self.authors.rarity(self.authors.place(author), self.papers);
        let subjects = meanings
            .chunks_exact(dimension)
            .zip(associations.chunks_exact(dimension))
            .zip(texts.iter().zip(phrases))
            .zip(authors);
        subjects
            .map(|(((meaning, associations), (text, phrases)), authors)| Subject {
                meaning: meaning.to_vec(),
                // Without a known word there is nothing, and not what is left when the mean is taken off.
                associations: if self.rows_of(text).next().is_some() {
                    associations.to_vec()
                } else {
                    vec![0.0; dimension]
                },
                words: text.words.clone(),
                phrases,
                authors: authors.into_iter().map(|id| (id, rarity(id) / most)).collect(),
            })
            .collect()
    }

    /// How alike each two of some papers are, by the default weights: papers x papers, symmetric, the diagonal 0. As [`Learned::compare`],
    /// but for the order in which products of dense views are added up.
    pub fn compare_all(&self, papers: &[Subject]) -> Array2<f32> {
        let count = papers.len();
        let weights = Weights::default();
        let dense =
            |view: &dyn Fn(&Subject) -> &[f32]| papers.iter().flat_map(|paper| view(paper).iter().copied()).collect();
        let (meanings, associations): (Vec<f32>, Vec<f32>) =
            (dense(&|paper| &paper.meaning), dense(&|paper| &paper.associations));
        let words = Postings::of(papers.iter().map(|paper| paper.words.as_slice()));
        let authors = Postings::of(papers.iter().map(|paper| paper.authors.as_slice()));
        // With all that stand before it.
        let row = |one: usize| -> Vec<f32> {
            let paper = &papers[one];
            let before = one * self.dimension();
            let (mut by_meaning, mut by_associations) = (vec![0f32; one], vec![0f32; one]);
            dots(self.set, &meanings[..before], &paper.meaning, &mut by_meaning);
            dots(self.set, &associations[..before], &paper.associations, &mut by_associations);
            let (mut by_words, mut by_authors) = (vec![0f32; count], vec![0f32; count]);
            words.overlaps(&paper.words, &mut by_words);
            let each_once: Vec<(u64, f32)> = paper.authors.iter().map(|(id, _)| (*id, 1.0)).collect();
            authors.overlaps(&each_once, &mut by_authors);
            let parts = |other: usize| Parts {
                meaning: weights.meaning * by_meaning[other] / self.spreads.meaning,
                associations: weights.associations * by_associations[other] / self.spreads.associations,
                words: weights.words * by_words[other] / self.spreads.words,
                authors: weights.authors * by_authors[other] / both_sizes(paper, &papers[other]),
            };
            (0..one).map(|other| parts(other).sum()).collect()
        };
        let rows: Vec<Vec<f32>> = (0..count).into_par_iter().map(row).collect();
        Array2::from_shape_fn((count, count), |(a, b)| match a.cmp(&b) {
            Ordering::Greater => rows[a][b],
            Ordering::Less => rows[b][a],
            Ordering::Equal => 0.0,
        })
    }

    /// How alike two are.
    pub fn compare(&self, one: &Subject, other: &Subject, weights: &Weights) -> Parts {
        let shared = overlap_by(&one.authors, &other.authors, |rarity, _| rarity);
        let sizes = both_sizes(one, other);
        Parts {
            meaning: weights.meaning * dot(&one.meaning, &other.meaning) / self.spreads.meaning,
            associations: weights.associations * dot(&one.associations, &other.associations)
                / self.spreads.associations,
            words: weights.words * overlap(&one.words, &other.words) / self.spreads.words,
            authors: weights.authors * shared / sizes,
        }
    }
}

impl Subject {
    /// The cosine of the words of two.
    pub(crate) fn words_in_common(&self, other: &Subject) -> f32 {
        overlap(&self.words, &other.words)
    }

    /// Moved towards the mean of others by `share` (Rocchio 1971): what the best answers have in common is what was asked for.
    /// Authors and phrases stay.
    pub fn towards(&self, others: &[&Subject], share: f32) -> Subject {
        let Some(share) = (!others.is_empty()).then(|| share / others.len() as f32) else { return self.clone() };
        let mix = |of: &dyn Fn(&Subject) -> Vec<f32>| {
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
        Subject {
            meaning: mix(&|subject| subject.meaning.clone()),
            associations: mix(&|subject| subject.associations.clone()),
            words: words.into_iter().map(|(word, weight)| (word, weight / length)).collect(),
            phrases: self.phrases.clone(),
            authors: self.authors.clone(),
        }
    }
}

/// What a text holds.
pub(super) struct Terms {
    /// Its words by their hashes, ascending, with how often they stand there.
    pub words: Counted,
    /// Words that follow each other, stop-words passed over, likewise.
    pub phrases: Counted,
}

impl Terms {
    /// Of a paper.
    pub fn of(title: &str, abstract_text: &str) -> Terms {
        let (mut words, mut phrases): (Counted, Counted) = (Vec::new(), Vec::new());
        for (text, weight) in [(title, TITLE), (abstract_text, 1.0)] {
            let mut before = None;
            index_words(text, &mut |word| {
                let word = hash(word);
                words.push((word, weight));
                phrases.extend(before.replace(word).map(|before| (phrase(before, word), weight)));
            });
        }
        Terms { words: added_up(words), phrases: added_up(phrases) }
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

/// Authors by the hash of last name and first initial, ascending: sources differ in whether first names are written out.
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
fn both_sizes(one: &Subject, other: &Subject) -> f32 {
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
