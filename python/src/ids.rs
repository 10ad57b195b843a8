//! Which number an id has, for many ids.
//!
//! In: ids as Arrow keeps them: their bytes one behind the other, and where each ends. Out: the
//! number of each of other ids. A table of Python takes ten times as much memory.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::topics::NONE;

/// Distinct ids, numbered in their order.
#[pyclass(frozen, module = "relata._relata")]
pub(crate) struct Ids {
    bytes: Vec<u8>,
    ends: Vec<i64>,
    /// Numbers by the hash of their ids, each at the first free place from there on.
    table: Vec<u32>,
    repeated: Option<usize>,
}

#[pymethods]
impl Ids {
    /// Numbers ids. `offsets` has a place more than there are ids.
    #[new]
    fn new(offsets: PyReadonlyArray1<'_, i64>, bytes: PyReadonlyArray1<'_, u8>) -> Ids {
        let (bytes, ends) = (bytes.as_array().to_vec(), offsets.as_array().to_vec());
        let count = ends.len().saturating_sub(1);
        let mut ids = Ids { bytes, ends, table: vec![NONE; count + count / 2 + 1], repeated: None };
        for number in 0..count {
            let (place, there) = ids.place(ids.id(number));
            if there {
                ids.repeated = Some(number);
                break;
            }
            ids.table[place] = number as u32;
        }
        ids
    }

    /// The number of an id that stands there a second time.
    #[getter]
    fn repeated(&self) -> Option<usize> {
        self.repeated
    }

    /// The number of each id; `0xffffffff` for one that is not there.
    fn find<'py>(
        &self,
        py: Python<'py>,
        offsets: PyReadonlyArray1<'_, i64>,
        bytes: PyReadonlyArray1<'_, u8>,
    ) -> Bound<'py, PyArray1<u32>> {
        let (bytes, ends) = (bytes.as_array().to_vec(), offsets.as_array().to_vec());
        let found: Vec<u32> = py.detach(|| {
            let number = |ends: &[i64]| self.table[self.place(&bytes[ends[0] as usize..ends[1] as usize]).0];
            ends.windows(2).map(number).collect()
        });
        found.into_pyarray(py)
    }
}

impl Ids {
    fn id(&self, number: usize) -> &[u8] {
        &self.bytes[self.ends[number] as usize..self.ends[number + 1] as usize]
    }

    /// Where an id stands in the table, or would, and whether it does.
    fn place(&self, id: &[u8]) -> (usize, bool) {
        let mut at = ((u128::from(hash(id)) * self.table.len() as u128) >> 64) as usize;
        while self.table[at] != NONE {
            if self.id(self.table[at] as usize) == id {
                return (at, true);
            }
            at = (at + 1) % self.table.len();
        }
        (at, false)
    }
}

/// FNV-1a, mixed so that its upper bits tell ids apart.
fn hash(id: &[u8]) -> u64 {
    let folded = id
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    (folded ^ (folded >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
