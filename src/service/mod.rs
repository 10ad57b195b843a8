//! The service: one handle behind every door.
//!
//! In: where a library and its models are, and requests. Out: answers, both types of their own that
//! a door reads and prints; what takes long tells its steps as [`Event`]s. A door (the command
//! line, a page, a protocol) knows this folder and prints; nothing here prints, reads arguments or
//! asks the environment.
//!
//! Each task is a file with its request, its answer and its method on [`Relata`]. `store` holds
//! connections and what was learned, `session` is a library as one request uses it, `rows` are the
//! answers' rows.
//!
//! While a library has no papers the sample digest answers in its place, and says so
//! ([`Note::Sample`]).
//!
//! ```
//! use relata::model::Settings;
//! use relata::service::{Options, Recommend, Relata};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let settings = Settings::from_vars(|_| None, Some(folder.path().join("cache")), None)?;
//! let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-bert");
//! let relata = Relata::new(Options::new(folder.path().join("library.db"), settings).model(model));
//!
//! let request = Recommend::new().like(["2602.10611".parse()?]).k(3);
//! let answer = relata.recommend(&request)?;
//! assert_eq!(answer.query.like, request.like);
//! assert_eq!(answer.results.len(), 3);
//! # Ok(())
//! # }
//! ```

mod add;
mod annotations;
mod catch_up;
mod chosen;
mod day;
mod embed;
mod evaluate;
mod events;
mod export;
mod fetch;
mod fetch_daily;
mod fetch_harvest;
mod fetch_judge;
mod fetch_reconcile;
mod fetch_single;
mod followed;
mod follows;
mod info;
mod interests;
mod last;
mod liked;
mod mail;
mod maintain;
mod models;
mod profiles;
mod query;
mod recommend;
mod related;
pub mod requests;
mod rows;
mod sample;
mod schemas;
mod search;
mod session;
mod sources;
mod state;
mod store;
mod tasks;
mod texts;
mod today;
mod topic_digest;
mod topic_history;
mod topic_kept;
mod topic_map;
mod topic_rows;
mod topics;
mod vectors;
mod zotero;
mod zotero_stop;
mod zotero_write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use add::{Add, AddError, Added, Skips};
pub use annotations::{Annotated, AnnotatedPaper, MarkRead, NotePaper, TagCount, TagPapers, Tags};
pub use chosen::{ChosenPapers, OpinedEach};
pub use embed::{Embed, EmbedError, Embedded, rate};
pub use evaluate::{Evaluate, Evaluated, Interval, MethodRow};
pub use events::{CancelToken, Event, Note, Observer, OtherModel, Work};
pub use export::{Export, Exported};
pub use fetch::{CategoryState, FailedPaper, Fetch, FetchOutcome, Fetched, FetchedCategory};
pub use fetch_harvest::HarvestStatus;
pub use followed::{FollowReason, FollowedFor, FollowedPaper};
pub use follows::{Follow, Followed};
pub use info::{CategoryCount, EmbeddedBy, LibraryInfo, PaperInfo, VectorSet};
pub use interests::{InterestName, InterestPaper, InterestRow, InterestText, Interests, WeighInterest};
pub use liked::{InterestHead, LikedList, LikedPaper, ListLiked};
pub use mail::{MailList, MailOutcome, MailRow, Mailed};
pub use maintain::{Checked, Mended, Recovered, Reembed, Reembedded, Remove, Removed, Repair};
pub use models::{ModelRow, Models, VerifiedFile, VerifiedModel};
pub use profiles::{
    ExportedProfile, ImportProfile, Imported, ImportedTexts, Opine, Opined, ProfileRow, Profiles, Unmatched,
};
pub use query::{Factors, RankOptions, Selection};
pub use recommend::{ComparedFacet, LikedFacet, Recommend, RecommendQuery, Recommendation};
pub use related::{LikedBy, Related, ScoreParts, ToldFacet};
pub use rows::{Row, Seen, Source, one_decimal, six_decimals};
pub use schemas::schemas;
pub use search::{ByText, Found, FoundBy, Search, SearchQuery};
pub use sources::{FeedRow, SourceRow, Sources};
pub use state::LibraryState;
pub use tasks::{Task, tasks};
pub use texts::{ProfileTexts, RemoveTexts, RemovedTexts, TextRow};
pub use today::{DayNumbers, NewPaper, Repeated, Today, TodayList, TodayQuery};
pub use topic_history::{ChangeRow, OtherTopic, Renamed, RunRow, TopicHistory, TopicNews};
pub use topic_kept::{TopicTree, TreeTopic};
pub use topic_map::{Arrivals, TopicMap};
pub use topic_rows::{
    LevelRow, OneTopic, PaperTopics, TopicPaper, TopicPapers, TopicQuery, TopicRow, TopicsAnswer, TopicsQuery,
    WeightedTerm,
};
pub use topics::{Among, FindTopics, FoundTopics};
pub use vectors::PaperVectors;
pub use zotero::{SyncZotero, SyncedCollection, ZoteroSynced};
pub use zotero_stop::{StopZotero, StoppedCollection, ZoteroStopped};
pub use zotero_write::{WriteOutcome, WrittenPaper, ZoteroWritten};

