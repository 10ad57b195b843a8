//! Addresses, and what answers under them.
//!
//! In: a request. Out: what the guard lets pass goes to its endpoint, by way of the desk; every
//! answer has the headers that keep it from being anything else than what it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on};
use tokio::sync::watch;
use tokio::time::timeout;

use super::batcher::Batcher;
use super::cache::{Cache, Given};
use super::desk::Desk;
use super::endpoint::{Call, Endpoint, Work};
use super::guard::Guard;
use super::jobs::Jobs;
use super::kept::Kept;
use super::metrics::Metrics;
use super::options::{ServeOptions, Setting};
use super::problem::{Problem, Written};
use super::{api, embed_routes, job_routes, job_work, openapi};
use crate::error::{Error, Result, ServeError};
use crate::mcp::{self, FailedCall, HttpRequestId, McpOptions, McpService};
use crate::service::{Event, Note, Relata};

/// What somebody should know although an answer stands: [`Note`]s as a JSON array.
const NOTES: HeaderName = HeaderName::from_static("relata-notes");
/// The most bytes of that header.
const MOST_NOTES: usize = 4096;

/// The largest body of a request, in bytes.
const BODY: usize = 1 << 20;
/// How long the body of a request may take.
const SENDING: Duration = Duration::from_secs(30);

/// What an answer may do in a browser: load what is this server's, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// All that answering takes.
pub(super) struct App {
    pub(super) relata: Relata,
    pub(super) guard: Guard,
    pub(super) desk: Desk,
    pub(super) jobs: Jobs,
    pub(super) batcher: Batcher,
    pub(super) cache: Cache,
    /// Becomes true once the server stops, for answers that would not end by themselves.
    pub(super) stopping: watch::Sender<bool>,
    endpoints: Vec<Arc<Endpoint>>,
    pub(super) openapi: Bytes,
    /// Tells the answers of this process from those of another.
    started: String,
    requests: AtomicU64,
    metrics: Option<Metrics>,
    allow_writes: bool,
    /// What pages are made of and takes long to read.
    pub(super) kept: Kept,
    /// What is set and by what, for people to look at.
    pub(super) settings: Vec<Setting>,
}

impl App {
    pub(super) fn new(relata: Relata, guard: Guard, desk: Desk, options: &ServeOptions) -> Result<App> {
        let endpoints: Vec<Arc<Endpoint>> = api::endpoints().into_iter().map(Arc::new).collect();
        let openapi = serde_json::to_vec(&openapi::document(&endpoints));
        let openapi = openapi.map_err(|_| Error::Internal("the API's description is no JSON"))?.into();
        let started = format!("{:x}", jiff::Timestamp::now().as_microsecond());
        let jobs = Jobs::new(relata.clone()).map_err(|source| ServeError::System { source })?;
        let batcher = Batcher::new(relata.clone()).map_err(|source| ServeError::System { source })?;
        let stopping = watch::Sender::new(false);
        Ok(App {
            relata,
            guard,
            desk,
            jobs,
            batcher,
            cache: Cache::default(),
            stopping,
            endpoints,
            openapi,
            started,
            requests: AtomicU64::new(0),
            metrics: options.metrics.then(Metrics::new),
            allow_writes: options.allow_writes && !options.read_only,
            kept: Kept::default(),
            settings: options.settings.clone(),
        })
    }

    /// Tells answers that would go on for ever to end.
    pub(super) fn stopping(&self) {
        self.stopping.send_replace(true);
    }

    /// The tag of all answers that are given now: it stays as long as the library and the day do.
    pub(super) fn tag(&self, relata: &Relata) -> Result<HeaderValue> {
        self.tag_of(&relata.content()?.map_or_else(|| "none".to_owned(), |content| content.to_string()))
    }

    /// The tag of answers that stay as long as something of a name and the day do.
    pub(super) fn tag_of(&self, name: &str) -> Result<HeaderValue> {
        let today = jiff::Zoned::now().date();
        let tag = format!("W/\"{}-{name}-{today}\"", self.started);
        HeaderValue::from_str(&tag).map_err(|_| Error::Internal("a tag is no header"))
    }
}

