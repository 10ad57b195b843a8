//! Answers that were given, for whoever asks the same of the same content.
//!
//! In: an address with its question, and the tag under which it was answered. Out: the answer, as
//! long as the tag is that of now. An answer is a function of the library, the day and the
//! question, all of which are in the key; so nothing ever has to be told to forget.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderValue;

/// The most bytes of all answers together.
const MOST: usize = 32 << 20;
/// The most bytes of one.
const LARGEST: usize = 1 << 20;

/// An answer as it was given.
#[derive(Clone)]
pub(super) struct Given {
    /// The tag of the content that it was made from.
    pub(super) tag: HeaderValue,
    /// What its bytes are, as `Content-Type` says.
    pub(super) kind: &'static str,
    /// Its bytes.
    pub(super) body: Bytes,
    /// What somebody should know beside it.
    pub(super) notes: Option<HeaderValue>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<String, (u64, Given)>,
    bytes: usize,
    /// Counts uses, so that the answer that nobody has asked for since long is known.
    uses: u64,
}

/// The answers.
#[derive(Default)]
pub(super) struct Cache(Mutex<Kept>);

impl Cache {
    /// The answer to a question, where it was given under this tag.
    pub(super) fn get(&self, question: &str, tag: &HeaderValue) -> Option<Given> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let (used, given) = kept.answers.get_mut(question).filter(|(_, given)| given.tag == tag)?;
        *used = now;
        Some(given.clone())
    }

    /// Keeps an answer, in place of an older one to the same question.
    pub(super) fn put(&self, question: String, given: Given) {
        let size = |question: &str, given: &Given| question.len() + given.body.len();
        if size(&question, &given) > LARGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        kept.bytes += size(&question, &given);
        if let Some((_, old)) = kept.answers.insert(question.clone(), (now, given)) {
            kept.bytes -= size(&question, &old);
        }
        while kept.bytes > MOST {
            let oldest = kept.answers.iter().min_by_key(|(_, (used, _))| *used).map(|(question, _)| question.clone());
            let Some(oldest) = oldest else { break };
            if let Some((_, old)) = kept.answers.remove(&oldest) {
                kept.bytes -= size(&oldest, &old);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(tag: &'static str, bytes: usize) -> Given {
        Given { tag: HeaderValue::from_static(tag), kind: "text/plain", body: vec![0; bytes].into(), notes: None }
    }

    #[test]
    fn an_answer_is_given_again_for_the_same_content_alone() {
        let cache = Cache::default();
        cache.put("/a?k=1".to_owned(), given("one", 3));
        let get =
            |question: &str, tag| cache.get(question, &HeaderValue::from_static(tag)).map(|given| given.body.len());
        assert_eq!((get("/a?k=1", "one"), get("/a?k=1", "two"), get("/a?k=2", "one")), (Some(3), None, None));
        cache.put("/a?k=1".to_owned(), given("two", 4));
        assert_eq!((get("/a?k=1", "one"), get("/a?k=1", "two")), (None, Some(4)));
    }

    #[test]
    fn what_nobody_has_asked_for_since_long_makes_room() {
        let cache = Cache::default();
        let get = |number: usize| cache.get(&number.to_string(), &HeaderValue::from_static("tag")).is_some();
        for number in 0..100 {
            cache.put(number.to_string(), given("tag", LARGEST / 2));
            assert!(get(0), "asked for all the time");
        }
        assert_eq!((get(1), get(99)), (false, true));
        cache.put("large".to_owned(), given("tag", LARGEST + 1));
        assert!(cache.get("large", &HeaderValue::from_static("tag")).is_none());
    }
}
