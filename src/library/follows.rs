//! What profiles follow, and which papers that is about.
//!
//! In: authors, words and categories of a profile. Out: those of the profile, each once however it
//! is written; and for a paper what of them it fulfils ([`Following`]), by the rules of
//! [`Filter`](super::Filter). New papers are few and what is followed is little, so each paper is
//! compared with all of it, and no index is asked.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{TransactionBehavior, params};

use super::faults::{Faults, unreadable};
use super::matching::is_called;
use super::words::{terms, words};
use super::{Library, Paper, limits};
use crate::error::{ProfileError, QueryError, Result};
use crate::paper::category::alias;
use crate::paper::{FollowKind, Follows};
use crate::text::neutral;

impl Library {
    /// What a profile follows; nothing where there is no profile of that name.
    pub fn follows(&self, profile: &str) -> Result<Follows> {
        let profile = &*self.profile_called(profile)?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT kind, text FROM follows WHERE profile = ?1 ORDER BY kind, text")
            .in_library(&self.path)?;
        let mut rows = statement.query([profile]).in_library(&self.path)?;
        let mut follows = Follows::default();
        while let Some(row) = rows.next().in_library(&self.path)? {
            let (name, text): (String, String) =
                (row.get(0).in_library(&self.path)?, row.get(1).in_library(&self.path)?);
            let kind = FollowKind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind =
                kind.ok_or_else(|| unreadable(format!("{name:?} is nothing to follow"))).in_library(&self.path)?;
            follows.push(kind, text);
        }
        Ok(follows)
    }

    /// Follows authors, words and categories from now on, in one transaction. What is followed
    /// already in other words ([`FollowKind::key`]) stays as it is. Gives how many are new.
    ///
    /// # Errors
    /// [`ProfileError::FollowsNothing`], [`ProfileError::FollowsTooMuch`] and
    /// [`QueryError::TooMuch`], before anything is written; what the library reports.
    pub fn follow(&mut self, profile: &str, more: &Follows) -> Result<usize> {
        let profile = &*self.profile_called(profile)?;
        let new = checked(more)?;
        let path = self.path.clone();
        let known = self.follows(profile)?;
        let known: BTreeSet<_> = known.each().map(|(kind, text)| (kind, kind.key(text))).collect();
        let new: Vec<_> =
            new.into_iter().filter(|((kind, key), _)| !known.contains(&(*kind, Some(key.clone())))).collect();
        let (count, most) = (known.len() + new.len(), limits::FOLLOWS);
        if count > most && !new.is_empty() {
            return Err(ProfileError::FollowsTooMuch { profile: profile.to_owned(), count, most }.into());
        }
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(&path)?;
        for ((kind, _), text) in &new {
            transaction
                .prepare_cached("INSERT INTO follows (profile, kind, text) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
                .and_then(|mut statement| statement.execute(params![profile, kind.name(), text]))
                .in_library(&path)?;
        }
        transaction.commit().in_library(&path)?;
        Ok(new.len())
    }

    /// Follows authors, words and categories no longer, in one transaction. Gives how many of them
    /// were followed.
    ///
    /// # Errors
    /// [`ProfileError::FollowsNothing`] and [`QueryError::TooMuch`]; what the library reports.
    pub fn unfollow(&mut self, profile: &str, less: &Follows) -> Result<usize> {
        let profile = &*self.profile_called(profile)?;
        let less = checked(less)?;
        let path = self.path.clone();
        let known = self.follows(profile)?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(&path)?;
        let mut removed = 0;
        for (kind, text) in known.each() {
            if kind.key(text).is_some_and(|key| less.contains_key(&(kind, key))) {
                removed += transaction
                    .prepare_cached("DELETE FROM follows WHERE profile = ?1 AND kind = ?2 AND text = ?3")
                    .and_then(|mut statement| statement.execute(params![profile, kind.name(), text]))
                    .in_library(&path)?;
            }
        }
        transaction.commit().in_library(&path)?;
        Ok(removed)
    }
}

/// What is asked for, each once, by kind and key, as it is kept. One text may hold several
/// categories, with spaces between them.
fn checked(asked: &Follows) -> Result<BTreeMap<(FollowKind, String), String>> {
    let mut checked = BTreeMap::new();
    for (kind, given) in asked.each() {
        let many = kind == FollowKind::Category && given.split_whitespace().nth(1).is_some();
        let texts: Vec<&str> = if many { given.split_whitespace().collect() } else { vec![given] };
        for text in texts {
            let kept = neutral::name(text);
            let (count, most) = (terms(text).len(), limits::PHRASE_WORDS);
            if count > most {
                let what = if kind == FollowKind::Author { "the name of an author" } else { "what is followed" };
                return Err(QueryError::TooMuch { what, count, unit: "words", most }.into());
            }
            let key = kind.key(&kept).ok_or_else(|| ProfileError::FollowsNothing { kind, text: kept.to_string() })?;
            checked.entry((kind, key)).or_insert_with(|| kept.into_owned());
        }
    }
    Ok(checked)
}

/// Something followed that a paper fulfils.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FollowMatch {
    /// What of the paper.
    pub kind: FollowKind,
    /// The text that is followed.
    pub follow: String,
    /// The author, as the paper names them, where an author is followed.
    pub author: Option<String>,
}

