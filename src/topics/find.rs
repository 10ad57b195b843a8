//! From a library to its topics.
//!
//! In: a library, whose vectors, and which papers. Out: [`Topics`]: nested levels of named topics,
//! and the topics of each paper (`corpus`), ordered by id, with what has changed since the previous
//! run.

use super::corpus::{Assignment, Corpus};
use super::history::record_run;
use super::incremental::Previous;
use super::methods::Method;
use super::topic::{AssignedPaper, Topics};
use crate::error::Result;
use crate::library::{Embedded, FingerprintNumber, KeptTopics, Library, Matching, PaperRow};
use crate::paper::{ArxivId, PartialDate};

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Blocks of papers are being compared: how many there will be.
    Comparing(u64),
    /// One block more is compared.
    Compared(u64),
    /// Papers are grouped.
    Grouping,
    /// The map is drawn.
    Drawing,
    /// Texts are read.
    Naming,
    /// Something more is done of the step that was told last. How much is left is not known.
    Further,
}

/// Hears each step of a search, from any thread and so often that an error of it ends the search
/// soon.
pub type Steps<'a> = &'a (dyn Fn(Step) -> Result<()> + Sync);

/// What [`find`] searches for topics, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    /// The model whose vectors are compared.
    pub fingerprint: FingerprintNumber,
    /// The papers to search.
    pub within: &'a Matching,
    /// How topics are found.
    pub method: Method,
    /// The topics of the previous run, for an incremental update; only [`Method::Leiden`] uses
    /// them. `None` searches from scratch.
    pub previous: Option<&'a KeptTopics>,
}

#[cfg(test)]
impl Search<'_> {
    /// Searches all papers from scratch by the default method.
    pub(crate) fn of(fingerprint: FingerprintNumber) -> Self {
        Search { fingerprint, within: &Matching::All, method: Method::default(), previous: None }
    }
}

/// Finds topics among the papers of a library.
///
/// # Errors
/// What the library reports; [`TopicsError::TooMany`](crate::error::TopicsError::TooMany).
pub(crate) fn find(library: &Library, search: Search<'_>, step: Steps<'_>) -> Result<Topics> {
    let Search { fingerprint, within, method, previous } = search;
    let _snapshot = library.snapshot()?;
    let Some(papers) = Papers::of(library, fingerprint, within, step)? else { return Ok(Topics::default()) };
    step(Step::Grouping)?;
    let previous = previous.filter(|_| method == Method::Leiden).map(|previous| Previous::of(previous, &papers.papers));
    let Some(assignment) = papers.corpus.assigned(method, previous.as_ref(), step)? else {
        return Ok(Topics::default());
    };
    let reclustered = assignment.grouped.reclustered;
    let mut topics = papers.topics(library, assignment, step)?;
    record_run(&mut topics, previous.as_ref(), reclustered);
    topics.sort_papers();
    Ok(topics)
}

/// The papers of a library that are searched for topics.
pub(super) struct Papers {
    fingerprint: FingerprintNumber,
    /// In the order of the corpus.
    papers: Vec<(ArxivId, PaperRow, PartialDate)>,
    pub(super) corpus: Corpus,
}

impl Papers {
    /// `None` where there is no paper.
    pub(super) fn of(
        library: &Library,
        fingerprint: FingerprintNumber,
        within: &Matching,
        step: Steps<'_>,
    ) -> Result<Option<Papers>> {
        let Embedded { papers, vectors } = library.rows_by_id(fingerprint, within)?;
        if papers.is_empty() {
            return Ok(None);
        }
        let corpus = Corpus::of(vectors, library.dimension(fingerprint)?, step)?;
        let papers = corpus.order.iter().map(|at| papers[*at as usize].clone()).collect();
        Ok(Some(Papers { fingerprint, papers, corpus }))
    }

