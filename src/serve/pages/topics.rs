//! Topics: the tree of those that were found last, a topic's papers, and what has happened.

use askama::Template;
use axum::http::StatusCode;

use super::entries::Entry;
use super::frame::{Frame, counted};
use super::{Answer, Asked, LISTED, Shape, Shown, export, html, json, no_such_shape};
use crate::export::{Chosen, Heading};
use crate::library::Paper;
use crate::service::{Among, TopicTree, TreeTopic};

use super::super::problem::Problem;

/// Runs of the search for topics that are told.
const RUNS: usize = 5;
/// Changes of a run that are told.
const CHANGES: usize = 12;

#[derive(Template)]
#[template(path = "topics.html")]
struct TopicsPage {
    frame: Frame,
    summary: String,
    topics: Vec<Line>,
    runs: Vec<Run>,
}

/// A topic in the tree. Its list and its point are closed by what follows it.
struct Line {
    topic: TreeTopic,
    href: String,
    /// Whether a list of topics begins within this one.
    opens: bool,
    /// Lists that end behind this one.
    closes: usize,
    share: String,
}

struct Run {
    date: String,
    summary: String,
    changes: Vec<String>,
}

#[derive(Template)]
#[template(path = "topic.html")]
struct TopicPage {
    frame: Frame,
    topic: TreeTopic,
    summary: String,
    above: Vec<TreeTopic>,
    below: Vec<TreeTopic>,
    results: Vec<Entry>,
}

/// The page of all topics.
pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let tree = asked.topics()?;
    match asked.shape {
        Shape::Html => {}
        Shape::Json => return json(&tree.as_deref()),
        _ => return Err(no_such_shape()),
    }
    let frame = Frame::of(asked, "topics", "Topics")?.in_answer_forms(asked);
    let summary = tree.as_ref().map_or_else(String::new, |tree| {
        format!("{} in {}, found on {}", counted(tree.papers, "paper"), counted(tree.topics.len(), "topic"), tree.date)
    });
    let topics = tree.as_ref().map_or_else(Vec::new, |tree| lines(tree, &frame));
    html(&TopicsPage { summary, topics, runs: runs(asked)?, frame })
}

fn lines(tree: &TopicTree, frame: &Frame) -> Vec<Line> {
    let most = tree.topics.iter().map(|topic| topic.size).max().unwrap_or(1).max(1);
    let depth = |at: usize| tree.topics.get(at).map_or(0, |topic| topic.depth);
    let line = |(at, topic): (usize, &TreeTopic)| Line {
        href: format!("/topics/{}{}", topic.id, frame.carry),
        opens: depth(at + 1) > topic.depth,
        closes: topic.depth.saturating_sub(depth(at + 1)),
        share: format!("{:.3}", topic.size as f64 / most as f64),
        topic: topic.clone(),
    };
    tree.topics.iter().enumerate().map(line).collect()
}

/// What has happened to the topics.
fn runs(asked: &Asked<'_>) -> Answer<Vec<Run>> {
    let history = asked.relata.topic_history(&Among::new())?.unwrap_or_default();
    let runs = history.runs.into_iter().take(RUNS).map(|run| Run {
        date: run.date.to_string(),
        summary: format!("{}, {} new, {} gone", counted(run.papers, "paper"), run.added, run.removed),
        changes: run.changes.into_iter().take(CHANGES).map(|change| change.text).collect(),
    });
    Ok(runs.collect())
}

/// The page of a topic.
pub(super) fn one(asked: &Asked<'_>) -> Answer<Shown> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "no-such-topic", "there is no topic of this number");
    let number: u32 = asked.part.parse().map_err(|_| none())?;
    let tree = asked.topics()?.ok_or_else(none)?;
    let topic = tree.topic(number)?;
    let k = asked.said("k").and_then(|k| k.parse().ok()).unwrap_or(LISTED).min(super::super::endpoint::MOST_RESULTS);
    let papers = asked.relata.newest_of_topic(&tree, number, usize::try_from(k).unwrap_or(usize::MAX))?;
    match asked.shape {
        Shape::Html => page(asked, &tree, topic, number, &papers),
        Shape::Json => json(&serde_json::json!({
            "topic": topic,
            "papers": papers.iter().map(|paper| &paper.id).collect::<Vec<_>>(),
        })),
        shape => {
            let chosen = |paper| Chosen { paper, score: None, matched: None, text: None, why: String::new() };
            let chosen: Vec<Chosen<'_>> = papers.iter().map(chosen).collect();
            let heading = Heading { title: topic.name.clone(), command: "topics", name: &topic.id };
            export::list(shape, &heading, &chosen)
        }
    }
}

fn page(asked: &Asked<'_>, tree: &TopicTree, topic: &TreeTopic, number: u32, papers: &[Paper]) -> Answer<Shown> {
    let frame = Frame::of(asked, "topics", &*topic.name)?.in_list_forms(asked);
    let entry = |paper: &Paper| {
        let text = paper.abstract_text.as_deref().unwrap_or_default();
        Entry::paper(paper, &super::entries::excerpt(text), None, Vec::new(), &frame)
    };
    html(&TopicPage {
        topic: topic.clone(),
        summary: format!("{} \u{b7} {}", topic.level, counted(topic.size, "paper")),
        above: tree.above(number)?.into_iter().cloned().collect(),
        below: tree.below(topic).cloned().collect(),
        results: papers.iter().map(entry).collect(),
        frame,
    })
}
