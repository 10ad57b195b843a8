//! The map: points, texts, what came since, and papers that were chosen on it.

use std::fs;
use std::io::Read;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Answer, Server};

/// Papers on ice and on bridges, one of them with a text that would rather be markup.
fn papers(numbers: std::ops::Range<u32>) -> String {
    let paper = |number: u32| {
        let (what, category) =
            if number.is_multiple_of(2) { ("glacier ice", "astro-ph.EP") } else { ("steel bridges", "cs.CE") };
        let title = if number == 4 { "On a<b, \"ice\" & snow".to_owned() } else { format!("On {what}, part {number}") };
        json!({
            "id": format!("2601.{number:05}"), "title": title, "authors": ["A. Author", "B. Writer"],
            "abstract": format!("We look at {what} and at the weight of {what}. Of {what} {number} parts are known."),
            "categories": [category], "published": format!("2026-02-{:02}", number % 20 + 1),
        })
        .to_string()
    };
    numbers.map(paper).collect::<Vec<_>>().join("\n") + "\n"
}

/// A server of twelve papers with topics.
fn serve(arguments: &[&str]) -> Server {
    let server = Server::in_folder(TempDir::new().expect("a folder"), arguments);
    add(&server, 0..12);
    let found = server.program(&["topics"]);
    assert!(found.status.success(), "{found:?}");
    server
}

fn add(server: &Server, numbers: std::ops::Range<u32>) {
    let file = server.folder.path().join(format!("{}.jsonl", numbers.start));
    fs::write(&file, papers(numbers)).expect("a file");
    let added = server.program(&["add", &file.display().to_string()]);
    assert!(added.status.success(), "{added:?}");
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut unpacked).expect("gzip");
    unpacked
}

/// The points, taken apart as docs/design/serving.md says.
struct Points {
    head: Value,
    places: Vec<[u16; 2]>,
    topics: Vec<usize>,
    strength: Vec<u8>,
}

fn points(server: &Server) -> Points {
    let bytes = unpacked(&server.bytes("/map/data"));
    let (length, rest) = bytes.split_first_chunk().expect("a length");
    let (head, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
    let head: Value = serde_json::from_slice(head).expect("JSON");
    let count = head["papers"].as_u64().expect("a number") as usize;
    assert_eq!(rest.len(), count * 9);
    let (axes, rest) = rest.split_at(4 * count);
    let axis: Vec<u16> = axes.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two)).collect();
    let (topics, strength) = rest.split_at(4 * count);
    Points {
        head,
        places: (0..count).map(|paper| [axis[paper], axis[count + paper]]).collect(),
        topics: topics.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four) as usize).collect(),
        strength: strength.to_vec(),
    }
}

fn texts(server: &Server) -> Value {
    serde_json::from_slice(&unpacked(&server.bytes("/map/texts/0"))).expect("JSON")
}

fn form(server: &Server, path: &str, fields: &str) -> Answer {
    let origin = format!("http://{}", server.address);
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", &*origin), ("Accept", "application/json")];
    server.send("POST", path, &headers, fields)
}

#[test]
fn the_points_are_those_of_the_topics_and_the_texts_those_of_the_points() {
    let server = serve(&[]);
    let (Points { head, places, topics, strength }, texts) = (points(&server), texts(&server));
    assert_eq!((head["papers"].clone(), places.len()), (json!(12), 12));
    let ids: Vec<String> = (0..12).map(|number| format!("2601.{number:05}")).collect();
    assert_eq!(texts["id"], json!(ids));
    assert_eq!(
        (&texts["title"][4], &texts["title"][3]),
        (&json!("On a<b, \"ice\" & snow"), &json!("On steel bridges, part 3"))
    );
    assert_eq!((&texts["date"][7], &texts["categories"][7]), (&json!("2026-02-08"), &json!("cs.CE")));
    assert_eq!(texts["authors"][0], "A. Author, B. Writer");
    // The longer side of the map is as wide as it can be.
    let span = |axis: usize| {
        let values = places.iter().map(|place| place[axis]);
        values.clone().max().expect("papers") - values.min().expect("papers")
    };
    assert_eq!(span(0).max(span(1)), u16::MAX);
    let levels = head["levels"].as_array().expect("levels");
    let finest = levels.last().expect("a level")["topics"].as_array().expect("topics");
    for (place, topic) in finest.iter().enumerate() {
        assert_eq!(topic["size"], topics.iter().filter(|own| **own == place).count(), "{topic}");
    }
    let tree = server.get("/topics.json").json();
    let named: Vec<&Value> = tree["topics"].as_array().expect("topics").iter().map(|topic| &topic["name"]).collect();
    assert!(finest.iter().all(|topic| named.contains(&&topic["name"])), "{named:?}");
    // Terms and strengths are those that the search tells.
    let told = server.program(&["topics", "--json"]);
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    for (paper, own) in told["papers"].as_array().expect("papers").iter().zip(&strength) {
        let wanted = paper["strength"].as_f64().expect("a number") * 100.0;
        assert!((f64::from(own & 127) - wanted).abs() <= 1.0, "{own}: {paper}");
        assert_eq!(own & 128 != 0, paper["weak"] == true, "{own}: {paper}");
    }
    let told = told["levels"].as_array().and_then(|levels| levels.last()).expect("a level")["topics"].clone();
    for topic in finest {
        let other = told.as_array().and_then(|told| told.iter().find(|other| other["id"] == topic["id"]));
        let other = other.expect("the same topic")["terms"].as_array().expect("terms").clone();
        let terms = topic["terms"].as_array().expect("terms");
        assert!(!terms.is_empty());
        assert_eq!(
            terms.iter().map(|term| &term[0]).collect::<Vec<_>>(),
            other.iter().map(|term| &term["term"]).collect::<Vec<_>>()
        );
    }
    assert_eq!(server.get("/map/texts/1").status, 404);
    assert_eq!(server.get("/map/texts/0?of=1").code(), "other-topics");
}

