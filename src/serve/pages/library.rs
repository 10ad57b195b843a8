//! The library: what it holds, where that comes from, models, disk, and what is being done to it.

use askama::Template;

use super::frame::{Frame, counted};
use super::{Answer, Asked, Shape, Shown, html, json, no_such_shape};
use crate::service::{LibraryInfo, Models, Sources, VectorSet};

/// Categories of papers that are listed.
const CATEGORIES: usize = 20;

#[derive(Template)]
#[template(path = "library.html")]
struct LibraryPage {
    frame: Frame,
    info: LibraryInfo,
    size: String,
    days: String,
    vectors: Vec<VectorSet>,
    categories: Vec<(String, u64)>,
    more: usize,
    sources: Sources,
    models: Models,
    tags: Vec<(String, String, u64)>,
    jobs: Vec<JobLine>,
    offline: bool,
}

/// A job in a list.
pub(super) struct JobLine {
    pub(super) number: u64,
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) asked: String,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let info = asked.relata.info()?;
    match asked.shape {
        Shape::Html => {}
        Shape::Json => return json(&info),
        _ => return Err(no_such_shape()),
    }
    let frame = Frame::of(asked, "library", "Library")?.in_answer_forms(asked);
    let more = frame.carry.replacen('?', "&", 1);
    let tag = |tag: crate::service::TagCount| {
        let href = format!("/search?tag={}{more}", super::frame::encoded(&tag.tag));
        (tag.tag, href, tag.papers)
    };
    html(&LibraryPage {
        size: bytes(info.bytes),
        days: match (info.first_date, info.last_date) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => String::new(),
        },
        vectors: info.vectors.clone(),
        categories: info.categories.iter().take(CATEGORIES).map(|row| (row.name.clone(), row.papers)).collect(),
        more: info.categories.len().saturating_sub(CATEGORIES),
        sources: asked.relata.sources()?,
        models: asked.relata.models(),
        tags: asked.relata.tags()?.tags.into_iter().map(tag).collect(),
        jobs: super::job::lines(asked),
        offline: asked.relata.settings().offline,
        info,
        frame,
    })
}

/// A size for people.
fn bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    while size >= 1000.0 && unit + 1 < units.len() {
        size /= 1000.0;
        unit += 1;
    }
    match bytes {
        0..1000 => counted(usize::try_from(bytes).unwrap_or(0), "byte"),
        _ => format!("{size:.1} {}", units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_units_of_a_thousand() {
        let told = [1, 999, 1000, 1_500_000, 2_000_000_000].map(bytes);
        assert_eq!(told, ["1 byte", "999 bytes", "1.0 kB", "1.5 MB", "2.0 GB"]);
    }
}
