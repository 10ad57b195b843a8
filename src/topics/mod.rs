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
//! | what they are called | `names`, `acronyms` |

mod acronyms;
mod graph;
mod leiden;
mod levels;
mod names;
mod near;

pub use graph::Graph;
pub use leiden::{Partition, leiden, modularity};
pub use levels::{graph, levels};
pub use names::{Term, Vocabulary, names};
pub use near::{Nearest, Rows};
