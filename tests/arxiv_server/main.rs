//! The stand-in of arXiv's servers (`tests/arxiv`) is as the real ones are described.

mod api;
#[path = "../arxiv/mod.rs"]
mod arxiv;
mod calendar;
mod client;
mod feed;
mod oai;
mod readers;
mod transport;
mod xml;

use std::collections::BTreeMap;

use arxiv::{Server, TestClock, World};
use jiff::civil::date;

/// Tuesday morning in New York, in a week without a holiday.
const TUESDAY: &str = "2026-03-03T12:00:00Z";

/// A server on a Tuesday with 600 papers of two weeks, of which the second week is to come.
fn server() -> (Server, TestClock) {
    let clock = TestClock::at(TUESDAY);
    let world = World::generate(11, 600, date(2026, 2, 23), date(2026, 3, 6));
    (Server::start(world, clock.clock()), clock)
}

/// How often each value is there.
fn counts<T: Ord>(values: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}
