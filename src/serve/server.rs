//! The server itself: a socket, the addresses of the API and of the pages, and the end of both.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::connections::{self, ConnectionLimits};
use super::desk::{Desk, DeskLimits};
use super::guard::Guard;
use super::options::ServeOptions;
use super::pages;
use super::routes::{self, App};
use super::token::Tokens;
use crate::error::{Result, ServeError};
use crate::service::{Event, Relata};

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    once: Option<String>,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// [`ServeError`]; [`Io`](crate::Error::Io) for the file of the token.
    pub fn bind(relata: Relata, options: &ServeOptions) -> Result<Server> {
        let asked = options.address;
        let tokens = options.token_file.as_deref().map(Tokens::read).transpose()?;
        if !asked.ip().is_loopback() && tokens.is_none() {
            return Err(ServeError::NeedsToken { address: asked }.into());
        }
        let fault = |source| ServeError::Address { address: asked, source };
        let listener = TcpListener::bind(asked).map_err(fault)?;
        listener.set_nonblocking(true).map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        let once = tokens.as_ref().map(Tokens::once).transpose()?;
        let guard = Guard::new(address, &options.hosts, &options.origins, options.read_only, tokens)?;
        let app = App::new(quiet(relata), guard, Desk::new(DeskLimits::default()), options)?;
        Ok(Server { listener, address, app: Arc::new(app), once })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of its page. Where a token is demanded, it can be opened once instead of showing
    /// that.
    pub fn link(&self) -> String {
        match &self.once {
            None => format!("http://{}/", self.address),
            Some(once) => format!("http://{}/login?once={once}", self.address),
        }
    }

    /// Answers until `stop` ends, and then what was asked before that.
    ///
    /// # Errors
    /// [`ServeError::System`].
    pub fn run(self, stop: impl Future<Output = ()>) -> Result<()> {
        let fault = |source| ServeError::System { source };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(fault)?;
        let app = Arc::clone(&self.app);
        let stop = async move {
            stop.await;
            app.stopping();
        };
        runtime.block_on(async {
            let router = pages::for_browsers(routes::router(&self.app, pages::router()));
            let listener = tokio::net::TcpListener::from_std(self.listener).map_err(fault)?;
            connections::serve(listener, router, ConnectionLimits::default(), stop).await;
            Ok::<(), ServeError>(())
        })?;
        self.app.jobs.close();
        self.app.batcher.close();
        // Work of clients that are gone is cancelled and ends soon; nobody waits for it.
        runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        Ok(())
    }
}

/// A handle whose notes stand beside answers and not on a terminal, which would tell it what all
/// clients ask. A model that is on its way here is still told there.
fn quiet(relata: Relata) -> Relata {
    let terminal = relata.clone();
    relata.observed_by(move |event| match event {
        Event::Fetching(_) => terminal.tell(event),
        event => tracing::debug!(target: "relata::serve", ?event),
    })
}
