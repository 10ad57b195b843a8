//! Which liked papers are one interest.
//!
//! In: how alike liked papers are, in the unit of scores. Out: the group of each. Papers are joined
//! by average linkage (UPGMA: Sokal & Michener 1958) while two groups are at least [`ONE_INTEREST`]
//! times as alike as their papers are to those nearest to them: what is alike in a field where all
//! papers resemble each other differs from what is in a wide one, so likeness is scaled locally
//! (Zelnik-Manor & Perona, NIPS 2004). Groups that somebody has made stand as they are, and other
//! papers may join them.

use ndarray::Array2;

/// Two groups are one from this share of the likeness of near papers on. Chosen with the two
/// constants below on the tuning half of the reading lists.
const ONE_INTEREST: f32 = 0.5;

/// How many of the nearest liked papers say how alike near papers are.
const NEAREST: usize = 3;

/// Papers less alike than this (two drawn at random: 0 ± 1.4; two under one heading: 12 in the
/// median) are no measure of what is alike.
const ALIKE_AT_LEAST: f32 = 6.0;

/// Numbers groups from 0, in the order of their first papers.
///
/// `alike`: papers x papers, symmetric. `fixed`: groups that stand, if any, one entry a paper.
pub(crate) fn group(alike: &Array2<f32>, fixed: &[Option<i64>]) -> Vec<usize> {
    joined(alike, fixed, |likeness, _| likeness >= f64::from(ONE_INTEREST))
}

/// Parts the papers of one interest into the two groups that are least alike; one group where there
/// is but one paper.
pub(crate) fn split(alike: &Array2<f32>) -> Vec<usize> {
    joined(alike, &[], |_, groups| groups > 2)
}

/// Joins groups as long as `go_on` says so of the likeness of the two that are most alike and the
/// number of groups.
fn joined(alike: &Array2<f32>, fixed: &[Option<i64>], go_on: impl Fn(f64, usize) -> bool) -> Vec<usize> {
    let count = alike.nrows();
    let near: Vec<f32> = (0..count).map(|paper| near(alike, paper)).collect();
    let scaled = |a: usize, b: usize| f64::from(alike[[a, b]] / (near[a] * near[b]).sqrt());
    let mut groups: Vec<Group> = Vec::with_capacity(count);
    for paper in 0..count {
        let fixed = fixed.get(paper).copied().flatten();
        match groups.iter_mut().find(|group| fixed.is_some() && group.fixed == fixed) {
            Some(group) => group.papers.push(paper),
            None => groups.push(Group { papers: vec![paper], fixed }),
        }
    }
    let mut sums = Array2::zeros((groups.len(), groups.len()));
    for (a, one) in groups.iter().enumerate() {
        for (b, other) in groups[..a].iter().enumerate() {
            let pairs = one.papers.iter().flat_map(|one| other.papers.iter().map(|other| scaled(*one, *other)));
            let sum = pairs.sum();
            (sums[[a, b]], sums[[b, a]]) = (sum, sum);
        }
    }
    let mut groups = link(groups, sums, go_on);
    groups.sort_by_key(|group| group.papers.iter().min().copied());
    let mut numbers = vec![0; count];
    for (number, group) in groups.iter().enumerate() {
        group.papers.iter().for_each(|paper| numbers[*paper] = number);
    }
    numbers
}

#[derive(Clone, Debug)]
struct Group {
    papers: Vec<usize>,
    fixed: Option<i64>,
}

/// How alike a paper is to those nearest to it.
fn near(alike: &Array2<f32>, paper: usize) -> f32 {
    let mut others: Vec<f32> =
        (0..alike.nrows()).filter(|other| *other != paper).map(|other| alike[[paper, other]]).collect();
    if others.len() > NEAREST {
        others.select_nth_unstable_by(NEAREST, |a, b| b.total_cmp(a));
        others.truncate(NEAREST);
    }
    others.sort_unstable_by(|a, b| b.total_cmp(a));
    (others.iter().sum::<f32>() / others.len().max(1) as f32).max(ALIKE_AT_LEAST)
}

/// Joins the two groups that are most alike on average, again and again. `sums` holds the sums over
/// pairs of papers.
fn link(groups: Vec<Group>, sums: Array2<f64>, go_on: impl Fn(f64, usize) -> bool) -> Vec<Group> {
    let mut linkage = Linkage {
        sizes: groups.iter().map(|group| group.papers.len() as f64).collect(),
        partners: vec![NOBODY; groups.len()],
        left: (0..groups.len()).collect(),
        groups,
        sums,
    };
    for one in 0..linkage.groups.len() {
        linkage.partners[one] = linkage.best(one);
    }
    while let Some((one, (likeness, other))) = linkage.most_alike() {
        if !go_on(likeness, linkage.left.len()) {
            break;
        }
        linkage.join(one.min(other), one.max(other));
    }
    let mut groups = linkage.groups;
    groups.retain(|group| !group.papers.is_empty());
    groups
}

/// A partner of a group that may be joined with none.
const NOBODY: (f64, usize) = (f64::NEG_INFINITY, 0);

/// Groups on their way. All but the sums is by group, in the order of the first ones.
struct Linkage {
    /// Without papers once it was joined to another.
    groups: Vec<Group>,
    /// How many papers each has.
    sizes: Vec<f64>,
    /// Groups x groups, symmetric: the sums of likeness over pairs of papers.
    sums: Array2<f64>,
    /// How alike each is on average to the group that it is most alike to, and which that is.
    partners: Vec<(f64, usize)>,
    /// The groups that have papers, ascending.
    left: Vec<usize>,
}

