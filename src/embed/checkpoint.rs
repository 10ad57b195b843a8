//! Which tensors an architecture consists of, under which names: a weights file in, the parts of
//! layers out.
//!
//! Checkpoints of one architecture differ in a prefix, old ones call a norm's weight and bias gamma
//! and beta, and families stack some matrices that others keep apart. All of that ends here: an
//! engine asks for a layer's products and norms. Tensors are read only after every one is known to
//! be there in its shape ([`Checkpoint::open`]).

use super::architecture::{Architecture, Family};
use super::weights::{Expected, Weights};
use crate::Result;

/// Names that a family gives its tensors. Those of a layer stand behind [`Names::layer`] and its
/// number.
struct Names {
    /// What stands before all names in a checkpoint that has a head.
    prefix: &'static str,
    words: &'static str,
    embedding_norm: &'static str,
    layer: &'static str,
    /// Queries, keys and values; one name where they are one matrix.
    qkv: &'static [&'static str],
    output: &'static str,
    attention_norm: &'static str,
    /// The first half of a feed-forward; with a gate the gate stands first, and one name means that
    /// both are one matrix.
    up: &'static [&'static str],
    down: &'static str,
    feed_forward_norm: &'static str,
}

const BERT: Names = Names {
    prefix: "bert.",
    words: "embeddings.word_embeddings",
    embedding_norm: "embeddings.LayerNorm",
    layer: "encoder.layer",
    qkv: &["attention.self.query", "attention.self.key", "attention.self.value"],
    output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: &["intermediate.dense"],
    down: "output.dense",
    feed_forward_norm: "output.LayerNorm",
};

const ROBERTA: Names = Names { prefix: "roberta.", ..BERT };

