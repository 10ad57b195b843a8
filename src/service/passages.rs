//! Passages: the texts of files in blocks, as bulk embedding reads them, for whoever embeds them
//! elsewhere.
//!
//! In: files and folders. Out: an iterator over [`Piece`]s: blocks of texts in the order of the
//! files, and what was skipped. A block ends by its texts alone, so the same files give the same
//! blocks.

use std::path::PathBuf;

use crate::bulk::Texts;
use crate::bulk::input::{self, Inputs, WindowSize, Windows};
use crate::error::Result;
use crate::paper::Skipped;

/// Text of one row of a block, in bytes, that is counted on: longer ones make blocks of fewer rows.
const BYTES_OF_ROW: usize = 4 << 10;

/// What is to be read, and how.
#[derive(Clone, Debug)]
pub struct ReadPassages {
    /// Files or folders; `-` is standard input.
    pub inputs: Vec<PathBuf>,
    /// Whether the inputs are plain text, a text a line; else they are papers.
    pub lines: bool,
    /// Texts of a block, at most.
    pub rows: usize,
}

/// One text to be embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The paper's id, or the number of the line.
    pub id: String,
    /// The paper's title.
    pub title: Option<String>,
    /// What is embedded.
    pub text: String,
    /// The file as it was named.
    pub file: String,
    /// The line of the file, from 1.
    pub line: u64,
}

/// What reading gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Some texts, and how many bytes of all inputs were read so far.
    Block {
        /// The texts; there is at least one.
        passages: Vec<Passage>,
        /// Bytes of the inputs, as they lie on the disk.
        bytes: u64,
    },
    /// An entry that gives no text.
    Skipped(Skipped),
    /// A remark about a file.
    Note(String),
}

/// The pieces of some files. Reading is a thread of its own, one block ahead.
pub struct Passages {
    windows: Windows,
    empty: std::vec::IntoIter<PathBuf>,
}

impl ReadPassages {
    /// Starts to read.
    ///
    /// ```
    /// use relata::service::{Piece, ReadPassages};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let file = folder.path().join("lines.txt");
    /// std::fs::write(&file, "Ice moves.\nGlaciers flow.\n")?;
    /// let read = ReadPassages { inputs: vec![file], lines: true, rows: 1000 }.read()?;
    /// let pieces: Vec<Piece> = read.collect::<relata::Result<_>>()?;
    /// let [Piece::Block { passages, bytes: 26 }] = pieces.as_slice() else { panic!("{pieces:?}") };
    /// assert_eq!((passages[1].id.as_str(), passages[1].text.as_str()), ("2", "Glaciers flow."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) for what cannot be opened, and
    /// [`BulkError::InputTwice`](crate::error::BulkError::InputTwice). Items are errors where
    /// reading fails later.
    pub fn read(self) -> Result<Passages> {
        let inputs = Inputs::find(&self.inputs, None)?;
        let empty = inputs.empty.clone().into_iter();
        let texts = if self.lines { Texts::Lines } else { Texts::Papers };
        let rows = self.rows.max(1);
        let windows = inputs.read(texts, WindowSize { rows, bytes: rows.saturating_mul(BYTES_OF_ROW) })?;
        Ok(Passages { windows, empty })
    }
}

impl Iterator for Passages {
    type Item = Result<Piece>;

    fn next(&mut self) -> Option<Result<Piece>> {
        if let Some(folder) = self.empty.next() {
            let reason = "the folder holds no files".to_owned();
            return Some(Ok(Piece::Skipped(Skipped { file: folder.display().to_string(), line: 0, reason })));
        }
        loop {
            return Some(match self.windows.next()? {
                Ok(input::Piece::Window(window)) if window.rows.is_empty() => continue,
                Ok(input::Piece::Window(window)) => {
                    let passages = window.rows.into_iter().map(Passage::from).collect();
                    Ok(Piece::Block { passages, bytes: window.bytes })
                }
                Ok(input::Piece::Skipped(skipped)) => Ok(Piece::Skipped(skipped)),
                Ok(input::Piece::Note(note)) => Ok(Piece::Note(note)),
                Err(error) => Err(error),
            });
        }
    }
}

impl From<input::Row> for Passage {
    fn from(row: input::Row) -> Passage {
        let (file, line) = row.place;
        Passage { id: row.id, title: row.title, text: row.text, file: file.to_string(), line }
    }
}
