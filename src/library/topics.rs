//! Topics as they were found last, and what has happened to them (`topic_runs`): what gives a topic
//! the same number tomorrow.
//!
//! In: what a search for topics found. Out: the same, for the next search to go on from, and the
//! runs so far. Topics are kept for a model's vectors and a selection of papers; each selection
//! numbers its own.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::faults::{Faults, unreadable};
use super::topic_runs::TopicRun;
use super::{FingerprintNumber, Library, PaperRow};
use crate::error::{Result, TopicsError};
use crate::text::neutral;

/// Which topics are meant: each model and each selection of papers has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicSet<'a> {
    /// The model whose vectors were compared.
    pub fingerprint: FingerprintNumber,
    /// The key of the selection; empty for all papers.
    pub selection: &'a str,
}

/// The topics of the previous run, as the library stores them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptTopics {
    /// The number of the last run.
    pub run: i64,
    /// Its day.
    pub date: Date,
    /// The highest number that a topic has had.
    pub last_topic: u32,
    /// Papers that came or went since the graph was last clustered.
    pub drift: usize,
    /// The coarsest level first, ascending by number.
    pub topics: Vec<KeptTopic>,
    /// Ascending by row. Some may have gone.
    pub papers: Vec<KeptPaper>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptTopic {
    /// Its number.
    pub id: u32,
    /// From 0, the coarsest.
    pub level: usize,
    /// Its topic of the level before.
    pub parent: Option<u32>,
    /// `None` where it is to be named by its terms.
    pub name: Option<String>,
    /// Whether somebody gave it the name.
    pub given: bool,
    /// Its size when that was last told.
    pub noted: usize,
    /// Its terms, the most telling first, with their weights in thousandths of the first's; none
    /// where an earlier version found it.
    pub terms: Vec<(String, u16)>,
}

/// A paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeptPaper {
    /// Its row.
    pub row: PaperRow,
    /// Its topic of the finest level.
    pub topic: u32,
    /// Its position on the map.
    pub position: [f32; 2],
    /// How many hundredths of its neighbourhood are in its topic, rounded down; `None` where an
    /// earlier version found that.
    pub strength: Option<u8>,
}

