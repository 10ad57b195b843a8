//! A day's list by mail: each recipient gets it once.
//!
//! In: a list that [`Relata::today`] made, and who is to get it. Out: what became of each mail. The
//! library notes a mail before its first byte is sent and once the server has it, so that neither a
//! second run nor one after a crash sends it twice; what is uncertain is said and not sent.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::related::LikedBy;
use super::today::{NewPaper, TodayList};
use super::{DEFAULT_PROFILE, FetchOutcome, FollowedFor, FollowedPaper, Relata, Related};
use crate::error::{Error, MailError, Result};
use crate::export::Chosen;
use crate::export::letter::{self, Letter, Section, Written};
use crate::library::{MailKey, MailState};
use crate::mail::{Connection, Failure, MailSettings};
use crate::paper::PartialDate;

/// Who is to get a list, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailList {
    /// Mail addresses; one that is named twice counts once.
    pub recipients: Vec<String>,
    /// Send what was sent or begun before, too.
    pub again: bool,
    /// Send a list without papers, too.
    pub even_if_empty: bool,
    /// Paragraphs for the foot of the mail: how to stop it.
    pub notes: Vec<String>,
}

/// What became of a list that was to be mailed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mailed {
    /// The profile whose list it is.
    pub profile: String,
    /// The day of the list.
    pub date: Option<PartialDate>,
    /// Papers of the list.
    pub papers: usize,
    /// The mails, in the order in which recipients were named; none where the list is empty and an
    /// empty one is not wanted.
    pub mails: Vec<MailRow>,
    /// Papers of the list that no list of the profile has shown before.
    pub unshown: usize,
    /// What went wrong.
    #[serde(skip)]
    pub faults: Vec<Error>,
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MailRow {
    /// Who it is for.
    pub recipient: String,
    /// What became of it.
    pub outcome: MailOutcome,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailOutcome {
    /// The server has taken it.
    Sent,
    /// An earlier run has sent it, and this one has not.
    SentBefore,
    /// Whether the server has taken it, now or in an earlier run, is not known.
    Unclear,
    /// The server has not taken it.
    Failed,
}

impl Mailed {
    /// Whether some mail was sent, and every other one was sent before.
    pub fn is_out(&self) -> bool {
        let outcome = |wanted| self.mails.iter().filter(|mail| mail.outcome == wanted).count();
        let (sent, before) = (outcome(MailOutcome::Sent), outcome(MailOutcome::SentBefore));
        sent > 0 && sent + before == self.mails.len()
    }
}

/// One recipient's mail on its way.
struct Mail<'a> {
    list: &'a TodayList,
    settings: &'a MailSettings,
    request: &'a MailList,
    recipient: &'a str,
    key: MailKey<'a>,
}

impl Relata {
    /// Mails a list to each of the recipients that has not got it yet. What a server refuses is
    /// told in the answer; the next run tries it again.
    ///
    /// # Errors
    /// [`MailError::Address`], and what [`MailSettings::check`] and the library report, before
    /// anything is sent.
    pub fn mail(&self, list: &TodayList, settings: &MailSettings, request: &MailList) -> Result<Mailed> {
        settings.check()?;
        letter::bare_address(&settings.from)?;
        let mut recipients: Vec<String> = Vec::new();
        for address in &request.recipients {
            let bare = letter::bare_address(address)?;
            if !recipients.contains(&bare) {
                recipients.push(bare);
            }
        }
        let profile = list.query.profile.clone();
        let shown = self.own()?.shown(&profile)?;
        let ids = list.followed.iter().map(|row| &row.id).chain(list.results.iter().map(|new| &new.row.id));
        let unshown = ids.filter(|id| !shown.contains_key(*id)).count();
        let (date, papers) = (list.day.date, papers(list));
        let mut mailed = Mailed { profile, date, papers, mails: Vec::new(), unshown, faults: Vec::new() };
        if papers == 0 && !request.even_if_empty {
            return Ok(mailed);
        }
        let day = day(list);
        let mut connection = None;
        for recipient in &recipients {
            let key = MailKey { profile: &list.query.profile, day: &day, recipient };
            let mail = Mail { list, settings, request, recipient, key };
            let outcome = self.send(&mail, &mut connection, &mut mailed.faults);
            mailed.mails.push(MailRow { recipient: recipient.clone(), outcome });
        }
        if let Some(connection) = connection {
            connection.close();
        }
        Ok(mailed)
    }

