//! Relata: a semantic recommender and topic finder for arXiv papers.
//!
//! The way of the data: files -> [`reader`] -> [`Entry`] -> [`library`] -> [`passage`] -> [`embed`] -> vectors in the
//! library -> [`index`] -> [`neighbours`] -> [`recommend`] and [`search`]. [`service`] is one handle to all of it, on which the command line
//! stands. Below, a digest is read into a library and found again.
//!
//! ```
//! use relata::library::{Filter, Library};
//! use relata::reader::{Reading, read_from};
//!
//! # fn main() -> relata::Result<()> {
//! let digest = "### [1] [Slow glaciers](https://arxiv.org/abs/2601.00001v2)\n*A. Author*\n\n\
//!               Main category: cs.LG\n\nAbstract: Ice moves when nobody looks.\n";
//! let mut entries = Vec::new();
//! read_from("2026-01-05.md".as_ref(), digest.as_bytes(), &mut |reading| {
//!     if let Reading::Entry(entry) = reading {
//!         entries.push(*entry);
//!     }
//!     Ok(())
//! })?;
//! let mut library = Library::in_memory()?;
//! library.merge(&entries)?;
//! let hits = relata::search::search(&library, "moving ice", None, &Filter::default(), (10, 0.0))?;
//! assert_eq!(hits[0].paper.title.as_deref(), Some("Slow glaciers"));
//! assert_eq!(hits[0].paper.version, Some(2));
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs)]

mod derived;
mod kernels;
mod lock;

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
pub mod learned;
pub mod library;
pub mod passage;

// embedding without a library
pub mod bulk;

// answering
pub mod cli;
pub mod engine;
pub mod evaluate;
pub mod export;
pub mod facets;
pub mod index;
pub mod neighbours;
pub mod recommend;
pub mod references;
pub mod sample;
pub mod search;
mod selection;
mod sentences;
pub mod service;
pub mod terms;
pub mod today;
pub mod topics;

pub use arxiv_id::ArxivId;
pub use error::{Error, Result};
pub use paper::{Entry, Facet, Listing, Precedence, Skipped, SourceKind};
