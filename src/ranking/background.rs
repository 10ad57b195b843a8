//! How the papers of a library vary in a view, so that what some papers have in common can be told
//! from what all papers have.
//!
//! In: one view of the sample (papers x dimension, unit rows), and the mean of that view over some
//! liked papers. Out: the direction in which a paper must lie to be like them rather than like any
//! paper: `w = (C + λ tr(C)/d I)^-1 (m - μ)` with the sample's mean μ and covariance C. This is the
//! least-squares classifier of the liked papers against the library as background (ridge
//! regression; Fisher's discriminant with a shared covariance), in closed form: nothing is drawn at
//! random and nothing has to converge. It is scaled so that the papers of the sample have a mean of
//! 0 and a standard deviation of 1.

use ndarray::ArrayView2;

use super::dot;
use super::whitening::Spectrum;
use crate::library::derived::Column;

/// How strongly directions are held towards the mean itself, in mean variances: 0.3, 1 and 3 rank
/// equally well (docs/history/ranking.md).
const RIDGE: f32 = 1.0;

/// Mean, variances and principal directions of one view.
#[derive(Debug, PartialEq)]
pub(super) struct Background {
    pub(super) mean: Column<f32>,
    /// Variance along each direction.
    pub(super) variances: Column<f32>,
    /// Dimension x dimension, a direction per row.
    pub(super) directions: Column<f32>,
}

/// A direction, and what a paper of the library has along it on average.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Direction {
    pub(super) weights: Vec<f32>,
    pub(super) offset: f32,
}

impl Direction {
    /// How far a paper lies along it, in standard deviations.
    pub(super) fn along(&self, view: &[f32]) -> f32 {
        dot(&self.weights, view) - self.offset
    }
}

impl Background {
    pub(super) fn of(spectrum: &Spectrum) -> Background {
        Background {
            mean: spectrum.mean.to_vec().into(),
            variances: spectrum.values.iter().map(|value| value * spectrum.average).collect::<Vec<f32>>().into(),
            directions: spectrum.directions.t().iter().copied().collect::<Vec<f32>>().into(),
        }
    }

    /// The direction of papers whose views have this mean.
    pub(super) fn direction(&self, mean: &[f32]) -> Direction {
        let dimension = self.mean.len();
        let Ok(directions) = ArrayView2::from_shape((dimension, dimension), &self.directions) else {
            return Direction::default();
        };
        let apart: Vec<f32> = mean.iter().zip(self.mean.iter()).map(|(own, all)| own - all).collect();
        let ridge = RIDGE * self.variances.iter().sum::<f32>() / dimension.max(1) as f32;
        let mut weights = vec![0f32; dimension];
        let mut variance = 0f32;
        for (direction, own) in directions.outer_iter().zip(self.variances.iter()) {
            let Some(direction) = direction.as_slice() else { continue };
            let coefficient = dot(direction, &apart) / (own + ridge).max(f32::MIN_POSITIVE);
            variance += own * coefficient * coefficient;
            weights.iter_mut().zip(direction).for_each(|(sum, x)| *sum += coefficient * x);
        }
        let deviation = variance.sqrt();
        if deviation > f32::MIN_POSITIVE {
            weights.iter_mut().for_each(|x| *x /= deviation);
        }
        let offset = dot(&weights, &self.mean);
        Direction { weights, offset }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn a_direction_in_which_all_papers_differ_counts_less() {
        // Rows that vary much in the first coordinate and little in the second.
        let rows = Array2::from_shape_fn((4000, 2), |(row, column)| {
            let angle = row as f32 * 2.399_963;
            [3.0 * angle.cos(), 0.3 * angle.sin()][column]
        });
        let background = Background::of(&Spectrum::of(&rows));
        let Direction { weights, offset } = background.direction(&[1.0, 1.0]);
        // Variances are 4.5 and 0.045, the ridge is their mean: 1 / (4.5 + 2.27) against 1 /
        // (0.045 + 2.27).
        assert!((weights[1] / weights[0] - 2.92).abs() < 0.05, "{weights:?}");
        let along: Vec<f32> = rows.outer_iter().map(|row| dot(&weights, &row.to_vec()) - offset).collect();
        let deviation = (along.iter().map(|x| x * x).sum::<f32>() / 4000.0).sqrt();
        assert!((deviation - 1.0).abs() < 0.02, "{deviation}");
    }

    #[test]
    fn papers_that_are_like_all_papers_have_no_direction() {
        let background = Background::of(&Spectrum::of(&Array2::eye(3)));
        let none = background.direction(&background.mean);
        assert_eq!(none, Direction { weights: vec![0.0; 3], offset: 0.0 });
    }
}
