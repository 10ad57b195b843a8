//! Sums of rows, by which [`Library::check`](super::Library::check) tells damage from what was
//! written.
//!
//! In: the values of a row. Out: 64 bits that any change within eight bytes of it changes for
//! certain, and any other change but for one chance in 2^64. A paper's sum is that of its row in
//! `papers` plus those of all rows that belong to it; a small table has one for all its rows. Sums
//! are added, so a writer changes one by what it adds and takes away. Damage that was there before
//! stays visible, however much is written afterwards. Triggers keep the sums of vectors and of
//! small tables. They are temporary ones of our own connections, since another program has not the
//! functions that they call; papers, which come by the million, have theirs from the merger.

use std::sync::LazyLock;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

use crate::text::hash;

/// A table and the columns that its sum is of, the key of its paper left out.
#[derive(Debug)]
pub(super) struct Summed {
    pub(super) table: &'static str,
    pub(super) columns: &'static [&'static str],
}

/// The tables whose rows belong to papers and count in the sums of these, each ordered by paper.
pub(super) const PARTS: [Summed; 4] = [
    Summed { table: "paper_categories", columns: &["category"] },
    Summed { table: "links", columns: &["kind", "address", "provenance"] },
    Summed { table: "summaries", columns: &["language", "facet", "text", "provenance"] },
    Summed { table: "listings", columns: &["file", "date"] },
];

/// Vectors: each has a sum.
pub(super) const VECTORS: Summed =
    Summed { table: "embeddings", columns: &["key", "fingerprint", "paper", "passage", "tokens", "cut", "vector"] };

/// The tables that have one sum for all rows.
pub(super) const TABLES: [Summed; 26] = [
    Summed { table: "settings", columns: &["name", "value"] },
    Summed { table: "fingerprints", columns: &["number", "digest", "model", "description", "dimension"] },
    Summed { table: "indexes", columns: &["fingerprint", "token"] },
    Summed { table: "changes", columns: &["number", "key"] },
    Summed { table: "profile_papers", columns: &["profile", "id", "liked", "noted", "interest", "weight"] },
    Summed {
        table: "profile_texts",
        columns: &[
            "profile",
            "key",
            "ids",
            "doi",
            "title",
            "abstract",
            "authors",
            "source",
            "collection",
            "noted",
            "interest",
            "passage",
            "weight",
        ],
    },
    Summed {
        table: "zotero_collections",
        columns: &["profile", "collection", "subtree", "library", "version", "name"],
    },
    Summed { table: "zotero_items", columns: &["profile", "collection", "item", "target", "own"] },
    Summed { table: "zotero_written", columns: &["profile", "library", "id", "item"] },
    Summed { table: "text_embeddings", columns: &["text", "fingerprint", "vector"] },
    Summed { table: "shown_papers", columns: &["profile", "id", "day"] },
    Summed { table: "follows", columns: &["profile", "kind", "text"] },
    Summed { table: "notes", columns: &["id", "text"] },
    Summed { table: "tags", columns: &["tag", "id"] },
    Summed { table: "read_papers", columns: &["id"] },
    Summed { table: "facet_embeddings", columns: &["paper", "facet", "fingerprint", "text", "vector"] },
    Summed { table: "topic_sets", columns: &["number", "fingerprint", "selection", "last_topic", "drift"] },
    Summed {
        table: "topic_runs",
        columns: &["number", "list", "date", "papers", "added", "removed", "sought", "changes"],
    },
    Summed { table: "removed_papers", columns: &["row"] },
    Summed { table: "outdated_vectors", columns: &["key"] },
    Summed { table: "topics", columns: &["list", "id", "level", "parent", "name", "given", "noted", "terms"] },
    Summed { table: "withdrawn", columns: &["paper"] },
    Summed {
        table: "followed_categories",
        columns: &["category", "cross_lists", "replacements", "complete", "news", "reconciled"],
    },
    Summed { table: "feed_answers", columns: &["address", "etag", "day", "fetched"] },
    Summed {
        table: "harvests",
        columns: &["scope", "since", "until", "token", "datestamp", "pages", "records", "begun", "complete"],
    },
    Summed { table: "sent_mails", columns: &["profile", "day", "recipient", "state", "noted"] },
];

/// As [`TABLES`]: the one that has a row for each paper.
pub(super) const TOPIC_PAPERS: Summed =
    Summed { table: "topic_papers", columns: &["list", "paper", "topic", "x", "y", "strength"] };

/// All tables with one sum for all rows.
pub(super) fn tables() -> impl Iterator<Item = &'static Summed> {
    TABLES.iter().chain([&TOPIC_PAPERS])
}

/// The sum of a row, from its columns one by one. A column without a value counts for nothing, so
/// that a column that a later version adds leaves the sums of older rows right.
pub(super) struct RowSum(u64);

impl RowSum {
    pub(super) fn of(table: &str) -> RowSum {
        RowSum(hash(table))
    }

    pub(super) fn add(&mut self, column: &str, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => {}
            ValueRef::Integer(number) => self.number(column, number),
            // SQLite may keep a whole number in either form.
            ValueRef::Real(real) if real.fract() == 0.0 && real.abs() < 9e15 => self.number(column, real as i64),
            ValueRef::Real(real) => {
                self.head(column, 2, 8);
                self.word(real.to_bits());
            }
            ValueRef::Text(bytes) => self.bytes(column, 3, bytes),
            ValueRef::Blob(bytes) => self.bytes(column, 4, bytes),
        }
    }

    /// The bits, well mixed, as the integer that SQLite keeps.
    pub(super) fn finish(self) -> i64 {
        let mut bits = self.0;
        for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
            bits = (bits ^ (bits >> 33)).wrapping_mul(factor);
        }
        (bits ^ (bits >> 33)).cast_signed()
    }

    fn number(&mut self, column: &str, number: i64) {
        self.head(column, 1, 8);
        self.word(number.cast_unsigned());
    }

    fn bytes(&mut self, column: &str, kind: u64, bytes: &[u8]) {
        self.head(column, kind, bytes.len());
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.word(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last));
    }

    fn head(&mut self, column: &str, kind: u64, length: usize) {
        self.word(hash(column));
        self.word(kind | (length as u64) << 3);
    }

    /// One to one in the word and in what was there before, so no later word hides a difference.
    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

