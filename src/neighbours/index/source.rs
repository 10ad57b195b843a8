//! Where the vectors of an index come from: a library, or a matrix in memory.

use std::thread;

use super::coder::{Part, sound};
use crate::error::Result;
use crate::library::{FingerprintNumber, Library};

/// Seed of the order in which rows of a matrix are drawn.
const SEED: u64 = 0x6d61_7472;

/// Vectors of one dimension, each with a key of its own. One of another length, or with an element
/// that is not finite, is in no index.
pub(super) trait VectorSource {
    /// Elements of a vector.
    fn dimension(&self) -> usize;

    /// How many vectors there are.
    fn count(&self) -> u64;

    /// At most so many vectors, one after the other, drawn without regard to their order, and the
    /// same ones each time.
    fn sample(&self, vectors: usize) -> Result<Vec<f32>>;

    /// Visits every vector with its key, as `f32` in little-endian bytes. Each part is filled by a
    /// thread of its own, with vectors that follow each other.
    fn scan(&self, parts: Vec<Part>, visit: &Visit<'_>) -> Result<Vec<Part>>;
}

/// What is done with a vector and its key.
pub(super) type Visit<'a> = dyn Fn(&mut Part, u64, &[u8]) + Sync + 'a;

/// The vectors of a library, whose keys are its rows.
pub(super) struct LibraryVectors<'a> {
    library: &'a Library,
    fingerprint: FingerprintNumber,
    dimension: usize,
    count: u64,
}

impl LibraryVectors<'_> {
    pub(super) fn new(library: &Library, fingerprint: FingerprintNumber) -> Result<LibraryVectors<'_>> {
        let (dimension, count) = (library.dimension(fingerprint)?, library.vectors(fingerprint)?);
        Ok(LibraryVectors { library, fingerprint, dimension, count })
    }
}

impl VectorSource for LibraryVectors<'_> {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn sample(&self, vectors: usize) -> Result<Vec<f32>> {
        let drawn = self.library.sample(vectors)?;
        let mut sample = Vec::with_capacity(drawn.len() * self.dimension);
        self.library.vectors_of(self.fingerprint, &drawn, &mut |_, vector| {
            sample.extend(sound(vector, self.dimension).into_iter().flatten());
        })?;
        Ok(sample)
    }

    fn scan(&self, parts: Vec<Part>, visit: &Visit<'_>) -> Result<Vec<Part>> {
        self.library.scan_parallel(self.fingerprint, parts, |part, row, vector| visit(part, row.0 as u64, vector))
    }
}

/// A matrix in memory, whose keys are the numbers of its rows.
pub(super) struct Matrix<'a> {
    /// Rows x dimension, little-endian.
    bytes: &'a [u8],
    dimension: usize,
}

impl Matrix<'_> {
    /// `dimension` is above 0, and `bytes` holds whole rows.
    pub(super) fn new(bytes: &[u8], dimension: usize) -> Matrix<'_> {
        Matrix { bytes, dimension }
    }

    fn width(&self) -> usize {
        self.dimension * size_of::<f32>()
    }
}

impl VectorSource for Matrix<'_> {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn count(&self) -> u64 {
        (self.bytes.len() / self.width()) as u64
    }

    fn sample(&self, vectors: usize) -> Result<Vec<f32>> {
        let mut rows: Vec<usize> = (0..self.count() as usize).collect();
        fastrand::Rng::with_seed(SEED).shuffle(&mut rows);
        rows.truncate(vectors);
        let row = |row| sound(&self.bytes[row * self.width()..][..self.width()], self.dimension);
        Ok(rows.into_iter().filter_map(row).flatten().collect())
    }

    fn scan(&self, mut parts: Vec<Part>, visit: &Visit<'_>) -> Result<Vec<Part>> {
        let share = (self.count() as usize).div_ceil(parts.len().max(1)).max(1);
        thread::scope(|scope| {
            for (number, (part, rows)) in parts.iter_mut().zip(self.bytes.chunks(share * self.width())).enumerate() {
                scope.spawn(move || {
                    for (at, row) in rows.chunks_exact(self.width()).enumerate() {
                        visit(part, (number * share + at) as u64, row);
                    }
                });
            }
        });
        Ok(parts)
    }
}
