//! Texts of a profile: references that somebody likes and of which the library has no paper.
//!
//! In: titles and abstracts with what identifies them. Out: the texts of a profile, each once. A
//! text that comes again replaces what was known of it. When the paper itself is merged, the text
//! gives way to it: the profile then likes the paper, so that nothing counts twice. A paper is told
//! by an arXiv id that the text names, by DOI, or where the text names no id by title.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use rusqlite::{Connection, TransactionBehavior, params};

use super::Library;
use super::faults::{Faults, unreadable};
use super::ids::parse_id;
use super::record::Record;
use super::text_vectors::{drop_unused, text_hash};
use super::zotero;
use crate::error::Result;
use crate::paper::{ArxivId, LikeWeight};
use crate::passage::passage;
use crate::text::title::title_key;

/// A liked text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileText {
    /// What identifies it within a profile: an arXiv id, `doi:` and the DOI in lower case, or
    /// `title:` and the letters of the title. [`ProfileText::identified`] makes it.
    pub key: String,
    /// The arXiv ids that it names as its own.
    pub ids: BTreeSet<ArxivId>,
    /// Its DOI.
    pub doi: Option<String>,
    /// Its title.
    pub title: String,
    /// Its abstract, empty where it is not known.
    pub abstract_text: String,
    /// Its authors in order, first names first.
    pub authors: Vec<String>,
    /// Where it was read.
    pub source: String,
    /// The collection in which it stood there.
    pub collection: Option<String>,
    /// The day on which somebody collected it.
    pub noted: Date,
    /// The interest to which somebody counts it; else likeness decides.
    pub interest: Option<i64>,
    /// How much it counts, where somebody has said so.
    pub weight: Option<LikeWeight>,
}

/// What became of a text that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedText {
    /// The key under which it stands.
    pub key: String,
    /// Whether it was not there before.
    pub new: bool,
}

impl ProfileText {
    /// The text with its key; `None` where neither an id, nor a DOI, nor a letter of its title
    /// identifies it.
    pub fn identified(self) -> Option<ProfileText> {
        let title = title_key(&self.title);
        let key = match (self.ids.first(), &self.doi) {
            (Some(id), _) => id.to_string(),
            (None, Some(doi)) => format!("doi:{}", doi.to_lowercase()),
            (None, None) if title.is_empty() => return None,
            (None, None) => format!("title:{title}"),
        };
        Some(ProfileText { key, ..self })
    }

    /// What is embedded of it, as of a paper.
    pub fn passage(&self) -> String {
        passage(&self.title, Some(&self.abstract_text))
    }

    /// Takes what a later source says of it. Its key, its day, its interest and its weight
    /// stay.
    fn take(&mut self, later: &ProfileText) {
        self.ids.extend(later.ids.iter().cloned());
        self.doi = later.doi.clone().or(self.doi.take());
        self.title.clone_from(&later.title);
        if !later.abstract_text.is_empty() {
            self.abstract_text.clone_from(&later.abstract_text);
        }
        if !later.authors.is_empty() {
            self.authors.clone_from(&later.authors);
        }
        self.source.clone_from(&later.source);
        self.collection = later.collection.clone().or(self.collection.take());
        self.interest = self.interest.or(later.interest);
        self.weight = self.weight.or(later.weight);
    }

    /// Whether two texts are one: they share an id, the DOI or the title.
    pub fn is_same(&self, other: &ProfileText) -> bool {
        self.names().any(|name| other.names().any(|other| other == name))
    }

    /// All that tells whether two texts are one.
    fn names(&self) -> impl Iterator<Item = String> {
        let title = Some(title_key(&self.title)).filter(|title| !title.is_empty());
        let ids = self.ids.iter().map(ToString::to_string);
        let doi = self.doi.iter().map(|doi| format!("doi:{}", doi.to_lowercase()));
        ids.chain(doi).chain(title.map(|title| format!("title:{title}"))).chain([self.key.clone()])
    }
}

impl Library {
    /// The texts of a profile, by key.
    pub fn profile_texts(&self, profile: &str) -> Result<Vec<ProfileText>> {
        texts_of(&self.connection, &self.profile_called(profile)?).in_library(&self.path)
    }

