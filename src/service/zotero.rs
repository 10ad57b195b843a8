//! Sync: a profile that follows collections of Zotero.
//!
//! In: [`SyncZotero`]. Out: [`ZoteroSynced`], what changed per collection. Only what is new since
//! the last sync is read. Items that mean papers of the library are liked, all others with a title
//! are liked as texts, and what leaves a collection leaves the profile. Each of several collections
//! is an interest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::Note;
use super::profiles::{matched, text_of};
use super::zotero_write::ZoteroWritten;
use super::{DEFAULT_PROFILE, Relata};
use crate::arxiv::{host, is_loopback};
use crate::error::{FetchError, Result, ZoteroError};
use crate::library::{Library, Profile, Synced, SyncedFrom, SyncedUpTo};
use crate::paper::ArxivId;
use crate::zotero::{Client, Collection, Item, Known, News, Waiting, ZoteroSettings};

/// Collections of Zotero that a profile follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncZotero {
    /// `zotero` for the whole library, `zotero:COLLECTION` for a collection by its key, its name or
    /// its path (`Physics/Ice`); none for those that the profile follows already.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The profile.
    #[serde(default = "default_profile")]
    pub profile: String,
    /// Write liked papers that Zotero lacks into this collection; empty for the one that is synced.
    #[serde(default)]
    pub write: Option<String>,
    /// Say what would change, and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ZoteroSynced {
    /// The profile.
    pub profile: String,
    /// The address of Zotero's library that answered.
    pub library: String,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Per collection, in the order of the request.
    pub collections: Vec<SyncedCollection>,
    /// What was written; the key is left out where nothing was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<ZoteroWritten>,
}

/// What came of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SyncedCollection {
    /// Its key; empty for the whole library.
    pub key: String,
    /// Its name; empty for the whole library.
    pub name: String,
    /// Works that were read: those that are new or have changed since the last sync, of a Zotero on
    /// this machine all.
    pub read: usize,
    /// How many of these mean papers of the library.
    pub papers: usize,
    /// How many are texts.
    pub texts: usize,
    /// How many of the texts have a title alone.
    pub by_title: usize,
    /// How many can be neither, since they have no title.
    pub without_title: usize,
    /// How many papers and texts are new in the profile.
    pub added: usize,
    /// How many left the profile.
    pub removed: usize,
    /// Whether the profile follows it and Zotero no longer has it. What came from it stays until
    /// the profile stops following it; the key is left out where Zotero has it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
}

/// A collection that is to be synced.
enum Asked {
    There(Collection),
    /// One that the profile follows and Zotero no longer has.
    Missing(SyncedCollection),
}

/// Where the items of a collection go.
struct Sync<'a> {
    from: SyncedFrom<'a>,
    /// The name of the collection.
    name: &'a str,
    dry_run: bool,
    profile: Profile,
    /// What each item is, however often it is read.
    items: BTreeMap<String, Kind>,
    added: usize,
    /// What the items of a dry run stand for.
    seen: BTreeSet<String>,
}

/// What an item is to a profile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paper,
    Text,
    TitleAlone,
    Nothing,
}

impl Relata {
    /// Brings a profile up to what collections of Zotero hold. Without the network only the API of
    /// this machine is asked.
    ///
    /// # Errors
    /// [`ZoteroError`]; what the library reports. What was taken over before stays, and the next
    /// sync goes on from there.
    pub fn sync_zotero(&self, request: &SyncZotero, settings: &ZoteroSettings) -> Result<ZoteroSynced> {
        let mut library = self.own()?;
        let name = library.profile(&request.profile)?.name;
        let followed = library.synced_collections(&name)?;
        if request.sources.is_empty() && followed.is_empty() {
            return Err(ZoteroError::NoSource { profile: name }.into());
        }
        let named = request.sources.iter().map(|source| collection_of(source)).collect::<Result<Vec<String>>>()?;
        let client = self.zotero(settings)?;
        let asked = asked(&client, &named, &followed)?;
        let target = match &request.write {
            Some(named) => Some(self.zotero_target(&target_of(named, &asked)?, settings)?),
            None => None,
        };
        let mut synced = Vec::with_capacity(asked.len());
        for asked in &asked {
            synced.push(match asked {
                Asked::There(collection) => {
                    self.sync_collection(&client, &mut library, collection, &name, request.dry_run)?
                }
                Asked::Missing(missing) => missing.clone(),
            });
        }
        if !request.dry_run {
            pin(&mut library, &name)?;
        }
        let written = match target {
            Some(target) => Some(self.write_zotero(&mut library, &name, target, request.dry_run)?),
            None => None,
        };
        Ok(ZoteroSynced {
            profile: name,
            library: client.library().to_owned(),
            dry_run: request.dry_run,
            collections: synced,
            written,
        })
    }

