//! The index: what finds the nearest of a million papers in a millisecond.
//!
//! In: the vectors of a library. Out: a file beside the library, and from it the papers most likely
//! to be nearest to a vector, which [`crate::neighbours`] compares exactly. The file is derived:
//! without it, or where it is damaged or belongs to another library, answers come from the exact
//! scan and are the same but for what the index may miss (docs/benchmarks.md).
//!
//! Read on in the order of the work: `cells` (k-means), `rotation` and `code` (one bit per
//! dimension), `segment` and `rows` (where rows lie), `table` and `search` (how a query goes
//! through them), `probe_limits` and `measure` (how far), `build`, `file`.
//!
//! The library notes what changes after its index was made (`library/changes.rs`): those papers are
//! left out here and looked at one by one, until there are some hundreds, which then go into a
//! small file beside the large one, the delta. Once an eighth has changed, the index is made anew.

mod build;
pub(crate) mod cells;
mod code;
mod coder;
mod deviations;
mod file;
mod matrix;
mod measure;
mod place;
mod plan;
mod probe_limits;
mod rotation;
mod rows;
mod search;
mod segment;
mod shards;
mod source;
mod spill;
mod table;
mod write;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::Result;
use crate::files;
use crate::kernels::InstructionSet;
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::InterruptCheck;
use crate::neighbours::admitted::Admitted;
use crate::neighbours::top_k::Scored;

pub use matrix::MatrixIndex;
pub use plan::IndexPlan;

use build::{Building, Delta};
use file::Mapped;
use place::{Placing, delta_of, path, tidy};
use search::Query;
use segment::Damage;
use source::LibraryVectors;
use table::Table;

/// An index that is open.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    base: Mapped,
    delta: Option<Mapped>,
    set: InstructionSet,
    /// Papers that changed since it was made, ascending.
    changed: Vec<PaperRow>,
    damage: OnceLock<String>,
}

/// How a new index is made, where one is due. See [`Index::keep`].
#[derive(Clone, Copy)]
struct Make<'a> {
    memory: u64,
    coded: &'a (dyn Fn(u64) + Sync),
    check: InterruptCheck<'a>,
}

/// What there is of an index.
#[derive(Debug)]
pub enum State {
    /// One that serves.
    Ready(Box<Index>),
    /// None, or one that another library or another time of this one has left.
    Absent,
    /// One that is damaged: the file and how.
    Damaged(String),
}

/// What was done to keep an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The library is so small that it needs none, or has none that could be refreshed.
    Needless,
    /// It was left as it is: good enough, or made by another process meanwhile, or a new one was
    /// not asked for.
    Good,
    /// What changed was written into the delta.
    Extended,
    /// It was made, for all papers.
    Built,
}

impl Index {
    /// Below so many vectors the exact scan takes no longer than a command needs to begin.
    pub const WORTH_BUILDING: u64 = 20_000;

    /// So many changes are looked at one by one, about a millisecond's worth; more are taken in
    /// when the library is next added to or removed from.
    const CHANGES: usize = 500;

    /// Bytes of memory for the rows of an index while it is made, unless another number is named: a
    /// million papers of 384 dimensions.
    pub const MEMORY: u64 = 1 << 30;

    /// Once more papers have changed than this part of those that the cells were made for, the
    /// index is made anew: the delta is written whole each time, and every query goes through all
    /// of it.
    const DELTA: u64 = 8;

    /// The index of a library's vectors.
    ///
    /// # Errors
    /// What the library reports. The state of the files is never an error.
    pub fn open(library: &Library, fingerprint: FingerprintNumber) -> Result<State> {
        let Some(path) = path(library, fingerprint) else { return Ok(State::Absent) };
        // The token and what changed are of one moment.
        let _snapshot = library.snapshot()?;
        let Some(token) = library.index_token(fingerprint)? else { return Ok(State::Absent) };
        let dimension = library.dimension(fingerprint)?;
        let base = match Mapped::open(&path, dimension) {
            Ok(Some(mapped)) if mapped.facts.base.is_empty() => mapped,
            Ok(_) => return Ok(State::Absent),
            Err(Damage(why)) => return Ok(State::Damaged(named(&path, &why))),
        };
        let mut delta = None;
        if base.facts.token != token {
            let path = delta_of(&path);
            delta = match Mapped::open(&path, dimension) {
                Ok(Some(mapped)) if mapped.facts.token == token && mapped.facts.base == base.facts.token => {
                    Some(mapped)
                }
                Ok(_) => return Ok(State::Absent),
                Err(Damage(why)) => return Ok(State::Damaged(named(&path, &why))),
            };
        }
        if let Err(Damage(why)) = base.table(delta.as_ref()) {
            return Ok(State::Damaged(named(&path, &why)));
        }
        let newest = delta.as_ref().unwrap_or(&base).facts.change;
        let changed = library.changed_since(fingerprint, newest)?;
        let set = InstructionSet::choose()?;
        Ok(State::Ready(Box::new(Index { path, base, delta, set, changed, damage: OnceLock::new() })))
    }

