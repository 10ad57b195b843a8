//! Files of reference managers: what somebody has collected elsewhere.
//!
//! In: BibTeX, RIS, CSL-JSON or CSV as Zotero and others export them, a profile as
//! `relata profile export` writes it, or a list of ids. Out: for each entry what a paper can be
//! known by: arXiv id, DOI, title. The formats are told apart by content. Each entry is parsed by
//! itself, so one that cannot be read is reported with its line and costs no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use biblib::csv::CsvParser;
use biblib::{BibParser, Citation, CitationParser, RisParser};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, ReadingError, Result};
use crate::paper::ArxivId;
use crate::paper::Skipped;
use crate::text::neutral::of_cell;

/// An entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Where it begins, from 1.
    pub line: u64,
    /// What it calls itself: a key or its title.
    pub label: String,
    /// Ids that it names as its own.
    pub ids: BTreeSet<ArxivId>,
    /// Its DOI, without an address before it.
    pub doi: Option<String>,
    /// Its title, plain.
    pub title: Option<String>,
    /// Whether its owner does not like it; only profiles say so.
    pub disliked: bool,
    /// The profile that it was exported from: that names papers by id, whether or not a library has
    /// them.
    pub profile: Option<String>,
}

/// Reads a file.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, [`ReadingError::ReferencesUnknown`] where it is in none
/// of the forms. Entries that cannot be read are among the results.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("glaciers.bib");
/// # /*
/// let file = "glaciers.bib";
/// # */
/// std::fs::write(&file, "@article{slow, title = {Slow glaciers}, eprint = {2601.00001}, archiveprefix = {arXiv}}")?;
/// for reference in relata::references::read(file.as_ref())?.into_iter().flatten() {
///     assert!(reference.ids.contains(&"2601.00001".parse()?));
/// }
/// # Ok(())
/// # }
/// ```
pub fn read(path: &Path) -> Result<Vec<std::result::Result<Reference, Skipped>>> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let file = path.display().to_string();
    let begin = text.trim_start();
    let first = begin.lines().next().unwrap_or_default();
    let found = if begin.starts_with(['[', '{']) {
        json(begin, &file).or_else(|| ids(text, &file))
    } else if first.starts_with("TY  -") {
        Some(parsed(pieces(text, |line| line.starts_with("TY  -")), &RisParser::new(), "", &file))
    } else if text.lines().any(|line| line.trim_start().starts_with('@')) {
        let all = pieces(text, |line| line.trim_start().starts_with('@'));
        // Abbreviations are for all entries.
        let is = |piece: &(u64, String), kind: &str| {
            piece.1.trim_start().get(1..kind.len() + 1).is_some_and(|word| word.eq_ignore_ascii_case(kind))
        };
        let (strings, entries): (Vec<_>, Vec<_>) = all.into_iter().partition(|piece| is(piece, "string"));
        let entries = entries.into_iter().filter(|piece| !is(piece, "comment") && !is(piece, "preamble")).collect();
        let strings: String = strings.into_iter().map(|(_, text)| text).collect();
        Some(parsed(entries, &BibParser::new(), &strings, &file))
    } else if first.contains(',') && first.to_lowercase().contains("title") {
        Some(table(begin, &file))
    } else {
        ids(text, &file)
    };
    found.ok_or(Error::from(ReadingError::ReferencesUnknown { path: path.to_owned() }))
}

/// The parts of a text that begin with such a line, each with its number.
fn pieces(text: &str, begins: impl Fn(&str) -> bool) -> Vec<(u64, String)> {
    let mut pieces: Vec<(u64, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if begins(line) {
            pieces.push((number as u64 + 1, String::new()));
        }
        if let Some((_, piece)) = pieces.last_mut() {
            piece.push_str(line);
            piece.push('\n');
        }
    }
    pieces
}

fn parsed(
    pieces: Vec<(u64, String)>,
    parser: &dyn CitationParser,
    before: &str,
    file: &str,
) -> Vec<std::result::Result<Reference, Skipped>> {
    let mut found = Vec::with_capacity(pieces.len());
    for (line, piece) in pieces {
        let skipped = |reason: String| Err(Skipped { file: file.to_owned(), line, reason });
        match parser.parse(&format!("{before}{piece}")) {
            Err(why) => found.push(skipped(format!("this entry cannot be read: {}", why.error))),
            Ok(citations) if citations.is_empty() => found.push(skipped("this entry holds nothing".to_owned())),
            Ok(citations) => found.extend(citations.into_iter().map(|citation| Ok(reference(line, citation)))),
        }
    }
    found
}

