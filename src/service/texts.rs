//! The texts of a profile: what somebody likes and the library has no paper of.
//!
//! In: a profile. Out: its texts as a query compares them, with their vectors; those that the
//! library does not have yet are embedded and kept, batch by batch. Also the list of them, and
//! taking some out.

use std::collections::HashMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{Event, Note, Work};
use super::session::Session;
use super::{DEFAULT_PROFILE, Relata};
use crate::embed::{LazyEmbedder, Role};
use crate::error::{Error, LibraryError, QueryError, Result};
use crate::library::{FingerprintNumber, Library, Profile, ProfileText};
use crate::paper::{ArxivId, LikeWeight};
use crate::passage::passage;
use crate::ranking::DescribedText;
use crate::recommend::{OwnText, Query};

/// Texts that are handed to the embedder at once; what they gave is kept before the next are.
const WINDOW: usize = 256;

/// A text of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TextRow {
    /// What identifies it in the profile: an arXiv id, `doi:...` or `title:...`.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its abstract; the key is left out where it is not known.
    #[serde(rename = "abstract", skip_serializing_if = "String::is_empty")]
    pub abstract_text: String,
    /// Its authors in order.
    pub authors: Vec<String>,
    /// The arXiv ids that it names as its own.
    pub ids: Vec<ArxivId>,
    /// Its DOI.
    pub doi: Option<String>,
    /// Where it was read.
    pub source: String,
    /// The collection in which it stood there.
    pub collection: Option<String>,
    /// The day on which somebody collected it.
    pub added: Date,
    /// The interest to which somebody counts it; else likeness decides.
    pub interest: Option<i64>,
    /// How much it counts, where somebody has said so; the key is left out where nobody has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<LikeWeight>,
}

/// The texts of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProfileTexts {
    /// The profile.
    pub profile: String,
    /// Its texts, by key.
    pub texts: Vec<TextRow>,
}

/// Texts that a profile does not like any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveTexts {
    /// The profile.
    #[serde(default = "default_profile")]
    pub profile: String,
    /// Their keys.
    pub keys: Vec<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemovedTexts {
    /// How many texts went.
    pub removed: usize,
    /// Keys of no text.
    pub unknown: Vec<String>,
}

impl Relata {
    /// The texts of a profile that are no papers of the library, by key.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`](crate::error::ProfileError::NoSuchProfile) names those that
    /// there are.
    pub fn profile_texts(&self, name: &str) -> Result<ProfileTexts> {
        let profile = self.profile(None, name, true)?;
        Ok(ProfileTexts { profile: profile.name, texts: profile.texts.into_iter().map(TextRow::from).collect() })
    }

    /// Takes texts out of a profile.
    ///
    /// # Errors
    /// [`ProfileError::NoSuchProfile`](crate::error::ProfileError::NoSuchProfile); what the library
    /// reports.
    pub fn remove_texts(&self, request: &RemoveTexts) -> Result<RemovedTexts> {
        let there = self.profile(None, &request.profile, true)?.texts;
        let known = |key: &String| there.iter().any(|text| text.key == *key);
        let (keys, unknown): (Vec<String>, Vec<String>) = request.keys.iter().cloned().partition(known);
        let removed = if keys.is_empty() { 0 } else { self.own()?.remove_texts(&request.profile, &keys)? };
        Ok(RemovedTexts { removed, unknown })
    }
}

impl From<ProfileText> for TextRow {
    fn from(text: ProfileText) -> TextRow {
        TextRow {
            key: text.key,
            title: text.title,
            abstract_text: text.abstract_text,
            authors: text.authors,
            ids: text.ids.into_iter().collect(),
            doi: text.doi,
            source: text.source,
            collection: text.collection,
            added: text.noted,
            interest: text.interest,
            weight: text.weight,
        }
    }
}

