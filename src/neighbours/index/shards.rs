//! Rows that were coded elsewhere, put together into the index of a library.
//!
//! In: files of coded rows ([`IndexPlan::code`]), in any order, which hold each paper of a library
//! at least once. Out: the index, byte for byte that of a build. Which rows are a library's is told
//! by the sums of their vectors, so one of another text is no part of it. Cells are taken together
//! into portions that fit into memory (`spill`); of every row, the key and a sum are held besides.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::Pod;
use safetensors::tensor::SafeTensors;

use super::build::{Building, write};
use super::code::RowFactors;
use super::coder::sound;
use super::file::Facts;
use super::place::{Placing, delta_of, path};
use super::plan::IndexPlan;
use super::rotation::words;
use super::rows::{Arranged, Rows};
use super::segment::EMPTY_KEY;
use super::spill::Portions;
use super::{Index, Make};
use crate::error::{Error, LibraryError, Result};
use crate::files;
use crate::library::derived::{Column, map};
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::InterruptCheck;
use crate::neighbours::threads::threads;
use crate::paper::ArxivId;

/// The name of the sum of a file's columns; it changes whenever what they mean does.
pub(super) const CODES_VERSION: &str = "codes/1";

/// Papers that an error names.
const NAMED: usize = 5;

/// The sum of all columns, one after the other.
pub(super) fn column_sum<'a>(columns: impl Iterator<Item = &'a [u8]>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    columns.for_each(|bytes| hasher.update(bytes));
    hasher.finalize()
}

/// Coded rows in a file, cell by cell.
struct CodedFile {
    ids: Column<u8>,
    /// Where each cell begins, in rows, and where the last ends.
    starts: Column<u64>,
    codes: Column<u64>,
    /// Rows x 2.
    factors: Column<f32>,
    bytes: Column<i8>,
    scales: Column<f32>,
    /// CRC-32 of each vector, as it lies in a library.
    sums: Column<u32>,
    /// The row of the library that each row is of, or [`EMPTY_KEY`].
    keys: Vec<u64>,
}

impl CodedFile {
    fn open(path: &Path, plan: &IndexPlan) -> Result<CodedFile> {
        let file = File::open(path).map_err(Error::io(path))?;
        let map = Arc::new(map(&file).map_err(Error::io(path))?);
        let unfit =
            |why: &str| Error::io(path)(io::Error::other(format!("it holds no coded rows of this plan: {why}")));
        let (header, metadata) = SafeTensors::read_metadata(&map).map_err(|error| unfit(&error.to_string()))?;
        let range = |name: &str| {
            let (from, to) = metadata.info(name).ok_or_else(|| unfit(&format!("it lacks {name}")))?.data_offsets;
            Ok::<_, Error>(header + 8 + from..header + 8 + to)
        };
        fn column<T: Pod>(map: &Arc<memmap2::Mmap>, range: std::ops::Range<usize>) -> Option<Column<T>> {
            Column::mapped(map, range)
        }
        let cut = || unfit("it is cut");
        let names = ["bytes", "codes", "factors", "ids", "scales", "starts", "sums"];
        let ranges = names.iter().map(|name| range(name)).collect::<Result<Vec<_>>>()?;
        let parts = ranges.iter().map(|range| map.get(range.clone()).ok_or_else(cut)).collect::<Result<Vec<_>>>()?;
        let told: Column<u32> = column(&map, range(CODES_VERSION)?).ok_or_else(cut)?;
        if told.first() != Some(&column_sum(parts.into_iter())) {
            return Err(unfit("its checksum does not fit"));
        }
        let [bytes, codes, factors, ids, scales, starts, sums] = ranges.try_into().map_err(|_| cut())?;
        let opened = CodedFile {
            ids: column(&map, ids).ok_or_else(cut)?,
            starts: column(&map, starts).ok_or_else(cut)?,
            codes: column(&map, codes).ok_or_else(cut)?,
            factors: column(&map, factors).ok_or_else(cut)?,
            bytes: column(&map, bytes).ok_or_else(cut)?,
            scales: column(&map, scales).ok_or_else(cut)?,
            sums: column(&map, sums).ok_or_else(cut)?,
            keys: Vec::new(),
        };
        opened.fits(plan).then_some(opened).ok_or_else(|| unfit("its columns do not fit together"))
    }

