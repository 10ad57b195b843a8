//! A reader for a format of one's own: papers from a table with tabs, into a library, and those of
//! them that do not hold some words.
//!
//!     cargo run --example own_reader
//!
//! Nothing is embedded, so no model is needed.

use relata::library::Filter;
use relata::model::Settings;
use relata::service::{Options, Relata, Search};
use relata::{ArxivId, Entry, Precedence, Skipped, SourceKind};

const TABLE: &str = "id\ttitle\tabstract
2601.00001v2\tSlow glaciers\tIce moves when nobody looks.
2601.00002\tFast glaciers\tIce moves while everybody looks.
not an id\tLost glaciers\t
";

/// Turns the lines of a table into entries. What cannot be used is told with its line and reason,
/// and costs no other line.
fn read_table(text: &str) -> (Vec<Entry>, Vec<Skipped>) {
    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate().skip(1) {
        let number = at as u64 + 1;
        let mut fields = line.split('\t');
        let id = fields.next().unwrap_or_default();
        let Some((id, version)) = ArxivId::parse(id) else {
            let reason = format!("{id}: not an arXiv id");
            skipped.push(Skipped { file: "table.tsv".to_owned(), line: number, reason });
            continue;
        };
        // Where sources disagree about a paper, the later version wins, then the later source, then
        // the better kind of source.
        let precedence = Precedence { version: version.unwrap_or(0), date: None, kind: SourceKind::RawJsonl };
        let text = |field: Option<&str>| field.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let mut entry = Entry::new(id, precedence, number);
        entry.title = text(fields.next());
        entry.abstract_text = text(fields.next());
        entries.push(entry);
    }
    (entries, skipped)
}

fn main() -> anyhow::Result<()> {
    let (entries, skipped) = read_table(TABLE);
    let folder = tempfile::tempdir()?;
    let relata = Relata::new(Options::new(folder.path().join("library.db"), Settings::from_env()?));
    // One transaction: all of the entries or none. Reading the same table twice changes nothing.
    let added = relata.add_entries(&entries, false)?;
    println!("added {}, updated {}, unchanged {}", added.added, added.updated, added.unchanged);
    for skipped in &skipped {
        println!("skipped {skipped}");
    }
    let fast = Search::default().filter(Filter::new().exclude(["nobody looks"]));
    for row in relata.search(&fast)?.results {
        println!("{}  {}", row.id, row.title.unwrap_or_default());
    }
    Ok(())
}
