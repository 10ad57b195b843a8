//! What acronyms stand for, as the papers themselves say it:
//! `physics-informed neural networks (PINNs)`.
//!
//! In: texts. Out: for an acronym the words that it stands for most often, and for these words the
//! acronym. Only where the first letters of the words before the brackets are those of the acronym
//! (hyphens part words), which is the rule of Schwartz and Hearst (2003) made strict.

use std::collections::{BTreeMap, HashMap};

use crate::terms::words;

/// Letters of an acronym.
const SHORTEST: usize = 2;
const LONGEST: usize = 8;

/// Acronyms and what they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Acronyms {
    /// The compared forms of the words, by the acronym in the singular.
    long: HashMap<String, Vec<String>>,
    /// The acronym as it is written, by those words with spaces between.
    short: HashMap<String, String>,
}

impl Acronyms {
    /// Reads what texts say.
    pub(super) fn of(texts: &[String]) -> Acronyms {
        // Acronym -> words -> how often, and how the acronym is written.
        let mut told: BTreeMap<String, BTreeMap<Vec<String>, BTreeMap<String, u32>>> = BTreeMap::new();
        for text in texts {
            for (at, _) in text.match_indices('(') {
                let Some((inside, _)) = text[at + 1..].split_once(')') else { continue };
                let Some(acronym) = singular(inside) else { continue };
                if let Some(long) = before(&text[..at], acronym) {
                    let written = told.entry(acronym.to_owned()).or_default().entry(long).or_default();
                    *written.entry(inside.to_owned()).or_default() += 1;
                }
            }
        }
        let mut acronyms = Acronyms::default();
        for (acronym, meanings) in told {
            let times = |written: &BTreeMap<String, u32>| written.values().sum::<u32>();
            let all: u32 = meanings.values().map(times).sum();
            let most = meanings.into_iter().max_by(|a, b| times(&a.1).cmp(&times(&b.1)).then_with(|| b.0.cmp(&a.0)));
            let Some((long, written)) = most else { continue };
            // One that stands for this and that stands for nothing.
            if 2 * times(&written) <= all {
                continue;
            }
            let usual = written.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
            if let Some((usual, _)) = usual {
                acronyms.short.entry(long.join(" ")).or_insert(usual);
            }
            acronyms.long.insert(acronym, long);
        }
        acronyms
    }

    /// The words that an acronym stands for, in the forms that are compared.
    pub(super) fn long(&self, acronym: &str) -> Option<&[String]> {
        self.long.get(singular(acronym)?).map(Vec::as_slice)
    }

    /// The acronym of these words.
    pub(super) fn short(&self, words: &str) -> Option<&str> {
        self.short.get(words).map(String::as_str)
    }
}

/// Whether a word looks like an acronym.
pub(super) fn is_acronym(word: &str) -> bool {
    singular(word).is_some()
}

/// An acronym without its plural `s`; `None` for what is none.
fn singular(text: &str) -> Option<&str> {
    let bare = text.strip_suffix('s').unwrap_or(text);
    let letters = bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let capitals = bare.chars().filter(char::is_ascii_uppercase).count();
    ((SHORTEST..=LONGEST).contains(&bare.len()) && letters && 2 * capitals > bare.len() && capitals >= 2)
        .then_some(bare)
}

/// The words at the end of a text whose first letters are the acronym's.
fn before(text: &str, acronym: &str) -> Option<Vec<String>> {
    let letters: Vec<char> =
        acronym.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    // Words are short: what stands further back is no part of it.
    let begin = text.char_indices().rev().nth(120).map_or(0, |(at, _)| at);
    let words = words(&text[begin..], true);
    let mut long = Vec::new();
    let mut left = letters.as_slice();
    for word in words.iter().rev().skip_while(|word| word.key.is_none()) {
        let key = word.key.as_ref()?;
        let initials: Vec<char> = key.split('-').filter_map(|part| part.chars().next()).collect();
        left = left.strip_suffix(initials.as_slice())?;
        long.push(key.clone());
        if left.is_empty() {
            long.reverse();
            return Some(long);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_stand_for_what_the_papers_say() {
        let texts = [
            "We train physics-informed neural networks (PINNs) again. A PINN learns.",
            "Physics-informed neural networks (PINN) and large language models (LLMs).",
            "Long linear maps (LLM) are rare; large language models (LLMs) are not, nor is something (XYZ).",
            "It grows (see Figure) by a factor (NN). Neural nets (NN) and nearest neighbours (NN).",
        ]
        .map(str::to_owned);
        let acronyms = Acronyms::of(&texts);
        let long = |acronym: &str| acronyms.long(acronym).map(|words| words.join(" "));
        assert_eq!(long("PINNs").as_deref(), Some("physics-informed neural network"));
        assert_eq!(long("PINN"), long("PINNs"));
        assert_eq!(acronyms.short("physics-informed neural network"), Some("PINN"));
        assert_eq!(long("XYZ"), None);
        assert_eq!(long("NN"), None, "it stands for this and that");
        assert_eq!(long("LLM").as_deref(), Some("large language model"), "twice against once");
    }
}
