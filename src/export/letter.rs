//! A list of papers as an e-mail (RFC 5322), to be read as text or as HTML.
//!
//! In: whom it is from and for, and papers with why they are listed. Out: the bytes of a message.
//! The HTML has no images, no scripts, no colours of its own (it takes those of light or dark),
//! and links to arXiv alone. No text can end a header: each is one line first, and encoded then.

use std::io::{self, Write};

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use sha2::{Digest, Sha256};

use super::neutral::Clean;
use super::{Chosen, Heading};
use crate::error::{MailError, Result};
use crate::paper::PartialDate;
use crate::reader::language;
use crate::text::neutral::line;

/// Sender and recipient of a letter that nobody sends.
pub(crate) const NOBODY: &str = "Relata <relata@localhost>";
/// Authors of a paper that are named.
const AUTHORS: usize = 6;
/// Columns of the text.
const WIDTH: usize = 76;

/// A letter that is to be written.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// Who sends it: `ada@example.org` or `Ada <ada@example.org>`.
    pub from: &'a str,
    /// Who gets it, in the same forms.
    pub to: &'a str,
    /// The profile whose list it is.
    pub profile: &'a str,
    /// The day of the list, where one is known.
    pub day: Option<PartialDate>,
    /// What the mail is about, in a few words.
    pub subject: String,
    /// The list in numbers.
    pub summary: String,
    /// The papers.
    pub sections: Vec<Section<'a>>,
    /// What stands below the papers, such as how to stop these mails; a paragraph each.
    pub notes: Vec<String>,
    /// When it is written.
    pub date: Timestamp,
}

/// Papers of a letter that are listed for the same reason.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// The reason, where there are several sections.
    pub title: Option<String>,
    /// The papers, the best first.
    pub papers: Vec<Chosen<'a>>,
}

/// A letter that is written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its subject.
    pub subject: String,
    /// Its Message-ID, which profile, day and recipient decide.
    pub message_id: String,
    /// The message, with lines that end in CR and LF.
    pub bytes: Vec<u8>,
}

/// Whether a text is an address that mail can be sent to, with or without a name.
pub fn is_mail_address(text: &str) -> bool {
    mailbox(text).is_ok()
}

/// The address in `Ada <ada@example.org>`, in lower case: what tells recipients apart.
///
/// # Errors
/// [`MailError::Address`]
pub fn bare_address(text: &str) -> Result<String> {
    Ok(mailbox(text)?.email.to_string().to_lowercase())
}

fn mailbox(text: &str) -> Result<Mailbox> {
    let fault = || MailError::Address { text: line(text).into_owned() }.into();
    if text.chars().any(char::is_control) { Err(fault()) } else { text.trim().parse().map_err(|_| fault()) }
}

/// Writes a letter.
///
/// # Errors
/// [`MailError::Address`], [`MailError::Composed`].
pub fn compose(letter: &Letter<'_>) -> Result<Written> {
    let (from, to) = (mailbox(letter.from)?, mailbox(letter.to)?);
    let subject = line(&letter.subject).into_owned();
    let sections = clean(letter);
    let (text, html) = (text(letter, &sections), html(letter, &subject, &sections)?);
    let host = from.email.domain().to_owned();
    let day = letter.day.map(|day| day.to_string()).unwrap_or_default();
    let recipient = to.email.to_string().to_lowercase();
    let message_id = format!("<relata.{}@{host}>", digest(&[letter.profile, &day, &recipient]));
    let header = |name: &'static str, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    let alternatives = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        // No text can hold what its own sum decides, and the same letter has the same bytes.
        .boundary(format!("relata-{}", digest(&[&text, &html])))
        .singlepart(SinglePart::plain(text))
        .singlepart(SinglePart::html(html));
    let message = Message::builder()
        .from(from)
        .to(to)
        .subject(subject.clone())
        .date(letter.date.into())
        .message_id(Some(message_id.clone()))
        .raw_header(header("List-Id", format!("<{}.relata.{host}>", digest(&[letter.profile]))))
        // No holiday notice answers it.
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
        .multipart(alternatives)
        .map_err(|error| MailError::Composed { reason: error.to_string() })?;
    Ok(Written { subject, message_id, bytes: message.formatted() })
}

