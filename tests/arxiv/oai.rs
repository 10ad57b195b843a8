//! OAI-PMH 2.0 as arXiv serves it: six verbs, errors with status 200, resumption tokens that hold
//! their query.
//!
//! In: the arguments of a request, the records by day of their last change, the moment, faults.
//! Out: XML. [`super::oai_record`] writes the records.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::calendar::{oai_day, token_expiry};
use super::faults::Fault;
pub(crate) use super::oai_record::set_specs;
use super::oai_record::{Metadata, header, record};
use super::query::{parse, percent_decode, percent_encode, write};
use super::reply::Reply;
use super::script::Faults;
use super::taxonomy::{covers, held_by, sets};
use super::world::{Paper, World};
use super::xml::Xml;

/// The earliest day that requests may name.
const EARLIEST: Date = date(2005, 9, 16);
/// Records a page, as long as no fault says otherwise.
pub(crate) const PAGE: usize = 2000;

/// Papers by day of their last change, then by id: the day, and the place in [`World::papers`].
pub(crate) type Records = Vec<(Date, usize)>;

/// The records that OAI has at a moment.
pub(crate) fn records(world: &World, now: Timestamp) -> Records {
    let day = oai_day(now);
    let stamp = |(at, paper): (usize, &Paper)| Some((paper.datestamp(day)?, at));
    let mut records: Records = world.papers().iter().enumerate().filter_map(stamp).collect();
    records.sort_unstable();
    records
}

/// A request to the server.
pub(crate) struct Request<'a> {
    pub(crate) world: &'a World,
    pub(crate) records: &'a Records,
    pub(crate) now: Timestamp,
    /// The address of the server.
    pub(crate) address: &'a str,
    pub(crate) arguments: &'a [(String, String)],
    pub(crate) page_size: usize,
    /// Tokens that were given out, and when they expire.
    pub(crate) tokens: &'a mut HashMap<String, Timestamp>,
}

/// An error of the protocol.
struct OaiError {
    code: &'static str,
    message: String,
}

fn bad_argument(message: impl Into<String>) -> OaiError {
    OaiError { code: "badArgument", message: message.into() }
}

fn bad_token(message: &str) -> OaiError {
    OaiError { code: "badResumptionToken", message: message.into() }
}

type Arguments<'a> = BTreeMap<&'a str, &'a str>;

/// Answers a request.
pub(crate) fn answer(mut request: Request<'_>, faults: &Faults) -> Reply {
    let mut xml = Xml::new(4096);
    xml.raw(
        "<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\" \
        xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
        xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd\">\n",
    );
    xml.leaf("responseDate", &moment(request.now));
    let mut inner = Xml::part();
    match arguments(request.arguments).and_then(|given| verb(&mut inner, &mut request, &given, faults)) {
        Ok(()) => {
            xml.raw("<request");
            for (name, value) in request.arguments {
                xml.raw(" ").text(name).raw("=\"").text(value).raw("\"");
            }
            xml.raw(">").text(request.address).raw("</request>\n").append(inner);
        }
        Err(error) => {
            xml.leaf("request", request.address);
            xml.raw("<error code='").raw(error.code).raw("'>").text(&error.message).raw("</error>\n");
        }
    }
    xml.raw("</OAI-PMH>\n");
    Reply::xml(xml.finish())
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The arguments by name, each of which may stand there once.
fn arguments(pairs: &[(String, String)]) -> Result<Arguments<'_>, OaiError> {
    let mut given = Arguments::new();
    for (name, value) in pairs {
        if given.insert(name, value).is_some() {
            return Err(bad_argument(format!("The argument {name} is repeated")));
        }
    }
    Ok(given)
}

fn verb(xml: &mut Xml, request: &mut Request<'_>, given: &Arguments<'_>, faults: &Faults) -> Result<(), OaiError> {
    match given.get("verb").copied() {
        Some("Identify") => only(given, &["verb"]).map(|()| identify(xml, request.address)),
        Some("ListSets") => only(given, &["verb"]).map(|()| list_sets(xml)),
        Some("ListMetadataFormats") => list_formats(xml, request, given),
        Some("GetRecord") => get_record(xml, request, given),
        Some(verb @ ("ListRecords" | "ListIdentifiers")) => list(xml, request, given, verb, faults),
        Some(verb) => Err(OaiError { code: "badVerb", message: format!("Invalid verb: {verb}") }),
        None => Err(OaiError { code: "badVerb", message: "No verb".into() }),
    }
}

/// Refuses arguments beside those allowed.
fn only(given: &Arguments<'_>, allowed: &[&str]) -> Result<(), OaiError> {
    match given.keys().find(|name| !allowed.contains(name)) {
        Some(name) => Err(bad_argument(format!("The argument {name} is not allowed here"))),
        None => Ok(()),
    }
}

fn identify(xml: &mut Xml, address: &str) {
    xml.raw("<Identify>\n").leaf("repositoryName", "arXiv").leaf("baseURL", address).leaf("protocolVersion", "2.0");
    xml.leaf("adminEmail", "help@arxiv.org").leaf("earliestDatestamp", &EARLIEST.to_string());
    xml.leaf("deletedRecord", "no").leaf("granularity", "YYYY-MM-DD").raw("</Identify>\n");
}

