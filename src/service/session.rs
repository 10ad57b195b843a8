//! A library as one request uses it: the user's own or the sample, the model, and vectors for all
//! of its papers.

use std::sync::Arc;

use super::Relata;
use super::catch_up::{EmbeddingProgress, catch_up};
use super::events::{Event, Note, Work};
use super::rows::{Seen, Source};
use super::store::{Connection, Store, View, Writing};
use super::texts::own_text;
use crate::embed::LazyEmbedder;
use crate::error::{Error, ProfileError, Result};
use crate::index::Index;
use crate::library::{FingerprintNumber, Library, Profile};
use crate::neighbours::SearchContext;
use crate::paper::{ArxivId, LikeWeight};
use crate::recommend::{Known, Query};

/// The library that answers a request.
pub(super) struct Session<'a> {
    pub(super) relata: &'a Relata,
    pub(super) store: &'a Store,
    pub(super) library: Connection<'a>,
    pub(super) source: Source,
}

impl Relata {
    /// The user's library, or the sample where that is empty; says so.
    pub(super) fn answering(&self) -> Result<Session<'_>> {
        if let Some(library) = self.with_papers()? {
            return Ok(Session { relata: self, store: &self.shared.own, library, source: Source::Library });
        }
        let library = self.shared.sample.open(&|note| self.note(note))?;
        self.note(Note::Sample { library: self.library_path().to_owned(), papers: library.len()? });
        Ok(Session { relata: self, store: &self.shared.sample, library, source: Source::Sample })
    }

    /// The store that a source stands for.
    pub(super) fn store(&self, source: Source) -> &Store {
        match source {
            Source::Library => &self.shared.own,
            Source::Sample => &self.shared.sample,
        }
    }

    /// Embeds what a library misses; gives the number of the model's vectors and how many papers
    /// were embedded. See [`catch_up`](catch_up()).
    pub(super) fn catch_up(
        &self,
        embedder: &LazyEmbedder,
        library: &mut Library,
        begin: bool,
        _permit: &Writing<'_>,
    ) -> Result<(FingerprintNumber, u64)> {
        let (mut done, mut began) = (0, false);
        let fetch = &mut |progress| self.tell(Event::Fetching(progress));
        let number = catch_up(embedder, library, begin, fetch, &mut |embedded: EmbeddingProgress| {
            self.cancel.check()?;
            if !std::mem::replace(&mut began, true) {
                self.tell(Event::Began(Work::Embedding, embedded.total));
            }
            done = embedded.done;
            self.tell(Event::Done(Work::Embedding, done));
            Ok(())
        });
        if began {
            self.tell(Event::Ended(Work::Embedding));
        }
        Ok((number?, done))
    }
}

