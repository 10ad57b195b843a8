//! MCP over HTTP: a service for one path of a web server.
//!
//! In: a [`Relata`] and [`McpOptions`]. Out: a tower service that answers POST, without sessions,
//! in both eras of the protocol. `Host` and `Origin` are checked before anything is read: a page in
//! the user's browser must not ask the library, also not by a name that it had rebound to this
//! machine.

use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::server::Server;
use super::{McpOptions, Relata};

/// The most bytes of a request.
const LARGEST_REQUEST: usize = 256 * 1024;

/// MCP as a tower service.
pub type McpService = StreamableHttpService<Server, NeverSessionManager>;

/// MCP as a service for a path, usually `/mcp`. To be called within a runtime of tokio.
pub fn http_service(relata: Relata, options: McpOptions) -> McpService {
    let mut config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST_REQUEST)
        .with_allowed_origins(options.allowed_origins.clone())
        .enforce_origin_validation();
    if !options.allowed_hosts.is_empty() {
        config = config.with_allowed_hosts(options.allowed_hosts.clone());
    }
    let server = Server::new(relata, options);
    StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config)
}
