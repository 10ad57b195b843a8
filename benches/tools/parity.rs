//! Compares Relata's vectors with stored ones:
//! `parity MODEL VECTORS.npy IDS.txt PAPERS.jsonl[.gz] [--every N] [--limit N] [--budget N]`.
//!
//! VECTORS.npy is a matrix of `f16` or `f32`, row `i` being the vector of the paper whose id is
//! line `i` of IDS.txt; PAPERS holds a JSON object with `id`, `title` and `abstract` per line.
//! Prints the largest difference of any element, the largest deviation of a row's length from 1,
//! and the speed. See `benches/parity/README.md`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::MultiGzDecoder;
use ndarray::Array2;
use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Role};
use relata::passage::passage;

fn main() -> Result<()> {
    let mut plain = Vec::new();
    let (mut every, mut limit) = (1, usize::MAX);
    let mut options = EmbedderOptions { device: DeviceChoice::Cpu, ..EmbedderOptions::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().context("a number is missing")?.parse().context("not a number");
        match argument.as_str() {
            "--every" => every = number()?,
            "--limit" => limit = number()?,
            "--budget" => options.token_budget = Some(number()?),
            _ => plain.push(PathBuf::from(argument)),
        }
    }
    let [model, vectors, ids, papers] = plain.as_slice() else {
        bail!("usage: parity MODEL VECTORS.npy IDS.txt PAPERS.jsonl[.gz] [--every N] [--limit N] [--budget N]");
    };
    let stored = read_npy(vectors)?;
    let ids: Vec<String> = BufReader::new(File::open(ids)?).lines().collect::<std::io::Result<_>>()?;
    ensure!(ids.len() == stored.nrows(), "{} ids, but {} vectors", ids.len(), stored.nrows());
    let chosen: Vec<usize> = (0..ids.len()).step_by(every).take(limit).collect();
    let passages = read_passages(papers, &chosen.iter().map(|row| ids[*row].as_str()).collect::<Vec<_>>())?;

    let start = Instant::now();
    let embedder = Embedder::load(model, &options)?;
    println!("loaded in {:.0} ms", start.elapsed().as_secs_f64() * 1e3);

    let start = Instant::now();
    let mut done = 0;
    let (mut largest, mut worst, mut length) = (0f32, 0, 0f64);
    let (mut tokens, mut cut) = (0u64, 0);
    embedder.embed_batches(&passages, Role::Passage, &mut |batch| {
        for (at, index) in batch.indices.iter().enumerate() {
            let row = batch.vectors.row(at);
            for (ours, theirs) in row.iter().zip(stored.row(chosen[*index])) {
                if (ours - theirs).abs() > largest {
                    (largest, worst) = ((ours - theirs).abs(), chosen[*index]);
                }
            }
            let norm = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            length = length.max((norm - 1.0).abs());
        }
        done += batch.indices.len();
        tokens += batch.tokens.iter().map(|n| u64::from(*n)).sum::<u64>();
        cut += batch.cut.iter().filter(|n| **n > 0).count();
        eprint!("\r{done} of {}", chosen.len());
        Ok(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!();
    println!("{done} texts, {:.1} tokens on average, {cut} cut", tokens as f64 / done as f64);
    println!("largest difference of an element: {largest:.3e} (row {worst}, {})", ids[worst]);
    println!("largest deviation of a length from 1: {length:.3e}");
    println!("{:.2} texts/s", done as f64 / seconds);
    Ok(())
}

/// The passages of some ids, in their order.
fn read_passages(path: &Path, ids: &[&str]) -> Result<Vec<String>> {
    let mut file = BufReader::new(File::open(path)?);
    let gzipped = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn Read> = if gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let wanted: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut passages = vec![None; ids.len()];
    for line in BufReader::new(reader).lines() {
        let paper: serde_json::Value = serde_json::from_str(&line?)?;
        let text = |key: &str| paper[key].as_str();
        if let Some(at) = text("id").and_then(|id| wanted.get(id)) {
            passages[*at] = Some(passage(text("title").unwrap_or(""), text("abstract")));
        }
    }
    let missing = |(at, passage): (usize, Option<String>)| passage.with_context(|| format!("no paper {}", ids[at]));
    passages.into_iter().enumerate().map(missing).collect()
}

/// Reads a matrix in NumPy's format, version 1
/// (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
fn read_npy(path: &Path) -> Result<Array2<f32>> {
    let bytes = std::fs::read(path)?;
    ensure!(bytes.starts_with(b"\x93NUMPY\x01\x00") && bytes.len() > 10, "{} is no .npy", path.display());
    let data = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(bytes.get(10..data).context("cut header")?)?;
    ensure!(header.contains("'fortran_order': False"), "not row-major: {header}");
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')')).context("no shape")?.0;
    let shape: Vec<usize> = shape.split(',').map(|n| n.trim().parse()).collect::<Result<_, _>>()?;
    let [rows, columns] = shape[..] else { bail!("not a matrix: {header}") };
    let data = &bytes[data..];
    let values: Vec<f32> = if header.contains("'<f4'") {
        data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    } else if header.contains("'<f2'") {
        data.chunks_exact(2).map(|b| half(u16::from_le_bytes([b[0], b[1]]))).collect()
    } else {
        bail!("neither f16 nor f32: {header}")
    };
    Ok(Array2::from_shape_vec((rows, columns), values)?)
}

/// IEEE 754 binary16 to binary32, for finite values.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2f32.powi(-24),
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}
