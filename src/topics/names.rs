//! What topics are called: the phrases that their papers hold and others do not.
//!
//! In: the words of papers, and groups of them. Out: for each group its terms with weights, and a name of the first of them that no other
//! group of the level has.
//!
//! A phrase is a run of up to four words bounded by stop-words and punctuation, as in [`crate::terms`]. It weighs `p ln(p / q)`, where `p` is how much the
//! group's papers hold it on average (`1 + ln n` where it stands n times) and `q` how much all papers do: what it adds to the divergence of the group from the rest
//! (class-based TF-IDF). Longer phrases say more and count more. An acronym counts as what it stands for in the papers themselves.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use serde::Serialize;

use super::acronyms::Acronyms;
use crate::terms::{is_weak, words};

/// Words of the longest phrase.
const LONGEST: usize = 4;

/// Terms of a topic.
pub(super) const TERMS: usize = 10;

/// Terms in a name, where two are not telling enough.
const IN_NAME: usize = 3;

/// What each word beyond the first adds to the weight of a phrase.
const LONGER: f64 = 0.3;

/// A phrase stands for its parts where it is in so large a share of the papers that hold them.
const STANDS_FOR: f64 = 0.5;

/// A term of a topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    /// As it is written most often.
    pub term: String,
    /// 0 for what every paper holds, more for what only the topic's do and what they say often.
    pub weight: f64,
}

/// A word or phrase, by the numbers of its words; unused places hold [`NONE`].
type Phrase = [u32; LONGEST];

const NONE: u32 = u32::MAX;

/// The texts of papers in numbers.
#[derive(Debug)]
pub struct Vocabulary {
    words: Vec<String>,
    acronyms: Acronyms,
    /// The phrases of each paper and how much it holds them, ascending.
    papers: Vec<Vec<(Phrase, f32)>>,
    /// How much all papers hold each phrase that is in more than one.
    frequency: HashMap<Phrase, f64>,
}

impl Vocabulary {
    /// Reads texts, one a paper.
    pub fn of(texts: &[String]) -> Vocabulary {
        let acronyms = Acronyms::of(texts);
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut known: Vec<String> = Vec::new();
        let mut number = |word: String| {
            *numbers.entry(word).or_insert_with_key(|word| {
                known.push(word.clone());
                known.len() as u32 - 1
            })
        };
        let runs: Vec<Vec<Vec<String>>> = texts.par_iter().map(|text| runs(text, &acronyms)).collect();
        let papers: Vec<Vec<(Phrase, f32)>> = runs
            .into_iter()
            .map(|runs| {
                let mut phrases = Vec::new();
                for run in runs {
                    let weak: Vec<bool> = run.iter().map(|word| is_weak(word)).collect();
                    let run: Vec<u32> = run.into_iter().map(&mut number).collect();
                    for start in 0..run.len() {
                        for length in 1..=LONGEST.min(run.len() - start) {
                            if weak[start..start + length].iter().all(|weak| *weak) {
                                continue;
                            }
                            let mut phrase = [NONE; LONGEST];
                            phrase[..length].copy_from_slice(&run[start..start + length]);
                            phrases.push(phrase);
                        }
                    }
                }
                phrases.sort_unstable();
                let same = phrases.chunk_by(|one, other| one == other);
                same.map(|same| (same[0], 1.0 + (same.len() as f32).ln())).collect()
            })
            .collect();
        let mut counted: HashMap<Phrase, (u32, f64)> = HashMap::new();
        for (phrase, held) in papers.iter().flatten() {
            let (papers, sum) = counted.entry(*phrase).or_default();
            *papers += 1;
            *sum += f64::from(*held);
        }
        let several = counted.into_iter().filter(|(_, (papers, _))| *papers > 1);
        let frequency = several.map(|(phrase, (_, sum))| (phrase, sum)).collect();
        Vocabulary { words: known, acronyms, papers, frequency }
    }

    /// The terms of groups of papers, the most telling first.
    pub fn terms(&self, groups: &[Vec<usize>], texts: &[String]) -> Vec<Vec<Term>> {
        groups.par_iter().map(|group| self.terms_of(group, texts)).collect()
    }

