//! Runs a check on thousands of made inputs, and keeps those that fail.
//!
//! In: a target with its inputs and what must hold. Out: a failed test with the shortest input that
//! was found, written to tests/fuzz/found, where it is tried first from then on.
//!
//! Input number n of a target is the same on every machine. The short form of `cargo test` tries
//! a fixed number of them; the long form is one command (docs/design/fuzzing.md):
//!
//!     RELATA_FUZZ=10000000 cargo test --test fuzz -- --nocapture

use std::cell::RefCell;
use std::fs;
use std::io::{Seek as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::allocator::{Usage, measure};
use crate::corpus::{files, here};
use crate::random::Random;

/// The runs of all targets in the short form, by which the long form's are shared out.
pub(crate) const SHORT: u64 = 71_090;

/// Steps in which a failing input is made shorter.
const SHRINKING: usize = 400;
/// Failures after which the long form gives up.
const MOST_FAILURES: usize = 20;

/// What an input may take: so many bytes, and so many for each of its own.
#[derive(Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) base: u64,
    pub(crate) per_byte: u64,
}

/// What is fuzzed, and within which bounds.
pub(crate) struct Target {
    /// Its name; found cases are files of tests/fuzz/found that begin with it.
    pub(crate) name: &'static str,
    /// Runs of the short form.
    pub(crate) runs: u64,
    /// Bytes that it may hold at once.
    pub(crate) peak: Bound,
    /// Bytes that it may ask for altogether: a measure of its work.
    pub(crate) total: Bound,
}

thread_local! {
    /// Where the last panic of this thread was, and what it said.
    static PANICKED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Tries the inputs that were found before, then made ones. `make` gives an input; `check` says
/// what does not hold of it.
pub(crate) fn fuzz(
    target: &Target,
    make: impl Fn(&mut Random) -> Vec<u8>,
    check: impl Fn(&[u8]) -> Result<(), String>,
) {
    for (name, input) in files("tests/fuzz/found") {
        if name.starts_with(target.name)
            && let Err(why) = tried(target, &input, &check)
        {
            panic!("tests/fuzz/found/{name}: {why}");
        }
    }
    let long = number("RELATA_FUZZ");
    let runs = long.map_or(target.runs, |all| (all * target.runs).div_ceil(SHORT));
    let first = number("RELATA_FUZZ_FROM").unwrap_or(0);
    let mut at =
        long.map(|_| fs::File::create(here("target").join(format!("fuzz-{}.at", target.name))).expect("a file"));
    let (began, mut slowest, mut largest) = (Instant::now(), (0, 0), Usage::default());
    let mut failures: Vec<(String, String)> = Vec::new();
    for run in first..first + runs {
        // Where the program aborts, this tells at which input.
        if let Some(file) = &mut at {
            file.rewind().and_then(|()| writeln!(file, "{run:>20}")).expect("written");
        }
        let input = make(&mut Random::new(run));
        let started = Instant::now();
        match tried(target, &input, &check) {
            Ok(usage) => {
                largest.peak = largest.peak.max(usage.peak);
                largest.total = largest.total.max(usage.total);
                slowest = slowest.max((started.elapsed().as_micros(), run));
            }
            Err(why) => {
                if !failures.iter().any(|(kind, _)| *kind == kind_of(&why)) {
                    let short = shrunk(target, input, &kind_of(&why), &check);
                    failures.push((kind_of(&why), format!("run {run}: {why}\n  kept as {}", kept(target, &short))));
                }
                assert!(long.is_some() && failures.len() < MOST_FAILURES, "{}", in_words(&failures));
            }
        }
    }
    if long.is_some() {
        println!(
            "{}: {runs} runs from {first} in {:.0} s; at once {} bytes, altogether {}; slowest {} ms (run {}); {} failures",
            target.name,
            began.elapsed().as_secs_f64(),
            largest.peak,
            largest.total,
            slowest.0 / 1000,
            slowest.1,
            failures.len()
        );
    }
    assert!(failures.is_empty(), "{}", in_words(&failures));
}

/// The beginning of what failed, without the numbers in it: failures of a kind are kept once.
fn kind_of(why: &str) -> String {
    why.lines().next().unwrap_or_default().chars().filter(|letter| !letter.is_ascii_digit()).take(50).collect()
}

fn in_words(failures: &[(String, String)]) -> String {
    failures.iter().map(|(_, failure)| failure.as_str()).collect::<Vec<_>>().join("\n")
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// What a check takes of an input, or what does not hold, a panic included.
fn tried(target: &Target, input: &[u8], check: &impl Fn(&[u8]) -> Result<(), String>) -> Result<Usage, String> {
    listen();
    let (outcome, usage) = measure(|| catch_unwind(AssertUnwindSafe(|| check(input))));
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(why)) => return Err(why),
        Err(_) => return Err(PANICKED.with(RefCell::take)),
    }
    for (what, took, bound) in [("at once", usage.peak, target.peak), ("altogether", usage.total, target.total)] {
        let most = bound.base + bound.per_byte * input.len() as u64;
        if took > most {
            return Err(format!(
                "memory {what}: {took} bytes for an input of {}, at most {most} expected",
                input.len()
            ));
        }
    }
    Ok(usage)
}

/// Has panics of fuzzed threads written down instead of printed.
fn listen() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let within = place.contains("tests/fuzz");
            PANICKED
                .with(|text| text.replace(format!("panic at {place}: {}", panic.payload_as_str().unwrap_or_default())));
            if within {
                default(panic);
            }
        }));
    });
}

/// The shortest input found that fails in the same way.
fn shrunk(target: &Target, input: Vec<u8>, kind: &str, check: &impl Fn(&[u8]) -> Result<(), String>) -> Vec<u8> {
    let mut best = input;
    let mut piece = best.len() / 2;
    let mut tries = 0;
    while piece > 0 && tries < SHRINKING {
        let mut from = 0;
        while from < best.len() && tries < SHRINKING {
            tries += 1;
            let mut shorter = best.clone();
            shorter.drain(from..(from + piece).min(best.len()));
            match tried(target, &shorter, check) {
                Err(why) if kind_of(&why) == kind => best = shorter,
                _ => from += piece,
            }
        }
        piece /= 2;
    }
    best
}

fn kept(target: &Target, input: &[u8]) -> String {
    let folder = here("tests/fuzz/found");
    let name = format!("{}-{:08x}", target.name, crc32fast::hash(input));
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(&name), input));
    written.map_or_else(|error| error.to_string(), |()| format!("tests/fuzz/found/{name}"))
}
