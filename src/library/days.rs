//! The days of digests: which is the latest, and which papers its digests list.
//!
//! In: a day. Out: papers. The day of a digest is not the date of its papers
//! ([`Paper::date`](super::Paper::date)), which may have been published days before.

use jiff::civil::Date;

use super::faults::{Faults, unreadable};
use super::{Library, PaperRow, PaperSet};
use crate::error::Result;
use crate::paper::PartialDate;

impl Library {
    /// The latest day of a digest that is not after `last`.
    pub fn latest_listing(&self, last: Date) -> Result<Option<Date>> {
        let found: Option<String> = self
            .connection
            .query_row("SELECT max(date) FROM listings WHERE date <> '' AND date <= ?1", [last.to_string()], |row| {
                row.get(0)
            })
            .in_library(&self.path)?;
        let parse = |text: &String| text.parse().map_err(|_| unreadable(format!("{text:?} is no date")));
        found.as_ref().map(parse).transpose().in_library(&self.path)
    }

    /// The papers of which this is the date: of a month, those of which no day is known.
    pub fn of_date(&self, date: PartialDate) -> Result<PaperSet> {
        let mut statement =
            self.connection.prepare_cached("SELECT row FROM papers WHERE date = ?1").in_library(&self.path)?;
        let rows = statement
            .query_map([date.to_string()], |row| row.get(0).map(PaperRow))
            .and_then(Iterator::collect)
            .in_library(&self.path)?;
        Ok(PaperSet::new(rows))
    }

    /// Whether a digest or a feed has listed a paper.
    pub fn is_listed(&self, row: PaperRow) -> Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM listings WHERE paper = ?1)")
            .and_then(|mut statement| statement.query_row([row.0], |found| found.get(0)))
            .in_library(&self.path)
    }

    /// The papers that the digests of a day list.
    pub fn listed_on(&self, day: Date) -> Result<PaperSet> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT DISTINCT paper FROM listings WHERE date = ?1 ORDER BY paper")
            .in_library(&self.path)?;
        let rows = statement
            .query_map([day.to_string()], |row| row.get(0).map(PaperRow))
            .and_then(Iterator::collect)
            .in_library(&self.path)?;
        Ok(PaperSet::new(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{Entry, Listing};
    use crate::{ArxivId, Precedence, SourceKind};

    #[test]
    fn a_day_has_the_papers_that_its_digests_list_whenever_they_were_published() {
        let mut library = Library::in_memory().unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let listed = |id: &str, dates: &[Option<&str>]| {
            let entries = dates.iter().map(|date| {
                let precedence = Precedence { version: 1, date: None, kind: SourceKind::Markdown };
                let date = date.map(day);
                let mut entry = Entry::new(ArxivId::parse(id).unwrap().0, precedence, 1);
                entry.published = Some(day("2026-02-09").into());
                entry.listing = Some(Listing { file: format!("{date:?}.md"), date });
                entry
            });
            entries.collect::<Vec<_>>()
        };
        library.merge(&listed("2602.00001", &[Some("2026-02-11"), Some("2026-02-12")])).unwrap();
        library.merge(&listed("2602.00002", &[Some("2026-02-12")])).unwrap();
        library.merge(&listed("2602.00003", &[None])).unwrap();
        let row = |id: &str| library.row_of(&ArxivId::parse(id).unwrap().0).unwrap().unwrap();
        assert_eq!(library.listed_on(day("2026-02-11")).unwrap().rows(), [row("2602.00001")]);
        assert_eq!(library.listed_on(day("2026-02-12")).unwrap().len(), 2);
        assert!(library.listed_on(day("2026-02-09")).unwrap().is_empty());
        assert_eq!(library.latest_listing(day("2026-03-01")).unwrap(), Some(day("2026-02-12")));
        assert_eq!(library.latest_listing(day("2026-02-11")).unwrap(), Some(day("2026-02-11")));
        assert_eq!(library.latest_listing(day("2026-02-10")).unwrap(), None);
    }
}
