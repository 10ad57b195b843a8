//! What an index is arranged by, apart from the index, so that its rows can be coded elsewhere.
//!
//! In: a library, whose sample makes the cells; later, vectors in whatever portions. Out: an
//! [`IndexPlan`], which passes between machines as bytes, and the coded rows of a portion, as a
//! file that [`super::shards`] reads.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, serialize};

use super::build::{Building, Frame, Trained, coded_rows};
use super::rotation::words;
use super::rows::Rows;
use super::shards::{CODES_VERSION, column_sum};
use super::source::{LibraryVectors, Matrix, VectorSource};
use super::spill::Portions;
use crate::error::{Error, Result};
use crate::kernels::InstructionSet;
use crate::library::derived::Tensor;
use crate::library::{FingerprintNumber, Library};
use crate::neighbours::InterruptCheck;

/// The name under which centres are kept; it changes whenever codes made by them would.
const CENTRES: &str = "centres/1";

/// The cells of an index and the queries that it is measured with.
#[derive(Debug)]
pub struct IndexPlan {
    pub(super) trained: Trained,
    pub(super) set: InstructionSet,
}

impl IndexPlan {
    /// Makes cells of a sample of a library's vectors, as a build of its index does.
    ///
    /// # Errors
    /// What the library reports; what `check` gives.
    pub fn of(library: &Library, fingerprint: FingerprintNumber, check: InterruptCheck<'_>) -> Result<IndexPlan> {
        let set = InstructionSet::choose()?;
        Ok(IndexPlan { trained: Trained::of(&LibraryVectors::new(library, fingerprint)?, set, check)?, set })
    }

    /// Elements of a vector.
    pub fn dimension(&self) -> usize {
        self.trained.dimension
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.trained.frame.lengths.len()
    }

