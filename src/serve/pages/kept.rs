//! Topics and the map for pages, read once for as long as the topics stay the same.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::routes::App;
use super::{Answer, Asked};
use crate::service::{Among, Relata, TopicMap, TopicTree};

/// The version of the topics; `None` where none were found yet.
///
/// # Errors
/// What the library reports.
pub(super) fn version(app: &App, relata: &Relata) -> Answer<Option<u64>> {
    // Read before what is made of it: a change in between makes that anew the next time.
    let content = relata.content()?;
    let mut kept = app.kept.version.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, version)) = *kept
        && Some(of) == content
    {
        return Ok(version);
    }
    let version = relata.topics_version()?;
    *kept = content.map(|content| (content, version));
    Ok(version)
}

/// What is kept under a version, made where it is not.
fn kept<T>(
    place: &Mutex<Option<(u64, Arc<T>)>>,
    version: u64,
    make: impl FnOnce() -> Answer<Option<T>>,
) -> Answer<Option<Arc<T>>> {
    let known = place.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, known)) = known.filter(|(of, _)| *of == version) {
        return Ok(Some(known));
    }
    let made = make()?.map(Arc::new);
    if let Some(made) = &made {
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(made)));
    }
    Ok(made)
}

impl Asked<'_> {
    /// The topics that the library keeps; `None` where none were found yet.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn topics(&self) -> Answer<Option<Arc<TopicTree>>> {
        let Some(version) = version(self.app, self.relata)? else { return Ok(None) };
        kept(&self.app.kept.tree, version, || Ok(self.relata.kept_topics(&Among::new())?))
    }

    /// The map of these topics with its version; `None` where none were found yet.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn map(&self) -> Answer<Option<(u64, Arc<TopicMap>)>> {
        let Some(version) = version(self.app, self.relata)? else { return Ok(None) };
        let map = kept(&self.app.kept.map, version, || {
            let tree = self.topics()?;
            Ok(tree.map(|tree| self.relata.topic_map(&tree)).transpose()?)
        });
        Ok(map?.map(|map| (version, map)))
    }
}
