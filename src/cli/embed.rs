//! `relata embed`: any number of texts to a file of vectors, or to standard output, without a library.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::time::Duration;

use indicatif::ProgressBar;
use serde::Serialize;

use crate::bulk::{self, Event, Format, Job, Manners, Output, Report, Sink, Status, Texts};
use crate::embed::{self, DeviceChoice, Long, Precision, Role};
use crate::error::{Error, Result};

use super::args::{Embed, TextRole};
use super::skips::Skips;
use super::terminal::{Page, printable, progress, say};
use super::{Context, Fetching, INTERRUPTED, Outcome};

/// Notes about files that are kept; a folder can hold any number of files.
const NOTES: usize = 1000;

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    output: String,
    format: &'static str,
    /// Rows of the output.
    rows: u64,
    dimension: usize,
    tokens: u64,
    /// Texts that were cut because the model takes no more.
    truncated: u64,
    /// Tokens that were cut.
    tokens_cut: u64,
    /// Rows that were there when this run began.
    resumed: u64,
    seconds: f64,
    texts_per_second: f64,
    tokens_per_second: f64,
    model: &'a str,
    fingerprint: &'a str,
    #[serde(flatten)]
    skips: &'a Skips,
    notes: &'a [String],
}

pub(super) fn run(context: &Context, embed: &Embed, page: &mut Page) -> Result<Outcome> {
    let to_stream = embed.output.as_os_str() == "-";
    let output = if to_stream { None } else { Some(Output::new(&embed.output, embed.format)?) };
    let format = match (&output, embed.format) {
        (Some(output), _) => output.format(),
        (None, None | Some(Format::JsonLines)) => Format::JsonLines,
        (None, Some(format)) => return Err(Error::NoStream { format: format.name() }),
    };
    if to_stream && embed.json {
        return Err(Error::OneStandardOutput);
    }
    let device: DeviceChoice = context.places.device.parse()?;
    let job = Job {
        inputs: embed.inputs.clone(),
        texts: if embed.lines { Texts::Lines } else { Texts::Papers },
        role: match embed.role {
            TextRole::Passage => Role::Passage,
            TextRole::Query => Role::Query,
        },
        window: bulk::window(device),
        options: BTreeMap::from([
            ("device".to_owned(), context.places.device.clone()),
            (
                "precision".to_owned(),
                context.places.precision.clone().unwrap_or_else(|| Precision::default().name().to_owned()),
            ),
            ("engine".to_owned(), context.places.engine.clone()),
            ("long".to_owned(), context.places.long.clone().unwrap_or_else(|| Long::default().name().to_owned())),
            // Instruction sets differ in rounding, and a resumed file has the bits of one that was never interrupted.
            ("kernels".to_owned(), embed::kernels_name()?.to_owned()),
        ]),
    };
    let mut engine = context.engine(None)?;

    let mut stdout = io::stdout().lock();
    let sink = match &output {
        None => Sink::Stream(&mut stdout),
        Some(output) => {
            let _ = INTERRUPTED.set(format!(
                "What was embedded so far is in {}; the same command with --resume goes on from there.",
                output.part().display()
            ));
            Sink::File(output, Manners { resume: embed.resume, force: embed.force })
        }
    };
    let (mut skips, mut notes) = (Skips::default(), Vec::new());
    let mut fetch = Fetching::default();
    let mut bar = Bar::default();
    let mut began = false;
    let embedded = bulk::embed(&job, sink, &mut engine, &mut |event| match event {
        Event::Fetch(progress) => fetch.show(progress),
        Event::Embedded(status) => {
            began = true;
            bar.show(&status);
        }
        Event::Skipped(skipped) => skips.push(skipped),
        Event::Note(note) if notes.len() < NOTES => notes.push(note),
        Event::Note(_) => {}
    });
    drop(stdout);
    bar.close();
    skips.say();
    notes.iter().for_each(|note| say(&format!("note: {}", printable(note))));
    let report = embedded.inspect_err(|error| {
        // A full disk says so itself.
        if let Some(output) = output.as_ref().filter(|output| began && output.part().exists())
            && !matches!(error, Error::OutputFull { .. })
        {
            let part = output.part();
            say(&format!("{} keeps what was embedded; --resume goes on from there.", part.display()));
        }
    })?;
    say(&summary(&report, skips.count(), output.as_ref()));
    if embed.json {
        let seconds = report.elapsed.as_secs_f64();
        page.json(&Printed {
            output: embed.output.display().to_string(),
            format: format.name(),
            rows: report.rows,
            dimension: report.dimension,
            tokens: report.tokens,
            truncated: report.truncated,
            tokens_cut: report.cut,
            resumed: report.resumed,
            seconds,
            texts_per_second: rate(report.own_rows, report.elapsed),
            tokens_per_second: rate(report.own_tokens, report.elapsed),
            model: engine.fingerprint().description(),
            fingerprint: engine.fingerprint().digest(),
            skips: &skips,
            notes: &notes,
        })?;
    }
    Ok(match (skips.count(), report.rows) {
        (0, 0) => Outcome::Nothing,
        (0, _) => Outcome::Done,
        _ => Outcome::Partial,
    })
}

/// The last line: what came out, and how fast.
fn summary(report: &Report, skipped: u64, output: Option<&Output>) -> String {
    let mut text = match (report.rows, output) {
        (0, _) => "nothing to embed".to_owned(),
        (rows, None) => format!("embedded {rows}"),
        (rows, Some(output)) => format!("embedded {rows} to {}", printable(&output.path().display().to_string())),
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

fn speed(texts: u64, tokens: u64, elapsed: Duration) -> String {
    let (texts, tokens) = (rate(texts, elapsed), rate(tokens, elapsed));
    format!("{texts:.*} texts/s, {tokens:.0} tokens/s", if texts < 100.0 { 1 } else { 0 })
}

fn rate(count: u64, elapsed: Duration) -> f64 {
    // A clock that did not move must not give an infinite rate, which JSON cannot say.
    count as f64 / elapsed.as_secs_f64().max(1e-6)
}

/// The progress bar; invisible where standard error is no terminal.
#[derive(Default)]
struct Bar(Option<ProgressBar>);

impl Bar {
    fn show(&mut self, status: &Status) {
        let bar = self.0.get_or_insert_with(|| progress(0, "", "embedding {wide_bar} {msg}"));
        bar.set_length(status.expected.unwrap_or(status.rows));
        bar.set_position(status.rows);
        bar.set_message(words(status));
    }

    fn close(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// `2048 of 100000, 45.1 texts/s, 9100 tokens/s, 36 min left`.
fn words(status: &Status) -> String {
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
