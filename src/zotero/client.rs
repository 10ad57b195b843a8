//! Requests to Zotero.
//!
//! In: paths below a library, and what is to be written there. Out: answers, with the version of
//! the library and the path of the next page. What fails in a way that passes (429, 5xx, a
//! connection that breaks) is repeated, after as long as `Retry-After` says; `Backoff` is waited
//! for before the next request. A key goes to the address of the settings and nowhere else: no
//! redirection is followed. What is written counts only while the library has the version that is
//! named, so that a repeated request writes nothing twice: where the first one was taken, the
//! second gets 412.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::ZoteroSettings;
use crate::arxiv::{Clock, Delay, host, is_loopback};
use crate::error::{Error, Result, ZoteroError};
use crate::reader::excerpt;

/// Largest answer, unpacked. A page has some 300 kB, 1,000 items have 3 MB.
const LARGEST: u64 = 64 << 20;
/// Attempts of one request.
const ATTEMPTS: u32 = 5;
/// The longest wait that a server may ask for, in seconds.
const LONGEST_WAIT: u64 = 600;
/// What goes on while one waits is looked at so often.
const STEP: Duration = Duration::from_millis(100);
/// Steps of a second.
const STEPS: u64 = 10;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// HTTP status: 200 or 304; where something was to be written, 200, 412 or 413.
    pub status: u16,
    /// The version of the library.
    pub version: u64,
    /// How many there are on all pages together, where the server says so.
    pub total: Option<usize>,
    /// The content.
    pub body: Value,
    /// The path of the next page, below the library.
    pub link: Option<String>,
    /// Whether an earlier attempt failed in a way that leaves open whether it was taken.
    pub doubtful: bool,
}

/// A request, which is repeated as it is.
#[derive(Clone, Copy)]
struct Ask<'a> {
    path: &'a str,
    /// Answer 304 if nothing is newer than this version.
    unless: Option<u64>,
    write: Option<Write<'a>>,
}

/// What is to be written, while the library has this version.
#[derive(Clone, Copy)]
struct Write<'a> {
    body: &'a str,
    version: u64,
}

/// Which of the two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The one of a Zotero that runs on this machine. Its versions count what was synced with
    /// zotero.org: a change since then has none.
    Local,
    /// The one at zotero.org.
    Web,
}

/// What a client goes by while it waits.
pub(crate) struct Waiting {
    /// By which time.
    pub clock: Arc<dyn Clock>,
    /// Asked before each wait and each request whether to go on.
    pub check: Box<dyn Fn() -> Result<()>>,
    /// Told of waits.
    pub tell: Box<dyn Fn(Delay)>,
}

/// Makes requests to one library.
pub(crate) struct Client {
    agent: Agent,
    /// The address of the library: base, `users` and its number.
    library: String,
    pub(super) side: Side,
    key: Option<String>,
    backoff: Cell<u64>,
    waiting: Waiting,
}

/// Whose a key is.
struct Owner {
    user: String,
    may_write: bool,
}

/// One attempt.
enum Attempt {
    Good(Answer),
    Failed {
        reason: String,
        wait: Option<u64>,
        /// Whether what was to be written may have been.
        doubtful: bool,
    },
    Refused {
        status: u16,
        reason: String,
    },
}

impl Client {
    /// The local API where it answers, else the web API.
    ///
    /// # Errors
    /// [`ZoteroError::NotThere`] where there is neither.
    pub(crate) fn to_read(settings: &ZoteroSettings, waiting: Waiting) -> Result<Client> {
        let local = Client::new(&settings.local, Side::Local, None, waiting);
        let local = Client { library: format!("{}/users/0", settings.local), ..local };
        let ask = Ask { path: "collections?limit=1", unless: None, write: None };
        let reason = match local.attempt(ask) {
            Attempt::Good(_) => return Ok(local),
            Attempt::Failed { reason, .. } => reason,
            Attempt::Refused { status, reason } => format!("status {status}: {reason}"),
        };
        let Some(key) = &settings.key else {
            return Err(ZoteroError::NotThere { local: settings.local.clone(), reason }.into());
        };
        Client::to_web(settings, key, local.waiting)
    }

