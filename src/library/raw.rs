//! Rows as they are stored, valid or not.
//!
//! In: a table, its columns and a key. Out: the rows with their values byte for byte, their sums,
//! and a row put into a table as it is. What mends and what salvages works on these, since a
//! damaged value may be no text and no number that a reader would take.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::removal::stored_table;
use super::sums::RowSum;

/// Bits of a row beyond which no flipped one is sought.
const MOST_BITS: usize = 1 << 20;

/// A value as it is stored, be it valid or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RawValue {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl RawValue {
    fn of(value: ValueRef<'_>) -> RawValue {
        match value {
            ValueRef::Null => RawValue::Null,
            ValueRef::Integer(number) => RawValue::Integer(number),
            ValueRef::Real(real) => RawValue::Real(real),
            ValueRef::Text(bytes) => RawValue::Text(bytes.to_vec()),
            ValueRef::Blob(bytes) => RawValue::Blob(bytes.to_vec()),
        }
    }

    fn borrowed(&self) -> ValueRef<'_> {
        match self {
            RawValue::Null => ValueRef::Null,
            RawValue::Integer(number) => ValueRef::Integer(*number),
            RawValue::Real(real) => ValueRef::Real(*real),
            RawValue::Text(bytes) => ValueRef::Text(bytes),
            RawValue::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }

    fn bits(&self) -> usize {
        match self {
            RawValue::Null => 0,
            RawValue::Integer(_) | RawValue::Real(_) => 64,
            RawValue::Text(bytes) | RawValue::Blob(bytes) => bytes.len() * 8,
        }
    }

    fn flip(&mut self, bit: usize) {
        match self {
            RawValue::Null => {}
            RawValue::Integer(number) => *number ^= 1 << bit,
            RawValue::Real(real) => *real = f64::from_bits(real.to_bits() ^ (1 << bit)),
            RawValue::Text(bytes) | RawValue::Blob(bytes) => bytes[bit / 8] ^= 1 << (bit % 8),
        }
    }
}

impl ToSql for RawValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.borrowed()))
    }
}

/// A stored row.
#[derive(Clone, Debug)]
pub(super) struct RawRow {
    pub(super) table: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) values: Vec<RawValue>,
}

impl RawRow {
    pub(super) fn sum(&self) -> i64 {
        let mut sum = RowSum::of(self.table);
        self.columns.iter().zip(&self.values).for_each(|(column, value)| sum.add(column, value.borrowed()));
        sum.finish()
    }

    /// This row with one bit flipped, where that gives it the sum.
    pub(super) fn unflipped(&self, wanted: i64) -> Option<RawRow> {
        if self.values.iter().map(RawValue::bits).sum::<usize>() > MOST_BITS {
            return None;
        }
        let mut row = self.clone();
        for at in 0..row.values.len() {
            for bit in 0..row.values[at].bits() {
                row.values[at].flip(bit);
                if row.sum() == wanted {
                    return Some(row);
                }
                row.values[at].flip(bit);
            }
        }
        None
    }
}

/// Inserts a row as it is. Says whether it was not there and fits.
pub(super) fn put(connection: &Connection, row: &RawRow) -> rusqlite::Result<bool> {
    let places: Vec<String> = (1..).zip(&row.columns).map(|(n, _)| format!("?{n}")).collect();
    let sql = format!(
        "INSERT OR IGNORE INTO {} ({}) VALUES ({})",
        stored_table(row.table),
        row.columns.join(", "),
        places.join(", ")
    );
    Ok(connection.prepare_cached(&sql)?.execute(params_from_iter(&row.values))? > 0)
}

/// The rows of a table with this key.
pub(super) fn read(
    connection: &Connection,
    table: &'static str,
    columns: Vec<&'static str>,
    key: &str,
    row: i64,
) -> rusqlite::Result<Vec<RawRow>> {
    let mut statement = connection.prepare(&format!("SELECT {} FROM {table} WHERE {key} = ?1", columns.join(", ")))?;
    let rows = statement.query_map([row], |row| stored_row(table, columns.clone(), row))?;
    rows.collect()
}

/// A row whose columns are these.
pub(super) fn stored_row(
    table: &'static str,
    columns: Vec<&'static str>,
    row: &rusqlite::Row<'_>,
) -> rusqlite::Result<RawRow> {
    let values = (0..columns.len()).map(|at| row.get_ref(at).map(RawValue::of)).collect::<rusqlite::Result<_>>()?;
    Ok(RawRow { table, columns, values })
}
