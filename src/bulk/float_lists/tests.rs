//! Files of other forms, and of lists that only seem to have one length.

use std::sync::Arc;

use arrow_array::types::Float32Type;
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float32Array, Float64Array, ListArray, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use proptest::prelude::*;

use super::*;

fn plain() -> WriterPropertiesBuilder {
    WriterProperties::builder().set_dictionary_enabled(false)
}

fn written(column: ArrayRef, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values((0..column.len()).map(|row| row.to_string())));
    let columns = [("id", ids, false), ("vector", column, true)];
    let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

fn read(bytes: Vec<u8>) -> Option<Array2<f32>> {
    float_lists_of_bytes(bytes, "vector")
}

fn fixed(elements: &[f32], dimension: usize, is_nullable: bool) -> ArrayRef {
    let field = Arc::new(Field::new("item", DataType::Float32, is_nullable));
    let elements = Arc::new(Float32Array::from(elements.to_vec()));
    Arc::new(FixedSizeListArray::try_new(field, dimension as i32, elements, None).expect("lists"))
}

fn lists(lengths: &[usize]) -> ArrayRef {
    let list =
        |(row, length): (usize, &usize)| Some((0..*length).map(|at| Some((10 * row + at) as f32)).collect::<Vec<_>>());
    Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(lengths.iter().enumerate().map(list)))
}

#[test]
fn lists_of_one_length_are_read_whatever_pages_they_lie_in() {
    for dimension in [1, 2, 3, 7, 8, 9, 64, 384] {
        for rows in [1, 2, 9, 100] {
            let elements: Vec<f32> = (0..rows * dimension).map(|at| at as f32 - 0.5).collect();
            for (number, properties) in [
                plain(),
                plain().set_writer_version(WriterVersion::PARQUET_2_0),
                plain().set_compression(Compression::SNAPPY),
                plain().set_writer_version(WriterVersion::PARQUET_2_0).set_compression(Compression::SNAPPY),
                plain().set_data_page_row_count_limit(3).set_write_batch_size(2),
                plain().set_max_row_group_row_count(Some(4)).set_data_page_size_limit(40).set_write_batch_size(1),
            ]
            .into_iter()
            .enumerate()
            {
                let found = read(written(fixed(&elements, dimension, number % 2 == 0), properties));
                let found = found.unwrap_or_else(|| panic!("{rows} x {dimension}, properties {number}"));
                assert_eq!(found.dim(), (rows, dimension));
                assert_eq!(found.into_raw_vec_and_offset().0, elements);
            }
        }
    }
}

#[test]
fn a_file_is_read_as_its_bytes_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, bytes) = (folder.path().join("v.parquet"), written(fixed(&[1.0, 2.0, 3.0, 4.0], 2, true), plain()));
    std::fs::write(&path, &bytes).expect("written");
    assert_eq!(float_lists_of_file(&path, "vector"), read(bytes));
    assert_eq!(float_lists_of_file(&folder.path().join("none"), "vector"), None);
}

#[test]
fn what_is_not_plain_is_left_to_others() {
    let elements = [0.5f32, 0.5, 0.25, 1.0];
    let good = || fixed(&elements, 2, true);
    assert_eq!(read(written(good(), WriterProperties::builder().set_dictionary_enabled(true))), None);
    let bytes = written(good(), plain());
    assert!(read(bytes.clone()).is_some());
    assert_eq!(float_lists_of_bytes(bytes.clone(), "id"), None);
    assert_eq!(float_lists_of_bytes(bytes.clone(), "vectors"), None);
    assert_eq!(read(b"PAR1 and no more".to_vec()), None);
    assert_eq!(read(bytes[..bytes.len() / 2].to_vec()), None);
    let doubles = Arc::new(Float64Array::from(vec![0.5, 0.5]));
    let field = Arc::new(Field::new("item", DataType::Float64, true));
    assert_eq!(read(written(Arc::new(FixedSizeListArray::try_new(field, 2, doubles, None).unwrap()), plain())), None);
    // An element, or a list, that is missing.
    let of = |lists: Vec<Option<Vec<Option<f32>>>>| -> ArrayRef {
        Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(lists))
    };
    assert_eq!(read(written(of(vec![Some(vec![Some(1.0), None]), Some(vec![Some(1.0), Some(2.0)])]), plain())), None);
    assert_eq!(read(written(of(vec![Some(vec![Some(1.0), Some(2.0)]), None]), plain())), None);
    assert_eq!(read(written(of(vec![None, None]), plain())), None);
    // Two elements a row on average, of lists that have one and three.
    assert_eq!(read(written(lists(&[1, 3, 2]), plain())), None);
    assert_eq!(read(written(lists(&[3, 1]), plain())), None);
    assert_eq!(read(written(lists(&[4, 0]), plain())), None);
}

#[test]
fn levels_that_are_cut_or_overlong_are_refused() {
    // A run of one 0, a run of three 1s.
    let levels = [2, 0, 6, 1];
    assert!(begin_every(4, 0, &levels, 4) && begin_every(4, 8, &levels, 4));
    assert!(!begin_every(4, 1, &levels, 4) && !begin_every(2, 0, &levels, 4) && !begin_every(4, 0, &levels, 5));
    for cut in 0..levels.len() {
        assert!(!begin_every(4, 0, &levels[..cut], 4), "{cut}");
    }
    // Eight levels in a byte, of which four count.
    assert!(begin_every(4, 0, &[3, 0b1110_1110], 4) && begin_every(4, 0, &[3, 0b1110_1110], 8));
    assert!(!begin_every(4, 0, &[3, 0b1110_1110], 9) && !begin_every(4, 0, &[3], 4) && !begin_every(4, 0, &[1, 1], 4));
    // A run of none, a level that is none, a length without an end.
    assert!(!begin_every(4, 0, &[0, 0, 6, 1], 4) && !begin_every(1, 0, &[2, 2], 1));
    assert!(!begin_every(1, 0, &[0xff; 12], 1));
    // A run that is longer than there are values.
    assert!(begin_every(1, 0, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], 1));
}

proptest! {
    #[test]
    fn only_lists_of_one_length_are_read(lengths in prop::collection::vec(0usize..5, 1..40), same in any::<bool>()) {
        let lengths = if same { vec![lengths[0]; lengths.len()] } else { lengths };
        let column = lists(&lengths);
        let elements: Vec<f32> = column.as_any().downcast_ref::<ListArray>().unwrap().values().as_any()
            .downcast_ref::<Float32Array>().unwrap().values().to_vec();
        let found = read(written(column, plain().set_write_batch_size(3).set_data_page_row_count_limit(2)));
        if lengths[0] > 0 && lengths.iter().all(|length| *length == lengths[0]) {
            prop_assert_eq!(found.unwrap().into_raw_vec_and_offset().0, elements);
        } else {
            prop_assert_eq!(found, None);
        }
    }
}
