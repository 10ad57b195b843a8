//! `eval`: how well ways of ranking find what people have judged to be related.
//!
//! In: judgements (a paper and those relevant to it), a library as the pool. Out: per method the mean of nDCG@10, P@5, recall@20 and
//! MRR over the queries, each with a 95 % interval by bootstrap, and how alike the answers are among themselves. Relevance is yes or no, and what is not judged
//! counts as not relevant, so the figures compare methods on the same judgements and mean little alone.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;

use crate::arxiv_id::ArxivId;
use crate::error::Result;
use crate::learned::{Learned, Weights};
use crate::library::{FingerprintNumber, Library, PaperRow};
use crate::neighbours::{Admitted, Ground};
use crate::recommend::{self, Query};

/// How deep rankings are looked at.
const DEPTH: usize = 100;
/// Draws of the bootstrap.
const DRAWS: usize = 2000;
const SEED: u64 = 7;

/// A way of ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    /// What `recommend` does.
    Relata,
    /// Cosine of the vectors.
    Cosine,
    /// Cosine of words, weighted as in `recommend`, over all papers.
    Tfidf,
    /// Keyword search for title and abstract.
    Bm25,
}

impl Method {
    /// All of them, the default first.
    pub const ALL: [Method; 4] = [Method::Relata, Method::Cosine, Method::Tfidf, Method::Bm25];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Method::Relata => "relata",
            Method::Cosine => "cosine",
            Method::Tfidf => "tfidf",
            Method::Bm25 => "bm25",
        }
    }
}

/// A paper and those that are relevant to it, the paper itself not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The paper that is asked with.
    pub query: ArxivId,
    /// What should be found.
    pub relevant: BTreeSet<ArxivId>,
}

/// A mean over queries with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What one method reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which.
    pub method: Method,
    /// By the names of [`METRICS`], in their order.
    pub metrics: [Estimate; 5],
}

/// What is measured. The last is the mean cosine of two of the first ten answers: less is more diverse.
pub const METRICS: [&str; 5] = ["ndcg@10", "p@5", "recall@20", "mrr", "similarity@10"];

/// What `recommend` is asked with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// See [`Query::weights`].
    pub weights: Weights,
    /// See [`Query::diversity`].
    pub diversity: f32,
}

/// Ranks for every judgement by one method. `done` is called after each query.
///
/// # Errors
/// As [`recommend::recommend`].
pub fn evaluate(
    ground: &Ground<'_>,
    learned: &Learned,
    judgements: &[Judgement],
    (method, options): (Method, &Options),
    done: &mut dyn FnMut(),
) -> Result<Outcome> {
    let Ground { library, fingerprint, .. } = *ground;
    let words = if method == Method::Tfidf { Some(Words::of(library, learned, fingerprint)?) } else { None };
    let mut values: [Vec<f64>; 5] = Default::default();
    for judgement in judgements {
        let found = ranking(ground, learned, judgement, (method, options), words.as_ref())?;
        let similarity = similarity(library, fingerprint, &found[..found.len().min(10)])?;
        let measured = measure(&found, &judgement.relevant);
        values.iter_mut().zip(measured.into_iter().chain([similarity])).for_each(|(values, value)| values.push(value));
        done();
    }
    Ok(Outcome { method, metrics: values.map(|values| estimate(&values)) })
}

fn ranking(
    ground: &Ground<'_>,
    learned: &Learned,
    judgement: &Judgement,
    (method, options): (Method, &Options),
    words: Option<&Words>,
) -> Result<Vec<ArxivId>> {
    let Ground { library, fingerprint, .. } = *ground;
    let query = &judgement.query;
    let rows: Vec<PaperRow> = match method {
        Method::Relata => {
            let Options { weights, diversity } = *options;
            let asked = Query { like: vec![query.clone()], k: DEPTH, weights, diversity, ..Query::default() };
            let ranked = recommend::rank(ground, learned, &asked, &Array2::zeros((0, 0)))?.ranked;
            return Ok(ranked.into_iter().map(|found| found.id).collect());
        }
        Method::Cosine => {
            let Some(row) = library.row_of(query)? else { return Ok(Vec::new()) };
            let vector = library.vector(fingerprint, row)?.unwrap_or_default();
            let found = ground.nearest(&[vector], DEPTH, &Admitted { within: None, without: &[row] })?;
            let scored = found.into_iter().flatten();
            let mut named = Vec::new();
            for scored in scored {
                if let Some(id) = library.id_of(scored.key)? {
                    named.push((scored.score, id));
                }
            }
            named.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            return Ok(named.into_iter().take(DEPTH).map(|(_, id)| id).collect());
        }
        Method::Tfidf => return Ok(words.map(|words| words.nearest(query)).unwrap_or_default()),
        Method::Bm25 => {
            let passage = library.paper(query)?.and_then(|paper| paper.passage).unwrap_or_default();
            library.keyword_scores(&passage, None, DEPTH + 1)?.into_iter().map(|(row, _)| row).collect()
        }
    };
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        ids.extend(library.id_of(row)?.filter(|id| id != query));
    }
    Ok(ids)
}

