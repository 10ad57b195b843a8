//! An Atom feed (RFC 4287). Neutral lines hold only characters that XML 1.0 has a place for
//! (section 2.2).

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Chosen, Heading};
use crate::library::Paper;
use crate::paper::PartialDate;

/// The feed's own name, the same every day: readers know a feed by it.
fn feed_id(heading: &Heading<'_>) -> String {
    let mut id = format!("urn:relata:{}:", heading.command);
    for byte in heading.name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            id.push(char::from(byte));
        } else {
            id.push_str(&format!("%{byte:02X}"));
        }
    }
    id
}

/// When the paper changed last, as far as anybody told.
fn updated(paper: &Paper) -> PartialDate {
    paper.updated.map_or(paper.date, |date| date.max(paper.date))
}

/// The time that a feed must give of a date. Of a month it is the beginning, so that no reader
/// takes the entry for newer than it is.
fn instant(date: PartialDate) -> String {
    format!("{}T00:00:00Z", date.first_day())
}

pub(super) fn write(heading: &Heading<'_>, chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut feed = Writer::new_with_indent(out, b' ', 2);
    feed.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    feed.write_event(Event::Start(
        BytesStart::new("feed").with_attributes([("xmlns", "http://www.w3.org/2005/Atom")]),
    ))?;
    text(&mut feed, "id", &feed_id(heading))?;
    text(&mut feed, "title", &heading.title)?;
    // The day of the newest paper and not of the run: the same answer is the same feed.
    let newest = chosen.iter().map(|chosen| updated(chosen.paper)).max();
    text(&mut feed, "updated", &newest.map_or("1970-01-01T00:00:00Z".to_owned(), instant))?;
    for Chosen { paper, why, .. } in chosen {
        feed.write_event(Event::Start(BytesStart::new("entry")))?;
        text(&mut feed, "id", &paper.id.url())?;
        text(&mut feed, "title", paper.title.as_deref().unwrap_or_default())?;
        text(&mut feed, "updated", &instant(updated(paper)))?;
        // Need not be given, so it is given only where it is known.
        if let Some(day) = paper.published.and_then(PartialDate::day) {
            text(&mut feed, "published", &instant(day.into()))?;
        }
        feed.write_event(Event::Empty(BytesStart::new("link").with_attributes([("href", paper.id.url().as_str())])))?;
        let names = if paper.authors.is_empty() { &["unknown".to_owned()] } else { paper.authors.as_slice() };
        for name in names {
            feed.write_event(Event::Start(BytesStart::new("author")))?;
            text(&mut feed, "name", name)?;
            feed.write_event(Event::End(BytesEnd::new("author")))?;
        }
        for category in &paper.categories {
            let category = BytesStart::new("category").with_attributes([("term", category.as_str())]);
            feed.write_event(Event::Empty(category))?;
        }
        if let Some(license) = &paper.license {
            text(&mut feed, "rights", license)?;
        }
        let own = paper.abstract_text.as_deref().unwrap_or_default();
        let why = if paper.withdrawn { &format!("withdrawn; {why}") } else { why };
        text(&mut feed, "summary", &[why.as_str(), own].join("\n\n"))?;
        feed.write_event(Event::End(BytesEnd::new("entry")))?;
    }
    feed.write_event(Event::End(BytesEnd::new("feed")))?;
    writeln!(feed.into_inner())
}

fn text(feed: &mut Writer<&mut dyn Write>, name: &str, value: &str) -> io::Result<()> {
    feed.write_event(Event::Start(BytesStart::new(name)))?;
    feed.write_event(Event::Text(BytesText::new(value)))?;
    feed.write_event(Event::End(BytesEnd::new(name)))
}
