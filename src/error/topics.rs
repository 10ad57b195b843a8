//! What can go wrong with topics: their numbers, their names, how many there are.

/// Errors of topics.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TopicsError {
    /// A topic that is not among those that were found last.
    #[error("there is no topic {id}{}", other_topics(there))]
    NoSuchTopic {
        /// Its number.
        id: u32,
        /// The numbers that there are, ascending.
        there: Vec<u32>,
    },
    /// A span of days, where topics are asked for that were kept.
    #[error("topics of a span of days are found anew each time and have no history")]
    OfDays,
    /// More topics than papers.
    #[error("{papers} papers cannot be {topics} topics")]
    TooMany {
        /// How many were asked for.
        topics: usize,
        /// How many papers there are.
        papers: usize,
    },
    /// A name that another topic of the same level has.
    #[error("topic {other} is already called {name:?}")]
    NameTaken {
        /// The name.
        name: String,
        /// The topic that has it.
        other: u32,
    },
}

impl TopicsError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            TopicsError::NoSuchTopic { .. } => "no-such-topic",
            TopicsError::OfDays => "topics-of-days",
            TopicsError::TooMany { .. } => "too-many-topics",
            TopicsError::NameTaken { .. } => "topic-name-taken",
        }
    }
}

/// `; there are 1 to 4, 6 and 8`.
fn other_topics(there: &[u32]) -> String {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for id in there {
        match spans.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*id) => *last = *id,
            _ => spans.push((*id, *id)),
        }
    }
    let mut spans: Vec<String> = spans
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") })
        .collect();
    match (spans.pop(), spans.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => format!("; there are {only}"),
        (Some(last), false) => format!("; there are {} and {last}", spans.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_there_are_are_named_in_spans() {
        for (there, expected) in [
            (&[][..], ""),
            (&[3], "; there are 3"),
            (&[1, 2, 3], "; there are 1 to 3"),
            (&[1, 2, 3, 5, 7, 8], "; there are 1 to 3, 5 and 7 to 8"),
        ] {
            assert_eq!(other_topics(there), expected);
        }
    }
}
