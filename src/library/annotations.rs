//! What the user says of papers: a note, tags, and which are read.
//!
//! In: ids of papers and texts. Out: what was said of them ([`Annotations`]). They are kept by id
//! as in profiles, so a paper that is removed and comes again still has them.

use rusqlite::{OptionalExtension, TransactionBehavior};

use super::faults::Faults;
use super::{Library, PaperRow, limits};
use crate::error::{QueryError, Result};
use crate::paper::ArxivId;
use crate::text::neutral;

/// What the user says of a paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    /// A note, on one line.
    pub note: Option<String>,
    /// Tags, in their order.
    pub tags: Vec<String>,
    /// Whether it is read.
    pub read: bool,
}

impl Library {
    /// Notes something of a paper, in place of what was noted before; an empty text takes the note
    /// away. Says whether that changed anything.
    ///
    /// # Errors
    /// [`QueryError::NoteTooLong`]; what the library reports.
    pub fn set_note(&mut self, id: &ArxivId, text: &str) -> Result<bool> {
        let text = neutral::line(text);
        let (count, most) = (text.chars().count(), limits::NOTE);
        if count > most {
            return Err(QueryError::NoteTooLong { count, most }.into());
        }
        let changed = match text.is_empty() {
            true => self.connection.execute("DELETE FROM notes WHERE id = ?1", [id.as_str()]),
            false => self.connection.execute(
                "INSERT INTO notes (id, text) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET text = excluded.text \
                 WHERE text <> excluded.text",
                [id.as_str(), &text],
            ),
        };
        Ok(changed.in_library(&self.path)? > 0)
    }

    /// Gives papers tags, or with `remove` takes them away, in one transaction. Gives how many tags
    /// of papers that changed. Tags that differ only in the case of Latin letters are one.
    ///
    /// # Errors
    /// [`QueryError::NotATag`], before anything is written; what the library reports.
    pub fn set_tags(&mut self, ids: &[ArxivId], tags: &[String], remove: bool) -> Result<usize> {
        let tags = tags.iter().map(|tag| checked(tag)).collect::<Result<Vec<String>>>()?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let sql = match remove {
            true => "DELETE FROM tags WHERE tag = ?1 AND id = ?2",
            false => "INSERT INTO tags (tag, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        };
        let mut changed = 0;
        for id in ids {
            for tag in &tags {
                // A tag is spelled as it was when it was first given.
                let known = "SELECT tag FROM tags WHERE tag = ?1 LIMIT 1";
                let known: Option<String> =
                    transaction.query_row(known, [tag], |row| row.get(0)).optional().in_library(path)?;
                let tag = known.as_ref().unwrap_or(tag);
                changed += transaction
                    .prepare_cached(sql)
                    .and_then(|mut statement| statement.execute([tag.as_str(), id.as_str()]))
                    .in_library(path)?;
            }
        }
        transaction.commit().in_library(path)?;
        Ok(changed)
    }

    /// Notes papers as read, or as not read, in one transaction. Gives how many were not so before.
    pub fn set_read(&mut self, ids: &[ArxivId], read: bool) -> Result<usize> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let sql = match read {
            true => "INSERT INTO read_papers (id) VALUES (?1) ON CONFLICT DO NOTHING",
            false => "DELETE FROM read_papers WHERE id = ?1",
        };
        let mut changed = 0;
        for id in ids {
            let executed = transaction.prepare_cached(sql).and_then(|mut statement| statement.execute([id.as_str()]));
            changed += executed.in_library(path)?;
        }
        transaction.commit().in_library(path)?;
        Ok(changed)
    }