    fn fits(&self, plan: &IndexPlan) -> bool {
        let (rows, dimension) = (self.sums.len(), plan.dimension());
        self.starts.len() == plan.cells() + 1
            && self.starts.is_sorted()
            && self.starts.first() == Some(&0)
            && self.starts.last() == Some(&(rows as u64))
            && self.codes.len() == rows * words(dimension)
            && self.factors.len() == rows * 2
            && self.bytes.len() == rows * dimension
            && self.scales.len() == rows
            && self.ids.iter().filter(|byte| **byte == b'\n').count() == rows
    }

    fn ids(&self) -> impl Iterator<Item = &[u8]> {
        self.ids.split(|byte| *byte == b'\n').take(self.sums.len())
    }

    fn range(&self, cells: std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.starts[cells.start] as usize..self.starts[cells.end] as usize
    }

    /// How many rows of a cell are the library's.
    fn held(&self, cell: usize) -> u64 {
        self.keys[self.range(cell..cell + 1)].iter().filter(|key| **key != EMPTY_KEY).count() as u64
    }

    /// Adds the library's rows of some cells.
    fn take(&self, cells: std::ops::Range<usize>, into: &mut Rows) {
        let (dimension, words) = (into.dimension, words(into.dimension));
        for cell in cells {
            for row in self.range(cell..cell + 1).filter(|row| self.keys[*row] != EMPTY_KEY) {
                into.keys.push(self.keys[row]);
                into.cells.push(cell as u32);
                into.codes.extend(&self.codes[row * words..][..words]);
                into.factors.push(RowFactors { scale: self.factors[row * 2], error: self.factors[row * 2 + 1] });
                into.bytes.extend(&self.bytes[row * dimension..][..dimension]);
                into.scales.push(self.scales[row]);
            }
        }
    }
}

/// What a merge takes.
pub(super) struct Merging<'a> {
    pub(super) library: &'a Library,
    pub(super) fingerprint: FingerprintNumber,
    pub(super) plan: &'a IndexPlan,
    /// Files of coded rows.
    pub(super) files: &'a [PathBuf],
    pub(super) building: Building<'a>,
}

/// Writes the file of an index, and says how many coded rows are not of this library, or are there
/// again.
pub(super) fn merge(path: &Path, merging: &Merging<'_>) -> Result<(Facts, u64)> {
    let Merging { library, plan, files, building, .. } = merging;
    // In one order, so that of equal rows the same ones are taken.
    let files: BTreeSet<&PathBuf> = files.iter().collect();
    let mut opened = files.into_iter().map(|file| CodedFile::open(file, plan)).collect::<Result<Vec<_>>>()?;
    let mut papers = Papers::of(merging)?;
    let mut others = 0;
    for file in &mut opened {
        (building.check)()?;
        let mut keys = Vec::with_capacity(file.sums.len());
        for (id, sum) in file.ids().zip(file.sums.iter()) {
            let id = str::from_utf8(id).ok().and_then(ArxivId::parse);
            let row = id.map_or(Ok(None), |(id, _)| library.row_of(&id))?;
            keys.push(row.and_then(|row| papers.claim(row, *sum)).unwrap_or(EMPTY_KEY));
        }
        others += keys.iter().filter(|key| **key == EMPTY_KEY).count() as u64;
        file.keys = keys;
    }
    papers.complete(library)?;
    drop(papers);
    let sizes: Vec<u64> = (0..plan.cells()).map(|cell| opened.iter().map(|file| file.held(cell)).sum()).collect();
    let rows = sizes.iter().sum();
    let portions = Portions::new(&sizes, rows, plan.dimension(), building.memory);
    let portion = |number: usize| -> Result<Arranged> {
        let cells = portions.cells(number);
        let room = sizes[cells.clone()].iter().sum::<u64>();
        let mut rows = Rows::with_room(room as usize, plan.dimension());
        opened.iter().for_each(|file| file.take(cells.clone(), &mut rows));
        (building.coded)(room);
        Ok(rows.arranged(cells))
    };
    Ok((write(path, building, &plan.trained, &sizes, (0..portions.count()).map(portion))?, others))
}

/// The papers of a library that an index is of, by their rows, ascending.
struct Papers(Vec<Sought>);

/// A paper and what was found of it.
#[derive(Clone, Copy)]
struct Sought {
    key: u64,
    /// CRC-32 of its vector.
    sum: u32,
    found: Found,
}

