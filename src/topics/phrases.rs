//! What papers hold: their words and phrases, in numbers.
//!
//! In: texts. Out: for each the phrases that it holds, and how much all texts hold each. A phrase
//! is a run of up to four words bounded by stop-words and punctuation, as in [`crate::terms`]; an
//! acronym counts as what it stands for in the papers themselves.

use std::borrow::Cow;
use std::collections::HashMap;

use rayon::prelude::*;

use super::acronyms::Acronyms;
use crate::terms::{is_weak, words};

/// Words of the longest phrase.
const LONGEST: usize = 4;

/// A word or phrase, by the numbers of its words; unused places hold [`NONE`].
pub(super) type Phrase = [u32; LONGEST];

const NONE: u32 = u32::MAX;

/// Texts that are many.
const MANY: usize = 200;

/// Texts that are cut into words at a time.
const TOGETHER: usize = 1024;

/// The texts of papers in numbers.
#[derive(Debug)]
pub(super) struct Vocabulary {
    pub(super) words: Vec<String>,
    pub(super) acronyms: Acronyms,
    /// The phrases that count, how much all papers hold each, and how many do.
    pub(super) phrases: Vec<Phrase>,
    pub(super) frequency: Vec<(f64, u32)>,
    /// The places of these that each paper holds, and how much it does, in the order of phrases.
    pub(super) papers: Vec<Vec<(u32, f32)>>,
}

impl Vocabulary {
    /// Reads texts, one a paper. Of many texts only phrases count that are in more than one: others
    /// are most of what there is to keep, and no topic.
    pub(super) fn of(texts: &[String]) -> Vocabulary {
        let acronyms = Acronyms::of(texts);
        let (words, texts) = numbered(texts, &acronyms);
        let weak: Vec<bool> = words.iter().map(|word| is_weak(word)).collect();
        let held = |text: &Vec<u32>| phrases_of(text, &weak);
        let several = (texts.len() >= MANY).then(|| Several::of(&texts, &weak));
        let counts = |phrase: &Phrase| several.as_ref().is_none_or(|several| several.may_be(phrase));
        let mut counted: HashMap<Phrase, (f64, u32)> = HashMap::new();
        for part in texts.chunks(TOGETHER) {
            let part: Vec<Vec<(Phrase, f32)>> = part.par_iter().map(held).collect();
            for (phrase, held) in part.into_iter().flatten().filter(|(phrase, _)| counts(phrase)) {
                let (sum, papers) = counted.entry(phrase).or_default();
                *sum += f64::from(held);
                *papers += 1;
            }
        }
        let least = if several.is_some() { 2 } else { 1 };
        let mut kept: Vec<(Phrase, (f64, u32))> =
            counted.into_iter().filter(|(_, (_, papers))| *papers >= least).collect();
        kept.par_sort_unstable_by_key(|(phrase, _)| *phrase);
        let (phrases, frequency): (Vec<Phrase>, Vec<(f64, u32)>) = kept.into_iter().unzip();
        let places: HashMap<&Phrase, u32> = phrases.iter().zip(0..).collect();
        let papers = texts
            .par_iter()
            .map(|text| {
                let held = held(text);
                held.into_iter().filter_map(|(phrase, held)| Some((*places.get(&phrase)?, held))).collect()
            })
            .collect();
        drop(places);
        Vocabulary { words, acronyms, phrases, frequency, papers }
    }
}

/// The words of texts in numbers, runs parted by [`NONE`], and the words.
fn numbered(texts: &[String], acronyms: &Acronyms) -> (Vec<String>, Vec<Vec<u32>>) {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut known: Vec<String> = Vec::new();
    let mut of_texts = Vec::with_capacity(texts.len());
    for part in texts.chunks(TOGETHER) {
        let part: Vec<Vec<Vec<String>>> = part.par_iter().map(|text| runs(text, acronyms)).collect();
        for runs in part {
            let mut text = Vec::new();
            for run in runs {
                text.extend(run.into_iter().map(|word| {
                    *numbers.entry(word).or_insert_with_key(|word| {
                        known.push(word.clone());
                        known.len() as u32 - 1
                    })
                }));
                text.push(NONE);
            }
            of_texts.push(text);
        }
    }
    (known, of_texts)
}

