//! The index in its file, `library.db.index-N` for fingerprint N of the library.
//!
//! Format: safetensors, read where it lies by mapping it. The header names what it belongs to and holds the sum (CRC-32) of the
//! small tensors, which are checked when it is opened; each cell and each row has a sum of its own, checked when it is first
//! used, so that opening takes as long for three million papers as for ten thousand.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Pod;
use memmap2::Mmap;
use safetensors::tensor::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::build::Owned;
use super::reach::Reach;
use super::rotation::{Rotation, words};
use super::table::{Damage, NOBODY, Source, Table};
use crate::derived::{Tensor, map, write_tensors};
use crate::error::{Error, Result};
use crate::kernels::{BLOCK, Factors};
use crate::library::PaperRow;

/// Changes whenever what the file holds, or means, does. Numbers in it are as in memory.
const VERSION: &str = if cfg!(target_endian = "little") { "2 little-endian" } else { "2 big-endian" };

/// An opened file.
#[derive(Debug)]
pub(super) struct Mapped {
    file: File,
    map: Mmap,
    dimension: usize,
    rotation: Rotation,
    error: f32,
    blur: f32,
    ranges: Ranges,
    checked: Vec<AtomicBool>,
    pub(super) facts: Facts,
}

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Tells the file of one build from that of any other, of this library or another.
    pub(super) token: String,
    /// The last change of the library that it takes in.
    pub(super) change: i64,
    /// Rows that there were when its cells were made.
    pub(super) trained: u64,
    /// Rows in it.
    pub(super) rows: u64,
}

/// Where in the file the tensors are, in bytes.
#[derive(Debug)]
struct Ranges {
    centres: Range<usize>,
    lengths: Range<usize>,
    steps: Range<usize>,
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
        let map = map(&file).map_err(damage)?;
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
        let small = [&flips, &ranges.centres, &ranges.lengths, &ranges.steps, &ranges.starts, &ranges.cell_sums];
        let small = small.map(|range| &map[range.clone()]);
        if *fact("sum")? != sum(&facts, &small) {
            return Err(damage("its checksum does not fit"));
        }
        let error = fact("error")?.parse().map_err(damage)?;
        let blur = fact("blur")?.parse().map_err(damage)?;
        let rotation = Rotation { flips: slice(&map[flips])?.to_vec() };
        let facts = Facts {
            token: fact("token")?.clone(),
            change: fact("change")?.parse().map_err(damage)?,
            trained: number("trained")?,
            rows: number("rows")?,
        };
        if number("dimension")? != dimension as u64 || !rotation.fits(dimension) {
            return Err(damage("it is of another dimension"));
        }
        let mut mapped = Mapped { file, map, dimension, rotation, error, blur, ranges, checked: Vec::new(), facts };
        let cells = mapped.fitting()?;
        mapped.checked.resize_with(cells, AtomicBool::default);
        Ok(Some(mapped))
    }

    /// The number of cells, if all tensors have the lengths that go with it.
    fn fitting(&self) -> std::result::Result<usize, Damage> {
        let Ranges { centres, lengths, steps: _, starts, codes, factors, keys, bytes, scales, cell_sums, row_sums } =
            &self.ranges;
        let starts: &[u64] = slice(&self.map[starts.clone()])?;
        let cells = starts.len().saturating_sub(1);
        let blocks = starts.last().copied().unwrap_or(0) as usize;
        let places = blocks.saturating_mul(BLOCK);
        let fit = [
            (centres, cells.saturating_mul(self.dimension), size_of::<f32>()),
            (lengths, cells, size_of::<f32>()),
            (codes, blocks.saturating_mul(words(self.dimension)), size_of::<[u64; BLOCK]>()),
            (factors, blocks, size_of::<Factors>()),
            (keys, places, size_of::<u64>()),
            (bytes, places.saturating_mul(self.dimension), 1),
            (scales, places, size_of::<f32>()),
            (cell_sums, cells, size_of::<u32>()),
            (row_sums, places, size_of::<u32>()),
        ];
        let fits = fit.iter().all(|(range, count, size)| Some(range.len()) == count.checked_mul(*size));
        if starts.is_empty() || !starts.is_sorted() || !fits {
            return Err(damage("its parts do not fit together"));
        }
        self.try_table().map(|_| cells)
    }

    fn try_table(&self) -> std::result::Result<Table<'_>, Damage> {
        let part = |range: &Range<usize>| &self.map[range.clone()];
        Ok(Table {
            dimension: self.dimension,
            rotation: &self.rotation,
            centres: slice(part(&self.ranges.centres))?,
            lengths: slice(part(&self.ranges.lengths))?,
            starts: slice(part(&self.ranges.starts))?,
            codes: slice(part(&self.ranges.codes))?,
            factors: slice(part(&self.ranges.factors))?,
            keys: slice(part(&self.ranges.keys))?,
            scales: slice(part(&self.ranges.scales))?,
            reach: Reach { steps: slice(part(&self.ranges.steps))?, error: self.error },
            blur: self.blur,
        })
    }

    /// The table in it.
    pub(super) fn table(&self) -> std::result::Result<Table<'_>, Damage> {
        self.try_table()
    }

    /// Checks every cell; rows are checked as they are read.
    pub(super) fn check_cells(&self, table: &Table<'_>) -> std::result::Result<(), Damage> {
        (0..self.checked.len()).try_for_each(|cell| self.check(table, cell))
    }

    /// The papers that it holds, cell by cell.
    pub(super) fn keys(&self) -> std::result::Result<Vec<PaperRow>, Damage> {
        let keys = self.table()?.keys.iter().filter(|key| **key != NOBODY);
        Ok(keys.map(|key| PaperRow(*key as i64)).collect())
    }

    /// Checks every cell and every row.
    pub(super) fn check_all(&self) -> std::result::Result<(), Damage> {
        let table = self.table()?;
        let mut row = vec![0; self.dimension];
        for cell in 0..self.checked.len() {
            self.check(&table, cell)?;
            table.places(cell).try_for_each(|place| self.read(place, &mut row))?;
        }
        Ok(())
    }
}