    /// Sends a mail, unless it was begun before.
    fn send(&self, mail: &Mail<'_>, connection: &mut Option<Connection>, faults: &mut Vec<Error>) -> MailOutcome {
        match self.try_send(mail, connection) {
            Ok(None) => MailOutcome::Sent,
            Ok(Some(MailState::Sent)) => MailOutcome::SentBefore,
            Ok(Some(MailState::Begun)) => {
                faults.push(unclear(mail));
                MailOutcome::Unclear
            }
            Err(failure) => {
                // What a connection is good for after a fault is not known.
                *connection = None;
                let (outcome, fault) = match failure {
                    Failure::NotTaken(error) => (MailOutcome::Failed, error),
                    Failure::Unclear(error) => {
                        faults.push(error);
                        (MailOutcome::Unclear, unclear(mail))
                    }
                };
                // A server that is not there is not there for anybody.
                if faults.last().map(Error::to_string) != Some(fault.to_string()) {
                    faults.push(fault);
                }
                outcome
            }
        }
    }

    /// As [`send`](Relata::send); how far the mail was where it was not this caller's to send.
    fn try_send(
        &self,
        mail: &Mail<'_>,
        connection: &mut Option<Connection>,
    ) -> std::result::Result<Option<MailState>, Failure> {
        let Mail { list, settings, request, recipient, key } = mail;
        let before = self.own().and_then(|library| library.mail_state(*key)).map_err(Failure::NotTaken)?;
        if before.is_some() && !request.again {
            return Ok(before);
        }
        let written = self
            .letter(list, &settings.from, recipient, &request.notes, Timestamp::now())
            .map_err(Failure::NotTaken)?;
        let server = match connection {
            Some(server) => server,
            None => connection.insert(Connection::open(settings).map_err(Failure::NotTaken)?),
        };
        let from = letter::bare_address(&settings.from).map_err(Failure::NotTaken)?;
        let mut raced = None;
        let begin = || {
            raced = self.own()?.begin_mail(*key, request.again)?;
            Ok(raced.is_none())
        };
        match server.send(&from, recipient, &written.bytes, begin) {
            Ok(true) => {}
            Ok(false) => {
                *connection = None;
                return Ok(raced);
            }
            Err(Failure::NotTaken(error)) => {
                if raced.is_none() {
                    self.own().and_then(|mut library| library.forget_mail(*key, before)).map_err(Failure::NotTaken)?;
                }
                return Err(Failure::NotTaken(error));
            }
            Err(unclear) => return Err(unclear),
        }
        // Where that it is sent cannot be noted, the next run does not send it again either.
        self.own().and_then(|mut library| library.note_mail_sent(*key)).map_err(Failure::Unclear)?;
        Ok(None)
    }

    /// Writes a list as a letter.
    ///
    /// # Errors
    /// [`MailError::Address`], [`MailError::Composed`]; what the library reports.
    pub fn letter(&self, list: &TodayList, from: &str, to: &str, notes: &[String], date: Timestamp) -> Result<Written> {
        let followed = list.followed.iter().map(|row| self.chosen_followed(row)).collect::<Result<Vec<_>>>()?;
        let ranked = list.results.iter().map(|new| self.chosen(new)).collect::<Result<Vec<_>>>()?;
        // One kind alone needs no title.
        let titled = !followed.is_empty() && !ranked.is_empty();
        let section = |title: &str, papers| Section { title: titled.then(|| title.to_owned()), papers };
        let mut sections = vec![section("What you follow", followed), section("What matches what you like", ranked)];
        sections.retain(|section| !section.papers.is_empty());
        let incomplete = list.fetched.as_ref().is_some_and(|fetched| fetched.outcome == FetchOutcome::Incomplete);
        let warning = "What arXiv announced could not be fetched completely: papers may be missing here.";
        let notes = incomplete.then(|| warning.to_owned()).into_iter().chain(notes.iter().cloned()).collect();
        letter::compose(&Letter {
            from,
            to,
            profile: &list.query.profile,
            day: list.day.date,
            subject: subject(list),
            summary: summary(list),
            sections,
            notes,
            date,
        })
    }