const DISTIL_BERT: Names = Names {
    prefix: "distilbert.",
    layer: "transformer.layer",
    qkv: &["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: &["ffn.lin1"],
    down: "ffn.lin2",
    feed_forward_norm: "output_layer_norm",
    ..BERT
};

const MPNET: Names = Names {
    prefix: "mpnet.",
    qkv: &["attention.attn.q", "attention.attn.k", "attention.attn.v"],
    output: "attention.attn.o",
    attention_norm: "attention.LayerNorm",
    ..BERT
};

const MODERN_BERT: Names = Names {
    prefix: "model.",
    words: "embeddings.tok_embeddings",
    embedding_norm: "embeddings.norm",
    layer: "layers",
    qkv: &["attn.Wqkv"],
    output: "attn.Wo",
    attention_norm: "attn_norm",
    up: &["mlp.Wi"],
    down: "mlp.Wo",
    feed_forward_norm: "mlp_norm",
};

const NOMIC_BERT: Names = Names {
    prefix: "bert.",
    embedding_norm: "emb_ln",
    layer: "encoder.layers",
    qkv: &["attn.Wqkv"],
    output: "attn.out_proj",
    attention_norm: "norm1",
    up: &["mlp.fc12", "mlp.fc11"],
    down: "mlp.fc2",
    feed_forward_norm: "norm2",
    ..BERT
};

impl Family {
    fn names(self) -> Names {
        match self {
            Family::Bert => BERT,
            Family::Roberta => ROBERTA,
            Family::DistilBert => DISTIL_BERT,
            Family::Mpnet => MPNET,
            Family::ModernBert => MODERN_BERT,
            Family::NomicBert => NOMIC_BERT,
        }
    }
}

/// A linear layer: matrices, outputs x inputs each, that stand one below the other.
struct LinearPart {
    weights: Vec<Expected>,
    /// As many, or none.
    biases: Vec<Expected>,
}

struct NormPart {
    weight: Expected,
    bias: Option<Expected>,
}

struct LayerPart {
    /// The first layer of ModernBERT has none, as the norm of its embeddings stands right before
    /// it.
    attention_norm: Option<NormPart>,
    qkv: LinearPart,
    output: LinearPart,
    up: LinearPart,
    down: LinearPart,
    feed_forward_norm: NormPart,
}

struct Parts {
    words: Expected,
    positions: Option<Expected>,
    types: Option<Expected>,
    distances: Option<Expected>,
    embedding_norm: NormPart,
    layers: Vec<LayerPart>,
    last_norm: Option<NormPart>,
}

impl Parts {
    fn of(architecture: &Architecture) -> Parts {
        let Architecture { family, hidden, intermediate, biases, .. } = *architecture;
        let names = family.names();
        let one = |name: String, shape: &[usize]| expected(names.prefix, name, shape);
        let table = |name: &str, rows: usize, width: usize| one(format!("{name}.weight"), &[rows, width]);
        let norm = |name: String| NormPart {
            weight: one(format!("{name}.weight"), &[hidden]),
            bias: biases.norms.then(|| one(format!("{name}.bias"), &[hidden])),
        };
        let wide = if architecture.gated { 2 * intermediate } else { intermediate };
        let layers = (0..architecture.layers).map(|number| {
            let name = |part: &str| format!("{}.{number}.{part}", names.layer);
            let linear = |parts: &[&str], outputs: usize, inputs: usize, bias: bool| {
                let outputs = outputs / parts.len();
                let each = |end: &str, shape: &[usize]| {
                    parts.iter().map(|part| one(format!("{}.{end}", name(part)), shape)).collect::<Vec<_>>()
                };
                let biases = if bias { each("bias", &[outputs]) } else { Vec::new() };
                LinearPart { weights: each("weight", &[outputs, inputs]), biases }
            };
            LayerPart {
                attention_norm: (!architecture.norms_first || number > 0).then(|| norm(name(names.attention_norm))),
                qkv: linear(names.qkv, 3 * hidden, hidden, biases.attention),
                output: linear(&[names.output], hidden, hidden, biases.attention),
                up: linear(names.up, wide, hidden, biases.feed_forward),
                down: linear(&[names.down], hidden, intermediate, biases.feed_forward),
                feed_forward_norm: norm(name(names.feed_forward_norm)),
            }
        });
        let positions = architecture.first_position.map(|first| first + architecture.positions);
        Parts {
            words: table(names.words, architecture.vocabulary, hidden),
            positions: positions.map(|rows| table("embeddings.position_embeddings", rows, hidden)),
            types: (architecture.types > 0)
                .then(|| table("embeddings.token_type_embeddings", architecture.types, hidden)),
            distances: (architecture.distances > 0)
                .then(|| table("encoder.relative_attention_bias", architecture.distances, architecture.heads)),
            embedding_norm: norm(names.embedding_norm.to_owned()),
            layers: layers.collect(),
            last_norm: architecture.norms_first.then(|| norm("final_norm".to_owned())),
        }
    }

    /// Every tensor, in the order in which it is read.
    fn all(&self) -> Vec<&Expected> {
        fn of_norm(norm: &NormPart) -> impl Iterator<Item = &Expected> {
            std::iter::once(&norm.weight).chain(&norm.bias)
        }
        fn of_linear(linear: &LinearPart) -> impl Iterator<Item = &Expected> {
            linear.weights.iter().chain(&linear.biases)
        }
        let mut all = vec![&self.words];
        all.extend(self.positions.iter().chain(&self.types).chain(&self.distances));
        all.extend(of_norm(&self.embedding_norm));
        for layer in &self.layers {
            for linear in [&layer.qkv, &layer.output, &layer.up, &layer.down] {
                all.extend(of_linear(linear));
            }
            all.extend(layer.attention_norm.iter().chain([&layer.feed_forward_norm]).flat_map(of_norm));
        }
        all.extend(self.last_norm.iter().flat_map(of_norm));
        all
    }
}

/// A linear layer's weight, outputs x inputs, row-major, and its bias, zeros where the checkpoint
/// has none.
pub(super) type Linear = (Vec<f32>, Vec<f32>);

/// A layer norm's weight and bias, the latter zeros where the checkpoint has none.
pub(super) type Norm = (Vec<f32>, Vec<f32>);

/// Tables that are added up for a token, row-major, each as wide as a hidden row, and their norm.
pub(super) struct Tables {
    pub words: Vec<f32>,
    /// From the first position that a text has; empty where the model has no such table.
    pub positions: Vec<f32>,
    /// At least one row, of zeros where the model has none.
    pub types: Vec<f32>,
    /// What a distance adds to the scores of each head, buckets x heads; empty where the model has
    /// none.
    pub distances: Vec<f32>,
    pub norm: Norm,
}

/// The tensors of one layer.
pub(super) struct Layer {
    /// `None` where nothing is normed.
    pub attention_norm: Option<Norm>,
    /// Queries, keys and values one below the other: 3 hidden x hidden.
    pub qkv: Linear,
    pub output: Linear,
    /// With a gate, the part that is activated stands first.
    pub up: Linear,
    pub down: Linear,
    pub feed_forward_norm: Norm,
}

/// A weights file that holds all that an architecture needs.
pub(super) struct Checkpoint<'a> {
    architecture: &'a Architecture,
    weights: &'a mut Weights,
    parts: Parts,
}

