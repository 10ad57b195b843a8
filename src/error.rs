//! What can go wrong, in one enum: each variant names its subject, its cause and the way out.

use std::path::{Path, PathBuf};

/// Errors of this library. Their `Display` is written for the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    // --- reading ---
    /// A file holds no papers in any known form.
    #[error(
        "{path}: this looks like {looks_like}. Relata reads daily digests (Markdown), JSON lines of papers and arXiv's \
         metadata snapshot, each also as .gz",
        path = path.display()
    )]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
        /// What its content looks like, in words.
        looks_like: String,
    },
    // --- end of reading ---

    // --- models ---

    // --- end of models ---

    // --- embedding ---

    // --- end of embedding ---

    // --- library ---

    // --- end of library ---

    // --- answering ---

    // --- end of answering ---
}

impl Error {
    /// Names the path that an I/O error is about.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_owned();
        move |source| Error::Io { path, source }
    }
}

/// Result with this library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
