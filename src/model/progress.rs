//! What a fetch tells whoever waits for it.

/// What a fetch tells while it runs. Between `Begin` and `End` come only `Advance` and `Note`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A line for the user, e.g. that a damaged file was found.
    Note(String),
    /// A download begins.
    Begin {
        /// What, from where.
        what: String,
        /// Bytes to come, where known.
        bytes: Option<u64>,
    },
    /// Bytes so far, since `Begin`. May fall back where a broken download starts again.
    Advance {
        /// How many.
        bytes: u64,
    },
    /// The download has ended, well or not.
    End,
}

/// A download's progress: `Begin` when made, `End` when dropped, so that no path out leaves a bar
/// standing.
pub(super) struct Meter<'a> {
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Meter<'a> {
    pub(super) fn begin(progress: &'a mut dyn FnMut(Progress), what: String, bytes: Option<u64>) -> Meter<'a> {
        progress(Progress::Begin { what, bytes });
        Meter { progress }
    }

    pub(super) fn at(&mut self, bytes: u64) {
        (self.progress)(Progress::Advance { bytes });
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        (self.progress)(Progress::End);
    }
}