impl Source for Mapped {
    fn check(&self, table: &Table<'_>, cell: usize) -> std::result::Result<(), Damage> {
        if self.checked[cell].load(Ordering::Relaxed) {
            return Ok(());
        }
        let expected: &[u32] = slice(&self.map[self.ranges.cell_sums.clone()])?;
        if cell_sum(table, cell) != expected[cell] {
            return Err(damage("the checksum of a cell does not fit"));
        }
        self.checked[cell].store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Read and not mapped: for each row that is looked at, the system would map 64 KiB around it and count them as ours.
    fn read(&self, place: usize, row: &mut [i8]) -> std::result::Result<(), Damage> {
        let at = self.ranges.bytes.start + place * self.dimension;
        read_at(&self.file, at as u64, bytemuck::cast_slice_mut(row)).map_err(damage)?;
        let expected: &[u32] = slice(&self.map[self.ranges.row_sums.clone()])?;
        if crc32fast::hash(bytemuck::cast_slice(row)) != expected[place] {
            return Err(damage("the checksum of a row does not fit"));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn read_at(file: &File, at: u64, bytes: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut at: u64, mut bytes: &mut [u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => (bytes, at) = (&mut bytes[read..], at + read as u64),
        }
    }
    Ok(())
}

fn slice<T: Pod>(bytes: &[u8]) -> std::result::Result<&[T], Damage> {
    bytemuck::try_cast_slice(bytes).map_err(|_| damage("a part of it does not begin where it should"))
}

/// The sum of what is checked at once: facts and small tensors.
fn sum(facts: &HashMap<String, String>, small: &[&[u8]]) -> String {
    let mut hasher = crc32fast::Hasher::new();
    let mut facts: Vec<_> = facts.iter().filter(|(name, _)| *name != "sum").collect();
    facts.sort_unstable();
    for (name, value) in facts {
        hasher.update(format!("{name}={value}\n").as_bytes());
    }
    small.iter().for_each(|bytes| hasher.update(bytes));
    format!("{:08x}", hasher.finalize())
}

fn cell_sum(table: &Table<'_>, cell: usize) -> u32 {
    let blocks = table.starts[cell] as usize..table.starts[cell + 1] as usize;
    let words = words(table.dimension);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytemuck::cast_slice(&table.codes[blocks.start * words..blocks.end * words]));
    hasher.update(bytemuck::cast_slice(&table.factors[blocks.clone()]));
    hasher.update(bytemuck::cast_slice(&table.keys[table.places(cell)]));
    hasher.update(bytemuck::cast_slice(&table.scales[table.places(cell)]));
    hasher.finalize()
}

/// Writes a table and says what the file says of itself.
pub(super) fn write(path: &Path, owned: &Owned, change: i64) -> Result<Facts> {
    let table = owned.table();
    let cell_sums: Vec<u32> = (0..owned.starts.len() - 1).map(|cell| cell_sum(&table, cell)).collect();
    let rows = owned.bytes.chunks_exact(owned.dimension.max(1));
    let row_sums: Vec<u32> = rows.map(|row| crc32fast::hash(bytemuck::cast_slice(row))).collect();
    let mut hasher = Sha256::new();
    for bytes in [bytemuck::cast_slice(&cell_sums), bytemuck::cast_slice(&row_sums), &change.to_le_bytes()[..]] {
        hasher.update(bytes);
    }
    let token: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();

    let blocks = BLOCK;
    let tensors = [
        ("flips", Tensor::of(Dtype::U64, 1, &owned.rotation.flips)),
        ("centres", Tensor::of(Dtype::F32, owned.dimension, &owned.centres)),
        ("lengths", Tensor::of(Dtype::F32, 1, &owned.lengths)),
        ("steps", Tensor::of(Dtype::F32, 3, &owned.steps)),
        ("starts", Tensor::of(Dtype::U64, 1, &owned.starts)),
        ("codes", Tensor::of(Dtype::U64, blocks, &owned.codes)),
        ("factors", Tensor::of(Dtype::F32, 3 * blocks, &owned.factors)),
        ("keys", Tensor::of(Dtype::U64, 1, &owned.keys)),
        ("bytes", Tensor::of(Dtype::I8, owned.dimension, &owned.bytes)),
        ("scales", Tensor::of(Dtype::F32, 1, &owned.scales)),
        ("cell_sums", Tensor::of(Dtype::U32, 1, &cell_sums)),
        ("row_sums", Tensor::of(Dtype::U32, 1, &row_sums)),
    ];
    let mut facts = HashMap::from([
        ("version".to_owned(), VERSION.to_owned()),
        ("token".to_owned(), token.clone()),
        ("change".to_owned(), change.to_string()),
        ("trained".to_owned(), owned.trained.to_string()),
        ("rows".to_owned(), owned.rows.to_string()),
        ("dimension".to_owned(), owned.dimension.to_string()),
        ("error".to_owned(), owned.error.to_string()),
        ("blur".to_owned(), owned.blur.to_string()),
    ]);
    let small = [0, 1, 2, 3, 4, 10].map(|number: usize| tensors[number].1.bytes);
    facts.insert("sum".to_owned(), sum(&facts, &small));

    write_tensors(path, &tensors, facts).map_err(Error::io(path))?;
    Ok(Facts { token, change, trained: owned.trained, rows: owned.rows })
}
