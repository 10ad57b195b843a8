//! The door for agents: the Model Context Protocol, over standard input and output or over HTTP.
//!
//! In: a [`Relata`] and what agents may do. Out: a server for one client ([`serve_stdio`]), or a
//! service for a path of a web server ([`http_service`]). The protocol's messages are rmcp's; what
//! a tool takes (`requests`, `arguments`), does (`call`) and answers (`answers`) is here.
//!
//! Three things hold for whatever is answered: arguments are within bounds and no argument is a
//! path or an address that is opened; texts that other people wrote are stripped of what is hidden
//! in them (`clean`), bounded, and named as such; and no answer marks a paper as seen. Tools that
//! change the library are there only where [`McpOptions::allow_writes`] says so.
//!
//! ```no_run
//! use relata::mcp::{McpOptions, http_service};
//! use relata::model::Settings;
//! use relata::service::{Options, Relata};
//!
//! # fn main() -> relata::Result<()> {
//! let relata = Relata::new(Options::new("library.db", Settings::from_env()?));
//! let service = http_service(relata, McpOptions::default());
//! let pages = axum::Router::<()>::new().route_service("/mcp", service);
//! # drop(pages);
//! # Ok(())
//! # }
//! ```

mod answers;
mod arguments;
mod call;
mod clean;
mod cursor;
mod failure;
mod http;
mod library_answers;
mod listener;
mod prompts;
mod requests;
mod resources;
mod schema;
mod server;
mod stdio;
mod tools;
mod topics;

use std::sync::Arc;

pub use http::{McpService, http_service};
pub use stdio::serve_stdio;

use crate::error::Error;
use crate::service::{Observer, Relata};
use crate::setters::setters;

/// Who is told of calls that went wrong.
pub type ErrorListener = dyn Fn(&FailedCall<'_>) + Send + Sync;

/// A call that went wrong: which, and by what. Nothing of what was asked is in it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FailedCall<'a> {
    /// The error, whole: an agent hears of no folders.
    pub error: &'a Error,
    /// The tool, or `resources/list`.
    pub tool: &'a str,
    /// The request: over HTTP the [`HttpRequestId`] of its extensions, else the number that the
    /// client gave it.
    pub request: &'a str,
    /// What kind of failure the agent was told, in the numbers of HTTP: from 500 on, it is none of
    /// the asker's.
    pub status: u16,
}

/// The id of a request over HTTP, which a web server puts into the request's extensions before it
/// asks [`http_service`], so that its log and [`FailedCall`] name the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequestId(pub String);

/// What agents may do, and who may ask.
#[derive(Clone)]
pub struct McpOptions {
    /// Whether there are tools that rate papers in the user's profile and fetch papers from arXiv.
    pub allow_writes: bool,
    /// Over HTTP, the values of `Host` that are answered, each with a port or for any port; else
    /// those of this machine itself.
    pub allowed_hosts: Vec<String>,
    /// Over HTTP, the values of `Origin` that are answered, such as `http://localhost:5055`. A
    /// request with any other is refused; one without, which is not from a browser, is answered.
    pub allowed_origins: Vec<String>,
    /// How many requests are answered at once; others wait.
    pub at_once: usize,
    /// Who else is told of what happens, such as a terminal.
    pub observer: Option<Arc<dyn Observer>>,
    /// Who is told of calls that went wrong.
    pub on_error: Option<Arc<ErrorListener>>,
}

impl Default for McpOptions {
    fn default() -> McpOptions {
        McpOptions {
            allow_writes: false,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            at_once: 4,
            observer: None,
            on_error: None,
        }
    }
}

setters! { McpOptions:
    /// Whether there are tools that rate and fetch papers.
    allow_writes => value allow_writes(bool);
    /// Values of `Host` that are answered over HTTP.
    allowed_hosts => each_into allowed_hosts(String);
    /// Values of `Origin` that are answered over HTTP.
    allowed_origins => each_into allowed_origins(String);
    /// How many requests are answered at once.
    at_once => value at_once(usize);
    /// Who else is told of what happens.
    observer => some observer(Arc<dyn Observer>);
    /// Who is told of calls that went wrong.
    on_error => some on_error(Arc<ErrorListener>);
}

impl std::fmt::Debug for McpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("McpOptions")
            .field("allow_writes", &self.allow_writes)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("allowed_origins", &self.allowed_origins)
            .field("at_once", &self.at_once)
            .finish_non_exhaustive()
    }
}
