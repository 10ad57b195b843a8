//! Bytes that are not UTF-8, as text.
//!
//! In: the bytes of one object or line. Out: text. Bytes that hold no character of UTF-8 beyond
//! ASCII are Windows-1252, the superset of Latin-1 that programs without Unicode write; where good
//! and bad characters are mixed, a bad one is U+FFFD. Either is counted, so that nothing changes in
//! silence.

use std::borrow::Cow;

/// The characters of Windows-1252 from 0x80 to 0x9f; all others are those of Latin-1.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// What was not UTF-8, so far.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    first: Option<u64>,
    count: u64,
    lossy: bool,
}

impl Foreign {
    /// The text of some bytes that begin in a line.
    pub(super) fn text<'b>(&mut self, bytes: &'b [u8], line: u64) -> Cow<'b, str> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Cow::Borrowed(text);
        }
        self.first.get_or_insert(line);
        self.count += 1;
        let lossy = String::from_utf8_lossy(bytes);
        if lossy.chars().any(|c| !c.is_ascii() && c != char::REPLACEMENT_CHARACTER) {
            self.lossy = true;
            return lossy;
        }
        Cow::Owned(bytes.iter().map(|&byte| character(byte)).collect())
    }

    /// A note about them, if there were any.
    pub(super) fn note(&self) -> Option<String> {
        let first = self.first?;
        let how = if self.lossy {
            "what could not be read is shown as U+FFFD; save the file as UTF-8"
        } else {
            "read as Windows-1252 (Latin-1); save the file as UTF-8 where that is wrong"
        };
        Some(match self.count {
            1 => format!("line {first} is not UTF-8: {how}"),
            n => format!("{n} lines, the first of them line {first}, are not UTF-8: {how}"),
        })
    }
}

fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_without_unicode_are_latin_and_damage_is_marked() {
        let mut foreign = Foreign::default();
        assert_eq!(foreign.text(b"Sm\xf8r \x96 caf\xe9", 3), "Smør – café");
        assert_eq!(
            foreign.note().as_deref(),
            Some("line 3 is not UTF-8: read as Windows-1252 (Latin-1); save the file as UTF-8 where that is wrong")
        );
        assert_eq!(foreign.text("气\u{e9}".as_bytes().split_last().expect("bytes").1, 4), "气\u{fffd}");
        assert!(foreign.note().is_some_and(|note| note.starts_with("2 lines, the first of them line 3")));
        assert_eq!(Foreign::default().note(), None);
    }
}
