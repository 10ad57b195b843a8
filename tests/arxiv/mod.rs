//! A stand-in of arXiv's servers on loopback: the daily feed (Atom and RSS), OAI-PMH and the query
//! API, with the faults that the real ones show, on request.
//!
//! In: a [`World`] of papers, made up or given; a [`Clock`], which is the servers' now; faults, by
//! [`Server::fail`] and its kin. Out: answers over HTTP, and a [`Seen`] for every request.
//!
//! ```ignore
//! let clock = TestClock::at("2026-03-03T12:00:00Z");
//! let server = Server::start(World::generate(7, 500, date(2026, 3, 2), date(2026, 3, 6)), clock.clock());
//! server.fail(Endpoint::Feed, Fault::TooMany { retry_after: None });
//! // ... a client asks `server.feed()`, whose first answer is 429 ...
//! assert_eq!(server.requests()[0].status, 429);
//! ```
//!
//! It writes its XML itself and uses no code of `src/`, so that a test of the readers against it
//! compares two works. `benches/tools/arxiv_server.rs` is the same as a program.
//!
//! Whoever includes this folder uses a part of it, which is what the allowance below is for.
#![allow(dead_code, unused_imports)]

mod api;
mod api_query;
mod calendar;
mod clock;
mod faults;
mod feed;
mod generate;
mod hostile;
mod names;
mod oai;
mod oai_record;
mod query;
mod reply;
mod script;
mod server;
mod taxonomy;
mod words;
mod world;
mod xml;

pub(crate) use calendar::{Calendar, eastern};
pub(crate) use clock::{Clock, TestClock, machine};
pub(crate) use faults::{Endpoint, Fault};
pub(crate) use oai::{Token, set_specs};
pub(crate) use query::percent_encode;
pub(crate) use server::{Seen, Server};
pub(crate) use world::{AnnounceType, Announcement, Author, Listed, Paper, Version, World};
