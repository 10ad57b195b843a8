//! Eigenvalues and eigenvectors of symmetric matrices.

use linfa_linalg::eigh::Eigh;
use ndarray::{Array1, Array2};

/// Eigenvalues, and eigenvectors as columns, of a symmetric matrix whose values are finite; nothing
/// where the solver finds none.
#[must_use]
pub fn eigen(symmetric: &Array2<f32>) -> Option<(Array1<f32>, Array2<f32>)> {
    symmetric.eigh().ok()
}
