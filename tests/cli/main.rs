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
#[cfg(feature = "parquet")]
mod importing;
mod keeping;
mod mailing;
mod months;
mod places;
mod profiles;
mod remembering;
mod resuming;
mod session;
mod shapes;
#[path = "../smtp/mod.rs"]
mod smtp;
mod support;
mod surviving;
mod tags;
mod texts;
mod today;
mod topics;
mod unused;
mod waiting;
mod week;
mod withdrawn;
#[path = "../zotero/mod.rs"]
mod zotero;
mod zotero_faults;
mod zotero_sync;
mod zotero_write;
