//! Which papers are compared closely, and their views.
//!
//! In: what is liked. Out: the nearest of the library by cosine, to liked papers and to the middle
//! of each interest. The papers that go back into the question of a single like are found without
//! the filter: they must not depend on what may be an answer.

use std::sync::OnceLock;

use ndarray::{Array1, ArrayView1};

use super::Query;
use super::asked::{Asked, Wanted};
use crate::error::Result;
use crate::library::{Matching, PaperRow, PaperText};
use crate::neighbours::{Admitted, SearchContext};
use crate::ranking::{Learned, PaperFeatures};

/// Candidates of one liked paper, unless more answers are asked for.
pub(super) const CANDIDATES: usize = 500;
/// Candidates of all that is liked together, about.
const ALL_CANDIDATES: usize = 3000;
/// The middle of an interest is looked around so many times as far as each of its papers.
const AROUND_MIDDLES: usize = 4;
/// Liked papers whose own neighbours are looked at, beside those of the middles of interests.
const PROBES: usize = 64;
/// The papers of the library among which these are found: the nearest to the liked paper, whatever
/// may be an answer.
const FEEDBACK_AMONG: usize = 100;

/// Papers with their views.
#[derive(Clone, Debug, Default)]
pub(super) struct Compared {
    pub papers: Vec<PaperText>,
    pub features: Vec<PaperFeatures>,
}

impl Compared {
    /// Those in these rows. Both are ascending.
    pub(super) fn only(&self, rows: &[PaperRow]) -> Compared {
        let kept = self.papers.iter().zip(&self.features).filter(|(paper, _)| rows.binary_search(&paper.row).is_ok());
        let (papers, features) = kept.map(|(paper, features)| (paper.clone(), features.clone())).unzip();
        Compared { papers, features }
    }
}

/// The papers that are compared closely: the nearest to each that is liked, `each` of them unless
/// more answers are asked for or much is liked, and those nearest to the middle of each interest;
/// ascending, each once.
pub(super) fn candidates(
    context: &SearchContext<'_>,
    query: &Query,
    asked: &Asked,
    wanted: &Wanted,
    each: usize,
) -> Result<Vec<PaperRow>> {
    let matching = context.library.matching(&query.filter)?;
    let matching = match &query.among {
        Some(among) => Matching::Only(matching.of(among.clone())),
        None => matching,
    };
    let admitted = Admitted::of(&matching, &asked.without);
    let vectors = asked.vectors();
    let middles: Vec<Vec<f32>> = wanted
        .groups
        .iter()
        .filter(|group| group.len() > 1)
        .take(PROBES)
        .map(|group| middle(&group.iter().map(|at| vectors[*at]).collect::<Vec<_>>()))
        .collect();
    // Of large interests the middle says most; of their papers a few are looked around.
    let probes: Vec<Vec<f32>> = spread_out(&wanted.groups, PROBES).into_iter().map(|at| vectors[at].to_vec()).collect();
    let parts = probes.len() + AROUND_MIDDLES * middles.len();
    let depth = |times: usize| (ALL_CANDIDATES.max(each) * times / parts.max(1)).min(each).max(query.k);
    let mut rows: Vec<PaperRow> = Vec::new();
    for (vectors, depth) in [(probes, depth(1)), (middles, depth(AROUND_MIDDLES))] {
        if !vectors.is_empty() {
            let found = context.candidates(&vectors, depth, &admitted)?;
            rows.extend(found.into_iter().flatten().map(|scored| scored.key));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// The mean of some vectors, unit length.
pub(super) fn middle(vectors: &[&[f32]]) -> Vec<f32> {
    let mut sum = Array1::<f32>::zeros(vectors.first().map_or(0, |vector| vector.len()));
    vectors.iter().for_each(|vector| sum += &ArrayView1::from(*vector));
    let length = sum.dot(&sum).sqrt().max(f32::MIN_POSITIVE);
    (sum / length).to_vec()
}

/// At most `most` places, taken from the groups in turn.
fn spread_out(groups: &[Vec<usize>], most: usize) -> Vec<usize> {
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn = (0..longest).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn).copied()));
    in_turn.take(most).collect()
}

/// The papers of the library, whatever may be an answer, that are near to the only liked one;
/// ascending. None where more is liked.
pub(super) fn near_single(context: &SearchContext<'_>, asked: &Asked, wanted: &Wanted) -> Result<Vec<PaperRow>> {
    let vectors = asked.vectors();
    let Some(single) = wanted.single() else { return Ok(Vec::new()) };
    // What says of itself that it is withdrawn would ask for more of the kind.
    let withdrawn = context.library.withdrawn()?;
    let admitted = Admitted { within: None, without: &asked.without, held_back: Some(&withdrawn) };
    let found = context.candidates(&[vectors[single].to_vec()], FEEDBACK_AMONG, &admitted)?;
    let mut rows: Vec<PaperRow> = found.into_iter().flatten().map(|scored| scored.key).collect();
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// The papers in these rows with their views, with or without their authors. The views of some are
/// made while the next are read.
pub(super) fn compared(
    context: &SearchContext<'_>,
    learned: &Learned,
    rows: &[PaperRow],
    authors: bool,
) -> Result<Compared> {
    const AT_ONCE: usize = 50;
    let parts: Vec<OnceLock<(Vec<PaperText>, Vec<PaperFeatures>)>> =
        rows.chunks(AT_ONCE).map(|_| OnceLock::new()).collect();
    rayon::in_place_scope(|scope| -> Result<()> {
        for (rows, part) in rows.chunks(AT_ONCE).zip(&parts) {
            let mut papers = context.library.texts_of(context.fingerprint, rows)?;
            if !authors {
                papers.iter_mut().for_each(|paper| paper.authors.clear());
            }
            scope.spawn(move |_| {
                let features = learned.features(&papers);
                let _ = part.set((papers, features));
            });
        }
        Ok(())
    })?;
    let (papers, features): (Vec<_>, Vec<_>) = parts.into_iter().filter_map(OnceLock::into_inner).unzip();
    Ok(Compared { papers: papers.into_iter().flatten().collect(), features: features.into_iter().flatten().collect() })
}
