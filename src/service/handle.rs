//! The handle: one library for any number of threads, with all that answers take.
//!
//! In: options. Out: connections, the model, and the profile that a request is for. What is asked
//! of the handle stands in the files of the requests.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::catch_up::Remembered;
use super::events::{CancelToken, Event, Note, Observer, OtherModel};
use super::rows::Source;
use super::store::{Connection, Place, Store};
use super::{DEFAULT_PROFILE, Options};
use crate::arxiv::{Clock, SystemClock};
use crate::embed::{Embedder, EmbedderOptions, LazyEmbedder};
use crate::error::{Error, ModelError, ProfileError, Result};
use crate::library::{Library, Profile, waiting};
use crate::model::{self, Choice, Settings};

/// A library with all that answers take, for any number of threads. Clones are the same handle.
///
/// Threads that ask must not be workers of rayon's global pool, which answers use themselves.
#[derive(Clone)]
pub struct Relata {
    pub(super) shared: Arc<Shared>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) cancel: CancelToken,
    pub(super) clock: Arc<dyn Clock>,
}

/// What all clones of a handle share.
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) own: Store,
    pub(super) sample: Store,
    /// The models that were asked for, each by what decides it. A handle sees one or two in its
    /// life.
    embedders: Mutex<Vec<(EmbedderKey, Arc<LazyEmbedder>)>>,
}

/// What decides an embedder: the model and how it embeds.
type EmbedderKey = (Option<String>, EmbedderOptions);

impl Relata {
    /// A handle. Opens nothing: a library that is not there is made by the first request that
    /// writes.
    pub fn new(options: Options) -> Relata {
        let own = Store::new(Place::File(options.library.clone()));
        let sample = Store::new(Place::Sample(options.settings.cache.clone()));
        let shared = Shared { options, own, sample, embedders: Mutex::default() };
        let (observer, clock) = (Arc::new(|_: Event| ()), Arc::new(SystemClock));
        Relata { shared: Arc::new(shared), observer, cancel: CancelToken::new(), clock }
    }

    /// The model, loaded (and fetched) when it is first asked for, for texts that are no papers of
    /// the library. It is the one that papers are embedded with.
    ///
    /// # Errors
    /// What the model and the library report.
    pub fn embedder(&self) -> Result<Arc<Embedder>> {
        let library = self.existing()?;
        self.lazy_embedder(library.as_deref())?.load(&mut |progress| self.tell(Event::Fetching(progress)))
    }

    /// The model that papers are embedded with, as far as that is known without loading it.
    ///
    /// # Errors
    /// What the model's files and the library report.
    pub fn embedding_model(&self) -> Result<model::Identity> {
        let library = self.existing()?;
        Ok(self.lazy_embedder(library.as_deref())?.identity().clone())
    }

    /// The same library for a caller who wants to be told of events.
    pub fn observed_by(&self, observer: impl Observer + 'static) -> Relata {
        Relata { observer: Arc::new(observer), ..self.clone() }
    }

    /// The same library for a caller who may want to end long work.
    pub fn cancelled_by(&self, cancel: &CancelToken) -> Relata {
        Relata { cancel: cancel.clone(), ..self.clone() }
    }

    /// Whether the caller has asked long work to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// The same library for a caller whose fetching goes by another clock.
    pub fn timed_by(&self, clock: impl Clock + 'static) -> Relata {
        Relata { clock: Arc::new(clock), ..self.clone() }
    }

    /// The file of the library.
    pub fn library_path(&self) -> &Path {
        &self.shared.options.library
    }

    /// A number of what the library holds: while it is the same for this handle, so is every answer
    /// to the same question on the same day. It grows with every change, and begins anew with
    /// another handle. `None` where there is no library, or nothing that tells of changes.
    ///
    /// # Errors
    /// What the library reports.
    pub fn content(&self) -> Result<Option<u64>> {
        match self.existing()? {
            Some(library) => self.shared.own.watched(&library),
            None => Ok(None),
        }
    }

    /// The profile where none is named.
    pub fn default_profile(&self) -> &str {
        self.shared.options.profile.as_deref().unwrap_or(DEFAULT_PROFILE)
    }

    /// Where models are looked for.
    pub fn settings(&self) -> &Settings {
        &self.shared.options.settings
    }

