//! Coded rows on their way to their cells, on disk where memory does not hold them all.
//!
//! Cells are taken together into portions, each of whose rows fit into memory at once. Rows are
//! coded in the order of the library and written portion by portion to a file beside the index,
//! which has no name any more where the system allows that, so that nothing of it is left after a
//! kill. Then each portion is read as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytemuck::{Pod, cast_slice, cast_slice_mut};

use super::rotation::words;
use super::rows::Rows;

/// Bytes of memory that a row of so many dimensions takes while its portion is put together: as it
/// was coded, and in its place.
pub(super) fn row_memory(dimension: usize) -> u64 {
    2 * Rows::row_bytes(dimension)
}

/// Which cells are put together at once.
#[derive(Debug)]
pub(super) struct Portions {
    /// Of each cell.
    of_cells: Vec<u32>,
    /// Where each portion begins, and where the last ends.
    starts: Vec<usize>,
}

impl Portions {
    /// `sizes`: how many rows of a sample each cell has. `rows`: how many rows there are.
    pub(super) fn new(sizes: &[u64], rows: u64, dimension: usize, memory: u64) -> Portions {
        let total = sizes.iter().sum::<u64>().max(1);
        // A cell of the sample has a tenth more or less in all of them.
        let most = (memory / 10 * 9 / row_memory(dimension)).max(1);
        let (mut of_cells, mut starts, mut held) = (Vec::with_capacity(sizes.len()), vec![0], 0u128);
        for (cell, size) in sizes.iter().enumerate() {
            let expected = u128::from(*size) * u128::from(rows) / u128::from(total);
            if held > 0 && held + expected > u128::from(most) {
                starts.push(cell);
                held = 0;
            }
            held += expected;
            of_cells.push(starts.len() as u32 - 1);
        }
        starts.push(sizes.len());
        Portions { of_cells, starts }
    }

    pub(super) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn of_cell(&self, cell: u32) -> usize {
        self.of_cells[cell as usize] as usize
    }

    /// The cells of a portion.
    pub(super) fn cells(&self, portion: usize) -> Range<usize> {
        self.starts[portion]..self.starts[portion + 1]
    }
}

/// Rows on disk.
#[derive(Debug)]
pub(super) struct Spill {
    path: PathBuf,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    file: File,
    end: u64,
    /// Of each portion where its parts begin, and how many rows each has.
    parts: Vec<Vec<(u64, usize)>>,
}

impl Spill {
    /// A file with the name of another and a mark.
    pub(super) fn beside(path: &Path, portions: usize) -> io::Result<Spill> {
        let mut name = path.as_os_str().to_owned();
        name.push("-rows");
        let path = PathBuf::from(name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        if cfg!(unix) {
            fs::remove_file(&path)?;
        }
        Ok(Spill { path, written: Mutex::new(Written { file, end: 0, parts: vec![Vec::new(); portions] }) })
    }

    /// Takes over the rows of a portion.
    pub(super) fn append(&self, portion: usize, rows: &mut Rows) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = written.end;
        written.file.seek(SeekFrom::Start(begin))?;
        rows.each_column(&mut |column| written.file.write_all(column))?;
        written.end = written.file.stream_position()?;
        written.parts[portion].push((begin, rows.keys.len()));
        rows.clear();
        Ok(())
    }

    /// Adds the rows of a portion to others of it.
    pub(super) fn read(&self, portion: usize, into: &mut Rows) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let Written { file, parts, .. } = &mut *written;
        for (begin, rows) in &parts[portion] {
            file.seek(SeekFrom::Start(*begin))?;
            into.read_columns(*rows, file)?;
        }
        Ok(())
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if cfg!(not(unix)) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Rows {
    /// Bytes of a row of so many dimensions.
    fn row_bytes(dimension: usize) -> u64 {
        let fixed = size_of::<u64>() + size_of::<u32>() + 2 * size_of::<f32>() + size_of::<f32>();
        (fixed + words(dimension) * size_of::<u64>() + dimension) as u64
    }

    /// Bytes that the rows take.
    pub(super) fn size(&self) -> u64 {
        self.keys.len() as u64 * Rows::row_bytes(self.dimension)
    }

    fn clear(&mut self) {
        let Rows { dimension: _, keys, cells, codes, factors, bytes, scales } = self;
        keys.clear();
        cells.clear();
        codes.clear();
        factors.clear();
        bytes.clear();
        scales.clear();
    }

    fn each_column(&self, write: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        write(cast_slice(&self.keys))?;
        write(cast_slice(&self.cells))?;
        write(cast_slice(&self.codes))?;
        write(cast_slice(&self.factors))?;
        write(cast_slice(&self.bytes))?;
        write(cast_slice(&self.scales))
    }

    fn read_columns(&mut self, rows: usize, from: &mut File) -> io::Result<()> {
        fn more<T: Pod>(column: &mut Vec<T>, count: usize, from: &mut File) -> io::Result<()> {
            let before = column.len();
            column.resize(before + count, T::zeroed());
            from.read_exact(cast_slice_mut(&mut column[before..]))
        }
        more(&mut self.keys, rows, from)?;
        more(&mut self.cells, rows, from)?;
        more(&mut self.codes, rows * words(self.dimension), from)?;
        more(&mut self.factors, rows, from)?;
        more(&mut self.bytes, rows * self.dimension, from)?;
        more(&mut self.scales, rows, from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_hold_what_memory_does_and_never_less_than_a_cell() {
        let cells = |portions: &Portions| {
            let ends = (0..portions.count()).map(|at| portions.cells(at)).map(|cells| (cells.start, cells.end));
            ends.collect::<Vec<_>>()
        };
        let room = row_memory(64) * 10 / 9 + 10;
        // Ten times the sample: 10, 20, 30, 0 and 40 rows.
        let portions = Portions::new(&[1, 2, 3, 0, 4], 100, 64, room * 35);
        assert_eq!(cells(&portions), [(0, 2), (2, 4), (4, 5)]);
        assert_eq!((0..5).map(|cell| portions.of_cell(cell)).collect::<Vec<_>>(), [0, 0, 1, 1, 2]);
        assert_eq!(cells(&Portions::new(&[1, 2, 3, 0, 4], 100, 64, room * 100)), [(0, 5)]);
        assert_eq!(cells(&Portions::new(&[1, 2], 100, 64, 0)), [(0, 1), (1, 2)]);
        assert_eq!(cells(&Portions::new(&[], 0, 64, 0)), [(0, 0)]);
    }

    #[test]
    fn rows_come_back_portion_by_portion() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let rows = |keys: &[u64]| {
            let mut rows = Rows::with_room(0, 3);
            for key in keys {
                rows.keys.push(*key);
                rows.cells.push(*key as u32 + 1);
                rows.codes.push(key * 3);
                rows.factors.push(super::super::code::RowFactors { scale: *key as f32, error: 0.5 });
                rows.bytes.extend([*key as i8, -1, 2]);
                rows.scales.push(*key as f32 / 8.0);
            }
            rows
        };
        let spill = Spill::beside(&folder.path().join("index"), 2).expect("a file");
        let mut first = rows(&[1, 2]);
        spill.append(1, &mut first).expect("written");
        assert_eq!((first.keys.len(), first.size()), (0, 0));
        spill.append(0, &mut rows(&[9])).expect("written");
        spill.append(1, &mut rows(&[3])).expect("written");
        let mut read = rows(&[7]);
        spill.read(1, &mut read).expect("read");
        assert_eq!(read, rows(&[7, 1, 2, 3]));
        if cfg!(unix) {
            assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left by a kill");
        }
    }
}
