//! The index into its file, portion by portion.
//!
//! In: what rows are searched by, where the cells begin, and the rows of some cells after those of
//! others. Out: a file of safetensors, as `file.rs` reads it. The header stands first and is known
//! last, so it has room of a fixed size, and spaces after it. It is written twice: a file without
//! limits is measured to find them ([`super::measure`]).

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytemuck::{Pod, cast_slice};
use safetensors::tensor::{Dtype, TensorInfo};
use sha2::{Digest, Sha256};

use super::build::{Frame, Reach};
use super::file::{Facts, VERSION, cell_sum, sum};
use super::probe_limits::Step;
use super::rotation::words;
use super::rows::Arranged;
use crate::error::{Error, Result};
use crate::kernels::{BLOCK, Factors};

/// Bytes before the tensors: the length of the header, the header, and spaces.
const HEADER: usize = 4096;

/// What a file is of.
#[derive(Debug, Default)]
pub(super) struct About<'a> {
    /// Of a delta, the token of the file whose cells it uses.
    pub(super) base: &'a str,
    /// Of a delta, the papers that are no longer as that file has them, ascending.
    pub(super) outdated: &'a [u64],
    /// The last change of the library that it takes in.
    pub(super) change: i64,
    /// Elements of a vector.
    pub(super) dimension: usize,
}

/// A file that is being written.
pub(super) struct Writer<'a, W> {
    path: PathBuf,
    file: W,
    about: About<'a>,
    frame: &'a Frame,
    /// Where each cell begins, in blocks, and where the last ends.
    starts: &'a [u64],
    tensors: Vec<(&'static str, TensorInfo)>,
    cell_sums: Vec<u32>,
    /// Of what is written, row by row.
    hasher: Sha256,
    /// The first cell that is not there yet.
    next: usize,
}

