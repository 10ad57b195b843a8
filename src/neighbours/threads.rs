//! How many threads a scan is shared among.

use std::thread::available_parallelism;

/// Threads that work is shared among.
pub(super) fn threads() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}
