//! Several vectors that are asked with at once, compared with one stored row after the other.
//!
//! In: unit vectors, then rows as a library hands them out. Out: scores, offered to the best of
//! each vector.

use super::top_k::Best;
use crate::error::Result;
use crate::kernels::{InstructionSet, dot_products};
use crate::library::PaperRow;

/// Vectors that are asked with, one behind the other.
pub(super) struct Queries {
    set: InstructionSet,
    values: Vec<f32>,
    dimension: usize,
    count: usize,
}

/// The best of each vector, and room for the scores of a row.
#[derive(Clone)]
pub(super) struct Bests {
    pub(super) each: Vec<Best<PaperRow>>,
    scores: Vec<f32>,
}

impl Queries {
    /// # Errors
    /// Where `RELATA_CPU` asks for what this machine lacks.
    pub(super) fn new(vectors: &[Vec<f32>]) -> Result<Queries> {
        let dimension = vectors.first().map_or(0, Vec::len);
        // A vector of another length has no score with any row.
        let values = vectors.iter().flat_map(|vector| {
            (0..dimension).map(move |at| if vector.len() == dimension { vector[at] } else { f32::NAN })
        });
        Ok(Queries { set: InstructionSet::choose()?, values: values.collect(), dimension, count: vectors.len() })
    }

    /// Room for the `k` best of each vector.
    pub(super) fn bests(&self, k: usize) -> Bests {
        Bests { each: vec![Best::new(k); self.count], scores: vec![0.0; self.count] }
    }

    /// Compares a stored row with all vectors. One of another length is nobody's neighbour.
    pub(super) fn offer(&self, bests: &mut Bests, row: PaperRow, stored: &[u8]) {
        if self.dimension == 0 || stored.len() != self.dimension * size_of::<f32>() {
            return;
        }
        dot_products(self.set, stored, &self.values, self.dimension, &mut bests.scores);
        bests.each.iter_mut().zip(&bests.scores).for_each(|(best, score)| best.offer(row, *score));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::dot;
    use crate::neighbours::Scored;

    #[test]
    fn scores_are_those_of_one_vector_after_the_other() {
        let mut random = fastrand::Rng::with_seed(4);
        let mut vector = |dimension: usize| (0..dimension).map(|_| random.f32() - 0.5).collect::<Vec<f32>>();
        for (dimension, asked) in [(3, 1), (21, 7), (384, 5)] {
            let mut vectors: Vec<Vec<f32>> = (0..asked).map(|_| vector(dimension)).collect();
            vectors.push(vector(dimension + 1));
            let mut stored: Vec<Vec<f32>> = (0..30).map(|_| vector(dimension)).collect();
            stored.push(vector(dimension - 1));
            let stored: Vec<Vec<u8>> =
                stored.iter().map(|row| row.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
            let queries = Queries::new(&vectors).expect("queries");
            let mut bests = queries.bests(4);
            (0..).zip(&stored).for_each(|(row, stored)| queries.offer(&mut bests, PaperRow(row), stored));
            for (vector, best) in vectors.iter().zip(bests.each) {
                let mut expected = Best::new(4);
                (0..).zip(&stored).for_each(|(row, stored)| expected.offer(PaperRow(row), dot(stored, vector)));
                let (found, expected): (Vec<Scored<_>>, Vec<Scored<_>>) = (best.into_sorted(), expected.into_sorted());
                assert_eq!(found, expected);
                assert_eq!(found.len(), if vector.len() == dimension { 4 } else { 0 });
            }
        }
    }
}
