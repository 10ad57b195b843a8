//! Products with weights on a card, by cuBLASLt: rows in, rows out, with what its epilogue can add.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Arc;

use cudarc::cublaslt::result::{self, CublasError};
use cudarc::cublaslt::sys;
use cudarc::driver::{CudaSlice, CudaStream, DevicePtr, DevicePtrMut};

use super::dtype::DType;
use super::gpu::failed;
use crate::error::{EmbeddingError, Error, Result};

/// What NVIDIA advises for Hopper; older cards need less.
const WORKSPACE: usize = 32 << 20;

/// What a product does before it stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Epilogue {
    Plain,
    Bias,
}

/// A product of rows with a weight.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub rows: usize,
    pub input: &'a CudaSlice<u8>,
    /// Values from one row of the input to the next.
    pub stride: usize,
    pub weight: &'a CudaSlice<u8>,
    pub bias: Option<&'a CudaSlice<u8>>,
    pub inputs: usize,
    pub outputs: usize,
}

/// What tells one product from another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    rows: usize,
    inputs: usize,
    outputs: usize,
    /// From one row of the input to the next.
    stride: usize,
    epilogue: Epilogue,
}

struct Plan {
    description: sys::cublasLtMatmulDesc_t,
    weight: sys::cublasLtMatrixLayout_t,
    input: sys::cublasLtMatrixLayout_t,
    output: sys::cublasLtMatrixLayout_t,
    algorithm: sys::cublasLtMatmulAlgo_t,
}

/// A handle with its plans: which algorithm a product of some size takes is asked once.
pub(super) struct Blas {
    handle: sys::cublasLtHandle_t,
    stream: Arc<CudaStream>,
    workspace: CudaSlice<u8>,
    number: DType,
    plans: HashMap<Key, Plan>,
}

// SAFETY: the handle and the plans are used by one thread at a time, as every use takes
// `&mut self`.
unsafe impl Send for Blas {}

impl Blas {
    pub(super) fn new(stream: Arc<CudaStream>, number: DType) -> Result<Blas> {
        // SAFETY: written by products before they read it.
        let workspace = unsafe { stream.alloc(WORKSPACE) }.map_err(failed)?;
        let handle = result::create_handle().map_err(refused)?;
        Ok(Blas { handle, stream, workspace, number, plans: HashMap::new() })
    }

    /// `output` (rows x outputs) = `input` (rows x inputs) times the transpose of `weight` (outputs
    /// x inputs), all row-major, plus `bias` (outputs) where there is one.
    pub(super) fn multiply(&mut self, product: &Product<'_>, output: &mut CudaSlice<u8>) -> Result<()> {
        let Product { rows, input, stride, weight, bias, inputs, outputs } = *product;
        let width = self.number.bytes();
        let enough = stride >= inputs && input.len() >= rows * stride * width && output.len() >= rows * outputs * width;
        if !enough || weight.len() != inputs * outputs * width {
            return Err(Error::Internal("a product on a card beyond its matrices"));
        }
        let epilogue = if bias.is_some() { Epilogue::Bias } else { Epilogue::Plain };
        let key = Key { rows, inputs, outputs, stride, epilogue };
        if !self.plans.contains_key(&key) {
            let plan = self.plan(key).map_err(refused)?;
            self.plans.insert(key, plan);
        }
        let plan = &self.plans[&key];
        let stream = &self.stream;
        let (weight, _weight) = weight.device_ptr(stream);
        let (input, _input) = input.device_ptr(stream);
        let (output, _output) = output.device_ptr_mut(stream);
        let (workspace, _workspace) = self.workspace.device_ptr(stream);
        let (one, zero) = (1f32, 0f32);
        let pointer = |value: &f32| std::ptr::from_ref(value).cast::<c_void>();
        // SAFETY: the matrices are as large as the plan says, checked above; the plan's parts live
        // as long as `self`.
        unsafe {
            if let Some(bias) = bias {
                let (bias, _bias) = bias.device_ptr(stream);
                let attribute = sys::cublasLtMatmulDescAttributes_t::CUBLASLT_MATMUL_DESC_BIAS_POINTER;
                let address = std::ptr::from_ref(&bias).cast();
                result::set_matmul_desc_attribute(plan.description, attribute, address, size_of_val(&bias))
                    .map_err(refused)?;
            }
            result::matmul(
                self.handle,
                plan.description,
                pointer(&one),
                pointer(&zero),
                weight as *const c_void,
                plan.weight,
                input as *const c_void,
                plan.input,
                output as *const c_void,
                plan.output,
                output as *mut c_void,
                plan.output,
                &raw const plan.algorithm,
                workspace as *mut c_void,
                WORKSPACE,
                stream.cu_stream().cast(),
            )
        }
        .map_err(refused)
    }

