//! What can go wrong with mail.

use std::path::PathBuf;

/// Errors of writing and sending mail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// Mail is to be sent, and it is not known by which server or from whom.
    #[error("mail cannot be sent: {missing} is not set")]
    NotSet {
        /// The setting, as the configuration file has it.
        missing: &'static str,
    },
    /// A text that is no mail address.
    #[error("{text:?} is no mail address")]
    Address {
        /// As given.
        text: String,
    },
    /// A server beyond this machine that mail would be sent to without encryption.
    #[error("mail to {server} would not be encrypted, which is for servers on this machine alone")]
    Unencrypted {
        /// Its name.
        server: String,
    },
    /// A user of a mail server whose password nothing tells.
    #[error("the password of {user} is not known")]
    NoPassword {
        /// The user.
        user: String,
    },
    /// A file with a password that others may read.
    #[error("{path} may be read by others (its mode is {mode:04o}), and so the password in it is not used", path = path.display())]
    PasswordOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A file without a password, or with more than a line.
    #[error("{path} does not hold a password in one line", path = path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
    },
    /// A file that holds no certificate.
    #[error("{path} holds no certificate that could be used: {cause}", path = path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A mail server that shows a certificate that is not trusted; it got neither a password nor a
    /// mail.
    #[error("the mail server {server} is not trusted: {cause}")]
    Untrusted {
        /// Its name and port.
        server: String,
        /// What is wrong with its certificate.
        cause: String,
    },
    /// A mail server that cannot be reached, or does not do what is asked.
    #[error("the mail server {server}: {cause}")]
    Server {
        /// Its name and port.
        server: String,
        /// What went wrong, in the server's words where it has any.
        cause: String,
    },
    /// A mail whose connection ended between its end and the server's answer, now or in an earlier
    /// run.
    #[error("whether {recipient} has got the mail of {day} is not known: the sending of it was interrupted")]
    Unclear {
        /// Who was to get it.
        recipient: String,
        /// The day of its list.
        day: String,
    },
    /// A message that could not be written.
    #[error("a mail could not be written: {reason}")]
    Composed {
        /// Why.
        reason: String,
    },
}

impl MailError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            MailError::NotSet { .. } => "mail-not-set",
            MailError::Address { .. } => "mail-address",
            MailError::Unencrypted { .. } => "mail-unencrypted",
            MailError::NoPassword { .. } => "mail-no-password",
            MailError::PasswordOpen { .. } => "mail-password-open",
            MailError::PasswordFile { .. } => "mail-password-file",
            MailError::Certificate { .. } => "mail-certificate",
            MailError::Untrusted { .. } => "mail-untrusted",
            MailError::Server { .. } => "mail-server",
            MailError::Unclear { .. } => "mail-unclear",
            MailError::Composed { .. } => "mail-composed",
        }
    }
}