    /// A paper with why it is listed, in words for people.
    fn chosen<'a>(&self, new: &'a NewPaper) -> Result<Chosen<'a>> {
        let row = &new.row;
        let mut why = self.reasons(&row.reason)?;
        if !new.also.is_empty() {
            let also: Vec<&str> = new.also.iter().map(crate::ArxivId::as_str).collect();
            why.push(format!("nearly the same: {}", also.join(", ")));
        }
        let text = row.tldr.as_deref().or(row.reason.sentence.as_deref());
        Ok(Chosen { paper: &row.paper, score: row.score, matched: row.matched, text, why: why.join("; ") })
    }

    /// As [`chosen`](Relata::chosen), of a paper that is listed since it is followed.
    fn chosen_followed<'a>(&self, row: &'a FollowedPaper) -> Result<Chosen<'a>> {
        let related = row.reason.related.as_ref();
        let mut why: Vec<String> = row.reason.follows.iter().map(FollowedFor::in_words).collect();
        if let Some(related) = related {
            why.extend(self.reasons(related)?);
        }
        let text = row.tldr.as_deref().or_else(|| related?.sentence.as_deref());
        Ok(Chosen { paper: &row.paper, score: row.score, matched: row.matched, text, why: why.join("; ") })
    }

    /// What a paper has in common with what is liked.
    fn reasons(&self, related: &Related) -> Result<Vec<String>> {
        let mut why = Vec::new();
        let titled = |title: &str| format!("near \u{201c}{title}\u{201d}, which you like");
        match &related.liked {
            LikedBy::Paper(id) => {
                let title = self.own()?.paper(id)?.and_then(|paper| paper.metadata.title);
                why.push(title.map_or_else(|| format!("near {id}, which you like"), |title| titled(&title)));
            }
            LikedBy::Own { title, .. } => why.push(titled(title)),
            LikedBy::Text { .. } => {}
        }
        if !related.terms.is_empty() {
            why.push(format!("shares {}", related.terms.join(", ")));
        }
        Ok(why)
    }
}

/// How many papers a list has.
fn papers(list: &TodayList) -> usize {
    list.followed.len() + list.results.len()
}

fn unclear(mail: &Mail<'_>) -> Error {
    MailError::Unclear { recipient: mail.recipient.to_owned(), day: mail.key.day.to_owned() }.into()
}

/// The day of a list as a key of mails.
fn day(list: &TodayList) -> String {
    list.day.date.map_or_else(|| "no day".to_owned(), |date| date.to_string())
}

/// `2026-02-20: 3 new papers for thesis`
fn subject(list: &TodayList) -> String {
    let papers = match papers(list) {
        0 => "no new papers".to_owned(),
        1 => "1 new paper".to_owned(),
        several => format!("{several} new papers"),
    };
    let profile = match list.query.profile.as_str() {
        DEFAULT_PROFILE => String::new(),
        profile => format!(" for {profile}"),
    };
    format!("{}: {papers}{profile}", day(list))
}

/// `2026-02-20: 120 papers, 98 of them new to you, 2 that you follow, 12 with a match of 50 or more.`
fn summary(list: &TodayList) -> String {
    let numbers = &list.day;
    let many = if numbers.papers == 1 { "paper" } else { "papers" };
    let mut parts =
        vec![format!("{}: {} {many}", day(list), numbers.papers), format!("{} of them new to you", numbers.new)];
    if numbers.followed > 0 {
        parts.push(format!("{} that you follow", numbers.followed));
    }
    // Who likes nothing asks for no match.
    if list.ranked {
        let more = if numbers.followed > 0 { " more" } else { "" };
        parts.push(format!("{}{more} with a match of {} or more", numbers.matter, numbers.floor));
    }
    let listed: usize = list.results.iter().map(|new| 1 + new.also.len()).sum();
    let here = if numbers.matter > listed { format!("; {listed} of these are listed here") } else { String::new() };
    format!("{}{here}.", parts.join(", "))
}
