//! The interests of a profile side by side, so that a paper is compared with hundreds of them in
//! one pass.
//!
//! In: interests, and the views of a paper. Out: the parts of its score to each, as
//! [`Interest::score`] has them, but for the order in which products of dense views are added up.

use std::borrow::Borrow;

use super::Learned;
use super::background::Direction;
use super::features::{PaperFeatures, ScoreParts, Weights};
use super::interest::{Interest, share_of};
use super::postings::Postings;
use crate::kernels::{InstructionSet, dots};

/// See the top of the module.
#[derive(Debug)]
pub(crate) struct Interests {
    whitened: Directions,
    cooccurrence: Directions,
    words: Postings,
    phrases: Postings,
    authors: Postings,
    /// The most that authors may count.
    most_authors: Vec<f32>,
    /// How many papers each was made of.
    papers: Vec<usize>,
    set: InstructionSet,
}

/// Interests x dimension, and the offset of each.
#[derive(Debug)]
struct Directions {
    weights: Vec<f32>,
    offsets: Vec<f32>,
}

impl Directions {
    /// How far a paper lies along each, in standard deviations.
    fn along(&self, set: InstructionSet, view: &[f32]) -> Vec<f32> {
        let mut along = vec![0f32; self.offsets.len()];
        dots(set, &self.weights, view, &mut along);
        along.iter_mut().zip(&self.offsets).for_each(|(along, offset)| *along -= offset);
        along
    }
}

impl Learned {
    /// Interests side by side.
    pub(crate) fn side_by_side<I: Borrow<Interest>>(&self, interests: &[I]) -> Interests {
        Interests::of(&interests.iter().map(Borrow::borrow).collect::<Vec<_>>(), self.set)
    }
}

impl Interests {
    fn of(interests: &[&Interest], set: InstructionSet) -> Interests {
        let directions = |of: &dyn Fn(&Interest) -> &Direction| Directions {
            weights: interests.iter().flat_map(|interest| of(interest).weights.iter().copied()).collect(),
            offsets: interests.iter().map(|interest| of(interest).offset).collect(),
        };
        Interests {
            whitened: directions(&|interest| &interest.whitened),
            cooccurrence: directions(&|interest| &interest.cooccurrence),
            words: Postings::of(interests.iter().map(|interest| interest.words.as_slice())),
            phrases: Postings::of(interests.iter().map(|interest| interest.phrases.as_slice())),
            authors: Postings::of(interests.iter().map(|interest| interest.authors.as_slice())),
            most_authors: interests.iter().map(|interest| interest.most_authors).collect(),
            papers: interests.iter().map(|interest| interest.papers).collect(),
            set,
        }
    }

    /// How many papers the n-th was made of.
    pub(crate) fn papers(&self, at: usize) -> usize {
        self.papers[at]
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.most_authors.len()
    }

    /// How well a paper answers each, in their order.
    pub(crate) fn scores(&self, paper: &PaperFeatures, weights: &Weights) -> Vec<ScoreParts> {
        let count = self.count();
        let (mut words, mut phrases, mut authors) = (vec![0f32; count], vec![0f32; count], vec![0f32; count]);
        self.words.overlaps(&paper.words, &mut words);
        self.phrases.overlaps(&paper.phrases, &mut phrases);
        self.authors.overlaps(&share_of(&paper.authors, |_| 1.0), &mut authors);
        let whitened = self.whitened.along(self.set, &paper.whitened);
        let cooccurrence = self.cooccurrence.along(self.set, &paper.cooccurrence);
        let parts = |at: usize| ScoreParts {
            whitened_cosine: weights.whitened_cosine * whitened[at],
            cooccurrence: weights.cooccurrence * cooccurrence[at],
            words: weights.words * (words[at] + phrases[at]),
            authors: weights.authors * authors[at].min(self.most_authors[at]),
        };
        (0..count).map(parts).collect()
    }
}