    /// Makes the index, or takes into it what changed, where that is due. `memory`: bytes for the
    /// papers, beside some for each; of more, parts go by way of the disk. `coded` is told how many
    /// papers were coded, again and again.
    ///
    /// # Errors
    /// What the library reports; [`Error::Io`](crate::Error::Io) where the file cannot be written.
    /// The old one then still serves.
    pub fn keep(
        library: &mut Library,
        fingerprint: FingerprintNumber,
        memory: u64,
        coded: &(dyn Fn(u64) + Sync),
    ) -> Result<Kept> {
        Index::keep_from(library, fingerprint, Index::WORTH_BUILDING, Some(Make { memory, coded, check: &|| Ok(()) }))
    }

    /// Takes what changed into an index that there is, if that needs no new one.
    ///
    /// # Errors
    /// As [`Index::keep`].
    pub fn refresh(library: &mut Library, fingerprint: FingerprintNumber) -> Result<Kept> {
        Index::keep_from(library, fingerprint, Index::WORTH_BUILDING, None)
    }

    /// Forgets the index of a library's vectors, and removes its files.
    ///
    /// # Errors
    /// What the library reports.
    pub fn forget(library: &mut Library, fingerprint: FingerprintNumber) -> Result<()> {
        let Some(path) = path(library, fingerprint) else { return Ok(()) };
        library.unset_index(fingerprint, || {
            let _ = fs::remove_file(&path);
            let _ = fs::remove_file(delta_of(&path));
            tidy(&path);
            tidy(&delta_of(&path));
        })
    }

    fn keep_from(
        library: &mut Library,
        fingerprint: FingerprintNumber,
        least: u64,
        make: Option<Make<'_>>,
    ) -> Result<Kept> {
        let Some(path) = path(library, fingerprint) else { return Ok(Kept::Needless) };
        let rows = library.vectors(fingerprint)?;
        if rows < least {
            // One that nobody renews would be slower than none.
            if library.index_token(fingerprint)?.is_some() {
                Index::forget(library, fingerprint)?;
            }
            return Ok(Kept::Needless);
        }
        if make.is_none() && library.index_token(fingerprint)?.is_none() {
            return Ok(Kept::Needless);
        }
        let (last, before) = library.note_changes(fingerprint)?;
        let content = match Index::open(library, fingerprint)? {
            State::Ready(index) if index.changed.len() <= Index::CHANGES => return Ok(Kept::Good),
            State::Ready(index) => index.extended(library, fingerprint, rows, make.is_some())?,
            State::Absent | State::Damaged(_) => None,
        };
        let (place, stale, kept) = match &content {
            Some(_) => (delta_of(&path), None, Kept::Extended),
            None => (path.clone(), Some(delta_of(&path)), Kept::Built),
        };
        let beside = files::beside(&place);
        let written = match (content, make) {
            (Some(delta), _) => delta.write(&beside, last),
            (None, Some(Make { memory, coded, check })) => {
                let set = InstructionSet::choose()?;
                let source = LibraryVectors::new(library, fingerprint)?;
                build::build(&beside, &source, &Building { set, change: last, memory, coded, check })
            }
            (None, None) => return Ok(Kept::Good),
        };
        let placing = Placing { beside, place, stale, path };
        Ok(if placing.put(library, fingerprint, &before, written)? { kept } else { Kept::Good })
    }