#[test]
fn a_like_leaves_the_map_as_it_is_and_new_topics_do_not() {
    let server = serve(&[]);
    let tags = || ["/map/data", "/map/texts/0"].map(|path| server.get(path).header("etag").expect("a tag").to_owned());
    let before = tags();
    server.program(&["like", "2601.00002"]);
    assert_eq!(tags(), before);
    assert_eq!(server.send("GET", "/map/data", &[("If-None-Match", &before[0])], "").status, 304);
    add(&server, 12..14);
    assert_eq!(tags(), before, "new papers are no new topics");
    let tree = server.get("/topics.json").json();
    let topic = tree["topics"][0]["id"].as_str().expect("a topic").to_owned();
    assert!(server.program(&["topics", "rename", &topic, "Cold things"]).status.success());
    assert_eq!(server.get("/topics.json").json()["topics"][0]["name"], "Cold things");
    let renamed = tags();
    assert_ne!(renamed, before);
    server.program(&["topics"]);
    assert_ne!(tags(), renamed);
    assert_eq!(points(&server).places.len(), 14);
}

#[test]
fn a_removed_paper_leaves_the_map() {
    let server = serve(&[]);
    assert_eq!(points(&server).places.len(), 12);
    assert!(server.program(&["remove", "2601.00003"]).status.success());
    assert_eq!(points(&server).places.len(), 11);
    let ids = texts(&server)["id"].clone();
    assert!(ids.as_array().is_some_and(|ids| ids.len() == 11 && !ids.contains(&json!("2601.00003"))), "{ids}");
}

#[test]
fn papers_that_came_since_have_places_among_those_that_they_are_near() {
    let server = serve(&[]);
    let none = server.get("/map/new");
    assert_eq!((none.json()["papers"]["id"].clone(), none.json()["more"].clone()), (json!([]), json!(0)));
    let tag = none.header("etag").expect("a tag").to_owned();
    assert_eq!(server.send("GET", "/map/new", &[("If-None-Match", &tag)], "").status, 304);
    add(&server, 12..15);
    let came = server.send("GET", "/map/new", &[("If-None-Match", &tag)], "");
    assert_eq!(came.status, 200);
    let (came, Points { places, topics, .. }) = (came.json(), points(&server));
    assert_eq!(came["papers"]["id"], json!(["2601.00012", "2601.00013", "2601.00014"]));
    assert_eq!(came["papers"]["title"][1], "On steel bridges, part 13");
    for at in 0..3 {
        let topic = came["papers"]["topic"][at].as_u64().expect("a topic") as usize;
        let own = || topics.iter().zip(&places).filter(|(of, _)| **of == topic).map(|(_, place)| place);
        for (axis, name) in ["x", "y"].into_iter().enumerate() {
            let place = came["papers"][name][at].as_u64().expect("a place");
            let (low, high) = (own().map(|own| own[axis]).min(), own().map(|own| own[axis]).max());
            // Within the box of its topic, or a little beside it.
            let (low, high) = (u64::from(low.expect("papers")), u64::from(high.expect("papers")));
            let spare = (high - low) / 2 + 1;
            assert!((low.saturating_sub(spare)..=high + spare).contains(&place), "{name} {place}: {low} to {high}");
        }
    }
    assert_eq!(server.get("/map/new").json(), came, "the same places each time");
    server.program(&["topics"]);
    assert_eq!(server.get("/map/new").json()["papers"]["id"], json!([]));
}

