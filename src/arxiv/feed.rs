//! The daily feed: what is announced today, for all categories by one request.

use super::client::{Client, Interface, Question, Verdict, line};
use super::oai::whole;
use crate::error::Result;
use crate::paper::Skipped;
use crate::reader::{AnswerKind, Record};

/// Most entries of a feed; more are left out by the server.
pub const MOST_ENTRIES: usize = 2000;

/// What a daily feed answers.
#[derive(Clone, Debug)]
pub enum Daily {
    /// The same as the content whose mark was sent.
    Unchanged,
    /// Its entries, in its own order.
    Feed {
        /// Entries that could be read.
        records: Vec<Record>,
        /// Entries that could not.
        skipped: Vec<Skipped>,
        /// The mark of this content.
        etag: Option<String>,
    },
}

impl Client {
    /// The address of the feed of some categories.
    pub fn feed_address(&self, categories: &[&str]) -> String {
        format!("{}/{}", self.settings().feed, categories.join("+"))
    }

    /// Asks for a daily feed; `etag` is the mark of its content that is known.
    ///
    /// # Errors
    /// [`FetchError`](crate::error::FetchError): the server fails for too long, or refuses.
    pub fn daily(&self, address: &str, etag: Option<&str>) -> Result<Daily> {
        self.get(&Question { interface: Interface::Feed, address, etag }, &|reply| {
            if reply.status == 304 {
                return Verdict::Good(Daily::Unchanged);
            }
            let answer = match whole(&reply, AnswerKind::is_feed) {
                Ok(answer) => answer,
                Err(reason) => return Verdict::Again(reason),
            };
            match answer.errors.first() {
                Some(error) => Verdict::Refused(line(&error.message)),
                None if reply.status >= 400 => Verdict::Refused(format!("HTTP {}", reply.status)),
                None => {
                    Verdict::Good(Daily::Feed { records: answer.records, skipped: answer.skipped, etag: reply.etag })
                }
            }
        })
    }
}
