//! `relata mcp`: a client of the Model Context Protocol at standard input and output.
//!
//! In: messages of the client. Out: messages to it; notes, bars and errors with the number of their
//! request go to standard error. What answers is the door `mcp`, which is there with the feature
//! `serve`.

use super::args::Mcp;
use super::{Context, Outcome};
use crate::error::Result;

#[cfg(feature = "serve")]
pub(super) fn run(context: &Context, asked: &Mcp) -> Result<Outcome> {
    use super::{complete, say};
    use crate::mcp::FailedCall;

    let options = crate::mcp::McpOptions::default()
        .allow_writes(asked.allow_writes)
        .observer(context.terminal.clone())
        .on_error(std::sync::Arc::new(|failed: &FailedCall<'_>| {
            // What is the asker's own is for the asker to read.
            if failed.status >= 500 {
                say(&format!("error: request {}, {}: {}", failed.request, failed.tool, complete(failed.error)));
            }
        }));
    crate::mcp::serve_stdio(context.relata.clone(), options)?;
    Ok(Outcome::Done)
}

#[cfg(not(feature = "serve"))]
pub(super) fn run(_: &Context, _: &Mcp) -> Result<Outcome> {
    Err(crate::error::Error::NotBuiltIn { what: "`relata mcp`", feature: "serve" })
}
