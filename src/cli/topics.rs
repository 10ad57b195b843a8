//! `relata topics`: what a library is about, as a tree in the terminal, as JSON, or as a page in the form of the digests.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::OnceLock;

use console::Style;
use indicatif::ProgressBar;
use jiff::civil::Date;
use serde_json::json;

use crate::error::{Error, Result};
use crate::export::markdown;
use crate::library::{Library, Paper, PaperSet};
use crate::topics::{Step, Topics, Wanted, find, into};

use super::answers::{filter, filters_json};
use super::args::Topics as Asked;
use super::terminal::{Page, printable, progress, say};
use super::{Context, Fetching, Outcome};

/// Topics that are listed where nothing is said of levels.
const LISTED: usize = 100;

/// Bars of a spark line.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SPARK: usize = 12;

pub(super) fn run(context: &Context, asked: &Asked, page: &mut Page) -> Result<Outcome> {
    let filter = filter(&asked.filters)?;
    let (mut library, sample) = context.open_or_sample()?;
    let mut engine = context.engine()?;
    let (fingerprint, _) = context.catch_up(&mut engine, &mut library, sample)?;
    let within = within(&library, asked, &filter)?;
    let bar: OnceLock<ProgressBar> = OnceLock::new();
    let step = |step| match step {
        Step::Comparing(blocks) => {
            bar.get_or_init(|| progress(blocks, "comparing", "{msg} {wide_bar} {percent}% {eta}"));
        }
        Step::Compared(blocks) => bar.get().into_iter().for_each(|bar| bar.inc(blocks)),
        Step::Grouping => bar.get().into_iter().for_each(|bar| bar.set_message("grouping")),
        Step::Drawing => bar.get().into_iter().for_each(|bar| bar.set_message("drawing")),
        Step::Naming => bar.get().into_iter().for_each(|bar| bar.set_message("naming")),
    };
    let topics = if asked.into.is_empty() {
        find(&library, fingerprint, within.as_ref(), &step)?
    } else {
        let wanted: Vec<Wanted> = asked.into.iter().map(|name| Wanted::parse(name)).collect();
        if wanted.iter().any(|wanted| wanted.name.is_empty()) {
            return Err(Error::EmptyQuery);
        }
        let mut fetch = Fetching::default();
        let mut embed = |texts: &[String]| engine.embed_passages(texts, &mut |event| fetch.show(event));
        into(&library, (fingerprint, within.as_ref()), (&wanted, asked.threshold), &mut embed, &step)?
    };
    if let Some(bar) = bar.get() {
        bar.finish_and_clear();
    }
    if topics.papers.is_empty() {
        say("No paper is left to find topics among. Fewer filters may help.");
        return Ok(Outcome::Nothing);
    }
    if let Some(path) = &asked.markdown {
        write_markdown(&library, &topics, path)?;
        say(&format!("Wrote {}.", path.display()));
    }
    if let Some(path) = &asked.html {
        let page = crate::topics::page(&library, &topics, &title(asked, topics.papers.len()))?;
        crate::derived::replace(path, |beside| fs::write(beside, page)).map_err(Error::io(path))?;
        say(&format!("Wrote {}.", path.display()));
    }
    if asked.json {
        let mut query = filters_json(&asked.filters);
        query["search"] = json!(asked.search);
        query["into"] = json!(asked.into);
        page.json(&json!({ "query": query, "levels": levels_json(&topics), "papers": papers_json(&topics) }))?;
    } else {
        write_tree(&library, &topics, asked.levels, page)?;
    }
    Ok(Outcome::Done)
}

/// What the page is of: the words and categories that were asked for, else all papers.
fn title(asked: &Asked, papers: usize) -> String {
    let what: Vec<&str> =
        asked.search.iter().chain(&asked.filters.category).chain(&asked.filters.author).map(String::as_str).collect();
    if what.is_empty() { format!("Topics of {papers} papers") } else { format!("Topics of {}", what.join(", ")) }
}

fn within(library: &Library, asked: &Asked, filter: &crate::library::Filter) -> Result<Option<PaperSet>> {
    let matching = library.matching(filter)?;
    let Some(words) = &asked.search else { return Ok(matching) };
    let holding = library.holding(words)?;
    Ok(Some(match matching {
        Some(matching) => matching.intersect(&holding),
        None => holding,
    }))
}

