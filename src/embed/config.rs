//! config.json in, an [`Architecture`] out.
//!
//! What stands there is checked against bounds that no real encoder comes near, so that an absurd
//! value is named here and not met as a failed allocation; and what would change the vectors and
//! can't be followed is refused by name.

use std::path::Path;

use serde_json::Value;

use super::architecture::{Activation, Architecture, Biases, Family, Rotary};
use super::files::{damaged, not_followed};
use crate::Result;

/// The values of model_type that are followed, for messages.
const FOLLOWED: &str = "model_type bert, roberta, xlm-roberta, camembert, distilbert, mpnet, modernbert and nomic_bert";

impl Family {
    fn of_type(model_type: &str) -> Option<Family> {
        match model_type {
            "bert" => Some(Family::Bert),
            "roberta" | "xlm-roberta" | "camembert" => Some(Family::Roberta),
            "distilbert" => Some(Family::DistilBert),
            "mpnet" => Some(Family::Mpnet),
            "modernbert" => Some(Family::ModernBert),
            "nomic_bert" => Some(Family::NomicBert),
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
            _ if starts(&["MPNet"]) => Some(Family::Mpnet),
            _ if starts(&["ModernBertModel", "ModernBertFor"]) => Some(Family::ModernBert),
            _ if starts(&["NomicBert"]) => Some(Family::NomicBert),
            _ => None,
        }
    }
}

impl Architecture {
    /// Reads and checks config.json, already parsed as JSON. `path` is for messages.
    pub(super) fn read(path: &Path, json: &Value) -> Result<Architecture> {
        let keys = Keys { path, json };
        let class = json.get("architectures").and_then(|names| names.get(0)).and_then(Value::as_str);
        let (family, named) = match (keys.word("model_type")?, class) {
            (Some(kind), _) => (Family::of_type(kind), kind),
            (None, Some(name)) => (Family::of_class(name), name),
            (None, None) => return Err(damaged(path, "names no architecture (model_type)".into())),
        };
        let Some(family) = family else {
            return Err(not_followed(path, format!("the architecture {named:?}"), FOLLOWED));
        };
        if keys.is_on("is_decoder", false)? {
            return Err(not_followed(path, "a decoder (is_decoder)".into(), "encoders"));
        }
        let architecture = match family {
            Family::Bert | Family::Roberta | Family::Mpnet => keys.bert(family),
            Family::DistilBert => keys.distil_bert(),
            Family::ModernBert => keys.modern_bert(),
            Family::NomicBert => keys.nomic_bert(),
        }?;
        if architecture.rotary.is_some() && !(architecture.hidden / architecture.heads).is_multiple_of(2) {
            let width = architecture.hidden / architecture.heads;
            return Err(damaged(path, format!("has heads {width} wide, which have no halves to turn")));
        }
        // No tensor stands behind these positions, and a table of angles is made for each.
        let turned = architecture.positions * architecture.hidden / architecture.heads;
        if architecture.rotary.is_some() && turned > 1 << 24 {
            let Architecture { positions, .. } = architecture;
            return Err(damaged(
                path,
                format!("asks for the angles of {positions} positions in heads as wide as that"),
            ));
        }
        Ok(architecture)
    }
}

/// The keys that give a family's sizes: width, layers, heads, inside of the feed-forward. Of
/// several spellings the first that is there counts.
struct Sizes {
    hidden: &'static [&'static str],
    layers: &'static [&'static str],
    heads: &'static [&'static str],
    intermediate: &'static [&'static str],
}

const USUAL: Sizes = Sizes {
    hidden: &["hidden_size"],
    layers: &["num_hidden_layers"],
    heads: &["num_attention_heads"],
    intermediate: &["intermediate_size"],
};

const DISTIL: Sizes =
    Sizes { hidden: &["dim"], layers: &["n_layers"], heads: &["n_heads"], intermediate: &["hidden_dim"] };

