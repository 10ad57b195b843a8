//! Why a paper is an answer to what somebody likes.

use schemars::JsonSchema;
use serde::Serialize;

use super::rows::{Row, serialize_six_decimals};
use crate::facets::FacetOrigin;
use crate::paper::ArxivId;
use crate::ranking;
use crate::recommend::{Answer, Liked};

/// Why a paper is an answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Related {
    /// What of the liked it is nearest to.
    pub liked: LikedBy,
    /// The title of the liked paper; empty where that has none, or a text is liked.
    #[serde(skip)]
    pub liked_title: String,
    /// Terms it shares with that, the rarest first.
    pub terms: Vec<String>,
    /// The sentence of its abstract that is nearest to that.
    pub sentence: Option<String>,
    /// Cosine of the vectors.
    #[serde(serialize_with = "serialize_six_decimals")]
    pub cosine: f32,
    /// What the score is the sum of.
    pub parts: ScoreParts,
    /// What was compared of the paper, where a facet was asked for and the paper tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facet: Option<ToldFacet>,
}

/// Something that is liked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LikedBy {
    /// A paper.
    Paper(ArxivId),
    /// A text.
    Text {
        /// Its place among the liked texts, from 0.
        text: usize,
    },
    /// A text of the profile that is no paper of the library.
    Own {
        /// What identifies it in the profile.
        own_text: String,
        /// Its title.
        title: String,
    },
}

/// The parts of a score, to six decimals.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct ScoreParts {
    /// What the whitened cosine of the vectors gives.
    #[serde(serialize_with = "serialize_six_decimals")]
    pub meaning: f32,
    /// What words that go together give.
    #[serde(serialize_with = "serialize_six_decimals")]
    pub associations: f32,
    /// What shared words give.
    #[serde(serialize_with = "serialize_six_decimals")]
    pub words: f32,
    /// What shared authors give.
    #[serde(serialize_with = "serialize_six_decimals")]
    pub authors: f32,
    /// What disliked papers take away, 0 or less.
    #[serde(serialize_with = "serialize_six_decimals")]
    pub unlike: f32,
}

/// What was compared of a paper.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ToldFacet {
    /// The text.
    pub text: String,
    /// Where it is from.
    pub from: FacetOrigin,
}

/// An answer as a row.
pub(super) fn related(rank: usize, answer: Answer, language: &str) -> Row<Related> {
    let ranking::ScoreParts { whitened_cosine, cooccurrence, words, authors } = answer.parts;
    let reason = Related {
        liked: match answer.because {
            Liked::Paper(id) => LikedBy::Paper(id),
            Liked::Text(text) => LikedBy::Text { text },
            Liked::Own { key, title } => LikedBy::Own { own_text: key, title },
        },
        liked_title: answer.liked_title,
        terms: answer.terms,
        sentence: answer.sentence,
        cosine: answer.cosine,
        parts: ScoreParts {
            meaning: whitened_cosine,
            associations: cooccurrence,
            words,
            authors,
            unlike: -answer.dislike_penalty,
        },
        facet: answer.facet.map(|facet| ToldFacet { text: facet.text, from: facet.origin }),
    };
    Row::new(rank, Some(f64::from(answer.score)), Some(answer.matched), answer.paper, language, reason)
}
