//! Facets of papers: what digests and the abstract have of them, and the vectors of those that were
//! compared.
//!
//! In: rows and a facet. Out: its texts, and vectors by the SHA-256 of the text that was embedded,
//! so that none outlives its text. Vectors are kept as they are asked for: four facets of every
//! paper would take four times as long to embed as the papers.

use rusqlite::{OptionalExtension, params};

use super::faults::Faults;
use super::text_vectors::text_hash;
use super::{FingerprintNumber, Library, PaperRow};
use crate::error::Result;
use crate::paper::Facet;

/// What the library has of a facet of a paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FacetSource {
    /// The title, empty where it is not known.
    pub title: String,
    /// The digests' texts of it, with their languages, `en` first and then by language.
    pub digest: Vec<(String, String)>,
    /// The abstract, empty where it is not known.
    pub abstract_text: String,
}

/// What is embedded of a facet of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetPassage {
    /// Whose.
    pub row: PaperRow,
    /// The text; its vector is stored under the sum of it.
    pub text: String,
}

impl Library {
    /// What there is of a facet of these papers, in this order. One that another process has
    /// removed meanwhile is left out.
    pub fn facet_sources(&self, rows: &[PaperRow], facet: Facet) -> Result<Vec<(PaperRow, FacetSource)>> {
        let _snapshot = self.snapshot()?;
        let mut abstracts = self
            .connection
            .prepare_cached("SELECT title, abstract FROM papers WHERE row = ?1")
            .in_library(&self.path)?;
        let mut digests = self
            .connection
            .prepare_cached(
                "SELECT language, text FROM summaries WHERE paper = ?1 AND facet = ?2 ORDER BY language <> 'en', language",
            )
            .in_library(&self.path)?;
        let mut found = Vec::with_capacity(rows.len());
        for &row in rows {
            let texts = abstracts
                .query_row([row.0], |found| {
                    Ok((found.get::<_, Option<String>>(0)?, found.get::<_, Option<String>>(1)?))
                })
                .optional()
                .in_library(&self.path)?;
            let Some((title, abstract_text)) = texts else { continue };
            let digest = digests
                .query_map(params![row.0, facet.name()], |found| Ok((found.get(0)?, found.get(1)?)))
                .and_then(Iterator::collect)
                .in_library(&self.path)?;
            let (title, abstract_text) = (title.unwrap_or_default(), abstract_text.unwrap_or_default());
            found.push((row, FacetSource { title, digest, abstract_text }));
        }
        Ok(found)
    }

    /// The stored vectors of these passages; `None` for one that has none, or one of another text,
    /// or a damaged one.
    pub fn facet_vectors(
        &self,
        fingerprint: FingerprintNumber,
        facet: Facet,
        passages: &[FacetPassage],
    ) -> Result<Vec<Option<Vec<f32>>>> {
        let sql =
            "SELECT vector FROM facet_embeddings WHERE paper = ?1 AND facet = ?2 AND fingerprint = ?3 AND text = ?4";
        let key = |passage: &FacetPassage| (passage.row.0, facet.name(), fingerprint.0, text_hash(&passage.text));
        self.vectors_by(fingerprint, sql, passages.iter().map(key))
    }

    /// Stores vectors of facets in one transaction, in the place of those of earlier texts. One
    /// whose paper went meanwhile is dropped.
    ///
    /// # Errors
    /// [`LibraryError::VectorRefused`](crate::error::LibraryError::VectorRefused) for a vector of
    /// another dimension, or not of unit length; then none is stored.
    pub fn store_facet_vectors(
        &mut self,
        fingerprint: FingerprintNumber,
        facet: Facet,
        vectors: &[(&FacetPassage, &[f32])],
    ) -> Result<()> {
        let sql = "INSERT INTO facet_embeddings (paper, facet, fingerprint, text, vector) \
                   SELECT row, ?2, ?3, ?4, ?5 FROM papers WHERE row = ?1 \
                   ON CONFLICT DO UPDATE SET text = excluded.text, vector = excluded.vector";
        self.store_by(fingerprint, sql, vectors, |passage, blob| {
            (passage.row.0, facet.name(), fingerprint.0, text_hash(&passage.text), blob)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::LibraryError;
    use crate::library::FingerprintText;
    use crate::paper::{Entry, Precedence, SourceKind};
    use crate::{ArxivId, Error};

    #[test]
    fn a_vector_of_a_facet_lives_as_long_as_its_text() {
        let mut library = Library::in_memory().expect("a library");
        let id = ArxivId::parse("2602.10611").expect("an id").0;
        let mut entry = Entry::new(id.clone(), Precedence { version: 1, date: None, kind: SourceKind::Markdown }, 1);
        entry.title = Some("Ice".to_owned());
        entry.abstract_text = Some("It melts.".to_owned());
        for (language, text) in [("zh", "冰"), ("de", "Eis"), ("en", "ice")] {
            entry.summaries.insert((language.to_owned(), Facet::Method), text.to_owned());
        }
        library.merge(&[entry]).expect("merged");
        let row = library.row_of(&id).expect("read").expect("there");
        let sources = library.facet_sources(&[PaperRow(99), row], Facet::Method).expect("read");
        let languages: Vec<&str> = sources[0].1.digest.iter().map(|(language, _)| language.as_str()).collect();
        assert_eq!((sources.len(), sources[0].0, languages), (1, row, vec!["en", "de", "zh"]));
        assert_eq!(sources[0].1.abstract_text, "It melts.");
        assert_eq!(library.facet_sources(&[row], Facet::Result).expect("read")[0].1.digest, []);

        let fingerprint =
            FingerprintText { digest: "d".into(), model: "m".into(), description: "x".into(), dimension: 2 };
        let number = library.ensure_fingerprint(&fingerprint).expect("a number");
        let passage = |text: &str| FacetPassage { row, text: text.to_owned() };
        let (old, new) = (passage("ice"), passage("ice and snow"));
        let stored = |library: &Library, passage: &FacetPassage| {
            library.facet_vectors(number, Facet::Method, std::slice::from_ref(passage)).expect("read").remove(0)
        };
        library.store_facet_vectors(number, Facet::Method, &[(&old, &[1.0, 0.0])]).expect("stored");
        assert_eq!(stored(&library, &old), Some(vec![1.0, 0.0]));
        assert_eq!(stored(&library, &new), None);
        library.store_facet_vectors(number, Facet::Method, &[(&new, &[0.0, 1.0])]).expect("stored");
        assert_eq!((stored(&library, &old), stored(&library, &new)), (None, Some(vec![0.0, 1.0])));
        let refused = library.store_facet_vectors(number, Facet::Method, &[(&old, &[1.0, 1.0])]);
        assert!(matches!(refused, Err(Error::Library(LibraryError::VectorRefused { .. }))));
        assert_eq!(library.check().expect("checked"), []);
        library.connection.execute("UPDATE facet_embeddings SET vector = zeroblob(8)", []).expect("damaged");
        assert_eq!(stored(&library, &new), None, "a damaged one is none");
        let problems = library.check().expect("checked");
        assert_eq!(problems[0].what, "the vector of the method of 2602.10611: its length is 0.000000 instead of 1");
        library.remove(&[id]).expect("removed");
        let left: i64 =
            library.connection.query_row("SELECT count(*) FROM facet_embeddings", [], |r| r.get(0)).expect("counted");
        assert_eq!(left, 0);
        library.store_facet_vectors(number, Facet::Method, &[(&old, &[1.0, 0.0])]).expect("dropped");
        assert_eq!(stored(&library, &old), None);
    }
}
