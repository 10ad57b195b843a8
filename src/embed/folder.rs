//! A model folder in, the recipe of its vectors out, without loading the weights.
//!
//! Read as sentence-transformers 6.2 reads it: `modules.json` names a Transformer, a Pooling and any Dense and
//! Normalize modules; a folder without it is a transformer with mean pooling. What would change the vectors and
//! can't be followed is refused by name, never passed over. Folders are untrusted: files are bounded, paths stay
//! inside, pickled weights are never opened.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::architecture::Architecture;
use super::files::{damaged, missing, not_followed, read_json, read_json_if_there, says_something};
use super::pooling::{Activation, DenseConfig, Pooling, Step};
use super::prompts::{Prompts, Role};
use crate::Result;

/// What `tokenizer_config.json` says where a model knows no limit, rounded: 1e30 and the like.
const NO_LIMIT: f64 = 1e9;

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
    /// [`Error::ModelFile`](crate::Error::ModelFile) for a file that is missing, damaged or absurd,
    /// [`Error::ModelNotFollowed`](crate::Error::ModelNotFollowed) for what Relata can't do as sentence-transformers
    /// would.
    pub fn read(root: &Path) -> Result<Recipe> {
        let modules = Modules::read(root)?;
        let place = Place { root, folder: &modules.transformer };
        let config_path = place.path("config.json");
        let config = read_json(&config_path)?;
        let architecture = Architecture::read(&config_path, config)?;
        let weights = place.weights()?;
        let tokenizer = place.name("tokenizer.json");
        if !root.join(&tokenizer).exists() {
            return Err(missing(&root.join(&tokenizer), "Relata reads fast tokenizers only"));
        }
        let tokenizer_config = place.tokenizer_config()?;
        // Where there is no modules.json, sentence-transformers does not look at its own other files either.
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

/// The three switches of a BERT tokenizer's normaliser that tokenizer_config.json has the last word on.
///
/// transformers builds the normaliser anew from them, with these defaults, whatever tokenizer.json says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BertNormaliser {
    pub lower_case: bool,
    /// `None` strips accents where it lower-cases.
    pub strip_accents: Option<bool>,
    pub chinese: bool,
}

/// What tokenizer_config.json says.
struct TokenizerConfig {
    limit: Option<usize>,
    cut_left: bool,
    normaliser: Option<BertNormaliser>,
}

/// The folder of one module.
struct Place<'a> {
    root: &'a Path,
    /// Relative to the root, with `/`; empty for the root itself.
    folder: &'a str,
}

