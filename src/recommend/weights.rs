//! How much each of the liked counts by what somebody has said of interests.
//!
//! In: which of the liked are one interest, and of some how much they count. Out: the weight of
//! each. A weight is given to a whole interest and kept with what that holds at the time, since
//! interests are found anew with each like. What is liked later falls into an interest and takes
//! its weight, as long as somebody has said so of at least half of it: a stray paper of a muted
//! interest mutes no other.

/// Weights from 0, one a place. `own` holds what was said of each; `groups` the places of each
/// interest.
pub(super) fn settled(groups: &[Vec<usize>], own: &[Option<f32>]) -> Vec<f32> {
    let mut weights: Vec<f32> = own.iter().map(|weight| weight.unwrap_or(1.0)).collect();
    for group in groups {
        let said: Vec<f32> = group.iter().filter_map(|at| own[*at]).collect();
        if !said.is_empty() && said.len() * 2 >= group.len() {
            let mean = said.iter().sum::<f32>() / said.len() as f32;
            group.iter().filter(|at| own[**at].is_none()).for_each(|at| weights[*at] = mean);
        }
    }
    weights
}

/// The weight of an interest: the mean of what it holds.
pub(super) fn of_group(group: &[usize], weights: &[f32]) -> f32 {
    group.iter().map(|at| weights[*at]).sum::<f32>() / group.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_liked_later_takes_the_weight_of_its_interest() {
        let groups = [vec![0, 1, 4], vec![2, 3, 5], vec![6]];
        let own = [Some(0.5), Some(0.0), None, Some(0.0), None, None, None];
        let weights = settled(&groups, &own);
        assert_eq!(weights, [0.5, 0.0, 1.0, 0.0, 0.25, 1.0, 1.0], "one of three says nothing of the others");
        assert_eq!(of_group(&groups[0], &weights), 0.25);
        assert_eq!(settled(&groups, &[None; 7]), [1.0; 7]);
        assert_eq!(settled(&[vec![0, 1]], &[None, Some(0.0)]), [0.0, 0.0], "half of two is enough");
    }
}
