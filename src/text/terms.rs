//! Terms of a text: the words and short phrases by which a person would say what two papers share.
//!
//! In: titles and abstracts as written. Out: for two texts the terms that stand in both, rarest
//! first. A phrase is a run of up to four words bounded by stop-words or punctuation; LaTeX is
//! passed over. How rare a word is, the keyword index knows
//! ([`document_frequency`](crate::library::Library::document_frequency)), or about and sooner [what
//! was learned](crate::ranking::Learned::document_frequency); this module asks for it through a
//! closure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::FixedState;

use super::stop_words::StopWords;
use super::words;

/// Words longer than this are identifiers or noise, not terms.
const LONGEST_WORD: usize = 40;
/// Longest phrase, in words.
const LONGEST_PHRASE: usize = 4;

/// One word of a text: the form that is compared and the form that is shown.
pub(crate) struct Word<'a> {
    /// Lower case, plural `s` cut off; `None` bounds a phrase (stop-word, punctuation, LaTeX).
    pub(crate) key: Option<String>,
    pub(crate) shown: &'a str,
}

/// A shared term, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SharedTerm {
    /// As it stands in the second text.
    pub term: String,
    /// What it was chosen by, see [`shared`].
    pub weight: f64,
}

/// The words and phrases of a text, by words in the singular with a space between.
pub(crate) struct Phrases(HashMap<String, Phrase, FixedState>);

/// The terms that stand in both texts, at most `limit`, the most telling first, no word in two of
/// them.
///
/// `document_frequency` gives for each word (lower case, no hyphens) how many of `papers` papers
/// hold it. A term weighs the sum of `ln((papers + 1) / (df + 0.5))` over its distinct words, so a
/// rare phrase comes before a rare word and a word of every paper counts for almost nothing; times
/// `1 + ln(n m)` if it stands n and m times in the texts, so that what they are about comes before
/// a rare verb that both happen to use.
///
/// # Errors
/// Those of `document_frequency`.
pub(crate) fn shared<E>(
    first: &Phrases,
    second: &str,
    papers: u64,
    limit: usize,
    document_frequency: impl FnOnce(&[String]) -> Result<Vec<u64>, E>,
) -> Result<Vec<SharedTerm>, E> {
    let common: Vec<(String, Phrase)> = Phrases::of(second)
        .0
        .into_iter()
        .filter_map(|(key, mut phrase)| {
            phrase.count *= first.0.get(&key)?.count;
            Some((key, phrase))
        })
        .collect();
    let mut rarity: BTreeMap<String, f64> =
        common.iter().flat_map(|(_, phrase)| words_of(phrase.shown.as_str())).map(|word| (word, 0.0)).collect();
    let asked: Vec<String> = rarity.keys().cloned().collect();
    for (weight, count) in rarity.values_mut().zip(document_frequency(&asked)?) {
        *weight = ((papers as f64 + 1.0) / (count as f64 + 0.5)).ln().max(0.0);
    }
    let mut weighted: Vec<(f64, String, String)> = common
        .into_iter()
        .map(|(key, phrase)| {
            let distinct: BTreeSet<String> = words_of(&phrase.shown).into_iter().collect();
            // Two-letter words and numbers are seldom what two papers have in common, whatever
            // their counts say.
            let sum: f64 = distinct.iter().filter(|word| word.chars().count() > 2).map(|word| rarity[word]).sum();
            (sum * (1.0 + f64::from(phrase.count).ln()), key, phrase.shown)
        })
        .collect();
    weighted.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut chosen = Vec::new();
    for (weight, key, shown) in weighted {
        if chosen.len() == limit || weight <= 0.0 {
            break;
        }
        if key.split(' ').any(|word| used.contains(word)) {
            continue;
        }
        used.extend(key.split(' ').map(str::to_owned));
        chosen.push(SharedTerm { term: shown, weight });
    }
    Ok(chosen)
}

/// The words of a shown term as the keyword index holds them: folded, parted at hyphens.
pub(super) fn words_of(shown: &str) -> Vec<String> {
    words::terms(shown)
}

/// A word or phrase of a text.
struct Phrase {
    /// As first written.
    shown: String,
    /// How often it stands there.
    count: u32,
}

/// Visits the words of a text that say what it is about, in order: folded as in the keyword index,
/// in the singular, without stop-words, single letters and numbers of one digit.
pub(crate) fn index_words(text: &str, visit: &mut dyn FnMut(&str)) {
    let stop_words = StopWords::built_in();
    words::each_term(text, &mut |word| {
        if word.len() > 1 && !stop_words.contains(word) {
            visit(singular(word));
        }
    });
}

