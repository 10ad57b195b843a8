//! Reads every file below a folder and prints, as a Markdown table, what was found in each.
//!
//! `cargo run --release --example read_digests -- FOLDER`. The table in `docs/digests.md` is made this way.

use std::collections::BTreeMap;
use std::path::PathBuf;

use relata::Result;
use relata::reader::{self, Reading};

fn main() -> Result<()> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    println!("| file | format | entries | without abstract | skipped | notes |");
    println!("| --- | --- | ---: | ---: | ---: | --- |");
    for path in reader::files(&folders)? {
        let mut bare = 0;
        let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
        let report = reader::read(&path, &mut |reading| {
            match reading {
                Reading::Entry(entry) => bare += u64::from(entry.abstract_text.is_none()),
                Reading::Skipped(skipped) => *reasons.entry(kind_of(&skipped.reason)).or_default() += 1,
            }
            Ok(())
        });
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match report {
            Ok(report) => {
                let reasons = reasons.iter().map(|(reason, count)| format!("{count} × {reason}"));
                let notes = reasons.chain(report.notes.iter().cloned()).collect::<Vec<_>>().join("; ");
                println!("| {name} | {} | {} | {bare} | {} | {notes} |", report.format, report.entries, report.skipped);
            }
            Err(relata::Error::UnknownFormat { looks_like, .. }) => println!("| {name} | none | | | | {looks_like} |"),
            Err(cause) => println!("| {name} | none | | | | {cause} |"),
        }
    }
    Ok(())
}

/// The reason without the title in parentheses, so that equal reasons are counted together.
fn kind_of(reason: &str) -> String {
    reason.split(" (\"").next().unwrap_or(reason).to_owned()
}
