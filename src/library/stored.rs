//! A [`Record`] read back from the tables, provenance included: for merging more into it, and for showing it.

use jiff::civil::Date;
use rusqlite::Connection;

use super::PaperRow;
use super::faults::unreadable;
use super::record::{Record, Told, parse_precedence, parse_provenance};
use crate::paper::ArxivId;
use crate::paper::{Facet, Listing, Precedence};

/// Reads all that is stored of the paper `id` in `row`.
///
/// # Errors
/// SQLite's own, and [`unreadable`] for a value that no version of this program writes.
pub(super) fn load(connection: &Connection, row: PaperRow, id: &ArxivId) -> rusqlite::Result<Record> {
    let broken = |what: &str| unreadable(format!("{what} of {id} cannot be read"));
    let mut statement = connection.prepare_cached(
        "SELECT version, title, abstract, authors, categories, primary_category, published, updated, comment, doi, \
         journal, provenance FROM papers WHERE row = ?1",
    )?;
    let mut rows = statement.query([row.0])?;
    let found = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let provenance: String = found.get(11)?;
    let precedences = parse_provenance(&provenance).ok_or_else(|| broken("the provenance"))?;
    let told = |column: usize, name: &str| -> rusqlite::Result<Option<Told<String>>> {
        let Some(value) = found.get::<_, Option<String>>(column)? else { return Ok(None) };
        let precedence = precedences.get(name).copied().ok_or_else(|| broken("the provenance"))?;
        Ok(Some(Told { precedence, value }))
    };
    let date = |column: usize, name: &str| -> rusqlite::Result<Option<Told<Date>>> {
        let Some(Told { precedence, value }) = told(column, name)? else { return Ok(None) };
        Ok(Some(Told { precedence, value: value.parse().map_err(|_| broken("a date"))? }))
    };
    let authors: Vec<String> =
        serde_json::from_str(found.get_ref(3)?.as_str()?).map_err(|_| broken("the list of authors"))?;
    let mut record = Record {
        version: found.get(0)?,
        title: told(1, "title")?,
        abstract_text: told(2, "abstract")?,
        authors: precedences.get("authors").map(|&precedence| Told { precedence, value: authors }),
        categories: found.get_ref(4)?.as_str()?.split_whitespace().map(str::to_owned).collect(),
        primary_category: told(5, "primary_category")?,
        published: date(6, "published")?,
        updated: date(7, "updated")?,
        comment: told(8, "comment")?,
        doi: told(9, "doi")?,
        journal: told(10, "journal")?,
        ..Record::default()
    };
    load_parts(connection, row, &mut record, &broken)?;
    Ok(record)
}

fn load_parts(
    connection: &Connection,
    row: PaperRow,
    record: &mut Record,
    broken: &dyn Fn(&str) -> rusqlite::Error,
) -> rusqlite::Result<()> {
    let precedence =
        |text: &str| -> rusqlite::Result<Precedence> { parse_precedence(text).ok_or_else(|| broken("the provenance")) };
    let mut statement = connection.prepare_cached("SELECT kind, address, provenance FROM links WHERE paper = ?1")?;
    let mut rows = statement.query([row.0])?;
    while let Some(link) = rows.next()? {
        let told = Told { precedence: precedence(link.get_ref(2)?.as_str()?)?, value: link.get(1)? };
        record.links.insert(link.get(0)?, told);
    }
    let mut statement =
        connection.prepare_cached("SELECT language, facet, text, provenance FROM summaries WHERE paper = ?1")?;
    let mut rows = statement.query([row.0])?;
    while let Some(summary) = rows.next()? {
        let facet = Facet::from_name(summary.get_ref(1)?.as_str()?).ok_or_else(|| broken("a facet"))?;
        let told = Told { precedence: precedence(summary.get_ref(3)?.as_str()?)?, value: summary.get(2)? };
        record.summaries.insert((summary.get(0)?, facet), told);
    }
    let mut statement = connection.prepare_cached("SELECT file, date FROM listings WHERE paper = ?1")?;
    let mut rows = statement.query([row.0])?;
    while let Some(listing) = rows.next()? {
        let date = match listing.get_ref(1)?.as_str()? {
            "" => None,
            date => Some(date.parse().map_err(|_| broken("the date of a listing"))?),
        };
        record.listings.insert(Listing { file: listing.get(0)?, date });
    }
    Ok(())
}
