//! What can go wrong with fetching papers from arXiv.

use jiff::Timestamp;

/// Errors of fetching. What was stored before stays stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The network is ruled out.
    #[error("this needs the network, which is ruled out")]
    Offline,
    /// No category is named, and none was asked for before.
    #[error("no category is named, and none is remembered")]
    NothingAsked,
    /// A name that is no category or archive of arXiv.
    #[error("{text} is not a category of arXiv, such as cs.LG or quant-ph")]
    NotACategory {
        /// As asked for.
        text: String,
    },
    /// Papers and categories in one request, which are fetched in different ways.
    #[error("papers and categories are fetched in different ways, so not by one request")]
    PapersAndCategories,
    /// An address in the settings that is none.
    #[error("{name}: {text} is not an http or https address")]
    Address {
        /// The setting.
        name: &'static str,
        /// Its value.
        text: String,
    },
    /// A setting that is not a number.
    #[error("{name}: {text} is not a number of milliseconds")]
    Pause {
        /// The setting.
        name: &'static str,
        /// Its value.
        text: String,
    },
    /// The server wants fewer requests, of whoever makes them.
    #[error("{server} asks for fewer requests{}", resting(until))]
    TooManyRequests {
        /// Host of the server.
        server: String,
        /// When the next request is allowed.
        until: Timestamp,
    },
    /// The server gave no good answer, however often it was asked.
    #[error("{server} gave no answer that can be used in {attempts} attempts, at last: {reason}")]
    Failed {
        /// Host of the server.
        server: String,
        /// How often it was asked.
        attempts: u32,
        /// What happened at last, on one line.
        reason: String,
    },
    /// The server understood the question and refuses it.
    #[error("{server} refuses: {reason}")]
    Refused {
        /// Host of the server.
        server: String,
        /// What it says, on one line.
        reason: String,
    },
}

impl FetchError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            FetchError::Offline => "fetch-offline",
            FetchError::NothingAsked => "nothing-to-fetch",
            FetchError::NotACategory { .. } => "not-a-category",
            FetchError::PapersAndCategories => "papers-and-categories",
            FetchError::Address { .. } => "fetch-address",
            FetchError::Pause { .. } => "fetch-pause",
            FetchError::TooManyRequests { .. } => "fetch-too-many-requests",
            FetchError::Failed { .. } => "fetch-failed",
            FetchError::Refused { .. } => "fetch-refused",
        }
    }
}

/// Until when no request is made.
fn resting(until: &Timestamp) -> String {
    format!("; the next is made after {} UTC", until.strftime("%Y-%m-%d %H:%M:%S"))
}
