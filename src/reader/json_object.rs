//! An object of JSON while it is read, byte by byte.
//!
//! In: its bytes. Out: where it ends, and what its own keys say: whether it has an identifier, how
//! many titles and abstracts, and whether what begins within it may hold papers.
//! [`super::json_walk`] decides what becomes of it.

use super::keys::{Field, field};
use super::record::{from_number, work_id};
use super::source::LONGEST_LINE;
use crate::paper::ArxivId;

/// Longest key that is looked at, in bytes.
const LONGEST_KEY: usize = 128;

/// What comes next within an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Key,
    Value,
    Comma,
}

/// An object that is being read.
pub(super) struct Object {
    works: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) line: u64,
    pub(super) too_long: bool,
    /// The closing brackets of what is open, from the outside.
    pub(super) nest: Vec<u8>,
    pub(super) expect: Expect,
    pub(super) quote: Option<u8>,
    escaped: bool,
    /// Where the text or number that is being read begins.
    start: usize,
    /// The last key of the object itself.
    pub(super) key: String,
    pub(super) has_id: bool,
    /// How many titles and abstracts it has.
    pub(super) texts: u32,
    /// A key was an identifier that holds an object: the keys around papers are identifiers.
    pub(super) keyed: bool,
    /// Papers found in what it holds.
    pub(super) papers: u64,
    /// Where the text that has just ended begins, if it is a row under an identifier.
    pub(super) row: Option<usize>,
    /// The key under which it stands.
    pub(super) parent: Option<String>,
}

impl Object {
    /// One whose bracket has just been read, under a key.
    pub(super) fn new(line: u64, parent: Option<String>, works: bool) -> Object {
        Object {
            works,
            bytes: vec![b'{'],
            line,
            too_long: false,
            nest: vec![b'}'],
            expect: Expect::Key,
            quote: None,
            escaped: false,
            start: 0,
            key: String::new(),
            has_id: false,
            texts: 0,
            keyed: false,
            papers: 0,
            row: None,
            parent,
        }
    }

    /// Takes a byte up; `true` where it ends the object.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        if self.bytes.len() < LONGEST_LINE {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
        }
        if let Some(quote) = self.quote {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                _ if byte == quote => self.text_ended(),
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' | b'\'' => {
                self.quote = Some(byte);
                self.start = self.bytes.len();
            }
            b'{' | b'[' | b'(' => {
                self.nest.push(if byte == b'{' { b'}' } else { b']' });
                self.expect = if byte == b'{' { Expect::Key } else { Expect::Value };
            }
            b'}' | b']' | b')' => {
                self.number_ended();
                self.nest.pop();
                self.expect = Expect::Comma;
                return self.nest.is_empty();
            }
            b',' => {
                self.number_ended();
                self.expect = if self.nest.last() == Some(&b'}') { Expect::Key } else { Expect::Value };
            }
            b':' => {
                self.expect = Expect::Value;
                self.start = self.bytes.len();
            }
            _ => {}
        }
        false
    }

    /// Whether a list or an object that begins here may hold papers: it stands under a key that no
    /// paper has.
    pub(super) fn may_hold_papers(&self) -> bool {
        let own = field(&self.key).is_some_and(|(field, _)| field != Field::Inner);
        self.nest.len() == 1 && self.expect == Expect::Value && !self.has_id && !own
    }

    fn text_ended(&mut self) {
        self.quote = None;
        if self.nest.len() == 1 {
            let text = self.bytes.get(self.start..self.bytes.len() - 1).unwrap_or_default();
            let text = String::from_utf8_lossy(&text[..text.len().min(LONGEST_KEY)]);
            if self.expect == Expect::Key {
                self.key = text.into_owned();
            } else {
                let id = matches!(field(&self.key), Some((Field::Id, _)));
                self.has_id |= id && (ArxivId::parse(&text).is_some() || self.works && work_id(&text).is_some());
                let row = text.trim_start().starts_with('|') && !self.too_long && ArxivId::parse(&self.key).is_some();
                self.row = row.then_some(self.start);
                self.texts += u32::from(matches!(field(&self.key), Some((Field::Title | Field::Abstract, _))));
            }
        }
        self.expect = if self.expect == Expect::Key { Expect::Key } else { Expect::Comma };
    }

    /// A number may be an identifier that lost its quotes.
    fn number_ended(&mut self) {
        if self.nest.len() == 1 && self.expect == Expect::Value && matches!(field(&self.key), Some((Field::Id, _))) {
            let number = self.bytes.get(self.start..self.bytes.len() - 1).unwrap_or_default();
            let number = std::str::from_utf8(number).ok().and_then(|text| text.trim().parse().ok());
            self.has_id |= number.and_then(from_number).is_some();
        }
    }
}
