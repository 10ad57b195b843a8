//! What an encoder computes: config.json in, sizes and the names of its tensors out.
//!
//! What stands in config.json is checked against bounds that no real encoder comes near, so that an absurd value is
//! named here and not met as a failed allocation. The list of expected tensors follows from it, and an engine reads them only
//! after every one is known to be there in its shape ([`Architecture::open`]).

use std::path::Path;

use serde::Deserialize;

use super::files::{damaged, damaged_by, not_followed};
use super::weights::{Expected, Weights};
use crate::{Error, Result};

/// The activation between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// Exact: x Φ(x), by erf.
    Gelu,
    /// The tanh approximation.
    GeluTanh,
    Relu,
}

/// Kinds of encoder that compute the same and differ in names, tables and the place of the first token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Bert,
    /// RoBERTa, XLM-RoBERTa, CamemBERT: positions begin behind that of padding.
    Roberta,
    /// DistilBERT: no token types, and names of its own.
    DistilBert,
}

impl Family {
    /// The values of model_type that are followed, for messages.
    const FOLLOWED: &str = "model_type \"bert\", \"roberta\", \"xlm-roberta\", \"camembert\" and \"distilbert\"";

    fn of_type(model_type: &str) -> Option<Family> {
        match model_type {
            "bert" => Some(Family::Bert),
            "roberta" | "xlm-roberta" | "camembert" => Some(Family::Roberta),
            "distilbert" => Some(Family::DistilBert),
            _ => None,
        }
    }

    /// Of a class of transformers, such as `BertModel`.
    fn of_class(name: &str) -> Option<Family> {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        match name {
            _ if starts(&["Bert"]) => Some(Family::Bert),
            _ if starts(&["Roberta", "XLMRoberta", "Camembert"]) => Some(Family::Roberta),
            _ if starts(&["DistilBert"]) => Some(Family::DistilBert),
            _ => None,
        }
    }

    /// What stands before the names of tensors in a checkpoint that has a head.
    fn prefix(self) -> &'static str {
        match self {
            Family::Bert => "bert.",
            Family::Roberta => "roberta.",
            Family::DistilBert => "distilbert.",
        }
    }

    /// Names of a layer's parts, to stand behind [`Family::layer`], in the order of [`Architecture::tensors`].
    fn linears(self) -> [&'static str; 6] {
        match self {
            Family::Bert | Family::Roberta => [
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "intermediate.dense",
                "output.dense",
            ],
            Family::DistilBert => {
                ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "ffn.lin1", "ffn.lin2"]
            }
        }
    }

    fn norms(self) -> [&'static str; 2] {
        match self {
            Family::Bert | Family::Roberta => ["attention.output.LayerNorm", "output.LayerNorm"],
            Family::DistilBert => ["sa_layer_norm", "output_layer_norm"],
        }
    }

    fn layer(self) -> &'static str {
        match self {
            Family::Bert | Family::Roberta => "encoder.layer",
            Family::DistilBert => "transformer.layer",
        }
    }
}

/// An encoder as its config.json describes it, within bounds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Architecture {
    pub family: Family,
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
    /// Rows of the table of positions before that of a text's first token.
    pub first_position: usize,
    /// Number of token types; 0 where the model has no table of them.
    pub types: usize,
    /// Added to a norm's variance.
    pub epsilon: f64,
}

/// The keys of config.json that decide what an encoder computes. DistilBERT calls some by other names.
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
    pad_token_id: Option<u64>,
    position_embedding_type: Option<String>,
    dim: Option<u64>,
    n_layers: Option<u64>,
    n_heads: Option<u64>,
    hidden_dim: Option<u64>,
    activation: Option<String>,
    is_decoder: Option<bool>,
}

