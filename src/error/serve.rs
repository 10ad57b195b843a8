//! Errors of serving a library to browsers, programs and agents.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// An address that others can reach was asked for without a token.
    #[error("{address} can be reached by others, and there is no token that they would have to show")]
    NeedsToken {
        /// The address.
        address: SocketAddr,
    },
    /// A token that is too short to protect anything.
    #[error("{path}: the token has {length} characters; at least {least} are needed", path = path.display())]
    ShortToken {
        /// The file.
        path: PathBuf,
        /// Its characters.
        length: usize,
        /// How many are needed.
        least: usize,
    },
    /// A file with a token that others can read.
    #[error("{path}: other users of this machine can read this file, and with it the token", path = path.display())]
    OpenToken {
        /// The file.
        path: PathBuf,
    },
    /// Text that is no name of a host, or no origin.
    #[error("{text:?} is no {what}")]
    NoName {
        /// The text.
        text: String,
        /// What it should be.
        what: &'static str,
    },
    /// The system refuses what a server needs.
    #[error("the server cannot run: {source}")]
    System {
        /// What the system said.
        source: std::io::Error,
    },
}

impl ServeError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            ServeError::Address { .. } => "serve-address",
            ServeError::NeedsToken { .. } => "serve-needs-token",
            ServeError::ShortToken { .. } => "serve-token-short",
            ServeError::OpenToken { .. } => "serve-token-open",
            ServeError::NoName { .. } => "serve-no-name",
            ServeError::System { .. } => "serve-system",
        }
    }
}
