//! The stable codes of problems that the API's answers have, with their statuses and what they
//! mean.
//!
//! In: nothing. Out: one table, from which the OpenAPI document and the page of the API are made.
//! Codes of the service are told whole in docs/reference/errors.md; here stand those that an
//! endpoint names among its own, and those of this door.

/// What can go wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    /// The stable name.
    pub(super) name: &'static str,
    /// The status of the answer.
    pub(super) status: u16,
    /// What it means, in a sentence.
    pub(super) about: &'static str,
}

const fn code(name: &'static str, status: u16, about: &'static str) -> Code {
    Code { name, status, about }
}

/// What any address may answer.
pub(super) const EVERYWHERE: &[&str] =
    &["busy", "host-refused", "origin-refused", "site-refused", "token-needed", "too-slow", "internal"];
/// What an address with parameters or a body may answer.
pub(super) const READ: &[&str] = &["malformed-request"];
/// What an address that takes a body may answer.
pub(super) const BODY: &[&str] = &["body-too-long", "body-too-slow", "unsupported-media-type"];
/// What an address that changes something may answer.
pub(super) const WRITES: &[&str] = &["read-only", "library-busy", "library-full", "library-read-only"];

/// All of them, by name.
pub(super) static CODES: &[Code] = &[
    code("body-too-long", 413, "The body is longer than is read, or broke off."),
    code("body-too-slow", 408, "The body did not come within half a minute."),
    code("busy", 429, "More is asked at once than is answered; Retry-After says when to come again."),
    code("cancelled", 503, "Somebody ended the work."),
    code("fetch-failed", 502, "arXiv gave no good answer, however often it was asked."),
    code("fetch-offline", 503, "The server runs offline and fetches nothing."),
    code("fetch-refused", 502, "arXiv understood the question and refuses it."),
    code("fetch-too-many-requests", 503, "arXiv wants fewer requests; Retry-After says when to come again."),
    code("filter-too-long", 422, "A filter asks for more than is looked up."),
    code("follows-nothing", 422, "Nothing to follow, or no category of arXiv."),
    code("follows-too-much", 422, "The profile follows as much as a profile may."),
    code("host-refused", 421, "The server does not answer under this name."),
    code("internal", 500, "A state that the code rules out; a mistake of this program."),
    code("library-busy", 503, "Another process keeps the library locked; Retry-After says when to come again."),
    code("library-full", 507, "There is no room left on the disk."),
    code("library-read-only", 409, "The library's file or folder may not be written."),
    code("liked-are-gone", 409, "The profile's liked papers are all gone, or have no text."),
    code("malformed-request", 422, "A parameter or the body cannot be read; detail names the place."),
    code("model-unavailable", 503, "The model that embeds is not here and cannot be fetched."),
    code("no-such-interest", 404, "The profile has no such interest."),
    code("no-such-job", 404, "There is no job of this number."),
    code("no-such-profile", 404, "There is no such profile."),
    code("no-such-topic", 404, "The topic is not among those that were found last."),
    code("no-vector", 422, "A paper has no text, and so no vector."),
    code("not-a-category", 422, "A name is no category or archive of arXiv."),
    code("not-a-tag", 422, "A tag is empty, or holds a sign that stands between tags."),
    code("not-in-library", 404, "The library does not hold a paper that is named."),
    code("not-liked", 404, "The profile does not like a paper or text that is named."),
    code("note-too-long", 422, "The note is too long."),
    code("nothing-liked", 409, "Nothing says what is liked."),
    code("nothing-to-fetch", 422, "No category is named, and none is remembered."),
    code("nothing-usable", 422, "No entry of the file could be used; the job's answer names each."),
    code("out-of-range", 422, "A number is beyond what it can be."),
    code("origin-refused", 403, "Pages of other sites may not ask."),
    code("papers-and-categories", 422, "Papers and categories are fetched by separate requests."),
    code("read-only", 403, "This server changes nothing."),
    code("site-refused", 403, "A browser says that another site asks."),
    code("text-too-long", 413, "A text is longer than the model reads, and was not to be cut."),
    code("text-unread", 422, "The model does not read the language of the text."),
    code("token-needed", 401, "The server's token is not shown."),
    code("too-many-texts", 413, "More texts than one request may have."),
    code("too-slow", 503, "The answer took longer than a request may; ask for less."),
    code("topic-name-taken", 409, "Another topic of the same level has this name."),
    code("unsupported-media-type", 415, "The body does not say that it is of a kind that is taken here."),
];
