//! Profiles: what somebody likes and dislikes, kept under a name.
//!
//! In: a name and ids. Out: the ids of that name. A paper is liked or disliked or neither, never
//! both: what was said last holds. Profiles name papers by id, so one that is removed and comes
//! again is still liked. Also which papers a profile's daily lists have shown, and on which day.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, TransactionBehavior, params};

use super::Library;
use super::closest;
use super::faults::{Faults, unreadable};
use super::ids::parse_id;
use super::like_weights::weigh;
use super::profile_texts::{self, AddedText, ProfileText, texts_of};
use super::text_vectors::drop_unused;
use super::zotero;
use crate::error::{ProfileError, Result};
use crate::paper::{ArxivId, Follows, LikeWeight, PartialDate};
use crate::text::neutral;
use crate::text::title::{title_key, title_words};

/// What somebody thinks of a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// More of this.
    Liked,
    /// Less of this.
    Disliked,
}

/// A profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Liked papers, ascending.
    pub like: Vec<ArxivId>,
    /// Disliked papers, ascending.
    pub unlike: Vec<ArxivId>,
    /// The day on which each was noted, where that is known.
    pub noted: BTreeMap<ArxivId, Date>,
    /// Interests that somebody has made: liked papers with the same number are one.
    pub interests: BTreeMap<ArxivId, i64>,
    /// How much liked papers count, where somebody has said so.
    pub weights: BTreeMap<ArxivId, LikeWeight>,
    /// What it follows.
    pub follows: Follows,
    /// Liked texts of which the library has no paper, by key.
    pub texts: Vec<ProfileText>,
}

/// What a profile had that is forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemovedProfile {
    /// Papers that it named.
    pub papers: usize,
    /// Texts that are no papers of the library.
    pub texts: usize,
}

impl Profile {
    /// Whether it says nothing: no paper is liked or disliked, no text is liked, and nothing is
    /// followed.
    pub fn is_empty(&self) -> bool {
        self.like.is_empty() && self.unlike.is_empty() && self.texts.is_empty() && self.follows.is_empty()
    }

    /// How much each liked paper counts if that halves in so many days: from 1 for the latest like
    /// down. A like of an unknown day is as old as the oldest of a known one.
    pub fn emphasis(&self, half_life: f32) -> BTreeMap<ArxivId, f32> {
        let weight = |id: &ArxivId| Some((id.clone(), self.weight(self.noted.get(id).copied(), half_life)?));
        self.like.iter().filter_map(weight).collect()
    }

    /// The same of a liked text.
    pub fn emphasis_of(&self, text: &ProfileText, half_life: f32) -> f32 {
        self.weight(Some(text.noted), half_life).unwrap_or(1.0)
    }

    /// What a like of this day counts; `None` where no day is known of any.
    fn weight(&self, day: Option<Date>, half_life: f32) -> Option<f32> {
        let papers = self.like.iter().filter_map(|id| self.noted.get(id).copied());
        let days = papers.chain(self.texts.iter().map(|text| text.noted));
        let (oldest, latest) = (days.clone().min()?, days.max()?);
        let age = latest.since(day.unwrap_or(oldest)).map_or(0.0, |span| span.get_days() as f32);
        Some((-age / half_life.max(f32::MIN_POSITIVE)).exp2().max(f32::MIN_POSITIVE))
    }

    /// Whether nothing is liked.
    pub fn likes_nothing(&self) -> bool {
        self.like.is_empty() && self.texts.is_empty()
    }
}

impl Library {
    /// Enters opinions of papers, or where there is none takes them back, in one transaction. Says
    /// for each whether that changed anything.
    pub fn set_opinions(&mut self, profile: &str, opinions: &[(ArxivId, Option<Opinion>)]) -> Result<Vec<bool>> {
        Ok(self.enter_likes(profile, opinions, &[], &[])?.0)
    }

