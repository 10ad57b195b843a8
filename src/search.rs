//! `search`: papers by meaning and by words, two rankings fused into one; and by author, where the text is a name.
//!
//! In: a text, its vector where the model can read it, a filter. Out: the k best papers and the words of the text that each
//! holds. Fusion is by reciprocal ranks (Cormack, Clarke & Büttcher, SIGIR 2009, k = 60): cosines and BM25 scores have no
//! common scale, ranks do. Where all words of the text are in the name of one author, that author's papers are a third ranking, the
//! newest first. A name of several words is hardly meant otherwise, so its papers come before all others; a single one, such as "song",
//! may be.

use std::collections::BTreeMap;

use ndarray::ArrayView1;

use crate::arxiv_id::ArxivId;
use crate::error::Result;
use crate::library::{self, Filter, Library, Paper, PaperRow, PaperSet};
use crate::neighbours::{Admitted, Ground};
use crate::terms::{self, Phrases};

/// The constant of reciprocal rank fusion.
const FUSION_K: f64 = 60.0;
/// Each ranking is fused to this depth, or to k where more is asked for.
const DEPTH: usize = 200;
/// Terms named per answer.
const TERMS: usize = 3;

/// One answer.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Sum of `1 / (60 + rank)` over the rankings that hold the paper, scaled so that first by meaning and by words is 1. Of a paper whose
    /// author has the name that the text is, of several words: 1 and its part by author.
    pub score: f64,
    /// The paper.
    pub paper: Paper,
    /// Cosine to the text, where the paper was among the nearest.
    pub cosine: Option<f32>,
    /// Place among the keyword matches, from 1, where it matched.
    pub keyword_rank: Option<usize>,
    /// The author who is called by the text.
    pub author: Option<String>,
    /// Terms it shares with the text, rarest first.
    pub terms: Vec<String>,
}

/// Where a paper stands.
#[derive(Clone, Copy, Default)]
struct Places {
    /// Rank and cosine among the nearest.
    near: Option<(usize, f32)>,
    /// Rank among the keyword matches.
    keyword: Option<usize>,
    /// Rank among the author's papers.
    author: Option<usize>,
}

impl Places {
    fn score(self, is_name: bool) -> f64 {
        let part = |rank: usize| 1.0 / (FUSION_K + rank as f64);
        let both = 2.0 * part(1);
        let author = self.author.map_or(0.0, part);
        if is_name && self.author.is_some() {
            return 1.0 + author / both;
        }
        (self.near.map_or(0.0, |(rank, _)| part(rank)) + self.keyword.map_or(0.0, part) + author) / both
    }
}

/// Ranks the papers of a library by a text. `vector` is its unit vector and where its neighbours are looked for, or `None` to search by
/// words alone.
///
/// # Errors
/// What the library reports.
pub fn search(
    library: &Library,
    text: &str,
    vector: Option<(&Ground<'_>, ArrayView1<'_, f32>)>,
    filter: &Filter,
    k: usize,
) -> Result<Vec<Hit>> {
    let depth = DEPTH.max(k);
    let within = library.matching(filter)?;
    let mut fused: BTreeMap<PaperRow, Places> = BTreeMap::new();
    if let Some((ground, vector)) = vector {
        let admitted = Admitted { within: within.as_ref(), without: &[] };
        let best: Vec<_> = ground.nearest(&[vector.to_vec()], depth, &admitted)?.into_iter().flatten().collect();
        let mut rank = 0;
        for (place, scored) in best.iter().enumerate() {
            // Equal scores share a rank, so the order of rows never shows in an answer.
            if place == 0 || scored.score < best[place - 1].score {
                rank = place + 1;
            }
            fused.entry(scored.key).or_default().near = Some((rank, scored.score));
        }
    }
    for (place, (row, _)) in library.keyword_scores(text, within.as_ref(), depth)?.into_iter().enumerate() {
        fused.entry(row).or_default().keyword = Some(place + 1);
    }
    let words = library::terms(text);
    // Initials alone call too many.
    if words.iter().any(|word| word.len() > 1) {
        let mut by_author = PaperSet::new(library.by_author(text)?);
        if let Some(within) = &within {
            by_author = by_author.intersect(within);
        }
        for (place, row) in library.newest(&by_author, depth)?.into_iter().enumerate() {
            fused.entry(row).or_default().author = Some(place + 1);
        }
    }
    let is_name = words.len() > 1;
    let mut order: Vec<(f64, ArxivId, PaperRow)> = Vec::with_capacity(fused.len());
    for (row, places) in &fused {
        // A paper that another process has removed since the scan has no id any more.
        let Some(id) = library.id_of(*row)? else { continue };
        order.push((places.score(is_name), id, *row));
    }
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    order.truncate(k);

    let rows: Vec<PaperRow> = order.iter().map(|(_, _, row)| *row).collect();
    let scores: BTreeMap<PaperRow, f64> = order.into_iter().map(|(score, _, row)| (row, score)).collect();
    let papers = library.len()?;
    let asked = Phrases::of(text);
    library
        .papers_by_rows(&rows)?
        .into_iter()
        .map(|paper| {
            let own = paper.passage.as_deref().unwrap_or("");
            let shared = terms::shared(&asked, own, papers, TERMS, |words| library.document_frequency(words))?;
            let Places { near, keyword: keyword_rank, author } = fused[&paper.row];
            let terms = shared.into_iter().map(|term| term.term).collect();
            let author = author.and_then(|_| library::author_called(&paper.authors, text)).map(str::to_owned);
            let (score, cosine) = (scores[&paper.row], near.map(|(_, cosine)| cosine));
            Ok(Hit { score, paper, cosine, keyword_rank, author, terms })
        })
        .collect()
}
