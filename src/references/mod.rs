//! Files of reference managers: what somebody has collected elsewhere.
//!
//! In: a file, gzip or standard input, in any encoding. Out: for each entry what a paper can be
//! known by: arXiv id, DOI, title. `sniff` tells the format by content, `decode` the encoding. One
//! file a format:
//!
//! | format | module |
//! | --- | --- |
//! | BibTeX and BibLaTeX | `bibtex`, with `braces` and `repair` |
//! | RIS | `ris` |
//! | PubMed's NBIB, EndNote's tagged form (`.enw`), Web of Science's plain text | `tagged` |
//! | CSV and TSV with a header | `table` |
//! | CSL-JSON, Better BibTeX JSON, Zotero's API, an exported profile | `json`, with `elements` |
//! | CSL YAML | `yaml` |
//! | EndNote XML, Zotero RDF, MODS | `xml` |
//! | lists of ids, links and DOIs, one a line | `list` |
//!
//! Every format gives its fields by name to `fields`, which knows what each name means and makes
//! the [`Reference`], with `places` (ids within texts) and `title` (LaTeX and HTML). An entry that
//! cannot be read is reported with its line and costs no other. Time and memory are linear in the
//! input.

mod bibtex;
mod braces;
mod bytes;
mod decode;
mod elements;
mod fields;
mod json;
mod list;
mod places;
mod repair;
mod ris;
mod sniff;
mod table;
mod tagged;
mod title;
mod xml;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;

pub use decode::Encoding;

use crate::error::{ReadingError, Result};
use crate::paper::{ArxivId, Follows, LikeWeight, Skipped};
use crate::reader::excerpt;
use fields::Fields;
use sniff::Format;

/// The longest cause that is reported, in characters.
const LONGEST_REASON: usize = 300;

/// An entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Where it begins, from 1.
    pub line: u64,
    /// What it calls itself: its title or a key, at most 200 characters.
    pub label: String,
    /// Ids that it names as its own.
    pub ids: BTreeSet<ArxivId>,
    /// Its DOI, without an address before it.
    pub doi: Option<String>,
    /// Its title, without markup.
    pub title: Option<String>,
    /// Its abstract, without markup.
    pub abstract_text: Option<String>,
    /// Its authors in order, first names first.
    pub authors: Vec<String>,
    /// The day on which somebody collected it.
    pub added: Option<Date>,
    /// The collection that an exported profile names for it.
    pub collection: Option<String>,
    /// The interest to which an exported profile counts it.
    pub interest: Option<i64>,
    /// How much it counts by an exported profile.
    pub weight: Option<LikeWeight>,
    /// Whether its owner does not like it; only profiles say so.
    pub disliked: bool,
    /// The profile that it was exported from: that names papers by id, whether or not a library
    /// has them.
    pub profile: Option<String>,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Its entries in order, those that cannot be read among them.
    pub entries: Vec<std::result::Result<Reference, Skipped>>,
    /// The profile, where it is an exported one; of several the first.
    pub exported: Option<ExportedProfile>,
    /// How its bytes were read, where they are not UTF-8.
    pub encoding: Option<Encoding>,
}

/// What an exported profile says beside the papers that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportedProfile {
    /// Its name; empty where none is told.
    pub profile: String,
    /// What it follows; nothing in those of earlier versions.
    pub follow: Follows,
}

/// Reads a file, as it is or as gzip; `-` is standard input.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) where it cannot be read, [`ReadingError::ReferencesUnknown`]
/// where it is in none of the formats. Entries that cannot be read are among the results.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("glaciers.bib");
/// # /*
/// let file = "glaciers.bib";
/// # */
/// std::fs::write(&file, "@article{slow, title = {Slow glaciers}, eprint = {2601.00001}, archiveprefix = {arXiv}}")?;
/// for reference in relata::references::read(file.as_ref())?.entries.into_iter().flatten() {
///     assert!(reference.ids.contains(&"2601.00001".parse()?));
/// }
/// # Ok(())
/// # }
/// ```
pub fn read(path: &Path) -> Result<References> {
    let bytes = bytes::read(path)?;
    let mut found = read_bytes(path, &bytes.content)?;
    if let Some(reason) = bytes.broken {
        found.entries.push(Err(Skipped { file: path.display().to_string(), line: 0, reason }));
    }
    Ok(found)
}

/// Reads the content of a file, which `path` names in messages.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(path: &Path, bytes: &[u8]) -> Result<References> {
    let decoded = decode::decode(bytes);
    let mut out = Entries { file: path.display().to_string(), found: Vec::new(), exported: None };
    let text = decoded.text.as_str();
    match sniff::format(text) {
        Format::Bibtex => bibtex::read(text, &mut out),
        Format::Ris => ris::read(text, &mut out),
        Format::Tagged(dialect) => tagged::read(text, dialect, &mut out),
        Format::Table(header) => table::read(text, &header, &mut out),
        Format::Json => json::read(text, &mut out),
        Format::Yaml => yaml::read(text, &mut out),
        Format::Xml => xml::read(text, &mut out),
        Format::List => list::read(text, &mut out),
    }
    let empty = out.exported.as_ref().is_none_or(|exported| exported.follow.is_empty());
    if out.found.is_empty() && empty {
        return Err(ReadingError::ReferencesUnknown { path: path.to_owned() }.into());
    }
    Ok(References { entries: out.found, exported: out.exported, encoding: decoded.encoding })
}

/// What an item of Zotero's API says of its work; `None` for notes and attachments, and for what
/// cannot be read.
pub(crate) fn of_item(item: &serde_json::Map<String, serde_json::Value>) -> Option<Reference> {
    json::fields(item).ok().flatten().map(|fields| fields.reference(0))
}

/// The entries of a file while it is read.
struct Entries {
    file: String,
    found: Vec<std::result::Result<Reference, Skipped>>,
    exported: Option<ExportedProfile>,
}

impl Entries {
    /// Keeps what an entry that begins at `line` says.
    fn keep(&mut self, line: u64, fields: &Fields) {
        self.found.push(Ok(fields.reference(line)));
    }

    /// Reports an entry that cannot be read.
    fn skip(&mut self, line: u64, reason: impl AsRef<str>) {
        let reason = excerpt(reason.as_ref(), LONGEST_REASON);
        self.found.push(Err(Skipped { file: self.file.clone(), line, reason }));
    }
}

/// Numbers of lines, for places in a text that are asked for in ascending order.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> LineCounter<'a> {
        LineCounter { text, at: 0, line: 1 }
    }

    /// The line of a byte, from 1; of one before the last that was asked for, the last one's.
    fn line(&mut self, at: usize) -> u64 {
        let at = at.min(self.text.len());
        if at > self.at {
            let between = &self.text.as_bytes()[self.at..at];
            self.line += between.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.at = at;
        }
        self.line
    }
}
