//! Inputs to windows of texts.
//!
//! In: files, folders, `-`, read as papers (by [`reader`]) or as lines. Out: [`Window`] by window
//! the texts in their order, each with its id, and what was skipped. Reading is a thread of its
//! own, one window ahead of embedding, and where a window ends depends on the texts alone: a
//! resumed run cuts the same windows, so it makes the same batches and the same bytes.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::output::Output;
use crate::error::{BulkError, Error, ReadingError, Result};
use crate::paper::Skipped;
use crate::passage::passage;
use crate::reader::{self, Finding, Line, Reading, Work};

/// Text of a window, in bytes, that ends it early: long texts do not add up.
const WINDOW_BYTES: usize = 4 << 20;

/// As what inputs are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// Papers in any form that the reader knows; the text is the [`passage`](crate::passage).
    Papers,
    /// Plain text, a text a line; the id is the number of the line, counted on from file to file.
    Lines,
}

/// What ends a window, whichever is reached first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowSize {
    /// Texts of a window, at most.
    pub rows: usize,
    /// A window of so many bytes of text takes no more.
    pub bytes: usize,
}

impl WindowSize {
    /// So many texts, or fewer that are long.
    pub(crate) fn of_rows(rows: usize) -> WindowSize {
        WindowSize { rows, bytes: WINDOW_BYTES }
    }
}

/// One text on its way to a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The paper's id or the line's number.
    pub id: String,
    /// The paper's title.
    pub title: Option<String>,
    /// What is embedded.
    pub text: String,
    /// The file, as it was named, and the line.
    pub place: (Arc<str>, u64),
}

/// Some texts that are embedded together.
#[derive(Debug)]
pub(crate) struct Window {
    /// The texts.
    pub rows: Vec<Row>,
    /// Hash of all ids, titles and texts from the first to the last of this window.
    pub digest: String,
    /// Bytes of the inputs that were read so far.
    pub bytes: u64,
    /// Nothing comes after it.
    pub last: bool,
}

/// What reading gives.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Texts.
    Window(Window),
    /// An entry that gives no text.
    Skipped(Skipped),
    /// A remark about a file.
    Note(String),
}

/// One input, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// As it was named; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Its size; `None` for standard input and what else has none.
    pub bytes: Option<u64>,
}

/// Checked inputs.
#[derive(Debug)]
pub(crate) struct Inputs {
    files: Vec<PathBuf>,
    /// In the order of reading.
    pub described: Vec<Input>,
    /// Folders without files.
    pub empty: Vec<PathBuf>,
}

impl Inputs {
    /// Where they lie; `-` is standard input.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The files behind `paths`, in order, folders sorted by name. What belongs to the output is
    /// left out of folders.
    ///
    /// # Errors
    /// [`Error::Io`] for what cannot be read, [`BulkError::InputTwice`], and
    /// [`BulkError::OutputIsInput`].
    pub(crate) fn find(paths: &[PathBuf], output: Option<&Output>) -> Result<Inputs> {
        let mut inputs = Inputs { files: Vec::new(), described: Vec::new(), empty: Vec::new() };
        let mut seen = HashSet::new();
        for path in paths {
            let files = reader::files(std::slice::from_ref(path))?;
            if files.is_empty() {
                inputs.empty.push(path.clone());
            }
            for file in files {
                let is_stream = file.as_os_str() == "-";
                let real = if is_stream { file.clone() } else { fs::canonicalize(&file).map_err(Error::io(&file))? };
                if !is_stream && output.is_some_and(|output| output.owns(&real)) {
                    if file == *path {
                        return Err(BulkError::OutputIsInput { path: file }.into());
                    }
                    continue;
                }
                if !seen.insert(real) {
                    return Err(BulkError::InputTwice { path: file }.into());
                }
                inputs.take(file)?;
            }
        }
        Ok(inputs)
    }

    fn take(&mut self, file: PathBuf) -> Result<()> {
        let mut bytes = None;
        if file.as_os_str() != "-" {
            let about = fs::metadata(&file).map_err(Error::io(&file))?;
            // Opening a pipe only to close it would break it.
            if about.is_file() {
                File::open(&file).map_err(Error::io(&file))?;
                bytes = Some(about.len());
            }
        }
        self.described.push(Input { name: file.display().to_string(), bytes });
        self.files.push(file);
        Ok(())
    }

