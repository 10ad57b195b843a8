//! The topic report: one HTML file that works from `file://`, without a network.
//!
//! In: topics, and the papers' texts from the library. Out: a page. Its data are columns of JSON,
//! gzipped and in base64 (the program in the page unpacks them); what people see who have no
//! JavaScript, or who print, is plain HTML beside them. Style and program are real files in this
//! folder, put together here. The program draws on a canvas: 100,000 points of SVG would be as many
//! elements, and WebGL is missing on many machines.

mod parts;
mod points;
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
pub(crate) use self::texts::{Texts, gzipped};

use self::parts::{REPORT, made, packed};
use self::scale::Scale;
use self::time::Time;
use super::changes::in_words;
use super::topic::{News, Topic, Topics};
use crate::error::{Error, Result};
use crate::export::neutral;
use crate::export::palette::Palette;
use crate::library::{Library, Paper, TopicChange};
use crate::paper::ArxivId;

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

/// With more papers, abstracts would make the file too large to send: 5,000 with abstracts take
/// some 4 MB.
const WITH_ABSTRACTS: usize = 10_000;

/// Papers read at a time.
const TOGETHER: usize = 1000;

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

/// A topic for those who have no JavaScript.
struct Entry {
    level: usize,
    anchor: String,
    name: String,
    size: usize,
    terms: String,
    papers: Vec<Central>,
}

/// One of its central papers.
struct Central {
    title: String,
    url: String,
    authors: String,
    date: String,
    tldr: String,
}

#[derive(Serialize)]
struct Data<'a> {
    title: &'a str,
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

/// The papers, a column each.
#[derive(Default, Serialize)]
struct Columns {
    #[serde(flatten)]
    texts: Texts,
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    abstract_text: Option<Vec<String>>,
    x: Vec<u16>,
    y: Vec<u16>,
    topics: Vec<Vec<usize>>,
    strength: Vec<f64>,
    second: Vec<i64>,
    weak: Vec<u8>,
    related: Vec<Vec<u32>>,
}

/// The page of these topics, with what has happened to them. `title` is its heading.
///
/// # Errors
/// What the library reports.
pub(crate) fn page(library: &Library, topics: &Topics, news: Option<&News>, title: &str) -> Result<String> {
    let columns = columns(library, topics)?;
    let dates = topics.papers.iter().map(|paper| paper.date);
    let time = Time::of(dates.clone());
    let undated = dates.filter(|date| time.leaves_out(*date)).count();
    let made = made(topics);
    let summary = summary(topics, &made, undated);
    let outline = outline(topics, &columns);
    let news = news.map(|news| news_entry(news, topics, &columns));
    let packed = packed(title, topics, columns, &time, made)?;
    let report = Report {
        title,
        summary: &summary,
        css: &page_style(),
        icon: icon(),
        script: &page_program(&[REPORT])?,
        data: &STANDARD.encode(packed),
        outline,
        news,
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
fn summary(topics: &Topics, made: &Made, undated: usize) -> String {
    let several = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let levels: Vec<String> = topics.levels.iter().map(|level| several(level.topics.len(), level.name)).collect();
    let when = match made.from == made.until {
        true => format!("of {}", made.from),
        false => format!("from {} to {}", made.from, made.until),
    };
    if topics.papers.is_empty() {
        return "No papers.".to_owned();
    }
    let left_out = match undated {
        0 => String::new(),
        count => format!(" ({count} not in the counts by day: only the month is known)"),
    };
    format!("{} {when} in {}{left_out}", several(made.papers, "paper"), levels.join(", "))
}

fn columns(library: &Library, topics: &Topics) -> Result<Columns> {
    let mut columns = Columns::default();
    let mut abstracts = Vec::new();
    let scale = Scale::of(topics.papers.iter().map(|paper| paper.position));
    for part in topics.papers.chunks(TOGETHER) {
        let rows: Vec<_> = part.iter().map(|placed| placed.row).collect();
        let mut found: BTreeMap<_, Paper> =
            library.papers_by_rows(&rows)?.iter().map(|paper| (paper.row, neutral::paper(paper))).collect();
        for placed in part {
            // One that was removed meanwhile keeps its place: others point at it by number.
            let paper = found.remove(&placed.row);
            columns.texts.push(&placed.id, placed.date, paper.as_ref());
            if topics.papers.len() <= WITH_ABSTRACTS {
                abstracts.push(paper.and_then(|paper| paper.metadata.abstract_text).unwrap_or_default());
            }
            let [x, y] = scale.apply(placed.position);
            columns.x.push(x);
            columns.y.push(y);
            columns.strength.push((placed.strength * 100.0).round() / 100.0);
            columns.second.push(placed.second.map_or(-1, |second| second as i64));
            columns.weak.push(u8::from(placed.weak));
            columns.related.push(placed.related.clone());
        }
    }
    columns.topics =
        (0..topics.levels.len()).map(|level| topics.papers.iter().map(|paper| paper.topics[level]).collect()).collect();
    columns.abstract_text = (topics.papers.len() <= WITH_ABSTRACTS).then_some(abstracts);
    Ok(columns)
}

/// A topic with its papers' places on the map, one column for each axis.
fn topic_data<'a>(topic: &'a Topic, topics: &Topics, [x, y]: [&[u16]; 2], time: &Time) -> TopicData<'a> {
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
        size: topic.papers.len(),
        parent: topic.parent,
        x: middle(x),
        y: middle(y),
        counts: time.counts(topic.papers.iter().map(|paper| topics.papers[*paper].date)),
        central: &topic.central,
    }
}

/// Topics in the order of a tree; those of the finest level with their central papers.
fn outline(topics: &Topics, columns: &Columns) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut waiting: Vec<(usize, usize)> =
        topics.levels.first().into_iter().flat_map(|level| (0..level.topics.len()).map(|at| (0, at))).rev().collect();
    while let Some((level, at)) = waiting.pop() {
        let topic = &topics.levels[level].topics[at];
        let below = topics.levels.get(level + 1).map_or([].as_slice(), |below| &below.topics);
        let central = if below.is_empty() { topic.central.as_slice() } else { &[] };
        let papers = central.iter().map(|paper| Central {
            title: columns.texts.title[*paper].clone(),
            url: topics.papers[*paper].id.url(),
            authors: columns.texts.authors[*paper].clone(),
            date: columns.texts.date[*paper].clone(),
            tldr: columns.texts.tldr[*paper].clone().unwrap_or_default(),
        });
        let terms: Vec<&str> = topic.terms.iter().map(|term| term.term.as_str()).collect();
        entries.push(Entry {
            level,
            anchor: format!("topic-{}", topic.id),
            name: topic.name.clone(),
            size: topic.papers.len(),
            terms: terms.join(", "),
            papers: papers.collect(),
        });
        let children = below.iter().enumerate().filter(|(_, below)| below.parent == Some(at));
        waiting.extend(children.map(|(place, _)| (level + 1, place)).collect::<Vec<_>>().into_iter().rev());
    }
    entries
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
