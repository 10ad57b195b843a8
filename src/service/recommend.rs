//! Recommend: the papers most related to those that somebody likes.
//!
//! In: [`Recommend`], liked and disliked papers, texts, a profile, perhaps a facet. Out:
//! [`Recommendation`], rows with their reasons.

use ndarray::Array2;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::catch_up::{EmbeddingProgress, FacetVectors};
use super::events::{Event, Note, Work};
use super::query::{RankOptions, Selection, each_once, rank_options, rank_setters};
use super::related::{Related, related};
use super::rows::{Row, Seen};
use super::session::Session;
use super::texts::{emphasise, is_zero};
use super::{OtherModel, Relata};
use crate::embed::LazyEmbedder;
use crate::error::{QueryError, Result};
use crate::facets::{FacetOrigin, FacetText};
use crate::library::FingerprintNumber;
use crate::paper::ArxivId;
use crate::paper::Facet;
use crate::recommend::{self as recommender, FacetComparison, Query, QueryVectors, Recommended};
use crate::setters::setters;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
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
    /// How papers are ranked, and which become answers.
    #[serde(flatten, deserialize_with = "ranking")]
    pub ranking: RankOptions,
}

fn ranking<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<RankOptions, D::Error> {
    rank_options(from, &["like", "unlike", "like_text", "profile", "facet"])
}

rank_setters!(Recommend);
setters! { Recommend:
    /// Papers that are liked. They are added to those of earlier calls.
    like => each like(ArxivId);
    /// Papers of which less is wanted.
    unlike => each unlike(ArxivId);
    /// Texts that describe what is liked.
    like_text => each_into like_text(String);
    /// A profile whose liked and disliked papers are added.
    profile => some_into profile(String);
    /// The aspect of papers that is compared, beside the words of the whole.
    facet => some facet(Facet);
}

impl Recommend {
    /// Asks for the ten papers that are most related to what the default profile likes. Setters say
    /// what else is wanted.
    ///
    /// ```
    /// use relata::library::Filter;
    /// use relata::paper::Facet;
    /// use relata::service::Recommend;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let request = Recommend::new()
    ///     .like(["2602.10611".parse()?])
    ///     .like_text(["solving differential equations with neural networks"])
    ///     .facet(Facet::Method)
    ///     .filter(Filter::new().categories(["cs.LG"]).since("2026-02-01".parse()?))
    ///     .k(5);
    /// // Requests are JSON as well; a key that is none of theirs is refused.
    /// let same = serde_json::from_str::<Recommend>(&serde_json::to_string(&request)?)?;
    /// assert_eq!(same, request);
    /// assert!(serde_json::from_str::<Recommend>(r#"{"likes": []}"#).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> Recommend {
        Recommend::default()
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
    /// How many texts of the profile were asked with that are no papers of the library; the key is
    /// left out where there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub own_texts: usize,
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
    pub from: FacetOrigin,
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
        let mut query = Query {
            like: each_once(&request.like),
            unlike: each_once(&request.unlike),
            like_text: request.like_text.clone(),
            facet: request.facet,
            ..request.ranking.query(0.0)?
        };
        if query.like_text.iter().any(|text| text.trim().is_empty()) {
            return Err(QueryError::EmptyQuery.into());
        }
        let alone = query.like.is_empty() && query.like_text.is_empty();
        let mut session = self.answering()?;
        let embedder = session.embedder()?;
        let unread_text = take_unread(&embedder, &mut query);
        let profile = request.profile.clone().or_else(|| alone.then(|| self.default_profile().to_owned()));
        if let Some(name) = &profile {
            let profile = self.profile(session.own(), name, request.profile.is_some())?;
            session.add_profile(&profile, &mut query)?;
            emphasise(&mut query, &profile, request.ranking.half_life);
        }
        session.say_unread(&embedder, &unread_text, &query)?;
        recommender::check(&session.library, &query)?;
        session.say_withdrawn(&query, &request.like)?;
        let fingerprint = session.embedded(&embedder)?;
        session.embed_texts(&embedder, fingerprint, &mut query)?;
        let texts = embedder.embed_queries(&query.like_text, &mut |progress| self.tell(Event::Fetching(progress)))?;
        self.cancel.check()?;
        let (found, seen) = session.ranked(&embedder, fingerprint, &query, &texts)?;
        let compared = request.facet.zip(found.facet.as_ref());
        let facet = compared.map(|(facet, found)| session.compared(&embedder, found, facet));
        let place = |(at, answer)| related(at + 1, answer, &request.ranking.language);
        Ok(Recommendation {
            results: found.answers.into_iter().enumerate().map(place).collect(),
            query: RecommendQuery {
                like: query.like,
                unlike: query.unlike,
                like_text: query.like_text,
                own_texts: query.own_texts.len(),
                profile,
                filter: request.ranking.selection(),
                facet,
                unread_text,
            },
            seen,
        })
    }
}

impl Session<'_> {
    /// The answers to a query, and what was compared of papers where it asks for a facet.
    fn ranked(
        &mut self,
        embedder: &LazyEmbedder,
        fingerprint: FingerprintNumber,
        query: &Query,
        texts: &Array2<f32>,
    ) -> Result<(Recommended, Seen)> {
        let relata = self.relata;
        let fetch = |progress| relata.tell(Event::Fetching(progress));
        let embedded = |progress: EmbeddingProgress| {
            relata.cancel.check()?;
            if progress.done == 0 {
                relata.tell(Event::Began(Work::EmbeddingFacets, progress.total));
            }
            relata.tell(Event::Done(Work::EmbeddingFacets, progress.done));
            if progress.done == progress.total {
                relata.tell(Event::Ended(Work::EmbeddingFacets));
            }
            Ok(())
        };
        let mut facets = FacetVectors { embedder, fingerprint, fetch: &fetch, embedded: &embedded, new: Vec::new() };
        let view = self.library.view()?;
        let seen = self.seen(fingerprint)?;
        let knowledge = self.knowledge(&view, fingerprint)?;
        let vectors = QueryVectors { texts: (!query.like_text.is_empty()).then_some(texts), facets: Some(&mut facets) };
        let context = knowledge.context(&self.library, fingerprint);
        let found = recommender::recommend(&context, &knowledge.known, query, vectors);
        // What was embedded is kept, whatever became of the rest.
        drop(view);
        let stored = match query.facet {
            Some(facet) if !facets.new.is_empty() => facets.store(&mut self.library, facet),
            _ => Ok(()),
        };
        let found = found?;
        stored?;
        Ok((found, seen))
    }

    fn compared(&self, embedder: &LazyEmbedder, found: &FacetComparison, facet: Facet) -> ComparedFacet {
        let liked = |(id, told): &(ArxivId, FacetText)| LikedFacet {
            id: id.clone(),
            text: told.text.clone(),
            from: told.origin,
        };
        let other = found.unread_sample.as_deref().filter(|_| found.unread > 0);
        ComparedFacet {
            name: facet.name(),
            liked: found.liked.iter().map(liked).collect(),
            silent: found.silent.clone(),
            unread: found.unread,
            looked_at: found.papers + found.liked.len(),
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
        if query.like.is_empty() && query.like_text.is_empty() && query.own_texts.is_empty() {
            return Err(QueryError::TextUnread { model: model.clone(), other: other.name, sample: other.sample }.into());
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
