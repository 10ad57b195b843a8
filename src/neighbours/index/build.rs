//! Rows of the library into a table, cell by cell.
//!
//! In: the vectors of a library, all of them or those that changed since a table was made. Out: a
//! new table, or a segment of what came later, for which only that is coded.
//!
//! Nothing here depends on the number of threads: every row is coded for itself, and parts are put
//! together in the order of rows.

use super::cells::{Cells, Room, train};
use super::code::encode;
use super::measure::{TRIALS, measure, most};
use super::probe_limits::{ProbeLimits, Step};
use super::rotation::{Rotation, words};
use super::rows::{Arranged, Rows};
use super::segment::{Damage, Segment};
use super::table::Table;
use crate::error::Result;
use crate::kernels::InstructionSet;
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::threads::threads;

/// Rows that cells are made from, for each of them.
const SAMPLE_PER_CELL: usize = 40;

/// Standard deviations that the difference of two scores in bytes may be off, times that of one in
/// what a byte is worth: rounding is off by 0.29 (1 / √12) in each of a unit query's directions.
const INT8_ERROR: f32 = 3.0 * 1.42 * 0.29;

/// Seed of the rotation.
const SEED: u64 = 0x5265_6c61;

/// What a table's rows are arranged and searched by.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) dimension: usize,
    pub(super) rotation: Rotation,
    pub(super) centres: Vec<f32>,
    pub(super) lengths: Vec<f32>,
    pub(super) steps: Vec<Step>,
    pub(super) error: f32,
    pub(super) int8_error: f32,
    /// Rows that there were when the cells were made.
    pub(super) trained: u64,
}

/// A table in memory.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Owned {
    pub(super) frame: Frame,
    pub(super) rows: Arranged,
}

impl Owned {
    pub(super) fn table(&self) -> Table<'_> {
        let Frame { dimension, rotation, centres, lengths, steps, error, int8_error, trained: _ } = &self.frame;
        Table {
            dimension: *dimension,
            rotation,
            centres,
            lengths,
            limits: ProbeLimits { steps, error: *error },
            int8_error: *int8_error,
            segments: vec![self.rows.segment()],
        }
    }
}

/// How many cells so many rows get.
fn cells_for(rows: usize) -> usize {
    ((rows as f64).sqrt() * 2.0).round().max(1.0) as usize
}

/// A table of all vectors. `coded` is told of rows as they are coded.
pub(super) fn build(
    library: &Library,
    fingerprint: FingerprintNumber,
    set: InstructionSet,
    coded: &(dyn Fn(u64) + Sync),
) -> Result<Owned> {
    let dimension = library.dimension(fingerprint)?;
    let count = library.vectors(fingerprint)? as usize;
    let cells = cells_for(count);
    let drawn = library.sample(cells * SAMPLE_PER_CELL + TRIALS)?;
    let mut sample = Vec::with_capacity(drawn.len() * dimension);
    library.vectors_of(fingerprint, &drawn, &mut |_, vector| {
        sample.extend(sound(vector, dimension).into_iter().flatten());
    })?;
    // Rows that made a centre lie nearer to it than others do: they would find each other too
    // easily.
    let trials = sample.split_off(sample.len() - sample.len().min(TRIALS * dimension).min(sample.len() / 2));
    let centres = train(set, &sample, dimension, cells);
    let rotation = Rotation::new(dimension, SEED);
    let coder = Coder::new(set, &rotation, &centres, dimension);
    let parts = (0..threads()).map(|_| Part::new(count / threads() + 1, dimension)).collect();
    let parts = library.scan_parallel(fingerprint, parts, |part: &mut Part, row, vector| {
        if let Some(vector) = sound(vector, dimension) {
            part.take(&coder, row, vector, coded);
        }
    })?;
    let rows = Rows::joined(parts.into_iter().map(|part| part.finish(&coder)).collect());
    let frame = Frame {
        dimension,
        lengths: centres.chunks_exact(dimension.max(1)).map(length).collect(),
        steps: Vec::new(),
        error: rows.error(),
        int8_error: INT8_ERROR * most(0.999, rows.scales.clone()),
        trained: rows.keys.len() as u64,
        rotation,
        centres,
    };
    let mut owned = Owned { rows: rows.arranged(frame.lengths.len()), frame };
    owned.frame.steps = measure(&owned.table(), set, &trials);
    Ok(owned)
}

