//! Topics: what a library is about.
//!
//! In: the vectors and texts of papers. Out: groups of papers that are near to each other, in up to
//! three nested levels, each group with a name.
//!
//! | step | module |
//! | --- | --- |
//! | the canonical order of papers | `order` |
//! | the nearest neighbours of every paper | `knn`, `knn_cells`, `knn_shards`, `candidates` |
//! | the neighbours as a graph | `graph` |
//! | communities of the graph | `leiden`, `partition` |
//! | how many groups, and which within which | `levels` |
//! | groups by other methods | `methods` |
//! | where each paper lies on a map | `layout` |
//! | the names of topics | `phrases`, `acronyms`, `names`, `named` |
//! | the update once papers have come or gone | `incremental`, `matching` |
//! | what has changed since the previous run | `changes`, `history` |
//! | papers assigned to topics that somebody named | `assign` |
//! | topics of rows that lie elsewhere | `elsewhere` |
//! | the report as a page | `page` |
//! | the papers of one topic | `central` |
//! | the papers as a table for other tools | `lines`, `parquet_table` |
//! | all of it, for rows of vectors | `corpus` |
//! | all of it, for a library | `find` |

mod acronyms;
mod assign;
mod candidates;
mod central;
mod changes;
mod corpus;
mod elsewhere;
mod find;
mod graph;
mod history;
mod incremental;
mod kept;
mod knn;
mod knn_cells;
mod knn_shards;
mod late;
mod layout;
mod leiden;
mod levels;
mod lines;
mod matching;
mod methods;
mod named;
mod names;
mod order;
mod page;
#[cfg(feature = "parquet")]
mod parquet_table;
mod partition;
mod phrases;
mod topic;

pub(crate) use assign::{Guided, SeedTopic, assign};
pub use candidates::Rows;
pub(crate) use central::central_first;
pub(crate) use changes::in_words;
pub use corpus::{ReadTexts, of_rows};
pub use elsewhere::RowGroups;
pub(crate) use find::{Search, find};
pub use find::{Step, Steps};
pub use graph::Graph;
pub(crate) use kept::of_kept;
pub use knn::{Done, Nearest};
pub use knn_shards::{NearestOfCells, cells_around, nearest_in_cells, order_of_cells};
pub(crate) use late::{LatePlace, Neighbour, place};
pub use layout::layout;
pub(crate) use layout::layout_from;
pub use levels::{NEAREST, graph, levels};
pub(crate) use lines::{write_csv, write_json_lines};
pub use methods::Method;
pub(crate) use named::level_names;
pub use named::{CENTRAL, read_of_each};
pub use names::{Term, TopicName};
pub use order::content_keys;
pub(crate) use page::{MapPoints, Texts, gzipped, page, points};
pub use page::{RowsPage, page_of_rows};
#[cfg(feature = "serve")]
pub(crate) use page::{page_program, page_style};
#[cfg(feature = "parquet")]
pub(crate) use parquet_table::write_table;
pub use partition::Partition;
pub use topic::came_and_went;
pub use topic::{AssignedPaper, AssignedRow, Level, News, RowTopics, Topic, Topics};
