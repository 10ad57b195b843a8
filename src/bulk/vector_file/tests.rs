//! Files of every form that is read, and what is said of those that are not.

use std::sync::Arc;

use arrow_array::builder::{Float32Builder, LargeListBuilder, ListBuilder};
use arrow_array::types::{ArrowPrimitiveType, Int32Type, UInt8Type};
use arrow_array::{
    BinaryArray, DictionaryArray, FixedSizeBinaryArray, FixedSizeListArray, Float16Array, Float32Array, Float64Array,
    Int64Array, LargeBinaryArray, LargeStringArray, StringArray, StringViewArray,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel};
use parquet::file::properties::WriterProperties;

use super::*;

/// Rows of a file.
const ROWS: usize = 5;
/// Exact in 16 bits as well.
const ELEMENTS: [f32; 2 * ROWS] = [0.5, -0.5, 0.25, 1.0, 0.125, 0.0, -1.0, 2.0, 3.0, 0.75];

type Column = (&'static str, ArrayRef);

fn ids() -> Vec<String> {
    (1..=ROWS).map(|n| format!("2601.0000{n}")).collect()
}

fn hash(row: usize) -> [u8; 32] {
    [row as u8; 32]
}

fn texts(texts: Vec<&str>) -> ArrayRef {
    Arc::new(StringArray::from(texts))
}

fn lists(numbers: ArrayRef, width: i32) -> ArrayRef {
    let field = arrow_schema::Field::new("item", numbers.data_type().clone(), true);
    Arc::new(FixedSizeListArray::try_new(Arc::new(field), width, numbers, None).expect("lists"))
}

/// The four columns as `relata embed` writes them.
fn columns() -> Vec<Column> {
    let fingerprints: DictionaryArray<Int32Type> = vec!["made"; ROWS].into_iter().collect();
    let hashes = FixedSizeBinaryArray::try_from_iter((0..ROWS).map(hash)).expect("hashes");
    vec![
        ("id", Arc::new(StringArray::from(ids()))),
        ("vector", lists(Arc::new(Float32Array::from(ELEMENTS.to_vec())), 2)),
        ("fingerprint", Arc::new(fingerprints)),
        ("passage", Arc::new(hashes)),
    ]
}

/// The same with another column in place of one of them.
fn with(name: &'static str, column: ArrayRef) -> Vec<Column> {
    columns().into_iter().map(|own| if own.0 == name { (name, ArrayRef::clone(&column)) } else { own }).collect()
}

fn written(columns: Vec<Column>, compression: Compression) -> Vec<u8> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
    let batch = batch.expect("columns of one length");
    // More than one group, and a group that is no multiple of what is read at once.
    let properties =
        WriterProperties::builder().set_compression(compression).set_max_row_group_row_count(Some(3)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

struct Read {
    rows: u64,
    fingerprint: Option<String>,
    ids: Vec<String>,
    passages: Vec<[u8; 32]>,
    vectors: Vec<f32>,
}

/// Reads all of a file, two rows at a time.
fn read(bytes: &[u8]) -> Result<Read> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("v.parquet");
    std::fs::write(&path, bytes).expect("written");
    let file = VectorFile::open(&path)?;
    let (rows, fingerprint) = (file.rows(), file.fingerprint()?);
    let mut read = Read { rows, fingerprint, ids: vec![], passages: vec![], vectors: vec![] };
    for batch in file.batches(2, 2)? {
        let batch = batch?;
        assert!(batch.ids.len() <= 2);
        read.ids.extend(batch.ids);
        read.passages.extend(batch.passages);
        read.vectors.extend(batch.vectors);
    }
    Ok(read)
}

fn refused(columns: Vec<Column>) -> String {
    match read(&written(columns, Compression::UNCOMPRESSED)) {
        Ok(_) => "(read)".to_owned(),
        Err(Error::Bulk(BulkError::VectorFile { reason, .. })) => reason.to_string(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn every_writers_form_of_the_same_rows_is_read() {
    let halves = Float16Array::from_iter_values(ELEMENTS.map(<Float16Type as ArrowPrimitiveType>::Native::from_f32));
    let doubles = Float64Array::from(ELEMENTS.map(f64::from).to_vec());
    let mut large = LargeListBuilder::new(Float32Builder::new());
    let mut lengths = ListBuilder::new(Float32Builder::new());
    for row in ELEMENTS.chunks(2) {
        lengths.append_value(row.iter().copied().map(Some));
        large.append_value(row.iter().copied().map(Some));
    }
    let fingerprints: DictionaryArray<UInt8Type> = vec!["made"; ROWS].into_iter().collect();
    let bytes: Vec<[u8; 32]> = (0..ROWS).map(hash).collect();
    let slices = || bytes.iter().map(|hash| &hash[..]).collect::<Vec<&[u8]>>();
    let forms: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(LargeStringArray::from(ids()))),
        ("id", Arc::new(StringViewArray::from_iter_values(ids()))),
        ("vector", Arc::new(lengths.finish())),
        ("vector", Arc::new(large.finish())),
        ("vector", lists(Arc::new(halves), 2)),
        ("vector", lists(Arc::new(doubles), 2)),
        ("fingerprint", texts(vec!["made"; ROWS])),
        ("fingerprint", Arc::new(fingerprints)),
        ("passage", Arc::new(BinaryArray::from(slices()))),
        ("passage", Arc::new(LargeBinaryArray::from(slices()))),
    ];
    let mut files = vec![written(columns(), Compression::UNCOMPRESSED)];
    files.extend(forms.into_iter().map(|(name, column)| written(with(name, column), Compression::UNCOMPRESSED)));
    files.push(written(columns(), Compression::SNAPPY));
    files.push(written(columns(), Compression::GZIP(GzipLevel::default())));
    // Other columns, and another order.
    let mut more = columns();
    more.reverse();
    more.insert(1, ("year", Arc::new(Int64Array::from(vec![2026; ROWS]))));
    files.push(written(more, Compression::UNCOMPRESSED));
    for (number, file) in files.iter().enumerate() {
        let read = read(file).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!((read.fingerprint.as_deref(), read.rows), (Some("made"), ROWS as u64), "{number}");
        assert_eq!((read.ids, read.vectors), (ids(), ELEMENTS.to_vec()), "{number}");
        assert_eq!(read.passages, bytes, "{number}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let without = |name: &str| columns().into_iter().filter(|column| column.0 != name).collect::<Vec<_>>();
    insta::assert_snapshot!(refused(without("passage")), @"it has no column passage");
    insta::assert_snapshot!(refused(without("vector")), @"it has no column vector");
    let whole: ArrayRef = Arc::new(Int64Array::from((0..ROWS as i64).collect::<Vec<_>>()));
    insta::assert_snapshot!(refused(with("id", ArrayRef::clone(&whole))), @"its column id holds int64 instead of text");
    insta::assert_snapshot!(
        refused(with("vector", lists(Arc::new(Int64Array::from(vec![1; 2 * ROWS])), 2))),
        @"its column vector holds lists of int64 instead of lists of float32, float16 or float64"
    );
    insta::assert_snapshot!(
        refused(with("passage", texts(vec!["ab"; ROWS]))), @"its column passage holds utf8 instead of bytes"
    );
    insta::assert_snapshot!(
        refused(with("passage", Arc::new(BinaryArray::from(vec![b"short".as_slice(); ROWS])))),
        @"the passage of row 1 has 5 bytes instead of the 32 of a SHA-256"
    );
    // Rows are counted through the whole file.
    let some = StringArray::from(vec![Some("2601.00001"), Some("2601.00002"), Some("2601.00003"), None, None]);
    insta::assert_snapshot!(refused(with("id", Arc::new(some))), @"row 4 has no id");
    let hashes = [Some(hash(0)), Some(hash(1)), Some(hash(2)), Some(hash(3)), None];
    let hashes = FixedSizeBinaryArray::try_from_sparse_iter_with_size(hashes.into_iter(), 32).expect("hashes");
    insta::assert_snapshot!(refused(with("passage", Arc::new(hashes))), @"row 5 has no passage");
    let mut gap = ELEMENTS.map(Some).to_vec();
    gap[5] = None;
    insta::assert_snapshot!(
        refused(with("vector", lists(Arc::new(Float32Array::from(gap)), 2))), @"row 3 has no whole vector"
    );
    let mut lengths = ListBuilder::new(Float32Builder::new());
    for length in [2, 2, 2, 3, 2] {
        lengths.append_value(vec![Some(0.5); length]);
    }
    insta::assert_snapshot!(
        refused(with("vector", Arc::new(lengths.finish()))),
        @"the vector of row 4 has 3 elements instead of 2"
    );
    insta::assert_snapshot!(
        refused(with("fingerprint", texts(vec!["made", "made", "made", "other", "made"]))),
        @"its vectors have several fingerprints: that of row 1 is made, that of row 4 other"
    );
}

#[test]
fn a_file_without_rows_has_no_fingerprint() {
    let none: Vec<Column> = columns().into_iter().map(|(name, column)| (name, column.slice(0, 0))).collect();
    let read = read(&written(none, Compression::UNCOMPRESSED)).expect("read");
    assert_eq!((read.fingerprint, read.ids.len()), (None, 0));
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    let whole = written(columns(), Compression::UNCOMPRESSED);
    for length in [0, 3, 4, 12, whole.len() / 2, whole.len() - 1] {
        assert!(read(&whole[..length]).is_err(), "{length}");
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        // What lies in a vector or a hash is read as it is; all else is noticed or does not matter.
        if let Ok(read) = read(&damaged) {
            assert!(read.ids.len() <= 2 * ROWS, "{at}");
        }
    }
}
