//! Relata: a semantic recommender and topic finder for arXiv papers.
#![deny(missing_docs)]

pub mod arxiv_id;
pub mod error;
pub mod paper;

// reading

// models

// embedding

// library
pub mod library;
pub mod passage;

// answering

pub use arxiv_id::ArxivId;
pub use error::{Error, Result};
pub use paper::{Entry, Facet, Listing, Precedence, Skipped, SourceKind};
