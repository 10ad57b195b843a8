//! Recommend: the papers most related to those that somebody likes.
//!
//! In: [`Recommend`], liked and disliked papers, texts, a profile, perhaps a facet. Out:
//! [`Recommendation`], rows with their reasons.

use ndarray::Array2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::catch_up::{EmbeddingProgress, facet_vectors};
use super::events::{Event, Note, Work};
use super::query::{Factors, Selection, check_period, each_once};
use super::related::{Related, related};
use super::rows::{Row, Seen, english};
use super::session::Session;
use super::{DEFAULT_PROFILE, OtherModel, Relata};
use crate::embed::LazyEmbedder;
use crate::error::{QueryError, Result};
use crate::facets::{FacetText, Told};
use crate::library::{Filter, FingerprintNumber, Library};
use crate::paper::ArxivId;
use crate::paper::Facet;
use crate::recommend::{self as recommender, Answer, ByFacet, Query, Through, recommend_by_facet};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Recommend {
    /// Liked papers. Without any and without `like_text` the profile is the question.
    pub like: Vec<ArxivId>,
    /// Papers of which less is wanted.
    pub unlike: Vec<ArxivId>,
    /// Texts that describe what is liked.
    pub like_text: Vec<String>,
    /// A profile whose liked and disliked papers are added.
    pub profile: Option<String>,
    /// Compare this aspect of papers, beside the words of the whole.
    pub facet: Option<Facet>,
    /// Number of answers.
    pub k: usize,
    /// The least match of an answer, from 0 to 100.
    pub at_least: Option<f32>,
    /// Which papers may be answers.
    pub filter: Filter,
    /// How the parts of a score count.
    pub factors: Factors,
    /// How much an answer's likeness to those before it lowers its score, from 0 to 1.
    pub diversity: f32,
    /// Days after which a like of the profile counts half as much; all count the same where nothing
    /// is said.
    pub half_life: Option<f32>,
    /// Language of the digests' short texts, such as `en`.
    pub language: String,
}

impl Default for Recommend {
    fn default() -> Recommend {
        Recommend {
            like: Vec::new(),
            unlike: Vec::new(),
            like_text: Vec::new(),
            profile: None,
            facet: None,
            k: 10,
            at_least: None,
            filter: Filter::default(),
            factors: Factors::default(),
            diversity: 0.0,
            half_life: None,
            language: english(),
        }
    }
}

/// What comes of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Recommendation {
    /// What was asked, with the papers of the profile.
    pub query: RecommendQuery,
    /// The answers, the best first.
    pub results: Vec<Row<Related>>,
    /// The library that answered.
    #[serde(skip)]
    pub seen: Seen,
}

/// A question as its answer repeats it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecommendQuery {
    /// Liked papers: those of the request, then those of the profile.
    pub like: Vec<ArxivId>,
    /// Disliked papers, likewise.
    pub unlike: Vec<ArxivId>,
    /// Liked texts.
    pub like_text: Vec<String>,
    /// The profile that was asked with.
    pub profile: Option<String>,
    /// Which papers could be answers.
    pub filter: Selection,
    /// What was compared of papers, where a facet was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facet: Option<ComparedFacet>,
    /// Liked texts that were left out, since the model does not read their language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_text: Vec<String>,
}

/// A facet that papers were compared by.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ComparedFacet {
    /// Which.
    pub name: &'static str,
    /// What the liked papers tell of it.
    pub liked: Vec<LikedFacet>,
    /// Liked and disliked papers that tell nothing of it, and were compared as a whole.
    pub silent: Vec<ArxivId>,
    /// Papers whose digest tells it only in a language that the model does not read.
    pub unread: usize,
    /// Papers that were looked at, the liked ones included.
    #[serde(skip)]
    pub looked_at: usize,
    /// The model that does not read these, and which one does.
    #[serde(skip)]
    pub other_model: Option<OtherModel>,
}

/// What a liked paper tells of a facet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LikedFacet {
    /// The paper.
    pub id: ArxivId,
    /// What it tells.
    pub text: String,
    /// Where that is from.
    pub from: Told,
}

