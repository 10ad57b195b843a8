//! What topics are called: the phrases that their papers hold and others do not.
//!
//! In: the words of papers, and groups of them. Out: for each group its terms with weights, and a name of the first of them that no other
//! group of the level has.
//!
//! A phrase weighs `p ln(p / q)`, where `p` is how much the
//! group's papers hold it on average (`1 + ln n` where it stands n times) and `q` how much all papers do: what it adds to the divergence of the group from the rest
//! (class-based TF-IDF). Longer phrases say more and count more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use serde::Serialize;

use super::vocabulary::{Phrase, Vocabulary, folded, holds, length, parts};
use crate::terms::words;

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

impl Vocabulary {
    /// The terms of groups of papers, the most telling first.
    pub fn terms(&self, groups: &[Vec<usize>], texts: &[String]) -> Vec<Vec<Term>> {
        groups.par_iter().map(|group| self.terms_of(group, texts)).collect()
    }

    fn terms_of(&self, group: &[usize], texts: &[String]) -> Vec<Term> {
        let mut counts: HashMap<Phrase, (u32, f64, f64)> = HashMap::new();
        for paper in group {
            for (phrase, held) in &self.papers[*paper] {
                let (sum, papers) = self.frequency[*phrase as usize];
                // What one paper alone holds is no topic, unless it is one.
                if group.len() == 1 || papers > 1 {
                    let counted = counts.entry(self.phrases[*phrase as usize]).or_insert((0, 0.0, sum));
                    counted.0 += 1;
                    counted.1 += f64::from(*held);
                }
            }
        }
        let least = group.len().min(2) as u32;
        let (size, all) = (group.len() as f64, self.papers.len() as f64);
        let weigh = |phrase: &Phrase, sum: f64, everywhere: f64| {
            let here = sum / size;
            // In few papers every share is coarse: as if one paper more held it.
            let everywhere = (everywhere + 1.0) / (all + 1.0);
            here * (here / everywhere).ln() * (1.0 + LONGER * (length(phrase) - 1) as f64)
        };
        let mut weighed: Vec<(Phrase, f64)> = counts
            .iter()
            .filter(|(_, (papers, ..))| *papers >= least)
            .map(|(phrase, (_, sum, everywhere))| (*phrase, weigh(phrase, *sum, *everywhere)))
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
    fn longest(&self, phrase: Phrase, weighed: &[(Phrase, f64)], counts: &HashMap<Phrase, (u32, f64, f64)>) -> Phrase {
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
