//! What can go wrong with a question: the papers, the text or the days that it names.

/// Errors of questions, whichever way they are asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Papers that the library does not hold.
    #[error("{}", not_in_library(unknown))]
    NotInLibrary {
        /// The ids, each with the nearest that are there and their titles.
        unknown: Vec<(String, Vec<(crate::paper::ArxivId, String)>)>,
    },
    /// A paper that has no text, and so no vector.
    #[error("{id} has no title in the library and so no text to compare with")]
    NoVector {
        /// The paper.
        id: String,
    },
    /// A text that is no arXiv identifier.
    #[error("{text:?} is no arXiv id; ids look like 2602.10611, arXiv:2602.10611v2, hep-th/9901001 or a link to one")]
    NotAnId {
        /// As given.
        text: String,
    },
    /// A place in the last answer, where nothing was answered yet.
    #[error("{number} means a paper of the last answer, and there is no answer yet")]
    NoLastAnswer {
        /// The place.
        number: usize,
    },
    /// A place that the last answer does not have.
    #[error("there is no paper {number} in the last answer, which lists {papers}")]
    NotInLastAnswer {
        /// The place.
        number: usize,
        /// How many papers the answer lists.
        papers: usize,
    },
    /// A liked text in a language that the model does not read, and nothing else.
    #[error("{model} does not read the language of the text, so papers near it would mean nothing")]
    TextUnread {
        /// The model.
        model: String,
        /// A known model that reads the text; `None` where none does.
        other: Option<String>,
        /// Whether the sample was asked, which needs no embedding anew.
        sample: bool,
    },
    /// A search for nothing.
    #[error("the text is empty")]
    EmptyQuery,
    /// A tag without a text, or with a sign that stands between tags.
    #[error("{text:?} is no tag: a tag is a text without commas and semicolons")]
    NotATag {
        /// As given.
        text: String,
    },
    /// A note that is too long.
    #[error("the note has {count} characters; at most {most} are kept")]
    NoteTooLong {
        /// How many it has.
        count: usize,
        /// The bound.
        most: usize,
    },
    /// A filter that asks for more than is looked up.
    #[error("{what} has {count} {unit}; at most {most} are looked up")]
    TooMuch {
        /// The part of the filter.
        what: &'static str,
        /// How much it asks for.
        count: usize,
        /// Of what: `words` or `texts`.
        unit: &'static str,
        /// The bound.
        most: usize,
    },
    /// A period that ends before it begins.
    #[error("the first day, {since}, is after the last, {until}, so no paper can lie between them")]
    EmptyPeriod {
        /// The first day asked for.
        since: jiff::civil::Date,
        /// The last day asked for.
        until: jiff::civil::Date,
    },
    /// A number outside its range.
    #[error("{key} is {given}; it can be a number {range}")]
    OutOfRange {
        /// The key of the request.
        key: &'static str,
        /// As given.
        given: f32,
        /// The range, such as `from 0 to 1`.
        range: &'static str,
    },
    /// A request in JSON that is none of its task.
    #[error("this is no request to {task}: {}{reason}", key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
    Malformed {
        /// The task.
        task: &'static str,
        /// The key that is at fault, where it is one.
        key: Option<String>,
        /// What is wrong.
        reason: String,
    },
}

impl QueryError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            QueryError::NotInLibrary { .. } => "not-in-library",
            QueryError::NoVector { .. } => "no-vector",
            QueryError::NotAnId { .. } => "not-an-id",
            QueryError::NoLastAnswer { .. } => "no-last-answer",
            QueryError::NotInLastAnswer { .. } => "not-in-last-answer",
            QueryError::TextUnread { .. } => "text-unread",
            QueryError::EmptyQuery => "empty-query",
            QueryError::NotATag { .. } => "not-a-tag",
            QueryError::NoteTooLong { .. } => "note-too-long",
            QueryError::TooMuch { .. } => "filter-too-long",
            QueryError::EmptyPeriod { .. } => "empty-period",
            QueryError::OutOfRange { .. } => "out-of-range",
            QueryError::Malformed { .. } => "malformed-request",
        }
    }
}

fn not_in_library(unknown: &[(String, Vec<(crate::paper::ArxivId, String)>)]) -> String {
    let mut text = String::new();
    for (id, closest) in unknown {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{id} is not in the library"));
        if !closest.is_empty() {
            text.push_str("; the closest ids there:");
        }
        for (id, title) in closest {
            text.push_str(&format!("\n  {id}  {title}"));
        }
    }
    text
}
