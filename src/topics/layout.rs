//! A map: a place in the plane for every paper, near papers near to each other.
//!
//! In: vectors and the nearest of each. Out: two coordinates a paper.
//!
//! What is sought is what UMAP seeks (McInnes, Healy & Melville 2018): neighbours attract each
//! other by the likelihood that they belong together, papers drawn at random repel each other, with
//! the kernel `1 / (1 + d²)`. Unlike there, all papers of an epoch move at once, each by what it
//! sees of the epoch before. So any number of threads gives the same map, and the step towards the
//! neighbours is solved and not followed, which keeps papers from swinging to and fro.

use rayon::prelude::*;

use super::candidates::Rows;
use super::knn::Nearest;
use crate::error::Result;
use crate::neighbours::InterruptCheck;

/// Epochs: papers settle within so many.
const EPOCHS: usize = 300;

/// Papers that repel a paper in one epoch, for each unit of attraction. Four times what UMAP takes:
/// of the 15 nearest of a paper the map keeps .28 and not .21 (docs/benchmarks.md).
const REPELLED_BY: f32 = 20.0;

/// The first step; the last is nothing.
const STEP: f32 = 0.5;

/// Part of the first step that papers make which lie on a map already, if others are few.
const LEAST_STEP: f32 = 0.02;

/// Longest way that one paper can push another in an epoch, along an axis.
const PUSH: f32 = 4.0;

/// Half the width of the first map.
const WIDTH: f32 = 10.0;

/// Papers that the first map's axes are taken from.
const SAMPLE: usize = 20_000;

/// Where each paper lies.
///
/// # Errors
/// What `check` gives.
pub fn layout(rows: &Rows, nearest: &Nearest, check: InterruptCheck<'_>) -> Result<Vec<[f32; 2]>> {
    let places = principal(rows);
    if nearest.is_empty() {
        return Ok(places);
    }
    let attraction = attraction(nearest, rows.len());
    settled(places, &attraction, Schedule { epochs: EPOCHS, first_step: STEP, check }, &|_| true)
}

/// Where each paper lies, if some had places `before`. Where `all` may move they do so by as little
/// as there are few new ones; else only new ones do.
///
/// # Errors
/// What `check` gives.
pub(crate) fn layout_from(
    rows: &Rows,
    nearest: &Nearest,
    before: &[Option<[f32; 2]>],
    all: bool,
    check: InterruptCheck<'_>,
) -> Result<Vec<[f32; 2]>> {
    let new = before.iter().filter(|place| place.is_none()).count();
    let known: Vec<[f32; 2]> = before.iter().copied().flatten().collect();
    if new == 0 && !all {
        return Ok(known);
    }
    if nearest.is_empty() || known.len() < 3 {
        return layout(rows, nearest, check);
    }
    let attraction = attraction(nearest, rows.len());
    let places = joined(&attraction, before, &known);
    if all {
        let share = new as f32 / before.len() as f32;
        let first_step = STEP * share.clamp(LEAST_STEP, 1.0);
        return settled(places, &attraction, Schedule { epochs: EPOCHS, first_step, check }, &|_| true);
    }
    let schedule = Schedule { epochs: EPOCHS / 3, first_step: STEP, check };
    settled(places, &attraction, schedule, &|paper| before[paper].is_none())
}

