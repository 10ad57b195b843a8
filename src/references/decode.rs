//! Bytes to text, whatever the encoding.
//!
//! In: the bytes of a file. Out: its text with `\n` at the end of each line, and which encoding it
//! was read as where that is not UTF-8. A byte-order mark decides first, then the zero bytes of
//! UTF-16, then whether the bytes are valid UTF-8, then what the file says of itself (JabRef's
//! `% Encoding:`, `charset=`, XML's `encoding=`), and at last the bytes' statistics. Only the last
//! is a guess, and is said to be one.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use schemars::JsonSchema;
use serde::Serialize;

/// How much of the beginning is looked at for UTF-16 and for what the file says of itself.
const HEAD: usize = 4096;

/// How the bytes of a file were read that is not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Encoding {
    /// Its name, such as `windows-1252` or `UTF-16LE`.
    pub name: String,
    /// Whether neither a mark nor the file itself says so.
    pub guessed: bool,
}

/// The text of a file.
pub(super) struct Decoded {
    pub text: String,
    pub encoding: Option<Encoding>,
}

/// Reads bytes as text.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let (mark, length) = encoding_rs::Encoding::for_bom(bytes).map_or((None, 0), |(mark, length)| (Some(mark), length));
    let bytes = &bytes[length..];
    let utf16 = mark.filter(|mark| *mark != UTF_8).or_else(|| utf16_without_mark(bytes));
    if let Some(utf16) = utf16 {
        return decoded(bytes, utf16, false);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: lines(text), encoding: None };
    }
    match said(bytes) {
        Some(encoding) => decoded(bytes, encoding, false),
        None => guessed(bytes),
    }
}

fn decoded(bytes: &[u8], encoding: &'static encoding_rs::Encoding, guessed: bool) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text: lines(&text), encoding: Some(Encoding { name: encoding.name().to_owned(), guessed }) }
}

/// `\r\n` and lone `\r` become `\n`.
fn lines(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// Text in Latin letters has a zero in every second byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = &bytes[..bytes.len().min(HEAD) & !1];
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    let pairs = head.len() / 2;
    match (high_first * 10 > pairs * 4, low_first * 10 > pairs * 4) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// The encoding that a file says it is in, where the bytes can be in it.
fn said(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]).to_ascii_lowercase();
    let names = ["encoding:", "encoding=", "charset=", "coding:"].iter().filter_map(|mark| {
        let name = head.split_once(mark)?.1.trim_start_matches([' ', '\t', '"', '\'']);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c))).unwrap_or(name.len());
        named(&name[..end])
    });
    // Bytes that are not valid UTF-8 are not in UTF-8, and where no second byte is zero not in
    // UTF-16.
    names.into_iter().find(|encoding| *encoding != UTF_8 && encoding.is_ascii_compatible())
}

/// An encoding by the names of the web, of Java and of JabRef.
fn named(name: &str) -> Option<&'static encoding_rs::Encoding> {
    let name = name.replace("iso8859_", "iso-8859-").replace("macroman", "macintosh");
    encoding_rs::Encoding::for_label(name.as_bytes())
}

/// Most bytes that are no UTF-8 come from one old encoding. But where more lines are valid UTF-8
/// than not, files of two encodings were put together, and each line is read by itself.
fn guessed(bytes: &[u8]) -> Decoded {
    let (mut valid, mut invalid) = (0, 0);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
        match std::str::from_utf8(line) {
            Ok(_) => valid += 1,
            Err(_) => {
                invalid += 1;
                detector.feed(line, false);
                detector.feed(b"\n", false);
            }
        }
    }
    detector.feed(b"", true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    if valid <= invalid {
        return decoded(bytes, encoding, true);
    }
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.push_str(&encoding.decode_without_bom_handling(line).0),
        }
    }
    let name = format!("UTF-8, and {invalid} lines as {}", encoding.name());
    Decoded { text: lines(&text), encoding: Some(Encoding { name, guessed: true }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, Option<(String, bool)>) {
        let Decoded { text, encoding } = decode(bytes);
        (text, encoding.map(|Encoding { name, guessed }| (name, guessed)))
    }

    fn named(name: &str, guessed: bool) -> Option<(String, bool)> {
        Some((name.to_owned(), guessed))
    }

    /// The bytes of a text whose letters are all in Latin-1.
    fn latin1(text: &str) -> Vec<u8> {
        text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("Latin-1")).collect()
    }

    #[test]
    fn marks_and_zero_bytes_tell_unicode() {
        let text = "@article{a, title = {Gödel, Erdős}}\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&[b"\xff\xfe", little.as_slice()].concat()), (text.to_owned(), named("UTF-16LE", false)));
        assert_eq!(read(&[b"\xfe\xff", big.as_slice()].concat()), (text.to_owned(), named("UTF-16BE", false)));
        assert_eq!(read(&little), (text.to_owned(), named("UTF-16LE", false)));
        assert_eq!(read(&big), (text.to_owned(), named("UTF-16BE", false)));
        assert_eq!(read(&["\u{feff}".as_bytes(), text.as_bytes()].concat()), (text.to_owned(), None));
        assert_eq!(read(b"one\r\ntwo\rthree"), ("one\ntwo\nthree".to_owned(), None));
    }

    #[test]
    fn what_a_file_says_of_itself_counts_where_its_bytes_can_be_so() {
        let text = "% Encoding: Cp1252\n@article{a, title = {Gödel’s “café”}}\n";
        let bytes =
            [&latin1("% Encoding: Cp1252\n@article{a, title = {Gödel")[..], b"\x92s \x93caf\xe9\x94}}\n"].concat();
        assert_eq!(read(&bytes), (text.to_owned(), named("windows-1252", false)));
        let (text, encoding) = read(b"<?xml version=\"1.0\" encoding=\"ISO8859_2\"?><a>Erd\xf5s \xb3</a>");
        assert_eq!((text.ends_with("<a>Erdős ł</a>"), encoding), (true, named("ISO-8859-2", false)));
        assert_eq!(read("% Encoding: Cp1252\nGödel".as_bytes()).1, None, "valid UTF-8 is no accident");
        assert_eq!(read(b"% Encoding: UTF-8\nG\xf6del").0, "% Encoding: UTF-8\nGödel");
    }

    #[test]
    fn old_encodings_are_guessed_and_said_to_be() {
        for text in ["@article{a, title = {Schrödinger}}\n", "Über Gödel-Ruß, señor Núñez, façade\n", "1. naïve café\n"]
        {
            assert_eq!(read(&latin1(text)), (text.to_owned(), named("windows-1252", true)), "{text}");
        }
        let russian = "@article{a, title = {О спектре операторов на случайных графах и их свойствах}}\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(read(&bytes), (russian.to_owned(), named("windows-1251", true)));
    }

    #[test]
    fn files_put_together_are_read_by_the_line() {
        let bytes = ["Gödel\nErdős\nœuvre\n".as_bytes(), b"G\xf6del\nplain"].concat();
        let (text, encoding) = read(&bytes);
        assert_eq!(text, "Gödel\nErdős\nœuvre\nGödel\nplain");
        assert_eq!(encoding, named("UTF-8, and 1 lines as windows-1252", true));
    }
}
