//! Who may ask: the name of the host, the origin of a page, a token.
//!
//! In: the head of a request. Out: nothing, or the problem with which it is refused, before
//! anything else of it is read. In this order:
//!
//! - `Host` must be a name of this server. A page whose name was pointed at this machine (DNS
//!   rebinding) sends its own name, and its origin equals that, so comparing the two stops nothing.
//! - `Origin`, where there is one, must be this server's own or one that was named.
//! - A browser that says that another site asks (`Sec-Fetch-Site`) is refused, but for links that
//!   somebody follows to a page.
//! - Whatever is sent to be taken in must say that it is JSON, which no form of another site can,
//!   unless a browser says that the form is ours.
//! - Where there is a token, it or the cookie that stands for it must be shown.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::problem::Problem;
use super::token::Tokens;
use crate::error::{Result, ServeError};

/// Whether something may pass, or how it is refused.
type Verdict = std::result::Result<(), Problem>;

/// What a guard lets in.
pub(super) struct Guard {
    /// Values of `Host` that mean this server.
    hosts: Vec<String>,
    /// Origins of pages that may ask beside our own.
    origins: Vec<String>,
    /// Whether nothing may be changed.
    read_only: bool,
    /// What has to be shown.
    pub(super) tokens: Option<Tokens>,
}

impl Guard {
    /// A guard of a server at `address`, known under `names` as well, asked by pages of `origins`.
    ///
    /// # Errors
    /// [`ServeError::NoName`] for what is no name of a host or no origin.
    pub(super) fn new(
        address: SocketAddr,
        names: &[String],
        origins: &[String],
        read_only: bool,
        tokens: Option<Tokens>,
    ) -> Result<Guard> {
        let port = address.port();
        let mut hosts = vec![format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")];
        hosts.push(address.to_string());
        for name in names {
            let fault = || ServeError::NoName { text: name.clone(), what: "name of a host" };
            let uri = format!("http://{name}/").parse::<Uri>().map_err(|_| fault())?;
            let authority =
                uri.authority().filter(|own| own.as_str() == name && !name.contains('@')).ok_or_else(fault)?;
            let name = authority.as_str().to_ascii_lowercase();
            // Behind a proxy a name comes without our port.
            hosts.push(if authority.port().is_some() { name.clone() } else { format!("{name}:{port}") });
            hosts.push(name);
        }
        if port == 80 {
            let bare: Vec<String> =
                hosts.iter().filter_map(|host| host.strip_suffix(":80").map(str::to_owned)).collect();
            hosts.extend(bare);
        }
        let mut own = Vec::new();
        for origin in origins {
            let fault = || ServeError::NoName { text: origin.clone(), what: "origin, such as https://example.org" };
            let uri = origin.parse::<Uri>().map_err(|_| fault())?;
            match (uri.scheme_str(), uri.authority()) {
                (Some(scheme @ ("http" | "https")), Some(authority)) if uri.path() == "/" && uri.query().is_none() => {
                    own.push(format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()));
                }
                _ => return Err(fault().into()),
            }
        }
        Ok(Guard { hosts, origins: own, read_only, tokens })
    }

    /// Whether the head of a request may pass, whatever it asks for.
    ///
    /// # Errors
    /// The problem with which it is refused.
    pub(super) fn head(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Verdict {
        self.host(uri, headers)?;
        self.origin(headers)?;
        site(method, headers)
    }

    /// Whether what a request sends may be taken in.
    ///
    /// # Errors
    /// The problem with which it is refused.
    pub(super) fn sent(&self, method: &Method, headers: &HeaderMap, binary: bool) -> Verdict {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::DELETE) {
            return Ok(());
        }
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        // A browser sends none of these for a form, and asks before a script of another site may.
        let allowed =
            kind == "application/json" || binary && matches!(&*kind, "application/octet-stream" | "application/gzip");
        // Pages of our own, which work without scripts.
        let own_form = kind == "application/x-www-form-urlencoded"
            && (headers.contains_key(header::ORIGIN)
                || headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin"));
        if allowed || own_form {
            return Ok(());
        }
        let detail =
            format!("a body must be application/json{}", if binary { " or application/octet-stream" } else { "" });
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
    }

    /// Whether the library may be changed.
    ///
    /// # Errors
    /// The problem with which it is refused.
    pub(super) fn writes(&self) -> Verdict {
        if !self.read_only {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "read-only", "this server changes nothing (--read-only)"))
    }

    /// Values of `Host` that mean this server.
    pub(super) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The name under which others find this server: one that was named, or its address.
    pub(super) fn own(&self) -> &str {
        self.hosts.get(4).or(self.hosts.get(3)).map_or("", String::as_str)
    }

    /// Origins of pages that may ask: this server's own, and those that were named.
    pub(super) fn all_origins(&self) -> Vec<String> {
        let own = self.hosts.iter().flat_map(|host| [format!("http://{host}"), format!("https://{host}")]);
        own.chain(self.origins.iter().cloned()).collect()
    }

    /// Whether the token, or a cookie that stands for it, is shown.
    ///
    /// # Errors
    /// The problem with which it is refused.
    pub(super) fn token(&self, headers: &HeaderMap) -> Verdict {
        match &self.tokens {
            Some(tokens) if !tokens.shown(headers) => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "token-needed",
                "show the server's token: Authorization: Bearer TOKEN, or open the link that it has printed",
            )),
            _ => Ok(()),
        }
    }

    /// The origin that an answer may be read by, where the request comes from one that was named.
    pub(super) fn named_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        self.origins.contains(&text).then(|| origin.clone())
    }

    fn host(&self, uri: &Uri, headers: &HeaderMap) -> Verdict {
        let mut named = headers.get_all(header::HOST).iter();
        let (first, second) = (named.next().and_then(|host| host.to_str().ok()), named.next());
        // A request to a proxy repeats the host in its address; both must be ours.
        let repeated = uri.authority().is_none_or(|own| self.knows(own.as_str()));
        if first.is_some_and(|host| self.knows(host)) && second.is_none() && repeated {
            return Ok(());
        }
        let detail = "this server does not answer under that name; --host NAME adds one";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host-refused", detail))
    }

    fn knows(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    fn origin(&self, headers: &HeaderMap) -> Verdict {
        for origin in headers.get_all(header::ORIGIN) {
            let text = origin.to_str().unwrap_or_default().to_ascii_lowercase();
            let ours = text.split_once("://").is_some_and(|(scheme, host)| {
                matches!(scheme, "http" | "https") && self.knows(host) && same_host(headers, host)
            });
            if !ours && !self.origins.contains(&text) {
                let detail = "pages of other sites may not ask; --origin ADDRESS allows one";
                return Err(Problem::new(StatusCode::FORBIDDEN, "origin-refused", detail));
            }
        }
        Ok(())
    }
}

/// Whether a page under `host` is of the name under which it asks: a page of `localhost` is not one
/// of `127.0.0.1`.
fn same_host(headers: &HeaderMap, host: &str) -> bool {
    headers.get(header::HOST).and_then(|own| own.to_str().ok()).is_some_and(|own| own.eq_ignore_ascii_case(host))
}

/// Refuses what a browser says another site asks for.
fn site(method: &Method, headers: &HeaderMap) -> Verdict {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign = matches!(says("sec-fetch-site"), Some("cross-site" | "same-site"));
    let followed = *method == Method::GET
        && says("sec-fetch-mode") == Some("navigate")
        && says("sec-fetch-dest") == Some("document");
    // An origin that was named has passed before this.
    if !foreign || followed || headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "site-refused", "another site has asked for this"))
}
