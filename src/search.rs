//! `search`: papers by meaning and by words, two rankings fused into one; and by author, where the
//! text is a name.
//!
//! In: a text, its vector where the model can read it, a filter. Out: the k best papers and the
//! words of the text that each holds. Fusion is by reciprocal ranks (Cormack, Clarke & Büttcher,
//! SIGIR 2009, k = 60): cosines and BM25 scores have no common scale, ranks do. Where the text is
//! the name of an author, that author's papers come before all others, the newest first. All words
//! of the text must be in the name; a single word, such as "song", is a name only if it occurs in
//! no title or abstract.

use std::collections::BTreeMap;

use ndarray::ArrayView1;

use rayon::prelude::*;

use crate::error::Result;
use crate::library::{self, Filter, Library, Matching, Paper, PaperRow, PaperSet};
use crate::neighbours::{Admitted, SearchContext};
use crate::paper::ArxivId;
use crate::ranking::{Learned, PaperFeatures, Weights};
use crate::recommend::calibration;
use crate::sentences::sentences;
use crate::terms::{self, Phrases};

/// The constant of reciprocal rank fusion.
const FUSION_K: f64 = 60.0;
/// Each ranking is fused to this depth, or to k where more is asked for.
const DEPTH: usize = 200;
/// Terms named per answer.
const TERMS: usize = 3;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    /// Sum of `1 / (60 + rank)` over the rankings that hold the paper, scaled so that first by
    /// meaning and by words is 1. Of a paper by the author whose name the text is: 1 and its part
    /// by its rank among the author's papers.
    pub score: f64,
    /// How well the paper answers the text, from 0 to 100 ([`calibration`]). Unknown where the text
    /// was searched by words alone, and of the papers of an author, whom a match says nothing of.
    pub matched: Option<f32>,
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
    /// The sentence of its abstract that has most in common with the text, where any has and the
    /// text was not searched by words alone.
    pub sentence: Option<String>,
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
    fn score(self) -> f64 {
        let part = |rank: usize| 1.0 / (FUSION_K + rank as f64);
        let both = 2.0 * part(1);
        match self.author {
            Some(rank) => 1.0 + part(rank) / both,
            None => (self.near.map_or(0.0, |(rank, _)| part(rank)) + self.keyword.map_or(0.0, part)) / both,
        }
    }
}

/// A query as a vector, and where its neighbours are looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmbeddedQuery<'a> {
    /// The library with its vectors.
    pub context: &'a SearchContext<'a>,
    /// What the library teaches.
    pub learned: &'a Learned,
    /// The unit vector of the text.
    pub vector: ArrayView1<'a, f32>,
}

impl EmbeddedQuery<'_> {
    /// The views of the text.
    fn features(&self, text: &str) -> Option<PaperFeatures> {
        self.learned.features_of_text(text, &self.vector.to_vec())
    }

    /// The match of each of these papers; of one that was removed meanwhile none.
    fn matches(&self, text: &str, rows: &[PaperRow]) -> Result<BTreeMap<PaperRow, f32>> {
        let Some(asked) = self.features(text) else { return Ok(BTreeMap::new()) };
        let papers = self.context.library.texts_of(self.context.fingerprint, rows)?;
        let weights = Weights::default();
        let score =
            |features: &PaperFeatures| calibration::to_text(self.learned.compare(&asked, features, &weights).sum());
        let matches =
            papers.par_chunks(50).flat_map_iter(|papers| self.learned.features(papers)).map(|own| score(&own));
        Ok(papers.iter().map(|paper| paper.row).zip(matches.collect::<Vec<f32>>()).collect())
    }
}

/// What [`search`] looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextQuery<'a> {
    /// The text.
    pub text: &'a str,
    /// The text as a vector; without one, papers are found by their words alone.
    pub embedded: Option<&'a EmbeddedQuery<'a>>,
    /// The most answers.
    pub k: usize,
    /// The least match of an answer, from 0 to 100, where the match of a paper is known.
    pub at_least: f32,
}

/// Ranks the papers of a library by a text.
///
/// # Errors
/// What the library reports.
pub(crate) fn search(library: &Library, query: &TextQuery<'_>, filter: &Filter) -> Result<Vec<Hit>> {
    let TextQuery { text, embedded, k, at_least } = *query;
    let depth = DEPTH.max(k);
    let within = library.matching(filter)?;
    let mut fused: BTreeMap<PaperRow, Places> = BTreeMap::new();
    if let Some(EmbeddedQuery { context, vector, .. }) = embedded {
        let admitted = Admitted::of(&within, &[]);
        let best: Vec<_> = context.nearest(&[vector.to_vec()], depth, &admitted)?.into_iter().flatten().collect();
        let mut rank = 0;
        for (place, scored) in best.iter().enumerate() {
            // Equal scores share a rank, so the order of rows never shows in an answer.
            if place == 0 || scored.score < best[place - 1].score {
                rank = place + 1;
            }
            fused.entry(scored.key).or_default().near = Some((rank, scored.score));
        }
    }
    for (place, (row, _)) in library.keyword_scores(text, &within, depth)?.into_iter().enumerate() {
        fused.entry(row).or_default().keyword = Some(place + 1);
    }
    if may_be_a_name(library, text)? {
        let by_author = Matching::Only(within.of(PaperSet::new(library.by_author(text)?)));
        for (place, row) in library.newest(&by_author, depth)?.into_iter().enumerate() {
            fused.entry(row).or_default().author = Some(place + 1);
        }
    }
    let mut order: Vec<(f64, ArxivId, PaperRow)> = Vec::with_capacity(fused.len());
    for (row, places) in &fused {
        // A paper that another process has removed since the scan has no id any more.
        let Some(id) = library.id_of(*row)? else { continue };
        order.push((places.score(), id, *row));
    }
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    // Without a limit only those that are shown are compared.
    if at_least <= 0.0 {
        order.truncate(k);
    }
    let by_text = |row: &PaperRow| fused[row].author.is_none();
    let matched: Vec<PaperRow> = order.iter().map(|(_, _, row)| *row).filter(by_text).collect();
    let matches = embedded.map(|embedded| embedded.matches(text, &matched)).transpose()?.unwrap_or_default();
    order.retain(|(_, _, row)| matches.get(row).is_none_or(|matched| *matched >= at_least));
    order.truncate(k);

    let rows: Vec<PaperRow> = order.iter().map(|(_, _, row)| *row).collect();
    let scores: BTreeMap<PaperRow, f64> = order.into_iter().map(|(score, _, row)| (row, score)).collect();
    let papers = library.len()?;
    let asked = Phrases::of(text);
    let wanted = embedded.and_then(|embedded| Some((embedded.learned, embedded.features(text)?)));
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
            let matched = matches.get(&paper.row).copied();
            let sentence = wanted.as_ref().filter(|_| author.is_none()).and_then(|(learned, wanted)| {
                let sentences = sentences(paper.abstract_text.as_deref().unwrap_or_default());
                learned.nearest_text(wanted, &sentences).map(|at| sentences[at].to_owned())
            });
            Ok(Hit { score, matched, paper, cosine, keyword_rank, author, terms, sentence })
        })
        .collect()
}

/// Whether a text is taken for a name where an author is called so. Initials alone call too many.
fn may_be_a_name(library: &Library, text: &str) -> Result<bool> {
    let words = library::terms(text);
    match words.as_slice() {
        [] => Ok(false),
        [word] => Ok(word.len() > 1 && !library.holds_in_text(word)?),
        words if words.len() > library::limits::PHRASE_WORDS => Ok(false),
        words => Ok(words.iter().any(|word| word.len() > 1)),
    }
}
