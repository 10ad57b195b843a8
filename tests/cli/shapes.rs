//! How answers look: language, links, and the forms for other programs.

use serde_json::json;

use crate::support::{Ended, Home, digest, invented};

fn home() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..30).map(invented).collect::<Vec<_>>()));
    let line = |id: &str, tldr: &str| {
        let paper = json!({
            "id": id, "title": format!("Enzymes and glaciers {id}"), "authors": ["Zoe Far", "Ada Near"], "categories": ["q-bio.BM"],
            "summary": format!("This abstract number {id} says that enzymes melt glaciers. Nothing else is known."),
            "AI": { "tldr": tldr },
        });
        format!("{paper}\n")
    };
    let both = line("2602.00001", "冰川因酶而融化，本文给出证据。");
    home.write("2026-02-20_AI_enhanced_Chinese.jsonl", both + &line("2602.00002", "酶与冰川的关系在此得到说明。"));
    home.write("2026-02-20_AI_enhanced_English.jsonl", line("2602.00001", "Enzymes melt glaciers, as is shown here."));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home.json(&["add", "--json", "2026-02-20_AI_enhanced_Chinese.jsonl", "2026-02-20_AI_enhanced_English.jsonl"]);
    home
}

const ENGLISH: &str = "Enzymes melt glaciers, as is shown here.";
const CHINESE: &str = "冰川因酶而融化，本文给出证据。";