    /// A client to read with.
    fn zotero(&self, settings: &ZoteroSettings) -> Result<Client> {
        let mut settings = settings.clone();
        if self.settings().offline {
            settings.key = None;
            if !is_loopback(host(&settings.local)) {
                return Err(FetchError::Offline.into());
            }
        }
        Client::to_read(&settings, self.waiting_for_zotero())
    }

    /// What a client goes by while it waits.
    pub(super) fn waiting_for_zotero(&self) -> Waiting {
        let (cancel, teller) = (self.cancel.clone(), self.clone());
        Waiting {
            clock: Arc::clone(&self.clock),
            check: Box::new(move || cancel.check()),
            tell: Box::new(move |delay| teller.note(Note::Delayed(delay))),
        }
    }

    /// Syncs a collection.
    fn sync_collection(
        &self,
        client: &Client,
        library: &mut Library,
        collection: &Collection,
        profile: &str,
        dry_run: bool,
    ) -> Result<SyncedCollection> {
        let from = SyncedFrom { profile, collection: &collection.key };
        let mut sync = Sync {
            from,
            name: &collection.name,
            dry_run,
            profile: library.profile(profile)?,
            items: BTreeMap::new(),
            added: 0,
            seen: BTreeSet::new(),
        };
        let up_to = library.synced_collections(profile)?.remove(from.collection);
        let up_to = up_to.filter(|up_to| up_to.library == client.library()).unwrap_or_default();
        let known = Known { version: up_to.version, subtree: up_to.subtree };
        let news = client.news(collection, &known, &mut |items| {
            self.cancel.check()?;
            sync.take(library, items)
        })?;
        let News::Now { version, all } = news else { return Ok(sync.report(collection, 0)) };
        let nothing = |item: &String| sync.items.get(item) == Some(&Kind::Nothing);
        let items = library.synced_items(from)?.into_keys();
        let gone: Vec<String> = items.filter(|item| !all.contains(item) || nothing(item)).collect();
        let removed = match dry_run {
            true => library.would_leave(from, &gone)?,
            false => {
                let up_to = SyncedUpTo {
                    name: collection.name.clone(),
                    library: client.library().to_owned(),
                    version: version.unwrap_or(0),
                    subtree: collection.subtree.clone(),
                };
                library.finish_sync(from, &up_to, &gone)?
            }
        };
        Ok(sync.report(collection, removed))
    }
}

impl Sync<'_> {
    /// Takes a page of items.
    fn take(&mut self, library: &mut Library, items: Vec<Item>) -> Result<()> {
        let source = if self.name.is_empty() { "zotero".to_owned() } else { format!("zotero:{}", self.name) };
        let mut page = Vec::with_capacity(items.len());
        for Item { key, mut reference } in items {
            if !self.name.is_empty() {
                reference.collection = Some(self.name.to_owned());
            }
            let synced = match matched(library, &reference)? {
                Ok(id) => Some(Synced::Paper(id, reference.added.unwrap_or_else(today))),
                Err(_) => text_of(reference, &source).map(Synced::Text),
            };
            let kind = match &synced {
                Some(Synced::Paper(..)) => Kind::Paper,
                Some(Synced::Text(text)) if text.abstract_text.is_empty() => Kind::TitleAlone,
                Some(Synced::Text(_)) => Kind::Text,
                None => Kind::Nothing,
            };
            self.items.insert(key.clone(), kind);
            page.extend(synced.map(|synced| (key, synced)));
        }
        self.added += match self.dry_run {
            true => {
                let known = library.synced_items(self.from)?;
                page.iter().filter(|(key, synced)| !known.contains_key(key) && self.is_news(synced)).count()
            }
            false => library.sync_items(self.from, &page)?,
        };
        Ok(())
    }

    /// Whether a dry run would add this.
    fn is_news(&mut self, synced: &Synced) -> bool {
        let Profile { like, unlike, texts, .. } = &self.profile;
        let (key, known) = match synced {
            Synced::Paper(id, _) => (id.to_string(), like.contains(id) || unlike.contains(id)),
            Synced::Text(text) => (text.key.clone(), texts.iter().any(|known| known.is_same(text))),
        };
        self.seen.insert(key) && !known
    }

    fn report(&self, collection: &Collection, removed: usize) -> SyncedCollection {
        let count = |wanted: &[Kind]| self.items.values().filter(|kind| wanted.contains(kind)).count();
        SyncedCollection {
            key: collection.key.clone(),
            name: collection.name.clone(),
            read: self.items.len(),
            papers: count(&[Kind::Paper]),
            texts: count(&[Kind::Text, Kind::TitleAlone]),
            by_title: count(&[Kind::TitleAlone]),
            without_title: count(&[Kind::Nothing]),
            added: self.added,
            removed,
            missing: false,
        }
    }
}

