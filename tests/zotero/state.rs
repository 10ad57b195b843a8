//! What the stand-in has, and what it answers.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::{Fault, KEY, Seen};

/// The user of the web API.
const USER: &str = "7";

#[derive(Clone)]
pub(super) struct Item {
    pub(super) version: u64,
    pub(super) data: Value,
}

pub(super) struct State {
    pub(super) version: u64,
    /// The version up to which the Zotero of this machine has synced.
    pub(super) synced: u64,
    /// Items of a page at most.
    pub(super) page: usize,
    pub(super) local: bool,
    pub(super) items: BTreeMap<String, Item>,
    pub(super) collections: BTreeMap<String, Value>,
    /// Whether the key may write.
    pub(super) may_write: bool,
    /// Items that are not taken, by `archiveID`.
    pub(super) refused: Vec<String>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) write_faults: VecDeque<Fault>,
    pub(super) seen: Vec<Seen>,
}

pub(super) struct Request {
    pub(super) side: &'static str,
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    /// What is to be written.
    pub(super) works: Option<Vec<Value>>,
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl State {
    pub(super) fn put(&mut self, key: &str, title: &str, abstract_note: &str, collections: &[&str]) {
        self.version += 1;
        let data = json!({ "key": key, "itemType": "journalArticle", "title": title, "abstractNote": abstract_note,
            "dateAdded": "2026-01-02T03:04:05Z", "collections": collections,
            "creators": [{ "creatorType": "author", "firstName": "Ada", "lastName": "Example" }] });
        self.items.insert(key.to_owned(), Item { version: self.version, data });
    }

    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        let Request { side, path, headers, works } = request;
        let (at, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = at.trim_start_matches('/').split('/').collect();
        let web = *side == "web";
        if !web && !self.local {
            return plain(403, "Local API is not enabled");
        }
        if web && headers.get("zotero-api-key").is_none_or(|key| key != KEY) {
            return plain(403, "Invalid key");
        }
        match parts.as_slice() {
            ["keys", "current"] if web => Reply {
                status: 200,
                body: json!({ "userID": 7, "access": { "user": { "library": true, "write": self.may_write } } })
                    .to_string(),
                headers: Vec::new(),
            },
            ["users", USER, "items"] if web && works.is_some() => self.write(works.as_deref().unwrap_or(&[]), headers),
            _ if works.is_some() => plain(400, "Endpoint does not support method"),
            ["users", user, rest @ ..] if *user == if web { USER } else { "0" } => {
                self.library(web, user, rest, query, headers)
            }
            _ => plain(404, "Not found"),
        }
    }

    /// Takes items.
    fn write(&mut self, works: &[Value], headers: &BTreeMap<String, String>) -> Reply {
        if !self.may_write {
            return plain(403, "Write access denied");
        }
        let Some(version) = headers.get("if-unmodified-since-version").and_then(|text| text.parse::<u64>().ok()) else {
            return plain(428, "If-Unmodified-Since-Version not provided");
        };
        if version < self.version {
            return plain(412, "Library has been modified since specified version");
        }
        if works.len() > 50 {
            return plain(413, "Too many items submitted");
        }
        self.version += 1;
        let mut told = json!({ "successful": {}, "success": {}, "unchanged": {}, "failed": {} });
        for (number, work) in works.iter().enumerate() {
            let number = number.to_string();
            let wrong = (work["collections"].as_array().into_iter().flatten())
                .any(|key| !self.collections.contains_key(key.as_str().unwrap_or_default()));
            if wrong || self.refused.iter().any(|id| work["archiveID"] == **id) {
                told["failed"][number] = json!({ "key": "", "code": 400, "message": "Invalid value for a field" });
                continue;
            }
            let key = format!("NEW{}X{number}", self.version);
            let item = Item { version: self.version, data: work.clone() };
            told["successful"][&number] = json!({ "key": key, "version": item.version, "data": item.data });
            told["success"][&number] = key.clone().into();
            self.items.insert(key, item);
        }
        let headers = vec![("Last-Modified-Version", self.version.to_string())];
        Reply { status: 200, body: told.to_string(), headers }
    }

    /// An answer about a library.
    fn library(
        &mut self,
        web: bool,
        user: &str,
        parts: &[&str],
        query: &str,
        headers: &BTreeMap<String, String>,
    ) -> Reply {
        let here = if web { self.version } else { self.synced };
        let mut out = vec![("Last-Modified-Version", here.to_string())];
        let unless = headers.get("if-modified-since-version").and_then(|version| version.parse::<u64>().ok());
        if unless.is_some_and(|unless| unless > 0 && unless >= here) {
            return Reply { status: 304, body: String::new(), headers: out };
        }
        let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        let number = |name: &str| parameter(name).and_then(|value| value.parse::<u64>().ok());
        let version = |item: &Item| if web || item.version <= self.synced { item.version } else { 0 };
        let all: Vec<(String, u64, Value)> = match parts {
            ["collections"] => self.collections.iter().map(|(key, data)| (key.clone(), here, data.clone())).collect(),
            ["items", "top"] | ["collections", _, "items", "top"] => {
                let within = |item: &Item| match parts {
                    ["collections", key, ..] => {
                        item.data["collections"].as_array().is_some_and(|all| all.iter().any(|one| one == key))
                    }
                    _ => true,
                };
                let all = parameter("includeTrashed") == Some("1");
                let binned = |item: &Item| !all && item.data.get("deleted").is_some();
                let items = self.items.iter().filter(|(_, item)| within(item) && !binned(item));
                items.map(|(key, item)| (key.clone(), version(item), item.data.clone())).collect()
            }
            _ => return plain(404, "Not found"),
        };
        let since = number("since").unwrap_or(0);
        let all: Vec<_> = all.into_iter().filter(|(_, version, _)| since == 0 || *version > since).collect();
        out.push(("Total-Results", all.len().to_string()));
        if parameter("format") == Some("versions") {
            let body: Value = all.into_iter().map(|(key, version, _)| (key, Value::from(version))).collect();
            return Reply { status: 200, body: body.to_string(), headers: out };
        }
        let start = number("start").unwrap_or(0) as usize;
        let asked = number("limit").map_or(if web { 25 } else { usize::MAX }, |limit| limit as usize);
        let limit = asked.min(self.page).min(if web { 100 } else { usize::MAX });
        if start + limit < all.len() {
            let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("start=")).collect();
            let path = format!("http://elsewhere/api/users/{user}/{}?{}", parts.join("/"), rest.join("&"));
            let next = format!("<{path}&start={}>; rel=\"next\"", start + limit);
            out.push(("Link", format!("<{path}>; rel=\"last\", {next}")));
        }
        let page = all.into_iter().skip(start).take(limit);
        let body: Value =
            page.map(|(key, version, data)| json!({ "key": key, "version": version, "data": data })).collect();
        Reply { status: 200, body: body.to_string(), headers: out }
    }
}

pub(super) fn plain(status: u16, text: &str) -> Reply {
    Reply { status, body: text.to_owned(), headers: Vec::new() }
}
