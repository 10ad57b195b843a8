//! One connection to a mail server, for any number of messages.
//!
//! In: settings and messages. Out: the server has taken a message, or it has not, or nobody knows:
//! the connection ended after the message and before the answer.

use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::{Certificates, MailSettings, Security};
use crate::error::{Error, MailError, Result};
use crate::text::neutral::line;

/// How many times as long as otherwise a server may be silent after a message, which it may look
/// through before it answers (RFC 5321, section 4.5.3.2).
const PATIENCE: u32 = 5;

/// A connection that is logged in.
pub(crate) struct Connection {
    server: SmtpConnection,
    place: String,
    timeout: Duration,
}

/// Why a message was not taken.
pub(crate) enum Failure {
    /// The server has not taken it.
    NotTaken(Error),
    /// Whether the server has taken it is not known.
    Unclear(Error),
}

impl Connection {
    /// Connects, encrypts and logs in, as the settings say.
    ///
    /// # Errors
    /// [`MailError::Server`], [`MailError::Untrusted`]; what [`MailSettings::check`] reports.
    pub(crate) fn open(settings: &MailSettings) -> Result<Connection> {
        settings.check()?;
        let place = settings.place();
        let fault = |error: smtp::Error| Error::from(failed(&place, &error));
        let hello = ClientId::default();
        let tls = || tls(settings);
        let at_once = (settings.security == Security::Tls).then(tls).transpose().map_err(fault)?;
        let address = (settings.server.trim_matches(['[', ']']), settings.port());
        let timeout = Some(settings.timeout);
        let mut server = SmtpConnection::connect(address, timeout, &hello, at_once.as_ref(), None).map_err(fault)?;
        if settings.security == Security::StartTls {
            // Without it a password would be sent in the open: a server that does not offer it gets
            // none.
            server.starttls(&tls().map_err(fault)?, &hello).map_err(fault)?;
        }
        if let (Some(user), Some(password)) = (&settings.user, &settings.password) {
            let credentials = Credentials::new(user.clone(), password.show().to_owned());
            server.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).map_err(fault)?;
        }
        Ok(Connection { server, place, timeout: settings.timeout })
    }

    /// Sends a message. `begin` is called once the server has accepted sender and recipient, before
    /// a byte of the message is sent; where it says no, nothing is. Gives whether the message was
    /// sent. After anything else than `Ok(true)` this connection is of no use.
    pub(crate) fn send(
        &mut self,
        from: &str,
        to: &str,
        message: &[u8],
        begin: impl FnOnce() -> Result<bool>,
    ) -> std::result::Result<bool, Failure> {
        let (from, to) = (address(from).map_err(Failure::NotTaken)?, address(to).map_err(Failure::NotTaken)?);
        self.envelope(from, to, message.is_ascii()).map_err(|error| self.not_taken(&error))?;
        if !begin().map_err(Failure::NotTaken)? {
            return Ok(false);
        }
        self.server.command(Data).map_err(|error| self.not_taken(&error))?;
        let _ = self.server.set_timeout(Some(self.timeout * PATIENCE));
        let answer = self.server.message(message);
        let _ = self.server.set_timeout(Some(self.timeout));
        match answer {
            Ok(_) => Ok(true),
            // A server that says no has said so.
            Err(error) if error.status().is_some() => Err(self.not_taken(&error)),
            Err(error) => Err(Failure::Unclear(failed(&self.place, &error).into())),
        }
    }

    fn envelope(&mut self, from: Address, to: Address, ascii: bool) -> std::result::Result<(), smtp::Error> {
        let mut options = Vec::new();
        let names_are_ascii = [&from, &to].iter().all(|address| AsRef::<str>::as_ref(*address).is_ascii());
        if !names_are_ascii && self.server.server_info().supports_feature(Extension::SmtpUtfEight) {
            options.push(MailParameter::SmtpUtfEight);
        }
        if !ascii {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        self.server.command(Mail::new(Some(from), options))?;
        self.server.command(Rcpt::new(to, Vec::new())).map(drop)
    }

    fn not_taken(&self, error: &smtp::Error) -> Failure {
        Failure::NotTaken(failed(&self.place, error).into())
    }

    /// Ends the connection.
    pub(crate) fn close(mut self) {
        let _ = self.server.quit();
    }
}

/// How a connection is encrypted, and whose certificates are trusted.
fn tls(settings: &MailSettings) -> std::result::Result<TlsParameters, smtp::Error> {
    let name = settings.server.trim_matches(['[', ']']).to_owned();
    let parameters = TlsParameters::builder(name);
    let trusted = settings.certificates.iter().map(Certificates::own);
    trusted.fold(parameters, TlsParametersBuilder::add_root_certificate).build()
}

fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|_| MailError::Address { text: line(text).into_owned() }.into())
}

/// An error with the causes behind it, in one line.
fn failed(place: &str, error: &smtp::Error) -> MailError {
    let mut cause = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(deeper) = source {
        let text = deeper.to_string();
        if !cause.contains(&text) {
            cause = format!("{cause}: {text}");
        }
        source = deeper.source();
    }
    let (server, cause) = (place.to_owned(), line(&cause).into_owned());
    // The one word by which the errors of TLS tell that they are about a certificate.
    match cause.contains("peer certificate") {
        true => MailError::Untrusted { server, cause },
        false => MailError::Server { server, cause },
    }
}
