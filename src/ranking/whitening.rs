//! Whitening: directions in which all papers of a library differ count less, those in which few do
//! count more.
//!
//! In: rows (papers x dimension). Out: a map `x -> unit(C^-p (x - mean))`, where C is the
//! covariance of the rows: p = 1/2 whitens (Su et al. 2021, arXiv:2103.15316), p = 1/4 goes half
//! the way, which keeps more of what the model knows and ranks better (docs/history/ranking.md).
//! The map is the symmetric one, so it depends on neither signs nor order of the eigenvectors.
//!
//! A small sample says little about directions: its eigenvalues are drawn towards their mean by as
//! many made-up papers as there are dimensions, and its mean towards 0 by 50. A library of seven
//! papers is hardly whitened at all.

use ndarray::{Array1, Array2, Axis};

use crate::kernels::{InstructionSet, Packed, Strided, eigen, multiply};
use crate::library::derived::Column;

/// Papers that weigh as much as the prior of the mean, which is 0.
const PRIOR_OF_MEAN: f32 = 50.0;

/// Mean and principal directions of rows.
pub(super) struct Spectrum {
    pub(super) mean: Array1<f32>,
    /// Shrunk eigenvalues, in mean variances, all above 0.
    pub(super) values: Array1<f32>,
    /// Dimension x dimension, a direction per column.
    pub(super) directions: Array2<f32>,
    /// The mean variance of a coordinate.
    pub(super) average: f32,
}

impl Spectrum {
    pub(super) fn of(rows: &Array2<f32>) -> Spectrum {
        let (count, dimension) = rows.dim();
        let none = || Spectrum {
            mean: Array1::zeros(dimension),
            values: Array1::ones(dimension),
            directions: Array2::eye(dimension),
            average: 1.0 / dimension.max(1) as f32,
        };
        let Some(mean) = rows.mean_axis(Axis(0)) else { return none() };
        let mean = mean * (count as f32 / (count as f32 + PRIOR_OF_MEAN));
        let centred = rows - &mean;
        let covariance = centred.t().dot(&centred) / count as f32;
        let average = covariance.diag().sum() / dimension as f32;
        // The solver does not come back from what is not finite.
        if !(average.is_finite() && average > 0.0) {
            return none();
        }
        let Some((values, directions)) = eigen(&covariance) else { return none() };
        let prior = dimension as f32;
        let shrunk = |value: f32| (count as f32 * value.max(0.0) + prior * average) / (count as f32 + prior) / average;
        Spectrum { mean, values: values.mapv(shrunk), directions, average }
    }

    /// The map for a power of the covariance.
    pub(super) fn whitening(&self, power: f32, set: InstructionSet) -> Whitening {
        let scaled = &self.directions * &self.values.mapv(|value| value.powf(-power));
        let map = scaled.dot(&self.directions.t());
        Whitening::new(self.mean.to_vec(), map.iter().copied().collect::<Vec<f32>>(), set)
    }
}

/// An affine map whose results are unit rows.
#[derive(Debug)]
pub(super) struct Whitening {
    pub(super) mean: Column<f32>,
    /// Dimension x dimension, symmetric.
    pub(super) map: Column<f32>,
    /// `map` as it is multiplied with.
    packed: Packed,
    set: InstructionSet,
}

impl PartialEq for Whitening {
    fn eq(&self, other: &Whitening) -> bool {
        (&self.mean, &self.map) == (&other.mean, &other.map)
    }
}

impl Whitening {
    /// `map` has as many rows and columns as `mean` elements.
    pub(super) fn new(mean: impl Into<Column<f32>>, map: impl Into<Column<f32>>, set: InstructionSet) -> Whitening {
        let (mean, map) = (mean.into(), map.into());
        let mut packed = Packed::empty();
        packed.pack_rows(set, mean.len(), &map, mean.len().max(1), mean.len());
        Whitening { mean, map, packed, set }
    }

    /// The one that changes nothing but lengths.
    pub(super) fn none(dimension: usize, set: InstructionSet) -> Whitening {
        let map = (0..dimension * dimension).map(|at| f32::from(u8::from(at / dimension == at % dimension)));
        Whitening::new(vec![0.0; dimension], map.collect::<Vec<f32>>(), set)
    }

    /// Rows x dimension in and out.
    pub(super) fn apply_all(&self, rows: &[f32]) -> Vec<f32> {
        let dimension = self.mean.len();
        let mut centred = rows.to_vec();
        for row in centred.chunks_exact_mut(dimension.max(1)) {
            row.iter_mut().zip(self.mean.iter()).for_each(|(x, mean)| *x -= mean);
        }
        let mut mapped = vec![0.0; centred.len()];
        let count = centred.len() / dimension.max(1);
        let from = Strided { values: &centred[..], stride: dimension };
        multiply(self.set, count, from, &self.packed, None, Strided { values: &mut mapped[..], stride: dimension });
        mapped.chunks_exact_mut(dimension.max(1)).for_each(to_unit);
        mapped
    }
}

/// Gives a vector length 1, unless it is 0.
pub(super) fn to_unit(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > f32::MIN_POSITIVE {
        vector.iter_mut().for_each(|x| *x /= length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: InstructionSet = InstructionSet::Portable;

    /// Rows that vary nine times as much in the first direction as in the second.
    fn stretched(count: usize) -> Array2<f32> {
        Array2::from_shape_fn((count, 2), |(row, column)| {
            let angle = row as f32 * 2.399_963;
            let point = [3.0 * angle.cos(), angle.sin()];
            5.0 + point[column]
        })
    }

    #[test]
    fn whitening_evens_out_what_rows_vary_in() {
        let rows = stretched(10_000);
        let spectrum = Spectrum::of(&rows);
        let ratio = |power: f32| {
            let map = spectrum.whitening(power, SET).map;
            assert!((map[1] - map[2]).abs() < 1e-5);
            map[3] / map[0]
        };
        // Variances are 4.5 and 0.5: the map scales by their quotient to the power.
        assert!((ratio(0.5) - 3.0).abs() < 0.02, "{}", ratio(0.5));
        assert!((ratio(0.25) - 3f32.sqrt()).abs() < 0.01, "{}", ratio(0.25));
        let mapped = spectrum.whitening(0.5, SET).apply_all(rows.as_slice().unwrap());
        let mapped = Array2::from_shape_vec((10_000, 2), mapped).unwrap();
        let mean = mapped.mean_axis(Axis(0)).unwrap();
        assert!(mean.iter().all(|x| x.abs() < 0.03), "{mean}");
        assert!(mapped.axis_iter(Axis(0)).all(|row| (row.dot(&row) - 1.0).abs() < 1e-5));
    }

    #[test]
    fn a_few_rows_hardly_whiten() {
        // Two directions of 64 in use, by four rows.
        let rows = Array2::from_shape_fn((4, 64), |(row, column)| f32::from(u8::from(column == row % 2)));
        let map = Spectrum::of(&rows).whitening(0.25, SET).map;
        let (most, least) = (map[64 * 64 - 1], map[0]);
        assert!(most / least < 1.5, "{most} {least}");
        assert_eq!(Spectrum::of(&Array2::zeros((0, 3))).whitening(0.5, SET), Whitening::none(3, SET));
        assert_eq!(Spectrum::of(&Array2::zeros((5, 3))).whitening(0.5, SET), Whitening::none(3, SET));
        assert_eq!(Spectrum::of(&Array2::from_elem((5, 3), f32::NAN)).whitening(0.5, SET), Whitening::none(3, SET));
    }
}
