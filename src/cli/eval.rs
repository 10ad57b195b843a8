//! `relata eval`: judgements in, a table of methods and metrics out.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, json};

use super::answers::weights;
use super::args::Eval;
use super::terminal::{Page, printable, progress, say};
use super::{Context, Outcome};
use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::evaluate::{self, Estimate, Judgement, METRICS, Method, Options, evaluate};
use crate::library::Library;
use crate::neighbours::Ground;

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// One liked paper.
    query: Option<String>,
    /// Or several.
    #[serde(default)]
    like: Vec<String>,
    #[serde(default)]
    unlike: Vec<String>,
    relevant: Vec<String>,
}

/// What is shown of judgements that ask with one paper, and with several.
const SHOWN_OF_ONE: [&str; 5] = ["ndcg@10", "p@5", "recall@20", "mrr", "similarity@10"];
const SHOWN_OF_SEVERAL: [&str; 5] = ["ndcg@20", "recall@50", "p@5", "mrr", "similarity@10"];

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
    let several = judgements.iter().any(|judgement| judgement.like.len() > 1);
    let methods: &[Method] = match (&asked.method, several) {
        (named, _) if !named.is_empty() => named,
        (_, true) => &Method::ALL,
        (_, false) => &Method::OF_ONE,
    };
    let total = (methods.len() * judgements.len()) as u64;
    let bar = progress(total, "ranking", "{msg} {wide_bar} {human_pos}/{human_len} queries {eta}");
    let mut outcomes = Vec::new();
    for method in methods {
        let outcome = evaluate(&ground, &learned, &judgements, (*method, &options), &mut || bar.inc(1));
        outcomes.push(outcome.inspect_err(|_| bar.finish_and_clear())?);
    }
    bar.finish_and_clear();

    if let Some(file) = &asked.rankings {
        write_rankings(file, &judgements, &outcomes)?;
    }

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
        write_table(page, &outcomes, judgements.len(), if several { SHOWN_OF_SEVERAL } else { SHOWN_OF_ONE })?;
    }
    Ok(if wrong.is_empty() { Outcome::Done } else { Outcome::Partial })
}

fn write_table(page: &mut Page, outcomes: &[evaluate::Outcome], queries: usize, shown: [&str; 5]) -> Result<()> {
    page.line(&format!("{queries} queries, 95 % intervals"))?;
    let width = outcomes.iter().map(|outcome| outcome.method.name().len()).max().unwrap_or(0).max(8);
    let heads: Vec<String> = shown.iter().map(|metric| format!("{metric:<22}")).collect();
    page.line(format!("{:<width$} {}", "method", heads.concat()).trim_end())?;
    for outcome in outcomes {
        let of = |name: &&str| METRICS.iter().position(|metric| metric == name).map(|at| outcome.metrics[at]);
        let cells = shown.iter().filter_map(of).map(|Estimate { mean, low, high }| {
            let cell = format!("{mean:.3} [{low:.3}, {high:.3}]  ");
            format!("{cell:<22}")
        });
        page.line(format!("{:<width$} {}", outcome.method.name(), cells.collect::<String>()).trim_end())?;
    }
    Ok(())
}

/// A line for each judgement and method: what was asked and what was found, the best first.
fn write_rankings(path: &Path, judgements: &[Judgement], outcomes: &[evaluate::Outcome]) -> Result<()> {
    let mut file = BufWriter::new(File::create(path).map_err(Error::io(path))?);
    let ids = |ids: &[ArxivId]| ids.iter().map(ArxivId::to_string).collect::<Vec<_>>();
    for outcome in outcomes {
        for (at, (judgement, ranking)) in judgements.iter().zip(&outcome.rankings).enumerate() {
            let line = json!({
                "method": outcome.method.name(), "judgement": at, "like": ids(&judgement.like), "ranking": ids(ranking),
            });
            writeln!(file, "{line}").map_err(Error::io(path))?;
        }
    }
    file.flush().map_err(Error::io(path))
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
            Ok(judgement) => {
                let judged = judgement.like.len() + judgement.unlike.len() + judgement.relevant.len();
                let like: Vec<ArxivId> = with_text(library, judgement.like)?;
                let unlike: Vec<ArxivId> = with_text(library, judgement.unlike)?;
                let relevant: BTreeSet<ArxivId> = with_text(library, judgement.relevant)?;
                read.missing += judged - like.len() - unlike.len() - relevant.len();
                if !like.is_empty() && !relevant.is_empty() {
                    read.judgements.push(Judgement { like, unlike, relevant });
                }
            }
        }
    }
    Ok(read)
}

/// Those that can be compared.
fn with_text<C: FromIterator<ArxivId>>(library: &Library, ids: impl IntoIterator<Item = ArxivId>) -> Result<C> {
    let known = |id: ArxivId| match library.has_text(&id) {
        Ok(true) => Some(Ok(id)),
        Ok(false) => None,
        Err(error) => Some(Err(error)),
    };
    ids.into_iter().filter_map(known).collect()
}

fn judgement(line: &str) -> std::result::Result<Judgement, String> {
    const EXPECTED: &str = "expected {\"query\": ID, \"relevant\": [ID, ...]}, or \"like\": [ID, ...] and \"unlike\": [ID, ...] in the \
        place of \"query\"";
    let Line { query, like, unlike, relevant } =
        serde_json::from_str(line).map_err(|why| format!("{EXPECTED}: {why}"))?;
    let mut named = BTreeSet::new();
    let mut ids = |texts: Vec<String>| {
        let mut ids = Vec::new();
        for text in texts {
            let id = ArxivId::parse(&text).map(|(id, _)| id).ok_or_else(|| format!("{text:?} is no arXiv id"))?;
            if named.insert(id.clone()) {
                ids.push(id);
            }
        }
        Ok::<_, String>(ids)
    };
    let like = ids(query.into_iter().chain(like).collect())?;
    if like.is_empty() {
        return Err(EXPECTED.to_owned());
    }
    Ok(Judgement { like, unlike: ids(unlike)?, relevant: ids(relevant)?.into_iter().collect() })
}
