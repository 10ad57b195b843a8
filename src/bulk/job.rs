//! What is to be embedded, where to, and what is told of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::input::Texts;
use super::output::Output;
use super::partial::OverwritePolicy;
use crate::embed::{DeviceChoice, Role};
use crate::model;
use crate::paper::Skipped;

/// Texts of a window where the encoder runs on a CPU: well below a minute of work, so that a kill
/// costs no more, and enough to sort by length.
const WINDOW: usize = 1024;
/// Texts of a window on a GPU: it takes thousands a second, and empties its pipeline at the end of
/// each window.
const WIDE_WINDOW: usize = 16_384;

/// What is to be embedded, and how.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Files, folders, `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// As what they are read.
    pub texts: Texts,
    /// As what the model takes them.
    pub role: Role,
    /// Texts that are sorted and made durable together; see [`window`].
    pub window: usize,
    /// Further options that decide the bytes, by name: a run is not resumed under others.
    pub options: BTreeMap<String, String>,
}

/// The window for a device.
pub(crate) fn window(device: DeviceChoice) -> usize {
    let accelerated = cfg!(any(feature = "cuda", feature = "metal"));
    if device == DeviceChoice::Cpu || !accelerated { WINDOW } else { WIDE_WINDOW }
}

/// Where the vectors go.
pub(crate) enum Sink<'a> {
    /// To a file, by way of an unfinished one that can be gone on from.
    File(&'a Output, OverwritePolicy),
    /// As JSON lines to a stream, at once.
    Stream(&'a mut dyn Write),
}

/// What happens on the way.
#[derive(Debug)]
pub(crate) enum Event {
    /// The model is on its way here.
    Fetch(model::Progress),
    /// A batch is done.
    Embedded(Status),
    /// An entry was skipped.
    Skipped(Skipped),
    /// A remark.
    Note(String),
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Rows embedded, those of interrupted runs before included.
    pub rows: u64,
    /// Rows that interrupted runs before left.
    pub resumed: u64,
    /// Rows there will be, as far as the bytes read so far tell; exact once all is read, `None` for
    /// a stream.
    pub expected: Option<u64>,
    /// Tokens embedded by this run.
    pub tokens: u64,
    /// Time since this run began to embed; loading the model is not in it.
    pub elapsed: Duration,
}

/// What became of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows written. Without any there is no output.
    pub rows: u64,
    /// Length of the vectors.
    pub dimension: usize,
    /// Tokens embedded.
    pub tokens: u64,
    /// Tokens cut off because the model takes no more.
    pub cut: u64,
    /// Texts that lost tokens.
    pub truncated: u64,
    /// Rows that interrupted runs before left.
    pub resumed: u64,
    /// Rows of this run alone.
    pub own_rows: u64,
    /// Tokens of this run alone.
    pub own_tokens: u64,
    /// Time of this run from its first window on; loading the model is not in it.
    pub elapsed: Duration,
}
