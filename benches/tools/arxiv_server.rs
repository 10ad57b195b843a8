//! The stand-in of arXiv's servers as a program, for trials by hand and for benches.
//!
//!     arxiv_server [--port P] [--records N] [--days N] [--seed N] [--now TIME] [--page-size N]
//!                  [--hostile N] [--bulk N] [--mode FAULT[@feed|oai|api]]... [--once FAULT[@...]]... [--quiet]
//!
//! It makes up N papers (10,000) that were announced within the last days until today, prints the
//! addresses as settings of Relata, and then a line for each request, until it is stopped. `--now`
//! is the moment at which its clock starts, such as `2026-03-03T12:00:00Z`. Of `--hostile N`, every
//! Nth paper has a hostile title; `--bulk N` changes the records of N papers today. Faults:
//!
//!     429[=SECONDS]  503[=SECONDS]  first-byte-timeout  denial  slow[=MS]  cut[=BYTES]  truncated[=BYTES]
//!     feed: stale=CATEGORY  no-entries  date-behind[=DAYS]  missing=ID,ID  not-yet-out
//!     OAI:  bad-token  page-sizes=N,N,...  overlap[=RECORDS]
//!     API:  zero-results  empty-later-page  index-late[=DAYS]
//!
//! `--mode` holds for every request, `--once` for one; several `--once` come one after the other.
//! `tests/arxiv` says what each does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::{Timestamp, ToSpan};

#[path = "../../tests/arxiv/mod.rs"]
mod arxiv;

use arxiv::{Clock, Endpoint, Fault, Seen, Server, World, eastern};

const USAGE: &str = "usage: arxiv_server [--port P] [--records N] [--days N] [--seed N] [--now TIME] [--page-size N] \
    [--hostile N] [--bulk N] [--mode FAULT[@feed|oai|api]]... [--once FAULT[@feed|oai|api]]... [--quiet]";

/// How often new requests are printed.
const REPORTED: Duration = Duration::from_millis(100);
/// Papers a day, at most, where `--days` does not say otherwise: a month has room for 99,999 ids.
const DAILY: usize = 1500;

/// What the arguments ask for.
struct Options {
    port: u16,
    records: usize,
    days: Option<i64>,
    seed: u64,
    now: Timestamp,
    page_size: Option<usize>,
    hostile: usize,
    bulk: usize,
    standing: Vec<String>,
    once: Vec<String>,
    quiet: bool,
}

fn main() -> Result<()> {
    let options = options()?;
    let server = start(&options)?;
    for (faults, standing) in [(&options.standing, true), (&options.once, false)] {
        for text in faults {
            fail(&server, text, standing)?;
        }
    }
    println!("RELATA_ARXIV_FEED={}", server.feed());
    println!("RELATA_ARXIV_OAI={}", server.oai());
    println!("RELATA_ARXIV_API={}", server.api());
    loop {
        std::thread::sleep(REPORTED);
        for seen in server.take_requests() {
            if !options.quiet {
                println!("{}", line(&seen));
            }
        }
    }
}

fn options() -> Result<Options> {
    let mut options = Options {
        port: 0,
        records: 10_000,
        days: None,
        seed: 1,
        now: Timestamp::now(),
        page_size: None,
        hostile: 0,
        bulk: 0,
        standing: Vec::new(),
        once: Vec::new(),
        quiet: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} wants a value; {USAGE}"));
        match argument.as_str() {
            "--port" => options.port = value()?.parse()?,
            "--records" => options.records = value()?.parse()?,
            "--days" => options.days = Some(value()?.parse()?),
            "--seed" => options.seed = value()?.parse()?,
            "--now" => options.now = value()?.parse()?,
            "--page-size" => options.page_size = Some(value()?.parse()?),
            "--hostile" => options.hostile = value()?.parse()?,
            "--bulk" => options.bulk = value()?.parse()?,
            "--mode" => options.standing.push(value()?),
            "--once" => options.once.push(value()?),
            "--quiet" => options.quiet = true,
            _ => bail!(USAGE),
        }
    }
    Ok(options)
}

/// Makes the papers up and starts the server.
fn start(options: &Options) -> Result<Server> {
    let today = options.now.to_zoned(eastern()).date();
    let days = options.days.unwrap_or_else(|| i64::try_from(options.records / DAILY).unwrap_or(i64::MAX).max(30));
    let begin = Instant::now();
    let mut world = World::generate(options.seed, options.records, today.checked_sub(days.days())?, today);
    if options.hostile > 0 {
        world.make_hostile(options.hostile, 100_000);
    }
    world.bulk_update(today, options.bulk);
    eprintln!("{} papers of {days} days until {today}, in {:.1?}", world.papers().len(), begin.elapsed());
    let server = Server::start_on(options.port, world, clock(options.now))?;
    if let Some(size) = options.page_size {
        server.set_page_size(size);
    }
    Ok(server)
}

/// A clock that starts at a moment and runs as the machine's does.
fn clock(start: Timestamp) -> Clock {
    let begin = Instant::now();
    Arc::new(move || start + begin.elapsed())
}

/// Lets requests meet a fault such as `429@oai`: where no endpoint is named, at all that it
/// concerns.
fn fail(server: &Server, text: &str, standing: bool) -> Result<()> {
    let (name, place) = text.rsplit_once('@').map_or((text, None), |(name, place)| (name, Some(place)));
    let fault = Fault::parse(name).with_context(|| format!("no fault is called {name:?}"))?;
    let endpoints = match place {
        None => fault.endpoints(),
        Some("feed") => &[Endpoint::Feed],
        Some("oai") => &[Endpoint::Oai],
        Some("api") => &[Endpoint::Api],
        Some(other) => bail!("no endpoint is called {other:?}"),
    };
    for endpoint in endpoints {
        if standing {
            server.always(*endpoint, fault.clone());
        } else {
            server.fail(*endpoint, fault.clone());
        }
    }
    Ok(())
}

fn line(seen: &Seen) -> String {
    let Seen { at, method, path, query, status, faults, .. } = seen;
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let faults = if faults.is_empty() { String::new() } else { format!(" {faults:?}") };
    format!("{at:.3} {method} {path}{query} {status}{faults}")
}
