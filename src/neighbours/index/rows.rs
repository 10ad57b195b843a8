//! Rows of a table in memory: as they come ([`Rows`]), and put together by their cells
//! ([`Arranged`]).

use std::ops::Range;

use super::code::RowFactors;
use super::rotation::words;
use super::segment::{Damage, EMPTY_KEY, Segment, Source};
use crate::kernels::{BLOCK, Factors};

/// Coded rows, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rows {
    pub(super) dimension: usize,
    pub(super) keys: Vec<u64>,
    pub(super) cells: Vec<u32>,
    /// Rows x words.
    pub(super) codes: Vec<u64>,
    pub(super) factors: Vec<RowFactors>,
    /// Rows x dimension.
    pub(super) bytes: Vec<i8>,
    pub(super) scales: Vec<f32>,
}

impl Rows {
    pub(super) fn with_room(rows: usize, dimension: usize) -> Rows {
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

    /// Takes over others.
    pub(super) fn extend(&mut self, others: Rows) {
        self.keys.extend(others.keys);
        self.cells.extend(others.cells);
        self.codes.extend(others.codes);
        self.factors.extend(others.factors);
        self.bytes.extend(others.bytes);
        self.scales.extend(others.scales);
    }

    /// Takes over a row as it was coded before.
    pub(super) fn copy(&mut self, from: &Segment<'_>, cell: usize, place: usize) -> Result<(), Damage> {
        self.bytes.extend_from_slice(from.source.row(place)?);
        let (block, lane, words) = (place / BLOCK, place % BLOCK, words(self.dimension));
        self.keys.push(from.keys[place]);
        self.cells.push(cell as u32);
        self.codes.extend(from.codes[block * words..][..words].iter().map(|word| word[lane]));
        let factors = &from.factors[block];
        self.factors.push(RowFactors { scale: factors.scale[lane], error: factors.error[lane] });
        self.scales.push(from.scales[place]);
        Ok(())
    }

    /// Puts rows together by their cells, which are these, eight to a block; in a cell by their
    /// keys, in whatever order they came.
    pub(super) fn arranged(self, cells: Range<usize>) -> Arranged {
        let (dimension, words) = (self.dimension, words(self.dimension));
        let mut sizes = vec![0u64; cells.len()];
        self.cells.iter().for_each(|cell| sizes[*cell as usize - cells.start] += 1);
        let starts = starts(&sizes);
        let blocks = starts[cells.len()] as usize;
        let mut next: Vec<usize> = starts[..cells.len()].iter().map(|start| *start as usize * BLOCK).collect();
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        if !self.keys.is_sorted() {
            order.sort_unstable_by_key(|row| self.keys[*row]);
        }
        let mut places = vec![0; order.len()];
        for row in order {
            let next = &mut next[self.cells[row] as usize - cells.start];
            places[row] = *next;
            *next += 1;
        }
        let mut arranged = Arranged {
            dimension,
            starts,
            codes: vec![[0; BLOCK]; blocks * words],
            factors: vec![Factors::default(); blocks],
            keys: vec![EMPTY_KEY; blocks * BLOCK],
            bytes: vec![0; blocks * BLOCK * dimension],
            scales: vec![0.0; blocks * BLOCK],
        };
        for (row, &place) in places.iter().enumerate() {
            let (block, lane) = (place / BLOCK, place % BLOCK);
            let mut ones = 0;
            for (word, bits) in self.codes[row * words..][..words].iter().enumerate() {
                arranged.codes[block * words + word][lane] = *bits;
                ones += bits.count_ones();
            }
            let factors = &mut arranged.factors[block];
            (factors.scale[lane], factors.error[lane]) = (self.factors[row].scale, self.factors[row].error);
            factors.ones[lane] = ones as f32;
            arranged.keys[place] = self.keys[row];
            arranged.bytes[place * dimension..][..dimension]
                .copy_from_slice(&self.bytes[row * dimension..][..dimension]);
            arranged.scales[place] = self.scales[row];
        }
        arranged
    }
}

/// Where each of some cells begins, in blocks, and where the last ends.
pub(super) fn starts(sizes: &[u64]) -> Vec<u64> {
    let mut starts = vec![0u64; sizes.len() + 1];
    for (cell, size) in sizes.iter().enumerate() {
        starts[cell + 1] = starts[cell] + size.div_ceil(BLOCK as u64);
    }
    starts
}

/// Rows cell by cell, eight to a block.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arranged {
    pub(super) dimension: usize,
    pub(super) starts: Vec<u64>,
    pub(super) codes: Vec<[u64; BLOCK]>,
    pub(super) factors: Vec<Factors>,
    pub(super) keys: Vec<u64>,
    /// Places x dimension.
    pub(super) bytes: Vec<i8>,
    pub(super) scales: Vec<f32>,
}

impl Arranged {
    pub(super) fn segment(&self) -> Segment<'_> {
        Segment {
            starts: &self.starts,
            codes: &self.codes,
            factors: &self.factors,
            keys: &self.keys,
            scales: &self.scales,
            outdated: &[],
            source: self,
        }
    }
}

impl Source for Arranged {
    fn check(&self, _: &Segment<'_>, _: usize) -> Result<(), Damage> {
        Ok(())
    }

    fn row(&self, place: usize) -> Result<&[i8], Damage> {
        Ok(&self.bytes[place * self.dimension..][..self.dimension])
    }
}
