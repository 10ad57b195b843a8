//! Pages: what a browser gets, without scripts; the same answers for programs; forms.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::support::{Answer, Server};

/// Three papers whose texts would rather be markup.
const PAPERS: &str = r#"{"id": "2601.00001", "title": "On a<b, \"ice\" & $x^2$ '</title>", "authors": ["A. <b>Author</b>"], "abstract": "We bound $\\mathcal{O}(n)$ steps of \"ice\" <img src=x onerror=alert(2)>.", "categories": ["cs.LG"], "published": "2026-02-20"}
{"id": "2601.00002", "title": "Ice and snow", "authors": ["B. Writer"], "abstract": "We look at ice, at snow and at glaciers. $\\href{javascript:alert(3)}{x}$ costs $5 or $6.", "categories": ["cs.LG", "stat.ML"], "published": "2026-02-20"}
{"id": "2601.00003", "title": "Glaciers melt", "authors": ["B. Writer", "C. Third"], "abstract": "Glaciers are made of ice and snow.", "categories": ["astro-ph.GA"], "published": "2026-02-20"}
"#;

fn library() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("papers.jsonl"), PAPERS).expect("a file");
    folder
}

pub(crate) fn serve(arguments: &[&str]) -> Server {
    let folder = library();
    let file = folder.path().join("papers.jsonl");
    let server = Server::in_folder(folder, arguments);
    let added = server.program(&["add", &file.display().to_string()]);
    assert!(added.status.success(), "{added:?}");
    server
}

pub(crate) fn page(server: &Server, path: &str) -> String {
    let answer = server.send("GET", path, &[("Accept", "text/html")], "");
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("text/html; charset=utf-8")),
        "{path}: {answer:?}"
    );
    answer.body
}

/// Sends a form as a browser does.
fn form(server: &Server, path: &str, fields: &str) -> Answer {
    let origin = format!("http://{}", server.address);
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", &*origin), ("Accept", "text/html")];
    server.send("POST", path, &headers, fields)
}

#[test]
fn texts_of_papers_are_escaped_and_formulas_are_mathml() {
    let server = serve(&[]);
    for path in ["/", "/search?q=ice", "/papers/2601.00001", "/papers/2601.00002"] {
        let page = page(&server, path);
        for markup in ["<script>alert", "<img", "<b>Author", "href=\"javascript:"] {
            assert!(!page.contains(markup), "{path}: {markup}");
        }
    }
    let page = page(&server, "/papers/2601.00001");
    let title = "On a&lt;b, &quot;ice&quot; &amp; <math display=\"inline\"><msup><mi>x</mi><mn>2</mn></msup></math>";
    assert!(page.contains(title), "{page}");
    assert!(page.contains("steps of &quot;ice&quot; &lt;img src=x onerror=alert(2)&gt;."), "{page}");
}

#[test]
fn pages_say_the_same_as_the_api() {
    let server = serve(&[]);
    server.program(&["like", "2601.00002"]);
    for (page, api) in [
        ("/today.json?at_least=1&k=5", "/api/v1/today?at_least=1&k=5"),
        ("/search.json?q=ice&category=cs.LG", "/api/v1/search?q=ice&category=cs.LG"),
        ("/papers/2601.00003.json", "/api/v1/papers/2601.00003"),
        ("/profiles/default.json", "/api/v1/profiles/default"),
        ("/library.json", "/api/v1/library"),
    ] {
        let (own, other) = (server.get(page), server.get(api));
        assert_eq!((own.status, other.status), (200, 200), "{page}: {own:?}");
        assert_eq!(own.json(), other.json(), "{page}");
    }
}

#[test]
fn lists_come_in_the_forms_of_other_programs() {
    let server = serve(&[]);
    server.program(&["like", "2601.00002"]);
    for (path, kind, begin) in [
        ("/papers/2601.00003.bib", "application/x-bibtex; charset=utf-8", "@"),
        ("/search.bib?q=ice", "application/x-bibtex; charset=utf-8", "@"),
        ("/today.atom?at_least=1", "application/atom+xml; charset=utf-8", "<?xml"),
        ("/search.csv?category=astro-ph.GA", "text/csv; charset=utf-8", "rank,id,title"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}: {answer:?}");
        assert!(answer.body.starts_with(begin), "{path}: {}", answer.body);
    }
    assert!(server.get("/search.csv?category=astro-ph.GA").body.contains("2601.00003,Glaciers melt"));
    assert_eq!(server.get("/library.bib").status, 404);
}

