//! From token rows to one row per text: pooling, then the dense and normalise modules of the
//! folder.
//!
//! All of it runs in `f64` and rounds once at the end: it costs nothing beside the encoder, and the
//! result does not depend on the order in which a faster loop would add. Matched against
//! sentence-transformers 6.2 (`Pooling`, `Dense`, `Normalize`).

use std::path::Path;

use candle_core::cpu::erf::erf_f64;
use ndarray::ArrayView2;

use super::weights::{Expected, Weights};
use crate::Result;

/// How the rows of a text's tokens become one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// The row of the first token, `[CLS]`.
    Cls,
    /// The largest value of each column.
    Max,
    /// The mean of each column.
    Mean,
    /// The row of the last token.
    LastToken,
}

impl Pooling {
    /// The name in sentence-transformers: `cls`, `max`, `mean` or `lasttoken`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Pooling::Cls => "cls",
            Pooling::Max => "max",
            Pooling::Mean => "mean",
            Pooling::LastToken => "lasttoken",
        }
    }

    /// Pools the rows of one text, of which there is at least one, and appends the result.
    fn pool(self, rows: ArrayView2<'_, f32>, into: &mut Vec<f64>) {
        let last = rows.nrows() - 1;
        match self {
            Pooling::Cls => into.extend(rows.row(0).iter().map(|x| f64::from(*x))),
            Pooling::LastToken => into.extend(rows.row(last).iter().map(|x| f64::from(*x))),
            Pooling::Max | Pooling::Mean => {
                let start = into.len();
                into.extend(rows.row(0).iter().map(|x| f64::from(*x)));
                for row in rows.rows().into_iter().skip(1) {
                    for (pooled, x) in into[start..].iter_mut().zip(row) {
                        match self {
                            Pooling::Max => *pooled = pooled.max(f64::from(*x)),
                            _ => *pooled += f64::from(*x),
                        }
                    }
                }
                if self == Pooling::Mean {
                    into[start..].iter_mut().for_each(|x| *x /= rows.nrows() as f64);
                }
            }
        }
    }
}

/// Pools the rows of one text (tokens x hidden, at least one token), each way behind the other.
pub(super) fn pool(ways: &[Pooling], rows: ArrayView2<'_, f32>) -> Vec<f64> {
    let mut pooled = Vec::with_capacity(ways.len() * rows.ncols());
    ways.iter().for_each(|way| way.pool(rows, &mut pooled));
    pooled
}

/// The activation behind a dense layer, by the name of its torch class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    Identity,
    Tanh,
    Relu,
    Gelu,
    Sigmoid,
}

impl Activation {
    /// All, for messages.
    pub(super) const FOLLOWED: &str = "Identity, Tanh, ReLU, GELU and Sigmoid of torch.nn";

    /// Reads e.g. `torch.nn.modules.activation.Tanh`. `None` for what is not followed.
    pub(super) fn from_torch(name: &str) -> Option<Activation> {
        match name.strip_prefix("torch.nn.modules.")? {
            "linear.Identity" => Some(Activation::Identity),
            "activation.Tanh" => Some(Activation::Tanh),
            "activation.ReLU" => Some(Activation::Relu),
            "activation.GELU" => Some(Activation::Gelu),
            "activation.Sigmoid" => Some(Activation::Sigmoid),
            _ => None,
        }
    }

    fn apply(self, x: f64) -> f64 {
        match self {
            Activation::Identity => x,
            Activation::Tanh => x.tanh(),
            Activation::Relu => x.max(0.0),
            Activation::Gelu => 0.5 * x * (1.0 + erf_f64(x * std::f64::consts::FRAC_1_SQRT_2)),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        }
    }
}

/// A dense module as its configuration describes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DenseConfig {
    /// Its config.json, relative to the folder's root, with `/`.
    pub config: String,
    /// The weights, likewise.
    pub weights: String,
    pub inputs: usize,
    pub outputs: usize,
    pub bias: bool,
    pub activation: Activation,
}

impl DenseConfig {
    /// The weight and, where there is one, the bias.
    fn tensors(&self) -> Vec<Expected> {
        let tensor = |name: &str, shape: &[usize]| Expected { names: vec![name.to_owned()], shape: shape.to_vec() };
        let mut tensors = vec![tensor("linear.weight", &[self.outputs, self.inputs])];
        if self.bias {
            tensors.push(tensor("linear.bias", &[self.outputs]));
        }
        tensors
    }
}

/// A module behind pooling.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Dense(DenseConfig),
    Normalise,
}

enum LoadedStep {
    Dense { weight: Vec<f32>, bias: Vec<f32>, inputs: usize, activation: Activation },
    Normalise,
}

/// Everything behind the encoder, weights loaded.
pub(super) struct Head {
    pooling: Vec<Pooling>,
    steps: Vec<LoadedStep>,
    /// Whether rows are scaled to unit length at the end, whatever the folder says.
    unit: bool,
}

