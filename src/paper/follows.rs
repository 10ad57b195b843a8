//! What somebody follows: authors, words and categories whose new papers are listed whatever their
//! score.
//!
//! In: texts as people write them. Out: lists by kind, and what makes two texts the same one
//! ([`FollowKind::key`]).

use serde::{Deserialize, Serialize};

use super::category::is_category;
use crate::text::words::terms;

/// What of papers is followed. Papers of followed authors come before those that have followed
/// words, and these before those of followed categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowKind {
    /// An author, by name.
    Author,
    /// Words of title or abstract.
    Words,
    /// A category or an archive.
    Category,
}

impl FollowKind {
    /// All kinds, in their order.
    pub const ALL: [FollowKind; 3] = [FollowKind::Author, FollowKind::Words, FollowKind::Category];

    /// Its name, as `author`.
    pub fn name(self) -> &'static str {
        match self {
            FollowKind::Author => "author",
            FollowKind::Words => "words",
            FollowKind::Category => "category",
        }
    }

    /// What makes two texts of this kind ask for the same: folded words whatever their order, or a
    /// category whatever its case. `None` for a text that asks for nothing: no word, or no
    /// category of arXiv.
    pub fn key(self, text: &str) -> Option<String> {
        if self == FollowKind::Category {
            let text = text.trim();
            let folded = text.strip_suffix(".*").unwrap_or(text).to_ascii_lowercase();
            // Classes are written in upper case and archives in lower case.
            return is_category(&folded).then_some(folded);
        }
        let mut words = terms(text);
        words.sort_unstable();
        words.dedup();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// What a profile follows, each list in the order of its texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Follows {
    /// Authors. Names match whatever the accents, case and order, and a single letter also stands
    /// for a word that begins with it.
    pub author: Vec<String>,
    /// Words, all of which a title or abstract must have.
    pub words: Vec<String>,
    /// Categories, or archives for all of their categories.
    pub category: Vec<String>,
}

impl Follows {
    /// Whether nothing is followed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many texts there are of all kinds.
    pub fn len(&self) -> usize {
        self.each().count()
    }

    /// The texts of a kind.
    pub fn of(&self, kind: FollowKind) -> &[String] {
        match kind {
            FollowKind::Author => &self.author,
            FollowKind::Words => &self.words,
            FollowKind::Category => &self.category,
        }
    }

    /// Adds a text.
    pub fn push(&mut self, kind: FollowKind, text: String) {
        match kind {
            FollowKind::Author => self.author.push(text),
            FollowKind::Words => self.words.push(text),
            FollowKind::Category => self.category.push(text),
        }
    }

    /// All texts with their kinds, by kind.
    pub fn each(&self) -> impl Iterator<Item = (FollowKind, &str)> {
        FollowKind::ALL.into_iter().flat_map(|kind| self.of(kind).iter().map(move |text| (kind, text.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_ask_for_the_same_have_one_key() {
        let author = |text| FollowKind::Author.key(text);
        assert_eq!(author("Kurt Gödel"), author("GODEL, Kurt"));
        assert_ne!(author("K. Gödel"), author("Kurt Gödel"), "an initial asks for more");
        assert_eq!(FollowKind::Words.key("ice  Sheets ice"), Some("ice sheets".to_owned()));
        assert_eq!((author("…"), FollowKind::Words.key("")), (None, None));
        let category = |text| FollowKind::Category.key(text);
        assert_eq!(category(" CS.lg "), Some("cs.lg".to_owned()));
        assert_eq!(category("cs.*"), category("cs"));
        assert_eq!(category("glaciers"), None);
    }
}
