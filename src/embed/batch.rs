//! Tokenised texts in, batches of similar length out.
//!
//! A batch is charged what it costs padded: its longest text times its number of texts. Sorting by length keeps that
//! close to what is there.

/// Groups texts, given by their lengths in tokens, into batches of at most `budget` padded tokens.
///
/// Long texts come first, so that a machine too small fails at once and not in the end. A text longer than the budget
/// is a batch of its own. Gives positions in `lengths`; equal lengths keep their order.
pub(super) fn batches(lengths: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(lengths[*at]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for at in order {
        match batches.last_mut() {
            Some(batch) if lengths[batch[0]] * (batch.len() + 1) <= budget => batch.push(at),
            _ => batches.push(vec![at]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn similar_lengths_share_a_batch() {
        assert_eq!(batches(&[2, 9, 3, 2, 8], 18), [vec![1, 4], vec![2, 0, 3]]);
        assert_eq!(batches(&[5, 100, 5], 10), [vec![1], vec![0, 2]]);
        assert_eq!(batches(&[4, 4, 4], 0), [vec![0], vec![1], vec![2]]);
        assert!(batches(&[], 10).is_empty());
    }

    proptest! {
        #[test]
        fn every_text_is_in_one_batch_within_the_budget(
            lengths in proptest::collection::vec(1usize..300, 0..80), budget in 0usize..2000,
        ) {
            let batches = batches(&lengths, budget);
            for batch in &batches {
                let longest = batch.iter().map(|at| lengths[*at]).max().unwrap();
                prop_assert!(batch.len() == 1 || longest * batch.len() <= budget);
            }
            let mut all: Vec<usize> = batches.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
        }
    }
}
