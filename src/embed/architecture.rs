//! What an encoder computes: the sizes and switches that tell one architecture from another.
//!
//! All families are one encoder with switches: where a token's place enters (a table, angles, what
//! a distance adds), whether norms stand before or behind, whether the feed-forward has a gate, how
//! far a layer sees. `config` reads them from a model's config.json, `checkpoint` names and reads
//! the tensors that follow from them, and an engine computes what they say.

pub(super) use crate::kernels::Activation;

/// Kinds of encoder: each has keys in config.json and names of tensors of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Bert,
    /// RoBERTa, XLM-RoBERTa, CamemBERT: positions begin behind that of padding.
    Roberta,
    /// DistilBERT: no token types, and names of its own.
    DistilBert,
    /// MPNet: as RoBERTa, and distances count in every layer (Song et al. 2020).
    Mpnet,
    /// ModernBERT: angles, gates, norms before, windows (Warner et al. 2024).
    ModernBert,
    /// Nomic-BERT: angles and gates (Nussbaum et al. 2024).
    NomicBert,
}

/// Angles by which queries and keys are turned, in halves of a head (RoFormer, Su et al. 2021):
/// dimension `i` of a head `width` wide turns by the token's place times `base^(-2i / width)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rotary {
    /// The base in layers that see the whole text.
    pub whole: f64,
    /// The base in layers that see a window.
    pub window: f64,
}

/// Which parts of a layer have a bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Biases {
    pub attention: bool,
    pub feed_forward: bool,
    pub norms: bool,
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
    /// The longest text in tokens.
    pub positions: usize,
    /// Rows of the table of positions before that of a text's first token; `None` where there is no
    /// such table.
    pub first_position: Option<usize>,
    /// Number of token types; 0 where the model has no table of them.
    pub types: usize,
    /// Rows of the table of what a distance adds to the scores of each head; 0 where there is none.
    pub distances: usize,
    pub rotary: Option<Rotary>,
    /// Per layer, how many tokens on either side one sees; `None` for all.
    pub windows: Vec<Option<usize>>,
    /// Whether norms stand before attention and feed-forward (and one behind the last layer), not
    /// behind their sums.
    pub norms_first: bool,
    /// Whether the feed-forward is activation(gate) times a second product.
    pub gated: bool,
    pub biases: Biases,
    /// Added to a norm's variance.
    pub epsilon: f64,
}