impl Linkage {
    /// How alike two are on average. Two that somebody made stay apart.
    fn mean(&self, one: usize, other: usize) -> f64 {
        let apart = self.groups[one].fixed.is_some() && self.groups[other].fixed.is_some();
        if one == other || apart {
            return f64::NEG_INFINITY;
        }
        self.sums[[one, other]] / (self.sizes[one] * self.sizes[other])
    }

    /// The best partner of a group; of equals the first.
    fn best(&self, one: usize) -> (f64, usize) {
        let partners = self.left.iter().map(|other| (self.mean(one, *other), *other));
        partners.reduce(|best, next| if next.0 > best.0 { next } else { best }).unwrap_or(NOBODY)
    }

    /// The group whose partner is most like it, with that; of equals the first. `None` where no two
    /// may be joined.
    fn most_alike(&self) -> Option<(usize, (f64, usize))> {
        let all = self.left.iter().map(|one| (*one, self.partners[*one]));
        let first = all.reduce(|best, next| if next.1.0 > best.1.0 { next } else { best })?;
        first.1.0.is_finite().then_some(first)
    }

    fn join(&mut self, into: usize, from: usize) {
        let moved = std::mem::take(&mut self.groups[from].papers);
        self.groups[into].papers.extend(moved);
        self.groups[into].fixed = self.groups[into].fixed.or(self.groups[from].fixed);
        self.sizes[into] += self.sizes[from];
        self.left.retain(|group| *group != from);
        for &other in &self.left {
            let sum = self.sums[[into, other]] + self.sums[[from, other]];
            (self.sums[[into, other]], self.sums[[other, into]]) = (sum, sum);
        }
        for at in 0..self.left.len() {
            let other = self.left[at];
            let partner = self.partners[other];
            self.partners[other] = if other == into || [into, from].contains(&partner.1) {
                self.best(other)
            } else {
                let next = self.mean(other, into);
                if next > partner.0 || next == partner.0 && into < partner.1 { (next, into) } else { partner }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn on_a_line(at: &[f32], height: f32) -> Array2<f32> {
        Array2::from_shape_fn((at.len(), at.len()), |(a, b)| height - (at[a] - at[b]).abs())
    }

    #[test]
    fn papers_that_are_alike_are_one_interest() {
        let alike = on_a_line(&[0.0, 10.0, 1.0, 30.0, 31.0], 12.0);
        assert_eq!(group(&alike, &[None; 5]), [0, 1, 0, 2, 2]);
        assert_eq!(group(&on_a_line(&[0.0, 9.5], 12.0), &[None; 2]), [0, 1], "two papers at 2.5");
        assert_eq!(group(&on_a_line(&[0.0, 8.0], 12.0), &[None; 2]), [0, 0], "two papers at 4.0");
        assert_eq!(group(&Array2::zeros((0, 0)), &[]), Vec::<usize>::new());
    }

    #[test]
    fn likeness_counts_beside_that_of_near_papers() {
        // Two tight groups whose papers are as alike as those of one loose group.
        let tight = |a: usize, b: usize| if a / 3 == b / 3 { 20.0 } else { 7.0 };
        assert_eq!(group(&Array2::from_shape_fn((6, 6), |(a, b)| tight(a, b)), &[None; 6]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(group(&Array2::from_elem((6, 6), 7.0), &[None; 6]), [0; 6]);
    }

    #[test]
    fn an_interest_is_parted_where_it_is_widest() {
        assert_eq!(split(&on_a_line(&[0.0, 1.0, 5.0, 6.0, 0.5], 30.0)), [0, 0, 1, 1, 0]);
        assert_eq!(split(&on_a_line(&[0.0, 1.0], 30.0)), [0, 1]);
        assert_eq!(split(&on_a_line(&[0.0], 30.0)), [0]);
    }

    #[test]
    fn groups_that_somebody_made_stand_and_others_join_them() {
        let alike = on_a_line(&[0.0, 1.0, 1.5, 30.0], 12.0);
        assert_eq!(group(&alike, &[Some(7), Some(9), None, Some(7)]), [0, 1, 1, 0]);
    }

    proptest! {
        #[test]
        fn joining_goes_on_until_no_two_groups_are_alike_enough(values in prop::collection::vec(0.0f32..20.0, 45)) {
            let alike = Array2::from_shape_fn((10, 10), |(a, b)| {
                let (low, high) = (a.min(b), a.max(b));
                if a == b { 0.0 } else { values[high * (high - 1) / 2 + low] }
            });
            let groups = group(&alike, &[None; 10]);
            let near: Vec<f32> = (0..10).map(|paper| near(&alike, paper)).collect();
            let mean = |one: usize, other: usize| {
                let of = |number: usize| (0..10).filter(|paper| groups[*paper] == number).collect::<Vec<_>>();
                let pairs: Vec<f64> = of(one).iter().flat_map(|a| of(other).into_iter().map(|b| f64::from(alike[[*a, b]] / (near[*a] * near[b]).sqrt())).collect::<Vec<_>>()).collect();
                pairs.iter().sum::<f64>() / pairs.len() as f64
            };
            let last = groups.iter().max().copied().unwrap_or(0);
            for one in 0..=last {
                for other in 0..one {
                    prop_assert!(mean(one, other) < f64::from(ONE_INTEREST) + 1e-9);
                }
            }
        }
    }
}
