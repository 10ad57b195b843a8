//! Nobody gets in: what other sites, other names and other people are answered, on every address.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use tempfile::TempDir;

use super::support::{Answer, Server};

/// An address of the API, and how it is asked.
struct Route {
    method: String,
    path: String,
}

/// What an attack is, the headers that it sends, and how it is refused.
type Attack<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, &'a str);

/// All addresses that the document of the API lists, and those beside it.
fn routes(server: &Server) -> Vec<Route> {
    let document = server.get("/api/openapi.json").json();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        for method in operations.as_object().expect("operations").keys() {
            let method = method.to_ascii_uppercase();
            routes.push(Route { path: path.join("/"), method });
        }
    }
    assert!(routes.len() > 30, "only {}", routes.len());
    for path in ["/health", "/api/openapi.json", "/login", "/nowhere", "/"] {
        routes.push(Route { method: "GET".to_owned(), path: path.to_owned() });
    }
    for path in
        ["/search?q=a", "/today.json", "/papers/2602.10611", "/topics", "/map", "/map/data", "/profiles/default"]
    {
        routes.push(Route { method: "GET".to_owned(), path: path.to_owned() });
    }
    for path in ["/map/texts/0", "/map/new", "/map/papers/2602.10611"] {
        routes.push(Route { method: "GET".to_owned(), path: path.to_owned() });
    }
    routes.push(Route { method: "POST".to_owned(), path: "/export/bib".to_owned() });
    for path in ["/library", "/settings", "/start", "/api", "/jobs/1", "/assets/style-0.css"] {
        routes.push(Route { method: "GET".to_owned(), path: path.to_owned() });
    }
    for form in
        ["rate", "rate-all", "read", "note", "tags", "shown", "follow", "fetch", "topics", "check", "reembed", "cancel"]
    {
        routes.push(Route { method: "POST".to_owned(), path: format!("/forms/{form}") });
    }
    routes
}

/// The bytes of the library, of which nothing may change.
fn content(server: &Server) -> Option<Vec<u8>> {
    fs::read(server.folder.path().join("library.db")).ok()
}

fn ask(server: &Server, route: &Route, headers: &[(&str, &str)]) -> Answer {
    let mut headers = headers.to_vec();
    let body = if route.method == "POST" { "{}" } else { "" };
    if !body.is_empty() && headers.iter().all(|(name, _)| *name != "Content-Type") {
        headers.push(("Content-Type", "application/json"));
    }
    server.send(&route.method, &route.path, &headers, body)
}

#[test]
fn every_address_refuses_other_names_and_other_sites() {
    let server = Server::start(&[]);
    server.program(&["like", "2602.10611"]);
    let before = content(&server);
    let port = server.address.port();
    let (other_port, own_other_name) = (format!("http://127.0.0.1:{}", port ^ 1), format!("http://localhost:{port}"));
    let rebound = format!("evil.example:{port}");
    let rebound_origin = format!("http://{rebound}");
    let attacks: &[Attack<'_>] = &[
        ("a name that was pointed here", &[("Host", &rebound)], 421, "host-refused"),
        ("that and its origin", &[("Host", &rebound), ("Origin", &rebound_origin)], 421, "host-refused"),
        ("no name", &[("Host", "")], 421, "host-refused"),
        ("a foreign page", &[("Origin", "https://evil.example")], 403, "origin-refused"),
        ("a page without an origin", &[("Origin", "null")], 403, "origin-refused"),
        ("a page of another port", &[("Origin", &other_port)], 403, "origin-refused"),
        ("a page of this server under its other name", &[("Origin", &own_other_name)], 403, "origin-refused"),
        (
            "an image of another site",
            &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
            403,
            "site-refused",
        ),
        (
            "a frame of another port",
            &[("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")],
            403,
            "site-refused",
        ),
    ];
    for route in routes(&server) {
        for (what, headers, status, code) in attacks {
            let answer = ask(&server, &route, headers);
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (*status, *code),
                "{what}: {} {}",
                route.method,
                route.path
            );
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
        if route.method == "POST" {
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
                let answer = ask(&server, &route, &[("Content-Type", kind)]);
                assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (415, "unsupported-media-type"),
                    "{kind}: {}",
                    route.path
                );
            }
        }
    }
    assert_eq!(content(&server), before);
}

