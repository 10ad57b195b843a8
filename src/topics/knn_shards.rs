//! The nearest of every row where rows do not fit into memory: the steps of it, cells by cells.
//!
//! In: centres of cells (`crate::neighbours::kmeans`) and how many rows each has; then the rows of
//! some cells and of those around them, as many as fit. Out: an order of cells in which near ones
//! stand together, the cells around each, and the nearest of the rows of some cells. What a row's
//! nearest are depends on its cell and on those around it, never on which other cells are looked at
//! with it. What puts the steps together is the package for Python
//! (`python/package/relata/shards/_neighbours.py`).

use std::ops::Range;

use rayon::prelude::*;

use super::candidates::{Rows, dot};
use super::knn_cells::{Around, InCells, around};
use crate::error::Result;
use crate::kernels::InstructionSet;
use crate::neighbours::InterruptCheck;

/// Cells that stand together in any order.
const TOGETHER: usize = 4;

/// The nearest of the rows of some cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NearestOfCells {
    /// Of which rows: cell by cell, and ascending in each.
    pub rows: Vec<u32>,
    /// The `k` nearest of each of these, the nearest first.
    pub nearest: Vec<(u32, f32)>,
}

/// For the rows of some cells the `k` others with the highest cosine, among those of the cells
/// around each. `rows` are those of all these cells in the order of their ids, by which equal
/// cosines are ordered; `cell_of` has the cell of each. Each list of `around` has the numbers of
/// the cells that are looked at, and the cell whose rows are asked for comes first. These hold more
/// than `k` rows ([`cells_around`]).
///
/// # Errors
/// Where `RELATA_CPU` asks for what this machine lacks; what `check` gives.
pub fn nearest_in_cells(
    rows: &Rows,
    cell_of: &[u32],
    around: &[Vec<u32>],
    k: usize,
    check: InterruptCheck<'_>,
) -> Result<NearestOfCells> {
    // Numbers of cells are those of many more than are here.
    let mut numbers: Vec<u32> = around.iter().flatten().copied().chain(cell_of.iter().copied()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let place = |cell: &u32| numbers.binary_search(cell).unwrap_or_default() as u32;
    let cells: Vec<u32> = cell_of.par_iter().map(place).collect();
    let in_cells = InCells::new(InstructionSet::choose()?, rows, &cells, numbers.len());
    let near = |around: &Vec<u32>| {
        check()?;
        let around: Vec<u32> = around.iter().map(place).collect();
        let own = around.first().map_or(0, |own| *own as usize);
        Ok((in_cells.members(own).to_vec(), in_cells.nearest(own, &around, k)))
    };
    let mut all = NearestOfCells::default();
    let found = around.par_iter().filter(|around| !around.is_empty()).map(near).collect::<Result<Vec<_>>>()?;
    for (own, nearest) in found {
        all.rows.extend(own);
        all.nearest.extend(nearest);
    }
    Ok(all)
}

/// For each of some cells those that are looked at for the nearest of its rows: itself, then the
/// others by the distance of their centres, `most` in all; more where these hold no `k` others for
/// each row, and none for a cell without rows. `centres` holds cells x dimension, `sizes` how many
/// rows each has.
///
/// # Errors
/// What `check` gives.
pub fn cells_around(
    centres: &[f32],
    dimension: usize,
    sizes: &[u64],
    cells: Range<usize>,
    most: usize,
    k: usize,
    check: InterruptCheck<'_>,
) -> Result<Vec<Vec<u32>>> {
    let asked = Around { cells: most.max(1), rows: Around::rows_for(k) };
    let of = |cell: usize| {
        check()?;
        Ok(if sizes[cell] > 0 { around(centres, dimension, cell, sizes, asked) } else { Vec::new() })
    };
    cells.into_par_iter().map(of).collect()
}

/// The order of cells in which near ones stand together: halved again and again, each time across
/// the direction in which they lie apart. `centres` holds cells x dimension.
pub fn order_of_cells(centres: &[f32], dimension: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..(centres.len() / dimension.max(1)) as u32).collect();
    halve(centres, dimension, &mut order);
    order
}

fn halve(centres: &[f32], dimension: usize, order: &mut [u32]) {
    if order.len() <= TOGETHER {
        return;
    }
    let centre = |cell: u32| &centres[cell as usize * dimension..][..dimension];
    let farthest = |from: u32| {
        let distance = |cell: u32| dot(centre(cell), centre(cell)) - 2.0 * dot(centre(from), centre(cell));
        let far = order.par_iter().map(|cell| (distance(*cell), *cell));
        // Of equals the first, whatever the threads.
        let later = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1));
        far.max_by(later).map_or(from, |(_, cell)| cell)
    };
    let one = farthest(order[0]);
    let other = farthest(one);
    let direction: Vec<f32> = centre(other).iter().zip(centre(one)).map(|(b, a)| b - a).collect();
    let mut along: Vec<(f32, u32)> = order.par_iter().map(|cell| (dot(&direction, centre(*cell)), *cell)).collect();
    along.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    order.iter_mut().zip(along).for_each(|(place, (_, cell))| *place = cell);
    let (low, high) = order.split_at_mut(order.len() / 2);
    rayon::join(|| halve(centres, dimension, low), || halve(centres, dimension, high));
}

