//! The query API: papers by id, and simple searches, as Atom.
//!
//! In: the arguments of a request, the world, the moment, faults. Out: a feed of entries, or a feed
//! with one entry that is titled `Error`, then with status 400.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::api_query::{Order, Search};
use super::calendar::announced_day;
use super::faults::Fault;
use super::names::wrap;
use super::reply::Reply;
use super::script::Faults;
use super::world::{Paper, State, Version, World};
use super::xml::Xml;

/// The most results that a query may reach.
const MOST: usize = 30_000;
/// The most results of one answer.
const MOST_AT_ONCE: usize = 2000;

/// A request to the API.
pub(crate) struct Request<'a> {
    pub(crate) world: &'a World,
    pub(crate) now: Timestamp,
    /// The query string as sent.
    pub(crate) query: &'a str,
    /// Its arguments.
    pub(crate) arguments: &'a [(String, String)],
}

/// What is wrong with a request, in the words of the server.
struct ApiError(String);

/// A paper in one of its versions.
struct Found<'a> {
    paper: &'a Paper,
    state: State<'a>,
    /// The version, from 1.
    version: usize,
}

impl Found<'_> {
    fn version(&self) -> &Version {
        &self.state.versions[self.version - 1]
    }
}

/// The part of the results that is asked for.
struct Slice {
    start: usize,
    count: usize,
}

impl Request<'_> {
    fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    fn number(&self, name: &str, default: usize) -> Result<usize, ApiError> {
        match self.argument(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| ApiError(format!("{name} must be a non-negative integer"))),
        }
    }

    fn slice(&self) -> Result<Slice, ApiError> {
        let slice = Slice { start: self.number("start", 0)?, count: self.number("max_results", 10)? };
        if slice.count > MOST || slice.start + slice.count > MOST {
            return Err(ApiError(format!("start and max_results must not go beyond {MOST} results")));
        }
        Ok(Slice { count: slice.count.min(MOST_AT_ONCE), ..slice })
    }
}

/// Answers a request.
pub(crate) fn answer(request: &Request<'_>, faults: &Faults) -> Reply {
    let late = faults.find(|fault| if let Fault::IndexLate(days) = fault { Some(*days) } else { None }).unwrap_or(0);
    let day = announced_day(request.now).checked_sub(late.days()).expect("a day of this age");
    match request.slice().and_then(|slice| Ok((results(request, day)?, slice))) {
        Ok((results, slice)) => page(request, &results, &slice, faults),
        Err(error) => refuse(request, &error.0),
    }
}

/// All results, in their order.
fn results<'a>(request: &Request<'a>, day: Date) -> Result<Vec<Found<'a>>, ApiError> {
    let search = match request.argument("search_query").filter(|text| !text.trim().is_empty()) {
        Some(text) => Some(Search::parse(text).map_err(ApiError)?),
        None => None,
    };
    let ids = request.argument("id_list").unwrap_or_default();
    let ids: Vec<&str> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        let Some(search) = search else { return Ok(Vec::new()) };
        let found = request.world.papers().iter().filter_map(|paper| newest(paper, day));
        let mut found: Vec<Found<'a>> = found.filter(|found| search.fits(&found.state)).collect();
        sort(&mut found, &Order::parse(request.argument("sortBy"), request.argument("sortOrder")).map_err(ApiError)?);
        return Ok(found);
    }
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let (id, version) = split_version(id).ok_or_else(|| ApiError(format!("incorrect id format for {id}")))?;
        let one = request.world.paper(id).and_then(|paper| newest(paper, day));
        let Some(mut one) = one else { continue };
        one.version = version.unwrap_or(one.version);
        let there = (1..=one.state.versions.len()).contains(&one.version);
        if there && search.as_ref().is_none_or(|search| search.fits(&one.state)) {
            found.push(one);
        }
    }
    Ok(found)
}

fn newest(paper: &Paper, day: Date) -> Option<Found<'_>> {
    let state = paper.at(day)?;
    Some(Found { paper, version: state.versions.len(), state })
}

/// Sorts by date, then by id; without a date by id, the greatest first.
fn sort(found: &mut [Found<'_>], order: &Order) {
    let date = |found: &Found<'_>| match order {
        Order::Submitted { .. } => found.state.versions[0].date,
        Order::Updated { .. } => found.version().date,
        Order::Relevance => Timestamp::UNIX_EPOCH,
    };
    found.sort_by(|a, b| date(b).cmp(&date(a)).then_with(|| b.paper.id.cmp(&a.paper.id)));
    if matches!(order, Order::Submitted { ascending: true } | Order::Updated { ascending: true }) {
        found.reverse();
    }
}

