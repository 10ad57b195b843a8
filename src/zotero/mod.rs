//! Zotero's two interfaces: the local one of a running Zotero, and the web API.
//!
//! In: where they are ([`ZoteroSettings`]), collections, and what is known of them. Out: their
//! items since, page by page, as [`Reference`]s, and which items they hold now. `client` makes the
//! requests, with the manners that Zotero asks for
//! (<https://www.zotero.org/support/dev/web_api/v3/syncing>), `collections` finds collections by
//! key, name or path, `news` reads what is new in one, and `write` writes works into one.

mod client;
mod collections;
mod news;
mod settings;
mod write;

pub(crate) use client::{Client, Waiting};
pub(crate) use collections::Collection;
pub(crate) use news::{Known, News};
pub use settings::ZoteroSettings;
pub(crate) use write::{MOST_AT_ONCE, Posted, Present, preprint};

use serde_json::Value;

use crate::references::Reference;

/// Items of a page; the web API gives no more.
const PAGE: usize = 100;
/// The same of the local API, which seeks all items for each page.
const LOCAL_PAGE: usize = 1000;
/// How often a reading is begun anew, where the library changes between its pages.
const RESTARTS: usize = 4;

/// An item of a library.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its key.
    pub key: String,
    /// What it says of the work.
    pub reference: Reference,
}

/// The elements of an answer that is a list.
fn values(body: &Value) -> &[Value] {
    body.as_array().map(Vec::as_slice).unwrap_or_default()
}
