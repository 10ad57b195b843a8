//! What a library remembers of how it is used: with which model, and how, its papers are embedded;
//! and what was answered last.
//!
//! In: settings, written when papers are first embedded and when they are embedded anew. Out: the
//! same, for commands that are asked for nothing else. Values are text, so that the library needs
//! to know nothing of models. A library that was made before settings were kept has none; what its
//! vectors were made with then stands in the description of their fingerprint.

use std::time::Duration;

use rusqlite::{OptionalExtension, TransactionBehavior};

use super::faults::Faults;
use super::ids::parse_id;
use super::{Library, waiting};
use crate::error::Result;
use crate::paper::ArxivId;

/// How long the last answer waits for somebody who writes.
const BRIEFLY: Duration = Duration::from_secs(1);

/// How the papers of a library are embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddingSettings {
    /// The model: a known name, or the absolute path of its folder.
    pub model: String,
    /// The word of `--precision`.
    pub precision: String,
    /// The word of `--long`.
    pub long: String,
}

const MODEL: &str = "embedding.model";
const PRECISION: &str = "embedding.precision";
const LONG: &str = "embedding.long";
const LAST_ANSWER: &str = "answer.last";

impl Library {
    /// How the papers are embedded, if that has been noted.
    pub fn embedding_settings(&self) -> Result<Option<EmbeddingSettings>> {
        let (model, precision, long) = (self.setting(MODEL)?, self.setting(PRECISION)?, self.setting(LONG)?);
        Ok(model.zip(precision).zip(long).map(|((model, precision), long)| EmbeddingSettings {
            model,
            precision,
            long,
        }))
    }

    /// Notes how the papers are embedded, in one transaction.
    pub fn set_embedding_settings(&mut self, settings: &EmbeddingSettings) -> Result<()> {
        let path = &self.path;
        let EmbeddingSettings { model, precision, long } = settings;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        for (name, value) in [(MODEL, model), (PRECISION, precision), (LONG, long)] {
            transaction
                .execute(
                    "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
                    [name, value],
                )
                .in_library(path)?;
        }
        transaction.commit().in_library(path)
    }

    /// The papers that were listed last, in their order; none before the first answer.
    pub fn last_answer(&self) -> Result<Vec<ArxivId>> {
        let kept = self.setting(LAST_ANSWER)?.unwrap_or_default();
        kept.split_whitespace().map(parse_id).collect::<rusqlite::Result<_>>().in_library(&self.path)
    }

    /// Notes the papers that were listed last. That is a convenience and is not worth the time of
    /// syncing the disk: it is durable with the next change that is. Nor is it worth a wait for
    /// somebody who writes for long.
    pub fn set_last_answer(&mut self, ids: &[ArxivId]) -> Result<()> {
        let ids: Vec<&str> = ids.iter().map(ArxivId::as_str).collect();
        let synced: i64 =
            self.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).in_library(&self.path)?;
        self.connection.pragma_update(None, "synchronous", "NORMAL").in_library(&self.path)?;
        self.connection.busy_timeout(BRIEFLY).in_library(&self.path)?;
        let noted = self.connection.execute(
            "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            [LAST_ANSWER, &ids.join(" ")],
        );
        self.connection.busy_handler(Some(waiting::pause)).in_library(&self.path)?;
        self.connection.pragma_update(None, "synchronous", synced).in_library(&self.path)?;
        noted.in_library(&self.path).map(|_| ())
    }

    fn setting(&self, name: &str) -> Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT value FROM settings WHERE name = ?1")
            .and_then(|mut statement| statement.query_row([name], |row| row.get(0)).optional())
            .in_library(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_and_replaced_together() {
        let mut library = Library::in_memory().unwrap();
        assert_eq!(library.embedding_settings().unwrap(), None);
        let settings = |model: &str, precision: &str| EmbeddingSettings {
            model: model.to_owned(),
            precision: precision.to_owned(),
            long: "truncate".to_owned(),
        };
        for settings in [settings("all-MiniLM-L6-v2", "int8"), settings("/models/mine", "f32")] {
            library.set_embedding_settings(&settings).unwrap();
            assert_eq!(library.embedding_settings().unwrap(), Some(settings));
        }
    }

    #[test]
    fn the_last_answer_is_kept_in_its_order() {
        let mut library = Library::in_memory().unwrap();
        assert!(library.last_answer().unwrap().is_empty());
        let ids = |texts: &[&str]| texts.iter().map(|text| ArxivId::parse(text).unwrap().0).collect::<Vec<_>>();
        for ids in [ids(&["2602.10611", "hep-th/9901001", "2601.00001"]), ids(&["2601.00002"])] {
            library.set_last_answer(&ids).unwrap();
            assert_eq!(library.last_answer().unwrap(), ids);
        }
    }
}
