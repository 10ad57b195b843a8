//! Where arXiv's interfaces are, and how far apart requests are.
//!
//! In: variables. Out: [`ArxivSettings`], plain data.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::address::{host, is_address, is_loopback};
use crate::error::{FetchError, Result};

/// arXiv's daily feeds; a format and categories follow (<https://info.arxiv.org/help/rss.html>).
const FEED: &str = "https://rss.arxiv.org/atom";
/// arXiv's OAI-PMH interface (<https://info.arxiv.org/help/oa/>).
const OAI: &str = "https://oaipmh.arxiv.org/oai";
/// arXiv's query interface (<https://info.arxiv.org/help/api/>).
const API: &str = "https://export.arxiv.org/api/query";
/// arXiv's terms of use: one request in three seconds, over one connection, all interfaces
/// together (<https://info.arxiv.org/help/api/tou.html>).
const PAUSE: Duration = Duration::from_secs(3);

/// Where arXiv's interfaces are, and how requests are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArxivSettings {
    /// Base address of the daily Atom feed, without a closing slash.
    pub feed: String,
    /// Address of the OAI-PMH interface.
    pub oai: String,
    /// Address of the query interface.
    pub api: String,
    /// Time between the end of a request and the next one, for addresses on this machine only;
    /// for all others it is three seconds.
    pub local_pause: Option<Duration>,
    /// Whom arXiv may write to, an e-mail address or a page; sent with each request.
    pub contact: Option<String>,
    /// The folder with the lock that keeps requests of all processes apart.
    pub folder: PathBuf,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a connected server may be silent. Pages of OAI-PMH take up to 90 seconds.
    pub silence: Duration,
}

impl ArxivSettings {
    /// arXiv's own addresses, with the lock in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> ArxivSettings {
        ArxivSettings {
            feed: FEED.to_owned(),
            oai: OAI.to_owned(),
            api: API.to_owned(),
            local_pause: None,
            contact: None,
            folder: folder.into(),
            connect_timeout: Duration::from_secs(10),
            silence: Duration::from_secs(120),
        }
    }

    /// Reads `RELATA_ARXIV_FEED`, `RELATA_ARXIV_OAI`, `RELATA_ARXIV_API`, `RELATA_ARXIV_PAUSE_MS`
    /// and `RELATA_ARXIV_CONTACT`; an empty variable counts as not set.
    ///
    /// # Errors
    /// [`FetchError::Address`] and [`FetchError::Pause`] for values that are neither.
    pub fn from_vars(vars: impl Fn(&str) -> Option<OsString>, folder: &Path) -> Result<ArxivSettings> {
        let text = |name: &str| {
            let value = vars(name)?.to_string_lossy().trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let address = |name: &'static str, otherwise: String| match text(name) {
            None => Ok(otherwise),
            Some(text) if is_address(&text) => Ok(text.trim_end_matches('/').to_owned()),
            Some(text) => Err(FetchError::Address { name, text }),
        };
        let default = ArxivSettings::new(folder);
        let name = "RELATA_ARXIV_PAUSE_MS";
        let pause = match text(name) {
            None => None,
            Some(text) => Some(text.parse().map(Duration::from_millis).map_err(|_| FetchError::Pause { name, text })?),
        };
        Ok(ArxivSettings {
            feed: address("RELATA_ARXIV_FEED", default.feed.clone())?,
            oai: address("RELATA_ARXIV_OAI", default.oai.clone())?,
            api: address("RELATA_ARXIV_API", default.api.clone())?,
            local_pause: pause,
            // A line break would end the header that it is sent in.
            contact: text("RELATA_ARXIV_CONTACT").filter(|text| text.bytes().all(|byte| (0x20..0x7f).contains(&byte))),
            ..default
        })
    }

    /// The time between two requests to the server of an address.
    pub fn pause(&self, address: &str) -> Duration {
        self.local_pause.filter(|_| is_loopback(host(address))).unwrap_or(PAUSE)
    }

    /// What each request says of who makes it.
    pub(super) fn user_agent(&self) -> String {
        let program = concat!("relata/", env!("CARGO_PKG_VERSION"));
        match &self.contact {
            Some(contact) => format!("{program} ({contact})"),
            None => program.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(vars: &[(&str, &str)]) -> Result<ArxivSettings> {
        let find = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        ArxivSettings::from_vars(find, Path::new("cache"))
    }

    #[test]
    fn addresses_are_settings_and_the_pause_is_for_this_machine_alone() {
        assert_eq!(settings(&[("RELATA_ARXIV_FEED", " ")]).unwrap(), ArxivSettings::new("cache"));
        let own = settings(&[
            ("RELATA_ARXIV_FEED", "http://127.0.0.1:8080/atom/"),
            ("RELATA_ARXIV_OAI", "https://mirror.example/oai"),
            ("RELATA_ARXIV_PAUSE_MS", "5"),
            ("RELATA_ARXIV_CONTACT", "mailto:a@b.example"),
        ])
        .unwrap();
        assert_eq!(own.feed, "http://127.0.0.1:8080/atom");
        assert_eq!(own.user_agent(), format!("relata/{} (mailto:a@b.example)", env!("CARGO_PKG_VERSION")));
        let pauses = [&own.feed, &own.oai, &own.api].map(|address| own.pause(address).as_millis());
        assert_eq!(pauses, [5, 3000, 3000]);
        for (name, value) in [("RELATA_ARXIV_API", "ftp://x"), ("RELATA_ARXIV_PAUSE_MS", "soon")] {
            let text = settings(&[(name, value)]).unwrap_err().to_string();
            assert!(text.starts_with(name) && text.contains(value), "{text}");
        }
    }
}
