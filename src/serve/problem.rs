//! What went wrong, as a client reads it: `application/problem+json` (RFC 9457) with the stable
//! code of the error.
//!
//! In: errors of the service, and what this door refuses by itself. Out: a status, and a body with
//! `type`, `title`, `status`, `detail` and `code`. Each variant of an error is named here, so that
//! the compiler asks for the status of a new one.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{
    BulkError, EmbeddingError, Error, FetchError, LibraryError, MailError, ModelError, ProfileError, QueryError,
    TopicsError, ZoteroError,
};

/// Something that was refused, or that went wrong.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// Seconds after which it is worth asking again.
    retry_after: Option<u32>,
}

/// A problem as it is written.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Written<'a> {
    /// Names the kind of problem; it ends with the code.
    r#type: String,
    /// The status in words.
    pub(super) title: &'a str,
    /// The status of the answer.
    pub(super) status: u16,
    /// What went wrong.
    pub(super) detail: &'a str,
    /// The stable name of what went wrong, see docs/reference/errors.md.
    pub(super) code: &'a str,
}

impl Problem {
    /// A problem that this door tells by itself.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status, code, detail: detail.into(), retry_after: None }
    }

    /// Something in a request that cannot be read: JSON, a parameter, a value.
    pub(super) fn malformed(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "malformed-request", detail)
    }

    /// There is no such page.
    pub(super) fn not_found() -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "no-such-page",
            "there is nothing at this address; /api lists what there is",
        )
    }

    /// More was asked at once than is answered.
    pub(super) fn busy() -> Problem {
        let detail = "more is asked at once than this machine answers";
        Problem { retry_after: Some(1), ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", detail) }
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    #[cfg(test)]
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// The body as JSON.
    pub(super) fn written(&self) -> Written<'_> {
        Written {
            r#type: format!("urn:relata:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.written()).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // For who makes a page of it.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let (status, retry_after) = status(&error);
        Problem { status, code: error.code(), detail: error.with_causes(), retry_after }
    }
}

/// The status of an error, and after how many seconds it is worth asking again.
fn status(error: &Error) -> (StatusCode, Option<u32>) {
    let status = match error {
        Error::Query(error) => query(error),
        Error::Profile(error) => profile(error),
        Error::Topics(error) => topics(error),
        Error::Library(error) => library(error),
        Error::Reading(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Model(error) => model(error),
        Error::Embedding(error) => embedding(error),
        Error::Fetch(error) => fetch(error),
        Error::Mail(error) => mail(error),
        Error::Bulk(error) => bulk(error),
        Error::Zotero(error) => zotero(error),
        Error::Serve(_) | Error::Config(_) | Error::NotBuiltIn { .. } | Error::Io { .. } | Error::Internal(..) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        // Only whoever gave up, or a server that stops, has it cancelled.
        Error::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
    };
    let again = match error {
        Error::Library(LibraryError::Busy { .. }) | Error::Cancelled => Some(2),
        Error::Fetch(FetchError::TooManyRequests { .. }) => Some(600),
        _ => None,
    };
    (status, again)
}

fn query(error: &QueryError) -> StatusCode {
    match error {
        QueryError::NotInLibrary { .. } | QueryError::NoLastAnswer { .. } | QueryError::NotInLastAnswer { .. } => {
            StatusCode::NOT_FOUND
        }
        QueryError::NoVector { .. }
        | QueryError::NotAnId { .. }
        | QueryError::TextUnread { .. }
        | QueryError::EmptyQuery
        | QueryError::NotATag { .. }
        | QueryError::NoteTooLong { .. }
        | QueryError::TooMuch { .. }
        | QueryError::EmptyPeriod { .. }
        | QueryError::OutOfRange { .. }
        | QueryError::Malformed { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn profile(error: &ProfileError) -> StatusCode {
    match error {
        ProfileError::NoSuchProfile { .. } | ProfileError::NoSuchInterest { .. } | ProfileError::NotLiked { .. } => {
            StatusCode::NOT_FOUND
        }
        ProfileError::NothingLiked { .. } | ProfileError::LikedAreGone { .. } => StatusCode::CONFLICT,
        ProfileError::FollowsNothing { .. } | ProfileError::FollowsTooMuch { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn topics(error: &TopicsError) -> StatusCode {
    match error {
        TopicsError::NoSuchTopic { .. } => StatusCode::NOT_FOUND,
        TopicsError::NameTaken { .. } => StatusCode::CONFLICT,
        TopicsError::OfDays | TopicsError::TooMany { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn library(error: &LibraryError) -> StatusCode {
    match error {
        LibraryError::Missing { .. } | LibraryError::Empty { .. } => StatusCode::NOT_FOUND,
        LibraryError::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
        LibraryError::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
        LibraryError::ReadOnly { .. } | LibraryError::OtherModel { .. } | LibraryError::ShardsDiffer { .. } => {
            StatusCode::CONFLICT
        }
        LibraryError::Foreign { .. }
        | LibraryError::Newer { .. }
        | LibraryError::Older { .. }
        | LibraryError::Damaged { .. }
        | LibraryError::Unopened { .. }
        | LibraryError::Unfolded { .. }
        | LibraryError::Sqlite { .. }
        | LibraryError::VectorRefused { .. }
        | LibraryError::NoDataFolder => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn model(error: &ModelError) -> StatusCode {
    match error {
        ModelError::Unknown { .. } => StatusCode::NOT_FOUND,
        ModelError::Absent { .. } | ModelError::Unavailable(..) => StatusCode::SERVICE_UNAVAILABLE,
        ModelError::Folder { .. }
        | ModelError::Manifest { .. }
        | ModelError::Cache { .. }
        | ModelError::NoCacheFolder
        | ModelError::File { .. }
        | ModelError::NotFollowed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn embedding(error: &EmbeddingError) -> StatusCode {
    match error {
        EmbeddingError::Tokens { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        EmbeddingError::Precision { .. }
        | EmbeddingError::Long { .. }
        | EmbeddingError::Engine { .. }
        | EmbeddingError::Device { .. }
        | EmbeddingError::StockEncoder { .. }
        | EmbeddingError::Encoder { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn fetch(error: &FetchError) -> StatusCode {
    match error {
        FetchError::NothingAsked | FetchError::NotACategory { .. } | FetchError::PapersAndCategories => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        FetchError::Offline | FetchError::TooManyRequests { .. } => StatusCode::SERVICE_UNAVAILABLE,
        FetchError::Failed { .. } | FetchError::Refused { .. } => StatusCode::BAD_GATEWAY,
        FetchError::Address { .. } | FetchError::Pause { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// No request sends a mail: one that did would be a mistake of this door.
fn mail(_: &MailError) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// No request writes files.
fn bulk(_: &BulkError) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// No request synchronises.
fn zotero(_: &ZoteroError) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}
