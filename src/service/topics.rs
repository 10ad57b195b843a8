//! Topics: what a library, or a selection of its papers, is about.
//!
//! In: [`FindTopics`]. Out: [`FoundTopics`], from which a door takes the answer as data
//! ([`FoundTopics::answer`]), one topic, a page or a digest. What is found among all papers, or
//! among a selection that the calendar does not change, is kept in the library: there topics have
//! the same numbers tomorrow.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{Event, Note, Work};
use super::query::{check_period, within};
use super::rows::Seen;
use super::session::Session;
use super::store::Connection;
use super::topic_rows::{OneTopic, TopicPaper, TopicPapers, TopicQuery, TopicsQuery};
use super::{Relata, topic_digest};
use crate::error::{Error, LibraryError, QueryError, Result, TopicsError};
use crate::files;
use crate::library::{Filter, FingerprintNumber, KeptTopics, Library, Matching, Paper, TopicRun, TopicSet};
use crate::paper::ArxivId;
use crate::setters::setters;
use crate::topics::{self, Guided, Method, News, Search, SeedTopic, Step, Topic, Topics, assign, central_first, find};

/// Among which papers topics are found. Each selection has topics of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Among {
    /// Papers that hold all these words.
    pub search: Option<String>,
    /// Papers that pass.
    pub filter: Filter,
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FindTopics {
    /// Among which papers.
    pub among: Among,
    /// Find topics from scratch and keep nothing: the same papers then have the same topics in
    /// every library.
    pub fresh: bool,
    /// Sort the papers under names instead: `NAME`, `NAME: what it means` or `NAME = ID,ID` with
    /// example papers.
    pub into: Vec<String>,
    /// With names: papers whose cosine with every name is below this are under none of them.
    pub threshold: Option<f32>,
    /// How topics are found.
    pub method: Method,
}

setters! { FindTopics:
    /// Among which papers; all where nothing is said.
    among => value among(Among);
    /// Find topics from scratch and keep nothing.
    fresh => value fresh(bool);
    /// Sort the papers under these names instead, see [`FindTopics::into`](field@FindTopics::into).
    into => each_into under(String);
    /// With names: papers whose cosine with every name is below this are under none of them.
    threshold => some threshold(f32);
    /// How topics are found.
    method => value method(Method);
}

impl FindTopics {
    /// Asks for the topics of all papers. Setters say what else is wanted.
    ///
    /// ```
    /// use relata::library::Filter;
    /// use relata::service::{Among, FindTopics};
    ///
    /// let request = FindTopics::new().among(Among::new().search("diffusion").filter(Filter::new().categories(["cs"])));
    /// assert!(!request.fresh);
    /// ```
    pub fn new() -> FindTopics {
        FindTopics::default()
    }

    /// Looks whether days and numbers are what they can be.
    ///
    /// # Errors
    /// [`QueryError::EmptyPeriod`], [`QueryError::OutOfRange`].
    fn check(&self) -> Result<()> {
        check_period(&self.among.filter)?;
        let cosine = |key, given: f32| within(key, given, (-1.0..=1.0).contains(&given), "from -1 to 1");
        if let Some(threshold) = self.threshold {
            cosine("threshold", threshold)?;
        }
        match self.method {
            Method::Leiden => Ok(()),
            Method::KMeans { topics } => within("topics", topics as f32, topics >= 1, "from 1 on"),
            Method::Dbscan { papers, cosine: least } => {
                within("papers", papers as f32, papers >= 2, "from 2 on")?;
                least.map_or(Ok(()), |least| cosine("cosine", least))
            }
        }
    }
}

setters! { Among:
    /// Papers that hold all these words.
    search => some_into search(String);
    /// Papers that pass.
    filter => value filter(Filter);
}

/// Topics that were found, with all that pages and lists are made from.
#[derive(Clone, Debug)]
pub struct FoundTopics {
    /// What was asked.
    pub query: TopicsQuery,
    /// The topics; without papers where the selection is empty.
    pub topics: Topics,
    /// What has happened since they were found last, where that is known.
    pub news: Option<News>,
    /// The library that answered.
    pub seen: Seen,
    fingerprint: FingerprintNumber,
}

impl Among {
    /// All papers. Setters say what they must fulfil.
    pub fn new() -> Among {
        Among::default()
    }

    /// Under what topics of this selection are kept: nothing for all papers; `None` where the
    /// calendar decides which papers they are.
    pub(super) fn key(&self) -> Option<String> {
        let Among { search, filter } = self;
        let mut parts = filter.lasting()?;
        parts.extend(search.iter().map(|words| ("search", vec![words.clone()])));
        if parts.is_empty() { Some(String::new()) } else { serde_json::to_string(&parts).ok() }
    }

    fn within(&self, library: &Library) -> Result<Matching> {
        let Among { search, filter } = self;
        let matching = library.matching(filter)?;
        let Some(words) = search else { return Ok(matching) };
        Ok(Matching::Only(matching.of(library.holding(words)?)))
    }
}