#[cfg(test)]
mod tests {
    use super::super::knn::Nearest;
    use super::*;
    use crate::neighbours::kmeans::{Centres, train};

    const DIMENSION: usize = 12;

    fn rows(count: usize) -> Rows {
        let mut random = fastrand::Rng::with_seed(11);
        let mut values = Vec::new();
        for row in 0..count {
            let mut x: Vec<f32> = (0..DIMENSION).map(|_| 0.4 * (random.f32() - 0.5)).collect();
            x[row % 5] += 0.6;
            x[5 + row % 7] += 0.4;
            let length = dot(&x, &x).sqrt();
            values.extend(x.iter().map(|x| x / length));
        }
        Rows::new(values, DIMENSION)
    }

    /// The neighbours of all rows by steps over `parts` groups of cells, each with its own rows
    /// only.
    fn in_parts(rows: &Rows, most: usize, k: usize, parts: usize) -> Vec<Vec<(u32, f32)>> {
        let centres = train(rows.values(), DIMENSION, 40, &|| Ok(())).expect("centres");
        let compared = Centres::new(&centres, DIMENSION).expect("centres");
        let cell_of = compared.nearest(rows.values(), &|| Ok(())).expect("cells");
        let mut sizes = vec![0; 40];
        cell_of.iter().for_each(|cell| sizes[*cell as usize] += 1);
        let order = order_of_cells(&centres, DIMENSION);
        let mut found = vec![Vec::new(); rows.len()];
        for part in order.chunks(order.len().div_ceil(parts)) {
            let around: Vec<Vec<u32>> = part
                .iter()
                .flat_map(|cell| {
                    let cell = *cell as usize;
                    cells_around(&centres, DIMENSION, &sizes, cell..cell + 1, most, k, &|| Ok(())).expect("cells")
                })
                .collect();
            let needed = |row: &u32| around.iter().flatten().any(|cell| *cell == cell_of[*row as usize]);
            let here: Vec<u32> = (0..rows.len() as u32).filter(needed).collect();
            let values = here.iter().flat_map(|row| rows.row(*row as usize)).copied().collect();
            let cells: Vec<u32> = here.iter().map(|row| cell_of[*row as usize]).collect();
            let rows_here = Rows::new(values, DIMENSION);
            let near = nearest_in_cells(&rows_here, &cells, &around, k, &|| Ok(())).expect("found");
            for (row, near) in near.rows.iter().zip(near.nearest.chunks_exact(k)) {
                found[here[*row as usize] as usize] = near.iter().map(|(at, x)| (here[*at as usize], *x)).collect();
            }
        }
        found
    }

    #[test]
    fn the_nearest_do_not_depend_on_which_cells_are_looked_at_together() {
        let rows = rows(1200);
        let whole = in_parts(&rows, 9, 6, 1);
        for parts in [3, 40] {
            assert_eq!(in_parts(&rows, 9, 6, parts), whole, "{parts}");
        }
        let exact = Nearest::among_all(&rows, 6, &|_| Ok(())).expect("found");
        let same = (0..rows.len())
            .flat_map(|row| exact.of(row).iter().filter(|near| whole[row].contains(near)).collect::<Vec<_>>());
        let share = same.count() as f64 / (6 * rows.len()) as f64;
        assert!(share > 0.9 && share < 1.0, "{share}");
        // With all cells around, these are the nearest.
        let all = in_parts(&rows, 40, 6, 4);
        assert!((0..rows.len()).all(|row| all[row] == exact.of(row)));
    }

    #[test]
    fn a_cell_looks_further_where_those_around_hold_too_few_rows() {
        let centres = [1.0, 0.0, 0.9, 0.1, 0.5, 0.5, 0.0, 1.0];
        let around = |sizes: &[u64], k| cells_around(&centres, 2, sizes, 0..4, 2, k, &|| Ok(())).expect("cells");
        assert_eq!(around(&[90, 90, 90, 90], 3), [[0, 1], [1, 0], [2, 1], [3, 2]]);
        assert_eq!(around(&[5, 0, 5, 90], 3), [vec![0, 2, 3], vec![], vec![2, 0, 3], vec![3, 2]]);
    }

    #[test]
    fn near_cells_stand_together() {
        // Points on a line, in no order: halves of halves are stretches of it.
        let places: Vec<u32> = (0..64).map(|n| n * 37 % 64).collect();
        let centres: Vec<f32> = places.iter().flat_map(|at| [*at as f32, 1.0]).collect();
        let order: Vec<u32> = order_of_cells(&centres, 2).iter().map(|cell| places[*cell as usize]).collect();
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..64).collect::<Vec<u32>>());
        for stretch in order.chunks(8) {
            let (first, last) = (stretch.iter().min().unwrap(), stretch.iter().max().unwrap());
            assert_eq!(last - first, 7, "{order:?}");
        }
        assert_eq!(order_of_cells(&[], 2), Vec::<u32>::new());
    }
}
