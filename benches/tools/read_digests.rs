//! Reads every file below the given folders and prints, as a Markdown table, what was found in
//! each.
//!
//! `cargo run --release --example read_digests -- FOLDER...`. The column "naive" holds what a look
//! from outside says: third-level headings of Markdown, lines of JSON lines. Rows where it is not
//! entries + skipped want a reason; those of the digests that Relata is tested with stand in
//! `docs/reference/digests.md`, which was made this way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use relata::error::{Error, ReadingError, Result};
use relata::reader::{self, Format, Reading};

fn main() -> Result<()> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    println!("| file | format | naive | entries | ids | without abstract | skipped | notes |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |");
    let mut sums = [0; 3];
    for path in reader::files(&folders)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut ids = BTreeSet::new();
        let mut bare = 0;
        let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
        let report = reader::read(&path, &mut |reading| {
            match reading {
                Reading::Entry(entry) => {
                    bare += u64::from(entry.abstract_text.is_none());
                    ids.insert(entry.id);
                }
                Reading::Skipped(skipped) => *reasons.entry(kind_of(&skipped.reason)).or_default() += 1,
            }
            Ok(())
        });
        let report = match report {
            Ok(report) => report,
            Err(Error::Reading(ReadingError::UnknownFormat { looks_like, .. })) => {
                println!("| {name} | refused | | | | | | {looks_like} |");
                continue;
            }
            Err(cause) => {
                println!("| {name} | failed | | | | | | {cause} |");
                continue;
            }
        };
        sums = [sums[0] + 1, sums[1] + report.entries, sums[2] + report.skipped];
        let reasons = reasons.iter().map(|(reason, count)| format!("{count} × {reason}"));
        let notes = reasons.chain(report.notes.iter().cloned()).collect::<Vec<_>>().join("; ");
        let naive = naive(&path, report.format).map_or_else(String::new, |count| count.to_string());
        let (format, entries, skipped) = (report.format, report.entries, report.skipped);
        println!("| {name} | {format} | {naive} | {entries} | {} | {bare} | {skipped} | {notes} |", ids.len());
    }
    println!("\n{} files read, {} entries, {} skipped", sums[0], sums[1], sums[2]);
    Ok(())
}

/// Headings or lines; `None` for packed files and formats that have neither.
fn naive(path: &Path, format: Format) -> Option<usize> {
    let text = std::fs::read_to_string(path).ok()?;
    match format {
        Format::Digest | Format::List => Some(text.lines().filter(|line| line.starts_with("### ")).count()),
        Format::JsonLines => Some(text.lines().filter(|line| !line.trim().is_empty()).count()),
        _ => None,
    }
}

/// The reason without what it quotes, so that equal reasons are counted together.
fn kind_of(reason: &str) -> String {
    let reason = reason.split(" (\"").next().unwrap_or(reason);
    reason
        .rsplit("\" is not")
        .next()
        .filter(|rest| rest.len() < reason.len())
        .map_or(reason.to_owned(), |rest| format!("not{rest}"))
}
