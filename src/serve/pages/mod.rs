//! The pages: what the service answers, for people with a browser.
//!
//! In: an address and what it asks. Out: HTML made of the service's answer by a template, or the
//! same answer as JSON, BibTeX, Atom or CSV, where the address ends so. A page is a file here with
//! its template beside it; forms change something and lead back (`forms`). Whatever comes from
//! papers is escaped by the template; formulas become MathML (`formula`). Nothing needs a script,
//! and the one that there is only saves a reload.

mod api;
mod api_schema;
mod assets;
mod chosen;
mod entries;
mod export;
mod forms;
mod formula;
mod frame;
mod job;
mod job_words;
mod kept;
mod library;
mod liked;
mod map;
mod paper;
mod problem_page;
mod profile;
mod search;
mod settings;
mod start;
mod today;
mod topics;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cache::Given;
use super::endpoint::{bounded, written as as_json};
use super::parameters::{self, Parameter};
use super::problem::Problem;
use super::routes::{self, App};
use crate::Error;
use crate::service::Relata;
pub(super) use problem_page::for_browsers;

type Answer<T> = Result<T, Problem>;

/// Papers of a list where nothing is said, on a page; programs get as many as the API gives.
const LISTED: u64 = 30;

/// A form in which a page's answer can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Html,
    Json,
    Bibtex,
    Atom,
    Csv,
}

impl Shape {
    /// How an address ends that asks for it.
    const ENDINGS: [(&'static str, Shape); 4] =
        [(".json", Shape::Json), (".bib", Shape::Bibtex), (".atom", Shape::Atom), (".csv", Shape::Csv)];

    /// The shape that the end of an address asks for, and the address without it.
    fn of(path: &str) -> (Shape, &str) {
        let ending = Shape::ENDINGS.iter().find_map(|(ending, shape)| Some((*shape, path.strip_suffix(ending)?)));
        ending.unwrap_or((Shape::Html, path))
    }
}

/// What somebody asks a page for.
struct Asked<'a> {
    app: &'a App,
    relata: &'a Relata,
    shape: Shape,
    /// The address without its ending, as it was sent: `/papers/2602.10611`.
    path: String,
    /// The part of the address that the page is for, decoded: `2602.10611`; else empty.
    part: String,
    /// The query string.
    query: String,
}

/// What a page shows.
enum Shown {
    /// A page, or an answer in another shape.
    Data { kind: &'static str, bytes: Bytes },
    /// Another page instead.
    Elsewhere(String),
}

type Show = fn(&Asked<'_>) -> Answer<Shown>;

/// What a page stays the same with, beside the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Steady {
    /// Nothing.
    Never,
    /// The library's content.
    Content,
    /// The topics that were found last.
    Topics,
}

/// A page: what it shows, and what that stays the same with.
#[derive(Clone, Copy)]
struct Page {
    show: Show,
    steady: Steady,
}

impl Page {
    /// The tag of what it shows now.
    fn tag(self, app: &App, relata: &Relata) -> Answer<Option<HeaderValue>> {
        Ok(match self.steady {
            Steady::Never => None,
            Steady::Content => Some(app.tag(relata)?),
            Steady::Topics => match kept::version(app, relata)? {
                Some(version) => Some(app.tag_of(&format!("topics-{version:x}"))?),
                None => Some(app.tag(relata)?),
            },
        })
    }
}

impl Asked<'_> {
    /// The value of a name in the query string.
    fn said(&self, name: &str) -> Option<String> {
        let mut said = form_urlencoded::parse(self.query.as_bytes());
        said.find(|(own, value)| own == name && !value.is_empty()).map(|(_, value)| value.into_owned())
    }

    /// The profile that is asked for.
    fn profile(&self) -> String {
        self.said("profile").unwrap_or_else(|| self.relata.default_profile().to_owned())
    }

    /// The request of the service that the query string makes.
    fn request<Q: DeserializeOwned>(&self, parameters: &[Parameter]) -> Answer<Q> {
        read(parameters, &self.query, self.shape, self.relata)
    }
}

/// The request of the service that a query string makes.
fn read<Q: DeserializeOwned>(parameters: &[Parameter], query: &str, shape: Shape, relata: &Relata) -> Answer<Q> {
    let mut object = parameters::read(parameters, query)?;
    if shape == Shape::Html && !object.contains_key("k") {
        object.insert("k".to_owned(), LISTED.into());
    }
    if parameters.iter().any(|parameter| parameter.name == "profile") {
        object.entry("profile").or_insert_with(|| relata.default_profile().into());
    }
    bounded(&object)?;
    serde_json::from_value(Value::Object(object)).map_err(|error| Problem::malformed(error.to_string()))
}

/// An answer as the API gives it.
fn json(answer: &impl Serialize) -> Answer<Shown> {
    Ok(Shown::Data { kind: "application/json", bytes: as_json(answer)?.into() })
}

/// A page as its template writes it.
fn html(page: &impl askama::Template) -> Answer<Shown> {
    let page = page.render().map_err(|_| Problem::from(Error::Internal("a page could not be written")))?;
    Ok(Shown::Data { kind: "text/html; charset=utf-8", bytes: page.into() })
}

/// A page that has no answer in the shape that was asked for.
fn no_such_shape() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-page", "this page is no list; it ends in .json or in nothing")
}