    fn terms_of(&self, group: &[usize], texts: &[String]) -> Vec<Term> {
        let mut counts: HashMap<Phrase, (u32, f64)> = HashMap::new();
        for paper in group {
            for (phrase, held) in &self.papers[*paper] {
                // What one paper alone holds is no topic, unless it is one.
                if group.len() == 1 || self.frequency.contains_key(phrase) {
                    let (papers, sum) = counts.entry(*phrase).or_default();
                    *papers += 1;
                    *sum += f64::from(*held);
                }
            }
        }
        let least = group.len().min(2) as u32;
        let (size, all) = (group.len() as f64, self.papers.len() as f64);
        let weigh = |phrase: &Phrase, sum: f64| {
            let here = sum / size;
            // In few papers every share is coarse: as if one paper more held it.
            let everywhere = (self.frequency.get(phrase).copied().unwrap_or(sum) + 1.0) / (all + 1.0);
            here * (here / everywhere).ln() * (1.0 + LONGER * (length(phrase) - 1) as f64)
        };
        let mut weighed: Vec<(Phrase, f64)> = counts
            .iter()
            .filter(|(_, (papers, _))| *papers >= least)
            .map(|(phrase, (_, sum))| (*phrase, weigh(phrase, *sum)))
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        weighed.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| self.spelled(&a.0).cmp(&self.spelled(&b.0))));
        let mut chosen: Vec<(Phrase, f64)> = Vec::new();
        for (phrase, weight) in weighed.iter().take(40 * TERMS) {
            let whole = self.longest(*phrase, &weighed, &counts);
            let used: BTreeSet<u32> = chosen.iter().flat_map(|(phrase, _)| parts(phrase)).collect();
            if parts(&whole).all(|word| !used.contains(&word)) {
                chosen.push((whole, *weight));
            }
            if chosen.len() == TERMS {
                break;
            }
        }
        let shown = self.shown(&chosen, group, texts);
        chosen.into_iter().zip(shown).map(|((_, weight), term)| Term { term, weight }).collect()
    }

    /// The longest phrase that stands for this one: that holds it, and is in most papers that do.
    fn longest(&self, phrase: Phrase, weighed: &[(Phrase, f64)], counts: &HashMap<Phrase, (u32, f64)>) -> Phrase {
        let count = f64::from(counts[&phrase].0);
        let stands = |(other, _): &&(Phrase, f64)| {
            length(other) > length(&phrase) && holds(other, &phrase) && f64::from(counts[other].0) >= STANDS_FOR * count
        };
        let longer = weighed.iter().filter(stands);
        longer
            .max_by(|a, b| length(&a.0).cmp(&length(&b.0)).then(a.1.total_cmp(&b.1)))
            .map_or(phrase, |(longer, _)| *longer)
    }

    fn spelled(&self, phrase: &Phrase) -> String {
        parts(phrase).map(|word| self.words[word as usize].as_str()).collect::<Vec<_>>().join(" ")
    }

    /// How phrases are written most often in the group's texts, with the acronym that stands for them.
    fn shown(&self, phrases: &[(Phrase, f64)], group: &[usize], texts: &[String]) -> Vec<String> {
        let keys: Vec<Vec<&str>> = phrases
            .iter()
            .map(|(phrase, _)| parts(phrase).map(|word| self.words[word as usize].as_str()).collect())
            .collect();
        let mut forms: Vec<BTreeMap<String, u32>> = vec![BTreeMap::new(); phrases.len()];
        for paper in group {
            let words = words(&texts[*paper], true);
            for start in 0..words.len() {
                for (key, forms) in keys.iter().zip(&mut forms) {
                    let Some(run) = words.get(start..start + key.len()) else { continue };
                    if run.iter().zip(key).all(|(word, key)| word.key.as_deref().map(folded).as_deref() == Some(*key)) {
                        let form: Vec<&str> = run.iter().map(|word| word.shown).collect();
                        *forms.entry(form.join(" ")).or_default() += 1;
                    }
                }
            }
        }
        let most = |(key, forms): (&Vec<&str>, BTreeMap<String, u32>)| {
            let spelled = key.join(" ");
            let form = usual(&forms).unwrap_or_else(|| spelled.clone());
            match self.acronyms.short(&spelled) {
                Some(short) => format!("{form} ({short})"),
                None => form,
            }
        };
        keys.iter().zip(forms).map(most).collect()
    }
}