impl Head {
    /// Loads the dense modules' weights, where there are any.
    pub(super) fn load(root: &Path, pooling: &[Pooling], steps: &[Step], unit: bool) -> Result<Head> {
        let load = |step: &Step| match step {
            Step::Normalise => Ok(LoadedStep::Normalise),
            Step::Dense(dense) => {
                let mut weights = Weights::open(&root.join(&dense.weights))?;
                let tensors = dense.tensors();
                tensors.iter().try_for_each(|tensor| weights.check(tensor))?;
                let mut values = tensors.iter().map(|tensor| weights.read(tensor)).collect::<Result<Vec<_>>>()?;
                let bias = if dense.bias { values.pop() } else { None };
                Ok(LoadedStep::Dense {
                    weight: values.pop().unwrap_or_default(),
                    bias: bias.unwrap_or_else(|| vec![0.0; dense.outputs]),
                    inputs: dense.inputs,
                    activation: dense.activation,
                })
            }
        };
        let steps = steps.iter().map(load).collect::<Result<_>>()?;
        Ok(Head { pooling: pooling.to_vec(), steps, unit })
    }

    /// How tokens become one row.
    pub(super) fn pooling(&self) -> &[Pooling] {
        &self.pooling
    }

    /// The vector of one text from its pooled row.
    pub(super) fn apply(&self, mut vector: Vec<f64>) -> Vec<f32> {
        for step in &self.steps {
            match step {
                LoadedStep::Normalise => normalise(&mut vector),
                LoadedStep::Dense { weight, bias, inputs, activation } => {
                    let dot = |row: &[f32]| row.iter().zip(&vector).map(|(w, x)| f64::from(*w) * x).sum::<f64>();
                    let outputs = weight.chunks_exact(*inputs).zip(bias);
                    vector = outputs.map(|(row, b)| activation.apply(dot(row) + f64::from(*b))).collect();
                }
            }
        }
        if self.unit {
            normalise(&mut vector);
        }
        vector.into_iter().map(|x| x as f32).collect()
    }
}

/// Scales to unit length; below a length of 1e-12 divides by that instead, as
/// `torch.nn.functional.normalize` does.
fn normalise(vector: &mut [f64]) {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
    vector.iter_mut().for_each(|x| *x /= length);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn pooled(pooling: &[Pooling]) -> Vec<f32> {
        let head = Head { pooling: pooling.to_vec(), steps: Vec::new(), unit: false };
        head.apply(pool(head.pooling(), array![[1.0, -4.0], [2.0, -6.0], [6.0, -5.0]].view()))
    }

    #[test]
    fn each_pooling_takes_its_rows() {
        assert_eq!(pooled(&[Pooling::Cls]), [1.0, -4.0]);
        assert_eq!(pooled(&[Pooling::Max]), [6.0, -4.0]);
        assert_eq!(pooled(&[Pooling::Mean]), [3.0, -5.0]);
        assert_eq!(pooled(&[Pooling::LastToken]), [6.0, -5.0]);
        assert_eq!(pooled(&[Pooling::Cls, Pooling::Mean]), [1.0, -4.0, 3.0, -5.0]);
    }

    #[test]
    fn dense_multiplies_adds_and_activates() {
        let dense = |activation| LoadedStep::Dense {
            weight: vec![1.0, 2.0, 0.0, 1.0, -1.0, 0.5],
            bias: vec![0.5, 0.0, 0.0],
            inputs: 2,
            activation,
        };
        let run = |steps, unit| {
            let head = Head { pooling: vec![Pooling::Mean], steps, unit };
            head.apply(vec![3.0, -1.0])
        };
        assert_eq!(run(vec![dense(Activation::Identity)], false), [1.5, -1.0, -3.5]);
        assert_eq!(run(vec![dense(Activation::Relu)], false), [1.5, 0.0, 0.0]);
        assert_eq!(run(vec![dense(Activation::Relu), LoadedStep::Normalise], false), [1.0, 0.0, 0.0]);
        let close = |got: Vec<f32>, want: [f64; 3]| {
            assert!(got.iter().zip(want).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-7), "{got:?} is not {want:?}");
        };
        // Values of torch 2.15 in f64: gelu, tanh, sigmoid, normalize.
        close(run(vec![dense(Activation::Gelu)], false), [1.399_789_2, -0.158_655_25, -0.000_814_201_8]);
        close(run(vec![dense(Activation::Tanh)], false), [0.905_148_25, -0.761_594_15, -0.998_177_9]);
        close(run(vec![dense(Activation::Sigmoid)], false), [0.817_574_48, 0.268_941_42, 0.029_312_23]);
        close(run(vec![dense(Activation::Identity)], true), [0.381_000_38, -0.254_000_25, -0.889_000_9]);
    }

    #[test]
    fn a_vector_of_zeros_stays_finite() {
        let mut zeros = [0.0; 3];
        normalise(&mut zeros);
        assert_eq!(zeros, [0.0; 3]);
    }
}
