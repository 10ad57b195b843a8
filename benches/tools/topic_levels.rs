//! The levels that `relata topics` finds among vectors of a library: how long each step takes, and
//! one line a paper with its groups and its place on the map.
//!
//! `cargo run --release --example topic_levels -- VECTORS.npy > groups.txt`; with `--recall` behind
//! it, only which share of the nearest is found in cells.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, ensure};
use relata::topics::{NEAREST, Nearest, Rows, graph, layout, levels};

fn main() -> anyhow::Result<()> {
    let path = PathBuf::from(std::env::args().nth(1).context("name a file of vectors")?);
    let bytes = std::fs::read(&path)?;
    ensure!(bytes.starts_with(b"\x93NUMPY"), "{} is no .npy file", path.display());
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = String::from_utf8_lossy(&bytes[10..10 + header]).into_owned();
    ensure!(text.contains("'<f4'"), "float32 is needed, not {text}");
    let dimension: usize =
        text.split(", ").nth(3).and_then(|rest| rest.split(')').next()).context("two dimensions")?.trim().parse()?;
    let values = bytes[10 + header..].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let rows = Rows::new(values, dimension);

    let begun = Instant::now();
    if std::env::args().nth(2).as_deref() == Some("--recall") {
        let found = Nearest::in_cells(&rows, NEAREST, &|_| Ok(()))?;
        let in_cells = begun.elapsed();
        let all = Nearest::among_all(&rows, NEAREST, &|_| Ok(()))?;
        let same = |row: usize| all.of(row).iter().filter(|near| found.of(row).contains(near)).count();
        let share = (0..all.len()).map(same).sum::<usize>() as f64 / (all.len() * all.k()) as f64;
        let all = begun.elapsed() - in_cells;
        eprintln!(
            "{} papers: {share:.4} of the nearest found in cells, {in_cells:.2?}; all pairs {all:.2?}",
            rows.len()
        );
        return Ok(());
    }
    let nearest = Nearest::find(&rows, NEAREST, &|_| Ok(()))?;
    let graph = graph(&rows, &nearest);
    let near = begun.elapsed();
    let levels = levels(&graph, &|| Ok(()))?;
    let counts: Vec<usize> = levels.iter().map(|level| level.count).collect();
    let found = begun.elapsed();
    let places = layout(&rows, &nearest, &|| Ok(()))?;
    let map = begun.elapsed() - found;
    eprintln!("{} papers: graph {near:.2?}, {counts:?} topics {:.2?}, map {map:.2?}", rows.len(), found - near);
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (paper, [x, y]) in places.into_iter().enumerate() {
        let groups: Vec<String> = levels.iter().map(|level| level.groups[paper].to_string()).collect();
        writeln!(out, "{}\t{x}\t{y}", groups.join("\t"))?;
    }
    Ok(())
}
