//! A [`Record`] read back from the tables, provenance included: for merging more into it, and for
//! showing it.

use std::sync::LazyLock;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::PaperRow;
use super::faults::unreadable;
use super::record::{Record, Sourced, parse_precedence, parse_provenance};
use crate::paper::ArxivId;
use crate::paper::{Facet, Field, Kind, Listing, Precedence, Value};

/// The library's own columns, before those of the fields.
const OWN_COLUMNS: usize = 4;

static SELECT: LazyLock<String> = LazyLock::new(|| {
    let fields: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    format!(
        "SELECT version, categories, primary_category, provenance, {} FROM papers WHERE row = ?1",
        fields.join(", ")
    )
});

/// Reads all that is stored of the paper `id` in `row`.
///
/// # Errors
/// SQLite's own, and [`unreadable`] for a value that no version of this program writes.
pub(super) fn load(connection: &Connection, row: PaperRow, id: &ArxivId) -> rusqlite::Result<Record> {
    let broken = |what: &str| unreadable(format!("{what} of {id} cannot be read"));
    let mut statement = connection.prepare_cached(&SELECT)?;
    let mut rows = statement.query([row.0])?;
    let found = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let provenance: String = found.get(3)?;
    let precedences = parse_provenance(&provenance).ok_or_else(|| broken("the provenance"))?;
    let mut record = Record {
        version: found.get(0)?,
        categories: found.get_ref(1)?.as_str()?.split_whitespace().map(str::to_owned).collect(),
        ..Record::default()
    };
    if let Some(value) = found.get(2)? {
        let precedence = *precedences.get("primary_category").ok_or_else(|| broken("the provenance"))?;
        record.primary_category = Some(Sourced { precedence, value });
    }
    for (at, &field) in (OWN_COLUMNS..).zip(Field::ALL) {
        let Some(value) = value(field, found.get_ref(at)?, &broken)? else { continue };
        let precedence = *precedences.get(field.name()).ok_or_else(|| broken("the provenance"))?;
        record.metadata.set(field, value);
        record.sources.insert(field, precedence);
    }
    load_parts(connection, row, &mut record, &broken)?;
    Ok(record)
}

/// What a column says of its field; `None` where no source told it.
fn value(
    field: Field,
    column: ValueRef<'_>,
    broken: &dyn Fn(&str) -> rusqlite::Error,
) -> rusqlite::Result<Option<Value>> {
    let Some(text) = column.as_str_or_null()? else { return Ok(None) };
    let unread = |_| broken(&format!("the {}", field.noun()));
    Ok(match field.kind() {
        Kind::Text => Some(Value::Text(text.to_owned())),
        Kind::Day => Some(Value::Day(text.parse().map_err(|_| broken("a date"))?)),
        Kind::List => {
            let list: Vec<String> = serde_json::from_str(text).map_err(unread)?;
            (!list.is_empty()).then_some(Value::List(list))
        }
    })
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
        let told = Sourced { precedence: precedence(link.get_ref(2)?.as_str()?)?, value: link.get(1)? };
        record.links.insert(link.get(0)?, told);
    }
    let mut statement =
        connection.prepare_cached("SELECT language, facet, text, provenance FROM summaries WHERE paper = ?1")?;
    let mut rows = statement.query([row.0])?;
    while let Some(summary) = rows.next()? {
        let facet = Facet::from_name(summary.get_ref(1)?.as_str()?).ok_or_else(|| broken("a facet"))?;
        let told = Sourced { precedence: precedence(summary.get_ref(3)?.as_str()?)?, value: summary.get(2)? };
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
