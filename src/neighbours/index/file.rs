//! The index in its files: `library.db.index-N` for fingerprint N of the library, and beside it
//! `library.db.index-N.delta`, what came and went later, so that a day's papers do not cost a new
//! file of all.
//!
//! Format: safetensors, read where it lies by mapping it. The header names what it belongs to and
//! holds the sum (CRC-32) of the small tensors, which are checked when it is opened; each cell and
//! each row has a sum of its own, checked when it is first used, so that opening takes as long for
//! three million papers as for ten thousand.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Pod;
use memmap2::{Mmap, MmapMut};
use safetensors::tensor::SafeTensors;

use super::probe_limits::ProbeLimits;
use super::rotation::{Rotation, words};
use super::segment::{Damage, Segment, Source};
use super::table::Table;
use crate::kernels::{BLOCK, Factors};
use crate::library::derived::map;

/// Changes whenever what the file holds, or means, does. Numbers in it are as in memory.
pub(super) const VERSION: &str = if cfg!(target_endian = "little") { "3 little-endian" } else { "3 big-endian" };

/// An opened file.
#[derive(Debug)]
pub(super) struct Mapped {
    map: Mmap,
    dimension: usize,
    rotation: Rotation,
    error: f32,
    int8_error: f32,
    ranges: Ranges,
    checked: Vec<AtomicBool>,
    /// Something in it was found not to be what was written.
    damaged: AtomicBool,
    pub(super) facts: Facts,
}

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Tells the file of one build from that of any other, of this library or another.
    pub(super) token: String,
    /// Of a delta, the token of the file whose cells it uses; empty for a file of its own.
    pub(super) base: String,
    /// The last change of the library that it takes in.
    pub(super) change: i64,
    /// Rows that there were when its cells were made.
    pub(super) trained: u64,
}

/// Where in the file the tensors are, in bytes.
#[derive(Debug)]
struct Ranges {
    centres: Range<usize>,
    lengths: Range<usize>,
    steps: Range<usize>,
    outdated: Range<usize>,
    starts: Range<usize>,
    codes: Range<usize>,
    factors: Range<usize>,
    keys: Range<usize>,
    bytes: Range<usize>,
    scales: Range<usize>,
    cell_sums: Range<usize>,
    row_sums: Range<usize>,
}

fn damage(why: impl ToString) -> Damage {
    Damage(why.to_string())
}