    /// Bytes of all inputs, where all have a size.
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.described.iter().map(|input| input.bytes).sum()
    }

    /// Starts reading, in windows of at most `window` texts.
    ///
    /// # Errors
    /// [`Error::Io`] where no thread can be made.
    pub(crate) fn read(self, texts: Texts, window: WindowSize) -> Result<Windows> {
        let (hand_over, pieces) = sync_channel(1);
        let reading = thread::Builder::new()
            .name("reading".to_owned())
            .spawn(move || {
                let mut cutter = Cutter::new(window, hand_over);
                let read = self.files.iter().try_for_each(|file| cutter.file(file, texts));
                read.and_then(|()| cutter.close(true))
            })
            .map_err(Error::io("a thread to read"))?;
        Ok(Windows { pieces, reading: Some(reading) })
    }
}

/// The pieces of some inputs, as they are read.
pub(crate) struct Windows {
    pieces: Receiver<Piece>,
    reading: Option<JoinHandle<Result<()>>>,
}

impl Iterator for Windows {
    type Item = Result<Piece>;

    fn next(&mut self) -> Option<Result<Piece>> {
        if let Ok(piece) = self.pieces.recv() {
            return Some(Ok(piece));
        }
        // Whoever drops this earlier leaves the thread alone: it may wait for standard input, and
        // ends with its next piece.
        let ended = self.reading.take()?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        ended.err().map(Err)
    }
}

/// Gathers texts and hands over full windows.
struct Cutter {
    window: WindowSize,
    hand_over: SyncSender<Piece>,
    rows: Vec<Row>,
    bytes: usize,
    digest: Sha256,
    read: Arc<AtomicU64>,
    /// Lines of the files before this one.
    lines: u64,
}

impl Cutter {
    fn new(window: WindowSize, hand_over: SyncSender<Piece>) -> Cutter {
        let read = Arc::new(AtomicU64::new(0));
        Cutter { window, hand_over, rows: Vec::new(), bytes: 0, digest: Sha256::new(), read, lines: 0 }
    }

    fn file(&mut self, path: &Path, texts: Texts) -> Result<()> {
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(Error::io(path))?)
        };
        let input = Counted { input, read: Arc::clone(&self.read) };
        let name: Arc<str> = path.display().to_string().into();
        let notes = match texts {
            Texts::Papers => {
                let read = reader::read_with_works(path, input, &mut |finding| match finding {
                    Finding::Reading(Reading::Entry(entry)) => self.paper(&name, entry.into()),
                    Finding::Reading(Reading::Skipped(skipped)) => self.say(Piece::Skipped(skipped)),
                    Finding::Work(work) => self.paper(&name, work),
                });
                read.map(|report| report.notes)
            }
            Texts::Lines => {
                let first = self.lines;
                let read = reader::read_lines(path, input, &mut |line| match line {
                    Line::Text { number, text } => {
                        let id = (first + number).to_string();
                        self.row(Row { id, title: None, text, place: (Arc::clone(&name), number) })
                    }
                    Line::Skipped(skipped) => self.say(Piece::Skipped(skipped)),
                });
                read.map(|read| {
                    self.lines += read.lines;
                    read.notes
                })
            }
        };
        match notes {
            Ok(notes) => notes.into_iter().try_for_each(|note| self.say(Piece::Note(format!("{name}: {note}")))),
            // A file of another kind is left out and named, as `relata add` does.
            Err(Error::Reading(ReadingError::UnknownFormat { looks_like, .. })) => {
                let reason = format!("no papers in a known form; this looks like {looks_like}");
                self.say(Piece::Skipped(Skipped { file: name.to_string(), line: 0, reason }))
            }
            Err(error) => Err(error),
        }
    }

    fn paper(&mut self, file: &Arc<str>, paper: Work) -> Result<()> {
        let Work { line, id, title, abstract_text } = paper;
        let Some(title) = title else {
            let reason = format!("{id} has no title, and so no text to embed");
            return self.say(Piece::Skipped(Skipped { file: file.to_string(), line, reason }));
        };
        let text = passage(&title, abstract_text.as_deref());
        self.row(Row { id, title: Some(title), text, place: (Arc::clone(file), line) })
    }

    fn row(&mut self, row: Row) -> Result<()> {
        // A full window waits for the next text: only then it is known not to be the last.
        if self.rows.len() >= self.window.rows || self.bytes >= self.window.bytes {
            self.close(false)?;
        }
        for part in [row.id.as_str(), row.title.as_deref().unwrap_or_default(), row.text.as_str()] {
            self.digest.update((part.len() as u64).to_le_bytes());
            self.digest.update(part);
        }
        self.bytes += row.text.len();
        self.rows.push(row);
        Ok(())
    }

    fn close(&mut self, last: bool) -> Result<()> {
        let digest = self.digest.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        self.say(Piece::Window(Window { rows, digest, bytes: self.read.load(Ordering::Relaxed), last }))
    }

    fn say(&mut self, piece: Piece) -> Result<()> {
        self.hand_over.send(piece).map_err(|_| Error::from(ReadingError::Stopped))
    }
}

