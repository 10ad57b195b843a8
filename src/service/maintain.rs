//! Remove, check and reembed: keeping a library in order.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::add::Added;
use super::catch_up::settings_of;
use super::events::Note;
use super::query::each_once;
use super::store::Connection;
use crate::error::{Error, LibraryError, Result};
use crate::index::{Index, State};
use crate::library::{FingerprintNumber, Library, Salvaged};
use crate::paper::ArxivId;
use crate::ranking::Learned;

/// Papers to remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// The papers.
    pub ids: Vec<ArxivId>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Removed {
    /// Papers that are gone.
    pub removed: Vec<ArxivId>,
    /// Papers that were not there.
    pub unknown: Vec<ArxivId>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checked {
    /// Papers of the library.
    pub papers: u64,
    /// What is not as it should be, in words.
    pub problems: Vec<String>,
    /// Papers whose text or vector is damaged.
    pub damaged: Vec<ArxivId>,
}

/// Mends what a check finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Repair {
    /// Files or folders from which damaged papers are read again.
    pub sources: Vec<PathBuf>,
    /// Whether papers that lack a vector, as those whose vector had to be deleted, are embedded at
    /// once; else the next answer does it.
    pub embed: bool,
}

impl Default for Repair {
    fn default() -> Repair {
        Repair { sources: Vec::new(), embed: true }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mended {
    /// What is left.
    #[serde(flatten)]
    pub left: Checked,
    /// What was mended, in words.
    pub mended: Vec<String>,
    /// Vectors that were deleted, since they could not be mended.
    pub dropped: u64,
    /// Papers that were embedded: those whose vectors were deleted, and those that had none.
    pub embedded: u64,
    /// What was read of a file that could not be opened any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<Recovered>,
}

/// A new library of what could be read of a damaged one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recovered {
    /// The new file, beside the damaged one, which stays as it is.
    pub library: PathBuf,
    /// Papers that came back.
    pub papers: u64,
    /// Of these, those of which something is missing.
    pub incomplete: u64,
    /// Vectors that came back.
    pub vectors: u64,
}

/// Embeds every paper with the model that was chosen, and uses that model from then on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reembed {
    /// Whether the vectors of every other model are then deleted.
    pub forget_others: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reembedded {
    /// The model.
    pub model: String,
    /// Papers that were embedded.
    pub embedded: u64,
    /// Vectors of other models that were deleted.
    pub forgotten: u64,
}

impl Relata {
    /// Removes papers. [`Relata::refresh_indexes`] then brings indexes up to date.
    ///
    /// # Errors
    /// [`LibraryError::Empty`]; what the library reports.
    pub fn remove(&self, request: &Remove) -> Result<Removed> {
        let library = self.filled()?;
        let _permit = self.shared.own.write();
        let ids = each_once(&request.ids);
        let gone = self.remove_from(library, |library| library.remove(&ids))?;
        let (mut removed, mut unknown) = (Vec::new(), Vec::new());
        for (id, gone) in ids.into_iter().zip(gone) {
            if gone { removed.push(id) } else { unknown.push(id) }
        }
        Ok(Removed { removed, unknown })
    }

    /// Removes something of a library, also where its disk is full: if need be without what was
    /// learned from it, which is made anew, and at last without a journal.
    ///
    /// # Errors
    /// What the library reports; [`LibraryError::Full`] where somebody else has it open as well.
    pub(super) fn remove_from<T>(
        &self,
        mut library: Connection<'_>,
        remove: impl Fn(&mut Library) -> Result<T>,
    ) -> Result<T> {
        let full = match remove(&mut library) {
            Err(full @ Error::Library(LibraryError::Full { .. })) => full,
            done => return done,
        };
        let path = library.path().to_owned();
        let freed = Learned::forget(&library);
        library.close();
        if freed && let Some(mut library) = self.existing()? {
            match remove(&mut library) {
                Err(Error::Library(LibraryError::Full { .. })) => library.close(),
                done => return done,
            }
        }
        match self.shared.own.without_room() {
            Ok(Some(mut library)) => {
                let done = remove(&mut library)?;
                self.note(Note::RemovedWithoutJournal { library: path });
                Ok(done)
            }
            Ok(None) | Err(Error::Library(LibraryError::Busy { .. })) => Err(full),
            Err(error) => Err(error),
        }
    }

    /// Takes into the indexes of the library what was removed. Papers that are gone are gone all
    /// the same: until this succeeds, which is told where it does not, answers pass them over one
    /// by one.
    ///
    /// # Errors
    /// What the library reports.
    pub fn refresh_indexes(&self) -> Result<()> {
        let Some(mut library) = self.existing()? else { return Ok(()) };
        let _permit = self.shared.own.write();
        for stored in library.fingerprints()? {
            if let Err(error) = Index::refresh(&mut library, stored.number) {
                self.note(Note::IndexNotRefreshed(error.with_causes()));
            }
        }
        Ok(())
    }

