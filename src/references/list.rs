//! Lists of arXiv ids, as people keep and paste them.
//!
//! In: lines with an id, a link or a DOI each, behind bullets or numbers, with other text after
//! it; or several ids on a line. Out: a reference for each id. Empty lines and comments (`#`, `%`,
//! `//`) are left out; a line without an id is reported, unless no line has one.

use std::collections::BTreeSet;

use super::fields::{Fields, doi};
use super::places::own_id;
use super::{Entries, Reference};
use crate::paper::{ArxivId, Skipped};
use crate::reader::excerpt;

/// How much of a line is shown in messages and as a label, in characters.
const SHOWN: usize = 200;

pub(super) fn read(text: &str, out: &mut Entries) {
    let mut found = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() || is_comment(content) {
            continue;
        }
        let ids = ids(content);
        for id in &ids {
            let label = if ids.len() > 1 { id.to_string() } else { excerpt(content, SHOWN) };
            found.push(Ok(Reference { line, label, ids: [id.clone()].into(), ..Reference::default() }));
        }
        if ids.is_empty() {
            found.push(lone_doi(line, content).ok_or_else(|| {
                let reason = format!("{:?} is no arXiv id", excerpt(content, SHOWN));
                // Written out, one sign may be several.
                Skipped { file: out.file.clone(), line, reason: excerpt(&reason, super::LONGEST_REASON) }
            }));
        }
    }
    if found.iter().any(Result::is_ok) {
        out.found = found;
    }
}

/// Whether a list begins here: the line begins with an id or a link to one.
pub(super) fn begins(line: &str) -> bool {
    !is_comment(line.trim()) && !leading(line).is_empty()
}

fn is_comment(line: &str) -> bool {
    line.starts_with(['#', '%']) || line.starts_with("//")
}

/// The ids of a line, each once: those that it begins with; else those that stand in it as
/// arXiv's; else the one that it ends with.
fn ids(line: &str) -> Vec<ArxivId> {
    let mut ids = leading(line);
    if ids.is_empty() {
        ids.extend(ArxivId::find_in(line).into_iter().map(|(id, _)| id));
    }
    if ids.is_empty() {
        ids.extend(words(line).last().and_then(own_id));
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

/// The ids that a line begins with.
fn leading(line: &str) -> Vec<ArxivId> {
    // "arXiv: 2401.00001" and "arXiv 2401.00001" part the two.
    let words = words(unmarked(line)).filter(|word| !word.eq_ignore_ascii_case("arxiv"));
    words.map_while(own_id).collect()
}

/// The words of a line and the cells of a table's row.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let parts = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
    line.split(parts).map(bare).filter(|word| !word.is_empty())
}

/// A word without the punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| {
        matches!(
            c,
            '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '\'' | '`' | '*' | '.' | ',' | ':' | '!' | '“' | '”'
        )
    })
}

/// A line without bullets, boxes to tick and numbers before it.
fn unmarked(line: &str) -> &str {
    let mut rest = line.trim();
    loop {
        let bullets = ['-', '*', '+', '•', '·', '–', '—', '◦', '▪', '‣', '○', '●', '>'];
        let next = rest.trim_start_matches(bullets).trim_start();
        let next = numbered(next).unwrap_or(next);
        if next.len() == rest.len() {
            return rest;
        }
        rest = next;
    }
}

/// What follows `1.`, `12)`, `(3)`, `[4]` or `[x]`.
fn numbered(line: &str) -> Option<&str> {
    let inside = line.strip_prefix(['(', '[']);
    let body = inside.unwrap_or(line);
    let length = body.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let tick = usize::from(inside.is_some() && length == 0 && body.starts_with(['x', 'X', ' ']));
    let rest = body[length + tick..].strip_prefix(if inside.is_some() { [')', ']'] } else { ['.', ')'] })?;
    let parted = rest.is_empty() || rest.starts_with(char::is_whitespace) || inside.is_some() && !rest.starts_with('(');
    (length + tick > 0 && length < 5 && parted).then(|| rest.trim_start())
}

/// A line that is a DOI or a link to one, and nothing else.
fn lone_doi(line: u64, content: &str) -> Option<Reference> {
    let content = bare(unmarked(content));
    let lower = content.to_ascii_lowercase();
    let prefixes = ["https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/", "doi:", "10."];
    let lone = !content.contains(char::is_whitespace) && prefixes.iter().any(|prefix| lower.starts_with(prefix));
    let doi = doi(content).filter(|_| lone)?;
    let mut fields = Fields::default();
    fields.add("doi", &doi);
    Some(fields.reference(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> String {
        ids(line).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_are_written_in_many_ways() {
        for line in [
            "2602.00007",
            "- 2602.00007v2",
            "* [ ] 2602.00007 to read",
            "12. arXiv:2602.00007, on snow",
            "[3] 2602.00007",
            "(4) https://arxiv.org/abs/2602.00007",
            "• <https://arxiv.org/pdf/2602.00007v1>",
            "[On Snow](https://arxiv.org/abs/2602.00007)",
            "[2602.00007](https://arxiv.org/abs/2602.00007)",
            "On Snow, 2602.00007",
            "| On Snow | 2602.00007 |",
            "On Snow (arXiv:2602.00007)",
            "2602.00007\ton snow, extends 2602.00008",
            "\"2602.00007\",on snow",
        ] {
            assert_eq!(found(line), "2602.00007", "{line}");
        }
        assert_eq!(found("2602.00007, 2602.00008; hep-th/9901001"), "2602.00007 2602.00008 hep-th/9901001");
        assert_eq!(found("on 2602.00007 and more"), "");
    }

    #[test]
    fn lists_begin_with_ids() {
        assert!(begins("1. 2602.00007 on snow"));
        assert!(!begins("# 2602.00007"));
        assert!(!begins("@article{a, eprint={2602.00007}}"));
        assert!(!begins("Title,DOI"));
    }
}