    pub(crate) fn tell(&self, event: Event) {
        self.observer.on(event);
    }

    pub(super) fn note(&self, note: Note) {
        self.tell(Event::Note(note));
    }

    /// Has the observer told for which process this thread waits, where it waits for the library.
    pub(super) fn tell_of_waits(&self) {
        let observer = Arc::downgrade(&self.observer);
        let library = self.library_path().to_owned();
        waiting::listen(self.library_path(), move |holder| {
            if let Some(observer) = observer.upgrade() {
                observer.on(Event::Note(Note::Waiting { library: library.clone(), holder }));
            }
        });
    }

    /// A connection to the user's library, made where there is none.
    pub(super) fn own(&self) -> Result<Connection<'_>> {
        self.tell_of_waits();
        self.shared.own.open(&|note| self.note(note))
    }

    /// A connection to the user's library if there is one, be it that it holds profiles alone.
    pub(super) fn existing(&self) -> Result<Option<Connection<'_>>> {
        self.tell_of_waits();
        self.shared.own.existing(&|note| self.note(note))
    }

    /// A connection to the user's library if there is one with papers in it.
    pub(super) fn with_papers(&self) -> Result<Option<Connection<'_>>> {
        match self.existing()? {
            Some(library) if !library.is_empty()? => Ok(Some(library)),
            _ => Ok(None),
        }
    }

    /// The sample, where the user's library has no papers and those of the sample stand for them.
    pub(super) fn sample_instead(&self, library: &Library) -> Result<Option<Connection<'_>>> {
        library.is_empty()?.then(|| self.shared.sample.open(&|_| ())).transpose()
    }

    /// A profile of the user's library, also where that has no papers and is not open. One that was
    /// `named` must be there.
    pub(super) fn profile(&self, library: Option<&Library>, name: &str, named: bool) -> Result<Profile> {
        let opened = match library {
            Some(_) => None,
            None => self.existing()?,
        };
        let must_exist = named && name != DEFAULT_PROFILE;
        match library.or(opened.as_deref()) {
            Some(library) if must_exist => library.existing_profile(name),
            Some(library) => library.profile(name),
            None if must_exist => Err(ProfileError::NoSuchProfile { name: name.to_owned(), there: Vec::new() }.into()),
            None => Ok(Profile { name: name.to_owned(), ..Profile::default() }),
        }
    }

    /// The model and how it embeds: as asked for, else as the library remembers, else the default.
    /// Not loaded.
    pub(super) fn lazy_embedder(&self, library: Option<&Library>) -> Result<Arc<LazyEmbedder>> {
        let asked = &self.shared.options;
        let remembered = match library {
            Some(library) => Remembered::of(library, &asked.settings)?.unwrap_or_default(),
            None => Remembered::default(),
        };
        let options = EmbedderOptions {
            device: asked.device,
            engine: asked.engine,
            precision: asked.precision.unwrap_or(remembered.precision),
            long: asked.long.unwrap_or(remembered.long),
            ..EmbedderOptions::default()
        };
        let named = asked.model.as_deref().filter(|model| !model.is_empty());
        let model = named.map(str::to_owned).or(remembered.model.clone());
        let key = (model, options);
        let mut embedders = self.shared.embedders.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, embedder)) = embedders.iter().find(|(own, _)| *own == key) {
            return Ok(Arc::clone(embedder));
        }
        let by_memory = named.is_none() && remembered.model.is_some();
        let choice = Choice::parse(key.0.as_deref());
        let embedder = LazyEmbedder::new(choice, asked.settings.clone(), key.1.clone()).inspect_err(|error| {
            if by_memory && matches!(error, Error::Model(ModelError::Folder { .. } | ModelError::File { .. })) {
                self.note(Note::ModelFolderRemembered);
            }
        })?;
        let embedder = Arc::new(if asked.precision.is_none() { embedder.or_f32() } else { embedder });
        embedders.push((key, Arc::clone(&embedder)));
        Ok(embedder)
    }

    /// Which known model reads a text that `embedder` does not.
    pub(super) fn other_model(&self, embedder: &LazyEmbedder, text: &str, source: Source) -> OtherModel {
        OtherModel {
            name: model::that_reads(text, self.settings()),
            instead_of: embedder.identity().name.clone(),
            sample: source == Source::Sample,
        }
    }
}
