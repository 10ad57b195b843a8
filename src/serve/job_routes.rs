//! The addresses under which jobs are begun, followed and ended.
//!
//! In: requests on jobs. Out: a job as JSON, or its events as they come (server-sent events), each
//! with a number from which a client that was cut off goes on.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use super::events::Told;
use super::job_work::{self, JobWork};
use super::jobs::Heard;
use super::problem::Problem;
use super::routes::{self, App, read};

/// The largest file that is added, in bytes.
const FILE: usize = 64 << 20;

type Answer = Result<Response, Problem>;

/// The addresses.
pub(super) fn router() -> Router<Arc<App>> {
    let list = async |State(app): State<Arc<App>>| written(StatusCode::OK, &json!({"jobs": app.jobs.list()}));
    let one = async |State(app): State<Arc<App>>, parts: RawPathParams| -> Answer {
        Ok(written(StatusCode::OK, &app.jobs.get(number(&parts)?)?))
    };
    let end = async |State(app): State<Arc<App>>, parts: RawPathParams| -> Answer {
        app.guard.writes()?;
        Ok(written(StatusCode::OK, &app.jobs.cancel(number(&parts)?)?))
    };
    Router::new()
        .route("/api/v1/jobs", get(list))
        .route("/api/v1/jobs/{job}", get(one).delete(end))
        .route("/api/v1/jobs/{job}/events", get(events))
        .route("/api/v1/jobs/add", post(add))
}

/// What asking for one job fails by.
const ONE: &[&str] = &["malformed-request", "no-such-job"];

/// What OpenAPI says of them. `lift` takes the definitions out of a schema.
pub(super) fn described(lift: &mut dyn FnMut(Value, &str) -> Value) -> Vec<(&'static str, Value)> {
    let job = json!({"$ref": "#/components/schemas/Job"});
    let answer = |meaning: &str, schema: &Value| json!({"description": meaning, "content": {"application/json": {"schema": schema}}});
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let part = json!([{"name": "job", "in": "path", "required": true, "example": 1, "schema": {"type": "integer", "format": "uint64", "minimum": 0}}]);
    let event = lift(schemars::schema_for!(Told).to_value(), "jobEvents");
    let operation = |id: &str, summary: &str, parts: &Value, codes: &[&str], responses: Value| json!({"operationId": id, "summary": summary, "tags": ["jobs"], "x-problems": codes, "parameters": parts, "responses": responses});
    let jobs = json!({"type": "object", "required": ["jobs"], "properties": {"jobs": {"type": "array", "items": job}}});
    let list = operation(
        "jobs",
        "All jobs, the latest first.",
        &json!([]),
        &[],
        json!({"200": answer("The jobs.", &jobs), "default": problem}),
    );
    let one = operation(
        "job",
        "A job: how far it is, or its answer.",
        &part,
        ONE,
        json!({"200": answer("The job.", &job), "default": problem}),
    );
    let end = operation(
        "cancelJob",
        "Ends a job. What it has stored stays.",
        &part,
        &["malformed-request", "no-such-job", "read-only"],
        json!({"200": answer("The job.", &job), "default": problem}),
    );
    let stream = json!({"description": "The events as they come, each in `data`.", "content": {"text/event-stream": {"schema": event}}});
    let mut parts = part.clone();
    if let Some(parts) = parts.as_array_mut() {
        parts.push(json!({"name": "Last-Event-ID", "in": "header", "required": false, "schema": {"type": "string"}}));
    }
    let events = operation(
        "jobEvents",
        "What a job tells, from its beginning or from an event on.",
        &parts,
        ONE,
        json!({"200": stream, "default": problem}),
    );
    let name = json!([{"name": "name", "in": "query", "required": false, "example": "2026-02-14.md", "description": "The name of the file, which may tell the day of a digest.", "schema": {"type": "string"}}]);
    let mut add = operation(
        "add",
        "Reads a file of papers, in any format that relata add reads, into the library.",
        &name,
        &[
            "malformed-request",
            "nothing-usable",
            "body-too-long",
            "body-too-slow",
            "unsupported-media-type",
            "read-only",
        ],
        json!({"202": answer("The job.", &job), "default": problem}),
    );
    add["requestBody"] = json!({"required": true, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}});
    vec![
        ("/api/v1/jobs", json!({"get": list})),
        ("/api/v1/jobs/{job}", json!({"get": one, "delete": end})),
        ("/api/v1/jobs/{job}/events", json!({"get": events})),
        ("/api/v1/jobs/add", json!({"post": add})),
    ]
}

/// Begins a job.
pub(super) fn begun(app: &App, kind: &'static str, work: JobWork) -> Answer {
    let row = app.jobs.add(kind, work)?;
    let mut response = written(StatusCode::ACCEPTED, &row);
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/jobs/{}", row.job)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

fn written(status: StatusCode, value: &impl serde::Serialize) -> Response {
    let mut response = routes::json(serde_json::to_vec(value).unwrap_or_default().into());
    *response.status_mut() = status;
    response
}

fn number(parts: &RawPathParams) -> Result<u64, Problem> {
    let text = parts.iter().find(|(name, _)| *name == "job").map_or("", |(_, text)| text);
    text.parse().map_err(|_| Problem::malformed(format!("{text:?} is no number of a job")))
}

/// Reads a file that is sent into the library.
async fn add(State(app): State<Arc<App>>, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    app.guard.sent(&head.method, &head.headers, true)?;
    app.guard.writes()?;
    let mut name = "file".to_owned();
    for (key, value) in form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()) {
        match &*key {
            // A name, whatever path it comes with.
            "name" => value.rsplit(['/', '\\']).next().unwrap_or_default().clone_into(&mut name),
            _ => return Err(Problem::malformed(format!("there is no parameter {key:?}; known is name"))),
        }
    }
    let bytes = read(body, FILE).await?;
    begun(&app, "add", job_work::add(name, bytes))
}

/// The events of a job.
async fn events(State(app): State<Arc<App>>, headers: HeaderMap, parts: RawPathParams) -> Answer {
    let number = number(&parts)?;
    let last = headers.get("last-event-id").and_then(|last| last.to_str().ok()?.parse().ok()).unwrap_or(0);
    app.jobs.events(number, last)?;
    let stream = Sse::new(told(app, number, last)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    Ok(stream.into_response())
}

fn told(app: Arc<App>, number: u64, last: u64) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let stopping = app.stopping.subscribe();
    let begin = (app, stopping, last, Vec::<(u64, Told)>::new().into_iter(), true);
    stream::unfold(begin, move |(app, mut stopping, last, mut ready, mut more)| async move {
        loop {
            if let Some((event, told)) = ready.next() {
                let data = serde_json::to_string(&told).unwrap_or_default();
                let line = Event::default().id(event.to_string()).event(told.event).data(data);
                return Some((Ok(line), (app, stopping, event, ready, more)));
            }
            if !more {
                return None;
            }
            let Heard { events, more: goes_on, mut changed } = app.jobs.events(number, last).ok()?;
            more = goes_on;
            ready = events.into_iter();
            if ready.len() == 0 && more {
                tokio::select! {
                    _ = changed.changed() => {}
                    _ = stopping.wait_for(|stops| *stops) => return None,
                }
            }
        }
    })
}
