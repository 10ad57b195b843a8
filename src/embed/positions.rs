//! What the place of a token in its text does inside attention: angles that queries and keys are
//! turned by, or what a distance adds to a score.

/// The cosine and the sine of each rotation of one base, by position and element of half a head.
pub(super) struct RotaryTable {
    /// Positions x half a head.
    cosines: Vec<f32>,
    sines: Vec<f32>,
    half: usize,
}

impl RotaryTable {
    /// For heads `width` wide and texts of up to `positions` tokens, computed in the `f32` steps
    /// that transformers takes: at position 8,191 the product's rounding alone turns by 2e-4.
    pub(super) fn new(base: f64, width: usize, positions: usize) -> RotaryTable {
        let half = width / 2;
        let speeds: Vec<f32> =
            (0..half).map(|at| 1.0 / base.powf(f64::from(2.0 * at as f32 / width as f32)) as f32).collect();
        let turns = || (0..positions).flat_map(|at| speeds.iter().map(move |speed| f64::from(at as f32 * speed)));
        RotaryTable {
            cosines: turns().map(|turn| turn.cos() as f32).collect(),
            sines: turns().map(|turn| turn.sin() as f32).collect(),
            half,
        }
    }

    /// Cosines and sines, positions x half a head each, row-major.
    #[cfg(feature = "cuda")]
    pub(super) fn tables(&self) -> (&[f32], &[f32]) {
        (&self.cosines, &self.sines)
    }

    /// Applies the rotary embedding for a token at a position to the heads of one row, which stand
    /// one behind the other.
    pub(super) fn apply_rope(&self, position: usize, row: &mut [f32]) {
        let cosines = &self.cosines[position * self.half..][..self.half];
        let sines = &self.sines[position * self.half..][..self.half];
        for head in row.chunks_exact_mut(2 * self.half) {
            let (first, second) = head.split_at_mut(self.half);
            for (((a, b), cosine), sine) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    }
}

/// What MPNet adds to scores: for each head a value per distance, key less query, from
/// `1 - positions` to `positions - 1`.
///
/// `table` has 32 buckets x `heads`: 16 for keys behind the query and 16 for those before it, of
/// which 8 are distances of their own and 8 grow with the logarithm up to 128 (as T5 has them,
/// Raffel et al. 2020).
pub(super) fn by_distance(table: &[f32], heads: usize, positions: usize) -> Vec<Vec<f32>> {
    let bucket = |distance: isize| -> usize {
        let size = distance.unsigned_abs();
        let within = if size < 8 {
            size
        } else {
            // In the `f32` steps of transformers, so that powers of two end in the same bucket.
            let grown = (size as f32 / 8.0).ln() / 16f64.ln() as f32 * 8.0;
            (8 + grown as usize).min(15)
        };
        if distance > 0 { 16 + within } else { within }
    };
    let most = positions as isize - 1;
    let head = |head| (-most..=most).map(|distance| table[bucket(distance) * heads + head]).collect();
    (0..heads).map(head).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_fall_into_the_buckets_of_mpnet() {
        let table: Vec<f32> = (0..64).map(|at| at as f32).collect();
        let rows = by_distance(&table, 2, 200);
        // By MPNetEncoder.relative_position_bucket of transformers 5.23, key less query.
        for (distance, bucket) in [
            (0, 0),
            (-1, 1),
            (-7, 7),
            (-8, 8),
            (-11, 8),
            (-12, 9),
            (-16, 10),
            (-32, 12),
            (-64, 14),
            (-127, 15),
            (-199, 15),
            (1, 17),
            (7, 23),
            (8, 24),
            (15, 25),
            (16, 26),
            (23, 27),
            (100, 31),
            (199, 31),
        ] {
            for (head, row) in rows.iter().enumerate() {
                assert_eq!(row[(199 + distance) as usize], (bucket * 2 + head) as f32, "distance {distance}");
            }
        }
    }

    #[test]
    fn a_turn_keeps_lengths_and_depends_on_the_distance_alone() {
        let rotary = RotaryTable::new(10_000.0, 8, 64);
        let turned = |position: usize, row: [f32; 8]| {
            let mut row = row;
            rotary.apply_rope(position, &mut row);
            row
        };
        let (query, key) = ([1.0, -2.0, 0.5, 3.0, 0.25, 1.5, -1.0, 2.0], [0.5, 1.0, 2.0, -1.0, 1.0, 0.0, 3.0, -0.5]);
        let score = |a: [f32; 8], b: [f32; 8]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        assert_eq!(turned(0, query), query);
        let near = score(turned(7, query), turned(3, key));
        assert!((score(turned(50, query), turned(46, key)) - near).abs() < 1e-4);
        assert!((score(turned(50, query), turned(40, key)) - near).abs() > 1e-2);
        assert!((score(turned(9, query), turned(9, query)) - score(query, query)).abs() < 1e-4);
    }
}