/// New papers at the mean of their neighbours; those that have only new neighbours come after
/// these.
fn joined(attraction: &Attraction, before: &[Option<[f32; 2]>], known: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut places = before.to_vec();
    loop {
        let found: Vec<(usize, [f32; 2])> = (0..places.len())
            .filter(|paper| places[*paper].is_none())
            .filter_map(|paper| {
                let (mut all, mut sum) = (0.0f32, [0.0f32; 2]);
                for (other, likely) in attraction.of(paper) {
                    if let Some([x, y]) = places[*other as usize] {
                        all += likely;
                        sum[0] += likely * x;
                        sum[1] += likely * y;
                    }
                }
                (all > 0.0).then(|| (paper, sum.map(|sum| sum / all)))
            })
            .collect();
        if found.is_empty() {
            break;
        }
        for (paper, [x, y]) in found {
            // Papers that are alike must not lie on each other, or nothing moves them apart.
            let mut random = fastrand::Rng::with_seed(paper as u64);
            places[paper] = Some([x + 0.01 * (random.f32() - 0.5), y + 0.01 * (random.f32() - 0.5)]);
        }
    }
    let middle = [0, 1].map(|axis| known.iter().map(|place| place[axis]).sum::<f32>() / known.len() as f32);
    places.into_iter().map(|place| place.unwrap_or(middle)).collect()
}

/// How far papers move: the step falls linearly from the first one to 0.
#[derive(Clone, Copy)]
struct Schedule<'a> {
    epochs: usize,
    first_step: f32,
    check: InterruptCheck<'a>,
}

