//! Requests to arXiv's servers, with the manners that they ask for.
//!
//! In: a [`Question`], and a judge of the answer. Out: a good answer, or why there is none. One
//! request at a time for all processes (`pace`), repeated with growing pauses where it fails in a
//! way that passes: 429, 503 and other 5xx, a connection that breaks or falls silent, an answer
//! that the judge calls unusable.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Serialize;
use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode};

use super::address::{host, is_loopback, redirected, server};
use super::clock::{Clock, SystemClock, after, time_until, wait};
use super::pace::{NoTurn, Pace, Waits};
use super::settings::ArxivSettings;
use crate::error::{Error, FetchError, Holder, Result};
use crate::text::neutral;

/// Largest answer, unpacked. A page of 2,500 records has some 6 MB.
const LARGEST: u64 = 64 << 20;
/// Rest after a 429 without `Retry-After`, in pauses: ten minutes.
const REST: u32 = 200;
/// Longest `Retry-After` that is believed.
const LONGEST_RETRY: Duration = Duration::from_secs(3600);
/// Redirections of one request.
const REDIRECTIONS: u32 = 3;

/// An answer of a server.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its content, unpacked.
    pub body: Vec<u8>,
    /// The mark of this content, for the next request.
    pub etag: Option<String>,
}

/// A question to a server.
pub(super) struct Question<'a> {
    /// Which interface it is to: one that wants rest is left alone, and the others are not.
    pub interface: Interface,
    /// Its address with all parameters.
    pub address: &'a str,
    /// The mark of the content that is known: the judge then may see 304.
    pub etag: Option<&'a str>,
}

/// arXiv's interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    Feed,
    Oai,
    Api,
}

impl Interface {
    pub(super) fn name(self) -> &'static str {
        match self {
            Interface::Feed => "feed",
            Interface::Oai => "oai",
            Interface::Api => "api",
        }
    }

    /// Pauses before the second attempt and those after it, in pauses between requests. What the
    /// query interface fails at, another one answers.
    fn backoff(self) -> &'static [u32] {
        match self {
            Interface::Feed | Interface::Oai => &[1, 4, 10, 20, 40],
            Interface::Api => &[1],
        }
    }
}

/// What is thought of an answer.
pub(super) enum Verdict<T> {
    /// It is what was asked for.
    Good(T),
    /// It is broken, and may be whole when it is asked for again.
    Again(String),
    /// It is a refusal; another attempt would get the same.
    Refused(String),
}

/// Something that whoever waits should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delay {
    /// Another process makes a request.
    Turn(Option<Holder>),
    /// The server wants no request before a time.
    Rest {
        /// Host of the server.
        server: String,
        /// When the next request is made.
        until: Timestamp,
    },
    /// A request failed and is made again.
    Again {
        /// Host of the server.
        server: String,
        /// What happened, on one line.
        reason: String,
        /// When it is made again.
        at: Timestamp,
    },
}

/// Makes requests.
pub struct Client {
    settings: ArxivSettings,
    clock: Arc<dyn Clock>,
    agent: Agent,
    /// Until when it waits for servers that fail or ask for rest.
    deadline: Timestamp,
    check: Box<dyn Fn() -> Result<()>>,
    tell: Box<dyn Fn(Delay)>,
    requests: Cell<u64>,
    /// Where an address has moved to for good, both without parameters.
    moved: RefCell<Option<(String, String)>>,
}

/// What a server sent.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What came of one attempt.
enum Attempt<T> {
    Good(T),
    Failed { reason: String, rest: Option<Duration>, too_many: bool },
}

impl Client {
    /// A client that waits as long as servers ask for.
    pub fn new(settings: ArxivSettings) -> Client {
        let agent = Agent::config_builder()
            .user_agent(settings.user_agent())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_resolve(Some(settings.connect_timeout))
            .timeout_recv_response(Some(settings.silence))
            .timeout_recv_body(Some(settings.silence))
            .max_idle_connections(1)
            .max_idle_connections_per_host(1);
        let local = [&settings.feed, &settings.oai, &settings.api].into_iter().all(|at| is_loopback(host(at)));
        let agent = if local { agent.proxy(None) } else { agent };
        Client {
            agent: agent.build().into(),
            settings,
            clock: Arc::new(SystemClock),
            deadline: Timestamp::MAX,
            check: Box::new(|| Ok(())),
            tell: Box::new(|_| ()),
            requests: Cell::new(0),
            moved: RefCell::default(),
        }
    }

