//! `recommend`: which papers stand nearest to those that somebody likes.
//!
//! In: liked and disliked papers of a library, liked texts (embedded), a filter. Out: the k best papers with the liked one
//! that each comes from and the rare terms they share.
//!
//! Score of a paper: its highest cosine to anything liked, less half its highest cosine to anything disliked where that is
//! positive. The highest and not the mean: two interests averaged into one point find what lies between them, which is
//! neither. With one liked paper and nothing disliked the score is the cosine itself.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, Axis};

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::library::{Filter, FingerprintNumber, Library, Paper, PaperRow, dot};
use crate::neighbours;
use crate::terms;

/// Weight of the nearest disliked paper.
const UNLIKE_WEIGHT: f32 = 0.5;
/// Terms named per answer.
const TERMS: usize = 3;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Liked papers; all must be in the library.
    pub like: Vec<ArxivId>,
    /// Disliked papers; all must be in the library.
    pub unlike: Vec<ArxivId>,
    /// Liked texts.
    pub like_text: Vec<String>,
    /// Number of answers.
    pub k: usize,
    /// Which papers may be answers.
    pub filter: Filter,
}

/// What an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liked {
    /// A liked paper.
    Paper(ArxivId),
    /// The n-th liked text, from 0.
    Text(usize),
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Score as described at the top of this module, at most 1.
    pub score: f32,
    /// The paper.
    pub paper: Paper,
    /// What of the liked it is nearest to.
    pub because: Liked,
    /// Terms it shares with that, rarest first.
    pub terms: Vec<String>,
}

/// Whether a library holds all the papers that a query names; cheap, so it is asked before anything is embedded.
///
/// # Errors
/// [`Error::NotInLibrary`] names the ids that are not there, each with its closest.
pub fn check(library: &Library, query: &Query) -> Result<()> {
    let named: Vec<ArxivId> = query.like.iter().chain(&query.unlike).cloned().collect();
    rows(library, &named).map(|_| ())
}

/// Ranks the papers of a library by a query.
///
/// `texts` holds the vectors of `query.like_text`: texts x dimension, unit rows. Liked and disliked papers are never among
/// the answers. Equal scores are ordered by paper id.
///
/// # Errors
/// [`Error::NotInLibrary`] names the ids that are not there, each with its closest; [`Error::NoVector`] a paper that has no
/// text to embed.
pub fn recommend(
    library: &Library,
    fingerprint: FingerprintNumber,
    query: &Query,
    texts: &Array2<f32>,
) -> Result<Vec<Answer>> {
    let liked = rows(library, &query.like)?;
    let disliked = rows(library, &query.unlike)?;
    let mut wanted = vectors(library, fingerprint, &query.like, &liked)?;
    wanted.extend(texts.axis_iter(Axis(0)).map(|row: ArrayView1<'_, f32>| row.to_vec()));
    let unwanted = vectors(library, fingerprint, &query.unlike, &disliked)?;
    let within = library.matching(&query.filter)?;

    let best = neighbours::exact(library, fingerprint, query.k, &|row, vector| {
        let asked = liked.contains(&row) || disliked.contains(&row);
        if asked || within.as_ref().is_some_and(|set| !set.contains(row)) {
            return f32::NAN;
        }
        let nearest = highest(&wanted, vector).map_or(f32::NAN, |(_, cosine)| cosine);
        let repelled = highest(&unwanted, vector).map_or(0.0, |(_, cosine)| cosine.max(0.0));
        nearest - UNLIKE_WEIGHT * repelled
    })?;

    // By row and not by place: another process may have removed a paper since the scan.
    let scores: BTreeMap<PaperRow, f32> = best.iter().map(|scored| (scored.key, scored.score)).collect();
    let rows: Vec<PaperRow> = best.iter().map(|scored| scored.key).collect();
    let papers = library.papers_by_rows(&rows)?;
    let mut found: Vec<(f32, Paper)> = papers.into_iter().map(|paper| (scores[&paper.row], paper)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    found.truncate(query.k);

    let papers = library.len()?;
    found
        .into_iter()
        .map(|(score, paper)| {
            let own: Vec<u8> = library
                .vector(fingerprint, paper.row)?
                .unwrap_or_default()
                .iter()
                .flat_map(|x| x.to_le_bytes())
                .collect();
            let nearest = highest(&wanted, &own).map_or(0, |(nearest, _)| nearest);
            let (because, text) = match query.like.get(nearest) {
                Some(id) => {
                    let text = library.paper(id)?.and_then(|paper| paper.passage);
                    (Liked::Paper(id.clone()), text.unwrap_or_default())
                }
                None => {
                    let at = nearest - query.like.len();
                    (Liked::Text(at), query.like_text.get(at).cloned().unwrap_or_default())
                }
            };
            let own = paper.passage.as_deref().unwrap_or("");
            let shared = terms::shared(&text, own, papers, TERMS, |words| library.document_frequency(words))?;
            let terms = shared.into_iter().map(|term| term.term).collect();
            Ok(Answer { score, paper, because, terms })
        })
        .collect()
}

/// Index and cosine of the nearest of some vectors; the first of equals.
fn highest(vectors: &[Vec<f32>], row: &[u8]) -> Option<(usize, f32)> {
    let cosines = vectors.iter().map(|vector| dot(row, vector)).enumerate();
    cosines.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

fn rows(library: &Library, ids: &[ArxivId]) -> Result<Vec<PaperRow>> {
    let mut rows = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        match library.row_of(id)? {
            Some(row) => rows.push(row),
            None => unknown.push((id.to_string(), library.closest(id.as_str(), 3)?)),
        }
    }
    if unknown.is_empty() { Ok(rows) } else { Err(Error::NotInLibrary { unknown }) }
}

fn vectors(
    library: &Library,
    fingerprint: FingerprintNumber,
    ids: &[ArxivId],
    rows: &[PaperRow],
) -> Result<Vec<Vec<f32>>> {
    let of = |(id, row): (&ArxivId, &PaperRow)| {
        library.vector(fingerprint, *row)?.ok_or_else(|| Error::NoVector { id: id.to_string() })
    };
    ids.iter().zip(rows).map(of).collect()
}
