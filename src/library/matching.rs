//! Which papers an answer may be taken from, decided before anything is ranked.
//!
//! In: a filter. Out: which rows pass all of its conditions ([`Matching`]).

use jiff::civil::Date;
use rusqlite::{OptionalExtension, Params, params};

use super::faults::{Faults, unreadable};
use super::filter::{Condition, Filter};
use super::keywords::phrase;
use super::words::{Word, terms, words};
use super::{Library, PaperRow, limits};
use crate::error::{QueryError, Result};
use crate::paper::category::alias;

/// Papers of a set whose days are looked up one by one: for more it is quicker to walk all papers
/// from the newest on.
const LOOKED_UP: usize = 4096;

/// A set of papers, quick to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaperSet {
    rows: Vec<PaperRow>,
    /// One bit per row from 0; empty where the rows lie too far apart for that.
    bits: Vec<u64>,
}

impl PaperSet {
    /// The set of these rows.
    pub fn new(mut rows: Vec<PaperRow>) -> PaperSet {
        rows.sort_unstable();
        rows.dedup();
        let span = rows.last().map_or(0, |row| usize::try_from(row.0).unwrap_or(usize::MAX));
        // A bit per row of a library of any size is small: rows are numbered from 1. Else the file
        // was tampered with.
        let mut bits = vec![0; if span < 1 << 28 { span / 64 + 1 } else { 0 }];
        for row in &rows {
            if let Some(word) = usize::try_from(row.0 / 64).ok().and_then(|at| bits.get_mut(at)) {
                *word |= 1 << (row.0 % 64);
            }
        }
        PaperSet { rows, bits }
    }

    /// Whether a paper is in it.
    pub fn contains(&self, row: PaperRow) -> bool {
        if self.bits.is_empty() {
            return self.rows.binary_search(&row).is_ok();
        }
        let word = usize::try_from(row.0 / 64).ok().and_then(|at| self.bits.get(at));
        word.is_some_and(|word| word >> (row.0 % 64) & 1 == 1)
    }

    /// The rows, ascending.
    pub fn rows(&self) -> &[PaperRow] {
        &self.rows
    }

    /// How many papers.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn intersect(self, other: &PaperSet) -> PaperSet {
        PaperSet::new(self.rows.into_iter().filter(|row| other.contains(*row)).collect())
    }

    pub(crate) fn subtract(self, other: &PaperSet) -> PaperSet {
        PaperSet::new(self.rows.into_iter().filter(|row| !other.contains(*row)).collect())
    }
}

/// The papers that pass a filter, quick to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// Every paper.
    #[default]
    All,
    /// Every paper but a few.
    AllBut(PaperSet),
    /// Only these.
    Only(PaperSet),
}

impl Matching {
    /// Whether a paper passes.
    pub fn contains(&self, row: PaperRow) -> bool {
        match self {
            Matching::All => true,
            Matching::AllBut(few) => !few.contains(row),
            Matching::Only(set) => set.contains(row),
        }
    }

    /// The papers, where they were looked up one by one; otherwise those that do not pass are
    /// fewer.
    pub fn only(&self) -> Option<&PaperSet> {
        match self {
            Matching::Only(set) => Some(set),
            Matching::All | Matching::AllBut(_) => None,
        }
    }

    /// The papers of a set that pass.
    pub fn of(&self, set: PaperSet) -> PaperSet {
        match self {
            Matching::All => set,
            Matching::AllBut(few) => set.subtract(few),
            Matching::Only(others) => set.intersect(others),
        }
    }
}

