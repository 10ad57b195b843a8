//! The index: what finds the nearest of a million papers in a millisecond.
//!
//! In: the vectors of a library. Out: a file beside the library, and from it the papers most likely to be nearest to a vector,
//! which [`crate::neighbours`] compares exactly. The file is derived: without it, or where it is damaged or belongs to another
//! library, answers come from the exact scan and are the same but for what the index may miss (docs/performance.md).
//!
//! Read on in the order of the work: `cells` (k-means), `rotation` and `code` (one bit per dimension), `build`, `table` (how a
//! query goes through it), `reach` (how far), `file`. What changes in a library after its index was made is noted by the library
//! (`library/changes.rs`): those papers are left out here and looked at one by one, until there are so many that the index is
//! renewed.

mod build;
pub(crate) mod cells;
mod code;
mod file;
mod reach;
mod rotation;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::derived;
use crate::error::{Error, Result};
use crate::kernels::InstructionSet;
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::{Admitted, Scored};

use file::Mapped;
use table::Damage;

/// An index that is open.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    mapped: Mapped,
    set: InstructionSet,
    /// Papers that changed since it was made, ascending.
    changed: Vec<PaperRow>,
    damage: OnceLock<String>,
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
    /// The library is so small that it needs none.
    Needless,
    /// It was good enough.
    Good,
    /// What changed was taken in.
    Renewed,
    /// It was made, for all papers.
    Built,
}

impl Index {
    /// Below so many vectors the exact scan takes no longer than a command needs to begin.
    pub const WORTH_BUILDING: u64 = 20_000;

    /// So many changes are looked at one by one, about a millisecond's worth; more are taken in when the library is next added to.
    const CHANGES: usize = 500;

    /// The index of a library's vectors.
    ///
    /// # Errors
    /// What the library reports. The state of the file is never an error.
    pub fn open(library: &Library, fingerprint: FingerprintNumber) -> Result<State> {
        let Some(path) = path(library, fingerprint) else { return Ok(State::Absent) };
        let Some(token) = library.index_token(fingerprint)? else { return Ok(State::Absent) };
        let mapped = match Mapped::open(&path, library.dimension(fingerprint)?) {
            Ok(Some(mapped)) if mapped.facts.token == token => mapped,
            Ok(_) => return Ok(State::Absent),
            Err(Damage(why)) => return Ok(State::Damaged(named(&path, &why))),
        };
        let changed = library.changed_since(fingerprint, mapped.facts.change)?;
        let set = InstructionSet::choose()?;
        Ok(State::Ready(Box::new(Index { path, mapped, set, changed, damage: OnceLock::new() })))
    }

    /// Makes or renews the index where that is due. `coded` is told how many papers were coded, again and again.
    ///
    /// # Errors
    /// What the library reports; [`Error::Io`] where the file cannot be written. The old one then still serves.
    pub fn keep(library: &mut Library, fingerprint: FingerprintNumber, coded: &(dyn Fn(u64) + Sync)) -> Result<Kept> {
        Index::keep_from(library, fingerprint, Index::WORTH_BUILDING, coded)
    }

    fn keep_from(
        library: &mut Library,
        fingerprint: FingerprintNumber,
        least: u64,
        coded: &(dyn Fn(u64) + Sync),
    ) -> Result<Kept> {
        let Some(path) = path(library, fingerprint) else { return Ok(Kept::Needless) };
        let rows = library.vectors(fingerprint)?;
        if rows < least {
            return Ok(Kept::Needless);
        }
        let set = InstructionSet::choose()?;
        let (last, before) = library.note_changes(fingerprint)?;
        let (owned, kept) = match Index::open(library, fingerprint)? {
            State::Ready(index) => {
                let trained = index.mapped.facts.trained;
                if index.changed.len() <= Index::CHANGES {
                    return Ok(Kept::Good);
                }
                let renewed =
                    match index.mapped.table().and_then(|table| index.mapped.check_cells(&table).map(|()| table)) {
                        Ok(table) if rows / 2 <= trained && rows >= trained / 2 => {
                            let changed = (index.changed.as_slice(), trained);
                            build::renew(library, fingerprint, set, &table, &index.mapped, changed)?.ok()
                        }
                        _ => None,
                    };
                match renewed {
                    Some(owned) => (owned, Kept::Renewed),
                    None => (build::build(library, fingerprint, set, coded)?, Kept::Built),
                }
            }
            State::Absent | State::Damaged(_) => (build::build(library, fingerprint, set, coded)?, Kept::Built),
        };
        let beside = derived::beside(&path);
        let place = |facts: file::Facts| {
            let place = || fs::rename(&beside, &path).map_err(Error::io(&path));
            library.set_index(fingerprint, (&before, &facts.token), facts.change, place)
        };
        let set = file::write(&beside, &owned, last).and_then(place);
        if !matches!(set, Ok(true)) {
            let _ = fs::remove_file(&beside);
        }
        if !set? {
            return Ok(Kept::Good);
        }
        tidy(&path);
        Ok(kept)
    }

    /// Papers in it.
    pub fn rows(&self) -> u64 {
        self.mapped.facts.rows
    }

    /// The file.
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

    /// About the `k` nearest of those admitted and some more, so that nearly always the true `k` are among them, with scores to three decimals; `None` where the
    /// file is damaged, which [`Index::damage`] then names.
    pub(crate) fn nearest(&self, query: &[f32], k: usize, admitted: &Admitted<'_>) -> Option<Vec<Scored<PaperRow>>> {
        if self.damage.get().is_some() {
            return None;
        }
        let found = self.mapped.table().and_then(|table| {
            let here = |key: u64| {
                let row = PaperRow(key as i64);
                admitted.admits(row) && (self.changed.is_empty() || self.changed.binary_search(&row).is_err())
            };
            // What a filter keeps may lie elsewhere than what is nearest. To scan all codes is still sooner than to look at
            // all that it keeps.
            let everything = admitted.within.is_some();
            table.search(self.set, (query, k, everything), &here, &self.mapped)
        });
        match found {
            Ok(found) => Some(
                found.into_iter().map(|found| Scored { key: PaperRow(found.key as i64), score: found.score }).collect(),
            ),
            Err(Damage(why)) => {
                let _ = self.damage.set(named(&self.path, &why));
                None
            }
        }
    }

    /// What is wrong with any part of the file, or with what it holds beside its library, if anything. Reads all of it.
    ///
    /// # Errors
    /// What the library reports.
    pub fn check(&self, library: &Library, fingerprint: FingerprintNumber) -> Result<Option<String>> {
        let mut held = match self.mapped.check_all().and_then(|()| self.mapped.keys()) {
            Ok(keys) => keys,
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

    /// Removes the file, so that the next [`Index::keep`] makes it anew.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn named(path: &Path, why: &str) -> String {
    format!("{} is damaged ({why})", path.display())
}

/// `None` for a library that lies in no file.
fn path(library: &Library, fingerprint: FingerprintNumber) -> Option<PathBuf> {
    library.path().file_name().filter(|_| library.is_file())?;
    let mut path = library.path().as_os_str().to_owned();
    path.push(format!(".index-{}", fingerprint.0));
    Some(PathBuf::from(path))
}

/// Removes what builds that were killed have left, and what those that are late are writing: these would find another index in their place.
fn tidy(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let begun = entry.file_name().as_encoded_bytes().strip_prefix(name.as_encoded_bytes()).map(<[u8]>::to_vec);
        let process = begun.as_deref().and_then(|rest| rest.strip_prefix(b"."));
        if process.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
