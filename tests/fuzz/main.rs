//! Fuzzing: every reader of the program on mutations of real inputs, within bounds of memory.
//!
//! `corpus` has the inputs; `mutate`, `tree` and `binary` change them; `driver` runs a check on
//! thousands of them, and `allocator` counts bytes. Targets go through the public entry points:
//! `papers`, `references`, `service` (judgements, journals, what was learned), `models`, `index`.
//! `doubling` has inputs that grow. Found cases are kept in tests/fuzz/found.
//! docs/design/fuzzing.md has the long form and its figures.

mod allocator;
mod binary;
mod corpus;
mod doubling;
mod driver;
mod index;
mod models;
mod mutate;
mod papers;
mod random;
mod references;
mod service;
mod tree;
