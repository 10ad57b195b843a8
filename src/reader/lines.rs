//! Lines of Markdown as text.
//!
//! In: raw lines. Out: the same as `str`, without line ends; what is not UTF-8 becomes U+FFFD and
//! is counted, since one broken character is no reason to lose a digest.

use std::borrow::Cow;

use super::source::Line;

/// The text of a line; a carriage return at its end belongs to the line end, one elsewhere is white
/// space.
pub(super) fn text<'a>(line: &Line<'a>, broken: &mut Broken) -> Cow<'a, str> {
    let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
    // Files that were glued together carry their byte-order marks along.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, Cow::Owned(_)) {
        broken.first.get_or_insert(line.number);
        broken.count += 1;
    }
    text
}

/// How many lines were not UTF-8.
#[derive(Debug, Default)]
pub(super) struct Broken {
    first: Option<u64>,
    count: u64,
}

impl Broken {
    /// A note about them, if there were any.
    pub(super) fn note(&self) -> Option<String> {
        let first = self.first?;
        Some(match self.count {
            1 => format!("line {first} is not UTF-8; what could not be read is shown as U+FFFD"),
            n => format!(
                "{n} lines, the first of them line {first}, are not UTF-8; what could not be read is shown as U+FFFD"
            ),
        })
    }
}
