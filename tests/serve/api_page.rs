//! The page of the API: every endpoint of the document is on it, and its examples work as they
//! stand.

use std::collections::BTreeSet;

use super::pages::{page, serve};
use super::support::Server;

/// An example as it is typed: `curl`, its options, an address.
struct Example {
    method: &'static str,
    path: String,
    kind: Option<String>,
    body: String,
}

impl Example {
    /// Reads a line as a shell does that knows single quotes.
    fn read(line: &str, server: &Server) -> Example {
        let mut words: Vec<String> = Vec::new();
        for (at, part) in line.split('\'').enumerate() {
            match at % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        let after = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1)).cloned();
        let address = words.last().expect("an address");
        let path = address.strip_prefix(&format!("http://{}", server.address)).expect("of this server").to_owned();
        let kind = after("-H").map(|header| header.trim_start_matches("Content-Type: ").to_owned());
        let file = after("--data-binary").map(|_| include_str!("../../seeds/sample-digest-2026-02-14.md").to_owned());
        let method = match (&kind, after("-X")) {
            (Some(_), _) => "POST",
            (None, Some(_)) => "DELETE",
            (None, None) => "GET",
        };
        Example { method, path, kind, body: after("-d").or(file).unwrap_or_default() }
    }
}

fn examples(page: &str, server: &Server) -> Vec<Example> {
    let unescaped = |text: &str| text.replace("&#39;", "'").replace("&quot;", "\"").replace("&#34;", "\"");
    let lines = page.split("<pre ").skip(1).filter_map(|part| part.split_once("<code>")?.1.split_once("</code>"));
    lines.map(|(line, _)| Example::read(&unescaped(line).replace("&#38;", "&").replace("&amp;", "&"), server)).collect()
}

#[test]
fn every_example_works_as_it_stands() {
    let server = serve(&[]);
    server.program(&["topics"]);
    server.program(&["like", "2601.00002"]);
    let mut examples = examples(&page(&server, "/api"), &server);
    let document = server.get("/api/openapi.json").json();
    let operations = document["paths"].as_object().expect("paths").values();
    assert_eq!(examples.len(), operations.map(|path| path.as_object().map_or(0, serde_json::Map::len)).sum::<usize>());
    // What begins a job comes first, and what takes something away last.
    examples.sort_by_key(|example| {
        let gone =
            example.method == "DELETE" || example.path.ends_with("/remove") || example.path.ends_with("/forgets");
        (gone, !example.path.starts_with("/api/v1/jobs/"), example.method != "POST")
    });
    for Example { method, path, kind, body } in &examples {
        let headers: Vec<(&str, &str)> = kind.iter().map(|kind| ("Content-Type", kind.as_str())).collect();
        let answer = server.send(method, path, &headers, body);
        // A profile with one liked paper has one interest, which cannot be split or joined.
        let single = path.ends_with("/interests/split") || path.ends_with("/interests/join");
        assert!(matches!(answer.status, 200 | 202) || single && answer.status == 404, "{method} {path}: {answer:?}");
    }
}

#[test]
fn anchors_lead_somewhere_and_nothing_stands_twice() {
    let server = Server::start(&[]);
    let page = page(&server, "/api");
    let parts = |begin: &str| -> Vec<String> {
        page.split(begin).skip(1).filter_map(|part| Some(part.split_once('"')?.0.to_owned())).collect()
    };
    let ids = parts(" id=\"");
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an anchor stands twice");
    for anchor in parts("href=\"#") {
        assert!(unique.contains(&anchor), "#{anchor}");
    }
    // A parameter with its type, range, default and sentence; a code with its status.
    let k = "<td><code>k</code></td><td>integer, 0 to 1000</td><td><code>10</code></td><td>Number of answers.</td>";
    assert!(page.contains(k), "{page}");
    let code = "<tr id=\"error-not-in-library\"><td><code>not-in-library</code></td><td>404</td>";
    assert!(page.contains(code), "{page}");
}

#[test]
fn examples_show_the_token_where_one_is_demanded() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::TempDir::new().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "0123456789abcdef0123456789abcdef\n").expect("a file");
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    let server = Server::in_folder(folder, &["--token-file", &token.display().to_string()]);
    assert_eq!(server.get("/api").status, 401);
    let headers = [("Authorization", "Bearer 0123456789abcdef0123456789abcdef"), ("Accept", "text/html")];
    let shown = server.send("GET", "/api", &headers, "").body;
    let shown_once = "curl -H &#34;Authorization: Bearer $(cat TOKEN_FILE)&#34; ";
    assert!(shown.contains(shown_once), "{shown}");
    assert!(!shown.contains("0123456789abcdef"), "the token is on the page");
}
