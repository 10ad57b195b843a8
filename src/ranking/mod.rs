//! What a library teaches about its own papers, so that they are compared better than by the cosine
//! of their vectors.
//!
//! In: a sample of a library's papers with their vectors. Out: how vectors are whitened, how rare a
//! word or an author is, and the co-occurrence vector of each word; and, for one paper, its
//! [`PaperFeatures`]: the views of it that are compared. Nothing here comes from judgements of what
//! is related: a library of any field teaches itself.
//!
//! The sample is at most 20,000 papers, chosen by a hash of their ids and so the same whatever the
//! order in which they came: learning takes a second or two for a library of any size. What was
//! learned is kept beside the library (`cache.rs`).

mod background;
mod cache;
mod features;
mod interest;
mod interests;
mod postings;
mod vocabulary;
mod whitening;

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

use crate::error::Result;
use crate::kernels::{InstructionSet, add_bytes};
use crate::library::derived::Column;
use crate::library::{FingerprintNumber, Library, PaperText};

pub(crate) use features::{DescribedText, PaperFeatures, ScoreParts, Weights};
pub(crate) use interest::Interest;
pub(crate) use interests::Interests;

pub(crate) use vocabulary::hash;

use background::Background;
use features::{TermCounts, author_ids};
use vocabulary::{Counted, Vocabulary};
use whitening::{Spectrum, Whitening};

/// Papers that are learned from, at most.
const SAMPLE: usize = 20_000;

/// The row of a word without a co-occurrence vector.
const NOTHING: u32 = u32::MAX;

/// A word has a co-occurrence vector if it occurs in at least this many papers of the sample, and
/// in no more than half.
const COOCCURRENCE_FROM: u32 = 2;

/// Phrases of two words are known where so many papers of the sample hold them, and not more than a
/// tenth: the most frequent ones, as the others find nothing more (docs/history/ranking.md).
const PHRASE_FROM: u32 = 5;
const PHRASES: usize = 20_000;

/// With fewer known phrases than this most papers hold one or two, which would stand for all of the
/// paper: then phrases say nothing.
const PHRASES_AT_LEAST: usize = 1000;

/// What was learned from a library under one fingerprint.
#[derive(Debug, PartialEq)]
pub(crate) struct Learned {
    /// Papers of the library when it was learned from.
    counted: u64,
    /// Papers learned from.
    papers: u64,
    /// Half-whitens vectors.
    whitening: Whitening,
    /// Half-whitens the co-occurrence vectors of texts.
    cooccurrence_whitening: Whitening,
    /// Papers per word.
    words: Vocabulary,
    /// Papers per phrase of two words.
    phrases: Vocabulary,
    /// Papers per author.
    authors: Vocabulary,
    /// How papers vary in the views that are dense.
    backgrounds: Backgrounds,
    /// Of each of `words`: which row of `cooccurrences`, or [`NOTHING`].
    rows: Column<u32>,
    /// Words x dimension: the weighted mean of the fully whitened vectors of the papers with a
    /// word, scaled so that the largest element of a row is 127 or -127, and rounded.
    cooccurrences: Column<i8>,
    /// What makes a unit row of each row of `cooccurrences`.
    scales: Column<f32>,
    /// Standard deviations of the similarities of two papers drawn at random.
    spreads: Spreads,
    /// What it computes with.
    set: InstructionSet,
}

/// See [`Learned`].
#[derive(Debug, PartialEq)]
struct Backgrounds {
    whitened: Background,
    cooccurrence: Background,
}

/// The words of a text.
struct Weighted {
    /// By hash, ascending; unit length.
    words: Vec<(u64, f32)>,
    /// Where in the vocabulary each stands.
    places: Vec<Option<usize>>,
}

/// The views of the papers of a sample, in one order.
struct Sample<'a> {
    /// Papers x dimension.
    whitened: &'a [f32],
    /// Papers x dimension.
    cooccurrence: &'a [f32],
    words: &'a [Weighted],
    phrases: &'a [Vec<(u64, f32)>],
}

/// See [`Learned`].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spreads {
    whitened: f32,
    cooccurrence: f32,
    words: f32,
    phrases: f32,
}

impl Spreads {
    /// Of all-MiniLM vectors of some ten thousand papers; what a small library's own are drawn
    /// towards.
    const TYPICAL: Spreads = Spreads { whitened: 0.065, cooccurrence: 0.065, words: 0.016, phrases: 0.0145 };
    /// Pairs that weigh as much as the typical spread.
    const PRIOR: f32 = 200.0;
}

