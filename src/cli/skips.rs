//! Skipped entries on their way to the report.

use serde::Serialize;

use crate::paper::Skipped;

use super::terminal::{printable, say};

/// Skipped entries printed one by one; the rest are counted. `--json` gives all of them.
const SHOWN: usize = 20;
/// Skipped entries kept for the report. A hostile file can hold millions; memory must not follow it.
const KEPT: usize = 10_000;

/// What was skipped, within bounds.
#[derive(Default, Serialize)]
pub struct Skips {
    skipped: Vec<Skipped>,
    /// Skipped entries beyond those listed.
    skipped_unlisted: u64,
}

impl Skips {
    /// Takes one in.
    pub fn push(&mut self, skipped: Skipped) {
        if self.skipped.len() < KEPT { self.skipped.push(skipped) } else { self.skipped_unlisted += 1 }
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.skipped.len() as u64 + self.skipped_unlisted
    }

    /// Names the first of them on standard error.
    pub fn say(&self) {
        for skipped in self.skipped.iter().take(SHOWN) {
            say(&format!("skipped {}", printable(&skipped.to_string())));
        }
        if self.count() > SHOWN as u64 {
            say(&format!("... and {} more skipped; --json lists them", self.count() - SHOWN as u64));
        }
    }
}
