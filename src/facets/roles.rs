//! What each sentence of an abstract tells: the motivation, the method, the result or the
//! conclusion.
//!
//! In: an abstract on one line. Out: its sentences in order, each with its role. Some abstracts say
//! it (`Methods: ...`); for all others a sentence has a score for each role, from where it stands
//! and from words that authors use there, and the roles of the whole abstract are the best ones
//! together in which few steps go back (Viterbi 1967). Words (`cues.rs`) and numbers were chosen on
//! one half of those arXiv abstracts that say it; how well the other half is told is in
//! docs/benchmarks.md.

use std::collections::BTreeSet;

use super::cues::Cues;
use crate::paper::Facet;
use crate::sentences::sentences;

/// The roles in the order in which abstracts have them.
pub const ROLES: [Facet; 4] = [Facet::Motivation, Facet::Method, Facet::Result, Facet::Conclusion];

/// The place of results among them.
const RESULT: usize = 2;

/// A sentence of an abstract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// The sentence without its label.
    pub text: &'a str,
    /// One of [`ROLES`].
    pub role: Facet,
    /// Whether a label says so.
    pub labelled: bool,
}

/// Where in an abstract a role stands: the mean and the standard deviation of its sentences'
/// middles, from 0 to 1.
const PLACES: [(f32, f32); 4] = [(0.14, 0.17), (0.42, 0.20), (0.70, 0.18), (0.95, 0.13)];
/// What a cue counts, and the most that all of a role's cues count in one sentence.
const STRONG: f32 = 1.0;
const WEAK: f32 = 0.5;
const MOST: f32 = 2.0;
/// Numbers with decimals and percentages are reported by results.
const DECIMALS: f32 = 1.0;
const PERCENT: f32 = 0.7;
/// What each step back costs.
const BACK: f32 = 2.5;
/// What a label counts: more than anything else together.
const LABEL: f32 = 1000.0;

/// The sentences of an abstract with their roles.
///
/// ```
/// use relata::Facet;
/// use relata::facets::roles;
///
/// let told = roles("Glaciers are poorly understood. We propose a new model. It halves the error.");
/// assert_eq!(told[1].text, "We propose a new model.");
/// assert_eq!(told[1].role, Facet::Method);
/// ```
pub fn roles(abstract_text: &str) -> Vec<Sentence<'_>> {
    let mut told: Vec<(&str, Option<usize>)> = Vec::new();
    let mut current = None;
    for sentence in sentences(abstract_text) {
        let (label, rest) = label(sentence);
        current = label.or(current);
        if !rest.is_empty() {
            told.push((rest, current));
        }
    }
    let count = told.len() as f32;
    let scored = told.iter().enumerate().map(|(at, (text, label))| {
        let mut scores = score(text, (at as f32 + 0.5) / count);
        if let Some(label) = label {
            scores[*label] += LABEL;
        }
        scores
    });
    let best = best_sequence(scored);
    told.iter()
        .zip(best)
        .map(|((text, label), role)| Sentence { text, role: ROLES[role], labelled: label.is_some() })
        .collect()
}

/// How well each role suits a sentence whose middle is at `place`.
fn score(sentence: &str, place: f32) -> [f32; 4] {
    let words = words(sentence);
    let mut told = [0.0; 4];
    let mut seen = BTreeSet::new();
    for at in 0..words.len() {
        for (number, cue) in Cues::built_in().beginning_with(&words[at]) {
            let found = words.get(at..at + cue.words.len()).is_some_and(|found| found == cue.words.as_slice());
            if found && seen.insert(*number) {
                told[cue.role] += if cue.strong { STRONG } else { WEAK };
            }
        }
    }
    let bytes = sentence.as_bytes();
    let decimals = bytes.windows(3).any(|w| w[0].is_ascii_digit() && w[1] == b'.' && w[2].is_ascii_digit());
    told[RESULT] += if decimals { DECIMALS } else { 0.0 } + if sentence.contains('%') { PERCENT } else { 0.0 };
    let mut scores = [0.0; 4];
    for (role, (mean, deviation)) in PLACES.into_iter().enumerate() {
        let away = (place - mean) / deviation;
        scores[role] = told[role].min(MOST) - 0.5 * away * away;
    }
    scores
}

/// The words of a sentence in lower case, with hyphens and signs that cues have.
fn words(sentence: &str) -> Vec<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '%' | '<' | '-');
    sentence.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// The roles with the highest sum of scores, less what steps back cost. Of equal ones the earlier
