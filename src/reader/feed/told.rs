//! What a feed or an answer tells beside its records.
//!
//! In: the elements that stand beside the records: the title of a feed, the numbers of the API,
//! errors and tokens of OAI-PMH. Out: [`Told`], and errors.

use jiff::Timestamp;

use super::super::clean::excerpt;
use super::answer::Token;
use super::tree::Element;
use super::{Document, Kind};
use crate::error::Result;

/// How the title of a feed begins that says that there is none.
const FAILED: &str = "Feed error for query:";
/// Longest title, in characters.
const LONGEST: usize = 300;

/// What is told of the whole.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub kind: Option<Kind>,
    pub title: Option<String>,
    pub token: Option<Token>,
    pub token_expires: Option<Timestamp>,
    pub total_results: Option<u64>,
    pub start_index: Option<u64>,
    pub updated: Option<String>,
    /// The feed was written by Relata itself, which puts its reasons before the abstracts.
    pub own: bool,
    /// The title says that the query failed; what comes of it is told in the subtitle.
    pub failed: bool,
}

impl Document<'_> {
    /// Takes an element that is no record. `within` is the container that it stands in.
    pub(super) fn tell(&mut self, element: Element<'_>, within: &str, line: u64) -> Result<()> {
        let text = element.text();
        let feed = matches!(within, "feed" | "channel");
        let number = || text.parse().ok();
        let told = &mut self.told;
        match element.name() {
            "title" if feed && told.title.is_none() => {
                told.title = Some(excerpt(text, LONGEST)).filter(|title| !title.is_empty());
                told.failed = text.starts_with(FAILED);
                if told.failed {
                    return self.papers.error(line, "", text);
                }
            }
            "subtitle" | "description" if feed && told.failed && !text.is_empty() => {
                return self.papers.error(line, "", text);
            }
            "id" if feed => told.own |= text.starts_with("urn:relata:"),
            "updated" | "lastbuilddate" | "responsedate" if told.updated.is_none() => {
                told.updated = Some(excerpt(text, LONGEST)).filter(|updated| !updated.is_empty());
            }
            "totalresults" => told.total_results = number(),
            "startindex" => told.start_index = number(),
            "error" => return self.papers.error(line, element.attribute("code").unwrap_or_default(), text),
            "resumptiontoken" => {
                told.token = Some(if text.is_empty() { Token::Last } else { Token::More(text.to_owned()) });
                told.token_expires = element.attribute("expirationdate").and_then(|date| date.parse().ok());
            }
            "listidentifiers" => {
                return self.papers.skip(line, "a list of identifiers has no papers; ask for ListRecords");
            }
            _ => {}
        }
        Ok(())
    }
}