/// An id and its version: `2508.13426v2`, `hep-th/9901001`. None where it is not an id.
fn split_version(text: &str) -> Option<(&str, Option<usize>)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (id, version) = match text.rsplit_once('v') {
        Some((id, version)) if digits(version) => (id, Some(version.parse().ok()?)),
        _ => (text, None),
    };
    let known = match id.split_once('/') {
        Some((archive, number)) => !archive.is_empty() && number.len() == 7 && digits(number),
        None => id.split_once('.').is_some_and(|(month, number)| {
            month.len() == 4 && digits(month) && (4..=5).contains(&number.len()) && digits(number)
        }),
    };
    known.then_some((id, version))
}

/// Writes a part of the results.
fn page(request: &Request<'_>, results: &[Found<'_>], slice: &Slice, faults: &Faults) -> Reply {
    let results = if faults.has(&Fault::TotalResultsZero) { &[] } else { results };
    let empty = slice.start > 0 && faults.has(&Fault::EmptyLaterPage);
    let shown = if empty { 0 } else { slice.count };
    let mut xml = Xml::new(2000 + shown.min(results.len()) * 3000);
    head(&mut xml, request, slice, results.len());
    for found in results.iter().skip(slice.start).take(shown) {
        entry(&mut xml, found);
    }
    xml.raw("</feed>\n");
    Reply::new(200, "application/atom+xml; charset=utf-8", xml.finish())
}

fn head(xml: &mut Xml, request: &Request<'_>, slice: &Slice, total: usize) {
    let address = format!("http://arxiv.org/api/query?{}", request.query);
    xml.raw("<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<link href=\"").text(&address);
    xml.raw("\" rel=\"self\" type=\"application/atom+xml\"/>\n");
    xml.leaf("title", &format!("ArXiv Query: {}", request.query)).leaf("id", &address);
    xml.leaf("updated", &request.now.strftime("%Y-%m-%dT00:00:00-05:00").to_string());
    for (name, number) in [("totalResults", total), ("startIndex", slice.start), ("itemsPerPage", slice.count)] {
        xml.raw("<opensearch:").raw(name).raw(" xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\">");
        xml.raw(&number.to_string()).raw("</opensearch:").raw(name).raw(">\n");
    }
}

const ARXIV: &str = " xmlns:arxiv=\"http://arxiv.org/schemas/atom\"";

/// An element of arXiv's own, which brings its namespace along.
fn own(xml: &mut Xml, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        xml.raw("<arxiv:").raw(name).raw(ARXIV).raw(">").text(text).raw("</arxiv:").raw(name).raw(">\n");
    }
}

fn entry(xml: &mut Xml, found: &Found<'_>) {
    let (paper, id) = (found.paper, format!("{}v{}", found.paper.id, found.version));
    let date = |version: &Version| version.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    xml.raw("<entry>\n").leaf("id", &format!("http://arxiv.org/abs/{id}")).leaf("updated", &date(found.version()));
    xml.leaf("published", &date(&found.state.versions[0])).leaf("title", &wrap(&paper.title, "\n  "));
    xml.leaf("summary", &format!("  {}\n", wrap(&paper.abstract_text, "\n")));
    for author in &paper.authors {
        xml.raw("<author>\n").leaf("name", &author.name());
        own(xml, "affiliation", author.affiliation.as_deref());
        xml.raw("</author>\n");
    }
    own(xml, "doi", paper.doi.as_deref());
    own(xml, "comment", found.state.comments());
    own(xml, "journal_ref", paper.journal_ref.as_deref());
    xml.raw("<link href=\"http://arxiv.org/abs/").text(&id).raw("\" rel=\"alternate\" type=\"text/html\"/>\n");
    xml.raw("<link title=\"pdf\" href=\"http://arxiv.org/pdf/").text(&id);
    xml.raw("\" rel=\"related\" type=\"application/pdf\"/>\n");
    let scheme = "\" scheme=\"http://arxiv.org/schemas/atom\"/>\n";
    let primary = found.state.categories.first().copied().unwrap_or_default();
    xml.raw("<arxiv:primary_category").raw(ARXIV).raw(" term=\"").text(primary).raw(scheme);
    for category in &found.state.categories {
        xml.raw("<category term=\"").text(category).raw(scheme);
    }
    xml.raw("</entry>\n");
}

/// The feed that says what is wrong.
fn refuse(request: &Request<'_>, message: &str) -> Reply {
    let mut xml = Xml::new(2000);
    head(&mut xml, request, &Slice { start: 0, count: 1 }, 1);
    let id = format!("http://arxiv.org/api/errors#{}", message.replace(' ', "_"));
    xml.raw("<entry>\n").leaf("id", &id).leaf("title", "Error").leaf("summary", message);
    xml.leaf("updated", &request.now.strftime("%Y-%m-%dT00:00:00-05:00").to_string());
    xml.raw("<link href=\"").text(&id).raw("\" rel=\"alternate\" type=\"text/html\"/>\n");
    xml.raw("<author>\n<name>arXiv api core</name>\n</author>\n</entry>\n</feed>\n");
    Reply::new(400, "application/atom+xml; charset=utf-8", xml.finish())
}
