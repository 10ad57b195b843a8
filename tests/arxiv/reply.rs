//! An answer before it goes out.

use std::time::Duration;

/// An answer over HTTP, and how it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names and values, without `content-length` and `date`.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// How long nothing is sent.
    pub(crate) delay: Duration,
    /// After how many bytes of the body the connection is cut.
    pub(crate) cut: Option<usize>,
}

impl Reply {
    /// A document with its media type.
    pub(crate) fn new(status: u16, media: &str, body: impl Into<Vec<u8>>) -> Reply {
        let headers = vec![("content-type", media.to_owned())];
        Reply { status, headers, body: body.into(), delay: Duration::ZERO, cut: None }
    }

    /// Plain text.
    pub(crate) fn plain(status: u16, text: &str) -> Reply {
        Reply::new(status, "text/plain; charset=utf-8", text)
    }

    /// XML with status 200.
    pub(crate) fn xml(body: Vec<u8>) -> Reply {
        Reply::new(200, "text/xml; charset=utf-8", body)
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Reply {
        self.headers.push((name, value.to_string()));
        self
    }
}
