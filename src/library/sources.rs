//! Where papers come from: the categories that are fetched day by day, what feeds answered last,
//! and how far harvests are.
//!
//! In: what fetching has done. Out: the same, for the next time. The place of a harvest is written
//! with the papers of its page, in one transaction.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::faults::Faults;
use super::{Library, Outcome};
use crate::error::Result;
use crate::paper::{ArxivId, Entry};

/// A category whose announcements are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedCategory {
    /// A category, `cs.LG`, or an archive, `cs`.
    pub category: String,
    /// Whether papers count that are cross-listed there.
    pub cross_lists: bool,
    /// Whether new versions count of papers that the library does not hold.
    pub replacements: bool,
    /// The last announcement of which everything is here, and of all before it.
    pub complete: Option<Date>,
    /// The last announcement of which a paper was new to the library.
    pub news: Option<Date>,
    /// The OAI datestamp from which the next reconciliation asks.
    pub reconciled: Option<Date>,
}

/// What a feed answered last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedAnswer {
    /// The mark of its content; empty where the server gave none.
    pub etag: String,
    /// The announcement that it was taken for.
    pub day: Date,
    /// When it was last read, be it that it was the same as before.
    pub fetched: Timestamp,
}

/// A harvest and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Harvest {
    /// A set such as `cs:cs:LG`; empty for all of arXiv.
    pub scope: String,
    /// First datestamp; `None` for the beginning.
    pub since: Option<Date>,
    /// Last datestamp; `None` for all that there are.
    pub until: Option<Date>,
    /// Token of the next page.
    pub token: Option<String>,
    /// The last datestamp that was seen.
    pub datestamp: Option<Date>,
    /// Pages so far.
    pub pages: u64,
    /// Records so far.
    pub records: u64,
    /// When it began; `None` once it is through.
    pub begun: Option<Timestamp>,
    /// The last datestamp of which everything is here.
    pub complete: Option<Date>,
}

impl FollowedCategory {
    /// A category that was never fetched.
    pub fn new(category: impl Into<String>) -> FollowedCategory {
        FollowedCategory {
            category: category.into(),
            cross_lists: true,
            replacements: false,
            complete: None,
            news: None,
            reconciled: None,
        }
    }
}

impl Library {
    /// The categories that are fetched, by name.
    pub fn followed_categories(&self) -> Result<Vec<FollowedCategory>> {
        self.list(
            "SELECT category, cross_lists, replacements, complete, news, reconciled FROM followed_categories ORDER BY category",
            |row| {
                Ok(FollowedCategory {
                    category: row.get(0)?,
                    cross_lists: row.get(1)?,
                    replacements: row.get(2)?,
                    complete: told(row, 3)?,
                    news: told(row, 4)?,
                    reconciled: told(row, 5)?,
                })
            },
        )
    }

    /// Follows categories, or notes how far they are; all of them or none.
    pub fn follow_categories(&mut self, categories: &[FollowedCategory]) -> Result<()> {
        self.merge_with(&[], |connection| write_categories(connection, categories)).map(drop)
    }

    /// Follows a category no longer; gives whether it was followed. Its papers stay.
    pub fn unfollow_category(&mut self, category: &str) -> Result<bool> {
        self.connection
            .execute("DELETE FROM followed_categories WHERE category = ?1", [category])
            .map(|deleted| deleted > 0)
            .in_library(&self.path)
    }

