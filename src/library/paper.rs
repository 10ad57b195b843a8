//! A paper as the library gives it out: everything that was merged, without who told what.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use super::faults::Faults;
use super::record::{Record, Sourced};
use super::stored::load;
use super::{Annotations, Library, PaperRow};
use crate::error::Result;
use crate::paper::ArxivId;
use crate::paper::{Facet, Listing, Metadata, PartialDate};

/// One stored paper. Its [metadata](Metadata) read as fields of its own: `paper.title`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its number in this file.
    pub row: PaperRow,
    /// Its identifier.
    pub id: ArxivId,
    /// The highest version seen, where a source told one.
    pub version: Option<u32>,
    /// Title, authors, dates and the like.
    pub metadata: Metadata,
    /// Categories, the primary first, the others sorted.
    pub categories: Vec<String>,
    /// The date that `--since` and `--until` ask for: published, else first listed, else updated,
    /// else the month in the id.
    pub date: PartialDate,
    /// Whether it is withdrawn by its authors or by arXiv.
    pub withdrawn: bool,
    /// Links by kind, e.g. `code`.
    pub links: BTreeMap<String, String>,
    /// Generated texts by language and facet.
    pub summaries: BTreeMap<(String, Facet), String>,
    /// The digests that listed it, by file and date.
    pub listings: Vec<Listing>,
    /// The text that is embedded; `None` without a title.
    pub passage: Option<String>,
    /// What the user says of it.
    pub annotations: Annotations,
}

impl Deref for Paper {
    type Target = Metadata;

    fn deref(&self) -> &Metadata {
        &self.metadata
    }
}

impl DerefMut for Paper {
    fn deref_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }
}

impl Library {
    /// The paper of an id, if it is there.
    pub fn paper(&self, id: &ArxivId) -> Result<Option<Paper>> {
        let Some(row) = self.row_of(id)? else { return Ok(None) };
        Ok(self.papers_by_rows(&[row])?.pop())
    }

    /// The papers in these rows, in this order. One that another process has removed meanwhile is
    /// left out.
    pub fn papers_by_rows(&self, rows: &[PaperRow]) -> Result<Vec<Paper>> {
        // One snapshot for all the tables that a paper lies in.
        let _snapshot = self.snapshot()?;
        let annotated = self.has_annotations()?;
        let mut papers = Vec::with_capacity(rows.len());
        for &row in rows {
            if let Some(id) = self.id_of(row)? {
                let record = load(&self.connection, row, &id).in_library(&self.path)?;
                let annotations = if annotated { self.annotations(&id)? } else { Annotations::default() };
                papers.push(Paper::new(row, id, record, annotations));
            }
        }
        Ok(papers)
    }
}

impl Paper {
    fn new(row: PaperRow, id: ArxivId, record: Record, annotations: Annotations) -> Paper {
        fn values<K: Ord>(fields: BTreeMap<K, Sourced<String>>) -> BTreeMap<K, String> {
            fields.into_iter().map(|(key, told)| (key, told.value)).collect()
        }
        Paper {
            row,
            version: (record.version > 0).then_some(record.version),
            categories: record.ordered_categories().into_iter().map(str::to_owned).collect(),
            date: record.date(&id),
            withdrawn: record.is_withdrawn(),
            passage: record.passage(),
            id,
            metadata: record.metadata,
            links: values(record.links),
            summaries: values(record.summaries),
            listings: record.listings.into_iter().collect(),
            annotations,
        }
    }
}