impl Learned {
    /// Learns from a library.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn learn(library: &Library, fingerprint: FingerprintNumber) -> Result<Learned> {
        let mut sample = library.sample(SAMPLE)?;
        // The texts of withdrawn papers teach what withdrawals are called.
        let withdrawn = library.withdrawn()?;
        if sample.iter().any(|row| !withdrawn.contains(*row)) {
            sample.retain(|row| !withdrawn.contains(*row));
        }
        let papers = library.texts_of(fingerprint, &sample)?;
        let set = InstructionSet::choose()?;
        let learned = Learned::from_papers(&papers, library.dimension(fingerprint)?, set);
        Ok(Learned { counted: library.vectors(fingerprint)?, ..learned })
    }

    fn from_papers(papers: &[PaperText], dimension: usize, set: InstructionSet) -> Learned {
        let vectors: Vec<f32> = papers.iter().flat_map(|paper| paper.vector.iter().copied()).collect();
        let terms: Vec<TermCounts> =
            papers.par_iter().map(|paper| TermCounts::of(&paper.title, &paper.abstract_text)).collect();
        let words = Vocabulary::count(terms.iter().map(|terms| terms.words.iter().map(|(id, _)| *id)));
        let phrases = terms.iter().flat_map(|terms| terms.phrases.iter().map(|(id, _)| *id)).collect();
        let phrases = Vocabulary::frequent(phrases, PHRASE_FROM..=(papers.len() / 10) as u32, PHRASES);
        let phrases = if phrases.ids.len() < PHRASES_AT_LEAST { Vocabulary::default() } else { phrases };
        let authors: Vec<Vec<u64>> = papers.iter().map(|paper| author_ids(&paper.authors)).collect();
        let authors = Vocabulary::count(authors.iter().map(|ids| ids.iter().copied()));

        let matrix =
            |rows: &[f32]| Array2::from_shape_vec((papers.len(), dimension), rows.to_vec()).unwrap_or_default();
        let spectrum = Spectrum::of(&matrix(&vectors));
        let mut learned = Learned {
            counted: papers.len() as u64,
            papers: papers.len() as u64,
            whitening: spectrum.whitening(0.25, set),
            cooccurrence_whitening: Whitening::none(dimension, set),
            words,
            phrases,
            authors,
            backgrounds: Backgrounds { whitened: Background::of(&spectrum), cooccurrence: Background::of(&spectrum) },
            rows: Column::default(),
            cooccurrences: Column::default(),
            scales: Column::default(),
            spreads: Spreads::TYPICAL,
            set,
        };
        let weighted: Vec<_> = terms.iter().map(|terms| learned.weigh(&terms.words)).collect();
        learned.learn_cooccurrences(&weighted, &spectrum.whitening(0.5, set).apply_all(&vectors));
        let sums = learned.cooccurrence_sums(&weighted);
        learned.cooccurrence_whitening = Spectrum::of(&matrix(&sums)).whitening(0.25, set);
        let whitened = learned.whitening.apply_all(&vectors);
        let cooccurrence = learned.cooccurrence_whitening.apply_all(&sums);
        learned.backgrounds = Backgrounds {
            whitened: Background::of(&Spectrum::of(&matrix(&whitened))),
            cooccurrence: Background::of(&Spectrum::of(&matrix(&cooccurrence))),
        };
        let phrases: Vec<_> = terms.iter().map(|terms| learned.weigh_phrases(&terms.phrases)).collect();
        learned.spreads = learned.measure(&Sample {
            whitened: &whitened,
            cooccurrence: &cooccurrence,
            words: &weighted,
            phrases: &phrases,
        });
        learned
    }

    /// Gives each word that is neither rare nor everywhere its co-occurrence vector: the mean of
    /// the vectors of its papers.
    fn learn_cooccurrences(&mut self, weighted: &[Weighted], vectors: &[f32]) {
        let dimension = self.dimension();
        let most = (self.papers / 2).max(1) as u32;
        let mut count = 0;
        let mut number = |papers: &u32| {
            let row = if (COOCCURRENCE_FROM..=most).contains(papers) { count } else { NOTHING };
            count += u32::from(row != NOTHING);
            row
        };
        self.rows = self.words.numbers.iter().map(&mut number).collect::<Vec<u32>>().into();
        let mut sums = Array2::<f32>::zeros((count as usize, dimension));
        for (text, vector) in weighted.iter().zip(vectors.chunks_exact(dimension.max(1))) {
            for (row, weight) in self.rows_of(text) {
                sums.row_mut(row).scaled_add(weight, &ArrayView1::from(vector));
            }
        }
        for mut row in sums.axis_iter_mut(Axis(0)) {
            let largest = row.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
            row.mapv_inplace(|x| (x / largest * 127.0).round());
        }
        let scale = |row: ndarray::ArrayView1<'_, f32>| 1.0 / row.dot(&row).sqrt().max(1.0);
        self.scales = sums.outer_iter().map(scale).collect::<Vec<f32>>().into();
        self.cooccurrences = sums.iter().map(|x| *x as i8).collect::<Vec<i8>>().into();
    }

    /// Standard deviations over pairs of the sample: each paper with the one half the sample away.
    fn measure(&self, sample: &Sample<'_>) -> Spreads {
        let Sample { whitened, cooccurrence, words, phrases } = *sample;
        let half = words.len() / 2;
        let dimension = self.dimension();
        let product = |rows: &[f32], pair: usize| {
            let row = |at: usize| ArrayView1::from(&rows[at * dimension..][..dimension]);
            row(pair).dot(&row(pair + half))
        };
        let spread = |typical: f32, similarity: &dyn Fn(usize) -> f32| {
            let (mut sum, mut squares) = (0f64, 0f64);
            for pair in 0..half {
                let value = f64::from(similarity(pair));
                (sum, squares) = (sum + value, squares + value * value);
            }
            let pairs = half.max(1) as f64;
            let variance = (squares / pairs - (sum / pairs).powi(2)).max(0.0) * half as f64;
            let prior = f64::from(Spreads::PRIOR);
            ((variance + prior * f64::from(typical * typical)) / (half as f64 + prior)).sqrt() as f32
        };
        Spreads {
            whitened: spread(Spreads::TYPICAL.whitened, &|pair| product(whitened, pair)),
            cooccurrence: spread(Spreads::TYPICAL.cooccurrence, &|pair| product(cooccurrence, pair)),
            words: spread(Spreads::TYPICAL.words, &|pair| {
                features::overlap(&words[pair].words, &words[pair + half].words)
            }),
            phrases: spread(Spreads::TYPICAL.phrases, &|pair| features::overlap(&phrases[pair], &phrases[pair + half])),
        }
    }

    /// Words of a text as a unit vector: a word counts `(1 + ln n) · ln((papers + 1) / (df + 0.5))`
    /// where it stands n times.
    fn weigh(&self, counted: &Counted) -> Weighted {
        // Looked for once: searching the vocabulary was a quarter of what the views of some hundred
        // papers cost.
        let places: Vec<Option<usize>> = counted.iter().map(|(id, _)| self.words.place(*id)).collect();
        let weight = |((id, count), place): (&(u64, f32), &Option<usize>)| {
            (*id, (1.0 + count.ln()) * self.words.rarity(*place, self.papers))
        };
        let mut words: Vec<(u64, f32)> = counted.iter().zip(&places).map(weight).collect();
        let length = words.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        words.iter_mut().for_each(|(_, weight)| *weight /= length);
        Weighted { words, places }
    }

    /// Phrases of a text that the library knows, as a unit vector, each weighed as words are.
    fn weigh_phrases(&self, counted: &Counted) -> Vec<(u64, f32)> {
        let weight = |(id, count): &(u64, f32)| {
            let place = self.phrases.place(*id)?;
            Some((*id, (1.0 + count.ln()) * self.phrases.rarity(Some(place), self.papers)))
        };
        let mut phrases: Vec<(u64, f32)> = counted.iter().filter_map(weight).collect();
        let length = phrases.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        phrases.iter_mut().for_each(|(_, weight)| *weight /= length);
        phrases
    }

    /// The rows of the co-occurrence vectors of a text's words, with the words' weights.
    fn rows_of<'a>(&'a self, text: &'a Weighted) -> impl Iterator<Item = (usize, f32)> + 'a {
        let row = |place: &Option<usize>| place.and_then(|place| self.rows.get(place)).filter(|row| **row != NOTHING);
        text.words
            .iter()
            .zip(&text.places)
            .filter_map(move |((_, weight), place)| Some((*row(place)? as usize, *weight)))
    }

    /// In how many of `papers` papers each word occurs, about: as often as in the sample. Asking
    /// the keyword index instead takes a walk over the papers of each word.
    pub(crate) fn document_frequency(&self, words: &[String], papers: u64) -> Vec<u64> {
        let count = |word: &String| {
            let mut least = None;
            crate::terms::index_words(word, &mut |word| {
                let count = self.words.get(hash(word)).unwrap_or(1);
                least = Some(least.map_or(count, |least: u32| least.min(count)));
            });
            // A stop-word is in every paper.
            least.map_or(papers, |count| u64::from(count) * papers / self.papers.max(1))
        };
        words.iter().map(count).collect()
    }

    /// Elements of a vector.
    fn dimension(&self) -> usize {
        self.whitening.mean.len()
    }

    /// The unit mean of the co-occurrence vectors of each text's words: texts x dimension, zeros
    /// where no word has one.
    fn cooccurrence_sums(&self, texts: &[Weighted]) -> Vec<f32> {
        let dimension = self.dimension();
        let mut sums = vec![0f32; texts.len() * dimension];
        for (text, sum) in texts.iter().zip(sums.chunks_exact_mut(dimension.max(1))) {
            for (row, weight) in self.rows_of(text) {
                let cooccurrence = &self.cooccurrences[row * dimension..][..dimension];
                add_bytes(self.set, cooccurrence, weight * self.scales[row], sum);
            }
            whitening::to_unit(sum);
        }
        sums
    }
}

/// Sixteen running sums, so that it runs in vector registers; the order of additions is the same
/// everywhere.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let ((one, one_rest), (other, other_rest)) = (one.as_chunks::<16>(), other.as_chunks::<16>());
    let mut sums = [0f32; 16];
    for (one, other) in one.iter().zip(other) {
        for lane in 0..16 {
            sums[lane] += one[lane] * other[lane];
        }
    }
    sums.iter().sum::<f32>() + one_rest.iter().zip(other_rest).map(|(a, b)| a * b).sum::<f32>()
}