    /// Checks the library and its indexes for damage. Reads every page. A library that an earlier
    /// version wrote is given the sums by which damage is told.
    ///
    /// # Errors
    /// [`LibraryError::Empty`]; what the library reports.
    pub fn check(&self) -> Result<Checked> {
        let mut library = self.filled()?;
        if library.is_writable() {
            let _permit = self.shared.own.write();
            library.complete_sums()?;
        }
        let _view = library.view()?;
        let found = library.inspect()?;
        let mut problems: Vec<String> = found.problems.into_iter().map(|problem| problem.what).collect();
        for stored in library.fingerprints()? {
            let damage = index_damage(&library, stored.number)?;
            problems.extend(damage.map(|what| format!("{what}; the next answer or `relata add` makes it anew")));
        }
        Ok(Checked { papers: library.len()?, problems, damaged: found.papers })
    }

    /// Mends what a check finds, as far as it is certain what was written: flipped bits, and what
    /// the named sources say. Vectors that cannot be mended are deleted and embedded again, the
    /// keyword index and what is derived from the library are made anew. Of a file that is too
    /// damaged for this, what can be read is written into a new one beside it.
    ///
    /// # Errors
    /// [`LibraryError::Empty`]; what the sources, the library and the model report. What was mended
    /// stays.
    pub fn repair(&self, request: &Repair) -> Result<Mended> {
        match self.repair_in_place(request) {
            Err(Error::Library(LibraryError::Damaged { .. })) => self.salvage(),
            repaired => repaired,
        }
    }

    /// What can be read of a file that is too damaged to be mended, in a new one beside it.
    fn salvage(&self) -> Result<Mended> {
        let path = self.library_path();
        let mut library = path.as_os_str().to_owned();
        library.push(".recovered");
        let library = PathBuf::from(library);
        let Salvaged { papers, incomplete, vectors } = Library::salvage(path, &library)?;
        let left = Checked { papers, problems: Vec::new(), damaged: Vec::new() };
        let recovered = Some(Recovered { library, papers, incomplete, vectors });
        Ok(Mended { left, mended: Vec::new(), dropped: 0, embedded: 0, recovered })
    }

    fn repair_in_place(&self, request: &Repair) -> Result<Mended> {
        let mut library = self.filled()?;
        let mut sources = None;
        if !request.sources.is_empty() {
            let mut told = Library::in_memory()?;
            self.read_files(&mut told, &request.sources, &mut Added::default(), &mut |_| {})?;
            sources = Some(told);
        }
        let permit = self.shared.own.write();
        library.complete_sums()?;
        let found = library.inspect()?;
        let repaired = library.repair(&found, sources.as_ref())?;
        for stored in library.fingerprints()? {
            if index_damage(&library, stored.number)?.is_some() {
                Index::forget(&mut library, stored.number)?;
            }
        }
        let mut embedded = 0;
        if request.embed && lacks_vectors(&library)? {
            let embedder = self.lazy_embedder(Some(&library))?;
            embedded = self.catch_up(&embedder, &mut library, false, &permit)?.1;
        }
        drop(permit);
        if request.embed {
            self.prepare()?;
        }
        Ok(Mended {
            left: self.check()?,
            mended: repaired.mended,
            dropped: repaired.dropped,
            embedded,
            recovered: None,
        })
    }

    /// Embeds every paper with the model that was chosen, which the library remembers, and prepares
    /// answers.
    ///
    /// # Errors
    /// [`LibraryError::Empty`]; what the model and the library report. What was embedded stays.
    pub fn reembed(&self, request: &Reembed) -> Result<Reembedded> {
        let mut library = self.filled()?;
        let permit = self.shared.own.write();
        let embedder = self.lazy_embedder(Some(&library))?;
        let (number, embedded) = self.catch_up(&embedder, &mut library, true, &permit)?;
        library.set_embedding_settings(&settings_of(&embedder)?)?;
        // What others see from here on has all vectors.
        drop(permit);
        self.prepare()?;
        let _permit = self.shared.own.write();
        let mut forgotten = 0;
        if request.forget_others {
            // First their indexes, so that no index notes what goes.
            for other in library.fingerprints()?.into_iter().filter(|other| other.number != number) {
                Index::forget(&mut library, other.number)?;
            }
            forgotten = library.forget_others(number)?;
        }
        Ok(Reembedded { model: embedder.identity().name.clone(), embedded, forgotten })
    }

    /// The user's library, which must have papers.
    fn filled(&self) -> Result<Connection<'_>> {
        self.with_papers()?.ok_or_else(|| Error::from(LibraryError::Empty { path: self.library_path().to_owned() }))
    }
}

/// Whether papers have no vector of a model by which others are or were embedded. A library that
/// was never embedded lacks none: mending is no reason to begin.
fn lacks_vectors(library: &Library) -> Result<bool> {
    let sets = library.fingerprints()?;
    sets.iter().try_fold(false, |lacks, set| Ok(lacks || library.missing(set.number)? > 0))
}

/// What is wrong with the index of neighbours, if there is one.
fn index_damage(library: &Library, fingerprint: FingerprintNumber) -> Result<Option<String>> {
    Ok(match Index::open(library, fingerprint)? {
        State::Ready(index) => index.check(library, fingerprint)?,
        State::Damaged(what) => Some(what),
        State::Absent => None,
    })
}