impl Session<'_> {
    /// The library, unless it is the sample, which remembers no model.
    pub(super) fn own(&self) -> Option<&Library> {
        (self.source == Source::Library).then_some(&*self.library)
    }

    pub(super) fn embedder(&self) -> Result<Arc<LazyEmbedder>> {
        self.relata.lazy_embedder(self.own())
    }

    /// The number of the model's vectors, once every paper has one. While another thread adds
    /// papers, those that have none yet are left out of the answer instead: nobody waits for a
    /// thousand papers to be embedded.
    pub(super) fn embedded(&mut self, embedder: &LazyEmbedder) -> Result<FingerprintNumber> {
        let stored = self.library.fingerprint(embedder.fingerprint().digest())?;
        let missing = stored.map(|number| self.library.missing(number)).transpose()?;
        if let (Some(number), Some(0)) = (stored, missing) {
            return Ok(number);
        }
        let permit = match (self.store.try_write(), stored) {
            (Some(permit), _) => permit,
            (None, Some(number)) if self.library.vectors(number)? > 0 => return Ok(number),
            (None, _) => self.store.write(),
        };
        let begin = self.source == Source::Sample;
        Ok(self.relata.catch_up(embedder, &mut self.library, begin, &permit)?.0)
    }

    /// What answers are made from in the state that a view holds.
    pub(super) fn knowledge(&self, view: &View<'_>, fingerprint: FingerprintNumber) -> Result<Knowledge> {
        let tell = |note| self.relata.note(note);
        Ok(Knowledge { known: view.known(fingerprint, &tell)?, index: view.index(fingerprint, &tell)? })
    }

    /// The state of the library, for whoever compares answers.
    pub(super) fn seen(&self, fingerprint: FingerprintNumber) -> Result<Seen> {
        Ok(Seen { source: self.source, papers: self.library.len()?, vectors: self.library.vectors(fingerprint)? })
    }

    /// Takes the papers that a profile likes and dislikes into a query, as far as they are in the
    /// library, and its texts, whose vectors [`Session::embed_texts`] fills in. What the request
    /// names itself holds against the profile.
    ///
    /// # Errors
    /// [`ProfileError::NothingLiked`], [`ProfileError::LikedAreGone`].
    pub(super) fn add_profile(&self, profile: &Profile, query: &mut Query) -> Result<()> {
        query.interests = profile.interests.clone();
        let named: Vec<ArxivId> = query.like.iter().chain(&query.unlike).cloned().collect();
        let mut missing = 0;
        // A lock for each of a thousand likes would take longer than looking them up.
        let _snapshot = self.library.snapshot()?;
        for (own, into) in [(&profile.like, &mut query.like), (&profile.unlike, &mut query.unlike)] {
            for id in own.iter().filter(|id| !named.contains(id)) {
                // One without a text says nothing.
                if self.library.has_text(id)? { into.push(id.clone()) } else { missing += 1 }
            }
        }
        let weights = profile.weights.iter().filter(|(id, _)| !named.contains(id));
        query.like_weights = weights.map(|(id, weight)| (id.clone(), weight.factor())).collect();
        query.own_texts = profile.texts.iter().map(own_text).collect();
        let name = profile.name.clone();
        if query.like.is_empty() && query.like_text.is_empty() && query.own_texts.is_empty() {
            return Err(match profile.like.len() {
                0 => Error::from(ProfileError::NothingLiked { profile: name }),
                papers => Error::from(ProfileError::LikedAreGone { profile: name, papers }),
            });
        }
        let muted = |weight: Option<LikeWeight>| weight.is_some_and(|weight| weight.factor() == 0.0);
        let only_the_profile = query.like_text.is_empty() && !query.like.iter().any(|id| named.contains(id));
        let mut weights = query.like.iter().map(|id| profile.weights.get(id).copied());
        if only_the_profile && weights.all(muted) && profile.texts.iter().all(|text| muted(text.weight)) {
            self.relata.note(Note::AllMuted { profile: name.clone() });
        }
        if missing > 0 {
            self.relata.note(Note::AbsentFromProfile { profile: name, papers: missing });
        }
        Ok(())
    }
}

impl Session<'_> {
    /// Tells which of the liked papers of a query are withdrawn. `named` are those that the request
    /// names.
    pub(super) fn say_withdrawn(&self, query: &Query, named: &[ArxivId]) -> Result<()> {
        let withdrawn = self.library.withdrawn()?;
        if withdrawn.is_empty() {
            return Ok(());
        }
        let mut found = Vec::new();
        let _snapshot = self.library.snapshot()?;
        for id in &query.like {
            if self.library.row_of(id)?.is_some_and(|row| withdrawn.contains(row)) {
                found.push(id.clone());
            }
        }
        let (named, liked): (Vec<ArxivId>, Vec<ArxivId>) = found.into_iter().partition(|id| named.contains(id));
        if !(named.is_empty() && liked.is_empty()) {
            self.relata.note(Note::Withdrawn { named, liked });
        }
        Ok(())
    }
}

/// What answers are made from in one state of a library.
pub(super) struct Knowledge {
    pub(super) known: Arc<Known>,
    pub(super) index: Arc<Option<Index>>,
}

impl Knowledge {
    /// Where neighbours are looked for.
    pub(super) fn context<'a>(&'a self, library: &'a Library, fingerprint: FingerprintNumber) -> SearchContext<'a> {
        SearchContext { library, fingerprint, index: self.index.as_ref().as_ref() }
    }
}