#[test]
fn filters_stand_in_the_address_and_in_the_fields() {
    let server = serve(&[]);
    let page = page(&server, "/search?q=ice&category=astro-ph.GA&author=&since=2026-01-01");
    assert!(page.contains("Glaciers melt") && !page.contains(">Ice and snow<"), "{page}");
    assert!(
        page.contains(r#"name="category" value="astro-ph.GA""#) && page.contains(r#"type="date" value="2026-01-01""#),
        "{page}"
    );
    assert!(page.contains("<details open>"), "{page}");
    assert!(
        page.contains(r#"href="/search.bib?q=ice&#38;category=astro-ph.GA&#38;author=&#38;since=2026-01-01&#38;k=30""#),
        "{page}"
    );
}

#[test]
fn forms_change_the_library_and_lead_back() {
    let server = serve(&[]);
    let sent = |path: &str, fields: &str| {
        let answer = form(&server, path, fields);
        assert_eq!(answer.status, 303, "{path}: {answer:?}");
        answer.header("location").expect("a place").to_owned()
    };
    let place = sent("/forms/rate", "paper=2601.00002&do=like&back=%2Fsearch%3Fq%3Dice");
    assert_eq!(place, "/search?q=ice#p-2601-00002");
    sent("/forms/rate", "paper=2601.00001&do=unlike&back=/");
    sent("/forms/read", "paper=2601.00003&do=read");
    sent("/forms/note", "paper=2601.00003&note=look+%3Cagain%3E");
    sent("/forms/tags", "paper=2601.00003&tags=ice,+old");
    sent("/forms/tags", "paper=2601.00003&tags=ice,+new");
    sent("/forms/follow", "kind=author&text=Kurt+G%C3%B6del&do=follow&back=/profiles/default");
    let profile = server.get("/api/v1/profiles/default").json();
    assert_eq!(profile["like"], serde_json::json!(["2601.00002"]));
    assert_eq!(profile["unlike"], serde_json::json!(["2601.00001"]));
    assert_eq!(profile["follow"]["author"], serde_json::json!(["Kurt Gödel"]));
    let paper = server.get("/api/v1/papers/2601.00003").json();
    assert_eq!((&paper["note"], &paper["read"]), (&Value::from("look <again>"), &Value::Bool(true)));
    assert_eq!(paper["tags"], serde_json::json!(["ice", "new"]));
    let shown = page(&server, "/papers/2601.00003");
    assert!(shown.contains("look &lt;again&gt;") || shown.contains("look &#60;again&#62;"), "{shown}");
    sent("/forms/rate", "paper=2601.00002&do=forget");
    assert_eq!(server.get("/api/v1/profiles/default").json()["like"], serde_json::json!([]));
}

#[test]
fn forms_refuse_what_is_wrong_and_lead_nowhere_else() {
    let server = serve(&[]);
    assert_eq!(form(&server, "/forms/rate", "paper=2601.99999&do=like").status, 404);
    assert_eq!(form(&server, "/forms/rate", "paper=2601.00002&do=adore").status, 422);
    assert_eq!(form(&server, "/forms/nothing", "").status, 404);
    let away = form(&server, "/forms/rate", "paper=2601.00002&do=like&back=https%3A%2F%2Fevil.example%2F");
    assert_eq!(away.header("location"), Some("/#p-2601-00002"));
    // Without a word of a browser that the form is ours, it is none.
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(server.send("POST", "/forms/rate", &[kind], "paper=2601.00003&do=like").status, 415);
    let foreign = [kind, ("Origin", "https://evil.example")];
    assert_eq!(server.send("POST", "/forms/rate", &foreign, "paper=2601.00003&do=like").status, 403);
    assert_eq!(server.get("/api/v1/profiles/default").json()["like"], serde_json::json!(["2601.00002"]));
}

#[test]
fn a_days_list_is_marked_by_its_form_and_never_by_looking_at_it() {
    let server = serve(&[]);
    server.program(&["like", "2601.00002"]);
    let listed =
        |query: &str| server.get(&format!("/today.json?at_least=1&new=true{query}")).json()["listed_before"].clone();
    for _ in 0..2 {
        page(&server, "/?at_least=1");
    }
    assert_eq!(listed(""), 0);
    let answer = form(&server, "/forms/shown", "back=%2F%3Fat_least%3D1");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/?at_least=1")), "{answer:?}");
    assert_ne!(listed(""), 0);
}

#[test]
fn a_server_that_changes_nothing_has_no_forms_that_do() {
    let server = serve(&["--read-only"]);
    for path in ["/", "/search?q=ice", "/papers/2601.00002", "/library", "/topics", "/settings", "/map"] {
        assert!(!page(&server, path).contains("method=\"post\""), "{path}");
    }
    assert_eq!(form(&server, "/forms/rate", "paper=2601.00002&do=like").status, 403);
}

#[test]
fn an_empty_library_asks_for_categories() {
    let server = Server::start(&[]);
    let page = page(&server, "/");
    assert!(
        page.contains("<h1>Welcome to Relata</h1>") && page.contains("name=\"category\" value=\"cs.LG\""),
        "{page}"
    );
}

#[test]
fn errors_are_pages_for_people_and_problems_for_programs() {
    let server = serve(&[]);
    for path in
        ["/nowhere", "/papers/2601.99999", "/search?q=ice&colour=red", "/profiles/nobody", "/topics/7", "/jobs/9"]
    {
        let (person, program) = (server.send("GET", path, &[("Accept", "text/html,*/*")], ""), server.get(path));
        assert_eq!(person.status, program.status, "{path}");
        assert_eq!(person.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        let code = program.code();
        assert!(person.body.contains(&format!("<code>{code}</code>")), "{path}: {}", person.body);
        assert!(person.header("content-security-policy").is_some());
    }
    let api = server.send("GET", "/api/v1/papers/2601.99999", &[("Accept", "text/html")], "");
    assert_eq!(api.header("content-type"), Some("application/problem+json"));
}

#[test]
fn topics_have_pages_a_map_and_a_button_that_finds_them() {
    let server = serve(&[]);
    assert!(page(&server, "/topics").contains("Find topics"));
    assert_eq!(server.get("/map/data").status, 404);
    server.program(&["topics"]);
    let tree = server.get("/topics.json").json();
    let first = tree["topics"][0]["id"].as_str().expect("a topic").to_owned();
    assert_eq!(tree["papers"], 3);
    let topic = page(&server, &format!("/topics/{first}"));
    assert!(topic.contains("Glaciers melt"), "{topic}");
    assert!(page(&server, "/papers/2601.00003").contains(&format!("href=\"/topics/{first}\"")));
    assert_eq!(server.get("/map/data").status, 200);
    assert!(page(&server, "/map").contains("href=\"/map/data\" as=\"fetch\""));
    let begun = form(&server, "/forms/topics", "");
    assert_eq!((begun.status, begun.header("location")), (303, Some("/jobs/1")));
    assert!(page(&server, "/jobs/1").contains("Finding topics"));
}

#[test]
fn files_are_kept_by_browsers_and_pages_are_asked_for_again() {
    let server = serve(&[]);
    let shown = server.send("GET", "/search?q=ice", &[("Accept", "text/html")], "");
    let tag = shown.header("etag").expect("a tag").to_owned();
    assert_eq!(server.send("GET", "/search?q=ice", &[("If-None-Match", &tag)], "").status, 304);
    let style = shown.body.split('"').find(|part| part.starts_with("/assets/style-")).expect("a style").to_owned();
    let file = server.get(&style);
    assert_eq!(file.header("cache-control"), Some("private, max-age=31536000, immutable"));
    assert_eq!(file.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(server.get("/assets/style-0000000000000000.css").status, 404);
    assert!(!shown.body.contains("style=\"") && !shown.body.contains("onclick"), "nothing that the policy forbids");
}

/// A server of 130 papers on two subjects, of which 120 are liked.
fn serve_likes() -> Server {
    let folder = TempDir::new().expect("a folder");
    let (mut lines, mut liked) = (String::new(), Vec::new());
    for n in 1..=130 {
        let (subject, means) = [("glacier ice", "slow drift"), ("violin strings", "careful bowing")][n % 2];
        lines += &format!(
            "{{\"id\": \"2601.{n:05}\", \"title\": \"On {subject} {n}\", \"authors\": [\"Author{n} Example\"], \"abstract\": \"We measure {subject} by {means}.\", \"categories\": [\"cs.LG\"], \"published\": \"2026-02-20\"}}\n"
        );
        liked.push(format!("2601.{n:05}"));
    }
    fs::write(folder.path().join("papers.jsonl"), lines).expect("a file");
    let file = folder.path().join("papers.jsonl");
    let server = Server::in_folder(folder, &[]);
    assert!(server.program(&["add", &file.display().to_string()]).status.success());
    let like: Vec<&str> = ["like"].into_iter().chain(liked[..120].iter().map(String::as_str)).collect();
    assert!(server.program(&like).status.success());
    server
}

#[test]
fn a_slider_of_an_interest_is_a_form_and_decides_what_is_due_to_it() {
    let server = serve_likes();
    let interests = || server.get("/api/v1/profiles/default/interests").json()["interests"].clone();
    let before = interests();
    let largest = |all: &Value| {
        all.as_array()
            .expect("interests")
            .iter()
            .max_by_key(|own| own["papers"].as_array().map_or(0, Vec::len))
            .expect("one")
            .clone()
    };
    let first = largest(&before);
    let member = first["papers"][0]["id"].as_str().expect("an id").to_owned();
    let own = page(&server, "/profiles/default");
    for part in [
        r#"type="range""#,
        r#"min="0" max="2" step="0.1" value="1" aria-valuetext="as its papers ask""#,
        "<button>Keep<span class=\"unseen\"> the weight of ",
        "120 liked papers",
    ] {
        assert!(own.contains(part), "{part}: {own}");
    }
    let fields =
        |weight: &str| format!("profile=default&interest={member}&weight={weight}&back=/profiles/default%23interest-1");
    let sent = form(&server, "/forms/weight", &fields("0.5"));
    assert_eq!((sent.status, sent.header("location")), (303, Some("/profiles/default#interest-1")), "{sent:?}");
    assert_eq!(largest(&interests())["weight"], serde_json::json!(0.5));
    assert!(page(&server, "/profiles/default").contains(r#"value="0.5" aria-valuetext="half""#));
    // A script gets what is due to each, and does not load the page again.
    let origin = format!("http://{}", server.address);
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", &*origin), ("Accept", "application/json")];
    let told = server.send("POST", "/forms/weight", &headers, &fields("0"));
    let number = first["interest"].as_u64().expect("a number") as usize;
    assert_eq!(
        (told.status, &told.json()["interests"][number - 1]["share"]),
        (200, &serde_json::json!("0")),
        "{told:?}"
    );
    assert!(page(&server, "/profiles/default").contains(r#"value="0" aria-valuetext="muted""#));
    for (fields, status) in
        [(fields("11"), 422), (fields("much"), 422), ("interest=2601.00130&weight=1".to_owned(), 404)]
    {
        assert_eq!(form(&server, "/forms/weight", &fields).status, status, "{fields}");
    }
    let back =
        server.post("/api/v1/profiles/default/interests/weight", &serde_json::json!({"interest": number, "weight": 1}));
    assert_eq!((back.status, &back.json()["interests"]), (200, &before));
}

#[test]
fn liked_papers_come_in_parts_and_in_the_forms_of_other_programs() {
    let server = serve_likes();
    let listed = |page: &str| page.matches("<p class=\"facts\">").count();
    let first = page(&server, "/profiles/default/papers");
    assert!(
        first.contains(">1 of 3<") && first.contains(r#"href="/profiles/default/papers?page=2" rel="next""#),
        "{first}"
    );
    assert!(first.contains("do\" value=\"forget\"") && listed(&first) == 50, "{first}");
    let last = page(&server, "/profiles/default/papers?page=3");
    assert!(
        last.contains(r#"<ol class="liked" start="101">"#) && listed(&last) == 20 && !last.contains("rel=\"next\""),
        "{last}"
    );
    let filtered = page(&server, "/profiles/default/papers?q=author7+glac");
    assert!(listed(&filtered) == 5 && filtered.contains(">On glacier ice 78<"), "{filtered}");
    assert!(filtered.contains(r#"href="/profiles/default/papers.bib?q=author7+glac""#), "{filtered}");
    assert!(page(&server, "/profiles/default/papers?q=nothing").contains("No paper has such words"));

    let interests = server.get("/api/v1/profiles/default/interests").json()["interests"].clone();
    let interest = &interests[0];
    let member = interest["papers"][0]["id"].as_str().expect("an id");
    let count = interest["papers"].as_array().map_or(0, Vec::len);
    let address = |ending: &str| format!("/profiles/default/papers{ending}?interest={member}");
    assert!(page(&server, &address("")).contains(&format!("An interest of {count} papers")));
    let told = server.get(&address(".json")).json();
    assert_eq!((&told["total"], told["papers"].as_array().map(Vec::len)), (&serde_json::json!(count), Some(count)));
    assert_eq!(told, server.get(&format!("/api/v1/profiles/default/papers?interest={member}")).json());
    for (ending, kind, each) in [
        (".bib", "application/x-bibtex; charset=utf-8", "@misc"),
        (".atom", "application/atom+xml; charset=utf-8", "<entry>"),
        (".csv", "text/csv; charset=utf-8", "\n"),
    ] {
        let answer = server.get(&address(ending));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{ending}");
        let found = answer.body.matches(each).count() - usize::from(ending == ".csv");
        assert_eq!(found, count, "{ending}: {}", answer.body);
    }
    assert_eq!(server.get("/profiles/default/papers?page=0").status, 422);
    assert_eq!(server.get("/profiles/default/papers.json?interest=2601.00130").status, 404);
    server.program(&["unlike", "2601.00130"]);
    let disliked = page(&server, "/profiles/default/papers?disliked=1");
    assert!(listed(&disliked) == 1 && disliked.contains("disliked on"), "{disliked}");
}

#[test]
fn a_reason_names_the_liked_paper_by_its_title() {
    let server = serve(&[]);
    server.program(&["like", "2601.00001"]);
    let own = page(&server, "/?at_least=1");
    let link = r#"because you liked</bdi> <a href="/papers/2601.00001" dir="auto"><cite>On a&lt;b, &quot;ice&quot;"#;
    assert!(own.contains(link), "{own}");
    assert!(server.get("/today.csv?at_least=1").body.contains("near 2601.00001"));
}
