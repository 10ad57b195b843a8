//! What people type: ids without options, words without quotes, names of authors, days and
//! categories as they come to mind.

use serde_json::{Value, json};

use crate::support::{Home, Invented, digest, invented};

fn ids(value: &Value) -> Vec<&str> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

/// Sixty papers of January by Ada Example0 to Example10 and Björn Muster.
fn filled() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..60).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

#[test]
fn an_id_alone_is_liked() {
    let home = filled();
    let expected = home.json(&["recommend", "--like", "2601.00001", "2601.00002", "--json"]);
    for arguments in [
        &["recommend", "2601.00001", "2601.00002", "--json"][..],
        &["recommend", "https://arxiv.org/abs/2601.00001v2", "--like", "2601.00002", "--json"],
        &["recommend", "2601.00001", "2601.00002", "2601.00001", "--json"],
    ] {
        assert_eq!(home.json(arguments), expected, "{arguments:?}");
    }
    let ended = home.run(&["recommend", "glaciers"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("\"glaciers\" is no arXiv id"), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("note: `relata search glaciers` looks for words"), "{}", ended.stderr);
}

#[test]
fn without_a_command_the_commands_are_shown() {
    let ended = Home::tiny().run(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    for command in ["recommend", "today", "search", "topics"] {
        assert!(ended.stderr.lines().any(|line| line.trim_start().starts_with(command)), "{}", ended.stderr);
    }
}

#[test]
fn the_number_of_answers_has_four_names() {
    let home = filled();
    for option in ["-k", "-n", "--count", "--limit"] {
        for command in [&["recommend", "2601.00001"][..], &["search", "glaciers"], &["topics", "1"]] {
            let value = home.json(&[command, &[option, "2", "--json"]].concat());
            assert_eq!(ids(&value).len(), 2, "{command:?} {option}");
        }
    }
    home.json(&["like", "2601.00001", "--json"]);
    assert_eq!(ids(&home.json(&["today", "-n", "2", "--json"])).len(), 2);
}

#[test]
fn several_categories_need_no_commas_and_swallow_nothing() {
    let home = filled();
    let both = home.json(&["recommend", "2601.00001", "--category", "stat.ML,astro-ph.GA", "--json"]);
    for arguments in [
        &["recommend", "2601.00001", "--category", "stat.ML", "astro-ph.GA", "--json"][..],
        &["recommend", "--category", "stat.ML", "astro-ph.GA", "2601.00001", "--json"],
    ] {
        assert_eq!(home.json(arguments), both, "{arguments:?}");
    }
    let found = home.json(&["search", "--category", "stat.ML", "astro-ph.GA", "glaciers", "cuts", "--json"]);
    assert_eq!(found["query"]["text"], "glaciers cuts");
    assert_eq!(found["query"]["filter"]["category"], json!(["stat.ML", "astro-ph.GA"]));

    let text = "Strings and bows make sounds that travel through halls and houses of every size.".to_owned();
    let paper = Invented { id: "2602.00001".to_owned(), category: "cs.LG".to_owned(), text, ..invented(100) };
    home.write("2026-02-05.md", digest(&[paper]));
    home.json(&["like", "2601.00001", "--json"]);
    let today = home.json(&["today", "--category", "cs.LG", "stat.ML", "2026-02-05.md", "--at-least", "0", "--json"]);
    assert_eq!(today["query"]["paths"], json!(["2026-02-05.md"]));
    assert_eq!(today["query"]["filter"]["category"], json!(["cs.LG", "stat.ML"]));
    assert_eq!(ids(&today), ["2602.00001"]);

    let topics = home.json(&["topics", "--category", "cs.LG", "stat.ML", "--json"]);
    assert_eq!(topics["query"]["category"], json!(["cs.LG", "stat.ML"]));
    let one = home.json(&["topics", "--category", "cs.LG", "stat.ML", "1", "--json"]);
    assert_eq!(one["topic"]["id"], "1");
}

#[test]
fn words_need_no_quotes() {
    let home = filled();
    let quoted = home.json(&["search", "slow sampling for galaxies", "--json"]);
    assert_eq!(home.json(&["search", "slow", "sampling", "for", "galaxies", "--json"]), quoted);
    let ended = home.run(&["search"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (2, "error: the text is empty; say what to look for\n"));
    assert_eq!(home.run(&["search", " "]).code, 2);
}

#[test]
fn an_id_or_a_link_finds_its_paper() {
    let home = filled();
    for form in ["2601.00007", "https://arxiv.org/pdf/2601.00007v1.pdf", "arXiv:2601.00007"] {
        assert_eq!(ids(&home.json(&["search", form, "--json"])), ["2601.00007"], "{form}");
    }
    let mixed = home.json(&["search", "2601.00007", "slow sampling", "-k", "4", "--json"]);
    assert_eq!((ids(&mixed).len(), ids(&mixed)[0]), (4, "2601.00007"));
    assert_eq!(mixed["query"]["ids"], json!(["2601.00007"]));
    assert_eq!(ids(&mixed).iter().filter(|id| **id == "2601.00007").count(), 1);
    let ended = home.run(&["search", "2601.00061"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("2601.00061 is not in the library; the closest ids there:"), "{}", ended.stderr);
}

#[test]
fn an_authors_name_brings_that_authors_papers() {
    let home = filled();
    // Songs by others, and papers by Song Han of two days.
    let by = |id: &str, title: &str, authors: &str| Invented {
        id: id.to_owned(),
        title: title.to_owned(),
        authors: authors.to_owned(),
        text: format!("{title} is described in detail."),
        ..invented(0)
    };
    home.write(
        "2026-02-01.md",
        digest(&[
            by("2602.00001", "A song for Han", "Carla Klang"),
            by("2602.00002", "Pruning of networks", "Ada Example, Song Han"),
            by("2602.00003", "Song after song", "Carla Klang, Han Lee, Mei Song"),
        ]),
    );
    home.write("2026-02-02.md", digest(&[by("2602.00004", "Quantised bridges", "Song Hàn")]));
    home.json(&["add", "--json", "2026-02-01.md", "2026-02-02.md"]);
    let found = home.json(&["search", "Song", "Han", "--json"]);
    assert_eq!(ids(&found)[..2], ["2602.00004", "2602.00002"], "{found:#}");
    assert_eq!(found["results"][1]["reason"]["author"], "Song Han");
    assert_eq!(found["results"][2]["reason"]["author"], Value::Null);
    let scores: Vec<f64> =
        found["results"].as_array().expect("a list").iter().filter_map(|row| row["score"].as_f64()).collect();
    assert!(scores.is_sorted_by(|one, other| one >= other) && scores[1] > 1.0 && scores[2] <= 1.0, "{scores:?}");
    let lines = home.run(&["search", "Song Han", "-k", "2"]).stdout;
    assert!(lines.contains("by Song Han") && lines.contains("by Song Hàn"), "{lines}");

    // A word that is a subject too is no name; one that only authors have is.
    let songs = home.json(&["search", "song", "--json"]);
    assert!(songs["results"].as_array().expect("a list").iter().all(|row| row["reason"]["author"].is_null()));
    assert_eq!(ids(&home.json(&["search", "Klang", "--json"]))[..2], ["2602.00003", "2602.00001"]);

    // Filters alone list the newest first.
    let listed = home.json(&["search", "--author", "Song Han", "--json"]);
    assert_eq!(ids(&listed), ["2602.00004", "2602.00002"]);
    assert_eq!((&listed["results"][0]["score"], &listed["results"][0]["rank"]), (&Value::Null, &json!(1)));
    assert_eq!(ids(&home.json(&["search", "--since", "2026-02-02", "--json"])), ["2602.00004"]);
    let newest = home.json(&["search", "--category", "cs", "-k", "2", "--json"]);
    assert_eq!(ids(&newest), ["2602.00004", "2602.00003"]);
    let lines = home.run(&["search", "--author", "Song Han"]).stdout;
    assert_eq!(lines.lines().next(), Some("  1    -  2602.00004  Quantised bridges"), "{lines}");
    assert!(lines.contains("https://arxiv.org/abs/2602.00002 · 2026-02-01 · cs.LG · Ada Example et al."), "{lines}");
    assert_eq!(home.run(&["search", "--author", "Nobody Else"]).code, 1);
}

#[test]
fn days_are_typed_in_many_ways() {
    let home = filled();
    let filter = |arguments: &[&str]| {
        let ended = home.run(&[&["search", "glaciers", "--json"][..], arguments].concat());
        assert!(ended.code < 2, "{}", ended.stderr);
        ended.json()["query"]["filter"].clone()
    };
    let month = filter(&["--since", "2026-1", "--until", "2026-02"]);
    assert_eq!((&month["since"], &month["until"]), (&json!("2026-01-01"), &json!("2026-02-28")));
    assert_eq!(filter(&["--since", "2026-1-5"])["since"], "2026-01-05");
    let year = filter(&["--since", "2025", "--until", "2025"]);
    assert_eq!((&year["since"], &year["until"]), (&json!("2025-01-01"), &json!("2025-12-31")));
    let ago = filter(&["--since", "7d", "--until", "today"]);
    let day = |name: &str| ago[name].as_str().expect("a day").parse::<jiff::civil::Date>().expect("a day");
    assert_eq!(day("since").until(day("until")).expect("a span").get_days(), 7);
    for wrong in ["soon", "2026-02-30", "2026-13", "05/01/2026"] {
        let ended = home.run(&["search", "glaciers", "--since", wrong]);
        assert_eq!(ended.code, 2);
        let forms = "expected a day: 2026-06-09, 2026-06 (a month), 2026 (a year), today, yesterday, or how long ago: 7d, 2w, 3m or 1y";
        assert!(ended.stderr.contains(forms), "{wrong}: {}", ended.stderr);
    }
}

#[test]
fn a_profile_that_there_is_not_is_told_with_those_that_there_are() {
    let home = filled();
    let ended = home.run(&["recommend", "--profile", "nope"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("there is no profile nope yet; begin one with `relata like"), "{}", ended.stderr);
    home.json(&["like", "2601.00001", "--json"]);
    home.json(&["like", "2601.00002", "--profile", "vision", "--json"]);
    home.json(&["like", "2601.00003", "--profile", "Robots", "--json"]);
    for arguments in [
        &["recommend", "--profile", "robot"][..],
        &["recommend", "2601.00004", "--profile", "robot"],
        &["today", "--profile", "robot"],
        &["profile", "export", "robot"],
        &["profile", "export", "--profile", "robot"],
        &["profile", "remove", "robot"],
    ] {
        let ended = home.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        let expected = "error: there is no profile robot; there are: Robots, vision, default\n";
        assert_eq!(ended.stderr, expected, "{arguments:?}");
    }
    assert_eq!(home.json(&["profile", "export", "vision"])["like"], json!(["2601.00002"]));
}

#[test]
fn a_text_that_the_model_does_not_read_is_left_out_or_refused() {
    let home = Home::real();
    assert_eq!(home.run(&["model", "fetch"]).code, 0);
    let chinese = "物理信息神经网络的训练误差分析";
    let ended = home.run(&["recommend", "--like-text", chinese, "--json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    for part in ["all-MiniLM-L6-v2 does not read the language of the text", "multilingual-e5-small reads it"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("reembed"), "the sample is embedded at once: {}", ended.stderr);
    let alone = home.json(&["recommend", "2602.10611", "--json"]);
    let ended = home.run(&["recommend", "2602.10611", "--like-text", chinese, "--json"]);
    assert_eq!((ended.code, &ended.json()["results"]), (0, &alone["results"]));
    assert_eq!(ended.json()["query"]["unread_text"], json!([chinese]));
    assert!(ended.stderr.contains(&format!("left out: {chinese}\n")), "{}", ended.stderr);
}

#[test]
fn one_topic_is_shown_with_its_papers() {
    let home = filled();
    let all = home.json(&["topics", "--json"]);
    let topic = &all["levels"][0]["topics"][0];
    let number = topic["id"].as_str().expect("a number");
    let shown = home.json(&["topics", number, "--json", "-k", "100"]);
    assert_eq!((&shown["topic"]["id"], &shown["topic"]["name"]), (&topic["id"], &topic["name"]));
    let central: Vec<&str> =
        topic["central"].as_array().expect("a list").iter().map(|id| id.as_str().expect("an id")).collect();
    assert_eq!(ids(&shown)[..central.len()], central);
    let mut sorted = ids(&shown);
    sorted.sort_unstable();
    assert_eq!(json!(sorted), topic["papers"]);

    let ended = home.run(&["topics", number, "-k", "2"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ended.stdout);
    assert!(lines[1].trim_start().starts_with(&format!("1  {}  2026-01-05  ", central[0])), "{}", lines[1]);
    assert!(ended.stderr.contains(&format!("2 of {} papers; all of them: -k {}", topic["size"], topic["size"])));
    let ended = home.run(&["topics", "99"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("there is no topic 99; there are 1 to "), "{}", ended.stderr);
}