    /// Whether a paper of this primary category, or archive, is here whose id was given later than
    /// another. Only ids as arXiv gives them since 2007 are compared.
    pub fn has_later(&self, category: &str, id: &ArxivId) -> Result<bool> {
        // A colon comes after all digits and before all letters.
        self.connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM papers WHERE id > ?1 AND id < ':' \
                 AND (primary_category = ?2 OR substr(primary_category, 1, length(?2) + 1) = ?2 || '.'))",
            )
            .and_then(|mut statement| statement.query_row([id.as_str(), category], |row| row.get(0)))
            .in_library(&self.path)
    }

    /// What a feed answered last.
    pub fn feed_answer(&self, address: &str) -> Result<Option<FeedAnswer>> {
        self.connection
            .prepare_cached("SELECT etag, day, fetched FROM feed_answers WHERE address = ?1")
            .and_then(|mut statement| statement.query_row([address], feed_answer).optional())
            .in_library(&self.path)
    }

    /// The answer of the feed that was read last, whatever its address.
    pub fn last_feed_answer(&self) -> Result<Option<FeedAnswer>> {
        self.connection
            .prepare_cached("SELECT etag, day, fetched FROM feed_answers ORDER BY fetched DESC, address LIMIT 1")
            .and_then(|mut statement| statement.query_row([], feed_answer).optional())
            .in_library(&self.path)
    }

    /// Notes that a feed was read at a time and was the same as before.
    pub fn note_feed_unchanged(&mut self, address: &str, read: Timestamp) -> Result<()> {
        self.connection
            .execute("UPDATE feed_answers SET fetched = ?2 WHERE address = ?1", [address, &read.to_string()])
            .map(drop)
            .in_library(&self.path)
    }

    /// Merges the entries of a feed, and notes its answer and how far its categories are, in one
    /// transaction.
    ///
    /// # Errors
    /// As [`Library::merge`].
    pub fn merge_feed(
        &mut self,
        entries: &[Entry],
        categories: &[FollowedCategory],
        answer: Option<(&str, &FeedAnswer)>,
    ) -> Result<Vec<Outcome>> {
        self.merge_with(entries, |connection| {
            write_categories(connection, categories)?;
            let Some((address, answer)) = answer else { return Ok(()) };
            // An address is one for each set of categories that somebody asked for once.
            connection.execute("DELETE FROM feed_answers WHERE address <> ?1", [address])?;
            connection
                .execute(
                    "INSERT INTO feed_answers (address, etag, day, fetched) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT DO UPDATE SET etag = excluded.etag, day = excluded.day, fetched = excluded.fetched",
                    params![address, answer.etag, answer.day.to_string(), answer.fetched.to_string()],
                )
                .map(drop)
        })
    }

    /// The harvest of a scope, whether it is through or not.
    pub fn harvest(&self, scope: &str) -> Result<Option<Harvest>> {
        self.connection
            .prepare_cached(
                "SELECT scope, since, until, token, datestamp, pages, records, begun, complete FROM harvests WHERE scope = ?1",
            )
            .and_then(|mut statement| statement.query_row([scope], harvest).optional())
            .in_library(&self.path)
    }

    /// Merges the entries of a page and notes the place after it, in one transaction.
    ///
    /// # Errors
    /// As [`Library::merge`].
    pub fn merge_page(&mut self, entries: &[Entry], place: &Harvest) -> Result<Vec<Outcome>> {
        self.merge_with(entries, |connection| write_harvest(connection, place))
    }
}

fn feed_answer(row: &Row<'_>) -> rusqlite::Result<FeedAnswer> {
    Ok(FeedAnswer { etag: row.get(0)?, day: required(row, 1)?, fetched: required(row, 2)? })
}

fn write_categories(connection: &Connection, categories: &[FollowedCategory]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO followed_categories (category, cross_lists, replacements, complete, news, reconciled) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO UPDATE SET cross_lists = excluded.cross_lists, replacements = excluded.replacements, \
         complete = excluded.complete, news = excluded.news, reconciled = excluded.reconciled",
    )?;
    for followed in categories {
        let FollowedCategory { category, cross_lists, replacements, complete, news, reconciled } = followed;
        let [complete, news, reconciled] = [complete, news, reconciled].map(|day| day.map(|day| day.to_string()));
        statement.execute(params![category, cross_lists, replacements, complete, news, reconciled])?;
    }
    Ok(())
}

fn write_harvest(connection: &Connection, place: &Harvest) -> rusqlite::Result<()> {
    let Harvest { scope, since, until, token, datestamp, pages, records, begun, complete } = place;
    let [since, until, datestamp, complete] =
        [since, until, datestamp, complete].map(|day| day.map(|day| day.to_string()));
    connection
        .prepare_cached(
            "INSERT INTO harvests (scope, since, until, token, datestamp, pages, records, begun, complete) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT DO UPDATE SET since = excluded.since, until = excluded.until, token = excluded.token, \
             datestamp = excluded.datestamp, pages = excluded.pages, records = excluded.records, begun = excluded.begun, \
             complete = excluded.complete",
        )?
        .execute(params![
            scope,
            since,
            until,
            token,
            datestamp,
            pages,
            records,
            begun.map(|begun| begun.to_string()),
            complete
        ])
        .map(drop)
}

