//! Topics that were found before, so that paging through one does not find them again.
//!
//! In: a selection of papers. Out: its topics, found anew where the library is another than then.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::service::{Among, FindTopics, FoundTopics, LibraryState, Relata};

/// Selections whose topics are kept.
const KEPT: usize = 4;

/// The topics that were found last.
#[derive(Default)]
pub(super) struct TopicCache(Mutex<Vec<Kept>>);

struct Kept {
    among: Among,
    state: LibraryState,
    found: Arc<FoundTopics>,
}

impl TopicCache {
    /// The topics of a selection. Who comes while they are found waits: they are found once.
    pub(super) fn find(&self, relata: &Relata, among: Among) -> Result<Arc<FoundTopics>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = relata.state()?;
        if let Some(kept) = kept.iter().find(|kept| kept.among == among && kept.state == state) {
            return Ok(Arc::clone(&kept.found));
        }
        let found = Arc::new(relata.topics(&FindTopics::new().among(among.clone()))?);
        kept.retain(|kept| kept.among != among);
        kept.insert(0, Kept { among, state: relata.state()?, found: Arc::clone(&found) });
        kept.truncate(KEPT);
        Ok(found)
    }
}