/// The collections that are named, else those that the profile follows, of which some may be
/// missing. One that is named twice is there once.
fn asked(client: &Client, named: &[String], followed: &BTreeMap<String, SyncedUpTo>) -> Result<Vec<Asked>> {
    let mut wanted = named.iter().chain(followed.keys().filter(|_| named.is_empty()));
    let all = if wanted.any(|name| !name.is_empty()) { Some(client.collections()?) } else { None };
    let mut asked: Vec<Asked> = Vec::new();
    for name in named {
        let one = if let (false, Some(all)) = (name.is_empty(), &all) { all.find(name)? } else { Collection::whole() };
        if !asked.iter().any(|known| matches!(known, Asked::There(known) if known.key == one.key)) {
            asked.push(Asked::There(one));
        }
    }
    for (key, up_to) in followed.iter().filter(|_| named.is_empty()) {
        asked.push(match &all {
            Some(all) if all.has(key) => Asked::There(all.find(key)?),
            Some(_) if !key.is_empty() => {
                let (key, name) = (key.clone(), up_to.name.clone());
                Asked::Missing(SyncedCollection { key, name, missing: true, ..SyncedCollection::default() })
            }
            _ => Asked::There(Collection::whole()),
        });
    }
    Ok(asked)
}

/// Makes each of several collections that a profile follows an interest; what stands in several
/// belongs to the first by key. The whole library is none.
fn pin(library: &mut Library, profile: &str) -> Result<()> {
    let mut keys: Vec<String> = library.synced_collections(profile)?.into_keys().collect();
    keys.retain(|key| !key.is_empty());
    if keys.len() < 2 {
        return Ok(());
    }
    let mut numbers: BTreeMap<String, i64> = BTreeMap::new();
    for (number, key) in (1..).zip(&keys) {
        for target in library.synced_items(SyncedFrom { profile, collection: key })?.into_values() {
            numbers.entry(target).or_insert(number);
        }
    }
    let (mut papers, mut texts) = (Vec::new(), Vec::new());
    for (target, number) in numbers {
        if let Ok(id) = target.parse::<ArxivId>() {
            papers.push((id, Some(number)));
        }
        texts.push((target, Some(number)));
    }
    library.set_interests(profile, &papers)?;
    library.set_text_interests(profile, &texts)
}

/// The collection that a source names; empty for the whole library.
pub(super) fn collection_of(source: &str) -> Result<String> {
    match source.split_once(':') {
        None if source == "zotero" => Ok(String::new()),
        Some(("zotero", name)) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        _ => Err(ZoteroError::NotASource { text: source.to_owned() }.into()),
    }
}

/// The collection that is written into: the one that is named, else the one that is synced.
fn target_of(named: &str, asked: &[Asked]) -> Result<String> {
    let named = named.trim();
    match (named.strip_prefix("zotero:").unwrap_or(named), asked) {
        ("", [Asked::There(one)]) if !one.key.is_empty() => Ok(one.key.clone()),
        ("", _) => Err(ZoteroError::NoTarget.into()),
        (named, _) => Ok(named.to_owned()),
    }
}

fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

pub(super) fn default_profile() -> String {
    DEFAULT_PROFILE.to_owned()
}