fn list_sets(xml: &mut Xml) {
    xml.raw("<ListSets>\n");
    for set in sets() {
        xml.raw("<set>\n").leaf("setSpec", &set.spec).leaf("setName", &set.name).raw("</set>\n");
    }
    xml.raw("</ListSets>\n");
}

fn list_formats(xml: &mut Xml, request: &Request<'_>, given: &Arguments<'_>) -> Result<(), OaiError> {
    only(given, &["verb", "identifier"])?;
    if let Some(identifier) = given.get("identifier") {
        paper(request, identifier)?;
    }
    xml.raw("<ListMetadataFormats>\n");
    for form in Metadata::ALL {
        xml.raw("<metadataFormat>\n").leaf("metadataPrefix", form.prefix()).leaf("schema", &form.schema());
        xml.leaf("metadataNamespace", &form.namespace()).raw("</metadataFormat>\n");
    }
    xml.raw("</ListMetadataFormats>\n");
    Ok(())
}

/// The paper of an identifier such as `oai:arXiv.org:2508.13426`.
fn paper<'a>(request: &Request<'a>, identifier: &str) -> Result<&'a Paper, OaiError> {
    let there = |paper: &&Paper| paper.datestamp(oai_day(request.now)).is_some();
    let paper = identifier.strip_prefix("oai:arXiv.org:").and_then(|id| request.world.paper(id)).filter(there);
    paper.ok_or_else(|| OaiError { code: "idDoesNotExist", message: format!("Nothing has the id {identifier}") })
}

fn metadata(prefix: &str) -> Result<Metadata, OaiError> {
    let message = || "Did not recognize requested format".to_owned();
    let form = Metadata::ALL.into_iter().find(|form| form.prefix() == prefix);
    form.ok_or_else(|| OaiError { code: "cannotDisseminateFormat", message: message() })
}

fn get_record(xml: &mut Xml, request: &Request<'_>, given: &Arguments<'_>) -> Result<(), OaiError> {
    only(given, &["verb", "identifier", "metadataPrefix"])?;
    let (Some(identifier), Some(prefix)) = (given.get("identifier"), given.get("metadataPrefix")) else {
        return Err(bad_argument("identifier and metadataPrefix are required"));
    };
    let form = metadata(prefix)?;
    let paper = paper(request, identifier)?;
    if let Some(state) = paper.at(oai_day(request.now)) {
        xml.raw("<GetRecord>\n");
        record(xml, &state, form);
        xml.raw("</GetRecord>\n");
    }
    Ok(())
}

/// What a list is asked for, and how many of its records were given before: a resumption token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) verb: String,
    pub(crate) metadata_prefix: String,
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
    pub(crate) set: Option<String>,
    /// Records from `from` on that were given before.
    pub(crate) skip: usize,
}

impl Token {
    /// Its text: a query string that is percent-encoded once more.
    pub(crate) fn text(&self) -> String {
        let mut pairs = vec![("verb", self.verb.clone()), ("metadataPrefix", self.metadata_prefix.clone())];
        pairs.extend(self.from.map(|day| ("from", day.to_string())));
        pairs.extend(self.until.map(|day| ("until", day.to_string())));
        pairs.extend(self.set.clone().map(|set| ("set", set)));
        pairs.push(("skip", self.skip.to_string()));
        let pairs: Vec<(String, String)> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        percent_encode(&write(&pairs))
    }

    /// The token of a text; none where it is not one.
    pub(crate) fn parse(text: &str) -> Option<Token> {
        let pairs = parse(&percent_decode(text));
        let find = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone());
        let day = |name: &str| find(name).map(|day| day.parse::<Date>()).transpose().ok();
        Some(Token {
            verb: find("verb")?,
            metadata_prefix: find("metadataPrefix")?,
            from: day("from")?,
            until: day("until")?,
            set: find("set"),
            skip: find("skip")?.parse().ok()?,
        })
    }
}

fn list(
    xml: &mut Xml,
    request: &mut Request<'_>,
    given: &Arguments<'_>,
    verb: &str,
    faults: &Faults,
) -> Result<(), OaiError> {
    let query = match given.get("resumptionToken") {
        Some(text) => resumed(request, given, verb, text, faults)?,
        None => asked(given, verb)?,
    };
    let form = metadata(&query.metadata_prefix)?;
    let (page, next) = page(request, &query, faults)?;
    if page.is_empty() {
        return Err(OaiError { code: "noRecordsMatch", message: "No records match the request".into() });
    }
    xml.raw("<").raw(verb).raw(">\n");
    let day = oai_day(request.now);
    for state in page.iter().filter_map(|at| request.world.papers()[*at].at(day)) {
        if verb == "ListRecords" { record(xml, &state, form) } else { header(xml, &state) }
    }
    match next {
        Some(next) => {
            let (text, expiry) = (next.text(), token_expiry(request.now));
            xml.raw("<resumptionToken expirationDate='").raw(&moment(expiry)).raw("'>").text(&text);
            xml.raw("</resumptionToken>\n");
            request.tokens.insert(text, expiry);
        }
        None if given.contains_key("resumptionToken") => {
            xml.raw("<resumptionToken/>\n");
        }
        None => {}
    }
    xml.raw("</").raw(verb).raw(">\n");
    Ok(())
}