    /// Adds liked texts to a profile, in one transaction; one that shares an id, the DOI or the
    /// title with an earlier one is the same text, and what it says holds from now on. Says for
    /// each what became of it.
    pub fn add_texts(&mut self, profile: &str, texts: &[ProfileText]) -> Result<Vec<AddedText>> {
        Ok(self.enter_likes(profile, &[], texts, &[])?.1)
    }

    /// Takes texts out of a profile, in one transaction. Says how many were there.
    pub fn remove_texts(&mut self, profile: &str, keys: &[String]) -> Result<usize> {
        let profile = &*self.profile_called(profile)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let mut removed = 0;
        for key in keys {
            removed += delete(&transaction, profile, key).in_library(path)?;
        }
        drop_unused(&transaction).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(removed)
    }

    /// Says which texts are one interest, in one transaction; without a number likeness decides.
    pub fn set_text_interests(&mut self, profile: &str, interests: &[(String, Option<i64>)]) -> Result<()> {
        let profile = &*self.profile_called(profile)?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for (key, interest) in interests {
            transaction
                .prepare_cached("UPDATE profile_texts SET interest = ?3 WHERE profile = ?1 AND key = ?2")
                .and_then(|mut statement| statement.execute(params![profile, key, interest]))
                .in_library(path)?;
        }
        transaction.commit().in_library(path)
    }
}

/// Adds texts to a profile; the vectors of what they said before may be left over.
pub(super) fn add(connection: &Connection, profile: &str, texts: &[ProfileText]) -> rusqlite::Result<Vec<AddedText>> {
    let mut known: BTreeMap<String, ProfileText> =
        texts_of(connection, profile)?.into_iter().map(|text| (text.key.clone(), text)).collect();
    let mut names: HashMap<String, String> = HashMap::new();
    for text in known.values() {
        text.names().for_each(|name| _ = names.entry(name).or_insert_with(|| text.key.clone()));
    }
    let mut added = Vec::with_capacity(texts.len());
    for text in texts {
        let same = text.names().find_map(|name| names.get(&name).cloned());
        let new = same.is_none();
        let key = same.unwrap_or_else(|| text.key.clone());
        let stored = known.entry(key.clone()).or_insert_with(|| text.clone());
        let before = (!new).then(|| stored.clone());
        stored.take(text);
        stored.names().for_each(|name| _ = names.entry(name).or_insert_with(|| key.clone()));
        if before.as_ref() != Some(stored) {
            write(connection, profile, stored)?;
        }
        added.push(AddedText { key, new });
    }
    Ok(added)
}

fn delete(connection: &Connection, profile: &str, key: &str) -> rusqlite::Result<usize> {
    connection.prepare_cached("DELETE FROM profile_texts WHERE profile = ?1 AND key = ?2")?.execute([profile, key])
}

fn write(connection: &Connection, profile: &str, text: &ProfileText) -> rusqlite::Result<()> {
    let ids: Vec<&str> = text.ids.iter().map(ArxivId::as_str).collect();
    let authors = serde_json::to_string(&text.authors).map_err(|_| unreadable("a list of authors"))?;
    delete(connection, profile, &text.key)?;
    connection
        .prepare_cached("INSERT INTO profile_texts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")?
        .execute(params![
            profile,
            text.key,
            ids.join(" "),
            text.doi,
            text.title,
            text.abstract_text,
            authors,
            text.source,
            text.collection,
            text.noted.to_string(),
            text.interest,
            text_hash(&text.passage()),
            text.weight
        ])
        .map(|_| ())
}

