//! Single papers by their ids.

use super::Relata;
use super::add::Added;
use super::fetch::{FailedPaper, Fetch, FetchOutcome, Fetched, count};
use super::query::each_once;
use crate::arxiv::Client;
use crate::error::Result;
use crate::paper::Entry;

impl Relata {
    pub(super) fn fetch_papers(&self, client: &Client, request: &Fetch) -> Result<Fetched> {
        let ids = each_once(&request.papers);
        let found = client.papers(&ids)?;
        let entries: Vec<Entry> = found.records.into_iter().map(|record| *record.entry).collect();
        let mut added = Added::default();
        if !entries.is_empty() {
            let outcomes = self.write_library(|library| library.merge(&entries))?;
            count(&mut added, &outcomes, Vec::new());
        }
        let failed: Vec<FailedPaper> =
            found.failed.into_iter().map(|(id, reason)| FailedPaper { id, reason }).collect();
        let outcome = match (added.papers(), failed.is_empty(), found.absent.is_empty()) {
            (0, true, false) => FetchOutcome::Nothing,
            (_, true, true) => FetchOutcome::New,
            _ => FetchOutcome::Incomplete,
        };
        let mut fetched = Fetched::of(added, Vec::new(), client.requests());
        (fetched.outcome, fetched.absent, fetched.failed) = (outcome, found.absent, failed);
        Ok(fetched)
    }
}
