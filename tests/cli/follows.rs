//! What is followed: listed by every daily list before what ranks, each paper once, with the
//! reason.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::{Home, Invented, digest, invented, without_match};

/// A paper of February that is like none of the others.
fn paper(number: usize, title: &str, authors: &str, category: &str) -> Invented {
    let words = ["harbours", "sparrows", "bread", "copper", "theatres", "wool"];
    Invented {
        id: format!("2602.{number:05}"),
        title: title.to_owned(),
        authors: authors.to_owned(),
        category: category.to_owned(),
        text: format!(
            "Old {} are weighed{number} by hand{number} and sold{number} at night{number}.",
            words[number % 6]
        ),
    }
}

/// Sixty papers of January, of which one is liked, and a digest of a day in February.
fn home() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..60).map(invented).collect::<Vec<_>>()));
    home.write(
        "2026-02-20.md",
        digest(&[
            paper(1, "On harbours", "Kurt Friedrich Gödel, Ada Example", "math.LO"),
            paper(2, "Graph cuts for glaciers again", "Nobody Known", "cs.LG"),
            paper(3, "Sea ice & <b>copper</b>", "Someone Else", "stat.ML"),
            paper(4, "Sea bread", "Someone Else", "quant-ph"),
            paper(5, "Ice of the sea", "Godel K., Else Someone", "math.LO"),
        ]),
    );
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