    /// Makes topics of groups. A group keeps the name that it has; papers stay in the order of the
    /// corpus, not by id.
    pub(super) fn topics(self, library: &Library, assignment: Assignment, step: Steps<'_>) -> Result<Topics> {
        let Papers { fingerprint, papers, corpus } = self;
        step(Step::Naming)?;
        let mut rows = vec![PaperRow(0); papers.len()];
        corpus.order.iter().zip(&papers).for_each(|(at, (_, row, _))| rows[*at as usize] = *row);
        let mut texts = |places: &[usize]| {
            let chosen: Vec<PaperRow> = places.iter().map(|place| rows[*place]).collect();
            let texts = library.texts_of(fingerprint, &chosen)?.into_iter();
            // A phrase ends with the title.
            Ok(texts.map(|paper| format!("{}.\n{}", paper.title, paper.abstract_text)).collect())
        };
        let found = corpus.topics(assignment, &mut texts)?;
        let papers = papers.into_iter().zip(found.rows);
        let papers = papers.map(|((id, row, date), assigned)| AssignedPaper { row, id, date, assigned });
        Ok(Topics { papers: papers.collect(), levels: found.levels, run: None, drift: 0 })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::corpus::of_rows;
    use super::super::topic::RowTopics;
    use super::*;
    use crate::library::{FingerprintText, NewVector, Tokens};
    use crate::paper::{Entry, Metadata};
    use crate::{Precedence, SourceKind};

    /// Papers on ice and on bridges, added in this order.
    pub(in super::super) fn library(order: &[u32]) -> (Library, FingerprintNumber) {
        let mut library = Library::in_memory().expect("a library");
        let text = |what: &str| what.to_owned();
        let fingerprint = FingerprintText { digest: text("d"), model: text("m"), description: text("d"), dimension: 3 };
        let fingerprint = library.ensure_fingerprint(&fingerprint).expect("a fingerprint");
        for number in order {
            let ice = number % 3 == 0;
            let (title, text) = if ice {
                ("Slow sea ice", "This is about slow sea ice (SSI), and SSI drifts.")
            } else {
                ("Suspension bridges", "The steel of suspension bridges.")
            };
            let (title, abstract_text) = (format!("{title} {number}"), Some(text.to_owned()));
            let id = ArxivId::parse(&format!("2601.{number:05}")).expect("an id").0;
            let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
            let entry = Entry {
                metadata: Metadata { title: Some(title), abstract_text, ..Metadata::default() },
                ..Entry::new(id, precedence, 1)
            };
            library.merge(&[entry]).expect("merged");
            let missing = library.next_missing(fingerprint, None, 1).expect("missing").remove(0);
            let angle = *number as f32 * 0.01;
            let vector = if ice { [angle.cos(), angle.sin(), 0.0] } else { [0.0, angle.sin(), angle.cos()] };
            let (row, passage_hash) = (missing.row, missing.passage_hash);
            let new = NewVector { row, passage_hash, vector: &vector, tokens: Tokens::default() };
            library.store_vectors(fingerprint, &[new]).expect("stored");
        }
        (library, fingerprint)
    }

    #[test]
    fn papers_in_any_order_have_the_same_topics_by_the_same_names() {
        let found = |order: &[u32]| {
            let (library, fingerprint) = library(order);
            let mut topics = find(&library, Search::of(fingerprint), &|_| Ok(())).expect("topics");
            topics.papers.iter_mut().for_each(|paper| paper.row = PaperRow(0));
            topics
        };
        let topics = found(&(0..12).collect::<Vec<_>>());
        assert_eq!(topics, found(&[7, 3, 11, 0, 2, 10, 1, 9, 4, 8, 6, 5]));
        let names: Vec<&str> = topics.levels[0].topics.iter().map(|topic| topic.name.as_str()).collect();
        assert_eq!(names, ["suspension bridges, steel", "slow sea ice (SSI), drifts"]);
    }

    #[test]
    fn papers_by_other_ids_have_the_same_topics() {
        let (library, fingerprint) = library(&(0..60).collect::<Vec<_>>());
        let mut topics = find(&library, Search::of(fingerprint), &|_| Ok(())).expect("topics");
        let (mut renamed, same) = self::library(&[]);
        // The same texts and vectors, under ids in the opposite order.
        for number in 0..60u32 {
            let paper = &topics.papers[number as usize];
            let text = library.texts_of(fingerprint, &[paper.row]).expect("read").remove(0);
            let id = ArxivId::parse(&format!("2601.{:05}", 59 - number)).expect("an id").0;
            let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
            let abstract_text = Some(text.abstract_text);
            let entry = Entry {
                metadata: Metadata { title: Some(text.title), abstract_text, ..Metadata::default() },
                ..Entry::new(id, precedence, 1)
            };
            renamed.merge(&[entry]).expect("merged");
            let missing = renamed.next_missing(same, None, 1).expect("missing").remove(0);
            let (row, passage_hash) = (missing.row, missing.passage_hash);
            let new = NewVector { row, passage_hash, vector: &text.vector, tokens: Tokens::default() };
            renamed.store_vectors(same, &[new]).expect("stored");
        }
        let mut found = find(&renamed, Search::of(same), &|_| Ok(())).expect("topics");
        let mirrored = |places: &mut Vec<usize>| places.iter_mut().for_each(|place| *place = 59 - *place);
        for topic in found.levels.iter_mut().flat_map(|level| &mut level.topics) {
            mirrored(&mut topic.central);
            mirrored(&mut topic.papers);
            topic.papers.sort_unstable();
        }
        found.papers.reverse();
        let related = found.papers.iter_mut().flat_map(|paper| &mut paper.assigned.related);
        related.for_each(|place| *place = 59 - *place);
        for (own, other) in topics.papers.iter_mut().zip(&found.papers) {
            (own.row, own.id) = (other.row, other.id.clone());
        }
        topics.run = None;
        found.run = None;
        assert!(topics.papers.iter().any(|paper| paper.assigned.related.len() > 1));
        assert_eq!(topics, found);
    }

    /// The same rows and texts without a library have the same topics at the same places.
    fn same_without_the_library(count: u32, method: Method) -> RowTopics {
        let (library, fingerprint) = library(&(0..count).collect::<Vec<_>>());
        let found = find(&library, Search { method, ..Search::of(fingerprint) }, &|_| Ok(())).expect("topics");
        let rows: Vec<PaperRow> = found.papers.iter().map(|paper| paper.row).collect();
        let texts = library.texts_of(fingerprint, &rows).expect("texts");
        let vectors = texts.iter().flat_map(|paper| paper.vector.clone()).collect();
        let mut read = |places: &[usize]| {
            let text = |place: &usize| format!("{}.\n{}", texts[*place].title, texts[*place].abstract_text);
            Ok(places.iter().map(text).collect())
        };
        let own = of_rows(vectors, 3, method, &mut read, &|_| Ok(())).expect("topics");
        assert_eq!(own.levels, found.levels);
        for (own, paper) in own.rows.iter().zip(&found.papers) {
            assert_eq!(own, &paper.assigned);
        }
        assert_eq!(own.rows.len(), found.papers.len());
        own
    }

    #[test]
    fn rows_without_a_library_have_the_topics_that_they_have_in_one() {
        let topics = same_without_the_library(240, Method::Leiden);
        assert_eq!((topics.levels.len(), topics.unassigned), (2, None));
        let sizes = topics.levels[1].topics.iter().map(|topic| topic.papers.len());
        assert_eq!(sizes.sum::<usize>(), 240);
        assert_eq!(same_without_the_library(40, Method::KMeans { topics: 3 }).levels[0].topics.len(), 3);
        let few = same_without_the_library(40, Method::Dbscan { papers: 4, cosine: Some(0.9999) });
        let unassigned = few.unassigned.expect("papers in no topic");
        assert_eq!(few.levels[0].topics[unassigned].name, "in no topic");
        let nothing = of_rows(Vec::new(), 3, Method::Leiden, &mut |_| Ok(Vec::new()), &|_| Ok(()));
        assert_eq!(nothing.expect("no topics"), RowTopics::default());
    }

    #[test]
    fn a_search_among_rows_ends_wherever_it_is_told_to() {
        let mut random = fastrand::Rng::with_seed(6);
        let vectors: Vec<f32> = (0..120).flat_map(|_| [(); 3].map(|()| random.f32() - 0.5)).collect();
        let search = |method, step: Steps<'_>| {
            of_rows(vectors.clone(), 3, method, &mut |places| Ok(vec![String::new(); places.len()]), step)
        };
        // On one thread each step is told at the same place of every run.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        for method in [Method::Leiden, Method::KMeans { topics: 3 }] {
            let told = Mutex::new(Vec::new());
            let noted = |step: Step| {
                told.lock().expect("a lock").push(step);
                Ok(())
            };
            pool.install(|| search(method, &noted)).expect("topics");
            let told = told.into_inner().expect("a lock");
            let steps: Vec<Step> = told.iter().copied().filter(|step| *step != Step::Further).collect();
            let compared = [Step::Comparing(2), Step::Compared(1), Step::Compared(1)];
            let whole = [compared.as_slice(), &[Step::Grouping, Step::Drawing, Step::Naming]].concat();
            assert_eq!(steps, whole);
            // Grouping by the default method asks now and then, and so does drawing by any.
            let asked = told.split(|step| *step == Step::Drawing).map(|part| part.contains(&Step::Further));
            assert_eq!(asked.collect::<Vec<_>>(), [method == Method::Leiden, true]);
            // Where one step follows another; between, many are the same.
            let edges = (0..told.len()).filter(|at| *at == 0 || told[*at] != told[at - 1]);
            for last in edges {
                let heard = AtomicUsize::new(0);
                let ended = |_| {
                    if heard.fetch_add(1, Ordering::Relaxed) < last { Ok(()) } else { Err(crate::Error::Cancelled) }
                };
                assert!(matches!(pool.install(|| search(method, &ended)), Err(crate::Error::Cancelled)), "{last}");
            }
        }
    }

    #[test]
    fn papers_that_a_filter_keeps_are_all_there_are() {
        let (library, fingerprint) = library(&(0..12).collect::<Vec<_>>());
        let holding = Matching::Only(library.holding("suspension STEEL").expect("found"));
        let topics =
            find(&library, Search { within: &holding, ..Search::of(fingerprint) }, &|_| Ok(())).expect("topics");
        assert_eq!(topics.papers.len(), 8);
        assert_eq!(library.holding("steel glaciers").expect("found").len(), 0);
        let empty = Matching::Only(library.holding("steel glaciers").expect("found"));
        let search = Search { within: &empty, ..Search::of(fingerprint) };
        let nobody = find(&library, search, &|_| Ok(())).expect("topics");
        assert_eq!(nobody, Topics::default());
    }
}