/// Whether a word, in the singular, may stand within a phrase but is none by itself.
pub(crate) fn is_weak(word: &str) -> bool {
    StopWords::built_in().only_within_phrases(word)
}

impl Phrases {
    /// Whether a phrase, in the singular, is among them.
    pub(super) fn holds(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// All of them in the singular, each as it was first written.
    pub(super) fn into_shown(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter().map(|(key, phrase)| (key, phrase.shown))
    }

    /// All of a text.
    pub(crate) fn of(text: &str) -> Phrases {
        let words = words(text, false);
        let mut found = HashMap::with_hasher(FixedState::default());
        let (mut key, mut shown) = (String::new(), String::new());
        for start in 0..words.len() {
            key.clear();
            shown.clear();
            for word in words[start..].iter().take(LONGEST_PHRASE) {
                let Some(part) = &word.key else { break };
                for (whole, part) in [(&mut key, part.as_str()), (&mut shown, word.shown)] {
                    if !whole.is_empty() {
                        whole.push(' ');
                    }
                    whole.push_str(part);
                }
                match found.get_mut(&key) {
                    Some(Phrase { count, .. }) => *count += 1,
                    None => drop(found.insert(key.clone(), Phrase { shown: shown.clone(), count: 1 })),
                }
            }
        }
        Phrases(found)
    }
}

/// The words of a text, with something between those that are not of one phrase; `within` lets
/// through what may stand within one.
pub(crate) fn words(text: &str, within: bool) -> Vec<Word<'_>> {
    let list = StopWords::built_in();
    let stops = |word: &str| list.contains(word) && !(within && list.only_within_phrases(word));
    let boundary = || Word { key: None, shown: "" };
    let mut found = Vec::new();
    let mut in_formula = false;
    for piece in text.split_whitespace() {
        let dollars = piece.matches('$').count();
        if in_formula || dollars > 0 || piece.contains('\\') {
            in_formula ^= dollars % 2 == 1;
            found.push(boundary());
            continue;
        }
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.len() != piece.len() && !piece.starts_with(|c: char| c.is_alphanumeric()) {
            found.push(boundary());
        }
        let plain = bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '\''));
        let countable = bare.chars().any(char::is_alphabetic) && bare.chars().count() > 1;
        let lower = bare.to_lowercase();
        if plain && countable && bare.len() <= LONGEST_WORD && !stops(&lower) {
            found.push(Word { key: Some(singular(&lower).to_owned()), shown: bare });
        } else {
            found.push(boundary());
        }
        if !piece.ends_with(|c: char| c.is_alphanumeric()) {
            found.push(boundary());
        }
    }
    found
}

/// `networks` compares equal to `network`; short words and `-ss`, `-us`, `-is` stay.
fn singular(word: &str) -> &str {
    let keeps = word.len() <= 3 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is");
    match word.strip_suffix('s').filter(|_| !keeps) {
        Some(cut) => cut.strip_suffix('\'').unwrap_or(cut),
        None => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(first: &str, second: &str) -> Vec<String> {
        let found = shared(&Phrases::of(first), second, 100, 3, |words| {
            Ok::<_, std::convert::Infallible>(words.iter().map(|w| if w == "learning" { 90 } else { 3 }).collect())
        });
        let Ok(found) = found;
        found.into_iter().map(|term| term.term).collect()
    }

    #[test]
    fn a_shared_phrase_comes_before_its_words_and_hides_them() {
        assert_eq!(
            terms(
                "We train physics-informed neural networks (PINNs) for learning.",
                "Physics-informed neural network theory. PINN residuals and learning",
            ),
            ["Physics-informed neural network", "PINN", "learning"]
        );
    }

    #[test]
    fn phrases_end_at_punctuation_stop_words_and_formulas() {
        assert_eq!(terms("graph. partition", "graph partition"), ["graph", "partition"]);
        assert_eq!(terms("graph of partition", "graph partition"), ["graph", "partition"]);
        assert_eq!(terms(r"graph $x partition y$ cut", "partition"), Vec::<String>::new());
        assert_eq!(terms("we propose a method", "we propose a method"), Vec::<String>::new());
    }

    #[test]
    fn what_the_texts_are_about_comes_before_what_they_mention() {
        assert_eq!(terms("zebra. barrier, barrier", "barrier; barrier, zebra"), ["barrier", "zebra"]);
    }

    #[test]
    fn a_word_of_every_paper_counts_less_than_a_rare_one() {
        assert_eq!(terms("learning, barrier", "learning; barrier"), ["barrier", "learning"]);
    }
}
