//! Rows of the library into a table, cell by cell.
//!
//! In: the vectors of a library, all of them or those that changed since a table was made. Out: the
//! file of a new table, or a segment of what came later, for which only that is coded. Where memory
//! does not hold all rows, they go by way of the disk (`spill`).
//!
//! Nothing here depends on the number of threads or on memory: every row is coded for itself, and
//! in its cell rows are in the order of their keys.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::Path;

use super::cells::{Cells, Room, train};
use super::code::encode;
use super::file::{Facts, Mapped};
use super::measure::{TRIALS, measure};
use super::probe_limits::Step;
use super::rotation::{Rotation, words};
use super::rows::{Arranged, Rows, starts};
use super::segment::{Damage, EMPTY_KEY, Segment};
use super::spill::{Portions, Spill};
use super::table::Table;
use super::write::{About, Writer};
use crate::error::{Error, Result};
use crate::kernels::{BLOCK, InstructionSet};
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::threads::threads;

/// Rows that cells are made from, for each of them.
const SAMPLE_PER_CELL: usize = 40;

/// Standard deviations that the difference of two scores in bytes may be off, times that of one in
/// what a byte is worth: rounding is off by 0.29 (1 / √12) in each of a unit query's directions.
const INT8_ERROR: f32 = 3.0 * 1.42 * 0.29;

/// Seed of the rotation.
const SEED: u64 = 0x5265_6c61;

/// What a table's rows are arranged by.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) rotation: Rotation,
    pub(super) centres: Vec<f32>,
    pub(super) lengths: Vec<f32>,
}

/// How a table's rows are searched, which its rows tell.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) steps: Vec<Step>,
    pub(super) error: f32,
    pub(super) int8_error: f32,
    /// Rows that there were when the cells were made.
    pub(super) trained: u64,
}

/// How many cells so many rows get.
fn cells_for(rows: usize) -> usize {
    ((rows as f64).sqrt() * 2.0).round().max(1.0) as usize
}

/// What a build is of, and what it may take.
#[derive(Clone, Copy)]
pub(super) struct Building<'a> {
    pub(super) library: &'a Library,
    pub(super) fingerprint: FingerprintNumber,
    pub(super) set: InstructionSet,
    /// The last change of the library that it takes in.
    pub(super) change: i64,
    /// Bytes of memory for rows; more of them go by way of the disk. The file is the same.
    pub(super) memory: u64,
    /// Is told of rows as they are coded.
    pub(super) coded: &'a (dyn Fn(u64) + Sync),
}

/// Writes the file of a table of all vectors.
pub(super) fn build(path: &Path, building: &Building<'_>) -> Result<Facts> {
    let Building { library, fingerprint, set, change, memory, .. } = *building;
    let dimension = library.dimension(fingerprint)?;
    let count = library.vectors(fingerprint)?;
    let cells = cells_for(count as usize);
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
    let mut sizes = vec![0; centres.len() / dimension.max(1)];
    coder.cells.assign_all(&sample).iter().for_each(|cell| sizes[*cell as usize] += 1);
    drop(sample);
    let portions = Portions::new(&sizes, count, dimension, memory);
    let coded = coded_rows(path, building, &coder, &portions)?;
    let lengths = centres.chunks_exact(dimension.max(1)).map(length).collect();
    let trained = coded.sizes.iter().sum();
    let starts = starts(&coded.sizes);
    let about = About { change, dimension, ..About::default() };
    let frame = Frame { rotation, centres, lengths };
    let mut writer = Writer::create(path, about, &frame, &starts)?;
    let mut measured = Measured::new(trained);
    for (portion, mut rows) in coded.rows.into_iter().enumerate() {
        if let Some(spill) = &coded.spill {
            spill.read(portion, &mut rows).map_err(Error::io(path))?;
        }
        let rows = rows.arranged(portions.cells(portion));
        measured.take(&rows);
        writer.put(&rows)?;
    }
    let int8_error = INT8_ERROR * measured.scale();
    let mut reach = Reach { steps: Vec::new(), error: measured.error(), int8_error, trained };
    writer.finish(&reach)?;
    let unread = |Damage(why): Damage| Error::io(path)(io::Error::other(why));
    let written = Mapped::open(path, dimension).map_err(unread)?;
    let written = written.ok_or(Error::Internal("an index that was written is of another version"))?;
    reach.steps = measure(&written.table(None).map_err(unread)?, set, &trials);
    drop(written);
    writer.finish(&reach)
}

/// All rows of a library, coded.
struct CodedRows {
    /// Of each portion those that were not spilled.
    rows: Vec<Rows>,
    spill: Option<Spill>,
    /// How many rows each cell has.
    sizes: Vec<u64>,
}