impl Architecture {
    /// Reads and checks config.json, already parsed as JSON. `path` is for messages.
    pub(super) fn read(path: &Path, json: serde_json::Value) -> Result<Architecture> {
        let config: Config = serde_json::from_value(json).map_err(|e| damaged_by(path, "is not understood", e))?;
        let (family, named) = match (&config.model_type, config.architectures.as_deref()) {
            (Some(kind), _) => (Family::of_type(kind), kind),
            (None, Some([name, ..])) => (Family::of_class(name), name),
            (None, _) => return Err(damaged(path, "names no architecture (model_type)".into())),
        };
        let Some(family) = family else {
            return Err(not_followed(path, format!("the architecture {named:?}"), Family::FOLLOWED));
        };
        if let Some(kind) = config.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return Err(not_followed(path, format!("position_embedding_type {kind:?}"), "absolute positions"));
        }
        if config.is_decoder == Some(true) {
            return Err(not_followed(path, "a decoder (is_decoder)".into(), "encoders"));
        }
        // The keys as the family names them.
        let distil = family == Family::DistilBert;
        let (hidden, layers, heads, intermediate) = if distil {
            (
                ("dim", config.dim),
                ("n_layers", config.n_layers),
                ("n_heads", config.n_heads),
                ("hidden_dim", config.hidden_dim),
            )
        } else {
            (
                ("hidden_size", config.hidden_size),
                ("num_hidden_layers", config.num_hidden_layers),
                ("num_attention_heads", config.num_attention_heads),
                ("intermediate_size", config.intermediate_size),
            )
        };
        let (key, activation) =
            if distil { ("activation", config.activation) } else { ("hidden_act", config.hidden_act) };
        let activation = match activation.as_deref() {
            None | Some("gelu") => Activation::Gelu,
            Some("gelu_new" | "gelu_pytorch_tanh") => Activation::GeluTanh,
            Some("relu") => Activation::Relu,
            Some(other) => {
                let followed = "gelu, gelu_new, gelu_pytorch_tanh and relu";
                return Err(not_followed(path, format!("{key} {other:?}"), followed));
            }
        };
        let bounded = |(key, value): (&str, Option<u64>), most: u64| match value {
            None => Err(damaged(path, format!("lacks {key}"))),
            Some(value) if value == 0 || value > most => {
                Err(damaged(path, format!("{key} is {value}; 1 to {most} is possible")))
            }
            Some(value) => Ok(value as usize),
        };
        let rows = bounded(("max_position_embeddings", config.max_position_embeddings), 131_072)?;
        let first_position = match family {
            Family::Roberta => config.pad_token_id.unwrap_or(1).saturating_add(1) as usize,
            Family::Bert | Family::DistilBert => 0,
        };
        if first_position >= rows {
            let reason = format!("max_position_embeddings is {rows}, but positions begin at {first_position}");
            return Err(damaged(path, reason));
        }
        let architecture = Architecture {
            family,
            vocabulary: bounded(("vocab_size", config.vocab_size), 4_000_000)?,
            hidden: bounded(hidden, 16_384)?,
            layers: bounded(layers, 256)?,
            heads: bounded(heads, 256)?,
            intermediate: bounded(intermediate, 131_072)?,
            activation,
            positions: rows - first_position,
            first_position,
            types: if distil { 0 } else { bounded(("type_vocab_size", config.type_vocab_size.or(Some(2))), 1024)? },
            epsilon: if distil { 1e-12 } else { config.layer_norm_eps.unwrap_or(1e-12) },
        };
        if !architecture.hidden.is_multiple_of(architecture.heads) {
            let Architecture { hidden, heads, .. } = architecture;
            let names = if distil { ("dim", "n_heads") } else { ("hidden_size", "num_attention_heads") };
            let reason = format!("{} {hidden} is not divisible by {} {heads}", names.0, names.1);
            return Err(damaged(path, reason));
        }
        if !(0.0..1.0).contains(&architecture.epsilon) {
            return Err(damaged(path, format!("layer_norm_eps is {:e}; 0 to 1 is possible", architecture.epsilon)));
        }
        Ok(architecture)
    }

    /// Every tensor that is read: tables, their norm, then layer by layer. Checkpoints differ in a prefix, and old ones
    /// call a layer norm's weight and bias gamma and beta.
    fn tensors(&self) -> Vec<Expected> {
        let Architecture { family, hidden, intermediate, .. } = *self;
        let mut tensors = Vec::new();
        let mut add = |name: String, shape: &[usize]| tensors.push(expected(family, name, shape));
        add("embeddings.word_embeddings.weight".into(), &[self.vocabulary, hidden]);
        add("embeddings.position_embeddings.weight".into(), &[self.first_position + self.positions, hidden]);
        if self.types > 0 {
            add("embeddings.token_type_embeddings.weight".into(), &[self.types, hidden]);
        }
        add("embeddings.LayerNorm.weight".into(), &[hidden]);
        add("embeddings.LayerNorm.bias".into(), &[hidden]);
        let (wide, narrow, square) = ([intermediate, hidden], [hidden, intermediate], [hidden, hidden]);
        let shapes = [square, square, square, square, wide, narrow];
        for layer in 0..self.layers {
            let before = format!("{}.{layer}", family.layer());
            for (part, shape) in family.linears().iter().zip(shapes) {
                add(format!("{before}.{part}.weight"), &shape);
                add(format!("{before}.{part}.bias"), &shape[..1]);
            }
            for part in family.norms() {
                add(format!("{before}.{part}.weight"), &[hidden]);
                add(format!("{before}.{part}.bias"), &[hidden]);
            }
        }
        tensors
    }

    /// Checks that every tensor is there in its shape, and begins to read them.
    pub(super) fn open<'a>(&self, weights: &'a mut Weights) -> Result<Tensors<'a>> {
        let tensors = self.tensors();
        weights.check(&tensors)?;
        Ok(Tensors { weights, rest: tensors.into_iter() })
    }
}