/// Moves papers epoch by epoch; only those that `moves` names.
fn settled(
    mut places: Vec<[f32; 2]>,
    attraction: &Attraction,
    schedule: Schedule<'_>,
    moves: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<[f32; 2]>> {
    let Schedule { epochs, first_step, check } = schedule;
    let mut next = places.clone();
    for epoch in 0..epochs {
        check()?;
        let step = first_step * (1.0 - epoch as f32 / epochs as f32);
        next.par_iter_mut().enumerate().with_min_len(256).filter(|(paper, _)| moves(*paper)).for_each(
            |(paper, place)| {
                *place = moved(paper, epoch, step, &places, attraction.of(paper));
            },
        );
        std::mem::swap(&mut places, &mut next);
    }
    Ok(places)
}

/// Where a paper goes from where all are.
fn moved(paper: usize, epoch: usize, step: f32, places: &[[f32; 2]], near: &[(u32, f32)]) -> [f32; 2] {
    let [x, y] = places[paper];
    let (mut pull, mut to, mut all) = (0.0f32, [0.0f32; 2], 0.0f32);
    for (other, likely) in near {
        let [ox, oy] = places[*other as usize];
        let (dx, dy) = (ox - x, oy - y);
        // Each edge pulls at both of its ends, and stands at both.
        let force = 4.0 * likely / (1.0 + dx * dx + dy * dy);
        pull += force;
        to[0] += force * dx;
        to[1] += force * dy;
        all += likely;
    }
    let mut random = fastrand::Rng::with_seed(((epoch as u64) << 32) | paper as u64);
    let mut away = [0.0f32; 2];
    let count = (REPELLED_BY * all).round() as usize;
    for _ in 0..count {
        let other = random.usize(..places.len());
        if other == paper {
            continue;
        }
        let [ox, oy] = places[other];
        let (dx, dy) = (x - ox, y - oy);
        let square = dx * dx + dy * dy;
        let force = 2.0 / ((0.001 + square) * (1.0 + square));
        away[0] += (force * dx).clamp(-PUSH, PUSH);
        away[1] += (force * dy).clamp(-PUSH, PUSH);
    }
    let slower = step / (1.0 + step * pull);
    [x + slower * (to[0] + away[0]), y + slower * (to[1] + away[1])]
}

/// How likely each paper and its neighbours belong together, from 0 to 1.
struct Attraction {
    starts: Vec<usize>,
    edges: Vec<(u32, f32)>,
}

impl Attraction {
    fn of(&self, paper: usize) -> &[(u32, f32)] {
        &self.edges[self.starts[paper]..self.starts[paper + 1]]
    }
}

/// The nearest has likelihood 1, the others fall off so that those of each paper add up to log2 k;
/// that either of two names the other is enough (the fuzzy union of section 3.1 there).
fn attraction(nearest: &Nearest, papers: usize) -> Attraction {
    let target = (nearest.k() as f32).log2().max(0.5);
    let likely: Vec<Vec<(u32, f32)>> = (0..papers)
        .into_par_iter()
        .map(|paper| {
            let near = nearest.of(paper);
            let closest = near[0].1;
            let sum = |width: f32| near.iter().map(|(_, cosine)| ((cosine - closest) / width).exp()).sum::<f32>();
            let (mut low, mut high) = (1e-4f32, 2.0f32);
            for _ in 0..32 {
                let middle = 0.5 * (low + high);
                if sum(middle) > target { high = middle } else { low = middle }
            }
            near.iter().map(|(other, cosine)| (*other, ((cosine - closest) / high).exp())).collect()
        })
        .collect();
    let mut edges: Vec<(u32, u32, f32)> = Vec::with_capacity(2 * papers * nearest.k());
    for (paper, near) in likely.iter().enumerate() {
        for (other, likelihood) in near {
            edges.push((paper as u32, *other, *likelihood));
            edges.push((*other, paper as u32, *likelihood));
        }
    }
    edges.par_sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
    edges.dedup_by(|more, edge| {
        let same = (more.0, more.1) == (edge.0, edge.1);
        if same {
            edge.2 = edge.2 + more.2 - edge.2 * more.2;
        }
        same
    });
    let mut starts = vec![0; papers + 1];
    edges.iter().for_each(|edge| starts[edge.0 as usize + 1] += 1);
    for paper in 0..papers {
        starts[paper + 1] += starts[paper];
    }
    Attraction { starts, edges: edges.into_iter().map(|(_, other, likely)| (other, likely)).collect() }
}

/// Places along the two directions in which vectors differ most.
fn principal(rows: &Rows) -> Vec<[f32; 2]> {
    const ROUNDS: usize = 30;
    let (count, dimension) = (rows.len(), rows.dimension());
    let every = count.div_ceil(SAMPLE).max(1);
    let sample: Vec<usize> = (0..count).step_by(every).collect();
    let mut mean = vec![0.0f64; dimension];
    for row in &sample {
        mean.iter_mut().zip(rows.row(*row)).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let mean: Vec<f32> = mean.iter().map(|sum| (sum / sample.len().max(1) as f64) as f32).collect();
    let along = |row: usize, axis: &[f32]| -> f32 {
        rows.row(row).iter().zip(&mean).zip(axis).map(|((x, mean), axis)| (x - mean) * axis).sum()
    };
    let mut random = fastrand::Rng::with_seed(1);
    let mut axes: [Vec<f32>; 2] = [0, 1].map(|_| (0..dimension).map(|_| random.f32() - 0.5).collect());
    for _ in 0..ROUNDS {
        let mut turned = [vec![0.0f64; dimension], vec![0.0f64; dimension]];
        for row in &sample {
            let weights = [along(*row, &axes[0]), along(*row, &axes[1])];
            for ((x, mean), at) in rows.row(*row).iter().zip(&mean).zip(0..) {
                turned[0][at] += f64::from(weights[0] * (x - mean));
                turned[1][at] += f64::from(weights[1] * (x - mean));
            }
        }
        let [first, mut second] = turned.map(unit);
        let shared: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
        second.iter_mut().zip(&first).for_each(|(x, first)| *x -= shared * first);
        axes = [first, unit(second)].map(|axis| axis.into_iter().map(|x| x as f32).collect());
    }
    for axis in &mut axes {
        // The sign of an axis means nothing: the largest element is positive.
        let largest = axis.iter().copied().reduce(|a, b| if b.abs() > a.abs() { b } else { a });
        if largest < Some(0.0) {
            axis.iter_mut().for_each(|x| *x = -*x);
        }
    }
    let mut places: Vec<[f32; 2]> =
        (0..count).into_par_iter().map(|row| [along(row, &axes[0]), along(row, &axes[1])]).collect();
    let widest = places.iter().flatten().fold(f32::MIN_POSITIVE, |widest, x| widest.max(x.abs()));
    for place in &mut places {
        for x in place {
            // Papers that are alike must not lie on each other, or nothing moves them apart.
            *x = *x * WIDTH / widest.max(1e-6) + 0.001 * (random.f32() - 0.5);
        }
    }
    places
}

fn unit(mut vector: Vec<f64>) -> Vec<f64> {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

#[cfg(test)]
mod tests {
    use super::super::levels::NEAREST;
    use super::*;

    /// Three heaps, one behind the other.
    fn heaps(papers: usize) -> Rows {
        let mut random = fastrand::Rng::with_seed(3);
        let mut values = Vec::new();
        for paper in 0..papers {
            let mut row = [0.0f32; 8].map(|_| 0.2 * (random.f32() - 0.5));
            row[paper % 3] += 1.0;
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            values.extend(row.map(|x| x / length));
        }
        Rows::new(values, 8)
    }

    fn placed(rows: &Rows) -> Vec<[f32; 2]> {
        layout(rows, &Nearest::find(rows, NEAREST, &|_| Ok(())).expect("found"), &|| Ok(())).expect("places")
    }

    #[test]
    fn papers_lie_with_their_heap_and_the_number_of_threads_does_not_show() {
        let rows = heaps(300);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| placed(&rows))
        };
        let places = with(1);
        assert_eq!(places, with(5));
        let centre = |heap: usize| {
            let own: Vec<&[f32; 2]> = places.iter().skip(heap).step_by(3).collect();
            [0, 1].map(|axis| own.iter().map(|place| place[axis]).sum::<f32>() / own.len() as f32)
        };
        let centres = [centre(0), centre(1), centre(2)];
        let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let right = places.iter().enumerate().filter(|(paper, place)| {
            let own = distance(**place, centres[paper % 3]);
            centres.iter().all(|centre| own <= distance(**place, *centre))
        });
        assert_eq!(right.count(), 300);
    }

    #[test]
    fn papers_that_have_a_place_keep_it_while_others_come() {
        let rows = heaps(300);
        let nearest = Nearest::find(&rows, NEAREST, &|_| Ok(())).expect("found");
        let whole = layout(&rows, &nearest, &|| Ok(())).expect("places");
        let mut before: Vec<Option<[f32; 2]>> = whole.iter().copied().map(Some).collect();
        let from =
            |before: &[Option<[f32; 2]>], all| layout_from(&rows, &nearest, before, all, &|| Ok(())).expect("places");
        assert_eq!(from(&before, false), whole);
        before[297..].fill(None);
        let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let held = from(&before, false);
        assert_eq!(held[..297], whole[..297]);
        // Those that come lie with their heap: nearer to where they lay than to the other heaps.
        for paper in 297..300 {
            let other = distance(held[paper], whole[(paper + 1) % 3]);
            assert!(distance(held[paper], whole[paper]) < 0.5 * other, "{:?}", held[paper]);
        }
        let moved = from(&before, true);
        let width = whole.iter().flatten().fold(0.0f32, |most, x| most.max(x.abs()));
        let furthest = moved[..297].iter().zip(&whole).map(|(now, was)| distance(*now, *was)).fold(0.0, f32::max);
        assert!(furthest > 0.0 && furthest < 0.1 * width, "{furthest} of {width}");
    }

    #[test]
    fn hardly_any_papers_and_papers_that_are_all_alike_have_places() {
        for rows in
            [Rows::new(vec![1.0, 0.0], 2), Rows::new([1.0, 0.0].repeat(2), 2), Rows::new([1.0, 0.0].repeat(90), 2)]
        {
            let places = placed(&rows);
            assert_eq!(places.len(), rows.len());
            assert!(places.iter().flatten().all(|x| x.is_finite() && x.abs() < 1000.0), "{places:?}");
        }
        assert_eq!(
            layout(
                &Rows::new(Vec::new(), 2),
                &Nearest::find(&Rows::new(Vec::new(), 2), 3, &|_| Ok(())).expect("found"),
                &|| Ok(())
            )
            .expect("places"),
            Vec::<[f32; 2]>::new()
        );
    }
}
