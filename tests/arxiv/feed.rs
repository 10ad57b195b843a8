//! The daily feed, as Atom and as RSS.
//!
//! In: the world, the moment, the categories of the address, the client's ETag, faults. Out: the
//! feed of the day in Eastern Time, 304, or 400 with a feed that says what is wrong.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::calendar::{feed_day, midnight, seconds_to_next_feed};
use super::faults::Fault;
use super::names::creator;
use super::reply::Reply;
use super::script::Faults;
use super::taxonomy::{covers, is_known};
use super::world::{AnnounceType, Listed, State, World};
use super::xml::Xml;

/// The most entries of a feed.
const MOST: usize = 2000;
/// Replacements of later versions than this one are left out.
const LAST_VERSION: usize = 5;

/// A feed's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Atom,
    Rss,
}

/// What a client asks for.
pub(crate) struct Request<'a> {
    pub(crate) form: Form,
    /// `cs.LG+stat.ML`.
    pub(crate) query: &'a str,
    /// The address of the feed.
    pub(crate) address: &'a str,
    pub(crate) if_none_match: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// Days as a feed shows them.
struct Days {
    /// When it was made.
    made: Timestamp,
    /// The day that entries bear.
    published: Date,
}

/// Answers a request for the feed.
pub(crate) fn answer(world: &World, request: &Request<'_>, faults: &Faults) -> Reply {
    let asked: Vec<&str> = request.query.split('+').collect();
    if let Some(unknown) = asked.iter().find(|name| !is_known(name)) {
        return error(request, &format!("Invalid archive or category: {unknown}"));
    }
    let mut day = feed_day(request.now);
    if faults.has(&Fault::NotYetOut) {
        day = before(day, 1);
    }
    let behind = faults.find(|fault| if let Fault::PubDateBehind(days) = fault { Some(*days) } else { None });
    let days = Days { made: midnight(day).timestamp() + 13.seconds(), published: before(day, behind.unwrap_or(0)) };
    let entries = entries(world, day, &asked, faults);
    let body = match request.form {
        Form::Atom => atom(request, &asked, &entries, &days),
        Form::Rss => rss(request, &asked, &entries, &days),
    };
    let etag = etag(&body);
    let reply = if request.if_none_match.is_some_and(|sent| matches(sent, &etag)) {
        Reply { headers: Vec::new(), ..Reply::new(304, "", Vec::new()) }
    } else {
        Reply::new(200, media(request.form), body)
    };
    reply.with("etag", etag).with("cache-control", format!("max-age={}", seconds_to_next_feed(request.now)))
}

/// The entries of a day.
fn entries<'a>(world: &'a World, day: Date, asked: &[&str], faults: &Faults) -> Vec<Listed<'a>> {
    if faults.has(&Fault::NoEntries) {
        return Vec::new();
    }
    let stale = |category: &str| {
        let covered = |fault: &Fault| matches!(fault, Fault::StaleCategory(name) if covers(name, category));
        faults.list.iter().any(covered)
    };
    let missing =
        |id: &String| faults.list.iter().any(|fault| matches!(fault, Fault::Missing(ids) if ids.contains(id)));
    let previous = world.calendar.previous(day);
    let mut listed = world.listed(&[day, previous], |one| {
        let wanted = if stale(&one.category) { previous } else { day };
        one.day == wanted && asked.iter().any(|name| covers(name, &one.category))
    });
    let late = |one: &Listed<'_>| one.kind >= AnnounceType::Replace && state(one).versions.len() > LAST_VERSION;
    listed.retain(|one| !missing(&one.paper.id) && !late(one));
    listed.truncate(MOST);
    listed
}

fn before(day: Date, days: i32) -> Date {
    day.checked_sub(days.days()).expect("a day of this age")
}

fn state<'a>(entry: &Listed<'a>) -> State<'a> {
    entry.paper.at(entry.day).expect("a paper that is announced on the day is there on it")
}

fn media(form: Form) -> &'static str {
    match form {
        Form::Atom => "application/atom+xml; charset=utf-8",
        Form::Rss => "application/rss+xml; charset=utf-8",
    }
}

/// The ETag of a body: its FNV-1a hash, quoted.
fn etag(body: &[u8]) -> String {
    let hash = body
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("\"{hash:016x}\"")
}

