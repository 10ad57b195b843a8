//! Topics: what a library is about.
//!
//! In: the vectors and texts of papers. Out: groups of papers that are near to each other, in up to
//! three nested levels, each group with a name.
//!
//! | step | module |
//! | --- | --- |
//! | the canonical order of papers | `order` |
//! | the nearest neighbours of every paper | `knn`, `knn_cells`, `candidates` |
//! | the neighbours as a graph | `graph` |
//! | communities of the graph | `leiden` |
//! | how many groups, and which within which | `levels` |
//! | groups by other methods | `methods` |
//! | where each paper lies on a map | `layout` |
//! | the names of topics | `phrases`, `acronyms`, `names` |
//! | the update once papers have come or gone | `incremental`, `matching` |
//! | what has changed since the previous run | `changes`, `history` |
//! | papers assigned to topics that somebody named | `assign` |
//! | the report as a page | `page` |
//! | the papers of one topic | `central` |
//! | the papers as a table for other tools | `lines`, `parquet_table` |
//! | all of it, for a library | `find` |

mod acronyms;
mod assign;
mod candidates;
mod central;
mod changes;
mod find;
mod graph;
mod history;
mod incremental;
mod knn;
mod knn_cells;
mod layout;
mod leiden;
mod levels;
mod lines;
mod matching;
mod methods;
mod names;
mod order;
mod page;
#[cfg(feature = "parquet")]
mod parquet_table;
mod phrases;
mod topic;

pub use assign::{Embed, Guided, SeedTopic, assign};
pub use candidates::Rows;
pub use central::central_first;
pub use changes::in_words;
pub use find::{Search, Step, find};
pub use graph::Graph;
pub use knn::Nearest;
pub use layout::{layout, layout_from};
pub use leiden::{Partition, leiden, modularity};
pub use levels::{NEAREST, graph, levels};
pub use lines::{write_csv, write_json_lines};
pub use methods::Method;
pub use names::{Term, TopicName, names};
pub use page::page;
#[cfg(feature = "parquet")]
pub use parquet_table::write_table;
pub use phrases::Vocabulary;
pub use topic::{AssignedPaper, Level, News, Topic, Topics, came_and_went};
