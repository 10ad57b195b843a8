//! Centres of groups, and the rows nearest to them, shard by shard.
//!
//! In: rows of unit length with a group each. Out: sums in whole numbers, which are the same in
//! whatever order shards are added, and for each group its best rows.

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

/// Parts of 1 that sums are counted in: 2³⁰, so that billions of rows can be added up.
const PARTS: f64 = 1_073_741_824.0;

/// Rows, and their scores.
type Best<'py> = (Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<f32>>);

/// The sum of the rows of each group, in parts of 2⁻³⁰: groups x dimension.
#[pyfunction]
pub(crate) fn group_sums<'py>(
    py: Python<'py>,
    vectors: PyReadonlyArray2<'py, f32>,
    groups: PyReadonlyArray1<'py, u32>,
    count: usize,
) -> Bound<'py, PyArray2<i64>> {
    let (vectors, groups) = (vectors.as_array(), groups.as_array());
    let sums = py.detach(|| {
        let mut sums = Array2::<i64>::zeros((count, vectors.ncols()));
        for (row, group) in vectors.outer_iter().zip(groups) {
            let mut own = sums.row_mut(*group as usize);
            own.iter_mut().zip(row).for_each(|(sum, x)| *sum += (f64::from(*x) * PARTS).round() as i64);
        }
        sums
    });
    sums.into_pyarray(py)
}

/// The `most` rows of each group with the highest product with its centre (groups x dimension), by
/// group, then the best first, equal ones by `names`; places of rows, and products.
#[pyfunction]
pub(crate) fn group_best<'py>(
    py: Python<'py>,
    vectors: PyReadonlyArray2<'py, f32>,
    groups: PyReadonlyArray1<'py, u32>,
    names: PyReadonlyArray1<'py, u32>,
    centres: PyReadonlyArray2<'py, f32>,
    most: usize,
) -> Best<'py> {
    let (vectors, groups, names, centres) =
        (vectors.as_array(), groups.as_array(), names.as_array(), centres.as_array());
    let (rows, scores): (Vec<u32>, Vec<f32>) = py.detach(|| {
        let product = |(at, row): (usize, numpy::ndarray::ArrayView1<'_, f32>)| {
            let centre = centres.row(groups[at] as usize);
            (at as u32, row.iter().zip(centre).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32)
        };
        let mut all: Vec<(u32, f32)> = vectors.outer_iter().enumerate().map(product).collect();
        all.sort_unstable_by(|a, b| {
            let key = |row: u32| (groups[row as usize], names[row as usize]);
            let ((group, name), (other_group, other_name)) = (key(a.0), key(b.0));
            group.cmp(&other_group).then(b.1.total_cmp(&a.1)).then(name.cmp(&other_name))
        });
        let of_group = |row: &(u32, f32)| groups[row.0 as usize];
        let best = all.chunk_by(|a, b| of_group(a) == of_group(b)).flat_map(|own| own.iter().take(most));
        best.copied().unzip()
    });
    (rows.into_pyarray(py), scores.into_pyarray(py))
}
