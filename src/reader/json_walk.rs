//! Finds the objects of papers in JSON of any arrangement.
//!
//! In: lines, or pieces of lines that are too long to hold. Out: one object after the other,
//! whatever it stands in: a line of its own or one with others, an array, a wrapper
//! (`{"papers": [...]}`), an object keyed by ids, another paper's half-finished line. Only the
//! object at hand is held, at most 4 MiB of it, and time is linear.
//!
//! An object with an identifier is a paper, and whatever it holds is its own. In an object without
//! one, a list or an object under a key that no paper has is looked into ([`Walker::descend`]). A
//! line that begins with an object where none can stand ends what was broken before it, so that a
//! cut line costs no other.

use super::json_object::{Expect, Object};
use super::record::Record;
use super::source::LONGEST_LINE;
use crate::error::Result;
use crate::paper::ArxivId;

/// Most levels of arrays and wrappers around a paper.
const DEEPEST: usize = 48;
/// Most levels of brackets within an object.
const DEEPEST_WITHIN: usize = 4096;

/// One thing found.
pub(super) enum Found<'f> {
    /// An object that is a paper, or may be meant as one.
    Object {
        /// As it stands.
        bytes: &'f [u8],
        /// Line from 1 where it begins.
        line: u64,
        /// The key under which it stood, where the keys around it are identifiers.
        key: Option<&'f str>,
    },
    /// A text under an identifier that is the row of a table of Markdown.
    Row {
        /// The identifier.
        key: &'f str,
        /// The row as JSON has it, without quotes.
        text: &'f [u8],
        /// Line from 1.
        line: u64,
    },
    /// Something that no paper can be read from.
    Useless {
        /// Line from 1.
        line: u64,
        /// Why, in words.
        reason: &'f str,
    },
}

/// Where what is found goes.
type Give<'g> = dyn FnMut(Found<'_>) -> Result<()> + 'g;

/// Holds what is open between two lines.
#[derive(Default)]
pub(super) struct Walker {
    /// Whether ids of OpenAlex are identifiers too.
    works: bool,
    /// Arrays, and objects that are looked into, from the outside.
    outer: Vec<Outer>,
    /// The object that is being read.
    object: Option<Object>,
    /// The quote of a text in an array, and whether a backslash came last.
    quote: Option<u8>,
    escaped: bool,
    /// The line holds something outside of any bracket.
    stray: bool,
    line: u64,
}

enum Outer {
    /// An array; the objects in it, its line, and whether anything stands in it.
    List { papers: u64, line: u64 },
    /// An object whose reading goes on when what it is looked into for has ended.
    Object(Box<Object>),
}

impl Walker {
    /// One that takes ids of OpenAlex for identifiers too, or does not.
    pub(super) fn new(works: bool) -> Walker {
        Walker { works, ..Walker::default() }
    }

    /// Whether nothing is open.
    pub(super) fn is_idle(&self) -> bool {
        self.outer.is_empty() && self.object.is_none()
    }

    /// Takes up a line, or a piece of one that `starts` or does not start it, `ends` or does not
    /// end it.
    pub(super) fn line(
        &mut self,
        bytes: &[u8],
        number: u64,
        starts: bool,
        ends: bool,
        give: &mut Give<'_>,
    ) -> Result<()> {
        self.line = number;
        if starts {
            self.stray = false;
            if bytes.first() == Some(&b'{') && self.broken_off(bytes) {
                self.give_up(give)?;
            }
        }
        for (at, &byte) in bytes.iter().enumerate() {
            if self.object.is_some() {
                self.within(byte, give)?;
            } else {
                self.between(byte, bytes.get(at + 1).copied(), give)?;
            }
        }
        if ends {
            if self.object.is_some() {
                self.within(b'\n', give)?;
            }
            if self.stray {
                self.stray = false;
                give(Found::Useless { line: number, reason: "no JSON object" })?;
            }
        }
        Ok(())
    }

    /// Reports what is still open at the end of the input.
    pub(super) fn end(&mut self, give: &mut Give<'_>) -> Result<()> {
        if self.object.is_some() {
            return self.give_up(give);
        }
        // A line that the end cut.
        if std::mem::take(&mut self.stray) {
            give(Found::Useless { line: self.line, reason: "no JSON object" })?;
        }
        let open = self.outer.iter().any(|outer| matches!(outer, Outer::List { .. }));
        let papers = self.outer.iter().map(|outer| match outer {
            Outer::List { papers, .. } => *papers,
            Outer::Object(object) => object.papers,
        });
        let papers: u64 = papers.sum();
        self.outer.clear();
        if open {
            let reason =
                if papers == 0 { "no JSON object" } else { "no valid JSON: the array ends or breaks off here" };
            give(Found::Useless { line: self.line, reason })?;
        }
        Ok(())
    }

