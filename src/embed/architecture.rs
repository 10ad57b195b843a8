//! What an encoder computes: config.json in, sizes and the names of its tensors out.
//!
//! What stands in config.json is checked against bounds that no real BERT comes near, so that an absurd value is
//! named here and not met as a failed allocation. The list of expected tensors follows from it ([`Architecture::tensors`]),
//! so that an engine loads only after every tensor is known to be there in its shape.

use std::path::Path;

use serde::Deserialize;

use super::files::{damaged, damaged_by, not_followed};
use super::weights::Expected;
use crate::Result;

/// The activation between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// Exact: x Φ(x), by erf.
    Gelu,
    /// The tanh approximation.
    GeluTanh,
    Relu,
}

/// A BERT as its config.json describes it, within bounds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Architecture {
    /// Number of token ids.
    pub vocabulary: usize,
    /// Width of a token's row.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Attention heads of a layer; they divide `hidden`.
    pub heads: usize,
    /// Width inside the feed-forward.
    pub intermediate: usize,
    pub activation: Activation,
    /// The longest text in tokens that has position embeddings.
    pub positions: usize,
    /// Number of token types.
    pub types: usize,
    /// Added to a norm's variance.
    pub epsilon: f64,
}

/// The keys of config.json that decide what a BERT computes.
#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    #[serde(default)]
    architectures: Option<Vec<String>>,
    vocab_size: Option<u64>,
    hidden_size: Option<u64>,
    num_hidden_layers: Option<u64>,
    num_attention_heads: Option<u64>,
    intermediate_size: Option<u64>,
    hidden_act: Option<String>,
    max_position_embeddings: Option<u64>,
    type_vocab_size: Option<u64>,
    layer_norm_eps: Option<f64>,
    position_embedding_type: Option<String>,
    is_decoder: Option<bool>,
}

impl Architecture {
    /// Reads and checks config.json, already parsed as JSON. `path` is for messages.
    pub(super) fn read(path: &Path, json: serde_json::Value) -> Result<Architecture> {
        let config: Config = serde_json::from_value(json).map_err(|e| damaged_by(path, "is not understood", e))?;
        let refuse = |what: String| Err(not_followed(path, what, "model_type \"bert\""));
        match (&config.model_type, config.architectures.as_deref()) {
            (Some(kind), _) if kind == "bert" => {}
            (Some(kind), _) => return refuse(format!("the architecture {kind:?}")),
            (None, Some([name, ..])) if name.starts_with("Bert") => {}
            (None, Some([name, ..])) => return refuse(format!("the architecture {name:?}")),
            (None, _) => return Err(damaged(path, "names no architecture (model_type)".into())),
        }
        if let Some(kind) = config.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return Err(not_followed(path, format!("position_embedding_type {kind:?}"), "absolute positions"));
        }
        if config.is_decoder == Some(true) {
            return Err(not_followed(path, "a decoder (is_decoder)".into(), "encoders"));
        }
        let activation = match config.hidden_act.as_deref() {
            None | Some("gelu") => Activation::Gelu,
            Some("gelu_new" | "gelu_pytorch_tanh") => Activation::GeluTanh,
            Some("relu") => Activation::Relu,
            Some(other) => {
                let followed = "gelu, gelu_new, gelu_pytorch_tanh and relu";
                return Err(not_followed(path, format!("hidden_act {other:?}"), followed));
            }
        };
        let bounded = |key: &str, value: Option<u64>, most: u64| match value {
            None => Err(damaged(path, format!("lacks {key}"))),
            Some(value) if value == 0 || value > most => {
                Err(damaged(path, format!("{key} is {value}; 1 to {most} is possible")))
            }
            Some(value) => Ok(value as usize),
        };
        let architecture = Architecture {
            vocabulary: bounded("vocab_size", config.vocab_size, 4_000_000)?,
            hidden: bounded("hidden_size", config.hidden_size, 16_384)?,
            layers: bounded("num_hidden_layers", config.num_hidden_layers, 256)?,
            heads: bounded("num_attention_heads", config.num_attention_heads, 256)?,
            intermediate: bounded("intermediate_size", config.intermediate_size, 131_072)?,
            activation,
            positions: bounded("max_position_embeddings", config.max_position_embeddings, 131_072)?,
            types: bounded("type_vocab_size", config.type_vocab_size.or(Some(2)), 1024)?,
            epsilon: config.layer_norm_eps.unwrap_or(1e-12),
        };
        if !architecture.hidden.is_multiple_of(architecture.heads) {
            let Architecture { hidden, heads, .. } = architecture;
            let reason = format!("hidden_size {hidden} is not divisible by num_attention_heads {heads}");
            return Err(damaged(path, reason));
        }
        if !(0.0..1.0).contains(&architecture.epsilon) {
            return Err(damaged(path, format!("layer_norm_eps is {:e}; 0 to 1 is possible", architecture.epsilon)));
        }
        Ok(architecture)
    }

    /// Every tensor that is read. Checkpoints differ in a `bert.` prefix, and old ones call a layer norm's weight and
    /// bias gamma and beta.
    pub(super) fn tensors(&self) -> Vec<Expected> {
        let Architecture { hidden, intermediate, .. } = *self;
        let mut tensors = Vec::new();
        let mut add = |name: String, shape: &[usize]| tensors.push(expected(name, shape));
        add("embeddings.word_embeddings.weight".into(), &[self.vocabulary, hidden]);
        add("embeddings.position_embeddings.weight".into(), &[self.positions, hidden]);
        add("embeddings.token_type_embeddings.weight".into(), &[self.types, hidden]);
        add("embeddings.LayerNorm.weight".into(), &[hidden]);
        add("embeddings.LayerNorm.bias".into(), &[hidden]);
        for layer in 0..self.layers {
            for (part, rows, columns) in [
                ("attention.self.query", hidden, hidden),
                ("attention.self.key", hidden, hidden),
                ("attention.self.value", hidden, hidden),
                ("attention.output.dense", hidden, hidden),
                ("intermediate.dense", intermediate, hidden),
                ("output.dense", hidden, intermediate),
            ] {
                add(format!("encoder.layer.{layer}.{part}.weight"), &[rows, columns]);
                add(format!("encoder.layer.{layer}.{part}.bias"), &[rows]);
            }
            for part in ["attention.output.LayerNorm", "output.LayerNorm"] {
                add(format!("encoder.layer.{layer}.{part}.weight"), &[hidden]);
                add(format!("encoder.layer.{layer}.{part}.bias"), &[hidden]);
            }
        }
        tensors
    }
}

fn expected(name: String, shape: &[usize]) -> Expected {
    let mut names = vec![name.clone(), format!("bert.{name}")];
    if name.contains("LayerNorm") {
        let old = name.replace(".weight", ".gamma").replace(".bias", ".beta");
        names.push(format!("bert.{old}"));
        names.push(old);
    }
    Expected { names, shape: shape.to_vec() }
}
