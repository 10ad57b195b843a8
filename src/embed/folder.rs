//! A model folder in, the recipe of its vectors out, without loading the weights.
//!
//! Read as sentence-transformers 6.2 reads it: `modules.json` names a Transformer, a Pooling and
//! any Dense and Normalize modules; a folder without it is a transformer with mean pooling. What
//! would change the vectors and can't be followed is refused by name, never passed over. Folders
//! are untrusted: files are bounded, paths stay inside, pickled weights are never opened.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::Deserialize;

use super::architecture::Architecture;
use super::files::{damaged, missing, not_followed, read_json, read_json_if_there};
use super::module::{BertNormaliser, Place};
use super::pooling::{Pooling, Step};
use super::prompts::{Prompts, Role};
use crate::Result;

/// How a folder turns texts into vectors: all that its small files say.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    pub(super) architecture: Architecture,
    /// The weights, relative to the root, with `/`.
    pub(super) weights: String,
    /// tokenizer.json, relative to the root, with `/`.
    pub(super) tokenizer: String,
    pub(super) token_limit: usize,
    pub(super) lower_case: bool,
    pub(super) cut_left: bool,
    pub(super) pooling: Vec<Pooling>,
    pub(super) steps: Vec<Step>,
    pub(super) normaliser: Option<BertNormaliser>,
    pub(super) prompts: Prompts,
}

impl Recipe {
    /// Reads the small files of a model folder.
    ///
    /// # Errors
    ///
    /// [`ModelError::File`](crate::error::ModelError::File) for a file that is missing, damaged or
    /// absurd, [`ModelError::NotFollowed`](crate::error::ModelError::NotFollowed) for what Relata
    /// can't do as sentence-transformers would.
    pub fn read(root: &Path) -> Result<Recipe> {
        let modules = Modules::read(root)?;
        let place = Place { root, folder: &modules.transformer };
        let config_path = place.path("config.json");
        let config = read_json(&config_path)?;
        let architecture = Architecture::read(&config_path, &config)?;
        let weights = place.weights()?;
        let tokenizer = place.name("tokenizer.json");
        if !root.join(&tokenizer).exists() {
            return Err(missing(&root.join(&tokenizer), "Relata reads fast tokenizers only"));
        }
        let tokenizer_config = place.tokenizer_config(architecture.family)?;
        // Where there is no modules.json, sentence-transformers does not look at its own other
        // files either.
        let (stated_limit, lower_case) = if modules.listed { place.sentence_config()? } else { (None, false) };
        // A limit above the position embeddings would end in an error there on the first long text.
        let limit = stated_limit.or(tokenizer_config.limit).unwrap_or(architecture.positions);
        let token_limit = limit.min(architecture.positions);
        let prompts = if modules.listed { Prompts::read(root)? } else { Prompts::default() };
        let prompted = !prompts.query.is_empty() || !prompts.passage.is_empty();
        if prompted && !modules.include_prompt {
            let what = "pooling without the prompt's tokens (include_prompt: false)".to_owned();
            return Err(not_followed(&root.join("modules.json"), what, "pooling over all tokens"));
        }
        let recipe = Recipe {
            architecture,
            weights,
            tokenizer,
            token_limit,
            lower_case,
            cut_left: tokenizer_config.cut_left,
            pooling: modules.pooling,
            steps: modules.steps,
            normaliser: tokenizer_config.normaliser,
            prompts,
        };
        recipe.check_widths(root)?;
        Ok(recipe)
    }

    /// Length of a vector.
    pub fn dimension(&self) -> usize {
        let dense = self.steps.iter().rev().find_map(|step| match step {
            Step::Dense(dense) => Some(dense.outputs),
            Step::Normalise => None,
        });
        dense.unwrap_or(self.architecture.hidden * self.pooling.len())
    }

    /// The most tokens of a text that are embedded, `[CLS]` and `[SEP]` included.
    pub fn token_limit(&self) -> usize {
        self.token_limit
    }

    /// Names of the poolings, joined by `+` where several are concatenated, e.g. `mean`.
    pub fn pooling_name(&self) -> String {
        self.pooling.iter().map(|pooling| pooling.name()).collect::<Vec<_>>().join("+")
    }

    /// Whether the folder itself scales vectors to unit length in the end.
    pub fn normalises(&self) -> bool {
        self.steps.last() == Some(&Step::Normalise)
    }

    /// What is put in front of a text, verbatim; empty for most models.
    pub fn prompt(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.prompts.query,
            Role::Passage => &self.prompts.passage,
        }
    }

    /// Takes prompts for roles of which the folder says nothing.
    pub(super) fn with_prompts(mut self, prompts: &BTreeMap<String, String>) -> Recipe {
        let Prompts { query, passage } = &mut self.prompts;
        for (own, role) in [(query, "query"), (passage, "passage")] {
            if let Some(prompt) = prompts.get(role).filter(|_| own.is_empty()) {
                own.clone_from(prompt);
            }
        }
        self
    }

    /// Each dense module must take what the one before it gives.
    fn check_widths(&self, root: &Path) -> Result<()> {
        let mut width = self.architecture.hidden * self.pooling.len();
        for step in &self.steps {
            let Step::Dense(dense) = step else { continue };
            if dense.inputs != width {
                let reason = format!("takes {} values, the module before it gives {width}", dense.inputs);
                return Err(damaged(&root.join(&dense.config), reason));
            }
            width = dense.outputs;
        }
        Ok(())
    }
}

/// What modules.json and the modules' own files say.
struct Modules {
    /// Whether there is a modules.json.
    listed: bool,
    transformer: String,
    pooling: Vec<Pooling>,
    include_prompt: bool,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct ModuleEntry {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Modules {
    fn read(root: &Path) -> Result<Modules> {
        let path = root.join("modules.json");
        let plain = Modules {
            listed: false,
            transformer: String::new(),
            pooling: vec![Pooling::Mean],
            include_prompt: true,
            steps: Vec::new(),
        };
        let Some(json) = read_json_if_there(&path)? else { return Ok(plain) };
        let entries: Vec<ModuleEntry> =
            serde_json::from_value(json).map_err(|e| damaged(&path, format!("is not understood: {e}")))?;
        let mut modules = Modules { listed: true, pooling: Vec::new(), ..plain };
        for (at, entry) in entries.iter().enumerate() {
            if !stays_inside(&entry.path) {
                return Err(damaged(&path, format!("names the path {:?}, which leads out of the folder", entry.path)));
            }
            let place = Place { root, folder: &entry.path };
            let class = entry.kind.strip_prefix("sentence_transformers.").and_then(|kind| kind.rsplit('.').next());
            match class {
                Some("Transformer") if at == 0 => modules.transformer = entry.path.clone(),
                Some("Pooling") if at == 1 => (modules.pooling, modules.include_prompt) = place.pooling()?,
                Some("Dense") if at > 1 => modules.steps.push(Step::Dense(place.dense()?)),
                Some("Normalize") if at > 1 => {
                    place.check_names()?;
                    modules.steps.push(Step::Normalise);
                }
                _ => {
                    let what = format!("the module {:?} as number {}", entry.kind, at + 1);
                    let followed = "Transformer, Pooling, then Dense and Normalize, of sentence_transformers";
                    return Err(not_followed(&path, what, followed));
                }
            }
        }
        if entries.len() < 2 {
            return Err(not_followed(&path, "a model without pooling".into(), "Transformer, then Pooling"));
        }
        Ok(modules)
    }
}

fn stays_inside(path: &str) -> bool {
    !path.contains(|c: char| c == '\\' || c.is_control())
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}
