//! What can be wrong with an answer. Each of these was seen at the real servers.

use std::time::Duration;

/// What a client speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// The daily feed, as Atom or as RSS.
    Feed,
    /// OAI-PMH.
    Oai,
    /// The query API.
    Api,
}

/// A fault. Several may meet in one answer: what replaces the answer, what changes its content and
/// what disturbs its transport go together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Status 429 with the text `Rate exceeded.`, and with `Retry-After` in seconds where given.
    TooMany { retry_after: Option<u32> },
    /// Status 503, with `Retry-After` in seconds where given.
    Unavailable { retry_after: Option<u32> },
    /// Status 503 with the text `first byte timeout`.
    FirstByteTimeout,
    /// Status 200 with a page in HTML: `Access Denied`.
    HtmlDenial,
    /// Nothing is sent for a while, in real time.
    SlowFirstByte(Duration),
    /// The connection breaks after as many bytes of the body, at the latest before its last one.
    Cut(usize),
    /// The body ends after as many bytes, at the latest before its last one; over HTTP it is whole.
    Truncated(usize),

    /// OAI: a resumption token is refused as `badResumptionToken`.
    BadResumptionToken,
    /// OAI: records a page, one number after the other, over and over.
    PageSizes(Vec<usize>),
    /// OAI: the next page begins as many records before the end of this one, on the same day.
    OverlapPages(usize),

    /// API: `totalResults` is 0, and there is no entry.
    TotalResultsZero,
    /// API: a page after the first has no entries, though there are more.
    EmptyLaterPage,
    /// API: the index lacks the last so many days.
    IndexLate(i32),

    /// Feed: a category or archive has the papers of the day before, under the date of today.
    StaleCategory(String),
    /// Feed: valid, and without entries.
    NoEntries,
    /// Feed: dates are as many days behind.
    PubDateBehind(i32),
    /// Feed: the papers of these ids are left out.
    Missing(Vec<String>),
    /// Feed: still that of the day before.
    NotYetOut,
}

impl Fault {
    /// One of each kind with the endpoint that it concerns, for tests that go through all. The
    /// fault of a long delay waits 50 ms.
    pub(crate) fn examples() -> Vec<(Endpoint, Fault)> {
        let any = [
            Fault::TooMany { retry_after: None },
            Fault::TooMany { retry_after: Some(120) },
            Fault::Unavailable { retry_after: None },
            Fault::Unavailable { retry_after: Some(30) },
            Fault::FirstByteTimeout,
            Fault::HtmlDenial,
            Fault::SlowFirstByte(Duration::from_millis(50)),
            Fault::Cut(700),
            Fault::Truncated(700),
        ];
        let one = [
            (Endpoint::Oai, Fault::BadResumptionToken),
            (Endpoint::Oai, Fault::PageSizes(vec![7, 3, 5])),
            (Endpoint::Oai, Fault::OverlapPages(2)),
            (Endpoint::Api, Fault::TotalResultsZero),
            (Endpoint::Api, Fault::EmptyLaterPage),
            (Endpoint::Api, Fault::IndexLate(1)),
            (Endpoint::Feed, Fault::StaleCategory("cs.LG".into())),
            (Endpoint::Feed, Fault::NoEntries),
            (Endpoint::Feed, Fault::PubDateBehind(1)),
            (Endpoint::Feed, Fault::Missing(Vec::new())),
            (Endpoint::Feed, Fault::NotYetOut),
        ];
        let everywhere = [Endpoint::Feed, Endpoint::Oai, Endpoint::Api]
            .into_iter()
            .flat_map(|endpoint| any.iter().map(move |fault| (endpoint, fault.clone())));
        everywhere.chain(one).collect()
    }

    /// A fault by its name on a command line, such as `429`, `503=30` or `stale=cs.LG`; none where
    /// the text names none.
    pub(crate) fn parse(text: &str) -> Option<Fault> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let number = || value.map(str::parse::<usize>).transpose().ok();
        let seconds = || value.map(str::parse::<u32>).transpose().ok();
        let days = || value.map_or(Ok(1), str::parse::<i32>).ok();
        Some(match name {
            "429" => Fault::TooMany { retry_after: seconds()? },
            "503" => Fault::Unavailable { retry_after: seconds()? },
            "first-byte-timeout" => Fault::FirstByteTimeout,
            "denial" => Fault::HtmlDenial,
            "slow" => Fault::SlowFirstByte(Duration::from_millis(number()?.unwrap_or(5000) as u64)),
            "cut" => Fault::Cut(number()?.unwrap_or(1000)),
            "truncated" => Fault::Truncated(number()?.unwrap_or(1000)),
            "bad-token" => Fault::BadResumptionToken,
            "page-sizes" => Fault::PageSizes(value?.split(',').map(str::parse).collect::<Result<_, _>>().ok()?),
            "overlap" => Fault::OverlapPages(number()?.unwrap_or(3)),
            "zero-results" => Fault::TotalResultsZero,
            "empty-later-page" => Fault::EmptyLaterPage,
            "index-late" => Fault::IndexLate(days()?),
            "stale" => Fault::StaleCategory(value?.to_owned()),
            "no-entries" => Fault::NoEntries,
            "date-behind" => Fault::PubDateBehind(days()?),
            "missing" => Fault::Missing(value?.split(',').map(str::to_owned).collect()),
            "not-yet-out" => Fault::NotYetOut,
            _ => return None,
        })
    }

    /// The endpoints at which the fault means something.
    pub(crate) fn endpoints(&self) -> &'static [Endpoint] {
        match self {
            Fault::BadResumptionToken | Fault::PageSizes(_) | Fault::OverlapPages(_) => &[Endpoint::Oai],
            Fault::TotalResultsZero | Fault::EmptyLaterPage | Fault::IndexLate(_) => &[Endpoint::Api],
            Fault::StaleCategory(_)
            | Fault::NoEntries
            | Fault::PubDateBehind(_)
            | Fault::Missing(_)
            | Fault::NotYetOut => &[Endpoint::Feed],
            _ => &[Endpoint::Feed, Endpoint::Oai, Endpoint::Api],
        }
    }
}
