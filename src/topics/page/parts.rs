//! The parts of the report, for a server that gives each under an address of its own.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::topic::Topics;
use super::time::Time;
use super::{Columns, Data, LevelData, Made, PROGRAM, STYLE, colours, topic_data};
use crate::error::{Error, Result};
use crate::export::palette::Palette;
use crate::paper::PartialDate;

/// How the program of the report begins.
pub(super) const REPORT: &str = "run(readReport);\n";

/// The style sheet, with the colours of the palette.
pub(crate) fn page_style() -> String {
    Palette::of("map").css() + STYLE
}

/// The program, with the colours that it draws in. Behind it stands `more`, which says what it
/// begins with (`run`).
///
/// # Errors
/// None that a test would not have seen.
pub(crate) fn page_program(more: &[&str]) -> Result<String> {
    Ok(colours()? + &PROGRAM.concat() + &more.concat())
}

/// How many papers there are, and from when to when.
pub(super) fn made(topics: &Topics) -> Made {
    let dates = topics.papers.iter().map(|paper| paper.date);
    let day = |date: Option<PartialDate>| date.map_or(String::new(), |date| date.to_string());
    Made { papers: topics.papers.len(), from: day(dates.clone().min()), until: day(dates.max()) }
}

/// The data in columns, gzipped.
pub(super) fn packed(title: &str, topics: &Topics, columns: Columns, time: &Time, made: Made) -> Result<Vec<u8>> {
    let levels = topics.levels.iter().map(|level| LevelData {
        name: level.name,
        topics: level.topics.iter().map(|topic| topic_data(topic, topics, [&columns.x, &columns.y], time)).collect(),
    });
    let levels = levels.collect();
    let data = Data { title, made, months: time.labels.clone(), levels, papers: columns };
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    serde_json::to_vec(&data)
        .map_err(std::io::Error::other)
        .and_then(|json| packed.write_all(&json))
        .and_then(|()| packed.finish())
        .map_err(Error::io("the report"))
}