fn coded_rows(path: &Path, building: &Building<'_>, coder: &Coder<'_>, portions: &Portions) -> Result<CodedRows> {
    let Building { library, fingerprint, memory, coded, .. } = *building;
    let (count, dimension) = (portions.count(), coder.dimension);
    let spill = if count > 1 { Some(Spill::beside(path, count).map_err(Error::io(path))?) } else { None };
    // What waits to be spilled is a small part of what a portion takes.
    let kept = spill.as_ref().map_or(u64::MAX, |_| memory / (4 * count * threads()) as u64).max(1 << 16);
    let room = if count > 1 { 0 } else { library.vectors(fingerprint)? as usize / threads() + 1 };
    let route = Route { portions, spill: spill.as_ref(), kept };
    let parts = (0..threads()).map(|_| Part::new(room, dimension, portions.count())).collect();
    let parts = library.scan_parallel(fingerprint, parts, |part: &mut Part, row, vector| {
        if let Some(vector) = sound(vector, dimension) {
            part.take(coder, &route, row, vector, coded);
        }
    })?;
    let mut all = CodedRows { rows: Vec::new(), spill: None, sizes: vec![0; coder.centres.len() / dimension.max(1)] };
    for part in parts {
        let (rows, sizes) = part.finish(coder, &route).map_err(Error::io(path))?;
        all.sizes.iter_mut().zip(sizes).for_each(|(all, size)| *all += size);
        match all.rows.is_empty() {
            true => all.rows = rows,
            false => all.rows.iter_mut().zip(rows).for_each(|(all, rows)| all.extend(rows)),
        }
    }
    Ok(CodedRows { spill, ..all })
}

/// What the rows of a table say of how far its scores may be off, in the order of cells.
struct Measured {
    errors: f64,
    rows: u64,
    /// The largest scales, the least of them first: those above what 999 of 1000 rows stay below.
    scales: BinaryHeap<Reverse<u32>>,
    most: usize,
}

impl Measured {
    fn new(rows: u64) -> Measured {
        let most = (rows - (rows as f64 * 0.999) as u64) as usize;
        Measured { errors: 0.0, rows, scales: BinaryHeap::with_capacity(most + 1), most }
    }

    fn take(&mut self, rows: &Arranged) {
        for (place, _) in rows.keys.iter().enumerate().filter(|(_, key)| **key != EMPTY_KEY) {
            self.errors += f64::from(rows.factors[place / BLOCK].error[place % BLOCK]);
            // Positive numbers are ordered as their bits are.
            self.scales.push(Reverse(rows.scales[place].to_bits()));
            if self.scales.len() > self.most {
                self.scales.pop();
            }
        }
    }

    /// The mean standard deviation of a score by code.
    fn error(&self) -> f32 {
        (self.errors / self.rows.max(1) as f64) as f32
    }

    /// What the bytes of 999 of 1000 rows are worth at most.
    fn scale(&self) -> f32 {
        self.scales.peek().map_or(f32::INFINITY, |Reverse(bits)| f32::from_bits(*bits))
    }
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
    let portions = Portions::new(&vec![1; table.lengths.len()], 0, table.dimension, u64::MAX);
    let route = Route { portions: &portions, spill: None, kept: u64::MAX };
    let mut part = Part::new(changed.len(), table.dimension, 1);
    library.vectors_of(fingerprint, changed, &mut |row, vector| {
        if let Some(vector) = sound(vector, table.dimension) {
            part.take(&coder, &route, row, vector, &|_| ());
        }
    })?;
    let coded = part.finish(&coder, &route).map_err(Error::io(library.path()))?.0;
    coded.into_iter().for_each(|coded| rows.extend(coded));
    Ok(Ok(rows.arranged(0..table.lengths.len())))
}

/// What came and went since the index was made.
pub(super) struct Delta {
    /// The token of its file.
    pub(super) base: String,
    /// Rows that there were when its cells were made.
    pub(super) trained: u64,
    /// The papers that are no longer as that file has them, ascending.
    pub(super) outdated: Vec<u64>,
    /// Those of them that there are.
    pub(super) rows: Arranged,
}

impl Delta {
    pub(super) fn write(&self, path: &Path, change: i64) -> Result<Facts> {
        let Delta { base, trained, outdated, rows } = self;
        let (frame, reach) = (Frame::default(), Reach { trained: *trained, ..Reach::default() });
        let about = About { base, outdated, change, dimension: rows.dimension };
        let mut writer = Writer::create(path, about, &frame, &rows.starts)?;
        writer.put(rows)?;
        writer.finish(&reach)
    }
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

/// Where coded rows go.
struct Route<'a> {
    portions: &'a Portions,
    /// Where there are several portions.
    spill: Option<&'a Spill>,
    /// Bytes of rows of a portion that one thread keeps before they are spilled.
    kept: u64,
}

/// Rows on their way: they are coded some at a time.
struct Part {
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

    fn new(rows: usize, dimension: usize, portions: usize) -> Part {
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

    fn take(
        &mut self,
        coder: &Coder<'_>,
        route: &Route<'_>,
        row: PaperRow,
        vector: impl Iterator<Item = f32>,
        coded: &(dyn Fn(u64) + Sync),
    ) {
        if self.fault.is_some() {
            return;
        }
        self.waiting.extend(vector);
        self.waiting_keys.push(row.0 as u64);
        if self.waiting_keys.len() == Part::TOGETHER {
            self.fault = self.code(coder, route).err();
            coded(Part::TOGETHER as u64);
        }
    }

    /// The rows that were not spilled, portion by portion, and how many each cell has got.
    fn finish(mut self, coder: &Coder<'_>, route: &Route<'_>) -> io::Result<(Vec<Rows>, Vec<u64>)> {
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

/// Never 0: a centre without direction is as good as any.
fn length(centre: &[f32]) -> f32 {
    centre.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6)
}
