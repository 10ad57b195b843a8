//! Records of OAI-PMH.
//!
//! In: a `record` with its header and its metadata in any of arXiv's formats, or metadata alone.
//! Out: a paper. It is arXiv's own record, as that of the snapshot is, and its date is the
//! datestamp of the header.

use jiff::civil::Date;

use super::super::dates;
use super::super::draft::Origin;
use super::answer::About;
use super::tree::Element;
use super::{Document, dublin_core, metadata};
use crate::error::Result;
use crate::paper::{PartialDate, SourceKind};

/// The header of a record.
#[derive(Default)]
pub(super) struct Header<'t> {
    pub identifier: &'t str,
    pub sets: Vec<&'t str>,
    datestamp: Option<Date>,
    deleted: bool,
}

impl<'t> Header<'t> {
    fn of(record: Element<'t>) -> Header<'t> {
        let Some(header) = record.all("header").next() else { return Header::default() };
        Header {
            identifier: header.told("identifier").unwrap_or_default(),
            sets: header.all("setspec").map(Element::text).filter(|set| !set.is_empty()).collect(),
            datestamp: header.told("datestamp").and_then(dates::leading),
            deleted: header.attribute("status") == Some("deleted"),
        }
    }
}

impl Document<'_> {
    pub(super) fn record(&mut self, record: Element<'_>, line: u64) -> Result<()> {
        let header = Header::of(record);
        match record.all("metadata").flat_map(Element::children).next() {
            Some(metadata) => self.metadata(metadata, &header, line),
            None if header.deleted => {
                self.papers.skip(line, &format!("the record of {} is marked as deleted", header.identifier))
            }
            None => self.papers.skip(line, &format!("the record of {} has no metadata", header.identifier)),
        }
    }

    /// Metadata without a record around them.
    pub(super) fn bare(&mut self, metadata: Element<'_>, line: u64) -> Result<()> {
        self.metadata(metadata, &Header::default(), line)
    }

    fn metadata(&mut self, metadata: Element<'_>, header: &Header<'_>, line: u64) -> Result<()> {
        let mut draft = match metadata.name() {
            "arxivraw" | "arxiv" | "arxivold" => metadata::draft(metadata, header),
            "dc" => dublin_core::draft(metadata, header),
            name => {
                return self.papers.skip(line, &format!("metadata in the format {name} are not read; take arXivRaw"));
            }
        };
        draft.line = line;
        let date = header.datestamp.or_else(|| draft.updated.or(draft.published).and_then(PartialDate::day));
        let origin = Origin { kind: SourceKind::Snapshot, date, listing: None };
        let sets = header.sets.iter().map(|&set| set.to_owned()).collect();
        self.paper(draft, &origin, About { datestamp: header.datestamp, sets, ..About::default() })
    }
}
