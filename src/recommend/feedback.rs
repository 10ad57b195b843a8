//! How candidates are scored by what is asked, and what goes back into the question of a single
//! like.
//!
//! The best three papers of the library, from a floor on, say more of what a single liked paper is
//! about (pseudo-relevance feedback: Rocchio 1971). A paper is never compared with itself: one that
//! was fed back is scored without.

use std::sync::Arc;

use super::asked::Wanted;
use super::candidates::Compared;
use super::known::Known;
use crate::library::{PaperRow, PaperText};
use crate::ranking::{Interest, Interests, Learned, PaperFeatures, ScoreParts, Weights};

/// How many of the first of a single liked paper go back into what it asks for, and how much they
/// weigh together beside it.
const FEEDBACK: usize = 3;
const FEEDBACK_SHARE: f32 = 0.5;
/// Only papers with such a score say more of what is asked for: half of the pairs on one topic have
/// more, and one of a hundred random pairs.
const FEEDBACK_FLOOR: f32 = 8.0;

/// The interests as candidates are scored by them.
pub(super) struct Asking {
    interests: Arc<Interests>,
    /// Papers that went back into the only interest, each with that interest without the paper.
    without: Vec<(PaperRow, Interests)>,
}

impl Asking {
    /// `near` holds the papers of the library that are near to a single liked one.
    pub(super) fn of(wanted: &Wanted, known: &Known, near: &Compared) -> Asking {
        if let Some(single) = wanted.single() {
            return expanded(known, &wanted.described.features[single], near);
        }
        Asking { interests: wanted.interests(known), without: Vec::new() }
    }

    /// What a paper has of each interest.
    pub(super) fn scores(&self, row: PaperRow, features: &PaperFeatures, weights: &Weights) -> Vec<ScoreParts> {
        let own = self.without.iter().find(|(fed, _)| *fed == row).map_or(&*self.interests, |(_, without)| without);
        own.scores(features, weights)
    }

    /// How many papers and texts an interest was made of.
    pub(super) fn papers(&self, interest: usize) -> usize {
        self.interests.papers(interest)
    }

    /// How many interests there are.
    pub(super) fn count(&self) -> usize {
        self.interests.count()
    }
}

/// What a single liked paper asks for, once its first answers in the library are known.
fn expanded(learned: &Learned, liked: &PaperFeatures, near: &Compared) -> Asking {
    let weights = Weights::default();
    let mut scores: Vec<(f32, &PaperText, &PaperFeatures)> = near
        .features
        .iter()
        .zip(&near.papers)
        .map(|(features, paper)| (learned.compare(liked, features, &weights).sum(), paper, features))
        .filter(|(score, ..)| *score >= FEEDBACK_FLOOR)
        .collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    scores.truncate(FEEDBACK);
    let moved = |fed: Vec<&PaperFeatures>| -> Interests {
        let interest: Option<Interest> = learned.interest(&[(&liked.rocchio(&fed, FEEDBACK_SHARE), 1.0)]);
        learned.side_by_side(interest.as_slice())
    };
    let without = |own: PaperRow| {
        let others = scores.iter().filter(|(_, paper, _)| paper.row != own).map(|(_, _, features)| *features);
        (own, moved(others.collect()))
    };
    Asking {
        interests: Arc::new(moved(scores.iter().map(|(_, _, features)| *features).collect())),
        without: scores.iter().map(|(_, paper, _)| without(paper.row)).collect(),
    }
}
