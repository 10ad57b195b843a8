//! The map's points for a server: what the first picture takes and nothing else.
//!
//! In: topics with their papers, by id. Out: a head in JSON (title, levels of topics, trend) and
//! columns of numbers, gzipped. Texts, ten times as many bytes, come after the picture
//! (`texts`).
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | the length of the head, little-endian |
//! | as many | the head |
//! | 2n, 2n | x and y, from 0 to 65535 |
//! | 4n | place of the topic among those of the finest level |
//! | n | strength in hundredths; 128 more where the paper fits its topic badly |

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::super::topic::{AssignedPaper, Topics};
use super::parts::{dates, made};
use super::scale::Scale;
use super::time::Time;
use super::{Drawn, LevelData, Made, level_data};
use crate::error::{Error, Result};
use crate::library::PaperRow;
use crate::paper::{ArxivId, PartialDate};

/// Marks a paper that fits its topic badly.
const WEAK: u8 = 128;

/// What a server keeps of a map.
pub(crate) struct MapPoints {
    /// The points, gzipped.
    pub(crate) data: Vec<u8>,
    /// The papers in the order of the points: by id.
    pub(crate) papers: Vec<(ArxivId, PaperRow, PartialDate)>,
    /// The place of each topic of the finest level among these, by number.
    pub(crate) finest: BTreeMap<u32, usize>,
    scale: Scale,
}

impl MapPoints {
    /// Where a place of the layout lies on the map.
    pub(crate) fn on_map(&self, place: [f32; 2]) -> [u16; 2] {
        self.scale.apply(place)
    }
}

#[derive(Serialize)]
struct Head<'a> {
    title: &'a str,
    made: Made,
    months: Vec<String>,
    levels: Vec<LevelData<'a>>,
    papers: usize,
}

/// The points of topics whose papers are by id.
///
/// # Errors
/// None that a test would not have seen.
pub(crate) fn points(topics: &Topics, title: &str) -> Result<MapPoints> {
    let scale = Scale::of(topics.papers.iter().map(|paper| paper.assigned.position));
    let (x, y): (Vec<u16>, Vec<u16>) =
        topics.papers.iter().map(|paper| scale.apply(paper.assigned.position)).map(|[x, y]| (x, y)).unzip();
    let dates = dates(topics);
    let time = Time::of(topics.papers.iter().map(|paper| paper.date));
    let drawn = Drawn { dates: &dates, axes: [&x, &y], time: &time, size: |topic| topic.papers.len() };
    let head = Head {
        title,
        made: made(&dates),
        months: time.labels.clone(),
        levels: level_data(&topics.levels, &drawn),
        papers: topics.papers.len(),
    };
    let finest = topics.levels.last().into_iter().flat_map(|level| &level.topics);
    Ok(MapPoints {
        data: packed(&head, topics, [&x, &y]).map_err(Error::io("the map"))?,
        papers: topics.papers.iter().map(|paper| (paper.id.clone(), paper.row, paper.date)).collect(),
        finest: finest.enumerate().map(|(place, topic)| (topic.id, place)).collect(),
        scale,
    })
}

fn packed(head: &Head<'_>, topics: &Topics, axes: [&[u16]; 2]) -> std::io::Result<Vec<u8>> {
    let head = serde_json::to_vec(head).map_err(std::io::Error::other)?;
    let length = u32::try_from(head.len()).map_err(std::io::Error::other)?;
    // Fast: numbers hardly shrink, and somebody waits.
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&length.to_le_bytes())?;
    packed.write_all(&head)?;
    for axis in axes {
        packed.write_all(&axis.iter().flat_map(|place| place.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    let topic = |paper: &AssignedPaper| paper.assigned.topics.last().map_or(0, |topic| *topic as u32);
    packed.write_all(&topics.papers.iter().flat_map(|paper| topic(paper).to_le_bytes()).collect::<Vec<u8>>())?;
    let strength = |paper: &AssignedPaper| {
        (paper.assigned.strength.clamp(0.0, 1.0) * 100.0).round() as u8 | if paper.assigned.weak { WEAK } else { 0 }
    };
    packed.write_all(&topics.papers.iter().map(strength).collect::<Vec<u8>>())?;
    packed.finish()
}
