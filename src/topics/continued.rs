//! Topics of papers that had topics before.
//!
//! In: the graph of the papers, and the topics that were found last. Out: partitions, and for each group the number of its topic.
//!
//! New papers are placed at once, each where most of its neighbourhood is, and no topic changes. Once papers that came or went are
//! many, or new ones would be a topic of their own, topics are sought anew, beginning with those that are there. What is found is matched with what
//! was there, so that a topic keeps its number as long as most of it is together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::graph::Graph;
use super::leiden::Partition;
use super::levels::{count_of_levels, levels, levels_from, ordered};
use super::matching::matched;
use super::names::Called;
use crate::library::{KeptPaper, KeptTopic, KeptTopics, PaperRow};
use crate::paper::ArxivId;

/// Topics are sought anew once one of so many papers came or went.
const ENOUGH: usize = 20;

/// Papers of a topic that is found at once, and not only when many came.
const NEW_TOPIC: usize = 8;

/// Partitions and what their groups are.
pub(super) struct Grouped {
    /// The coarsest first, each within the one before.
    pub(super) partitions: Vec<Partition>,
    /// For each level and group the number of its topic.
    pub(super) ids: Vec<Vec<u32>>,
    /// Whether topics were sought; else papers were placed among those that were there.
    pub(super) sought: bool,
}

impl Grouped {
    /// One level of topics without a history.
    pub(super) fn one_level(partition: Partition) -> Grouped {
        let partitions = ordered(vec![partition]);
        let ids = vec![(1..=partitions[0].count as u32).collect()];
        Grouped { partitions, ids, sought: true }
    }
}

/// The topics that were found last, as far as they concern the papers of now.
pub(super) struct Last<'a> {
    pub(super) topics: BTreeMap<u32, &'a KeptTopic>,
    pub(super) levels: usize,
    /// For each paper of now what was kept of it.
    pub(super) papers: Vec<Option<KeptPaper>>,
    /// The topic of the finest level of each paper that has gone.
    pub(super) gone: Vec<u32>,
    pub(super) last_topic: u32,
    drift: usize,
}

