//! Papers compared by one facet: the same method, whatever the problem.
//!
//! In: liked papers or texts, a facet, and what embeds texts. Out: answers as of `recommend`, with what was compared of each. A candidate is a paper
//! whose whole vector is near to the vector of the liked facet. The words of the candidates' facets say which of these are embedded,
//! unless the library has them from an earlier question, and compared as whole papers are. How many of the best remain is in
//! docs/quality.md.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::rank::{Asked, candidates, rank_among, with_vectors};
use super::{Answer, Query, answers, rows};
use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::facets::{FacetText, texts};
use crate::index::Index;
use crate::learned::Learned;
use crate::library::{FingerprintNumber, Library, PaperRow, PaperText};
use crate::neighbours::Ground;
use crate::paper::Facet;

/// Candidates of one liked paper, and how many of them are embedded, unless more answers are asked for.
const NEAR: usize = 3000;
const EMBEDDED: usize = 250;
/// Embedded for all liked papers together, about: as many take some seconds.
const MOST_EMBEDDED: usize = 1000;

/// Gives the vectors of texts, one each, unit length.
pub type Embed<'a> = dyn FnMut(&mut Library, &[FacetText]) -> Result<Vec<Vec<f32>>> + 'a;

/// What papers are looked at through.
pub struct Through<'a> {
    /// What of them is compared.
    pub facet: Facet,
    /// Whether the model reads the language of a text.
    pub reads: &'a (dyn Fn(&str) -> bool + Sync),
    /// What embeds them.
    pub embed: &'a mut Embed<'a>,
}

/// What comes of it.
#[derive(Clone, Debug, Default)]
pub struct ByFacet {
    /// The answers, each with its facet.
    pub answers: Vec<Answer>,
    /// What is compared of the liked papers.
    pub liked: Vec<(ArxivId, FacetText)>,
    /// Liked and disliked papers that tell nothing of it.
    pub silent: Vec<ArxivId>,
    /// Of the liked papers and all that they were compared with, those whose digest tells it in a language only that the model does not read.
    pub unread: usize,
    /// One of these digests' texts.
    pub unread_sample: Option<String>,
    /// All papers that the liked ones were compared with.
    pub compared: usize,
}

/// Ranks the papers of a library by one facet of them. `texts` holds the vectors of `query.like_text`, which are compared as they stand.
///
/// # Errors
/// [`Error::NotInLibrary`]; [`Error::NoFacet`] where none of the liked papers tells that facet; what embedding reports.
pub fn recommend_by_facet(
    library: &mut Library,
    (fingerprint, index): (FingerprintNumber, Option<&Index>),
    learned: &Learned,
    query: &Query,
    texts: &Array2<f32>,
    mut through: Through<'_>,
) -> Result<ByFacet> {
    let mut found = ByFacet::default();
    let mut query = query.clone();
    let mut without = rows(library, &query.like)?;
    let liked = through.told(library, &without)?;
    let unwanted = rows(library, &query.unlike)?;
    let disliked = through.told(library, &unwanted)?;
    without.extend(unwanted);
    for (ids, told) in [(&mut query.like, &liked), (&mut query.unlike, &disliked)] {
        let silent = |id: &ArxivId| !told.iter().any(|(_, paper)| paper.id == *id);
        found.silent.extend(ids.iter().filter(|id| silent(id)).cloned());
        ids.retain(|id| !silent(id));
    }
    if liked.is_empty() && query.like_text.is_empty() {
        let ids: Vec<&str> = found.silent.iter().map(ArxivId::as_str).collect();
        return Err(Error::NoFacet { ids: ids.join(", "), facet: through.facet.name() });
    }
    found.liked = liked.iter().map(|(text, paper)| (paper.id.clone(), text.clone())).collect();

    let papers = |told: Vec<(FacetText, PaperText)>| told.into_iter().map(|(_, paper)| paper).collect::<Vec<_>>();
    let texts = with_vectors(&query.like_text, texts);
    let asked = Asked { liked: papers(liked), disliked: papers(disliked), texts, without };
    let near = through.likely(&Ground { library, fingerprint, index }, learned, &query, &asked)?;
    let (told, papers): (Vec<FacetText>, Vec<PaperText>) = through.told(library, &near)?.into_iter().unzip();
    found.compared = told.len();
    let unread = found.liked.iter().map(|(_, text)| text).chain(&told).filter_map(|text| text.unread.as_ref());
    found.unread = unread.clone().count();
    found.unread_sample = unread.min().cloned();
    let subjects = learned.subjects(&papers);
    let ranking = rank_among(learned, &query, asked, &papers, &subjects);
    let told = told.into_iter().map(|text| (text.row, text)).collect();
    found.answers = answers(library, learned, &query, ranking, told)?;
    Ok(found)
}

impl Through<'_> {
    /// The candidates whose facets are worth to be embedded: by the words of their facets and the vectors of their whole passages.
    fn likely(&self, ground: &Ground<'_>, learned: &Learned, query: &Query, asked: &Asked) -> Result<Vec<PaperRow>> {
        let near = candidates(ground, query, asked, NEAR)?;
        let kept = EMBEDDED.max(query.k) * (asked.liked.len() + asked.texts.len()).min(MOST_EMBEDDED / EMBEDDED);
        if near.len() <= kept {
            return Ok(near);
        }
        let mut papers = ground.library.texts_of(ground.fingerprint, &near)?;
        let sources = ground.library.facet_sources(&near, self.facet)?;
        let told = texts(&sources, self.facet, self.reads).into_iter();
        let told: BTreeMap<PaperRow, FacetText> = told.map(|text| (text.row, text)).collect();
        papers.retain_mut(|paper| {
            let Some(told) = told.get(&paper.row) else { return false };
            (paper.title, paper.abstract_text, paper.authors) = (String::new(), told.text.clone(), Vec::new());
            true
        });
        let wanted = asked.wanted(learned);
        let subjects = learned.subjects(&papers);
        let mut scored: Vec<(f32, &ArxivId, PaperRow)> = (subjects.iter().zip(&papers))
            .map(|(subject, paper)| {
                let compared = |wanted| learned.compare(wanted, subject, &query.weights).sum();
                (wanted.iter().map(compared).fold(f32::NEG_INFINITY, f32::max), &paper.id, paper.row)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let mut rows: Vec<PaperRow> = scored.into_iter().take(kept).map(|(_, _, row)| row).collect();
        rows.sort_unstable();
        Ok(rows)
    }

    /// The facets of those papers that tell it, in this order, and as papers that consist of nothing else.
    fn told(&mut self, library: &mut Library, rows: &[PaperRow]) -> Result<Vec<(FacetText, PaperText)>> {
        let sources = library.facet_sources(rows, self.facet)?;
        let texts = texts(&sources, self.facet, self.reads);
        let vectors = (self.embed)(library, &texts)?;
        let mut told = Vec::with_capacity(texts.len());
        for (text, vector) in texts.into_iter().zip(vectors) {
            // Another process may have removed it meanwhile.
            let Some(id) = library.id_of(text.row)? else { continue };
            let (title, abstract_text, authors) = (String::new(), text.text.clone(), Vec::new());
            told.push((text.clone(), PaperText { row: text.row, id, title, abstract_text, authors, vector }));
        }
        Ok(told)
    }
}
