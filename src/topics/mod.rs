//! Topics: what a library is about.
//!
//! In: the vectors and texts of papers. Out: groups of papers that are near to each other, in up to three nested levels, each with a
//! name.
//!
//! | step | module |
//! | --- | --- |
//! | the order in which papers are taken | `order` |
//! | the nearest of every paper | `near`, `cells`, `candidates` |
//! | who is near to whom, as a graph | `graph` |
//! | groups of a graph that hold together | `leiden` |
//! | how many groups, and which within which | `levels` |
//! | groups by other methods | `methods` |
//! | where each paper lies on a map | `layout` |
//! | what they are called | `vocabulary`, `acronyms`, `names` |
//! | the same once papers have come and gone | `continued`, `matching` |
//! | what has happened since | `changes`, `happened` |
//! | the same under given names | `into` |
//! | the report as a page | `page` |
//! | the papers of one topic | `central` |
//! | the papers as a table for other tools | `lines`, `table` |
//! | all of it, for a library | `find` |

mod acronyms;
mod candidates;
mod cells;
mod central;
mod changes;
mod continued;
mod find;
mod graph;
mod happened;
mod into;
mod layout;
mod leiden;
mod levels;
mod lines;
mod matching;
mod methods;
mod names;
mod near;
mod order;
mod page;
#[cfg(feature = "parquet")]
mod table;
mod topic;
mod vocabulary;

pub use candidates::Rows;
pub use central::central_first;
pub use changes::in_words;
pub use find::{Step, find};
pub use graph::Graph;
pub use into::{Embed, Wanted, into};
pub use layout::{layout, layout_from};
pub use leiden::{Partition, leiden, modularity};
pub use levels::{NEAREST, graph, levels};
pub use lines::{write_csv, write_json_lines};
pub use methods::Method;
pub use names::{Called, Term, names};
pub use near::Nearest;
pub use page::page;
#[cfg(feature = "parquet")]
pub use table::write_table;
pub use topic::{Level, News, Placed, Topic, Topics, came_and_went};
pub use vocabulary::Vocabulary;
