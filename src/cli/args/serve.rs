//! `relata serve`: where it listens, and whom it answers.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

/// `relata serve`
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Port to listen on; 0 takes any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 5055)]
    pub port: u16,
    /// Address to listen on. One that others can reach demands --token-file.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: IpAddr,
    /// Another name of this server, such as that of a proxy in front of it. All other names are
    /// refused.
    #[arg(long = "host", value_name = "NAME", value_delimiter = ',')]
    pub hosts: Vec<String>,
    /// Let pages of this site ask as well, such as https://example.org.
    #[arg(long = "origin", value_name = "ORIGIN", value_delimiter = ',')]
    pub origins: Vec<String>,
    /// File with a token that everybody has to show; only you may be able to read it.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Change nothing: no likes, no notes, no fetching.
    #[arg(long)]
    pub read_only: bool,
    /// Let agents (/mcp) rate papers and fetch some from arXiv.
    #[arg(long, conflicts_with = "read_only")]
    pub allow_writes: bool,
    /// Tell at /metrics what was asked, in Prometheus' form.
    #[arg(long)]
    pub metrics: bool,
    /// Open the page in the browser.
    #[arg(long)]
    pub open: bool,
}