/// The most frequent way to write something, capitals apart; then of its capitals those that most have. A capital at the beginning of a sentence or of
/// all words of a title says nothing, so lower case wins where a tenth has it.
fn usual(forms: &BTreeMap<String, u32>) -> Option<String> {
    let mut folded: BTreeMap<String, u32> = BTreeMap::new();
    for (form, count) in forms {
        *folded.entry(form.to_lowercase()).or_default() += count;
    }
    let (lower, total) = folded.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))?;
    if forms.get(&lower).is_some_and(|count| 10 * count >= total) {
        return Some(lower);
    }
    let same = forms.iter().filter(|(form, _)| form.to_lowercase() == lower);
    same.max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0))).map(|(form, _)| form.clone())
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
fn folded(key: &str) -> Cow<'_, str> {
    match key.strip_suffix("ie") {
        Some(begin) if begin.len() > 2 => Cow::Owned(format!("{begin}y")),
        _ => Cow::Borrowed(key),
    }
}

fn parts(phrase: &Phrase) -> impl Iterator<Item = u32> {
    phrase.iter().copied().take_while(|word| *word != NONE)
}

fn length(phrase: &Phrase) -> usize {
    parts(phrase).count()
}

/// Whether one phrase stands within another.
fn holds(long: &Phrase, short: &Phrase) -> bool {
    let (long, short): (Vec<u32>, Vec<u32>) = (parts(long).collect(), parts(short).collect());
    long.windows(short.len()).any(|part| part == short)
}

/// A name that a topic has had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The name.
    pub name: String,
    /// Whether it stays whatever the terms are; else it does as long as all that it says is among them.
    pub firmly: bool,
}

/// Names for topics of a level, no two alike. Those that have one keep it, see [`Called`].
pub fn names(terms: &[Vec<Term>], called: &[Option<Called>]) -> Vec<String> {
    let name = |terms: &[Term], count: usize| {
        let chosen: Vec<&str> = terms.iter().take(count).map(|term| term.term.as_str()).collect();
        if chosen.is_empty() { "(no words)".to_owned() } else { chosen.join(", ") }
    };
    let kept: Vec<bool> = called
        .iter()
        .zip(terms)
        .map(|(called, terms)| called.as_ref().is_some_and(|called| called.firmly || still_says(&called.name, terms)))
        .collect();
    let mut names: Vec<String> = called
        .iter()
        .zip(&kept)
        .zip(terms)
        .map(|((called, kept), terms)| match called {
            Some(called) if *kept => called.name.clone(),
            _ => name(terms, IN_NAME),
        })
        .collect();
    for longer in IN_NAME + 1..=TERMS {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        names.iter().for_each(|name| *seen.entry(name.to_lowercase()).or_default() += 1);
        for ((name_of, terms), _) in names.iter_mut().zip(terms).zip(&kept).filter(|(_, kept)| !**kept) {
            if seen[&name_of.to_lowercase()] > 1 {
                *name_of = name(terms, longer);
            }
        }
    }
    // The same words throughout: numbers tell them apart.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    names.iter().zip(&kept).filter(|(_, kept)| **kept).for_each(|(name, _)| {
        seen.insert(name.to_lowercase(), 1);
    });
    for (name, _) in names.iter_mut().zip(&kept).filter(|(_, kept)| !**kept) {
        let times = seen.entry(name.to_lowercase()).or_default();
        *times += 1;
        if *times > 1 {
            *name = format!("{name} ({times})");
        }
    }
    names
}

/// Whether all that a name says is among the terms.
fn still_says(name: &str, terms: &[Term]) -> bool {
    name.split(", ").all(|part| terms.iter().any(|term| term.term == part))
}
