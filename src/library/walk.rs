//! One pass over papers, what belongs to them, and their vectors, side by side in the order of
//! rows.
//!
//! In: a span of rows. Out: what is not as it was written. Every table is read once and in its own
//! order; a look-up for each row would take many times as long.

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Rows, Statement};
use sha2::{Digest, Sha256};

use super::merge::columns;
use super::removal::{has_marks, stored_table};
use super::schema::ROW_BITS;
use super::sums::{PARTS, RowSum, VECTORS, row_sum};
use super::vectors::{flaw, floats};
use crate::passage::passage;

/// Rows of papers, `from` included and `until` not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) until: i64,
}

/// A fingerprint whose vectors are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    pub(super) number: i64,
    pub(super) dimension: usize,
}

/// A damaged paper or vector.
#[derive(Clone, Debug)]
pub(super) struct Damaged {
    /// The row of `papers`, or the key of `embeddings`.
    pub(super) key: i64,
    /// The id as it is stored.
    pub(super) id: String,
    /// What is wrong, in words.
    pub(super) why: String,
}

/// What a pass found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) papers: Vec<Damaged>,
    pub(super) vectors: Vec<Damaged>,
    /// Rows that belong to no paper: their table, and the row that they name.
    pub(super) orphans: Vec<(&'static str, i64)>,
    /// Papers and vectors that have no sum, with what it is; the former only where their text is
    /// the one that was embedded.
    pub(super) unsummed_papers: Vec<(i64, i64)>,
    pub(super) unsummed_vectors: Vec<(i64, i64)>,
    /// Vectors that were looked at.
    pub(super) looked_at: u64,
    /// Papers that have a text to embed.
    pub(super) passages: i64,
}

impl Seen {
    pub(super) fn append(&mut self, mut other: Seen) {
        self.papers.append(&mut other.papers);
        self.vectors.append(&mut other.vectors);
        self.orphans.append(&mut other.orphans);
        self.unsummed_papers.append(&mut other.unsummed_papers);
        self.unsummed_vectors.append(&mut other.unsummed_vectors);
        self.looked_at += other.looked_at;
        self.passages += other.passages;
    }
}

/// The rows of one table, ordered by the paper that they belong to, which is their first column.
struct Beside<'s> {
    table: &'static str,
    rows: Rows<'s>,
    at: Option<i64>,
}

impl<'s> Beside<'s> {
    fn begin(table: &'static str, statement: &'s mut Statement<'_>, base: i64, span: Span) -> rusqlite::Result<Self> {
        let rows = statement.query([base, base + span.from, base + span.until])?;
        let mut beside = Beside { table, rows, at: None };
        beside.step()?;
        Ok(beside)
    }

    fn step(&mut self) -> rusqlite::Result<()> {
        self.rows.advance()?;
        // A key of another type is none, and its row an orphan.
        self.at = match self.rows.get() {
            Some(row) => Some(row.get_ref(0)?.as_i64().unwrap_or(0)),
            None => None,
        };
        Ok(())
    }

    /// The next row of this paper; those before it belong to none.
    fn next_of(&mut self, paper: i64, seen: &mut Seen) -> rusqlite::Result<Option<&Row<'s>>> {
        while let Some(at) = self.at.filter(|at| *at < paper) {
            seen.orphans.push((self.table, at));
            self.step()?;
        }
        Ok(if self.at == Some(paper) { self.rows.get() } else { None })
    }
}

/// Goes over the papers of a span.
pub(super) fn walk(connection: &Connection, models: &[Model], span: Span, seen: &mut Seen) -> rusqlite::Result<()> {
    let tables = tables_beside(models, has_marks(connection)?);
    let mut statements =
        tables.iter().map(|(_, _, sql)| connection.prepare(sql)).collect::<rusqlite::Result<Vec<_>>>()?;
    let mut beside = statements
        .iter_mut()
        .zip(&tables)
        .map(|(statement, (table, base, _))| Beside::begin(table, statement, *base, span))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let names: Vec<&str> = columns().collect();
    let mut papers = connection
        .prepare(&format!("SELECT row, {} FROM papers WHERE row >= ?1 AND row < ?2 ORDER BY row", names.join(", ")))?;
    let mut papers = papers.query([span.from, span.until])?;
    while let Some(row) = papers.next()? {
        let (parts, vectors) = beside.split_at_mut(PARTS.len() + 1);
        let passage = value(row, "passage")?.as_blob_or_null().unwrap_or(None);
        let paper = Paper { row: row.get(0)?, id: text(row.get_ref(1)?), passage };
        seen.passages += i64::from(!matches!(value(row, "passage")?, ValueRef::Null));
        check_paper(&paper, row, parts, seen)?;
        for (beside, model) in vectors.chunks_exact_mut(2).zip(models) {
            check_vector(&paper, *model, beside, seen)?;
        }
    }
    // What is left belongs to none.
    beside.iter_mut().try_for_each(|beside| beside.next_of(i64::MAX, seen).map(|_| ()))
}