    /// Whether a line that begins with an object shows that what is open was broken off.
    fn broken_off(&self, line: &[u8]) -> bool {
        let Some(object) = &self.object else { return self.quote.is_some() };
        if object.quote.is_some() || object.expect != Expect::Value {
            return true;
        }
        // The value that is expected may be this object; not so if both are whole papers.
        let whole =
            || std::str::from_utf8(line).ok().and_then(|text| serde_json::from_str::<Record<'_>>(text.trim()).ok());
        object.has_id && whole().is_some_and(|record| record.has_id())
    }

    /// Hands out what is open as it is, to be reported, and goes on in the array around it.
    fn give_up(&mut self, give: &mut Give<'_>) -> Result<()> {
        let list = self.outer.iter().rposition(|outer| matches!(outer, Outer::List { .. }));
        self.outer.truncate(list.map_or(0, |at| at + 1));
        self.quote = None;
        let Some(object) = self.object.take() else { return Ok(()) };
        if object.too_long {
            return give(Found::Useless { line: object.line, reason: &self.too_long(&object) });
        }
        give(Found::Object { bytes: object.bytes.trim_ascii_end(), line: object.line, key: None })
    }

    fn too_long(&self, object: &Object) -> String {
        let what = if object.parent.is_none() && object.line == self.line { "line" } else { "entry" };
        format!("the {what} is longer than {LONGEST_LINE} bytes")
    }

    /// A byte outside of any object of a paper.
    fn between(&mut self, byte: u8, next: Option<u8>, give: &mut Give<'_>) -> Result<()> {
        if let Some(quote) = self.quote {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                _ if byte == quote => self.quote = None,
                _ => {}
            }
            return Ok(());
        }
        let within_list = !self.outer.is_empty();
        match byte {
            // After a stray text only what is surely an object begins one.
            b'{' if !self.stray || matches!(next, Some(b'"' | b'\'')) => {
                self.object = Some(Object::new(self.line, None, self.works));
            }
            b'[' | b'(' if !self.stray && self.outer.len() < DEEPEST => {
                self.outer.push(Outer::List { papers: 0, line: self.line });
            }
            b']' | b')' if within_list => self.close_list(give)?,
            b'"' | b'\'' if within_list => self.quote = Some(byte),
            // White space, commas, byte-order marks and record separators.
            b',' | b']' | b'}' | b';' | 0x1e | 0xef | 0xbb | 0xbf => {}
            _ if byte.is_ascii_whitespace() || within_list => {}
            _ => self.stray = true,
        }
        Ok(())
    }

    fn close_list(&mut self, give: &mut Give<'_>) -> Result<()> {
        if let Some(Outer::List { papers, line }) = self.outer.pop() {
            match self.outer.last_mut() {
                Some(Outer::List { papers: around, .. }) => *around += papers,
                Some(Outer::Object(_)) => self.resume(papers),
                None if papers == 0 => give(Found::Useless { line, reason: "no JSON object" })?,
                None => {}
            }
        }
        Ok(())
    }

    /// Goes on in the object that was looked into.
    fn resume(&mut self, papers: u64) {
        if let Some(Outer::Object(mut object)) = self.outer.pop() {
            object.papers += papers;
            object.bytes.extend_from_slice(b"null");
            object.expect = Expect::Comma;
            self.object = Some(*object);
        }
    }

    /// A byte within an object.
    fn within(&mut self, byte: u8, give: &mut Give<'_>) -> Result<()> {
        let Some(object) = &mut self.object else { return Ok(()) };
        if object.quote.is_none()
            && matches!(byte, b'{' | b'[' | b'(')
            && object.may_hold_papers()
            && self.outer.len() < DEEPEST
        {
            self.descend(byte);
            return Ok(());
        }
        if object.take(byte) {
            return self.complete(give);
        }
        if let Some(start) = object.row.take() {
            let end = object.bytes.len() - 1;
            give(Found::Row { key: &object.key, text: &object.bytes[start..end], line: self.line })?;
            object.papers += 1;
            // It is done with: an object of ever so many rows is no longer than one.
            object.bytes.truncate(start);
            object.bytes.push(b'"');
            return Ok(());
        }
        if object.nest.len() > DEEPEST_WITHIN {
            self.object = None;
            self.outer.clear();
            return give(Found::Useless { line: self.line, reason: "no valid JSON: too many brackets" });
        }
        Ok(())
    }

    /// Looks for papers in what the object at hand holds here.
    fn descend(&mut self, byte: u8) {
        let Some(mut object) = self.object.take() else { return };
        let key = std::mem::take(&mut object.key);
        object.keyed |= ArxivId::parse(&key).is_some();
        let keyed = object.keyed;
        let line = self.line;
        self.outer.push(Outer::Object(Box::new(object)));
        if byte == b'{' {
            let mut inner = Object::new(line, Some(key.clone()), self.works);
            inner.has_id = ArxivId::parse(&key).is_some();
            inner.keyed = false;
            inner.texts = 2 * u32::from(keyed);
            self.object = Some(inner);
        } else {
            self.outer.push(Outer::List { papers: 0, line });
        }
    }

    /// Hands the object out, if it is one of a paper or nothing else explains it.
    fn complete(&mut self, give: &mut Give<'_>) -> Result<()> {
        let Some(object) = self.object.take() else { return Ok(()) };
        let around_is_keyed = matches!(self.outer.last(), Some(Outer::Object(around)) if around.keyed);
        let top = self.outer.iter().all(|outer| matches!(outer, Outer::List { .. })) && self.outer.len() <= 1;
        // An object under a key may have a title for other reasons.
        let texts_needed = if matches!(self.outer.last(), Some(Outer::List { .. })) { 1 } else { 2 };
        let meant = object.has_id || object.papers == 0 && (top || object.texts >= texts_needed);
        let mut papers = object.papers;
        if object.too_long {
            give(Found::Useless { line: object.line, reason: &self.too_long(&object) })?;
            papers += 1;
        } else if meant {
            let key = object.parent.as_deref().filter(|_| around_is_keyed);
            give(Found::Object { bytes: &object.bytes, line: object.line, key })?;
            papers += 1;
        }
        match self.outer.last_mut() {
            Some(Outer::List { papers: around, .. }) => *around += papers,
            Some(Outer::Object(_)) => self.resume(papers),
            None => {}
        }
        Ok(())
    }
}
