//! The papers with their topics as a Parquet table, for DuckDB, pandas, Embedding Atlas and others.
//!
//! In: topics, and the papers' titles and vectors from the library. Out: one row a paper, by id:
//! `id`, `title`, `date`, `category` (the primary one), `categories` (with spaces between), for
//! each level its topic by name (`field`, `topic`, `subtopic`) and number (`field_id`, ...),
//! `strength`, `x`, `y`, `vector` (a fixed-size list of `f32`), `withdrawn`, and what the user
//! says: `tags` (with `; ` between), `note` and `read`. Vectors are noise to a compressor, so only
//! the texts are compressed: by dictionary.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, FixedSizeListArray, Float32Array, Int32Array, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field, Schema};
use jiff::civil::{Date, date};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::topic::{AssignedPaper, Topics};
use crate::error::{Error, Result};
use crate::library::{FingerprintNumber, Library, Paper, PaperRow};

/// Rows of a row group: 12 MB for 384 dimensions, held in memory while it is written.
const GROUP: usize = 8192;

/// Writes the table, whole or not at all.
///
/// # Errors
/// What the library reports; the file cannot be written.
pub(crate) fn write_table(
    library: &Library,
    fingerprint: FingerprintNumber,
    topics: &Topics,
    path: &Path,
) -> Result<()> {
    let _snapshot = library.snapshot()?;
    let dimension = library.dimension(fingerprint)?;
    let schema = schema(topics, dimension)?;
    let source = Source { library, fingerprint, dimension };
    crate::files::replace(path, |beside| {
        let vectors = ColumnPath::from(vec!["vector".into(), "list".into(), "element".into()]);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("relata ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_max_row_group_row_count(Some(GROUP))
            .set_column_dictionary_enabled(vectors, false)
            .build();
        let file = BufWriter::with_capacity(1 << 20, File::create(beside)?);
        let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(io::Error::other)?;
        for part in topics.papers.chunks(GROUP) {
            let columns = columns(&source, topics, part).map_err(io::Error::other)?;
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(io::Error::other)?;
            writer.write(&batch).map_err(io::Error::other)?;
        }
        let file = writer.into_inner().map_err(io::Error::other)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()
    })
    .map_err(Error::io(path))
}

fn element() -> Arc<Field> {
    Arc::new(Field::new("element", DataType::Float32, false))
}

fn width(dimension: usize) -> Result<i32> {
    i32::try_from(dimension).map_err(|_| Error::Internal("a dimension beyond Parquet's"))
}

fn schema(topics: &Topics, dimension: usize) -> Result<Arc<Schema>> {
    let field = |name: &str, form| Field::new(name, form, false);
    let mut fields = vec![
        field("id", DataType::Utf8),
        Field::new("title", DataType::Utf8, true),
        Field::new("date", DataType::Date32, true),
        Field::new("category", DataType::Utf8, true),
        field("categories", DataType::Utf8),
    ];
    for level in &topics.levels {
        fields.push(field(level.name, DataType::Utf8));
        fields.push(field(&format!("{}_id", level.name), DataType::Int32));
    }
    fields.extend(["strength", "x", "y"].map(|name| field(name, DataType::Float32)));
    fields.push(field("vector", DataType::FixedSizeList(element(), width(dimension)?)));
    fields.push(field("withdrawn", DataType::Boolean));
    fields.push(field("tags", DataType::Utf8));
    fields.push(Field::new("note", DataType::Utf8, true));
    fields.push(field("read", DataType::Boolean));
    Ok(Arc::new(Schema::new(fields)))
}

/// Where titles and vectors come from.
struct Source<'a> {
    library: &'a Library,
    fingerprint: FingerprintNumber,
    dimension: usize,
}

