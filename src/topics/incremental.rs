//! The incremental update: topics of papers that had topics before.
//!
//! In: the graph of the papers, and the topics of the previous run. Out: partitions, and for each
//! group the number of its topic.
//!
//! A new paper is assigned at once to the topic of most of its neighbourhood, and no topic changes.
//! Once many papers came or went, or the new ones would be a topic of their own, the graph is
//! clustered again, beginning with the topics that are there. The groups are matched with the
//! previous topics, so that a topic keeps its number as long as most of its papers stay together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::graph::Graph;
use super::levels::{count_of_levels, levels, levels_from, ordered};
use super::matching::matched;
use super::names::TopicName;
use super::partition::Partition;
use crate::error::Result;
use crate::library::{KeptPaper, KeptTopic, KeptTopics, PaperRow};
use crate::neighbours::InterruptCheck;
use crate::paper::ArxivId;

/// The graph is clustered again once one in this many papers came or went.
const RECLUSTER_AT: usize = 20;

/// New papers that suffice for a topic of their own: with these, the graph is clustered again at
/// once.
const NEW_TOPIC: usize = 8;

/// Nested partitions of the papers, with the number of each group's topic.
pub(super) struct Grouped {
    /// The coarsest first, each within the one before.
    pub(super) partitions: Vec<Partition>,
    /// The number of the topic, for each level and group.
    pub(super) ids: Vec<Vec<u32>>,
    /// Whether the graph was clustered; otherwise new papers were assigned to the previous topics.
    pub(super) reclustered: bool,
}

impl Grouped {
    /// One level of topics without a history.
    pub(super) fn one_level(partition: Partition) -> Grouped {
        let partitions = ordered(vec![partition]);
        let ids = vec![(1..=partitions[0].count as u32).collect()];
        Grouped { partitions, ids, reclustered: true }
    }
}

/// The topics of the previous run, as seen from the papers of now.
pub(super) struct Previous<'a> {
    pub(super) topics: BTreeMap<u32, &'a KeptTopic>,
    pub(super) levels: usize,
    /// What the previous run stored, for each paper of now; `None` for a new paper.
    pub(super) papers: Vec<Option<KeptPaper>>,
    /// The topic of the finest level of each paper that has gone.
    pub(super) gone: Vec<u32>,
    pub(super) last_topic: u32,
    drift: usize,
}