impl<'a> Last<'a> {
    pub(super) fn of<Date>(kept: &'a KeptTopics, papers: &[(ArxivId, PaperRow, Date)]) -> Last<'a> {
        let mut rest: HashMap<PaperRow, KeptPaper> = kept.papers.iter().map(|paper| (paper.row, *paper)).collect();
        let papers: Vec<Option<KeptPaper>> = papers.iter().map(|(_, row, _)| rest.remove(row)).collect();
        let mut gone: Vec<u32> = rest.into_values().map(|paper| paper.topic).collect();
        gone.sort_unstable();
        let levels = kept.topics.iter().map(|topic| topic.level + 1).max().unwrap_or(0);
        let topics = kept.topics.iter().map(|topic| (topic.id, topic)).collect();
        Last { topics, levels, papers, gone, last_topic: kept.last_topic, drift: kept.drift }
    }

    /// How many papers are new.
    pub(super) fn added(&self) -> usize {
        self.papers.iter().filter(|paper| paper.is_none()).count()
    }

    /// How many came or went since topics were last sought.
    pub(super) fn drift(&self) -> usize {
        self.drift + self.added() + self.gone.len()
    }

    /// The names that groups have had. Somebody's own stay, and all do where papers were only placed.
    pub(super) fn names(&self, grouped: &Grouped) -> Vec<Vec<Option<Called>>> {
        let called = |id: &u32| {
            let topic = self.topics.get(id)?;
            topic.name.clone().map(|name| Called { name, firmly: topic.given || !grouped.sought })
        };
        grouped.ids.iter().map(|level| level.iter().map(called).collect()).collect()
    }

    /// The topic of a level that one of the finest level lies in.
    pub(super) fn at_level(&self, finest: u32, level: usize) -> Option<u32> {
        let mut topic = self.topics.get(&finest)?;
        while topic.level > level {
            topic = self.topics.get(&topic.parent?)?;
        }
        (topic.level == level).then_some(topic.id)
    }

    /// Which level of before is this one of now: the coarsest stays the coarsest and the finest the finest.
    pub(super) fn level_before(&self, level: usize, levels: usize) -> Option<usize> {
        match (level, self.levels) {
            (_, 0) => None,
            (0, _) => Some(0),
            (level, before) if level + 1 == levels && before > 1 => Some(before - 1),
            (level, before) => (levels == before).then_some(level),
        }
    }
}

/// The topics of papers that have none yet.
pub(super) fn first(graph: &Graph) -> Grouped {
    let partitions = ordered(levels(graph));
    let mut last = 0;
    let ids = partitions.iter().map(|level| numbered(&vec![None; level.count], &mut last)).collect();
    Grouped { partitions, ids, sought: true }
}

/// The topics of papers that had topics.
pub(super) fn again(graph: &Graph, last: &Last<'_>) -> Grouped {
    let levels = count_of_levels(graph.len());
    let finest: Vec<Option<u32>> = last.papers.iter().map(|paper| paper.map(|paper| paper.topic)).collect();
    let finest = placed(graph, &finest);
    // For each level the topic of before, of new papers that where they were placed.
    let before: Vec<Option<Vec<Option<u32>>>> = (0..levels)
        .map(|level| {
            let before = last.level_before(level, levels)?;
            Some(finest.iter().map(|topic| last.at_level((*topic)?, before)).collect())
        })
        .collect();
    let known: Option<Vec<Vec<u32>>> = before
        .iter()
        .map(|level| level.as_ref().and_then(|level| level.iter().copied().collect::<Option<Vec<u32>>>()))
        .collect();
    let few = last.levels == levels && last.drift() * ENOUGH < graph.len();
    if let Some(known) = known.filter(|_| few) {
        let unchanged = last.added() == 0;
        if unchanged || !new_topic(graph, &known, last) {
            return kept(&known);
        }
    }
    sought(graph, &before, last)
}

/// The topics that there were.
fn kept(topics: &[Vec<u32>]) -> Grouped {
    let partitions = ordered(topics.iter().map(|level| Partition::new(&dense(level))).collect());
    let ids = partitions.iter().zip(topics).map(|(partition, topics)| {
        let mut ids = vec![0; partition.count];
        partition.groups.iter().zip(topics).for_each(|(group, topic)| ids[*group as usize] = *topic);
        ids
    });
    Grouped { ids: ids.collect(), partitions, sought: false }
}

/// Topics that are sought from where they were.
fn sought(graph: &Graph, before: &[Option<Vec<Option<u32>>>], last: &Last<'_>) -> Grouped {
    let known: Vec<bool> = last.papers.iter().map(Option::is_some).collect();
    let partitions = ordered(levels_from(graph, before, &known));
    let mut last_topic = last.last_topic;
    let ids = partitions.iter().zip(before).map(|(partition, before)| {
        let stayed = before.iter().flatten().zip(&last.papers).zip(&partition.groups);
        // Only papers that were there say which topic is which.
        let stayed: Vec<(u32, u32)> = stayed
            .filter(|((_, kept), _)| kept.is_some())
            .filter_map(|((before, _), now)| Some(((*before)?, *now)))
            .collect();
        numbered(&matched(&stayed, partition.count), &mut last_topic)
    });
    Grouped { ids: ids.collect(), partitions, sought: true }
}

/// Groups that are nothing known get the next numbers.
fn numbered(matched: &[Option<u32>], last: &mut u32) -> Vec<u32> {
    let number = |known: &Option<u32>| {
        known.unwrap_or_else(|| {
            *last += 1;
            *last
        })
    };
    matched.iter().map(number).collect()
}

/// Papers without a topic get that in which most of their neighbourhood is; those that have only new neighbours come after these. `None` is
/// left where nothing leads to a paper with a topic.
fn placed(graph: &Graph, topics: &[Option<u32>]) -> Vec<Option<u32>> {
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

/// Whether a search would find a topic that is mostly new papers.
fn new_topic(graph: &Graph, known: &[Vec<u32>], last: &Last<'_>) -> bool {
    let before: Vec<_> = known.iter().map(|level| Some(level.iter().copied().map(Some).collect())).collect();
    let known: Vec<bool> = last.papers.iter().map(Option::is_some).collect();
    levels_from(graph, &before, &known).into_iter().any(|partition| {
        let mut new = vec![0; partition.count];
        partition.groups.iter().zip(&known).for_each(|(group, known)| new[*group as usize] += usize::from(!known));
        new.iter().zip(partition.sizes()).any(|(new, size)| size >= NEW_TOPIC && 2 * new > size)
    })
}

/// Numbers from 0 without gaps.
fn dense(topics: &[u32]) -> Vec<u32> {
    let numbers: BTreeSet<u32> = topics.iter().copied().collect();
    let places: BTreeMap<u32, u32> = numbers.into_iter().zip(0..).collect();
    topics.iter().map(|topic| places[topic]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::candidates::Rows;
    use super::super::near::Nearest;
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
        let nearest = Nearest::find(&rows, super::super::levels::NEAREST, &|_| ()).expect("found");
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
        let of = |id: u32| KeptTopic { id, level: 0, parent: None, name: None, given: false, noted: 1 };
        let paper =
            |(row, topic): (usize, &u32)| KeptPaper { row: PaperRow(row as i64), topic: *topic, place: [0.0, 0.0] };
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
        // The topics are not what a search would find: 9 has all of the first heap, and half of the second.
        let mut of: Vec<usize> = (0..120).map(|paper| paper % 3).collect();
        let topics: Vec<u32> = (0..120).map(|paper| if paper % 3 == 0 || paper % 6 == 1 { 9 } else { 4 }).collect();
        of.extend([0, 2, 2]);
        let kept = kept_of(&topics, 2);
        let papers = rows(123);
        let last = Last::of(&kept, &papers);
        let grouped = again(&heaps(&of, 1), &last);
        assert!(!grouped.sought);
        assert_eq!((last.added(), last.drift()), (3, 5));
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
        let last = Last::of(&kept, &papers);
        let grouped = again(&heaps(&of, 2), &last);
        assert!(grouped.sought);
        assert_eq!(grouped.partitions[0].count, 4);
        assert_eq!([0, 1, 2, 120].map(|paper| topic_of(&grouped, 0, paper)), [7, 2, 5, 8]);
    }

    #[test]
    fn what_would_be_a_topic_of_its_own_is_found_at_once() {
        let begin: Vec<usize> = (0..400).map(|paper| paper % 3).collect();
        let graph = heaps(&begin, 3);
        let grouped = first(&graph);
        assert_eq!(grouped.ids[0], [1, 2, 3]);
        let mut kept = KeptTopics { last_topic: 50, ..KeptTopics::default() };
        for (level, ids) in grouped.ids.iter().enumerate() {
            for id in ids {
                let own = (0..400).find(|paper| topic_of(&grouped, level, *paper) == *id).expect("a paper");
                let parent = (level > 0).then(|| topic_of(&grouped, 0, own));
                kept.topics.push(KeptTopic { id: *id, level, parent, name: None, given: false, noted: 1 });
            }
        }
        let finest = grouped.ids.len() - 1;
        kept.papers = (0..400)
            .map(|paper| KeptPaper {
                row: PaperRow(paper as i64),
                topic: topic_of(&grouped, finest, paper),
                place: [0.0; 2],
            })
            .collect();
        let grown = |new: &[usize]| {
            let of: Vec<usize> = begin.iter().chain(new).copied().collect();
            let papers = rows(of.len());
            again(&heaps(&of, 3), &Last::of(&kept, &papers))
        };
        assert!(!grown(&[0, 0, 1, 1, 1, 2, 2, 2, 2, 1, 1]).sought, "they belong to what there is");
        let with_another = grown(&[5; 11]);
        assert!(with_another.sought, "less than a twentieth, but none of what there is");
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
        let last = Last::of(&kept, &papers);
        assert_eq!((last.added(), &last.gone, last.drift()), (1, &vec![3, 4, 4], 5));
        assert_eq!([0, 1, 2].map(|level| last.level_before(level, 3)), [Some(0), None, None]);
        let three = KeptTopics {
            topics: (0..3)
                .map(|level| KeptTopic {
                    id: level,
                    level: level as usize,
                    parent: level.checked_sub(1),
                    name: None,
                    given: false,
                    noted: 1,
                })
                .collect(),
            ..KeptTopics::default()
        };
        let last = Last::of(&three, &papers);
        assert_eq!([0, 1, 2].map(|level| last.at_level(2, level)), [Some(0), Some(1), Some(2)]);
        assert_eq!([0, 1, 2].map(|level| last.level_before(level, 3)), [Some(0), Some(1), Some(2)]);
        assert_eq!([0, 1].map(|level| last.level_before(level, 2)), [Some(0), Some(2)]);
    }
}
