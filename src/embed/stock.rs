//! BERT as candle-transformers has it: the oracle that Relata's own engine is held against, and
//! what runs on Metal.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert;

use super::architecture::{Activation, Architecture, Family};
use super::batch::TokenBatch;
use super::checkpoint::Checkpoint;
use super::weights::Weights;
use crate::error::{EmbeddingError, Error, Result};

/// A loaded BERT on its device.
pub(super) struct Bert {
    model: bert::BertModel,
    device: Device,
}

impl Bert {
    /// Loads the weights after all of them are checked against the architecture.
    pub(super) fn load(architecture: &Architecture, weights: &mut Weights, device: &Device) -> Result<Bert> {
        let refused = |what| Error::from(EmbeddingError::StockEncoder { what });
        if architecture.family != Family::Bert {
            return Err(refused("is followed for model_type \"bert\" alone"));
        }
        let hidden_act = match architecture.activation {
            Activation::Gelu => bert::HiddenAct::Gelu,
            Activation::GeluTanh => bert::HiddenAct::GeluApproximate,
            Activation::Relu => bert::HiddenAct::Relu,
            Activation::Silu => return Err(refused("runs no silu")),
        };
        let mut tensors = HashMap::new();
        Checkpoint::open(architecture, weights)?.each(|name, shape, values| {
            tensors.insert(name.to_owned(), Tensor::from_vec(values, shape, device)?);
            Ok(())
        })?;
        let config = bert::Config {
            vocab_size: architecture.vocabulary,
            hidden_size: architecture.hidden,
            num_hidden_layers: architecture.layers,
            num_attention_heads: architecture.heads,
            intermediate_size: architecture.intermediate,
            hidden_act,
            max_position_embeddings: architecture.positions,
            type_vocab_size: architecture.types,
            layer_norm_eps: architecture.epsilon,
            ..bert::Config::default()
        };
        let model = bert::BertModel::load(VarBuilder::from_tensors(tensors, DType::F32, device), &config)?;
        Ok(Bert { model, device: device.clone() })
    }

    /// Hidden rows of a batch, flat: texts x longest x hidden, row-major, with rows of no meaning
    /// where a text is shorter than the longest. Padding is masked with the lowest `f32` before the
    /// softmax, so its weight is exactly 0.
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
