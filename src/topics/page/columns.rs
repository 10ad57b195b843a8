//! The papers of a page, a column for each thing that is known of them.
//!
//! In: papers of a library, or rows that no library has, and what they are assigned to. Out: the
//! columns that the program in the page reads.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::topic::{AssignedRow, Level, Topics};
use super::rows::RowsPage;
use super::scale::Scale;
use super::texts::Texts;
use crate::error::Result;
use crate::export::neutral;
use crate::library::{Library, Paper};
use crate::text::neutral::line;

/// With more papers, abstracts would make the file too large to send: 5,000 with abstracts take
/// some 4 MB.
const WITH_ABSTRACTS: usize = 10_000;

/// Papers read at a time.
const TOGETHER: usize = 1000;

/// The papers, one at the same place of each column.
#[derive(Default, Serialize)]
pub(super) struct Columns {
    #[serde(flatten)]
    pub(super) texts: Texts,
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    abstract_text: Option<Vec<String>>,
    pub(super) x: Vec<u16>,
    pub(super) y: Vec<u16>,
    /// Place of the topic of each paper, for each level.
    topics: Vec<Vec<usize>>,
    strength: Vec<f64>,
    second: Vec<i64>,
    weak: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<Vec<Vec<u32>>>,
}

impl Columns {
    /// Those of papers of a library, without what is not harmless in their texts.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn of_papers(library: &Library, topics: &Topics) -> Result<Columns> {
        let assigned: Vec<&AssignedRow> = topics.papers.iter().map(|paper| &paper.assigned).collect();
        let mut columns = Columns::of_assigned(&assigned, &topics.levels);
        let mut abstracts = (topics.papers.len() <= WITH_ABSTRACTS).then(Vec::new);
        for part in topics.papers.chunks(TOGETHER) {
            let rows: Vec<_> = part.iter().map(|placed| placed.row).collect();
            let mut found: BTreeMap<_, Paper> =
                library.papers_by_rows(&rows)?.iter().map(|paper| (paper.row, neutral::paper(paper))).collect();
            for placed in part {
                // One that was removed meanwhile keeps its place: others point at it by number.
                let paper = found.remove(&placed.row);
                columns.texts.push(&placed.id, placed.date, paper.as_ref());
                if let Some(abstracts) = &mut abstracts {
                    abstracts.push(paper.and_then(|paper| paper.metadata.abstract_text).unwrap_or_default());
                }
            }
        }
        columns.abstract_text = abstracts;
        Ok(columns)
    }

    /// Those of rows that no library has.
    pub(super) fn of_rows(page: &RowsPage<'_>) -> Columns {
        let assigned: Vec<&AssignedRow> = page.topics.rows.iter().collect();
        let mut columns = Columns::of_assigned(&assigned, &page.topics.levels);
        for row in 0..assigned.len() {
            let date = page.dates[row].map_or_else(String::new, |date| date.to_string());
            let authors = page.authors.map_or("", |authors| &authors[row]);
            columns.texts.push_bare([&page.ids[row], &page.titles[row], authors], date);
        }
        columns.abstract_text = page.texts.map(|texts| texts.iter().map(|text| line(text).into_owned()).collect());
        // Where nothing is related, the program takes those that are near on the map.
        columns.related = columns.related.filter(|related| related.iter().any(|own| !own.is_empty()));
        columns
    }

    fn of_assigned(rows: &[&AssignedRow], levels: &[Level]) -> Columns {
        let scale = Scale::of(rows.iter().map(|row| row.position));
        let (x, y) = rows.iter().map(|row| scale.apply(row.position)).map(|[x, y]| (x, y)).unzip();
        Columns {
            x,
            y,
            topics: (0..levels.len()).map(|level| rows.iter().map(|row| row.topics[level]).collect()).collect(),
            strength: rows.iter().map(|row| (row.strength * 100.0).round() / 100.0).collect(),
            second: rows.iter().map(|row| row.second.map_or(-1, |second| second as i64)).collect(),
            weak: rows.iter().map(|row| u8::from(row.weak)).collect(),
            related: Some(rows.iter().map(|row| row.related.clone()).collect()),
            ..Columns::default()
        }
    }
}
