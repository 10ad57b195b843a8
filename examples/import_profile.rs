//! Likes the papers of a file from a reference manager: BibTeX, RIS, CSL-JSON, CSV, or a list of
//! arXiv ids.
//!
//!     cargo run --release --example import_profile -- LIBRARY REFERENCES [PROFILE]
//!
//! `relata profile import` does the same, and says more about what matches nothing.

use std::path::Path;

use relata::ArxivId;
use relata::library::{Library, Opinion};
use relata::references::{Reference, read};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, references, rest @ ..] = arguments.as_slice() else {
        anyhow::bail!("usage: import_profile LIBRARY REFERENCES [PROFILE]")
    };
    let profile = rest.first().map_or("default", String::as_str);
    let mut library = Library::open(Path::new(library))?;

    let mut opinions = Vec::new();
    for entry in read(Path::new(references))? {
        match entry {
            Err(skipped) => eprintln!("skipped {skipped}"),
            Ok(reference) => match paper(&library, &reference)? {
                Some(id) => opinions.push((id, Some(Opinion::Liked))),
                None => eprintln!("line {}: {} is not in the library", reference.line, reference.label),
            },
        }
    }
    let changed = library.set_opinions(profile, &opinions)?;
    let new = changed.iter().filter(|changed| **changed).count();
    println!("{profile}: {} matched, {new} of them new", opinions.len());
    Ok(())
}

/// The paper that a reference means: by arXiv id, else by DOI, else by a title that only one paper
/// has.
fn paper(library: &Library, reference: &Reference) -> relata::Result<Option<ArxivId>> {
    for id in &reference.ids {
        if library.row_of(id)?.is_some() {
            return Ok(Some(id.clone()));
        }
    }
    if let Some(doi) = &reference.doi
        && let Some(id) = library.with_doi(doi)?.into_iter().next()
    {
        return Ok(Some(id));
    }
    let Some(title) = &reference.title else { return Ok(None) };
    let mut found = library.with_title(title)?.into_iter();
    Ok(found.next().filter(|_| found.next().is_none()))
}