impl Library {
    /// The topics of the previous run; `None` where there was no run.
    pub fn kept_topics(&self, set: TopicSet<'_>) -> Result<Option<KeptTopics>> {
        let _snapshot = self.snapshot()?;
        let Some(list) = topic_set(&self.connection, set).in_library(&self.path)? else {
            return Ok(None);
        };
        let query = "SELECT last_topic, drift, topic_runs.number, date FROM topic_sets JOIN topic_runs ON list = topic_sets.number \
                     WHERE list = ?1 ORDER BY topic_runs.number DESC LIMIT 1";
        let read = |row: &rusqlite::Row<'_>| {
            let date = row.get_ref(3)?.as_str()?.parse().map_err(|_| unreadable("a date cannot be read"))?;
            Ok(KeptTopics {
                last_topic: row.get(0)?,
                drift: row.get(1)?,
                run: row.get(2)?,
                date,
                ..KeptTopics::default()
            })
        };
        let kept = self.connection.query_row(query, [list], read).optional().in_library(&self.path)?;
        let Some(mut kept) = kept else { return Ok(None) };
        kept.topics = self.list(
            &format!(
                "SELECT id, level, parent, name, given, noted, terms FROM topics WHERE list = {list} ORDER BY level, id"
            ),
            |row| {
                Ok(KeptTopic {
                    id: row.get(0)?,
                    level: row.get(1)?,
                    parent: row.get(2)?,
                    name: row.get(3)?,
                    given: row.get(4)?,
                    noted: row.get(5)?,
                    terms: terms(row.get_ref(6)?)?,
                })
            },
        )?;
        kept.papers = self.list(
            &format!("SELECT paper, topic, x, y, strength FROM topic_papers WHERE list = {list} ORDER BY paper"),
            |row| {
                Ok(KeptPaper {
                    row: PaperRow(row.get(0)?),
                    topic: row.get(1)?,
                    position: [row.get(2)?, row.get(3)?],
                    strength: row.get(4)?,
                })
            },
        )?;
        Ok(Some(kept))
    }

    /// Stores topics in the place of the `previous` ones, in one transaction, and enters the run
    /// unless no paper came or went. Returns `false` and stores nothing if another process has
    /// stored other topics meanwhile.
    pub fn keep_topics(
        &mut self,
        set: TopicSet<'_>,
        previous: Option<&KeptTopics>,
        next: &KeptTopics,
        run: Option<&TopicRun>,
    ) -> Result<bool> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let list = topic_set(&transaction, set).in_library(path)?;
        let latest = match list {
            Some(list) => latest_run(&transaction, list).in_library(path)?,
            None => None,
        };
        if latest != previous.map(|previous| previous.run) {
            return Ok(false);
        }
        let list = list.map_or_else(|| add_set(&transaction, set), Ok).in_library(path)?;
        write(&transaction, list, previous, next, run).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(true)
    }

    /// The runs so far, the latest first, at most `most` of them.
    pub fn topic_runs(&self, set: TopicSet<'_>, most: usize) -> Result<Vec<TopicRun>> {
        let _snapshot = self.snapshot()?;
        let Some(list) = topic_set(&self.connection, set).in_library(&self.path)? else {
            return Ok(Vec::new());
        };
        let query = format!(
            "SELECT date, papers, added, removed, sought, changes FROM topic_runs WHERE list = {list} ORDER BY number DESC LIMIT {}",
            i64::try_from(most).unwrap_or(i64::MAX)
        );
        self.list(&query, |row| {
            Ok(TopicRun {
                date: row.get_ref(0)?.as_str()?.parse().map_err(|_| unreadable("a date cannot be read"))?,
                papers: row.get(1)?,
                added: row.get(2)?,
                removed: row.get(3)?,
                reclustered: row.get(4)?,
                changes: serde_json::from_str(row.get_ref(5)?.as_str()?)
                    .map_err(|_| unreadable("what happened to topics cannot be read"))?,
            })
        })
    }

    /// Gives a topic a name; without one it is named by its terms again. Returns the name before.
    /// What nobody sees in a name, or a terminal obeys, is taken out; a name of nothing else is
    /// none.
    ///
    /// # Errors
    /// [`TopicsError::NoSuchTopic`]; [`TopicsError::NameTaken`] where another of its level is
    /// called so.
    pub fn rename_topic(&mut self, set: TopicSet<'_>, id: u32, name: Option<&str>) -> Result<Option<String>> {
        let path = &self.path;
        let name = name.map(neutral::name).filter(|name| !name.is_empty());
        let name = name.as_deref();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let topic = match topic_set(&transaction, set).in_library(path)? {
            Some(list) => transaction
                .query_row("SELECT level, name FROM topics WHERE list = ?1 AND id = ?2", params![list, id], |row| {
                    Ok((list, row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
                })
                .optional()
                .in_library(path)?,
            None => None,
        };
        let Some((list, level, before)) = topic else {
            let there = match topic_set(&transaction, set).in_library(path)? {
                Some(list) => transaction
                    .prepare("SELECT id FROM topics WHERE list = ?1 ORDER BY id")
                    .and_then(|mut ids| ids.query_map([list], |row| row.get(0))?.collect())
                    .in_library(path)?,
                None => Vec::new(),
            };
            return Err(TopicsError::NoSuchTopic { id, there }.into());
        };
        if let Some(name) = name {
            let others = transaction
                .prepare("SELECT id, name FROM topics WHERE list = ?1 AND level = ?2 AND id <> ?3 AND name IS NOT NULL")
                .and_then(|mut others| {
                    others
                        .query_map(params![list, level, id], |row| Ok((row.get(0)?, row.get(1)?)))?
                        .collect::<rusqlite::Result<Vec<(u32, String)>>>()
                })
                .in_library(path)?;
            if let Some((other, _)) = others.iter().find(|(_, other)| other.to_lowercase() == name.to_lowercase()) {
                return Err(TopicsError::NameTaken { name: name.to_owned(), other: *other }.into());
            }
        }
        transaction
            .execute(
                "UPDATE topics SET name = ?3, given = ?4 WHERE list = ?1 AND id = ?2",
                params![list, id, name, name.is_some()],
            )
            .in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(before)
    }

    /// Forgets topics and their history. Returns whether there were any.
    pub fn forget_topics(&mut self, set: TopicSet<'_>) -> Result<bool> {
        let forgotten = self
            .connection
            .execute(
                "DELETE FROM topic_sets WHERE fingerprint = ?1 AND selection = ?2",
                params![set.fingerprint.0, set.selection],
            )
            .in_library(&self.path)?;
        Ok(forgotten > 0)
    }
}

/// The terms of a topic as they are stored.
fn terms(stored: ValueRef<'_>) -> rusqlite::Result<Vec<(String, u16)>> {
    match stored.as_str_or_null()? {
        Some(stored) => serde_json::from_str(stored).map_err(|_| unreadable("the terms of a topic cannot be read")),
        None => Ok(Vec::new()),
    }
}

fn topic_set(connection: &rusqlite::Connection, set: TopicSet<'_>) -> rusqlite::Result<Option<i64>> {
    let query = "SELECT number FROM topic_sets WHERE fingerprint = ?1 AND selection = ?2";
    connection.query_row(query, params![set.fingerprint.0, set.selection], |row| row.get(0)).optional()
}

fn latest_run(transaction: &Transaction<'_>, list: i64) -> rusqlite::Result<Option<i64>> {
    transaction.query_row("SELECT max(number) FROM topic_runs WHERE list = ?1", [list], |row| row.get(0))
}

/// Enters a set without topics. Returns its number.
fn add_set(transaction: &Transaction<'_>, set: TopicSet<'_>) -> rusqlite::Result<i64> {
    let query = "INSERT INTO topic_sets (fingerprint, selection, last_topic, drift) VALUES (?1, ?2, 0, 0)";
    transaction.execute(query, params![set.fingerprint.0, set.selection])?;
    Ok(transaction.last_insert_rowid())
}

fn write(
    transaction: &Transaction<'_>,
    list: i64,
    previous: Option<&KeptTopics>,
    next: &KeptTopics,
    run: Option<&TopicRun>,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE topic_sets SET last_topic = ?2, drift = ?3 WHERE number = ?1",
        params![list, next.last_topic, next.drift],
    )?;
    if let Some(run) = run {
        let changes = serde_json::to_string(&run.changes).map_err(|fault| unreadable(fault.to_string()))?;
        transaction.execute(
            "INSERT INTO topic_runs (list, date, papers, added, removed, sought, changes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![list, run.date.to_string(), run.papers, run.added, run.removed, run.reclustered, changes],
        )?;
    }
    // Somebody may have given a name meanwhile.
    let given: HashMap<u32, String> = transaction
        .prepare("SELECT id, name FROM topics WHERE list = ?1 AND given")?
        .query_map([list], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    transaction.execute("DELETE FROM topics WHERE list = ?1", [list])?;
    let mut insert = transaction.prepare(
        "INSERT INTO topics (list, id, level, parent, name, given, noted, terms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for topic in &next.topics {
        let (name, is_given) = match given.get(&topic.id) {
            Some(name) => (Some(name), true),
            None => (topic.name.as_ref(), topic.given),
        };
        let terms = serde_json::to_string(&topic.terms).map_err(|fault| unreadable(fault.to_string()))?;
        let terms = Some(terms).filter(|_| !topic.terms.is_empty());
        insert.execute(params![list, topic.id, topic.level, topic.parent, name, is_given, topic.noted, terms])?;
    }
    // Most papers are where they were.
    let mut before: HashMap<PaperRow, &KeptPaper> =
        previous.iter().flat_map(|previous| &previous.papers).map(|paper| (paper.row, paper)).collect();
    let mut insert = transaction.prepare(
        "INSERT INTO topic_papers (list, paper, topic, x, y, strength) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT DO UPDATE SET topic = excluded.topic, x = excluded.x, y = excluded.y, strength = excluded.strength",
    )?;
    for paper in &next.papers {
        if before.remove(&paper.row) != Some(paper) {
            let [x, y] = paper.position;
            insert.execute(params![list, paper.row.0, paper.topic, f64::from(x), f64::from(y), paper.strength])?;
        }
    }
    let mut delete = transaction.prepare("DELETE FROM topic_papers WHERE list = ?1 AND paper = ?2")?;
    for gone in before.into_keys() {
        delete.execute(params![list, gone.0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArxivId;
    use crate::Error;
    use crate::library::{ChangeKind, FingerprintText, NamedTopic, TopicChange};

    fn library() -> (Library, FingerprintNumber) {
        let mut library = Library::in_memory().expect("a library");
        let text = |what: &str| what.to_owned();
        let fingerprint = FingerprintText { digest: text("d"), model: text("m"), description: text("d"), dimension: 3 };
        let fingerprint = library.ensure_fingerprint(&fingerprint).expect("a fingerprint");
        (library, fingerprint)
    }

    fn topic(id: u32, level: usize, parent: Option<u32>, name: &str) -> KeptTopic {
        let terms = vec![(name.to_owned(), 1000), ("melts \"fast\"".to_owned(), 417)];
        KeptTopic { id, level, parent, name: Some(name.to_owned()), given: false, noted: 2, terms }
    }

    fn paper(row: i64, topic: u32, position: [f32; 2]) -> KeptPaper {
        KeptPaper { row: PaperRow(row), topic, position, strength: Some(80 + topic as u8) }
    }

    fn kept() -> KeptTopics {
        KeptTopics {
            run: 1,
            date: "2026-02-10".parse().expect("a date"),
            last_topic: 3,
            drift: 4,
            topics: vec![topic(1, 0, None, "ice"), topic(2, 1, Some(1), "sea ice"), topic(3, 1, Some(1), "glaciers")],
            papers: vec![paper(4, 2, [0.1, -2.5]), paper(5, 3, [1.0, 0.0])],
        }
    }

    fn run(date: &str) -> TopicRun {
        let others = vec![(NamedTopic { id: 3, name: "glaciers".into() }, 2)];
        let topic = NamedTopic { id: 2, name: "sea ice".into() };
        let papers = vec![ArxivId::parse("hep-th/9901001").expect("an id").0];
        let change =
            TopicChange { kind: ChangeKind::Grew, level: 1, topic, before: 2, after: 5, own: 1, others, papers };
        TopicRun {
            date: date.parse().expect("a date"),
            papers: 2,
            added: 1,
            removed: 0,
            reclustered: true,
            changes: vec![change],
        }
    }

    #[test]
    fn what_is_kept_is_read_again_and_selections_are_apart() {
        let (mut library, fingerprint) = library();
        assert_eq!(library.kept_topics(TopicSet { fingerprint, selection: "" }).expect("read"), None);
        assert!(
            library
                .keep_topics(TopicSet { fingerprint, selection: "" }, None, &kept(), Some(&run("2026-02-10")))
                .expect("kept")
        );
        assert_eq!(library.kept_topics(TopicSet { fingerprint, selection: "" }).expect("read"), Some(kept()));
        assert_eq!(library.kept_topics(TopicSet { fingerprint, selection: "cs.LG" }).expect("read"), None);
        assert_eq!(library.topic_runs(TopicSet { fingerprint, selection: "" }, 9).expect("read"), [run("2026-02-10")]);

        let mut next = kept();
        next.topics.remove(2);
        next.papers = vec![paper(5, 2, [1.0, 0.5]), paper(9, 2, [3.0, 3.0])];
        let last = kept();
        assert!(
            library
                .keep_topics(TopicSet { fingerprint, selection: "" }, Some(&last), &next, Some(&run("2026-02-11")))
                .expect("kept")
        );
        let found = library.kept_topics(TopicSet { fingerprint, selection: "" }).expect("read").expect("kept");
        assert_eq!((found.run, &found.topics, &found.papers), (2, &next.topics, &next.papers));
        assert_eq!(library.topic_runs(TopicSet { fingerprint, selection: "" }, 1).expect("read"), [run("2026-02-11")]);
        // Who began from an earlier state keeps nothing.
        assert!(
            !library.keep_topics(TopicSet { fingerprint, selection: "" }, Some(&last), &kept(), None).expect("refused")
        );
        assert!(!library.keep_topics(TopicSet { fingerprint, selection: "" }, None, &kept(), None).expect("refused"));
        assert_eq!(library.kept_topics(TopicSet { fingerprint, selection: "" }).expect("read"), Some(found));

        assert!(library.forget_topics(TopicSet { fingerprint, selection: "" }).expect("forgotten"));
        assert!(!library.forget_topics(TopicSet { fingerprint, selection: "" }).expect("nothing"));
        assert_eq!(library.kept_topics(TopicSet { fingerprint, selection: "" }).expect("read"), None);
        assert_eq!(library.topic_runs(TopicSet { fingerprint, selection: "" }, 9).expect("read"), []);
    }

    #[test]
    fn a_given_name_stays_and_no_two_topics_of_a_level_share_one() {
        let (mut library, fingerprint) = library();
        let of = TopicSet { fingerprint, selection: "" };
        assert!(matches!(
            library.rename_topic(of, 2, Some("x")),
            Err(Error::Topics(TopicsError::NoSuchTopic { id: 2, .. }))
        ));
        library.keep_topics(of, None, &kept(), Some(&run("2026-02-10"))).expect("kept");
        assert_eq!(
            library.rename_topic(of, 2, Some("Flo\u{1b}es\u{200b}\n")).expect("renamed").as_deref(),
            Some("sea ice")
        );
        let taken = library.rename_topic(of, 3, Some("floes"));
        assert!(matches!(taken, Err(Error::Topics(TopicsError::NameTaken { other: 2, .. }))));
        // Of another level it may be the same; itself it may be called anew.
        library.rename_topic(of, 1, Some("floes")).expect("renamed");
        library.rename_topic(of, 2, Some("floes")).expect("renamed");
        // Whoever has searched meanwhile did not know of it.
        let last = KeptTopics { run: 1, ..kept() };
        assert!(library.keep_topics(of, Some(&last), &kept(), None).expect("kept"));
        let named = |library: &Library| {
            let topics =
                library.kept_topics(TopicSet { fingerprint, selection: "" }).expect("read").expect("kept").topics;
            topics.into_iter().map(|topic| (topic.name, topic.given)).collect::<Vec<_>>()
        };
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(named(&library), [(name("floes"), true), (name("floes"), true), (name("glaciers"), false)]);
        library.rename_topic(of, 2, None).expect("renamed");
        assert_eq!(named(&library), [(name("floes"), true), (None, false), (name("glaciers"), false)]);
    }
}