/// The router with all addresses, those of pages as they are given. To be called within a runtime.
pub(super) fn router(app: &Arc<App>, pages: Router<Arc<App>>) -> Router {
    let mut router = Router::new();
    for endpoint in &app.endpoints {
        // The slash of an old id stands in the address.
        let path = format!("/api/v1{}", endpoint.path.replace("{id}", "{*id}"));
        let filter = match endpoint.method {
            Method::POST => MethodFilter::POST,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let endpoint = Arc::clone(endpoint);
        let handler = move |State(app): State<Arc<App>>, parts: RawPathParams, request: Request| async move {
            answer(app, endpoint, &parts, request).await.unwrap_or_else(Problem::into_response)
        };
        router = router.route(&path, on(filter, handler));
    }
    router
        .merge(job_routes::router())
        .merge(embed_routes::router())
        .merge(pages)
        .route_service("/mcp", mcp(app))
        .route("/health", get(async || json(Bytes::from_static(b"{\"status\":\"ok\"}"))))
        .route("/api/openapi.json", get(async |State(app): State<Arc<App>>| json(app.openapi.clone())))
        .route("/login", get(login))
        .route("/metrics", get(metrics))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || {
            let detail = "this address is not asked in that way; /api says how";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
        })
        .layer(middleware::from_fn_with_state(Arc::clone(app), guarded))
        .with_state(Arc::clone(app))
}

/// The tools for agents. They check `Host` and `Origin` once more, by the same lists.
fn mcp(app: &App) -> McpService {
    let options = McpOptions::default().allow_writes(app.allow_writes).on_error(Arc::new(log_failed));
    mcp::http_service(
        app.relata.clone(),
        options.allowed_hosts(app.guard.hosts()).allowed_origins(app.guard.all_origins()),
    )
}

/// Logs a call of an agent that went wrong, by the id of its request and without what was asked.
fn log_failed(failed: &FailedCall<'_>) {
    let (id, tool, status, code) = (failed.request, failed.tool, failed.status, failed.error.code());
    if status < 500 {
        // An error of the asker's may repeat what was asked.
        tracing::info!(target: "relata::serve", id, tool, status, code, "a tool refused");
        return;
    }
    let error = failed.error.with_causes();
    tracing::error!(target: "relata::serve", id, tool, status, code, error, "a tool failed");
}

/// Lets pass what may pass, and gives every answer the headers of all.
async fn guarded(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let number = app.requests.fetch_add(1, Ordering::Relaxed);
    let id = format!("{}-{number}", app.started);
    request.extensions_mut().insert(HttpRequestId(id.clone()));
    let (method, began) = (request.method().clone(), std::time::Instant::now());
    // The pattern of the address, since what was asked is nobody's business.
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let origin = app.guard.named_origin(request.headers());
    let refused = app.guard.head(&method, request.uri(), request.headers());
    let mut response = match refused {
        Err(problem) => problem.into_response(),
        Ok(()) if method == Method::OPTIONS && origin.is_some() => preflight(),
        Ok(()) if route != "/health" && route != "/login" => match app.guard.token(request.headers()) {
            Err(problem) => problem.into_response(),
            Ok(()) => next.run(request).await,
        },
        Ok(()) => next.run(request).await,
    };
    // A page says to this server where its forms come from, and to nobody else.
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let referrer = if kind.is_some_and(|kind| kind.starts_with("text/html")) { "same-origin" } else { "no-referrer" };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, referrer),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    } else {
        headers
            .insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    let status = response.status().as_u16();
    if let Some(metrics) = &app.metrics {
        metrics.count(&method, &route, status, began.elapsed());
    }
    if let Some(problem) = response.extensions().get::<Problem>().filter(|_| status == 500) {
        let Written { code, detail, .. } = problem.written();
        tracing::error!(target: "relata::serve", id, %method, route, status, code, error = detail, "a request failed");
    }
    tracing::info!(target: "relata::serve", id, %method, route, status, milliseconds = began.elapsed().as_secs_f64() * 1e3);
    response
}

