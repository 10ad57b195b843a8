//! What is new in a collection.
//!
//! In: a collection, and what is known of it. Out: the items that are new or have changed, page by
//! page, and which items it holds now. What is no longer among these has left it: it was deleted,
//! thrown into the bin or taken out. So `deleted?since=` need not be asked, which the local API
//! does not have. Notes and attachments are left out.
//!
//! The web API is asked for what is newer than the version that is known. The versions of the local
//! API tell nothing of changes that were not synced yet: there all is read each time.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::{Answer, Client, Side};
use super::{Collection, Item, LOCAL_PAGE, PAGE, RESTARTS, values};
use crate::error::{Result, ZoteroError};
use crate::references;

/// What is known of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Up to which version of the library; 0 where nothing is known.
    pub version: u64,
    /// The keys of the collections that were read up to this version.
    pub subtree: BTreeSet<String>,
}

/// What is new in a collection.
#[derive(Debug)]
pub(crate) enum News {
    /// Nothing since the version that is known.
    Nothing,
    /// The collection as it is now.
    Now {
        /// The version of the library from which to go on; `None` for the local API.
        version: Option<u64>,
        /// The keys of all its items.
        all: BTreeSet<String>,
    },
}

/// Takes the items of a page.
type Take<'a> = &'a mut dyn FnMut(Vec<Item>) -> Result<()>;

/// A reading of a collection and of those in it.
#[derive(Default)]
struct Reading {
    /// The version of the library, which has to be the same all the while.
    version: Option<u64>,
    all: BTreeSet<String>,
}

/// How far a reading came.
enum Step {
    Read,
    /// Nothing is new.
    Nothing,
    /// The library has changed in between.
    Changed,
}

impl Client {
    /// What is new in a collection; `take` is given the items of each page, some of them twice
    /// where reading has to begin anew since the library changes.
    ///
    /// # Errors
    /// [`ZoteroError::Restless`]; what the server answers, and what `take` gives.
    pub(crate) fn news(&self, collection: &Collection, known: &Known, take: Take<'_>) -> Result<News> {
        'again: for _ in 0..RESTARTS {
            let mut reading = Reading::default();
            for key in &collection.subtree {
                let step = match self.side {
                    Side::Local => self.read_all(key, &mut reading, take)?,
                    Side::Web => self.read_since(key, known, &mut reading, take)?,
                };
                match step {
                    Step::Read => {}
                    Step::Nothing => return Ok(News::Nothing),
                    Step::Changed => continue 'again,
                }
            }
            // What stands in the collection is known as it was when the collections were read.
            let version = reading.version.map(|version| version.min(collection.version));
            let version = version.filter(|_| self.side == Side::Web);
            return Ok(News::Now { version, all: reading.all });
        }
        Err(ZoteroError::Restless.into())
    }

    /// Reads all items of a collection from the local API.
    fn read_all(&self, key: &str, reading: &mut Reading, take: Take<'_>) -> Result<Step> {
        let (mut seen, mut total) = (BTreeSet::new(), None);
        let mut next = Some(format!("{}?limit={LOCAL_PAGE}&sort=dateAdded&direction=asc&format=json", items_of(key)));
        while let Some(path) = next {
            let answer = self.get(&path, None)?;
            if total.is_some() && answer.total != total {
                return Ok(Step::Changed);
            }
            (total, next) = (answer.total, answer.link);
            seen.extend(values(&answer.body).iter().filter_map(key_of).map(str::to_owned));
            take(items(&answer.body))?;
        }
        if total.is_some_and(|total| total != seen.len()) {
            return Ok(Step::Changed);
        }
        reading.all.append(&mut seen);
        Ok(Step::Read)
    }

    /// Reads what is new in a collection from the web API, and which items it holds.
    fn read_since(&self, key: &str, known: &Known, reading: &mut Reading, take: Take<'_>) -> Result<Step> {
        let since = if known.subtree.contains(key) { known.version } else { 0 };
        let within = items_of(key);
        let mut next = Some(format!("{within}?since={since}&limit={PAGE}&sort=dateAdded&direction=asc&format=json"));
        while let Some(path) = next {
            let unless = reading.version.is_none().then_some(known.version);
            let Answer { status, version, body, link, .. } = self.get(&path, unless)?;
            if status == 304 {
                return Ok(Step::Nothing);
            }
            if *reading.version.get_or_insert(version) != version {
                return Ok(Step::Changed);
            }
            take(items(&body))?;
            next = link;
        }
        let now = self.get(&format!("{within}?format=versions"), None)?;
        if reading.version != Some(now.version) {
            return Ok(Step::Changed);
        }
        match now.body {
            Value::Object(versions) => reading.all.extend(versions.into_iter().map(|(key, _)| key)),
            // PHP writes an empty object as an empty list.
            Value::Array(none) if none.is_empty() => {}
            _ => return Err(self.unusable("its list of versions is none")),
        }
        Ok(Step::Read)
    }
}

/// The path of the items of a collection; of the whole library for an empty key.
fn items_of(key: &str) -> String {
    match key {
        "" => "items/top".to_owned(),
        key => format!("collections/{key}/items/top"),
    }
}

fn key_of(value: &Value) -> Option<&str> {
    value.get("key")?.as_str()
}

/// The items of a page that are works.
fn items(body: &Value) -> Vec<Item> {
    let item = |value: &Value| {
        let reference = references::of_item(value.as_object()?)?;
        Some(Item { key: key_of(value)?.to_owned(), reference })
    };
    values(body).iter().filter_map(item).collect()
}
