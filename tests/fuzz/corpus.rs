//! What is mutated: files of tests/data, seeds/ and tests/fuzz, and every text that a test of a
//! reader holds, so that an input that somebody adds to those tests is fuzzed as well.

use std::fs;
use std::path::{Path, PathBuf};

use relata::{Entry, Precedence, SourceKind};

/// Texts of tests that are shorter hold no entry.
const SHORTEST: usize = 24;

/// A path of the project.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for item in fs::read_dir(here(folder)).into_iter().flatten().flatten() {
        if item.path().is_file() {
            let name = item.file_name().to_string_lossy().into_owned();
            found.push((name, fs::read(item.path()).expect("a file of the project")));
        }
    }
    found.sort();
    found
}

/// What readers of papers are tested with.
pub(crate) fn papers() -> Vec<Vec<u8>> {
    let files = files("tests/data").into_iter().chain(files("seeds")).map(|(_, bytes)| bytes);
    let tests = [
        "tests/readers.rs",
        "tests/readers/feeds.rs",
        "tests/readers/forms.rs",
        "tests/readers/json.rs",
        "tests/reader_properties.rs",
    ];
    files.chain(tests.iter().flat_map(|file| literals(file))).collect()
}

/// Feeds and answers of servers.
pub(crate) fn answers() -> Vec<Vec<u8>> {
    let xml = |bytes: &[u8]| bytes.trim_ascii_start().starts_with(b"<");
    let files = files("tests/data").into_iter().map(|(_, bytes)| bytes).filter(|bytes| xml(bytes));
    let tests = ["tests/readers/feeds.rs", "tests/readers/feed_properties.rs"];
    files.chain(tests.iter().flat_map(|file| literals(file)).filter(|bytes| xml(bytes))).collect()
}

/// What readers of references are tested with.
pub(crate) fn references() -> Vec<Vec<u8>> {
    ["tests/references.rs", "src/references/tests.rs"].iter().flat_map(|file| literals(file)).collect()
}

/// The texts of a Rust file that are long enough to be inputs.
fn literals(file: &str) -> Vec<Vec<u8>> {
    let source = fs::read_to_string(here(file)).expect("a file of the project");
    let mut found = Vec::new();
    let mut rest = source.as_str();
    while let Some(at) = rest.find('"') {
        let (before, after) = rest.split_at(at);
        let hashes = before.len() - before.trim_end_matches('#').len();
        let raw = before.trim_end_matches('#').ends_with('r') && (hashes > 0 || before.ends_with('r'));
        let after = &after[1..];
        let (text, length) = if raw { raw_text(after, hashes) } else { escaped_text(after) };
        if text.len() >= SHORTEST {
            found.push(text);
        }
        rest = &after[length.min(after.len())..];
    }
    found.sort();
    found.dedup();
    found
}

/// A text that ends in a quote and so many hashes, and how far it goes in the source.
fn raw_text(source: &str, hashes: usize) -> (Vec<u8>, usize) {
    let end = format!("\"{}", "#".repeat(hashes));
    let length = source.find(&end).unwrap_or(source.len());
    (source.as_bytes()[..length].to_vec(), length + end.len())
}

/// A text with escapes, and how far it goes in the source.
fn escaped_text(source: &str) -> (Vec<u8>, usize) {
    let mut text = String::new();
    let mut letters = source.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (text.into_bytes(), at + 1),
            '\\' => match letters.next().map(|(_, letter)| letter) {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('0') => text.push('\0'),
                Some('\n') => while letters.next_if(|(_, letter)| letter.is_whitespace()).is_some() {},
                Some('u') => {
                    let code: String =
                        letters.by_ref().map(|(_, letter)| letter).take_while(|letter| *letter != '}').collect();
                    text.extend(u32::from_str_radix(code.trim_start_matches('{'), 16).ok().and_then(char::from_u32));
                }
                Some(other) => text.push(other),
                None => break,
            },
            other => text.push(other),
        }
    }
    (text.into_bytes(), source.len())
}

#[test]
fn texts_of_tests_are_found() {
    let (papers, references) = (papers(), references());
    assert!(papers.len() > 100 && references.len() > 50, "{} and {}", papers.len(), references.len());
    let holds =
        |all: &[Vec<u8>], piece: &[u8]| all.iter().any(|text| text.windows(piece.len()).any(|window| window == piece));
    assert!(holds(&papers, b"TY  - ") || holds(&references, b"TY  - JOUR\nTI  - "));
    assert_eq!(escaped_text("a\\n\\u{e9}\\\n   b\\\"c\" rest"), ("a\n\u{e9}b\"c".as_bytes().to_vec(), 19));
    assert_eq!(raw_text("a\"b\"# rest", 1), (b"a\"b".to_vec(), 5));
}

/// Paper number `number`, from 0, with a title: ten thousand to a month, from January 2026 on.
pub(crate) fn entry(number: usize, title: &str) -> Entry {
    let id = format!("26{:02}.{:05}", 1 + number / 10_000, number % 10_000 + 1);
    let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
    let mut entry = Entry::new(id.parse().expect("an id"), precedence, 1);
    entry.title = Some(title.to_owned());
    entry
}
