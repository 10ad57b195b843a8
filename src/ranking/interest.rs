//! What several liked papers ask for together, and how well a paper answers it.
//!
//! In: the views of liked papers that are one interest. Out: an [`Interest`], which scores any
//! paper by the same four parts as a comparison of two papers, and in the same unit: standard
//! deviations over the papers of the library. An interest of one paper is a comparison with it. Of
//! several, what they have in common asks: the mean of their vectors, told from the library's own
//! papers ([`Background`]), the mean of their words, and of their phrases, which a single paper
//! says too little about. Against the highest score to any of them, the mean of the scores, and
//! linear classifiers, see docs/benchmarks.md.

use std::collections::BTreeMap;

use super::Learned;
use super::background::Direction;
use super::features::{PaperFeatures, ScoreParts, Weights, overlap};
use super::whitening::to_unit;

/// What words, phrases and authors of several papers weigh, beside the weight that words or authors
/// of one paper have.
const WORDS: f32 = 2.8;
const PHRASES: f32 = 1.2;
const AUTHORS: f32 = 0.75;

/// The words of n papers vary over the library by so much more than those of one, as n to this
/// power: 1.23, 1.53 and 1.81 times for 2, 5 and 10 papers of one heading.
const WORDS_OF_MANY: f32 = 0.25;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interest {
    pub(super) whitened: Direction,
    pub(super) cooccurrence: Direction,
    /// By hash, ascending, as the two below.
    pub(super) words: Vec<(u64, f32)>,
    pub(super) phrases: Vec<(u64, f32)>,
    /// Of each author the share of a paper that is theirs, times how rare they are.
    pub(super) authors: Vec<(u64, f32)>,
    /// The most that authors may count.
    pub(super) most_authors: f32,
    /// How many papers it was made of.
    pub(super) papers: usize,
}

impl Learned {
    /// What papers ask for together, each with how much it counts (above 0). `None` for no papers.
    pub(crate) fn interest(&self, papers: &[(&PaperFeatures, f32)]) -> Option<Interest> {
        match papers {
            [] => None,
            [(one, _)] => Some(self.of_one(one)),
            several => Some(self.of_several(several)),
        }
    }

    fn of_one(&self, paper: &PaperFeatures) -> Interest {
        let over =
            |view: &[f32], spread: f32| Direction { weights: view.iter().map(|x| x / spread).collect(), offset: 0.0 };
        let spreads = &self.spreads;
        Interest {
            whitened: over(&paper.whitened, spreads.whitened),
            cooccurrence: over(&paper.cooccurrence, spreads.cooccurrence),
            words: scaled(paper.words.iter().copied(), 1.0 / spreads.words),
            phrases: Vec::new(),
            authors: share_of_authors(paper),
            most_authors: 1.0,
            papers: 1,
        }
    }

    fn of_several(&self, papers: &[(&PaperFeatures, f32)]) -> Interest {
        let total: f32 = papers.iter().map(|(_, weight)| weight).sum();
        let mean = |view: &dyn Fn(&PaperFeatures) -> &[f32]| {
            let mut mean = vec![0f32; self.dimension()];
            for (paper, weight) in papers {
                mean.iter_mut().zip(view(paper)).for_each(|(sum, x)| *sum += weight / total * x);
            }
            mean
        };
        let squares: f32 = papers.iter().map(|(_, weight)| weight * weight).sum();
        // As many papers as these would be if all counted the same (Kish 1965).
        let spread = (total * total / squares.max(f32::MIN_POSITIVE)).powf(WORDS_OF_MANY);
        let sparse = |view: &dyn Fn(&PaperFeatures) -> &[(u64, f32)], factor: f32| {
            let mut sums: BTreeMap<u64, f32> = BTreeMap::new();
            for (paper, weight) in papers {
                view(paper).iter().for_each(|(id, x)| *sums.entry(*id).or_default() += weight * x);
            }
            let mut values: Vec<f32> = sums.values().copied().collect();
            to_unit(&mut values);
            scaled(sums.into_keys().zip(values), factor / spread)
        };
        let heaviest = papers.iter().map(|(_, weight)| *weight).fold(f32::MIN_POSITIVE, f32::max);
        let mut authors: BTreeMap<u64, f32> = BTreeMap::new();
        for (paper, weight) in papers {
            for (id, share) in share_of_authors(paper) {
                let most = authors.entry(id).or_default();
                *most = most.max(AUTHORS * share * weight / heaviest);
            }
        }
        Interest {
            whitened: self.backgrounds.whitened.direction(&mean(&|paper| &paper.whitened)),
            cooccurrence: self.backgrounds.cooccurrence.direction(&mean(&|paper| &paper.cooccurrence)),
            words: sparse(&|paper| &paper.words, WORDS / self.spreads.words),
            phrases: sparse(&|paper| &paper.phrases, PHRASES / self.spreads.phrases),
            authors: authors.into_iter().collect(),
            most_authors: AUTHORS,
            papers: papers.len(),
        }
    }
}

impl Interest {
    /// How well a paper answers it. The score depends on nothing but the two.
    pub(crate) fn score(&self, paper: &PaperFeatures, weights: &Weights) -> ScoreParts {
        let authors = overlap(&self.authors, &share_of(&paper.authors, |_| 1.0)).min(self.most_authors);
        ScoreParts {
            whitened_cosine: weights.whitened_cosine * self.whitened.along(&paper.whitened),
            cooccurrence: weights.cooccurrence * self.cooccurrence.along(&paper.cooccurrence),
            words: weights.words * (overlap(&self.words, &paper.words) + overlap(&self.phrases, &paper.phrases)),
            authors: weights.authors * authors,
        }
    }
}

fn scaled(terms: impl Iterator<Item = (u64, f32)>, factor: f32) -> Vec<(u64, f32)> {
    terms.map(|(id, x)| (id, x * factor)).collect()
}

/// Each author's rarity, as a share of the paper.
fn share_of_authors(paper: &PaperFeatures) -> Vec<(u64, f32)> {
    share_of(&paper.authors, |rarity| rarity)
}

pub(super) fn share_of(authors: &[(u64, f32)], value: impl Fn(f32) -> f32) -> Vec<(u64, f32)> {
    let size = (authors.len() as f32).sqrt().max(1.0);
    authors.iter().map(|(id, rarity)| (*id, value(*rarity) / size)).collect()
}
