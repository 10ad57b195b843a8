//! Bytes of a file or of standard input, line by line, in bounded memory.
//!
//! In: anything readable, packed or not (`packed`), in UTF-8 or UTF-16. Out: lines of at most 4
//! MiB; of a longer one only the beginning is kept, and the rest is passed over in linear time, or
//! it comes in pieces. A packed stream that breaks off ends the lines and leaves a reason, since
//! what stood before is still good.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::packed::{self, Unpacked};
use super::utf16;
use crate::error::{Error, Result};

/// Longest line that is read. The longest record seen has some 60 kB.
pub(super) const LONGEST_LINE: usize = 4 << 20;
/// How much of the beginning is looked at to tell the format.
const HEAD: u64 = 256 << 10;

/// An opened input.
pub(super) struct Source<'r> {
    path: PathBuf,
    input: BufReader<Box<dyn Read + 'r>>,
    head: Vec<u8>,
    packing: Option<&'static str>,
    trailing: Rc<Cell<bool>>,
    buffer: Vec<u8>,
    line: u64,
    /// What ends a line: a carriage return where there are no line feeds.
    line_end: u8,
    within_line: bool,
    broken: Option<String>,
}

/// One line without its line feed.
pub(super) struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// The line, or the first 4 MiB of it.
    pub bytes: &'a [u8],
    /// The line goes on beyond `bytes`.
    pub too_long: bool,
}

impl<'r> Source<'r> {
    /// Takes an input and looks at its beginning; `path` is for messages.
    pub(super) fn new(path: &Path, input: impl Read + 'r) -> Result<Source<'r>> {
        let Unpacked { input, packing, trailing } = packed::unpack(input).map_err(Error::io(path))?;
        let mut plain = input;
        // A broken stream still has a beginning; the error comes back when reading reaches it.
        let (mut head, mut failed) = beginning(&mut plain);
        if let Some(order) = utf16::order(&head) {
            let replay = Replay { head: Cursor::new(head), failed, rest: plain };
            plain = Box::new(utf16::Utf16::new(replay, order));
            (head, failed) = beginning(&mut plain);
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        let replay = Replay { head: Cursor::new(head.clone()), failed, rest: plain };
        let input = BufReader::with_capacity(1 << 16, Box::new(replay) as Box<dyn Read + 'r>);
        let line_end = if head.contains(&b'\r') && !head.contains(&b'\n') { b'\r' } else { b'\n' };
        let (buffer, path) = (Vec::new(), path.to_owned());
        Ok(Source { path, input, head, packing, trailing, buffer, line: 0, line_end, within_line: false, broken: None })
    }

    /// All that it holds, from the beginning, without its packing.
    pub(super) fn into_reader(self) -> impl Read + 'r {
        self.input
    }

    /// What is remarkable about the packing, once the end was reached.
    pub(super) fn note(&self) -> Option<String> {
        let packing = self.packing.filter(|_| self.trailing.get())?;
        Some(format!("bytes that are no {packing} data follow the {packing} data; they are left out"))
    }

    /// The first bytes, decompressed, without a byte-order mark.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Why the input ended early, once it did.
    pub(super) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Number of the line that was read last, from 1; 0 before the first.
    pub(super) fn line_number(&self) -> u64 {
        self.line
    }

    /// The next line; `None` at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<Line<'_>>> {
        self.buffer.clear();
        if self.broken.is_some() {
            return Ok(None);
        }
        let limit = LONGEST_LINE as u64 + 1;
        let read = self.input.by_ref().take(limit).read_until(self.line_end, &mut self.buffer);
        let Some(read) = self.check(read)? else { return Ok(None) };
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        let mut too_long = false;
        if self.buffer.last() == Some(&self.line_end) {
            self.buffer.pop();
        } else if self.buffer.len() > LONGEST_LINE {
            too_long = true;
            self.buffer.truncate(LONGEST_LINE);
            let skipped = self.input.skip_until(self.line_end);
            // A break within the skipped rest is found again, and reported, at the next line.
            self.check(skipped)?;
        }
        Ok(Some(Line { number: self.line, bytes: &self.buffer, too_long }))
    }

    /// The next line, or the next piece of one that is too long to hold: `too_long` says that it
    /// goes on in the next piece.
    pub(super) fn next_piece(&mut self) -> Result<Option<Line<'_>>> {
        self.buffer.clear();
        if self.broken.is_some() {
            return Ok(None);
        }
        let read = self.input.by_ref().take(LONGEST_LINE as u64).read_until(self.line_end, &mut self.buffer);
        let Some(read) = self.check(read)? else { return Ok(None) };
        if read == 0 {
            return Ok(None);
        }
        self.line += u64::from(!self.within_line);
        let ended = self.buffer.last() == Some(&self.line_end);
        if ended {
            self.buffer.pop();
        }
        self.within_line = !ended && read == LONGEST_LINE;
        Ok(Some(Line { number: self.line, bytes: &self.buffer, too_long: self.within_line }))
    }

    /// Tells damage of a packed stream, which ends the input, from failures of the system, which
    /// end the reading.
    fn check<T>(&mut self, result: io::Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(cause) if self.packing.is_some() && is_damage(&cause) => {
                let packing = self.packing.unwrap_or_default();
                let what = match cause.kind() {
                    io::ErrorKind::UnexpectedEof => format!("the {packing} file is cut off"),
                    _ => format!("the {packing} file is damaged ({cause})"),
                };
                self.broken.get_or_insert(what);
                Ok(None)
            }
            Err(cause) => Err(Error::Io { path: self.path.clone(), source: cause }),
        }
    }
}

/// The first bytes, and what stopped them.
fn beginning(input: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::new();
    let failed = input.take(HEAD).read_to_end(&mut head).err();
    (head, failed)
}

fn is_damage(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
}

/// The head once more, then what stopped it (if anything), then the rest.
struct Replay<'r> {
    head: Cursor<Vec<u8>>,
    failed: Option<io::Error>,
    rest: Box<dyn Read + 'r>,
}

impl Read for Replay<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buffer)? {
            0 => match self.failed.take() {
                Some(cause) => Err(cause),
                None => self.rest.read(buffer),
            },
            read => Ok(read),
        }
    }
}
