//! The map: the canvas of the topic report, with its data from this server.
//!
//! The page loads in three steps, so that a picture of many papers need not wait for their titles:
//! `data` are the points and the topics, `texts` the titles and the like in parts, and `arrivals`
//! the papers that came since the topics were found.

use askama::Template;
use axum::http::StatusCode;
use serde::Serialize;

use super::super::problem::Problem;
use super::frame::{Frame, Head};
use super::{Answer, Asked, Shape, Shown, assets, chosen, forms, html, json, no_such_shape};
use crate::paper::ArxivId;
use crate::service::{Arrivals, PaperInfo, Recommend, Related, Row};

/// Related papers of a chosen paper.
const RELATED: usize = 6;

#[derive(Template)]
#[template(path = "map.html")]
struct MapPage {
    head: Head,
    summary: String,
    /// Whether topics were found: they say where papers are.
    there: bool,
    /// What has happened stands on the page of the topics.
    news: Option<()>,
    /// The most papers that are exported and rated at once.
    most: [usize; 2],
    frame: Frame,
    script: &'static str,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    if asked.shape != Shape::Html {
        return Err(no_such_shape());
    }
    let tree = asked.topics()?;
    let frame = Frame::of(asked, "map", "Map")?;
    let summary = tree.as_ref().map_or_else(String::new, |tree| {
        format!("{} papers in {} topics, found on {}", tree.papers, tree.topics.len(), tree.date)
    });
    let style = assets::address(if tree.is_some() { "map" } else { "style" });
    html(&MapPage {
        head: Head { style, ..frame.head.clone() },
        summary,
        there: tree.is_some(),
        news: None,
        most: [chosen::MOST_EXPORTED, chosen::MOST_RATED],
        frame,
        script: assets::address("map-program"),
    })
}

/// The points and the topics, gzipped.
pub(super) fn data(asked: &Asked<'_>) -> Answer<Shown> {
    let (_, map) = asked.map()?.ok_or_else(no_such_shape)?;
    Ok(Shown::Data { kind: "application/octet-stream", bytes: map.points().to_vec().into() })
}

/// A part of the texts, gzipped. Parts are of the points that the address names by their version:
/// those of others would give papers the titles of others.
pub(super) fn texts(asked: &Asked<'_>) -> Answer<Shown> {
    let (version, map) = asked.map()?.ok_or_else(no_such_shape)?;
    if asked.said("of").is_some_and(|of| of != format!("{version:x}")) {
        let detail = "topics were found again since; load the page again";
        return Err(Problem::new(StatusCode::CONFLICT, "other-topics", detail));
    }
    let part = asked.part.parse().map_err(|_| no_such_shape())?;
    let texts = asked.relata.topic_map_texts(&map, part)?.ok_or_else(no_such_shape)?;
    Ok(Shown::Data { kind: "application/octet-stream", bytes: texts.into() })
}

/// Papers that came since, and of which map.
#[derive(Serialize)]
struct Since {
    /// The version of the topics.
    of: String,
    #[serde(flatten)]
    arrivals: Arrivals,
}

/// The papers that came after the topics were found, each with a place.
pub(super) fn arrivals(asked: &Asked<'_>) -> Answer<Shown> {
    let (version, map) = asked.map()?.ok_or_else(no_such_shape)?;
    let tree = asked.topics()?.ok_or_else(no_such_shape)?;
    json(&Since { of: format!("{version:x}"), arrivals: asked.relata.arrivals(&tree, &map)? })
}

/// A paper as the map's panel shows it.
#[derive(Serialize)]
struct OnMap {
    #[serde(flatten)]
    info: PaperInfo,
    /// What the user says of it.
    said: serde_json::Value,
    /// Related papers, the nearest first.
    near: Vec<Row<Related>>,
}

/// All that the panel of a chosen paper shows beside what the map knows.
pub(super) fn paper(asked: &Asked<'_>) -> Answer<Shown> {
    let (id, _) = ArxivId::parse(&asked.part).ok_or_else(no_such_shape)?;
    let info = asked.relata.paper(&id)?;
    let said = forms::said(asked.relata, &id, &asked.profile())?;
    // A paper without a vector has nothing to be compared by.
    let near = asked.relata.recommend(&Recommend::new().like([id]).k(RELATED));
    json(&OnMap { info, said, near: near.map(|answer| answer.results).unwrap_or_default() })
}
