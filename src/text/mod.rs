//! Where texts are taken apart: what of a paper is embedded, and its words, terms and sentences.
//!
//! In: texts as written. Out: their parts. Nothing here knows a library: how rare a word is,
//! whoever asks says through a closure.

pub(crate) mod group_names;
mod hash;
pub(crate) mod months;
pub(crate) mod neutral;
pub mod passage;
pub(crate) mod sentences;
pub(crate) mod stop_words;
pub(crate) mod terms;
pub(crate) mod title;
pub(crate) mod word_lists;
pub(crate) mod words;

pub(crate) use hash::hash;
