//! Plain text, one text a line.
//!
//! In: any input that is meant as lines. Out: line by line its text and number, or why the line is
//! none. Nothing is guessed here: that the lines are texts is the user's word, so a digest read
//! this way gives its headings as texts.

use std::io::Read;
use std::path::Path;

use super::lines::{self, Broken};
use super::sniff;
use super::source::Source;
use crate::error::{ReadingError, Result};
use crate::paper::Skipped;

/// Longest text, in bytes. No model sees more than some 40 kB of one, while tokenising takes some
/// hundred bytes of memory for each byte.
pub(super) const LONGEST_TEXT: usize = 1 << 20;

/// One line of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A text.
    Text {
        /// Number of the line, from 1.
        number: u64,
        /// The line without its end; never blank.
        text: String,
    },
    /// A line that is blank or too long.
    Skipped(Skipped),
}

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Lines there were, blank ones included.
    pub lines: u64,
    /// Remarks about the input as a whole.
    pub notes: Vec<String>,
}

/// Reads an input, packed or not, as lines and gives each to `sink`, in order. `path` names it in
/// messages.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) where the system fails, [`ReadingError::UnknownFormat`] where
/// the input is packed in another way than gzip or is not text, and whatever `sink` returns, at
/// once.
pub fn read_lines(path: &Path, input: impl Read, sink: &mut dyn FnMut(Line) -> Result<()>) -> Result<Lines> {
    let mut source = Source::new(path, input)?;
    if let Some(looks_like) = sniff::no_text(source.head()) {
        return Err(ReadingError::UnknownFormat { path: path.to_owned(), looks_like: looks_like.to_owned() }.into());
    }
    let skipped =
        |number, reason: String| Line::Skipped(Skipped { file: path.display().to_string(), line: number, reason });
    let mut broken = Broken::default();
    while let Some(line) = source.next_line()? {
        let found = if line.too_long || line.bytes.len() > LONGEST_TEXT {
            skipped(line.number, format!("the line is longer than {LONGEST_TEXT} bytes"))
        } else {
            match lines::text(&line, &mut broken) {
                text if text.trim().is_empty() => skipped(line.number, "the line is blank".to_owned()),
                text => Line::Text { number: line.number, text: text.into_owned() },
            }
        };
        sink(found)?;
    }
    if let Some(reason) = source.broken() {
        sink(skipped(source.line_number() + 1, format!("{reason}; what comes after is lost")))?;
    }
    Ok(Lines { lines: source.line_number(), notes: broken.note().into_iter().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn read(input: &[u8]) -> Result<(Vec<Line>, Lines)> {
        let mut found = Vec::new();
        let lines = read_lines("texts".as_ref(), input, &mut |line| {
            found.push(line);
            Ok(())
        })?;
        Ok((found, lines))
    }

    #[test]
    fn every_line_is_a_text_or_is_named() -> Result<()> {
        let long = "x".repeat(LONGEST_TEXT + 1);
        let (found, lines) = read(format!("\u{feff}one\r\n\n  two \n{long}\n{{\"id\": 3}}").as_bytes())?;
        let text = |number, text: &str| Line::Text { number, text: text.into() };
        let skipped =
            |line, reason: &str| Line::Skipped(Skipped { file: "texts".into(), line, reason: reason.to_owned() });
        let expected = [
            text(1, "one"),
            skipped(2, "the line is blank"),
            text(3, "  two "),
            skipped(4, "the line is longer than 1048576 bytes"),
            text(5, "{\"id\": 3}"),
        ];
        assert_eq!(found, expected);
        assert_eq!(lines, Lines { lines: 5, notes: vec![] });
        assert_eq!(read(b"")?.1.lines, 0);
        assert_eq!(read(b"ab\xff\n")?.1.notes.len(), 1);
        Ok(())
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for (input, expected) in [(&b"%PDF-1.7\n"[..], "a PDF"), (b"a\nb\0c\n", "binary data")] {
            let refused = read(input);
            assert!(
                matches!(
                    &refused,
                    Err(Error::Reading(ReadingError::UnknownFormat { looks_like, .. })) if looks_like == expected
                ),
                "{refused:?}"
            );
        }
    }
}