impl Relata {
    /// The papers that are most related to those of a request, the best first. Equal scores are
    /// ordered by paper id.
    ///
    /// # Errors
    /// [`QueryError::EmptyPeriod`], [`QueryError::EmptyQuery`] for a blank text;
    /// [`ProfileError::NothingLiked`](crate::error::ProfileError::NothingLiked),
    /// [`ProfileError::LikedAreGone`](crate::error::ProfileError::LikedAreGone),
    /// [`ProfileError::NoSuchProfile`](crate::error::ProfileError::NoSuchProfile);
    /// [`QueryError::NotInLibrary`]; [`QueryError::TextUnread`] where the model reads none of the
    /// texts and nothing else is asked;
    /// [`LibraryError::OtherModel`](crate::error::LibraryError::OtherModel); what the model and the
    /// library report.
    pub fn recommend(&self, request: &Recommend) -> Result<Recommendation> {
        check_period(&request.filter)?;
        let mut query = Query {
            like: each_once(&request.like),
            unlike: each_once(&request.unlike),
            like_text: request.like_text.clone(),
            k: request.k,
            filter: request.filter.clone(),
            weights: request.factors.weights(),
            diversity: request.diversity,
            at_least: request.at_least.unwrap_or(0.0),
            ..Query::default()
        };
        if query.like_text.iter().any(|text| text.trim().is_empty()) {
            return Err(QueryError::EmptyQuery.into());
        }
        let alone = query.like.is_empty() && query.like_text.is_empty();
        let mut session = self.answering()?;
        let embedder = session.embedder()?;
        let unread_text = take_unread(&embedder, &mut query);
        let profile = request.profile.clone().or_else(|| alone.then(|| DEFAULT_PROFILE.to_owned()));
        if let Some(name) = &profile {
            let profile = self.profile(session.own(), name, request.profile.is_some())?;
            session.add_profile(&profile, &mut query)?;
            query.emphasis = request.half_life.map(|days| profile.emphasis(days)).unwrap_or_default();
        }
        session.say_unread(&embedder, &unread_text, &query)?;
        recommender::check(&session.library, &query)?;
        let fingerprint = session.embedded(&embedder)?;
        let texts = embedder.embed_queries(&query.like_text, &mut |progress| self.tell(Event::Fetching(progress)))?;
        self.cancel.check()?;
        let (answers, facet, seen) = session.ranked(&embedder, fingerprint, (&query, &texts), request.facet)?;
        let place = |(at, answer)| related(at + 1, answer, &request.language);
        Ok(Recommendation {
            results: answers.into_iter().enumerate().map(place).collect(),
            query: RecommendQuery {
                like: query.like,
                unlike: query.unlike,
                like_text: query.like_text,
                profile,
                filter: Selection { filter: request.filter.clone(), k: request.k, at_least: request.at_least },
                facet,
                unread_text,
            },
            seen,
        })
    }
}

impl Session<'_> {
    /// The answers to a query, by a facet where one is asked for.
    fn ranked(
        &mut self,
        embedder: &LazyEmbedder,
        fingerprint: FingerprintNumber,
        (query, texts): (&Query, &Array2<f32>),
        facet: Option<Facet>,
    ) -> Result<(Vec<Answer>, Option<ComparedFacet>, Seen)> {
        let view = self.library.view()?;
        let seen = self.seen(fingerprint)?;
        let knowledge = self.knowledge(&view, fingerprint)?;
        let Some(facet) = facet else {
            let answers = recommender::recommend(
                &knowledge.context(&self.library, fingerprint),
                &knowledge.learned,
                query,
                texts,
            )?;
            return Ok((answers, None, seen));
        };
        // Its vectors are kept, so the library is written.
        drop(view);
        let identity = embedder.identity();
        let relata = self.relata;
        let mut embed = |library: &mut Library, texts: &[FacetText]| {
            let mut began = false;
            let fetch = &mut |progress| relata.tell(Event::Fetching(progress));
            let asked = (fingerprint, facet);
            let vectors = facet_vectors(embedder, library, asked, texts, fetch, &mut |embedded: EmbeddingProgress| {
                relata.cancel.check()?;
                if !std::mem::replace(&mut began, true) {
                    relata.tell(Event::Began(Work::EmbeddingFacets, embedded.total));
                }
                relata.tell(Event::Done(Work::EmbeddingFacets, embedded.done));
                Ok(())
            });
            if began {
                relata.tell(Event::Ended(Work::EmbeddingFacets));
            }
            vectors
        };
        let through = Through { facet, reads: &|text| identity.reads(text), embed: &mut embed };
        let place = (fingerprint, knowledge.index.as_ref().as_ref());
        let found = recommend_by_facet(&mut self.library, place, &knowledge.learned, query, texts, through)?;
        let compared = self.compared(embedder, &found, facet);
        Ok((found.answers, Some(compared), seen))
    }

    fn compared(&self, embedder: &LazyEmbedder, found: &ByFacet, facet: Facet) -> ComparedFacet {
        let liked =
            |(id, told): &(ArxivId, FacetText)| LikedFacet { id: id.clone(), text: told.text.clone(), from: told.told };
        let other = found.unread_sample.as_deref().filter(|_| found.unread > 0);
        ComparedFacet {
            name: facet.name(),
            liked: found.liked.iter().map(liked).collect(),
            silent: found.silent.clone(),
            unread: found.unread,
            looked_at: found.compared + found.liked.len(),
            other_model: other.map(|text| self.relata.other_model(embedder, text, self.source)),
        }
    }

    /// Tells which texts are left out.
    ///
    /// # Errors
    /// [`QueryError::TextUnread`] where nothing else is asked for.
    fn say_unread(&self, embedder: &LazyEmbedder, unread: &[String], query: &Query) -> Result<()> {
        let Some(first) = unread.first() else { return Ok(()) };
        let other = self.relata.other_model(embedder, first, self.source);
        let model = &embedder.identity().name;
        if query.like.is_empty() && query.like_text.is_empty() {
            return Err(QueryError::TextUnread { model: model.clone(), way_out: other.in_words() }.into());
        }
        let left_out = |text: &String| Note::TextUnread { model: model.clone(), text: text.clone() };
        unread.iter().map(left_out).for_each(|note| self.relata.note(note));
        self.relata.note(Note::OtherModel(other));
        Ok(())
    }
}

/// Takes the texts that the model does not read out of a query: a vector of a text that it was not
/// trained on lies anywhere, so its neighbours would be noise.
fn take_unread(embedder: &LazyEmbedder, query: &mut Query) -> Vec<String> {
    let identity = embedder.identity();
    let (read, unread) = std::mem::take(&mut query.like_text).into_iter().partition(|text| identity.reads(text));
    query.like_text = read;
    unread
}
