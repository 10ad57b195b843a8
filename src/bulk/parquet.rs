//! The Parquet file, put together from vectors and names that are all there.
//!
//! In: the parts [`VECTORS`] and [`NAMES`]. Out: the part [`ROWS`], columns `id`, `title` (null
//! where a text has none), `vector` (a fixed-size list of `f32`), `fingerprint` (a dictionary of
//! one text) and `passage` (the SHA-256 of the embedded text; null where it was embedded as a
//! question). These are the columns of a shard of `relata.shards`. Arrow's readers give the types
//! back as such since the file carries the Arrow schema. Nothing is compressed: vectors and hashes
//! are noise to a compressor, and the names are a twentieth of the file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::{ArrayRef, DictionaryArray, FixedSizeListArray, Float32Array, Int32Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::partial::{NAMES, Partial, ROWS, VECTORS};
use super::rows::Name;
use crate::error::{Error, Result};

/// Rows of a row group: 12 MB for 384 dimensions, held in memory while it is written.
const GROUP: usize = 8192;

/// Rows of a file, where it is one.
pub(super) fn rows(path: &Path) -> Option<u64> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
    u64::try_from(reader.metadata().file_metadata().num_rows()).ok()
}

/// Writes the file.
pub(super) fn assemble(partial: &Partial) -> Result<()> {
    let journal = partial.journal();
    let path = partial.path(ROWS);
    let [vectors_path, names_path] = [VECTORS, NAMES].map(|name| partial.path(name));
    let dimension = journal.done.dimension;
    let width = i32::try_from(dimension).map_err(|_| Error::Internal("a dimension beyond Parquet's"))?;
    let element = Arc::new(Field::new("element", DataType::Float32, false));
    let schema = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("title", DataType::Utf8, true),
        Field::new("vector", DataType::FixedSizeList(Arc::clone(&element), width), false),
        Field::new_dictionary("fingerprint", DataType::Int32, DataType::Utf8, false),
        Field::new("passage", DataType::FixedSizeBinary(32), true),
    ]));
    let failed = |error: ParquetError| match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => partial.output().failed(&path)(*source),
            Err(other) => Error::io(&path)(std::io::Error::other(other)),
        },
        other => Error::io(&path)(std::io::Error::other(other)),
    };
    let not_batch = |_| Error::Internal("columns that do not fit together");

    let mut vectors = BufReader::with_capacity(1 << 20, File::open(&vectors_path).map_err(Error::io(&vectors_path))?);
    let mut names = BufReader::new(File::open(&names_path).map_err(Error::io(&names_path))?);
    let file = File::create(&path).map_err(partial.output().failed(&path))?;
    let note = |(name, note): (&str, &str)| KeyValue::new(format!("relata.{name}"), note.to_owned());
    let notes = journal.terms.notes().into_iter().map(note).collect();
    let properties = WriterProperties::builder()
        .set_created_by(concat!("relata ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_max_row_group_row_count(Some(GROUP))
        .set_dictionary_enabled(false)
        .set_column_dictionary_enabled("fingerprint".into(), true)
        .set_column_statistics_enabled(
            ColumnPath::from(vec!["vector".into(), "list".into(), "element".into()]),
            EnabledStatistics::None,
        )
        .set_key_value_metadata(Some(notes))
        .build();
    let mut writer =
        ArrowWriter::try_new(BufWriter::with_capacity(1 << 20, file), Arc::clone(&schema), Some(properties))
            .map_err(failed)?;
    let mut left = usize::try_from(journal.done.rows).map_err(|_| Error::Internal("rows beyond memory"))?;
    while left > 0 {
        let rows = left.min(GROUP);
        let numbers =
            Float32Array::from(take_vectors(&mut vectors, rows * dimension).map_err(Error::io(&vectors_path))?);
        let lists =
            FixedSizeListArray::try_new(Arc::clone(&element), width, Arc::new(numbers), None).map_err(not_batch)?;
        let Names { ids, titles, passages } = take_names(&mut names, rows, &names_path)?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(ids)),
            Arc::new(StringArray::from(titles)),
            Arc::new(lists),
            fingerprints(&journal.terms.fingerprint, rows).map_err(not_batch)?,
            hashes(&passages).map_err(not_batch)?,
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(not_batch)?;
        writer.write(&batch).map_err(failed)?;
        left -= rows;
    }
    let file = writer.into_inner().map_err(failed)?;
    let file = file.into_inner().map_err(|error| partial.output().failed(&path)(error.into_error()))?;
    file.sync_data().map_err(partial.output().failed(&path))
}

fn take_vectors(vectors: &mut impl Read, numbers: usize) -> std::io::Result<Vec<f32>> {
    let mut bytes = vec![0; numbers * size_of::<f32>()];
    vectors.read_exact(&mut bytes)?;
    let (numbers, _) = bytes.as_chunks::<4>();
    Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

/// One text for all rows.
fn fingerprints(fingerprint: &str, rows: usize) -> std::result::Result<ArrayRef, ArrowError> {
    let (keys, texts) = (Int32Array::from(vec![0; rows]), StringArray::from(vec![fingerprint]));
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(texts))?))
}

fn hashes(passages: &[Option<[u8; 32]>]) -> std::result::Result<ArrayRef, ArrowError> {
    let mut column = FixedSizeBinaryBuilder::with_capacity(passages.len(), 32);
    for passage in passages {
        match passage {
            Some(hash) => column.append_value(hash)?,
            None => column.append_null(),
        }
    }
    Ok(Arc::new(column.finish()))
}

/// What the part [`NAMES`] has of some rows.
struct Names {
    ids: Vec<String>,
    titles: Vec<Option<String>>,
    passages: Vec<Option<[u8; 32]>>,
}

fn take_names(names: &mut impl BufRead, rows: usize, path: &Path) -> Result<Names> {
    let mut taken = Names { ids: Vec::new(), titles: Vec::new(), passages: Vec::new() };
    let mut line = String::new();
    for _ in 0..rows {
        line.clear();
        names.read_line(&mut line).map_err(Error::io(path))?;
        let (id, title, passage): Name<'_> =
            serde_json::from_str(&line).map_err(|error| Error::io(path)(error.into()))?;
        let damaged = || Error::io(path)(std::io::Error::other("a hash of a text cannot be read"));
        let passage = passage.map(|digits| hash(&digits).ok_or_else(damaged)).transpose()?;
        taken.ids.push(id.into_owned());
        taken.titles.push(title.map(Cow::into_owned));
        taken.passages.push(passage);
    }
    Ok(taken)
}

/// Bytes from their hexadecimal digits.
fn hash(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
