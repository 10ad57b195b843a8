//! Rows into coded rows: the nearest cell, one bit per dimension, and bytes.
//!
//! In: vectors, some at a time, and the centres of cells. Out: [`Rows`], portion by portion, on
//! their way through a [`Spill`] where there are several. Every row is coded for itself.

use std::io;

use super::cells::{Cells, Room};
use super::code::encode;
use super::rotation::{Rotation, words};
use super::rows::Rows;
use super::spill::{Portions, Spill};
use crate::kernels::InstructionSet;

/// The elements of a vector, unless its length or one of them is not what it should be: such a row
/// is nobody's neighbour.
pub(super) fn sound(vector: &[u8], dimension: usize) -> Option<impl Iterator<Item = f32>> {
    let (elements, rest) = vector.as_chunks::<4>();
    let finite = elements.iter().all(|bytes| f32::from_le_bytes(*bytes).is_finite());
    (elements.len() == dimension && rest.is_empty() && finite)
        .then(|| elements.iter().map(|bytes| f32::from_le_bytes(*bytes)))
}

/// Codes rows.
pub(super) struct Coder<'a> {
    rotation: &'a Rotation,
    centres: &'a [f32],
    cells: Cells,
}

impl Coder<'_> {
    pub(super) fn new<'a>(
        set: InstructionSet,
        rotation: &'a Rotation,
        centres: &'a [f32],
        dimension: usize,
    ) -> Coder<'a> {
        Coder { rotation, centres, cells: Cells::new(set, centres, dimension) }
    }
}

/// Where coded rows go.
pub(super) struct Route<'a> {
    pub(super) portions: &'a Portions,
    /// Where there are several portions.
    pub(super) spill: Option<&'a Spill>,
    /// Bytes of rows of a portion that one thread keeps before they are spilled.
    pub(super) kept: u64,
}

/// Rows on their way: they are coded some at a time.
pub(super) struct Part {
    dimension: usize,
    waiting: Vec<f32>,
    waiting_keys: Vec<u64>,
    cells: Vec<u32>,
    room: Room,
    /// Of each portion.
    rows: Vec<Rows>,
    /// How many rows each cell has got.
    sizes: Vec<u64>,
    fault: Option<io::Error>,
}

impl Part {
    /// Rows that wait to be coded together.
    const TOGETHER: usize = 256;

    pub(super) fn new(rows: usize, dimension: usize, portions: usize) -> Part {
        Part {
            dimension,
            waiting: Vec::new(),
            waiting_keys: Vec::new(),
            cells: Vec::new(),
            room: Room::default(),
            rows: (0..portions).map(|_| Rows::with_room(rows, dimension)).collect(),
            sizes: Vec::new(),
            fault: None,
        }
    }

    pub(super) fn take(
        &mut self,
        coder: &Coder<'_>,
        route: &Route<'_>,
        key: u64,
        vector: impl Iterator<Item = f32>,
        coded: &(dyn Fn(u64) + Sync),
    ) {
        if self.fault.is_some() {
            return;
        }
        self.waiting.extend(vector);
        self.waiting_keys.push(key);
        if self.waiting_keys.len() == Part::TOGETHER {
            self.fault = self.code(coder, route).err();
            coded(Part::TOGETHER as u64);
        }
    }

    /// The rows that were not spilled, portion by portion, and how many each cell has got.
    pub(super) fn finish(mut self, coder: &Coder<'_>, route: &Route<'_>) -> io::Result<(Vec<Rows>, Vec<u64>)> {
        self.fault.take().map_or(Ok(()), Err)?;
        self.code(coder, route)?;
        Ok((self.rows, self.sizes))
    }

    fn code(&mut self, coder: &Coder<'_>, route: &Route<'_>) -> io::Result<()> {
        let (dimension, words) = (self.dimension, words(self.dimension));
        self.sizes.resize(coder.centres.len() / dimension.max(1), 0);
        self.cells.clear();
        coder.cells.assign(&self.waiting, &mut self.room, &mut self.cells);
        let (mut turned, mut difference, mut bits) = (vec![0.0; words * 64], vec![0.0; dimension], vec![0; words]);
        for ((vector, cell), key) in self.waiting.chunks_exact(dimension).zip(&self.cells).zip(&self.waiting_keys) {
            let centre = &coder.centres[*cell as usize * dimension..][..dimension];
            for ((to, x), c) in difference.iter_mut().zip(vector).zip(centre) {
                *to = x - c;
            }
            let rows = &mut self.rows[route.portions.of_cell(*cell)];
            rows.keys.push(*key);
            rows.cells.push(*cell);
            self.sizes[*cell as usize] += 1;
            rows.factors.push(encode(coder.rotation, &difference, &mut turned, &mut bits));
            rows.codes.extend(&bits);
            let most = vector.iter().fold(0f32, |most, x| if x.abs() > most { x.abs() } else { most });
            let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
            let inverse = 1.0 / scale;
            rows.bytes.extend(vector.iter().map(|x| rounded(x * inverse)));
            rows.scales.push(scale);
        }
        self.waiting_keys.clear();
        self.waiting.clear();
        let Some(spill) = route.spill else { return Ok(()) };
        for (portion, rows) in self.rows.iter_mut().enumerate().filter(|(_, rows)| rows.size() > route.kept) {
            spill.append(portion, rows)?;
        }
        Ok(())
    }
}

/// To the nearest whole number, ties to even, as vector instructions do it: `f32::round` is a call
/// for each element.
fn rounded(x: f32) -> i8 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 · 2^23: beyond it, f32 has no fraction
    (x + MAGIC - MAGIC) as i8
}