impl Library {
    /// The papers that pass a filter.
    ///
    /// # Errors
    /// [`QueryError::TooMuch`]; what the library reports.
    pub fn matching(&self, filter: &Filter) -> Result<Matching> {
        let conditions = filter.conditions();
        conditions.iter().try_for_each(check_size)?;
        let withdrawn = match conditions.contains(&Condition::NotWithdrawn) {
            true => self.withdrawn()?,
            false => PaperSet::default(),
        };
        if filter.is_empty() {
            return Ok(if withdrawn.is_empty() { Matching::All } else { Matching::AllBut(withdrawn) });
        }
        let (mut sets, mut without, mut excluded) = (Vec::new(), Vec::new(), withdrawn.rows);
        for condition in conditions {
            let mut rows = Vec::new();
            match condition {
                Condition::AnyCategory(categories) => {
                    for category in categories {
                        rows.extend(self.in_category(category)?);
                    }
                }
                Condition::AnyAuthor(names) => {
                    for name in names {
                        rows.extend(self.by_author(name)?);
                    }
                }
                Condition::Dates(since, until) => rows = self.dated(since, until)?,
                Condition::NoPhrase(phrases) => {
                    without = phrases.to_vec();
                    continue;
                }
                Condition::AnyTag(tags) => {
                    for tag in tags {
                        rows.extend(self.tagged(tag)?);
                    }
                }
                Condition::Unread => {
                    excluded.extend(self.read_papers()?);
                    continue;
                }
                Condition::NotWithdrawn => continue,
            }
            sets.push(PaperSet::new(rows));
        }
        // Where nothing but words to leave out is given, all papers are the set to begin with.
        if sets.is_empty() {
            sets.push(PaperSet::new(self.dated(None, None)?));
        }
        // The smallest first: the others need only be asked about its papers.
        sets.sort_by_key(PaperSet::len);
        let mut sets = sets.into_iter();
        let mut set = sets.next().unwrap_or_else(|| PaperSet::new(Vec::new()));
        for other in sets {
            set = set.intersect(&other);
        }
        // One set of all that is left out: each phrase for itself would walk all papers again.
        for text in &without {
            let words = terms(text);
            if !words.is_empty() {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let query = format!("{{title abstract}} : {}", phrase(&words));
                let rows = self.rows("SELECT rowid FROM keywords WHERE keywords MATCH ?1", [query])?;
                excluded.extend(rows);
            }
        }
        if !excluded.is_empty() {
            set = set.subtract(&PaperSet::new(excluded));
        }
        Ok(Matching::Only(set))
    }

    /// The newest `k` of some papers, those of one date by id, the highest first; a month comes
    /// before its days.
    pub fn newest(&self, within: &Matching, k: usize) -> Result<Vec<PaperRow>> {
        let mut found = Vec::new();
        if let Some(within) = within.only().filter(|set| set.len() <= LOOKED_UP) {
            let mut statement =
                self.connection.prepare_cached("SELECT date, id FROM papers WHERE row = ?1").in_library(&self.path)?;
            for row in within.rows() {
                let read = |found: &rusqlite::Row<'_>| Ok((found.get::<_, String>(0)?, found.get::<_, String>(1)?));
                let dated = statement.query_row([row.0], read).optional().in_library(&self.path)?;
                found.extend(dated.map(|(date, id)| (date, id, *row)));
            }
            found.sort_unstable_by(|one, other| other.cmp(one));
            found.truncate(k);
            return Ok(found.into_iter().map(|(_, _, row)| row).collect());
        }
        let mut statement = self
            .connection
            .prepare_cached("SELECT row FROM papers ORDER BY date DESC, id DESC")
            .in_library(&self.path)?;
        let mut rows = statement.query([]).in_library(&self.path)?;
        let mut newest = Vec::new();
        while newest.len() < k
            && let Some(row) = rows.next().in_library(&self.path)?
        {
            let row = PaperRow(row.get(0).in_library(&self.path)?);
            if within.contains(row) {
                newest.push(row);
            }
        }
        Ok(newest)
    }

    pub(super) fn rows(&self, sql: &str, values: impl Params) -> Result<Vec<PaperRow>> {
        let mut statement = self.connection.prepare_cached(sql).in_library(&self.path)?;
        statement.query_map(values, |row| row.get(0).map(PaperRow)).and_then(Iterator::collect).in_library(&self.path)
    }

    /// The papers that may be of a period. A month without a day is a text that comes before those
    /// of its days: it may be before the last day where it compares so, and of the months that do
    /// not compare as at or after the first day, that day's own may yet hold it.
    fn dated(&self, since: Option<Date>, until: Option<Date>) -> Result<Vec<PaperRow>> {
        let month = since.map_or(String::new(), |date| date.strftime("%Y-%m").to_string());
        let since = since.map_or(String::new(), |date| date.to_string());
        let until = until.map_or("9999-12-31".to_owned(), |date| date.to_string());
        self.rows(
            "SELECT row FROM papers WHERE date >= ?1 AND date <= ?2 \
             UNION ALL SELECT row FROM papers WHERE date = ?3 AND date <= ?2",
            params![since, until, month],
        )
    }