impl Relata {
    /// Finds topics, and keeps them where they are to have the same numbers the next time.
    ///
    /// # Errors
    /// [`QueryError::EmptyPeriod`]; [`QueryError::OutOfRange`]; [`QueryError::EmptyQuery`] for a
    /// blank name; [`TopicsError::TooMany`]; what the model and the library report.
    pub fn topics(&self, request: &FindTopics) -> Result<FoundTopics> {
        request.check()?;
        let mut session = self.answering()?;
        let embedder = session.embedder()?;
        let fingerprint = session.embedded(&embedder)?;
        self.cancel.check()?;
        let keeps =
            session.own().is_some() && !request.fresh && request.into.is_empty() && request.method == Method::Leiden;
        let key = request.among.key().filter(|_| keeps);
        let view = session.library.view()?;
        let seen = session.seen(fingerprint)?;
        let within = &request.among.within(&session.library)?;
        let mut previous = None;
        let steps = Steps { relata: self, began: AtomicBool::new(false), done: AtomicU64::new(0) };
        let found = if request.into.is_empty() {
            if let Some(key) = &key {
                previous = session.library.kept_topics(TopicSet { fingerprint, selection: key })?;
            }
            let search = Search { fingerprint, within, method: request.method, previous: previous.as_ref() };
            find(&session.library, search, &|step| steps.tell(step))
        } else {
            let seeds: Vec<SeedTopic> = request.into.iter().map(|name| SeedTopic::parse(name)).collect();
            if seeds.iter().any(|seed| seed.name.is_empty()) {
                return Err(QueryError::EmptyQuery.into());
            }
            let fetch = &mut |progress| self.tell(Event::Fetching(progress));
            let mut embed = |texts: &[String]| embedder.embed_passages(texts, fetch);
            let guided = Guided { fingerprint, within, seeds: &seeds, threshold: request.threshold };
            assign(&session.library, guided, &mut embed, &|step| steps.tell(step))
        };
        steps.end();
        let topics = found?;
        drop(view);
        let news = match &key {
            Some(key) if !topics.papers.is_empty() => {
                session.keep_topics(TopicSet { fingerprint, selection: key }, previous.as_ref(), &topics)?
            }
            _ => None,
        };
        let Among { search, filter } = request.among.clone();
        let query = TopicsQuery { filter, search, into: request.into.clone() };
        Ok(FoundTopics { query, topics, news, seen, fingerprint })
    }

    /// The papers of one of the topics that were found, the `k` most central ones.
    ///
    /// # Errors
    /// [`TopicsError::NoSuchTopic`] names the topics that there are.
    pub fn topic(&self, found: &FoundTopics, number: u32, k: usize) -> Result<TopicPapers> {
        let topics = &found.topics;
        let (level, topic) = by_number(topics, number)?;
        let library = self.library_of(found)?;
        let places = central_first(&library, found.fingerprint, topics, topic)?;
        let shown = &places[..places.len().min(k)];
        let papers = papers(&library, topics, shown)?;
        // A paper fits or not among the finest topics.
        let finest = level + 1 == topics.levels.len();
        let is_weak = |id: &ArxivId| {
            finest && shown.iter().any(|at| topics.papers[*at].assigned.weak && topics.papers[*at].id == *id)
        };
        let parent = topic.parent.and_then(|at| Some(topics.levels.get(level.checked_sub(1)?)?.topics[at].id));
        let TopicsQuery { filter, search, .. } = found.query.clone();
        Ok(TopicPapers {
            query: TopicQuery { filter, search, k },
            topic: OneTopic {
                id: topic.id.to_string(),
                name: topic.name.clone(),
                level: topics.levels[level].name,
                terms: topic.terms.iter().map(|term| term.term.clone()).collect(),
                size: topic.papers.len(),
                parent: parent.map(|parent| parent.to_string()),
            },
            results: papers
                .into_iter()
                .enumerate()
                .map(|(at, paper)| TopicPaper {
                    rank: at + 1,
                    weak: is_weak(&paper.id),
                    url: paper.id.url(),
                    id: paper.id,
                    title: paper.metadata.title,
                    authors: paper.metadata.authors,
                    date: paper.date,
                    categories: paper.categories,
                })
                .collect(),
        })
    }

    /// Papers at some places of [`Topics::papers`], in this order.
    ///
    /// # Errors
    /// What the library reports.
    pub fn papers_of_topics(&self, found: &FoundTopics, places: &[usize]) -> Result<Vec<Paper>> {
        papers(&*self.library_of(found)?, &found.topics, places)
    }

    /// Writes topics with all their papers as a digest: whole or not at all.
    ///
    /// # Errors
    /// [`BulkError::Unsuitable`](crate::error::BulkError::Unsuitable) for a file of the library;
    /// [`Error::Io`]; what the library reports.
    pub fn write_topics_digest(&self, found: &FoundTopics, path: &Path) -> Result<()> {
        self.check_outputs(&[path])?;
        topic_digest::write(&*self.library_of(found)?, &found.topics, found.news.as_ref(), path)
    }

