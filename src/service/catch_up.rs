//! Embeds what a library misses, so that every paper has a vector of one model.
//!
//! In: a library and a [`LazyEmbedder`]. Out: the number under which the model's vectors stand in
//! the library. Also what a library remembers of how its papers are embedded, and the vectors of
//! facets, which are embedded when they are asked for.

use crate::embed::{Fingerprint, LazyEmbedder, Long, Precision, Role};
use crate::error::{DifferingSetting, EmbeddingSetting, Error, LibraryError, Result};
use crate::facets::{FacetPassage, FacetText};
use crate::library::{
    EmbeddingSettings, FingerprintNumber, FingerprintText, Library, NewVector, StoredFingerprint, Tokens,
};
use crate::model::{Progress, Settings};
use crate::paper::Facet;
use crate::recommend::FacetEmbedder;

/// Papers handed to the embedder at once: enough to sort by length, little enough to hold in
/// memory.
const WINDOW: usize = 1024;

/// How the papers of a library are embedded, as far as it remembers or its vectors tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Remembered {
    /// A known name or the path of a folder. `None` where nothing tells: a folder's name alone does
    /// not say where it lies.
    pub(super) model: Option<String>,
    /// In what numbers.
    pub(super) precision: Precision,
    /// What becomes of long texts.
    pub(super) long: Long,
}

impl Remembered {
    /// What a library remembers; for one that was made before libraries did, what its only set of
    /// vectors tells.
    ///
    /// # Errors
    /// What the library reports; a precision that a later version of this program has noted.
    pub(super) fn of(library: &Library, settings: &Settings) -> Result<Option<Remembered>> {
        if let Some(kept) = library.embedding_settings()? {
            let (precision, long) = (kept.precision.parse()?, kept.long.parse()?);
            return Ok(Some(Remembered { model: Some(kept.model), precision, long }));
        }
        let sets = library.fingerprints()?;
        let mut sets = sets.iter().filter(|set| set.vectors > 0);
        let (Some(set), None) = (sets.next(), sets.next()) else { return Ok(None) };
        let told = Fingerprint::read_description(&set.text.description);
        Ok(told.map(|(model, precision, long)| {
            let known = settings.manifests.iter().any(|manifest| manifest.name == model);
            Remembered { model: known.then(|| model.to_owned()), precision, long }
        }))
    }
}

/// How far [`catch_up`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EmbeddingProgress {
    /// Papers embedded by this call so far.
    pub done: u64,
    /// Papers that had no vector when the call began.
    pub total: u64,
}

/// What a library remembers where its papers are embedded with this.
///
/// # Errors
/// The folder of a model has no absolute path.
pub(super) fn settings_of(embedder: &LazyEmbedder) -> Result<EmbeddingSettings> {
    let model = match embedder.folder() {
        None => embedder.identity().name.clone(),
        Some(root) => std::path::absolute(root).map_err(Error::io(root))?.display().to_string(),
    };
    let options = embedder.options();
    let (precision, long) = (options.precision.name().to_owned(), options.long.name().to_owned());
    Ok(EmbeddingSettings { model, precision, long })
}