fn harvest(row: &Row<'_>) -> rusqlite::Result<Harvest> {
    Ok(Harvest {
        scope: row.get(0)?,
        since: told(row, 1)?,
        until: told(row, 2)?,
        token: row.get(3)?,
        datestamp: told(row, 4)?,
        pages: row.get(5)?,
        records: row.get(6)?,
        begun: told(row, 7)?,
        complete: told(row, 8)?,
    })
}

/// A day or time that may be missing.
fn told<T: std::str::FromStr<Err = jiff::Error>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parsed(&text, column)).transpose()
}

fn required<T: std::str::FromStr<Err = jiff::Error>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    parsed(&row.get::<_, String>(column)?, column)
}

fn parsed<T: std::str::FromStr<Err = jiff::Error>>(text: &str, column: usize) -> rusqlite::Result<T> {
    text.parse().map_err(|fault| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(fault)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_followed_is_kept_and_replaced() {
        let mut library = Library::in_memory().unwrap();
        assert!(library.followed_categories().unwrap().is_empty());
        let mut followed = [FollowedCategory::new("stat.ML"), FollowedCategory::new("cs.LG")];
        followed[0].cross_lists = false;
        library.follow_categories(&followed).unwrap();
        followed[1].complete = "2026-02-13".parse().ok();
        followed[1].news = "2026-02-12".parse().ok();
        library.merge_feed(&[], &followed[1..], None).unwrap();
        followed.reverse();
        assert_eq!(library.followed_categories().unwrap(), followed);
        assert!(library.unfollow_category("cs.LG").unwrap());
        assert!(!library.unfollow_category("cs.LG").unwrap());
        assert_eq!(library.followed_categories().unwrap(), followed[1..]);
    }

    #[test]
    fn a_later_paper_of_a_category_or_archive_is_found() {
        let mut library = Library::in_memory().unwrap();
        let id = |text: &str| ArxivId::parse(text).unwrap().0;
        let precedence = crate::paper::Precedence { version: 1, date: None, kind: crate::paper::SourceKind::RawJsonl };
        let entries = [("2603.00005", "cs.LG"), ("2603.00009", "math.AG"), ("hep-th/9901001", "hep-th")].map(
            |(text, category)| {
                let mut entry = Entry::new(id(text), precedence, 1);
                entry.categories = vec![category.to_owned()];
                entry
            },
        );
        library.merge(&entries).unwrap();
        let later = |category: &str, text: &str| library.has_later(category, &id(text)).unwrap();
        assert!(later("cs.LG", "2603.00004") && later("cs", "2602.99999") && later("math.AG", "2603.00005"));
        assert!(!later("cs.LG", "2603.00005") && !later("c", "2603.00001") && !later("cs.L", "2603.00001"));
        assert!(!later("hep-th", "2603.00001"), "an id of the old form tells nothing");
    }

    #[test]
    fn a_feed_s_answer_and_a_harvest_s_place_are_kept() {
        let mut library = Library::in_memory().unwrap();
        let answer = FeedAnswer {
            etag: "\"a\"".to_owned(),
            day: "2026-02-13".parse().unwrap(),
            fetched: "2026-02-13T06:00:00Z".parse().unwrap(),
        };
        library.merge_feed(&[], &[], Some(("http://a/cs.LG", &answer))).unwrap();
        assert_eq!(library.feed_answer("http://a/cs.LG").unwrap().as_ref(), Some(&answer));
        let later: Timestamp = "2026-02-13T09:00:00Z".parse().unwrap();
        library.note_feed_unchanged("http://a/cs.LG", later).unwrap();
        assert_eq!(library.last_feed_answer().unwrap(), Some(FeedAnswer { fetched: later, ..answer }));
        assert_eq!(library.feed_answer("http://a/cs.AI").unwrap(), None);

        let mut place = Harvest { scope: "cs:cs:LG".to_owned(), token: Some("t%20".to_owned()), ..Harvest::default() };
        for records in [2000, 4000] {
            place.records = records;
            place.datestamp = "2026-02-01".parse().ok();
            library.merge_page(&[], &place).unwrap();
            assert_eq!(library.harvest("cs:cs:LG").unwrap().as_ref(), Some(&place));
        }
        assert_eq!(library.harvest("").unwrap(), None);
    }
}