#[test]
fn chosen_papers_come_as_files_of_exactly_these() {
    let server = serve(&["--read-only"]);
    let file = |ending: &str, fields: &str| form(&server, &format!("/export/{ending}"), fields);
    let bib = file("bib", "papers=2601.00003+2601.00005%0A2601.00003");
    assert_eq!((bib.status, bib.body.matches("@").count()), (200, 2), "{bib:?}");
    assert_eq!(bib.header("content-disposition"), Some("attachment; filename=\"papers.bib\""));
    assert_eq!(bib.header("content-type"), Some("application/x-bibtex; charset=utf-8"));
    let csv = file("csv", "papers=2601.00005+2601.00004");
    let ids: Vec<&str> = csv.body.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(ids, ["2601.00005", "2601.00004"]);
    assert!(file("atom", "papers=2601.00004").body.contains("On a&lt;b, "));
    let chosen = file("json", "papers=2601.00004+2601.99999").json();
    assert_eq!(
        (&chosen["results"][0]["title"], &chosen["unknown"]),
        (&json!("On a<b, \"ice\" & snow"), &json!(["2601.99999"]))
    );
    assert_eq!(file("bib", "papers=2601.99999").status, 404);
    assert_eq!(file("bib", "papers=nonsense").code(), "malformed-request");
    assert_eq!(file("html", "papers=2601.00003").status, 404);
    let many: String = (0..20_001).map(|number| format!("2601.{number:05}+")).collect();
    let refused = file("bib", &format!("papers={many}"));
    assert_eq!(refused.status, 422);
    assert!(refused.json()["detail"].as_str().is_some_and(|told| told.contains("at most 20000")), "{refused:?}");
    assert_eq!(file("bib", &format!("papers={}", "9".repeat(500_000))).status, 413);
}

#[test]
fn papers_that_are_liked_all_at_once_can_be_taken_back() {
    let server = serve(&[]);
    server.program(&["like", "2601.00001"]);
    server.program(&["unlike", "2601.00002"]);
    let opinions = || {
        let profile = server.get("/api/v1/profiles/default").json();
        (profile["like"].clone(), profile["unlike"].clone())
    };
    let before = opinions();
    let liked = form(&server, "/forms/rate-all", "do=like&papers=2601.00001+2601.00002+2601.00003+2601.99999");
    assert_eq!(liked.status, 200, "{liked:?}");
    let told = liked.json();
    assert_eq!((&told["changed"], &told["unknown"]), (&json!(2), &json!(["2601.99999"])));
    assert_eq!(told["before"], json!({"forget": ["2601.00003"], "like": [], "unlike": ["2601.00002"]}));
    assert_eq!(opinions(), (json!(["2601.00001", "2601.00002", "2601.00003"]), json!([])));
    let back = form(&server, "/forms/rate-all", "do=restore&forget=2601.00003&unlike=2601.00002");
    assert_eq!(back.json()["changed"], 2);
    assert_eq!(opinions(), before);
    let many: String = (0..1001).map(|number| format!("2601.{number:05}+")).collect();
    assert_eq!(form(&server, "/forms/rate-all", &format!("do=like&papers={many}")).status, 422);
    assert_eq!(form(&server, "/forms/rate-all", "do=adore&papers=2601.00003").status, 422);
    assert_eq!(opinions(), before);
}

#[test]
fn the_panel_of_a_paper_has_what_is_said_of_it_and_what_is_near() {
    let server = serve(&[]);
    server.program(&["like", "2601.00002"]);
    let paper = server.get("/map/papers/2601.00002").json();
    assert_eq!(
        (&paper["id"], &paper["said"]["liked"], &paper["said"]["read"]),
        (&json!("2601.00002"), &json!(true), &json!(false))
    );
    assert!(paper["abstract"].as_str().is_some_and(|text| text.starts_with("We look at glacier ice")));
    let near = paper["near"].as_array().expect("papers");
    assert!(near.len() == 6 && near.iter().all(|near| near["id"] != "2601.00002"), "{near:?}");
    assert_eq!(server.get("/map/papers/2601.99999").code(), "not-in-library");
    assert_eq!(server.get("/map/papers/nonsense").status, 404);
}
