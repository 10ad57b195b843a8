//! Rows of the library into a table, cell by cell.
//!
//! In: the vectors of a library, all of them or those that changed since a table was made. Out: a new table. Of a library that grew
//! or shrank to twice or half of what its cells were made for they are made anew, else they stay and only what changed is coded.
//!
//! Nothing here depends on the number of threads: every row is coded for itself, and parts are put together in the order of rows.

use super::cells::{Cells, Room, train};
use super::code::{RowFactors, encode};
use super::reach::{Reach, Step, TRIALS, measure};
use super::rotation::{Rotation, words};
use super::table::{Damage, NOBODY, Source, Table};
use crate::error::Result;
use crate::kernels::{BLOCK, Factors, InstructionSet};
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::threads;

/// Rows that cells are made from, for each of them.
const SAMPLE_PER_CELL: usize = 40;

/// Standard deviations that the difference of two scores in bytes may be off, times that of one in what a byte is worth: rounding
/// is off by 0.29 (1 / √12) in each of a unit query's directions.
const BLUR: f32 = 3.0 * 1.42 * 0.29;

/// Seed of the rotation.
const SEED: u64 = 0x5265_6c61;

/// A table in memory.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Owned {
    pub(super) dimension: usize,
    pub(super) rotation: Rotation,
    pub(super) centres: Vec<f32>,
    pub(super) lengths: Vec<f32>,
    pub(super) starts: Vec<u64>,
    pub(super) codes: Vec<[u64; BLOCK]>,
    pub(super) factors: Vec<Factors>,
    pub(super) keys: Vec<u64>,
    pub(super) bytes: Vec<i8>,
    pub(super) scales: Vec<f32>,
    pub(super) steps: Vec<Step>,
    pub(super) error: f32,
    pub(super) blur: f32,
    /// Rows in it.
    pub(super) rows: u64,
    /// Rows that there were when its cells were made.
    pub(super) trained: u64,
}

impl Owned {
    pub(super) fn table(&self) -> Table<'_> {
        Table {
            dimension: self.dimension,
            rotation: &self.rotation,
            centres: &self.centres,
            lengths: &self.lengths,
            starts: &self.starts,
            codes: &self.codes,
            factors: &self.factors,
            keys: &self.keys,
            scales: &self.scales,
            reach: Reach { steps: &self.steps, error: self.error },
            blur: self.blur,
        }
    }
}

impl Source for Owned {
    fn check(&self, _: &Table<'_>, _: usize) -> std::result::Result<(), Damage> {
        Ok(())
    }

    fn read(&self, place: usize, row: &mut [i8]) -> std::result::Result<(), Damage> {
        row.copy_from_slice(&self.bytes[place * self.dimension..][..self.dimension]);
        Ok(())
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
    // Rows that made a centre lie nearer to it than others do: they would find each other too easily.
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
    let coded_rows = Rows::joined(parts.into_iter().map(|part| part.finish(&coder)).collect());
    let mut owned = arrange(coded_rows, rotation.clone(), centres.clone());
    owned.trained = owned.rows;
    owned.steps = measure(&owned, set, &trials);
    Ok(owned)
}

/// The table again, without the rows that changed, and with those of them that there are (now) coded anew.
pub(super) fn renew(
    library: &Library,
    fingerprint: FingerprintNumber,
    set: InstructionSet,
    old: &Table<'_>,
    source: &dyn Source,
    (changed, trained): (&[PaperRow], u64),
) -> Result<std::result::Result<Owned, Damage>> {
    let mut rows = Rows::with_room(old.keys.len() + changed.len(), old.dimension);
    for cell in 0..old.starts.len() - 1 {
        for place in old.places(cell) {
            let key = old.keys[place];
            if key != NOBODY
                && changed.binary_search(&PaperRow(key as i64)).is_err()
                && let Err(damage) = rows.copy(old, source, cell, place)
            {
                return Ok(Err(damage));
            }
        }
    }
    let coder = Coder::new(set, old.rotation, old.centres, old.dimension);
    let mut part = Part::new(changed.len(), old.dimension);
    library.vectors_of(fingerprint, changed, &mut |row, vector| {
        if let Some(vector) = sound(vector, old.dimension) {
            part.take(&coder, row, vector, &|_| ());
        }
    })?;
    let rows = Rows::joined(vec![rows, part.finish(&coder)]);
    let owned = arrange(rows, old.rotation.clone(), old.centres.to_vec());
    Ok(Ok(Owned { steps: old.reach.steps.to_vec(), error: old.reach.error, trained, ..owned }))
}

/// The elements of a vector, unless its length or one of them is not what it should be: such a row is nobody's neighbour.
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

/// Coded rows, in the order in which they came.
#[derive(Default)]
struct Rows {
    dimension: usize,
    keys: Vec<u64>,
    cells: Vec<u32>,
    /// Rows x words.
    codes: Vec<u64>,
    factors: Vec<RowFactors>,
    /// Rows x dimension.
    bytes: Vec<i8>,
    scales: Vec<f32>,
}

impl Rows {
    fn with_room(rows: usize, dimension: usize) -> Rows {
        Rows {
            dimension,
            keys: Vec::with_capacity(rows),
            cells: Vec::with_capacity(rows),
            codes: Vec::with_capacity(rows * words(dimension)),
            factors: Vec::with_capacity(rows),
            bytes: Vec::with_capacity(rows * dimension),
            scales: Vec::with_capacity(rows),
        }
    }

