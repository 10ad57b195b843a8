//! The collections of a library, which may stand in each other.
//!
//! In: what somebody calls them: a key, a name, or names from the outermost on (`Physics/Ice`).
//! Out: [`Collection`]s, each with those that stand in it, at any depth.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::{Answer, Client};
use super::{PAGE, values};
use crate::error::{Result, ZoteroError};

/// A collection of a library, or the whole library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Collection {
    /// Its key; empty for the whole library.
    pub key: String,
    /// Its name; empty for the whole library.
    pub name: String,
    /// Its key and those of all collections in it.
    pub subtree: BTreeSet<String>,
    /// The version of the library in which all this was so; without an end for the whole library.
    pub version: u64,
}

/// The collections of a library.
pub(crate) struct Collections {
    /// By key.
    nodes: BTreeMap<String, Node>,
    /// The version of the library.
    version: u64,
}

struct Node {
    name: String,
    parent: Option<String>,
}

impl Collection {
    /// The whole library.
    pub(crate) fn whole() -> Collection {
        let subtree = BTreeSet::from([String::new()]);
        Collection { key: String::new(), name: String::new(), subtree, version: u64::MAX }
    }
}

impl Client {
    /// All collections of the library.
    ///
    /// # Errors
    /// What the server answers.
    pub(crate) fn collections(&self) -> Result<Collections> {
        let mut all = Collections { nodes: BTreeMap::new(), version: u64::MAX };
        let mut next = Some(format!("collections?limit={PAGE}"));
        while let Some(path) = next {
            let Answer { body, link, version, .. } = self.get(&path, None)?;
            all.nodes.extend(values(&body).iter().filter_map(node));
            all.version = all.version.min(version);
            next = link;
        }
        Ok(all)
    }
}

/// A collection with its key; `None` for one in the bin.
fn node(value: &Value) -> Option<(String, Node)> {
    let data = value.get("data")?;
    let binned = data.get("deleted").is_some_and(|deleted| !matches!(deleted, Value::Bool(false) | Value::Null));
    let name = data.get("name")?.as_str()?.to_owned();
    let parent = data.get("parentCollection").and_then(Value::as_str).map(str::to_owned);
    let key = value.get("key")?.as_str()?.to_owned();
    (!binned).then_some((key, Node { name, parent }))
}

impl Collections {
    /// Whether there is one of this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.nodes.contains_key(key)
    }

    /// The collection of a key, a name in any case, or a path.
    ///
    /// # Errors
    /// [`ZoteroError::NoSuchCollection`] names those that there are.
    pub(crate) fn find(&self, asked: &str) -> Result<Collection> {
        if self.has(asked) {
            return Ok(self.collection(asked));
        }
        let asked_for = asked.to_lowercase();
        let named: Vec<&String> = (self.nodes.iter())
            .filter(|(key, node)| node.name.to_lowercase() == asked_for || self.path(key).to_lowercase() == asked_for)
            .map(|(key, _)| key)
            .collect();
        match named.as_slice() {
            [one] => Ok(self.collection(one)),
            named => {
                let mut there: Vec<String> = match named {
                    [] => self.nodes.keys().map(|key| self.path(key)).collect(),
                    named => named.iter().map(|key| format!("{} ({key})", self.path(key))).collect(),
                };
                there.sort_unstable();
                Err(ZoteroError::NoSuchCollection { name: asked.to_owned(), several: !named.is_empty(), there }.into())
            }
        }
    }

    fn collection(&self, key: &str) -> Collection {
        let mut subtree = BTreeSet::from([key.to_owned()]);
        let is_in =
            |node: &Node, all: &BTreeSet<String>| node.parent.as_ref().is_some_and(|parent| all.contains(parent));
        loop {
            let more: Vec<String> = (self.nodes.iter())
                .filter(|(key, node)| is_in(node, &subtree) && !subtree.contains(*key))
                .map(|(key, _)| key.clone())
                .collect();
            if more.is_empty() {
                break;
            }
            subtree.extend(more);
        }
        let name = self.nodes.get(key).map_or_else(String::new, |node| node.name.clone());
        Collection { key: key.to_owned(), name, subtree, version: self.version }
    }

    /// The names of what a collection stands in, from the outermost on, and its own.
    fn path(&self, key: &str) -> String {
        let (mut names, mut passed, mut next) = (Vec::new(), BTreeSet::new(), Some(key));
        while let Some((key, node)) = next.and_then(|key| self.nodes.get_key_value(key)) {
            // What stands in itself is no tree, whatever a server says.
            if !passed.insert(key) {
                break;
            }
            names.push(node.name.as_str());
            next = node.parent.as_deref();
        }
        names.reverse();
        names.join("/")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn collections() -> Collections {
        let all = json!([
            { "key": "PHYS", "data": { "name": "Physics", "parentCollection": false } },
            { "key": "ICE", "data": { "name": "Ice", "parentCollection": "PHYS" } },
            { "key": "SEA", "data": { "name": "Sea ice", "parentCollection": "ICE" } },
            { "key": "ICE2", "data": { "name": "ice", "parentCollection": false } },
            { "key": "BIN", "data": { "name": "Old", "parentCollection": false, "deleted": true } },
            { "key": "RING", "data": { "name": "Ring", "parentCollection": "RING" } },
        ]);
        Collections { nodes: values(&all).iter().filter_map(node).collect(), version: 3 }
    }

    #[test]
    fn a_collection_is_found_by_key_name_or_path_and_has_what_stands_in_it() {
        let found =
            |asked: &str| collections().find(asked).map(|one| (one.key, one.subtree.into_iter().collect::<Vec<_>>()));
        let all = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        assert_eq!(found("ICE").unwrap(), ("ICE".to_owned(), all(&["ICE", "SEA"])));
        assert_eq!(found("physics").unwrap(), ("PHYS".to_owned(), all(&["ICE", "PHYS", "SEA"])));
        assert_eq!(found("Physics/ICE/sea ice").unwrap().0, "SEA");
        assert_eq!(found("Ring").unwrap(), ("RING".to_owned(), all(&["RING"])));
        let text = |asked: &str| found(asked).unwrap_err().to_string();
        assert_eq!(
            text("ice"),
            "Zotero has more than one collection \"ice\"; there are: Physics/Ice (ICE), ice (ICE2)"
        );
        assert_eq!(
            text("Old"),
            "Zotero has no collection \"Old\"; there are: Physics, Physics/Ice, Physics/Ice/Sea ice, Ring, ice"
        );
    }
}