impl Place<'_> {
    /// A file of the module, relative to the root.
    fn name(&self, file: &str) -> String {
        let folder = self.folder.trim_end_matches('/');
        if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.join(self.name(file))
    }

    /// The safetensors file of the module. Others are known by name and never opened.
    fn weights(&self) -> Result<String> {
        let name = self.name("model.safetensors");
        if self.root.join(&name).exists() {
            return Ok(name);
        }
        if self.path("model.safetensors.index.json").exists() {
            let what = "weights in several files".to_owned();
            return Err(not_followed(&self.path("model.safetensors.index.json"), what, "one model.safetensors"));
        }
        if self.path("pytorch_model.bin").exists() {
            let what = "pickled weights, which could run any code when opened,".to_owned();
            return Err(not_followed(&self.path("pytorch_model.bin"), what, "model.safetensors"));
        }
        Err(missing(&self.root.join(&name), "the weights stand there in a sentence-transformers folder"))
    }

    /// `max_seq_length` and `do_lower_case`.
    fn sentence_config(&self) -> Result<(Option<usize>, bool)> {
        let names = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"];
        for name in names {
            let path = self.path(&format!("sentence_{name}_config.json"));
            let Some(json) = read_json_if_there(&path)? else { continue };
            // A query or document length, a processor's arguments and the like would change the tokens.
            for key in [
                "query_length",
                "document_length",
                "query_expansion",
                "processing_kwargs",
                "processor_kwargs",
                "tokenizer_args",
                "config_kwargs",
                "config_args",
            ] {
                if json.get(key).is_some_and(says_something) {
                    return Err(not_followed(&path, format!("{key} {}", json[key]), "the tokenizer's own settings"));
                }
            }
            for (key, only) in [("transformer_task", "feature-extraction"), ("module_output_name", "token_embeddings")]
            {
                if json.get(key).and_then(Value::as_str).is_some_and(|value| value != only) {
                    return Err(not_followed(&path, format!("{key} {}", json[key]), only));
                }
            }
            let output = json.pointer("/modality_config/text/method_output_name").and_then(Value::as_str);
            if let Some(output) = output.filter(|name| *name != "last_hidden_state") {
                return Err(not_followed(&path, format!("the output {output:?}"), "last_hidden_state"));
            }
            let limit = match json.get("max_seq_length") {
                None | Some(Value::Null) => None,
                Some(value) => Some(token_limit(&path, "max_seq_length", value)?),
            };
            return Ok((limit.flatten(), json.get("do_lower_case").and_then(Value::as_bool).unwrap_or(false)));
        }
        Ok((None, false))
    }

    fn tokenizer_config(&self) -> Result<TokenizerConfig> {
        let path = self.path("tokenizer_config.json");
        let json = read_json_if_there(&path)?.unwrap_or_default();
        // Padding on the left would move BERT's absolute positions with the neighbours in a batch.
        if json.get("padding_side").and_then(Value::as_str) == Some("left") {
            return Err(not_followed(&path, "padding_side \"left\"".into(), "padding on the right"));
        }
        let limit = match json.get("model_max_length") {
            None | Some(Value::Null) => None,
            Some(value) => token_limit(&path, "model_max_length", value)?,
        };
        let cut_left = match json.get("truncation_side").and_then(Value::as_str) {
            None | Some("right") => false,
            Some("left") => true,
            Some(side) => return Err(not_followed(&path, format!("truncation_side {side:?}"), "left and right")),
        };
        let switch = |key: &str| json.get(key).and_then(Value::as_bool);
        let class = json.get("tokenizer_class").and_then(Value::as_str).unwrap_or("BertTokenizer");
        let normaliser = matches!(class, "BertTokenizer" | "BertTokenizerFast").then(|| BertNormaliser {
            lower_case: switch("do_lower_case").unwrap_or(true),
            strip_accents: switch("strip_accents"),
            chinese: switch("tokenize_chinese_chars").unwrap_or(true),
        });
        Ok(TokenizerConfig { limit, cut_left, normaliser })
    }

    fn pooling(&self) -> Result<(Vec<Pooling>, bool)> {
        let path = self.path("config.json");
        let json = read_json(&path)?;
        // Newer folders say `pooling_mode`, a name or a list; older ones have a switch per kind. The order is theirs.
        const SWITCHES: [(&str, &str); 6] = [
            ("pooling_mode_cls_token", "cls"),
            ("pooling_mode_max_tokens", "max"),
            ("pooling_mode_mean_tokens", "mean"),
            ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"),
            ("pooling_mode_weightedmean_tokens", "weightedmean"),
            ("pooling_mode_lasttoken", "lasttoken"),
        ];
        let is_on = |key: &str| json.get(key).and_then(Value::as_bool).unwrap_or(false);
        let mut names: Vec<&str> = match json.get("pooling_mode") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().map(|name| name.as_str().unwrap_or("?")).collect(),
            _ => SWITCHES.iter().filter(|(key, _)| is_on(key)).map(|(_, name)| *name).collect(),
        };
        if names.is_empty() {
            names.push("mean");
        }
        let followed = [Pooling::Cls, Pooling::Max, Pooling::Mean, Pooling::LastToken];
        let find = |name: &str| {
            let found = followed.into_iter().find(|pooling| pooling.name() == name);
            found.ok_or_else(|| not_followed(&path, format!("the pooling {name:?}"), "cls, max, mean and lasttoken"))
        };
        // At most once each, so that no list of a million names makes a vector of a billion values.
        let pooling = names.iter().take(5).map(|name| find(name)).collect::<Result<Vec<_>>>()?;
        if pooling.len() > 4 {
            return Err(damaged(&path, "names more than four poolings".into()));
        }
        Ok((pooling, json.get("include_prompt").and_then(Value::as_bool).unwrap_or(true)))
    }

    fn dense(&self) -> Result<DenseConfig> {
        self.check_names()?;
        let path = self.path("config.json");
        let json = read_json(&path)?;
        if json.get("use_residual").and_then(Value::as_bool) == Some(true) {
            return Err(not_followed(&path, "a dense module with a residual (use_residual)".into(), "plain ones"));
        }
        let width = |key: &str| match json.get(key).and_then(Value::as_u64) {
            Some(value @ 1..=65_536) => Ok(value as usize),
            _ => Err(damaged(&path, format!("has no {key} from 1 to 65536"))),
        };
        let activation = match json.get("activation_function") {
            None => Activation::Tanh,
            Some(value) => value
                .as_str()
                .and_then(Activation::from_torch)
                .ok_or_else(|| not_followed(&path, format!("the activation {value}"), Activation::FOLLOWED))?,
        };
        Ok(DenseConfig {
            config: self.name("config.json"),
            weights: self.weights()?,
            inputs: width("in_features")?,
            outputs: width("out_features")?,
            bias: json.get("bias").and_then(Value::as_bool).unwrap_or(true),
            activation,
        })
    }

    /// Dense and normalise modules may name what they read and write; only the sentence's embedding is followed.
    fn check_names(&self) -> Result<()> {
        let path = self.path("config.json");
        // The folder of a normalise module is usually not there at all.
        let Some(json) = read_json_if_there(&path)? else { return Ok(()) };
        for key in ["module_input_name", "module_output_name"] {
            if json.get(key).and_then(Value::as_str).is_some_and(|name| name != "sentence_embedding") {
                return Err(not_followed(&path, format!("{key} {}", json[key]), "sentence_embedding"));
            }
        }
        Ok(())
    }
}

/// A limit as JSON has it; `None` for the huge numbers that mean none.
fn token_limit(path: &Path, key: &str, value: &Value) -> Result<Option<usize>> {
    match value.as_f64() {
        Some(number) if number >= NO_LIMIT => Ok(None),
        // Three leaves one token between [CLS] and [SEP].
        Some(number) if number >= 3.0 && number.fract() == 0.0 => Ok(Some(number as usize)),
        _ => Err(damaged(path, format!("{key} is {value}; a whole number from 3 on is possible"))),
    }
}

fn stays_inside(path: &str) -> bool {
    !path.contains(|c: char| c == '\\' || c.is_control())
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}
