//! Topics as a page in the form of the digests, so that it reads as one: a table of contents, what
//! has happened, and a section a topic.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::export::markdown;
use crate::export::neutral;
use crate::library::{Library, Paper};
use crate::text::neutral::markdown as plain;
use crate::topics::{News, Topics, in_words};

/// All topics with all their papers, as a digest: whole or not at all.
pub(super) fn write(library: &Library, topics: &Topics, news: Option<&News>, path: &Path) -> Result<()> {
    crate::files::replace(path, |beside| {
        let mut out = BufWriter::new(File::create(beside)?);
        markdown::contents(&mut out)?;
        let finest = topics.levels.len() - 1;
        let mut order = Vec::new();
        for top in 0..topics.levels[0].topics.len() {
            contents_of(topics, 0, top, &mut order, &mut out)?;
        }
        if let Some(news) = news {
            write_news(news, topics, &mut out)?;
        }
        for at in order {
            let topic = &topics.levels[finest].topics[at];
            markdown::section(&topic.name, &anchor(topic.id), &mut out)?;
            let rows: Vec<_> = topic.papers.iter().map(|paper| topics.papers[*paper].row).collect();
            let papers: Vec<Paper> = library.papers_by_rows(&rows).map_err(std::io::Error::other)?;
            for (rank, paper) in papers.iter().enumerate() {
                markdown::one(rank + 1, &neutral::paper(paper), &mut out)?;
            }
        }
        out.flush()
    })
    .map_err(Error::io(path))
}

/// What has happened, with links to the topics that have a section and to papers.
fn write_news(news: &News, topics: &Topics, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "\n**Since {}:** {}", news.since, news.came_and_went())?;
    writeln!(out)?;
    let finest = topics.levels.len() - 1;
    for change in &news.run.changes {
        let (topic, what) = in_words(change);
        let topic = plain(&topic).into_owned();
        let here = topics.levels[finest].topics.iter().any(|topic| topic.id == change.topic.id);
        let topic = if here { format!("[{topic}](#{})", anchor(change.topic.id)) } else { topic };
        let papers = change.papers.iter().map(|id| format!(" [{id}]({})", id.url())).collect::<String>();
        writeln!(out, "* {topic} {}{papers}", plain(&what))?;
    }
    Ok(())
}

fn contents_of(
    topics: &Topics,
    level: usize,
    at: usize,
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
    markdown::entry(level, &topic.name, &target, topic.papers.len(), out)?;
    if finest {
        order.push(at);
        return Ok(());
    }
    let below = topics.levels[level + 1].topics.iter().enumerate();
    for (place, _) in below.filter(|(_, below)| below.parent == Some(at)) {
        contents_of(topics, level + 1, place, order, out)?;
    }
    Ok(())
}

fn anchor(id: u32) -> String {
    format!("topic-{id}")
}
