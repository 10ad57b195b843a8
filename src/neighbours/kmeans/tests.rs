//! K-means against sums by hand, on every instruction set and in every division.

use super::*;

/// Unit rows around corners, in no order, with elements that whole multiples cannot hold.
fn rows(count: usize, dimension: usize, corners: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(4);
    let mut values = Vec::new();
    for row in 0..count {
        let corner = (row * 7 + row / corners) % corners;
        let own: Vec<f32> = (0..dimension)
            .map(|at| if at % corners == corner { 1.0 } else { 0.0 } + 0.3 * (random.f32() - 0.5))
            .collect();
        let length = dot(&own, &own).sqrt();
        values.extend(own.iter().map(|x| x / length));
    }
    values
}

#[test]
fn clusters_become_cells_on_every_set() {
    // Four corners, a hundred rows near each, in no order.
    let mut random = fastrand::Rng::with_seed(2);
    let corners: Vec<usize> = (0..400).map(|n| (n * 7 + n / 4) % 4).collect();
    let mut rows = Vec::new();
    for corner in &corners {
        rows.extend((0..12).map(|at| if at / 3 == *corner { 1.0 } else { 0.0 } + random.f32() * 0.1));
    }
    for set in InstructionSet::available() {
        let centres = train_on(set, &rows, 12, 4, &|| Ok(())).expect("centres");
        let nearest = Cells::new(set, &centres, 12).assign_all(&rows, &|| Ok(())).expect("cells");
        let names: Vec<u32> = (0..4).map(|c| nearest[corners.iter().position(|n| *n == c).unwrap()]).collect();
        for (corner, cell) in corners.iter().zip(&nearest) {
            assert_eq!(*cell, names[*corner], "{set:?}");
        }
        let distinct: std::collections::BTreeSet<&u32> = names.iter().collect();
        assert_eq!(distinct.len(), 4, "{set:?}: {names:?}");
        let corner = &centres[names[2] as usize * 12..][..12];
        for (at, x) in corner.iter().enumerate() {
            let expected = if at / 3 == 2 { 1.05 } else { 0.05 };
            assert!((x - expected).abs() < 0.02, "{set:?}: {corner:?}");
        }
    }
}

#[test]
fn rows_that_are_all_the_same_are_one_cell() {
    let rows = [0.6f32, 0.8].repeat(50);
    let centres = train(&rows, 2, 5, &|| Ok(())).expect("centres");
    let nearest = Centres::new(&centres, 2).expect("centres").nearest(&rows, &|| Ok(())).expect("cells");
    assert_eq!(nearest, vec![nearest[0]; 50]);
    assert_eq!(train(&[], 2, 5, &|| Ok(())).expect("no centres"), Vec::<f32>::new());
}

#[test]
fn centres_are_the_same_bits_on_every_set() {
    let rows = rows(500, 21, 6);
    let sets = InstructionSet::available();
    let expected = train_on(sets[0], &rows, 21, 9, &|| Ok(())).expect("centres");
    for set in &sets[1..] {
        let found = train_on(*set, &rows, 21, 9, &|| Ok(())).expect("centres");
        assert_eq!(found, expected, "{set:?}");
    }
}

#[test]
fn sums_are_those_of_the_rows_however_they_are_divided() {
    let (dimension, count) = (21, 500);
    let rows = rows(count, dimension, 6);
    let centres = Centres::new(&rows[..6 * dimension], dimension).expect("centres");
    let all = centres.sums(&rows, &|| Ok(())).expect("sums");

    let nearest = centres.nearest(&rows, &|| Ok(())).expect("cells");
    let mut by_hand = vec![0.0f64; 6 * dimension];
    let mut counts = vec![0; 6];
    let mut inertia = 0.0;
    for (row, cell) in rows.chunks_exact(dimension).zip(&nearest) {
        let cell = *cell as usize;
        counts[cell] += 1;
        for (at, x) in row.iter().enumerate() {
            by_hand[cell * dimension + at] += f64::from(*x);
            inertia += (f64::from(*x) - f64::from(rows[cell * dimension + at])).powi(2);
        }
    }
    assert_eq!(all.counts, counts);
    for (sum, expected) in all.sums.iter().zip(&by_hand) {
        assert!((*sum as f64 / UNIT - expected).abs() < count as f64 / UNIT, "{sum} is not {expected}");
    }
    assert!((all.inertia as f64 / UNIT - inertia).abs() < 1e-3, "{inertia}");

    for parts in [1, 3, 16, 499] {
        let mut merged = Sums { sums: vec![0; by_hand.len()], counts: vec![0; 6], inertia: 0 };
        // The last part comes first.
        for part in rows.chunks(count.div_ceil(parts) * dimension).rev() {
            let part = centres.sums(part, &|| Ok(())).expect("sums");
            merged.sums.iter_mut().zip(part.sums).for_each(|(sum, part)| *sum += part);
            merged.counts.iter_mut().zip(part.counts).for_each(|(sum, part)| *sum += part);
            merged.inertia += part.inertia;
        }
        assert_eq!(merged, all, "{parts} parts");
    }
}