/// role.
fn best_sequence(scores: impl Iterator<Item = [f32; 4]>) -> Vec<usize> {
    let mut sums = [0.0; 4];
    let mut before: Vec<[usize; 4]> = Vec::new();
    for scores in scores {
        let mut next = [0.0; 4];
        let mut from = [0; 4];
        for role in 0..4 {
            let reached = |earlier: usize| sums[earlier] - BACK * earlier.saturating_sub(role) as f32;
            let best = (1..4).fold(0, |best, other| if reached(other) > reached(best) { other } else { best });
            from[role] = best;
            next[role] = scores[role] + if before.is_empty() { 0.0 } else { reached(best) };
        }
        sums = next;
        before.push(from);
    }
    let mut role = (1..4).fold(0, |best, other| if sums[other] > sums[best] { other } else { best });
    let mut sequence: Vec<usize> = before
        .iter()
        .rev()
        .map(|from| {
            let own = role;
            role = from[role];
            own
        })
        .collect();
    sequence.reverse();
    sequence
}

/// The role that a sentence's label tells, and what is left of the sentence: `Methods: We ...`, or
/// `Methods.` alone.
fn label(sentence: &str) -> (Option<usize>, &str) {
    let Some(end) = sentence.find([':', '.']).filter(|_| sentence.starts_with(char::is_uppercase)) else {
        return (None, sentence);
    };
    let name = sentence[..end].to_lowercase();
    let name = name.strip_suffix('s').unwrap_or(&name);
    let rest = sentence[end + 1..].trim_start();
    // `Results. We ...` is two sentences, so a full stop within one ends no label: `Method.fit is
    // slow`.
    let ends_label = sentence[end..].starts_with(':') || rest.is_empty();
    match Cues::built_in().labelled(name).filter(|_| ends_label) {
        Some(role) => (Some(role), rest),
        None => (None, sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(Facet, &str, bool)> {
        roles(text).iter().map(|sentence| (sentence.role, sentence.text, sentence.labelled)).collect()
    }

    #[test]
    fn an_abstract_goes_from_why_to_what_follows() {
        let text = "Glaciers are hard to predict, and existing models fail to follow them. We propose a network that \
                    reads the ice from radar. It was trained on ten valleys. Our network outperforms three baselines by \
                    12.5%. This work may help those who live below.";
        let found: Vec<Facet> = roles(text).iter().map(|sentence| sentence.role).collect();
        assert_eq!(found, [Facet::Motivation, Facet::Method, Facet::Method, Facet::Result, Facet::Conclusion]);
    }

    #[test]
    fn words_weigh_against_places() {
        // The first sentence proposes, which motivations do not.
        let text = "We propose a network that uses radar, via a module trained on valleys. However, challenges remain \
                    and existing models fail to help.";
        let found: Vec<Facet> = roles(text).iter().map(|sentence| sentence.role).collect();
        assert_eq!(found[0], Facet::Method);
        assert_eq!(roles("Ice melts.")[0].role, Facet::Method, "alone in the middle");
        assert_eq!(roles(""), []);
    }

    #[test]
    fn labels_hold_until_the_next_one() {
        use Facet::{Conclusion, Method, Motivation, Result};
        assert_eq!(
            told(
                "Context. Ice moves. Aims. We ask why. Methods: We look. It was cold. RESULTS: It moves by 3.5 m. \
                  Conclusions. Method.fit is slow. So it goes."
            ),
            [
                (Motivation, "Ice moves.", true),
                (Motivation, "We ask why.", true),
                (Method, "We look.", true),
                (Method, "It was cold.", true),
                (Result, "It moves by 3.5 m.", true),
                (Conclusion, "Method.fit is slow.", true),
                (Conclusion, "So it goes.", true),
            ]
        );
        assert_eq!(told("Results differ: nobody knows why.")[0].1, "Results differ: nobody knows why.");
        assert!(!told("Results differ: nobody knows why.")[0].2);
        assert_eq!(told("Method:"), []);
    }

    #[test]
    fn a_cue_is_whole_words() {
        let at = |text: &str| score(text, 0.5);
        assert_eq!(at("The best of all"), at("The best. Of all!"));
        assert!(at("It is the best")[2] > at("It is the bestiary")[2]);
        assert!(at("It grew by 3.5")[2] > at("It grew by 3 . 5")[2]);
    }
}