/// Tables that are added up for a token, row-major, each as wide as a hidden row.
pub(super) struct Tables {
    pub words: Vec<f32>,
    /// From the first position that a text has.
    pub positions: Vec<f32>,
    /// At least one row, of zeros where the model has none.
    pub types: Vec<f32>,
}

/// An architecture's tensors, read one at a time in its order.
pub(super) struct Tensors<'a> {
    weights: &'a mut Weights,
    rest: std::vec::IntoIter<Expected>,
}

impl Tensors<'_> {
    /// The tensors at the beginning.
    pub(super) fn tables(&mut self, architecture: &Architecture) -> Result<Tables> {
        let (words, mut positions) = (self.next()?, self.next()?);
        positions.drain(..architecture.first_position * architecture.hidden);
        let types = if architecture.types > 0 { self.next()? } else { vec![0.0; architecture.hidden] };
        Ok(Tables { words, positions, types })
    }

    /// The next tensor, row-major.
    pub(super) fn next(&mut self) -> Result<Vec<f32>> {
        match self.rest.next() {
            Some(tensor) => self.weights.read(&tensor),
            None => Err(Error::Internal("an architecture lists too few tensors")),
        }
    }

    /// The next tensor under its canonical name, with its shape; `None` behind the last.
    pub(super) fn next_named(&mut self) -> Result<Option<(Expected, Vec<f32>)>> {
        let Some(tensor) = self.rest.next() else { return Ok(None) };
        let values = self.weights.read(&tensor)?;
        Ok(Some((tensor, values)))
    }
}

fn expected(family: Family, name: String, shape: &[usize]) -> Expected {
    let prefix = family.prefix();
    let mut names = vec![name.clone(), format!("{prefix}{name}")];
    if name.contains("LayerNorm") {
        let old = name.replace(".weight", ".gamma").replace(".bias", ".beta");
        names.push(format!("{prefix}{old}"));
        names.push(old);
    }
    Expected { names, shape: shape.to_vec() }
}