    /// Tells the time by another clock.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Client {
        Client { clock, ..self }
    }

    /// Gives up, instead of waiting beyond this time for servers that fail or ask for rest.
    #[must_use]
    pub fn until(self, deadline: Timestamp) -> Client {
        Client { deadline, ..self }
    }

    /// Asks `check` before each wait and each request whether to go on.
    #[must_use]
    pub fn checked_by(self, check: impl Fn() -> Result<()> + 'static) -> Client {
        Client { check: Box::new(check), ..self }
    }

    /// Tells of waits.
    #[must_use]
    pub fn told_by(self, tell: impl Fn(Delay) + 'static) -> Client {
        Client { tell: Box::new(tell), ..self }
    }

    /// How many requests were made.
    pub fn requests(&self) -> u64 {
        self.requests.get()
    }

    pub(super) fn settings(&self) -> &ArxivSettings {
        &self.settings
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks until the answer is good.
    pub(super) fn get<T>(&self, question: &Question<'_>, judge: &dyn Fn(Reply) -> Verdict<T>) -> Result<T> {
        let name = host(question.address).to_owned();
        let pause = self.settings.pause(question.address);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (reason, rest, too_many) = match self.attempt(question, pause, judge)? {
                Attempt::Good(good) => return Ok(good),
                Attempt::Failed { reason, rest, too_many } => (reason, rest, too_many),
            };
            let Some(&factor) = question.interface.backoff().get(attempts as usize - 1) else {
                return Err(FetchError::Failed { server: name, attempts, reason }.into());
            };
            let wanted = rest.unwrap_or_else(|| jittered(pause * factor));
            let at = after(self.clock.now(), wanted);
            // Nobody waits ten minutes for an interface that another one stands in for.
            if at > self.deadline || too_many && question.interface == Interface::Api {
                return Err(match too_many {
                    true => FetchError::TooManyRequests { server: name, until: at },
                    false => FetchError::Failed { server: name, attempts, reason },
                }
                .into());
            }
            (self.tell)(Delay::Again { server: name.clone(), reason, at });
            wait(&*self.clock, at, &self.check)?;
        }
    }

    /// One attempt, redirections included.
    fn attempt<T>(
        &self,
        question: &Question<'_>,
        pause: Duration,
        judge: &dyn Fn(Reply) -> Verdict<T>,
    ) -> Result<Attempt<T>> {
        let failed = |reason: String| Attempt::Failed { reason, rest: None, too_many: false };
        let mut address = self.where_it_is(question.address);
        for _ in 0..=REDIRECTIONS {
            let here = Question { address: &address, ..*question };
            let Answered { status, headers, body } = match self.request(&here, pause)? {
                Ok(answer) => answer,
                Err(reason) => return Ok(failed(reason)),
            };
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            match status {
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    let to = header("location").unwrap_or_default();
                    let Some(to) = redirected(&address, to) else {
                        return Err(refused(&address, &format!("it sends us to {to}, which is another server")));
                    };
                    if matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT) {
                        let base = |address: &str| address.split('?').next().unwrap_or_default().to_owned();
                        *self.moved.borrow_mut() = Some((base(question.address), base(&to)));
                    }
                    address = to;
                }
                StatusCode::TOO_MANY_REQUESTS => {
                    let rest = self.retry_after(&headers).unwrap_or(pause * REST);
                    return Ok(Attempt::Failed { reason: said(429, &body), rest: Some(rest), too_many: true });
                }
                status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                    let (reason, rest) = (said(status.as_u16(), &body), self.retry_after(&headers));
                    return Ok(Attempt::Failed { reason, rest, too_many: false });
                }
                status => {
                    let etag = header("etag").map(str::to_owned);
                    return match judge(Reply { status: status.as_u16(), body, etag }) {
                        Verdict::Good(good) => Ok(Attempt::Good(good)),
                        Verdict::Again(reason) => Ok(failed(reason)),
                        Verdict::Refused(reason) => Err(refused(&address, &reason)),
                    };
                }
            }
        }
        Ok(failed("it sends us from one address to another".to_owned()))
    }

    /// An address, or where it has moved to.
    fn where_it_is(&self, address: &str) -> String {
        let moved = self.moved.borrow();
        let rest = moved.as_ref().and_then(|(from, to)| Some((to, address.strip_prefix(from.as_str())?)));
        match rest {
            Some((to, rest)) if rest.is_empty() || rest.starts_with('?') => format!("{to}{rest}"),
            _ => address.to_owned(),
        }
    }

    /// One request, in its turn. The inner error is of the connection, in words.
    fn request(&self, question: &Question<'_>, pause: Duration) -> Result<std::result::Result<Answered, String>> {
        let Question { interface, address, etag } = *question;
        let name = host(address);
        let tell = |waits: Waits| {
            (self.tell)(match waits {
                Waits::For(holder) => Delay::Turn(holder),
                Waits::Rest(until) => Delay::Rest { server: name.to_owned(), until },
            });
        };
        let pace = Pace::new(&self.settings.folder, server(name), interface);
        let patience = match interface {
            Interface::Api => Duration::ZERO,
            Interface::Feed | Interface::Oai => time_until(self.clock.now(), self.deadline),
        };
        let turn = match pace.turn(&*self.clock, pause, patience, &self.check, &tell) {
            Ok(turn) => turn,
            Err(NoTurn::Failed(error)) => return Err(error),
            Err(NoTurn::Resting(until)) => {
                return Err(FetchError::TooManyRequests { server: name.to_owned(), until }.into());
            }
        };
        (self.check)()?;
        self.requests.set(self.requests.get() + 1);
        let request = self.agent.get(address);
        let request = match etag {
            Some(etag) => request.header("if-none-match", etag),
            None => request,
        };
        let answer = request.call().and_then(|answer| {
            let (parts, body) = answer.into_parts();
            let body = body.into_with_config().limit(LARGEST).read_to_vec()?;
            Ok(Answered { status: parts.status, headers: parts.headers, body })
        });
        let rest = match &answer {
            Ok(Answered { status: StatusCode::TOO_MANY_REQUESTS, headers, .. }) => {
                Some(self.retry_after(headers).unwrap_or(pause * REST))
            }
            Ok(Answered { status: StatusCode::SERVICE_UNAVAILABLE, headers, .. }) => self.retry_after(headers),
            _ => None,
        };
        let now = self.clock.now();
        turn.end(now, rest.map(|rest| after(now, rest)))?;
        Ok(answer.map_err(|error| in_words(&error)))
    }

    /// What a server asks for, in seconds or as a date (RFC 9110, 10.2.3).
    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get("retry-after")?.to_str().ok()?.trim();
        let wanted = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => time_until(self.clock.now(), rfc2822::parse(text).ok()?.timestamp()),
        };
        Some(wanted.min(LONGEST_RETRY))
    }
}

