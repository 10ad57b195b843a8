//! The format of a file, told by its content.
//!
//! In: the first 256 KiB. Out: the format, or in words what the file looks like instead. Names of
//! files say nothing: digests are renamed, packed and piped.

use super::archive;
use super::blocks;
use super::feed;
use super::front;
use super::heading::{after_number, entry_heading, section};
use super::html;
use super::keys::{self, Field};
use super::labels::{self, Mark, label};
use super::mail;
use super::report::Format;
use super::table;
use crate::paper::ArxivId;

/// Lines looked at for a record, should the first ones be broken.
const LINES_TRIED: usize = 64;

/// The format, or what the beginning looks like.
pub(super) fn format(head: &[u8]) -> Result<Format, String> {
    if let Some(kind) = packed(head) {
        return Err(kind.to_owned());
    }
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{1e}'));
    if text.is_empty() {
        return Ok(Format::Empty);
    }
    let text = front::body(text);
    // One NUL does not make a digest binary: formats come first.
    let found = if json_begins(text) { json(text) } else { lines(text) };
    found.ok_or_else(|| if head.contains(&0) { "binary data".to_owned() } else { other(text).to_owned() })
}

/// Formats of lines, those with the surest signs first.
fn lines(text: &str) -> Option<Format> {
    if let Some(format) = feed::format(text) {
        return Some(format);
    }
    if html::is_page(text) {
        return Some(Format::Html);
    }
    if table::shape(text).is_some() {
        return Some(Format::Table);
    }
    if text
        .lines()
        .zip(text.lines().skip(1))
        .any(|(line, next)| line.trim_end() == "\\\\" && mail::begins(next).is_some())
    {
        return Some(Format::Mail);
    }
    let other = || blocks::is_blocks(text).then_some(Format::Blocks);
    markdown(text).or_else(|| json(text)).or_else(other)
}

/// An object, or an array of objects.
fn json_begins(text: &str) -> bool {
    let list = text
        .strip_prefix(['[', '('])
        .is_some_and(|rest| rest.trim_start_matches(['[', ' ', '\r', '\n', '\t']).starts_with('{'));
    text.starts_with('{') || list
}

fn json(text: &str) -> Option<Format> {
    if is_keyed(text) {
        return Some(Format::KeyedJson);
    }
    if json_begins(text) && describes_papers(text) {
        return Some(Format::JsonLines);
    }
    let lines = text.lines().flat_map(|line| line.split('\r')).filter(|line| !line.trim().is_empty());
    lines.take(LINES_TRIED).any(is_record).then_some(Format::JsonLines)
}

/// Somewhere stand a key that names a paper and one that describes it, whatever is around them.
fn describes_papers(text: &str) -> bool {
    let (mut named, mut described) = (false, false);
    for key in
        text.split(['{', ',', '\n', '(']).map(|part| part.trim_start_matches(|c: char| c.is_whitespace() || c == '['))
    {
        let quote = key.chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some((name, after)) = quote.and_then(|quote| key[1..].split_once(quote)) else { continue };
        if !after.trim_start().starts_with(':') {
            continue;
        }
        match keys::field(name).map(|(field, _)| field) {
            Some(Field::Id | Field::Link | Field::Doi) => named = true,
            Some(Field::Title | Field::Abstract | Field::InvertedAbstract | Field::Authors) => described = true,
            _ if ArxivId::parse(name).is_some() => {
                // Rows of a table by their ids (cv-arxiv-daily).
                let value = after.trim_start().trim_start_matches(':').trim_start();
                if value.starts_with(['"', '\'']) && value[1..].trim_start().starts_with('|') {
                    return true;
                }
                named = true;
            }
            _ => {}
        }
        if named && described {
            return true;
        }
    }
    false
}

/// The first key is an identifier and holds an object.
fn is_keyed(text: &str) -> bool {
    let first = text.strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix('"'));
    first.and_then(|rest| rest.split_once('"')).is_some_and(|(key, rest)| {
        let value = rest.trim_start().strip_prefix(':').map(str::trim_start);
        ArxivId::parse(key).is_some() && value.is_some_and(|value| value.starts_with('{'))
    })
}

/// A line that would be a paper, were it whole: it may be broken, or longer than what was read.
fn is_record(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let named = ["\"id\"", "\"url\"", "\"abs\""].iter().any(|key| line.contains(key));
    let described = ["\"title\"", "\"abstract\"", "\"authors\"", "\"summary\""].iter().any(|key| line.contains(key));
    line.starts_with('{') && named && described
}

/// What single lines say; a digest shows itself within a few of them.
fn markdown(text: &str) -> Option<Format> {
    let (mut listed, mut page_title, mut numbered) = (false, false, false);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim_end();
        if is_digest_line(line) {
            return Some(Format::Digest);
        }
        if numbered && line.starts_with("Authors:") {
            return Some(Format::Digest);
        }
        numbered = line.starts_with('[') && after_number(line).is_some();
        if let Some(label) = label(line).filter(|label| label.mark == Mark::Marked) {
            let bullet = line.starts_with("- ");
            listed |= bullet && label.field == labels::Field::Authors;
            if bullet && label.field == labels::Field::Id && (listed || holds_id(label.value)) {
                return Some(Format::List);
            }
            if page_title && label.field == labels::Field::Categories && line.starts_with("**arXiv categories") {
                return Some(Format::Page);
            }
        }
        listed |= line.starts_with("- **[") && line.contains("](http") && line.contains("arxiv.org/");
        page_title |= at < 8 && line.starts_with("# ");
        if page_title && line.starts_with("[arXiv abstract page](") {
            return Some(Format::Page);
        }
    }
    listed.then_some(Format::List)
}

