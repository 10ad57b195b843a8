//! Files of vectors that were made elsewhere, read in batches.
//!
//! In: a file of Parquet with the columns `id` (text), `vector` (a list of `float32`; `float16` and
//! `float64` are converted), `fingerprint` (text, the same in all rows) and `passage` (the 32 bytes
//! of the SHA-256 of the embedded text); other columns are left alone. Out: the fingerprint, and
//! the rows, some at a time, so that memory does not grow with the file. Any writer's form of these
//! types is read: what Arrow notes of its own types beside a file (lists of one length,
//! dictionaries, large texts) is ignored, and the types of Parquet itself are few.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, SchemaRef};
use ndarray::Array2;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::CompressionCodec;
use parquet::file::metadata::RowGroupMetaData;

use crate::error::{BulkError, Error, Result, VectorFileRefusal};

const ID: &str = "id";
const VECTOR: &str = "vector";
const FINGERPRINT: &str = "fingerprint";
const PASSAGE: &str = "passage";
const COLUMNS: [&str; 4] = [ID, VECTOR, FINGERPRINT, PASSAGE];

/// Rows that are read at once where only their fingerprint is looked at.
const FINGERPRINTS: usize = 8192;

/// A file whose columns were checked.
pub(crate) struct VectorFile {
    path: PathBuf,
    file: File,
    metadata: ArrowReaderMetadata,
}

/// Some rows of a file.
#[derive(Debug)]
pub(crate) struct VectorRows {
    /// The id of each.
    pub ids: Vec<String>,
    /// The SHA-256 of the text of each.
    pub passages: Vec<[u8; 32]>,
    /// Rows x dimension.
    pub vectors: Array2<f32>,
}

/// Rows of a file, some at a time.
pub(crate) type Batches<'a> = Box<dyn Iterator<Item = Result<VectorRows>> + 'a>;

impl VectorFile {
    /// Opens a file and looks at its columns.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened; [`BulkError::VectorFile`] where it is no Parquet,
    /// or a column is missing, of another type, or compressed in a way that is not read.
    pub(crate) fn open(path: &Path) -> Result<VectorFile> {
        let file = File::open(path).map_err(Error::io(path))?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let loaded = ArrowReaderMetadata::load(&file, options);
        let refused = |reason| Error::from(BulkError::VectorFile { path: path.to_owned(), reason });
        let metadata = loaded.map_err(|error| refused(VectorFileRefusal::Unreadable(error.to_string())))?;
        check_types(metadata.schema()).map_err(refused)?;
        let opened = VectorFile { path: path.to_owned(), file, metadata };
        opened.check_codecs().map_err(refused)?;
        Ok(opened)
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// What made the vectors, of all rows the same; `None` without rows. Reads this column alone.
    ///
    /// # Errors
    /// [`BulkError::VectorFile`] where two rows differ, a row has none, or the file is damaged.
    pub(crate) fn fingerprint(&self) -> Result<Option<String>> {
        let (mut first, mut before) = (None::<String>, 0);
        for batch in self.reader(&[FINGERPRINT], FINGERPRINTS)? {
            let batch = batch.map_err(|error| self.unreadable(&error))?;
            let column = self.texts(&batch, FINGERPRINT, before)?;
            for (number, text) in (before + 1..).zip(column.iter().flatten()) {
                match &first {
                    None => first = Some(text.to_owned()),
                    Some(first) if first != text => {
                        let (first, other) = (first.clone(), text.to_owned());
                        return Err(self.refused(VectorFileRefusal::Fingerprints { first, other, row: number }));
                    }
                    Some(_) => {}
                }
            }
            before += batch.num_rows() as u64;
        }
        Ok(first)
    }

    /// The rows in their order, at most `rows` at a time, with vectors of so many elements.
    ///
    /// # Errors
    /// [`BulkError::VectorFile`]. Items are errors where a row has no id, vector or passage, a
    /// vector has another length, or the file is damaged.
    pub(crate) fn batches(&self, dimension: usize, rows: usize) -> Result<Batches<'_>> {
        let mut before = 0;
        let read = self.reader(&[ID, VECTOR, PASSAGE], rows)?.map(move |batch| {
            let batch = batch.map_err(|error| self.unreadable(&error))?;
            let ids = self.texts(&batch, ID, before)?.iter().flatten().map(str::to_owned).collect();
            let passages = self.passages(&batch, before)?;
            let vectors = self.vectors(&batch, dimension, before)?;
            before += batch.num_rows() as u64;
            Ok(VectorRows { ids, passages, vectors })
        });
        Ok(Box::new(read))
    }