impl<'a> Checkpoint<'a> {
    /// Checks that every tensor is there in its shape. Nothing is read yet.
    pub(super) fn open(architecture: &'a Architecture, weights: &'a mut Weights) -> Result<Checkpoint<'a>> {
        let parts = Parts::of(architecture);
        parts.all().into_iter().try_for_each(|tensor| weights.check(tensor))?;
        Ok(Checkpoint { architecture, weights, parts })
    }

    pub(super) fn tables(&mut self) -> Result<Tables> {
        let Architecture { hidden, first_position, .. } = *self.architecture;
        let words = self.weights.read(&self.parts.words)?;
        let mut read = |part: &Option<Expected>| part.as_ref().map(|part| self.weights.read(part)).transpose();
        let mut positions = read(&self.parts.positions)?.unwrap_or_default();
        positions.drain(..first_position.unwrap_or(0) * hidden);
        let types = read(&self.parts.types)?.unwrap_or_else(|| vec![0.0; hidden]);
        let distances = read(&self.parts.distances)?.unwrap_or_default();
        let norm = read_norm(self.weights, &self.parts.embedding_norm)?;
        Ok(Tables { words, positions, types, distances, norm })
    }

    /// The tensors of a layer, by its number.
    pub(super) fn layer(&mut self, number: usize) -> Result<Layer> {
        let (part, weights) = (&self.parts.layers[number], &mut *self.weights);
        Ok(Layer {
            attention_norm: part.attention_norm.as_ref().map(|norm| read_norm(weights, norm)).transpose()?,
            qkv: read_linear(weights, &part.qkv)?,
            output: read_linear(weights, &part.output)?,
            up: read_linear(weights, &part.up)?,
            down: read_linear(weights, &part.down)?,
            feed_forward_norm: read_norm(weights, &part.feed_forward_norm)?,
        })
    }

    /// The norm behind the last layer, where there is one.
    pub(super) fn last_norm(&mut self) -> Result<Option<Norm>> {
        self.parts.last_norm.as_ref().map(|norm| read_norm(self.weights, norm)).transpose()
    }

    /// Hands over every tensor under its canonical name, with its shape.
    pub(super) fn each(&mut self, mut take: impl FnMut(&str, &[usize], Vec<f32>) -> Result<()>) -> Result<()> {
        for tensor in self.parts.all() {
            take(&tensor.names[0], &tensor.shape, self.weights.read(tensor)?)?;
        }
        Ok(())
    }
}

fn read_linear(weights: &mut Weights, part: &LinearPart) -> Result<Linear> {
    let mut stacked = |pieces: &[Expected]| {
        let mut all = Vec::new();
        for piece in pieces {
            let values = weights.read(piece)?;
            if all.is_empty() {
                all = values;
            } else {
                all.extend(values);
            }
        }
        Ok::<_, crate::Error>(all)
    };
    let (weight, mut bias) = (stacked(&part.weights)?, stacked(&part.biases)?);
    if bias.is_empty() {
        bias = vec![0.0; part.weights.iter().map(|weight| weight.shape[0]).sum()];
    }
    Ok((weight, bias))
}

fn read_norm(weights: &mut Weights, part: &NormPart) -> Result<Norm> {
    let weight = weights.read(&part.weight)?;
    let bias = match &part.bias {
        Some(bias) => weights.read(bias)?,
        None => vec![0.0; weight.len()],
    };
    Ok((weight, bias))
}

fn expected(prefix: &str, name: String, shape: &[usize]) -> Expected {
    let mut names = vec![name.clone(), format!("{prefix}{name}")];
    if name.contains("LayerNorm") {
        let old = name.replace(".weight", ".gamma").replace(".bias", ".beta");
        names.push(format!("{prefix}{old}"));
        names.push(old);
    }
    Expected { names, shape: shape.to_vec() }
}
