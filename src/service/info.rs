//! Info: a library in numbers, or all that it holds of one paper.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Relata;
use super::catch_up::Remembered;
use crate::error::{QueryError, Result};
use crate::library::{Info, Paper, StoredTokens};
use crate::paper::{ArxivId, Listing, Metadata, PartialDate};

/// A library in numbers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LibraryInfo {
    /// The file.
    pub library: String,
    /// Papers.
    pub papers: u64,
    /// Papers with a vector, of the model with the most.
    pub embedded: u64,
    /// The model that the library was embedded with, where it remembers.
    pub model: Option<String>,
    /// In what numbers it was embedded.
    pub precision: Option<&'static str>,
    /// What became of long texts.
    pub long: Option<&'static str>,
    /// The sets of vectors.
    pub vectors: Vec<VectorSet>,
    /// The first day of a paper.
    pub first_date: Option<PartialDate>,
    /// The last day of a paper.
    pub last_date: Option<PartialDate>,
    /// Papers by category, most first, then by name.
    pub categories: Vec<CategoryCount>,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Vectors of one model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VectorSet {
    /// The model.
    pub model: String,
    /// What decides the vectors, as a digest.
    pub fingerprint: String,
    /// Length of a vector.
    pub dimension: usize,
    /// Papers that have one.
    pub papers: u64,
    /// What decides the vectors, in words.
    pub description: String,
}

/// A category and how many papers are in it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CategoryCount {
    /// The category.
    pub name: String,
    /// How many papers.
    pub papers: u64,
}

/// All that a library holds of one paper.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PaperInfo {
    /// Its identifier.
    pub id: ArxivId,
    /// The highest version seen, where a source told one.
    pub version: Option<u32>,
    /// Title, authors, dates and the like.
    #[serde(flatten)]
    pub metadata: Metadata,
    /// `true` for a paper that was withdrawn; the key is left out of all others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// Categories, the primary first.
    pub categories: Vec<String>,
    /// The first of its categories.
    pub primary_category: Option<String>,
    /// The day that filters ask for.
    pub date: PartialDate,
    /// Its page on arxiv.org.
    pub url: String,
    /// Links by kind, such as `code`.
    pub links: BTreeMap<String, String>,
    /// Texts of digests, by language and facet.
    pub summaries: BTreeMap<String, BTreeMap<&'static str, String>>,
    /// The digests that listed it.
    pub listings: Vec<Listing>,
    /// What the user notes of it; the key is left out where that is nothing, and so are the next
    /// two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The user's tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether the user has read it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// The models that embedded it.
    pub vectors: Vec<EmbeddedBy>,
    /// The same as the library has it.
    #[serde(skip)]
    pub paper: Paper,
}

/// A model that embedded a paper.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EmbeddedBy {
    /// The model.
    pub model: String,
    /// Tokens that it read.
    pub tokens: u32,
    /// Tokens that were cut, as it reads no more.
    pub tokens_cut: u32,
}

impl Relata {
    /// The user's library in numbers; all of them 0 where there is none.
    ///
    /// # Errors
    /// What the library reports.
    pub fn info(&self) -> Result<LibraryInfo> {
        let (info, remembered) = match self.with_papers()? {
            Some(library) => {
                let _view = library.view()?;
                (library.info()?, Remembered::of(&library, self.settings())?)
            }
            None => (Info::default(), None),
        };
        let set = |set: &crate::library::StoredFingerprint| VectorSet {
            model: set.text.model.clone(),
            fingerprint: set.text.digest.clone(),
            dimension: set.text.dimension,
            papers: set.vectors,
            description: set.text.description.clone(),
        };
        Ok(LibraryInfo {
            library: self.library_path().display().to_string(),
            papers: info.papers,
            // The set of the most papers: with one model, the only one.
            embedded: info.fingerprints.iter().map(|set| set.vectors).max().unwrap_or(0),
            model: remembered.as_ref().and_then(|kept| kept.model.clone()),
            precision: remembered.as_ref().map(|kept| kept.precision.name()),
            long: remembered.as_ref().map(|kept| kept.long.name()),
            vectors: info.fingerprints.iter().map(set).collect(),
            first_date: info.dates.map(|(first, _)| first),
            last_date: info.dates.map(|(_, last)| last),
            categories: info.categories.into_iter().map(|(name, papers)| CategoryCount { name, papers }).collect(),
            bytes: info.bytes,
        })
    }

    /// All that the library, or while that has no papers the sample, holds of one paper.
    ///
    /// # Errors
    /// [`QueryError::NotInLibrary`] with the closest ids; what the library reports.
    pub fn paper(&self, id: &ArxivId) -> Result<PaperInfo> {
        let session = self.answering()?;
        let library = &session.library;
        let _view = library.view()?;
        let Some(paper) = library.paper(id)? else {
            return Err(
                QueryError::NotInLibrary { unknown: vec![(id.to_string(), library.closest(id.as_str(), 3)?)] }.into()
            );
        };
        let vectors = library.tokens_by_model(paper.row)?;
        Ok(PaperInfo::new(paper, vectors))
    }
}

impl PaperInfo {
    fn new(paper: Paper, vectors: Vec<StoredTokens>) -> PaperInfo {
        let mut summaries: BTreeMap<String, BTreeMap<&'static str, String>> = BTreeMap::new();
        for ((language, facet), text) in &paper.summaries {
            summaries.entry(language.clone()).or_default().insert(facet.name(), text.clone());
        }
        let embedded = |vector: StoredTokens| EmbeddedBy {
            model: vector.model,
            tokens: vector.tokens.embedded,
            tokens_cut: vector.tokens.cut,
        };
        PaperInfo {
            id: paper.id.clone(),
            version: paper.version,
            metadata: paper.metadata.clone(),
            withdrawn: paper.withdrawn,
            categories: paper.categories.clone(),
            primary_category: paper.categories.first().cloned(),
            date: paper.date,
            url: paper.id.url(),
            links: paper.links.clone(),
            summaries,
            listings: paper.listings.clone(),
            note: paper.annotations.note.clone(),
            tags: paper.annotations.tags.clone(),
            read: paper.annotations.read,
            vectors: vectors.into_iter().map(embedded).collect(),
            paper,
        }
    }
}
