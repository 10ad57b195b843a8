//! arXiv identifiers: one canonical spelling for every form people paste.
//!
//! In: `2602.10611v2`, `hep-th/9901001`, `math.GT/0309136`, and the links, DOIs and stamps that
//! hold one (`id_forms` lists them). Out: an [`ArxivId`] without the version, and the version
//! apart. The scheme is arXiv's own (<https://info.arxiv.org/help/arxiv_identifier.html>):
//! `YYMM.NNNN` until 1412, `YYMM.NNNNN` since 1501, `archive(.SC)/YYMMNNN` until 0703.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id_forms;

/// A valid arXiv identifier without its version, in canonical spelling.
///
/// Nothing but digits, lower-case letters, `.`, `-` and at most one `/` can stand in it, so it is
/// safe in a path or on a terminal. Old-style ids lose their subject class (`math.GT/0309136` is
/// `math/0309136`), as on arXiv itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("examples" = ["2602.10611", "hep-th/9901001"]))]
pub struct ArxivId(String);

/// A text that is no arXiv identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no arXiv id")]
pub struct NotAnId(pub String);

impl ArxivId {
    /// Reads an identifier in any pasted form and gives the version where one is named: bare, as a
    /// link to arXiv or to a site that shows its papers, as a DOI, as the stamp on a PDF's margin.
    ///
    /// Returns `None` for everything that is not wholly an identifier, and for two of them.
    ///
    /// ```
    /// use relata::ArxivId;
    ///
    /// let (id, version) = ArxivId::parse("arXiv:2602.10611v2 [cs.LG] 14 Feb 2026").expect("an id");
    /// assert_eq!((id.as_str(), version), ("2602.10611", Some(2)));
    /// ```
    pub fn parse(text: &str) -> Option<(ArxivId, Option<u32>)> {
        ArxivId::bare(text.trim()).or_else(|| id_forms::alone(text))
    }

    /// The identifiers that stand in running text as arXiv's, in order, each once, with the version
    /// that its first mention names.
    ///
    /// A number alone counts for nothing here: it needs `arXiv:` before it, a link or a DOI.
    ///
    /// ```
    /// use relata::ArxivId;
    ///
    /// let found = ArxivId::find_in("See arXiv:2602.10611v2 (and section 2602.10612) for a proof.");
    /// assert_eq!(found.len(), 1);
    /// ```
    pub fn find_in(text: &str) -> Vec<(ArxivId, Option<u32>)> {
        id_forms::within(text)
    }

    /// Reads an identifier with or without version and nothing around it.
    pub(super) fn bare(text: &str) -> Option<(ArxivId, Option<u32>)> {
        let (body, version) = split_version(text);
        let canonical = new_style(body).or_else(|| old_style(body))?;
        Some((ArxivId(canonical), version))
    }

    /// The canonical spelling, e.g. `2602.10611` or `hep-th/9901001`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Year and month in which the paper was submitted, read off the identifier itself.
    pub fn submitted(&self) -> (i16, i8) {
        let digits = self.0.rsplit('/').next().unwrap_or(&self.0).as_bytes();
        let number = |at: usize| i16::from(digits[at] - b'0') * 10 + i16::from(digits[at + 1] - b'0');
        let year = number(0);
        // arXiv began in August 1991; two-digit years from 91 on are of the last century.
        let century = if year >= 91 { 1900 } else { 2000 };
        (century + year, number(2) as i8)
    }

    /// The page of the paper on arxiv.org.
    pub fn url(&self) -> String {
        format!("https://arxiv.org/abs/{}", self.0)
    }
}

impl From<ArxivId> for String {
    fn from(id: ArxivId) -> String {
        id.0
    }
}

impl TryFrom<String> for ArxivId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<ArxivId, NotAnId> {
        text.parse()
    }
}

impl FromStr for ArxivId {
    type Err = NotAnId;

    /// As [`ArxivId::parse`], without the version.
    fn from_str(text: &str) -> Result<ArxivId, NotAnId> {
        ArxivId::parse(text).map(|(id, _)| id).ok_or_else(|| NotAnId(text.to_owned()))
    }
}