impl<'a, W: Write + Seek> Writer<'a, W> {
    /// Begins a file of so many cells as `starts` has room for. `path` is what errors name.
    ///
    /// # Errors
    /// Of all that is called on it, [`Error::Io`] where `file` cannot be written.
    pub(super) fn new(file: W, path: &Path, about: About<'a>, frame: &'a Frame, starts: &'a [u64]) -> Writer<'a, W> {
        let blocks = starts.last().copied().unwrap_or(0) as usize;
        let (places, dimension) = (blocks * BLOCK, about.dimension);
        let tensors = layout(&[
            ("flips", Dtype::U64, frame.rotation.flips.len(), 1),
            ("outdated", Dtype::U64, about.outdated.len(), 1),
            ("starts", Dtype::U64, starts.len(), 1),
            ("codes", Dtype::U64, blocks * words(dimension), BLOCK),
            ("keys", Dtype::U64, places, 1),
            ("centres", Dtype::F32, frame.lengths.len(), dimension),
            ("lengths", Dtype::F32, frame.lengths.len(), 1),
            ("factors", Dtype::F32, blocks, 3 * BLOCK),
            ("scales", Dtype::F32, places, 1),
            ("cell_sums", Dtype::U32, starts.len() - 1, 1),
            ("row_sums", Dtype::U32, places, 1),
            ("bytes", Dtype::I8, places, dimension),
        ]);
        let (cell_sums, hasher) = (Vec::with_capacity(starts.len() - 1), Sha256::new());
        Writer { path: path.to_owned(), file, about, frame, starts, tensors, cell_sums, hasher, next: 0 }
    }

    /// Writes the rows of the next cells.
    pub(super) fn put(&mut self, rows: &Arranged) -> Result<()> {
        let (dimension, segment) = (rows.dimension, rows.segment());
        let cells = rows.starts.len() - 1;
        self.cell_sums.extend((0..cells).map(|cell| cell_sum(&segment, cell, dimension)));
        let each_row = rows.bytes.chunks_exact(dimension.max(1));
        let row_sums: Vec<u32> = each_row.map(|row| crc32fast::hash(cast_slice(row))).collect();
        self.hasher.update(cast_slice(&row_sums));
        let block = self.starts[self.next] as usize;
        self.next += cells;
        self.write("codes", block * words(dimension) * size_of::<[u64; BLOCK]>(), &rows.codes)?;
        self.write("keys", block * BLOCK * size_of::<u64>(), &rows.keys)?;
        self.write("factors", block * size_of::<Factors>(), &rows.factors)?;
        self.write("scales", block * BLOCK * size_of::<f32>(), &rows.scales)?;
        self.write("row_sums", block * BLOCK * size_of::<u32>(), &row_sums)?;
        self.write("bytes", block * BLOCK * dimension, &rows.bytes)
    }

    /// Writes what is known once all rows are there, and says what the file says of itself. May be
    /// called again, with other limits.
    pub(super) fn finish(&mut self, reach: &Reach) -> Result<Facts> {
        let cell_sums = std::mem::take(&mut self.cell_sums);
        let finished = self.finish_with(reach, &cell_sums);
        self.cell_sums = cell_sums;
        finished
    }

    /// What was written into.
    pub(super) fn into_inner(self) -> W {
        self.file
    }

    fn finish_with(&mut self, reach: &Reach, cell_sums: &[u32]) -> Result<Facts> {
        let About { base, outdated, change, dimension } = self.about;
        let mut hasher = self.hasher.clone();
        for bytes in [cast_slice(cell_sums), &change.to_le_bytes(), base.as_bytes(), cast_slice(outdated)] {
            hasher.update(bytes);
        }
        let token: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let (starts, frame) = (self.starts, self.frame);
        self.write("flips", 0, &frame.rotation.flips)?;
        self.write("outdated", 0, outdated)?;
        self.write("starts", 0, starts)?;
        self.write("centres", 0, &frame.centres)?;
        self.write("lengths", 0, &frame.lengths)?;
        self.write("cell_sums", 0, cell_sums)?;
        // The limits come last: how many there are is measured.
        let end = self.tensors.last().map_or(0, |(_, info)| info.data_offsets.1);
        let at = (end, end + size_of_val(reach.steps.as_slice()));
        let steps = TensorInfo { dtype: Dtype::F32, shape: vec![reach.steps.len(), 3], data_offsets: at };
        self.write_at(end, cast_slice::<Step, u8>(&reach.steps))?;
        let mut facts = HashMap::from([
            ("version".to_owned(), VERSION.to_owned()),
            ("token".to_owned(), token.clone()),
            ("base".to_owned(), base.to_owned()),
            ("change".to_owned(), change.to_string()),
            ("trained".to_owned(), reach.trained.to_string()),
            ("dimension".to_owned(), dimension.to_string()),
            ("error".to_owned(), reach.error.to_string()),
            ("blur".to_owned(), reach.int8_error.to_string()),
        ]);
        let small: [&[u8]; 7] = [
            cast_slice(&frame.rotation.flips),
            cast_slice(&frame.centres),
            cast_slice(&frame.lengths),
            cast_slice(&reach.steps),
            cast_slice(outdated),
            cast_slice(starts),
            cast_slice(cell_sums),
        ];
        facts.insert("sum".to_owned(), sum(&facts, &small));
        self.write_header(facts, steps).map_err(Error::io(&self.path))?;
        Ok(Facts { token, base: base.to_owned(), change, trained: reach.trained })
    }

    fn write_header(&mut self, facts: HashMap<String, String>, steps: TensorInfo) -> io::Result<()> {
        // In one order, so that files of the same rows are the same.
        let facts: BTreeMap<String, String> = facts.into_iter().collect();
        let mut header = BTreeMap::from([("__metadata__", serde_json::to_value(facts)?)]);
        for (name, info) in self.tensors.iter().chain([&("steps", steps)]) {
            header.insert(name, serde_json::to_value(info)?);
        }
        let mut header = serde_json::to_vec(&header)?;
        if header.len() > HEADER - size_of::<u64>() {
            return Err(io::Error::other("the header of the index does not fit"));
        }
        header.resize(HEADER - size_of::<u64>(), b' ');
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&(header.len() as u64).to_le_bytes())?;
        self.file.write_all(&header)
    }

    /// Writes numbers of a tensor, from a byte of it on.
    fn write<T: Pod>(&mut self, name: &str, from: usize, numbers: &[T]) -> Result<()> {
        let tensor = self.tensors.iter().find(|(own, _)| *own == name);
        let begin = tensor.map_or(0, |(_, info)| info.data_offsets.0);
        self.write_at(begin + from, cast_slice(numbers))
    }

    fn write_at(&mut self, at: usize, bytes: &[u8]) -> Result<()> {
        let begin = SeekFrom::Start((HEADER + at) as u64);
        self.file.seek(begin).and_then(|_| self.file.write_all(bytes)).map_err(Error::io(&self.path))
    }
}

/// Where tensors of so many rows and columns lie, one after the other.
fn layout(tensors: &[(&'static str, Dtype, usize, usize)]) -> Vec<(&'static str, TensorInfo)> {
    let mut end = 0;
    let place = |&(name, dtype, rows, columns): &(&'static str, Dtype, usize, usize)| {
        let from = end;
        end += rows * columns * dtype.bitsize() / 8;
        (name, TensorInfo { dtype, shape: vec![rows, columns], data_offsets: (from, end) })
    };
    tensors.iter().map(place).collect()
}
