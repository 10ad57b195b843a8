//! Relata: a semantic recommender and topic finder for arXiv papers.
//!
//! The program `relata` is a thin door to this crate. What it does, a program of your own can do:
//! embed texts, find the papers that are related to others, and find the topics of a collection. A
//! program that depends on the crate turns default features off, and so leaves the command line
//! out.
//!
//! All begins with a handle, [`service::Relata`]: a library on disk with all that answers take. It
//! is cheap to clone and works from any number of threads. While a library has no papers, or is not
//! there, a sample digest of seven papers that comes with the crate stands in its place; the three
//! steps below run on it. They need the default model, which is fetched once. `examples/` has whole
//! programs.
//!
//! # Embed texts
//!
//! A model is chosen by name or folder, found on this machine or fetched, and loaded. Vectors have
//! unit length, so that a dot product is a cosine. They equal those of sentence-transformers.
//!
//! ```
//! use relata::embed::Role;
//! use relata::model::Settings;
//! use relata::service::{Options, Relata};
//!
//! # fn main() -> relata::Result<()> {
//! let relata = Relata::new(Options::new("library.db", Settings::from_env()?));
//! let texts = ["Neural networks solve equations", "Deep learning for equations", "Glaciers melt"];
//! let vectors = relata.embedder()?.embed(&texts, Role::Passage)?.vectors;
//! let cosine = |a: usize, b: usize| vectors.row(a).dot(&vectors.row(b));
//! assert!((cosine(0, 0) - 1.0).abs() < 1e-5);
//! assert!(cosine(0, 1) > cosine(0, 2));
//! # Ok(())
//! # }
//! ```
//!
//! # Recommend papers
//!
//! A request holds what is asked; setters change what differs from the defaults. Papers that have
//! no vector yet are embedded first. How papers are compared, the library itself teaches: how rare
//! its words and authors are, and what all of its vectors share.
//!
//! ```
//! use relata::library::Filter;
//! use relata::model::Settings;
//! use relata::service::{Options, Recommend, Relata};
//!
//! # fn main() -> relata::Result<()> {
//! # let relata = Relata::new(Options::new("library.db", Settings::from_env()?));
//! // Ids are read in any form that people paste.
//! let liked = "https://arxiv.org/abs/2602.10611v1".parse()?;
//! let related = Recommend::new().like([liked]).filter(Filter::new().categories(["cs.LG"])).k(3);
//! let answer = relata.recommend(&related)?;
//!
//! // The best answer, how well it matches from 0 to 100, and what both papers share.
//! let best = &answer.results[0];
//! assert_eq!(best.id.as_str(), "2602.11097");
//! assert!(best.matched > Some(60.0));
//! assert_eq!(best.reason.terms[0], "Physics-Informed Neural Networks");
//! # Ok(())
//! # }
//! ```
//!
//! # Find topics
//!
//! Topics are a function of the vectors: the same papers have the same topics, in whatever order
//! they came. Every paper is in one topic of each level.
//!
//! ```
//! use relata::model::Settings;
//! use relata::service::{FindTopics, Options, Relata};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let relata = Relata::new(Options::new("library.db", Settings::from_env()?));
//! let found = relata.topics(&FindTopics::new().fresh(true))?;
//! for level in found.answer().levels {
//!     assert_eq!(level.topics.iter().map(|topic| topic.size).sum::<usize>(), 7);
//! }
//!
//! // The map of the papers: one page in one file, which works offline.
//! # let folder = tempfile::tempdir()?;
//! let page = std::env::temp_dir().join("topics.html");
//! # let page = folder.path().join("topics.html");
//! relata.write_topics_page(&found, &page)?;
//! assert!(std::fs::read_to_string(page)?.starts_with("<!DOCTYPE html>"));
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go on
//!
//! [`service`] has a request, an answer and a method for every task: adding papers, searching,
//! daily lists, profiles, vectors to files, evaluation. [`reader`] turns files into [`Entry`]
//! values, also without a library; [`embed`] and [`model`] embed texts without one. [`library`] is
//! the file itself.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

// Below all modules, in a package of its own (docs/design/kernels.md).
use relata_kernels as kernels;

// From the ground up: each module uses those above it (.ci/rooms.py holds the order).
pub mod error;
mod files;
mod lock;
pub mod paper;
mod setters;
mod text;

pub mod arxiv;
pub mod reader;
pub mod references;
pub mod zotero;

mod bulk;
pub mod embed;
pub mod model;

pub mod library;

pub mod facets;
pub mod neighbours;
mod ranking;

mod evaluate;
pub mod export;
pub mod mail;
mod recommend;
mod search;
mod today;
pub mod topics;

pub mod service;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "serve")]
pub mod mcp;

#[cfg(feature = "serve")]
pub mod serve;

pub use error::{Error, Result};
pub(crate) use neighbours::index;
pub use paper::{ArxivId, Entry, Facet, Listing, Metadata, PartialDate, Precedence, Skipped, SourceKind};
pub use text::passage;
pub(crate) use text::{sentences, terms};
