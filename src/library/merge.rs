//! Entries into the library: adding, merging, removing.
//!
//! In: batches of entries. Out: per entry whether it added, updated or changed nothing. One batch
//! is one transaction, so a killed process leaves whole batches. A new paper costs one look-up and
//! its inserts, a known one is read, merged in memory ([`Record`]) and written only where it
//! changed. When the text to embed changes, its vectors go with it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;

use rusqlite::types::{self, ToSqlOutput};
use rusqlite::{CachedStatement, Connection, OptionalExtension, ToSql, TransactionBehavior, params};
use serde::Serialize;

use super::faults::Faults;
use super::ids::parse_id;
use super::profile_texts::AwaitedTexts;
use super::record::{Record, precedence_text};
use super::removal::{AT_ONCE, Stored, delete_marked, delete_paper, outdate_vectors, stored_under};
use super::stored::load;
use super::sums::{PARTS, RowSum, Summed};
use super::vectors::reuse_vectors;
use super::withdrawn::mark_merged;
use super::words::{prepare, prepare_into};
use super::{Library, PaperRow};
use crate::error::Result;
use crate::paper::ArxivId;
use crate::paper::{Entry, Facet, Field, Kind, Metadata, ValueRef};

/// What an entry did to the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The paper was not there before.
    Added,
    /// It was there and now says more, or something else.
    Updated,
    /// Nothing that can be read of it changed.
    Unchanged,
}

impl Library {
    /// Merges entries, in one transaction: all of them or, on an error, none. Some thousand at a
    /// time are best.
    ///
    /// The final content of a library depends only on the set of entries it was given, not on their
    /// order or batches.
    ///
    /// # Errors
    /// [`LibraryError::Full`](crate::error::LibraryError::Full),
    /// [`LibraryError::Busy`](crate::error::LibraryError::Busy) and the like.
    pub fn merge(&mut self, entries: &[Entry]) -> Result<Vec<Outcome>> {
        self.merge_with(entries, |_| Ok(()))
    }

    /// As [`Library::merge`], and what `note` writes is in the same transaction.
    pub(super) fn merge_with(
        &mut self,
        entries: &[Entry],
        note: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<Vec<Outcome>> {
        self.keep_more_pages()?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let awaited = AwaitedTexts::of(&transaction).in_library(path)?;
        let writer = Writer { connection: &transaction, awaited: RefCell::new(awaited) };
        let merged = entries.iter().map(|entry| writer.merge(entry)).collect::<rusqlite::Result<Vec<Outcome>>>();
        let outcomes = merged.in_library(path)?;
        let awaited = writer.awaited.into_inner();
        awaited.map_or(Ok(()), |awaited| awaited.give_way(&transaction)).in_library(path)?;
        note(&transaction).in_library(path)?;
        delete_marked(&transaction, AT_ONCE).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(outcomes)
    }
}

/// The columns of `papers`: first those that are the library's own, then one for each field.
const OWN_COLUMNS: [&str; 7] = ["id", "version", "categories", "primary_category", "date", "provenance", "passage"];

pub(super) fn columns() -> impl Iterator<Item = &'static str> {
    OWN_COLUMNS.into_iter().chain(Field::ALL.iter().map(|field| field.name()))
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let (names, places): (Vec<&str>, Vec<String>) =
        columns().zip(1..).map(|(name, at)| (name, format!("?{at}"))).unzip();
    format!("INSERT INTO stored_papers ({}) VALUES ({})", names.join(", "), places.join(", "))
});

static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let set: Vec<String> = columns().zip(1..).skip(1).map(|(name, at)| format!("{name} = ?{at}")).collect();
    format!("UPDATE stored_papers SET {} WHERE id = ?1", set.join(", "))
});

static STORED: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = columns().collect();
    format!("SELECT {} FROM papers WHERE row = ?1", names.join(", "))
});

/// Writes records inside a transaction.
struct Writer<'c> {
    connection: &'c Connection,
    /// Liked texts that give way to their papers.
    awaited: RefCell<Option<AwaitedTexts>>,
}

