//! Topics and the map for pages, read once for as long as the library's content stays the same.

use std::sync::{Arc, PoisonError};

use axum::body::Bytes;

use super::{Answer, Asked};
use crate::service::{Among, TopicTree};

impl Asked<'_> {
    /// The topics that the library keeps; `None` where none were found yet.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn topics(&self) -> Answer<Option<Arc<TopicTree>>> {
        // Read before what is made of it: a change in between makes that anew the next time.
        let content = self.relata.content()?;
        let kept = &self.app.kept.tree;
        let known = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, tree)) = known.filter(|(of, _)| Some(*of) == content) {
            return Ok(tree);
        }
        let tree = self.relata.kept_topics(&Among::new())?.map(Arc::new);
        if let Some(content) = content {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((content, tree.clone()));
        }
        Ok(tree)
    }

    /// The data of the map, gzipped; `None` where no topics were found yet.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn map(&self) -> Answer<Option<Bytes>> {
        let content = self.relata.content()?;
        let kept = &self.app.kept.map;
        let known = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, map)) = known.filter(|(of, _)| Some(*of) == content) {
            return Ok(Some(map));
        }
        let Some(tree) = self.topics()? else { return Ok(None) };
        let map = Bytes::from(self.relata.topic_map(&tree)?);
        if let Some(content) = content {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((content, map.clone()));
        }
        Ok(Some(map))
    }
}
