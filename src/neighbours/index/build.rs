//! Rows into a table, cell by cell.
//!
//! In: the vectors of a source (`source`), or those of a library that changed since a table was
//! made. Out: the file of a new table, or a segment of what came later, for which only that is
//! coded. Where memory does not hold all rows, they go by way of the disk (`spill`).
//!
//! Nothing here depends on the number of threads or on memory: every row is coded for itself, and
//! in its cell rows are in the order of their keys.

use std::fs::File;
use std::io;
use std::path::Path;

use super::cells::Cells;
use super::coder::{Coder, Part, Route, sound};
use super::deviations::Deviations;
use super::file::{Facts, Mapped};
use super::measure::{TRIALS, measure};
use super::probe_limits::Step;
use super::rotation::Rotation;
use super::rows::{Arranged, Rows, starts};
use super::segment::{Damage, Segment};
use super::source::VectorSource;
use super::spill::{Portions, Spill};
use super::table::Table;
use super::write::{About, Writer};
use crate::error::{Error, Result};
use crate::kernels::InstructionSet;
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::InterruptCheck;
use crate::neighbours::kmeans::train_on;
use crate::neighbours::threads::threads;

/// Rows that cells are made from, for each of them.
const SAMPLE_PER_CELL: usize = 40;

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

/// What a build may take, and what it tells.
#[derive(Clone, Copy)]
pub(super) struct Building<'a> {
    pub(super) set: InstructionSet,
    /// The last change of the library that it takes in.
    pub(super) change: i64,
    /// Bytes of memory for rows; more of them go by way of the disk. The file is the same.
    pub(super) memory: u64,
    /// Is told of rows as they are coded.
    pub(super) coded: &'a (dyn Fn(u64) + Sync),
    pub(super) check: InterruptCheck<'a>,
}

/// What rows are coded by, and what a table of them is measured with.
#[derive(Debug)]
pub(super) struct Trained {
    pub(super) dimension: usize,
    pub(super) frame: Frame,
    /// How many rows of a sample each cell has.
    pub(super) sizes: Vec<u64>,
    /// Queries x dimension: rows that no centre was made from.
    pub(super) trials: Vec<f32>,
}

impl Trained {
    /// Makes cells of a sample of vectors.
    pub(super) fn of(source: &dyn VectorSource, set: InstructionSet, check: InterruptCheck<'_>) -> Result<Trained> {
        let dimension = source.dimension();
        let cells = cells_for(source.count() as usize);
        let mut sample = source.sample(cells * SAMPLE_PER_CELL + TRIALS)?;
        // Rows that made a centre lie nearer to it than others do: they would find each other too
        // easily.
        let trials = sample.split_off(sample.len() - sample.len().min(TRIALS * dimension).min(sample.len() / 2));
        let centres = train_on(set, &sample, dimension, cells, check)?;
        let mut trained = Trained { dimension, frame: Frame::new(centres, dimension), sizes: Vec::new(), trials };
        trained.sizes = vec![0; trained.frame.lengths.len()];
        let Trained { frame, sizes, .. } = &mut trained;
        Cells::new(set, &frame.centres, dimension)
            .assign_all(&sample, check)?
            .iter()
            .for_each(|cell| sizes[*cell as usize] += 1);
        Ok(trained)
    }

    pub(super) fn coder(&self, set: InstructionSet) -> Coder<'_> {
        Coder::new(set, &self.frame.rotation, &self.frame.centres, self.dimension)
    }
}

impl Frame {
    /// `centres`: cells x dimension.
    pub(super) fn new(centres: Vec<f32>, dimension: usize) -> Frame {
        let lengths = centres.chunks_exact(dimension.max(1)).map(length).collect();
        Frame { rotation: Rotation::new(dimension, SEED), centres, lengths }
    }
}

/// Writes the file of a table of all vectors.
pub(super) fn build(path: &Path, source: &dyn VectorSource, building: &Building<'_>) -> Result<Facts> {
    let trained = Trained::of(source, building.set, building.check)?;
    let portions = Portions::new(&trained.sizes, source.count(), trained.dimension, building.memory);
    let CodedRows { rows, spill, sizes } = coded_rows(path, source, building, &trained, &portions)?;
    let each = rows.into_iter().enumerate().map(|(portion, mut rows)| {
        if let Some(spill) = &spill {
            spill.read(portion, &mut rows).map_err(Error::io(path))?;
        }
        Ok(rows.arranged(portions.cells(portion)))
    });
    write(path, building, &trained, &sizes, each)
}