use crate::arxiv::{ArxivSettings, Clock, SystemClock};
use crate::embed::{
    DeviceChoice, Embedder, EmbedderOptions, EngineChoice, LazyEmbedder, Long, Precision, kernels_name,
};
use crate::error::{Error, ModelError, ProfileError, Result};
use crate::index::Index;
use crate::library::{Library, Profile, waiting};
use crate::model::{self, Choice, Settings};
use crate::setters::setters;
use catch_up::Remembered;
use store::{Connection, Place, Store};

/// The profile where neither a request nor [`Options::profile`] names one.
pub const DEFAULT_PROFILE: &str = "default";

/// Where a library and its models are, and how texts are embedded.
///
/// ```
/// use relata::embed::Precision;
/// use relata::model::Settings;
/// use relata::service::{Options, Relata};
///
/// # fn main() -> relata::Result<()> {
/// let options = Options::new("library.db", Settings::from_env()?).model("all-MiniLM-L6-v2").precision(Precision::Int8);
/// let relata = Relata::new(options);
/// assert_eq!(relata.library_path().to_str(), Some("library.db"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Options {
    /// The library, one SQLite file.
    pub library: PathBuf,
    /// Where models are looked for.
    pub settings: Settings,
    /// A known model or the path of a folder; else what the library was embedded with, else the
    /// default.
    pub model: Option<String>,
    /// In what numbers; else as the library was embedded, else `f32`.
    pub precision: Option<Precision>,
    /// What becomes of texts that are longer than the model reads; else as the library was
    /// embedded, else they are cut.
    pub long: Option<Long>,
    /// Where the encoder runs.
    pub device: DeviceChoice,
    /// What computes on it.
    pub engine: EngineChoice,
    /// Bytes of memory for the papers of an index while it is made, beside some for each paper; of
    /// a library that is larger, parts go by way of the disk. The index is the same.
    pub memory: u64,
    /// Where papers are fetched from; else arXiv's own servers.
    pub arxiv: Option<ArxivSettings>,
    /// The profile where a request may name one and does not; else [`DEFAULT_PROFILE`].
    pub profile: Option<String>,
}

setters! { Options:
    /// A known model or the path of a folder.
    model => some_into model(String);
    /// In what numbers.
    precision => some precision(Precision);
    /// What becomes of texts that are longer than the model reads.
    long => some long(Long);
    /// Where the encoder runs.
    device => value device(DeviceChoice);
    /// What computes on it.
    engine => value engine(EngineChoice);
    /// Bytes of memory for the papers of an index while it is made.
    memory => value memory(u64);
    /// Where papers are fetched from.
    arxiv => some arxiv(ArxivSettings);
    /// The profile where a request may name one and does not.
    profile => some_into profile(String);
}

