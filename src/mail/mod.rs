//! Mail goes out: which server takes it, and one connection to it (SMTP, RFC 5321).
//!
//! In: settings, and messages that are written. Out: the server's word that it has taken one, or
//! why not. Whether a mail that failed may have been taken is told from what the server answered
//! last (`Failure`).

mod certificate;
mod password;
mod smtp;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

pub use certificate::Certificates;
pub use password::Password;
pub(crate) use smtp::{Connection, Failure};

use crate::error::{MailError, Result};

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// From the start, usually on port 465.
    Tls,
    /// After a first exchange, usually on port 587. A server that does not offer it gets nothing.
    StartTls,
    /// Not at all; for servers on this machine.
    None,
}

/// Which server takes mail, and from whom.
#[derive(Clone)]
pub struct MailSettings {
    /// The name of the server.
    pub server: String,
    /// Its port; else the usual one of the security.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    pub security: Security,
    /// Who logs in, where the server asks.
    pub user: Option<String>,
    /// With which password.
    pub password: Option<Password>,
    /// What is trusted beside Mozilla's list.
    pub certificates: Option<Certificates>,
    /// Who sends: `ada@example.org` or `Ada <ada@example.org>`.
    pub from: String,
    /// How long the server may be silent. After the end of a message it has five times as long.
    pub timeout: Duration,
}

impl MailSettings {
    /// A server that is spoken to by TLS from the start, without a login.
    pub fn new(server: impl Into<String>, from: impl Into<String>) -> MailSettings {
        MailSettings {
            server: server.into(),
            port: None,
            security: Security::Tls,
            user: None,
            password: None,
            certificates: None,
            from: from.into(),
            timeout: Duration::from_secs(60),
        }
    }

    /// Whether mail can be sent with these.
    ///
    /// # Errors
    /// [`MailError::Unencrypted`], [`MailError::NoPassword`].
    pub fn check(&self) -> Result<()> {
        if self.security == Security::None && !is_local(&self.server) {
            return Err(MailError::Unencrypted { server: self.server.clone() }.into());
        }
        match &self.user {
            Some(user) if self.password.is_none() => Err(MailError::NoPassword { user: user.clone() }.into()),
            _ => Ok(()),
        }
    }

    fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::None => 25,
        })
    }

    /// The server with its port, as errors name it.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.server, self.port())
    }
}

/// The password stays out of logs.
impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MailSettings { server, port, security, user, password, certificates, from, timeout } = self;
        f.debug_struct("MailSettings")
            .field("server", server)
            .field("port", port)
            .field("security", security)
            .field("user", user)
            .field("password", &password.as_ref().map(|_| "..."))
            .field("certificates", certificates)
            .field("from", from)
            .field("timeout", timeout)
            .finish()
    }
}

/// Whether a server is on this machine.
fn is_local(server: &str) -> bool {
    let bare = server.trim_matches(['[', ']']);
    server.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_is_spoken_to_in_the_open() {
        let refused = |server: &str, security| {
            let settings = MailSettings { security, ..MailSettings::new(server, "a@b.example") };
            settings.check().err().map(|error| error.code())
        };
        for server in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert_eq!(refused(server, Security::None), None, "{server}");
        }
        for server in ["mail.example", "10.0.0.1", "localhost.example", "127.0.0.1.example", ""] {
            assert_eq!(refused(server, Security::None), Some("mail-unencrypted"), "{server}");
            assert_eq!(refused(server, Security::StartTls), None);
        }
    }

    #[test]
    fn a_user_has_a_password_that_no_log_shows() {
        let mut settings =
            MailSettings { user: Some("ada".to_owned()), ..MailSettings::new("m.example", "a@b.example") };
        assert_eq!(settings.check().unwrap_err().to_string(), "the password of ada is not known");
        settings.password = Some(Password::new("open sesame"));
        settings.check().unwrap();
        let shown = format!("{settings:?} {:?}", settings.password);
        assert!(!shown.contains("sesame"), "{shown}");
        assert_eq!(settings.place(), "m.example:465");
    }
}
