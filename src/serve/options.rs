//! Where a server listens, whom it answers, and what it shows of how it is set.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

use crate::setters::setters;

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
    /// What is set and by what, which the page of the settings shows.
    pub settings: Vec<Setting>,
}

/// A setting with what it is set to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// Its value, without passwords.
    pub value: Option<String>,
    /// What sets it: an option, a variable, or a line of a file.
    pub from: Option<String>,
    /// What it is, in words.
    pub about: String,
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
    /// What is set and by what.
    settings => each settings(Setting);
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
            settings: Vec::new(),
        }
    }
}
