//! The library for agents over HTTP, at http://127.0.0.1:PORT/mcp.
//!
//!     cargo run --release --features serve --example mcp_http -- LIBRARY.db [PORT]
//!
//! Without a PORT the system chooses one; the address is the first line of standard output.

use relata::mcp::{McpOptions, http_service};
use relata::model::Settings;
use relata::service::{Options, Relata};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let library = arguments.next().ok_or_else(|| anyhow::anyhow!("usage: mcp_http LIBRARY.db [PORT]"))?;
    let port: u16 = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let mut options = Options::new(library, Settings::from_env()?);
    options.model = std::env::var("RELATA_MODEL").ok();
    let relata = Relata::new(options);

    // Only this machine can reach it, only by its own names, and no page of another server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let own = [format!("http://{address}"), format!("http://localhost:{}", address.port())];
        println!("{}/mcp", own[0]);
        let service = http_service(relata, McpOptions::default().allowed_origins(own));
        axum::serve(listener, axum::Router::<()>::new().route_service("/mcp", service)).await
    })?;
    Ok(())
}
