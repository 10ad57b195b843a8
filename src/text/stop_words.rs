//! Stop-words: words that say nothing about what a paper is about, from `data/stop-words.txt`.
//!
//! In: the file. Out: sets of words, and a sum of the words by which files that were made with
//! other words are told apart. Words that name topics may hold some stop-words within a phrase; the
//! file says which.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;
use std::sync::OnceLock;

use foldhash::fast::FixedState;
use sha2::{Digest, Sha256};

use super::word_lists;

const FILE: &str = include_str!("../../data/stop-words.txt");

/// The heading of words that stand within phrases; all other words of the file are stop-words.
const WITHIN_PHRASES: &str = "within phrases";

/// Digits of the sum: enough to tell lists apart.
const DIGITS: usize = 16;

/// Asked for every word of every text that is compared, hence the hash that needs no key.
type Words = HashSet<&'static str, FixedState>;

/// A list of stop-words.
pub(crate) struct StopWords {
    stop: Words,
    within_phrases: Words,
    sum: String,
}

impl StopWords {
    /// Relata's own list.
    pub(crate) fn built_in() -> &'static StopWords {
        static BUILT_IN: OnceLock<StopWords> = OnceLock::new();
        BUILT_IN.get_or_init(|| StopWords::read(FILE))
    }

    /// The list in the text of a file.
    pub(crate) fn read(file: &'static str) -> StopWords {
        let (mut stop, mut within_phrases) = (Words::default(), Words::default());
        for (heading, line) in word_lists::lines(file) {
            let words = if heading == WITHIN_PHRASES { &mut within_phrases } else { &mut stop };
            words.extend(line.split_ascii_whitespace());
        }
        let sum = sum(&stop);
        StopWords { stop, within_phrases, sum }
    }

    /// Whether a folded word is a stop-word.
    pub(crate) fn contains(&self, word: &str) -> bool {
        self.stop.contains(word)
    }

    /// Whether a word, in the singular, may stand within a phrase but is none by itself.
    pub(crate) fn only_within_phrases(&self, word: &str) -> bool {
        self.within_phrases.contains(word)
    }

    /// 16 hexadecimal digits that differ where the stop-words do, whatever their order and the
    /// comments in their file. Words that stand within phrases do not count: nothing that is kept
    /// in a file depends on them.
    pub(crate) fn sum(&self) -> &str {
        &self.sum
    }
}

/// The beginning of the SHA-256 of the words in order, a line each.
fn sum(words: &Words) -> String {
    let ordered: BTreeSet<&str> = words.iter().copied().collect();
    let mut sha256 = Sha256::new();
    for word in ordered {
        sha256.update(word);
        sha256.update("\n");
    }
    let mut digits = String::new();
    for byte in &sha256.finalize()[..DIGITS / 2] {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_each_word_once_and_as_words_are_compared() {
        let mut seen = BTreeSet::new();
        for (heading, line) in word_lists::lines(FILE) {
            assert!(["function", "abstracts", WITHIN_PHRASES].contains(&heading), "{heading}");
            for word in line.split_ascii_whitespace() {
                assert_eq!(super::super::words::terms(word), [word], "not as the keyword index folds it");
                assert!(seen.insert((heading == WITHIN_PHRASES, word)), "{word} stands there twice");
            }
        }
        let own = StopWords::built_in();
        assert_eq!((own.stop.len(), own.within_phrases.len()), (407, 36));
        assert!(own.contains("the") && own.contains("model") && !own.contains("search") && !own.contains("glacier"));
        assert!(own.only_within_phrases("model") && own.only_within_phrases("search"));
        assert!(!own.only_within_phrases("the"));
    }

    #[test]
    fn a_sum_is_of_the_words_alone() {
        let list = StopWords::read("[function]\nthe of\n[abstracts]\nmodel\n[within phrases]\nmodel");
        assert_eq!(list.sum(), StopWords::read("# In another order.\n[function]\nmodel of\nthe").sum());
        // sha256sum of "model\nof\nthe\n".
        assert_eq!(list.sum(), "06cd5399a4d71d3c");
        for other in ["[function]\nthe of", "[function]\nthe of models", "[function]\nthe of model ice"] {
            assert_ne!(list.sum(), StopWords::read(other).sum(), "{other}");
        }
    }
}
