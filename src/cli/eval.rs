//! `relata eval`: judgements in, a table of methods and metrics out.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, json};

use super::answers::weights;
use super::args::Eval;
use super::terminal::{Page, printable, progress, say};
use super::{Context, Outcome};
use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::evaluate::{Estimate, Judgement, METRICS, Method, Options, evaluate};
use crate::library::Library;
use crate::neighbours::Ground;

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    query: String,
    relevant: Vec<String>,
}

pub(super) fn run(context: &Context, asked: &Eval, page: &mut Page) -> Result<Outcome> {
    let (mut library, sample) = context.open_or_sample()?;
    let Read { judgements, wrong, missing } = read(&asked.judgements, &library)?;
    for fault in &wrong {
        say(&format!("{}: {}", asked.judgements.display(), printable(fault)));
    }
    if missing > 0 {
        say(&format!("{missing} judged papers are not in the library, or have no text there, and were left out."));
    }
    if judgements.is_empty() {
        say("No judgement is left whose query and at least one relevant paper are in the library.");
        return Ok(if wrong.is_empty() { Outcome::Nothing } else { Outcome::Partial });
    }
    let mut engine = context.engine((!sample).then_some(&library))?;
    let (fingerprint, _) = context.catch_up(&mut engine, &mut library, sample)?;
    let learned = context.learned(&library, fingerprint)?;
    let index = context.index(&library, fingerprint)?;
    let ground = Ground { library: &library, fingerprint, index: index.as_ref() };
    let options = Options { weights: weights(&asked.ranking.weight), diversity: asked.ranking.diversity };
    let methods = if asked.method.is_empty() { &Method::ALL[..] } else { &asked.method };
    let total = (methods.len() * judgements.len()) as u64;
    let bar = progress(total, "ranking", "{msg} {wide_bar} {human_pos}/{human_len} queries {eta}");
    let mut outcomes = Vec::new();
    for method in methods {
        let outcome = evaluate(&ground, &learned, &judgements, (*method, &options), &mut || bar.inc(1));
        outcomes.push(outcome.inspect_err(|_| bar.finish_and_clear())?);
    }
    bar.finish_and_clear();

    if asked.json {
        let rows: Vec<_> = outcomes
            .iter()
            .map(|outcome| {
                let mut row = Map::from_iter([("name".to_owned(), json!(outcome.method.name()))]);
                for (metric, Estimate { mean, low, high }) in METRICS.iter().zip(outcome.metrics) {
                    let rounded = |x: f64| (x * 1e6).round() / 1e6;
                    let value = json!({ "mean": rounded(mean), "low": rounded(low), "high": rounded(high) });
                    row.insert((*metric).to_owned(), value);
                }
                row
            })
            .collect();
        page.json(&json!({ "queries": judgements.len(), "methods": rows }))?;
    } else {
        page.line(&format!("{} queries, 95 % intervals", judgements.len()))?;
        let heads: Vec<String> = METRICS.iter().map(|metric| format!("{metric:<22}")).collect();
        page.line(format!("{:<8} {}", "method", heads.concat()).trim_end())?;
        for outcome in &outcomes {
            let cells =
                outcome.metrics.map(|Estimate { mean, low, high }| format!("{mean:.3} [{low:.3}, {high:.3}]  "));
            page.line(
                format!("{:<8} {}", outcome.method.name(), cells.map(|cell| format!("{cell:<22}")).concat()).trim_end(),
            )?;
        }
    }
    Ok(if wrong.is_empty() { Outcome::Done } else { Outcome::Partial })
}

struct Read {
    judgements: Vec<Judgement>,
    /// Lines that cannot be read, and why.
    wrong: Vec<String>,
    /// Papers that the library does not have, or not with a text.
    missing: usize,
}

fn read(path: &Path, library: &Library) -> Result<Read> {
    let file = File::open(path).map_err(Error::io(path))?;
    let mut read = Read { judgements: Vec::new(), wrong: Vec::new(), missing: 0 };
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(Error::io(path))?;
        if line.trim().is_empty() {
            continue;
        }
        match judgement(&line) {
            Err(why) => read.wrong.push(format!("line {}: {why}", at + 1)),
            Ok(Judgement { query, relevant }) => {
                let judged = relevant.len() + 1;
                let mut known = BTreeSet::new();
                for id in relevant {
                    if library.has_text(&id)? {
                        known.insert(id);
                    }
                }
                let asked = library.has_text(&query)?;
                read.missing += judged - known.len() - usize::from(asked);
                if asked && !known.is_empty() {
                    read.judgements.push(Judgement { query, relevant: known });
                }
            }
        }
    }
    Ok(read)
}

fn judgement(line: &str) -> std::result::Result<Judgement, String> {
    let Line { query, relevant } = serde_json::from_str(line)
        .map_err(|why| format!("expected {{\"query\": ID, \"relevant\": [ID, ...]}}: {why}"))?;
    let id = |text: &str| ArxivId::parse(text).map(|(id, _)| id).ok_or_else(|| format!("{text:?} is no arXiv id"));
    let query = id(&query)?;
    let mut relevant = relevant.iter().map(|text| id(text)).collect::<std::result::Result<BTreeSet<_>, _>>()?;
    relevant.remove(&query);
    Ok(Judgement { query, relevant })
}
