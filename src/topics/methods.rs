//! Other ways to find topics: k-means, for those who know how many they want, and DBSCAN, for those
//! who want papers in no topic.
//!
//! In: unit rows. Out: one level of groups. Both are linfa-clustering's: k-means from k-means++
//! starts with a fixed seed, the best of three; DBSCAN with a distance that is taken from the
//! papers themselves unless it is given. Both compare all papers with all centres or with all
//! papers in floats, so they take longer than the partition that is the default.

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict, Transformer};
use linfa_clustering::{Dbscan, KMeans, KMeansInit};
use linfa_nn::CommonNearestNeighbour;
use linfa_nn::distance::L2Dist;
use ndarray::ArrayView2;

use super::candidates::Rows;
use super::knn::Nearest;
use super::partition::Partition;
use crate::error::{Error, Result, TopicsError};

/// Starts of k-means; the one whose papers lie nearest to their centres is taken.
const STARTS: usize = 3;

/// Rounds of k-means at most.
const ROUNDS: u64 = 100;

/// How topics are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// A partition of the graph of the nearest: the number of topics is found.
    #[default]
    Leiden,
    /// So many topics, each around a centre.
    #[serde(alias = "kmeans")]
    KMeans {
        /// How many.
        topics: usize,
    },
    /// Topics where papers lie close together; the others are in none.
    Dbscan {
        /// Papers that must lie close to one in the middle of a topic, itself included.
        papers: usize,
        /// The cosine from which on papers lie close; by default half of them have so many that do.
        cosine: Option<f32>,
    },
}

/// Groups by k-means.
///
/// # Errors
/// [`TopicsError::TooMany`].
pub(super) fn kmeans(rows: &Rows, topics: usize) -> Result<Partition> {
    if topics > rows.len() {
        return Err(TopicsError::TooMany { topics, papers: rows.len() }.into());
    }
    let papers = array(rows)?;
    let found = KMeans::params(topics)
        .n_runs(STARTS)
        .max_n_iterations(ROUNDS)
        .init_method(KMeansInit::KMeansPlusPlus)
        .fit(&DatasetBase::from(papers))
        .map_err(|_| Error::Internal("k-means was asked what it cannot do"))?;
    let groups: Vec<u32> = found.predict(&papers).iter().map(|group| *group as u32).collect();
    Ok(Partition::new(&groups))
}

/// Groups by DBSCAN; some papers are in none.
///
/// # Errors
/// None that callers can bring about.
pub(super) fn dbscan(rows: &Rows, nearest: &Nearest, papers: usize, cosine: Option<f32>) -> Result<Vec<Option<u32>>> {
    let cosine = cosine.unwrap_or_else(|| usual(nearest, papers));
    // Of unit vectors: |a - b|² = 2 - 2 cos.
    let distance = (2.0 - 2.0 * cosine).max(0.0).sqrt() + f32::EPSILON;
    let found = Dbscan::params_with(papers, L2Dist, CommonNearestNeighbour::LinearSearch)
        .tolerance(distance)
        .transform(&array(rows)?)
        .map_err(|_| Error::Internal("DBSCAN was asked what it cannot do"))?;
    Ok(found.iter().map(|group| group.map(|group| group as u32)).collect())
}

/// The cosine that half of the papers have with the last of so many, themselves included.
fn usual(nearest: &Nearest, papers: usize) -> f32 {
    let last = papers.saturating_sub(1).min(nearest.k());
    let Some(last) = last.checked_sub(1) else { return 1.0 };
    let mut cosines: Vec<f32> = (0..nearest.len()).map(|row| nearest.of(row)[last].1).collect();
    cosines.sort_by(f32::total_cmp);
    cosines.get(cosines.len() / 2).copied().unwrap_or(1.0)
}

fn array(rows: &Rows) -> Result<ArrayView2<'_, f32>> {
    ArrayView2::from_shape((rows.len(), rows.dimension()), rows.values())
        .map_err(|_| Error::Internal("rows are not as long as they say"))
}

#[cfg(test)]
mod tests {
    use super::super::levels::NEAREST;
    use super::*;

    /// Three heaps of twenty, and one paper that is like none.
    fn heaps() -> Rows {
        let mut random = fastrand::Rng::with_seed(4);
        let mut values = Vec::new();
        for paper in 0..61 {
            let mut row = [0.0f32; 8].map(|_| 0.1 * (random.f32() - 0.5));
            row[if paper == 60 { 5 } else { paper % 3 }] += 1.0;
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            values.extend(row.map(|x| x / length));
        }
        Rows::new(values, 8)
    }

    #[test]
    fn k_means_finds_as_many_as_it_is_asked_for_whatever_the_threads() {
        let found = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| kmeans(&heaps(), 4).expect("found"))
        };
        let partition = found(1);
        assert_eq!(partition, found(3));
        assert_eq!(partition.count, 4);
        for paper in 3..60 {
            assert_eq!(partition.groups[paper], partition.groups[paper % 3]);
        }
        assert!(partition.groups[..60].iter().all(|group| *group != partition.groups[60]));
        assert!(matches!(kmeans(&heaps(), 62), Err(Error::Topics(TopicsError::TooMany { topics: 62, papers: 61 }))));
    }

    #[test]
    fn dbscan_leaves_out_what_is_like_nothing() {
        let rows = heaps();
        let nearest = Nearest::find(&rows, NEAREST, &|_| Ok(())).expect("found");
        let found = dbscan(&rows, &nearest, 5, Some(0.9)).expect("found");
        assert_eq!(found[60], None);
        for paper in 0..60 {
            assert_eq!(found[paper], found[paper % 3]);
            assert!(found[paper].is_some());
        }
        let strict = dbscan(&rows, &nearest, 5, None).expect("found");
        let left_out = strict.iter().filter(|group| group.is_none()).count();
        assert!(left_out > 1 && left_out <= 31, "{left_out}");
        assert_eq!(
            dbscan(
                &Rows::new(vec![1.0, 0.0], 2),
                &Nearest::find(&Rows::new(vec![1.0, 0.0], 2), 3, &|_| Ok(())).expect("found"),
                2,
                None
            )
            .expect("found"),
            [None]
        );
    }
}
