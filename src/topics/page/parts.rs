//! The parts of the report, for a server that gives each under an address of its own.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::topic::Topics;
use super::{Data, Made, PROGRAM, STYLE, colours};
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
pub(super) fn made(dates: &[Option<PartialDate>]) -> Made {
    let known = dates.iter().flatten().copied();
    let day = |date: Option<PartialDate>| date.map_or(String::new(), |date| date.to_string());
    Made { papers: dates.len(), from: day(known.clone().min()), until: day(known.max()) }
}

/// When each paper of a library came.
pub(super) fn dates(topics: &Topics) -> Vec<Option<PartialDate>> {
    topics.papers.iter().map(|paper| Some(paper.date)).collect()
}

/// The data in columns, gzipped.
pub(super) fn packed(data: &Data<'_>) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    serde_json::to_vec(data)
        .map_err(std::io::Error::other)
        .and_then(|json| packed.write_all(&json))
        .and_then(|()| packed.finish())
        .map_err(Error::io("the report"))
}
