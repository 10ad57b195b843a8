//! Which faults a request meets: those in a queue, those of a certain request, and standing ones.
//!
//! In: faults, per endpoint. Out: those of the next request. Also turns faults that concern every
//! endpoint into what they make of a [`Reply`].

use std::collections::VecDeque;

use super::faults::{Endpoint, Fault};
use super::reply::Reply;

/// The faults to come.
#[derive(Debug, Default)]
pub(crate) struct Script {
    queued: VecDeque<(Endpoint, Vec<Fault>)>,
    numbered: Vec<(Endpoint, u64, Fault)>,
    standing: Vec<(Endpoint, Fault)>,
    asked: Vec<Endpoint>,
}

/// The faults of one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) list: Vec<Fault>,
    /// How many requests the endpoint had, this one included.
    pub(crate) number: u64,
}

impl Script {
    /// Lets the next request that has none yet meet faults, all at once.
    pub(crate) fn queue(&mut self, endpoint: Endpoint, faults: Vec<Fault>) {
        self.queued.push_back((endpoint, faults));
    }

    /// Lets the `number`th request to the endpoint, from 1, meet a fault.
    pub(crate) fn at(&mut self, endpoint: Endpoint, number: u64, fault: Fault) {
        self.numbered.push((endpoint, number, fault));
    }

    /// Lets every request meet a fault.
    pub(crate) fn always(&mut self, endpoint: Endpoint, fault: Fault) {
        self.standing.push((endpoint, fault));
    }

    /// Ends all faults.
    pub(crate) fn clear(&mut self) {
        let asked = std::mem::take(&mut self.asked);
        *self = Script { asked, ..Script::default() };
    }

    /// The faults of a request that comes in now.
    pub(crate) fn next(&mut self, endpoint: Endpoint) -> Faults {
        self.asked.push(endpoint);
        let number = self.asked.iter().filter(|one| **one == endpoint).count() as u64;
        let queued = self.queued.iter().position(|one| one.0 == endpoint);
        let mut list = queued.and_then(|at| self.queued.remove(at)).map(|one| one.1).unwrap_or_default();
        let numbered = self.numbered.iter().filter(|one| one.0 == endpoint && one.1 == number);
        list.extend(numbered.map(|one| one.2.clone()));
        list.extend(self.standing.iter().filter(|one| one.0 == endpoint).map(|one| one.1.clone()));
        Faults { list, number }
    }
}

impl Faults {
    /// What one of the faults says, if any does.
    pub(crate) fn find<T>(&self, what: impl FnMut(&Fault) -> Option<T>) -> Option<T> {
        self.list.iter().find_map(what)
    }

    /// Whether a fault is among them.
    pub(crate) fn has(&self, fault: &Fault) -> bool {
        self.list.contains(fault)
    }

    /// The answer that stands in for the right one, if a fault replaces it.
    pub(crate) fn instead(&self) -> Option<Reply> {
        self.find(|fault| match fault {
            Fault::TooMany { retry_after } => Some(retry(Reply::plain(429, "Rate exceeded.\n"), *retry_after)),
            Fault::Unavailable { retry_after } => Some(retry(Reply::plain(503, "Service Unavailable\n"), *retry_after)),
            Fault::FirstByteTimeout => Some(Reply::plain(503, "first byte timeout")),
            Fault::HtmlDenial => Some(Reply::new(200, "text/html; charset=utf-8", DENIAL)),
            _ => None,
        })
    }

    /// Disturbs the transport of an answer: what is both truncated and cut is cut in what is left.
    pub(crate) fn disturb(&self, mut reply: Reply) -> Reply {
        for fault in &self.list {
            match fault {
                Fault::SlowFirstByte(delay) => reply.delay = *delay,
                Fault::Truncated(after) => reply.body.truncate((*after).min(reply.body.len().saturating_sub(1))),
                _ => {}
            }
        }
        let cut = self.find(|fault| if let Fault::Cut(after) = fault { Some(*after) } else { None });
        reply.cut = cut.map(|after| after.min(reply.body.len().saturating_sub(1)));
        reply
    }
}

fn retry(reply: Reply, seconds: Option<u32>) -> Reply {
    match seconds {
        Some(seconds) => reply.with("retry-after", seconds),
        None => reply,
    }
}

const DENIAL: &str = "<!DOCTYPE html>\n<html>\n<head><title>Access Denied</title></head>\n<body>\n<h1>Access Denied</h1>\n\
    <p>Sadly, your client does not appear to respect the terms of use. &copy; a server in between</p><br>\n</body>\n</html>\n";
