//! What topics are called: the phrases that their papers hold and others do not.
//!
//! In: the words of papers, and groups of them. Out: for each group its terms with weights, and a
//! name of the first of them that no other group of the level has.
//!
//! A phrase weighs `p ln(p / q)`, where `p` is how much the group's papers hold it on average
//! (`1 + ln n` where it stands n times) and `q` how much all papers do: what it adds to the
//! divergence of the group from the rest (class-based TF-IDF). Longer phrases say more and count
//! more. What another group of the level holds more of says less of this one: its weight is less by
//! how much less this one holds (docs/history/topics.md has names with that beside names without).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use super::phrases::{Phrase, Vocabulary, folded, holds, length, parts};
use crate::terms::words;

/// Terms of a topic.
pub(super) const TERMS: usize = 10;

/// Terms in a name, where two are not telling enough.
const IN_NAME: usize = 3;

/// What each word beyond the first adds to the weight of a phrase.
const LONGER: f64 = 0.3;

/// What a group holds is compared with what others do as if it had so many papers more that are
/// like all: three papers say little.
const PRIOR: f64 = 10.0;

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

/// How a group of papers holds a phrase.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// Place in [`Vocabulary::phrases`].
    number: u32,
    /// Papers that hold it.
    papers: u32,
    /// How much they do.
    sum: f64,
}

/// For each phrase of a vocabulary how much the group that holds most of it does on average, as
/// bits, whose order is that of the numbers.
type Most = Vec<AtomicU64>;

impl Vocabulary {
    /// The terms of groups of papers, which are those of a level, the most telling first.
    pub(super) fn terms(&self, groups: &[Vec<usize>], texts: &[String]) -> Vec<Vec<Term>> {
        let most: Most = self.phrases.iter().map(|_| AtomicU64::new(0)).collect();
        // Counted twice and not kept: the counts of all groups together take as much room as the
        // texts.
        groups.par_iter().for_each(|group| {
            for count in self.counts(group) {
                most[count.number as usize].fetch_max(self.held(&count, group).to_bits(), Ordering::Relaxed);
            }
        });
        groups.par_iter().map(|group| self.terms_of(group, &most, texts)).collect()
    }

    /// By number.
    fn counts(&self, group: &[usize]) -> Vec<Count> {
        // What one paper alone holds is no topic, unless it is one.
        let counts = |number: u32| group.len() == 1 || self.frequency[number as usize].1 > 1;
        let mut held: Vec<(u32, f32)> = group
            .iter()
            .flat_map(|paper| &self.papers[*paper])
            .copied()
            .filter(|(number, _)| counts(*number))
            .collect();
        // Stable, so that sums are taken in the order of papers.
        held.sort_by_key(|(number, _)| *number);
        let same = held.chunk_by(|one, other| one.0 == other.0).map(|same| Count {
            number: same[0].0,
            papers: same.len() as u32,
            sum: same.iter().map(|(_, held)| f64::from(*held)).sum(),
        });
        same.collect()
    }

    /// How much the papers of a group hold a phrase on average.
    fn held(&self, count: &Count, group: &[usize]) -> f64 {
        let everywhere = self.frequency[count.number as usize].0 / self.papers.len() as f64;
        (count.sum + PRIOR * everywhere) / (group.len() as f64 + PRIOR)
    }

    fn terms_of(&self, group: &[usize], most: &Most, texts: &[String]) -> Vec<Term> {
        let counts = self.counts(group);
        let least = group.len().min(2) as u32;
        let (size, all) = (group.len() as f64, self.papers.len() as f64);
        let weigh = |phrase: &Phrase, count: &Count| {
            let here = count.sum / size;
            // In few papers every share is coarse: as if one paper more held it.
            let everywhere = (self.frequency[count.number as usize].0 + 1.0) / (all + 1.0);
            let most = f64::from_bits(most[count.number as usize].load(Ordering::Relaxed));
            let longer = 1.0 + LONGER * (length(phrase) - 1) as f64;
            here * (here / everywhere).ln() * longer * self.held(count, group) / most
        };
        let mut weighed: Vec<(Phrase, f64)> = counts
            .iter()
            .filter(|count| count.papers >= least)
            .map(|count| (self.phrases[count.number as usize], count))
            .map(|(phrase, count)| (phrase, weigh(&phrase, count)))
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        let counts: HashMap<Phrase, u32> =
            counts.iter().map(|count| (self.phrases[count.number as usize], count.papers)).collect();
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
    fn longest(&self, phrase: Phrase, weighed: &[(Phrase, f64)], counts: &HashMap<Phrase, u32>) -> Phrase {
        let count = f64::from(counts[&phrase]);
        let stands = |(other, _): &&(Phrase, f64)| {
            length(other) > length(&phrase) && holds(other, &phrase) && f64::from(counts[other]) >= STANDS_FOR * count
        };
        let longer = weighed.iter().filter(stands);
        longer
            .max_by(|a, b| length(&a.0).cmp(&length(&b.0)).then(a.1.total_cmp(&b.1)))
            .map_or(phrase, |(longer, _)| *longer)
    }

    fn spelled(&self, phrase: &Phrase) -> String {
        parts(phrase).map(|word| self.words[word as usize].as_str()).collect::<Vec<_>>().join(" ")
    }

    /// How phrases are written most often in the group's texts, with the acronym that stands for
    /// them.
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

/// The most frequent way to write something, capitals apart; then of its capitals those that most
/// have. A capital at the beginning of a sentence or of all words of a title says nothing, so lower
/// case wins where a tenth has it.
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
pub struct TopicName {
    /// The name.
    pub name: String,
    /// Whether it stays whatever the terms are; else it does as long as all that it says is among
    /// them.
    pub fixed: bool,
}

/// Names for topics of a level, no two alike. Those that have one keep it, see [`TopicName`].
pub(super) fn names(terms: &[Vec<Term>], called: &[Option<TopicName>]) -> Vec<String> {
    let name = |terms: &[Term], count: usize| {
        let chosen: Vec<&str> = terms.iter().take(count).map(|term| term.term.as_str()).collect();
        if chosen.is_empty() { "(no words)".to_owned() } else { chosen.join(", ") }
    };
    let kept: Vec<bool> = called
        .iter()
        .zip(terms)
        .map(|(called, terms)| called.as_ref().is_some_and(|called| called.fixed || still_says(&called.name, terms)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_group_holds_more_of_says_less() {
        let text = |words: &str, number: usize| format!("Of {words} and {}.", ["ponds", "moons"][number % 2]);
        let mut texts: Vec<String> = (0..40).map(|number| text("glaciers", number)).collect();
        // Waves are in all papers of the second group and in most of the third, which has nothing
        // else that so many hold.
        texts.extend((0..40).map(|number| text("waves", number)));
        texts.extend((0..40).map(|number| {
            text(if number < 28 { "waves" } else { "nothing" }, number) + &" Sails."[..7 * usize::from(number < 20)]
        }));
        let groups: Vec<Vec<usize>> = (0..3).map(|group| (group * 40..(group + 1) * 40).collect()).collect();
        let terms = Vocabulary::of(&texts).terms(&groups, &texts);
        let first: Vec<&str> = terms.iter().map(|terms| terms[0].term.as_str()).collect();
        assert_eq!(first, ["glaciers", "waves", "Sails"]);
        let weight = |group: usize, term: &str| terms[group].iter().find(|own| own.term == term).map(|own| own.weight);
        assert!(weight(2, "waves").expect("a term") < 0.8 * weight(1, "waves").expect("a term"), "{terms:?}");
    }
}
