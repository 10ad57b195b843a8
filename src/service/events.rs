//! What long work tells on its way: how far it is, and what somebody should know although the
//! answer stands.
//!
//! In: steps of the service. Out: typed events for an [`Observer`]: a terminal makes bars and lines
//! of them, a page a stream. An event says what is the case; what to do about it is for whoever
//! shows it to say.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

use super::add::Skips;
use super::fetch_harvest::HarvestStatus;
use crate::arxiv::Delay;
use crate::bulk;
use crate::error::{Error, Holder, Result};
use crate::model;
use crate::paper::ArxivId;

/// Something that happens while a request is answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A model is on its way here.
    Fetching(model::Progress),
    /// Work begins of which so much is to be done.
    Began(Work, u64),
    /// So much of the work is done, of what was to be done.
    Done(Work, u64),
    /// The work has ended, well or not.
    Ended(Work),
    /// The digests of a request were read: entries that could not be used, and what is remarkable.
    Read {
        /// Entries that could not be used.
        skips: Skips,
        /// What is remarkable about files.
        notes: Vec<String>,
    },
    /// Records of arXiv are fetched page by page: how far that is.
    Harvested(HarvestStatus),
    /// Texts are embedded to a file or a stream: how far that is.
    EmbeddedTexts(bulk::Status),
    /// Something that somebody should know.
    Note(Note),
}

/// Work that takes long, and in what it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Work {
    /// Files are read into the library.
    Reading,
    /// Papers are embedded.
    Embedding,
    /// What papers say of a facet is embedded.
    EmbeddingFacets,
    /// Liked texts that are no papers of the library are embedded.
    EmbeddingTexts,
    /// Vectors that were made elsewhere are taken over, counted in rows of their files.
    TakingOver,
    /// Papers are entered into the index.
    Indexing,
    /// Blocks of papers are compared with each other to find topics.
    Comparing,
    /// Topics are sought, in steps that are not counted.
    Grouping,
    /// The map of topics is drawn.
    Drawing,
    /// Topics are named.
    Naming,
    /// Judgements are ranked by methods.
    Ranking,
}

/// What somebody should know although the answer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Note {
    /// What the library says of how it was opened.
    Opened(String),
    /// A server of arXiv or of Zotero is waited for.
    Delayed(Delay),
    /// Another process writes the library, and this one waits for it.
    Waiting {
        /// The library.
        library: PathBuf,
        /// The process, where the system tells.
        holder: Option<Holder>,
    },
    /// The library has no papers, so the sample digest answers.
    Sample {
        /// The library.
        library: PathBuf,
        /// Papers of the sample.
        papers: u64,
    },
    /// The library has no papers, so papers are looked for in the sample digest.
    SampleLookedUp,
    /// The folder of the model that the library was embedded with does not serve.
    ModelFolderRemembered,
    /// What was learned from the library could not be read or kept.
    Learned(String),
    /// The index cannot be read, so every paper is looked at.
    IndexUnreadable(String),
    /// The index was found damaged while it was used, so every paper was looked at.
    IndexDamaged(String),
    /// The index is made now.
    IndexDue,
    /// The index could not be made.
    IndexNotMade(String),
    /// The disk has no room for a journal, so that something was removed without one.
    RemovedWithoutJournal {
        /// The library.
        library: PathBuf,
    },
    /// The index could not be brought up to date.
    IndexNotRefreshed(String),
    /// The cluster that embeds was lost, and the job is begun again after a pause, as often as it
    /// takes.
    ClusterLost {
        /// What was said of it.
        reason: String,
        /// The pause.
        pause: Duration,
    },
    /// So many papers that a profile names are not in the library.
    AbsentFromProfile {
        /// The profile.
        profile: String,
        /// How many of its papers.
        papers: usize,
    },
    /// All that a profile likes is muted, so it asks for nothing.
    AllMuted {
        /// The profile.
        profile: String,
    },
    /// Liked texts of a profile are left out, since the model does not read their language.
    OwnTextsUnread {
        /// The model.
        model: String,
        /// How many.
        texts: usize,
    },
    /// Papers that are asked with are withdrawn.
    Withdrawn {
        /// Those that the request names.
        named: Vec<ArxivId>,
        /// Those that the profile likes.
        liked: Vec<ArxivId>,
    },
    /// A text is left out, since the model does not read its language.
    TextUnread {
        /// The model.
        model: String,
        /// The text.
        text: String,
    },
    /// Which known model reads a text that this one does not.
    OtherModel(OtherModel),
    /// A text is searched by its words alone, since the model does not read its language.
    WordsAlone {
        /// The model.
        model: String,
    },
    /// Papers that were asked for beside others are not in the library.
    NotInLibrary(String),
    /// The list of another day will show the same papers again, since this one could not be noted.
    ShownNotNoted(String),
    /// Another process has found topics meanwhile; those are kept.
    TopicsOvertaken,
    /// Topics could not be kept.
    TopicsNotKept(String),
    /// A line of a file of judgements could not be read.
    JudgementUnread {
        /// The file.
        file: PathBuf,
        /// The line, and what is wrong with it.
        reason: String,
    },
    /// Judged papers are not in the library, or have no text there, and are left out.
    JudgedAbsent {
        /// How many.
        papers: usize,
    },
    /// A table was written.
    Wrote {
        /// Its rows.
        papers: usize,
        /// The file.
        path: PathBuf,
    },
}

/// Which model to ask with, where one does not read the language of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherModel {
    /// A known model that reads the text; `None` where none does.
    pub name: Option<String>,
    /// The model that does not.
    pub instead_of: String,
    /// Whether the sample answers, which needs no embedding anew.
    pub sample: bool,
}

/// Whoever is told of events, by the threads that work. One of these may hold the right to write:
/// what an observer asks of the same handle must not need to write.
pub trait Observer: Send + Sync {
    /// Takes an event.
    fn on(&self, event: Event);
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn on(&self, event: Event) {
        (**self).on(event);
    }
}

impl<F: Fn(Event) + Send + Sync> Observer for F {
    fn on(&self, event: Event) {
        self(event);
    }
}

/// Ends long work from another thread. Clones are the same token.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A token that nobody has pulled.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Asks the work to end at its next step. What is committed stays.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`Error::Cancelled`] once somebody has asked.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}
