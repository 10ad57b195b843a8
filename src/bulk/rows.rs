//! Rows in the form asked for: which parts a form has, what a row adds to them, and how they end.
//!
//! | form | parts while it grows | at the end |
//! | --- | --- | --- |
//! | `.npy`, `.safetensors` | the file itself, its head kept free; the ids | the head is filled in |
//! | `.jsonl` | the file itself | nothing |
//! | `.parquet` | vectors as bytes; id, title and the hash of the text as lines of JSON | they are put together: a Parquet file cannot be grown after a kill |

use std::borrow::Cow;

use ndarray::ArrayView2;

use super::format::Format;
use super::input::Row;
use super::journal::{Done, Journal, PASSAGE, ROLE, RunSettings};
#[cfg(feature = "parquet")]
use super::parquet;
use super::partial::{IDS, NAMES, Partial, ROWS, VECTORS};
use super::{jsonl, npy, tensors};
#[cfg(not(feature = "parquet"))]
use crate::error::BulkError;
use crate::error::{Error, Result};
use crate::passage::passage_hash;

/// The parts of a form.
pub(super) fn parts(format: Format) -> &'static [&'static str] {
    match format {
        Format::Npy | Format::Safetensors => &[ROWS, IDS],
        Format::JsonLines => &[ROWS],
        Format::Parquet => &[VECTORS, NAMES],
    }
}

/// Appends rows with their vectors, rows x dimension.
pub(super) fn append(partial: &mut Partial, rows: &[&Row], vectors: ArrayView2<'_, f32>) -> Result<()> {
    let format = partial.output().format();
    let numbers = match format {
        Format::Parquet => VECTORS,
        _ => ROWS,
    };
    if format.has_ids_beside() && partial.length(ROWS) == 0 {
        let head = head(format, 0, vectors.ncols(), &partial.journal().terms);
        partial.append(ROWS, &head)?;
    }
    let mut bytes = Vec::new();
    for (row, vector) in rows.iter().zip(vectors.outer_iter()) {
        bytes.clear();
        match format {
            Format::JsonLines => line(&mut bytes, row, vector.as_slice())?,
            Format::Npy | Format::Safetensors | Format::Parquet => {
                bytes.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
            }
        }
        partial.append(numbers, &bytes)?;
        match format {
            Format::Npy | Format::Safetensors => partial.append(IDS, format!("{}\n", row.id).as_bytes())?,
            Format::Parquet => {
                let mut name = serde_json::to_vec(&name(row, partial.journal())).map_err(not_json)?;
                name.push(b'\n');
                partial.append(NAMES, &name)?;
            }
            Format::JsonLines => {}
        }
    }
    Ok(())
}

/// Called by a pointer. The compiler follows every direct call from each function that leads here,
/// and what the package for Parquet calls would make an optimised build take minutes longer.
#[cfg(feature = "parquet")]
const ASSEMBLE: fn(&Partial) -> Result<()> = parquet::assemble;

/// What the part [`NAMES`] has of a row: its id, its title, and the SHA-256 of its text as
/// hexadecimal digits.
pub(super) type Name<'a> = (Cow<'a, str>, Option<Cow<'a, str>>, Option<String>);

/// The name of a row. A text that was embedded as a question has no hash: its vector is not that of
/// the paper with this text.
fn name<'a>(row: &'a Row, journal: &Journal) -> Name<'a> {
    let is_passage = journal.terms.others.get(ROLE).is_some_and(|role| role == PASSAGE);
    let digits = || passage_hash(&row.text).iter().map(|byte| format!("{byte:02x}")).collect();
    (row.id.as_str().into(), row.title.as_deref().map(Cow::Borrowed), is_passage.then(digits))
}

/// Appends the line of JSON for one row.
pub(super) fn line(bytes: &mut Vec<u8>, row: &Row, vector: Option<&[f32]>) -> Result<()> {
    let vector = vector.ok_or(Error::Internal("vectors whose rows do not lie together"))?;
    jsonl::write(bytes, row, vector).map_err(not_json)
}

/// Ends the parts, all rows being there, and marks them complete.
pub(super) fn complete(partial: &mut Partial) -> Result<()> {
    #[cfg_attr(not(feature = "parquet"), expect(unused_mut, reason = "only Parquet counts another part"))]
    let mut done = Done { complete: true, ..partial.journal().done.clone() };
    match partial.output().format() {
        format @ (Format::Npy | Format::Safetensors) => {
            let head = head(format, done.rows, done.dimension, &partial.journal().terms);
            partial.rewrite_head(ROWS, &head)?;
        }
        Format::JsonLines => {}
        #[cfg(feature = "parquet")]
        Format::Parquet => {
            ASSEMBLE(partial)?;
            partial.count_whole(ROWS, &mut done)?;
        }
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => return Err(BulkError::NotBuiltIn { format: Format::Parquet.name() }.into()),
    }
    partial.commit(done)
}

/// The head of a form that has one, for so many rows; its length does not depend on them.
pub(super) fn head(format: Format, rows: u64, dimension: usize, terms: &RunSettings) -> Vec<u8> {
    match format {
        Format::Npy => npy::head(rows, dimension),
        _ => tensors::head(rows, dimension, &terms.notes()),
    }
}

fn not_json(_: serde_json::Error) -> Error {
    Error::Internal("a row that JSON cannot say")
}
