//! `relata import-vectors`: what became of vectors of files, as a line or as JSON.

use crate::error::Result;
use crate::service::{ImportVectors as Request, ImportedVectors};

use super::args::ImportVectors;
use super::skips::say_read;
use super::terminal::{Page, say};
use super::{Context, Outcome};

pub(super) fn run(context: &Context, asked: &ImportVectors, page: &mut Page) -> Result<Outcome> {
    let imported = context.relata.import_vectors(&Request { paths: asked.paths.clone() })?;
    say_read(&imported.skips, &imported.notes);
    if imported.skips.count() > 0 {
        say(
            "Files of vectors are those that `relata embed -o FILE.parquet` writes, or Parquet with the columns id, vector, \
             fingerprint and passage.",
        );
    }
    if imported.other_fingerprint > 0 {
        say("To take such vectors over, name what made them by --model, --precision and --long.");
    }
    if asked.json {
        page.json(&imported)?;
    } else {
        page.line(&summary(&imported))?;
    }
    if imported.taken > 0 {
        // What was taken is told before the next answer is made quicker, which may take longer.
        page.flush()?;
        context.relata.prepare()?;
    }
    Ok(match (imported.skips.count(), imported.taken + imported.there) {
        (0, 0) => Outcome::Nothing,
        (0, _) => Outcome::Done,
        _ => Outcome::Partial,
    })
}

/// `taken 3, there 1; not taken: 2 of papers that are not in the library`.
fn summary(imported: &ImportedVectors) -> String {
    let ImportedVectors { taken, there, unknown, other_text, other_fingerprint, .. } = imported;
    let others = [
        (unknown, "of papers that are not in the library"),
        (other_text, "of other texts than the papers have"),
        (other_fingerprint, "made in another way than the library's"),
    ];
    let others: Vec<String> =
        others.into_iter().filter(|(count, _)| **count > 0).map(|(count, why)| format!("{count} {why}")).collect();
    let others = if others.is_empty() { String::new() } else { format!("; not taken: {}", others.join(", ")) };
    format!("taken {taken}, there {there}, skipped {}{others}", imported.skips.count())
}
