//! Relata: a semantic recommender and topic finder for arXiv papers.
#![deny(missing_docs)]

pub mod arxiv_id;
pub mod error;
pub mod paper;

// reading
pub mod reader;

// models
pub mod model;

// embedding
pub mod embed;

// library
pub mod library;
pub mod passage;

// answering
pub mod cli;
pub mod engine;
pub mod neighbours;
pub mod recommend;
pub mod sample;
pub mod search;
pub mod terms;

pub use arxiv_id::ArxivId;
pub use error::{Error, Result};
pub use paper::{Entry, Facet, Listing, Precedence, Skipped, SourceKind};