    /// The delta with what changed in it; `None` where a new index is due and `may_build`, where
    /// cells no longer fit the number of papers, or where there is damage.
    fn extended(
        &self,
        library: &Library,
        fingerprint: FingerprintNumber,
        rows: u64,
        may_build: bool,
    ) -> Result<Option<Delta>> {
        let trained = self.base.facts.trained;
        if rows / 2 > trained || rows < trained / 2 {
            return Ok(None);
        }
        let (Ok(table), Ok(mut outdated)) = (self.table(), self.outdated().map(<[u64]>::to_vec)) else {
            return Ok(None);
        };
        outdated.extend(self.changed.iter().map(|row| row.0 as u64));
        outdated.sort_unstable();
        outdated.dedup();
        if may_build && outdated.len() as u64 > trained / Index::DELTA {
            return Ok(None);
        }
        if self.delta.as_ref().is_some_and(|delta| delta.check_cells().is_err()) {
            return Ok(None);
        }
        let rows = build::collect(library, fingerprint, self.set, &table, &table.segments[1..], &self.changed)?;
        let base = self.base.facts.token.clone();
        Ok(rows.ok().map(|rows| Delta { base, trained, outdated, rows }))
    }

    fn table(&self) -> std::result::Result<Table<'_>, Damage> {
        self.base.table(self.delta.as_ref())
    }

    fn outdated(&self) -> std::result::Result<&[u64], Damage> {
        self.delta.as_ref().map_or(Ok(&[]), Mapped::outdated)
    }

    fn files(&self) -> impl Iterator<Item = (PathBuf, &Mapped)> {
        let delta = self.delta.as_ref().map(|delta| (delta_of(&self.path), delta));
        [(self.path.clone(), &self.base)].into_iter().chain(delta)
    }

    /// The file; what changed later stands in another beside it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Papers that changed since it was made, ascending: a search leaves them out.
    pub fn changed(&self) -> &[PaperRow] {
        &self.changed
    }

    /// What was found to be damaged while it was used: the file and how.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// About the `k` nearest of those admitted and some more, so that nearly always the true `k`
    /// are among them, with scores to three decimals; `None` where the file is damaged, which
    /// [`Index::damage`] then names.
    pub(crate) fn nearest(&self, query: &[f32], k: usize, admitted: &Admitted<'_>) -> Option<Vec<Scored<PaperRow>>> {
        if self.damage.get().is_some() {
            return None;
        }
        let found = self.table().and_then(|table| {
            let here = |key: u64| {
                let row = PaperRow(key as i64);
                admitted.admits(row) && (self.changed.is_empty() || self.changed.binary_search(&row).is_err())
            };
            // What a filter keeps may lie elsewhere than what is nearest. To scan all codes is
            // still sooner than to look at all that it keeps.
            let everything = admitted.within.is_some();
            table.search(self.set, &Query { vector: query, k, everything }, &here)
        });
        match found {
            Ok(found) => Some(
                found.into_iter().map(|found| Scored { key: PaperRow(found.key as i64), score: found.score }).collect(),
            ),
            Err(Damage(why)) => {
                let damaged = self.files().find(|(_, file)| file.is_damaged());
                let path = damaged.map_or_else(|| self.path.clone(), |(path, _)| path);
                let _ = self.damage.set(named(&path, &why));
                None
            }
        }
    }

    /// What is wrong with any part of the file, or with what it holds beside its library, if
    /// anything. Reads all of it.
    ///
    /// # Errors
    /// What the library reports.
    pub fn check(&self, library: &Library, fingerprint: FingerprintNumber) -> Result<Option<String>> {
        for (path, file) in self.files() {
            if let Err(Damage(why)) = file.check_all() {
                return Ok(Some(named(&path, &why)));
            }
        }
        let mut held = match self.held() {
            Ok(rows) => rows,
            Err(Damage(why)) => return Ok(Some(named(&self.path, &why))),
        };
        let mut stored = library.embedded(fingerprint)?;
        for rows in [&mut held, &mut stored] {
            rows.retain(|row| self.changed.binary_search(row).is_err());
        }
        held.sort_unstable();
        Ok((held != stored).then(|| {
            let why = format!("it holds {} papers where the library has {}, or others", held.len(), stored.len());
            named(&self.path, &why)
        }))
    }

    /// The papers that it holds.
    fn held(&self) -> std::result::Result<Vec<PaperRow>, Damage> {
        let table = self.table()?;
        let rows = table.segments.iter().flat_map(|segment| {
            (0..segment.keys.len())
                .filter(|place| segment.holds(*place))
                .map(|place| PaperRow(segment.keys[place] as i64))
        });
        Ok(rows.collect())
    }

    /// Removes its files, so that the next [`Index::keep`] makes it anew.
    pub fn remove(&self) {
        self.files().for_each(|(path, _)| drop(fs::remove_file(path)));
    }
}

fn named(path: &Path, why: &str) -> String {
    format!("{} is damaged ({why})", path.display())
}

#[cfg(test)]
mod tests;
