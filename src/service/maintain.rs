//! Remove, check and reembed: keeping a library in order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::catch_up::settings_of;
use super::events::Note;
use super::query::each_once;
use super::store::Connection;
use crate::error::{Error, LibraryError, Result};
use crate::index::{Index, State};
use crate::paper::ArxivId;

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
        let mut library = self.filled()?;
        let _permit = self.shared.own.write();
        let ids = each_once(&request.ids);
        let gone = library.remove(&ids)?;
        let (mut removed, mut unknown) = (Vec::new(), Vec::new());
        for (id, gone) in ids.into_iter().zip(gone) {
            if gone { removed.push(id) } else { unknown.push(id) }
        }
        Ok(Removed { removed, unknown })
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
            let damage = match Index::open(&library, stored.number)? {
                State::Ready(index) => index.check(&library, stored.number)?,
                State::Damaged(what) => Some(what),
                State::Absent => None,
            };
            problems.extend(damage.map(|what| format!("{what}; the next answer or `relata add` makes it anew")));
        }
        Ok(Checked { papers: library.len()?, problems, damaged: found.papers })
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
