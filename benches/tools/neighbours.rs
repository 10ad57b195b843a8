//! Times the index of a library in one process: building it, one query at a time, many at once.
//! `benches/neighbours/run.py` stands it beside other programs.
//!
//!     cargo run --release --example neighbours -- LIBRARY build [MIB of memory]
//!     cargo run --release --example neighbours -- LIBRARY QUERIES.npy K [exact] [since=DATE] [category=NAME] [author=NAME]
//!
//! QUERIES.npy holds unit rows, f32. One line of JSON is printed: seconds to open, seconds of each
//! query (after one pass to warm up), queries a second with all threads, and the rows found.

use std::time::Instant;

use anyhow::{Context, bail};
use rayon::prelude::*;
use relata::library::{Filter, Library};
use relata::neighbours::index::{Index, State};
use relata::neighbours::{Admitted, SearchContext};
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, what, rest @ ..] = arguments.as_slice() else {
        bail!("usage: neighbours LIBRARY build | QUERIES.npy K")
    };
    let mut library = Library::open(library.as_ref())?;
    let stored = library.fingerprints()?;
    let fingerprint = stored.first().context("no vectors")?.number;
    if what == "build" {
        let began = Instant::now();
        let memory = rest.first().map_or(Ok(Index::MEMORY), |mib| mib.parse::<u64>().map(|mib| mib << 20))?;
        let kept = Index::keep(&mut library, fingerprint, memory, &|_| ())?;
        println!(
            "{}",
            json!({ "kept": format!("{kept:?}"), "seconds": began.elapsed().as_secs_f64(), "peak_kib": peak()? })
        );
        return Ok(());
    }
    let queries = rows(&std::fs::read(what)?)?;
    let k: usize = rest.first().context("how many neighbours?")?.parse()?;
    let began = Instant::now();
    let index = match Index::open(&library, fingerprint)? {
        State::Ready(index) if !rest.iter().any(|word| word == "exact") => Some(*index),
        State::Damaged(what) => bail!(what),
        _ => None,
    };
    let opened = began.elapsed().as_secs_f64();
    let context = SearchContext { library: &library, fingerprint, index: index.as_ref() };
    let value = |name: &str| rest.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let filter = Filter {
        since: value("since").map(str::parse).transpose()?,
        categories: value("category").map(str::to_owned).into_iter().collect(),
        authors: value("author").map(str::to_owned).into_iter().collect(),
        ..Filter::default()
    };
    let began = Instant::now();
    let within = library.matching(&filter)?;
    let matched = began.elapsed().as_secs_f64();
    let admitted = Admitted::of(&within, &[]);
    let ask =
        |context: &SearchContext<'_>, query: &Vec<f32>| context.nearest(std::slice::from_ref(query), k, &admitted);
    for query in &queries {
        ask(&context, query)?;
    }
    let (mut seconds, mut found) = (Vec::new(), Vec::new());
    for query in &queries {
        let began = Instant::now();
        let nearest = ask(&context, query)?;
        seconds.push(began.elapsed().as_secs_f64());
        found.push(nearest[0].iter().map(|scored| scored.key.number()).collect::<Vec<_>>());
    }
    println!(
        "{}",
        json!({
            "opened": opened, "matched": matched, "within": within.only().map(relata::library::PaperSet::len), "index": index.is_some(), "seconds": seconds, "peak_kib": peak()?,
            "batch": batch(&context, &admitted, &queries, k)?, "found": found,
        })
    );
    Ok(())
}

/// Queries a second, with a connection for each thread.
fn batch(context: &SearchContext<'_>, admitted: &Admitted<'_>, queries: &[Vec<f32>], k: usize) -> anyhow::Result<f64> {
    let part = queries.len().div_ceil(rayon::current_num_threads());
    let (path, fingerprint, index) = (context.library.path(), context.fingerprint, context.index);
    let began = Instant::now();
    queries
        .par_chunks(part)
        .map(|queries| {
            let library = Library::open(path)?;
            let context = SearchContext { library: &library, fingerprint, index };
            queries.iter().try_for_each(|query| context.nearest(std::slice::from_ref(query), k, admitted).map(|_| ()))
        })
        .collect::<relata::Result<Vec<()>>>()?;
    Ok(queries.len() as f64 / began.elapsed().as_secs_f64())
}

/// Rows of a two-dimensional .npy of f32.
fn rows(bytes: &[u8]) -> anyhow::Result<Vec<Vec<f32>>> {
    let length = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let header = std::str::from_utf8(&bytes[10..10 + length])?;
    let shape = header.split("'shape': (").nth(1).context("no shape")?.split(')').next().context("no shape")?;
    let width: usize = shape.split(',').nth(1).context("no width")?.trim().parse()?;
    let values: Vec<f32> =
        bytes[10 + length..].as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(values.chunks_exact(width).map(<[f32]>::to_vec).collect())
}

/// The most memory that this process had, mapped pages that it looked at among it.
fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).context("no peak")?;
    Ok(line.split_whitespace().nth(1).context("no peak")?.parse()?)
}