impl<'a> Previous<'a> {
    pub(super) fn of<Date>(kept: &'a KeptTopics, papers: &[(ArxivId, PaperRow, Date)]) -> Previous<'a> {
        let mut rest: HashMap<PaperRow, KeptPaper> = kept.papers.iter().map(|paper| (paper.row, *paper)).collect();
        let papers: Vec<Option<KeptPaper>> = papers.iter().map(|(_, row, _)| rest.remove(row)).collect();
        let mut gone: Vec<u32> = rest.into_values().map(|paper| paper.topic).collect();
        gone.sort_unstable();
        let levels = kept.topics.iter().map(|topic| topic.level + 1).max().unwrap_or(0);
        let topics = kept.topics.iter().map(|topic| (topic.id, topic)).collect();
        Previous { topics, levels, papers, gone, last_topic: kept.last_topic, drift: kept.drift }
    }

    /// How many papers are new.
    pub(super) fn added(&self) -> usize {
        self.papers.iter().filter(|paper| paper.is_none()).count()
    }

    /// How many papers came or went since the graph was last clustered.
    pub(super) fn drift(&self) -> usize {
        self.drift + self.added() + self.gone.len()
    }

    /// The previous names of groups. A name that somebody gave is fixed; all names are where papers
    /// were only assigned.
    pub(super) fn names(&self, grouped: &Grouped) -> Vec<Vec<Option<TopicName>>> {
        let name_of = |id: &u32| {
            let topic = self.topics.get(id)?;
            topic.name.clone().map(|name| TopicName { name, fixed: topic.given || !grouped.reclustered })
        };
        grouped.ids.iter().map(|level| level.iter().map(name_of).collect()).collect()
    }

    /// The topic of `level` that a topic of the finest level lies in.
    pub(super) fn at_level(&self, finest: u32, level: usize) -> Option<u32> {
        let mut topic = self.topics.get(&finest)?;
        while topic.level > level {
            topic = self.topics.get(&topic.parent?)?;
        }
        (topic.level == level).then_some(topic.id)
    }

    /// The previous level that a level of now corresponds to: the coarsest stays the coarsest and
    /// the finest the finest.
    pub(super) fn level_before(&self, level: usize, levels: usize) -> Option<usize> {
        match (level, self.levels) {
            (_, 0) => None,
            (0, _) => Some(0),
            (level, before) if level + 1 == levels && before > 1 => Some(before - 1),
            (level, before) => (levels == before).then_some(level),
        }
    }
}

/// Clusters papers that have no topics yet.
///
/// # Errors
/// What `check` gives.
pub(super) fn first(graph: &Graph, check: InterruptCheck<'_>) -> Result<Grouped> {
    let partitions = ordered(levels(graph, check)?);
    let mut last_topic = 0;
    let ids = partitions.iter().map(|level| numbered(&vec![None; level.count], &mut last_topic)).collect();
    Ok(Grouped { partitions, ids, reclustered: true })
}

/// Updates the topics of papers that had topics: keeps the assignments where little changed, and
/// clusters again otherwise.
///
/// # Errors
/// What `check` gives.
pub(super) fn update(graph: &Graph, previous: &Previous<'_>, check: InterruptCheck<'_>) -> Result<Grouped> {
    let levels = count_of_levels(graph.len());
    let finest: Vec<Option<u32>> = previous.papers.iter().map(|paper| paper.map(|paper| paper.topic)).collect();
    let finest = assign_new(graph, &finest);
    // The previous topic of each paper, by level; a new paper has that which it was assigned to.
    let before: Vec<Option<Vec<Option<u32>>>> = (0..levels)
        .map(|level| {
            let before = previous.level_before(level, levels)?;
            Some(finest.iter().map(|topic| previous.at_level((*topic)?, before)).collect())
        })
        .collect();
    let known: Option<Vec<Vec<u32>>> = before
        .iter()
        .map(|level| level.as_ref().and_then(|level| level.iter().copied().collect::<Option<Vec<u32>>>()))
        .collect();
    let few = previous.levels == levels && previous.drift() * RECLUSTER_AT < graph.len();
    if let Some(known) = known.filter(|_| few) {
        let unchanged = previous.added() == 0;
        if unchanged || !new_topic(graph, &known, previous, check)? {
            return Ok(keep_assignments(&known));
        }
    }
    recluster(graph, &before, previous, check)
}

/// Keeps the previous topics; new papers are already assigned.
fn keep_assignments(topics: &[Vec<u32>]) -> Grouped {
    let partitions = ordered(topics.iter().map(|level| Partition::new(&dense(level))).collect());
    let ids = partitions.iter().zip(topics).map(|(partition, topics)| {
        let mut ids = vec![0; partition.count];
        partition.groups.iter().zip(topics).for_each(|(group, topic)| ids[*group as usize] = *topic);
        ids
    });
    Grouped { ids: ids.collect(), partitions, reclustered: false }
}

/// Clusters the graph again, beginning with the previous topics.
fn recluster(
    graph: &Graph,
    before: &[Option<Vec<Option<u32>>>],
    previous: &Previous<'_>,
    check: InterruptCheck<'_>,
) -> Result<Grouped> {
    let known: Vec<bool> = previous.papers.iter().map(Option::is_some).collect();
    let partitions = ordered(levels_from(graph, before, &known, check)?);
    let mut last_topic = previous.last_topic;
    let ids = partitions.iter().zip(before).map(|(partition, before)| {
        let stayed = before.iter().flatten().zip(&previous.papers).zip(&partition.groups);
        // Only papers that were there say which topic is which.
        let stayed: Vec<(u32, u32)> = stayed
            .filter(|((_, kept), _)| kept.is_some())
            .filter_map(|((before, _), now)| Some(((*before)?, *now)))
            .collect();
        numbered(&matched(&stayed, partition.count), &mut last_topic)
    });
    Ok(Grouped { ids: ids.collect(), partitions, reclustered: true })
}

/// Numbers groups by the topics that they match. Groups that match no previous topic get new
/// numbers.
fn numbered(matched: &[Option<u32>], last_topic: &mut u32) -> Vec<u32> {
    let number = |known: &Option<u32>| {
        known.unwrap_or_else(|| {
            *last_topic += 1;
            *last_topic
        })
    };
    matched.iter().map(number).collect()
}

/// Assigns each paper without a topic to that of most of its neighbourhood, and papers with only
/// new neighbours after these. A paper stays `None` where no path of edges leads to a paper with a
/// topic.
fn assign_new(graph: &Graph, topics: &[Option<u32>]) -> Vec<Option<u32>> {
    let mut topics = topics.to_vec();
    loop {
        let found: Vec<(usize, u32)> = (0..topics.len())
            .filter(|paper| topics[*paper].is_none())
            .filter_map(|paper| {
                let mut weights: BTreeMap<u32, f64> = BTreeMap::new();
                for (other, weight) in graph.edges(paper) {
                    if let Some(topic) = topics[*other as usize] {
                        *weights.entry(topic).or_default() += f64::from(*weight);
                    }
                }
                // Of equals the first.
                let most = weights.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
                most.map(|(topic, _)| (paper, topic))
            })
            .collect();
        if found.is_empty() {
            return topics;
        }
        found.into_iter().for_each(|(paper, topic)| topics[paper] = Some(topic));
    }
}

/// Whether clustering again would find a topic that consists mostly of new papers.
fn new_topic(graph: &Graph, known: &[Vec<u32>], previous: &Previous<'_>, check: InterruptCheck<'_>) -> Result<bool> {
    let before: Vec<_> = known.iter().map(|level| Some(level.iter().copied().map(Some).collect())).collect();
    let known: Vec<bool> = previous.papers.iter().map(Option::is_some).collect();
    Ok(levels_from(graph, &before, &known, check)?.into_iter().any(|partition| {
        let mut new = vec![0; partition.count];
        partition.groups.iter().zip(&known).for_each(|(group, known)| new[*group as usize] += usize::from(!known));
        new.iter().zip(partition.sizes()).any(|(new, size)| size >= NEW_TOPIC && 2 * new > size)
    }))
}

/// Renumbers topics from 0 without gaps.
fn dense(topics: &[u32]) -> Vec<u32> {
    let numbers: BTreeSet<u32> = topics.iter().copied().collect();
    let places: BTreeMap<u32, u32> = numbers.into_iter().zip(0..).collect();
    topics.iter().map(|topic| places[topic]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::candidates::Rows;
    use super::super::knn::Nearest;
    use super::*;
    use crate::library::KeptTopic;

    /// Papers about one of several things: the heap of each, and its vector.
    fn heaps(of: &[usize], seed: u64) -> Graph {
        const DIMENSION: usize = 24;
        let mut random = fastrand::Rng::with_seed(seed);
        let values = of.iter().flat_map(|heap| {
            let mut row: Vec<f32> = (0..DIMENSION).map(|_| 0.4 * (random.f32() - 0.5)).collect();
            row[*heap] += 1.0;
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.into_iter().map(move |x| x / length).collect::<Vec<f32>>()
        });
        let rows = Rows::new(values.collect(), DIMENSION);
        let nearest = Nearest::find(&rows, super::super::levels::NEAREST, &|_| Ok(())).expect("found");
        super::super::levels::graph(&rows, &nearest)
    }

    fn rows(count: usize) -> Vec<(ArxivId, PaperRow, ())> {
        let id = |row: usize| ArxivId::parse(&format!("2601.{row:05}")).expect("an id").0;
        (0..count).map(|row| (id(row), PaperRow(row as i64), ())).collect()
    }

    /// What is kept of one level of topics, of papers whose rows are their places.
    fn kept_of(topics: &[u32], drift: usize) -> KeptTopics {
        let numbers: BTreeSet<u32> = topics.iter().copied().collect();
        let last_topic = numbers.iter().max().copied().unwrap_or(0);
        let of =
            |id: u32| KeptTopic { id, level: 0, parent: None, name: None, given: false, noted: 1, terms: Vec::new() };
        let paper = |(row, topic): (usize, &u32)| KeptPaper {
            row: PaperRow(row as i64),
            topic: *topic,
            position: [0.0, 0.0],
            strength: None,
        };
        KeptTopics {
            last_topic,
            drift,
            topics: numbers.into_iter().map(of).collect(),
            papers: topics.iter().enumerate().map(paper).collect(),
            ..KeptTopics::default()
        }
    }

    fn topic_of(grouped: &Grouped, level: usize, paper: usize) -> u32 {
        grouped.ids[level][grouped.partitions[level].groups[paper] as usize]
    }

    #[test]
    fn a_few_new_papers_are_placed_and_nothing_else_changes() {
        // The topics are not what a search would find: 9 has all of the first heap, and half of the
        // second.
        let mut of: Vec<usize> = (0..120).map(|paper| paper % 3).collect();
        let topics: Vec<u32> = (0..120).map(|paper| if paper % 3 == 0 || paper % 6 == 1 { 9 } else { 4 }).collect();
        of.extend([0, 2, 2]);
        let kept = kept_of(&topics, 2);
        let papers = rows(123);
        let previous = Previous::of(&kept, &papers);
        let grouped = update(&heaps(&of, 1), &previous, &|| Ok(())).expect("groups");
        assert!(!grouped.reclustered);
        assert_eq!((previous.added(), previous.drift()), (3, 5));
        for (paper, topic) in topics.iter().enumerate() {
            assert_eq!(topic_of(&grouped, 0, paper), *topic);
        }
        assert_eq!([120, 121, 122].map(|paper| topic_of(&grouped, 0, paper)), [9, 4, 4]);
    }

    #[test]
    fn after_many_new_papers_topics_are_sought_and_keep_their_numbers() {
        let of: Vec<usize> = (0..150).map(|paper| if paper < 120 { paper % 3 } else { 3 }).collect();
        let topics: Vec<u32> = (0..120).map(|paper| [7, 2, 5][paper % 3]).collect();
        let kept = kept_of(&topics, 0);
        let papers = rows(150);
        let previous = Previous::of(&kept, &papers);
        let grouped = update(&heaps(&of, 2), &previous, &|| Ok(())).expect("groups");
        assert!(grouped.reclustered);
        assert_eq!(grouped.partitions[0].count, 4);
        assert_eq!([0, 1, 2, 120].map(|paper| topic_of(&grouped, 0, paper)), [7, 2, 5, 8]);
    }

    #[test]
    fn what_would_be_a_topic_of_its_own_is_found_at_once() {
        let begin: Vec<usize> = (0..400).map(|paper| paper % 3).collect();
        let graph = heaps(&begin, 3);
        let grouped = first(&graph, &|| Ok(())).expect("groups");
        assert_eq!(grouped.ids[0], [1, 2, 3]);
        let mut kept = KeptTopics { last_topic: 50, ..KeptTopics::default() };
        for (level, ids) in grouped.ids.iter().enumerate() {
            for id in ids {
                let own = (0..400).find(|paper| topic_of(&grouped, level, *paper) == *id).expect("a paper");
                let parent = (level > 0).then(|| topic_of(&grouped, 0, own));
                kept.topics.push(KeptTopic {
                    id: *id,
                    level,
                    parent,
                    name: None,
                    given: false,
                    noted: 1,
                    terms: Vec::new(),
                });
            }
        }
        let finest = grouped.ids.len() - 1;
        kept.papers = (0..400)
            .map(|paper| KeptPaper {
                row: PaperRow(paper as i64),
                topic: topic_of(&grouped, finest, paper),
                position: [0.0; 2],
                strength: None,
            })
            .collect();
        let grown = |new: &[usize]| {
            let of: Vec<usize> = begin.iter().chain(new).copied().collect();
            let papers = rows(of.len());
            update(&heaps(&of, 3), &Previous::of(&kept, &papers), &|| Ok(())).expect("groups")
        };
        assert!(!grown(&[0, 0, 1, 1, 1, 2, 2, 2, 2, 1, 1]).reclustered, "they belong to what there is");
        let with_another = grown(&[5; 11]);
        assert!(with_another.reclustered, "less than a twentieth, but none of what there is");
        assert!(topic_of(&with_another, finest, 405) > 50);
        assert_eq!(
            [0, 1, 2].map(|paper| topic_of(&with_another, 0, paper)),
            [0, 1, 2].map(|paper| topic_of(&grouped, 0, paper))
        );
    }

    #[test]
    fn papers_that_have_gone_are_counted_and_a_first_level_stays_the_first() {
        let kept = kept_of(&[3, 3, 4, 4, 4], 1);
        let papers = [rows(6)[0].clone(), rows(6)[2].clone(), rows(6)[5].clone()];
        let previous = Previous::of(&kept, &papers);
        assert_eq!((previous.added(), &previous.gone, previous.drift()), (1, &vec![3, 4, 4], 5));
        assert_eq!([0, 1, 2].map(|level| previous.level_before(level, 3)), [Some(0), None, None]);
        let three = KeptTopics {
            topics: (0..3)
                .map(|level| KeptTopic {
                    id: level,
                    level: level as usize,
                    parent: level.checked_sub(1),
                    name: None,
                    given: false,
                    noted: 1,
                    terms: Vec::new(),
                })
                .collect(),
            ..KeptTopics::default()
        };
        let previous = Previous::of(&three, &papers);
        assert_eq!([0, 1, 2].map(|level| previous.at_level(2, level)), [Some(0), Some(1), Some(2)]);
        assert_eq!([0, 1, 2].map(|level| previous.level_before(level, 3)), [Some(0), Some(1), Some(2)]);
        assert_eq!([0, 1].map(|level| previous.level_before(level, 2)), [Some(0), Some(2)]);
    }
}
