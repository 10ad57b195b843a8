//! Papers compared by one facet beside the whole: the same method, whatever the problem.
//!
//! In: liked papers or texts, a facet, and what embeds texts. Out: answers as of `recommend`, with
//! what was compared of each. What a paper tells of the facet is embedded behind its title, and
//! that vector stands in the place of the vector of the whole; words, and what they go with, stay
//! those of the whole abstract. By the facet alone answers were worse than without one
//! (docs/history/ranking.md). Candidates are the best by the whole; a paper that tells nothing of
//! the facet is compared by its whole vector.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::asked::{Asked, Wanted, with_vectors};
use super::candidates::{Compared, candidates, near_single};
use super::rank::rank_among;
use super::{Answer, Query, answers, rows};
use crate::error::Result;
use crate::facets::{FacetText, texts};
use crate::index::Index;
use crate::library::{FingerprintNumber, Library, PaperRow, PaperText};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::paper::Facet;
use crate::ranking::{Interest, Learned};

/// Candidates of one liked paper, and how many of them are embedded, unless more answers are asked
/// for.
const NEAR: usize = 500;
const EMBEDDED: usize = 250;
/// Embedded for all liked papers together, about: as many take some seconds.
const MOST_EMBEDDED: usize = 1000;

/// Of the papers near to a single liked one, those whose facets are looked at to be fed back.
const FED_BACK_AMONG: usize = 20;

/// The factor on the weight of the whitened cosine, where the vector is that of a facet: the words
/// stay those of the whole paper.
const VECTOR_FACTOR: f32 = 1.5;

/// Gives the vectors of texts, one each, unit length.
pub(super) type Embed<'a> = dyn FnMut(&mut Library, &[FacetText]) -> Result<Vec<Vec<f32>>> + 'a;

/// What papers are looked at through.
pub(crate) struct Through<'a> {
    /// What of them is compared.
    pub facet: Facet,
    /// Whether the model reads the language of a text.
    pub reads: &'a (dyn Fn(&str) -> bool + Sync),
    /// What embeds them.
    pub embed: &'a mut Embed<'a>,
}

/// What comes of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ByFacet {
    /// The answers, each with its facet.
    pub answers: Vec<Answer>,
    /// What is compared of the liked papers.
    pub liked: Vec<(ArxivId, FacetText)>,
    /// Liked and disliked papers that tell nothing of it, and are compared by the whole.
    pub silent: Vec<ArxivId>,
    /// Of the liked papers and all that they were compared with, those whose digest tells it in a
    /// language only that the model does not read.
    pub unread: usize,
    /// One of these digests' texts.
    pub unread_sample: Option<String>,
    /// All papers that the liked ones were compared with.
    pub compared: usize,
}

/// Ranks the papers of a library by one facet of them beside the whole. `texts` holds the vectors
/// of `query.like_text`, which are compared as they stand.
///
/// # Errors
/// [`QueryError::NotInLibrary`](crate::error::QueryError::NotInLibrary); what embedding reports.
pub(crate) fn recommend_by_facet(
    library: &mut Library,
    (fingerprint, index): (FingerprintNumber, Option<&Index>),
    learned: &Learned,
    query: &Query,
    texts: &Array2<f32>,
    mut through: Through<'_>,
) -> Result<ByFacet> {
    let mut found = ByFacet::default();
    let mut query = query.clone();
    query.weights.whitened_cosine *= VECTOR_FACTOR;
    let own = Own { liked: rows(library, &query.like)?, disliked: rows(library, &query.unlike)? };
    let whole = own.whole(library, fingerprint, &query, texts)?;
    let wanted = whole.wanted(learned, &query);
    let (near, fed) = {
        let context = SearchContext { library, fingerprint, index };
        let near = candidates(&context, &query, &whole, &wanted, NEAR)?;
        let kept = EMBEDDED.max(query.k) * (whole.liked.len() + whole.texts.len()).clamp(1, MOST_EMBEDDED / EMBEDDED);
        let fed = near_single(&context, &whole, &wanted)?;
        (
            best(&context, learned, &query, &wanted, near, kept)?,
            best(&context, learned, &query, &wanted, fed, FED_BACK_AMONG)?,
        )
    };

    let (liked, liked_texts) = through.seen(library, fingerprint, &own.liked)?;
    let (disliked, disliked_texts) = through.seen(library, fingerprint, &own.disliked)?;
    let tells = |paper: &&PaperText, texts: &BTreeMap<PaperRow, FacetText>| !texts.contains_key(&paper.row);
    found.silent.extend(liked.iter().filter(|paper| tells(paper, &liked_texts)).map(|paper| paper.id.clone()));
    found.silent.extend(disliked.iter().filter(|paper| tells(paper, &disliked_texts)).map(|paper| paper.id.clone()));
    let named = |paper: &PaperText| Some((paper.id.clone(), liked_texts.get(&paper.row)?.clone()));
    found.liked = liked.iter().filter_map(named).collect();

    let asked = Asked { liked, disliked, texts: whole.texts, without: whole.without };
    let (papers, told) = through.seen(library, fingerprint, &near)?;
    found.compared = papers.len();
    let unread = found.liked.iter().map(|(_, text)| text).chain(told.values()).filter_map(|text| text.unread.as_ref());
    found.unread = unread.clone().count();
    found.unread_sample = unread.min().cloned();
    let candidates = Compared { features: learned.features(&papers), papers };
    let (fed, _) = through.seen(library, fingerprint, &fed)?;
    let fed = Compared { features: learned.features(&fed), papers: fed };
    // Which papers are one interest does not hang on the facet.
    let wanted = Wanted { groups: wanted.groups, ..asked.wanted(learned, &query) };
    let ranking = rank_among(learned, &query, asked, &wanted, &fed, &candidates);
    found.answers = answers(library, learned, &query, ranking, told)?;
    Ok(found)
}

