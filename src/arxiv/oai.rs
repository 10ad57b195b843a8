//! OAI-PMH: records by datestamp and set, page by page, and single ones
//! (<https://www.openarchives.org/OAI/openarchivesprotocol.html>).
//!
//! In: a [`Selection`] and a token. Out: a [`Page`] of records in arXivRaw, which tells versions.
//! Nothing is assumed of a page's size.

use jiff::Timestamp;
use jiff::civil::Date;

use super::address::with_parameters;
use super::client::{Client, Interface, Question, Reply, Verdict, line};
use crate::error::{FetchError, Result};
use crate::paper::{ArxivId, Skipped};
use crate::reader::{Answer, AnswerKind, Record, Token, read_answer};

/// Which records are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// First datestamp.
    pub since: Option<Date>,
    /// Last datestamp.
    pub until: Option<Date>,
    /// A set, such as `cs:cs:LG`; all of arXiv without one.
    pub set: Option<String>,
}

/// A page of records.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its records, in the order of their datestamps.
    pub records: Vec<Record>,
    /// Records that could not be read.
    pub skipped: Vec<Skipped>,
    /// The token of the next page; none on the last.
    pub next: Option<String>,
    /// The server's day.
    pub day: Date,
}

/// What comes of a token.
#[derive(Clone, Debug)]
pub enum Listed {
    /// A page.
    Page(Page),
    /// The token serves no longer: its day is over. Records are to be asked for anew, from the last
    /// datestamp that was seen.
    Expired,
}

/// How often a server may refuse its own tokens without a later datestamp between, before it is
/// given up.
const MOST_EXPIRED: u32 = 4;

/// A walk over the pages of a selection ([`Client::pages`]).
pub struct Pages<'c> {
    client: &'c Client,
    selection: Selection,
    token: Option<String>,
    expired: u32,
    through: bool,
}

impl Pages<'_> {
    /// The next page; `None` behind the last. A token that serves no longer is asked with once
    /// more, since its text holds all that it stands for; refused again, records are asked for anew
    /// from the last datestamp that was seen, and what comes twice is the same.
    ///
    /// # Errors
    /// [`FetchError::Refused`] where the server does not take its own tokens; as
    /// [`Client::list_records`].
    pub fn next_page(&mut self) -> Result<Option<Page>> {
        while !self.through {
            match self.client.list_records(&self.selection, self.token.as_deref())? {
                Listed::Page(page) => {
                    let last = page.records.iter().filter_map(|record| record.datestamp).max();
                    if self.selection.since < last {
                        (self.selection.since, self.expired) = (last, 0);
                    }
                    self.token.clone_from(&page.next);
                    self.through = page.next.is_none();
                    return Ok(Some(page));
                }
                Listed::Expired if self.expired < MOST_EXPIRED => {
                    self.token = self.token.take().filter(|_| self.expired == 0);
                    self.expired += 1;
                }
                Listed::Expired => {
                    let reason = "it does not take its own tokens".to_owned();
                    return Err(FetchError::Refused { server: "OAI-PMH".to_owned(), reason }.into());
                }
            }
        }
        Ok(None)
    }
}

/// The set of a category or an archive; `None` for a name that cannot be one.
///
/// ```
/// use relata::arxiv::set_of;
///
/// assert_eq!(set_of("cs.LG").as_deref(), Some("cs:cs:LG"));
/// assert_eq!(set_of("hep-th").as_deref(), Some("physics:hep-th"));
/// assert_eq!(set_of("cs").as_deref(), Some("cs"));
/// ```
pub fn set_of(category: &str) -> Option<String> {
    /// Archives that arXiv files under physics.
    const PHYSICS: [&str; 13] = [
        "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin", "nucl-ex",
        "nucl-th", "physics", "quant-ph",
    ];
    if !crate::paper::category::is_category(category) {
        return None;
    }
    let (archive, class) = category.split_once('.').map_or((category, None), |(archive, class)| (archive, Some(class)));
    Some(match (PHYSICS.contains(&archive), class) {
        (true, None) if archive == "physics" => "physics".to_owned(),
        (true, None) => format!("physics:{archive}"),
        (true, Some(class)) => format!("physics:{archive}:{class}"),
        (false, None) => archive.to_owned(),
        (false, Some(class)) => format!("{archive}:{archive}:{class}"),
    })
}

