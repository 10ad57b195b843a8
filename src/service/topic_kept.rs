//! Topics as they were found last: a tree to walk, without finding anything.
//!
//! In: what the library keeps of the last search for topics. Out: [`TopicTree`], and of a tree the
//! papers of a topic, the topics of a paper, and a map.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::Relata;
use super::requests::{NewestOfTopic, OfTopic};
use super::topics::Among;
use crate::error::{Error, Result, TopicsError};
use crate::library::{KeptTopics, Matching, Paper, PaperSet, TopicSet};
use crate::topics;

/// The topics of the last search.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TopicTree {
    /// The day of the search, UTC.
    pub date: Date,
    /// Papers that are in topics.
    pub papers: usize,
    /// The topics in the order of a tree: each before those within it, the largest first.
    pub topics: Vec<TreeTopic>,
    #[serde(skip)]
    pub(super) kept: KeptTopics,
}

/// A topic of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TreeTopic {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its level.
    pub level: &'static str,
    /// Its level, from 0, the coarsest.
    pub depth: usize,
    /// The topic that it lies within.
    pub parent: Option<String>,
    /// How many papers it has.
    pub size: usize,
    #[serde(skip)]
    number: u32,
}

impl Relata {
    /// The topics that were found last among all papers, or among a selection; `None` where none
    /// are kept.
    ///
    /// # Errors
    /// [`TopicsError::OfDays`] for a selection by days, which keeps none; what the library reports.
    pub fn kept_topics(&self, among: &Among) -> Result<Option<TopicTree>> {
        let key = among.key().ok_or(Error::from(TopicsError::OfDays))?;
        let Some((library, fingerprint)) = self.with_vectors()? else { return Ok(None) };
        let kept = library.kept_topics(TopicSet { fingerprint, selection: &key })?;
        Ok(kept.filter(|kept| !kept.topics.is_empty()).map(TopicTree::of))
    }

    /// A topic of those that were found last, and its newest papers.
    ///
    /// # Errors
    /// [`TopicsError::NoSuchTopic`] names the topics that there are; what the library reports.
    pub fn kept_topic(&self, request: &OfTopic) -> Result<NewestOfTopic> {
        let among = Among { search: request.search.clone(), filter: request.filter.clone() };
        let none = || TopicsError::NoSuchTopic { id: request.topic, there: Vec::new() };
        let tree = self.kept_topics(&among)?.ok_or_else(none)?;
        let topic = tree.topic(request.topic)?.clone();
        let papers = self.newest_of_topic(&tree, request.topic, request.k)?;
        Ok(NewestOfTopic { topic, papers: papers.into_iter().map(|paper| paper.id).collect() })
    }

    /// The newest papers of a topic.
    ///
    /// # Errors
    /// [`TopicsError::NoSuchTopic`] names the topics that there are; what the library reports.
    pub fn newest_of_topic(&self, tree: &TopicTree, number: u32, k: usize) -> Result<Vec<Paper>> {
        let Some(library) = self.with_papers()? else { return Ok(Vec::new()) };
        let _view = library.view()?;
        let within = tree.within(number)?;
        let papers = tree.kept.papers.iter().filter(|paper| within.contains(&paper.topic)).map(|paper| paper.row);
        let rows = library.newest(&Matching::Only(PaperSet::new(papers.collect())), k)?;
        library.papers_by_rows(&rows)
    }

    /// A number that stays as long as the topics that were found last among all papers do, with
    /// their names, and no paper is removed; `None` where none are kept.
    ///
    /// # Errors
    /// What the library reports.
    pub fn topics_version(&self) -> Result<Option<u64>> {
        let Some((library, fingerprint)) = self.with_vectors()? else { return Ok(None) };
        library.topics_version(TopicSet { fingerprint, selection: "" })
    }
}

impl TopicTree {
    fn of(kept: KeptTopics) -> TopicTree {
        let depth = kept.topics.iter().map(|topic| topic.level + 1).max().unwrap_or(0);
        let names = topics::level_names(depth);
        let parents: BTreeMap<u32, Option<u32>> = kept.topics.iter().map(|topic| (topic.id, topic.parent)).collect();
        let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
        for paper in &kept.papers {
            *sizes.entry(paper.topic).or_default() += 1;
        }
        // A paper of a topic is one of all that it lies within. Coarser levels come first.
        for topic in kept.topics.iter().rev() {
            let size = sizes.get(&topic.id).copied().unwrap_or(0);
            if let Some(parent) = topic.parent {
                *sizes.entry(parent).or_default() += size;
            }
        }
        let row = |topic: &crate::library::KeptTopic| TreeTopic {
            id: topic.id.to_string(),
            name: topic.name.clone().unwrap_or_else(|| format!("topic {}", topic.id)),
            level: names.get(topic.level).copied().unwrap_or("topic"),
            depth: topic.level,
            parent: parents.get(&topic.id).copied().flatten().map(|parent| parent.to_string()),
            size: sizes.get(&topic.id).copied().unwrap_or(0),
            number: topic.id,
        };
        let mut rows: Vec<TreeTopic> = kept.topics.iter().map(row).collect();
        rows.sort_by(|a, b| b.size.cmp(&a.size).then(a.number.cmp(&b.number)));
        let mut ordered = Vec::with_capacity(rows.len());
        let mut waiting: Vec<&TreeTopic> = rows.iter().filter(|row| row.parent.is_none()).rev().collect();
        while let Some(row) = waiting.pop() {
            ordered.push(row.clone());
            // A topic within itself, which no search makes, would never end.
            let children =
                rows.iter().filter(|child| child.depth == row.depth + 1 && child.parent.as_ref() == Some(&row.id));
            waiting.extend(children.rev());
        }
        TopicTree { date: kept.date, papers: kept.papers.len(), topics: ordered, kept }
    }

