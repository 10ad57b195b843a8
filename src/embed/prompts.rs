//! Which words are put in front of a text: config_sentence_transformers.json in, a prompt for each
//! role out.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::files::{damaged, not_followed, read_json_if_there, says_something};
use crate::Result;

/// Names of the prompts for queries.
const QUERY: [&str; 1] = ["query"];

/// Names of the prompts for passages, the preferred first.
const PASSAGE: [&str; 3] = ["document", "passage", "corpus"];

/// What a text is for. Some models want different words in front of queries and passages.
///
/// The names are those of `encode_query` and `encode_document` in sentence-transformers. An empty
/// prompt counts as none, since saving a model writes an empty `document` beside a `passage` that
/// means something. Where a role has no prompt of its own, the folder's default prompt is taken, as
/// `encode` does, unless it is the other role's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What someone looks for: the prompt `query`.
    Query,
    /// What is to be found: the first of the prompts `document`, `passage` and `corpus`.
    #[default]
    Passage,
}

/// What config_sentence_transformers.json says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Prompts {
    pub query: String,
    pub passage: String,
}

impl Prompts {
    /// Reads the file of the folder, where there is one.
    pub(super) fn read(root: &Path) -> Result<Prompts> {
        let path = root.join("config_sentence_transformers.json");
        let Some(json) = read_json_if_there(&path)? else { return Ok(Prompts::default()) };
        if json.get("truncate_dim").is_some_and(says_something) {
            return Err(not_followed(&path, format!("truncate_dim {}", json["truncate_dim"]), "whole vectors"));
        }
        let prompts: BTreeMap<String, Option<String>> = match json.get("prompts") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(value) => serde_json::from_value(value.clone())
                .map_err(|e| damaged(&path, format!("has prompts that are not understood: {e}")))?,
        };
        let default = json.get("default_prompt_name").and_then(Value::as_str);
        if let Some(name) = default.filter(|name| !prompts.contains_key(*name)) {
            return Err(damaged(&path, format!("has the default prompt {name:?}, which is not among its prompts")));
        }
        let text = |name: &str| prompts.get(name).cloned().flatten().filter(|text| !text.is_empty());
        let choose = |own: &[&str], others: &[&str]| {
            let fallback = default.filter(|name| !others.contains(name)).and_then(text);
            own.iter().find_map(|name| text(name)).or(fallback).unwrap_or_default()
        };
        Ok(Prompts { query: choose(&QUERY, &PASSAGE), passage: choose(&PASSAGE, &QUERY) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts(json: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config_sentence_transformers.json"), json).unwrap();
        let Prompts { query, passage } = Prompts::read(folder.path()).unwrap();
        (query, passage)
    }

    #[test]
    fn each_role_has_its_prompt() {
        let both = |query: &str, passage: &str| (query.to_owned(), passage.to_owned());
        assert_eq!(prompts("{}"), both("", ""));
        assert_eq!(prompts(r#"{"prompts": {"query": "q: ", "passage": "p: "}}"#), both("q: ", "p: "));
        assert_eq!(prompts(r#"{"prompts": {"query": "", "document": "", "corpus": "c: "}}"#), both("", "c: "));
        assert_eq!(prompts(r#"{"prompts": {"document": "d: ", "passage": "p: "}}"#), both("", "d: "));
        // The default stands in for both, but never for the other role.
        let default = r#"{"prompts": {"s2s": "s: ", "query": null}, "default_prompt_name": "s2s"}"#;
        assert_eq!(prompts(default), both("s: ", "s: "));
        let query = r#"{"prompts": {"query": "q: "}, "default_prompt_name": "query"}"#;
        assert_eq!(prompts(query), both("q: ", ""));
        let passage = r#"{"prompts": {"query": "", "passage": "p: "}, "default_prompt_name": "passage"}"#;
        assert_eq!(prompts(passage), both("", "p: "));
    }

    #[test]
    fn no_file_is_no_prompts() {
        assert_eq!(Prompts::read(tempfile::tempdir().unwrap().path()).unwrap(), Prompts::default());
    }
}