    /// Writes a map of the papers with topics, texts and trends as one page that works offline:
    /// whole or not at all.
    ///
    /// # Errors
    /// [`BulkError::Unsuitable`](crate::error::BulkError::Unsuitable) for a file of the library;
    /// [`Error::Io`]; what the library reports.
    pub fn write_topics_page(&self, found: &FoundTopics, path: &Path) -> Result<()> {
        self.check_outputs(&[path])?;
        let page = topics::page(&*self.library_of(found)?, &found.topics, found.news.as_ref(), &found.title())?;
        files::replace(path, |beside| fs::write(beside, page)).map_err(Error::io(path))
    }

    /// The library that topics were found in.
    pub(super) fn library_of(&self, found: &FoundTopics) -> Result<Connection<'_>> {
        self.store(found.seen.source).existing(&|_| ())?.ok_or(Error::Internal("a library with topics is gone"))
    }
}

impl FoundTopics {
    /// The number under which the library has the vectors.
    pub(super) fn fingerprint(&self) -> FingerprintNumber {
        self.fingerprint
    }

    /// What the topics are of: the words, categories and authors that were asked for, else all
    /// papers.
    pub fn title(&self) -> String {
        let (categories, authors) = self.query.filter.subjects();
        let what = self.query.search.iter().chain(categories).chain(authors).map(String::as_str);
        let what: Vec<&str> = what.collect();
        match what.is_empty() {
            true => format!("Topics of {} papers", self.topics.papers.len()),
            false => format!("Topics of {}", what.join(", ")),
        }
    }
}

impl Session<'_> {
    /// Stores the topics, where they differ from those of the previous run. Tells what has happened
    /// since then, or else in the previous run.
    fn keep_topics(
        &mut self,
        set: TopicSet<'_>,
        previous: Option<&KeptTopics>,
        topics: &Topics,
    ) -> Result<Option<News>> {
        let next = topics.kept(previous);
        let run = topics.run.clone().map(|run| TopicRun { date: today(), ..run });
        if previous != Some(&next) && self.library.is_writable() {
            match self.library.keep_topics(set, previous, &next, run.as_ref()) {
                Ok(true) => {}
                Ok(false) => self.relata.note(Note::TopicsOvertaken),
                // The answer stands without being kept.
                Err(error @ Error::Library(LibraryError::ReadOnly { .. } | LibraryError::Full { .. })) => {
                    self.relata.note(Note::TopicsNotKept(error.with_causes()));
                }
                Err(error) => return Err(error),
            }
        }
        let Some(previous) = previous else { return Ok(None) };
        if let Some(run) = run {
            return Ok(Some(News { since: previous.date, run }));
        }
        let mut runs = self.library.topic_runs(set, 2)?.into_iter();
        Ok(runs.next().zip(runs.next()).map(|(run, before)| News { since: before.date, run }))
    }
}

/// Steps of the search as events.
struct Steps<'a> {
    relata: &'a Relata,
    began: AtomicBool,
    done: AtomicU64,
}

impl Steps<'_> {
    fn tell(&self, step: Step) -> Result<()> {
        let event = match step {
            Step::Comparing(blocks) => {
                self.began.store(true, Ordering::Relaxed);
                Event::Began(Work::Comparing, blocks)
            }
            Step::Compared(blocks) => {
                Event::Done(Work::Comparing, self.done.fetch_add(blocks, Ordering::Relaxed) + blocks)
            }
            Step::Grouping => Event::Began(Work::Grouping, 0),
            Step::Drawing => Event::Began(Work::Drawing, 0),
            Step::Naming => Event::Began(Work::Naming, 0),
            Step::Further => return self.relata.cancel.check(),
        };
        self.relata.tell(event);
        self.relata.cancel.check()
    }

    fn end(&self) {
        if self.began.load(Ordering::Relaxed) {
            self.relata.tell(Event::Ended(Work::Comparing));
        }
    }
}

/// The day in UTC.
pub(super) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// A topic by its number, and its level.
fn by_number(topics: &Topics, number: u32) -> Result<(usize, &Topic)> {
    let mut all =
        topics.levels.iter().enumerate().flat_map(|(at, level)| level.topics.iter().map(move |one| (at, one)));
    all.clone().find(|(_, topic)| topic.id == number).ok_or_else(|| {
        let mut there: Vec<u32> = all.by_ref().map(|(_, topic)| topic.id).collect();
        there.sort_unstable();
        Error::from(TopicsError::NoSuchTopic { id: number, there })
    })
}

fn papers(library: &Library, topics: &Topics, places: &[usize]) -> Result<Vec<Paper>> {
    let rows: Vec<_> = places.iter().map(|place| topics.papers[*place].row).collect();
    library.papers_by_rows(&rows)
}
