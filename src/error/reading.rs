//! What can go wrong when files are read: papers, and lists of references.

use std::path::PathBuf;

/// Errors of reading files of papers and of references.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadingError {
    /// A file holds no papers in any known form.
    #[error(
        "{path}: this looks like {looks_like}. Relata reads digests and lists in Markdown, JSON, CSV and TSV of \
         papers, arXiv's feeds, OAI-PMH pages, e-mails, saved pages and metadata snapshot, each also packed",
        path = path.display()
    )]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
        /// What its content looks like, in words.
        looks_like: String,
    },
    /// A file that is no collection of references.
    #[error(
        "{path} is neither BibTeX, RIS, CSL-JSON, a table with titles, another export of a reference manager, an exported \
         profile nor a list of arXiv ids",
        path = path.display()
    )]
    ReferencesUnknown {
        /// The file.
        path: PathBuf,
    },
    /// An address where a file is expected.
    #[error("{address} is an address and no file{}", instead(address))]
    Address {
        /// The address.
        address: String,
    },
    /// The reader was told to stop by whoever took its entries.
    #[error("reading was stopped")]
    Stopped,
}

impl ReadingError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            ReadingError::UnknownFormat { .. } => "unknown-format",
            ReadingError::ReferencesUnknown { .. } => "references-unknown",
            ReadingError::Address { .. } => "address",
            ReadingError::Stopped => "stopped",
        }
    }
}

/// What to do with an address: a skipped entry is told without advice, so it stands in the text.
fn instead(address: &str) -> String {
    match crate::paper::ArxivId::parse(address) {
        Some((id, _)) => format!("; fetch the paper with: relata fetch {id}"),
        None => format!(": save what it leads to and add that, as with: curl -L '{address}' | relata add -"),
    }
}
