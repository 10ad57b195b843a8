//! Export: the papers with their topics, their positions on the map and perhaps their vectors, as a
//! table for other programs.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::events::Note;
use super::topics::FindTopics;
use crate::error::{BulkError, QueryError, Result};
#[cfg(feature = "parquet")]
use crate::library::{FingerprintNumber, Library};
use crate::setters::setters;
use crate::topics;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Export {
    /// Among which papers topics are found, and how.
    pub topics: FindTopics,
    /// A CSV file to write.
    pub csv: Option<PathBuf>,
    /// A JSON lines file to write, with abstracts.
    pub jsonl: Option<PathBuf>,
    /// Whether the vectors stand in the JSON lines, too.
    pub vectors: bool,
    /// A Parquet file to write, with vectors.
    pub parquet: Option<PathBuf>,
}

setters! { Export:
    /// Among which papers topics are found, and how.
    topics => value topics(FindTopics);
    /// A CSV file to write.
    csv => some_into csv(PathBuf);
    /// A JSON lines file to write, with abstracts.
    jsonl => some_into jsonl(PathBuf);
    /// Whether the vectors stand in the JSON lines, too.
    vectors => value vectors(bool);
    /// A Parquet file to write, with vectors.
    parquet => some_into parquet(PathBuf);
}

impl Export {
    /// Asks for the topics of all papers, in no file yet. Setters name the files.
    pub fn new() -> Export {
        Export::default()
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exported {
    /// Rows of each file; without papers no file was written.
    pub papers: usize,
    /// The files.
    pub files: Vec<PathBuf>,
}

/// Called by a pointer, as `bulk/rows.rs` says.
#[cfg(feature = "parquet")]
const WRITE_TABLE: fn(&Library, FingerprintNumber, &topics::Topics, &Path) -> Result<()> = topics::write_table;

impl Relata {
    /// Finds topics and writes tables of their papers; each that is written is told
    /// ([`Note::Wrote`]).
    ///
    /// # Errors
    /// [`QueryError::Malformed`] without a file to write, [`BulkError::NotBuiltIn`] and
    /// [`BulkError::Unsuitable`] before anything is computed; [`Error::Io`](crate::Error::Io); what
    /// [`Relata::topics`] reports.
    pub fn export(&self, request: &Export) -> Result<Exported> {
        if request.parquet.is_some() && !cfg!(feature = "parquet") {
            return Err(BulkError::NotBuiltIn { format: "parquet" }.into());
        }
        let outputs: Vec<&Path> =
            [&request.csv, &request.jsonl, &request.parquet].into_iter().flatten().map(PathBuf::as_path).collect();
        if outputs.is_empty() {
            let reason = "it names no file: csv, jsonl or parquet".to_owned();
            return Err(QueryError::Malformed { task: "export", key: None, reason }.into());
        }
        self.check_outputs(&outputs)?;
        let found = self.topics(&request.topics)?;
        let papers = found.topics.papers.len();
        let mut exported = Exported { papers, files: Vec::new() };
        if papers == 0 {
            return Ok(exported);
        }
        let library = self.library_of(&found)?;
        let mut wrote = |path: &PathBuf| {
            exported.files.push(path.clone());
            self.note(Note::Wrote { papers, path: path.clone() });
        };
        if let Some(path) = &request.csv {
            topics::write_csv(&library, &found.topics, path)?;
            wrote(path);
        }
        if let Some(path) = &request.jsonl {
            let vectors = request.vectors.then_some(found.fingerprint());
            topics::write_json_lines(&library, &found.topics, vectors, path)?;
            wrote(path);
        }
        #[cfg(feature = "parquet")]
        if let Some(path) = &request.parquet {
            WRITE_TABLE(&library, found.fingerprint(), &found.topics, path)?;
            wrote(path);
        }
        Ok(exported)
    }
}
