//! What is measured of a ranking, and how sure a mean is.

use std::collections::BTreeSet;

use crate::paper::ArxivId;

/// What is measured. `similarity@10` is the mean cosine of two of the first ten answers: less is
/// more diverse.
pub(crate) const METRICS: [&str; 7] = ["ndcg@10", "p@5", "recall@20", "mrr", "similarity@10", "ndcg@20", "recall@50"];

/// Draws of the bootstrap.
const DRAWS: usize = 2000;
const SEED: u64 = 7;

/// A mean over queries with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The [`METRICS`] of one ranking, each from 0 to 1.
pub(super) fn measure(found: &[ArxivId], relevant: &BTreeSet<ArxivId>, similarity: f64) -> [f64; METRICS.len()] {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let hits: Vec<usize> =
        found.iter().enumerate().filter(|(_, id)| relevant.contains(*id)).map(|(place, _)| place).collect();
    let within = |depth: usize| hits.iter().filter(|place| **place < depth).count() as f64;
    let recall = |depth: usize| within(depth) / relevant.len().max(1) as f64;
    let ndcg = |depth: usize| {
        let ideal: f64 = (0..relevant.len().min(depth)).map(gain).sum();
        let gained: f64 = hits.iter().filter(|place| **place < depth).map(|place| gain(*place)).sum();
        gained / ideal.max(f64::MIN_POSITIVE)
    };
    let reciprocal = hits.first().map_or(0.0, |place| 1.0 / (*place as f64 + 1.0));
    [ndcg(10), within(5) / 5.0, recall(20), reciprocal, similarity, ndcg(20), recall(50)]
}

/// Mean and percentile interval (Efron 1979); every run draws the same.
pub(super) fn estimate(values: &[f64]) -> Estimate {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
        sum / count.max(1) as f64
    };
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut means: Vec<f64> =
        (0..DRAWS).map(|_| mean(&mut (0..values.len()).map(|_| values[random.usize(..values.len())]))).collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((DRAWS - 1) as f64 * share).round() as usize];
    Estimate { mean: mean(&mut values.iter().copied()), low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u32]) -> Vec<ArxivId> {
        numbers.iter().map(|n| ArxivId::parse(&format!("2601.{n:05}")).unwrap().0).collect()
    }

    #[test]
    fn metrics_are_those_of_the_books() {
        let relevant: BTreeSet<ArxivId> = ids(&[1, 2, 3]).into_iter().collect();
        let found = ids(&[9, 1, 8, 2, 7, 6, 5, 4, 10, 11, 3]);
        let [ndcg, precision, recall, reciprocal, similarity, deeper, more] = measure(&found, &relevant, 0.25);
        // Relevant at 2 and 4 of ten: (1/log2 3 + 1/log2 5) / (1 + 1/log2 3 + 1/2).
        assert!((ndcg - (0.630_929_8 + 0.430_676_6) / (1.0 + 0.630_929_8 + 0.5)).abs() < 1e-6, "{ndcg}");
        assert_eq!((precision, recall, reciprocal, similarity, more), (0.4, 1.0, 0.5, 0.25, 1.0));
        // The third is found at 11.
        assert!((deeper - ndcg - (1.0 / 12f64.log2()) / 2.130_929_8).abs() < 1e-6, "{deeper}");
        assert_eq!(measure(&ids(&[1, 2, 3]), &relevant, 0.0)[0], 1.0);
        assert_eq!(measure(&[], &relevant, 0.0), [0.0; 7]);
    }

    #[test]
    fn an_interval_is_that_of_the_mean() {
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 2)).collect();
        let Estimate { mean, low, high } = estimate(&values);
        // 0.5 give or take 1.96 * 0.5 / 20.
        assert_eq!(mean, 0.5);
        assert!((low - 0.451).abs() < 0.006 && (high - 0.549).abs() < 0.006, "{low} {high}");
        assert_eq!(estimate(&[0.25; 3]), Estimate { mean: 0.25, low: 0.25, high: 0.25 });
    }
}
