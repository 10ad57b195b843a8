//! Vectors that were made elsewhere, for papers that the library may hold.
//!
//! In: ids, the SHA-256 of each embedded text, and vectors. Out: what became of each. A vector is
//! taken where the paper has that text and no vector yet. One transaction looks up all of them and
//! stores those that are wanted in the order of rows, in which they lie in the file: pages that are
//! written in sequence are written once.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use super::faults::Faults;
use super::removal::{AT_ONCE, delete_marked};
use super::vectors::{FingerprintNumber, NewVector, Tokens, flaw, insert_vector};
use super::{Library, PaperRow};
use crate::error::Result;
use crate::paper::ArxivId;

/// A vector of a paper that may be in the library.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferedVector<'a> {
    /// The paper.
    pub id: ArxivId,
    /// SHA-256 of the text that was embedded.
    pub passage_hash: [u8; 32],
    /// Unit length.
    pub vector: &'a [f32],
}

/// What became of vectors that were offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferCount {
    /// Stored. How many tokens their texts have is not known.
    pub taken: u64,
    /// The paper had its vector.
    pub there: u64,
    /// The library has no such paper.
    pub unknown: u64,
    /// The paper has another text, or none.
    pub other_text: u64,
}

impl Library {
    /// Takes those of the vectors that papers lack, in one transaction. Of several for one paper
    /// the first counts.
    ///
    /// # Errors
    /// [`LibraryError::VectorRefused`](crate::error::LibraryError::VectorRefused) for a vector of
    /// another dimension, or not of unit length; then none is taken.
    pub fn take_vectors(
        &mut self,
        fingerprint: FingerprintNumber,
        offered: &[OfferedVector<'_>],
    ) -> Result<OfferCount> {
        let dimension = self.dimension(fingerprint)?;
        for one in offered {
            if let Some(why) = flaw(one.vector.iter().copied(), dimension) {
                return Err(self.refused(format!("that of {}: {why}", one.id)));
            }
        }
        self.keep_more_pages()?;
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let count = take(&transaction, fingerprint, offered).in_library(path)?;
        delete_marked(&transaction, AT_ONCE).in_library(path)?;
        transaction.commit().in_library(path)?;
        Ok(count)
    }
}

fn take(
    connection: &Connection,
    fingerprint: FingerprintNumber,
    offered: &[OfferedVector<'_>],
) -> rusqlite::Result<OfferCount> {
    let mut count = OfferCount::default();
    let mut wanted = Vec::with_capacity(offered.len());
    let mut known = connection.prepare_cached("SELECT row, passage FROM papers WHERE id = ?1")?;
    for (at, one) in offered.iter().enumerate() {
        let read = |found: &Row<'_>| Ok((PaperRow(found.get(0)?), found.get::<_, Option<[u8; 32]>>(1)?));
        match known.query_row([one.id.as_str()], read).optional()? {
            None => count.unknown += 1,
            Some((row, passage)) if passage == Some(one.passage_hash) => wanted.push((row, at)),
            Some(_) => count.other_text += 1,
        }
    }
    wanted.sort_unstable();
    let mut blob = Vec::new();
    for (row, at) in wanted {
        let OfferedVector { passage_hash, vector, .. } = offered[at];
        let new = NewVector { row, passage_hash, vector, tokens: Tokens::default() };
        if insert_vector(connection, fingerprint, &new, &mut blob)? {
            count.taken += 1;
        } else {
            count.there += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::FingerprintText;
    use crate::paper::{Entry, Metadata};
    use crate::passage::passage_hash;
    use crate::{Precedence, SourceKind};

    fn id(number: usize) -> ArxivId {
        ArxivId::parse(&format!("2601.{number:05}")).unwrap().0
    }

    fn entry(number: usize, version: u32, title: &str) -> Entry {
        let precedence = Precedence { version, date: None, kind: SourceKind::RawJsonl };
        let metadata = Metadata { title: Some(title.to_owned()), ..Metadata::default() };
        Entry { metadata, ..Entry::new(id(number), precedence, 1) }
    }

    fn offered(number: usize, text: &str, vector: &'static [f32]) -> OfferedVector<'static> {
        OfferedVector { id: id(number), passage_hash: passage_hash(text), vector }
    }

    fn library(titles: &[&str]) -> (Library, FingerprintNumber) {
        let mut library = Library::in_memory().unwrap();
        let entries: Vec<Entry> = titles.iter().enumerate().map(|(at, title)| entry(at + 1, 1, title)).collect();
        library.merge(&entries).unwrap();
        let text = FingerprintText { digest: "d".into(), model: "m".into(), description: "x".into(), dimension: 2 };
        let number = library.ensure_fingerprint(&text).unwrap();
        (library, number)
    }

    #[test]
    fn a_vector_is_taken_once_by_the_paper_with_its_text() {
        let (mut library, number) = library(&["Ice", "Snow", "Rain"]);
        let given = [
            offered(3, "Rain", &[0.0, 1.0]),
            offered(1, "Ice", &[0.6, 0.8]),
            offered(1, "Ice", &[1.0, 0.0]),
            offered(2, "Sleet", &[1.0, 0.0]),
            offered(9, "Ice", &[1.0, 0.0]),
        ];
        let count = library.take_vectors(number, &given).unwrap();
        assert_eq!(count, OfferCount { taken: 2, there: 1, unknown: 1, other_text: 1 });
        let vector = |library: &Library, paper| {
            let row = library.row_of(&id(paper)).unwrap().unwrap();
            library.vector(number, row).unwrap()
        };
        assert_eq!(vector(&library, 1), Some(vec![0.6, 0.8]));
        assert_eq!((vector(&library, 2), vector(&library, 3)), (None, Some(vec![0.0, 1.0])));
        assert_eq!((library.vectors(number).unwrap(), library.missing(number).unwrap()), (2, 1));
        let row = library.row_of(&id(1)).unwrap().unwrap();
        assert_eq!(library.tokens(number, row).unwrap(), Some(Tokens::default()));
        assert_eq!(library.check().unwrap(), []);
        // The same again takes nothing.
        let count = library.take_vectors(number, &given).unwrap();
        assert_eq!(count, OfferCount { taken: 0, there: 3, unknown: 1, other_text: 1 });
    }

    #[test]
    fn a_text_that_changed_takes_its_new_vector() {
        let (mut library, number) = library(&["Ice"]);
        library.take_vectors(number, &[offered(1, "Ice", &[0.6, 0.8])]).unwrap();
        library.merge(&[entry(1, 2, "Snow")]).unwrap();
        let given = [offered(1, "Ice", &[0.6, 0.8]), offered(1, "Snow", &[0.8, 0.6])];
        let count = library.take_vectors(number, &given).unwrap();
        assert_eq!(count, OfferCount { taken: 1, other_text: 1, ..OfferCount::default() });
        let row = library.row_of(&id(1)).unwrap().unwrap();
        assert_eq!(library.vector(number, row).unwrap(), Some(vec![0.8, 0.6]));
        assert_eq!(library.check().unwrap(), []);
        // A paper that was removed has no text.
        library.remove(&[id(1)]).unwrap();
        let count = library.take_vectors(number, &given).unwrap();
        assert_eq!(count, OfferCount { unknown: 2, ..OfferCount::default() });
    }

    #[test]
    fn of_a_batch_with_a_vector_that_is_none_nothing_is_taken() {
        let (mut library, number) = library(&["Ice", "Snow"]);
        for (vector, why) in [
            (&[2.0f32, 0.0][..], "that of 2601.00002: its length is 2.000000 instead of 1"),
            (&[1.0], "that of 2601.00002: it has 1 elements instead of 2"),
            (&[f32::NAN, 0.0], "that of 2601.00002: it has an element that is not finite"),
        ] {
            let given = [offered(1, "Ice", &[0.6, 0.8]), offered(2, "Snow", vector)];
            let refused = library.take_vectors(number, &given).unwrap_err().to_string();
            assert!(refused.ends_with(why), "{refused}");
        }
        assert_eq!(library.vectors(number).unwrap(), 0);
    }
}