fn levels_json(topics: &Topics) -> serde_json::Value {
    let ids = |places: &[usize]| places.iter().map(|place| topics.papers[*place].id.as_str()).collect::<Vec<_>>();
    let mut above: Option<&crate::topics::Level> = None;
    let levels = topics.levels.iter().map(|level| {
        let rows: Vec<_> = level
            .topics
            .iter()
            .map(|topic| {
                let parent = topic.parent.zip(above).map(|(parent, above)| above.topics[parent].id.to_string());
                let terms: Vec<_> = topic
                    .terms
                    .iter()
                    .map(|term| json!({ "term": term.term, "weight": (term.weight * 1e6).round() / 1e6 }))
                    .collect();
                json!({
                    "id": topic.id.to_string(), "name": topic.name, "terms": terms, "size": topic.papers.len(),
                    "parent": parent, "central": ids(&topic.central), "papers": ids(&topic.papers),
                })
            })
            .collect();
        above = Some(level);
        json!({ "name": level.name, "topics": rows })
    });
    levels.collect()
}

fn papers_json(topics: &Topics) -> serde_json::Value {
    let id = |level: usize, topic: usize| topics.levels[level].topics[topic].id.to_string();
    let finest = topics.levels.len() - 1;
    let papers = topics.papers.iter().map(|paper| {
        let own: Vec<String> = paper.topics.iter().enumerate().map(|(level, topic)| id(level, *topic)).collect();
        json!({
            "id": paper.id.as_str(), "topics": own, "strength": (paper.strength * 1e6).round() / 1e6,
            "second": paper.second.map(|second| id(finest, second)), "weak": paper.weak,
            "x": three(paper.place[0]), "y": three(paper.place[1]),
        })
    });
    papers.collect()
}

/// Three decimals place a paper more finely than any screen.
fn three(x: f32) -> f64 {
    (f64::from(x) * 1e3).round() / 1e3 + 0.0
}

/// The tree, one line a topic, and below those of the last level that is listed their central papers.
fn write_tree(library: &Library, topics: &Topics, levels: Option<usize>, page: &mut Page) -> Result<()> {
    let counts: Vec<usize> = topics.levels.iter().map(|level| level.topics.len()).collect();
    let fits = counts
        .iter()
        .scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        })
        .take_while(|sum| *sum <= LISTED)
        .count();
    let shown = levels.unwrap_or(fits.max(1)).min(counts.len());
    let dates: Vec<Date> = topics.papers.iter().map(|paper| paper.date).collect();
    let first = dates.iter().min().copied().unwrap_or(Date::ZERO);
    let last = dates.iter().max().copied().unwrap_or(Date::ZERO);
    for topic in 0..counts[0] {
        write_topic(library, topics, (0, topic), shown, (first, last), page)?;
    }
    let weak = topics.papers.iter().filter(|paper| paper.weak).count();
    let found: Vec<String> = topics
        .levels
        .iter()
        .map(|level| format!("{} {}{}", level.topics.len(), level.name, if level.topics.len() == 1 { "" } else { "s" }))
        .collect();
    let weak = if weak > 0 { format!(", {weak} of them a weak fit") } else { String::new() };
    let more = if shown < counts.len() { format!(" Finer ones: --levels {}", counts.len()) } else { String::new() };
    say(&format!("{} papers{weak}: {}, {first} to {last}.{more}", topics.papers.len(), found.join(", ")));
    Ok(())
}

