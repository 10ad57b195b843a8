//! Ways of ranking: what `recommend` does, its own signals summed in other ways, and what other
//! programs do.
//!
//! In: a judgement. Out: the papers of the library, the best first, without those that were asked
//! with.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{DEPTH, Judgement, Options};
use crate::error::Result;
use crate::library::{Matching, PaperText, dot};
use crate::neighbours::{Admitted, SearchContext};
use crate::paper::ArxivId;
use crate::ranking::{Learned, PaperFeatures};
use crate::recommend::{self, Known, Query, QueryVectors};

/// The constant of reciprocal rank fusion.
const FUSION_K: f64 = 60.0;

/// A way of ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// What `recommend` does.
    Relata,
    /// The highest score to a liked paper, by the signals of `recommend` and over all papers.
    Highest,
    /// The mean score to the liked papers, likewise.
    Mean,
    /// The highest cosine to a liked paper.
    Cosine,
    /// The mean cosine to the liked papers.
    MeanCosine,
    /// The mean cosine of words to the liked papers, weighted as in `recommend`, over all papers.
    Tfidf,
    /// Keyword search for title and abstract; of several liked papers the rankings are fused.
    Bm25,
}

impl Method {
    /// Those that differ where one paper is liked, the default first.
    pub const OF_ONE: [Method; 4] = [Method::Relata, Method::Cosine, Method::Tfidf, Method::Bm25];

    /// All of them, the default first.
    pub const ALL: [Method; 7] = [
        Method::Relata,
        Method::Highest,
        Method::Mean,
        Method::Cosine,
        Method::MeanCosine,
        Method::Tfidf,
        Method::Bm25,
    ];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Method::Relata => "relata",
            Method::Highest => "highest",
            Method::Mean => "mean",
            Method::Cosine => "cosine",
            Method::MeanCosine => "mean-cosine",
            Method::Tfidf => "tfidf",
            Method::Bm25 => "bm25",
        }
    }

    /// Whether it looks at all papers at once.
    pub(super) fn needs_pool(self) -> bool {
        matches!(self, Method::Highest | Method::Mean | Method::MeanCosine | Method::Tfidf)
    }

    pub(super) fn ranking(
        self,
        sources: &Sources<'_>,
        judgement: &Judgement,
        options: &Options,
    ) -> Result<Vec<ArxivId>> {
        let Sources { context, known, pool } = *sources;
        let compare = |one: &PaperFeatures, other: &PaperFeatures| known.compare(one, other, &options.weights).sum();
        let over = |score: &(dyn Fn(usize, usize) -> f32 + Sync), sum: Sum| {
            pool.map(|pool| pool.ranking(judgement, score, sum)).unwrap_or_default()
        };
        match (self, pool) {
            (Method::Relata, _) => {
                let Options { weights, diversity } = *options;
                let (like, unlike) = (judgement.like.clone(), judgement.unlike.clone());
                // The first of many as the first of few: each interest has its share of them.
                let asked = Query { like, unlike, k: DEPTH, weights, diversity, as_chosen: true, ..Query::default() };
                let ranked = recommend::rank(context, known, &asked, QueryVectors::default())?.ranked;
                Ok(ranked.into_iter().map(|found| found.id).collect())
            }
            (Method::Cosine, _) => nearest(context, judgement),
            (Method::Bm25, _) => by_keywords(context, judgement),
            (Method::Highest, Some(pool)) => {
                Ok(over(&|a, b| compare(&pool.features[a], &pool.features[b]), Sum::Highest))
            }
            (Method::Mean, Some(pool)) => Ok(over(&|a, b| compare(&pool.features[a], &pool.features[b]), Sum::Mean)),
            (Method::MeanCosine, Some(pool)) => Ok(over(&|a, b| pool.cosine(a, b), Sum::Mean)),
            (Method::Tfidf, Some(pool)) => {
                Ok(over(&|a, b| pool.features[a].words_in_common(&pool.features[b]), Sum::Mean))
            }
            (Method::Highest | Method::Mean | Method::MeanCosine | Method::Tfidf, None) => Ok(Vec::new()),
        }
    }
}

/// What the methods rank by.
pub(super) struct Sources<'a> {
    pub(super) context: &'a SearchContext<'a>,
    pub(super) known: &'a Known,
    /// All papers in memory, where [`Method::needs_pool`].
    pub(super) pool: Option<&'a Pool>,
}

