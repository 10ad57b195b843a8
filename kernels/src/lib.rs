//! The loops in which the time goes, of embedding and of finding neighbours, written once over
//! `Simd` and compiled for each instruction set.
//!
//! A kernel is a `Kernel`: a generic function over vectors of 32-bit lanes.
//! `InstructionSet::run` compiles it for AVX-512 with VNNI, AVX2 (with VNNI and without), NEON
//! (with dotprod, with i8mm and without) and for no instruction set at all, and picks at run time.
//! The portable twin of every kernel is therefore the same source over plain arrays (`portable`),
//! and tests hold the others against it on odd shapes. Sets differ in rounding (sums of integers
//! are exact on all); within one, every number is computed in the same order whatever stands around
//! it.
//!
//! Two things need no instruction set and stand here to be optimised: `dot`, whose sums are the
//! same on every machine, and `eigen`.
//!
//! Beside `cuda` this is the one place with `unsafe`: intrinsics, and pointers in the innermost
//! loops. Every public function checks its slices first.

#![allow(unsafe_code)]

mod activation;
mod aligned;
mod attention;
mod codes;
mod dot;
mod eigen;
mod gemm;
mod instruction_set;
mod int16;
mod int8;
#[cfg(target_arch = "aarch64")]
mod neon;
mod norm;
mod portable;
mod products;
mod simd;
mod softmax;
mod strided;
mod tiles;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use activation::{Activation, activate, gate};
pub use aligned::Aligned;
pub use attention::{Head, Input, Numbers, attend};
pub use codes::{BLOCK, Factors, PLANES, Planes, add_bytes, bounds, dot_bytes, dots};
pub use dot::{dot, dot_stored};
pub use eigen::eigen;
pub use gemm::{Packed, multiply};
pub use instruction_set::{InstructionSet, Refused};
pub use int8::{PackedInt8, Quantised, multiply_int8};
pub use norm::{NormWeights, normalise};
pub use products::dot_products;
pub use strided::Strided;
