//! Relata: a semantic recommender and topic finder for arXiv papers.
//!
//! The program `relata` is a thin door to this crate. What it does, a program of your own can do:
//! embed texts, find the papers that are related to others, and find the topics of a collection.
//! The three steps below run on the sample digest of seven papers that comes with the crate. They
//! need the default model, which is fetched once. `examples/` has whole programs.
//!
//! Papers come from files: [`reader`] turns them into [`Entry`] values, which a [`library`] merges
//! and keeps. A library holds a vector of each paper's [`passage`], made by [`embed`];
//! [`neighbours`] finds the nearest, through an [`index`] where there is one; [`recommend`],
//! [`search`], [`today`] and [`topics`] answer.
//!
//! # Embed texts
//!
//! A model is chosen by name or folder, found on this machine or fetched, and loaded. Vectors have
//! unit length, so that a dot product is a cosine. They equal those of sentence-transformers.
//!
//! ```
//! use relata::embed::{Embedder, EmbedderOptions, Role};
//! use relata::model::{Choice, Settings, locate};
//!
//! # fn main() -> relata::Result<()> {
//! let choice = Choice::parse(Some("all-MiniLM-L6-v2"));
//! let folder = locate(&choice, &Settings::from_env()?, &mut |_| ())?;
//! let embedder = Embedder::load(&folder.root, &EmbedderOptions::default())?;
//! let texts = ["Neural networks solve equations", "Deep learning for equations", "Glaciers melt"];
//! let vectors = embedder.embed(&texts, Role::Passage)?.vectors;
//! let cosine = |a: usize, b: usize| vectors.row(a).dot(&vectors.row(b));
//! assert!((cosine(0, 0) - 1.0).abs() < 1e-5);
//! assert!(cosine(0, 1) > cosine(0, 2));
//! # Ok(())
//! # }
//! ```
//!
//! # Recommend papers
//!
//! [`service::catch_up()`] gives every paper of a library a vector. What the library teaches about
//! its words, authors and vectors says how papers are compared ([`ranking`]).
//!
//! ```
//! use ndarray::Array2;
//! use relata::ArxivId;
//! use relata::embed::{EmbedderOptions, LazyEmbedder};
//! use relata::ranking::Learned;
//! use relata::model::{Choice, Settings};
//! use relata::neighbours::SearchContext;
//! use relata::recommend::{Query, recommend};
//! use relata::service::catch_up;
//!
//! # fn main() -> relata::Result<()> {
//! let settings = Settings::from_env()?;
//! let mut library = relata::service::sample::open(&settings.cache)?;
//! let embedder = LazyEmbedder::new(Choice::parse(None), settings, EmbedderOptions::default())?;
//! let fingerprint = catch_up(&embedder, &mut library, true, &mut |_| (), &mut |_| Ok(()))?;
//! let learned = Learned::of(&library, fingerprint)?.learned;
//!
//! let (id, _version) = ArxivId::parse("https://arxiv.org/abs/2602.10611v1").expect("an arXiv id");
//! let query = Query { like: vec![id], k: 3, ..Query::default() };
//! let context = SearchContext { library: &library, fingerprint, index: None };
//! let answers = recommend(&context, &learned, &query, &Array2::zeros((0, 0)))?;
//!
//! // The best answer, how well it matches from 0 to 100, and what both papers share.
//! assert_eq!(answers[0].paper.id.as_str(), "2602.11097");
//! assert!(answers[0].matched > 60.0);
//! assert_eq!(answers[0].terms[0], "Physics-Informed Neural Networks");
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
//! use relata::embed::{EmbedderOptions, LazyEmbedder};
//! use relata::model::{Choice, Settings};
//! use relata::service::catch_up;
//! use relata::topics::{Search, find, page};
//!
//! # fn main() -> relata::Result<()> {
//! # let settings = Settings::from_env()?;
//! # let mut library = relata::service::sample::open(&settings.cache)?;
//! # let embedder = LazyEmbedder::new(Choice::parse(None), settings, EmbedderOptions::default())?;
//! let fingerprint = catch_up(&embedder, &mut library, true, &mut |_| (), &mut |_| Ok(()))?;
//! let topics = find(&library, Search::of(fingerprint), &|_| ())?;
//! assert_eq!(topics.papers.len(), 7);
//! for level in &topics.levels {
//!     assert_eq!(level.topics.iter().map(|topic| topic.papers.len()).sum::<usize>(), 7);
//! }
//!
//! // The map of the papers: one page in one file, which works offline.
//! let html = page(&library, &topics, None, "The sample")?;
//! assert!(html.starts_with("<!DOCTYPE html>"));
//! # Ok(())
//! # }
//! ```
//!
//! # Read papers of your own
//!
//! A library of your own is a file ([`library::Library::open`]), or lives in memory. Reading the
//! same digest twice changes nothing.
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

mod kernels;
mod lock;
mod text;

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
pub mod ranking;

// embedding without a library
pub mod bulk;

// answering
#[cfg(feature = "cli")]
pub mod cli;
pub mod evaluate;
pub mod export;
pub mod facets;
pub mod neighbours;
pub mod recommend;
pub mod references;
pub mod search;
pub mod service;
pub mod today;
pub mod topics;

pub use error::{Error, Result};
pub use neighbours::index;
pub use paper::{ArxivId, Entry, Facet, Listing, Precedence, Skipped, SourceKind};
pub(crate) use text::sentences;
pub use text::{passage, terms};