/// Name, first key and query of each table that is read beside `papers`: the parts, the sums of
/// papers, and for each model its vectors and their sums. Where rows are `marked`, those are left
/// out, which takes a look-up for each row.
fn tables_beside(models: &[Model], marked: bool) -> Vec<(&'static str, i64, String)> {
    let query = |table: &'static str, key: &str, columns: &str, order: &str, kept: &str| {
        let (stored, kept) = (stored_table(table), if marked { kept } else { "" });
        format!("SELECT {key} - ?1, {columns} FROM {stored} WHERE {key} >= ?2 AND {key} < ?3{kept} ORDER BY {order}")
    };
    let present = " AND paper NOT IN (SELECT row FROM removed_papers)";
    let valid = format!(
        " AND key NOT IN (SELECT key FROM outdated_vectors) AND key & {} NOT IN (SELECT row FROM removed_papers)",
        (1i64 << ROW_BITS) - 1
    );
    let parts = PARTS.iter().map(|part| {
        let columns = part.columns.join(", ");
        (part.table, 0, query(part.table, "paper", &columns, &format!("paper, {columns}"), present))
    });
    let sums = ("paper_sums", 0, query("paper_sums", "paper", "sum", "paper", present));
    let vectors = models.iter().flat_map(|model| {
        let base = model.number << ROW_BITS;
        let columns = VECTORS.columns.join(", ");
        [
            ("embeddings", base, query("embeddings", "key", &columns, "key", &valid)),
            ("vector_sums", base, query("vector_sums", "key", "sum", "key", &valid)),
        ]
    });
    parts.chain([sums]).chain(vectors).collect()
}

struct Paper<'r> {
    row: i64,
    id: String,
    passage: Option<&'r [u8]>,
}

/// The value of a column of `papers` in a row that begins with its number.
fn value<'r>(row: &'r Row<'_>, column: &str) -> rusqlite::Result<ValueRef<'r>> {
    let place = columns().position(|name| name == column).unwrap_or(0);
    row.get_ref(1 + place)
}

/// A text as it is stored, with what is no text replaced.
pub(super) fn text(value: ValueRef<'_>) -> String {
    value.as_bytes().map_or(String::new(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn check_paper(paper: &Paper<'_>, row: &Row<'_>, beside: &mut [Beside<'_>], seen: &mut Seen) -> rusqlite::Result<()> {
    let mut sum = RowSum::of("papers");
    let mut garbled = None;
    for (at, column) in (1..).zip(columns()) {
        let value = row.get_ref(at)?;
        garbled = garbled.or_else(|| is_garbled(value).then_some(column));
        sum.add(column, value);
    }
    let mut sum = sum.finish();
    for (part, beside) in PARTS.iter().zip(&mut *beside) {
        while let Some(row) = beside.next_of(paper.row, seen)? {
            for (at, column) in (1..).zip(part.columns) {
                garbled = garbled.or_else(|| row.get_ref(at).is_ok_and(is_garbled).then_some(*column));
            }
            sum = sum.wrapping_add(row_sum(part, row, 1)?);
            beside.step()?;
        }
    }
    let mut stored = None;
    if let Some(beside) = beside.last_mut()
        && let Some(row) = beside.next_of(paper.row, seen)?
    {
        stored = row.get_ref(1)?.as_i64().ok();
        beside.step()?;
    }
    let read = |column| value(row, column).ok().and_then(|text| text.as_str_or_null().ok().flatten());
    let title = read("title").filter(|title| !title.trim().is_empty());
    let hash = title.map(|title| Sha256::digest(passage(title, read("abstract"))));
    let why = if let Some(column) = garbled {
        Some(format!("its {column} is no valid text"))
    } else if hash.as_deref() != paper.passage {
        Some("its text is not the one it was stored with".to_owned())
    } else if stored.is_some_and(|stored| stored != sum) {
        Some("what is stored of it is not what was written".to_owned())
    } else {
        None
    };
    if stored.is_none() && why.is_none() {
        seen.unsummed_papers.push((paper.row, sum));
    }
    seen.papers.extend(why.map(|why| Damaged { key: paper.row, id: paper.id.clone(), why }));
    Ok(())
}

fn is_garbled(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err())
}

fn check_vector(paper: &Paper<'_>, model: Model, beside: &mut [Beside<'_>], seen: &mut Seen) -> rusqlite::Result<()> {
    let [vectors, sums] = beside else { return Ok(()) };
    let mut stored = None;
    if let Some(row) = sums.next_of(paper.row, seen)? {
        stored = row.get_ref(1)?.as_i64().ok();
        sums.step()?;
    }
    let Some(row) = vectors.next_of(paper.row, seen)? else { return Ok(()) };
    let sum = row_sum(&VECTORS, row, 1)?;
    let key = (model.number << ROW_BITS) | paper.row;
    let of = row.get_ref(4)?.as_blob_or_null().unwrap_or(None);
    let blob = row.get_ref(7)?.as_blob_or_null().unwrap_or(None).unwrap_or_default();
    let why = if blob.len() != model.dimension * size_of::<f32>() {
        Some(format!("it has {} bytes instead of {}", blob.len(), model.dimension * size_of::<f32>()))
    } else if of != paper.passage {
        Some("it is of another text than the stored one".to_owned())
    } else if let Some(why) = flaw(floats(blob), model.dimension) {
        Some(why)
    } else {
        stored.is_some_and(|stored| stored != sum).then(|| "it is not the one that was stored".to_owned())
    };
    seen.looked_at += 1;
    if stored.is_none() && why.is_none() {
        seen.unsummed_vectors.push((key, sum));
    }
    vectors.step()?;
    seen.vectors.extend(why.map(|why| Damaged { key, id: paper.id.clone(), why }));
    Ok(())
}