#[derive(Clone, Copy, PartialEq)]
enum Found {
    Nothing,
    AnotherVector,
    Itself,
}

impl Papers {
    fn of(merging: &Merging<'_>) -> Result<Papers> {
        let (library, dimension) = (merging.library, merging.plan.dimension());
        let parts = library.scan_parallel(merging.fingerprint, vec![Vec::new(); threads()], |part, row, vector| {
            if sound(vector, dimension).is_some() {
                part.push(Sought { key: row.0 as u64, sum: crc32fast::hash(vector), found: Found::Nothing });
            }
        })?;
        Ok(Papers(parts.concat()))
    }

    /// The key of a paper, if it has a vector of this sum and was not found before.
    fn claim(&mut self, row: PaperRow, sum: u32) -> Option<u64> {
        let at = self.0.binary_search_by_key(&(row.0 as u64), |paper| paper.key).ok()?;
        let paper = &mut self.0[at];
        match paper.found {
            Found::Itself => None,
            _ if paper.sum == sum => {
                paper.found = Found::Itself;
                Some(paper.key)
            }
            _ => {
                paper.found = Found::AnotherVector;
                None
            }
        }
    }

    /// # Errors
    /// [`LibraryError::ShardsDiffer`] unless each was found.
    fn complete(&self, library: &Library) -> Result<()> {
        let lacking = |found: Found| {
            let papers = self.0.iter().filter(move |paper| paper.found == found);
            let named = papers.clone().take(NAMED).map(|paper| library.id_of(PaperRow(paper.key as i64)));
            let named: Vec<String> =
                named.filter_map(Result::transpose).map(|id| Ok(id?.to_string())).collect::<Result<_>>()?;
            Ok::<_, Error>((papers.count() as u64, named))
        };
        let ((missing, mut papers), (differing, others)) = (lacking(Found::Nothing)?, lacking(Found::AnotherVector)?);
        papers.extend(others);
        papers.truncate(NAMED);
        match missing + differing {
            0 => Ok(()),
            _ => Err(LibraryError::ShardsDiffer { path: library.path().to_owned(), missing, differing, papers }.into()),
        }
    }
}

impl Index {
    /// Makes the index of a library from files of coded rows, in any order, and puts it in its
    /// place. Says whether it is the library's now, and how many rows were no part of it. `merged`
    /// is told how many rows were put together, again and again.
    ///
    /// # Errors
    /// [`LibraryError::ShardsDiffer`] where a paper's vector is in no file; [`Error::Io`] for a
    /// file that does not fit the plan, and where the index cannot be written; what the library
    /// reports; what `check` gives. An index that there was stays.
    pub fn from_shards(
        library: &mut Library,
        fingerprint: FingerprintNumber,
        plan: &IndexPlan,
        files: &[PathBuf],
        memory: u64,
        merged: &(dyn Fn(u64) + Sync),
        check: InterruptCheck<'_>,
    ) -> Result<(bool, u64)> {
        let make = Make { memory, coded: merged, check };
        Index::from_shards_of(library, fingerprint, Index::WORTH_BUILDING, plan, files, make)
    }

    pub(super) fn from_shards_of(
        library: &mut Library,
        fingerprint: FingerprintNumber,
        least: u64,
        plan: &IndexPlan,
        files: &[PathBuf],
        make: Make<'_>,
    ) -> Result<(bool, u64)> {
        let place = path(library, fingerprint).filter(|_| plan.dimension() > 0);
        let Some(place) = place.filter(|_| library.vectors(fingerprint).is_ok_and(|rows| rows >= least)) else {
            return Ok((false, 0));
        };
        if plan.dimension() != library.dimension(fingerprint)? {
            return Err(Error::Internal("a plan of an index is of another dimension than the library"));
        }
        let (change, before) = library.note_changes(fingerprint)?;
        let building = Building { set: plan.set, change, memory: make.memory, coded: make.coded, check: make.check };
        let beside = files::beside(&place);
        let mut others = 0;
        let written = merge(&beside, &Merging { library, fingerprint, plan, files, building });
        let written = written.map(|(facts, left)| {
            others = left;
            facts
        });
        let placing = Placing { beside, stale: Some(delta_of(&place)), path: place.clone(), place };
        Ok((placing.put(library, fingerprint, &before, written)?, others))
    }
}
