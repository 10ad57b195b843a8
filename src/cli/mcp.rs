//! `relata mcp`: a client of the Model Context Protocol at standard input and output.
//!
//! In: messages of the client. Out: messages to it; notes and bars go to standard error as they do
//! for every command. What answers is the door `mcp`, which is there with the feature `serve`.

use super::args::Mcp;
use super::{Context, Outcome};
use crate::error::Result;

#[cfg(feature = "serve")]
pub(super) fn run(context: &Context, asked: &Mcp) -> Result<Outcome> {
    let options = crate::mcp::McpOptions::default()
        .allow_writes(asked.allow_writes)
        .observer(context.terminal.clone())
        .on_error(std::sync::Arc::new(|error| super::say(&format!("error: {}", super::complete(error)))));
    crate::mcp::serve_stdio(context.relata.clone(), options)?;
    Ok(Outcome::Done)
}

#[cfg(not(feature = "serve"))]
pub(super) fn run(_: &Context, _: &Mcp) -> Result<Outcome> {
    Err(crate::error::Error::NotBuiltIn { what: "`relata mcp`", feature: "serve" })
}
