//! Which of the ranked papers become the answers: every interest gets its share, and no answer ten times over.
//!
//! In: ranked papers, each with the interest that it comes from, and the share of each interest. Out: the k that are chosen. An
//! interest is served by its share, so a large one does not crowd out a small one. Within an interest `diversity` weighs how much a paper is like those chosen already against its score (maximal
//! marginal relevance: Carbonell & Goldstein, SIGIR 1998); 0 takes the best.

use std::collections::VecDeque;

/// What likeness to a chosen paper weighs beside a score at the largest diversity. At 1, scores would hardly count: two good answers
/// are about as much like each other as like the question.
const LARGEST: f32 = 0.5;

/// How deep a choice looks for something different: papers further down are no answers to the question.
const DEPTH: usize = 50;

/// Chooses `k` of ranked candidates, given as (score, interest), the best first. Gives their places in the order in which they were
/// chosen, so that the first few of many have their shares, and are diverse, too.
///
/// `shares` holds what each interest is due beside the others (above 0), `alike` how much two candidates are, in the unit of scores.
pub(crate) fn choose(
    candidates: &[(f32, usize)],
    shares: &[f32],
    k: usize,
    diversity: f32,
    alike: impl Fn(usize, usize) -> f32,
) -> Vec<usize> {
    let mut left: Vec<VecDeque<usize>> = vec![VecDeque::new(); shares.len()];
    for (place, (_, interest)) in candidates.iter().enumerate() {
        left[*interest].push_back(place);
    }
    // How much each candidate is like the chosen ones, and with how many of these it was compared: a candidate is compared once it
    // comes within reach, and then with all that were chosen before.
    let mut nearest = vec![0f32; candidates.len()];
    let mut compared = vec![0usize; candidates.len()];
    let mut taken = vec![0usize; shares.len()];
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < k {
        // The one that is furthest behind its share; of equals, the one with the better next answer.
        let behind =
            |interest: &usize| (taken[*interest] + 1) as f64 / f64::from(shares[*interest].max(f32::MIN_POSITIVE));
        let next = (0..shares.len())
            .filter(|interest| !left[*interest].is_empty())
            .min_by(|a, b| behind(a).total_cmp(&behind(b)).then_with(|| left[*a][0].cmp(&left[*b][0])));
        let Some(interest) = next else { break };
        let depth = if diversity > 0.0 { DEPTH } else { 1 };
        if diversity > 0.0 {
            for place in left[interest].iter().take(depth) {
                for earlier in &chosen[compared[*place]..] {
                    nearest[*place] = nearest[*place].max(alike(*earlier, *place));
                }
                compared[*place] = chosen.len();
            }
        }
        let marginal = |place: &usize| candidates[*place].0 - LARGEST * diversity * nearest[*place];
        let window = left[interest].iter().take(depth).enumerate();
        let best = window.reduce(|best, other| if marginal(other.1) > marginal(best.1) { other } else { best });
        let at = best.map(|(at, _)| at);
        let Some(place) = at.and_then(|at| left[interest].remove(at)) else { break };
        taken[interest] += 1;
        chosen.push(place);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interest_gets_its_share() {
        // All of interest 0 score higher than all of interest 1.
        let candidates: Vec<(f32, usize)> = (0..40).map(|n| (40.0 - n as f32, usize::from(n >= 20))).collect();
        let of_second =
            |shares: &[f32], k| choose(&candidates, shares, k, 0.0, |_, _| 0.0).iter().filter(|n| **n >= 20).count();
        assert_eq!(of_second(&[1.0, 1.0], 10), 5);
        assert_eq!(of_second(&[4.0, 1.0], 10), 2);
        assert_eq!(of_second(&[1.0, 1.0], 30), 15);
        assert_eq!(choose(&candidates, &[1.0, 1.0], 4, 0.0, |_, _| 0.0), [0, 20, 1, 21]);
        // What one cannot fill goes to the other.
        assert_eq!(of_second(&[1.0, 1.0], 100), 20);
        assert_eq!(choose(&candidates[..5], &[1.0], 3, 0.0, |_, _| 0.0), [0, 1, 2]);
    }

    #[test]
    fn diversity_passes_over_versions_of_one_paper() {
        // Places 0 to 4 are versions of one paper, 5 to 9 of another.
        let candidates: Vec<(f32, usize)> = (0..10).map(|n| (20.0 - n as f32, 0)).collect();
        let alike = |a: usize, b: usize| if a / 5 == b / 5 { 20.0 } else { 0.0 };
        assert_eq!(choose(&candidates, &[1.0], 2, 0.0, alike), [0, 1]);
        assert_eq!(choose(&candidates, &[1.0], 2, 0.5, alike), [0, 5]);
        assert_eq!(choose(&candidates, &[1.0], 10, 0.5, alike), [0, 5, 1, 2, 3, 4, 6, 7, 8, 9]);
    }

    #[test]
    fn a_late_candidate_is_compared_with_what_was_chosen_before_it() {
        // Place 50 is a version of place 0 and comes within reach only once that is chosen; 51 is like nothing.
        let candidates: Vec<(f32, usize)> = (0..60).map(|n| (10.0 - n as f32 / 1000.0, 0)).collect();
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
