//! Which of the topics that are there now is which of those that were there before.
//!
//! In: two partitions of the same papers. Out: for each group of the second, at most one of the
//! first, so that as many papers as possible keep their topic (an optimal assignment, Kuhn 1955,
//! Munkres 1957). Only pairs count that share a third of one of the two: with less in common a
//! topic is another one, whatever its number.

use std::collections::BTreeMap;

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use pathfinding::undirected::connected_components::components;

/// Of one of the two, this share must be in the other: one of so many.
const SHARED: usize = 3;

/// One of the topics that are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Side {
    Before(u32),
    Now(u32),
}

/// For each group of now, the group of before that it is. `papers` gives, for each paper that was
/// there before and is now, both.
pub(super) fn matched(papers: &[(u32, u32)], count: usize) -> Vec<Option<u32>> {
    let mut overlaps: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    let mut sizes: BTreeMap<Side, usize> = BTreeMap::new();
    for (before, now) in papers {
        *overlaps.entry((*before, *now)).or_default() += 1;
        *sizes.entry(Side::Before(*before)).or_default() += 1;
        *sizes.entry(Side::Now(*now)).or_default() += 1;
    }
    overlaps.retain(|(before, now), shared| {
        *shared * SHARED >= sizes[&Side::Before(*before)] || *shared * SHARED >= sizes[&Side::Now(*now)]
    });
    // Topics that have nothing to do with each other are matched apart: the time grows with the
    // third power of their number.
    let pairs: Vec<Vec<Side>> =
        overlaps.keys().map(|(before, now)| vec![Side::Before(*before), Side::Now(*now)]).collect();
    let mut matched = vec![None; count];
    for together in components(&pairs) {
        let (mut before, mut now) = (Vec::new(), Vec::new());
        for side in together {
            match side {
                Side::Before(group) => before.push(group),
                Side::Now(group) => now.push(group),
            }
        }
        // Sets have no order, and of equally good assignments the order decides.
        before.sort_unstable();
        now.sort_unstable();
        let shared = |one: u32, other: u32| overlaps.get(&(one, other)).copied().unwrap_or(0) as i64;
        let pairs: Vec<(u32, u32)> = if before.len() <= now.len() {
            let (_, chosen) = kuhn_munkres(&Matrix::from_fn(before.len(), now.len(), |(row, column)| {
                shared(before[row], now[column])
            }));
            before.iter().zip(chosen).map(|(before, column)| (*before, now[column])).collect()
        } else {
            let (_, chosen) = kuhn_munkres(&Matrix::from_fn(now.len(), before.len(), |(row, column)| {
                shared(before[column], now[row])
            }));
            now.iter().zip(chosen).map(|(now, column)| (before[column], *now)).collect()
        };
        for (before, now) in pairs {
            if shared(before, now) > 0 {
                matched[now as usize] = Some(before);
            }
        }
    }
    matched
}

#[cfg(test)]
mod tests {
    use super::*;

    fn papers(shared: &[(u32, u32, usize)]) -> Vec<(u32, u32)> {
        shared.iter().flat_map(|(before, now, count)| std::iter::repeat_n((*before, *now), *count)).collect()
    }

    #[test]
    fn as_many_papers_as_possible_keep_their_topic() {
        // The largest overlap first would leave 7 with nothing and keep 10 + 0; the best keeps
        // 9 + 8.
        assert_eq!(matched(&papers(&[(5, 0, 10), (5, 1, 9), (7, 0, 8)]), 2), [Some(7), Some(5)]);
        // More groups now: what is left over is new. More before: what is left over is gone.
        assert_eq!(matched(&papers(&[(5, 0, 4), (5, 1, 6)]), 3), [None, Some(5), None]);
        assert_eq!(matched(&papers(&[(5, 0, 4), (6, 0, 6)]), 1), [Some(6)]);
        assert_eq!(matched(&[], 2), [None, None]);
    }

    #[test]
    fn topics_that_share_little_are_not_the_same() {
        let scattered =
            [(1, 0, 2), (1, 1, 2), (1, 2, 2), (1, 3, 2), (2, 0, 20), (3, 1, 20), (4, 2, 20), (5, 3, 20), (6, 4, 1)];
        assert_eq!(matched(&papers(&scattered), 5), [Some(2), Some(3), Some(4), Some(5), Some(6)]);
        // Of 9 papers 3 are together still; of 10 no longer enough.
        let shared = |own| papers(&[(1, 0, own), (1, 1, 3), (2, 1, 7), (3, 0, 50)]);
        assert_eq!(matched(&shared(6), 2), [Some(3), Some(2)]);
        assert_eq!(matched(&papers(&[(1, 0, 3), (1, 1, 6), (2, 1, 60), (3, 0, 1)]), 2), [Some(1), Some(2)]);
    }

    #[test]
    fn the_order_of_papers_and_equal_overlaps_change_nothing() {
        let mut all = papers(&[(1, 0, 5), (1, 1, 5), (2, 0, 5), (2, 1, 5), (3, 2, 4)]);
        let first = matched(&all, 3);
        all.reverse();
        assert_eq!(matched(&all, 3), first);
        assert_eq!(first[2], Some(3));
    }
}