/// An input that counts what is read of it.
struct Counted {
    input: Box<dyn Read>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(paths: &[PathBuf], window: usize) -> Result<Vec<Window>> {
        let pieces = Inputs::find(paths, None)?.read(Texts::Lines, WindowSize::of_rows(window))?;
        let window = |piece| match piece {
            Ok(Piece::Window(window)) => Some(Ok(window)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        pieces.filter_map(window).collect()
    }

    /// What a file gives: `id title text` of each row, and what was skipped.
    fn papers(text: &str) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().map_err(Error::io("a folder"))?;
        let path = folder.path().join("works.jsonl");
        fs::write(&path, text).map_err(Error::io(&path))?;
        let mut told = Vec::new();
        for piece in Inputs::find(&[path], None)?.read(Texts::Papers, WindowSize::of_rows(100))? {
            match piece? {
                Piece::Window(window) => {
                    let row = |row: Row| format!("{} {:?} {:?} {}", row.id, row.title, row.text, row.place.1);
                    told.extend(window.rows.into_iter().map(row));
                }
                Piece::Skipped(skipped) => told.push(format!("{}: {}", skipped.line, skipped.reason)),
                Piece::Note(note) => told.push(note),
            }
        }
        Ok(told)
    }

    #[test]
    fn works_of_openalex_keep_its_ids_where_arxiv_has_none() -> Result<()> {
        let work = |id: u32, more: &str| {
            format!(
                r#"{{"id": "https://openalex.org/W{id}", {more}, "ids": {{"openalex": "https://openalex.org/W{id}"}}, "authorships": [{{"author": {{"id": "https://openalex.org/A5", "display_name": "Ada Quill"}}}}], "concepts": [{{"id": "https://openalex.org/C1", "display_name": "Ice"}}], "primary_topic": {{"id": "https://openalex.org/T1", "display_name": "Ice sheets", "title": "A topic"}}}}"#
            )
        };
        let works = [
            work(11, r#""title": "Marsh maps", "abstract_inverted_index": {"map": [1], "We": [0], "marshes.": [2]}"#),
            work(12, r#""doi": "https://doi.org/10.48550/arxiv.2603.00004", "title": "Of arXiv""#),
            work(13, r#""title": null, "display_name": null"#),
            r#"{"id": "https://openalex.org/A5", "display_name": "Ada Quill"}"#.to_owned(),
        ];
        let expected = [
            r#"W11 Some("Marsh maps") "Marsh maps\nWe map marshes." 1"#,
            r#"2603.00004 Some("Of arXiv") "Of arXiv" 2"#,
        ];
        let skipped = [
            "3: W13 has no title, and so no text to embed",
            r#"4: "https://openalex.org/A5" is not an arXiv id ("Ada Quill")"#,
        ];
        let sorted = |mut lines: Vec<String>| {
            lines.sort();
            lines
        };
        let all = || sorted(expected.iter().chain(&skipped).map(|line| (*line).to_owned()).collect());
        assert_eq!(sorted(papers(&works.join("\n"))?), all());
        // An answer of the interface, which holds the works in a list.
        let answer = format!("{{\"meta\": {{\"count\": 1}}, \"results\": [\n{}\n]}}", works[0]);
        assert_eq!(papers(&answer)?, [expected[0].replace("\" 1", "\" 2")]);
        Ok(())
    }

    #[test]
    fn windows_are_cut_by_texts_and_bytes_and_lines_are_counted_on() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::io("a folder"))?;
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).map_err(Error::io(&path)).map(|()| path)
        };
        let paths = [write("a", "a1\n\na3\na4")?, write("b", "b5\n")?];
        let cut = windows(&paths, 2)?;
        let ids: Vec<Vec<&str>> = cut.iter().map(|w| w.rows.iter().map(|row| row.id.as_str()).collect()).collect();
        assert_eq!(ids, [["1", "3"], ["4", "5"]]);
        assert_eq!((cut[0].last, cut[1].last, cut[1].bytes), (false, true, 12));
        assert_eq!(cut[1].rows[1].place, (paths[1].display().to_string().into(), 1));
        // The hash goes over all texts before, however they were cut.
        assert_eq!(windows(&paths, 100)?[0].digest, cut[1].digest);

        let long = "x".repeat(1 << 20);
        let path = write("long", &[long.as_str(); 9].join("\n"))?;
        let sizes: Vec<usize> = windows(&[path], 100)?.iter().map(|window| window.rows.len()).collect();
        assert_eq!(sizes, [4, 4, 1]);
        Ok(())
    }
}
