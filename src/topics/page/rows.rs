//! The page of topics that no library has.
//!
//! In: topics of rows, with an id, a title and if wanted a text of each. Out: the page that a
//! library's topics have. Texts may be anybody's: each is put on one line, without what a program
//! might obey and nobody sees, and the page makes text of it and nothing else.

use super::super::topic::RowTopics;
use super::columns::Columns;
use super::parts::made;
use super::{Content, summary, undated, written};
use crate::error::{Error, Result};
use crate::paper::{ArxivId, PartialDate};
use crate::text::neutral::line;

/// What a page shows of topics of rows.
#[derive(Clone, Debug)]
pub struct RowsPage<'a> {
    /// Its heading.
    pub title: &'a str,
    /// The topics. [`Topic::noted`](super::super::Topic::noted) is the size that is shown of a
    /// topic: more than it has rows here, where these are a sample.
    pub topics: &'a RowTopics,
    /// How many rows the topics have in all; more than there are here, where these are a sample.
    pub all: usize,
    /// The id of each row.
    pub ids: &'a [String],
    /// The title of each row.
    pub titles: &'a [String],
    /// Who wrote each row, if that is known.
    pub authors: Option<&'a [String]>,
    /// The text of each row, if texts are to be in the page.
    pub texts: Option<&'a [String]>,
    /// The date of each row, where it has one.
    pub dates: &'a [Option<PartialDate>],
}

/// The page of topics of rows: one HTML file that works without a network. Papers whose ids are all
/// arXiv's are linked with their pages there.
///
/// # Errors
/// None that callers can bring about, where each list has an entry for each row.
pub fn page_of_rows(page: &RowsPage<'_>) -> Result<String> {
    let rows = page.topics.rows.len();
    let optional = |list: Option<&[String]>| list.map_or(rows, <[String]>::len);
    let (authors, texts) = (optional(page.authors), optional(page.texts));
    let fits = [page.ids.len(), page.titles.len(), page.dates.len(), authors, texts];
    if fits.iter().any(|count| *count != rows) {
        return Err(Error::Internal("a page was given lists of different lengths"));
    }
    let arxiv: Option<Vec<ArxivId>> = page.ids.iter().map(|id| Some(ArxivId::parse(id)?.0)).collect();
    let title = line(page.title);
    let mut shown = made(page.dates);
    shown.papers = page.all;
    let mut told = summary(&page.topics.levels, &shown, undated(page.dates));
    if page.all > rows {
        told.push_str(&format!("; {rows} of them are on the map"));
    }
    written(Content {
        title: &title,
        summary: told,
        levels: &page.topics.levels,
        size: |topic| topic.noted,
        columns: Columns::of_rows(page),
        dates: page.dates.to_vec(),
        made: made(page.dates),
        url: &|row| arxiv.as_ref().map_or_else(String::new, |ids| ids[row].url()),
        unlinked: arxiv.is_none(),
        news: None,
    })
}
