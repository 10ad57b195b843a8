//! Relata's side of the bench in `benches/peers`: loads, warms up, prints READY, then obeys the
//! lines on standard input.
//!
//!     throughput MODEL TEXTS.jsonl [--precision P] [--engine E] [--device D] [--budget TOKENS] [--threads N]
//!
//! TEXTS.jsonl is one JSON string a line. `run BATCH` embeds all of them, tokenisation included,
//! and prints the seconds; Relata cuts batches by tokens, so BATCH is read and not used.
//! `save FILE.npy` writes the vectors of the last run (f32, texts x dimension, in the order of the
//! texts) and prints `saved`; `quit` leaves. `benches/peers/side.py` is the same for the other
//! sides.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use ndarray::Array2;
use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Role};

const USAGE: &str = "usage: throughput MODEL TEXTS.jsonl [--precision P] [--engine E] [--device D] \
    [--budget TOKENS] [--threads N]";

/// Texts of the batch that is embedded before READY and not timed.
const WARM_UP: usize = 32;

fn main() -> Result<()> {
    let mut plain = Vec::new();
    let mut options = EmbedderOptions { device: DeviceChoice::Cpu, ..EmbedderOptions::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} wants a value; {USAGE}"));
        match argument.as_str() {
            "--precision" => options.precision = value()?.parse()?,
            "--engine" => options.engine = value()?.parse()?,
            "--device" => options.device = value()?.parse()?,
            "--budget" => options.token_budget = Some(value()?.parse()?),
            "--threads" => rayon::ThreadPoolBuilder::new().num_threads(value()?.parse()?).build_global()?,
            _ => plain.push(PathBuf::from(argument)),
        }
    }
    let [model, texts] = plain.as_slice() else { bail!(USAGE) };
    let texts = read_texts(texts)?;
    let embedder = Embedder::load(model, &options)?;

    let dimension = embedder.recipe().dimension();
    let mut vectors = Array2::<f32>::zeros((texts.len(), dimension));
    embed(&embedder, &texts[..WARM_UP.min(texts.len())], &mut vectors)?;
    answer("READY")?;
    for line in std::io::stdin().lines() {
        let line = line?;
        match line.trim().split_once(' ').unwrap_or((line.trim(), "")) {
            ("run", batch) => {
                let _: usize = batch.parse().with_context(|| format!("not a batch size: {batch:?}"))?;
                let start = Instant::now();
                embed(&embedder, &texts, &mut vectors)?;
                answer(&format!("{:.6}", start.elapsed().as_secs_f64()))?;
            }
            ("save", path) => {
                write_npy(Path::new(path), &vectors)?;
                answer("saved")?;
            }
            ("quit", _) => break,
            _ => bail!("not understood: {line:?}"),
        }
    }
    Ok(())
}

/// Embeds `texts` into the first rows of `vectors`.
fn embed(embedder: &Embedder, texts: &[String], vectors: &mut Array2<f32>) -> Result<()> {
    embedder.embed_batches(texts, Role::Passage, &mut |batch| {
        for (index, row) in batch.indices.iter().zip(batch.vectors.rows()) {
            vectors.row_mut(*index).assign(&row);
        }
        Ok(())
    })?;
    Ok(())
}

/// One line on standard output, there at once.
fn answer(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn read_texts(path: &Path) -> Result<Vec<String>> {
    let file = File::open(path).with_context(|| format!("can't open {}", path.display()))?;
    let texts =
        BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Result<Vec<_>>>()?;
    ensure!(!texts.is_empty(), "{} holds no texts", path.display());
    Ok(texts)
}

/// Writes a matrix in NumPy's format 1.0, little-endian f32, row after row.
fn write_npy(path: &Path, matrix: &Array2<f32>) -> Result<()> {
    let shape = format!("({}, {})", matrix.nrows(), matrix.ncols());
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version and length take 10 bytes; the data begins at a multiple of 64.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = BufWriter::new(File::create(path).with_context(|| format!("can't write {}", path.display()))?);
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    for value in matrix {
        out.write_all(&value.to_le_bytes())?;
    }
    Ok(out.flush()?)
}