/// Those of GPT-2, which the repository has, and those that transformers 5 writes.
const NOMIC: Sizes = Sizes {
    hidden: &["n_embd", "hidden_size"],
    layers: &["n_layer", "num_hidden_layers"],
    heads: &["n_head", "num_attention_heads"],
    intermediate: &["n_inner", "intermediate_size"],
};

/// A config.json and its path, for messages.
struct Keys<'a> {
    path: &'a Path,
    json: &'a Value,
}

impl<'a> Keys<'a> {
    fn bert(&self, family: Family) -> Result<Architecture> {
        if let Some(kind) = self.word("position_embedding_type")?.filter(|kind| *kind != "absolute") {
            let what = format!("position_embedding_type {kind:?}");
            return Err(not_followed(self.path, what, "absolute positions"));
        }
        let first = match family {
            Family::Roberta => match self.json.get("pad_token_id") {
                None | Some(Value::Null) => 2,
                Some(_) => self.whole(&["pad_token_id"], 0, u64::from(u32::MAX))? + 1,
            },
            // Written into the model's code, whatever config.json says of padding.
            Family::Mpnet => 2,
            _ => 0,
        };
        let distances = match family {
            // transformers always computes with 32, so that another number is an error there or
            // wrong.
            Family::Mpnet => match self.whole_or(&["relative_attention_num_buckets"], 1, 1 << 16, 32)? {
                32 => 32,
                other => return Err(not_followed(self.path, format!("relative_attention_num_buckets {other}"), "32")),
            },
            _ => 0,
        };
        let types = match family {
            Family::Mpnet => 0,
            _ => self.whole_or(&["type_vocab_size"], 1, 1024, 2)?,
        };
        let plain = self.plain(family, &USUAL, "hidden_act", "layer_norm_eps", Some(first))?;
        Ok(Architecture { types, distances, ..plain })
    }

    fn distil_bert(&self) -> Result<Architecture> {
        // Its norms have a fixed epsilon: a key that no config.json has.
        self.plain(Family::DistilBert, &DISTIL, "activation", "", Some(0))
    }

    fn modern_bert(&self) -> Result<Architecture> {
        let plain = self.plain(Family::ModernBert, &USUAL, "hidden_activation", "norm_eps", None)?;
        let every = self.whole_or(&["global_attn_every_n_layers"], 1, 1 << 16, 3)?;
        let near = self.whole_or(&["local_attention"], 0, 1 << 20, 128)? / 2;
        let is_local = |layer: usize| match self.json.get("layer_types").filter(|kinds| !kinds.is_null()) {
            None => Ok(!layer.is_multiple_of(every)),
            Some(kinds) => match kinds.get(layer).and_then(Value::as_str) {
                Some("sliding_attention") => Ok(true),
                Some("full_attention") => Ok(false),
                _ => Err(not_followed(
                    self.path,
                    format!("layer_types without a known kind of layer {layer}"),
                    "sliding_attention and full_attention",
                )),
            },
        };
        let windows = (0..plain.layers)
            .map(|layer| is_local(layer).map(|local| local.then_some(near)))
            .collect::<Result<Vec<_>>>()?;
        let base = |kind: &str, old: &str, default: f64| -> Result<f64> {
            match self.json.get("rope_parameters").and_then(|kinds| kinds.get(kind)) {
                Some(own) => Keys { path: self.path, json: own }.rotary_base("rope_theta", default),
                None => self.rotary_base(old, default),
            }
        };
        let rotary = Rotary {
            whole: base("full_attention", "global_rope_theta", 160_000.0)?,
            window: base("sliding_attention", "local_rope_theta", 10_000.0)?,
        };
        let bias = |key| self.is_on(key, false);
        Ok(Architecture {
            rotary: Some(rotary),
            windows,
            norms_first: true,
            gated: true,
            biases: Biases {
                attention: bias("attention_bias")?,
                feed_forward: bias("mlp_bias")?,
                norms: bias("norm_bias")?,
            },
            epsilon: self.epsilon("norm_eps", 1e-5)?,
            ..plain
        })
    }

