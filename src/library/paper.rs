//! A paper as the library gives it out: everything that was merged, without who told what.

use std::collections::BTreeMap;

use super::faults::Faults;
use super::record::{Record, Told};
use super::stored::load;
use super::{Library, PaperRow};
use crate::error::Result;
use crate::paper::ArxivId;
use crate::paper::{Facet, Listing};
use jiff::civil::Date;

/// One stored paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its number in this file.
    pub row: PaperRow,
    /// Its identifier.
    pub id: ArxivId,
    /// The highest version seen, where a source told one.
    pub version: Option<u32>,
    /// Title on one line.
    pub title: Option<String>,
    /// Abstract on one line.
    pub abstract_text: Option<String>,
    /// Authors in order.
    pub authors: Vec<String>,
    /// Categories, the primary first, the others sorted.
    pub categories: Vec<String>,
    /// Day of the first version.
    pub published: Option<Date>,
    /// Day of the highest version.
    pub updated: Option<Date>,
    /// The day that `--since` and `--until` ask for: published, else first listed, else updated, else the first of the
    /// month in the id.
    pub date: Date,
    /// The authors' comment.
    pub comment: Option<String>,
    /// DOI of the published article.
    pub doi: Option<String>,
    /// Journal reference.
    pub journal: Option<String>,
    /// Links by kind, e.g. `code`.
    pub links: BTreeMap<String, String>,
    /// Generated texts by language and facet.
    pub summaries: BTreeMap<(String, Facet), String>,
    /// The digests that listed it, by file and date.
    pub listings: Vec<Listing>,
    /// The text that is embedded; `None` without a title.
    pub passage: Option<String>,
}

impl Library {
    /// The paper of an id, if it is there.
    pub fn paper(&self, id: &ArxivId) -> Result<Option<Paper>> {
        let Some(row) = self.row_of(id)? else { return Ok(None) };
        Ok(self.papers_by_rows(&[row])?.pop())
    }

    /// The papers in these rows, in this order. One that another process has removed meanwhile is left out.
    pub fn papers_by_rows(&self, rows: &[PaperRow]) -> Result<Vec<Paper>> {
        // One snapshot for all the tables that a paper lies in.
        let _snapshot = self.snapshot()?;
        let mut papers = Vec::with_capacity(rows.len());
        for &row in rows {
            if let Some(id) = self.id_of(row)? {
                let record = load(&self.connection, row, &id).in_library(&self.path)?;
                papers.push(Paper::new(row, id, record));
            }
        }
        Ok(papers)
    }
}

impl Paper {
    fn new(row: PaperRow, id: ArxivId, record: Record) -> Paper {
        fn value<T>(field: Option<Told<T>>) -> Option<T> {
            field.map(|told| told.value)
        }
        fn values<K: Ord>(fields: BTreeMap<K, Told<String>>) -> BTreeMap<K, String> {
            fields.into_iter().map(|(key, told)| (key, told.value)).collect()
        }
        Paper {
            row,
            version: (record.version > 0).then_some(record.version),
            categories: record.ordered_categories().into_iter().map(str::to_owned).collect(),
            date: record.date(&id),
            passage: record.passage(),
            id,
            title: value(record.title),
            abstract_text: value(record.abstract_text),
            authors: value(record.authors).unwrap_or_default(),
            published: value(record.published),
            updated: value(record.updated),
            comment: value(record.comment),
            doi: value(record.doi),
            journal: value(record.journal),
            links: values(record.links),
            summaries: values(record.summaries),
            listings: record.listings.into_iter().collect(),
        }
    }
}