/// The words of all papers, to rank by them alone.
struct Words {
    ids: Vec<ArxivId>,
    places: BTreeMap<ArxivId, usize>,
    of: Vec<Vec<(u64, f32)>>,
    /// Papers of a word, with the word's weight there.
    papers: BTreeMap<u64, Vec<(usize, f32)>>,
}

impl Words {
    fn of(library: &Library, learned: &Learned, fingerprint: FingerprintNumber) -> Result<Words> {
        let mut words = Words { ids: Vec::new(), places: BTreeMap::new(), of: Vec::new(), papers: BTreeMap::new() };
        for rows in library.sample(usize::MAX)?.chunks(1024) {
            for paper in library.texts_of(fingerprint, rows)? {
                let weighted = learned.words_of(&paper);
                let place = words.ids.len();
                for (word, weight) in &weighted {
                    words.papers.entry(*word).or_default().push((place, *weight));
                }
                words.places.insert(paper.id.clone(), place);
                words.ids.push(paper.id);
                words.of.push(weighted);
            }
        }
        Ok(words)
    }

    fn nearest(&self, query: &ArxivId) -> Vec<ArxivId> {
        let Some(own) = self.places.get(query) else { return Vec::new() };
        let mut scores = vec![0f32; self.ids.len()];
        for (word, weight) in &self.of[*own] {
            for (place, other) in self.papers.get(word).into_iter().flatten() {
                scores[*place] += weight * other;
            }
        }
        let mut order: Vec<usize> = (0..scores.len()).filter(|place| place != own && scores[*place] > 0.0).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then_with(|| self.ids[*a].cmp(&self.ids[*b])));
        order.into_iter().take(DEPTH).map(|place| self.ids[place].clone()).collect()
    }
}

/// Mean cosine of all pairs; 0 where there is none.
fn similarity(library: &Library, fingerprint: FingerprintNumber, found: &[ArxivId]) -> Result<f64> {
    let mut vectors = Vec::with_capacity(found.len());
    for id in found {
        if let Some(row) = library.row_of(id)? {
            vectors.extend(library.vector(fingerprint, row)?);
        }
    }
    let (mut sum, mut pairs) = (0.0, 0u32);
    for (at, one) in vectors.iter().enumerate() {
        for other in &vectors[..at] {
            sum += one.iter().zip(other).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            pairs += 1;
        }
    }
    Ok(sum / f64::from(pairs.max(1)))
}

/// nDCG@10, P@5, recall@20 and the reciprocal rank of the first relevant one, each from 0 to 1.
fn measure(found: &[ArxivId], relevant: &BTreeSet<ArxivId>) -> [f64; 4] {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let hits: Vec<usize> =
        found.iter().enumerate().filter(|(_, id)| relevant.contains(*id)).map(|(place, _)| place).collect();
    let within = |depth: usize| hits.iter().filter(|place| **place < depth).count() as f64;
    let ideal: f64 = (0..relevant.len().min(10)).map(gain).sum();
    let gained: f64 = hits.iter().filter(|place| **place < 10).map(|place| gain(*place)).sum();
    [
        gained / ideal.max(f64::MIN_POSITIVE),
        within(5) / 5.0,
        within(20) / relevant.len().max(1) as f64,
        hits.first().map_or(0.0, |place| 1.0 / (*place as f64 + 1.0)),
    ]
}

/// Mean and percentile interval (Efron 1979); every run draws the same.
fn estimate(values: &[f64]) -> Estimate {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
        sum / count.max(1) as f64
    };
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut means: Vec<f64> =
        (0..DRAWS).map(|_| mean(&mut (0..values.len()).map(|_| values[random.usize(..values.len())]))).collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((DRAWS - 1) as f64 * share).round() as usize];
    Estimate { mean: mean(&mut values.iter().copied()), low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u32]) -> Vec<ArxivId> {
        numbers.iter().map(|n| ArxivId::parse(&format!("2601.{n:05}")).unwrap().0).collect()
    }

    #[test]
    fn metrics_are_those_of_the_books() {
        let relevant: BTreeSet<ArxivId> = ids(&[1, 2, 3]).into_iter().collect();
        let found = ids(&[9, 1, 8, 2, 7, 6, 5, 4, 10, 11, 3]);
        let [ndcg, precision, recall, reciprocal] = measure(&found, &relevant);
        // Relevant at 2 and 4 of ten: (1/log2 3 + 1/log2 5) / (1 + 1/log2 3 + 1/2).
        assert!((ndcg - (0.630_929_8 + 0.430_676_6) / (1.0 + 0.630_929_8 + 0.5)).abs() < 1e-6, "{ndcg}");
        assert_eq!((precision, recall, reciprocal), (0.4, 1.0, 0.5));
        assert_eq!(measure(&ids(&[1, 2, 3]), &relevant)[0], 1.0);
        assert_eq!(measure(&[], &relevant), [0.0; 4]);
    }

    #[test]
    fn an_interval_is_that_of_the_mean() {
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 2)).collect();
        let Estimate { mean, low, high } = estimate(&values);
        // 0.5 give or take 1.96 * 0.5 / 20.
        assert_eq!(mean, 0.5);
        assert!((low - 0.451).abs() < 0.006 && (high - 0.549).abs() < 0.006, "{low} {high}");
        assert_eq!(estimate(&[0.25; 3]), Estimate { mean: 0.25, low: 0.25, high: 0.25 });
    }
}