impl Mapped {
    /// Opens a file; `None` where there is none, or one of another version of this program.
    pub(super) fn open(path: &Path, dimension: usize) -> std::result::Result<Option<Mapped>, Damage> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(damage(format!("it cannot be read: {fault}"))),
        };
        Mapped::of(map(&file).map_err(damage)?, dimension)
    }

    /// What a file holds, in memory.
    pub(super) fn of_bytes(bytes: &[u8], dimension: usize) -> std::result::Result<Option<Mapped>, Damage> {
        // Memory of its own begins where numbers of every kind may.
        let mut memory = MmapMut::map_anon(bytes.len()).map_err(damage)?;
        memory.copy_from_slice(bytes);
        Mapped::of(memory.make_read_only().map_err(damage)?, dimension)
    }

    fn of(map: Mmap, dimension: usize) -> std::result::Result<Option<Mapped>, Damage> {
        let (header, metadata) = SafeTensors::read_metadata(&map).map_err(damage)?;
        let facts = metadata.metadata().clone().unwrap_or_default();
        let fact = |name: &str| facts.get(name).ok_or_else(|| damage(format!("its header lacks {name}")));
        if fact("version")? != VERSION {
            return Ok(None);
        }
        if map.len() != header + 8 + metadata.data_len() {
            return Err(damage("it is cut"));
        }
        let number = |name: &str| fact(name)?.parse::<u64>().map_err(damage);
        let range = |name: &str| {
            let tensor = metadata.info(name).ok_or_else(|| damage(format!("it lacks {name}")))?;
            let (from, to) = tensor.data_offsets;
            Ok(header + 8 + from..header + 8 + to)
        };
        let ranges = Ranges {
            centres: range("centres")?,
            lengths: range("lengths")?,
            steps: range("steps")?,
            outdated: range("outdated")?,
            starts: range("starts")?,
            codes: range("codes")?,
            factors: range("factors")?,
            keys: range("keys")?,
            bytes: range("bytes")?,
            scales: range("scales")?,
            cell_sums: range("cell_sums")?,
            row_sums: range("row_sums")?,
        };
        let flips = range("flips")?;
        let Ranges { centres, lengths, steps, outdated, starts, cell_sums, .. } = &ranges;
        let small = [&flips, centres, lengths, steps, outdated, starts, cell_sums];
        let small = small.map(|range| &map[range.clone()]);
        if *fact("sum")? != sum(&facts, &small) {
            return Err(damage("its checksum does not fit"));
        }
        let error = fact("error")?.parse().map_err(damage)?;
        let int8_error = fact("blur")?.parse().map_err(damage)?;
        let rotation = Rotation { flips: slice(&map[flips])?.to_vec() };
        let facts = Facts {
            token: fact("token")?.clone(),
            base: fact("base")?.clone(),
            change: fact("change")?.parse().map_err(damage)?,
            trained: number("trained")?,
        };
        if number("dimension")? != dimension as u64 || (facts.base.is_empty() && !rotation.fits(dimension)) {
            return Err(damage("it is of another dimension"));
        }
        let mut mapped = Mapped {
            map,
            dimension,
            rotation,
            error,
            int8_error,
            ranges,
            checked: Vec::new(),
            damaged: AtomicBool::new(false),
            facts,
        };
        let cells = mapped.fitting()?;
        mapped.checked.resize_with(cells, AtomicBool::default);
        Ok(Some(mapped))
    }

    /// All of it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The number of cells, if all tensors have the lengths that go with it.
    fn fitting(&self) -> std::result::Result<usize, Damage> {
        let Ranges { centres, lengths, steps: _, outdated: _, starts, codes, factors, keys, .. } = &self.ranges;
        let Ranges { bytes, scales, cell_sums, row_sums, .. } = &self.ranges;
        let starts: &[u64] = slice(&self.map[starts.clone()])?;
        let cells = starts.len().saturating_sub(1);
        let blocks = starts.last().copied().unwrap_or(0) as usize;
        let places = blocks.saturating_mul(BLOCK);
        let own_cells = if self.facts.base.is_empty() { cells } else { 0 };
        let fit = [
            (centres, own_cells.saturating_mul(self.dimension), size_of::<f32>()),
            (lengths, own_cells, size_of::<f32>()),
            (codes, blocks.saturating_mul(words(self.dimension)), size_of::<[u64; BLOCK]>()),
            (factors, blocks, size_of::<Factors>()),
            (keys, places, size_of::<u64>()),
            (bytes, places.saturating_mul(self.dimension), 1),
            (scales, places, size_of::<f32>()),
            (cell_sums, cells, size_of::<u32>()),
            (row_sums, places, size_of::<u32>()),
        ];
        let fits = fit.iter().all(|(range, count, size)| Some(range.len()) == count.checked_mul(*size));
        if starts.is_empty() || !starts.is_sorted() || !fits || !self.outdated()?.is_sorted() {
            return Err(damage("its parts do not fit together"));
        }
        self.table(None).map(|_| cells)
    }

    /// The table of this file, with the rows of a delta.
    pub(super) fn table<'a>(&'a self, delta: Option<&'a Mapped>) -> std::result::Result<Table<'a>, Damage> {
        let part = |range: &Range<usize>| &self.map[range.clone()];
        let segments = match delta {
            None => vec![self.segment()?],
            Some(delta) => vec![Segment { outdated: delta.outdated()?, ..self.segment()? }, delta.segment()?],
        };
        let table = Table {
            dimension: self.dimension,
            rotation: &self.rotation,
            centres: slice(part(&self.ranges.centres))?,
            lengths: slice(part(&self.ranges.lengths))?,
            limits: ProbeLimits { steps: slice(part(&self.ranges.steps))?, error: self.error },
            int8_error: self.int8_error,
            segments,
        };
        if self.facts.base.is_empty() && table.segments.iter().any(|rows| rows.starts.len() != table.lengths.len() + 1)
        {
            return Err(damage("its parts do not fit together"));
        }
        Ok(table)
    }

    /// The rows of this file.
    pub(super) fn segment(&self) -> std::result::Result<Segment<'_>, Damage> {
        let part = |range: &Range<usize>| &self.map[range.clone()];
        Ok(Segment {
            starts: slice(part(&self.ranges.starts))?,
            codes: slice(part(&self.ranges.codes))?,
            factors: slice(part(&self.ranges.factors))?,
            keys: slice(part(&self.ranges.keys))?,
            scales: slice(part(&self.ranges.scales))?,
            outdated: &[],
            source: self,
        })
    }

    /// Of a delta: the papers that are no longer as the file has them that it belongs to,
    /// ascending.
    pub(super) fn outdated(&self) -> std::result::Result<&[u64], Damage> {
        slice(&self.map[self.ranges.outdated.clone()])
    }

    /// Whether damage was found while it was searched or checked.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    fn found(&self, why: impl ToString) -> Damage {
        self.damaged.store(true, Ordering::Relaxed);
        damage(why)
    }

    /// Checks every cell; rows are checked as they are read.
    pub(super) fn check_cells(&self) -> std::result::Result<(), Damage> {
        let segment = self.segment()?;
        (0..self.checked.len()).try_for_each(|cell| self.check(&segment, cell))
    }

    /// Checks every cell and every row.
    pub(super) fn check_all(&self) -> std::result::Result<(), Damage> {
        self.check_cells()?;
        (0..self.segment()?.keys.len()).try_for_each(|place| self.row(place).map(|_| ()))
    }
}

