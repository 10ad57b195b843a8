//! Fetching from arXiv, against the stand-in of its servers (`tests/arxiv`). The clock is one that
//! waits by moving on, so nothing here waits.

#[path = "../arxiv/mod.rs"]
mod arxiv;
mod daily;
mod faults;
mod harvest;
mod manners;
mod program;
mod single;

use std::collections::BTreeSet;
use std::time::Duration;

use arxiv::{AnnounceType, Server, TestClock, World};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use relata::arxiv::{ArxivSettings, Clock};
use relata::library::Library;
use relata::model::Settings;
use relata::service::{CategoryState, Fetch, FetchOutcome, Fetched, Options, Relata};
use tempfile::TempDir;

/// Tuesday morning in New York, in a week without a holiday.
const TUESDAY: &str = "2026-03-03T12:00:00Z";
const MONDAY: &str = "2026-03-02T12:00:00Z";

/// The servers' clock as Relata's: it waits by moving on.
struct Shared(TestClock);

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, time: Duration) {
        self.0.advance(time);
    }
}

/// A library, the servers it fetches from, and their clock.
struct Bench {
    folder: TempDir,
    server: Server,
    clock: TestClock,
    relata: Relata,
}

impl Bench {
    fn new(world: World, now: &str) -> Bench {
        let clock = TestClock::at(now);
        let server = Server::start(world, clock.clock());
        let folder = TempDir::new().expect("a folder");
        let relata = relata(folder.path(), &server, &clock, |arxiv| arxiv);
        Bench { folder, server, clock, relata }
    }

    /// With 600 papers of two weeks, from Monday 23 February to Friday 6 March.
    fn usual(now: &str) -> Bench {
        Bench::new(usual_world(), now)
    }

    fn fetch(&self, request: &Fetch) -> Fetched {
        self.relata.fetch(request).expect("a fetch that tells of failures")
    }

    fn library(&self) -> Library {
        Library::open_read_only(&self.folder.path().join("library.db")).expect("a library")
    }

    /// The ids of all papers in the library.
    fn ids(&self) -> BTreeSet<String> {
        let mut dump = Vec::new();
        self.library().dump(&mut dump).expect("readable");
        let text = String::from_utf8(dump).expect("text");
        text.lines()
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned)
            .collect()
    }

    fn dump(&self) -> String {
        let mut dump = Vec::new();
        self.library().dump(&mut dump).expect("readable");
        String::from_utf8(dump).expect("text")
    }
}

fn usual_world() -> World {
    World::generate(11, 600, date(2026, 2, 23), date(2026, 3, 6))
}

fn relata(
    folder: &std::path::Path,
    server: &Server,
    clock: &TestClock,
    change: impl FnOnce(ArxivSettings) -> ArxivSettings,
) -> Relata {
    let settings = Settings::from_vars(|_| None, Some(folder.join("cache")), None).expect("settings");
    let arxiv = ArxivSettings {
        feed: server.feed(),
        oai: server.oai(),
        api: server.api(),
        ..ArxivSettings::new(folder.join("cache"))
    };
    let options = Options::new(folder.join("library.db"), settings).arxiv(change(arxiv));
    Relata::new(options).timed_by(Shared(clock.clone()))
}

const CATEGORIES: [&str; 3] = ["cs.LG", "math.AG", "hep-th"];

/// The day's papers of the categories, not embedded.
fn morning() -> Fetch {
    Fetch::new(CATEGORIES).embed(false)
}

/// What the world announces as new or cross-listed on a day in categories.
fn announced(world: &World, day: Date, categories: &[&str]) -> BTreeSet<String> {
    let first = |kind| matches!(kind, AnnounceType::New | AnnounceType::Cross);
    world
        .announced(day, categories)
        .into_iter()
        .filter(|listed| first(listed.kind))
        .map(|listed| listed.paper.id.clone())
        .collect()
}

fn states(fetched: &Fetched) -> Vec<CategoryState> {
    fetched.categories.iter().map(|row| row.state).collect()
}
