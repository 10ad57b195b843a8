//! The papers with their topics as CSV or JSON lines, for spreadsheets, scripts and other tools.
//!
//! In: topics, and the papers from the library. Out: one row or line a paper, by id: what the paper
//! is, for each level its topic by name (`field`, `topic`, `subtopic`) and number (`field_id`,
//! ...), `strength`, its position on the map, `x` and `y`, `withdrawn`, and what the user says of
//! it: `tags`, `note` and `read`. JSON lines may hold the vectors too.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::topic::{AssignedPaper, Topics};
use crate::error::{Error, Result};
use crate::export::{neutral, yes};
use crate::library::{FingerprintNumber, Library, Paper, PaperRow};
use crate::text::neutral::cell;

/// Papers whose texts are in memory at a time.
const PART: usize = 4096;

/// Writes the papers as CSV with a header, whole or not at all. Several authors or categories stand
/// in one field, as in `--format csv` of `relata today`: authors with `; ` between them, categories
/// with spaces.
///
/// # Errors
/// What the library reports; the file cannot be written.
pub(crate) fn write_csv(library: &Library, topics: &Topics, path: &Path) -> Result<()> {
    written(path, |file| {
        let mut csv = csv::Writer::from_writer(file);
        let mut header: Vec<String> =
            ["id", "title", "authors", "date", "category", "categories", "url"].map(str::to_owned).to_vec();
        for level in &topics.levels {
            header.extend([level.name.to_owned(), format!("{}_id", level.name)]);
        }
        header.extend(["strength", "x", "y", "withdrawn", "tags", "note", "read"].map(str::to_owned));
        csv.write_record(&header)?;
        each(library, topics, &mut |placed, paper| {
            let mut row = vec![
                placed.id.to_string(),
                cell(paper.title.as_deref().unwrap_or_default()).into_owned(),
                cell(&paper.authors.join("; ")).into_owned(),
                placed.date.to_string(),
                cell(paper.categories.first().map_or("", String::as_str)).into_owned(),
                cell(&paper.categories.join(" ")).into_owned(),
                placed.id.url(),
            ];
            for (level, topic) in topics.levels.iter().zip(&placed.assigned.topics) {
                let topic = &level.topics[*topic];
                row.extend([cell(&topic.name).into_owned(), topic.id.to_string()]);
            }
            let [x, y] = placed.assigned.position.map(f64::from);
            row.extend([placed.assigned.strength, x, y].map(|x| rounded(x).to_string()));
            let own = &paper.annotations;
            row.push(yes(paper.withdrawn).to_owned());
            row.push(cell(&own.tags.join("; ")).into_owned());
            row.push(cell(own.note.as_deref().unwrap_or_default()).into_owned());
            row.push(yes(own.read).to_owned());
            csv.write_record(&row).map_err(io::Error::from)
        })?;
        csv.into_inner().map_err(csv::IntoInnerError::into_error)
    })
}

/// Writes the papers as JSON lines, whole or not at all; `vectors` adds those of a fingerprint.
///
/// # Errors
/// What the library reports; the file cannot be written.
pub(crate) fn write_json_lines(
    library: &Library,
    topics: &Topics,
    vectors: Option<FingerprintNumber>,
    path: &Path,
) -> Result<()> {
    written(path, |mut file| {
        each(library, topics, &mut |placed, paper| {
            let mut line = Map::from_iter([
                ("id".to_owned(), json!(placed.id.as_str())),
                ("title".to_owned(), json!(paper.title)),
                ("abstract".to_owned(), json!(paper.abstract_text)),
                ("authors".to_owned(), json!(paper.authors)),
                ("date".to_owned(), json!(placed.date.to_string())),
                ("categories".to_owned(), json!(paper.categories)),
                ("url".to_owned(), json!(placed.id.url())),
            ]);
            for (level, topic) in topics.levels.iter().zip(&placed.assigned.topics) {
                let topic = &level.topics[*topic];
                line.insert(level.name.to_owned(), json!(topic.name));
                line.insert(format!("{}_id", level.name), json!(topic.id));
            }
            let [x, y] = placed.assigned.position.map(f64::from);
            let numbers =
                [("strength", placed.assigned.strength), ("x", x), ("y", y)].map(|(name, x)| (name, rounded(x)));
            line.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number))));
            let own = &paper.annotations;
            let said = [("tags", json!(own.tags)), ("note", json!(own.note)), ("read", json!(own.read))];
            line.extend(said.map(|(name, value)| (name.to_owned(), value)));
            line.insert("withdrawn".to_owned(), json!(paper.withdrawn));
            if let Some(fingerprint) = vectors {
                let vector = library.vector(fingerprint, placed.row).map_err(io::Error::other)?;
                line.insert("vector".to_owned(), json!(vector));
            }
            serde_json::to_writer(&mut file, &Value::Object(line))?;
            file.write_all(b"\n")
        })?;
        Ok(file)
    })
}

