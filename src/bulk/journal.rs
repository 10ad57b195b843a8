//! What an unfinished run has done, and under which terms, in a small file of JSON.
//!
//! It is written anew after each window and put in place by a rename, so that it is whole at any
//! moment; and it is written after the rows that it speaks of have reached the disk, so that what
//! it says is there. What lies behind the lengths that it names is the torn end of a window, and is
//! cut off.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::input::Input;
use crate::paper::Skipped;

/// Of this layout; another one is not read.
pub(crate) const VERSION: u32 = 1;

/// Under [`RunSettings::others`]: as what texts are embedded.
pub(super) const ROLE: &str = "role";
/// The [`ROLE`] of texts of papers.
pub(super) const PASSAGE: &str = "passage";
/// Under [`RunSettings::others`]: the columns of a Parquet file. A run of an earlier version, whose
/// rows lack some of them, has none, and so is refused.
pub(super) const COLUMNS: &str = "columns";

/// The settings of a run: with the inputs, they decide every byte of the output. A run can be
/// resumed only under the same ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunSettings {
    /// Digest of the model's fingerprint.
    pub fingerprint: String,
    /// The model's name, for messages and notes.
    pub model: String,
    /// Everything else by name, e.g. `role` and `passage`.
    pub others: BTreeMap<String, String>,
}

impl RunSettings {
    /// What made the vectors, for forms that have room for it.
    pub(super) fn notes(&self) -> Vec<(&str, &str)> {
        let own = [("model", self.model.as_str()), ("fingerprint", self.fingerprint.as_str())];
        // Columns speak for themselves.
        let others = self.others.iter().filter(|(name, _)| *name != COLUMNS);
        let others = others.map(|(name, value)| (name.as_str(), value.as_str()));
        own.into_iter().chain(others).collect()
    }
}

/// How far a run came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    /// Texts that were read from the inputs.
    pub texts: u64,
    /// Rows written; fewer than the texts by those in `failed`.
    pub rows: u64,
    /// Hash of all that was read, see [`Window`](super::input::Window).
    pub digest: String,
    /// Length of the vectors; 0 before the first.
    pub dimension: usize,
    /// Tokens embedded.
    pub tokens: u64,
    /// Tokens cut off because the model takes no more.
    pub cut: u64,
    /// Texts that lost tokens.
    pub truncated: u64,
    /// Texts that the tokenizer could not take.
    pub failed: Vec<Skipped>,
    /// Bytes of each part that are on the disk.
    pub lengths: BTreeMap<String, u64>,
    /// CRC-32 of these bytes. A run that an earlier version began has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sums: BTreeMap<String, u32>,
    /// All is written, and the parts are about to get their names.
    pub complete: bool,
}

/// The journal of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    /// [`VERSION`].
    pub version: u32,
    /// Under which terms it runs.
    pub terms: RunSettings,
    /// Its inputs.
    pub inputs: Vec<Input>,
    /// Texts of a window.
    pub window: usize,
    /// How far it came.
    pub done: Done,
    /// CRC-32 of all the rest, as JSON. An earlier version wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<u32>,
}

impl Journal {
    /// The bytes of the file, with a sum of them.
    pub(super) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(&Journal { sum: Some(self.own_sum()?), ..self.clone() })
    }

    /// A journal from the bytes of its file, or what is wrong with it.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Journal, String> {
        let journal: Journal = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        match journal.sum {
            Some(sum) if journal.version == VERSION && journal.own_sum().ok() != Some(sum) => {
                Err("it was changed or damaged, as its sum says".to_owned())
            }
            _ => Ok(journal),
        }
    }

    fn own_sum(&self) -> serde_json::Result<u32> {
        Ok(crc32fast::hash(&serde_json::to_vec(&Journal { sum: None, ..self.clone() })?))
    }

    /// Why a run under `terms` on `inputs` cannot go on from here, if it cannot.
    pub(crate) fn refuses(&self, terms: &RunSettings, inputs: &[Input]) -> Option<String> {
        if self.version != VERSION {
            return Some(format!("it was written by another version of relata (layout {})", self.version));
        }
        if self.terms.fingerprint != terms.fingerprint {
            let [was, is] = [&self.terms, terms].map(|terms| {
                let short = terms.fingerprint.get(..8).unwrap_or(&terms.fingerprint);
                format!("{} (fingerprint {short})", terms.model)
            });
            return Some(format!("it was begun with the model {was}, now it is {is}"));
        }
        if terms.others.contains_key(COLUMNS) && !self.terms.others.contains_key(COLUMNS) {
            return Some("an earlier version of relata began it, which kept no hashes of the texts".to_owned());
        }
        let names = self.terms.others.keys().chain(terms.others.keys());
        for name in names {
            let [was, is] = [&self.terms, terms].map(|terms| terms.others.get(name).map_or("none", String::as_str));
            if same_option(was) != same_option(is) {
                return Some(format!("it was begun with {name} {was}, now it is {is}"));
            }
        }
        if self.inputs.len() != inputs.len() {
            return Some(format!("it was begun with {}, now there are {}", files(self.inputs.len()), inputs.len()));
        }
        for (was, is) in self.inputs.iter().zip(inputs) {
            if was.bytes != is.bytes {
                return Some(match (was.bytes, is.bytes) {
                    (Some(before), Some(now)) => {
                        format!("the input {} had {before} bytes and now {} has {now}", was.name, is.name)
                    }
                    _ => format!("the input {} is now {}", was.name, is.name),
                });
            }
        }
        None
    }
}