/// A letter to nobody in particular, of the day of its newest paper: the same answer is the same
/// letter.
pub(super) fn write(heading: &Heading<'_>, chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    let many = if chosen.len() == 1 { "paper" } else { "papers" };
    let day = chosen.iter().map(|chosen| chosen.paper.date).max();
    let letter = Letter {
        from: NOBODY,
        to: NOBODY,
        profile: heading.name,
        day,
        subject: heading.title.clone(),
        summary: format!("{} {many}", chosen.len()),
        sections: vec![Section { title: None, papers: chosen.to_vec() }],
        notes: Vec::new(),
        date: midnight(day),
    };
    let bytes = compose(&letter).map_err(io::Error::other)?.bytes;
    // Lines end as they do in every other form; what sends a file of these makes both of it.
    out.write_all(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").as_bytes())
}

/// The beginning of a day, UTC; of a month that of its first day.
pub(crate) fn midnight(day: Option<PartialDate>) -> Timestamp {
    let zoned = day.and_then(|day| day.first_day().to_zoned(TimeZone::UTC).ok());
    zoned.map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// Half of the SHA-256 over texts, in hexadecimal.
fn digest(texts: &[&str]) -> String {
    let mut sum = Sha256::new();
    for text in texts {
        sum.update((text.len() as u64).to_le_bytes());
        sum.update(text);
    }
    sum.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Sections whose texts are one line each.
fn clean(letter: &Letter<'_>) -> Vec<(Option<String>, Vec<Clean>)> {
    let section = |section: &Section<'_>| {
        let title = section.title.as_ref().map(|title| line(title).into_owned());
        (title, section.papers.iter().map(Clean::of).collect())
    };
    letter.sections.iter().map(section).collect()
}

/// A paper as both forms show it.
struct Item<'a> {
    place: usize,
    title: &'a str,
    url: String,
    matched: Option<String>,
    facts: String,
    text: &'a str,
    language: &'a str,
    why: String,
}

impl<'a> Item<'a> {
    fn new(place: usize, chosen: Chosen<'a>) -> Item<'a> {
        let paper = chosen.paper;
        let mut authors: Vec<&str> = paper.authors.iter().take(AUTHORS).map(String::as_str).collect();
        if paper.authors.len() > AUTHORS {
            authors.push("et al.");
        }
        let withdrawn = paper.withdrawn.then(|| "withdrawn".to_owned());
        let date = Some(paper.date.to_string());
        let category = paper.categories.first().cloned();
        let authors = Some(authors.join(", ")).filter(|authors| !authors.is_empty());
        let facts: Vec<String> = [withdrawn, date, category, authors].into_iter().flatten().collect();
        let text = chosen.text.unwrap_or_default();
        Item {
            place,
            title: paper.title.as_deref().unwrap_or("(no title)"),
            url: paper.id.url(),
            matched: chosen.matched.map(|matched| format!("{matched:.0}")),
            facts: facts.join(" · "),
            text,
            language: language(text),
            why: chosen.why,
        }
    }
}

/// The papers of all sections; their places go on from one to the next.
fn items(sections: &[(Option<String>, Vec<Clean>)]) -> Vec<(Option<&str>, Vec<Item<'_>>)> {
    let mut place = 0;
    let mut number = |clean| {
        place += 1;
        Item::new(place, Clean::chosen(clean))
    };
    sections.iter().map(|(title, papers)| (title.as_deref(), papers.iter().map(&mut number).collect())).collect()
}

fn text(letter: &Letter<'_>, sections: &[(Option<String>, Vec<Clean>)]) -> String {
    let mut lines = Vec::new();
    wrap(&mut lines, &line(&letter.summary), 0, 0);
    for (title, items) in items(sections) {
        if let Some(title) = title {
            lines.push(String::new());
            wrap(&mut lines, &title.to_uppercase(), 0, 0);
        }
        for item in items {
            lines.push(String::new());
            wrap(&mut lines, &format!("{:>3}. {}", item.place, item.title), 0, 5);
            lines.push(format!("     {}", item.url));
            let matched = item.matched.map(|matched| format!("match {matched} · ")).unwrap_or_default();
            wrap(&mut lines, &format!("{matched}{}", item.facts), 5, 5);
            wrap(&mut lines, item.text, 5, 5);
            if !item.why.is_empty() {
                wrap(&mut lines, &format!("Why: {}", item.why), 5, 5);
            }
        }
    }
    if !letter.notes.is_empty() {
        // What mail programs take for a signature.
        lines.extend([String::new(), "-- ".to_owned()]);
        letter.notes.iter().for_each(|note| wrap(&mut lines, &line(note), 0, 0));
    }
    lines.join("\r\n") + "\r\n"
}

/// Adds a text in lines of at most [`WIDTH`] characters, where its words let it; the first line and
/// the others have margins of their own.
fn wrap(lines: &mut Vec<String>, text: &str, first: usize, rest: usize) {
    // A place stands in the margin of its title.
    let (head, text) = match text.len() - text.trim_start().len() {
        0 => ("", text),
        space => text.split_at(space),
    };
    let mut current = format!("{:first$}{head}", "");
    let mut used = first + head.len();
    let mut empty = true;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !empty && used + 1 + length > WIDTH {
            lines.push(std::mem::replace(&mut current, " ".repeat(rest)));
            (used, empty) = (rest, true);
        }
        if !empty {
            current.push(' ');
            used += 1;
        }
        current.push_str(word);
        used += length;
        empty = false;
    }
    if !empty {
        lines.push(current);
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Page<'a> {
    subject: &'a str,
    summary: &'a str,
    sections: Vec<(Option<&'a str>, Vec<Item<'a>>)>,
    notes: Vec<String>,
}

fn html(letter: &Letter<'_>, subject: &str, sections: &[(Option<String>, Vec<Clean>)]) -> Result<String> {
    let notes = letter.notes.iter().map(|note| line(note).into_owned()).collect();
    let page = Page { subject, summary: &line(&letter.summary), sections: items(sections), notes };
    let html = page.render().map_err(|error| MailError::Composed { reason: error.to_string() })?;
    Ok(html.trim_end().to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::papers;

    fn letter<'a>(papers: Vec<Chosen<'a>>, to: &'a str) -> Letter<'a> {
        Letter {
            from: "Relata <relata@uni.example>",
            to,
            profile: "default",
            day: Some("2026-02-20".parse().unwrap()),
            subject: "2026-02-20: 1 new paper".to_owned(),
            summary: "2026-02-20: 120 papers, 98 new.".to_owned(),
            sections: vec![Section { title: None, papers }],
            notes: vec!["How to stop this.".to_owned()],
            date: "2026-02-20T07:30:00Z".parse().unwrap(),
        }
    }

    fn headers(written: &Written) -> Vec<String> {
        let text = String::from_utf8(written.bytes.clone()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn the_same_letter_has_the_same_bytes_and_an_id_of_its_own() {
        let id = |profile: &str, day: &str, to: &str| {
            let mut letter = letter(Vec::new(), to);
            (letter.profile, letter.day) = (profile, Some(day.parse().unwrap()));
            compose(&letter).unwrap().message_id
        };
        let one = id("default", "2026-02-20", "ada@a.example");
        assert!(one.starts_with("<relata.") && one.ends_with("@uni.example>"), "{one}");
        assert_eq!(one, id("default", "2026-02-20", "Ada L <Ada@A.example>"));
        for other in [
            id("other", "2026-02-20", "ada@a.example"),
            id("default", "2026-02-21", "ada@a.example"),
            id("default", "2026-02-20", "bob@a.example"),
        ] {
            assert_ne!(one, other);
        }
        let bytes = |_| compose(&letter(Vec::new(), "ada@a.example")).unwrap().bytes;
        assert_eq!(bytes(0), bytes(1));
    }

    #[test]
    fn no_title_and_no_name_ends_a_header() {
        let evil = "Ice\r\nBcc: all@a.example\r\n\r\n<script>alert(1)</script>\u{202e}";
        let mut paper = papers().remove(0);
        paper.metadata.title = Some(evil.to_owned());
        paper.metadata.authors = vec![evil.to_owned()];
        let chosen = Chosen { paper: &paper, score: None, matched: Some(71.0), text: Some(evil), why: evil.to_owned() };
        let mut letter = letter(vec![chosen], "ada@a.example");
        (letter.subject, letter.profile, letter.summary) = (format!("New: {evil}"), evil, evil.to_owned());
        letter.sections[0].title = Some(evil.to_owned());
        letter.notes = vec![evil.to_owned()];
        let written = compose(&letter).unwrap();
        let names: Vec<String> =
            headers(&written).iter().map(|header| header.split(':').next().unwrap().to_owned()).collect();
        let mut expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "List-Id",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
        ];
        let mut found: Vec<&str> = names.iter().map(String::as_str).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        for to in ["ada@a.example\r\nBcc: b@a.example", "nobody", "", "a b@c.example", "ada@a.example, b@a.example"] {
            assert!(!is_mail_address(to), "{to:?}");
        }
        assert!(is_mail_address("Ada Lovelace <ada@a.example>") && is_mail_address("ada@a.example"));
    }

    #[test]
    fn text_is_wrapped_within_its_margins() {
        let mut lines = Vec::new();
        wrap(&mut lines, &format!("  1. {}", "glacier ".repeat(15)), 0, 5);
        wrap(&mut lines, "", 5, 5);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("  1. glacier") && lines[1].starts_with("     glacier"), "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
    }
}
