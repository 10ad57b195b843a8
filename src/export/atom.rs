//! An Atom feed (RFC 4287). Neutral lines hold only characters that XML 1.0 has a place for
//! (section 2.2).

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Chosen, Heading, own_words};
use crate::library::Paper;
use crate::paper::PartialDate;

/// What tells the user's tags from the categories of arXiv.
const TAGS: &str = "urn:relata:tag";

/// The feed's own name, the same every day: readers know a feed by it.
fn feed_id(heading: &Heading<'_>) -> String {
    format!("urn:relata:{}:{}", heading.command, escaped(heading.name))
}

/// A text within a name: every sign that might part names is escaped.
fn escaped(text: &str) -> String {
    let mut id = String::new();
    for byte in text.bytes() {
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
    // The day of the newest paper and not of the run: the same answer is the same feed.
    let newest = chosen.iter().map(|chosen| updated(chosen.paper)).max();
    let newest = newest.map_or("1970-01-01T00:00:00Z".to_owned(), instant);
    let mut feed = begun(&feed_id(heading), &heading.title, &newest, out)?;
    for chosen in chosen {
        entry(&mut feed, &chosen.paper.id.url(), &instant(updated(chosen.paper)), chosen)?;
    }
    feed.write_event(Event::End(BytesEnd::new("feed")))?;
    writeln!(feed.into_inner())
}

/// Begins and ends of entries, as they stand in what is written here and in no text of theirs.
const BEGIN: &str = "  <entry>";
const END: &str = "</entry>\n";

/// The entries of one day of an archive, whose name for files is `file`, as a feed of its own.
/// Their names are of the profile, the day and the paper, so that a reader shows none of them
/// twice; they are of the day, whenever they were written.
pub(super) fn day(
    heading: &Heading<'_>,
    day: PartialDate,
    chosen: &[Chosen<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let id = format!("{}:{day}", archive_id(heading));
    let mut feed = begun(&id, &heading.title, &instant(day), out)?;
    for chosen in chosen {
        entry(&mut feed, &format!("{id}:{}", escaped(chosen.paper.id.as_str())), &instant(day), chosen)?;
    }
    feed.write_event(Event::End(BytesEnd::new("feed")))?;
    writeln!(feed.into_inner())
}

/// The entries of a feed that [`day`] has written, as they stand there.
pub(super) fn entries(feed: &str) -> &str {
    match (feed.find(BEGIN), feed.rfind(END)) {
        (Some(begin), Some(end)) if begin < end => &feed[begin..end + END.len()],
        _ => "",
    }
}

/// A feed of several days, the latest first, from the entries of each; `file` is the name under
/// which it stands.
pub(super) fn days(
    heading: &Heading<'_>,
    file: &str,
    latest: PartialDate,
    entries: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut feed = begun(&archive_id(heading), &heading.title, &instant(latest), out)?;
    let link = |rel: &'static str, href: &str| {
        let link = BytesStart::new("link").with_attributes([("rel", rel), ("href", href)]);
        Event::Empty(link.into_owned())
    };
    feed.write_event(link("self", &format!("{file}.atom")))?;
    feed.write_event(link("alternate", &format!("{file}/{latest}.html")))?;
    let out = feed.into_inner();
    write!(out, "\n{}", entries.concat())?;
    writeln!(out, "</feed>")
}

fn archive_id(heading: &Heading<'_>) -> String {
    format!("urn:relata:archive:{}", escaped(heading.name))
}

/// A feed with its head written.
fn begun<'a>(id: &str, title: &str, updated: &str, out: &'a mut dyn Write) -> io::Result<Writer<&'a mut dyn Write>> {
    let mut feed = Writer::new_with_indent(out, b' ', 2);
    feed.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    feed.write_event(Event::Start(
        BytesStart::new("feed").with_attributes([("xmlns", "http://www.w3.org/2005/Atom")]),
    ))?;
    text(&mut feed, "id", id)?;
    text(&mut feed, "title", title)?;
    text(&mut feed, "updated", updated)?;
    Ok(feed)
}

/// A paper. `id` is the name of the entry.
fn entry(feed: &mut Writer<&mut dyn Write>, id: &str, updated: &str, chosen: &Chosen<'_>) -> io::Result<()> {
    let Chosen { paper, why, .. } = chosen;
    feed.write_event(Event::Start(BytesStart::new("entry")))?;
    text(feed, "id", id)?;
    text(feed, "title", paper.title.as_deref().unwrap_or_default())?;
    text(feed, "updated", updated)?;
    // Need not be given, so it is given only where it is known.
    if let Some(day) = paper.published.and_then(PartialDate::day) {
        text(feed, "published", &instant(day.into()))?;
    }
    feed.write_event(Event::Empty(BytesStart::new("link").with_attributes([("href", paper.id.url().as_str())])))?;
    let names = if paper.authors.is_empty() { &["unknown".to_owned()] } else { paper.authors.as_slice() };
    for name in names {
        feed.write_event(Event::Start(BytesStart::new("author")))?;
        text(feed, "name", name)?;
        feed.write_event(Event::End(BytesEnd::new("author")))?;
    }
    for category in &paper.categories {
        let category = BytesStart::new("category").with_attributes([("term", category.as_str())]);
        feed.write_event(Event::Empty(category))?;
    }
    for tag in &paper.annotations.tags {
        let tag = BytesStart::new("category").with_attributes([("term", tag.as_str()), ("scheme", TAGS)]);
        feed.write_event(Event::Empty(tag))?;
    }
    if let Some(license) = &paper.license {
        text(feed, "rights", license)?;
    }
    let own = paper.abstract_text.as_deref().unwrap_or_default();
    let why = if paper.withdrawn { &format!("withdrawn; {why}") } else { why };
    let said = own_words(paper);
    let mut parts = vec![why.as_str(), said.as_str(), own];
    parts.retain(|part| !part.is_empty());
    text(feed, "summary", &parts.join("\n\n"))?;
    feed.write_event(Event::End(BytesEnd::new("entry")))
}

fn text(feed: &mut Writer<&mut dyn Write>, name: &str, value: &str) -> io::Result<()> {
    feed.write_event(Event::Start(BytesStart::new(name)))?;
    feed.write_event(Event::Text(BytesText::new(value)))?;
    feed.write_event(Event::End(BytesEnd::new(name)))
}
