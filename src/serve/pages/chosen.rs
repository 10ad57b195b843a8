//! Papers that were chosen on the map: as a file, or liked all at once.
//!
//! In: a form with their ids, as many as an address could not hold. Out: a file of exactly these
//! papers, which changes nothing and so is given by a server that changes nothing as well; or what
//! was thought of them before, as JSON, by which a like can be taken back.

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::problem::Problem;
use super::super::routes::{App, read};
use super::forms::Fields;
use super::{Answer, Shape, Shown, export, json as as_json, written};
use crate::export::Heading;
use crate::library::Opinion;
use crate::paper::ArxivId;
use crate::service::Relata;

/// The most papers that a file is made of.
pub(super) const MOST_EXPORTED: usize = 20_000;
/// The most papers that are rated at once, as many as the API takes.
pub(super) const MOST_RATED: usize = 1000;
/// The largest form, in bytes: an id of the old kind and what parts it from the next take 20.
const LARGEST: usize = 20 * MOST_EXPORTED;

/// A file of the papers whose ids were sent.
pub(super) async fn exported(State(app): State<Arc<App>>, parts: RawPathParams, request: Request) -> Response {
    file(app, &parts, request).await.unwrap_or_else(Problem::into_response)
}

async fn file(app: Arc<App>, parts: &RawPathParams, request: Request) -> Answer<Response> {
    let (head, body) = request.into_parts();
    app.guard.sent(&head.method, &head.headers, false)?;
    let ending = parts.iter().next().map_or("", |(_, part)| part).to_owned();
    let (shape, _) = Shape::ENDINGS
        .iter()
        .find_map(|(own, shape)| (own.strip_prefix('.') == Some(&*ending)).then_some((*shape, own)))
        .ok_or_else(Problem::not_found)?;
    let fields = Fields::read(&read(body, LARGEST).await?);
    let ids = ids(&fields, "papers", MOST_EXPORTED)?;
    let shown = app.desk.ask(&app.relata, move |relata| made(relata, shape, &ids)).await?;
    let mut response = written(shown);
    let name = HeaderValue::from_str(&format!("attachment; filename=\"papers.{ending}\""));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_DISPOSITION, name.unwrap_or(HeaderValue::from_static("attachment")));
    Ok(response)
}

fn made(relata: &Relata, shape: Shape, ids: &[ArxivId]) -> Answer<Shown> {
    let chosen = relata.named_papers(ids)?;
    if chosen.results.is_empty() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "not-in-library", "none of these papers is in the library"));
    }
    if shape == Shape::Json {
        return as_json(&chosen);
    }
    let heading = Heading { title: "Chosen papers".to_owned(), command: "map", name: "chosen" };
    let rows: Vec<_> = chosen.results.iter().map(export::of_row).collect();
    export::list(shape, &heading, &rows)
}

/// Likes the papers of a form, or enters again what was thought of them before.
pub(super) fn rate(relata: &Relata, fields: &Fields) -> Answer<serde_json::Value> {
    let ids = |name: &str| ids(fields, name, MOST_RATED);
    let opinions: Vec<(ArxivId, Option<Opinion>)> = match fields.get("do") {
        "like" => each(ids("papers")?, Some(Opinion::Liked)),
        "restore" => [(None, "forget"), (Some(Opinion::Liked), "like"), (Some(Opinion::Disliked), "unlike")]
            .into_iter()
            .map(|(opinion, name)| Ok(each(ids(name)?, opinion)))
            .collect::<Answer<Vec<_>>>()?
            .concat(),
        other => return Err(Problem::malformed(format!("{other:?} is neither like nor restore"))),
    };
    let opined = relata.opine_each(&fields.profile(relata), &opinions)?;
    let was = |opinion: Option<Opinion>| -> Vec<&ArxivId> {
        opined.before.iter().filter(|(_, before)| *before == opinion).map(|(id, _)| id).collect()
    };
    Ok(json!({
        "changed": opined.before.len(),
        "unknown": opined.unknown,
        "before": {"forget": was(None), "like": was(Some(Opinion::Liked)), "unlike": was(Some(Opinion::Disliked))},
    }))
}

fn each(ids: Vec<ArxivId>, opinion: Option<Opinion>) -> Vec<(ArxivId, Option<Opinion>)> {
    ids.into_iter().map(|id| (id, opinion)).collect()
}

/// The ids in a field of a form.
fn ids(fields: &Fields, name: &str, most: usize) -> Answer<Vec<ArxivId>> {
    let texts = fields.all(name);
    if texts.len() > most {
        let detail = format!("{name} has {} papers; at most {most} are taken", texts.len());
        return Err(Problem::malformed(detail));
    }
    let id = |text: &String| {
        let parsed = ArxivId::parse(text).map(|(id, _)| id);
        parsed.ok_or_else(|| Problem::malformed(format!("{text:?} is no identifier of a paper")))
    };
    texts.iter().map(id).collect()
}
