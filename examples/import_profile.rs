//! Likes the papers of a file from a reference manager: BibTeX, RIS, CSL-JSON, CSV, or a list of
//! arXiv ids.
//!
//!     cargo run --release --example import_profile -- LIBRARY REFERENCES [PROFILE]
//!
//! A reference means a paper of the library by its arXiv id, its DOI, or a title that only one
//! paper has; any other with a title is liked as a text. Nothing is embedded, so no model is
//! needed.

use std::path::PathBuf;

use relata::model::Settings;
use relata::service::{ImportProfile, Options, Relata};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, references, rest @ ..] = arguments.as_slice() else {
        anyhow::bail!("usage: import_profile LIBRARY REFERENCES [PROFILE]")
    };
    let relata = Relata::new(Options::new(library, Settings::from_env()?));
    let request = ImportProfile { file: PathBuf::from(references), profile: rest.first().cloned() };
    let imported = relata.import_profile(&request)?;
    for skipped in &imported.skips.skipped {
        eprintln!("skipped {skipped}");
    }
    for reference in imported.unmatched.iter().filter(|reference| !reference.text) {
        eprintln!("line {}: {}: {}", reference.line, reference.entry, reference.reason);
    }
    println!("{}: {} matched, {} of them new", imported.profile, imported.matched, imported.added);

    let profile = relata.export_profile(&imported.profile)?;
    println!("{} papers and {} texts are liked now", profile.like.len(), profile.texts.len());
    Ok(())
}