    fn nomic_bert(&self) -> Result<Architecture> {
        for (key, only) in [
            ("rotary_emb_interleaved", false),
            ("prenorm", false),
            ("parallel_block", false),
            ("use_rms_norm", false),
            ("qkv_proj_bias", false),
            ("mlp_fc1_bias", false),
            ("mlp_fc2_bias", false),
            ("causal", false),
        ] {
            if self.is_on(key, only)? != only {
                return Err(not_followed(self.path, format!("{key} {}", !only), &format!("{key} {only}")));
            }
        }
        for (key, only) in [("rotary_emb_fraction", 1.0), ("rotary_emb_scale_base", 0.0), ("num_experts", 0.0)] {
            let value = self.number(key, only)?;
            if value != only {
                return Err(not_followed(self.path, format!("{key} {value}"), &only.to_string()));
            }
        }
        let plain = self.plain(Family::NomicBert, &NOMIC, "hidden_act", "", None)?;
        // The repository's own code stretches its angles for texts longer than those of the
        // training; up to there all agree.
        let positions = match self.number("rotary_scaling_factor", 0.0)? {
            0.0 => plain.positions,
            _ => plain.positions.min(self.whole_or(&["max_trained_positions"], 1, 131_072, 2048)?),
        };
        let base = match self.json.get("rope_parameters") {
            Some(own) if !own.is_null() => Keys { path: self.path, json: own }.rotary_base("rope_theta", 1000.0)?,
            _ => self.rotary_base("rotary_emb_base", 1000.0)?,
        };
        let key = if self.json.get("layer_norm_epsilon").is_some() { "layer_norm_epsilon" } else { "layer_norm_eps" };
        Ok(Architecture {
            positions,
            types: self.whole_or(&["type_vocab_size"], 1, 1024, 2)?,
            rotary: Some(Rotary { whole: base, window: base }),
            gated: true,
            biases: Biases { attention: false, feed_forward: false, norms: true },
            epsilon: self.epsilon(key, 1e-12)?,
            ..plain
        })
    }

    /// What all families have, with biases everywhere and nothing of what only some have.
    /// `activation` and `epsilon` are keys.
    fn plain(
        &self,
        family: Family,
        sizes: &Sizes,
        activation: &str,
        epsilon: &str,
        first_position: Option<usize>,
    ) -> Result<Architecture> {
        let activation = match (self.word("activation_function")?, self.word(activation)?) {
            // The gated kinds are called by the name of the gate's activation.
            (Some("swiglu"), _) if family == Family::NomicBert => Activation::Silu,
            (Some("geglu"), _) if family == Family::NomicBert => Activation::Gelu,
            (Some(other), _) if family == Family::NomicBert => {
                return Err(not_followed(self.path, format!("activation_function {other:?}"), "swiglu and geglu"));
            }
            (_, None) if family == Family::NomicBert => Activation::Silu,
            (_, None | Some("gelu")) => Activation::Gelu,
            (_, Some("gelu_new" | "gelu_pytorch_tanh")) => Activation::GeluTanh,
            (_, Some("relu")) => Activation::Relu,
            (_, Some("silu" | "swish")) => Activation::Silu,
            (_, Some(other)) => {
                let followed = "gelu, gelu_new, gelu_pytorch_tanh, relu and silu";
                return Err(not_followed(self.path, format!("{activation} {other:?}"), followed));
            }
        };
        let positions = match family {
            Family::NomicBert => &["n_positions", "max_position_embeddings"][..],
            _ => &["max_position_embeddings"],
        };
        let rows = self.whole(positions, 1, 131_072)?;
        let first = first_position.unwrap_or(0);
        if first >= rows {
            let reason = format!("max_position_embeddings is {rows}, but positions begin at {first}");
            return Err(damaged(self.path, reason));
        }
        let (hidden, heads) = (self.whole(sizes.hidden, 1, 16_384)?, self.whole(sizes.heads, 1, 256)?);
        if !hidden.is_multiple_of(heads) {
            let (hidden_key, heads_key) = (self.present(sizes.hidden), self.present(sizes.heads));
            return Err(damaged(self.path, format!("{hidden_key} {hidden} is not divisible by {heads_key} {heads}")));
        }
        let layers = self.whole(sizes.layers, 1, 256)?;
        Ok(Architecture {
            family,
            vocabulary: self.whole(&["vocab_size"], 1, 4_000_000)?,
            hidden,
            layers,
            heads,
            intermediate: self.whole(sizes.intermediate, 1, 131_072)?,
            activation,
            positions: rows - first,
            first_position,
            types: 0,
            distances: 0,
            rotary: None,
            windows: vec![None; layers],
            norms_first: false,
            gated: false,
            biases: Biases { attention: true, feed_forward: true, norms: true },
            epsilon: self.epsilon(epsilon, 1e-12)?,
        })
    }