/// What was asked so far, in Prometheus' form; nothing where the server was not told to tell it.
async fn metrics(State(app): State<Arc<App>>) -> Response {
    let Some(metrics) = &app.metrics else { return Problem::not_found().into_response() };
    let mut response = Response::new(Body::from(metrics.written()));
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// What a browser asks before a script of a named origin may send something.
fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, if-none-match"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The answer of an endpoint.
async fn answer(
    app: Arc<App>,
    endpoint: Arc<Endpoint>,
    parts: &RawPathParams,
    request: Request,
) -> std::result::Result<Response, Problem> {
    let (head, body) = request.into_parts();
    app.guard.sent(&head.method, &head.headers, false)?;
    if endpoint.writes {
        app.guard.writes()?;
    }
    let path = parts.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let profile = app.relata.default_profile().to_owned();
    let call = Call { path, profile, query, body: read(body, BODY).await?.into() };
    let work = endpoint.read(&call)?;
    if endpoint.job {
        return job_routes::begun(&app, endpoint.name, job_work::asked(work));
    }
    let cached = matches!(head.method, Method::GET | Method::HEAD) && !endpoint.writes;
    let known = head.headers.get(header::IF_NONE_MATCH).cloned().filter(|_| cached);
    let question = head.uri.path_and_query().map(|question| question.as_str().to_owned()).unwrap_or_default();
    let own = Arc::clone(&app);
    let answered = app.desk.ask(&app.relata, move |relata| {
        if !cached {
            let (body, notes) = asked(relata, work)?;
            return Ok(Answered { tag: None, body: Some(body), notes });
        }
        let tag = own.tag(relata)?;
        if known.is_some_and(|known| names(&known, &tag)) {
            return Ok(Answered { tag: Some(tag), body: None, notes: None });
        }
        let given = match own.cache.get(&question, &tag) {
            Some(given) => given,
            None => {
                let (body, notes) = asked(relata, work)?;
                let given = Given { tag, kind: "application/json", body, notes };
                own.cache.put(question, given.clone());
                given
            }
        };
        Ok(Answered { tag: Some(given.tag), body: Some(given.body), notes: given.notes })
    });
    let Answered { tag, body, notes } = answered.await?;
    let mut response = match body {
        Some(body) => json(body),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    if let Some(notes) = notes {
        response.headers_mut().insert(NOTES, notes);
    }
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    Ok(response)
}

/// What is answered.
struct Answered {
    tag: Option<HeaderValue>,
    /// Nothing where the client has it.
    body: Option<Bytes>,
    notes: Option<HeaderValue>,
}

/// The answer of the service, and its notes as a header.
fn asked(relata: &Relata, work: Work) -> std::result::Result<(Bytes, Option<HeaderValue>), Problem> {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notes);
    let relata = relata.observed_by(move |event| {
        if let Event::Note(note) = event {
            told.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        }
    });
    let body = work(&relata)?;
    let notes = written(&notes.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((body.into(), notes))
}

/// Notes on an answer as a header: a JSON array of them, in ASCII. `None` where there are none, or
/// more than a header should hold.
fn written(notes: &[Note]) -> Option<HeaderValue> {
    let text = serde_json::to_string(notes).ok().filter(|_| !notes.is_empty())?;
    let mut ascii = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(byte) => ascii.push(char::from(byte)),
            None => ascii.push_str(&format!("\\u{unit:04x}")),
        }
    }
    HeaderValue::try_from(ascii).ok().filter(|header| header.len() <= MOST_NOTES)
}

/// Whether `If-None-Match` names a tag.
pub(super) fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').any(|own| own.trim() == tag)
}

/// The body of a request. One that is announced as too long is not waited for.
pub(super) async fn read(body: Body, most: usize) -> std::result::Result<Bytes, Problem> {
    let too_long = || {
        let detail = format!("the body is longer than {most} bytes, or broke off");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long", detail)
    };
    if usize::try_from(body.size_hint().lower()).is_ok_and(|announced| announced > most) {
        return Err(too_long());
    }
    let read = timeout(SENDING, axum::body::to_bytes(body, most)).await;
    let read = read.map_err(|_| {
        let detail = format!("the body did not come within {} seconds", SENDING.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail)
    })?;
    read.map_err(|_| too_long())
}

/// An answer in JSON.
pub(super) fn json(body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Gives whoever opens a printed link the cookie that stands for the token.
async fn login(State(app): State<Arc<App>>, headers: HeaderMap, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let once = form_urlencoded::parse(query).find(|(name, _)| name == "once").map(|(_, once)| once.into_owned());
    let opened = match (&app.guard.tokens, once) {
        (Some(tokens), Some(once)) => tokens.open(&once),
        _ => Ok(None),
    };
    let mut response = match opened {
        Err(error) => return Problem::from(error).into_response(),
        Ok(None) if app.guard.token(&headers).is_err() => {
            let detail = "this link was opened before; the server prints a new one when it starts";
            return Problem::new(StatusCode::UNAUTHORIZED, "link-used", detail).into_response();
        }
        Ok(cookie) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
    };
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