impl Source for Mapped {
    fn check(&self, segment: &Segment<'_>, cell: usize) -> std::result::Result<(), Damage> {
        if self.checked[cell].load(Ordering::Relaxed) {
            return Ok(());
        }
        let expected: &[u32] = slice(&self.map[self.ranges.cell_sums.clone()])?;
        if cell_sum(segment, cell, self.dimension) != expected[cell] {
            return Err(self.found("the checksum of a cell does not fit"));
        }
        self.checked[cell].store(true, Ordering::Relaxed);
        Ok(())
    }

    fn row(&self, place: usize) -> std::result::Result<&[i8], Damage> {
        let bytes = self.map[self.ranges.bytes.clone()].get(place * self.dimension..(place + 1) * self.dimension);
        let expected: &[u32] = slice(&self.map[self.ranges.row_sums.clone()])?;
        match bytes {
            Some(bytes) if crc32fast::hash(bytes) == expected[place] => slice(bytes),
            _ => Err(self.found("the checksum of a row does not fit")),
        }
    }
}

fn slice<T: Pod>(bytes: &[u8]) -> std::result::Result<&[T], Damage> {
    bytemuck::try_cast_slice(bytes).map_err(|_| damage("a part of it does not begin where it should"))
}

/// The sum of what is checked at once: facts and small tensors.
pub(super) fn sum(facts: &HashMap<String, String>, small: &[&[u8]]) -> String {
    let mut hasher = crc32fast::Hasher::new();
    let mut facts: Vec<_> = facts.iter().filter(|(name, _)| *name != "sum").collect();
    facts.sort_unstable();
    for (name, value) in facts {
        hasher.update(format!("{name}={value}\n").as_bytes());
    }
    small.iter().for_each(|bytes| hasher.update(bytes));
    format!("{:08x}", hasher.finalize())
}

pub(super) fn cell_sum(segment: &Segment<'_>, cell: usize, dimension: usize) -> u32 {
    let blocks = segment.starts[cell] as usize..segment.starts[cell + 1] as usize;
    let words = words(dimension);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytemuck::cast_slice(&segment.codes[blocks.start * words..blocks.end * words]));
    hasher.update(bytemuck::cast_slice(&segment.factors[blocks.clone()]));
    hasher.update(bytemuck::cast_slice(&segment.keys[segment.places(cell)]));
    hasher.update(bytemuck::cast_slice(&segment.scales[segment.places(cell)]));
    hasher.finalize()
}