impl Writer<'_> {
    fn merge(&self, entry: &Entry) -> rusqlite::Result<Outcome> {
        let stored = stored_under(self.connection, &entry.id)?;
        if let Some(Stored::Removed(row)) = stored {
            delete_paper(self.connection, row)?;
        }
        let Some(Stored::Paper(row)) = stored else {
            let mut record = Record::default();
            record.absorb(entry);
            self.add(&entry.id, &record)?;
            self.take_place(&entry.id, &record);
            return Ok(Outcome::Added);
        };
        let before = load(self.connection, row, &entry.id)?;
        let mut after = before.clone();
        after.absorb(entry);
        if after == before {
            return Ok(Outcome::Unchanged);
        }
        self.update(row, &entry.id, &before, &after)?;
        self.take_place(&entry.id, &after);
        Ok(if after.reads_the_same(&before) { Outcome::Unchanged } else { Outcome::Updated })
    }

    /// Notes liked texts that mean this paper.
    fn take_place(&self, id: &ArxivId, record: &Record) {
        if let Some(awaited) = self.awaited.borrow_mut().as_mut() {
            awaited.note(id, record);
        }
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    fn add(&self, id: &ArxivId, record: &Record) -> rusqlite::Result<()> {
        let sum = self.write_paper(&INSERT, id, record)?;
        let row = PaperRow(self.connection.last_insert_rowid());
        let sum = sum.wrapping_add(self.write_parts(row, &Record::default(), record)?);
        self.statement("INSERT INTO paper_sums (paper, sum) VALUES (?1, ?2)")?.execute([row.0, sum])?;
        self.write_keywords(row, record)?;
        mark_merged(self.connection, row, &Record::default(), record)?;
        if let Some(hash) = record.passage_hash() {
            reuse_vectors(self.connection, row, &hash)?;
        }
        Ok(())
    }

    fn update(&self, row: PaperRow, id: &ArxivId, before: &Record, after: &Record) -> rusqlite::Result<()> {
        let gone = self.stored_sum(row)?;
        let written = self.write_paper(&UPDATE, id, after)?;
        let change = written.wrapping_sub(gone).wrapping_add(self.write_parts(row, before, after)?);
        self.change_sum(row, change)?;
        if keyword_texts(before) != keyword_texts(after) {
            self.statement("DELETE FROM keywords WHERE rowid = ?1")?.execute([row.0])?;
            self.write_keywords(row, after)?;
        }
        mark_merged(self.connection, row, before, after)?;
        let hash = after.passage_hash();
        if hash != before.passage_hash() {
            outdate_vectors(self.connection, row)?;
            if let Some(hash) = hash {
                reuse_vectors(self.connection, row, &hash)?;
            }
        }
        Ok(())
    }

    /// The sum of the row of `papers` alone, as it is.
    fn stored_sum(&self, row: PaperRow) -> rusqlite::Result<i64> {
        self.statement(&STORED)?.query_row([row.0], |found| {
            let mut sum = RowSum::of("papers");
            for (at, column) in columns().enumerate() {
                sum.add(column, found.get_ref(at)?);
            }
            Ok(sum.finish())
        })
    }

    /// Changes the sum of a paper by what was written. It is not made anew, so that what was
    /// damaged before stays so; and a paper of an older library that has none yet gets it from
    /// the check.
    fn change_sum(&self, row: PaperRow, change: i64) -> rusqlite::Result<()> {
        let stored = self
            .statement("SELECT sum FROM paper_sums WHERE paper = ?1")?
            .query_row([row.0], |found| found.get::<_, i64>(0))
            .optional()?;
        if let Some(sum) = stored {
            self.statement("UPDATE paper_sums SET sum = ?2 WHERE paper = ?1")?
                .execute([row.0, sum.wrapping_add(change)])?;
        }
        Ok(())
    }

    /// Writes a row of `papers` and gives its sum.
    fn write_paper(&self, sql: &str, id: &ArxivId, record: &Record) -> rusqlite::Result<i64> {
        let mut statement = self.statement(sql)?;
        let own: [&dyn ToSql; OWN_COLUMNS.len()] = [
            &id.as_str(),
            &record.version,
            &record.ordered_categories().join(" "),
            &record.primary_category.as_ref().map(|told| told.value.as_str()),
            &record.date(id).to_string(),
            &record.provenance(),
            &record.passage_hash(),
        ];
        let mut sum = RowSum::of("papers");
        for ((number, column), value) in (1..).zip(OWN_COLUMNS).zip(own) {
            sum.add(column, stored(&value.to_sql()?));
            statement.raw_bind_parameter(number, value)?;
        }
        for (number, &field) in (1 + OWN_COLUMNS.len()..).zip(Field::ALL) {
            let value = column(record, field)?;
            sum.add(
                field.name(),
                value.as_deref().map_or(types::ValueRef::Null, |text| types::ValueRef::Text(text.as_bytes())),
            );
            statement.raw_bind_parameter(number, value)?;
        }
        statement.raw_execute()?;
        Ok(sum.finish())
    }

    /// Writes what is new in the tables beside `papers`, and gives by how much that changes the sum
    /// of the paper. Nothing ever leaves them: merging only raises and unites.
    fn write_parts(&self, row: PaperRow, before: &Record, after: &Record) -> rusqlite::Result<i64> {
        let [categories, links, summaries, listings] = &PARTS;
        let mut change = 0i64;
        let mut written = |part, values: &[&str]| change = change.wrapping_add(part_sum(part, values));
        for category in after.categories.difference(&before.categories) {
            let new = self
                .statement("INSERT OR IGNORE INTO stored_paper_categories (paper, category) VALUES (?1, ?2)")?
                .execute(params![row.0, category])?;
            if new > 0 {
                written(categories, &[category]);
            }
        }
        for listing in after.listings.difference(&before.listings) {
            let date = listing.date.map(|date| date.to_string()).unwrap_or_default();
            self.statement("INSERT INTO stored_listings (paper, file, date) VALUES (?1, ?2, ?3)")?.execute(params![
                row.0,
                listing.file,
                date
            ])?;
            written(listings, &[&listing.file, &date]);
        }
        let mut replaced = 0i64;
        let mut replace = |part, values: &[&str]| replaced = replaced.wrapping_add(part_sum(part, values));
        for (kind, told) in &after.links {
            let held = before.links.get(kind);
            if held != Some(told) {
                let provenance = precedence_text(&told.precedence);
                self.statement(
                    "INSERT INTO links (paper, kind, address, provenance) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT DO UPDATE SET address = excluded.address, provenance = excluded.provenance",
                )?
                .execute(params![row.0, kind, told.value, provenance])?;
                written(links, &[kind, &told.value, &provenance]);
                held.iter().for_each(|held| replace(links, &[kind, &held.value, &precedence_text(&held.precedence)]));
            }
        }
        for (key, told) in &after.summaries {
            let held = before.summaries.get(key);
            if held != Some(told) {
                let (language, facet, provenance) = (&key.0, key.1.name(), precedence_text(&told.precedence));
                self.statement(
                    "INSERT INTO summaries (paper, language, facet, text, provenance) VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT DO UPDATE SET text = excluded.text, provenance = excluded.provenance",
                )?
                .execute(params![row.0, language, facet, told.value, provenance])?;
                written(summaries, &[language, facet, &told.value, &provenance]);
                held.iter().for_each(|held| {
                    replace(summaries, &[language, facet, &held.value, &precedence_text(&held.precedence)]);
                });
            }
        }
        Ok(change.wrapping_sub(replaced))
    }

    fn write_keywords(&self, row: PaperRow, record: &Record) -> rusqlite::Result<()> {
        let (title, abstract_text, authors, digests) = keyword_texts(record);
        let joined = |texts: &[&str]| {
            let mut prepared = String::new();
            texts.iter().for_each(|text| prepare_into(&mut prepared, text));
            prepared
        };
        let authors: Vec<&str> = authors.iter().map(String::as_str).collect();
        self.statement("INSERT INTO keywords (rowid, title, abstract, authors, tldr) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                row.0,
                prepare(title.unwrap_or_default()),
                prepare(abstract_text.unwrap_or_default()),
                joined(&authors),
                joined(&digests),
            ])?;
        Ok(())
    }
}