    /// A topic by its number.
    ///
    /// # Errors
    /// [`TopicsError::NoSuchTopic`] names the topics that there are.
    pub fn topic(&self, number: u32) -> Result<&TreeTopic> {
        self.topics.iter().find(|topic| topic.number == number).ok_or_else(|| {
            let mut there: Vec<u32> = self.topics.iter().map(|topic| topic.number).collect();
            there.sort_unstable();
            TopicsError::NoSuchTopic { id: number, there }.into()
        })
    }

    /// The topics of a paper, the coarsest first; empty for one that came later.
    pub fn of_paper(&self, paper: &Paper) -> Vec<&TreeTopic> {
        // Papers are in the order of their rows.
        let place = self.kept.papers.binary_search_by(|kept| kept.row.cmp(&paper.row));
        place.map_or_else(|_| Vec::new(), |place| self.line(self.kept.papers[place].topic))
    }

    /// A topic and all that it lies within, the coarsest first.
    fn line(&self, number: u32) -> Vec<&TreeTopic> {
        let mut line = Vec::new();
        let mut next = self.topics.iter().find(|topic| topic.number == number);
        while let Some(topic) = next.filter(|_| line.len() <= self.topics.len()) {
            line.push(topic);
            next = self.topics.iter().find(|other| topic.parent.as_ref() == Some(&other.id));
        }
        line.reverse();
        line
    }

    /// The topics that a topic lies within, the coarsest first.
    ///
    /// # Errors
    /// [`TopicsError::NoSuchTopic`].
    pub fn above(&self, number: u32) -> Result<Vec<&TreeTopic>> {
        self.topic(number)?;
        let mut line = self.line(number);
        line.pop();
        Ok(line)
    }

    /// The topics straight within a topic, the largest first.
    pub fn below<'a>(&'a self, topic: &'a TreeTopic) -> impl Iterator<Item = &'a TreeTopic> {
        self.topics.iter().filter(|child| child.parent.as_ref() == Some(&topic.id))
    }

    /// The numbers of a topic and of all that lie within it.
    fn within(&self, number: u32) -> Result<Vec<u32>> {
        let top = self.topic(number)?;
        let begin = self.topics.iter().position(|topic| topic.number == number).unwrap_or(0);
        let deeper = self.topics[begin + 1..].iter().take_while(|topic| topic.depth > top.depth);
        Ok([number].into_iter().chain(deeper.map(|topic| topic.number)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{KeptPaper, KeptTopic, PaperRow};

    fn tree() -> TopicTree {
        let topic = |id, level, parent| KeptTopic {
            id,
            level,
            parent,
            name: Some(format!("name {id}")),
            given: false,
            noted: 0,
            terms: Vec::new(),
        };
        let paper = |row, topic| KeptPaper { row: PaperRow(row), topic, position: [0.0, 0.0], strength: None };
        TopicTree::of(KeptTopics {
            topics: vec![
                topic(1, 0, None),
                topic(2, 0, None),
                topic(3, 1, Some(1)),
                topic(4, 1, Some(2)),
                topic(5, 1, Some(2)),
            ],
            papers: vec![paper(1, 3), paper(2, 5), paper(3, 5), paper(4, 4), paper(7, 5)],
            ..KeptTopics::default()
        })
    }

    #[test]
    fn a_tree_has_each_topic_before_those_within_it_and_the_largest_first() {
        let tree = tree();
        let told: Vec<(&str, &str, usize)> =
            tree.topics.iter().map(|topic| (&*topic.id, topic.level, topic.size)).collect();
        assert_eq!(
            told,
            [("2", "field", 4), ("5", "topic", 3), ("4", "topic", 1), ("1", "field", 1), ("3", "topic", 1)]
        );
        assert_eq!((tree.papers, tree.topics[1].parent.as_deref()), (5, Some("2")));
    }

    #[test]
    fn topics_lead_up_and_down() {
        let tree = tree();
        let ids = |topics: Vec<&TreeTopic>| topics.iter().map(|topic| topic.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(tree.above(5).expect("above")), ["2"]);
        assert_eq!(ids(tree.below(tree.topic(2).expect("a topic")).collect()), ["5", "4"]);
        assert_eq!(tree.within(2).expect("within"), [2, 5, 4]);
        assert!(tree.within(4).expect("within") == [4] && tree.topic(9).is_err() && tree.above(9).is_err());
    }
}
