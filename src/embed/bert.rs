//! BERT as candle-transformers has it: config.json and weights in, one hidden row per token out.
//!
//! What stands in config.json is checked against bounds that no real BERT comes near, so that an absurd value is
//! named here and not met as a failed allocation. The list of expected tensors follows from it ([`Architecture::tensors`]).

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert;
use serde::Deserialize;

use super::encoder::TokenBatch;
use super::files::{damaged, damaged_by, not_followed};
use super::weights::{Expected, Weights};
use crate::Result;

/// The activation between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activation {
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
    layers: usize,
    heads: usize,
    intermediate: usize,
    activation: Activation,
    /// The longest text in tokens that has position embeddings.
    pub positions: usize,
    /// Number of token types.
    pub types: usize,
    epsilon: f64,
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
    fn tensors(&self) -> Vec<Expected> {
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

/// A loaded BERT on its device.
pub(super) struct Bert {
    model: bert::BertModel,
    device: Device,
}

impl Bert {
    /// Loads the weights after all of them are checked against the architecture.
    pub(super) fn load(architecture: &Architecture, weights: &mut Weights, device: &Device) -> Result<Bert> {
        let expected = architecture.tensors();
        weights.check(&expected)?;
        let mut tensors = HashMap::with_capacity(expected.len());
        for tensor in &expected {
            let values = Tensor::from_vec(weights.read(tensor)?, tensor.shape.as_slice(), device)?;
            tensors.insert(tensor.names[0].clone(), values);
        }
        let config = bert::Config {
            vocab_size: architecture.vocabulary,
            hidden_size: architecture.hidden,
            num_hidden_layers: architecture.layers,
            num_attention_heads: architecture.heads,
            intermediate_size: architecture.intermediate,
            hidden_act: match architecture.activation {
                Activation::Gelu => bert::HiddenAct::Gelu,
                Activation::GeluTanh => bert::HiddenAct::GeluApproximate,
                Activation::Relu => bert::HiddenAct::Relu,
            },
            max_position_embeddings: architecture.positions,
            type_vocab_size: architecture.types,
            layer_norm_eps: architecture.epsilon,
            ..bert::Config::default()
        };
        let model = bert::BertModel::load(VarBuilder::from_tensors(tensors, DType::F32, device), &config)?;
        Ok(Bert { model, device: device.clone() })
    }

    /// Hidden rows of a batch, flat: texts x longest x hidden, row-major, with rows of no meaning where a text is
    /// shorter than the longest. Padding is masked with the lowest `f32` before the softmax, so its weight is exactly 0.
    pub(super) fn forward(&self, batch: &TokenBatch<'_>) -> Result<Vec<f32>> {
        let (texts, longest) = (batch.texts(), batch.longest());
        let mut ids = vec![0u32; texts * longest];
        let mut types = vec![0u32; texts * longest];
        let mut mask = vec![0f32; texts * longest];
        for text in 0..texts {
            let range = batch.range(text);
            let row = text * longest..text * longest + range.len();
            ids[row.clone()].copy_from_slice(&batch.ids[range.clone()]);
            types[row.clone()].copy_from_slice(&batch.types[range]);
            mask[row].fill(1.0);
        }
        let shape = (texts, longest);
        let ids = Tensor::from_vec(ids, shape, &self.device)?;
        let types = Tensor::from_vec(types, shape, &self.device)?;
        let mask = Tensor::from_vec(mask, shape, &self.device)?;
        let hidden = self.model.forward(&ids, &types, Some(&mask))?;
        Ok(hidden.flatten_all()?.to_device(&Device::Cpu)?.to_vec1()?)
    }
}