/// Makes the keyword index anew from what the papers say. A paper that cannot be read is left out.
pub(super) fn write_all_keywords(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("INSERT INTO keywords (keywords) VALUES ('delete-all')", [])?;
    let writer = Writer { connection, awaited: RefCell::default() };
    let mut papers = connection.prepare("SELECT row, id FROM papers ORDER BY row")?;
    let mut papers = papers.query([])?;
    while let Some(paper) = papers.next()? {
        let row = PaperRow(paper.get(0)?);
        let Ok(id) = paper.get_ref(1)?.as_str().map_err(Into::into).and_then(parse_id) else { continue };
        if let Ok(record) = load(connection, row, &id) {
            writer.write_keywords(row, &record)?;
        }
    }
    Ok(())
}

/// A value as SQLite keeps it.
fn stored<'v>(value: &'v ToSqlOutput<'_>) -> types::ValueRef<'v> {
    match value {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => types::ValueRef::from(value),
        _ => types::ValueRef::Null,
    }
}

/// The sum of a row that belongs to a paper.
fn part_sum(part: &Summed, values: &[&str]) -> i64 {
    let mut sum = RowSum::of(part.table);
    part.columns
        .iter()
        .zip(values)
        .for_each(|(column, value)| sum.add(column, types::ValueRef::Text(value.as_bytes())));
    sum.finish()
}

/// What stands in the column of a field. A list is a JSON array, and an empty one where none is
/// told.
fn column(record: &Record, field: Field) -> rusqlite::Result<Option<Cow<'_, str>>> {
    let array = |list: &[String]| {
        serde_json::to_string(list).map_err(|fault| rusqlite::Error::ToSqlConversionFailure(Box::new(fault)))
    };
    Ok(match record.metadata.get(field) {
        Some(ValueRef::Text(text)) => Some(Cow::Borrowed(text)),
        Some(ValueRef::Day(day)) => Some(Cow::Owned(day.to_string())),
        Some(ValueRef::List(list)) => Some(Cow::Owned(array(list)?)),
        None if field.kind() == Kind::List => Some(Cow::Owned(array(&[])?)),
        None => None,
    })
}

/// What is indexed: title, abstract, authors, and the digests' short texts in every language.
fn keyword_texts(record: &Record) -> (Option<&str>, Option<&str>, &[String], Vec<&str>) {
    let short = |facet| matches!(facet, Facet::Tldr | Facet::TitleTranslation);
    let digests = record.summaries.iter().filter(|((_, facet), _)| short(*facet)).map(|(_, told)| told.value.as_str());
    let Metadata { title, abstract_text, authors, .. } = &record.metadata;
    (title.as_deref(), abstract_text.as_deref(), authors, digests.collect())
}