/// The query of a first page.
fn asked(given: &Arguments<'_>, verb: &str) -> Result<Token, OaiError> {
    only(given, &["verb", "metadataPrefix", "from", "until", "set"])?;
    let prefix = given.get("metadataPrefix").ok_or_else(|| bad_argument("metadataPrefix is required"))?;
    Ok(Token {
        verb: verb.to_owned(),
        metadata_prefix: (*prefix).to_owned(),
        from: day(given, "from")?,
        until: day(given, "until")?,
        set: given.get("set").map(|set| (*set).to_owned()),
        skip: 0,
    })
}

fn day(given: &Arguments<'_>, name: &str) -> Result<Option<Date>, OaiError> {
    let parse = |text: &&str| {
        let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
        day.ok_or_else(|| bad_argument(format!("{name} is not a day as YYYY-MM-DD")))
    };
    given.get(name).map(parse).transpose()
}

/// The query of a further page. A token that was given out is refused once after it has expired:
/// it holds no date, so that the same text, written anew, is as good as another.
fn resumed(
    request: &mut Request<'_>,
    given: &Arguments<'_>,
    verb: &str,
    text: &str,
    faults: &Faults,
) -> Result<Token, OaiError> {
    only(given, &["verb", "resumptionToken"])?;
    let expired = request.tokens.get(text).is_some_and(|expiry| *expiry <= request.now);
    if expired {
        request.tokens.remove(text);
    }
    if expired || faults.has(&Fault::BadResumptionToken) {
        return Err(bad_token("The token has expired"));
    }
    let token = Token::parse(text).ok_or_else(|| bad_token("Token decoding failed or format is invalid."))?;
    if token.verb == verb { Ok(token) } else { Err(bad_token("The token is of another verb")) }
}

/// The papers of a page, as places in [`World::papers`], and the token of the next page.
fn page(request: &Request<'_>, query: &Token, faults: &Faults) -> Result<(Vec<usize>, Option<Token>), OaiError> {
    let tomorrow = request.now.to_zoned(TimeZone::UTC).date().tomorrow().expect("a day of this age");
    let (from, until) = (query.from.unwrap_or(EARLIEST), query.until.unwrap_or(tomorrow));
    if from < EARLIEST || until > tomorrow || from > until {
        return Err(bad_argument(format!("Days must be from {EARLIEST} to {tomorrow}, and from at most until")));
    }
    let held = match query.set.as_deref() {
        Some(spec) => Some(held_by(spec).ok_or_else(|| bad_argument(format!("Set does not exist: {spec}")))?),
        None => None,
    };
    let day = oai_day(request.now);
    let in_set = |row: &&(Date, usize)| match &held {
        Some(names) => {
            let announced = &request.world.papers()[row.1].announced;
            announced.iter().any(|one| one.day <= day && names.iter().any(|name| covers(name, &one.category)))
        }
        None => true,
    };
    let first = request.records.partition_point(|row| row.0 < from);
    let last = request.records.partition_point(|row| row.0 <= until);
    let size = page_size(request, faults);
    let mut rows: Vec<(Date, usize)> = request.records[first..last.max(first)]
        .iter()
        .filter(in_set)
        .skip(query.skip)
        .take(size + 1)
        .copied()
        .collect();
    let next = if rows.len() > size { Some(next(query, &rows, overlap(faults))) } else { None };
    rows.truncate(size);
    Ok((rows.into_iter().map(|row| row.1).collect(), next))
}

fn page_size(request: &Request<'_>, faults: &Faults) -> usize {
    let cycle = faults.find(|fault| match fault {
        Fault::PageSizes(sizes) => sizes.get((faults.number as usize - 1) % sizes.len().max(1)).copied(),
        _ => None,
    });
    cycle.unwrap_or(request.page_size).max(1)
}

fn overlap(faults: &Faults) -> usize {
    faults.find(|fault| if let Fault::OverlapPages(records) = fault { Some(*records) } else { None }).unwrap_or(0)
}

/// The token after a page, of whose rows the last is the first of the next page: it goes on from
/// that row's day, and skips what of the day was given.
fn next(query: &Token, rows: &[(Date, usize)], overlap: usize) -> Token {
    let (size, last) = (rows.len() - 1, rows[rows.len() - 1].0);
    if rows[0].0 == last {
        return Token { skip: query.skip + size - overlap.min(size - 1), ..query.clone() };
    }
    let given = rows[..size].iter().rev().take_while(|row| row.0 == last).count();
    Token { from: Some(last), skip: given.saturating_sub(overlap), ..query.clone() }
}
