//! BERT on CUDA cards with kernels of our own around cuBLASLt's products: token ids in, one pooled row per text out.
//!
//! Texts stand one behind the other, without padding, as on the CPU. Each card holds the weights once and has two lanes:
//! a stream with buffers and a thread of its caller's, so that one lane copies and launches while the other computes.
//! Rows are pooled on the card, so a text costs one row on the way back and not one per token. No buffer is allocated
//! between batches unless one is larger than all before it.

#![allow(unsafe_code)]

mod blas;
mod card;

use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::sys::CUresult;
use cudarc::driver::{CudaSlice, CudaStream, DriverError, LaunchConfig, PushKernelArg};
use half::{bf16, f16};
use ndarray::Array2;

pub(super) use card::answers;

use self::blas::Blas;
use self::card::{Card, failed};
use super::architecture::{Architecture, Tables};
use super::encoder::TokenBatch;
use super::pooling::Pooling;
use super::weights::Weights;
use crate::{Error, Result};

/// Streams of a card: one computes while the other copies and launches.
const LANES: usize = 2;

/// The most tokens of a batch that free memory may ask for. More is not faster.
const MOST_TOKENS: usize = 65_536;

/// Products take a multiple of this many rows, so that few sizes have to be planned.
const ROWS: usize = 256;

/// Queries that a block of the attention kernel takes.
const QUERIES: usize = 128;

/// What rows and weights are stored in; the kernels know it by this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    F32 = 0,
    F16 = 1,
    Bf16 = 2,
}

impl Number {
    fn bytes(self) -> usize {
        match self {
            Number::F32 => 4,
            Number::F16 | Number::Bf16 => 2,
        }
    }

    fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            Number::F32 => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Number::F16 => values.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
            Number::Bf16 => values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
        }
    }
}

struct Norm {
    gain: CudaSlice<f32>,
    shift: CudaSlice<f32>,
}

struct Layer {
    qkv: CudaSlice<u8>,
    qkv_bias: CudaSlice<u8>,
    output: CudaSlice<u8>,
    output_bias: CudaSlice<f32>,
    attention_norm: Norm,
    up: CudaSlice<u8>,
    up_bias: CudaSlice<f32>,
    down: CudaSlice<u8>,
    down_bias: CudaSlice<f32>,
    feed_forward_norm: Norm,
}

/// A model's weights on one card.
struct CardBert {
    card: Card,
    words: CudaSlice<u8>,
    positions: CudaSlice<u8>,
    types: CudaSlice<u8>,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    hidden: usize,
    heads: usize,
    intermediate: usize,
    epsilon: f32,
    number: Number,
}

/// A loaded BERT on one card or several.
pub(super) struct CudaBert {
    lanes: Vec<Mutex<Lane>>,
    budget: usize,
    hidden: usize,
}

impl CudaBert {
    /// Loads the weights onto each card after all of them are checked against the architecture.
    pub(super) fn load(
        architecture: &Architecture,
        weights: &mut Weights,
        cards: &[usize],
        number: Number,
    ) -> Result<CudaBert> {
        let mut tensors = architecture.open(weights)?;
        let tables = tensors.tables(architecture)?;
        let mut values = Vec::new();
        while let Some((_, tensor)) = tensors.next_named()? {
            values.push(tensor);
        }
        let mut lanes = Vec::new();
        let mut budget = MOST_TOKENS;
        for card in cards {
            let bert = Arc::new(CardBert::load(architecture, (&tables, &values), *card, number)?);
            // Half of what is free stays so: another program's, or the fragments between our own buffers.
            let room = bert.card.free()? / 2 / LANES / bert.bytes_per_token();
            budget = budget.min(room.max(architecture.positions));
            for _ in 0..LANES {
                lanes.push(Mutex::new(Lane::new(bert.clone())?));
            }
        }
        Ok(CudaBert { lanes, budget, hidden: architecture.hidden })
    }

    /// Tokens of a batch that the cards have memory for.
    pub(super) fn budget(&self) -> usize {
        self.budget
    }

