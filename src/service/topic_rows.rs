//! Topics as data: levels with their topics, and papers with theirs.

use schemars::JsonSchema;
use serde::Serialize;

use super::topic_history::{TopicNews, run_row};
use super::topics::FoundTopics;
use crate::library::Filter;
use crate::paper::{ArxivId, PartialDate};
use crate::topics::{Level, News, Topic};

/// Topics as data.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicsAnswer {
    /// What was asked.
    pub query: TopicsQuery,
    /// The levels, the coarsest first; each topic lies within one of the level before.
    pub levels: Vec<LevelRow>,
    /// Every paper with its topics, by id.
    pub papers: Vec<PaperTopics>,
    /// What has happened since they were found last, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub news: Option<TopicNews>,
}

/// A question as its answer repeats it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TopicsQuery {
    /// The filter.
    #[serde(flatten)]
    pub filter: Filter,
    /// Words that papers had to hold.
    pub search: Option<String>,
    /// The names that papers were sorted under.
    pub into: Vec<String>,
}

/// Topics that are equally fine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LevelRow {
    /// `field`, `topic` or `subtopic`.
    pub name: &'static str,
    /// Those of one parent together, the largest first.
    pub topics: Vec<TopicRow>,
}

/// A topic.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicRow {
    /// Its number, the same as last time where it is the same topic.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its papers hold and others do not, the most telling first.
    pub terms: Vec<WeightedTerm>,
    /// How many papers it has.
    pub size: usize,
    /// The topic of the level before that it lies within.
    pub parent: Option<String>,
    /// The papers nearest to its centre, the nearest first.
    pub central: Vec<ArxivId>,
    /// Its papers, by id.
    pub papers: Vec<ArxivId>,
}

/// A term and how much it tells.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WeightedTerm {
    /// The term.
    pub term: String,
    /// Its weight, to six decimals.
    pub weight: f64,
}

/// A paper among topics.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PaperTopics {
    /// The paper.
    pub id: ArxivId,
    /// Its topic of each level.
    pub topics: Vec<String>,
    /// Share of its neighbourhood that is in its own topic of the finest level, from 0 to 1.
    pub strength: f64,
    /// The topic of the finest level with the next largest share.
    pub second: Option<String>,
    /// Whether it fits its topic badly.
    pub weak: bool,
    /// Where it lies on the map, from left to right.
    pub x: f64,
    /// Where it lies on the map, from top to bottom.
    pub y: f64,
}

/// The papers of one topic.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicPapers {
    /// What was asked.
    pub query: TopicQuery,
    /// The topic.
    pub topic: OneTopic,
    /// Its papers, the central ones first.
    pub results: Vec<TopicPaper>,
}

/// A question as its answer repeats it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicQuery {
    /// The filter.
    #[serde(flatten)]
    pub filter: Filter,
    /// Words that papers had to hold.
    pub search: Option<String>,
    /// Number of papers.
    pub k: usize,
}

/// One topic, without its papers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OneTopic {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its level.
    pub level: &'static str,
    /// What its papers hold and others do not, the most telling first.
    pub terms: Vec<String>,
    /// How many papers it has.
    pub size: usize,
    /// The topic of the level before that it lies within.
    pub parent: Option<String>,
}

/// A paper of a topic.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicPaper {
    /// Place, from 1.
    pub rank: usize,
    /// Its identifier.
    pub id: ArxivId,
    /// Its title on one line.
    pub title: Option<String>,
    /// Its authors in order.
    pub authors: Vec<String>,
    /// Its date.
    pub date: PartialDate,
    /// Its categories, the primary first.
    pub categories: Vec<String>,
    /// Its page on arxiv.org.
    pub url: String,
    /// Whether it fits the topic badly, where that is one of the finest.
    pub weak: bool,
}

impl FoundTopics {
    /// The topics as data.
    pub fn answer(&self) -> TopicsAnswer {
        TopicsAnswer {
            query: self.query.clone(),
            levels: self.levels(),
            papers: self.papers(),
            news: self.news.as_ref().map(|News { since, run }| TopicNews { since: *since, run: run_row(run) }),
        }
    }

    fn levels(&self) -> Vec<LevelRow> {
        let topics = &self.topics;
        let ids = |places: &[usize]| places.iter().map(|place| topics.papers[*place].id.clone()).collect();
        let mut above: Option<&Level> = None;
        let mut levels = Vec::with_capacity(topics.levels.len());
        for level in &topics.levels {
            let row = |topic: &Topic| TopicRow {
                id: topic.id.to_string(),
                name: topic.name.clone(),
                terms: topic
                    .terms
                    .iter()
                    .map(|term| WeightedTerm { term: term.term.clone(), weight: (term.weight * 1e6).round() / 1e6 })
                    .collect(),
                size: topic.papers.len(),
                parent: topic.parent.zip(above).map(|(parent, above)| above.topics[parent].id.to_string()),
                central: ids(&topic.central),
                papers: ids(&topic.papers),
            };
            levels.push(LevelRow { name: level.name, topics: level.topics.iter().map(row).collect() });
            above = Some(level);
        }
        levels
    }

    fn papers(&self) -> Vec<PaperTopics> {
        let topics = &self.topics;
        let id = |level: usize, topic: usize| topics.levels[level].topics[topic].id.to_string();
        let finest = topics.levels.len().saturating_sub(1);
        let papers = topics.papers.iter().map(|paper| PaperTopics {
            id: paper.id.clone(),
            topics: paper.assigned.topics.iter().enumerate().map(|(level, topic)| id(level, *topic)).collect(),
            strength: (paper.assigned.strength * 1e6).round() / 1e6,
            second: paper.assigned.second.map(|second| id(finest, second)),
            weak: paper.assigned.weak,
            x: three_decimals(paper.assigned.position[0]),
            y: three_decimals(paper.assigned.position[1]),
        });
        papers.collect()
    }
}

/// Three decimals place a paper more finely than any screen.
fn three_decimals(x: f32) -> f64 {
    (f64::from(x) * 1e3).round() / 1e3 + 0.0
}