/// An option by the name that it has today: the first card was called `cuda` as well.
fn same_option(value: &str) -> &str {
    if value == "cuda" { "cuda:0" } else { value }
}

fn files(count: usize) -> String {
    format!("{count} input file{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        let others = BTreeMap::from([("role".to_owned(), "passage".to_owned())]);
        Journal {
            version: VERSION,
            terms: RunSettings { fingerprint: "aa".into(), model: "tiny".into(), others },
            inputs: vec![Input { name: "a.md".into(), bytes: Some(3) }, Input { name: "-".into(), bytes: None }],
            window: 1024,
            done: Done::default(),
            sum: None,
        }
    }

    #[test]
    fn a_journal_that_was_changed_is_told_and_one_without_a_sum_is_read() {
        let mut journal = journal();
        journal.done.rows = 1024;
        let bytes = journal.to_bytes().unwrap();
        assert_eq!(Journal::from_bytes(&bytes).unwrap().done, journal.done);
        let changed = String::from_utf8(bytes).unwrap().replace("\"rows\": 1024", "\"rows\": 1025");
        assert!(Journal::from_bytes(changed.as_bytes()).unwrap_err().contains("changed or damaged"));
        let earlier = serde_json::to_vec(&journal).unwrap();
        assert!(!earlier.windows(5).any(|word| word == b"\"sum\""));
        assert_eq!(Journal::from_bytes(&earlier).unwrap(), journal);
    }

    #[test]
    fn a_run_on_the_first_card_goes_on_whatever_it_was_called() {
        let mut before = journal();
        let mut now = before.terms.clone();
        before.terms.others.insert("device".to_owned(), "cuda".to_owned());
        now.others.insert("device".to_owned(), "cuda:0".to_owned());
        assert_eq!(before.refuses(&now, &before.inputs), None);
        now.others.insert("device".to_owned(), "cuda:1".to_owned());
        assert!(before.refuses(&now, &before.inputs).is_some());
    }

    #[test]
    fn whatever_decides_the_bytes_must_be_the_same() {
        let same = journal();
        let refuses = |change: fn(&mut Journal)| {
            let mut now = journal();
            change(&mut now);
            same.refuses(&now.terms, &now.inputs).unwrap_or_default()
        };
        assert_eq!(refuses(|_| ()), "");
        assert_eq!(refuses(|now| now.inputs[0].name = "x/../a.md".into()), "");
        assert_eq!(refuses(|now| now.terms.model = "the same, renamed".into()), "");
        insta::assert_snapshot!(
            refuses(|now| now.terms = RunSettings { fingerprint: "bb".into(), model: "large".into(), ..now.terms.clone() }),
            @"it was begun with the model tiny (fingerprint aa), now it is large (fingerprint bb)"
        );
        insta::assert_snapshot!(
            refuses(|now| now.terms.others.values_mut().for_each(|value| *value = "query".into())),
            @"it was begun with role passage, now it is query"
        );
        insta::assert_snapshot!(
            refuses(|now| now.terms.others = BTreeMap::from([("precision".into(), "int8".into())])),
            @"it was begun with role passage, now it is none"
        );
        insta::assert_snapshot!(
            refuses(|now| drop(now.terms.others.insert(COLUMNS.into(), "id title".into()))),
            @"an earlier version of relata began it, which kept no hashes of the texts"
        );
        insta::assert_snapshot!(
            refuses(|now| now.inputs.truncate(1)), @"it was begun with 2 input files, now there are 1"
        );
        insta::assert_snapshot!(
            refuses(|now| now.inputs[0].bytes = Some(4)), @"the input a.md had 3 bytes and now a.md has 4"
        );
        insta::assert_snapshot!(
            refuses(|now| now.inputs[1] = Input { name: "b.md".into(), bytes: Some(1) }), @"the input - is now b.md"
        );
    }
}
