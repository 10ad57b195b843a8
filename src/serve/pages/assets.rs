//! Styles and scripts: files with the sum of their content in their address, so that a browser
//! keeps them until they are others.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::super::problem::Problem;
use super::super::routes;
use super::typed;
use crate::export::palette::Palette;
use crate::topics::{page_program, page_style};

/// What the program of the map has beside that of the topic report.
const MAP: [&str; 4] = [
    include_str!("map_select.js"),
    include_str!("map_paper.js"),
    include_str!("map_new.js"),
    include_str!("map_data.js"),
];

/// A file that pages load.
struct Asset {
    name: &'static str,
    kind: &'static str,
    body: Vec<u8>,
    address: String,
    tag: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let style = Palette::of("list").css()
        + &Palette::of("pages").css()
        + include_str!("papers.css")
        + include_str!("profile.css")
        + include_str!("api.css")
        + include_str!("style.css");
    let script = "text/javascript; charset=utf-8";
    vec![
        asset("style", "css", "text/css; charset=utf-8", style.into_bytes()),
        asset("page", "js", script, include_bytes!("page.js").to_vec()),
        asset("profile", "js", script, include_bytes!("profile.js").to_vec()),
        asset("map", "css", "text/css; charset=utf-8", (page_style() + include_str!("map.css")).into_bytes()),
        asset("map-program", "js", script, page_program(&MAP).unwrap_or_default().into_bytes()),
        asset("icon", "svg", "image/svg+xml", icon().into_bytes()),
    ]
});

fn asset(name: &'static str, ending: &str, kind: &'static str, body: Vec<u8>) -> Asset {
    let sum: String = Sha256::digest(&body).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Asset { name, kind, address: format!("/assets/{name}-{sum}.{ending}"), tag: format!("\"{sum}\""), body }
}

/// Three dots in the colours of the map's icon.
fn icon() -> String {
    let colours = Palette::of("icon").by_scheme();
    let dot = |name: &str, place: &str| {
        let colour = colours.get("light").and_then(|light| light.get(name)).copied().unwrap_or_default();
        format!("<circle {place} fill=\"{colour}\"/>")
    };
    let large = dot("large", "cx=\"5\" cy=\"6\" r=\"4\"");
    let small = dot("small", "cx=\"11.5\" cy=\"5\" r=\"2.5\"");
    let middle = dot("middle", "cx=\"10\" cy=\"11.5\" r=\"3.2\"");
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\">{large}{small}{middle}</svg>")
}

/// The address of a file; empty where there is none of that name, which a test excludes.
pub(super) fn address(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| &asset.address)
}

/// A file.
pub(super) async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let Some(asset) = ASSETS.iter().find(|asset| asset.address == path) else {
        return Problem::not_found().into_response();
    };
    let tag = HeaderValue::from_static(&asset.tag);
    let known = request.headers().get(header::IF_NONE_MATCH);
    let mut response = match known.is_some_and(|known| routes::names(known, &tag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => typed(asset.kind, asset.body.clone().into()),
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_its_sum_in_its_address() {
        for name in ["style", "page", "profile", "map", "map-program", "icon"] {
            let address = address(name);
            assert!(address.starts_with(&format!("/assets/{name}-")), "{address}");
        }
        assert_eq!(address("nothing"), "");
        let (one, other) = (asset("a", "js", "text/javascript", vec![1]), asset("a", "js", "text/javascript", vec![2]));
        assert_ne!(one.address, other.address);
    }
}