/// The columns of some papers, in the order of the schema.
fn columns(source: &Source<'_>, topics: &Topics, part: &[AssignedPaper]) -> Result<Vec<ArrayRef>> {
    let Source { library, fingerprint, dimension } = *source;
    let rows: Vec<PaperRow> = part.iter().map(|placed| placed.row).collect();
    let papers: HashMap<PaperRow, Paper> =
        library.papers_by_rows(&rows)?.into_iter().map(|paper| (paper.row, paper)).collect();
    let of = |placed: &AssignedPaper| papers.get(&placed.row);
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(part.iter().map(|placed| Some(placed.id.as_str())).collect::<StringArray>()),
        Arc::new(part.iter().map(|placed| of(placed)?.title.clone()).collect::<StringArray>()),
        Arc::new(part.iter().map(|placed| placed.date.day().map(days)).collect::<Date32Array>()),
        Arc::new(part.iter().map(|placed| of(placed)?.categories.first().cloned()).collect::<StringArray>()),
        Arc::new(
            part.iter()
                .map(|placed| Some(of(placed).map_or(String::new(), |paper| paper.categories.join(" "))))
                .collect::<StringArray>(),
        ),
    ];
    for (number, level) in topics.levels.iter().enumerate() {
        let topic = |placed: &AssignedPaper| &level.topics[placed.assigned.topics[number]];
        columns.push(Arc::new(part.iter().map(|placed| Some(topic(placed).name.as_str())).collect::<StringArray>()));
        columns.push(Arc::new(part.iter().map(|placed| Some(topic(placed).id as i32)).collect::<Int32Array>()));
    }
    let numbers = |of: &dyn Fn(&AssignedPaper) -> f32| -> ArrayRef {
        Arc::new(part.iter().map(|placed| Some(of(placed))).collect::<Float32Array>())
    };
    columns.push(numbers(&|placed| placed.assigned.strength as f32));
    columns.push(numbers(&|placed| placed.assigned.position[0]));
    columns.push(numbers(&|placed| placed.assigned.position[1]));
    let mut values = Vec::with_capacity(part.len() * dimension);
    for placed in part {
        let vector = library.vector(fingerprint, placed.row)?;
        // One that was removed meanwhile has none.
        values.extend(vector.filter(|vector| vector.len() == dimension).unwrap_or_else(|| vec![0.0; dimension]));
    }
    let vectors = FixedSizeListArray::try_new(element(), width(dimension)?, Arc::new(Float32Array::from(values)), None)
        .map_err(|_| Error::Internal("columns that do not fit together"))?;
    columns.push(Arc::new(vectors));
    let withdrawn = part.iter().map(|placed| Some(of(placed).is_some_and(|paper| paper.withdrawn)));
    columns.push(Arc::new(withdrawn.collect::<BooleanArray>()));
    let own = |placed: &AssignedPaper| papers.get(&placed.row).map(|paper| &paper.annotations);
    let tags = part.iter().map(|placed| Some(own(placed).map_or(String::new(), |own| own.tags.join("; "))));
    columns.push(Arc::new(tags.collect::<StringArray>()));
    columns.push(Arc::new(part.iter().map(|placed| own(placed)?.note.clone()).collect::<StringArray>()));
    let read = part.iter().map(|placed| Some(own(placed).is_some_and(|own| own.read)));
    columns.push(Arc::new(read.collect::<BooleanArray>()));
    Ok(columns)
}

/// Days since 1970.
fn days(day: Date) -> i32 {
    (day.duration_since(date(1970, 1, 1)).as_hours() / 24) as i32
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Int32Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::find::{Search, find, tests::library};
    use super::*;

    #[test]
    fn a_table_holds_every_paper_with_its_topic_place_and_vector() {
        let (mut library, fingerprint) = library(&(0..12).collect::<Vec<_>>());
        let topics = find(&library, Search::of(fingerprint), &|_| Ok(())).expect("topics");
        let first = std::slice::from_ref(&topics.papers[0].id);
        library.set_tags(first, &["draft".to_owned(), "sea ice".to_owned()], false).expect("tagged");
        library.set_note(&first[0], "See figure 3.").expect("noted");
        library.set_read(first, true).expect("read");
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("papers.parquet");
        write_table(&library, fingerprint, &topics, &path).expect("written");
        let file = File::open(&path).expect("the file");
        let mut read = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("rows");
        let batch = read.next().expect("a batch").expect("readable");
        assert!(read.next().is_none());
        let names: Vec<String> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        let expected = "id title date category categories topic topic_id strength x y vector withdrawn tags note read"
            .split(' ')
            .collect::<Vec<_>>();
        assert_eq!((names, batch.num_rows()), (expected.into_iter().map(str::to_owned).collect(), 12));
        let column = |name: &str| batch.column_by_name(name).expect("the column");
        for (row, placed) in topics.papers.iter().enumerate() {
            let topic = &topics.levels[0].topics[placed.assigned.topics[0]];
            assert_eq!(column("id").as_string::<i32>().value(row), placed.id.as_str());
            assert_eq!(column("topic").as_string::<i32>().value(row), topic.name);
            assert_eq!(column("topic_id").as_primitive::<Int32Type>().value(row), topic.id as i32);
            // Only the month of these is known.
            assert!(placed.date.day().is_none() && column("date").is_null(row));
            assert_eq!(column("x").as_primitive::<Float32Type>().value(row), placed.assigned.position[0]);
            assert!(!column("withdrawn").as_boolean().value(row));
            let note = column("note").as_string::<i32>();
            assert_eq!(note.is_valid(row).then(|| note.value(row)), (row == 0).then_some("See figure 3."));
            assert_eq!(column("tags").as_string::<i32>().value(row), if row == 0 { "draft; sea ice" } else { "" });
            assert_eq!(column("read").as_boolean().value(row), row == 0);
            let vector = column("vector").as_fixed_size_list().value(row);
            let stored = library.vector(fingerprint, placed.row).expect("read").expect("a vector");
            assert_eq!(vector.as_primitive::<Float32Type>().values().as_ref(), stored);
        }
        // What cannot be written leaves nothing behind.
        assert!(write_table(&library, fingerprint, &topics, &folder.path().join("no/such.parquet")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }
}