/// The sum of a row that a query found, whose columns from `first` on are those of `summed`.
pub(super) fn row_sum(summed: &Summed, row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<i64> {
    let mut sum = RowSum::of(summed.table);
    for (at, column) in (first..).zip(summed.columns) {
        sum.add(column, row.get_ref(at)?);
    }
    Ok(sum.finish())
}

/// The sum of all rows of a table.
pub(super) fn table_sum(connection: &Connection, summed: &Summed) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare(&format!("SELECT {} FROM {}", summed.columns.join(", "), summed.table))?;
    let mut rows = statement.query([])?;
    let mut sum = 0i64;
    while let Some(row) = rows.next()? {
        sum = sum.wrapping_add(row_sum(summed, row, 0)?);
    }
    Ok(sum)
}

/// Has the connection keep the sums of vectors and of small tables from here on.
pub(super) fn keep(connection: &Connection) -> rusqlite::Result<()> {
    functions(connection)?;
    connection.execute_batch(&TRIGGERS)
}

/// Gives the connection the functions that triggers and migrations call: `relata_sum(table, column,
/// value, ...)` is the sum of a row, `relata_change(sum, added, taken)` a sum after a change.
pub(super) fn functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("relata_sum", -1, flags, |context: &mut Context<'_>| {
        let mut sum = RowSum::of(context.get_raw(0).as_str()?);
        for at in (1..context.len() - 1).step_by(2) {
            sum.add(context.get_raw(at).as_str()?, context.get_raw(at + 1));
        }
        Ok(sum.finish())
    })?;
    connection.create_scalar_function("relata_change", 3, flags, |context: &mut Context<'_>| {
        let (sum, added, taken): (i64, i64, i64) = (context.get(0)?, context.get(1)?, context.get(2)?);
        Ok(sum.wrapping_add(added).wrapping_sub(taken))
    })
}

static TRIGGERS: LazyLock<String> = LazyLock::new(|| {
    let mut sql = format!(
        "CREATE TEMP TRIGGER embeddings_summed AFTER INSERT ON main.stored_embeddings BEGIN \
         INSERT INTO vector_sums VALUES (NEW.key, {}); END;",
        sum_of(&VECTORS, "NEW")
    );
    for summed in tables() {
        let Summed { table, columns } = summed;
        let (new, old) = (sum_of(summed, "NEW"), sum_of(summed, "OLD"));
        let update = format!("UPDATE OF {}", columns.join(", "));
        for (name, event, added, taken) in [
            ("added", "INSERT", new.as_str(), "0"),
            ("removed", "DELETE", "0", old.as_str()),
            ("changed", update.as_str(), new.as_str(), old.as_str()),
        ] {
            sql.push_str(&format!(
                "CREATE TEMP TRIGGER {table}_{name}_summed AFTER {event} ON main.{table} BEGIN UPDATE table_sums \
                 SET sum = relata_change(sum, {added}, {taken}) WHERE name = '{table}'; END;"
            ));
        }
    }
    sql
});

/// The call of the function that gives the sum of the new or the old row.
fn sum_of(summed: &Summed, row: &str) -> String {
    let columns: Vec<String> = summed.columns.iter().map(|column| format!(", '{column}', {row}.{column}")).collect();
    format!("relata_sum('{}'{})", summed.table, columns.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(&str, ValueRef<'_>)]) -> i64 {
        let mut sum = RowSum::of("t");
        values.iter().for_each(|(column, value)| sum.add(column, *value));
        sum.finish()
    }

    #[test]
    fn every_flipped_bit_shows() {
        let bytes: Vec<u8> = (0..1536u32).map(|at| (at * 37 % 251) as u8).collect();
        let whole = of(&[("a", ValueRef::Integer(7)), ("b", ValueRef::Blob(&bytes))]);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(of(&[("a", ValueRef::Integer(7)), ("b", ValueRef::Blob(&flipped))]), whole, "bit {bit}");
        }
        for bit in 0..64 {
            assert_ne!(of(&[("a", ValueRef::Integer(7 ^ (1 << bit))), ("b", ValueRef::Blob(&bytes))]), whole);
        }
    }

    #[test]
    fn a_column_without_a_value_counts_for_nothing_and_places_count() {
        let (a, b) = (ValueRef::Text(b"a"), ValueRef::Text(b"b"));
        assert_eq!(of(&[("x", a), ("y", ValueRef::Null)]), of(&[("x", a)]));
        assert_ne!(of(&[("x", a), ("y", b)]), of(&[("x", b), ("y", a)]));
        assert_ne!(of(&[("x", a)]), of(&[("x", ValueRef::Blob(b"a"))]));
        assert_ne!(of(&[("x", ValueRef::Text(b"a\0"))]), of(&[("x", a)]));
        assert_eq!(of(&[("x", ValueRef::Real(2.0))]), of(&[("x", ValueRef::Integer(2))]));
        // Sums are kept in files: their definition never changes.
        assert_eq!(of(&[("x", a)]), of(&[("x", ValueRef::Text(b"a"))]));
    }
}