/// What is followed, made ready to be compared with papers.
#[derive(Debug, Default)]
pub(crate) struct Following {
    /// Texts that are followed, each with its words.
    authors: Vec<(String, Vec<String>)>,
    words: Vec<(String, Vec<String>)>,
    /// Categories that are followed, each with the names that it has.
    categories: Vec<(String, Vec<String>)>,
}

impl Following {
    pub(crate) fn new(follows: &Follows) -> Following {
        let with_terms = |texts: &[String]| texts.iter().map(|text| (text.clone(), terms(text))).collect();
        let names = |text: &String| {
            let own = text.strip_suffix(".*").unwrap_or(text);
            [Some(own), alias(own)].into_iter().flatten().map(str::to_owned).collect()
        };
        Following {
            authors: with_terms(&follows.author),
            words: with_terms(&follows.words),
            categories: follows.category.iter().map(|text| (text.clone(), names(text))).collect(),
        }
    }

    /// What of it a paper fulfils, by kind; within a kind in the order of the texts.
    pub(crate) fn of(&self, paper: &Paper) -> Vec<FollowMatch> {
        let found = |kind, follow: &String, author| FollowMatch { kind, follow: follow.clone(), author };
        let mut all = Vec::new();
        if !self.authors.is_empty() {
            let names: Vec<_> = paper.authors.iter().map(|author| (author, words(author))).collect();
            for (follow, asked) in &self.authors {
                let called = names.iter().find(|(_, words)| is_called(words, asked));
                all.extend(called.map(|(author, _)| found(FollowKind::Author, follow, Some((*author).clone()))));
            }
        }
        if !self.words.is_empty() {
            let texts = [&paper.title, &paper.abstract_text];
            let own: BTreeSet<String> = texts.into_iter().flatten().flat_map(|text| terms(text)).collect();
            let fulfilled = self.words.iter().filter(|(_, asked)| asked.iter().all(|word| own.contains(word)));
            all.extend(fulfilled.map(|(follow, _)| found(FollowKind::Words, follow, None)));
        }
        let inside = |names: &[String]| names.iter().any(|name| paper.categories.iter().any(|own| is_in(own, name)));
        let in_category = self.categories.iter().filter(|(_, names)| inside(names));
        all.extend(in_category.map(|(follow, _)| found(FollowKind::Category, follow, None)));
        all
    }
}

