//! The folder of one module: its small files in, what they say out.
//!
//! What would change the vectors and can't be followed is refused by name, never passed over.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::architecture::Family;
use super::files::{damaged, missing, not_followed, read_json, read_json_if_there, says_something};
use super::pooling::{Activation, DenseConfig, Pooling};
use crate::Result;

/// What `tokenizer_config.json` says where a model knows no limit, rounded: 1e30 and the like.
const NO_LIMIT: f64 = 1e9;

/// The three switches of a BERT tokenizer's normaliser that tokenizer_config.json has the last word
/// on.
///
/// transformers builds the normaliser anew from them, with these defaults, whatever tokenizer.json
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BertNormaliser {
    pub lower_case: bool,
    /// `None` strips accents where it lower-cases.
    pub strip_accents: Option<bool>,
    pub chinese: bool,
}

/// What tokenizer_config.json says.
pub(super) struct TokenizerConfig {
    pub limit: Option<usize>,
    pub cut_left: bool,
    pub normaliser: Option<BertNormaliser>,
}

/// The folder of one module.
pub(super) struct Place<'a> {
    pub root: &'a Path,
    /// Relative to the root, with `/`; empty for the root itself.
    pub folder: &'a str,
}

impl Place<'_> {
    /// A file of the module, relative to the root.
    pub(super) fn name(&self, file: &str) -> String {
        let folder = self.folder.trim_end_matches('/');
        if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.root.join(self.name(file))
    }

    /// The safetensors file of the module. Others are known by name and never opened.
    pub(super) fn weights(&self) -> Result<String> {
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
    pub(super) fn sentence_config(&self) -> Result<(Option<usize>, bool)> {
        let names = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"];
        for name in names {
            let path = self.path(&format!("sentence_{name}_config.json"));
            let Some(json) = read_json_if_there(&path)? else { continue };
            // A query or document length, a processor's arguments and the like would change the
            // tokens.
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

    /// `family` tells the tokenizer's class where the file does not.
    pub(super) fn tokenizer_config(&self, family: Family) -> Result<TokenizerConfig> {
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
        let class = json.get("tokenizer_class").and_then(Value::as_str).map(|class| class.trim_end_matches("Fast"));
        let of_pieces = match class {
            Some(class) => matches!(class, "BertTokenizer" | "DistilBertTokenizer" | "MPNetTokenizer"),
            None => matches!(family, Family::Bert | Family::DistilBert | Family::Mpnet | Family::NomicBert),
        };
        let normaliser = of_pieces.then(|| BertNormaliser {
            lower_case: switch("do_lower_case").unwrap_or(true),
            strip_accents: switch("strip_accents"),
            chinese: switch("tokenize_chinese_chars").unwrap_or(true),
        });
        Ok(TokenizerConfig { limit, cut_left, normaliser })
    }

    pub(super) fn pooling(&self) -> Result<(Vec<Pooling>, bool)> {
        let path = self.path("config.json");
        let json = read_json(&path)?;
        // Newer folders say `pooling_mode`, a name or a list; older ones have a switch per kind.
        // The order is theirs.
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

    pub(super) fn dense(&self) -> Result<DenseConfig> {
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

    /// Dense and normalise modules may name what they read and write; only the sentence's embedding
    /// is followed.
    pub(super) fn check_names(&self) -> Result<()> {
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