fn is_digest_line(line: &str) -> bool {
    // Digests without papers have nothing but one of these.
    let signs = [
        "<div id=toc></div>",
        "<div id='toc'></div>",
        "<a id='toc'></a>",
        "### 今日没有找到新论文",
        "## 今日总计:",
        "## Total Papers Today:",
    ];
    if signs.iter().any(|sign| line.starts_with(sign)) {
        return true;
    }
    if line.starts_with('#') && line.contains("[[Back]](#toc)") && section(line).is_some() {
        return true;
    }
    entry_heading(line)
        .is_some_and(|heading| ArxivId::parse(heading.target).is_some() || heading.target.contains("arxiv.org/"))
}

fn holds_id(text: &str) -> bool {
    let target = super::heading::linked(text).map_or(text, |(_, target)| target);
    ArxivId::parse(target).is_some()
}

/// What a beginning is, where it is not even plain text.
pub(super) fn no_text(head: &[u8]) -> Option<&'static str> {
    packed(head).or_else(|| head.contains(&0).then_some("binary data"))
}

fn packed(head: &[u8]) -> Option<&'static str> {
    let magic: [(&[u8], &str); 8] = [
        (b"%PDF", "a PDF"),
        (b"PK\x03\x04", "a ZIP archive; unpack it first"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\x1f\x8b", "a gzip file within three others; unpack it first"),
        (b"PAR1", "a Parquet file"),
        (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
        (b"Rar!", "a RAR archive; unpack it first"),
        (b"\xd0\xcf\x11\xe0", "an Office file; save it as CSV"),
    ];
    let found = magic.iter().find(|(start, _)| head.starts_with(start)).map(|(_, name)| *name);
    found.or_else(|| archive::is_tar(head).then_some("a tar archive; unpack it first"))
}

fn other(text: &str) -> &'static str {
    let start: String = text.chars().take(256).collect::<String>().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "an HTML page without papers"
    } else if start.starts_with("<?xml") || start.starts_with("<feed") || start.starts_with("<rss") {
        "an XML file or feed without papers of arXiv"
    } else if start.starts_with('{') {
        "JSON without papers"
    } else if start.starts_with('[') && start.contains('{') {
        "a JSON array without papers"
    } else if start.starts_with('@') && start.contains('{') {
        "BibTeX"
    } else if text
        .lines()
        .take(200)
        .any(|line| line.starts_with("# ") || line.starts_with("## ") || line.starts_with("### "))
    {
        "Markdown without any paper"
    } else {
        "plain text"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        for (text, expected) in [
            ("\u{feff}<div id=toc></div>\n\n# Table of Contents\n", Format::Digest),
            ("# AI-Enhanced arXiv Daily 2026-02-14\n\n### 今日没有找到新论文。", Format::Digest),
            ("### [A](https://arxiv.org/abs/2602.10611)\n", Format::Digest),
            ("\r\n# cs.LG [[Back]](#toc)\r\n", Format::Digest),
            ("[1] A Lake\nAuthors: A. Quill | Main Category: N/A | Paper Link\n", Format::Digest),
            ("### 1. A\n\n- **作者:** A\n- **ID:** 2024.01001\n", Format::List),
            ("# Radar\n- **[A](http://arxiv.org/abs/2602.10611v1)** (cs.RO, 3/10): x\n", Format::List),
            ("# A\n\n**Authors:** B\n\nText.\n\n---\n\n**arXiv categories:** cs.LG\n", Format::Page),
            ("{\"id\": \"2602.10611\", \"title\": \"A\"}\n", Format::JsonLines),
            ("{broken\n{\"id\": \"2602.10611\", \"title\": \"A\"}\n", Format::JsonLines),
            ("{\n \"2602.10611\": {\n \"title\": \"A\"}}", Format::KeyedJson),
            ("", Format::Empty),
            (" \n\n", Format::Empty),
        ] {
            assert_eq!(format(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn other_files_are_described() {
        for (head, expected) in [
            (&b"%PDF-1.7"[..], "a PDF"),
            (b"<!DOCTYPE html><html>", "an HTML page without papers"),
            (b"# About\nA tool that reads https://arxiv.org daily.\n", "Markdown without any paper"),
            (b"{\"name\": \"x\"}", "JSON without papers"),
            (b"[{\"id\": 1}]", "a JSON array without papers"),
            (b"hello", "plain text"),
            (b"a\0b", "binary data"),
            (b"\x1f\x8b\x08", "a gzip file within three others; unpack it first"),
        ] {
            assert_eq!(format(head), Err(expected.to_owned()));
        }
    }
}