impl Options {
    /// A library with models where these settings say, and all else as the library remembers.
    pub fn new(library: impl Into<PathBuf>, settings: Settings) -> Options {
        Options {
            library: library.into(),
            settings,
            model: None,
            precision: None,
            long: None,
            device: DeviceChoice::Auto,
            engine: EngineChoice::Own,
            memory: Index::MEMORY,
            arxiv: None,
            profile: None,
        }
    }

    /// Where papers are fetched from. The lock that keeps requests apart lies in the cache folder.
    fn arxiv_settings(&self) -> ArxivSettings {
        self.arxiv.clone().unwrap_or_else(|| ArxivSettings::new(self.settings.cache.join("arxiv")))
    }

    /// Whether these options can be, whatever is asked: one that a request does not use is wrong
    /// nevertheless.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] for a name that no known model has;
    /// [`EmbeddingError`](crate::error::EmbeddingError) for what no machine can do, and for a word
    /// in `RELATA_CPU` that is no set of kernels of this one.
    pub fn check(&self) -> Result<()> {
        model::check(&Choice::parse(self.model.as_deref()), &self.settings)?;
        let precision = self.precision.unwrap_or_default();
        EmbedderOptions::new().device(self.device).engine(self.engine).precision(precision).check()?;
        kernels_name().map(drop)
    }
}

/// A library with all that answers take, for any number of threads. Clones are the same handle.
///
/// Threads that ask must not be workers of rayon's global pool, which answers use themselves.
#[derive(Clone)]
pub struct Relata {
    shared: Arc<Shared>,
    observer: Arc<dyn Observer>,
    cancel: CancelToken,
    clock: Arc<dyn Clock>,
}

/// What all clones of a handle share.
struct Shared {
    options: Options,
    own: Store,
    sample: Store,
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

    fn note(&self, note: Note) {
        self.tell(Event::Note(note));
    }

    /// Has the observer told for which process this thread waits, where it waits for the library.
    fn tell_of_waits(&self) {
        let observer = Arc::downgrade(&self.observer);
        let library = self.library_path().to_owned();
        waiting::listen(self.library_path(), move |holder| {
            if let Some(observer) = observer.upgrade() {
                observer.on(Event::Note(Note::Waiting { library: library.clone(), holder }));
            }
        });
    }

    /// A connection to the user's library, made where there is none.
    fn own(&self) -> Result<Connection<'_>> {
        self.tell_of_waits();
        self.shared.own.open(&|note| self.note(note))
    }

    /// A connection to the user's library if there is one, be it that it holds profiles alone.
    fn existing(&self) -> Result<Option<Connection<'_>>> {
        self.tell_of_waits();
        self.shared.own.existing(&|note| self.note(note))
    }

    /// A connection to the user's library if there is one with papers in it.
    fn with_papers(&self) -> Result<Option<Connection<'_>>> {
        match self.existing()? {
            Some(library) if !library.is_empty()? => Ok(Some(library)),
            _ => Ok(None),
        }
    }

    /// The sample, where the user's library has no papers and those of the sample stand for them.
    fn sample_instead(&self, library: &Library) -> Result<Option<Connection<'_>>> {
        library.is_empty()?.then(|| self.shared.sample.open(&|_| ())).transpose()
    }

    /// A profile of the user's library, also where that has no papers and is not open. One that was
    /// `named` must be there.
    fn profile(&self, library: Option<&Library>, name: &str, named: bool) -> Result<Profile> {
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
    fn lazy_embedder(&self, library: Option<&Library>) -> Result<Arc<LazyEmbedder>> {
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
    fn other_model(&self, embedder: &LazyEmbedder, text: &str, source: Source) -> OtherModel {
        OtherModel {
            name: model::that_reads(text, self.settings()),
            instead_of: embedder.identity().name.clone(),
            sample: source == Source::Sample,
        }
    }
}
