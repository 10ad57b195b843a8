//! `relata topics 4`: the papers of one topic, the central ones first.

use console::Style;
use serde_json::{Value, json};

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::library::Paper;
use crate::topics::{Topic, Topics, central_first};

use super::Found;
use super::args::FindTopics;
use crate::cli::answers::filters_json;
use crate::cli::terminal::{Page, printable, say};

/// Writes the papers of a topic, as lines or as JSON. Says which it has listed.
///
/// # Errors
/// [`Error::NoSuchTopic`] names the topics that there are.
pub(super) fn write(found: &Found, asked: &FindTopics, number: u32, page: &mut Page) -> Result<Vec<ArxivId>> {
    let topics = &found.topics;
    let (level, topic) = topic(topics, number)?;
    let places = central_first((&found.library, found.fingerprint), topics, topic)?;
    let shown = &places[..places.len().min(asked.count)];
    let rows: Vec<_> = shown.iter().map(|place| topics.papers[*place].row).collect();
    let papers = found.library.papers_by_rows(&rows)?;
    let listed: Vec<ArxivId> = papers.iter().map(|paper| paper.id.clone()).collect();
    // A paper fits or not among the finest topics.
    let finest = level + 1 == topics.levels.len();
    let weak: Vec<&str> = shown
        .iter()
        .filter(|place| finest && topics.papers[**place].weak)
        .map(|place| topics.papers[*place].id.as_str())
        .collect();
    if asked.json {
        let mut query = filters_json(&asked.how.among.filters);
        query["search"] = json!(asked.how.among.search);
        query["k"] = json!(asked.count);
        let results: Vec<Value> =
            papers.iter().enumerate().map(|(at, paper)| paper_json(at + 1, paper, &weak)).collect();
        page.json(&json!({ "query": query, "topic": topic_json(topics, level, topic), "results": results }))?;
        return Ok(listed);
    }
    let name = page.styled(&Style::new().bold(), &printable(&topic.name));
    let id = page.styled(&Style::new().cyan(), &format!("{:>4}", topic.id));
    page.line(&format!("{id}  {:>6}  {name}", topic.papers.len()))?;
    for (at, paper) in papers.iter().enumerate() {
        let fits = if weak.contains(&paper.id.as_str()) { "(weak fit) " } else { "" };
        let title = printable(paper.title.as_deref().unwrap_or("(no title)"));
        let id = page.styled(&Style::new().cyan(), &format!("{:<10}", paper.id));
        let date = page.styled(&Style::new().dim(), &paper.date.to_string());
        let rank = page.styled(&Style::new().dim(), &format!("{:>12}", at + 1));
        page.line(&format!("{rank}  {id}  {date}  {fits}{title}"))?;
    }
    if shown.len() < places.len() {
        say(&format!("{} of {} papers; all of them: -k {}", shown.len(), places.len(), places.len()));
    }
    Ok(listed)
}

/// A topic by its number, and its level.
fn topic(topics: &Topics, number: u32) -> Result<(usize, &Topic)> {
    let mut all =
        topics.levels.iter().enumerate().flat_map(|(at, level)| level.topics.iter().map(move |one| (at, one)));
    all.clone().find(|(_, topic)| topic.id == number).ok_or_else(|| {
        let mut there: Vec<u32> = all.by_ref().map(|(_, topic)| topic.id).collect();
        there.sort_unstable();
        Error::NoSuchTopic { id: number, there }
    })
}

fn topic_json(topics: &Topics, level: usize, topic: &Topic) -> Value {
    let parent = topic.parent.and_then(|parent| Some(topics.levels.get(level.checked_sub(1)?)?.topics[parent].id));
    let terms: Vec<&str> = topic.terms.iter().map(|term| term.term.as_str()).collect();
    json!({
        "id": topic.id.to_string(), "name": topic.name, "level": topics.levels[level].name, "terms": terms,
        "size": topic.papers.len(), "parent": parent.map(|parent| parent.to_string()),
    })
}

fn paper_json(rank: usize, paper: &Paper, weak: &[&str]) -> Value {
    json!({
        "rank": rank, "id": paper.id.as_str(), "title": paper.title, "authors": paper.authors,
        "date": paper.date.to_string(), "categories": paper.categories, "url": paper.id.url(),
        "weak": weak.contains(&paper.id.as_str()),
    })
}
