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
//! | HTML | people, in a browser or an e-mail | `html` |
//! | e-mail (RFC 5322) | people, in what reads mail | [`letter`] |
//! | CSV (RFC 4180, with lines that end as they do everywhere else) | tables | here |
//!
//! Outputs are neutral: `neutral` cleans every text once for all forms, and each form escapes what
//! has a meaning in it. Digests are read again by `reader`, and references and tables by
//! `references`, which tests hold them to.

mod archive;
mod atom;
mod html;
mod jsonl;
mod latex;
pub mod letter;
pub(crate) mod markdown;
pub(crate) mod neutral;
pub(crate) mod palette;
mod references;

pub use archive::write_archive;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::library::{Annotations, Paper};
use crate::paper::Facet;
use crate::text::neutral::cell;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A page for a browser, in one file without scripts.
    Html,
    /// An e-mail, as text and as HTML.
    Eml,
}

impl Form {
    /// Every form. Tests of hostile texts run over all of them.
    pub const ALL: [Form; 10] = [
        Form::Text,
        Form::Json,
        Form::Markdown,
        Form::Jsonl,
        Form::Atom,
        Form::Bibtex,
        Form::Ris,
        Form::Csv,
        Form::Html,
        Form::Eml,
    ];
}

/// What a list is of.
#[derive(Clone, Debug)]
pub struct Heading<'a> {
    /// In words for people.
    pub title: String,
    /// The command that lists it, which tells feeds of the same name apart.
    pub command: &'a str,
    /// Whom or what it is for: a profile, ids, words. The same every day.
    pub name: &'a str,
}

/// A paper and why it was chosen.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// The paper.
    pub paper: &'a Paper,
    /// Its score, where it was compared with anything.
    pub score: Option<f64>,
    /// How well it answers, from 0 to 100, where that is known.
    pub matched: Option<f32>,
    /// What it says in a sentence or two, where anything tells.
    pub text: Option<&'a str>,
    /// Why, in words for people.
    pub why: String,
}

/// Writes papers, the best first, under a heading where a form has a place for one.
///
/// # Errors
/// What `out` reports. [`Form::Text`] and [`Form::Json`] are the command line's own, and nothing is
/// written for them.
///
/// ```
/// use relata::export::{Chosen, Form, Heading, write};
/// use relata::model::Settings;
/// use relata::service::{Options, Recommend, Relata};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let relata = Relata::new(Options::new("library.db", Settings::from_env()?));
/// let answer = relata.recommend(&Recommend::new().like(["2602.10611".parse()?]).k(3))?;
/// let chosen: Vec<Chosen<'_>> = answer
///     .results
///     .iter()
///     .map(|row| Chosen { paper: &row.paper, score: row.score, matched: row.matched, text: None, why: String::new() })
///     .collect();
/// let heading = Heading { title: "Related papers".to_owned(), command: "recommend", name: "2602.10611" };
/// let mut bibtex = Vec::new();
/// write(Form::Bibtex, &heading, &chosen, &mut bibtex)?;
/// assert_eq!(String::from_utf8(bibtex)?.matches("eprint").count(), 3);
/// # Ok(())
/// # }
/// ```
pub fn write(form: Form, heading: &Heading<'_>, chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    let clean: Vec<neutral::Clean> = chosen.iter().map(neutral::Clean::of).collect();
    let chosen: &[Chosen<'_>] = &clean.iter().map(neutral::Clean::chosen).collect::<Vec<_>>();
    let heading = &neutral::heading(heading);
    match form {
        Form::Text | Form::Json => Ok(()),
        Form::Markdown => markdown::write(chosen, out),
        Form::Jsonl => jsonl::write(chosen, out),
        Form::Atom => atom::write(heading, chosen, out),
        Form::Bibtex => references::bibtex(chosen, out),
        Form::Ris => references::ris(chosen, out),
        Form::Csv => csv(chosen, out),
        Form::Html => html::write(heading, chosen, out),
        Form::Eml => letter::write(heading, chosen, out),
    }
}

/// A table; where a paper is withdrawn, has tags, has a note or is read, last columns say which.
fn csv(chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let withdrawn = chosen.iter().any(|chosen| chosen.paper.withdrawn);
    let mut names = vec!["rank", "id", "title", "authors", "date", "categories", "url", "doi", "score", "why", "match"];
    names.extend(withdrawn.then_some("withdrawn"));
    let tagged = chosen.iter().any(|chosen| !chosen.paper.annotations.tags.is_empty());
    names.extend(tagged.then_some("tags"));
    let noted = chosen.iter().any(|chosen| chosen.paper.annotations.note.is_some());
    names.extend(noted.then_some("note"));
    let read = chosen.iter().any(|chosen| chosen.paper.annotations.read);
    names.extend(read.then_some("read"));
    table.write_record(names)?;
    for (rank, Chosen { paper, score, matched, why, .. }) in chosen.iter().enumerate() {
        let mut row = vec![
            (rank + 1).to_string(),
            paper.id.as_str().to_owned(),
            cell(paper.title.as_deref().unwrap_or_default()).into_owned(),
            cell(&paper.authors.join("; ")).into_owned(),
            paper.date.to_string(),
            cell(&paper.categories.join(" ")).into_owned(),
            paper.id.url(),
            cell(paper.doi.as_deref().unwrap_or_default()).into_owned(),
            score.map(|score| score.to_string()).unwrap_or_default(),
            cell(why).into_owned(),
            matched.map(|matched| format!("{matched:.1}")).unwrap_or_default(),
        ];
        row.extend(withdrawn.then(|| yes(paper.withdrawn).to_owned()));
        let own = &paper.annotations;
        row.extend(tagged.then(|| cell(&own.tags.join("; ")).into_owned()));
        row.extend(noted.then(|| cell(own.note.as_deref().unwrap_or_default()).into_owned()));
        row.extend(read.then(|| yes(own.read).to_owned()));
        table.write_record(row)?;
    }
    table.flush()
}

/// A mark in a cell of a table.
pub(crate) fn yes(marked: bool) -> &'static str {
    if marked { "yes" } else { "" }
}

/// What the user says of a paper, in words for people: `read · tags ice, snow · note Look at this`;
/// empty where nothing is said.
fn own_words(paper: &Paper) -> String {
    let Annotations { note, tags, read } = &paper.annotations;
    let read = read.then(|| "read".to_owned());
    let tags = (!tags.is_empty()).then(|| format!("tags {}", tags.join(", ")));
    let note = note.as_ref().map(|note| format!("note {note}"));
    [read, tags, note].into_iter().flatten().collect::<Vec<_>>().join(" \u{b7} ")
}

/// What digests add to a paper, in the language in which most of it is told; of several the first
/// by name.
pub(crate) fn facets(paper: &Paper) -> Vec<(Facet, &str)> {
    let mut by_language: BTreeMap<&str, Vec<(Facet, &str)>> = BTreeMap::new();
    for ((language, facet), text) in &paper.summaries {
        by_language.entry(language).or_default().push((*facet, text));
    }
    // Of equals `max_by_key` takes the last.
    by_language.into_values().rev().max_by_key(Vec::len).unwrap_or_default()
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
