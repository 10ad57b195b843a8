//! Columns as a stream of Arrow's C interface, which other packages take without a copy.
//!
//! In: columns, each with a name, a type and a list. Out: a capsule that holds one batch. The crate
//! arrow-array has such streams too, but turns on features of packages that the engine shares, so
//! that all of it would be compiled twice; here stands the one struct of
//! <https://arrow.apache.org/docs/format/CStreamInterface.html>.

use std::panic::AssertUnwindSafe;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field, Fields};
use numpy::{PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow_stream::Stream;

/// A column: its name, its type and its values, of which some may be `None`.
type Column<'py> = (String, String, Bound<'py, PyAny>);

/// A capsule `arrow_array_stream` of the columns.
#[pyfunction]
pub(crate) fn arrow_stream<'py>(py: Python<'py>, columns: Vec<Column<'py>>) -> PyResult<Bound<'py, PyCapsule>> {
    let mut rows = 0;
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    for (name, kind, values) in columns {
        rows = values.len()?;
        let array = array(&kind, &values)?;
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let batch = ArrayData::builder(DataType::Struct(Fields::from(fields))).len(rows).child_data(arrays).build();
    let stream = batch.and_then(|batch| Stream::new(&batch)).map_err(refused)?;
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

fn refused(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn array(kind: &str, values: &Bound<'_, PyAny>) -> PyResult<ArrayData> {
    let made = match kind {
        "str" => texts(&values.extract::<Vec<Option<String>>>()?),
        "int" => numbers(DataType::Int64, &values.extract::<Vec<Option<i64>>>()?),
        "float" => numbers(DataType::Float64, &values.extract::<Vec<Option<f64>>>()?),
        "bool" => truths(&values.extract::<Vec<Option<bool>>>()?),
        "list" => lists(values.extract()?),
        "vectors" => {
            let writeable: bool = values.getattr("flags")?.getattr("writeable")?.extract()?;
            vectors(values.cast::<PyArray2<f32>>()?, !writeable)
        }
        kind => return Err(PyValueError::new_err(format!("there are no columns of {kind}"))),
    };
    made.map_err(refused)
}

/// Which values are there.
fn there<T>(values: &[Option<T>]) -> Option<NullBuffer> {
    let nulls = NullBuffer::from_iter(values.iter().map(Option::is_some));
    (nulls.null_count() > 0).then_some(nulls)
}

fn numbers<T: Copy + Default + arrow_buffer::ArrowNativeType>(
    kind: DataType,
    values: &[Option<T>],
) -> Result<ArrayData, ArrowError> {
    let buffer: Vec<T> = values.iter().map(|value| value.unwrap_or_default()).collect();
    ArrayData::builder(kind).len(values.len()).nulls(there(values)).add_buffer(Buffer::from_vec(buffer)).build()
}

fn truths(values: &[Option<bool>]) -> Result<ArrayData, ArrowError> {
    let bits: BooleanBuffer = values.iter().map(|value| value.unwrap_or_default()).collect();
    let bits = bits.into_inner();
    ArrayData::builder(DataType::Boolean).len(values.len()).nulls(there(values)).add_buffer(bits).build()
}

fn texts(values: &[Option<String>]) -> Result<ArrayData, ArrowError> {
    let lengths = values.iter().map(|value| value.as_ref().map_or(0, String::len));
    let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
    let bytes: Vec<u8> = values.iter().flatten().flat_map(|text| text.bytes()).collect();
    ArrayData::builder(DataType::Utf8)
        .len(values.len())
        .nulls(there(values))
        .add_buffer(offsets.into_inner().into_inner())
        .add_buffer(Buffer::from_vec(bytes))
        .build()
}

fn lists(values: Vec<Option<Vec<String>>>) -> Result<ArrayData, ArrowError> {
    let offsets = OffsetBuffer::<i32>::from_lengths(values.iter().map(|list| list.as_ref().map_or(0, Vec::len)));
    let (len, nulls) = (values.len(), there(&values));
    let items: Vec<Option<String>> = values.into_iter().flatten().flatten().map(Some).collect();
    ArrayData::builder(DataType::new_list(DataType::Utf8, true))
        .len(len)
        .nulls(nulls)
        .add_buffer(offsets.into_inner().into_inner())
        .add_child_data(texts(&items)?)
        .build()
}

/// Rows of an array as lists of one length. Rows in which nobody can write are not copied: the
/// array lives as long as the column.
#[allow(unsafe_code)]
fn vectors(array: &Bound<'_, PyArray2<f32>>, frozen: bool) -> Result<ArrayData, ArrowError> {
    let (rows, dimension) = (array.shape()[0], array.shape()[1]);
    let width = i32::try_from(dimension).map_err(|_| ArrowError::InvalidArgumentError("rows are too long".into()))?;
    let buffer = match NonNull::new(array.data().cast::<u8>()) {
        // SAFETY: `rows` x `dimension` floats lie there one after the other, and stay as they are
        // while somebody holds the array.
        Some(data) if frozen && array.is_c_contiguous() => unsafe {
            let owner = Arc::new(AssertUnwindSafe(array.clone().unbind()));
            Buffer::from_custom_allocation(data, rows * dimension * size_of::<f32>(), owner)
        },
        _ => Buffer::from_vec(array.readonly().as_array().iter().copied().collect::<Vec<f32>>()),
    };
    let elements = ArrayData::builder(DataType::Float32).len(rows * dimension).add_buffer(buffer).build()?;
    let element = Arc::new(Field::new("element", DataType::Float32, false));
    ArrayData::builder(DataType::FixedSizeList(element, width)).len(rows).add_child_data(elements).build()
}
