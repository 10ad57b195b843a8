//! Which mails were sent, so that neither a second run nor one after a crash sends one twice.
//!
//! In: a profile, a day and a recipient. Out: whether a mail of these was begun or sent. It counts
//! as begun from before its first byte on, and as sent once the server has said that it has it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::Library;
use super::faults::{Faults, unreadable};
use crate::error::Result;

/// What a mail is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailKey<'a> {
    /// The profile whose list it is.
    pub profile: &'a str,
    /// The day of the list.
    pub day: &'a str,
    /// The address that it goes to, in lower case.
    pub recipient: &'a str,
}

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// It was begun, and nobody knows whether the server has taken it.
    Begun,
    /// The server has taken it.
    Sent,
}

impl MailState {
    fn name(self) -> &'static str {
        match self {
            MailState::Begun => "begun",
            MailState::Sent => "sent",
        }
    }
}

impl Library {
    /// How far a mail is; `None` where it was never begun.
    pub fn mail_state(&self, key: MailKey<'_>) -> Result<Option<MailState>> {
        state(&self.connection, key).in_library(&self.path)
    }

    /// Notes that a mail is begun, where it is not begun or sent already, or `again` says that this
    /// does not matter. Gives how far it was: `None` means that it is this caller's to send.
    pub fn begin_mail(&mut self, key: MailKey<'_>, again: bool) -> Result<Option<MailState>> {
        let path = &self.path;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).in_library(path)?;
        let before = state(&transaction, key).in_library(path)?.filter(|_| !again);
        if before.is_none() {
            note(&transaction, key, MailState::Begun).in_library(path)?;
        }
        transaction.commit().in_library(path)?;
        Ok(before)
    }

    /// Notes that the server has taken a mail.
    pub fn note_mail_sent(&mut self, key: MailKey<'_>) -> Result<()> {
        note(&self.connection, key, MailState::Sent).in_library(&self.path)
    }

    /// Forgets that a mail was begun, for the server has not taken it. With `before`, it is again
    /// as far as it was.
    pub fn forget_mail(&mut self, key: MailKey<'_>, before: Option<MailState>) -> Result<()> {
        let MailKey { profile, day, recipient } = key;
        let forgotten = match before {
            Some(state) => note(&self.connection, key, state),
            None => self
                .connection
                .execute(
                    "DELETE FROM sent_mails WHERE profile = ?1 AND day = ?2 AND recipient = ?3",
                    [profile, day, recipient],
                )
                .map(drop),
        };
        forgotten.in_library(&self.path)
    }
}

fn state(connection: &rusqlite::Connection, key: MailKey<'_>) -> rusqlite::Result<Option<MailState>> {
    let MailKey { profile, day, recipient } = key;
    let told: Option<String> = connection
        .query_row(
            "SELECT state FROM sent_mails WHERE profile = ?1 AND day = ?2 AND recipient = ?3",
            [profile, day, recipient],
            |row| row.get(0),
        )
        .optional()?;
    let parse = |name: String| {
        let known = [MailState::Begun, MailState::Sent].into_iter().find(|state| state.name() == name);
        known.ok_or_else(|| unreadable(format!("{name:?} is no state of a mail")))
    };
    told.map(parse).transpose()
}

fn note(connection: &rusqlite::Connection, key: MailKey<'_>, state: MailState) -> rusqlite::Result<()> {
    let MailKey { profile, day, recipient } = key;
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    connection
        .execute(
            "INSERT INTO sent_mails (profile, day, recipient, state, noted) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET state = excluded.state, noted = excluded.noted",
            params![profile, day, recipient, state.name(), now],
        )
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_begun_once_and_sent_once() {
        let mut library = Library::in_memory().unwrap();
        let key = MailKey { profile: "default", day: "2026-02-20", recipient: "ada@a.example" };
        assert_eq!(library.mail_state(key).unwrap(), None);
        assert_eq!(library.begin_mail(key, false).unwrap(), None);
        assert_eq!(library.begin_mail(key, false).unwrap(), Some(MailState::Begun));
        library.note_mail_sent(key).unwrap();
        assert_eq!(library.begin_mail(key, false).unwrap(), Some(MailState::Sent));
        for other in [
            MailKey { profile: "x", ..key },
            MailKey { day: "2026-02-21", ..key },
            MailKey { recipient: "b@a.example", ..key },
        ] {
            assert_eq!(library.mail_state(other).unwrap(), None);
        }
        // Again, and refused: it was sent before all the same.
        assert_eq!(library.begin_mail(key, true).unwrap(), None);
        assert_eq!(library.mail_state(key).unwrap(), Some(MailState::Begun));
        library.forget_mail(key, Some(MailState::Sent)).unwrap();
        assert_eq!(library.mail_state(key).unwrap(), Some(MailState::Sent));
        library.forget_mail(key, None).unwrap();
        assert_eq!(library.mail_state(key).unwrap(), None);
        assert_eq!(library.check().unwrap(), []);
    }

    #[test]
    fn a_profile_that_is_forgotten_takes_its_mails_with_it() {
        let mut library = Library::in_memory().unwrap();
        let key = MailKey { profile: "default", day: "2026-02-20", recipient: "ada@a.example" };
        library.begin_mail(key, false).unwrap();
        library.remove_profile("default").unwrap();
        assert_eq!(library.mail_state(key).unwrap(), None);
    }
}