    /// The web API, for the library of the user whom the settings name, else of whom the key is.
    fn to_web(settings: &ZoteroSettings, key: &str, waiting: Waiting) -> Result<Client> {
        let web = Client::new(&settings.web, Side::Web, Some(key.to_owned()), waiting);
        let user = match &settings.user {
            Some(user) => user.clone(),
            None => web.owner()?.user,
        };
        Ok(Client { library: format!("{}/users/{user}", settings.web), ..web })
    }

    /// The web API, to write there; the local one cannot be written.
    ///
    /// # Errors
    /// [`ZoteroError::NoKeyToWrite`], [`ZoteroError::KeyReadOnly`]; what the server answers.
    pub(crate) fn to_write(settings: &ZoteroSettings, waiting: Waiting) -> Result<Client> {
        let Some(key) = &settings.key else { return Err(ZoteroError::NoKeyToWrite.into()) };
        let web = Client::new(&settings.web, Side::Web, Some(key.clone()), waiting);
        let Owner { user, may_write } = web.owner()?;
        if !may_write {
            return Err(ZoteroError::KeyReadOnly { user }.into());
        }
        let user = settings.user.clone().unwrap_or(user);
        Ok(Client { library: format!("{}/users/{user}", settings.web), ..web })
    }

    /// Whose the key is, asked before the library is known.
    fn owner(&self) -> Result<Owner> {
        let body = self.get("keys/current", None)?.body;
        let Some(user) = body.get("userID").and_then(Value::as_u64) else {
            return Err(self.unusable("it does not say whose the key is"));
        };
        let may_write = body.pointer("/access/user/write").and_then(Value::as_bool).unwrap_or(false);
        Ok(Owner { user: user.to_string(), may_write })
    }

