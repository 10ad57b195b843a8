//! The topic report: one HTML file that works from `file://`, without a network.
//!
//! In: topics, and the papers' texts from the library. Out: a page. Its data are columns of JSON,
//! gzipped and in base64 (the program in the page unpacks them); what people see who have no
//! JavaScript, or who print, is plain HTML beside them. Style and program are real files in this
//! folder, put together here. The program draws on a canvas: 100,000 points of SVG would be as many
//! elements, and WebGL is missing on many machines.

mod columns;
mod outline;
mod parts;
mod points;
mod rows;
mod scale;
mod texts;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

pub(crate) use self::parts::{page_program, page_style};
pub(crate) use self::points::{MapPoints, points};
pub use self::rows::{RowsPage, page_of_rows};
pub(crate) use self::texts::{Texts, gzipped};

use self::columns::Columns;
use self::outline::{Entry, outline};
use self::parts::{REPORT, dates, made, packed};
use self::time::Time;
use super::changes::in_words;
use super::topic::{Level, News, Topic, Topics};
use crate::error::{Error, Result};
use crate::export::palette::Palette;
use crate::library::{Library, TopicChange};
use crate::paper::{ArxivId, PartialDate};

const STYLE: &str = include_str!("report.css");

/// The program, in this order.
const PROGRAM: [&str; 13] = [
    include_str!("data.js"),
    include_str!("state.js"),
    include_str!("colour.js"),
    include_str!("splat.js"),
    include_str!("labels.js"),
    include_str!("map.js"),
    include_str!("pointer.js"),
    include_str!("trends.js"),
    include_str!("panel.js"),
    include_str!("topics.js"),
    include_str!("news.js"),
    include_str!("search.js"),
    include_str!("main.js"),
];

#[derive(Template)]
#[template(path = "report.html")]
struct Report<'a> {
    title: &'a str,
    summary: &'a str,
    css: &'a str,
    icon: Icon,
    script: &'a str,
    data: &'a str,
    outline: Vec<Entry>,
    news: Option<NewsEntry>,
}

/// The hexadecimal digits of the three dots of the page's icon.
struct Icon {
    large: &'static str,
    middle: &'static str,
    small: &'static str,
}

/// What has happened since the last time.
struct NewsEntry {
    since: String,
    summary: String,
    changes: Vec<Change>,
}

/// What happened to a topic, and papers that did it: link, id and title.
struct Change {
    /// The topic as it can be found on this page, where it is still there.
    id: Option<u32>,
    topic: String,
    what: String,
    papers: Vec<(String, String, String)>,
}

#[derive(Serialize)]
struct Data<'a> {
    title: &'a str,
    /// Whether ids are those of some other source than arXiv, so that they lead nowhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unlinked: bool,
    made: Made,
    months: Vec<String>,
    levels: Vec<LevelData<'a>>,
    papers: Columns,
}

#[derive(Serialize)]
struct Made {
    papers: usize,
    from: String,
    until: String,
}

#[derive(Serialize)]
struct LevelData<'a> {
    name: &'a str,
    topics: Vec<TopicData<'a>>,
}

#[derive(Serialize)]
struct TopicData<'a> {
    id: String,
    name: &'a str,
    terms: Vec<(&'a str, f64)>,
    size: usize,
    parent: Option<usize>,
    x: u16,
    y: u16,
    counts: Vec<usize>,
    central: &'a [usize],
}

/// What a page is made from, whether a library has the papers or not.
struct Content<'a> {
    title: &'a str,
    summary: String,
    levels: &'a [Level],
    /// How many papers a topic has: more than are on the map, where that is a sample.
    size: fn(&Topic) -> usize,
    columns: Columns,
    /// When each paper came, where that is known.
    dates: Vec<Option<PartialDate>>,
    made: Made,
    /// The address of a paper; empty where it has none.
    url: &'a dyn Fn(usize) -> String,
    unlinked: bool,
    news: Option<NewsEntry>,
}

/// The page of these topics, with what has happened to them. `title` is its heading.
///
/// # Errors
/// What the library reports.
pub(crate) fn page(library: &Library, topics: &Topics, news: Option<&News>, title: &str) -> Result<String> {
    let columns = Columns::of_papers(library, topics)?;
    let dates = dates(topics);
    let made = made(&dates);
    written(Content {
        title,
        summary: summary(&topics.levels, &made, undated(&dates)),
        levels: &topics.levels,
        size: |topic| topic.papers.len(),
        news: news.map(|news| news_entry(news, topics, &columns)),
        columns,
        dates,
        made,
        url: &|paper| topics.papers[paper].id.url(),
        unlinked: false,
    })
}

/// How many papers the trend leaves out.
fn undated(dates: &[Option<PartialDate>]) -> usize {
    let time = Time::of(dates.iter().flatten().copied());
    dates.iter().flatten().filter(|date| time.leaves_out(**date)).count()
}

