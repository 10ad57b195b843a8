//! Bulk embedding: any number of texts to a file of vectors, without a library.
//!
//! The way of a text (`run`): [`input`] (windows of rows, in order) -> `embed_batches` (sorted
//! by length within the window, put back in order here) -> `rows` (the form asked for: `npy`,
//! `jsonl`, `tensors`, `parquet`) -> `partial` (a folder of what is unfinished, with its
//! `journal`) -> the names that were asked for ([`output`]). Memory is bounded by a few windows,
//! whatever the input. The same texts, model and options give the same bytes, however often a run
//! was killed and resumed: windows are cut by the texts alone, and only whole windows count.

#[cfg(feature = "parquet")]
mod float_lists;
pub(crate) mod format;
pub(crate) mod input;
mod job;
pub(crate) mod journal;
mod jsonl;
mod npy;
pub(crate) mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod partial;
mod rows;
mod run;
mod sums;
mod tensors;
#[cfg(feature = "parquet")]
mod vector_file;

#[cfg(feature = "parquet")]
pub use float_lists::{float_lists_of_bytes, float_lists_of_file};
pub(crate) use format::Format;
pub(crate) use input::Texts;
pub(crate) use job::{Event, Job, Report, Sink, Status, window};
pub(crate) use output::Output;
pub(crate) use partial::OverwritePolicy;
pub(crate) use run::embed;
#[cfg(feature = "parquet")]
pub(crate) use vector_file::{Batches, VectorFile};
