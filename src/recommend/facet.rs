//! Papers compared by one facet beside the whole: the same method, whatever the problem.
//!
//! In: a question with its candidates by the whole, a facet, and what embeds facets. Out: the
//! question as it is ranked, and what was compared of each paper.
//!
//! What a paper tells of the facet is embedded behind its title, and that vector stands in the
//! place of the vector of the whole; words, and what they go with, stay those of the whole
//! abstract. By the facet alone answers were worse than without one (docs/history/ranking.md). A
//! paper that tells nothing of the facet is compared by its whole vector, and liked texts are
//! compared as they stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Query;
use super::asked::Wanted;
use super::candidates::Compared;
use super::known::Known;
use super::rank::Question;
use crate::error::Result;
use crate::facets::{FacetText, texts};
use crate::library::{Library, PaperRow, PaperText};
use crate::neighbours::SearchContext;
use crate::paper::{ArxivId, Facet};
use crate::ranking::{Interests, PaperFeatures, ScoreParts};

/// Candidates whose facets are embedded, for one liked paper, unless more answers are asked for.
const EMBEDDED: usize = 250;
/// Embedded for all liked papers together, about: as many take some seconds.
const MOST_EMBEDDED: usize = 1000;

/// Of the papers near to a single liked one, those whose facets are looked at to be fed back.
const FED_BACK_AMONG: usize = 20;

/// The factor on the weight of the whitened cosine, where the vector is that of a facet: the words
/// stay those of the whole paper.
const VECTOR_FACTOR: f32 = 1.5;

/// Gives vectors to what papers tell of a facet.
pub(crate) trait FacetEmbedder: Sync {
    /// Whether the model reads the language of a text.
    fn reads(&self, text: &str) -> bool;

    /// The vectors of texts, one each, unit length: the library's own where it has them.
    ///
    /// # Errors
    /// What embedding and the library report.
    fn embed(&mut self, library: &Library, facet: Facet, texts: &[FacetText]) -> Result<Vec<Vec<f32>>>;
}

/// What was compared of papers.
#[derive(Clone, Debug, Default)]
pub(crate) struct FacetComparison {
    /// Of the liked papers, those that tell the facet.
    pub liked: Vec<(ArxivId, FacetText)>,
    /// Liked and disliked papers that tell nothing of it, and are compared by the whole.
    pub silent: Vec<ArxivId>,
    /// Of the liked papers and all that they were compared with, those whose digest tells it in a
    /// language only that the model does not read.
    pub unread: usize,
    /// One of these digests' texts.
    pub unread_sample: Option<String>,
    /// How many papers the liked ones were compared with.
    pub papers: usize,
    /// What the candidates tell of it.
    pub(super) told: BTreeMap<PaperRow, FacetText>,
}

/// A facet, and what embeds it.
pub(super) struct Through<'a> {
    pub(super) facet: Facet,
    pub(super) embedder: &'a mut dyn FacetEmbedder,
}

/// A query with the weights of a comparison by a facet.
pub(super) fn weighted(query: &Query) -> Query {
    let mut query = query.clone();
    query.weights.whitened_cosine *= VECTOR_FACTOR;
    query
}

/// Keeps the best candidates by the whole, and puts the vectors of the facet in the place of those
/// of the whole.
pub(super) fn look_through(
    context: &SearchContext<'_>,
    known: &Known,
    query: &Query,
    question: &mut Question,
    mut through: Through<'_>,
) -> Result<FacetComparison> {
    let Question { asked, wanted, candidates, near } = question;
    let kept = EMBEDDED.max(query.k) * (asked.liked.len() + asked.texts.len()).clamp(1, MOST_EMBEDDED / EMBEDDED);
    let interests = wanted.interests(known);
    keep_best(candidates, &interests, query, kept);
    keep_best(near, &interests, query, FED_BACK_AMONG);

    let liked = through.replace_vectors(context.library, &mut asked.liked)?;
    let disliked = through.replace_vectors(context.library, &mut asked.disliked)?;
    let told = through.replace_vectors(context.library, &mut candidates.papers)?;
    through.replace_vectors(context.library, &mut near.papers)?;
    candidates.features = known.features(&candidates.papers);
    near.features = known.features(&near.papers);
    // Which papers are one interest does not depend on the facet.
    *wanted = Arc::new(Wanted::grouped(wanted.all.clone(), asked.described(known, query)));

    let silent = |papers: &[PaperText], told: &BTreeMap<PaperRow, FacetText>| {
        let silent = papers.iter().filter(|paper| !told.contains_key(&paper.row));
        silent.map(|paper| paper.id.clone()).collect::<Vec<_>>()
    };
    let unread = liked.values().chain(told.values()).filter_map(|text| text.unread.as_ref());
    Ok(FacetComparison {
        silent: [silent(&asked.liked, &liked), silent(&asked.disliked, &disliked)].concat(),
        unread: unread.clone().count(),
        unread_sample: unread.min().cloned(),
        papers: candidates.papers.len(),
        liked: asked
            .liked
            .iter()
            .filter_map(|paper| Some((paper.id.clone(), liked.get(&paper.row)?.clone())))
            .collect(),
        told,
    })
}

/// The best of some papers by the whole, ascending by row. Equal scores are ordered by paper id.
fn keep_best(papers: &mut Compared, interests: &Interests, query: &Query, kept: usize) {
    if papers.papers.len() <= kept {
        return;
    }
    let score = |features: &PaperFeatures| {
        interests.scores(features, &query.weights).iter().map(ScoreParts::sum).fold(f32::NEG_INFINITY, f32::max)
    };
    let mut scored: Vec<(f32, &ArxivId, PaperRow)> = (papers.features.iter().zip(&papers.papers))
        .map(|(features, paper)| (score(features), &paper.id, paper.row))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let mut rows: Vec<PaperRow> = scored.into_iter().take(kept).map(|(_, _, row)| row).collect();
    rows.sort_unstable();
    *papers = papers.only(&rows);
}

impl Through<'_> {
    /// Puts the vector of the facet in the place of each paper's that tells it; gives what they
    /// tell.
    fn replace_vectors(
        &mut self,
        library: &Library,
        papers: &mut [PaperText],
    ) -> Result<BTreeMap<PaperRow, FacetText>> {
        let rows: Vec<PaperRow> = papers.iter().map(|paper| paper.row).collect();
        let sources = library.facet_sources(&rows, self.facet)?;
        let embedder = &*self.embedder;
        let texts = texts(&sources, self.facet, &|text| embedder.reads(text));
        let vectors = self.embedder.embed(library, self.facet, &texts)?;
        let mut told: BTreeMap<PaperRow, (FacetText, Vec<f32>)> =
            texts.into_iter().zip(vectors).map(|(text, vector)| (text.row, (text, vector))).collect();
        for paper in papers {
            if let Some((_, vector)) = told.get_mut(&paper.row) {
                paper.vector = std::mem::take(vector);
            }
        }
        Ok(told.into_iter().map(|(row, (text, _))| (row, text)).collect())
    }
}
