//! A profile that no longer follows collections of Zotero.
//!
//! In: [`StopZotero`]. Out: [`ZoteroStopped`], what left the profile with each. Zotero is not
//! asked, and may have lost the collection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::zotero::{collection_of, default_profile};
use crate::error::{Result, ZoteroError};
use crate::library::{SyncedFrom, SyncedUpTo};

/// Collections of Zotero that a profile no longer follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopZotero {
    /// `zotero` for the whole library, `zotero:COLLECTION` for a collection by its key or name.
    pub sources: Vec<String>,
    /// The profile.
    #[serde(default = "default_profile")]
    pub profile: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ZoteroStopped {
    /// The profile.
    pub profile: String,
    /// Per collection, in the order of the request.
    pub collections: Vec<StoppedCollection>,
}

/// A collection that a profile no longer follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoppedCollection {
    /// Its key; empty for the whole library.
    pub key: String,
    /// Its name; empty for the whole library.
    pub name: String,
    /// How many papers and texts left the profile with it.
    pub removed: usize,
}

impl Relata {
    /// Has a profile follow collections no longer; what is in it because of them leaves it. Zotero
    /// is not asked.
    ///
    /// # Errors
    /// [`ZoteroError::NotFollowed`] names those that it follows; what the library reports.
    pub fn stop_zotero(&self, request: &StopZotero) -> Result<ZoteroStopped> {
        let mut library = self.own()?;
        let profile = library.profile(&request.profile)?.name;
        let followed = library.synced_collections(&profile)?;
        let mut keys = Vec::with_capacity(request.sources.len());
        for source in &request.sources {
            let asked = collection_of(source)?;
            let is_it = |(key, up_to): &(&String, &SyncedUpTo)| {
                **key == asked || !asked.is_empty() && up_to.name.to_lowercase() == asked.to_lowercase()
            };
            let Some((key, up_to)) = followed.iter().find(is_it) else {
                let called = |(key, up_to): (&String, &SyncedUpTo)| match key.as_str() {
                    "" => "zotero".to_owned(),
                    key => format!("zotero:{} ({key})", up_to.name),
                };
                let there = followed.iter().map(called).collect();
                return Err(ZoteroError::NotFollowed { profile, text: source.clone(), there }.into());
            };
            keys.push((key.clone(), up_to.name.clone()));
        }
        let mut collections = Vec::with_capacity(keys.len());
        for (key, name) in keys {
            let removed = library.stop_sync(SyncedFrom { profile: &profile, collection: &key })?;
            collections.push(StoppedCollection { key, name, removed });
        }
        Ok(ZoteroStopped { profile, collections })
    }
}
