//! Skipped entries on their way to the terminal.

use crate::service::Skips;

use super::terminal::{printable, say};

/// Skipped entries printed one by one; the rest are counted. `--json` gives all of them.
const SHOWN: usize = 20;

/// Names the first of them on standard error.
pub(super) fn say_skips(skips: &Skips) {
    for skipped in skips.skipped.iter().take(SHOWN) {
        say(&format!("skipped {}", printable(&skipped.to_string())));
    }
    if skips.count() > SHOWN as u64 {
        say(&format!("... and {} more skipped; --json lists them", skips.count() - SHOWN as u64));
    }
}

/// Says what was skipped and what is remarkable.
pub(super) fn say_read(skips: &Skips, notes: &[String]) {
    say_skips(skips);
    for note in notes {
        say(&format!("note: {}", printable(note)));
    }
}