/// Lines of a table are parsed together, as a field may hold line breaks; its numbers count
/// entries.
fn table(text: &str, file: &str) -> Vec<std::result::Result<Reference, Skipped>> {
    match CsvParser::new().parse(text) {
        Ok(citations) => {
            (2..).zip(citations).map(|(line, citation)| Ok(reference(line, citation))).map(of_cells).collect()
        }
        Err(why) => {
            let line = why.line.unwrap_or(1) as u64;
            vec![Err(Skipped {
                file: file.to_owned(),
                line,
                reason: format!("this table cannot be read: {}", why.error),
            })]
        }
    }
}

/// Without the apostrophes that keep spreadsheets from computing a cell.
fn of_cells(read: std::result::Result<Reference, Skipped>) -> std::result::Result<Reference, Skipped> {
    let plain = |text: String| of_cell(&text).into_owned();
    read.map(|read| Reference { title: read.title.map(plain), label: of_cell(&read.label).into_owned(), ..read })
}

fn reference(line: u64, citation: Citation) -> Reference {
    let extra = |name: &str| {
        let named = citation.extra_fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.flat_map(|(_, values)| values.iter().map(String::as_str)).collect::<Vec<_>>()
    };
    let mut reference = Reference { line, doi: citation.doi.as_deref().and_then(doi), ..Reference::default() };
    let bare = ["eprint", "arxivid", "arxiv"].iter().flat_map(|name| extra(name));
    reference.ids.extend(bare.chain(citation.accession_number.as_deref()).filter_map(own_id));
    let texts = citation.urls.iter().chain(&citation.doi).chain(&citation.journal).map(String::as_str);
    // A note or an abstract may speak of other papers: only what says "arXiv" of itself in the
    // places for that.
    let places =
        ["url", "doi", "number", "m1", "journal", "howpublished", "report number", "extra", "archiveid", "an", "c1"];
    texts.chain(places.iter().flat_map(|name| extra(name))).for_each(|text| reference.ids.extend(ids_in(text)));
    let title = plain(&citation.title);
    reference.label = title.clone();
    reference.title = Some(title).filter(|title| !title.is_empty());
    reference
}

/// Without the braces that keep capitals in BibTeX.
fn plain(title: &str) -> String {
    title.replace(['{', '}'], "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A DOI without its address; arXiv's own are ids and no DOIs of articles.
fn doi(text: &str) -> Option<String> {
    let at = text.find("10.")?;
    let doi = text[at..].trim();
    let own = doi.to_lowercase().starts_with("10.48550/");
    (!own && doi.contains('/')).then(|| doi.to_owned())
}

/// A text that is an id and nothing else.
fn own_id(text: &str) -> Option<ArxivId> {
    ArxivId::parse(text.trim()).map(|(id, _)| id)
}

/// Ids that stand in a text as arXiv's: `arXiv:2401.00001`, an address at arxiv.org, a DOI of
/// arXiv's.
fn ids_in(text: &str) -> Vec<ArxivId> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '[' | ']')).collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        // By ASCII alone, which leaves places in the word where they are: `İ` in lower case is
        // longer.
        let lower = word.to_ascii_lowercase();
        let Some(start) = lower.find("arxiv") else { continue };
        let rest = word[start + "arxiv".len()..].trim_start_matches(['.', ':', '/']);
        // "arXiv: 2401.00001" and "arXiv 2401.00001" part the two.
        let next = if rest.is_empty() { words.get(at + 1).copied().unwrap_or_default() } else { rest };
        found.extend(own_id(word).or_else(|| own_id(next.trim_end_matches(['.', '/']))));
    }
    found
}

/// An entry of CSL-JSON, as far as it matters here.
#[derive(Deserialize)]
struct CslItem {
    id: Option<Value>,
    title: Option<String>,
    #[serde(rename = "DOI")]
    doi: Option<String>,
    #[serde(rename = "URL")]
    url: Option<String>,
    number: Option<Value>,
    note: Option<String>,
    #[serde(rename = "container-title")]
    container: Option<String>,
    archive_location: Option<String>,
    archive: Option<String>,
}

