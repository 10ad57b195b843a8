//! What pages are made of and takes long to read: the tree of topics and the data of the map, kept
//! as long as the library's content stays the same.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;

use crate::service::TopicTree;

/// What is kept, with the content that it was made of.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) tree: Mutex<Option<(u64, Option<Arc<TopicTree>>)>>,
    pub(super) map: Mutex<Option<(u64, Bytes)>>,
}