/// The phrases of a text that hold a word that is not weak, ascending, and how much it holds each.
fn phrases_of(text: &[u32], weak: &[bool]) -> Vec<(Phrase, f32)> {
    let mut phrases = Vec::new();
    for run in text.split(|word| *word == NONE) {
        for start in 0..run.len() {
            for length in 1..=LONGEST.min(run.len() - start) {
                let words = &run[start..start + length];
                if words.iter().all(|word| weak[*word as usize]) {
                    continue;
                }
                let mut phrase = [NONE; LONGEST];
                phrase[..length].copy_from_slice(words);
                phrases.push(phrase);
            }
        }
    }
    phrases.sort_unstable();
    let same = phrases.chunk_by(|one, other| one == other);
    same.map(|same| (same[0], 1.0 + (same.len() as f32).ln())).collect()
}

/// Which phrases may be in several texts: two bits for each hash. All those that are say yes, and a
/// few of the others.
struct Several {
    once: Vec<u64>,
    again: Vec<u64>,
}

impl Several {
    fn of(texts: &[Vec<u32>], weak: &[bool]) -> Several {
        let words: usize = texts.iter().map(Vec::len).sum();
        // Some three phrases a word, and room for each in four.
        let size = (12 * words / 64).next_power_of_two().max(1);
        let mut several = Several { once: vec![0; size], again: vec![0; size] };
        for part in texts.chunks(TOGETHER) {
            let part: Vec<Vec<(Phrase, f32)>> = part.par_iter().map(|text| phrases_of(text, weak)).collect();
            for (phrase, _) in part.into_iter().flatten() {
                let (word, bit) = several.place(&phrase);
                several.again[word] |= several.once[word] & bit;
                several.once[word] |= bit;
            }
        }
        several.once = Vec::new();
        several
    }

    fn place(&self, phrase: &Phrase) -> (usize, u64) {
        // Multiplied and shifted as in MurmurHash3 (Appleby).
        let hash = phrase.iter().fold(0u64, |hash, word| {
            let mixed = (hash ^ u64::from(*word)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            mixed ^ (mixed >> 32)
        });
        ((hash >> 6) as usize & (self.again.len() - 1), 1 << (hash & 63))
    }

    fn may_be(&self, phrase: &Phrase) -> bool {
        let (word, bit) = self.place(phrase);
        self.again[word] & bit != 0
    }
}

/// Runs of words of one text, in the forms that are compared; acronyms spelled out.
fn runs(text: &str, acronyms: &Acronyms) -> Vec<Vec<String>> {
    let mut runs = vec![Vec::new()];
    for word in words(text, true) {
        match word.key {
            None => runs.push(Vec::new()),
            Some(key) => match acronyms.long(word.shown) {
                Some(long) => {
                    runs.push(long.iter().map(|word| folded(word).into_owned()).collect());
                    runs.push(Vec::new());
                }
                None => {
                    if let Some(run) = runs.last_mut() {
                        run.push(folded(&key).into_owned());
                    }
                }
            },
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// `galaxies` without its `s` is `galaxie`; it compares equal to `galaxy`.
pub(super) fn folded(key: &str) -> Cow<'_, str> {
    match key.strip_suffix("ie") {
        Some(begin) if begin.len() > 2 => Cow::Owned(format!("{begin}y")),
        _ => Cow::Borrowed(key),
    }
}

pub(super) fn parts(phrase: &Phrase) -> impl Iterator<Item = u32> {
    phrase.iter().copied().take_while(|word| *word != NONE)
}

pub(super) fn length(phrase: &Phrase) -> usize {
    parts(phrase).count()
}

/// Whether one phrase stands within another.
pub(super) fn holds(long: &Phrase, short: &Phrase) -> bool {
    let (long, short): (Vec<u32>, Vec<u32>) = (parts(long).collect(), parts(short).collect());
    long.windows(short.len()).any(|part| part == short)
}
