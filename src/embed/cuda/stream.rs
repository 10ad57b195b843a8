//! A batch through the layers, on one stream of a card.

use std::f32::consts::LOG2_E;
use std::sync::Arc;

use cudarc::driver::sys::CUresult;
use cudarc::driver::{CudaSlice, CudaStream, DriverError, LaunchConfig, PushKernelArg};

use super::blas::{Blas, Product};
use super::gpu::failed;
use super::layers::{GpuEncoder, Norm};
use crate::embed::batch::TokenBatch;
use crate::embed::pooling::Pooling;
use crate::error::{EmbeddingError, Error, Result};

/// Products take a multiple of this many rows, so that few sizes have to be planned.
const ROWS: usize = 256;

/// Queries that a block of the attention kernel takes.
const QUERIES: usize = 128;

/// Rows of a batch in the number that the model computes in.
type Buffer = CudaSlice<u8>;

/// A stream of a card with its buffers.
pub(super) struct Stream {
    encoder: Arc<GpuEncoder>,
    stream: Arc<CudaStream>,
    blas: Blas,
    /// Rows that the buffers have room for.
    room: usize,
    /// Hidden rows, to which layers add.
    x: Buffer,
    /// What a half of a layer takes where norms stand first; empty where that is `x` itself.
    normed: Buffer,
    /// Attended rows, then products on their way to a norm.
    side: Buffer,
    wide: Buffer,
}

/// Whether a batch has to be cut, or failed.
enum Trouble {
    Memory,
    Failed(Error),
}

impl From<DriverError> for Trouble {
    fn from(error: DriverError) -> Trouble {
        if error.0 == CUresult::CUDA_ERROR_OUT_OF_MEMORY { Trouble::Memory } else { Trouble::Failed(failed(error)) }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Failed(error)
    }
}

/// A batch as the kernels want it.
struct Places {
    /// Ids, types and positions of the tokens, cumulative lengths, then text and first query of
    /// each tile.
    all: Vec<u32>,
    tokens: usize,
    texts: usize,
    tiles: usize,
}

impl Places {
    fn of(batch: &TokenBatch<'_>, texts: &std::ops::Range<usize>) -> Places {
        let range = batch.starts[texts.start]..batch.starts[texts.end];
        let tokens = range.len();
        let mut all = Vec::with_capacity(4 * tokens + texts.len() + 1);
        all.extend_from_slice(&batch.ids[range.clone()]);
        all.extend_from_slice(&batch.types[range.clone()]);
        for text in texts.clone() {
            all.extend(0..batch.range(text).len() as u32);
        }
        all.extend(batch.starts[texts.start..=texts.end].iter().map(|start| (start - range.start) as u32));
        let before = all.len();
        for (number, text) in texts.clone().enumerate() {
            for query in (0..batch.range(text).len()).step_by(QUERIES) {
                all.extend([number as u32, query as u32]);
            }
        }
        let tiles = (all.len() - before) / 2;
        Places { all, tokens, texts: texts.len(), tiles }
    }
}

impl Stream {
    pub(super) fn new(encoder: Arc<GpuEncoder>) -> Result<Stream> {
        let stream = encoder.card.stream()?;
        let empty = || stream.null().map_err(failed);
        let (x, normed, side, wide) = (empty()?, empty()?, empty()?, empty()?);
        let blas = Blas::new(stream.clone(), encoder.number)?;
        Ok(Stream { encoder, stream, blas, room: 0, x, normed, side, wide })
    }

    /// Appends the pooled rows of some texts of a batch, which is cut in two where memory is too
    /// small.
    pub(super) fn append(
        &mut self,
        batch: &TokenBatch<'_>,
        texts: std::ops::Range<usize>,
        pooling: &[Pooling],
        rows: &mut Vec<f32>,
    ) -> Result<()> {
        match self.forward(&Places::of(batch, &texts), pooling) {
            Ok(pooled) => {
                rows.extend(pooled);
                Ok(())
            }
            Err(Trouble::Memory) if texts.len() > 1 => {
                let middle = texts.start + texts.len() / 2;
                self.append(batch, texts.start..middle, pooling, rows)?;
                self.append(batch, middle..texts.end, pooling, rows)
            }
            Err(Trouble::Memory) => {
                let tokens = batch.range(texts.start).len();
                let reason = format!("found too little memory on the CUDA card for one text of {tokens} tokens");
                Err(EmbeddingError::Encoder { reason, source: None }.into())
            }
            Err(Trouble::Failed(error)) => Err(error),
        }
    }