    /// Everything that another machine needs. The same plan gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Internal`] where the format cannot hold it.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let Trained { dimension, frame, trials, .. } = &self.trained;
        let centres = Tensor::of(Dtype::F32, (*dimension).max(1), &frame.centres);
        let trials = Tensor::of(Dtype::F32, (*dimension).max(1), trials);
        let tensors = [(CENTRES, &centres), ("trials", &trials)];
        serialize(tensors, None::<HashMap<String, String>>)
            .map_err(|_| Error::Internal("a plan that cannot be written"))
    }

    /// A plan of another machine.
    ///
    /// # Errors
    /// [`Error::Internal`] for what [`IndexPlan::to_bytes`] did not make.
    pub fn from_bytes(bytes: &[u8]) -> Result<IndexPlan> {
        let other = || Error::Internal("what is no plan of an index, or one of another version");
        let tensors = SafeTensors::deserialize(bytes).map_err(|_| other())?;
        let tensor = |name| tensors.tensor(name).map_err(|_| other());
        let (centres, trials) = (tensor(CENTRES)?, tensor("trials")?);
        let dimension = centres.shape().get(1).copied().unwrap_or(0);
        let frame = Frame::new(floats(centres.data()), dimension);
        let trained = Trained { dimension, frame, sizes: Vec::new(), trials: floats(trials.data()) };
        Ok(IndexPlan { trained, set: InstructionSet::choose()? })
    }

    /// Codes some vectors: the content of a file. `ids`: one a vector, each on a line of its own.
    /// `vectors`: rows x dimension of `f32`, little-endian. A vector with an element that is not
    /// finite is left out.
    ///
    /// # Errors
    /// [`Error::Internal`] where there are not as many ids as vectors, or these are of another
    /// dimension; what `check` gives.
    pub fn code(&self, ids: &str, vectors: &[u8], check: InterruptCheck<'_>) -> Result<Vec<u8>> {
        let width = (self.dimension() * size_of::<f32>()).max(1);
        let ids: Vec<&str> = ids.lines().collect();
        if vectors.len() != ids.len() * width {
            return Err(Error::Internal("ids and vectors to code that do not fit together"));
        }
        let source = Matrix::new(vectors, self.dimension().max(1));
        let portions = Portions::new(&vec![1; self.cells()], source.count(), self.dimension(), u64::MAX);
        let building = Building { set: self.set, change: 0, memory: u64::MAX, coded: &|_| (), check };
        let mut coded = coded_rows(Path::new(""), &source, &building, &self.trained, &portions)?;
        let rows = coded.rows.pop().unwrap_or_default();
        let sum = |key: u64| crc32fast::hash(&vectors[key as usize * width..][..width]);
        self.written(&ids, &rows, &sum)
    }

    /// Rows as a file, cell by cell.
    fn written(&self, ids: &[&str], rows: &Rows, sum: &dyn Fn(u64) -> u32) -> Result<Vec<u8>> {
        let (dimension, words) = (self.dimension(), words(self.dimension()));
        let mut order: Vec<usize> = (0..rows.keys.len()).collect();
        order.sort_unstable_by_key(|row| (rows.cells[*row], rows.keys[*row]));
        let mut starts = vec![0u64; self.cells() + 1];
        rows.cells.iter().for_each(|cell| starts[*cell as usize + 1] += 1);
        (0..self.cells()).for_each(|cell| starts[cell + 1] += starts[cell]);
        let each = || order.iter().copied();
        let codes: Vec<u64> = each().flat_map(|row| rows.codes[row * words..][..words].iter().copied()).collect();
        let factors: Vec<f32> = each().flat_map(|row| [rows.factors[row].scale, rows.factors[row].error]).collect();
        let scales: Vec<f32> = each().map(|row| rows.scales[row]).collect();
        let bytes: Vec<i8> =
            each().flat_map(|row| rows.bytes[row * dimension..][..dimension].iter().copied()).collect();
        let sums: Vec<u32> = each().map(|row| sum(rows.keys[row])).collect();
        let names: Vec<u8> =
            each().flat_map(|row| [ids[rows.keys[row] as usize].as_bytes(), b"\n"]).flatten().copied().collect();
        let mut columns = vec![
            ("bytes", Tensor::of(Dtype::I8, dimension.max(1), &bytes)),
            ("codes", Tensor::of(Dtype::U64, words.max(1), &codes)),
            ("factors", Tensor::of(Dtype::F32, 2, &factors)),
            ("ids", Tensor::of(Dtype::U8, 1, &names)),
            ("scales", Tensor::of(Dtype::F32, 1, &scales)),
            ("starts", Tensor::of(Dtype::U64, 1, &starts)),
            ("sums", Tensor::of(Dtype::U32, 1, &sums)),
        ];
        let sum = [column_sum(columns.iter().map(|(_, column)| column.bytes))];
        columns.push((CODES_VERSION, Tensor::of(Dtype::U32, 1, &sum)));
        let columns = columns.iter().map(|(name, column)| (*name, column));
        serialize(columns, None::<HashMap<String, String>>)
            .map_err(|_| Error::Internal("coded rows that cannot be written"))
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
}

#[cfg(test)]
mod tests {
    use bytemuck::cast_slice;

    use super::*;

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let set = InstructionSet::choose().expect("a set");
        let frame = Frame::new(vec![1.0, 0.0, 0.0, 1.0], 2);
        let trained = Trained { dimension: 2, frame, sizes: Vec::new(), trials: vec![0.6, 0.8] };
        let plan = IndexPlan { trained, set };
        let again = IndexPlan::from_bytes(&plan.to_bytes().expect("bytes")).expect("a plan");
        assert_eq!((again.dimension(), again.cells(), &again.trained.trials), (2, 2, &vec![0.6, 0.8]));
        let vectors: &[u8] = cast_slice(&[1.0f32, 0.0]);
        assert!(plan.code("a\nb\n", vectors, &|| Ok(())).is_err() && plan.code("", vectors, &|| Ok(())).is_err());
        let coded = |plan: &IndexPlan, ids| plan.code(ids, vectors, &|| Ok(())).expect("coded");
        assert_eq!(coded(&again, "a\n"), coded(&plan, "a"));
        assert!(IndexPlan::from_bytes(b"no plan").is_err());
    }
}