/// A profile as it is exported.
#[derive(Deserialize)]
struct Exported {
    #[serde(default)]
    profile: String,
    like: Vec<String>,
    #[serde(default)]
    unlike: Vec<String>,
}

/// `None` where it is JSON of another kind, or none.
fn json(text: &str, file: &str) -> Option<Vec<std::result::Result<Reference, Skipped>>> {
    let skipped = |line: u64, reason: String| Err(Skipped { file: file.to_owned(), line, reason });
    if let Ok(Exported { profile, like, unlike }) = serde_json::from_str(text) {
        let all = like.into_iter().map(|id| (id, false)).chain(unlike.into_iter().map(|id| (id, true)));
        let entry = |(at, (text, disliked)): (usize, (String, bool))| match own_id(&text) {
            Some(id) => Ok(Reference {
                line: 1,
                label: text,
                ids: [id].into(),
                disliked,
                profile: Some(profile.clone()),
                ..Reference::default()
            }),
            None => skipped(1, format!("entry {} is no arXiv id: {text:?}", at + 1)),
        };
        return Some(all.enumerate().map(entry).collect());
    }
    let items: Vec<Value> = match serde_json::from_str(text) {
        Ok(items) => items,
        Err(why) if text.starts_with('[') => {
            return Some(vec![skipped(why.line() as u64, format!("not valid JSON: {why}"))]);
        }
        Err(_) => return None,
    };
    let entry = |(at, item): (usize, Value)| match serde_json::from_value::<CslItem>(item) {
        Ok(item) => Ok(csl(item)),
        Err(why) => skipped(1, format!("entry {} cannot be read: {why}", at + 1)),
    };
    Some(items.into_iter().enumerate().map(entry).collect())
}

fn csl(item: CslItem) -> Reference {
    let text = |value: Option<Value>| value.map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
    let title = item.title.as_deref().map(plain).filter(|title| !title.is_empty());
    let label = title.clone().or_else(|| text(item.id)).unwrap_or_default();
    let mut reference =
        Reference { line: 1, label, doi: item.doi.as_deref().and_then(doi), title, ..Reference::default() };
    if item.archive.as_deref().is_some_and(|archive| archive.eq_ignore_ascii_case("arxiv")) {
        reference.ids.extend(item.archive_location.as_deref().and_then(own_id));
    }
    let places = [text(item.number), item.url, item.doi, item.container, item.archive_location, item.note];
    places.iter().flatten().for_each(|place| reference.ids.extend(ids_in(place)));
    reference
}

