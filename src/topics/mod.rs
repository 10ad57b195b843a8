//! Topics: what a library is about.
//!
//! In: the vectors and texts of papers. Out: groups of papers that are near to each other, in up to three nested levels, each with a
//! name.
//!
//! | step | module |
//! | --- | --- |
//! | the nearest of every paper | `near` |
//! | who is near to whom, as a graph | `graph` |
//! | groups of a graph that hold together | `leiden` |
//! | how many groups, and which within which | `levels` |
//! | where each paper lies on a map | `layout` |
//! | what they are called | `names`, `acronyms` |
//! | the same under given names | `into` |
//! | the report as a page | `page` |
//! | all of it, for a library | `find` |

mod acronyms;
mod find;
mod graph;
mod into;
mod layout;
mod leiden;
mod levels;
mod names;
mod near;
mod page;

pub use find::{Level, Placed, Step, Topic, Topics, find};
pub use graph::Graph;
pub use into::{Embed, Wanted, into};
pub use layout::layout;
pub use leiden::{Partition, leiden, modularity};
pub use levels::{NEAREST, graph, levels};
pub use names::{Term, Vocabulary, names};
pub use near::{Nearest, Rows};
pub use page::page;
