//! The server: a library in a browser, for programs and for agents, from one process and one port.
//!
//! In: a handle of the service, and who may ask. Out: HTTP. A door as the command line is: it reads
//! requests, asks the service and writes answers; nothing here computes one.
//!
//! `connections` has sockets, `guard` and `token` say who may ask, `desk` has so many requests
//! worked on at once, `jobs` does what takes long, `endpoint` makes an address of a request of the
//! service, `api` lists all of them, `routes` ties
//! these together, and `server` adds the pages. docs/design/serving.md says why
//! it is so.

mod api;
mod batcher;
mod cache;
mod codes;
mod connections;
mod desk;
mod embed_routes;
mod endpoint;
mod events;
mod guard;
mod job_routes;
mod job_work;
mod jobs;
mod kept;
mod metrics;
mod openapi;
mod options;
mod pages;
mod parameters;
mod problem;
mod routes;
mod server;
mod token;

pub use options::{ServeOptions, Setting};
pub use server::Server;
