//! The last answer, so that somebody may say "the third of those"; and the index that it had to do
//! without.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Relata;
use super::events::{Event, Note, Work};
use super::rows::Source;
use super::store::Writing;
use crate::error::{Error, LibraryError, Result};
use crate::index::Index;
use crate::library::{FingerprintNumber, Library};
use crate::paper::ArxivId;

impl Relata {
    /// Notes what an answer has listed, in the user's library also where the sample answered. An
    /// answer that lists nothing leaves the last one as it is, and so does a library that may not
    /// be written.
    ///
    /// # Errors
    /// What the library reports. The answer stands where it cannot be noted.
    pub fn note_answer(&self, source: Source, listed: &[ArxivId]) -> Result<()> {
        if listed.is_empty() {
            return Ok(());
        }
        let noted = match source {
            Source::Sample => self.own().and_then(|mut library| library.set_last_answer(listed)),
            Source::Library => match self.existing()? {
                Some(mut library) if library.is_writable() => library.set_last_answer(listed),
                _ => return Ok(()),
            },
        };
        match noted {
            // Whoever may only read has no last answer.
            Err(Error::Library(LibraryError::ReadOnly { .. } | LibraryError::Unopened { .. }) | Error::Io { .. }) => {
                Ok(())
            }
            noted => noted,
        }
    }

    /// The papers of the last answer, in its order; none where nothing was answered yet.
    ///
    /// # Errors
    /// What the library reports.
    pub fn last_answer(&self) -> Result<Vec<ArxivId>> {
        self.existing()?.map_or(Ok(Vec::new()), |library| library.last_answer())
    }

    /// Makes the index that answers had to do without, where that is worth it. For once the answer
    /// is out: the answer stands where this fails, which is told.
    ///
    /// # Errors
    /// What the library reports.
    pub fn mend_index(&self, source: Source) -> Result<()> {
        let store = self.store(source);
        let Some((fingerprint, used)) = store.last_index() else { return Ok(()) };
        let Some(mut library) = store.existing(&|_| ())? else { return Ok(()) };
        let damage = used.as_ref().as_ref().and_then(Index::damage);
        if damage.is_none() && (used.is_some() || library.vectors(fingerprint)? < Index::WORTH_BUILDING) {
            return Ok(());
        }
        if let Some(what) = damage {
            self.note(Note::IndexDamaged(what.to_owned()));
        }
        // Whoever may write will make it.
        if !library.is_writable() {
            return Ok(());
        }
        self.note(Note::IndexDue);
        let permit = store.write();
        if let Some(index) = used.as_ref() {
            index.remove();
        }
        drop(used);
        store.forget_index();
        if let Err(error) = self.keep_index(&mut library, fingerprint, &permit) {
            self.note(Note::IndexNotMade(error.with_causes()));
        }
        Ok(())
    }

    /// Makes the index of a library, or takes into it what changed, where that is due.
    pub(super) fn keep_index(
        &self,
        library: &mut Library,
        fingerprint: FingerprintNumber,
        _permit: &Writing<'_>,
    ) -> Result<()> {
        self.cancel.check()?;
        let papers = library.vectors(fingerprint)?;
        let (began, done) = (AtomicBool::new(false), AtomicU64::new(0));
        let kept = Index::keep(library, fingerprint, self.shared.options.memory, &|coded| {
            if !began.swap(true, Ordering::Relaxed) {
                self.tell(Event::Began(Work::Indexing, papers));
            }
            self.tell(Event::Done(Work::Indexing, done.fetch_add(coded, Ordering::Relaxed) + coded));
        });
        if began.into_inner() {
            self.tell(Event::Ended(Work::Indexing));
        }
        kept.map(|_| ())
    }
}
