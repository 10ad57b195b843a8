//! MCP over standard input and output: one client, which starts this process and ends it.
//!
//! In: messages, one a line. Out: messages, one a line, and nothing else: whoever tells of events
//! must do so on standard error.

use std::time::Duration;

use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::stdio_pipes;
use tokio::runtime;

use super::server::Server;
use super::{McpOptions, Relata};
use crate::error::{Error, Result};

/// How long answers that nobody waits for any more may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers the client at standard input until it has no more to say.
///
/// # Errors
/// [`Error::Io`] where the system gives no threads; [`Error::Internal`] where the client speaks
/// another protocol.
pub fn serve_stdio(relata: Relata, options: McpOptions) -> Result<()> {
    let runtime =
        runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Error::io("a runtime"))?;
    let served = runtime.block_on(serve(Server::new(relata, options)));
    // What still reads standard input cannot be ended otherwise.
    runtime.shutdown_timeout(PATIENCE);
    served
}

async fn serve(server: Server) -> Result<()> {
    let running = match server.serve(stdio_pipes()).await {
        Ok(running) => running,
        // The client has left before it said anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(_) => return Err(Error::Internal("the client at standard input does not speak MCP")),
    };
    match running.waiting().await {
        Ok(QuitReason::JoinError(_)) | Err(_) => Err(Error::Internal("the server of MCP ended")),
        Ok(_) => Ok(()),
    }
}
