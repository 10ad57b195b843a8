//! Profiles: what somebody likes and dislikes, kept under a name.
//!
//! In: a name and ids. Out: the ids of that name. A paper is liked or disliked or neither, never both: what was said last holds.
//! Profiles name papers by id, so one that is removed and comes again is still liked. Also which papers a profile's daily lists have
//! shown, and on which day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{TransactionBehavior, params};

use super::closest;
use super::faults::{Faults, unreadable};
use super::paper::parse_id;
use super::{Library, PaperRow};
use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};

/// What somebody thinks of a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Library {
    /// Enters opinions of papers, or where there is none takes them back, in one transaction. Says for each whether that changed anything.
    pub fn set_opinions(&mut self, profile: &str, opinions: &[(ArxivId, Option<Opinion>)]) -> Result<Vec<bool>> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let enter = |(id, opinion): &(ArxivId, Option<Opinion>)| {
            let changed = match opinion {
                Some(opinion) => transaction
                    .prepare_cached(
                        "INSERT INTO profile_papers (profile, id, liked) VALUES (?1, ?2, ?3) \
                         ON CONFLICT DO UPDATE SET liked = excluded.liked WHERE liked <> excluded.liked",
                    )?
                    .execute(params![profile, id.as_str(), *opinion == Opinion::Liked])?,
                None => transaction
                    .prepare_cached("DELETE FROM profile_papers WHERE profile = ?1 AND id = ?2")?
                    .execute(params![profile, id.as_str()])?,
            };
            Ok(changed > 0)
        };
        let changed = opinions.iter().map(enter).collect::<rusqlite::Result<Vec<bool>>>().in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(changed)
    }

    /// A profile; empty where there is none of that name.
    pub fn profile(&self, name: &str) -> Result<Profile> {
        let mut profile = Profile { name: name.to_owned(), ..Profile::default() };
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, liked FROM profile_papers WHERE profile = ?1 ORDER BY id")
            .in_library(&self.path)?;
        let mut rows = statement.query([name]).in_library(&self.path)?;
        while let Some(row) = rows.next().in_library(&self.path)? {
            let id = row.get_ref(0).and_then(|id| parse_id(id.as_str()?)).in_library(&self.path)?;
            let liked: bool = row.get(1).in_library(&self.path)?;
            if liked { &mut profile.like } else { &mut profile.unlike }.push(id);
        }
        Ok(profile)
    }

    /// A profile that somebody named.
    ///
    /// # Errors
    /// [`Error::NoSuchProfile`] names those that there are.
    pub fn existing_profile(&self, name: &str) -> Result<Profile> {
        let profile = self.profile(name)?;
        if !profile.like.is_empty() || !profile.unlike.is_empty() {
            return Ok(profile);
        }
        let mut there = self.profile_names()?;
        there.sort_by_cached_key(|other| (closest::difference(name, other), other.clone()));
        Err(Error::NoSuchProfile { name: name.to_owned(), there })
    }

    /// All profiles, by name.
    pub fn profiles(&self) -> Result<Vec<Profile>> {
        self.profile_names()?.iter().map(|name| self.profile(name)).collect()
    }

    fn profile_names(&self) -> Result<Vec<String>> {
        self.list("SELECT DISTINCT profile FROM profile_papers ORDER BY profile", |row| row.get(0))
    }

    /// Forgets a profile. Says how many papers it named.
    pub fn remove_profile(&mut self, name: &str) -> Result<usize> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        transaction.execute("DELETE FROM shown_papers WHERE profile = ?1", [name]).in_library(path)?;
        let removed = transaction.execute("DELETE FROM profile_papers WHERE profile = ?1", [name]).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(removed)
    }

    /// The papers that a profile's daily lists have shown, each with the day of the first list that did, where that was noted.
    pub fn shown(&self, profile: &str) -> Result<BTreeMap<ArxivId, Option<Date>>> {
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

    /// Notes that a profile's list of a day has shown papers, in one transaction. A paper keeps the day that it was first shown on.
    pub fn note_shown(&mut self, profile: &str, day: Date, ids: &[ArxivId]) -> Result<()> {
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

    /// Papers with this title, whatever its case, accents and punctuation.
    pub fn with_title(&self, title: &str) -> Result<Vec<ArxivId>> {
        let words = super::terms(title);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let query =
            format!("title : {}", super::keywords::phrase(&words.iter().map(String::as_str).collect::<Vec<_>>()));
        let mut statement = self
            .connection
            .prepare_cached("SELECT rowid FROM keywords WHERE keywords MATCH ?1")
            .in_library(&self.path)?;
        let rows: Vec<PaperRow> = statement
            .query_map([query], |row| row.get(0).map(PaperRow))
            .and_then(Iterator::collect)
            .in_library(&self.path)?;
        let papers = self.papers_by_rows(&rows)?;
        // The phrase may stand within a longer title.
        let same = |found: &Option<String>| found.as_deref().is_some_and(|found| super::terms(found) == words);
        let mut ids: Vec<ArxivId> =
            papers.into_iter().filter(|paper| same(&paper.title)).map(|paper| paper.id).collect();
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