impl Session<'_> {
    /// Gives the texts of a query their vectors: those that the library has, and the others by
    /// embedding them. Texts in a language that the model does not read are left out.
    ///
    /// # Errors
    /// What the model and the library report. What was embedded before stays.
    pub(super) fn embed_texts(
        &mut self,
        embedder: &LazyEmbedder,
        fingerprint: FingerprintNumber,
        query: &mut Query,
    ) -> Result<()> {
        if query.own_texts.is_empty() {
            return Ok(());
        }
        self.leave_out_unread(embedder, query)?;
        let texts: Vec<String> =
            query.own_texts.iter().map(|own| passage(&own.text.title, Some(&own.text.body))).collect();
        let stored = self.library.text_vectors(fingerprint, &texts)?;
        let missing: Vec<&str> =
            texts.iter().zip(&stored).filter(|(_, vector)| vector.is_none()).map(|(text, _)| text.as_str()).collect();
        let new = self.embed_missing(embedder, fingerprint, &missing)?;
        for ((own, text), vector) in query.own_texts.iter_mut().zip(&texts).zip(stored) {
            let vector = vector.or_else(|| new.get(text.as_str()).cloned());
            own.text.vector = vector.ok_or(Error::Internal("a text was not embedded"))?;
        }
        Ok(())
    }

    fn leave_out_unread(&self, embedder: &LazyEmbedder, query: &mut Query) -> Result<()> {
        let identity = embedder.identity();
        let reads = |own: &OwnText| identity.reads(&own.text.title) || identity.reads(&own.text.body);
        let (read, unread): (Vec<_>, Vec<_>) = std::mem::take(&mut query.own_texts).into_iter().partition(reads);
        query.own_texts = read;
        let Some(first) = unread.first() else { return Ok(()) };
        if query.like.is_empty() && query.like_text.is_empty() && query.own_texts.is_empty() {
            let other = self.relata.other_model(embedder, &first.text.title, self.source);
            let model = identity.name.clone();
            return Err(QueryError::TextUnread { model, other: other.name, sample: other.sample }.into());
        }
        self.relata.note(Note::OwnTextsUnread { model: identity.name.clone(), texts: unread.len() });
        Ok(())
    }

    /// Embeds texts and keeps their vectors, where the library can be written.
    fn embed_missing<'t>(
        &mut self,
        embedder: &LazyEmbedder,
        fingerprint: FingerprintNumber,
        missing: &[&'t str],
    ) -> Result<HashMap<&'t str, Vec<f32>>> {
        let mut new = HashMap::new();
        if missing.is_empty() {
            return Ok(new);
        }
        let relata = self.relata;
        let loaded = embedder.load(&mut |progress| relata.tell(Event::Fetching(progress)))?;
        relata.tell(Event::Began(Work::EmbeddingTexts, missing.len() as u64));
        let mut embed = || {
            for window in missing.chunks(WINDOW) {
                relata.cancel.check()?;
                let vectors = loaded.embed(window, Role::Passage)?.vectors;
                let rows: Vec<Vec<f32>> = vectors.outer_iter().map(|row| row.to_vec()).collect();
                let kept: Vec<(&str, &[f32])> = window.iter().copied().zip(rows.iter().map(Vec::as_slice)).collect();
                store(&mut self.library, fingerprint, &kept)?;
                new.extend(window.iter().copied().zip(rows));
                relata.tell(Event::Done(Work::EmbeddingTexts, new.len() as u64));
            }
            Ok(())
        };
        let embedded = embed();
        relata.tell(Event::Ended(Work::EmbeddingTexts));
        embedded.map(|()| new)
    }
}

/// Answers do without what cannot be kept.
fn store(library: &mut Library, fingerprint: FingerprintNumber, vectors: &[(&str, &[f32])]) -> Result<()> {
    match library.store_text_vectors(fingerprint, vectors) {
        Err(Error::Library(LibraryError::ReadOnly { .. } | LibraryError::Full { .. })) => Ok(()),
        stored => stored,
    }
}

/// A text of a profile as a query compares it, without its vector.
pub(super) fn own_text(text: &ProfileText) -> OwnText {
    OwnText {
        key: text.key.clone(),
        text: DescribedText {
            title: text.title.clone(),
            body: text.abstract_text.clone(),
            authors: text.authors.clone(),
            vector: Vec::new(),
        },
        emphasis: 1.0,
        weight: text.weight.map(LikeWeight::factor),
        interest: text.interest,
    }
}

/// Has later likes of a profile count more, where a half-life in days is given.
pub(super) fn emphasise(query: &mut Query, profile: &Profile, half_life: Option<f32>) {
    let Some(days) = half_life else { return };
    query.emphasis = profile.emphasis(days);
    for own in &mut query.own_texts {
        if let Ok(at) = profile.texts.binary_search_by(|text| text.key.cmp(&own.key)) {
            own.emphasis = profile.emphasis_of(&profile.texts[at], days);
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn default_profile() -> String {
    DEFAULT_PROFILE.to_owned()
}