#[test]
fn centres_move_to_the_means_and_one_without_rows_stays() {
    let before = [1.0, 0.0, 0.0, 1.0, -1.0, 0.0];
    let next = moved(&before, &[3 << 31, 1 << 31, 0, 3 << 32, 0, 0], &[2, 3, 0]);
    assert_eq!(next.centres, [0.75, 0.25, 0.0, 1.0, -1.0, 0.0]);
    // Two of five rows have a centre that moved by (-1/4, 1/4).
    assert!((next.way - (2.0 / 5.0 * 0.125f64).sqrt()).abs() < 1e-12);
    assert_eq!(moved(&[], &[], &[]), Moved { centres: Vec::new(), way: 0.0 });
}

#[test]
fn the_largest_elements_are_summed_without_loss() {
    for x in [1.0f32, -1.0, 0.5, -0.003_906_25, 0.0, 1.0 - f32::EPSILON / 2.0] {
        assert_eq!(whole(x) as f64 / UNIT, f64::from(x));
    }
    assert_eq!((whole(2f32.powi(-33) * 1.5), whole(-(2f32.powi(-34)))), (1, 0));
    assert!(i64::MAX / whole(1.0) >= (1 << 31) - 1);
}

#[test]
fn rows_get_unit_length_and_those_without_direction_are_named() {
    let mut rows = [3.0, 4.0, 0.6, 0.8, -0.0, 1e-3];
    assert_eq!(to_unit_length(&mut rows, 2), None);
    assert_eq!(rows, [0.6, 0.8, 0.6, 0.8, -0.0, 1.0]);
    // A row that has it nearly is not touched.
    let mut nearly = [0.600_01, 0.8];
    assert_eq!((to_unit_length(&mut nearly, 2), nearly), (None, [0.600_01, 0.8]));
    for bad in [[0.0, 0.0], [f32::NAN, 1.0], [f32::INFINITY, 1.0], [1e30, 1e30]] {
        assert_eq!(to_unit_length(&mut [1.0, 0.0, bad[0], bad[1]], 2), Some(1), "{bad:?}");
    }
}

#[test]
fn a_beginning_that_is_spread_finds_nearly_every_corner() {
    let largest = |row: &[f32]| (0..20).max_by(|a, b| row[*a].total_cmp(&row[*b])).expect("a corner");
    // The first forty rows are of half of the corners.
    let rows = rows(600, 40, 20);
    let (low, mut high): (Vec<&[f32]>, Vec<&[f32]>) = rows.chunks_exact(40).partition(|row| largest(row) < 10);
    high.extend(&low[40..]);
    let rows: Vec<f32> = low[..40].iter().chain(&high).flat_map(|row| row.iter().copied()).collect();
    let corners =
        |centres: &[f32]| centres.chunks_exact(40).map(largest).collect::<std::collections::BTreeSet<_>>().len();
    assert!(corners(&train_spread(&rows, 40, 20, &|| Ok(())).expect("centres")) >= 18);
    assert!(corners(&rows[..20 * 40]) <= 10);
    assert_eq!(spread(&[0.6, 0.8].repeat(5), 2, 7, &|| Ok(())).expect("rows"), [0.6, 0.8].repeat(5));
    assert_eq!(train_spread(&[], 2, 7, &|| Ok(())).expect("no centres"), Vec::<f32>::new());
}

#[test]
fn whoever_is_interrupted_gets_no_centres() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let mut random = fastrand::Rng::with_seed(8);
    let rows: Vec<f32> = (0..3000 * 7).map(|_| random.f32() - 0.5).collect();
    for after in [0, 1, 9, 60] {
        for train in [train, train_spread] {
            let looks = AtomicUsize::new(0);
            let check = || match looks.fetch_add(1, Ordering::Relaxed) {
                looks if looks < after => Ok(()),
                _ => Err(crate::Error::Cancelled),
            };
            assert!(matches!(train(&rows, 7, 40, &check), Err(crate::Error::Cancelled)), "{after}");
        }
    }
}
