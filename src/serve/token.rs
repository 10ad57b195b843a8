//! The token that a server demands, and the cookies that stand for it in a browser.
//!
//! In: a file with a token, headers. Out: whether it was shown. A link with a one-time token, which
//! the server prints, gives a browser its cookie: the token itself is in no address, no history and
//! no page. Nothing is compared but sums, so that the time of a comparison tells nothing.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, ServeError};

/// The fewest characters of a token.
const LEAST: usize = 16;
/// Browsers that are known at once; the one that came first is forgotten first.
const SESSIONS: usize = 100;
const COOKIE: &str = "relata";

type Sum = [u8; 32];

/// What has to be shown.
pub(super) struct Tokens {
    token: Sum,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Links that nobody has opened yet.
    once: Vec<Sum>,
    sessions: Vec<Sum>,
}

fn sum(text: &str) -> Sum {
    Sha256::digest(text.as_bytes()).into()
}

/// 32 bytes of chance, as letters.
fn chance() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| ServeError::System { source: std::io::Error::other(error) })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Tokens {
    /// The token that a file holds.
    ///
    /// # Errors
    /// [`Io`](Error::Io); [`ServeError::OpenToken`] where others can read the file;
    /// [`ServeError::ShortToken`].
    pub(super) fn read(path: &Path) -> Result<Tokens> {
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).map_err(Error::io(path))?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(ServeError::OpenToken { path: path.to_owned() }.into());
            }
        }
        let token = text.trim();
        match token.chars().count() {
            length if length < LEAST => {
                Err(ServeError::ShortToken { path: path.to_owned(), length, least: LEAST }.into())
            }
            _ => Ok(Tokens { token: sum(token), shared: Mutex::default() }),
        }
    }

    /// A token for a link that can be opened once.
    ///
    /// # Errors
    /// The system has no chance to give.
    pub(super) fn once(&self) -> Result<String> {
        let once = chance()?;
        self.shared().once.push(sum(&once));
        Ok(once)
    }

    /// The cookie for whoever opens a link; `None` where it was opened before, or never made.
    ///
    /// # Errors
    /// As [`Tokens::once`].
    pub(super) fn open(&self, once: &str) -> Result<Option<String>> {
        let opened = sum(once);
        let session = chance()?;
        let mut shared = self.shared();
        let Some(at) = shared.once.iter().position(|own| *own == opened) else { return Ok(None) };
        shared.once.swap_remove(at);
        if shared.sessions.len() == SESSIONS {
            shared.sessions.remove(0);
        }
        shared.sessions.push(sum(&session));
        // Not `Secure`: TLS is a proxy's, and this server cannot tell whether there is one.
        Ok(Some(format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict")))
    }

    /// Whether headers show the token or a cookie that stands for it.
    pub(super) fn shown(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        if let Some(token) = bearer {
            return sum(token) == self.token;
        }
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let shared = self.shared();
        cookies.flat_map(|cookies| cookies.split(';')).any(|cookie| {
            let own = cookie.trim().strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('='));
            own.is_some_and(|session| shared.sessions.contains(&sum(session)))
        })
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn tokens(text: &str, mode: u32) -> Result<Tokens> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        fs::write(&path, text).expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        }
        Tokens::read(&path)
    }

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a value"))])
    }

    #[test]
    fn a_token_or_the_cookie_of_a_link_opens() {
        let tokens = tokens("a token of 24 characters\n", 0o600).expect("a token");
        assert!(tokens.shown(&with(header::AUTHORIZATION, "Bearer a token of 24 characters")));
        assert!(!tokens.shown(&with(header::AUTHORIZATION, "Bearer a token of 24 character")));
        assert!(!tokens.shown(&HeaderMap::new()));
        let once = tokens.once().expect("chance");
        assert_eq!(tokens.open("another").expect("chance"), None);
        let cookie = tokens.open(&once).expect("chance").expect("a cookie");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"));
        let pair = cookie.split(';').next().unwrap_or_default();
        assert!(tokens.shown(&with(header::COOKIE, &format!("theme=dark; {pair}"))));
        assert!(!tokens.shown(&with(header::COOKIE, &format!("x{pair}"))));
        assert_eq!(tokens.open(&once).expect("chance"), None, "a link opens once");
        // A token that is wrong is not helped by a cookie.
        let mut both = with(header::COOKIE, pair);
        both.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer wrong"));
        assert!(!tokens.shown(&both));
    }

    #[test]
    fn a_token_that_protects_nothing_is_refused() {
        assert_eq!(tokens("short", 0o600).err().map(|error| error.code()), Some("serve-token-short"));
        #[cfg(unix)]
        assert_eq!(tokens("a token of 24 characters", 0o640).err().map(|error| error.code()), Some("serve-token-open"));
    }
}