/// The addresses of all pages.
pub(super) fn router() -> Router<Arc<App>> {
    let steady = |show: Show| Page { show, steady: Steady::Content };
    let today = steady(today::show);
    let mut router = Router::new().route("/", get(move |state, parts, request| answer(today, state, parts, request)));
    let changing = |show: Show| Page { show, steady: Steady::Never };
    let of_topics = |show: Show| Page { show, steady: Steady::Topics };
    let pages = [
        ("/today", today),
        ("/search", steady(search::show)),
        ("/topics", steady(topics::show)),
        ("/library", changing(library::show)),
        ("/settings", changing(settings::show)),
    ];
    for (path, page) in pages {
        let handler = move |state, parts, request| answer(page, state, parts, request);
        router = router.route(path, get(handler));
        for (ending, _) in Shape::ENDINGS {
            router = router.route(&format!("{path}{ending}"), get(handler));
        }
    }
    for (ending, _) in [("", Shape::Html)].iter().chain(&Shape::ENDINGS) {
        let page = changing(liked::show);
        let handler = move |state, parts, request| answer(page, state, parts, request);
        router = router.route(&format!("/profiles/{{part}}/papers{ending}"), get(handler));
    }
    let parts = [
        ("/papers/{*part}", steady(paper::show)),
        ("/profiles", changing(profile::default)),
        ("/profiles/{part}", steady(profile::show)),
        ("/topics/{part}", steady(topics::one)),
        ("/jobs/{part}", changing(job::show)),
        ("/map", steady(map::show)),
        ("/map/data", of_topics(map::data)),
        ("/map/texts/{part}", of_topics(map::texts)),
        ("/map/new", steady(map::arrivals)),
        ("/map/papers/{*part}", steady(map::paper)),
        ("/start", steady(start::show)),
        ("/api", changing(api::show)),
    ];
    for (path, page) in parts {
        router = router.route(path, get(move |state, parts, request| answer(page, state, parts, request)));
    }
    let router = router.route("/forms/{form}", post(forms::sent)).route("/export/{form}", post(chosen::exported));
    router.route("/assets/{file}", get(assets::answer))
}

/// The answer of a page.
async fn answer(page: Page, State(app): State<Arc<App>>, parts: RawPathParams, request: Request) -> Response {
    answered(page, app, &parts, request).await.unwrap_or_else(Problem::into_response)
}

async fn answered(page: Page, app: Arc<App>, parts: &RawPathParams, request: Request) -> Answer<Response> {
    let (shape, path) = Shape::of(request.uri().path());
    let path = path.to_owned();
    let part = parts.iter().next().map_or("", |(_, part)| Shape::of(part).1).to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let question = request.uri().to_string();
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let desk = Arc::clone(&app);
    let work = move |relata: &Relata| {
        let tag = page.tag(&app, relata)?;
        if let (Some(tag), Some(known)) = (&tag, &known)
            && routes::names(known, tag)
        {
            return Ok((Some(tag.clone()), None));
        }
        if let Some(given) = tag.as_ref().and_then(|tag| app.cache.get(&question, tag)) {
            return Ok((tag, Some(Shown::Data { kind: given.kind, bytes: given.body })));
        }
        let asked = Asked { app: &app, relata, shape, path, part, query };
        let shown = (page.show)(&asked)?;
        if let (Some(tag), Shown::Data { kind, bytes }) = (&tag, &shown) {
            app.cache.put(question, Given { tag: tag.clone(), kind, body: bytes.clone(), notes: None });
        }
        Ok((tag, Some(shown)))
    };
    let (tag, shown) = desk.desk.ask(&desk.relata, work).await?;
    let mut response = shown.map_or_else(|| StatusCode::NOT_MODIFIED.into_response(), written);
    let headers = response.headers_mut();
    let cache = if tag.is_some() { "private, no-cache" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

fn written(shown: Shown) -> Response {
    match shown {
        Shown::Data { kind, bytes } => typed(kind, bytes),
        Shown::Elsewhere(place) => elsewhere(&place),
    }
}

fn typed(kind: &'static str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Sends a browser to another page of this server.
fn elsewhere(place: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let place = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, place);
    response
}
