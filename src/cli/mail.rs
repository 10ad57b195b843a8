//! `relata today --mail`: where mail goes out, and what became of it.

use crate::error::{MailError, Result};
use crate::mail::{MailSettings, Password, Security};
use crate::service::{MailList, MailOutcome, Mailed, TodayList};

use super::args::Today;
use super::config::Config;
use super::terminal::{Page, printable, say};
use super::{Context, complete};

/// The name of the credential that systemd hands to a service.
const CREDENTIAL: &str = "relata-mail";

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
    settings.check()?;
    Ok(settings)
}

/// The password: from the environment, from systemd, or from a file that only its owner may read.
fn password(config: &Config) -> Result<Option<Password>> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(password) = set("RELATA_MAIL_PASSWORD") {
        return Ok(Some(Password::new(password.to_string_lossy())));
    }
    if let Some(folder) = set("CREDENTIALS_DIRECTORY") {
        let path = std::path::Path::new(&folder).join(CREDENTIAL);
        if path.exists() {
            return Password::from_file(&path, false).map(Some);
        }
    }
    config.path("mail.password_file").map(|path| Password::from_file(&path, true)).transpose()
}

/// Whether a list has come out.
pub(super) struct Delivered {
    /// Whether everybody has it, and somebody by this run.
    pub is_out: bool,
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
        notes: vec![how_to_stop(asked)],
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
    Ok(Delivered { is_out: mailed.is_out(), failed: !mailed.faults.is_empty() })
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

/// What a recipient who wants no more of these mails has to know.
fn how_to_stop(asked: &Today) -> String {
    let profile = printable(&asked.profile.profile).into_owned();
    format!(
        "You get this since `relata today --mail` runs on a schedule for the profile {profile}. To stop it, take that \
         command out of the schedule (crontab -e, or systemctl --user disable --now with the name of its timer) on the \
         machine that runs it."
    )
}