    /// All tags with how many papers have each, those that are not in the library included.
    pub fn tags(&self) -> Result<Vec<(String, u64)>> {
        self.list("SELECT min(tag), count(*) FROM tags GROUP BY tag ORDER BY tag", |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// What the user says of a paper, be it in the library or not.
    pub fn annotations(&self, id: &ArxivId) -> Result<Annotations> {
        let note = "SELECT text FROM notes WHERE id = ?1";
        let tags = "SELECT tag FROM tags WHERE id = ?1 ORDER BY tag";
        let read = "SELECT EXISTS (SELECT 1 FROM read_papers WHERE id = ?1)";
        let look = || {
            let connection = &self.connection;
            Ok(Annotations {
                note: connection.prepare_cached(note)?.query_row([id.as_str()], |row| row.get(0)).optional()?,
                tags: connection
                    .prepare_cached(tags)?
                    .query_map([id.as_str()], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?,
                read: connection.prepare_cached(read)?.query_row([id.as_str()], |row| row.get(0))?,
            })
        };
        look().in_library(&self.path)
    }

    /// Whether anything is said of any paper, so that nobody looks for it in vain.
    pub(super) fn has_annotations(&self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM notes) OR EXISTS (SELECT 1 FROM tags) \
                   OR EXISTS (SELECT 1 FROM read_papers)";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut sql| sql.query_row([], |row| row.get(0)))
            .in_library(&self.path)
    }

    /// The papers with a tag.
    pub(super) fn tagged(&self, tag: &str) -> Result<Vec<PaperRow>> {
        let tag = neutral::name(tag);
        self.rows("SELECT papers.row FROM tags JOIN papers ON papers.id = tags.id WHERE tag = ?1", [&*tag])
    }

    /// The papers that are read.
    pub(super) fn read_papers(&self) -> Result<Vec<PaperRow>> {
        self.rows("SELECT papers.row FROM read_papers JOIN papers ON papers.id = read_papers.id", [])
    }
}

/// A tag as it is kept.
fn checked(given: &str) -> Result<String> {
    let tag = neutral::name(given);
    match tag.is_empty() || tag.contains([',', ';']) {
        true => Err(QueryError::NotATag { text: neutral::line(given).into_owned() }.into()),
        false => Ok(tag.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Filter, Matching};
    use crate::paper::{Entry, Metadata};
    use crate::{Precedence, SourceKind};

    fn filled() -> (Library, Vec<ArxivId>) {
        let mut library = Library::in_memory().unwrap();
        let ids: Vec<ArxivId> = (1..4).map(|n| ArxivId::parse(&format!("2602.0000{n}")).unwrap().0).collect();
        library.merge(&ids.iter().map(entry).collect::<Vec<_>>()).unwrap();
        (library, ids)
    }

    fn entry(id: &ArxivId) -> Entry {
        let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
        let metadata = Metadata { title: Some(format!("Ice {id}")), ..Metadata::default() };
        Entry { metadata, ..Entry::new(id.clone(), precedence, 1) }
    }

    #[test]
    fn what_is_said_of_a_paper_is_kept_by_its_id() {
        let (mut library, ids) = filled();
        assert!(library.set_note(&ids[0], " Read  this\nfirst. ").unwrap());
        assert!(!library.set_note(&ids[0], "Read this first.").unwrap());
        let texts = ["Sea ice", "draft"].map(str::to_owned);
        assert_eq!(library.set_tags(&ids[..2], &texts, false).unwrap(), 4);
        assert_eq!(library.set_tags(&ids[2..], &["sea ICE".to_owned()], false).unwrap(), 1);
        assert_eq!(library.set_tags(&ids[..1], &["DRAFT".to_owned()], true).unwrap(), 1);
        assert_eq!(library.set_read(&ids[..2], true).unwrap(), 2);
        assert_eq!(library.set_read(&ids[1..], false).unwrap(), 1);
        let said =
            Annotations { note: Some("Read this first.".to_owned()), tags: vec!["Sea ice".to_owned()], read: true };
        assert_eq!(library.annotations(&ids[0]).unwrap(), said);
        assert_eq!(library.tags().unwrap(), [("draft".to_owned(), 1), ("Sea ice".to_owned(), 3)]);
        library.remove(&ids[..1]).unwrap();
        library.merge(&[entry(&ids[0])]).unwrap();
        let paper = library.paper(&ids[0]).unwrap().unwrap();
        assert_eq!(paper.annotations, said);
        assert!(library.set_note(&ids[0], "").unwrap());
        assert_eq!(library.annotations(&ids[0]).unwrap().note, None);
        assert_eq!(library.check().unwrap(), []);
    }

    #[test]
    fn tags_and_what_is_unread_are_filters() {
        let (mut library, ids) = filled();
        library.set_tags(&ids[..2], &["ice".to_owned()], false).unwrap();
        library.set_tags(&ids[2..], &["snow".to_owned()], false).unwrap();
        library.set_read(&ids[..1], true).unwrap();
        let found = |library: &Library, filter: Filter| {
            let Matching::Only(set) = library.matching(&filter).unwrap() else { panic!("a set") };
            let ids = set.rows().iter().map(|row| library.id_of(*row).unwrap().unwrap());
            ids.map(|id| id.as_str()[9..].to_owned()).collect::<Vec<_>>().concat()
        };
        assert_eq!(found(&library, Filter::new().tags(["ICE"])), "12");
        assert_eq!(found(&library, Filter::new().tags(["ice", "snow"])), "123");
        assert_eq!(found(&library, Filter::new().tags(["none"])), "");
        assert_eq!(found(&library, Filter::new().unread(true)), "23");
        assert_eq!(found(&library, Filter::new().unread(true).tags(["ice"])), "2");
        // One that is removed is in no answer.
        library.remove(&ids[1..2]).unwrap();
        assert_eq!(found(&library, Filter::new().tags(["ice"])), "1");
    }

    #[test]
    fn what_is_no_tag_is_refused_whole() {
        let (mut library, ids) = filled();
        for bad in ["", " \u{1b}", "a, b", "a;b"] {
            let refused = library.set_tags(&ids, &["good".to_owned(), bad.to_owned()], false).unwrap_err();
            assert_eq!(refused.code(), "not-a-tag", "{bad:?}");
        }
        assert_eq!(library.tags().unwrap(), []);
        assert_eq!(library.set_note(&ids[0], &"x".repeat(10_001)).unwrap_err().code(), "note-too-long");
        assert!(library.set_note(&ids[0], &"x".repeat(10_000)).unwrap());
    }
}
