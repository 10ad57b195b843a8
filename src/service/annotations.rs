//! What the user says of papers: notes, tags, and which are read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::events::Note;
use super::query::each_once;
use crate::error::Result;
use crate::library::{Annotations, Library};
use crate::paper::ArxivId;

/// A note on a paper, in place of what was noted before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotePaper {
    /// The paper.
    pub paper: ArxivId,
    /// The note, at most 10,000 characters; an empty one takes it away.
    pub text: String,
}

/// Tags that papers have from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagPapers {
    /// The papers.
    pub papers: Vec<ArxivId>,
    /// The tags; none holds a comma or a semicolon.
    pub tags: Vec<String>,
    /// Take them away instead.
    #[serde(default)]
    pub remove: bool,
}

/// Papers that are read from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// The papers.
    pub papers: Vec<ArxivId>,
    /// Not read instead.
    #[serde(default)]
    pub unread: bool,
}

/// What came of a note, of tags or of papers that were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Annotated {
    /// How much is other than before.
    pub changed: usize,
    /// Papers that are not in the library, of which nothing was kept.
    pub unknown: Vec<ArxivId>,
    /// What is said of the others now, in the order in which they were named.
    pub papers: Vec<AnnotatedPaper>,
    /// The unknown papers, each with the closest ids that are there and their titles.
    #[serde(skip)]
    pub closest: Vec<(String, Vec<(ArxivId, String)>)>,
}

/// A paper with what the user says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnnotatedPaper {
    /// The paper.
    pub id: ArxivId,
    /// The note.
    pub note: Option<String>,
    /// Tags, in their order.
    pub tags: Vec<String>,
    /// Whether it is read.
    pub read: bool,
}

/// All tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tags {
    /// In their order.
    pub tags: Vec<TagCount>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TagCount {
    /// The tag.
    pub tag: String,
    /// Papers that have it, those that are not in the library included.
    pub papers: u64,
}

impl Relata {
    /// Notes something of a paper.
    ///
    /// # Errors
    /// [`QueryError::NoteTooLong`](crate::error::QueryError::NoteTooLong); what the library
    /// reports.
    pub fn note_paper(&self, request: &NotePaper) -> Result<Annotated> {
        let papers = std::slice::from_ref(&request.paper);
        self.annotate(papers, request.text.trim().is_empty(), |library, ids| {
            ids.iter().try_fold(0, |changed, id| Ok(changed + usize::from(library.set_note(id, &request.text)?)))
        })
    }

    /// Gives papers tags, or takes tags away.
    ///
    /// # Errors
    /// [`QueryError::NotATag`](crate::error::QueryError::NotATag); what the library reports.
    pub fn tag_papers(&self, request: &TagPapers) -> Result<Annotated> {
        let TagPapers { papers, tags, remove } = request;
        self.annotate(papers, *remove, |library, ids| library.set_tags(ids, tags, *remove))
    }

    /// Notes papers as read, or as not read.
    ///
    /// # Errors
    /// What the library reports.
    pub fn mark_read(&self, request: &MarkRead) -> Result<Annotated> {
        let MarkRead { papers, unread } = request;
        self.annotate(papers, *unread, |library, ids| library.set_read(ids, !unread))
    }

    /// All tags, in their order.
    ///
    /// # Errors
    /// What the library reports.
    pub fn tags(&self) -> Result<Tags> {
        let tags = self.existing()?.map_or(Ok(Vec::new()), |library| library.tags())?;
        Ok(Tags { tags: tags.into_iter().map(|(tag, papers)| TagCount { tag, papers }).collect() })
    }

    /// Says something of papers that must be in the library, or while that has none in the sample;
    /// what is taken back need not.
    fn annotate(
        &self,
        papers: &[ArxivId],
        taken_back: bool,
        change: impl FnOnce(&mut Library, &[ArxivId]) -> Result<usize>,
    ) -> Result<Annotated> {
        let mut library = self.own()?;
        let sample = self.sample_instead(&library)?;
        if sample.is_some() {
            self.note(Note::SampleLookedUp);
        }
        let there: &Library = sample.as_deref().unwrap_or(&library);
        let (mut known, mut unknown, mut closest) = (Vec::new(), Vec::new(), Vec::new());
        for id in each_once(papers) {
            if taken_back || there.row_of(&id)?.is_some() {
                known.push(id);
            } else {
                closest.push((id.to_string(), there.closest(id.as_str(), 3)?));
                unknown.push(id);
            }
        }
        let changed = change(&mut library, &known)?;
        let said = |id: ArxivId| {
            let Annotations { note, tags, read } = library.annotations(&id)?;
            Ok(AnnotatedPaper { id, note, tags, read })
        };
        Ok(Annotated { changed, unknown, papers: known.into_iter().map(said).collect::<Result<_>>()?, closest })
    }
}
