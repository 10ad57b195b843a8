//! The numbers that rows and weights are stored in on a card.

use half::{bf16, f16};

/// What rows and weights are stored in; the kernels know it by this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::embed) enum DType {
    F32 = 0,
    F16 = 1,
    Bf16 = 2,
}

impl DType {
    pub(super) fn bytes(self) -> usize {
        match self {
            DType::F32 => 4,
            DType::F16 | DType::Bf16 => 2,
        }
    }

    pub(super) fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            DType::F32 => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            DType::F16 => values.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
            DType::Bf16 => values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
        }
    }
}