fn written(content: Content<'_>) -> Result<String> {
    let outline = outline(&content);
    let Content { title, levels, size, columns, dates, made, unlinked, .. } = content;
    let time = Time::of(dates.iter().flatten().copied());
    let levels = level_data(levels, &Drawn { dates: &dates, axes: [&columns.x, &columns.y], time: &time, size });
    let data = Data { title, unlinked, made, months: time.labels.clone(), levels, papers: columns };
    let report = Report {
        title,
        summary: &content.summary,
        css: &page_style(),
        icon: icon(),
        script: &page_program(&[REPORT])?,
        data: &STANDARD.encode(packed(&data)?),
        outline,
        news: content.news,
    };
    report.render().map_err(std::io::Error::other).map_err(Error::io("the report"))
}

/// The statement that gives the program its colours.
fn colours() -> Result<String> {
    let of = |section| Palette::of(section).by_scheme();
    let colours = BTreeMap::from([("page", of("map")), ("topics", of("topics"))]);
    let json = serde_json::to_string(&colours).map_err(std::io::Error::other).map_err(Error::io("the report"))?;
    Ok(format!("const COLOURS = {json};\n"))
}

fn icon() -> Icon {
    let colours = Palette::of("icon").by_scheme().remove("light").unwrap_or_default();
    let digits = |name| colours.get(name).map_or("", |colour| colour.trim_start_matches('#'));
    Icon { large: digits("large"), middle: digits("middle"), small: digits("small") }
}

/// `110 papers from 2026-02-14 to 2026-02-20 in 3 fields, 9 topics`, and how many papers the trend
/// by days leaves out.
fn summary(levels: &[Level], made: &Made, undated: usize) -> String {
    let several = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let groups: Vec<String> = levels.iter().map(|level| several(level.topics.len(), level.name)).collect();
    let when = match made.from == made.until {
        true if made.from.is_empty() => String::new(),
        true => format!(" of {}", made.from),
        false => format!(" from {} to {}", made.from, made.until),
    };
    if made.papers == 0 {
        return "No papers.".to_owned();
    }
    let left_out = match undated {
        0 => String::new(),
        count => format!(" ({count} not in the counts by day: only the month is known)"),
    };
    format!("{}{when} in {}{left_out}", several(made.papers, "paper"), groups.join(", "))
}

/// What of the papers the data of a topic need.
struct Drawn<'a> {
    dates: &'a [Option<PartialDate>],
    /// Places on the map, one column for each axis.
    axes: [&'a [u16]; 2],
    time: &'a Time,
    size: fn(&Topic) -> usize,
}

fn level_data<'a>(levels: &'a [Level], drawn: &Drawn<'_>) -> Vec<LevelData<'a>> {
    let of = |level: &'a Level| LevelData {
        name: level.name,
        topics: level.topics.iter().map(|topic| topic_data(topic, drawn)).collect(),
    };
    levels.iter().map(of).collect()
}

fn topic_data<'a>(topic: &'a Topic, drawn: &Drawn<'_>) -> TopicData<'a> {
    // The middle of its papers, which outliers do not move.
    let middle = |column: &[u16]| {
        let mut values: Vec<u16> = topic.papers.iter().map(|paper| column[*paper]).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(0)
    };
    let most = topic.terms.first().map_or(1.0, |term| term.weight).max(f64::MIN_POSITIVE);
    TopicData {
        id: topic.id.to_string(),
        name: &topic.name,
        terms: topic
            .terms
            .iter()
            .map(|term| (term.term.as_str(), (term.weight / most * 1000.0).round().min(1000.0) / 1000.0))
            .collect(),
        size: (drawn.size)(topic),
        parent: topic.parent,
        x: middle(drawn.axes[0]),
        y: middle(drawn.axes[1]),
        counts: drawn.time.counts(topic.papers.iter().filter_map(|paper| drawn.dates[*paper])),
        central: &topic.central,
    }
}

fn news_entry(news: &News, topics: &Topics, columns: &Columns) -> NewsEntry {
    let here: BTreeSet<u32> = topics.levels.iter().flat_map(|level| &level.topics).map(|topic| topic.id).collect();
    let change = |change: &TopicChange| {
        let (topic, what) = in_words(change);
        let paper = |id: &ArxivId| {
            // Papers are in the order of their ids.
            let place = topics.papers.binary_search_by(|paper| paper.id.cmp(id));
            let title = place.map_or_else(|_| id.to_string(), |place| columns.texts.title[place].clone());
            (id.url(), id.to_string(), title)
        };
        let id = Some(change.topic.id).filter(|id| here.contains(id));
        Change { id, topic, what, papers: change.papers.iter().map(paper).collect() }
    };
    NewsEntry {
        since: news.since.to_string(),
        summary: news.came_and_went(),
        changes: news.run.changes.iter().map(change).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_program_ends_it() {
        let program = colours().expect("colours") + &PROGRAM.concat();
        assert!(!program.to_lowercase().contains("</script"));
    }

    #[test]
    fn the_page_has_the_colours_of_the_palette() {
        let colours = colours().expect("colours");
        assert!(colours.starts_with(r##"const COLOURS = {"page":{"dark":{"accent":"#8cb8f0""##), "{colours}");
        assert!(colours.contains(r#""topics":{"dark":{"dot":"0.74 0.14","ink":"0.87 0.075"}"#), "{colours}");
        let Icon { large, middle, small } = icon();
        assert_eq!([large, middle, small], ["4a7fd6", "2f9e78", "d9793c"]);
    }
}