/// One id a line; `None` where no line is one.
fn ids(text: &str, file: &str) -> Option<Vec<std::result::Result<Reference, Skipped>>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let read: Vec<_> = lines
        .map(|(number, line)| {
            let line_number = number as u64 + 1;
            match own_id(line) {
                Some(id) => Ok(Reference {
                    line: line_number,
                    label: line.trim().to_owned(),
                    ids: [id].into(),
                    ..Reference::default()
                }),
                None => {
                    let reason = format!("{:?} is no arXiv id", line.trim());
                    Err(Skipped { file: file.to_owned(), line: line_number, reason })
                }
            }
        })
        .collect();
    read.iter().any(std::result::Result::is_ok).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Vec<std::result::Result<Reference, Skipped>> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("written");
        read(file.path()).expect("a known form")
    }

    /// Line, ids, DOI and title of each entry, or the line and cause of one that cannot be read.
    fn told(text: &str) -> Vec<String> {
        let entry = |entry: std::result::Result<Reference, Skipped>| match entry {
            Ok(Reference { line, ids, doi, title, disliked, .. }) => {
                let ids: Vec<&str> = ids.iter().map(ArxivId::as_str).collect();
                let unlike = if disliked { " unlike" } else { "" };
                let (doi, title) = (doi.unwrap_or_default(), title.unwrap_or_default());
                format!("{line}|{}|{doi}|{title}{unlike}", ids.join(" "))
            }
            Err(skipped) => format!("{}: {}", skipped.line, skipped.reason),
        };
        read_text(text).into_iter().map(entry).collect()
    }

    #[test]
    fn letters_that_grow_in_lower_case_move_nothing() {
        let text = "@misc{a, title={Ice}, howpublished={\u{130}arxiv}}\n@misc{b, title={Snow}, howpublished={\u{130}arXiv:2601.00001}}\n";
        assert_eq!(told(text), ["1|||Ice", "2|2601.00001||Snow"]);
    }

    #[test]
    fn bibtex_names_papers_in_many_ways() {
        let text = "% written by hand\n\
            @string{acm = \"ACM\"}\n\
            @article{one,\n  title = {{Slow} Glaciers},\n  eprint = {2601.00001},\n  archivePrefix = {arXiv},\n}\n\n\
            @misc{two, title={Bridges}, howpublished={arXiv:2601.00002v3 [cs.LG]}, publisher = acm}\n\
            @article{three, title={Violins}, doi={https://doi.org/10.1000/xyz.1}, url={http://arxiv.org/abs/2601.00003}}\n\
            @online{four, title={Enzymes}, doi={10.48550/arXiv.2601.00004}}\n\
            @article{five, title={Auctions}, journal={arXiv preprint arXiv:2601.00005}}\n\
            @comment{not an entry}\n";
        assert_eq!(
            told(text),
            [
                "3|2601.00001||Slow Glaciers",
                "9|2601.00002||Bridges",
                "10|2601.00003|10.1000/xyz.1|Violins",
                "11|2601.00004||Enzymes",
                "12|2601.00005||Auctions",
            ]
        );
    }

    #[test]
    fn a_bad_entry_is_named_and_costs_no_other() {
        let text = "@article{one, title={Slow glaciers}}\n@article{two, title={Never closed\n\n@article{three, title={Violins}}\n";
        let told = told(text);
        assert_eq!((told.len(), told[0].as_str(), told[2].as_str()), (3, "1|||Slow glaciers", "4|||Violins"));
        assert!(told[1].starts_with("2: this entry cannot be read: "), "{}", told[1]);
    }

    #[test]
    fn ris_csl_json_and_tables_are_read() {
        let ris = "TY  - JOUR\nTI  - Slow glaciers\nUR  - https://arxiv.org/abs/2601.00001v2\nER  - \n\n\
                   TY  - JOUR\nTI  - Bridges\nDO  - 10.1000/xyz.2\nER  - \n";
        assert_eq!(told(ris), ["1|2601.00001||Slow glaciers", "6||10.1000/xyz.2|Bridges"]);
        let csl = r#"[{"id": "a", "title": "Slow glaciers", "number": "arXiv:2601.00001"},
            {"id": "b", "title": "Bridges", "DOI": "10.1000/xyz.2", "note": "arXiv: hep-th/9901001 [hep-th]"}, {"title": 3}]"#;
        let csl = told(csl);
        assert_eq!(csl[..2], ["1|2601.00001||Slow glaciers", "1|hep-th/9901001|10.1000/xyz.2|Bridges"]);
        assert!(csl[2].starts_with("1: entry 3 cannot be read"), "{}", csl[2]);
        let table = "\"Key\",\"Title\",\"DOI\",\"Url\",\"Extra\"\n\
            \"A\",\"Slow glaciers\",\"\",\"http://arxiv.org/abs/2601.00001\",\"arXiv:2601.00001 [cs]\"\n\
            \"B\",\"Bridges\",\"10.1000/xyz.2\",\"\",\"\"\n";
        assert_eq!(told(table), ["2|2601.00001||Slow glaciers", "3||10.1000/xyz.2|Bridges"]);
    }

    #[test]
    fn profiles_and_lists_of_ids_are_read() {
        let exported = r#"{"profile": "x", "like": ["2601.00001"], "unlike": ["2601.00002", "nothing"]}"#;
        assert_eq!(
            told(exported),
            ["1|2601.00001||", "1|2601.00002|| unlike", "1: entry 3 is no arXiv id: \"nothing\""]
        );
        assert_eq!(told(r#"{"like": ["2601.00001"]}"#), ["1|2601.00001||"]);
        let list = "# mine\n2601.00001\n\nhttps://arxiv.org/abs/2601.00002v1\nsomething\n";
        assert_eq!(told(list), ["2|2601.00001||", "4|2601.00002||", "5: \"something\" is no arXiv id"]);
    }

    #[test]
    fn what_is_no_collection_of_references_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        for text in ["", "Dear reader,\n", "{\"a\": 1}", "\u{0}\u{1}"] {
            fs::write(file.path(), text).expect("written");
            let refused = read(file.path()).expect_err(text).to_string();
            assert!(refused.contains("BibTeX"), "{refused}");
        }
    }
}
