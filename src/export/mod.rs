//! Chosen papers in the forms that other programs read.
//!
//! In: papers, the best first, with why each was chosen. Out: text.
//!
//! | form | for | module |
//! | --- | --- | --- |
//! | Markdown, as the daily digests are | people, and whatever reads digests | `markdown` |
//! | JSON lines, as the enhanced digests are | the same | `jsonl` |
//! | Atom (RFC 4287) | feed readers | `atom` |
//! | BibTeX, RIS | reference managers | `references` |
//! | CSV (RFC 4180, with lines that end as they do everywhere else) | tables | here |
//!
//! What is written is read again by `reader` (digests) and by `references` (the other three), which tests hold it to.

mod atom;
mod jsonl;
pub(crate) mod markdown;
mod references;

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::ValueEnum;

use crate::library::Paper;
use crate::paper::Facet;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Lines for a terminal.
    Text,
    /// One JSON object, as --json.
    Json,
    /// A digest page.
    Markdown,
    /// A digest's JSON lines.
    Jsonl,
    /// A feed.
    Atom,
    /// BibTeX entries.
    Bibtex,
    /// RIS entries.
    Ris,
    /// A table with a header.
    Csv,
}

/// A paper and why it was chosen.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// The paper.
    pub paper: &'a Paper,
    /// Its score.
    pub score: f64,
    /// Why, in words for people.
    pub why: String,
}

/// Writes papers, the best first. `profile` names whom they are for where a form has a place for that.
///
/// # Errors
/// What `out` reports. [`Form::Text`] and [`Form::Json`] are the command line's own, and nothing is written for them.
pub fn write(form: Form, profile: &str, chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    match form {
        Form::Text | Form::Json => Ok(()),
        Form::Markdown => markdown::write(chosen, out),
        Form::Jsonl => jsonl::write(chosen, out),
        Form::Atom => atom::write(profile, chosen, out),
        Form::Bibtex => references::bibtex(chosen, out),
        Form::Ris => references::ris(chosen, out),
        Form::Csv => csv(chosen, out),
    }
}

fn csv(chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["rank", "id", "title", "authors", "date", "categories", "url", "doi", "score", "why"])?;
    for (rank, Chosen { paper, score, why }) in chosen.iter().enumerate() {
        table.write_record([
            &(rank + 1).to_string(),
            paper.id.as_str(),
            paper.title.as_deref().unwrap_or_default(),
            &paper.authors.join("; "),
            &paper.date.to_string(),
            &paper.categories.join(" "),
            &paper.id.url(),
            paper.doi.as_deref().unwrap_or_default(),
            &score.to_string(),
            why,
        ])?;
    }
    table.flush()
}

/// What digests add to a paper, in the language in which most of it is told; of several the first by name.
pub(crate) fn facets(paper: &Paper) -> Vec<(Facet, &str)> {
    let mut by_language: BTreeMap<&str, Vec<(Facet, &str)>> = BTreeMap::new();
    for ((language, facet), text) in &paper.summaries {
        by_language.entry(language).or_default().push((*facet, text));
    }
    // Of equals `max_by_key` takes the last.
    by_language.into_values().rev().max_by_key(Vec::len).unwrap_or_default()
}

#[cfg(test)]
mod tests;
