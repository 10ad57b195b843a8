//! The server: a library in a browser, for programs and for agents, from one process and one port.
//!
//! In: a handle of the service, and who may ask. Out: HTTP. A door as the command line is: it reads
//! requests, asks the service and writes answers; nothing here computes one.
//!
//! `connections` has sockets, `guard` and `token` say who may ask, `desk` has so many requests
//! worked on at once, `jobs` does what takes long, `endpoint` makes an address of a request of the
//! service, `api` lists all of them, `routes` ties these together. docs/design/serving.md says why
//! it is so.

mod api;
mod batcher;
mod cache;
mod connections;
mod desk;
mod embed_routes;
mod endpoint;
mod events;
mod guard;
mod job_routes;
mod jobs;
mod metrics;
mod openapi;
mod parameters;
mod problem;
mod routes;
mod token;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Result, ServeError};
use crate::service::Relata;
use crate::setters::setters;
use connections::ConnectionLimits;
use desk::{Desk, DeskLimits};
use guard::Guard;
use routes::App;
use token::Tokens;

/// Where a server listens, and whom it answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServeOptions {
    /// The address; port 0 takes any that is free.
    pub address: SocketAddr,
    /// Names of this server beside its address, such as that of a proxy in front of it.
    pub hosts: Vec<String>,
    /// Origins of pages of other sites that may ask, such as `https://example.org`.
    pub origins: Vec<String>,
    /// A file with a token that everybody has to show.
    pub token_file: Option<PathBuf>,
    /// Whether nothing may be changed.
    pub read_only: bool,
    /// Whether agents (`/mcp`) may rate papers and fetch some.
    pub allow_writes: bool,
    /// Whether `/metrics` tells what was asked, in Prometheus' form.
    pub metrics: bool,
}

setters! { ServeOptions:
    /// Names of this server beside its address.
    hosts => each_into hosts(String);
    /// Origins of pages of other sites that may ask.
    origins => each_into origins(String);
    /// A file with a token that everybody has to show.
    token_file => some_into token_file(PathBuf);
    /// Whether nothing may be changed.
    read_only => value read_only(bool);
    /// Whether agents may rate papers and fetch some.
    allow_writes => value allow_writes(bool);
    /// Whether `/metrics` tells what was asked.
    metrics => value metrics(bool);
}

impl ServeOptions {
    /// Listens on an address and answers whoever asks there. One that others can reach needs a
    /// token.
    ///
    /// ```
    /// use relata::serve::ServeOptions;
    ///
    /// let options = ServeOptions::new(([127, 0, 0, 1], 5055).into()).read_only(true);
    /// assert!(options.token_file.is_none());
    /// ```
    pub fn new(address: SocketAddr) -> ServeOptions {
        ServeOptions {
            address,
            hosts: Vec::new(),
            origins: Vec::new(),
            token_file: None,
            read_only: false,
            allow_writes: false,
            metrics: false,
        }
    }
}

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
        let app = App::new(relata, guard, Desk::new(DeskLimits::default()), options)?;
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
            let router = routes::router(&self.app);
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