    /// Batches that can be under way at once.
    pub(super) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Pooled rows, texts x (poolings x hidden). A batch beyond the card's memory is cut in two until its parts are not.
    pub(super) fn pooled(&self, lane: usize, batch: &TokenBatch<'_>, pooling: &[Pooling]) -> Result<Array2<f64>> {
        let width = pooling.len() * self.hidden;
        let mut rows = Vec::with_capacity(batch.texts() * width);
        // A lane that panicked has no state that the next batch would read.
        let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
        lane.append(batch, 0..batch.texts(), pooling, &mut rows)?;
        Array2::from_shape_vec((batch.texts(), width), rows.into_iter().map(f64::from).collect())
            .map_err(|_| Error::Internal("a card gives too few rows"))
    }
}

impl CardBert {
    fn load(
        architecture: &Architecture,
        (tables, values): (&Tables, &[Vec<f32>]),
        card: usize,
        number: Number,
    ) -> Result<CardBert> {
        let card = Card::open(card, architecture, number)?;
        let stream = card.stream()?;
        let floats = |values: &[f32]| stream.clone_htod(values).map_err(failed);
        let numbers = |values: &[f32]| stream.clone_htod(&number.encode(values)).map_err(failed);
        let mut tensors = values.iter();
        let mut next = || tensors.next().ok_or(Error::Internal("an architecture lists too few tensors"));
        let (words, positions, types) = (&tables.words, &tables.positions, &tables.types);
        let (words, positions, types) = (numbers(words)?, numbers(positions)?, numbers(types)?);
        let norm = |gain: &[f32], shift: &[f32]| Ok::<_, Error>(Norm { gain: floats(gain)?, shift: floats(shift)? });
        let embedding_norm = norm(next()?, next()?)?;
        let mut layers = Vec::with_capacity(architecture.layers);
        for _ in 0..architecture.layers {
            let (mut qkv, mut qkv_bias) = (next()?.clone(), next()?.clone());
            for _ in 0..2 {
                qkv.extend(next()?);
                qkv_bias.extend(next()?);
            }
            layers.push(Layer {
                qkv: numbers(&qkv)?,
                qkv_bias: numbers(&qkv_bias)?,
                output: numbers(next()?)?,
                output_bias: floats(next()?)?,
                up: numbers(next()?)?,
                up_bias: floats(next()?)?,
                down: numbers(next()?)?,
                down_bias: floats(next()?)?,
                attention_norm: norm(next()?, next()?)?,
                feed_forward_norm: norm(next()?, next()?)?,
            });
        }
        stream.synchronize().map_err(failed)?;
        let Architecture { hidden, heads, intermediate, epsilon, .. } = *architecture;
        let epsilon = epsilon as f32;
        Ok(CardBert {
            card,
            words,
            positions,
            types,
            embedding_norm,
            layers,
            hidden,
            heads,
            intermediate,
            epsilon,
            number,
        })
    }

    /// Memory that a token of a batch takes.
    fn bytes_per_token(&self) -> usize {
        (2 * self.hidden + self.wide()) * self.number.bytes() + 6 * size_of::<u32>()
    }

    /// Whether attention runs on matrix units: as in `kernels.cu`.
    fn matrix_units(&self) -> bool {
        self.number != Number::F32 && (self.hidden / self.heads).is_multiple_of(16)
    }

    /// Columns of the buffer that holds first the queries, keys and values, then the inside of the feed-forward.
    fn wide(&self) -> usize {
        (3 * self.hidden).max(self.intermediate)
    }
}

/// A stream of a card with its buffers.
struct Lane {
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
    fn new(bert: Arc<CardBert>) -> Result<Lane> {
        let stream = bert.card.stream()?;
        let empty = || stream.null().map_err(failed);
        let (x, side, wide) = (empty()?, empty()?, empty()?);
        let blas = Blas::new(stream.clone(), bert.number)?;
        Ok(Lane { bert, stream, blas, room: 0, x, side, wide })
    }

    /// Appends the pooled rows of some texts of a batch.
    fn append(
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
