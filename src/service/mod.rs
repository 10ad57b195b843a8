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
mod cluster;
mod cluster_python;
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
mod handle;
mod import_files;
mod import_vectors;
mod index_shards;
mod info;
mod interests;
mod last;
mod liked;
mod mail;
mod maintain;
mod models;
mod outputs;
mod passages;
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

use std::path::PathBuf;

#[cfg(feature = "parquet")]
pub use crate::bulk::{float_lists_of_bytes, float_lists_of_file};
pub use add::{Add, AddError, Added, Skips};
pub use annotations::{Annotated, AnnotatedPaper, MarkRead, NotePaper, TagCount, TagPapers, Tags};
pub use chosen::{ChosenPapers, OpinedEach};
pub use cluster::{ClusterEmbedded, ClusterRows, EmbedOnCluster};
pub use embed::{Embed, EmbedError, Embedded, rate};
pub use evaluate::{Evaluate, Evaluated, Interval, MethodRow};
pub use events::{CancelToken, Event, Note, Observer, OtherModel, Work};
pub use export::{Export, Exported};
pub use fetch::{CategoryState, FailedPaper, Fetch, FetchOutcome, Fetched, FetchedCategory};
pub use fetch_harvest::HarvestStatus;
pub use followed::{FollowReason, FollowedFor, FollowedPaper};
pub use follows::{Follow, Followed};
pub use handle::Relata;
pub use import_vectors::{ImportVectors, ImportedVectors, VectorArrays};
pub use index_shards::{MergedIndex, PlannedIndex};
pub use info::{CategoryCount, EmbeddedBy, LibraryInfo, PaperInfo, VectorSet};
pub use interests::{InterestName, InterestPaper, InterestRow, InterestText, Interests, WeighInterest};
pub use liked::{InterestHead, LikedList, LikedPaper, ListLiked};
pub use mail::{MailList, MailOutcome, MailRow, Mailed};
pub use maintain::{Checked, Mended, Recovered, Reembed, Reembedded, Remove, Removed, Repair};
pub use models::{ModelRow, Models, VerifiedFile, VerifiedModel};
pub use passages::{Passage, Passages, Piece, ReadPassages};
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
#[cfg(feature = "serve")]
pub(crate) use tasks::may_name_profile;
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

use crate::arxiv::ArxivSettings;
use crate::embed::{DeviceChoice, EmbedderOptions, EngineChoice, Long, Precision, kernels_name};
use crate::error::Result;
use crate::index::Index;
use crate::model::{self, Choice, Settings};
use crate::setters::setters;

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
    /// [`ModelError::Unknown`](crate::error::ModelError::Unknown) for a name that no known model
    /// has; [`EmbeddingError`](crate::error::EmbeddingError) for what no machine can do, and for a
    /// word in `RELATA_CPU` that is no set of kernels of this one.
    pub fn check(&self) -> Result<()> {
        model::check(&Choice::parse(self.model.as_deref()), &self.settings)?;
        let precision = self.precision.unwrap_or_default();
        EmbedderOptions::new().device(self.device).engine(self.engine).precision(precision).check()?;
        kernels_name().map(drop)
    }
}