fn written(path: &Path, write: impl FnOnce(BufWriter<File>) -> io::Result<BufWriter<File>>) -> Result<()> {
    crate::files::replace(path, |beside| {
        let file = write(BufWriter::with_capacity(1 << 20, File::create(beside)?))?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()
    })
    .map_err(Error::io(path))
}

/// Visits every paper with what the library holds of it. One that another process has removed is
/// left out.
fn each(
    library: &Library,
    topics: &Topics,
    visit: &mut dyn FnMut(&AssignedPaper, &Paper) -> io::Result<()>,
) -> io::Result<()> {
    let _snapshot = library.snapshot().map_err(io::Error::other)?;
    for part in topics.papers.chunks(PART) {
        let rows: Vec<PaperRow> = part.iter().map(|placed| placed.row).collect();
        let papers = library.papers_by_rows(&rows).map_err(io::Error::other)?;
        let papers: HashMap<PaperRow, Paper> = papers.into_iter().map(|paper| (paper.row, paper)).collect();
        for placed in part {
            if let Some(paper) = papers.get(&placed.row) {
                visit(placed, &neutral::paper(paper))?;
            }
        }
    }
    Ok(())
}

/// Six decimals hold all that these numbers tell.
fn rounded(x: f64) -> f64 {
    (x * 1e6).round() / 1e6 + 0.0
}

#[cfg(test)]
mod tests {
    use super::super::find::{Search, find, tests::library};
    use super::*;
    use crate::text::neutral::of_cell;

    #[test]
    fn both_forms_hold_every_paper_with_its_topic_and_position() {
        let (mut library, fingerprint) = library(&(0..12).collect::<Vec<_>>());
        let topics = find(&library, Search::of(fingerprint), &|_| Ok(())).expect("topics");
        let first = std::slice::from_ref(&topics.papers[0].id);
        library.set_tags(first, &["=1+1".to_owned(), "sea ice".to_owned()], false).expect("tagged");
        library.set_note(&first[0], "@SUM(1) <b>").expect("noted");
        library.set_read(first, true).expect("read");
        let folder = tempfile::TempDir::new().expect("a folder");
        let (table, lines) = (folder.path().join("papers.csv"), folder.path().join("papers.jsonl"));
        write_csv(&library, &topics, &table).expect("written");
        write_json_lines(&library, &topics, Some(fingerprint), &lines).expect("written");

        let mut read = csv::Reader::from_path(&table).expect("the file");
        let header = read.headers().expect("a header").clone();
        let expected =
            "id title authors date category categories url topic topic_id strength x y withdrawn tags note read";
        assert_eq!(header.iter().collect::<Vec<_>>(), expected.split(' ').collect::<Vec<_>>());
        let rows: Vec<csv::StringRecord> = read.records().map(|row| row.expect("a row")).collect();
        let text = std::fs::read_to_string(&lines).expect("the file");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((rows.len(), lines.len()), (12, 12));
        for ((placed, row), line) in topics.papers.iter().zip(&rows).zip(&lines) {
            let topic = &topics.levels[0].topics[placed.assigned.topics[0]];
            assert_eq!((&row[0], &row[7], &row[8]), (placed.id.as_str(), topic.name.as_str(), &*topic.id.to_string()));
            assert_eq!((&line["id"], &line["topic"]), (&json!(placed.id.as_str()), &json!(topic.name)));
            let x: f32 = row[10].parse().expect("a number");
            assert!((x - placed.assigned.position[0]).abs() < 1e-5);
            let vector = library.vector(fingerprint, placed.row).expect("read").expect("a vector");
            let exact: Vec<f32> = serde_json::from_value(line["vector"].clone()).expect("numbers");
            assert_eq!(exact, vector);
        }
        let own = |row: usize| rows[row].iter().skip(13).map(of_cell).collect::<Vec<_>>();
        assert_eq!([own(0), own(1)], [["=1+1; sea ice", "@SUM(1) <b>", "yes"], [""; 3]]);
        assert!(rows[0].iter().all(|cell| !cell.starts_with(['=', '@'])), "{:?}", rows[0]);
        let own = |row: usize| ["tags", "note", "read"].map(|key| lines[row][key].clone());
        assert_eq!(own(0), [json!(["=1+1", "sea ice"]), json!("@SUM(1) <b>"), json!(true)]);
        assert_eq!(own(1), [json!([]), Value::Null, json!(false)]);
        // What cannot be written leaves nothing behind.
        assert!(write_csv(&library, &topics, &folder.path().join("no/such.csv")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 2);
    }
}
