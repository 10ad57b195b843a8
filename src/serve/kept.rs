//! What pages are made of and takes long to read: the tree of topics and the map, kept as long as
//! the topics stay the same. A like changes neither.

use std::sync::{Arc, Mutex};

use crate::service::{TopicMap, TopicTree};

/// What is kept. Each has a number with it, and is right as long as that is the one of now.
#[derive(Default)]
pub(super) struct Kept {
    /// The version of the topics, with the library's content that it was read of.
    pub(super) version: Mutex<Option<(u64, Option<u64>)>>,
    pub(super) tree: Mutex<Option<(u64, Arc<TopicTree>)>>,
    pub(super) map: Mutex<Option<(u64, Arc<TopicMap>)>>,
}
