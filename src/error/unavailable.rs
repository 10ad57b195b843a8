//! A model that no source brought: what was tried.

use std::fmt;
use std::path::PathBuf;

/// One source that did not bring the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which source, e.g. `hub https://huggingface.co`.
    pub source: String,
    /// Why it failed, on one line.
    pub reason: String,
}

/// No source brought the model: what was tried, and from where it could be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The model's name.
    pub name: String,
    /// Every source in the order tried.
    pub attempts: Vec<Attempt>,
    /// Its repository on the hub.
    pub repository: String,
    /// The pinned revision.
    pub revision: String,
    /// Where its folder would be in Relata's cache.
    pub place: PathBuf,
    /// Whether the network was ruled out.
    pub offline: bool,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unavailable { name, attempts, .. } = self;
        write!(f, "there is no whole copy of model {name} on this machine, and no source brought one:")?;
        for (number, Attempt { source, reason }) in attempts.iter().enumerate() {
            write!(f, "\n  {}. {source}: {reason}", number + 1)?;
        }
        Ok(())
    }
}