/// The rows that came later, in a segment of their own: what is still as it was of those in
/// `later`, and the rows of `changed` that there are (now), coded by the cells of the table.
pub(super) fn collect(
    library: &Library,
    fingerprint: FingerprintNumber,
    set: InstructionSet,
    table: &Table<'_>,
    later: &[Segment<'_>],
    changed: &[PaperRow],
) -> Result<std::result::Result<Arranged, Damage>> {
    let room = later.iter().map(|segment| segment.keys.len()).sum::<usize>();
    let mut rows = Rows::with_room(room + changed.len(), table.dimension);
    for segment in later {
        for cell in 0..table.lengths.len() {
            for place in segment.places(cell) {
                if segment.holds(place)
                    && changed.binary_search(&PaperRow(segment.keys[place] as i64)).is_err()
                    && let Err(damage) = rows.copy(segment, cell, place)
                {
                    return Ok(Err(damage));
                }
            }
        }
    }
    let coder = Coder::new(set, table.rotation, table.centres, table.dimension);
    let mut part = Part::new(changed.len(), table.dimension);
    library.vectors_of(fingerprint, changed, &mut |row, vector| {
        if let Some(vector) = sound(vector, table.dimension) {
            part.take(&coder, row, vector, &|_| ());
        }
    })?;
    Ok(Ok(Rows::joined(vec![rows, part.finish(&coder)]).arranged(table.lengths.len())))
}

/// The elements of a vector, unless its length or one of them is not what it should be: such a row
/// is nobody's neighbour.
fn sound(vector: &[u8], dimension: usize) -> Option<impl Iterator<Item = f32>> {
    let (elements, rest) = vector.as_chunks::<4>();
    let finite = elements.iter().all(|bytes| f32::from_le_bytes(*bytes).is_finite());
    (elements.len() == dimension && rest.is_empty() && finite)
        .then(|| elements.iter().map(|bytes| f32::from_le_bytes(*bytes)))
}

/// Codes rows.
struct Coder<'a> {
    rotation: &'a Rotation,
    centres: &'a [f32],
    cells: Cells,
    dimension: usize,
}

impl Coder<'_> {
    fn new<'a>(set: InstructionSet, rotation: &'a Rotation, centres: &'a [f32], dimension: usize) -> Coder<'a> {
        Coder { rotation, centres, cells: Cells::new(set, centres, dimension), dimension }
    }
}

/// Rows on their way: they are coded some at a time.
struct Part {
    waiting: Vec<f32>,
    waiting_keys: Vec<u64>,
    room: Room,
    rows: Rows,
}

impl Part {
    /// Rows that wait to be coded together.
    const TOGETHER: usize = 256;

    fn new(rows: usize, dimension: usize) -> Part {
        Part {
            waiting: Vec::new(),
            waiting_keys: Vec::new(),
            room: Room::default(),
            rows: Rows::with_room(rows, dimension),
        }
    }

    fn take(
        &mut self,
        coder: &Coder<'_>,
        row: PaperRow,
        vector: impl Iterator<Item = f32>,
        coded: &(dyn Fn(u64) + Sync),
    ) {
        self.waiting.extend(vector);
        self.waiting_keys.push(row.0 as u64);
        if self.waiting_keys.len() == Part::TOGETHER {
            self.code(coder);
            coded(Part::TOGETHER as u64);
        }
    }

    fn finish(mut self, coder: &Coder<'_>) -> Rows {
        self.code(coder);
        self.rows
    }

    fn code(&mut self, coder: &Coder<'_>) {
        let (dimension, words) = (coder.dimension, words(coder.dimension));
        let first = self.rows.cells.len();
        coder.cells.assign(&self.waiting, &mut self.room, &mut self.rows.cells);
        let (mut turned, mut difference, mut bits) = (vec![0.0; words * 64], vec![0.0; dimension], vec![0; words]);
        for (vector, cell) in self.waiting.chunks_exact(dimension).zip(&self.rows.cells[first..]) {
            let centre = &coder.centres[*cell as usize * dimension..][..dimension];
            for ((to, x), c) in difference.iter_mut().zip(vector).zip(centre) {
                *to = x - c;
            }
            self.rows.factors.push(encode(coder.rotation, &difference, &mut turned, &mut bits));
            self.rows.codes.extend(&bits);
            let most = vector.iter().fold(0f32, |most, x| if x.abs() > most { x.abs() } else { most });
            let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
            let inverse = 1.0 / scale;
            self.rows.bytes.extend(vector.iter().map(|x| rounded(x * inverse)));
            self.rows.scales.push(scale);
        }
        self.rows.keys.append(&mut self.waiting_keys);
        self.waiting.clear();
    }
}

/// To the nearest whole number, ties to even, as vector instructions do it: `f32::round` is a call
/// for each element.
fn rounded(x: f32) -> i8 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 · 2^23: beyond it, f32 has no fraction
    (x + MAGIC - MAGIC) as i8
}

/// Never 0: a centre without direction is as good as any.
fn length(centre: &[f32]) -> f32 {
    centre.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6)
}
