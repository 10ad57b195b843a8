//! The map: the canvas of the topic report, with its data from this server.

use askama::Template;

use super::{Answer, Asked, Shape, Shown, assets, html, no_such_shape};

#[derive(Template)]
#[template(path = "map.html")]
struct MapPage {
    title: String,
    summary: String,
    /// Whether topics were found: they say where papers are.
    there: bool,
    /// Whether they can be found from here.
    writes: bool,
    /// What has happened stands on the page of the topics.
    news: Option<()>,
    base: &'static str,
    style: &'static str,
    script: &'static str,
    icon: &'static str,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    if asked.shape != Shape::Html {
        return Err(no_such_shape());
    }
    let tree = asked.topics()?;
    let summary = tree.as_ref().map_or_else(String::new, |tree| {
        format!("{} papers in {} topics, found on {}", tree.papers, tree.topics.len(), tree.date)
    });
    html(&MapPage {
        title: "Map".to_owned(),
        summary,
        there: tree.is_some(),
        writes: asked.app.guard.writes().is_ok(),
        news: None,
        base: assets::address("style"),
        style: assets::address("map"),
        script: assets::address("map-program"),
        icon: assets::address("icon"),
    })
}

/// The data of the map, gzipped.
pub(super) fn data(asked: &Asked<'_>) -> Answer<Shown> {
    let map = asked.map()?.ok_or_else(no_such_shape)?;
    Ok(Shown::Data { kind: "application/octet-stream", bytes: map })
}