fn ids(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

#[test]
fn what_is_followed_comes_first_whatever_its_match() {
    let home = home();
    let mut session = String::new();
    for line in [
        "follow",
        "follow --author k.godel --words sea,ice --category math",
        "follow",
        "today 2026-02-20.md",
        "unfollow --category cs",
        "unfollow --category math",
        "like 2601.00001",
        "today 2026-02-20.md",
        "like 1",
        "today 2026-02-20.md --author nobody",
        "today --new",
    ] {
        let arguments: Vec<String> =
            line.split(' ').map(|word| word.replace(',', " ").replace("k.g", "k. g")).collect();
        let ended = home.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        writeln!(session, "$ relata {line}\n{}{}[{}]\n", ended.stdout, ended.stderr, ended.code).expect("written");
    }
    let session: String = session.lines().map(|line| format!("{}\n", without_match(line))).collect();
    insta::assert_snapshot!(session.trim_end(), @r#"
    $ relata follow
    The profile default follows nothing. Begin with: relata follow --author NAME
    [1]

    $ relata follow --author k.godel --words sea,ice --category math
    changed 3; default follows 1 author, 1 phrase, 1 category
    [0]

    $ relata follow
    author    k. godel
    words     sea ice
    category  math
    [0]

    $ relata today 2026-02-20.md
    2026-02-20: 5 papers, 5 new, 3 that you follow
      1  NN  2602.00001  On harbours
              https://arxiv.org/abs/2602.00001 · 2026-02-20 · math.LO · Kurt Friedrich Gödel et al. · by Kurt Friedrich Gödel, whom you follow · in math, which you follow
              About On harbours.
      2  NN  2602.00005  Ice of the sea
              https://arxiv.org/abs/2602.00005 · 2026-02-20 · math.LO · Godel K. et al. · by Godel K., whom you follow · has the words “sea ice” · in math, which you follow
              About Ice of the sea.
      3  NN  2602.00003  Sea ice & copper
              https://arxiv.org/abs/2602.00003 · 2026-02-20 · stat.ML · Someone Else · has the words “sea ice”
              About Sea ice & copper.
    [0]

    $ relata unfollow --category cs
    changed 0; default follows 1 author, 1 phrase, 1 category
    [1]

    $ relata unfollow --category math
    changed 1; default follows 1 author, 1 phrase, 0 categories
    [0]

    $ relata like 2601.00001
    changed 1; default: 1 liked, 0 disliked, 2 followed
    [0]

    $ relata today 2026-02-20.md
    2026-02-20: 5 papers, 5 new, 3 that you follow, 2 more with a match of 50 or more
      1  NN  2602.00005  Ice of the sea
              https://arxiv.org/abs/2602.00005 · 2026-02-20 · math.LO · Godel K. et al. · by Godel K., whom you follow · has the words “sea ice” · like 2601.00001
              About Ice of the sea.
      2  NN  2602.00001  On harbours
              https://arxiv.org/abs/2602.00001 · 2026-02-20 · math.LO · Kurt Friedrich Gödel et al. · by Kurt Friedrich Gödel, whom you follow · like 2601.00001
              About On harbours.
      3  NN  2602.00003  Sea ice & copper
              https://arxiv.org/abs/2602.00003 · 2026-02-20 · stat.ML · Someone Else · has the words “sea ice” · like 2601.00001
              About Sea ice & copper.
      4  NN  2602.00002  Graph cuts for glaciers again
              https://arxiv.org/abs/2602.00002 · 2026-02-20 · cs.LG · Nobody Known · like 2601.00001 · shares Graph cuts, glaciers
              About Graph cuts for glaciers again.
      5  NN  2602.00004  Sea bread
              https://arxiv.org/abs/2602.00004 · 2026-02-20 · quant-ph · Someone Else · like 2601.00001
              About Sea bread.
    [0]

    $ relata like 1
    changed 1; default: 2 liked, 0 disliked, 2 followed
    [0]

    $ relata today 2026-02-20.md --author nobody
    2026-02-20: 1 paper, 1 new, none with a match of 50 or more (--nearest shows the nearest)
    [1]

    $ relata today --new
    2026-02-20: 5 papers, none new for the profile default
    Left out: 4 listed before (--seen lists them too).
    [1]
    "#);
}

#[test]
fn a_paper_is_listed_once_in_every_form_with_all_reasons() {
    let home = home();
    home.json(&["like", "2601.00001", "--json"]);
    let followed =
        home.json(&["follow", "--author", "Kurt Gödel", "--author", "someone else", "--words", "copper sea", "--json"]);
    let all = json!({ "author": ["Kurt Gödel", "someone else"], "words": ["copper sea"], "category": [] });
    assert_eq!(followed, json!({ "changed": 3, "profile": "default", "follow": all }));
    assert_eq!(home.json(&["follow", "--json"])["follow"], all);
    let value = home.json(&["today", "2026-02-20.md", "--at-least", "0", "-k", "1", "--json"]);
    assert_eq!((ids(&value["results"]).len(), &value["results"][0]["rank"]), (1, &json!(5)), "-k is for what ranks");
    let mut found = ids(&value["followed"]);
    let first = value["followed"].as_array().expect("rows");
    let both = first.iter().find(|row| row["id"] == "2602.00003").expect("listed");
    assert_eq!(
        both["reason"]["follows"],
        json!([
            { "kind": "author", "follow": "someone else", "author": "Someone Else" },
            { "kind": "words", "follow": "copper sea" },
        ])
    );
    assert_eq!(both["reason"]["related"]["liked"], "2601.00001");
    let scores: Vec<f64> = first.iter().map(|row| row["score"].as_f64().expect("a score")).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    assert_eq!(value["day"]["followed"], 4);
    found.sort_unstable();
    assert_eq!(found, ["2602.00001", "2602.00003", "2602.00004", "2602.00005"]);
    let entries = [
        ("markdown", "\n### ["),
        ("jsonl", "\"abs\":"),
        ("atom", "<entry>"),
        ("bibtex", "@misc{"),
        ("ris", "TY  - "),
        ("csv", ",https://arxiv.org/abs/"),
        ("html", "<article"),
    ];
    for (form, entry) in entries {
        let ended = home.run(&["today", "2026-02-20.md", "--at-least", "0", "--format", form]);
        assert_eq!(ended.code, 0, "{form}: {}", ended.stderr);
        assert!(!ended.stdout.contains("<b>copper"), "{form}");
        assert_eq!(ended.stdout.matches(entry).count(), 5, "{form}: {}", ended.stdout);
        for id in ["2602.00001", "2602.00002", "2602.00003", "2602.00004", "2602.00005"] {
            assert!(ended.stdout.contains(id), "{form}: {id}");
        }
        if ["atom", "csv", "html"].contains(&form) {
            let why = "by Someone Else, whom you follow; has the words \u{201c}copper sea\u{201d}; like 2601.00001";
            assert!(ended.stdout.contains(why), "{form}: {}", ended.stdout);
        }
    }
    // The same list again, and nothing that was shown where only new ones are asked for.
    let again = home.json(&["today", "2026-02-20.md", "--at-least", "0", "-k", "1", "--json"]);
    assert_eq!(again["followed"], value["followed"]);
    let new = home.run(&["today", "--new", "--json"]);
    assert_eq!((new.code, &new.json()["followed"]), (1, &json!([])));
}

#[test]
fn fifty_are_listed_and_the_others_are_ranked() {
    let home = home();
    home.json(&["like", "2601.00001", "--json"]);
    let many: Vec<Invented> =
        (1..=53).map(|n| paper(n, &format!("Number{n}"), &format!("Person{n}"), "cs.LG")).collect();
    home.write("2026-03-01.md", digest(&many));
    home.json(&["follow", "--category", "cs.LG", "--author", "Person53", "--json"]);
    let value = home.json(&["today", "2026-03-01.md", "--at-least", "0", "-k", "60", "--json"]);
    let (followed, ranked) = (ids(&value["followed"]), ids(&value["results"]));
    assert_eq!((followed.len(), followed[0], &value["day"]["followed"]), (50, "2602.00053", &json!(53)));
    assert_eq!(ranked.len(), 3);
    assert!(ranked.iter().all(|id| !followed.contains(id)));
    let lines = home.run(&["today", "2026-03-01.md"]).stdout;
    assert!(lines.starts_with("2026-03-01: 53 papers, 53 new, 53 that you follow, 50 of them here, "), "{lines}");
}

#[test]
fn follows_travel_with_a_profile() {
    let home = home();
    home.json(&["follow", "--author", "Kurt Gödel", "--words", "sea ice", "--profile", "ice", "--json"]);
    assert_eq!(home.run(&["profile", "list"]).stdout, "ice: 0 liked, 0 disliked, 2 followed\n");
    let exported = home.run(&["profile", "export", "ice"]).stdout;
    let follow = json!({ "author": ["Kurt Gödel"], "words": ["sea ice"], "category": [] });
    let value: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(value, json!({ "profile": "ice", "like": [], "unlike": [], "follow": follow }));
    assert_eq!(home.run(&["profile", "remove", "ice"]).code, 0);
    assert_eq!(home.run(&["profile", "export", "ice"]).code, 2, "there is none");
    home.write("ice.json", &exported);
    let ended = home.run(&["profile", "import", "ice.json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "matched 0, added 0, unmatched 0, skipped 0, followed 2\n"));
    assert_eq!(home.run(&["profile", "export", "ice"]).stdout, exported);
    // One of an earlier version follows nothing, and takes nothing away.
    home.write("old.json", r#"{"profile": "ice", "like": ["2601.00001"], "unlike": []}"#);
    let value = home.json(&["profile", "import", "old.json", "--json"]);
    assert_eq!((&value["added"], value.get("followed")), (&json!(1), None));
    assert_eq!(home.json(&["follow", "--profile", "ice", "--json"])["follow"], follow);
    // What cannot be read is said, and loses nothing else.
    home.write("odd.json", r#"{"profile": "odd", "like": ["2601.00002"], "follow": {"authors": ["x"]}}"#);
    let ended = home.run(&["profile", "import", "odd.json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, "matched 1, added 1, unmatched 0, skipped 1\n"));
    assert!(
        ended.stderr.contains("what the profile follows cannot be read: unknown field `authors`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let home = home();
    for (arguments, what) in [
        (["follow", "--author", "…"], "\"…\" is no name: it has no word"),
        (["follow", "--words", ""], "\"\" has no word"),
        (
            ["unfollow", "--category", "ice"],
            "\"ice\" is no category of arXiv; categories look like cs.LG, archives like math",
        ),
        (["follow", "--profile", "none"], "there is no profile none yet"),
    ] {
        let ended = home.run(&arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ended.stderr.contains(what), "{}", ended.stderr);
    }
    assert_eq!(home.run(&["profile", "list"]).code, 1);
    let ended = home.run(&["unfollow"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("--author <NAME>|--words <WORDS>|--category <CATEGORY>"), "{}", ended.stderr);
}

#[test]
fn the_feed_of_a_profile_has_what_its_list_has() {
    let home = home();
    home.json(&["follow", "--words", "sea ice", "--json"]);
    let listed = home.json(&["today", "2026-02-20.md", "--feed", "public", "--json"]);
    assert_eq!(ids(&listed["followed"]).len(), 2);
    let feed = std::fs::read_to_string(home.path("public/default.atom")).expect("a feed");
    for id in ids(&listed["followed"]) {
        assert_eq!(feed.matches(&format!("<id>urn:relata:archive:default:2026-02-20:{id}</id>")).count(), 1, "{feed}");
    }
    assert!(feed.contains("has the words \u{201c}sea ice\u{201d}"), "{feed}");
    let read = atom_syndication::Feed::read_from(feed.as_bytes()).expect("a feed by a parser of others");
    let links: Vec<&str> = read.entries.iter().map(|entry| entry.links[0].href.as_str()).collect();
    let both = [ids(&listed["followed"]), ids(&listed["results"])].concat();
    assert_eq!(links, both.iter().map(|id| format!("https://arxiv.org/abs/{id}")).collect::<Vec<_>>());
    assert!(home.path("public/default/2026-02-20.html").is_file() && home.path("public/index.html").is_file());
}
