//! One CUDA card: its libraries found, its kernels compiled for one model.
//!
//! Nothing of CUDA is needed to build Relata: driver, cuBLASLt and the run-time compiler are looked
//! for when a card is asked for, and kernels are compiled then, for this card and the sizes of this
//! model.

use std::sync::Arc;

use cudarc::driver::{CudaContext, CudaFunction, CudaStream, DriverError};
use cudarc::nvrtc::{CompileOptions, compile_ptx_with_opts};
use cudarc::{cublaslt, driver, nvrtc};

use super::dtype::DType;
use crate::embed::architecture::{Activation, Architecture};
use crate::error::{DeviceRefusal, EmbeddingError, Error, Result};

const SOURCE: &str =
    concat!(include_str!("kernels/dtype.cu"), include_str!("kernels/rows.cu"), include_str!("kernels/attention.cu"));

/// The widest head: its queries and sums stand in registers.
const WIDEST_HEAD: usize = 128;

/// A card with the kernels of a model.
pub(super) struct Gpu {
    pub context: Arc<CudaContext>,
    pub embed: CudaFunction,
    /// Where places enter by angles.
    pub turn: Option<CudaFunction>,
    pub add_norm: CudaFunction,
    pub activate: CudaFunction,
    pub attention: CudaFunction,
    pub pool: CudaFunction,
}

impl Gpu {
    /// Opens the card of a number, from 0, and compiles the kernels.
    pub(super) fn open(card: usize, architecture: &Architecture, number: DType) -> Result<Gpu> {
        let refused = |reason| Error::from(EmbeddingError::Device { asked: format!("cuda:{card}"), reason });
        libraries().map_err(refused)?;
        let context = CudaContext::new(card)
            .map_err(|e| refused(DeviceRefusal::Failed(format!("does not answer: {}", told(e)))))?;
        // SAFETY: every stream works on memory of its own, and weights are in place before a second
        // stream begins.
        unsafe { context.disable_event_tracking() };
        let head = architecture.hidden / architecture.heads;
        if head > WIDEST_HEAD {
            return Err(refused(DeviceRefusal::HeadTooWide { widest: WIDEST_HEAD, head }));
        }
        let (major, minor) = context
            .compute_capability()
            .map_err(|e| refused(DeviceRefusal::Failed(format!("does not answer: {}", told(e)))))?;
        if major < 8 && number != DType::F32 {
            return Err(refused(DeviceRefusal::TooOld { major, minor }));
        }
        let mut options = vec![format!("--gpu-architecture=compute_{major}{minor}"), "--std=c++17".to_owned()];
        options.extend(switches(architecture, number));
        let options = CompileOptions { ftz: Some(true), options, ..CompileOptions::default() };
        let code = compile_ptx_with_opts(SOURCE, options)
            .map_err(|e| refused(DeviceRefusal::Failed(format!("can't compile kernels: {e}"))))?;
        let load = |error: DriverError| refused(DeviceRefusal::Failed(format!("can't load kernels: {}", told(error))));
        let module = context.load_module(code).map_err(load)?;
        let function = |name: &str| module.load_function(name).map_err(load);
        Ok(Gpu {
            embed: function("embed")?,
            turn: architecture.rotary.is_some().then(|| function("turn")).transpose()?,
            add_norm: function("add_norm")?,
            activate: function("activate")?,
            attention: function("attention")?,
            pool: function("pool")?,
            context,
        })
    }

    /// A new stream of work on the card.
    pub(super) fn stream(&self) -> Result<Arc<CudaStream>> {
        self.context.new_stream().map_err(failed)
    }

    /// Free memory of the card in bytes.
    pub(super) fn free(&self) -> Result<usize> {
        Ok(self.context.mem_get_info().map_err(failed)?.0)
    }
}

/// What the kernels are compiled for, as options of the compiler.
fn switches(architecture: &Architecture, number: DType) -> Vec<String> {
    let activation = match architecture.activation {
        Activation::Gelu => 0,
        Activation::GeluTanh => 1,
        Activation::Relu => 2,
        Activation::Silu => 3,
    };
    let defined = [
        // 0 f32, 1 f16, 2 bf16.
        ("ELEMENT", number as usize),
        ("HIDDEN", architecture.hidden),
        // Width of a head, and how many there are.
        ("HEAD", architecture.hidden / architecture.heads),
        ("HEADS", architecture.heads),
        // Width inside the feed-forward.
        ("INSIDE", architecture.intermediate),
        // 0 GELU by erf, 1 GELU by tanh, 2 ReLU, 3 SiLU.
        ("ACTIVATION", activation),
        // The longest text in tokens.
        ("LONGEST", architecture.positions),
        // Whether there are: angles, a table of distances, layers that see a window, a gate, norms
        // before what they are for.
        ("ROTARY", architecture.rotary.is_some().into()),
        ("DISTANCES", (architecture.distances > 0).into()),
        ("WINDOWS", architecture.windows.iter().any(Option::is_some).into()),
        ("GATED", architecture.gated.into()),
        ("NORMS_FIRST", architecture.norms_first.into()),
    ];
    defined.iter().map(|(name, value)| format!("-D{name}={value}")).collect()
}

/// Whether a card answers, without compiling anything.
pub(in crate::embed) fn answers(card: usize) -> bool {
    libraries().is_ok() && CudaContext::new(card).is_ok()
}

/// Looks for the libraries that are opened at run time; asking one that is not there would end the
/// program.
fn libraries() -> std::result::Result<(), DeviceRefusal> {
    // SAFETY: they only try to open libraries by name.
    let (driver, blas, compiler) =
        unsafe { (driver::sys::is_culib_present(), cublaslt::sys::is_culib_present(), nvrtc::sys::is_culib_present()) };
    if !driver {
        return Err(DeviceRefusal::NoDriver);
    }
    if !blas || !compiler {
        let name = if blas { "libnvrtc" } else { "libcublasLt" };
        return Err(DeviceRefusal::NoLibrary { name });
    }
    Ok(())
}

/// A failed call to the driver.
pub(super) fn failed(error: DriverError) -> Error {
    Error::from(EmbeddingError::Encoder { reason: format!("failed on the CUDA card: {}", told(error)), source: None })
}

/// A driver's error as it words it itself.
fn told(error: DriverError) -> String {
    match error.error_string() {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(_) => format!("error {:?}", error.0),
    }
}
