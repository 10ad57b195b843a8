//! The result of a search for topics: [`Topics`] in nested [`Level`]s, and the papers in them.

use jiff::civil::Date;

use super::names::Term;
use crate::library::{KeptPaper, KeptTopic, KeptTopics, PaperRow, TopicRun};
use crate::paper::{ArxivId, PartialDate};

/// The topics of some papers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topics {
    /// The papers, by id.
    pub papers: Vec<AssignedPaper>,
    /// The coarsest first; each topic lies within one of the level before.
    pub levels: Vec<Level>,
    /// The papers that came and went since the previous run, and what changed; `None` where no
    /// paper came or went. Its day is not set.
    pub run: Option<TopicRun>,
    /// Papers that came or went since the graph was last clustered.
    pub drift: usize,
}

/// The topics of rows of vectors, without what a library knows of papers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowTopics {
    /// The rows, in the order in which they came. Places of papers in [`Topic`] are places here.
    pub rows: Vec<AssignedRow>,
    /// The coarsest first; each topic lies within one of the level before.
    pub levels: Vec<Level>,
    /// Place, in the finest level, of the group of rows that are in no topic, if there are any.
    pub unassigned: Option<usize>,
}

/// Topics that are equally fine.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// `field`, `topic` or `subtopic`.
    pub name: &'static str,
    /// Those of one parent together, the largest first.
    pub topics: Vec<Topic>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its number, from 1 over all levels. A topic keeps its number from run to run.
    pub id: u32,
    /// Its name: its first terms, or what somebody called it. No other topic of the level has the
    /// same name.
    pub name: String,
    /// Whether somebody called it so.
    pub given: bool,
    /// What its papers hold and others do not, the most telling first.
    pub terms: Vec<Term>,
    /// Place of the topic that it lies within, in the level before.
    pub parent: Option<usize>,
    /// Places of its papers in [`Topics::papers`], ascending.
    pub papers: Vec<usize>,
    /// Those nearest to its centre, the nearest first.
    pub central: Vec<usize>,
    /// Its size when a change of it was last reported.
    pub noted: usize,
}

impl Topic {
    /// Its terms as the library stores them: weights in thousandths of the first's.
    fn kept_terms(&self) -> Vec<(String, u16)> {
        let most = self.terms.first().map_or(1.0, |term| term.weight).max(f64::MIN_POSITIVE);
        let share = |term: &Term| (term.weight / most * 1000.0).round().clamp(0.0, 1000.0) as u16;
        self.terms.iter().map(|term| (term.term.clone(), share(term))).collect()
    }
}

/// A row, the topics that it is assigned to, and its position on the map; fields are as those of
/// [`AssignedPaper`].
#[derive(Clone, Debug, PartialEq)]
pub struct AssignedRow {
    /// Its position on the map.
    pub position: [f32; 2],
    /// Place of its topic in each level.
    pub topics: Vec<usize>,
    /// The share of its neighbourhood that is in its own topic of the finest level, from 0 to 1.
    pub strength: f64,
    /// Place of the topic of the finest level with the next largest share.
    pub second: Option<usize>,
    /// Whether it fits its topic badly.
    pub weak: bool,
    /// Places of the rows nearest to it, the nearest first.
    pub related: Vec<u32>,
}

/// A paper, and what it is assigned to.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignedPaper {
    /// Its row.
    pub row: PaperRow,
    /// Its id.
    pub id: ArxivId,
    /// See [`crate::library::Paper::date`].
    pub date: PartialDate,
    /// Its topics and its position.
    pub assigned: AssignedRow,
}

/// What came, went and happened, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// The day of the run before.
    pub since: Date,
    /// The run.
    pub run: TopicRun,
}

impl News {
    /// How many papers came and went, in words.
    pub fn came_and_went(&self) -> String {
        came_and_went(&self.run)
    }
}

/// How many papers came and went in a run, in words.
pub fn came_and_went(run: &TopicRun) -> String {
    let papers = |count: usize| format!("{count} paper{}", if count == 1 { "" } else { "s" });
    let went = if run.removed > 0 { format!(", {} went", run.removed) } else { String::new() };
    let what = match (run.reclustered, run.added) {
        (true, _) => "; topics were sought anew",
        (false, 0) => "",
        (false, _) => ", placed among the topics that there were",
    };
    format!("{} came{went}{what}", papers(run.added))
}

impl RowTopics {
    /// Puts rows back in the order in which they came, given the place that each had there.
    pub(super) fn restore(&mut self, order: &[u32]) {
        let places: Vec<usize> = order.iter().map(|place| *place as usize).collect();
        move_papers(&mut self.levels, &places);
        let mut rows: Vec<Option<AssignedRow>> = vec![None; self.rows.len()];
        for (mut row, place) in self.rows.drain(..).zip(&places) {
            row.related.iter_mut().for_each(|other| *other = order[*other as usize]);
            rows[*place] = Some(row);
        }
        self.rows = rows.into_iter().flatten().collect();
    }
}

/// Gives each paper of topics the place that `places` has for it.
fn move_papers(levels: &mut [Level], places: &[usize]) {
    for topic in levels.iter_mut().flat_map(|level| &mut level.topics) {
        topic.papers.iter_mut().chain(&mut topic.central).for_each(|paper| *paper = places[*paper]);
        topic.papers.sort_unstable();
    }
}

impl Topics {
    /// Puts papers in the order of their ids.
    pub(super) fn sort_papers(&mut self) {
        let mut order: Vec<usize> = (0..self.papers.len()).collect();
        order.sort_unstable_by(|one, other| self.papers[*one].id.cmp(&self.papers[*other].id));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, from)| places[*from] = to);
        move_papers(&mut self.levels, &places);
        for paper in &mut self.papers {
            paper.assigned.related.iter_mut().for_each(|other| *other = places[*other as usize] as u32);
        }
        self.papers.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    }

    /// What the library stores of these topics, so that the next run goes on from them.
    pub fn kept(&self, previous: Option<&KeptTopics>) -> KeptTopics {
        let mut kept = KeptTopics {
            run: previous.map_or(0, |previous| previous.run),
            date: previous.map_or(Date::ZERO, |previous| previous.date),
            last_topic: previous.map_or(0, |previous| previous.last_topic),
            drift: self.drift,
            ..KeptTopics::default()
        };
        let mut above: Option<&Level> = None;
        for (number, level) in self.levels.iter().enumerate() {
            let topics = level.topics.iter().map(|topic| KeptTopic {
                id: topic.id,
                level: number,
                parent: topic.parent.zip(above).map(|(parent, above)| above.topics[parent].id),
                name: Some(topic.name.clone()),
                given: topic.given,
                noted: topic.noted,
                terms: topic.kept_terms(),
            });
            kept.topics.extend(topics);
            above = Some(level);
        }
        kept.topics.sort_by_key(|topic| (topic.level, topic.id));
        kept.last_topic = kept.topics.iter().map(|topic| topic.id).fold(kept.last_topic, u32::max);
        if let Some(finest) = self.levels.last() {
            let papers = self.papers.iter().map(|paper| KeptPaper {
                row: paper.row,
                topic: paper.assigned.topics.last().map_or(0, |topic| finest.topics[*topic].id),
                position: paper.assigned.position,
                strength: Some((paper.assigned.strength.clamp(0.0, 1.0) * 100.0) as u8),
            });
            kept.papers.extend(papers);
        }
        kept.papers.sort_unstable_by_key(|paper| paper.row);
        kept
    }
}