/// The texts of a profile, by key.
pub(super) fn texts_of(connection: &Connection, profile: &str) -> rusqlite::Result<Vec<ProfileText>> {
    let mut statement = connection.prepare_cached(
        "SELECT key, ids, doi, title, abstract, authors, source, collection, noted, interest, weight \
         FROM profile_texts WHERE profile = ?1 ORDER BY key",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(ProfileText {
            key: row.get(0)?,
            ids: row.get_ref(1)?.as_str()?.split_whitespace().map(parse_id).collect::<rusqlite::Result<_>>()?,
            doi: row.get(2)?,
            title: row.get(3)?,
            abstract_text: row.get(4)?,
            authors: serde_json::from_str(row.get_ref(5)?.as_str()?)
                .map_err(|_| unreadable("a list of authors cannot be read"))?,
            source: row.get(6)?,
            collection: row.get(7)?,
            noted: row.get_ref(8)?.as_str()?.parse().map_err(|_| unreadable("a date cannot be read"))?,
            interest: row.get(9)?,
            weight: row.get(10)?,
        })
    };
    statement.query_map([profile], read)?.collect()
}

/// What the texts of all profiles are known by, for a batch of papers that is merged, and which
/// paper of the batch each gives way to.
pub(super) struct AwaitedTexts {
    /// Texts by an id, `doi:` or `title:`.
    names: HashMap<String, Vec<TextOf>>,
    /// The paper for each text: one that has its id before one that has its DOI or its title, and
    /// of equals the one with the smallest id. So the order of a batch changes nothing.
    found: BTreeMap<TextOf, (SharedName, ArxivId)>,
}

/// A text by its profile and its key.
type TextOf = (String, String);

/// What a paper and a text have in common, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SharedName {
    Id,
    Doi,
    Title,
}

impl AwaitedTexts {
    /// `None` where no profile has a text.
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Option<AwaitedTexts>> {
        let mut statement = connection.prepare_cached("SELECT profile, key, ids, doi, title FROM profile_texts")?;
        let mut rows = statement.query([])?;
        let mut names: HashMap<String, Vec<TextOf>> = HashMap::new();
        while let Some(row) = rows.next()? {
            let whose: TextOf = (row.get(0)?, row.get(1)?);
            let ids: Vec<String> = row.get_ref(2)?.as_str()?.split_whitespace().map(str::to_owned).collect();
            let doi: Option<String> = row.get(3)?;
            let title: String = row.get(4)?;
            let title = ids
                .is_empty()
                .then(|| title_key(&title))
                .filter(|title| !title.is_empty())
                .map(|title| format!("title:{title}"));
            let doi = doi.map(|doi| format!("doi:{}", doi.to_lowercase()));
            for name in ids.into_iter().chain(doi).chain(title) {
                names.entry(name).or_default().push(whose.clone());
            }
        }
        Ok((!names.is_empty()).then(|| AwaitedTexts { names, found: BTreeMap::new() }))
    }

    /// Notes the texts that mean a paper of the batch.
    pub(super) fn note(&mut self, id: &ArxivId, paper: &Record) {
        // One of which nothing but its id is known says less than the text.
        let Some(title) = &paper.metadata.title else { return };
        let doi = paper.metadata.doi.as_ref().map(|doi| (SharedName::Doi, format!("doi:{}", doi.to_lowercase())));
        let title = Some((SharedName::Title, format!("title:{}", title_key(title))));
        for (shared, name) in [Some((SharedName::Id, id.to_string())), doi, title].into_iter().flatten() {
            for text in self.names.get(&name).into_iter().flatten() {
                let paper = (shared, id.clone());
                match self.found.get_mut(text) {
                    Some(known) if *known <= paper => {}
                    Some(known) => *known = paper,
                    None => _ = self.found.insert(text.clone(), paper),
                }
            }
        }
    }

    /// Has the texts whose papers were noted give way to them.
    pub(super) fn give_way(self, connection: &Connection) -> rusqlite::Result<()> {
        let mut gone = false;
        for ((profile, key), (_, id)) in &self.found {
            let named = [profile.as_str(), key.as_str(), id.as_str()];
            let new = connection
                .prepare_cached(
                    "INSERT INTO profile_papers (profile, id, liked, noted, interest, weight) \
                     SELECT profile, ?3, 1, noted, interest, weight FROM profile_texts WHERE profile = ?1 AND key = ?2 \
                     ON CONFLICT DO NOTHING",
                )?
                .execute(named)?
                > 0;
            zotero::give_way(connection, named, new)?;
            gone |= delete(connection, profile, key)? > 0;
        }
        if gone { drop_unused(connection) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