    fn new(address: &str, side: Side, key: Option<String>, waiting: Waiting) -> Client {
        let agent = Agent::config_builder()
            .user_agent(concat!("relata/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_resolve(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_recv_body(Some(Duration::from_secs(60)));
        let agent = if is_loopback(host(address)) { agent.proxy(None) } else { agent };
        Client { agent: agent.build().into(), library: address.to_owned(), side, key, backoff: Cell::new(0), waiting }
    }

    /// The address of the library, which tells its versions from those of another.
    pub(crate) fn library(&self) -> &str {
        &self.library
    }

    /// An answer that cannot be used.
    pub(super) fn unusable(&self, reason: &str) -> Error {
        ZoteroError::Failed { server: self.library.clone(), attempts: 1, reason: reason.to_owned() }.into()
    }

    /// Asks until there is an answer. With `unless` it may be 304: nothing is newer than this
    /// version.
    pub(super) fn get(&self, path: &str, unless: Option<u64>) -> Result<Answer> {
        self.ask(Ask { path, unless, write: None })
    }

    /// Writes while the library has this version. The answer may be 412, if it has another one, and
    /// 413, if this is too much for one request.
    pub(super) fn post(&self, path: &str, body: &Value, version: u64) -> Result<Answer> {
        let body = body.to_string();
        self.ask(Ask { path, unless: None, write: Some(Write { body: &body, version }) })
    }

    fn ask(&self, ask: Ask<'_>) -> Result<Answer> {
        let mut in_doubt = false;
        for attempt in 1.. {
            self.wait(self.backoff.take(), "it asked for rest")?;
            let (reason, wait) = match self.attempt(ask) {
                Attempt::Good(answer) => return Ok(Answer { doubtful: in_doubt, ..answer }),
                Attempt::Refused { status, reason } => {
                    return Err(ZoteroError::Refused { server: self.library.clone(), status, reason }.into());
                }
                Attempt::Failed { reason, .. } if attempt == ATTEMPTS => {
                    let server = self.library.clone();
                    return Err(ZoteroError::Failed { server, attempts: attempt, reason }.into());
                }
                Attempt::Failed { reason, wait, doubtful } => {
                    in_doubt |= doubtful;
                    (reason, wait)
                }
            };
            self.wait(wait.unwrap_or(1 << attempt), &reason)?;
        }
        Err(Error::Internal("no attempt was made"))
    }

    /// Sends a request.
    fn send(&self, ask: Ask<'_>) -> std::result::Result<Response<Body>, ureq::Error> {
        let address = format!("{}/{}", self.library, ask.path);
        let mut headers = vec![("Zotero-API-Version", "3".to_owned())];
        headers.extend(self.key.iter().map(|key| ("Zotero-API-Key", key.clone())));
        let unless = ask.unless.filter(|version| *version > 0);
        headers.extend(unless.map(|version| ("If-Modified-Since-Version", version.to_string())));
        match ask.write {
            None => headers
                .iter()
                .fold(self.agent.get(address), |request, (name, value)| request.header(*name, value))
                .call(),
            Some(Write { body, version }) => {
                headers.push(("If-Unmodified-Since-Version", version.to_string()));
                headers.push(("Content-Type", "application/json".to_owned()));
                let request = self.agent.post(address);
                headers.iter().fold(request, |request, (name, value)| request.header(*name, value)).send(body)
            }
        }
    }

    fn attempt(&self, ask: Ask<'_>) -> Attempt {
        let failed = |reason: String| Attempt::Failed { reason, wait: None, doubtful: true };
        let mut response = match self.send(ask) {
            Ok(response) => response,
            Err(why) => return failed(why.to_string()),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        if let Some(seconds) = number(&headers, "backoff") {
            self.backoff.set(seconds.min(LONGEST_WAIT));
        }
        let body = match response.body_mut().with_config().limit(LARGEST).read_to_string() {
            Ok(body) => body,
            Err(why) => return failed(why.to_string()),
        };
        let answer = |body: Value| Answer {
            status,
            version: number(&headers, "last-modified-version").unwrap_or(0),
            total: number(&headers, "total-results").and_then(|total| usize::try_from(total).ok()),
            body,
            link: next(&headers),
            doubtful: false,
        };
        let writes = ask.write.is_some();
        match status {
            412 | 413 if writes => Attempt::Good(answer(Value::Null)),
            304 => Attempt::Good(answer(Value::Null)),
            200 => match serde_json::from_str(&body) {
                Ok(body) => Attempt::Good(answer(body)),
                Err(why) => failed(format!("an answer is not valid JSON: {why}")),
            },
            // 409: somebody else is writing the library.
            429 | 500..=599 | 409 if writes || status != 409 => {
                let wait = number(&headers, "retry-after").map(|seconds| seconds.min(LONGEST_WAIT));
                let doubtful = !matches!(status, 429 | 409);
                Attempt::Failed { reason: format!("status {status}"), wait, doubtful }
            }
            _ => Attempt::Refused { status, reason: excerpt(body.lines().next().unwrap_or_default(), 200) },
        }
    }

    /// Waits so many seconds, for a reason.
    fn wait(&self, seconds: u64, reason: &str) -> Result<()> {
        (self.waiting.check)()?;
        if seconds > 0 {
            let time = SignedDuration::from_secs(seconds.cast_signed());
            let at = self.waiting.clock.now().checked_add(time).unwrap_or(jiff::Timestamp::MAX);
            let server = host(&self.library).to_owned();
            (self.waiting.tell)(Delay::Again { server, reason: reason.to_owned(), at });
        }
        for _ in 0..seconds * STEPS {
            self.waiting.clock.sleep(STEP);
            (self.waiting.check)()?;
        }
        Ok(())
    }
}

/// The path of the page that a `Link` header calls the next, below its library.
fn next(headers: &HeaderMap) -> Option<String> {
    let links = headers.get("link")?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    // A server behind a proxy may call itself by another name.
    let at = address.find("/users/")?;
    let (_, path) = address[at + "/users/".len()..].split_once('/')?;
    Some(path.to_owned())
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links_and_below_the_library() {
        let next =
            |links: &'static str| next(&HeaderMap::from_iter([(ureq::http::header::LINK, links.parse().unwrap())]));
        let last = "<https://api.zotero.org/users/7/items/top?limit=2&start=4>; rel=\"last\"";
        assert_eq!(next(last), None);
        assert_eq!(
            next(
                "<https://api.zotero.org/users/7/items/top?limit=2&start=4>; rel=\"last\", \
                 <https://elsewhere.example/api/users/7/items/top?limit=2&start=2>; rel=\"next\""
            ),
            Some("items/top?limit=2&start=2".to_owned()),
        );
        assert_eq!(next("<https://www.zotero.org/ada/items>; rel=\"next\""), None);
    }
}
