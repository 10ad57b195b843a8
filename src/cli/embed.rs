//! `relata embed`: any number of texts to a file of vectors, or to standard output, without a
//! library.

use std::fmt::Write;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::bulk::Status;
use crate::error::{BulkError, Error, Result};
use crate::service::{ClusterEmbedded, Embed as Request, EmbedError, EmbedOnCluster, Embedded, rate};

use super::args::Embed;
use super::skips::say_read;
use super::terminal::{Page, printable, say};
use super::{Context, INTERRUPTED, Outcome};

pub(super) fn run(context: &Context, asked: &Embed, page: &mut Page) -> Result<Outcome> {
    if let Some(address) = &asked.cluster.address {
        return on_cluster(context, address, asked, page);
    }
    let request = Request {
        inputs: inputs(asked),
        output: asked.output.clone(),
        format: asked.format,
        lines: asked.lines,
        role: asked.role,
        resume: asked.resume,
        force: asked.force,
    };
    let to_stream = asked.output.as_os_str() == "-";
    let embedded = if to_stream {
        if asked.json && request.format.is_none_or(|format| format == crate::bulk::Format::JsonLines) {
            return Err(BulkError::OneStandardOutput.into());
        }
        context.relata.embed_to(&request, &mut io::stdout().lock())
    } else {
        let part = request.output()?.part();
        let _ = INTERRUPTED.set(format!(
            "What was embedded so far is in {}; the same command with --resume goes on from there.",
            part.display()
        ));
        context.relata.embed(&request)
    };
    context.terminal.end_texts();
    let embedded = match embedded {
        Ok(embedded) => embedded,
        Err(EmbedError { skips, notes, kept, error }) => {
            say_read(&skips, &notes);
            // A full disk says so itself.
            if let Some(part) = kept.filter(|_| !matches!(*error, Error::Bulk(BulkError::Full { .. }))) {
                say(&format!("{} keeps what was embedded; --resume goes on from there.", part.display()));
            }
            return Err(*error);
        }
    };
    say_read(&embedded.skips, &embedded.notes);
    say(&summary(&embedded, to_stream));
    if asked.json {
        page.json(&embedded)?;
    }
    Ok(match (embedded.skips.count(), embedded.rows) {
        (0, 0) => Outcome::Nothing,
        (0, _) => Outcome::Done,
        _ => Outcome::Partial,
    })
}

fn inputs(asked: &Embed) -> Vec<PathBuf> {
    asked.inputs.iter().chain(&asked.more_inputs).cloned().collect()
}

fn on_cluster(context: &Context, address: &str, asked: &Embed, page: &mut Page) -> Result<Outcome> {
    let request = EmbedOnCluster {
        lines: asked.lines,
        role: asked.role,
        lance: asked.cluster.lance,
        rows_per_shard: asked.cluster.rows_per_shard,
        num_cpus: asked.cluster.num_cpus,
        num_gpus: asked.cluster.num_gpus,
        python: context.config.variable("RELATA_PYTHON").map(PathBuf::from),
        patience: asked.cluster.patience,
        ..EmbedOnCluster::new(address, inputs(asked), &asked.output)
    };
    let out = asked.output.display();
    let _ = INTERRUPTED.set(format!("The shards that are done are in {out}; the same command goes on from there."));
    let embedded = context.relata.embed_on_cluster(&request)?;
    say_read(&embedded.skips, &embedded.rows.notes);
    say(&cluster_summary(&embedded));
    if asked.json {
        page.json(&embedded)?;
    }
    Ok(match (embedded.skips.count(), embedded.rows.rows) {
        (0, 0) => Outcome::Nothing,
        (0, _) => Outcome::Done,
        _ => Outcome::Partial,
    })
}

/// The last line of work on a cluster.
fn cluster_summary(embedded: &ClusterEmbedded) -> String {
    let ClusterEmbedded { rows, skips } = embedded;
    let mut text = match rows.rows {
        0 => "nothing to embed".to_owned(),
        count => format!("embedded {count} to {}", printable(&rows.out)),
    };
    // Writing into a String cannot fail.
    if rows.rows_found > 0 {
        let _ = write!(text, " ({} of them before)", rows.rows_found);
    }
    let _ = write!(text, ", skipped {}", skips.count());
    if rows.rows_made > 0 {
        let (machines, speed) = (rows.nodes.len(), rows.rows_per_second);
        let _ = write!(text, "; {speed:.*} texts/s on {machines} machines", if speed < 100.0 { 1 } else { 0 });
    }
    if rows.shards_other > 0 {
        let _ = write!(text, "; {} shards there are of other texts", rows.shards_other);
    }
    text
}

/// The last line: what came out, and how fast.
fn summary(embedded: &Embedded, to_stream: bool) -> String {
    let (report, skipped) = (&embedded.report, embedded.skips.count());
    let mut text = match (report.rows, to_stream) {
        (0, _) => "nothing to embed".to_owned(),
        (rows, true) => format!("embedded {rows}"),
        (rows, false) => format!("embedded {rows} to {}", printable(&embedded.output)),
    };
    // Writing into a String cannot fail.
    if report.resumed > 0 {
        let _ = write!(text, " ({} of them before)", report.resumed);
    }
    let _ = write!(text, ", skipped {skipped}");
    if report.rows > 0 {
        let _ = write!(text, ", {} tokens, {} texts truncated", report.tokens, report.truncated);
    }
    if report.own_rows > 0 {
        let _ = write!(text, "; {}", speed(report.own_rows, report.own_tokens, report.elapsed));
    }
    text
}

pub(super) fn speed(texts: u64, tokens: u64, elapsed: Duration) -> String {
    let (texts, tokens) = (rate(texts, elapsed), rate(tokens, elapsed));
    format!("{texts:.*} texts/s, {tokens:.0} tokens/s", if texts < 100.0 { 1 } else { 0 })
}

/// `2048 of 100000, 45.1 texts/s, 9100 tokens/s, 36 min left`.
pub(super) fn words(status: &Status) -> String {
    let own = status.rows - status.resumed;
    let speed = speed(own, status.tokens, status.elapsed);
    match status.expected {
        None => format!("{}, {speed}", status.rows),
        Some(expected) => {
            let seconds = (expected - status.rows.min(expected)) as f64 / rate(own, status.elapsed).max(1e-6);
            format!("{} of {expected}, {speed}, {} left", status.rows, duration(seconds))
        }
    }
}

fn duration(seconds: f64) -> String {
    match seconds.ceil() as u64 {
        seconds @ 0..100 => format!("{seconds} s"),
        seconds @ 100..6000 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_time_left_are_those_of_this_run() {
        let mut status = Status {
            rows: 3000,
            resumed: 1000,
            expected: Some(13_000),
            tokens: 400_000,
            elapsed: Duration::from_secs(20),
        };
        assert_eq!(words(&status), "3000 of 13000, 100 texts/s, 20000 tokens/s, 2 min left");
        status.expected = None;
        assert_eq!(words(&status), "3000, 100 texts/s, 20000 tokens/s");
        assert_eq!(words(&Status::default()), "0, 0.0 texts/s, 0 tokens/s");
        assert_eq!([0.2, 99.5, 101.0, 6000.0, 90_000.0].map(duration), ["1 s", "2 min", "2 min", "1.7 h", "25.0 h"]);
    }
}
