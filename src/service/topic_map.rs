//! The map of kept topics: points, the texts of their papers, and papers that came since.
//!
//! In: a tree of kept topics. Out: [`TopicMap`], whose points are made at once and whose texts are
//! read in parts, so that a picture need not wait for them; of papers that came later,
//! [`Arrivals`] with a place for each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::Relata;
use super::topic_kept::TopicTree;
use crate::error::{Error, Result};
use crate::export::neutral;
use crate::library::{Filter, KeptPaper, Library, Matching, Paper, PaperRow, PaperSet};
use crate::neighbours::{Admitted, SearchContext};
use crate::text::hash;
use crate::topics::{self, LatePlace, MapPoints, Neighbour, Texts, place};

/// Papers whose texts are one part.
const PART: usize = 5000;

/// The most papers that are shown before topics are found again; the newest.
const ARRIVALS: usize = 1000;

/// Neighbours that say where a paper lies.
const NEIGHBOURS: usize = 15;

/// Papers whose neighbours are looked for at once.
const TOGETHER: usize = 64;

/// A map of kept topics.
pub struct TopicMap {
    points: MapPoints,
    /// What papers that came later were given.
    late: Mutex<HashMap<PaperRow, Option<LatePlace>>>,
}

/// Papers that came after the topics of a map were found.
#[derive(Serialize)]
pub struct Arrivals {
    /// How many more there are than are named: only the newest are.
    pub more: usize,
    /// The papers, a column each, by id.
    papers: Columns,
    #[serde(skip)]
    ids: Vec<String>,
}

#[derive(Default, Serialize)]
struct Columns {
    #[serde(flatten)]
    texts: Texts,
    x: Vec<u16>,
    y: Vec<u16>,
    /// Place of the topic among those of the finest level.
    topic: Vec<usize>,
}

impl TopicMap {
    /// The points and the topics, as the map's program reads them: gzipped.
    pub fn points(&self) -> &[u8] {
        &self.points.data
    }

    /// How many parts the texts have.
    pub fn parts(&self) -> usize {
        self.points.papers.len().div_ceil(PART)
    }
}

impl Arrivals {
    /// The ids of the papers.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }
}

impl Relata {
    /// The papers of a tree on a map.
    ///
    /// # Errors
    /// What the library reports.
    pub fn topic_map(&self, tree: &TopicTree) -> Result<TopicMap> {
        let library = self.with_papers()?.ok_or(Error::Internal("a library with topics is gone"))?;
        let _view = library.view()?;
        let found = topics::of_kept(&library, &tree.kept)?;
        let title = format!("Topics of {} papers", found.papers.len());
        Ok(TopicMap { points: topics::points(&found, &title)?, late: Mutex::default() })
    }

    /// A part of the texts of a map: JSON in columns, gzipped, in the order of the points. `None`
    /// where there is no such part.
    ///
    /// # Errors
    /// What the library reports.
    pub fn topic_map_texts(&self, map: &TopicMap, part: usize) -> Result<Option<Vec<u8>>> {
        let Some(papers) = map.points.papers.chunks(PART).nth(part) else { return Ok(None) };
        let library = self.with_papers()?.ok_or(Error::Internal("a library with topics is gone"))?;
        let rows: Vec<PaperRow> = papers.iter().map(|(_, row, _)| *row).collect();
        let found: HashMap<PaperRow, Paper> =
            library.papers_by_rows(&rows)?.iter().map(|paper| (paper.row, neutral::paper(paper))).collect();
        let mut texts = Texts::default();
        papers.iter().for_each(|(id, row, date)| texts.push(id, *date, found.get(row)));
        topics::gzipped(&texts).map(Some)
    }

    /// The papers with a vector that came after the topics of a map were found, the newest of many.
    /// Each lies where the papers nearest to it do that have a place.
    ///
    /// # Errors
    /// What the library reports.
    pub fn arrivals(&self, tree: &TopicTree, map: &TopicMap) -> Result<Arrivals> {
        let Some((library, fingerprint)) = self.with_vectors()? else { return Ok(Arrivals::none()) };
        let view = library.view()?;
        // Papers of a tree are in the order of their rows.
        let kept = |row: PaperRow| {
            let place = tree.kept.papers.binary_search_by_key(&row, |paper| paper.row).ok()?;
            tree.kept.papers.get(place)
        };
        // As the search for topics does: without the withdrawn ones.
        let all = library.matching(&Filter::new())?;
        let late: Vec<PaperRow> = library
            .embedded(fingerprint)?
            .into_iter()
            .filter(|row| kept(*row).is_none() && all.contains(*row))
            .collect();
        if late.is_empty() {
            return Ok(Arrivals::none());
        }
        let late = Matching::Only(PaperSet::new(late));
        let held_back = late.only();
        let newest = library.newest(&late, ARRIVALS)?;
        let mut places = map.late.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let unplaced: Vec<PaperRow> = newest.iter().copied().filter(|row| !places.contains_key(row)).collect();
        let index = view.index(fingerprint, &|note| self.note(note))?;
        let context = SearchContext { library: &library, fingerprint, index: (*index).as_ref() };
        for rows in unplaced.chunks(TOGETHER) {
            self.cancel.check()?;
            let mut own = Vec::with_capacity(rows.len());
            for row in rows {
                own.extend(library.vector(fingerprint, *row)?.map(|vector| (*row, vector)));
            }
            let (rows, vectors): (Vec<PaperRow>, Vec<Vec<f32>>) = own.into_iter().unzip();
            let admitted = Admitted { held_back, ..Admitted::default() };
            let nearest = context.nearest(&vectors, NEIGHBOURS, &admitted)?;
            for (row, nearest) in rows.into_iter().zip(nearest) {
                let near = nearest.iter().filter_map(|found| {
                    let KeptPaper { topic, position, .. } = *kept(found.key)?;
                    Some(Neighbour { topic, position, cosine: found.score })
                });
                places.insert(row, place(&near.collect::<Vec<_>>(), seed(&library, row)?));
            }
        }
        let more = late.only().map_or(0, PaperSet::len) - newest.len();
        let papers = library.papers_by_rows(&newest)?;
        *map.late.lock().unwrap_or_else(PoisonError::into_inner) = places.clone();
        Ok(arrived(map, &places, papers, more))
    }
}

/// What tells a paper from others, in every library the same.
fn seed(library: &Library, row: PaperRow) -> Result<u64> {
    Ok(library.id_of(row)?.map_or(0, |id| hash(id.as_str())))
}

fn arrived(
    map: &TopicMap,
    places: &HashMap<PaperRow, Option<LatePlace>>,
    mut papers: Vec<Paper>,
    more: usize,
) -> Arrivals {
    papers.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let mut arrivals = Arrivals { more, ..Arrivals::none() };
    for paper in &papers {
        let Some(LatePlace { topic, position }) = places.get(&paper.row).copied().flatten() else { continue };
        let Some(topic) = map.points.finest.get(&topic) else { continue };
        let columns = &mut arrivals.papers;
        columns.texts.push(&paper.id, paper.date, Some(&neutral::paper(paper)));
        let [x, y] = map.points.on_map(position);
        columns.x.push(x);
        columns.y.push(y);
        columns.topic.push(*topic);
        arrivals.ids.push(paper.id.to_string());
    }
    arrivals
}

impl Arrivals {
    fn none() -> Arrivals {
        Arrivals { more: 0, papers: Columns::default(), ids: Vec::new() }
    }
}
