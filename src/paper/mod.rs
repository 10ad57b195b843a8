//! What a source says about a paper ([`Entry`]), before the library merges it with what others
//! said.
//!
//! Every reader produces entries; nothing else of a file survives reading. Texts are as written
//! (LaTeX, Chinese), apart from white space folded to single spaces, control characters taken out
//! and failure text left out.

pub mod arxiv_id;
pub mod category;
mod follows;
mod id_forms;
mod like_weight;
mod metadata;
mod partial_date;
pub(crate) mod withdrawn;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use arxiv_id::{ArxivId, NotAnId};
pub use follows::{FollowKind, Follows};
pub use like_weight::LikeWeight;
pub use metadata::{Field, Kind, Metadata, Shown, Value, ValueRef};
pub use partial_date::{NotADate, PartialDate};

/// The parts that digests add to a paper's own text. The order is that of a digest page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// One or two sentences; older digests call it task.
    Tldr,
    /// Why the work was done.
    Motivation,
    /// How it was done.
    Method,
    /// What came out.
    Result,
    /// What follows.
    Conclusion,
    /// A retold abstract (`ai_Abstract`, `summary` inside `AI`).
    Summary,
    /// Keywords, comma-separated as written.
    Keywords,
    /// The title in another language.
    TitleTranslation,
    /// The abstract in another language.
    AbstractTranslation,
}

impl Facet {
    /// All facets, in the order in which they are shown.
    pub const ALL: [Facet; 9] = [
        Facet::Tldr,
        Facet::Motivation,
        Facet::Method,
        Facet::Result,
        Facet::Conclusion,
        Facet::Summary,
        Facet::Keywords,
        Facet::TitleTranslation,
        Facet::AbstractTranslation,
    ];

    /// The name in the library and in JSON, e.g. `title_translation`.
    pub fn name(self) -> &'static str {
        match self {
            Facet::Tldr => "tldr",
            Facet::Motivation => "motivation",
            Facet::Method => "method",
            Facet::Result => "result",
            Facet::Conclusion => "conclusion",
            Facet::Summary => "summary",
            Facet::Keywords => "keywords",
            Facet::TitleTranslation => "title_translation",
            Facet::AbstractTranslation => "abstract_translation",
        }
    }

    /// The facet of a [name](Facet::name).
    pub fn from_name(name: &str) -> Option<Facet> {
        Facet::ALL.into_iter().find(|facet| facet.name() == name)
    }
}

/// Kinds of source, the less trusted first: where version and date are equal, the later kind wins.
///
/// A digest page is typed off a JSONL file with line breaks and cuts of its own; the snapshot is
/// arXiv's own record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Markdown of a digest, an export or a page per paper.
    Markdown,
    /// JSONL with an `AI` object or other generated fields.
    EnhancedJsonl,
    /// JSONL as crawled.
    RawJsonl,
    /// Metadata in the keys of arXiv's own snapshot.
    Snapshot,
}

impl SourceKind {
    /// The name in the library and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            SourceKind::Markdown => "markdown",
            SourceKind::EnhancedJsonl => "enhanced_jsonl",
            SourceKind::RawJsonl => "raw_jsonl",
            SourceKind::Snapshot => "snapshot",
        }
    }
}

/// The total order by which disagreeing sources are ranked: version, then source date, then kind of
/// source.
///
/// Unknown versions and dates come before known ones. Ties are broken by the bytes of the value
/// itself, so merging is a maximum: commutative, associative and idempotent, whatever the order of
/// files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Precedence {
    /// Version of the paper that the source describes, 0 where it does not say.
    pub version: u32,
    /// Day of the source: of the digest, or of the record's last update.
    pub date: Option<Date>,
    /// Kind of the source.
    pub kind: SourceKind,
}

/// A digest that listed a paper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Listing {
    /// Name of the digest's file, without its folder.
    pub file: String,
    /// Day of the digest, where its name or content tells.
    pub date: Option<Date>,
}

/// What one source says about one paper. Its [metadata](Metadata) read as fields of its own:
/// `entry.title`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Line of the source, from 1, where the entry begins. For messages.
    pub line: u64,
    /// Which paper.
    pub id: ArxivId,
    /// How this source ranks against others.
    pub precedence: Precedence,
    /// Title, authors, dates and the like.
    pub metadata: Metadata,
    /// Categories, the primary first where the source tells.
    pub categories: Vec<String>,
    /// Links beyond the paper's own pages, by kind, e.g. `code`. Only http and https addresses.
    pub links: BTreeMap<String, String>,
    /// Generated texts by language (`en`, `zh`, `ja`, `ko`, ...) and facet.
    pub summaries: BTreeMap<(String, Facet), String>,
    /// The digest that this entry stood in; `None` for snapshots.
    pub listing: Option<Listing>,
}

impl Entry {
    /// An entry that knows nothing but its id.
    pub fn new(id: ArxivId, precedence: Precedence, line: u64) -> Entry {
        Entry {
            line,
            id,
            precedence,
            metadata: Metadata::default(),
            categories: Vec::new(),
            links: BTreeMap::new(),
            summaries: BTreeMap::new(),
            listing: None,
        }
    }
}

impl Deref for Entry {
    type Target = Metadata;

    fn deref(&self) -> &Metadata {
        &self.metadata
    }
}

impl DerefMut for Entry {
    fn deref_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }
}

/// An entry that a reader could not use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Skipped {
    /// The file as the user named it, `-` for stdin.
    pub file: String,
    /// Line from 1; 0 where the whole file is meant.
    pub line: u64,
    /// Why, in words.
    pub reason: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.reason),
            line => write!(f, "{}:{line}: {}", self.file, self.reason),
        }
    }
}