fn write_topic(
    library: &Library,
    topics: &Topics,
    (level, at): (usize, usize),
    shown: usize,
    (first, last): (Date, Date),
    page: &mut Page,
) -> Result<()> {
    let topic = &topics.levels[level].topics[at];
    let dates = topic.papers.iter().map(|paper| topics.papers[*paper].date);
    let indent = 2 * level;
    let id = page.styled(&Style::new().cyan(), &format!("{:>4}", topic.id));
    let name = if level == 0 { Style::new().bold() } else { Style::new() };
    let name = page.styled(&name, &printable(&topic.name));
    // Of a single day there is nothing to tell over time.
    let spark = if first < last { format!("{}  ", spark(dates, first, last)) } else { String::new() };
    let width = spark.chars().count();
    let spark = page.styled(&Style::new().dim(), &spark);
    page.line(&format!("{id}  {:>6}  {spark}{:indent$}{name}", topic.papers.len(), ""))?;
    if level + 1 < shown {
        let below = topics.levels[level + 1].topics.iter().enumerate();
        for (place, _) in below.filter(|(_, below)| below.parent == Some(at)) {
            write_topic(library, topics, (level + 1, place), shown, (first, last), page)?;
        }
        return Ok(());
    }
    // One paper says what a fine topic is; where there are few topics there is room for more.
    let most = if topics.levels.iter().map(|level| level.topics.len()).sum::<usize>() <= 20 { 3 } else { 1 };
    let rows: Vec<_> = topic.central.iter().take(most).map(|paper| topics.papers[*paper].row).collect();
    let weak: Vec<_> = topic.central.iter().map(|paper| &topics.papers[*paper]).filter(|paper| paper.weak).collect();
    for paper in library.papers_by_rows(&rows)? {
        let mut title = printable(paper.title.as_deref().unwrap_or("(no title)")).into_owned();
        if weak.iter().any(|weak| weak.id == paper.id) {
            title = format!("(weak fit) {title}");
        }
        let id = page.styled(&Style::new().cyan(), paper.id.as_str());
        let title = page.styled(&Style::new().dim(), &title);
        page.line(&format!("{:1$}{id}  {title}", "", 14 + width + indent))?;
    }
    Ok(())
}

/// How many papers there are over time, from the first day to the last, in twelve bars; a blank where there is none.
fn spark(dates: impl Iterator<Item = Date>, first: Date, last: Date) -> String {
    let days = |date: Date| date.duration_since(first).as_hours() / 24;
    let span = days(last) + 1;
    let mut counts = [0usize; SPARK];
    for date in dates {
        let bar = days(date) * SPARK as i64 / span;
        counts[usize::try_from(bar).unwrap_or(0).min(SPARK - 1)] += 1;
    }
    let most = counts.iter().max().copied().unwrap_or(1).max(1);
    let bar = |count: usize| if count == 0 { ' ' } else { BARS[(count * BARS.len()).div_ceil(most) - 1] };
    counts.into_iter().map(bar).collect()
}

/// All topics with all their papers, as a digest: whole or not at all.
fn write_markdown(library: &Library, topics: &Topics, path: &Path) -> Result<()> {
    crate::derived::replace(path, |beside| {
        let mut out = BufWriter::new(File::create(beside)?);
        markdown::contents(&mut out)?;
        let finest = topics.levels.len() - 1;
        let mut order = Vec::new();
        for top in 0..topics.levels[0].topics.len() {
            contents_of(topics, (0, top), &mut order, &mut out)?;
        }
        for at in order {
            let topic = &topics.levels[finest].topics[at];
            markdown::section(&plain(&topic.name), &anchor(topic.id), &mut out)?;
            let rows: Vec<_> = topic.papers.iter().map(|paper| topics.papers[*paper].row).collect();
            let papers: Vec<Paper> = library.papers_by_rows(&rows).map_err(std::io::Error::other)?;
            for (rank, paper) in papers.iter().enumerate() {
                markdown::one(rank + 1, paper, &mut out)?;
            }
        }
        out.flush()
    })
    .map_err(Error::io(path))
}

fn contents_of(
    topics: &Topics,
    (level, at): (usize, usize),
    order: &mut Vec<usize>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let topic = &topics.levels[level].topics[at];
    let finest = level + 1 == topics.levels.len();
    // What has no section of its own is found at the first of its topics.
    let mut first = (level, at);
    while let Some(below) = topics.levels.get(first.0 + 1) {
        let place = below.topics.iter().position(|topic| topic.parent == Some(first.1)).unwrap_or(0);
        first = (first.0 + 1, place);
    }
    let target = anchor(topics.levels[first.0].topics[first.1].id);
    markdown::entry(level, &plain(&topic.name), &target, topic.papers.len(), out)?;
    if finest {
        order.push(at);
        return Ok(());
    }
    let below = topics.levels[level + 1].topics.iter().enumerate();
    for (place, _) in below.filter(|(_, below)| below.parent == Some(at)) {
        contents_of(topics, (level + 1, place), order, out)?;
    }
    Ok(())
}

fn anchor(id: u32) -> String {
    format!("topic-{id}")
}

/// Without what would end a link.
fn plain(name: &str) -> String {
    name.replace(['[', ']'], "")
}