    /// The spelling that is there, or the first.
    fn present(&self, keys: &[&'static str]) -> &'static str {
        keys.iter().find(|key| !self.json.get(**key).is_none_or(Value::is_null)).unwrap_or(&keys[0])
    }

    fn whole(&self, keys: &[&'static str], least: u64, most: u64) -> Result<usize> {
        let key = self.present(keys);
        match self.json.get(key) {
            None | Some(Value::Null) => Err(damaged(self.path, format!("lacks {key}"))),
            Some(value) => match value.as_u64() {
                Some(value) if (least..=most).contains(&value) => Ok(value as usize),
                _ => Err(damaged(self.path, format!("{key} is {value}; {least} to {most} is possible"))),
            },
        }
    }

    fn whole_or(&self, keys: &[&'static str], least: u64, most: u64, default: usize) -> Result<usize> {
        if self.json.get(self.present(keys)).is_none_or(Value::is_null) {
            return Ok(default);
        }
        self.whole(keys, least, most)
    }

    fn number(&self, key: &str, default: f64) -> Result<f64> {
        match self.json.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => {
                value.as_f64().ok_or_else(|| damaged(self.path, format!("{key} is {value}; a number is possible")))
            }
        }
    }

    fn is_on(&self, key: &str, default: bool) -> Result<bool> {
        match self.json.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(on)) => Ok(*on),
            Some(value) => Err(damaged(self.path, format!("{key} is {value}; true and false are possible"))),
        }
    }

    fn word(&self, key: &str) -> Result<Option<&'a str>> {
        match self.json.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(word)) => Ok(Some(word)),
            Some(value) => Err(damaged(self.path, format!("{key} is {value}; a word in quotes is possible"))),
        }
    }

    fn epsilon(&self, key: &str, default: f64) -> Result<f64> {
        let epsilon = self.number(key, default)?;
        if !(0.0..1.0).contains(&epsilon) {
            return Err(damaged(self.path, format!("{key} is {epsilon:e}; 0 to 1 is possible")));
        }
        Ok(epsilon)
    }

    /// The base of rotary angles, which are plain ones: scaled ones are refused.
    fn rotary_base(&self, key: &str, default: f64) -> Result<f64> {
        if let Some(kind) = self.word("rope_type")?.filter(|kind| *kind != "default") {
            return Err(not_followed(self.path, format!("rope_type {kind:?}"), "plain rotary angles"));
        }
        if let Some(scaled) = self.json.get("rope_scaling").filter(|scaled| !scaled.is_null()) {
            return Err(not_followed(self.path, format!("rope_scaling {scaled}"), "plain rotary angles"));
        }
        let base = self.number(key, default)?;
        if !(1.0..=1e12).contains(&base) {
            return Err(damaged(self.path, format!("{key} is {base:e}; 1 to 1e12 is possible")));
        }
        Ok(base)
    }
}