    fn joined(parts: Vec<Rows>) -> Rows {
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_default();
        for part in parts {
            all.keys.extend(part.keys);
            all.cells.extend(part.cells);
            all.codes.extend(part.codes);
            all.factors.extend(part.factors);
            all.bytes.extend(part.bytes);
            all.scales.extend(part.scales);
        }
        all
    }

    /// Takes over a row as it was coded before.
    fn copy(
        &mut self,
        table: &Table<'_>,
        source: &dyn Source,
        cell: usize,
        place: usize,
    ) -> std::result::Result<(), Damage> {
        let first = self.bytes.len();
        self.bytes.resize(first + self.dimension, 0);
        source.read(place, &mut self.bytes[first..])?;
        let (block, lane, words) = (place / BLOCK, place % BLOCK, words(self.dimension));
        self.keys.push(table.keys[place]);
        self.cells.push(cell as u32);
        self.codes.extend(table.codes[block * words..][..words].iter().map(|word| word[lane]));
        let factors = &table.factors[block];
        self.factors.push(RowFactors { scale: factors.scale[lane], error: factors.error[lane] });
        self.scales.push(table.scales[place]);
        Ok(())
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

/// To the nearest whole number, ties to even, as vector instructions do it: `f32::round` is a call for each element.
fn rounded(x: f32) -> i8 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 · 2^23: beyond it, f32 has no fraction
    (x + MAGIC - MAGIC) as i8
}

/// Puts rows together by their cells, eight to a block.
fn arrange(rows: Rows, rotation: Rotation, centres: Vec<f32>) -> Owned {
    let (dimension, words) = (rows.dimension, words(rows.dimension));
    let cells = centres.len() / dimension.max(1);
    let mut sizes = vec![0u64; cells];
    rows.cells.iter().for_each(|cell| sizes[*cell as usize] += 1);
    let mut starts = vec![0u64; cells + 1];
    for (cell, size) in sizes.iter().enumerate() {
        starts[cell + 1] = starts[cell] + size.div_ceil(BLOCK as u64);
    }
    let blocks = starts[cells] as usize;
    let mut next: Vec<usize> = starts[..cells].iter().map(|start| *start as usize * BLOCK).collect();
    let places: Vec<usize> = rows
        .cells
        .iter()
        .map(|cell| {
            let next = &mut next[*cell as usize];
            *next += 1;
            *next - 1
        })
        .collect();
    let mut owned = Owned {
        dimension,
        rotation,
        lengths: centres.chunks_exact(dimension.max(1)).map(length).collect(),
        centres,
        starts,
        codes: vec![[0; BLOCK]; blocks * words],
        factors: vec![Factors::default(); blocks],
        keys: vec![NOBODY; blocks * BLOCK],
        bytes: vec![0; blocks * BLOCK * dimension],
        scales: vec![0.0; blocks * BLOCK],
        steps: Vec::new(),
        error: rows.factors.iter().map(|factors| factors.error).sum::<f32>() / rows.factors.len().max(1) as f32,
        blur: BLUR * most(0.999, rows.scales.clone()),
        rows: rows.keys.len() as u64,
        trained: 0,
    };
    for (row, &place) in places.iter().enumerate() {
        let (block, lane) = (place / BLOCK, place % BLOCK);
        let mut ones = 0;
        for (word, bits) in rows.codes[row * words..][..words].iter().enumerate() {
            owned.codes[block * words + word][lane] = *bits;
            ones += bits.count_ones();
        }
        let factors = &mut owned.factors[block];
        (factors.scale[lane], factors.error[lane]) = (rows.factors[row].scale, rows.factors[row].error);
        factors.ones[lane] = ones as f32;
        owned.keys[place] = rows.keys[row];
        owned.bytes[place * dimension..][..dimension].copy_from_slice(&rows.bytes[row * dimension..][..dimension]);
        owned.scales[place] = rows.scales[row];
    }
    owned
}

/// Never 0: a centre without direction is as good as any.
fn length(centre: &[f32]) -> f32 {
    centre.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6)
}

/// What a share of all values stays below.
pub(super) fn most(share: f64, mut values: Vec<f32>) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(f32::INFINITY)
}
