//! How much of a question the keyword index is asked for, so that memory and time stay linear in
//! the question.
//!
//! FTS5 opens a walk over the papers of a word for each time that the word stands in a query, and
//! compares the positions of all words of a phrase with each other. Both are quick for what people
//! write and endless for a file that somebody drops into a field. Whoever asks for more is told, or
//! loses nothing by the bound.

/// Words of a name or of a phrase to leave out. A title is looked up by fewer (`text::title`).
pub(crate) const PHRASE_WORDS: usize = 32;

/// Texts of one part of a filter.
pub(super) const FILTER_TEXTS: usize = 1000;

/// What one profile follows: every new paper is compared with all of it.
pub(crate) const FOLLOWS: usize = 256;

/// Characters of a note.
pub(super) const NOTE: usize = 10_000;

/// Different words and pairs of a query that are counted to find the rarest.
pub(super) const QUERY_PHRASES: usize = 512;
