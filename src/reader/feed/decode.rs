//! The bytes of a source as text that an XML parser can take, and the line that it has come to.
//!
//! In: a source, line by line. Out: a buffered reader of UTF-8: what is not UTF-8 is read as
//! everywhere (`windows`), also where a line of many MiB comes in pieces. One event of XML may take
//! [`LONGEST_EVENT`] bytes; of a longer one the end of the input is told, and `is_too_long` says
//! why.

use std::io::{self, BufRead, Read};

use super::super::source::Source;
use super::super::windows::Foreign;
use crate::error::Error;

/// Longest tag, text, comment or CDATA section, in bytes: twice the longest line.
const LONGEST_EVENT: usize = 8 << 20;
/// Text that is held ready, in bytes, as far as lines go.
const CHUNK: usize = 16 << 10;

/// A source as UTF-8.
pub(super) struct Decoded<'s, 'r> {
    source: &'s mut Source<'r>,
    foreign: Foreign,
    chunk: String,
    at: usize,
    /// Line breaks that were consumed.
    breaks: u64,
    /// Bytes of a character that goes on in the next piece.
    begun: Vec<u8>,
    /// Bytes that this event has taken so far.
    spent: usize,
    failed: Option<Error>,
}

impl<'s, 'r> Decoded<'s, 'r> {
    pub(super) fn new(source: &'s mut Source<'r>) -> Decoded<'s, 'r> {
        Decoded {
            source,
            foreign: Foreign::default(),
            chunk: String::new(),
            at: 0,
            breaks: 0,
            begun: Vec::new(),
            spent: 0,
            failed: None,
        }
    }

    /// Another event begins. Gives the line, from 1, where it does.
    pub(super) fn begin_event(&mut self) -> u64 {
        self.spent = 0;
        self.breaks + 1
    }

    /// Whether the input was ended because an event was too long.
    pub(super) fn is_too_long(&self) -> bool {
        self.spent > LONGEST_EVENT
    }

    /// What the system failed with, if it did.
    pub(super) fn failed(&mut self) -> Option<Error> {
        self.failed.take()
    }

    /// A note about bytes that were not UTF-8.
    pub(super) fn note(&self) -> Option<String> {
        self.foreign.note()
    }

    fn fill(&mut self) -> crate::Result<()> {
        self.chunk.clear();
        self.at = 0;
        while self.chunk.len() < CHUNK {
            let Some(piece) = self.source.next_piece()? else {
                self.chunk.push_str(&String::from_utf8_lossy(&std::mem::take(&mut self.begun)));
                break;
            };
            let joined;
            let mut bytes = piece.bytes;
            if !self.begun.is_empty() {
                joined = [self.begun.as_slice(), bytes].concat();
                self.begun.clear();
                bytes = &joined;
            }
            if piece.too_long {
                let whole = without_begun(bytes);
                self.begun.extend_from_slice(&bytes[whole..]);
                bytes = &bytes[..whole];
            }
            self.chunk.push_str(&self.foreign.text(bytes, piece.number));
            if !piece.too_long {
                self.chunk.push('\n');
            }
        }
        Ok(())
    }
}

/// How many bytes there are before a character that is cut at the end.
fn without_begun(bytes: &[u8]) -> usize {
    let tail = bytes.len() - bytes.len().min(3);
    let lead = bytes[tail..].iter().rposition(|byte| byte & 0xc0 != 0x80).map(|at| tail + at);
    match lead {
        Some(lead) => match std::str::from_utf8(&bytes[lead..]) {
            Err(error) if error.error_len().is_none() => lead,
            _ => bytes.len(),
        },
        None => bytes.len(),
    }
}

impl Read for Decoded<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Decoded<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_too_long() {
            return Ok(&[]);
        }
        if self.at == self.chunk.len()
            && let Err(error) = self.fill()
        {
            self.failed.get_or_insert(error);
            return Err(io::Error::other("the file cannot be read"));
        }
        Ok(&self.chunk.as_bytes()[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        let end = (self.at + amount).min(self.chunk.len());
        let taken = &self.chunk.as_bytes()[self.at..end];
        self.breaks += taken.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.spent += taken.len();
        self.at = end;
    }
}