#[test]
fn who_may_ask_is_answered() {
    let server = Server::start(&["--host", "papers.example", "--origin", "https://notes.example"]);
    let port = server.address.port();
    for host in ["papers.example".to_owned(), format!("localhost:{port}"), format!("LOCALHOST:{port}")] {
        assert_eq!(server.send("GET", "/api/v1/tags", &[("Host", &host)], "").status, 200, "{host}");
    }
    let own = format!("http://{}", server.address);
    let post = |headers: &[(&str, &str)]| {
        let mut all = vec![("Content-Type", "application/json")];
        all.extend(headers);
        server.send("POST", "/api/v1/sources", &all, r#"{"categories": ["cs.LG"]}"#)
    };
    assert_eq!(post(&[("Origin", &own), ("Sec-Fetch-Site", "same-origin")]).status, 200);
    let named = post(&[("Origin", "https://notes.example"), ("Sec-Fetch-Site", "cross-site")]);
    assert_eq!((named.status, named.header("access-control-allow-origin")), (200, Some("https://notes.example")));
    assert_eq!(named.header("access-control-allow-credentials"), None);
    let asked = server.send(
        "OPTIONS",
        "/api/v1/sources",
        &[("Origin", "https://notes.example"), ("Access-Control-Request-Method", "POST")],
        "",
    );
    assert_eq!((asked.status, asked.header("access-control-allow-methods")), (204, Some("GET, POST, DELETE")));
    // A link that somebody follows from another site.
    let followed = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    assert_eq!(server.send("GET", "/api/v1/tags", &followed, "").status, 200);
}

#[test]
fn answers_are_nothing_else_than_what_they_are() {
    let server = Server::start(&[]);
    for path in ["/api/v1/tags", "/nowhere", "/health"] {
        let answer = server.get(path);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(answer.header("x-request-id").is_some());
    }
}

#[test]
fn a_token_is_demanded_everywhere() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("token");
    fs::write(&file, "correct horse battery\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
    let server = Server::in_folder(folder, &["--token-file", file.to_str().expect("a path")]);
    let open = server.send("GET", "/api/openapi.json", &[("Authorization", "Bearer correct horse battery")], "");
    assert_eq!(open.status, 200);
    let document: Value = open.json();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            for shown in [None, Some("Bearer wrong horse battery"), Some("Basic Y29ycmVjdCBob3JzZSBiYXR0ZXJ5")] {
                let headers: Vec<(&str, &str)> = shown.map(|shown| ("Authorization", shown)).into_iter().collect();
                let route = Route { method: method.to_ascii_uppercase(), path: path.clone() };
                let answer = ask(&server, &route, &headers);
                assert_eq!((answer.status, answer.code().as_str()), (401, "token-needed"), "{method} {path}");
            }
        }
    }
    assert_eq!(server.get("/health").status, 200);
    // The printed link gives a browser its cookie, once.
    let path = server.link.split_once(&server.address.to_string()).expect("a path").1.to_owned();
    let login = server.get(&path);
    assert_eq!((login.status, login.header("location")), (303, Some("/")));
    let cookie = login.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().expect("a pair");
    assert_eq!(server.send("GET", "/api/v1/tags", &[("Cookie", pair)], "").status, 200);
    let again = server.get(&path);
    assert_eq!((again.status, again.code().as_str()), (401, "link-used"));
}

#[test]
fn an_address_that_others_reach_needs_a_token() {
    let server = Server::start(&[]);
    let refused = server.program(&["serve", "--port", "0", "--listen", "0.0.0.0"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("there is no token") && told.contains("--token-file"), "{told}");
    let taken = server.program(&["serve", "--port", &server.address.port().to_string()]);
    assert_eq!(taken.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&taken.stderr).contains("--port"), "{taken:?}");
}

#[test]
fn a_server_that_reads_alone_changes_nothing() {
    let server = Server::start(&["--read-only"]);
    let document = server.get("/api/openapi.json").json();
    let mut refused = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys().filter(|method| *method != "get") {
            // Questions with a body change nothing.
            if ["/api/v1/recommend", "/api/v1/search", "/v1/embeddings", "/embed"].contains(&path.as_str()) {
                continue;
            }
            let route = Route { method: method.to_ascii_uppercase(), path: path.replace(['{', '}'], "") };
            let answer = ask(&server, &route, &[]);
            assert_eq!((answer.status, answer.code().as_str()), (403, "read-only"), "{method} {path}");
            refused += 1;
        }
    }
    assert!(refused > 15, "only {refused}");
    assert_eq!(content(&server), None);
}