impl fmt::Display for ArxivId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `2602.10611v2` is (`2602.10611`, 2); a body without a version comes back whole.
fn split_version(text: &str) -> (&str, Option<u32>) {
    let Some(at) = text.rfind(['v', 'V']) else { return (text, None) };
    let digits = &text[at + 1..];
    let before_is_digit = text[..at].ends_with(|c: char| c.is_ascii_digit());
    if !before_is_digit || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return (text, None);
    }
    match digits.parse() {
        Ok(version) if version > 0 => (&text[..at], Some(version)),
        _ => (text, None),
    }
}

fn valid_month(digits: &[u8]) -> bool {
    matches!(digits, [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2'])
}

fn new_style(text: &str) -> Option<String> {
    let (month, number) = text.split_once('.')?;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let good = month.len() == 4
        && matches!(number.len(), 4 | 5)
        && digits(month)
        && digits(number)
        && valid_month(&month.as_bytes()[2..]);
    good.then(|| text.to_owned())
}

fn old_style(text: &str) -> Option<String> {
    let (archive, number) = text.split_once('/')?;
    let (archive, class) = archive.split_once('.').map_or((archive, None), |(a, c)| (a, Some(c)));
    let good_archive = archive.len() >= 2
        && archive.len() <= 12
        && archive.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
        && archive.starts_with(|c: char| c.is_ascii_alphabetic());
    let good_class =
        class.is_none_or(|c| (2..=12).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'));
    let good_number =
        number.len() == 7 && number.bytes().all(|b| b.is_ascii_digit()) && valid_month(&number.as_bytes()[2..4]);
    (good_archive && good_class && good_number).then(|| format!("{}/{number}", archive.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, Option<u32>)> {
        ArxivId::parse(text).map(|(id, version)| (id.0, version))
    }

    #[test]
    fn every_pasted_form_has_one_spelling() {
        for text in [
            "2602.10611",
            " 2602.10611 ",
            "arXiv:2602.10611",
            "ARXIV: 2602.10611",
            "https://arxiv.org/abs/2602.10611",
            "http://arxiv.org/pdf/2602.10611.pdf",
            "https://www.arxiv.org/html/2602.10611/",
            "arxiv.org/abs/2602.10611?context=cs",
            "https://arxiv.org/pdf/2602.10611#page=3",
            "https://doi.org/10.48550/arXiv.2602.10611",
        ] {
            assert_eq!(parsed(text), Some(("2602.10611".into(), None)), "{text}");
        }
        for text in ["2602.10611v2", "arxiv:2602.10611V2", "https://arxiv.org/pdf/2602.10611v2.pdf"] {
            assert_eq!(parsed(text), Some(("2602.10611".into(), Some(2))), "{text}");
        }
        for text in ["math.GT/0309136", "math/0309136v3", "https://arxiv.org/abs/math.GT/0309136", "Math/0309136"] {
            assert_eq!(parsed(text).map(|p| p.0), Some("math/0309136".into()), "{text}");
        }
        assert_eq!(parsed("hep-th/9901001v1"), Some(("hep-th/9901001".into(), Some(1))));
        assert_eq!(parsed("0704.0001"), Some(("0704.0001".into(), None)));
    }

    #[test]
    fn what_is_no_identifier_is_refused() {
        for text in [
            "",
            "v2",
            "2024.01001",
            "2613.00001",
            "2602.106",
            "2602.106111",
            "2602.10611v",
            "2602.10611v0",
            "../2602.10611",
            "2602.10611/../../etc/passwd",
            "hep-th/99010011",
            "../9901001",
            "hep-th/9913001",
            "2602.10611 2602.10612",
            "https://example.org/abs/2602.10611",
            "\u{1b}[2602.10611",
            "https://doi.org/10.1",
            "https://doi.org/10.1234/journal.2602.10611",
            "https://doi.org/日本語日本語日本語",
        ] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_identifier_tells_the_month() {
        let month = |text| ArxivId::parse(text).map(|(id, _)| id.submitted());
        assert_eq!(month("2602.10611"), Some((2026, 2)));
        assert_eq!(month("hep-th/9108001"), Some((1991, 8)));
        assert_eq!(month("math/0703001"), Some((2007, 3)));
    }
}