/// Writes a table of which each cell has so many rows, from the cells in their order.
pub(super) fn write(
    path: &Path,
    building: &Building<'_>,
    trained: &Trained,
    sizes: &[u64],
    portions: impl Iterator<Item = Result<Arranged>>,
) -> Result<Facts> {
    let Trained { dimension, frame, trials, .. } = trained;
    let rows = sizes.iter().sum();
    let starts = starts(sizes);
    let about = About { change: building.change, dimension: *dimension, ..About::default() };
    let file = File::create(path).map_err(Error::io(path))?;
    let mut writer = Writer::new(file, path, about, frame, &starts);
    let mut deviations = Deviations::new(rows);
    for portion in portions {
        (building.check)()?;
        let portion = portion?;
        deviations.take(&portion);
        writer.put(&portion)?;
    }
    let mut reach = Reach::unmeasured(&deviations, rows);
    writer.finish(&reach)?;
    let unread = |Damage(why): Damage| Error::io(path)(io::Error::other(why));
    let written = Mapped::open(path, *dimension).map_err(unread)?;
    let written = written.ok_or(Error::Internal("an index that was written is of another version"))?;
    reach.steps = measure(&written.table(None).map_err(unread)?, building.set, trials);
    drop(written);
    writer.finish(&reach)
}

impl Reach {
    /// Without steps, everything is scanned.
    pub(super) fn unmeasured(deviations: &Deviations, rows: u64) -> Reach {
        Reach { steps: Vec::new(), error: deviations.error(), int8_error: deviations.int8_error(), trained: rows }
    }
}

/// All rows of a source, coded.
pub(super) struct CodedRows {
    /// Of each portion those that were not spilled.
    pub(super) rows: Vec<Rows>,
    spill: Option<Spill>,
    /// How many rows each cell has.
    sizes: Vec<u64>,
}

/// Codes all rows. `path`: beside it they are spilled where there are several portions.
pub(super) fn coded_rows(
    path: &Path,
    source: &dyn VectorSource,
    building: &Building<'_>,
    trained: &Trained,
    portions: &Portions,
) -> Result<CodedRows> {
    let Building { memory, coded, set, check, .. } = *building;
    let coder = trained.coder(set);
    let (count, dimension) = (portions.count(), trained.dimension);
    let spill = if count > 1 { Some(Spill::beside(path, count).map_err(Error::io(path))?) } else { None };
    // What waits to be spilled is a small part of what a portion takes.
    let kept = spill.as_ref().map_or(u64::MAX, |_| memory / (4 * count * threads()) as u64).max(1 << 16);
    let room = if count > 1 { 0 } else { source.count() as usize / threads() + 1 };
    let route = Route { portions, spill: spill.as_ref(), kept };
    let parts = (0..threads()).map(|_| Part::new(room, dimension, count)).collect();
    let parts = source.scan(parts, &|part: &mut Part, key, vector| {
        // Nothing but the end of the scan is left to work that was interrupted.
        if check().is_ok()
            && let Some(vector) = sound(vector, dimension)
        {
            part.take(&coder, &route, key, vector, coded);
        }
    })?;
    check()?;
    let mut all = CodedRows { rows: Vec::new(), spill: None, sizes: vec![0; trained.frame.lengths.len()] };
    for part in parts {
        let (rows, sizes) = part.finish(&coder, &route).map_err(Error::io(path))?;
        all.sizes.iter_mut().zip(sizes).for_each(|(all, size)| *all += size);
        match all.rows.is_empty() {
            true => all.rows = rows,
            false => all.rows.iter_mut().zip(rows).for_each(|(all, rows)| all.extend(rows)),
        }
    }
    Ok(CodedRows { spill, ..all })
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
            part.take(&coder, &route, row.0 as u64, vector, &|_| ());
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
        let file = File::create(path).map_err(Error::io(path))?;
        let mut writer = Writer::new(file, path, about, &frame, &rows.starts);
        writer.put(rows)?;
        writer.finish(&reach)
    }
}

/// Never 0: a centre without direction is as good as any.
fn length(centre: &[f32]) -> f32 {
    centre.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6)
}