/// Whether `If-None-Match` names an ETag.
fn matches(sent: &str, etag: &str) -> bool {
    sent.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

/// `arXiv:2508.13426v1 Announce Type: cross \nAbstract: ...`.
fn summary(entry: &Listed<'_>, version: usize) -> String {
    let (paper, kind) = (entry.paper, entry.kind.name());
    format!("arXiv:{}v{version} Announce Type: {kind} \nAbstract: {}", paper.id, paper.abstract_text)
}

const NAMESPACES: &str = "xmlns:arxiv=\"http://arxiv.org/schemas/atom\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"";

fn atom(request: &Request<'_>, asked: &[&str], entries: &[Listed<'_>], days: &Days) -> Vec<u8> {
    let names = asked.join(", ");
    let made = days.made.strftime("%Y-%m-%dT%H:%M:%S.271828+00:00").to_string();
    let published = midnight(days.published).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let mut xml = Xml::new(1000 + entries.len() * 2500);
    atom_head(&mut xml, request, &format!("{names} updates on arXiv.org"), &made);
    xml.leaf("subtitle", &format!("{names} updates on the arXiv.org e-print archive."));
    for entry in entries {
        let state = state(entry);
        let (id, version) = (&entry.paper.id, state.versions.len());
        xml.raw("<entry>\n").leaf("id", &format!("oai:arXiv.org:{id}v{version}")).leaf("title", &entry.paper.title);
        xml.leaf("updated", &made);
        xml.raw("<link href=\"https://arxiv.org/abs/").text(id).raw("\" rel=\"alternate\" type=\"text/html\"/>\n");
        xml.leaf("summary", &summary(entry, version));
        for category in &state.categories {
            xml.raw("<category term=\"").text(category).raw("\"/>\n");
        }
        xml.leaf("published", &published);
        extensions(&mut xml, entry);
        xml.raw("</entry>\n");
    }
    xml.raw("</feed>\n");
    xml.finish()
}

fn atom_head(xml: &mut Xml, request: &Request<'_>, title: &str, made: &str) {
    xml.raw("<feed xmlns=\"http://www.w3.org/2005/Atom\" ").raw(NAMESPACES).raw(" xml:lang=\"en-us\">\n");
    xml.leaf("id", request.address).leaf("title", title).leaf("updated", made);
    xml.raw("<link href=\"").text(request.address).raw("\" rel=\"self\" type=\"application/atom+xml\"/>\n");
}

/// What Atom and RSS share: arXiv's own elements and Dublin Core's.
fn extensions(xml: &mut Xml, entry: &Listed<'_>) {
    let paper = entry.paper;
    xml.leaf("arxiv:announce_type", entry.kind.name());
    xml.maybe("dc:rights", paper.license.as_deref());
    xml.maybe("arxiv:journal_reference", paper.journal_ref.as_deref());
    xml.maybe("arxiv:DOI", paper.doi.as_deref());
    xml.leaf("dc:creator", &creator(&paper.authors));
}

fn rss(request: &Request<'_>, asked: &[&str], entries: &[Listed<'_>], days: &Days) -> Vec<u8> {
    let names = asked.join(", ");
    let made = days.made.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let published = midnight(days.published).strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    let mut xml = Xml::new(1000 + entries.len() * 2500);
    rss_head(&mut xml, request, &format!("{names} updates on arXiv.org"));
    xml.leaf("description", &format!("{names} updates on the arXiv.org e-print archive."));
    xml.leaf("language", "en-us").leaf("lastBuildDate", &made).leaf("managingEditor", "rss-help@arxiv.org");
    xml.leaf("pubDate", &published);
    xml.raw("<skipDays>\n<day>Saturday</day>\n<day>Sunday</day>\n</skipDays>\n");
    for entry in entries {
        let state = state(entry);
        let (id, version) = (&entry.paper.id, state.versions.len());
        xml.raw("<item>\n").leaf("title", &entry.paper.title).leaf("link", &format!("https://arxiv.org/abs/{id}"));
        xml.leaf("description", &summary(entry, version));
        xml.raw("<guid isPermaLink=\"false\">oai:arXiv.org:").text(&format!("{id}v{version}")).raw("</guid>\n");
        for category in &state.categories {
            xml.leaf("category", category);
        }
        xml.leaf("pubDate", &published);
        extensions(&mut xml, entry);
        xml.raw("</item>\n");
    }
    xml.raw("</channel>\n</rss>\n");
    xml.finish()
}

fn rss_head(xml: &mut Xml, request: &Request<'_>, title: &str) {
    xml.raw("<rss ").raw(NAMESPACES).raw(" xmlns:atom=\"http://www.w3.org/2005/Atom\" version=\"2.0\">\n<channel>\n");
    xml.leaf("title", title).leaf("link", request.address);
    xml.raw("<atom:link href=\"").text(request.address).raw("\" rel=\"self\" type=\"application/rss+xml\"/>\n");
    xml.leaf("docs", "http://www.rssboard.org/rss-specification");
}

/// The feed that says what is wrong with the request.
fn error(request: &Request<'_>, message: &str) -> Reply {
    let mut xml = Xml::new(1000);
    let title = format!("Feed error for query: {}", request.query);
    match request.form {
        Form::Atom => {
            let made = request.now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
            atom_head(&mut xml, request, &title, &made);
            xml.leaf("subtitle", message).raw("</feed>\n");
        }
        Form::Rss => {
            rss_head(&mut xml, request, &title);
            xml.leaf("description", message).raw("</channel>\n</rss>\n");
        }
    }
    Reply::new(400, media(request.form), xml.finish())
}