    /// The papers in a category, under either of its names, or in an archive.
    fn in_category(&self, category: &str) -> Result<Vec<PaperRow>> {
        let mut rows = self.in_category_of_name(category.trim())?;
        if let Some(other) = alias(category.trim()) {
            rows.extend(self.in_category_of_name(other)?);
        }
        Ok(rows)
    }

    fn in_category_of_name(&self, category: &str) -> Result<Vec<PaperRow>> {
        let archive = category.strip_suffix(".*").unwrap_or(category);
        // `/` follows `.` in ASCII, so the range is everything that begins with the archive and a
        // dot.
        self.rows(
            "SELECT paper FROM paper_categories WHERE category = ?1 OR (category >= ?1 || '.' AND category < ?1 || '/')",
            [archive],
        )
    }

    /// The papers by an author of this name, by the rules of [`Filter::authors`].
    pub fn by_author(&self, name: &str) -> Result<Vec<PaperRow>> {
        // The index finds papers that have all the words, perhaps of several authors; their lists
        // of authors decide.
        let asked = terms(name);
        let mut found = Vec::new();
        // Nobody has a name of so many words; a text that is searched may have any number.
        if asked.is_empty() || asked.len() > limits::PHRASE_WORDS {
            return Ok(found);
        }
        let indexed: Vec<String> = asked.iter().map(|word| author_query(word)).collect();
        let query = format!("authors : ({})", indexed.join(" AND "));
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT papers.row, papers.authors FROM keywords JOIN papers ON papers.row = keywords.rowid \
                 WHERE keywords MATCH ?1",
            )
            .in_library(&self.path)?;
        let mut rows = statement.query([query]).in_library(&self.path)?;
        while let Some(row) = rows.next().in_library(&self.path)? {
            let authors: Vec<String> = row
                .get_ref(1)
                .and_then(|text| Ok(text.as_str()?.to_owned()))
                .and_then(|text| {
                    serde_json::from_str(&text).map_err(|_| unreadable("a list of authors cannot be read"))
                })
                .in_library(&self.path)?;
            if authors.iter().any(|author| is_called(&words(author), &asked)) {
                found.push(PaperRow(row.get(0).in_library(&self.path)?));
            }
        }
        Ok(found)
    }
}

/// Whether a condition is within what is looked up ([`limits`]).
///
/// # Errors
/// [`QueryError::TooMuch`] names the part that asks for more.
fn check_size(condition: &Condition<'_>) -> Result<()> {
    let (what, texts) = match condition {
        Condition::AnyCategory(categories) if categories.len() <= limits::FILTER_TEXTS => return Ok(()),
        Condition::AnyCategory(categories) => {
            let (what, count, unit, most) = ("the filter", categories.len(), "categories", limits::FILTER_TEXTS);
            return Err(QueryError::TooMuch { what, count, unit, most }.into());
        }
        Condition::Dates(..) | Condition::Unread | Condition::NotWithdrawn => return Ok(()),
        Condition::AnyAuthor(names) => ("the name of an author", *names),
        Condition::AnyTag(tags) => ("a tag", *tags),
        Condition::NoPhrase(phrases) => ("a phrase to leave out", *phrases),
    };
    let (count, most) = (texts.len(), limits::FILTER_TEXTS);
    if count > most {
        return Err(QueryError::TooMuch { what: "the filter", count, unit: "texts of one kind", most }.into());
    }
    let most = limits::PHRASE_WORDS;
    match texts.iter().map(|text| terms(text).len()).find(|count| *count > most) {
        Some(count) => Err(QueryError::TooMuch { what, count, unit: "words", most }.into()),
        None => Ok(()),
    }
}

/// The first of some authors that a name calls, by the rules of [`Filter::authors`].
pub(crate) fn author_called<'a>(authors: &'a [String], name: &str) -> Option<&'a str> {
    let asked = terms(name);
    authors.iter().find(|author| is_called(&words(author), &asked)).map(String::as_str)
}

fn is_initial(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn author_query(word: &str) -> String {
    let star = if is_initial(word) { "*" } else { "" };
    format!("{}{star}", phrase(&[word]))
}

/// Whether an author, as the words of the name, is called so.
pub(super) fn is_called(words: &[Word], asked: &[String]) -> bool {
    asked.iter().all(|asked| {
        words.iter().any(|word| word.text == *asked || is_initial(asked) && word.text.starts_with(asked.as_str()))
    })
}
