//! Nearest neighbours: the k papers with the highest cosine to a vector, best first, with all that
//! tie.
//!
//! In: vectors, a filter, and the [`Index`] where there is one. Out: papers with exact scores. The
//! index names the papers that are likely to be nearest, and what it does not know of (papers that
//! changed since it was made) is added; these few are compared exactly. Without an index every
//! paper is ([`crate::library::Library::scan_parallel`]).

mod admitted;
mod brute_force;
pub mod index;
mod interrupt;
pub mod kmeans;
mod queries;
mod threads;
mod top_k;

use rayon::prelude::*;

pub use admitted::Admitted;
pub use brute_force::BruteForce;
pub use index::{IndexPlan, MatrixIndex};
pub use interrupt::InterruptCheck;
pub use top_k::{Best, Scored};

use crate::error::Result;
use crate::library::{FingerprintNumber, Library, PaperRow};
use index::Index;
use queries::Queries;
use threads::threads;

/// A filter that keeps no more papers than this is answered by looking at all that it keeps.
const FEW: usize = 2000;

/// Where neighbours are looked for.
#[derive(Clone, Copy, Debug)]
pub struct SearchContext<'a> {
    /// The library.
    pub library: &'a Library,
    /// Whose vectors.
    pub fingerprint: FingerprintNumber,
    /// Its index, if there is one.
    pub index: Option<&'a Index>,
}

impl SearchContext<'_> {
    /// For each of some unit vectors the `k` nearest papers by cosine, and whatever ties with the
    /// last of them.
    ///
    /// # Errors
    /// What the library reports. A damaged index is none: all papers are looked at, and
    /// [`Index::damage`] names the damage.
    pub fn nearest(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        if let Some(set) = admitted.within.filter(|set| set.len() <= FEW) {
            return self.among(vectors, k, set.rows(), admitted);
        }
        if let Some((index, found)) = self.likely(vectors, k, admitted) {
            let rows = |found: Vec<Scored<PaperRow>>| {
                found.iter().map(|found| found.key).chain(index.changed().iter().copied()).collect()
            };
            let rows: Vec<Vec<PaperRow>> = found.into_iter().map(rows).collect();
            return self.each_among(vectors, k, &rows, admitted);
        }
        self.exact(vectors, k, admitted)
    }

    /// As [`SearchContext::nearest`], for those who compare the answers closely themselves: scores
    /// are right to three decimals, and which of two papers that differ by less is the last is left
    /// open.
    ///
    /// # Errors
    /// As [`SearchContext::nearest`].
    pub fn candidates(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        let Some((index, found)) = self.likely(vectors, k, admitted) else { return self.nearest(vectors, k, admitted) };
        let changed = self.among(vectors, k, index.changed(), admitted)?;
        let both = |(mut found, changed): (Vec<Scored<PaperRow>>, Vec<Scored<PaperRow>>)| {
            found.extend(changed);
            found.sort_unstable();
            found.truncate(k);
            found
        };
        Ok(found.into_iter().zip(changed).map(both).collect())
    }

    /// What the index finds; nothing where there is none, or none that serves, or where less is to
    /// be looked at than it would.
    fn likely(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        admitted: &Admitted<'_>,
    ) -> Option<(&Index, Vec<Vec<Scored<PaperRow>>>)> {
        let index = self.index.filter(|_| admitted.within.is_none_or(|set| set.len() > FEW))?;
        let found: Option<Vec<_>> = vectors.par_iter().map(|vector| index.nearest(vector, k, admitted)).collect();
        found.map(|found| (index, found))
    }

    /// The nearest of some rows, the same ones for all vectors: each is read once.
    fn among(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        rows: &[PaperRow],
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        let rows: Vec<PaperRow> = rows.iter().copied().filter(|row| admitted.admits(*row)).collect();
        let queries = Queries::new(vectors)?;
        let mut bests = queries.bests(k);
        self.library.vectors_of(self.fingerprint, &rows, &mut |row, stored| queries.offer(&mut bests, row, stored))?;
        Ok(bests.each.into_iter().map(Best::into_sorted).collect())
    }

    /// The nearest of each vector's own rows.
    fn each_among(
        &self,
        vectors: &[Vec<f32>],
        k: usize,
        rows: &[Vec<PaperRow>],
        admitted: &Admitted<'_>,
    ) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        let nearest = |(vector, rows): (&Vec<f32>, &Vec<PaperRow>)| {
            Ok(self.among(std::slice::from_ref(vector), k, rows, admitted)?.pop().unwrap_or_default())
        };
        vectors.iter().zip(rows).map(nearest).collect()
    }

    /// All rows are shared among all cores, in one pass for all vectors; the answer does not depend
    /// on how many there are.
    fn exact(&self, vectors: &[Vec<f32>], k: usize, admitted: &Admitted<'_>) -> Result<Vec<Vec<Scored<PaperRow>>>> {
        let queries = Queries::new(vectors)?;
        let parts = vec![queries.bests(k); threads()];
        let parts = self.library.scan_parallel(self.fingerprint, parts, |bests, row, stored| {
            if admitted.admits(row) {
                queries.offer(bests, row, stored);
            }
        })?;
        let parts = parts.into_iter().map(|bests| bests.each);
        let merged = parts.reduce(|all, part| all.into_iter().zip(part).map(|(a, b)| a.merge(b)).collect());
        Ok(merged.unwrap_or_default().into_iter().map(Best::into_sorted).collect())
    }
}
