//! Which of the ranked papers become the answers: every interest gets its share, and no answer ten
//! times over.
//!
//! In: for each interest the first papers as it ranks them ([`reach`] of them, if there are so
//! many), and its share. Out: the k that are chosen. An interest is served by its share, so a large
//! one does not crowd out a small one. Within an interest `diversity` weighs how much a paper is
//! like those chosen already against its score (maximal marginal relevance: Carbonell & Goldstein,
//! SIGIR 1998); 0 takes the best.

use std::collections::VecDeque;

/// What likeness to a chosen paper weighs beside a score at the largest diversity. At 1, scores
/// would hardly count: two good answers are about as much like each other as like the question.
const LARGEST: f32 = 0.5;

/// How deep a choice looks for something different: papers further down are no answers to the
/// question.
const DEPTH: usize = 50;

/// How deep each interest is looked into for `k` answers: one chosen for another interest, or too
/// much like another, is passed over.
pub(crate) fn reach(k: usize) -> usize {
    k.saturating_add(DEPTH)
}

/// What an interest has to say of a candidate.
pub(crate) type Scored = (usize, f32);

/// Chooses `k` candidates. `rankings` holds for each interest the candidates with their scores, the
/// best first; a candidate is chosen once, whichever interest asks for it first. Gives candidates
/// in the order in which they were chosen, so that the first few of many have their shares, and are
/// diverse, too.
///
/// `shares` holds what each interest is due beside the others (above 0), `alike` how much two
/// candidates are, in the unit of scores.
pub(crate) fn choose(
    rankings: &[Vec<Scored>],
    shares: &[f32],
    k: usize,
    diversity: f32,
    alike: impl Fn(usize, usize) -> f32,
) -> Vec<usize> {
    let mut left: Vec<VecDeque<Scored>> = rankings.iter().map(|ranking| ranking.iter().copied().collect()).collect();
    let candidates = rankings.iter().flatten().map(|(candidate, _)| candidate + 1).max().unwrap_or(0);
    let mut taken = vec![false; candidates];
    let mut served = vec![0usize; shares.len()];
    let mut chosen: Vec<usize> = Vec::new();
    // How much each candidate is like the chosen ones, and with how many of these it was compared:
    // a candidate is compared once it comes within reach, and then with all that were chosen
    // before.
    let mut nearest = vec![0f32; candidates];
    let mut compared = vec![0usize; candidates];
    while chosen.len() < k {
        for ranking in &mut left {
            while ranking.front().is_some_and(|(candidate, _)| taken[*candidate]) {
                ranking.pop_front();
            }
        }
        // The one that is furthest behind its share; of equals, the one with the better next
        // answer.
        let behind =
            |interest: &usize| (served[*interest] + 1) as f64 / f64::from(shares[*interest].max(f32::MIN_POSITIVE));
        let next = (0..shares.len())
            .filter(|interest| !left[*interest].is_empty())
            .min_by(|a, b| behind(a).total_cmp(&behind(b)).then_with(|| left[*b][0].1.total_cmp(&left[*a][0].1)));
        let Some(interest) = next else { break };
        let best = if diversity > 0.0 {
            let within: Vec<Scored> =
                left[interest].iter().filter(|(candidate, _)| !taken[*candidate]).take(DEPTH).copied().collect();
            for (candidate, _) in &within {
                for earlier in &chosen[compared[*candidate]..] {
                    nearest[*candidate] = nearest[*candidate].max(alike(*earlier, *candidate));
                }
                compared[*candidate] = chosen.len();
            }
            let marginal = |(candidate, score): &Scored| score - LARGEST * diversity * nearest[*candidate];
            within.into_iter().reduce(|best, other| if marginal(&other) > marginal(&best) { other } else { best })
        } else {
            left[interest].front().copied()
        };
        let Some((candidate, _)) = best else { break };
        taken[candidate] = true;
        served[interest] += 1;
        chosen.push(candidate);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interest_gets_its_share() {
        // Interest 0 asks for the candidates before 20, interest 1 for the others.
        let candidates: [Vec<Scored>; 2] =
            [(0..20).map(|n| (n, 40.0 - n as f32)).collect(), (20..40).map(|n| (n, 40.0 - n as f32)).collect()];
        let of_second =
            |shares: &[f32], k| choose(&candidates, shares, k, 0.0, |_, _| 0.0).iter().filter(|n| **n >= 20).count();
        assert_eq!(of_second(&[1.0, 1.0], 10), 5);
        assert_eq!(of_second(&[4.0, 1.0], 10), 2);
        assert_eq!(of_second(&[1.0, 1.0], 30), 15);
        assert_eq!(choose(&candidates, &[1.0, 1.0], 4, 0.0, |_, _| 0.0), [0, 20, 1, 21]);
        // What one cannot fill goes to the other.
        assert_eq!(of_second(&[1.0, 1.0], 100), 20);
        assert_eq!(choose(&candidates[..1], &[1.0], 3, 0.0, |_, _| 0.0), [0, 1, 2]);
    }

    #[test]
    fn a_candidate_that_two_interests_ask_for_is_chosen_once() {
        let rankings = [vec![(0, 9.0), (1, 8.0), (2, 7.0)], vec![(1, 9.5), (0, 5.0), (3, 4.0)]];
        assert_eq!(choose(&rankings, &[1.0, 1.0], 4, 0.0, |_, _| 0.0), [1, 0, 2, 3]);
    }

    #[test]
    fn diversity_passes_over_versions_of_one_paper() {
        // Places 0 to 4 are versions of one paper, 5 to 9 of another.
        let candidates = [(0..10).map(|n| (n, 20.0 - n as f32)).collect::<Vec<Scored>>()];
        let alike = |a: usize, b: usize| if a / 5 == b / 5 { 20.0 } else { 0.0 };
        assert_eq!(choose(&candidates, &[1.0], 2, 0.0, alike), [0, 1]);
        assert_eq!(choose(&candidates, &[1.0], 2, 0.5, alike), [0, 5]);
        assert_eq!(choose(&candidates, &[1.0], 10, 0.5, alike), [0, 5, 1, 2, 3, 4, 6, 7, 8, 9]);
    }

    #[test]
    fn a_late_candidate_is_compared_with_what_was_chosen_before_it() {
        // Place 50 is a version of place 0 and comes within reach only once that is chosen; 51 is
        // like nothing.
        let candidates = [(0..60).map(|n| (n, 10.0 - n as f32 / 1000.0)).collect::<Vec<Scored>>()];
        let alike = |a: usize, b: usize| match (a.min(b), a.max(b)) {
            (0, 50) => 10.0,
            (_, 51) => 0.0,
            _ => 1.0,
        };
        let chosen = choose(&candidates, &[1.0], 60, 1.0, alike);
        assert_eq!(chosen[..4], [0, 1, 51, 2]);
        assert_eq!(chosen.last(), Some(&50));
    }
}