/// The rows of what the question names.
struct Own {
    liked: Vec<PaperRow>,
    disliked: Vec<PaperRow>,
}

impl Own {
    fn whole(
        &self,
        library: &Library,
        fingerprint: FingerprintNumber,
        query: &Query,
        texts: &Array2<f32>,
    ) -> Result<Asked> {
        let nameless = |rows: &[PaperRow]| Ok::<_, crate::Error>(without_authors(library.texts_of(fingerprint, rows)?));
        Ok(Asked {
            liked: nameless(&self.liked)?,
            disliked: nameless(&self.disliked)?,
            texts: with_vectors(&query.like_text, texts),
            without: self.liked.iter().chain(&self.disliked).copied().collect(),
        })
    }
}

/// Who wrote a paper is no facet of it.
fn without_authors(mut papers: Vec<PaperText>) -> Vec<PaperText> {
    papers.iter_mut().for_each(|paper| paper.authors.clear());
    papers
}

/// The best of some papers by the whole, ascending.
fn best(
    context: &SearchContext<'_>,
    learned: &Learned,
    query: &Query,
    wanted: &Wanted,
    near: Vec<PaperRow>,
    kept: usize,
) -> Result<Vec<PaperRow>> {
    if near.len() <= kept {
        return Ok(near);
    }
    let papers = without_authors(context.library.texts_of(context.fingerprint, &near)?);
    let interests: Vec<Interest> = wanted.interests(learned);
    let features = learned.features(&papers);
    let mut scored: Vec<(f32, &ArxivId, PaperRow)> = (features.iter().zip(&papers))
        .map(|(features, paper)| {
            let score = |interest: &Interest| interest.score(features, &query.weights).sum();
            (interests.iter().map(score).fold(f32::NEG_INFINITY, f32::max), &paper.id, paper.row)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let mut rows: Vec<PaperRow> = scored.into_iter().take(kept).map(|(_, _, row)| row).collect();
    rows.sort_unstable();
    Ok(rows)
}

impl Through<'_> {
    /// Papers as they are compared, in this order, and what those that tell of the facet tell.
    fn seen(
        &mut self,
        library: &mut Library,
        fingerprint: FingerprintNumber,
        rows: &[PaperRow],
    ) -> Result<(Vec<PaperText>, BTreeMap<PaperRow, FacetText>)> {
        let sources = library.facet_sources(rows, self.facet)?;
        let texts = texts(&sources, self.facet, self.reads);
        let vectors = (self.embed)(library, &texts)?;
        let mut papers = without_authors(library.texts_of(fingerprint, rows)?);
        let mut told: BTreeMap<PaperRow, (FacetText, Vec<f32>)> =
            texts.into_iter().zip(vectors).map(|(text, vector)| (text.row, (text, vector))).collect();
        for paper in &mut papers {
            if let Some((_, vector)) = told.get_mut(&paper.row) {
                paper.vector = std::mem::take(vector);
            }
        }
        Ok((papers, told.into_iter().map(|(row, (text, _))| (row, text)).collect()))
    }
}