    /// Enters opinions as [`Library::set_opinions`] does, liked texts as [`Library::add_texts`]
    /// does, and the weights of liked papers, all in one transaction.
    pub fn enter_likes(
        &mut self,
        profile: &str,
        opinions: &[(ArxivId, Option<Opinion>)],
        texts: &[ProfileText],
        weights: &[(ArxivId, LikeWeight)],
    ) -> Result<(Vec<bool>, Vec<AddedText>)> {
        let profile = &*self.profile_called(profile)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let changed = enter_opinions(&transaction, profile, opinions).in_library(path)?;
        for (id, weight) in weights {
            weigh(&transaction, profile, id, Some(*weight)).in_library(path)?;
        }
        let mut added = Vec::new();
        if !texts.is_empty() {
            added = profile_texts::add(&transaction, profile, texts).in_library(path)?;
            drop_unused(&transaction).in_library(path)?;
        }
        transaction.commit().in_library(path)?;
        Ok((changed, added))
    }

    /// A profile; empty where there is none of that name.
    pub fn profile(&self, name: &str) -> Result<Profile> {
        let name = &*self.profile_called(name)?;
        let mut profile = Profile { name: name.to_owned(), follows: self.follows(name)?, ..Profile::default() };
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT id, liked, noted, interest, weight FROM profile_papers WHERE profile = ?1 ORDER BY id",
            )
            .in_library(&self.path)?;
        let mut rows = statement.query([name]).in_library(&self.path)?;
        while let Some(row) = rows.next().in_library(&self.path)? {
            let id = row.get_ref(0).and_then(|id| parse_id(id.as_str()?)).in_library(&self.path)?;
            let liked: bool = row.get(1).in_library(&self.path)?;
            let noted: Option<String> = row.get(2).in_library(&self.path)?;
            if let Some(day) = noted {
                let day = day.parse().map_err(|_| unreadable("a date cannot be read")).in_library(&self.path)?;
                profile.noted.insert(id.clone(), day);
            }
            if let Some(interest) = row.get::<_, Option<i64>>(3).in_library(&self.path)?.filter(|_| liked) {
                profile.interests.insert(id.clone(), interest);
            }
            let weight: Option<LikeWeight> = row.get(4).in_library(&self.path)?;
            profile.weights.extend(weight.filter(|_| liked).map(|weight| (id.clone(), weight)));
            if liked { &mut profile.like } else { &mut profile.unlike }.push(id);
        }
        profile.texts = texts_of(&self.connection, name).in_library(&self.path)?;
        Ok(profile)
    }

    /// A profile that somebody named.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`] names those that there are.
    pub fn existing_profile(&self, name: &str) -> Result<Profile> {
        let profile = self.profile(name)?;
        if !profile.is_empty() {
            return Ok(profile);
        }
        let mut there = self.profile_names()?;
        there.sort_by_cached_key(|other| (closest::difference(name, other), other.clone()));
        Err(ProfileError::NoSuchProfile { name: name.to_owned(), there }.into())
    }

    /// Says which liked papers are one interest, in one transaction; for papers without a number
    /// likeness decides.
    pub fn set_interests(&mut self, profile: &str, interests: &[(ArxivId, Option<i64>)]) -> Result<()> {
        let profile = &*self.profile_called(profile)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for (id, interest) in interests {
            transaction
                .prepare_cached("UPDATE profile_papers SET interest = ?3 WHERE profile = ?1 AND id = ?2 AND liked")
                .and_then(|mut statement| statement.execute(params![profile, id.as_str(), interest]))
                .in_library(path)?;
        }
        transaction.commit().in_library(path)
    }

    /// All profiles, by name.
    pub fn profiles(&self) -> Result<Vec<Profile>> {
        self.profile_names()?.iter().map(|name| self.profile(name)).collect()
    }

    /// The name of a profile, without what a terminal would obey and nobody sees. One that an
    /// earlier version kept with such characters is still found.
    pub(super) fn profile_called<'a>(&self, given: &'a str) -> Result<Cow<'a, str>> {
        let name = neutral::name(given);
        if name.is_empty() || name == given || self.profile_names()?.iter().any(|known| known == given) {
            return Ok(Cow::Borrowed(given));
        }
        Ok(name)
    }

    fn profile_names(&self) -> Result<Vec<String>> {
        let sql = "SELECT profile FROM profile_papers UNION SELECT profile FROM profile_texts \
                   UNION SELECT profile FROM follows ORDER BY profile";
        self.list(sql, |row| row.get(0))
    }

    /// Forgets a profile. Says what it had.
    pub fn remove_profile(&mut self, name: &str) -> Result<RemovedProfile> {
        let name = &*self.profile_called(name)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        transaction.execute("DELETE FROM shown_papers WHERE profile = ?1", [name]).in_library(path)?;
        transaction.execute("DELETE FROM follows WHERE profile = ?1", [name]).in_library(path)?;
        let papers = transaction.execute("DELETE FROM profile_papers WHERE profile = ?1", [name]).in_library(path)?;
        let texts = transaction.execute("DELETE FROM profile_texts WHERE profile = ?1", [name]).in_library(path)?;
        for table in ["zotero_collections", "zotero_items", "zotero_written"] {
            transaction.execute(&format!("DELETE FROM {table} WHERE profile = ?1"), [name]).in_library(path)?;
        }
        drop_unused(&transaction).in_library(path)?;
        transaction.execute("DELETE FROM sent_mails WHERE profile = ?1", [name]).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(RemovedProfile { papers, texts })
    }

    /// The papers that a profile's daily lists have shown, each with the day of the first list that
    /// did (a month where that list told no day), where that was noted.
    pub fn shown(&self, profile: &str) -> Result<BTreeMap<ArxivId, Option<PartialDate>>> {
        let profile = &*self.profile_called(profile)?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, day FROM shown_papers WHERE profile = ?1")
            .in_library(&self.path)?;
        let read = |row: &rusqlite::Row<'_>| {
            let day: Option<String> = row.get(1)?;
            let parse = |text: String| text.parse().map_err(|_| unreadable(format!("{text:?} is no date")));
            Ok((parse_id(row.get_ref(0)?.as_str()?)?, day.map(parse).transpose()?))
        };
        statement.query_map([profile], read).and_then(Iterator::collect).in_library(&self.path)
    }

    /// Notes that a profile's list of a day has shown papers, in one transaction. A paper keeps the
    /// day that it was first shown on.
    pub fn note_shown(&mut self, profile: &str, day: PartialDate, ids: &[ArxivId]) -> Result<()> {
        let profile = &*self.profile_called(profile)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for id in ids {
            transaction
                .prepare_cached(
                    "INSERT INTO shown_papers (profile, id, day) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )
                .and_then(|mut statement| statement.execute([profile, id.as_str(), day.to_string().as_str()]))
                .in_library(path)?;
        }
        transaction.commit().in_library(path)
    }

    /// Papers with this DOI, whatever its case.
    pub fn with_doi(&self, doi: &str) -> Result<Vec<ArxivId>> {
        self.ids("SELECT id FROM papers WHERE doi = ?1 COLLATE NOCASE ORDER BY id", doi)
    }

    /// Papers with this title, whatever its case, accents, punctuation and the markup of its
    /// formulas, by id. However long the title is, a bounded number of words is looked up.
    pub fn with_title(&self, title: &str) -> Result<Vec<ArxivId>> {
        let key = title_key(title);
        if key.is_empty() {
            return Ok(Vec::new());
        }
        for query in title_queries(title) {
            let ids = self.titled(&query, &key)?;
            if !ids.is_empty() {
                return Ok(ids);
            }
        }
        Ok(Vec::new())
    }

    /// The papers that a query of the keyword index finds and whose titles have this key, by id.
    fn titled(&self, query: &str, key: &str) -> Result<Vec<ArxivId>> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT p.id, p.title FROM keywords JOIN papers p ON p.row = keywords.rowid \
                 WHERE keywords MATCH ?1",
            )
            .in_library(&self.path)?;
        let mut rows = statement.query([query]).in_library(&self.path)?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next().in_library(&self.path)? {
            let title = row.get_ref(1).and_then(|title| Ok(title.as_str_or_null()?)).in_library(&self.path)?;
            if title.is_some_and(|title| title_key(title) == key) {
                ids.push(row.get_ref(0).and_then(|id| parse_id(id.as_str()?)).in_library(&self.path)?);
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn ids(&self, sql: &str, value: &str) -> Result<Vec<ArxivId>> {
        let mut statement = self.connection.prepare_cached(sql).in_library(&self.path)?;
        statement
            .query_map([value], |row| parse_id(row.get_ref(0)?.as_str()?))
            .and_then(Iterator::collect)
            .in_library(&self.path)
    }
}

/// How a title is looked up: by its first words; and where another program may have written those
/// in another way, by its longest words.
fn title_queries(title: &str) -> Vec<String> {
    let words = title_words(title);
    let quoted = |words: &[String]| super::keywords::phrase(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let mut queries = vec![format!("title : ^ {}", quoted(&words.first))];
    // One or two words alone would find a good part of the library.
    if words.longest.len() >= 3 {
        let all: Vec<String> = words.longest.iter().map(|word| quoted(std::slice::from_ref(word))).collect();
        queries.push(format!("title : ({})", all.join(" AND ")));
    }
    queries
}

/// Says for each opinion whether it changed anything.
fn enter_opinions(
    connection: &Connection,
    profile: &str,
    opinions: &[(ArxivId, Option<Opinion>)],
) -> rusqlite::Result<Vec<bool>> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let enter = |(id, opinion): &(ArxivId, Option<Opinion>)| {
        zotero::opined(connection, profile, id.as_str(), opinion.is_none())?;
        let changed = match opinion {
            Some(opinion) => connection
                .prepare_cached(
                    "INSERT INTO profile_papers (profile, id, liked, noted) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT DO UPDATE SET liked = excluded.liked, noted = excluded.noted, \
                     interest = NULL, weight = NULL \
                     WHERE liked <> excluded.liked",
                )?
                .execute(params![profile, id.as_str(), *opinion == Opinion::Liked, today])?,
            None => connection
                .prepare_cached("DELETE FROM profile_papers WHERE profile = ?1 AND id = ?2")?
                .execute(params![profile, id.as_str()])?,
        };
        Ok(changed > 0)
    };
    opinions.iter().map(enter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_without_what_a_terminal_obeys() {
        let mut library = Library::in_memory().expect("a library");
        let id = ArxivId::parse("2602.10611").expect("an id").0;
        library.set_opinions("ice\u{1b}]0;x\u{7}\u{202e}", &[(id.clone(), Some(Opinion::Liked))]).expect("entered");
        assert_eq!(library.profiles().expect("read")[0].name, "ice]0;x");
        assert_eq!(library.profile("ice\u{1b}]0;x").expect("read").like, [id]);
        // As an earlier version may have kept it.
        library.connection.execute("UPDATE profile_papers SET profile = 'a' || char(27)", []).expect("changed");
        assert_eq!(library.existing_profile("a\u{1b}").expect("read").like.len(), 1);
        assert_eq!(library.remove_profile("a\u{1b}").expect("removed").papers, 1);
    }

    #[test]
    fn a_title_of_any_length_asks_for_few_words() {
        for text in ["of ", "A.", "Slow glaciers under warm summers, and some more of "] {
            let [once, twice] = [2_000, 4_000].map(|times| title_queries(&text.repeat(times)));
            assert_eq!(once, twice);
            assert!(once.iter().all(|query| query.len() < 300), "{once:?}");
        }
        assert_eq!(
            title_queries("Slow Glaciers Under Warm Summers"),
            [
                r#"title : ^ "slow glaciers under warm summers""#,
                r#"title : ("glaciers" AND "summers" AND "under" AND "slow" AND "warm")"#
            ]
        );
    }

    #[test]
    fn older_likes_count_less_by_their_half_life() {
        let id = |text: &str| ArxivId::parse(text).expect("an id").0;
        let day = |text: &str| text.parse::<Date>().expect("a date");
        let like: Vec<ArxivId> = ["2601.00001", "2601.00002", "2601.00003"].map(id).to_vec();
        let mut profile = Profile { like: like.clone(), ..Profile::default() };
        assert_eq!(profile.emphasis(30.0), BTreeMap::new(), "no day is known");
        profile.noted = BTreeMap::from([(like[0].clone(), day("2026-03-01")), (like[1].clone(), day("2026-01-30"))]);
        let weights: Vec<f32> = profile.emphasis(30.0).into_values().collect();
        assert_eq!(weights, [1.0, 0.5, 0.5], "one of an unknown day is as old as the oldest");
        assert!(profile.emphasis(0.01).into_values().all(|weight| weight > 0.0));
    }
}