/// How the scores to several liked papers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    Highest,
    Mean,
}

/// All papers that can be compared.
pub(super) struct Pool {
    papers: Vec<PaperText>,
    features: Vec<PaperFeatures>,
    places: BTreeMap<ArxivId, usize>,
}

impl Pool {
    pub(super) fn of(context: &SearchContext<'_>, learned: &Learned) -> Result<Pool> {
        let mut pool = Pool { papers: Vec::new(), features: Vec::new(), places: BTreeMap::new() };
        for rows in context.library.sample(usize::MAX)?.chunks(1024) {
            let papers = context.library.texts_of(context.fingerprint, rows)?;
            pool.features.extend(learned.features(&papers));
            pool.papers.extend(papers);
        }
        pool.places = pool.papers.iter().enumerate().map(|(place, paper)| (paper.id.clone(), place)).collect();
        Ok(pool)
    }

    fn cosine(&self, one: usize, other: usize) -> f32 {
        let bytes: Vec<u8> = self.papers[other].vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        dot(&bytes, &self.papers[one].vector)
    }

    /// Papers by their scores, those of 0 and less left out.
    fn ranking(&self, judgement: &Judgement, score: &(dyn Fn(usize, usize) -> f32 + Sync), sum: Sum) -> Vec<ArxivId> {
        let liked: Vec<usize> = judgement.like.iter().filter_map(|id| self.places.get(id).copied()).collect();
        let asked: BTreeSet<&ArxivId> = judgement.like.iter().chain(&judgement.unlike).collect();
        let scored = |place: usize| {
            let scores = liked.iter().map(|liked| score(*liked, place));
            match sum {
                Sum::Highest => scores.fold(f32::NEG_INFINITY, f32::max),
                Sum::Mean => scores.sum::<f32>() / liked.len().max(1) as f32,
            }
        };
        let mut order: Vec<(f32, &ArxivId)> = (0..self.papers.len())
            .into_par_iter()
            .filter(|place| !asked.contains(&self.papers[*place].id))
            .map(|place| (scored(place), &self.papers[place].id))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        order.into_iter().take(DEPTH).map(|(_, id)| id.clone()).collect()
    }
}

/// By the highest cosine to a liked paper.
fn nearest(context: &SearchContext<'_>, judgement: &Judgement) -> Result<Vec<ArxivId>> {
    let (mut vectors, mut without) = (Vec::new(), Vec::new());
    for id in judgement.like.iter().chain(&judgement.unlike) {
        without.extend(context.library.row_of(id)?);
    }
    without.sort_unstable();
    for id in &judgement.like {
        if let Some(row) = context.library.row_of(id)? {
            vectors.extend(context.library.vector(context.fingerprint, row)?);
        }
    }
    let found = context.nearest(&vectors, DEPTH, &Admitted { without: &without, ..Admitted::default() })?;
    let mut best: BTreeMap<ArxivId, f32> = BTreeMap::new();
    for scored in found.into_iter().flatten() {
        if let Some(id) = context.library.id_of(scored.key)? {
            let highest = best.entry(id).or_insert(scored.score);
            *highest = highest.max(scored.score);
        }
    }
    let mut order: Vec<(f32, ArxivId)> = best.into_iter().map(|(id, score)| (score, id)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Ok(order.into_iter().take(DEPTH).map(|(_, id)| id).collect())
}

fn by_keywords(context: &SearchContext<'_>, judgement: &Judgement) -> Result<Vec<ArxivId>> {
    let asked: BTreeSet<&ArxivId> = judgement.like.iter().chain(&judgement.unlike).collect();
    let mut fused: BTreeMap<ArxivId, f64> = BTreeMap::new();
    for id in &judgement.like {
        let passage = context.library.paper(id)?.and_then(|paper| paper.passage).unwrap_or_default();
        let found = context.library.keyword_scores(&passage, &Matching::All, DEPTH + asked.len())?;
        for (rank, (row, _)) in found.into_iter().enumerate() {
            if let Some(id) = context.library.id_of(row)?.filter(|id| !asked.contains(id)) {
                *fused.entry(id).or_default() += 1.0 / (FUSION_K + rank as f64);
            }
        }
    }
    let mut order: Vec<(f64, ArxivId)> = fused.into_iter().map(|(id, score)| (score, id)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Ok(order.into_iter().take(DEPTH).map(|(_, id)| id).collect())
}
