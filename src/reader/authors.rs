//! Author lists in the forms that digests and records write them.
//!
//! In: `A, B and C`, `A; B`, Python's `['A', "B O'C"]`, with or without affiliations in
//! parentheses. Out: names in order, and whether the list says itself that it is cut. A list of
//! more than [`MOST`] names is cut there in linear time, so that its length can be reported.

use super::clean::clean;
use super::markup;

/// Most authors of one paper. The longest real list (2015's combined Higgs mass) has 5,154.
pub(super) const MOST: usize = 10_000;

/// Names in order; at most [`MOST`] + 1, the last one telling that there were more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Authors {
    /// Cleaned, none empty.
    pub names: Vec<String>,
    /// The list ended in `et al.` or dots: not the whole list.
    pub cut: bool,
}

/// Reads a list written as one text.
pub(super) fn parse(text: &str) -> Authors {
    // Before splitting: terminal sequences hold semicolons.
    // Entities hold semicolons, as terminal sequences do.
    let text = clean(&markup::plain(text));
    let text = text.as_str();
    let text = text.strip_prefix("Authors:").or_else(|| text.strip_prefix("By ")).unwrap_or(text).trim_start();
    let mut authors = Authors::default();
    if let Some(list) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        for name in python_strings(list).take(MOST + 1) {
            authors.push(&name);
        }
        return authors;
    }
    let semicolons = text.contains(';');
    for piece in pieces(text, semicolons) {
        if authors.names.len() > MOST {
            break;
        }
        let piece = piece.strip_prefix("and ").unwrap_or(&piece);
        match semicolons {
            true => authors.push(piece),
            // "A, B and C", but also "A and B and C".
            false => piece.split(" and ").for_each(|name| authors.push(name)),
        }
    }
    authors
}

impl Authors {
    /// Adds one name as a record lists it.
    pub(super) fn push(&mut self, name: &str) {
        let name = clean(&markup::plain(name));
        let bare = name.trim_matches(|c: char| c == '*' || c.is_whitespace());
        let lower = bare.to_ascii_lowercase();
        if matches!(lower.as_str(), "et al" | "et al." | "et.al." | "et.al" | "..." | "…" | "others") {
            self.cut = true;
            return;
        }
        let whole = bare
            .trim_end_matches("et al.")
            .trim_end_matches("et.al.")
            .trim_end_matches("...")
            .trim_end_matches('…')
            .trim_end();
        self.cut |= whole.len() < bare.len();
        if matches!(lower.as_str(), "jr" | "jr." | "sr" | "sr." | "ii" | "iii" | "iv") {
            if let Some(previous) = self.names.last_mut() {
                previous.push_str(", ");
                previous.push_str(bare);
            }
            return;
        }
        if !whole.is_empty() && !matches!(lower.as_str(), "none" | "n/a" | "null" | "unknown" | "{authors}") {
            self.names.push(whole.to_owned());
        }
    }
}

/// Splits at commas or semicolons outside parentheses and leaves the parenthesised parts
/// (affiliations) out.
fn pieces(text: &str, semicolons: bool) -> impl Iterator<Item = String> + '_ {
    let mut rest = text.chars();
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let (mut piece, mut depth) = (String::new(), 0usize);
        for c in rest.by_ref() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                ';' => return Some(piece),
                ',' | '，' | '、' if !semicolons => return Some(piece),
                _ => piece.push(c),
            }
        }
        done = true;
        Some(piece)
    })
}

/// The strings of a Python list, quotes and backslashes as `repr` writes them.
fn python_strings(list: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = list.chars();
    std::iter::from_fn(move || {
        let quote = rest.by_ref().find(|c| matches!(c, '\'' | '"'))?;
        let mut name = String::new();
        while let Some(c) = rest.next() {
            match c {
                '\\' => name.extend(rest.next()),
                _ if c == quote => break,
                _ => name.push(c),
            }
        }
        Some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text).names
    }

    #[test]
    fn every_form_gives_the_same_names() {
        let expected = ["Ada Quill", "Bo O'Finn", "Cy Marsh"];
        for text in [
            "Ada Quill,Bo O'Finn,Cy Marsh",
            "Ada Quill, Bo O'Finn and Cy Marsh",
            "Ada Quill, Bo O'Finn, and Cy Marsh",
            "Ada Quill and Bo O'Finn and Cy Marsh",
            "Ada Quill; Bo O'Finn; Cy Marsh",
            "['Ada Quill', \"Bo O'Finn\", 'Cy Marsh']",
            "Ada Quill (1), Bo O'Finn (1 and 2), Cy Marsh (2) ((1) Fen College, (2) Moor Institute)",
            "Ada Quill,\n  Bo O'Finn,\n  Cy Marsh",
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn odd_lists() {
        assert_eq!(names("Cy Marsh, Jr., Ada Quill"), ["Cy Marsh, Jr.", "Ada Quill"]);
        assert_eq!(names("None"), Vec::<String>::new());
        assert_eq!(names("[]"), Vec::<String>::new());
        assert_eq!(names("['open"), ["['open"]);
        assert_eq!(
            parse("Ada Quill, Bo Finn, et al."),
            Authors { names: vec!["Ada Quill".into(), "Bo Finn".into()], cut: true }
        );
        assert!(parse("Ada Quill et al.").cut);
        assert!(parse("Ada Quill, Bo Fi...").cut);
        assert_eq!(parse(&"A,".repeat(1_000_000)).names.len(), MOST + 1);
    }
}