/// The number under which this model's vectors are stored, once every paper of the library has one.
///
/// Embeds what is missing and commits after every batch, so that a killed process loses one batch
/// at the most.
///
/// # Errors
/// [`LibraryError::OtherModel`] if the library holds vectors, but none of this model, and `begin`
/// is false: embedding a whole library anew is asked for, not slipped in. Otherwise as
/// [`LazyEmbedder::load`], and what `embedded` gives; what was committed stays.
pub(super) fn catch_up(
    embedder: &LazyEmbedder,
    library: &mut Library,
    begin: bool,
    fetch: &mut dyn FnMut(Progress),
    embedded: &mut dyn FnMut(EmbeddingProgress) -> Result<()>,
) -> Result<FingerprintNumber> {
    let stored = library.fingerprints()?;
    let has_own = stored.iter().any(|f| f.text.digest == embedder.fingerprint().digest() && f.vectors > 0);
    let has_others = stored.iter().any(|f| f.text.digest != embedder.fingerprint().digest() && f.vectors > 0);
    if !begin && !has_own && has_others {
        return Err(other_model(embedder, library, &stored)?);
    }
    let number = library.ensure_fingerprint(&FingerprintText {
        digest: embedder.fingerprint().digest().to_owned(),
        model: embedder.identity().name.clone(),
        description: embedder.fingerprint().description().to_owned(),
        dimension: embedder.dimension()?,
    })?;
    let total = library.missing(number)?;
    if total == 0 {
        return Ok(number);
    }
    let remembered = settings_of(embedder)?;
    let loaded = embedder.load(fetch)?;
    // Once the model is there, and before the first vector is: a killed process leaves a library
    // that knows its model.
    if !begin && !has_own && library.embedding_settings()?.as_ref() != Some(&remembered) {
        library.set_embedding_settings(&remembered)?;
    }
    let mut progress = EmbeddingProgress { done: 0, total };
    embedded(progress)?;
    let mut after = None;
    loop {
        let window = library.next_missing(number, after, WINDOW)?;
        let Some(last) = window.last() else { return Ok(number) };
        after = Some(last.row);
        let texts: Vec<&str> = window.iter().map(|paper| paper.passage.as_str()).collect();
        loaded.embed_batches(&texts, Role::Passage, &mut |batch| {
            let rows: Vec<Vec<f32>> = batch.vectors.outer_iter().map(|row| row.to_vec()).collect();
            let new: Vec<NewVector<'_>> = rows
                .iter()
                .enumerate()
                .map(|(at, vector)| NewVector {
                    row: window[batch.indices[at]].row,
                    passage_hash: window[batch.indices[at]].passage_hash,
                    vector,
                    tokens: Tokens { embedded: batch.tokens[at], cut: batch.cut[at] },
                })
                .collect();
            progress.done += library.store_vectors(number, &new)?.stored as u64;
            embedded(progress)?;
            Ok(())
        })?;
    }
}

/// Gives facets the vectors that the library has of them, and embeds the others.
pub(super) struct FacetVectors<'a> {
    /// The model.
    pub(super) embedder: &'a LazyEmbedder,
    /// The number of its vectors.
    pub(super) fingerprint: FingerprintNumber,
    /// Is told how far fetching the model is.
    pub(super) fetch: &'a (dyn Fn(Progress) + Sync),
    /// Is told how far embedding is, and ends it by an error.
    pub(super) embedded: &'a (dyn Fn(EmbeddingProgress) -> Result<()> + Sync),
    /// What was embedded, to be stored.
    pub(super) new: Vec<(FacetPassage, Vec<f32>)>,
}

impl FacetVectors<'_> {
    /// Stores what was embedded, where the library can be written: answers do without being kept.
    ///
    /// # Errors
    /// What the library reports, unless it is read-only or full.
    pub(super) fn store(self, library: &mut Library, facet: Facet) -> Result<()> {
        let new: Vec<(&FacetPassage, &[f32])> =
            self.new.iter().map(|(passage, vector)| (passage, vector.as_slice())).collect();
        match library.store_facet_vectors(self.fingerprint, facet, &new) {
            Err(Error::Library(LibraryError::ReadOnly { .. } | LibraryError::Full { .. })) => Ok(()),
            stored => stored,
        }
    }
}

impl FacetEmbedder for FacetVectors<'_> {
    fn reads(&self, text: &str) -> bool {
        self.embedder.identity().reads(text)
    }

    fn embed(&mut self, library: &Library, facet: Facet, texts: &[FacetText]) -> Result<Vec<Vec<f32>>> {
        let passages: Vec<FacetPassage> = texts.iter().map(FacetText::passage).collect();
        let mut vectors = library.facet_vectors(self.fingerprint, facet, &passages)?;
        let missing: Vec<usize> = (0..passages.len()).filter(|at| vectors[*at].is_none()).collect();
        if !missing.is_empty() {
            let loaded = self.embedder.load(&mut |progress| (self.fetch)(progress))?;
            let mut progress = EmbeddingProgress { done: 0, total: missing.len() as u64 };
            (self.embedded)(progress)?;
            let bare: Vec<&str> = missing.iter().map(|at| passages[*at].text.as_str()).collect();
            loaded.embed_batches(&bare, Role::Passage, &mut |batch| {
                for (index, vector) in batch.indices.iter().zip(batch.vectors.outer_iter()) {
                    let (at, vector) = (missing[*index], vector.to_vec());
                    self.new.push((passages[at].clone(), vector.clone()));
                    vectors[at] = Some(vector);
                }
                progress.done += batch.indices.len() as u64;
                (self.embedded)(progress)
            })?;
        }
        vectors.into_iter().map(|vector| vector.ok_or(Error::Internal("a text was not embedded"))).collect()
    }
}