/// Whether a category is another one, whatever the case, or lies in an archive of that name.
fn is_in(category: &str, name: &str) -> bool {
    let Some((head, rest)) = category.split_at_checked(name.len()) else { return false };
    head.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::paper::{Entry, Metadata};
    use crate::{ArxivId, Precedence, SourceKind};

    fn follows(author: &[&str], words: &[&str], category: &[&str]) -> Follows {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Follows { author: own(author), words: own(words), category: own(category) }
    }

    #[test]
    fn what_asks_for_the_same_is_followed_once() {
        let mut library = Library::in_memory().unwrap();
        let first = follows(&["Kurt Gödel", "K. Gödel", "godel kurt"], &["ice sheets", "Sheets, ice"], &["cs.LG math"]);
        assert_eq!(library.follow("default", &first).unwrap(), 5);
        assert_eq!(library.follow("default", &first).unwrap(), 0);
        let kept = follows(&["K. Gödel", "Kurt Gödel"], &["ice sheets"], &["cs.LG", "math"]);
        assert_eq!(library.follows("default").unwrap(), kept);
        assert_eq!(library.existing_profile("default").unwrap().follows, kept, "follows alone make a profile");
        assert_eq!(library.profiles().unwrap().len(), 1);
        assert_eq!(library.unfollow("default", &follows(&["GÖDEL, KURT", "Nobody"], &[], &["CS.lg"])).unwrap(), 2);
        assert_eq!(library.follows("default").unwrap(), follows(&["K. Gödel"], &["ice sheets"], &["math"]));
        assert_eq!(library.follows("other").unwrap(), Follows::default());
        library.remove_profile("default").unwrap();
        assert!(library.profiles().unwrap().is_empty());
        assert_eq!(library.check().unwrap(), []);
    }

    #[test]
    fn what_asks_for_nothing_or_too_much_is_refused_whole() {
        let mut library = Library::in_memory().unwrap();
        let long = "word ".repeat(33);
        for (bad, what) in [
            (follows(&["A. Author", "\u{1b}…"], &[], &[]), r#""…" is no name: it has no word"#),
            (follows(&[], &["ice", "--"], &[]), r#""--" has no word"#),
            (follows(&[], &[], &["cs.LG glaciers"]), r#""glaciers" is no category of arXiv"#),
            (follows(&[&long], &[], &[]), "the name of an author has 33 words; at most 32 are looked up"),
        ] {
            assert_eq!(library.follow("default", &bad).unwrap_err().to_string(), what);
        }
        assert!(library.follows("default").unwrap().is_empty());
        let many: Vec<String> = (0..256).map(|n| format!("word{n}")).collect();
        let many = Follows { words: many, ..Follows::default() };
        assert_eq!(library.follow("default", &many).unwrap(), 256);
        assert_eq!(library.follow("default", &many).unwrap(), 0);
        let refused = library.follow("default", &follows(&[], &["one more"], &[])).unwrap_err();
        assert!(matches!(refused, Error::Profile(ProfileError::FollowsTooMuch { count: 257, most: 256, .. })));
    }

    #[test]
    fn papers_are_followed_as_filters_find_them() {
        let mut library = Library::in_memory().unwrap();
        let id = ArxivId::parse("2602.00001").unwrap().0;
        let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
        let entry = Entry {
            metadata: Metadata {
                title: Some("Sheets of Ice".to_owned()),
                abstract_text: Some("Melting, naïvely told.".to_owned()),
                authors: vec!["Gödel, Kurt F.".to_owned(), "Ada Łukasz".to_owned()],
                ..Metadata::default()
            },
            categories: vec!["math.ST".to_owned(), "cs.LG".to_owned()],
            ..Entry::new(id.clone(), precedence, 1)
        };
        library.merge(&[entry]).unwrap();
        let paper = library.paper(&id).unwrap().unwrap();
        let fulfilled = |follows: &Follows| {
            let found = Following::new(follows).of(&paper).into_iter();
            found.map(|found| (found.follow, found.author)).collect::<Vec<_>>()
        };
        let none = |text: &str| (text.to_owned(), None);
        let author = |follow: &str, author: &str| (follow.to_owned(), Some(author.to_owned()));
        assert_eq!(
            fulfilled(&follows(&["k. godel", "Kurt Łukasz", "lukasz"], &[], &[])),
            [author("k. godel", "Gödel, Kurt F."), author("lukasz", "Ada Łukasz")]
        );
        assert_eq!(fulfilled(&follows(&[], &["ice NAIVELY", "ice melts", "sheet"], &[])), [none("ice NAIVELY")]);
        let categories = follows(&[], &[], &["CS", "c", "cs.L", "stat.th", "math.*", "stat"]);
        assert_eq!(fulfilled(&categories), [none("CS"), none("stat.th"), none("math.*")]);
        for (name, found) in [("k. godel", 1), ("Kurt Łukasz", 0)] {
            assert_eq!(library.by_author(name).unwrap().len(), found, "{name}");
        }
    }
}