impl Client {
    /// All pages of a selection, or with a token those after it, one by one.
    pub fn pages(&self, selection: Selection, token: Option<String>) -> Pages<'_> {
        Pages { client: self, selection, token, expired: 0, through: false }
    }

    /// The first page of a selection, or with a token the page after.
    ///
    /// # Errors
    /// [`FetchError`]: the server fails for too long, or refuses.
    pub fn list_records(&self, selection: &Selection, token: Option<&str>) -> Result<Listed> {
        let base = &self.settings().oai;
        let [since, until] = [selection.since, selection.until].map(|day| day.map(|day| day.to_string()));
        let address = match token {
            Some(token) => with_parameters(base, &[("verb", "ListRecords"), ("resumptionToken", token)]),
            None => {
                let mut parameters = vec![("verb", "ListRecords"), ("metadataPrefix", "arXivRaw")];
                parameters.extend(since.as_deref().map(|since| ("from", since)));
                parameters.extend(until.as_deref().map(|until| ("until", until)));
                parameters.extend(selection.set.as_deref().map(|set| ("set", set)));
                with_parameters(base, &parameters)
            }
        };
        self.get(&Question { interface: Interface::Oai, address: &address, etag: None }, &|reply| {
            self.page(&reply, token.is_some())
        })
    }

    /// The record of one paper; `None` where there is no such paper.
    ///
    /// # Errors
    /// As [`Client::list_records`].
    pub fn record(&self, id: &ArxivId) -> Result<Option<Record>> {
        let identifier = format!("oai:arXiv.org:{}", id.as_str());
        let parameters = [("verb", "GetRecord"), ("identifier", &identifier), ("metadataPrefix", "arXivRaw")];
        let address = with_parameters(&self.settings().oai, &parameters);
        self.get(&Question { interface: Interface::Oai, address: &address, etag: None }, &|reply| match self
            .page(&reply, false)
        {
            Verdict::Good(Listed::Page(page)) => match page.skipped.first() {
                // A record that cannot be read is not a paper that does not exist.
                Some(skipped) if page.records.is_empty() => Verdict::Refused(skipped.reason.clone()),
                _ => Verdict::Good(page.records.into_iter().find(|record| record.entry.id == *id)),
            },
            Verdict::Good(Listed::Expired) => Verdict::Refused("an answer to another question".to_owned()),
            Verdict::Again(reason) => Verdict::Again(reason),
            Verdict::Refused(reason) => Verdict::Refused(reason),
        })
    }

    fn page(&self, reply: &Reply, by_token: bool) -> Verdict<Listed> {
        let answer = match whole(reply, |kind| *kind == AnswerKind::Oai) {
            Ok(answer) => answer,
            Err(reason) => return Verdict::Again(reason),
        };
        let code = |code: &str| answer.errors.iter().any(|error| error.code == code);
        if by_token && code("badResumptionToken") {
            return Verdict::Good(Listed::Expired);
        }
        let nothing = code("noRecordsMatch") || code("idDoesNotExist");
        if let Some(error) = answer.errors.first().filter(|_| !nothing) {
            return Verdict::Refused(line(&format!("{}: {}", error.code, error.message)));
        }
        let next = match answer.token {
            Some(Token::More(token)) => Some(token),
            Some(Token::Last) | None => None,
        };
        let day = day_of(answer.updated.as_deref(), self.now());
        Verdict::Good(Listed::Page(Page { records: answer.records, skipped: answer.skipped, next, day }))
    }
}

/// An answer that is of the expected kind and was not cut; else what is wrong with it.
pub(super) fn whole(reply: &Reply, expected: impl Fn(&AnswerKind) -> bool) -> std::result::Result<Answer, String> {
    let answer = read_answer("arXiv", &reply.body);
    match &answer.kind {
        found if expected(found) && answer.complete => Ok(answer),
        found if expected(found) => Err("the answer breaks off".to_owned()),
        AnswerKind::Other(what) => Err(line(&format!("HTTP {} with {what}", reply.status))),
        _ => Err(format!("HTTP {} with an answer to another question", reply.status)),
    }
}

/// The server's day, by its own clock where it tells.
fn day_of(told: Option<&str>, now: Timestamp) -> Date {
    let told = told.and_then(|text| text.parse::<Timestamp>().ok());
    told.unwrap_or(now).to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_categories_and_archives() {
        let sets = ["math.AG", "astro-ph.CO", "physics.optics", "physics", "q-bio.NC", "eess"].map(set_of);
        let wanted =
            ["math:math:AG", "physics:astro-ph:CO", "physics:physics:optics", "physics", "q-bio:q-bio:NC", "eess"];
        assert_eq!(sets.map(Option::unwrap_or_default), wanted);
        assert_eq!(set_of("cs:cs"), None);
        assert_eq!(set_of("cs.LG&set=math"), None);
    }
}