/// What a command prints with these variables and no other locale.
fn with(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = home.command(arguments);
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "FORCE_HYPERLINK"] {
        command.env_remove(name);
    }
    let ended = Ended::from(command.envs(variables.iter().copied()).output().expect("the program starts"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended.stdout
}

#[test]
fn a_line_says_what_a_paper_is_about_in_the_readers_language() {
    let home = home();
    for question in [vec!["search", "2602.00001"], vec!["recommend", "2602.00002", "-k", "1"]] {
        let third = |more: &[&str], variables: &[(&str, &str)]| {
            let lines = with(&home, &[&question[..], more].concat(), variables);
            lines.lines().nth(2).expect("a third line").trim().to_owned()
        };
        assert_eq!(third(&[], &[]), ENGLISH);
        assert_eq!(third(&[], &[("LANG", "zh_CN.UTF-8")]), CHINESE);
        assert_eq!(third(&[], &[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), ENGLISH);
        assert_eq!(third(&["--language", "zh"], &[("LC_ALL", "en_GB.UTF-8")]), CHINESE);
        assert_eq!(third(&["--language", "de"], &[]), ENGLISH, "English where there is nothing in one's own");
    }
    // Neither in German nor in English: the sentence of the abstract that matters.
    let lines = with(&home, &["recommend", "2602.00001", "-k", "1", "--language", "de"], &[]);
    let third = lines.lines().nth(2).expect("a third line").trim();
    assert_eq!(third, "This abstract number 2602.00002 says that enzymes melt glaciers.");
    let value = home.json(&["recommend", "2602.00001", "-k", "1", "--language", "zh", "--json"]);
    assert_eq!(value["results"][0]["tldr"], "酶与冰川的关系在此得到说明。");
    let found = home.json(&["search", "enzymes melt glaciers", "-k", "2", "--language", "de", "--json"]);
    for row in found["results"].as_array().expect("a list") {
        assert!(row["reason"]["sentence"].as_str().expect("a sentence").contains("enzymes melt glaciers"), "{row:#}");
    }
    assert_eq!(home.run(&["search", "ice", "--language", "Klingon!"]).code, 2);
}

#[test]
fn an_answer_has_date_and_link_and_the_id_is_the_link_where_that_is_shown() {
    let home = home();
    let plain = with(&home, &["search", "2602.00001"], &[]);
    let second = plain.lines().nth(1).expect("a second line");
    assert_eq!(second, "          https://arxiv.org/abs/2602.00001 · 2026-02-20 · q-bio.BM · Zoe Far et al.");
    let linked = with(&home, &["search", "2602.00001"], &[("FORCE_HYPERLINK", "1"), ("TERM", "xterm-256color")]);
    let link = "\u{1b}]8;;https://arxiv.org/abs/2602.00001\u{1b}\\2602.00001\u{1b}]8;;\u{1b}\\";
    assert_eq!(linked.lines().next(), Some(format!("  1    -  {link}  Enzymes and glaciers 2602.00001").as_str()));
    assert_eq!(linked.lines().nth(1), Some("          2026-02-20 · q-bio.BM · Zoe Far et al."));
    let dumb = with(&home, &["search", "2602.00001"], &[("FORCE_HYPERLINK", "1"), ("TERM", "dumb")]);
    assert_eq!(dumb, plain);
}

#[test]
fn every_question_is_answered_in_every_form() {
    let home = home();
    home.json(&["like", "2602.00001", "--json"]);
    for (question, heading) in [
        (vec!["recommend", "2602.00001"], "Papers related to 2602.00001"),
        (vec!["recommend"], "Papers related to the profile default"),
        (vec!["search", "enzymes", "&", "ice"], "Papers found for enzymes &amp; ice"),
        (vec!["search", "--category", "q-bio.BM"], "Papers found for q-bio.BM"),
        (vec!["search", "--unread"], "Papers found"),
        (vec!["today", "--at-least", "0"], "New papers for default"),
    ] {
        let form = |name: &str| {
            let ended = home.run(&[&question[..], &["--format", name]].concat());
            assert_eq!(ended.code, 0, "{question:?}: {}", ended.stderr);
            ended.stdout
        };
        let value = home.json(&[&question[..], &["--json"]].concat());
        let papers = value["results"].as_array().expect("a list").len();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&form("json")).expect("JSON"), value);
        let count = |name: &str, what: &str| form(name).matches(what).count();
        assert_eq!(count("markdown", "\n### ["), papers);
        assert_eq!(form("jsonl").lines().count(), papers);
        assert_eq!(count("bibtex", "@misc{"), papers);
        assert_eq!(count("ris", "TY  - "), papers);
        assert_eq!(form("csv").lines().count(), papers + 1);
        let feed = form("atom");
        assert_eq!(feed.matches("<entry>").count(), papers);
        assert!(feed.contains(&format!("<title>{heading}</title>")), "{feed}");
        assert!(feed.contains(&format!("<id>urn:relata:{}:", question[0])), "{feed}");
        let page = form("html");
        assert_eq!(page.matches("<article>").count(), papers);
        assert!(page.contains(&format!("<title>{}</title>", heading.replace("&amp;", "&#38;"))), "{page}");
    }
    let table = home.run(&["search", "--category", "q-bio.BM", "-k", "1", "--format", "csv"]).stdout;
    assert_eq!(table.lines().next(), Some("rank,id,title,authors,date,categories,url,doi,score,why,match"));
    assert!(table.lines().nth(1).is_some_and(|line| line.ends_with(",,,,")), "nothing was compared: {table}");
}

#[test]
fn an_address_in_an_abstract_is_no_line_about_a_paper() {
    let home = Home::tiny();
    let line = |id: &str, text: &str| {
        let paper = json!({ "id": id, "title": "Enzymes", "authors": ["Zoe Far"], "categories": ["q-bio.BM"], "summary": text });
        format!("{paper}\n")
    };
    let papers = line("2602.00001", "Enzymes melt glaciers in the valley of Ilgen.")
        + &line("2602.00002", "Enzymes melt glaciers, see https://example.org/ilgen for code.");
    home.write("2026-02-20.jsonl", papers);
    home.json(&["add", "--json", "2026-02-20.jsonl"]);
    let lines = home.run(&["recommend", "2602.00001"]).stdout;
    assert!(lines.contains("2602.00002") && !lines.contains("example.org"), "{lines}");
    let other = home.run(&["recommend", "2602.00002"]).stdout;
    assert!(other.contains("\n          Enzymes melt glaciers in the valley of Ilgen.\n"), "{other}");
}
