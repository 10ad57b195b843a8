//! Single papers by their ids: by the query interface, many at once, and where that fails by
//! OAI-PMH, one by one.

use super::address::with_parameters;
use super::calendar::is_quiet_hour;
use super::client::{Client, Interface, Question, Verdict, line};
use super::oai::whole;
use crate::error::{Error, FetchError, Result};
use crate::paper::ArxivId;
use crate::reader::{AnswerKind, Record};

/// Ids of one request: with 100 of them its address stays below 2,000 characters.
const AT_ONCE: usize = 100;

/// What came of a request for papers.
#[derive(Clone, Debug, Default)]
pub struct Singles {
    /// Papers, in the order that they were asked for.
    pub records: Vec<Record>,
    /// Ids of which arXiv has no paper.
    pub absent: Vec<ArxivId>,
    /// Ids of which nothing is known since no interface answered, and why.
    pub failed: Vec<(ArxivId, String)>,
}

impl Client {
    /// Papers by their ids, each asked for once.
    ///
    /// # Errors
    /// Only where the work was cancelled or the lock between requests cannot be used: what the
    /// servers fail at stands in [`Singles::failed`].
    pub fn papers(&self, ids: &[ArxivId]) -> Result<Singles> {
        let mut found = Singles::default();
        // Its index is renewed at this hour: OAI-PMH answers meanwhile.
        let mut api = !is_quiet_hour(self.now());
        for ids in ids.chunks(AT_ONCE) {
            let mut left = ids.to_vec();
            if api {
                match self.by_query(ids) {
                    Ok(records) => {
                        left.retain(|id| !records.iter().any(|record| record.entry.id == *id));
                        found.records.extend(records);
                    }
                    Err(Error::Fetch(_)) => api = false,
                    Err(error) => return Err(error),
                }
            }
            // What the query interface does not list may be too new for its index, or an answer
            // may be empty although there are papers.
            for id in left {
                match self.record(&id) {
                    Ok(Some(record)) => found.records.push(record),
                    Ok(None) => found.absent.push(id),
                    Err(Error::Fetch(error)) => {
                        let stop = matches!(error, FetchError::TooManyRequests { .. } | FetchError::Failed { .. });
                        found.failed.push((id, error.to_string()));
                        if stop {
                            break;
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        let told = |id: &ArxivId, found: &Singles| {
            found.records.iter().any(|record| record.entry.id == *id)
                || found.absent.contains(id)
                || found.failed.iter().any(|(failed, _)| failed == id)
        };
        let untold: Vec<ArxivId> = ids.iter().filter(|id| !told(id, &found)).cloned().collect();
        let reason = "not asked for, since the server does not answer";
        found.failed.extend(untold.into_iter().map(|id| (id, reason.to_owned())));
        let place = |id: &ArxivId| ids.iter().position(|asked| asked == id);
        found.records.sort_by_key(|record| place(&record.entry.id));
        Ok(found)
    }

    fn by_query(&self, ids: &[ArxivId]) -> Result<Vec<Record>> {
        let list: Vec<&str> = ids.iter().map(ArxivId::as_str).collect();
        let (list, most) = (list.join(","), ids.len().to_string());
        let parameters = [("id_list", list.as_str()), ("start", "0"), ("max_results", &most)];
        let address = with_parameters(&self.settings().api, &parameters);
        self.get(&Question { interface: Interface::Api, address: &address, etag: None }, &|reply| {
            let answer = match whole(&reply, |kind| matches!(kind, AnswerKind::Api | AnswerKind::Atom)) {
                Ok(answer) => answer,
                Err(reason) => return Verdict::Again(reason),
            };
            match answer.errors.first() {
                Some(error) => Verdict::Refused(line(&error.message)),
                // It says at times that there is nothing where there is something.
                None if answer.records.is_empty() => Verdict::Again("an empty list".to_owned()),
                None => Verdict::Good(answer.records),
            }
        })
    }
}
