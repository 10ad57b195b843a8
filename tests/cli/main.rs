//! The commands as people run them: files in, lines and JSON out, exit codes.

mod adding;
mod answering;
mod asking;
mod beginning;
mod configuring;
mod embedding;
mod evaluating;
mod facets;
mod follows;
mod keeping;
mod months;
mod places;
mod profiles;
mod remembering;
mod resuming;
mod session;
mod shapes;
mod support;
mod surviving;
mod tags;
mod today;
mod topics;
mod unused;
mod waiting;
mod week;
mod withdrawn;
