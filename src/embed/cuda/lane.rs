//! A batch through the layers, on one stream of a card.

use std::sync::Arc;

use cudarc::driver::sys::CUresult;
use cudarc::driver::{CudaSlice, CudaStream, DriverError, LaunchConfig, PushKernelArg};

use super::blas::Blas;
use super::card::failed;
use super::{CardBert, Norm};
use crate::embed::encoder::TokenBatch;
use crate::embed::pooling::Pooling;
use crate::{Error, Result};

/// Products take a multiple of this many rows, so that few sizes have to be planned.
const ROWS: usize = 256;

/// Queries that a block of the attention kernel takes.
const QUERIES: usize = 128;

/// A stream of a card with its buffers.
pub(super) struct Lane {
    bert: Arc<CardBert>,
    stream: Arc<CudaStream>,
    blas: Blas,
    /// Rows that the buffers have room for.
    room: usize,
    /// Hidden rows.
    x: CudaSlice<u8>,
    /// Attended rows, then products on their way to a norm.
    side: CudaSlice<u8>,
    wide: CudaSlice<u8>,
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
    /// Ids, types and positions of the tokens, cumulative lengths, then text and first query of each tile.
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

impl Lane {
    pub(super) fn new(bert: Arc<CardBert>) -> Result<Lane> {
        let stream = bert.card.stream()?;
        let empty = || stream.null().map_err(failed);
        let (x, side, wide) = (empty()?, empty()?, empty()?);
        let blas = Blas::new(stream.clone(), bert.number)?;
        Ok(Lane { bert, stream, blas, room: 0, x, side, wide })
    }

    /// Appends the pooled rows of some texts of a batch, which is cut in two where memory is too small.
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
                Err(Error::Encoder { reason, source: None })
            }
            Err(Trouble::Failed(error)) => Err(error),
        }
    }

    fn make_room(&mut self, tokens: usize) -> std::result::Result<usize, Trouble> {
        let rows = tokens.next_multiple_of(ROWS);
        if rows > self.room {
            let bytes = self.bert.number.bytes();
            // Old buffers go first, so that the new ones can have their memory.
            self.room = 0;
            for buffer in [&mut self.x, &mut self.side, &mut self.wide] {
                *buffer = self.stream.null()?;
            }
            let Lane { stream, bert, .. } = self;
            // SAFETY: kernels write every row before they read it; rows of padding are multiplied, and never read.
            let make = |columns: usize| unsafe { stream.alloc::<u8>(rows * columns * bytes) };
            let (x, side, wide) = (make(bert.hidden)?, make(bert.hidden)?, make(bert.wide())?);
            (self.x, self.side, self.wide, self.room) = (x, side, wide, rows);
        }
        Ok(rows)
    }

    /// Pooled rows of a batch, texts x (poolings x hidden).
    fn forward(&mut self, places: &Places, pooling: &[Pooling]) -> std::result::Result<Vec<f32>, Trouble> {
        let rows = self.make_room(places.tokens)?;
        let Lane { bert, stream, blas, x, side, wide, .. } = self;
        let CardBert { card, hidden, heads, intermediate, epsilon, .. } = bert.as_ref();
        let (hidden, intermediate) = (*hidden, *intermediate);
        let Places { tokens, texts, tiles, .. } = *places;
        let all = stream.clone_htod(&places.all)?;
        let starts = all.slice(3 * tokens..3 * tokens + texts + 1);
        let count = tokens as i32;
        let warps = 8;
        let per_token = launch(tokens.div_ceil(warps), 32 * warps);
        // SAFETY, here and below: every kernel gets the buffers that its parameters name, with room for `rows` rows (see
        // `kernels.cu`), and ids, types and positions that the tokeniser checked against the tables.
        unsafe {
            let (ids, types) = (all.slice(..tokens), all.slice(tokens..2 * tokens));
            let positions = all.slice(2 * tokens..3 * tokens);
            let norm = &bert.embedding_norm;
            let mut kernel = stream.launch_builder(&card.embed);
            kernel.arg(&mut *x).arg(&ids).arg(&types).arg(&positions);
            kernel.arg(&bert.words).arg(&bert.types).arg(&bert.positions);
            kernel.arg(&norm.gain).arg(&norm.shift).arg(epsilon).arg(&count);
            kernel.launch(per_token)?;
        }
        let tile_list = all.slice(3 * tokens + texts + 1..);
        let scale = std::f32::consts::LOG2_E / ((hidden / heads) as f32).sqrt();
        let threads = if bert.matrix_units() { 2 * QUERIES } else { QUERIES };
        for layer in &bert.layers {
            blas.multiply(rows, x, (&layer.qkv, Some(&layer.qkv_bias)), (hidden, 3 * hidden), wide)?;
            unsafe {
                let mut kernel = stream.launch_builder(&card.attention);
                kernel.arg(&mut *side).arg(&*wide).arg(&tile_list).arg(&starts).arg(&scale);
                kernel.launch(launch(tiles * heads, threads))?;
            }
            blas.multiply(rows, side, (&layer.output, None), (hidden, hidden), wide)?;
            let add_norm = |x: &mut CudaSlice<u8>, product: &CudaSlice<u8>, bias: &CudaSlice<f32>, norm: &Norm| unsafe {
                let mut kernel = stream.launch_builder(&card.add_norm);
                kernel.arg(x).arg(product).arg(bias).arg(&norm.gain).arg(&norm.shift).arg(epsilon).arg(&count);
                kernel.launch(per_token).map(|_| ())
            };
            add_norm(x, wide, &layer.output_bias, &layer.attention_norm)?;
            blas.multiply(rows, x, (&layer.up, None), (hidden, intermediate), wide)?;
            unsafe {
                let columns = intermediate as i32;
                let mut kernel = stream.launch_builder(&card.activate);
                kernel.arg(&mut *wide).arg(&layer.up_bias).arg(&columns);
                kernel.launch(launch(tokens, intermediate.div_ceil(8).clamp(32, 256).next_multiple_of(32)))?;
            }
            blas.multiply(rows, wide, (&layer.down, None), (intermediate, hidden), side)?;
            add_norm(x, side, &layer.down_bias, &layer.feed_forward_norm)?;
        }
        let width = pooling.len();
        let mut pooled = unsafe { stream.alloc::<f32>(texts * width * hidden) }?;
        for (number, pooling) in pooling.iter().enumerate() {
            let (kind, stride) = (kind(*pooling), (width * hidden) as i32);
            let mut from = pooled.slice_mut(number * hidden..);
            unsafe {
                let mut kernel = stream.launch_builder(&card.pool);
                kernel.arg(&mut from).arg(&*x).arg(&starts).arg(&kind).arg(&stride);
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

fn launch(blocks: usize, threads: usize) -> LaunchConfig {
    LaunchConfig { grid_dim: (blocks as u32, 1, 1), block_dim: (threads as u32, 1, 1), shared_mem_bytes: 0 }
}