    fn make_room(&mut self, tokens: usize) -> std::result::Result<usize, Trouble> {
        let rows = tokens.next_multiple_of(ROWS);
        if rows > self.room {
            // Old buffers go first, so that the new ones can have their memory.
            self.room = 0;
            for buffer in [&mut self.x, &mut self.normed, &mut self.side, &mut self.wide] {
                *buffer = self.stream.null()?;
            }
            let GpuEncoder { hidden, norms_first, number, .. } = *self.encoder;
            // SAFETY: kernels write every row before they read it; rows of padding are multiplied,
            // and never read.
            let make = |columns: usize, bytes: usize| unsafe { self.stream.alloc::<u8>(rows * columns * bytes) };
            self.x = make(hidden, self.encoder.residual_bytes())?;
            if norms_first {
                self.normed = make(hidden, number.bytes())?;
            }
            self.side = make(hidden, number.bytes())?;
            self.wide = make(self.encoder.wide(), number.bytes())?;
            self.room = rows;
        }
        Ok(rows)
    }

    /// Pooled rows of a batch, texts x (poolings x hidden).
    fn forward(&mut self, places: &Places, pooling: &[Pooling]) -> std::result::Result<Vec<f32>, Trouble> {
        let rows = self.make_room(places.tokens)?;
        let Stream { encoder, stream, blas, x, normed, side, wide, .. } = self;
        let GpuEncoder { card, hidden, heads, intermediate, epsilon, .. } = encoder.as_ref();
        let (hidden, intermediate) = (*hidden, *intermediate);
        let Places { tokens, texts, tiles, .. } = *places;
        let all = stream.clone_htod(&places.all)?;
        let (ids, types) = (all.slice(..tokens), all.slice(tokens..2 * tokens));
        let positions = all.slice(2 * tokens..3 * tokens);
        let starts = all.slice(3 * tokens..3 * tokens + texts + 1);
        let tile_list = all.slice(3 * tokens + texts + 1..);
        let count = tokens as i32;
        let warps = 8;
        let per_token = launch(tokens.div_ceil(warps), 32 * warps);
        // SAFETY: here and below, every kernel gets the buffers that its parameters name, with room
        // for `rows` rows (see `kernels/`), and ids, types and positions that the tokeniser checked
        // against the tables.
        unsafe {
            let norm = &encoder.embedding_norm;
            let mut kernel = stream.launch_builder(&card.embed);
            kernel.arg(&mut *x).arg(&mut *normed).arg(&ids).arg(&types).arg(&positions);
            kernel.arg(&encoder.words).arg(&encoder.types).arg(&encoder.positions);
            kernel.arg(&norm.gain).arg(&norm.shift).arg(epsilon).arg(&count);
            kernel.launch(per_token)?;
        }
        let scale = LOG2_E / ((hidden / heads) as f32).sqrt();
        let threads = if encoder.matrix_units() { 2 * QUERIES } else { QUERIES };
        // SAFETY: see above.
        let add_norm = |x: &mut Buffer, normed: &mut Buffer, product: &Buffer, bias: &CudaSlice<f32>, norm: &Norm| unsafe {
            let mut kernel = stream.launch_builder(&card.add_norm);
            kernel.arg(x).arg(normed).arg(product).arg(bias);
            kernel.arg(&norm.gain).arg(&norm.shift).arg(epsilon).arg(&count);
            kernel.launch(per_token).map(|_| ())
        };
        for layer in &encoder.layers {
            let input = if encoder.norms_first { &*normed } else { &*x };
            let (weight, bias) = (&layer.qkv, layer.qkv_bias.as_ref());
            let product = Product { rows, input, stride: hidden, weight, bias, inputs: hidden, outputs: 3 * hidden };
            blas.multiply(&product, wide)?;
            if let (Some(turn), Some([whole, near])) = (&card.turn, &encoder.rotary) {
                let rotary = if layer.window.is_some() { near } else { whole };
                // SAFETY: see above.
                unsafe {
                    let mut kernel = stream.launch_builder(turn);
                    kernel.arg(&mut *wide).arg(&positions).arg(&rotary.cosines).arg(&rotary.sines);
                    kernel.launch(per_row(tokens, hidden.div_ceil(4)))?;
                }
            }
            // So far that no sum with it overflows.
            let window = layer.window.map_or(i32::MAX / 4, |window| window as i32);
            // SAFETY: see above.
            unsafe {
                let mut kernel = stream.launch_builder(&card.attention);
                kernel.arg(&mut *side).arg(&*wide).arg(&tile_list).arg(&starts).arg(&scale);
                kernel.arg(&window).arg(&encoder.distances);
                kernel.launch(launch(tiles * heads, threads))?;
            }
            let product = Product {
                rows,
                input: side,
                stride: hidden,
                weight: &layer.output,
                bias: None,
                inputs: hidden,
                outputs: hidden,
            };
            blas.multiply(&product, wide)?;
            add_norm(x, normed, wide, &layer.output_bias, &layer.after_attention)?;
            let up = encoder.up();
            let input = if encoder.norms_first { &*normed } else { &*x };
            let product =
                Product { rows, input, stride: hidden, weight: &layer.up, bias: None, inputs: hidden, outputs: up };
            blas.multiply(&product, wide)?;
            // SAFETY: see above.
            unsafe {
                let mut kernel = stream.launch_builder(&card.activate);
                kernel.arg(&mut *wide).arg(&layer.up_bias);
                kernel.launch(per_row(tokens, intermediate.div_ceil(8)))?;
            }
            let product = Product {
                rows,
                input: wide,
                stride: up,
                weight: &layer.down,
                bias: None,
                inputs: intermediate,
                outputs: hidden,
            };
            blas.multiply(&product, side)?;
            add_norm(x, normed, side, &layer.down_bias, &layer.after_feed_forward)?;
        }
        let last = if encoder.norms_first { &*normed } else { &*x };
        let width = pooling.len();
        // SAFETY: the pooling kernel writes every element before it is read.
        let mut pooled = unsafe { stream.alloc::<f32>(texts * width * hidden) }?;
        for (number, pooling) in pooling.iter().enumerate() {
            let (kind, stride) = (kind(*pooling), (width * hidden) as i32);
            let mut from = pooled.slice_mut(number * hidden..);
            // SAFETY: see above.
            unsafe {
                let mut kernel = stream.launch_builder(&card.pool);
                kernel.arg(&mut from).arg(last).arg(&starts).arg(&kind).arg(&stride);
                kernel.launch(launch(texts, 128))?;
            }
        }
        let mut values = vec![0f32; pooled.len()];
        stream.memcpy_dtoh(&pooled, &mut values)?;
        stream.synchronize()?;
        Ok(values)
    }
}

/// How the pooling kernel knows it.
fn kind(pooling: Pooling) -> i32 {
    match pooling {
        Pooling::Cls => 0,
        Pooling::Max => 1,
        Pooling::Mean => 2,
        Pooling::LastToken => 3,
    }
}

/// A block a row, with a thread for each of its parts, up to 256.
fn per_row(rows: usize, parts: usize) -> LaunchConfig {
    launch(rows, parts.clamp(32, 256).next_multiple_of(32))
}

fn launch(blocks: usize, threads: usize) -> LaunchConfig {
    LaunchConfig { grid_dim: (blocks as u32, 1, 1), block_dim: (threads as u32, 1, 1), shared_mem_bytes: 0 }
}
