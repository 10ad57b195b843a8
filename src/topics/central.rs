//! All papers of a topic, the central ones first.
//!
//! In: a topic and the library that it was found in. Out: places of its papers, in the order of
//! their cosines with the mean of the topic's vectors. Vectors are read twice and kept never, so a
//! topic of a million papers needs no room.

use std::collections::HashMap;

use super::topic::{Topic, Topics};
use crate::error::Result;
use crate::library::{FingerprintNumber, Library, PaperRow, dot};

/// Places of a topic's papers in [`Topics::papers`], the central ones first; of equals, by id.
///
/// # Errors
/// What the library reports.
pub(crate) fn central_first(
    library: &Library,
    fingerprint: FingerprintNumber,
    topics: &Topics,
    topic: &Topic,
) -> Result<Vec<usize>> {
    let rows: Vec<PaperRow> = topic.papers.iter().map(|paper| topics.papers[*paper].row).collect();
    let mut centre = vec![0.0f32; library.dimension(fingerprint)?];
    library.vectors_of(fingerprint, &rows, &mut |_, vector| {
        let (numbers, _) = vector.as_chunks::<4>();
        centre.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += f32::from_le_bytes(*x));
    })?;
    let mut near: HashMap<PaperRow, f32> = HashMap::with_capacity(rows.len());
    library.vectors_of(fingerprint, &rows, &mut |row, vector| {
        near.insert(row, dot(vector, &centre));
    })?;
    // Those that the topic names come first whatever rounding says.
    let named = |paper: usize| topic.central.iter().position(|central| *central == paper).unwrap_or(usize::MAX);
    let mut ordered: Vec<(usize, f32, usize)> = topic
        .papers
        .iter()
        .map(|paper| (named(*paper), near.get(&topics.papers[*paper].row).copied().unwrap_or(f32::MIN), *paper))
        .collect();
    ordered.sort_by(|one, other| {
        let by_id = || topics.papers[one.2].id.cmp(&topics.papers[other.2].id);
        one.0.cmp(&other.0).then_with(|| other.1.total_cmp(&one.1)).then_with(by_id)
    });
    Ok(ordered.into_iter().map(|(_, _, paper)| paper).collect())
}

#[cfg(test)]
mod tests {
    use super::super::find::{Search, find, tests::library};
    use super::*;

    #[test]
    fn every_paper_comes_once_and_nearer_ones_come_first() {
        let (library, fingerprint) = library(&(0..12).collect::<Vec<_>>());
        let topics = find(&library, Search::of(fingerprint), &|_| Ok(())).expect("topics");
        for topic in topics.levels.iter().flat_map(|level| &level.topics) {
            let ordered = central_first(&library, fingerprint, &topics, topic).expect("read");
            assert_eq!(ordered[..topic.central.len()], topic.central);
            let mut sorted = ordered.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, topic.papers);
            let vector =
                |paper: usize| library.vector(fingerprint, topics.papers[paper].row).expect("read").expect("a vector");
            let mut centre = vec![0.0; library.dimension(fingerprint).expect("read")];
            for paper in &topic.papers {
                centre.iter_mut().zip(vector(*paper)).for_each(|(sum, x): (&mut f32, f32)| *sum += x);
            }
            let cosine = |paper: &usize| vector(*paper).iter().zip(&centre).map(|(a, b)| a * b).sum::<f32>();
            assert!(ordered.iter().map(cosine).is_sorted_by(|one, other| *one >= *other - 1e-4));
        }
    }
}
