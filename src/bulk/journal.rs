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
        let others = self.others.iter().map(|(name, value)| (name.as_str(), value.as_str()));
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
}

impl Journal {
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
        let names = self.terms.others.keys().chain(terms.others.keys());
        for name in names {
            let [was, is] = [&self.terms, terms].map(|terms| terms.others.get(name).map_or("none", String::as_str));
            if was != is {
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
        }
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
