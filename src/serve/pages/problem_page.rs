//! What went wrong, as a page.

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::{self, Next};
use axum::response::Response;

use super::super::problem::Problem;
use super::frame::Head;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    head: Head,
    status: u16,
    detail: &'a str,
    code: &'a str,
}

/// Whether somebody with a browser asks, and not a program.
fn is_page(uri: &Uri, headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok()).unwrap_or_default();
    let of_programs = ["/api/", "/v1/", "/mcp", "/embed"].iter().any(|begin| uri.path().starts_with(begin));
    accepts.contains("text/html") && !of_programs
}

/// A router whose problems are pages for people.
pub(in crate::serve) fn for_browsers(router: Router) -> Router {
    router.layer(middleware::from_fn(async |request: Request, next: Next| {
        let page = is_page(request.uri(), request.headers());
        let response = next.run(request).await;
        if page { as_page(response) } else { response }
    }))
}

/// A problem as a page; any other answer as it is.
fn as_page(mut response: Response) -> Response {
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    let written = problem.written();
    let page = ProblemPage {
        status: written.status,
        head: Head::of(written.title),
        detail: written.detail,
        code: written.code,
    };
    if let Ok(page) = page.render() {
        *response.body_mut() = Body::from(page);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    }
    response
}
