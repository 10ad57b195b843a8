//! Whitening: directions in which all papers of a library differ count less, those in which few do count more.
//!
//! In: rows (papers x dimension). Out: a map `x -> unit(C^-p (x - mean))`, where C is the covariance of the rows: p = 1/2 whitens
//! (Su et al. 2021, arXiv:2103.15316), p = 1/4 goes half the way, which keeps more of what the model knows and ranks better
//! (docs/quality.md). The map is the symmetric one, so it depends on neither signs nor order of the eigenvectors.
//!
//! A small sample says little about directions: its eigenvalues are drawn towards their mean by as many made-up papers as there
//! are dimensions, and its mean towards 0 by 50. A library of seven papers is hardly whitened at all.

use linfa_linalg::eigh::Eigh;
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// Papers that weigh as much as the prior of the mean, which is 0.
const PRIOR_OF_MEAN: f32 = 50.0;

/// Mean and principal directions of rows.
pub(super) struct Spectrum {
    mean: Array1<f32>,
    /// Shrunk eigenvalues, all above 0.
    values: Array1<f32>,
    /// Dimension x dimension, a direction per column.
    directions: Array2<f32>,
}

impl Spectrum {
    pub(super) fn of(rows: &Array2<f32>) -> Spectrum {
        let (count, dimension) = rows.dim();
        let none = || Spectrum {
            mean: Array1::zeros(dimension),
            values: Array1::ones(dimension),
            directions: Array2::eye(dimension),
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
        let Ok((values, directions)) = covariance.eigh() else { return none() };
        let prior = dimension as f32;
        let shrunk = |value: f32| (count as f32 * value.max(0.0) + prior * average) / (count as f32 + prior) / average;
        Spectrum { mean, values: values.mapv(shrunk), directions }
    }

    /// The map for a power of the covariance.
    pub(super) fn whitening(&self, power: f32) -> Whitening {
        let scaled = &self.directions * &self.values.mapv(|value| value.powf(-power));
        Whitening { mean: self.mean.clone(), map: scaled.dot(&self.directions.t()) }
    }
}

/// An affine map whose results are unit rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Whitening {
    pub(super) mean: Array1<f32>,
    /// Dimension x dimension, symmetric.
    pub(super) map: Array2<f32>,
}

impl Whitening {
    /// The one that changes nothing but lengths.
    pub(super) fn none(dimension: usize) -> Whitening {
        Whitening { mean: Array1::zeros(dimension), map: Array2::eye(dimension) }
    }

    /// Rows x dimension in and out.
    pub(super) fn apply_all(&self, rows: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut mapped = (&rows - &self.mean).dot(&self.map);
        for mut row in mapped.axis_iter_mut(Axis(0)) {
            let length = row.dot(&row).sqrt();
            if length > f32::MIN_POSITIVE {
                row /= length;
            }
        }
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
            let map = spectrum.whitening(power).map;
            assert!((map[[0, 1]] - map[[1, 0]]).abs() < 1e-5);
            map[[1, 1]] / map[[0, 0]]
        };
        // Variances are 4.5 and 0.5: the map scales by their quotient to the power.
        assert!((ratio(0.5) - 3.0).abs() < 0.02, "{}", ratio(0.5));
        assert!((ratio(0.25) - 3f32.sqrt()).abs() < 0.01, "{}", ratio(0.25));
        let mapped = spectrum.whitening(0.5).apply_all(rows.view());
        let mean = mapped.mean_axis(Axis(0)).unwrap();
        assert!(mean.iter().all(|x| x.abs() < 0.03), "{mean}");
        assert!(mapped.axis_iter(Axis(0)).all(|row| (row.dot(&row) - 1.0).abs() < 1e-5));
    }

    #[test]
    fn a_few_rows_hardly_whiten() {
        // Two directions of 64 in use, by four rows.
        let rows = Array2::from_shape_fn((4, 64), |(row, column)| f32::from(u8::from(column == row % 2)));
        let map = Spectrum::of(&rows).whitening(0.25).map;
        let (most, least) = (map[[63, 63]], map[[0, 0]]);
        assert!(most / least < 1.5, "{most} {least}");
        assert_eq!(Spectrum::of(&Array2::zeros((0, 3))).whitening(0.5), Whitening::none(3));
        assert_eq!(Spectrum::of(&Array2::zeros((5, 3))).whitening(0.5), Whitening::none(3));
        assert_eq!(Spectrum::of(&Array2::from_elem((5, 3), f32::NAN)).whitening(0.5), Whitening::none(3));
    }
}