    /// Reads some columns.
    fn reader(&self, columns: &[&str], rows: usize) -> Result<ParquetRecordBatchReader> {
        let file = self.file.try_clone().map_err(Error::io(&self.path))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let places = columns.iter().filter_map(|name| place(self.metadata.schema(), name));
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), places);
        builder.with_projection(mask).with_batch_size(rows).build().map_err(|error| self.unreadable(&error))
    }

    fn check_codecs(&self) -> std::result::Result<(), VectorFileRefusal> {
        let groups = self.metadata.metadata().row_groups();
        groups.iter().flat_map(RowGroupMetaData::columns).try_for_each(|column| {
            let root = column.column_path().parts().first();
            let name = COLUMNS.into_iter().find(|name| root.is_some_and(|root| root == name));
            match (name, column.compression_codec()) {
                (None, _) | (_, CompressionCodec::UNCOMPRESSED | CompressionCodec::SNAPPY | CompressionCodec::GZIP) => {
                    Ok(())
                }
                (Some(column), codec) => {
                    let codec = format!("{codec:?}").to_ascii_lowercase();
                    Err(VectorFileRefusal::Codec { column, codec })
                }
            }
        })
    }

    /// A column of texts without a null; `before` rows came in earlier batches.
    fn texts(&self, batch: &RecordBatch, column: &'static str, before: u64) -> Result<StringArray> {
        let texts = self.column(batch, column, before)?;
        texts.as_string_opt::<i32>().cloned().ok_or(Error::Internal("a column of another type"))
    }

    fn passages(&self, batch: &RecordBatch, before: u64) -> Result<Vec<[u8; 32]>> {
        let column = self.column(batch, PASSAGE, before)?;
        let bytes: Vec<&[u8]> = match (column.as_fixed_size_binary_opt(), column.as_binary_opt::<i32>()) {
            (Some(fixed), _) => fixed.iter().flatten().collect(),
            (_, Some(any)) => any.iter().flatten().collect(),
            _ => return Err(Error::Internal("a column of another type")),
        };
        let length = |(row, bytes): (u64, &[u8])| {
            let found = bytes.len();
            bytes.try_into().map_err(|_| self.refused(VectorFileRefusal::PassageLength { row, found }))
        };
        (before + 1..).zip(bytes).map(length).collect()
    }

    fn vectors(&self, batch: &RecordBatch, dimension: usize, before: u64) -> Result<Array2<f32>> {
        let column = self.column(batch, VECTOR, before)?;
        let lists: &ListArray = column.as_list_opt().ok_or(Error::Internal("a column of another type"))?;
        let numbers = floats(lists.values()).ok_or(Error::Internal("a column of another type"))?;
        let mut elements = Vec::with_capacity(batch.num_rows() * dimension);
        for (row, bounds) in (before + 1..).zip(lists.value_offsets().windows(2)) {
            let (from, to) = (bounds[0] as usize, bounds[1] as usize);
            if to - from != dimension {
                let reason = VectorFileRefusal::VectorLength { row, found: to - from, wanted: dimension };
                return Err(self.refused(reason));
            }
            if lists.values().null_count() > 0 && (from..to).any(|at| lists.values().is_null(at)) {
                return Err(self.refused(VectorFileRefusal::Null { column: "whole vector", row }));
            }
            elements.extend_from_slice(&numbers[from..to]);
        }
        let vectors = Array2::from_shape_vec((batch.num_rows(), dimension), elements);
        vectors.map_err(|_| Error::Internal("vectors of several lengths"))
    }

    /// A column without a null.
    fn column(&self, batch: &RecordBatch, name: &'static str, before: u64) -> Result<ArrayRef> {
        let column = batch.column_by_name(name).ok_or(Error::Internal("a column that was not read"))?;
        let is_null = |row: &usize| column.null_count() > 0 && column.is_null(*row);
        match (0..column.len()).find(is_null) {
            Some(row) => Err(self.refused(VectorFileRefusal::Null { column: name, row: before + row as u64 + 1 })),
            None => Ok(ArrayRef::clone(column)),
        }
    }

    fn unreadable(&self, error: &impl ToString) -> Error {
        self.refused(VectorFileRefusal::Unreadable(error.to_string()))
    }

    fn refused(&self, reason: VectorFileRefusal) -> Error {
        BulkError::VectorFile { path: self.path.clone(), reason }.into()
    }
}

/// Where a column stands among those of the file.
fn place(schema: &SchemaRef, name: &str) -> Option<usize> {
    schema.fields().iter().position(|field| field.name() == name)
}

fn check_types(schema: &SchemaRef) -> std::result::Result<(), VectorFileRefusal> {
    for column in COLUMNS {
        let at = place(schema, column).ok_or(VectorFileRefusal::NoColumn(column))?;
        let found = schema.field(at).data_type();
        let (is_read, wanted) = match (column, found) {
            (VECTOR, DataType::List(element)) => {
                let kinds = [DataType::Float16, DataType::Float32, DataType::Float64];
                (kinds.contains(element.data_type()), "lists of float32, float16 or float64")
            }
            (VECTOR, _) => (false, "lists of float32, float16 or float64"),
            (PASSAGE, found) => (matches!(found, DataType::FixedSizeBinary(_) | DataType::Binary), "bytes"),
            (_, found) => (*found == DataType::Utf8, "text"),
        };
        if !is_read {
            return Err(VectorFileRefusal::ColumnType { column, found: in_words(found), wanted });
        }
    }
    Ok(())
}

/// A type as a message names it.
fn in_words(kind: &DataType) -> String {
    match kind {
        DataType::List(element) => format!("lists of {}", in_words(element.data_type())),
        other => other.to_string().to_ascii_lowercase(),
    }
}

/// The elements of vectors.
fn floats(values: &ArrayRef) -> Option<Vec<f32>> {
    Some(match values.data_type() {
        DataType::Float16 => values.as_primitive::<Float16Type>().values().iter().map(|x| x.to_f32()).collect(),
        DataType::Float32 => values.as_primitive::<Float32Type>().values().to_vec(),
        DataType::Float64 => values.as_primitive::<Float64Type>().values().iter().map(|x| *x as f32).collect(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