/// The error of a library that holds vectors of other models alone.
fn other_model(embedder: &LazyEmbedder, library: &Library, stored: &[StoredFingerprint]) -> Result<Error> {
    let own = settings_of(embedder)?;
    let kept = Remembered::of(library, embedder.settings())?.unwrap_or_default();
    let differs = [
        (EmbeddingSetting::Model, &own.model, kept.model.as_deref()),
        (EmbeddingSetting::Precision, &own.precision, Some(kept.precision.name())),
        (EmbeddingSetting::Long, &own.long, Some(kept.long.name())),
    ];
    let differs = differs.into_iter().filter(|(_, own, kept)| *kept != Some(own.as_str()));
    let differing =
        differs.map(|(setting, own, _)| DifferingSetting { setting, asked: own.clone() }).collect::<Vec<_>>();
    // Nothing that anybody asks for differs: the files of the model do, which fingerprints tell.
    let print = |digest: &str| match differing.is_empty() {
        true => format!(" with the fingerprint {}", digest.get(..12).unwrap_or(digest)),
        false => String::new(),
    };
    let sets = stored.iter().filter(|set| set.vectors > 0);
    let in_short = |set: &StoredFingerprint| {
        format!("{}{} ({} papers)", made_with(&set.text), print(&set.text.digest), set.vectors)
    };
    let sets: Vec<String> = sets.map(in_short).collect();
    let asked = in_words(&embedder.identity().name, embedder.options().precision, embedder.options().long);
    Ok(Error::from(LibraryError::OtherModel {
        library: library.path().to_owned(),
        stored: sets.join(", "),
        asked: asked + &print(embedder.fingerprint().digest()),
        differing,
        remembered: kept.model.is_some(),
    }))
}

/// What made a set of vectors, in words: `all-MiniLM-L6-v2 in int8`.
fn made_with(text: &FingerprintText) -> String {
    match Fingerprint::read_description(&text.description) {
        Some((_, precision, long)) => in_words(&text.model, precision, long),
        None => text.model.clone(),
    }
}

fn in_words(model: &str, precision: Precision, long: Long) -> String {
    let long = if long == Long::Window { " windows" } else { "" };
    format!("{model} in {}{long}", precision.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArxivId, Entry, Metadata, Precedence, SourceKind};

    /// Adds a set of vectors with this description, of the one paper of a library.
    fn embed(library: &mut Library, model: &str, description: &str) {
        let text = FingerprintText {
            digest: description.to_owned(),
            model: model.to_owned(),
            description: description.to_owned(),
            dimension: 2,
        };
        let number = library.ensure_fingerprint(&text).unwrap();
        let missing = library.next_missing(number, None, 1).unwrap().remove(0);
        let vector = NewVector {
            row: missing.row,
            passage_hash: missing.passage_hash,
            vector: &[0.6, 0.8],
            tokens: Tokens::default(),
        };
        library.store_vectors(number, &[vector]).unwrap();
    }

    #[test]
    fn a_library_without_settings_is_told_by_its_only_set_of_vectors() {
        let settings = Settings::from_vars(|_| None, Some("/cache".into()), Some("/home".into())).unwrap();
        let mut library = Library::in_memory().unwrap();
        assert_eq!(Remembered::of(&library, &settings).unwrap(), None);
        let id = ArxivId::parse("2602.10611").unwrap().0;
        let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
        library
            .merge(&[Entry {
                metadata: Metadata { title: Some("Ice".to_owned()), ..Metadata::default() },
                ..Entry::new(id, precedence, 1)
            }])
            .unwrap();

        embed(&mut library, "all-MiniLM-L6-v2", "all-MiniLM-L6-v2, weights 53aa5117, int8, windows, title-abstract/1");
        let told =
            Remembered { model: Some("all-MiniLM-L6-v2".to_owned()), precision: Precision::Int8, long: Long::Window };
        assert_eq!(Remembered::of(&library, &settings).unwrap(), Some(told));

        // Of two sets neither is the library's, until somebody says so.
        embed(&mut library, "mine", "mine, weights 01234567, title-abstract/1");
        assert_eq!(Remembered::of(&library, &settings).unwrap(), None);
        let kept = EmbeddingSettings {
            model: "/models/mine".to_owned(),
            precision: "f32".to_owned(),
            long: "truncate".to_owned(),
        };
        library.set_embedding_settings(&kept).unwrap();
        let told = Remembered { model: Some("/models/mine".to_owned()), ..Remembered::default() };
        assert_eq!(Remembered::of(&library, &settings).unwrap(), Some(told));
    }
}
