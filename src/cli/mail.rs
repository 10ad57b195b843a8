//! `relata today --mail`: where mail goes out, and what became of it.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::{MailError, Result};
use crate::mail::{Certificates, MailSettings, Password, Security};
use crate::service::{MailList, MailOutcome, Mailed, TodayList};

use super::args::Today;
use super::config::Config;
use super::terminal::{Page, printable, say};
use super::{Context, complete, schedule};

/// The name of the credential that systemd hands to a service.
const CREDENTIAL: &str = "relata-mail";
/// The variable with the folder in which systemd puts credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// The variable with the password.
pub(super) const PASSWORD: &str = "RELATA_MAIL_PASSWORD";
/// The setting that names a file with the password.
const PASSWORD_FILE: &str = "mail.password_file";

/// Which server takes mail, as the configuration file and the environment say.
pub(super) fn settings(config: &Config) -> Result<MailSettings> {
    let required = |key| config.text(key).ok_or(MailError::NotSet { missing: key });
    let mut settings = MailSettings::new(required("mail.server")?, required("mail.from")?);
    settings.port = config.text("mail.port").and_then(|port| port.parse().ok());
    settings.security = match config.text("mail.security") {
        Some("starttls") => Security::StartTls,
        Some("none") => Security::None,
        _ => Security::Tls,
    };
    settings.user = config.text("mail.user").map(str::to_owned);
    if settings.user.is_some() {
        settings.password = password(config)?;
    }
    let certificates = config.variable("RELATA_MAIL_CERTIFICATE").map(PathBuf::from);
    settings.certificates = certificates.map(|path| Certificates::from_file(&path)).transpose()?;
    settings.check()?;
    Ok(settings)
}

/// Where the password is kept.
enum Kept {
    /// In the environment.
    Variable(OsString),
    /// In a credential that systemd has handed over.
    Credential(PathBuf),
    /// In a file that only its owner may read.
    File(PathBuf),
}

/// Where the password is, by the order in which the places are looked at.
fn kept(config: &Config) -> Option<Kept> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(password) = set(PASSWORD) {
        return Some(Kept::Variable(password));
    }
    let credential = set(CREDENTIALS).map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    match credential.filter(|path| path.exists()) {
        Some(path) => Some(Kept::Credential(path)),
        None => config.path(PASSWORD_FILE).map(Kept::File),
    }
}

/// What tells the password, by the name of the variable or the setting; the password itself is not
/// looked at.
pub(super) fn password_source(config: &Config) -> Option<&'static str> {
    kept(config).map(|kept| match kept {
        Kept::Variable(_) => PASSWORD,
        Kept::Credential(_) => CREDENTIALS,
        Kept::File(_) => PASSWORD_FILE,
    })
}

fn password(config: &Config) -> Result<Option<Password>> {
    match kept(config) {
        Some(Kept::Variable(password)) => Ok(Some(Password::new(password.to_string_lossy()))),
        Some(Kept::Credential(path)) => Password::from_file(&path, false).map(Some),
        Some(Kept::File(path)) => Password::from_file(&path, true).map(Some),
        None => Ok(None),
    }
}

/// Whether a list has come out.
pub(super) struct Delivered {
    /// Whether everybody has it, and somebody by this run.
    pub is_out: bool,
    /// Whether there was a mail to send, be it that of an empty list.
    pub mailed: bool,
    /// Whether something went wrong.
    pub failed: bool,
}

/// Mails a list and says what became of it.
pub(super) fn send(
    context: &Context,
    settings: &MailSettings,
    list: &TodayList,
    asked: &Today,
    page: &mut Page,
) -> Result<Delivered> {
    let request = MailList {
        recipients: asked.mail.clone(),
        again: asked.again,
        even_if_empty: asked.even_if_empty,
        notes: how_to_stop(asked),
    };
    let mailed = context.relata.mail(list, settings, &request)?;
    if asked.selection.json {
        page.answer(&mailed)?;
    } else {
        write(&mailed, page)?;
    }
    for fault in &mailed.faults {
        say(&format!("error: {}", complete(fault)));
    }
    Ok(Delivered { is_out: mailed.is_out(), mailed: !mailed.mails.is_empty(), failed: !mailed.faults.is_empty() })
}

fn write(mailed: &Mailed, page: &mut Page) -> Result<()> {
    let Mailed { profile, date, papers, mails, unshown, .. } = mailed;
    let day = date.map_or_else(|| "no day".to_owned(), |date| date.to_string());
    let many = if *papers == 1 { "paper" } else { "papers" };
    if mails.is_empty() {
        let profile = printable(profile);
        return page.line(&format!("{day}: no new paper for the profile {profile}; no mail is sent"));
    }
    for mail in mails {
        let recipient = &mail.recipient;
        match mail.outcome {
            MailOutcome::Sent => page.line(&format!("{day}: {papers} {many} sent to {recipient}"))?,
            MailOutcome::SentBefore if *unshown > 0 => page.line(&format!(
                "{day}: already sent to {recipient}; {unshown} of its papers have come since, and --again sends it with them"
            ))?,
            MailOutcome::SentBefore => {
                page.line(&format!("{day}: already sent to {recipient}; --again sends it once more"))?;
            }
            MailOutcome::Unclear | MailOutcome::Failed => {}
        }
    }
    Ok(())
}

/// What a recipient who wants no more of these mails has to know: that, and how to stop each form
/// of `relata schedule`.
fn how_to_stop(asked: &Today) -> Vec<String> {
    let profile = &asked.profile.profile;
    let first = format!(
        "You get this since `relata today --mail` runs on a schedule for the profile {}. On the machine that runs it, \
         this stops it, where the schedule was made with `relata schedule`:",
        printable(profile)
    );
    let forms = schedule::how_to_stop(profile).into_iter().map(|(scheduler, how)| format!("{scheduler}: {how}"));
    [first].into_iter().chain(forms).collect()
}