/// A refusal as an error.
fn refused(address: &str, reason: &str) -> Error {
    FetchError::Refused { server: host(address).to_owned(), reason: line(reason) }.into()
}

/// What a server says beside its status, as far as that is a short plain text.
fn said(status: u16, body: &[u8]) -> String {
    let text = line(&String::from_utf8_lossy(&body[..body.len().min(1024)]));
    match text.is_empty() || text.starts_with('<') {
        true => format!("HTTP {status}"),
        false => format!("HTTP {status}, {text}"),
    }
}

/// A text of a server as one short line without what a terminal obeys.
pub(super) fn line(text: &str) -> String {
    let clean = neutral::line(text);
    let joined = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(200) {
        Some((end, _)) => format!("{} ...", &joined[..end]),
        None => joined,
    }
}

/// Between three quarters and five quarters of a time, so that those who failed together do not
/// come back together.
fn jittered(time: Duration) -> Duration {
    time.mul_f64(0.75 + 0.5 * fastrand::f64())
}

fn in_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => "no connection in time".to_owned(),
        ureq::Error::Timeout(_) => "nothing came for too long".to_owned(),
        ureq::Error::BodyExceedsLimit(limit) => format!("an answer of more than {} MiB", limit >> 20),
        error => {
            let text = error.to_string();
            line(text.strip_prefix("io: ").unwrap_or(&text))
        }
    }
}