    /// cuBLASLt's matrices are column-major: ours, read so, are transposed, and output' = weight
    /// input'.
    fn plan(&self, Key { rows, inputs, outputs, stride, epilogue }: Key) -> std::result::Result<Plan, CublasError> {
        let number = match self.number {
            DType::F32 => sys::cudaDataType_t::CUDA_R_32F,
            DType::F16 => sys::cudaDataType_t::CUDA_R_16F,
            DType::Bf16 => sys::cudaDataType_t::CUDA_R_16BF,
        };
        let compute = sys::cublasComputeType_t::CUBLAS_COMPUTE_32F;
        let description = result::create_matmul_desc(compute, sys::cudaDataType_t::CUDA_R_32F)?;
        let layout = |rows: usize, columns: usize, stride: usize| {
            result::create_matrix_layout(number, rows as u64, columns as u64, stride as i64)
        };
        let (weight, input) = (layout(inputs, outputs, inputs)?, layout(inputs, rows, stride)?);
        let output = layout(outputs, rows, outputs)?;
        let transposed = 1i32;
        let epilogue = match epilogue {
            Epilogue::Plain => sys::cublasLtEpilogue_t::CUBLASLT_EPILOGUE_DEFAULT,
            Epilogue::Bias => sys::cublasLtEpilogue_t::CUBLASLT_EPILOGUE_BIAS,
        };
        use sys::cublasLtMatmulDescAttributes_t as Attribute;
        use sys::cublasLtMatmulPreferenceAttributes_t as Preference;
        // SAFETY: each attribute is given by address and size of a value of its type.
        let algorithm = unsafe {
            let turn = std::ptr::from_ref(&transposed).cast();
            let turning = Attribute::CUBLASLT_MATMUL_DESC_TRANSA;
            result::set_matmul_desc_attribute(description, turning, turn, size_of_val(&transposed))?;
            let after = Attribute::CUBLASLT_MATMUL_DESC_EPILOGUE;
            let address = std::ptr::from_ref(&epilogue).cast();
            result::set_matmul_desc_attribute(description, after, address, size_of_val(&epilogue))?;
            let preference = result::create_matmul_pref()?;
            let most = Preference::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
            let size = WORKSPACE;
            let set = result::set_matmul_pref_attribute(
                preference,
                most,
                std::ptr::from_ref(&size).cast(),
                size_of_val(&size),
            );
            let found = set.and_then(|()| {
                result::get_matmul_algo_heuristic(self.handle, description, weight, input, output, output, preference)
            });
            result::destroy_matmul_pref(preference)?;
            found?.algo
        };
        Ok(Plan { description, weight, input, output, algorithm })
    }
}

impl Drop for Blas {
    fn drop(&mut self) {
        // SAFETY: made by `plan` and `new`, given back once; a failure here leaves nothing to do.
        unsafe {
            for plan in self.plans.values() {
                let _ = result::destroy_matmul_desc(plan.description);
                for layout in [plan.weight, plan.input, plan.output] {
                    let _ = result::destroy_matrix_layout(layout);
                }
            }
            let _ = result::destroy_handle(self.handle);
        }
    }
}

fn refused(error: CublasError) -> Error {
    Error::from(EmbeddingError::Encoder {
        reason: format!("failed on the CUDA card: cuBLASLt says {:?}", error.0),
        source: None,
    })
}
