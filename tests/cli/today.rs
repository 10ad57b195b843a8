//! Daily lists: what is new for a profile, each paper once, in every form.

use serde_json::{Value, json};

use crate::support::{Home, Invented, digest, invented};

fn ids(value: &Value) -> Vec<&str> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

/// Sixty papers of January, of which one is liked, and a digest of a day in February.
fn home() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..60).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home.json(&["like", "2601.00001", "--json"]);
    let new = |number: usize, title: &str, text: &str| Invented {
        id: format!("2602.{number:05}"),
        title: title.to_owned(),
        text: text.to_owned(),
        ..invented(0)
    };
    let ice = "Graph cuts for glaciers are described once more, with ice that nobody has measured before.";
    let twice = "Graph cuts for glaciers are described once more, with ice that somebody has measured before.";
    let mut papers = vec![
        new(1, "Violins of wood", "Strings and bows make sounds that travel through halls and houses of every size."),
        new(2, "Graph cuts for glaciers again", ice),
        new(3, "Graph cuts for glaciers again", twice),
        new(
            4,
            "Auctions at night",
            "Bidders who sleep pay less than those who wake, which surprises economists everywhere.",
        ),
    ];
    papers.push(invented(7));
    home.write("2026-02-20.md", digest(&papers));
    home
}

/// A paper that repeats no other.
fn rivers() -> Invented {
    let text =
        "Rivers that freeze twice a year carry stones further than those which never do, as maps of old villages show.";
    Invented { id: "2602.00009".to_owned(), title: "Rivers of stone".to_owned(), text: text.to_owned(), ..invented(0) }
}

#[test]
fn the_new_papers_of_a_digest_are_ranked_and_the_same_day_is_listed_again() {
    let home = home();
    let today = |arguments: &[&str]| home.run(&[&["today", "2026-02-20.md", "--at-least", "0"], arguments].concat());
    let ended = today(&["-k", "2", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let value = ended.json();
    assert_eq!(ids(&value)[0], "2602.00002", "{value:#}");
    assert_eq!(value["results"][0]["also"], json!(["2602.00003"]));
    assert_eq!(value["results"][0]["reason"]["liked"], "2601.00001");
    assert_eq!((&value["known"], &value["listed_before"]), (&json!(1), &json!(0)));
    assert!(
        ended.stderr.contains("Left out: 1 known from earlier digests (--seen lists them too)."),
        "{}",
        ended.stderr
    );
    assert_eq!(today(&["-k", "2", "--json"]).json()["results"], value["results"], "the same question, the same answer");

    // The rest, then nothing, then all again.
    let rest = today(&["--new", "--json"]).json();
    assert_eq!((ids(&rest).len(), &rest["listed_before"]), (1, &json!(3)));
    assert!(!ids(&value).contains(&ids(&rest)[0]));
    let none = today(&["--new"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, "2026-02-20: 5 papers, none new for the profile default\n"));
    assert!(none.stderr.contains("1 known from earlier digests, 4 listed before"), "{}", none.stderr);
    assert_eq!(ids(&today(&["--json"]).json()).len(), 3);
    let all = today(&["--seen", "--json"]).json();
    assert_eq!((ids(&all).len(), ids(&all)[0]), (4, "2602.00002"));
    assert_eq!(all["known"], 0);
    assert_eq!(today(&["--seen", "--new"]).code, 2, "one contradicts the other");
    // Another profile has seen nothing.
    home.json(&["like", "2601.00002", "--profile", "other", "--json"]);
    assert_eq!(ids(&today(&["--profile", "other", "--new", "--json"]).json()).len(), 3);
}

#[test]
fn what_the_list_of_one_day_has_shown_is_not_in_that_of_another() {
    let home = home();
    let ice = "Graph cuts for glaciers are described once more, with ice that nobody has measured before.";
    let title = "Graph cuts for glaciers again".to_owned();
    let again = Invented { id: "2602.00002".to_owned(), title, text: ice.to_owned(), ..invented(0) };
    let other = rivers();
    home.write("undated.md", digest(&[again, other]));
    let at_all = ["--at-least", "0", "--json"];
    let monday = home.json(&[&["today", "2026-02-20.md"][..], &at_all].concat());
    home.write("2026-02-21.md", std::fs::read(home.path("undated.md")).expect("read"));
    let tuesday = home.json(&[&["today", "2026-02-21.md"][..], &at_all].concat());
    assert_eq!((ids(&tuesday), &tuesday["known"]), (vec!["2602.00009"], &json!(1)));
    // Scores follow the library, which has grown.
    assert_eq!(ids(&home.json(&[&["today", "2026-02-20.md"][..], &at_all].concat())), ids(&monday));
    // Without a path, the latest day is the same list.
    let latest = home.json(&[&["today"][..], &at_all].concat());
    assert_eq!((&latest["day"], &latest["results"]), (&tuesday["day"], &tuesday["results"]));
    // Both days at once: what Monday's list has shown is shown no more.
    let both = home.json(&[&["today", "--since", "2026-01-10"][..], &at_all].concat());
    assert_eq!((ids(&both), &both["listed_before"]), (vec!["2602.00009"], &json!(4)));
}

#[test]
fn a_folder_is_read_whole_and_its_latest_day_is_listed() {
    let home = home();
    home.write("all/2026-02-20.md", std::fs::read(home.path("2026-02-20.md")).expect("read"));
    home.write("all/2026-02-21.md", digest(&[rivers()]));
    let value = home.json(&["today", "all", "--at-least", "0", "--json"]);
    assert_eq!((ids(&value), &value["day"]["date"]), (vec!["2602.00009"], &json!("2026-02-21")));
    assert_eq!(home.json(&["info", "--json"])["papers"], 65, "the other day is in the library");
    let until = home.json(&["today", "all", "--until", "2026-02-20", "--at-least", "0", "--json"]);
    assert_eq!((ids(&until).len(), &until["day"]["date"]), (3, &json!("2026-02-20")));
    let other = ["--profile", "other", "--at-least", "0", "--json"];
    home.json(&["like", "2601.00002", "--profile", "other", "--json"]);
    let since = home.json(&[&["today", "all", "--since", "2026-01-10"][..], &other].concat());
    assert_eq!(ids(&since).len(), 4);
}

#[test]
fn a_day_is_told_in_numbers_and_only_what_matters_is_listed() {
    let home = home();
    let all = home.json(&["today", "2026-02-20.md", "--at-least", "0", "--json"]);
    let matches: Vec<f64> =
        all["results"].as_array().expect("a list").iter().map(|row| row["match"].as_f64().expect("a match")).collect();
    // Between the best and the second, wherever the curve puts them.
    let floor = ((matches[0] + matches[1]) / 2.0).to_string();
    let day = |value: &Value| ["papers", "new", "matter"].map(|key| value["day"][key].as_u64().expect("a number"));
    let some = home.json(&["today", "2026-02-20.md", "--at-least", &floor, "--json"]);
    // The best is one of two that are nearly the same.
    assert_eq!((ids(&some), day(&some)), (vec!["2602.00002"], [5, 4, 2]));
    let lines = home.run(&["today", "2026-02-20.md", "--at-least", &floor]).stdout;
    let header = format!("2026-02-20: 5 papers, 4 new, 2 with a match of {} or more", floor.parse::<f32>().unwrap());
    assert_eq!(lines.lines().next(), Some(header.as_str()));
    assert_eq!(lines.lines().filter(|line| line.contains("  2602.00002  ")).count(), 1);

    // Of nothing one line is told, and the nearest only to whoever asks.
    let none = home.run(&["today", "2026-02-20.md", "--at-least", "100"]);
    let told = "2026-02-20: 5 papers, 4 new, none with a match of 100 or more";
    assert_eq!((none.code, none.stdout), (1, format!("{told} (--nearest shows the nearest)\n")));
    let feed = home.run(&["today", "2026-02-20.md", "--at-least", "100", "--format", "csv"]);
    assert_eq!((feed.code, feed.stdout.lines().count()), (1, 1));
    assert!(feed.stderr.contains(told), "{}", feed.stderr);
    let nearest = home.run(&["today", "2026-02-20.md", "--at-least", "100", "--nearest"]);
    assert_eq!((nearest.code, nearest.stdout.lines().next()), (1, Some(told)));
    assert!(nearest.stdout.lines().nth(1).is_some_and(|line| line.contains("2602.00002")), "{}", nearest.stdout);
    let nearest = home.run(&["today", "2026-02-20.md", "--at-least", "100", "--nearest", "--json"]).json();
    assert_eq!((ids(&nearest).len(), &nearest["nearest"][0]["id"]), (0, &json!("2602.00002")));
}

#[test]
fn without_a_digest_the_library_is_asked_since_a_day_or_for_its_latest() {
    let home = home();
    home.json(&["add", "--json", "2026-02-20.md"]);
    let latest = home.json(&["today", "--json", "--seen", "--at-least", "0"]);
    let mut found = ids(&latest);
    found.sort_unstable();
    assert_eq!(found, ["2601.00008", "2602.00001", "2602.00002", "2602.00004"]);
    let since = home.json(&["today", "--since", "2026-01-05", "--seen", "-k", "100", "--at-least", "0", "--json"]);
    assert!(ids(&since).len() > 20, "{}", ids(&since).len());
    assert!(!ids(&since).contains(&"2601.00001"), "what is liked is no news");
    let filtered = home.json(&[
        "today",
        "--since",
        "2026-01-05",
        "--category",
        "astro-ph.GA",
        "--seen",
        "--at-least",
        "0",
        "--json",
    ]);
    let categories = filtered["results"].as_array().unwrap().iter().map(|row| &row["primary_category"]);
    assert!(categories.into_iter().all(|category| category == "astro-ph.GA"));
}

#[test]
fn lists_are_written_as_digests_and_read_again() {
    let home = home();
    home.json(&["add", "--json", "2026-02-20.md"]);
    let page = home.run(&["today", "2026-02-20.md", "--seen", "--at-least", "0", "--format", "markdown"]);
    home.write("picked/2026-02-20.md", &page.stdout);
    let lines = home.run(&["today", "2026-02-20.md", "--seen", "--at-least", "0", "--format", "jsonl"]);
    home.write("picked/2026-02-20.jsonl", &lines.stdout);
    for file in ["picked/2026-02-20.md", "picked/2026-02-20.jsonl"] {
        let report = home.json(&["add", "--json", "--no-embed", file]);
        assert_eq!((&report["added"], &report["skipped"]), (&json!(0), &json!([])), "{file}");
    }
    let count = |form: &str, what: &str| {
        let ended = home.run(&["today", "2026-02-20.md", "--seen", "--at-least", "0", "--format", form]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.stdout.matches(what).count()
    };
    assert_eq!(count("bibtex", "@misc{"), 4);
    assert_eq!(count("ris", "TY  - "), 4);
    assert_eq!(count("atom", "<entry>"), 4);
    assert_eq!(count("csv", "https://arxiv.org/abs/"), 4);
}

#[test]
fn every_interest_gets_its_share_as_in_recommend() {
    let home = home();
    let text = "Bidders who sleep pay less than those who wake, which surprises economists everywhere.";
    let auction = |number: usize| Invented {
        id: format!("2602.{number:05}"),
        title: format!("Auctions at night number{number}"),
        text: format!(
            "{text} Case{number} again{number} differs{number} in{number} many{number} ways{number} from{number} all{number}."
        ),
        authors: "Nobody Known".to_owned(),
        ..invented(0)
    };
    home.write("2026-02-21.md", digest(&(100..112).map(auction).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-02-21.md"]);
    home.json(&["like", "2602.00100", "--json"]);
    let value = home.json(&["today", "--since", "2026-01-01", "--seen", "-k", "6", "--at-least", "0", "--json"]);
    let rows = value["results"].as_array().expect("a list");
    let auctions = rows.iter().filter(|row| row["reason"]["liked"] == "2602.00100").count();
    // By score alone, the eleven others about auctions would be all.
    assert_eq!(auctions, 3, "{value:#}");
    let scores: Vec<f64> = rows.iter().map(|row| row["score"].as_f64().expect("a score")).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

#[test]
fn an_option_before_the_path_leaves_the_path_alone() {
    let home = home();
    let value = home.json(&["today", "--category", "cs.LG,stat.ML", "--json", "--at-least", "0", "2026-02-20.md"]);
    assert_eq!(value["query"]["paths"], json!(["2026-02-20.md"]));
    assert_eq!(value["query"]["filter"]["category"], json!(["cs.LG", "stat.ML"]));
    assert_eq!(ids(&value).len(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_need_not_be_text() {
    use std::os::unix::ffi::OsStringExt;

    let home = home();
    let name = std::ffi::OsString::from_vec(b"2026-02-20-\xff.md".to_vec());
    std::fs::rename(home.path("2026-02-20.md"), home.folder.path().join(&name)).expect("renamed");
    let output = home.command(&["today", "--json", "--at-least", "0"]).arg(&name).output().expect("the program starts");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((output.status.code(), ids(&value).len()), (Some(0), 3));
    assert_eq!(value["query"]["paths"], json!(["2026-02-20-\u{fffd}.md"]));
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_listed() {
    let home = home();
    home.write("broken.md", "# Nothing of the kind\n\nProse.\n");
    let ended = home.run(&["today", "2026-02-20.md", "broken.md", "missing.md", "--at-least", "0", "--json"]);
    assert_eq!(ended.code, 2);
    assert_eq!(ids(&ended.json()).len(), 3);
    assert!(ended.stderr.contains("broken.md") && ended.stderr.contains("missing.md"), "{}", ended.stderr);

    let nobody = home.run(&["today", "2026-02-20.md", "--profile", "nobody"]);
    assert_eq!((nobody.code, nobody.stdout.as_str()), (2, ""));
    assert!(nobody.stderr.contains("there is no profile nobody; there are: default"), "{}", nobody.stderr);
}

#[test]
fn a_list_that_cannot_be_noted_is_a_list_all_the_same() {
    let home = home();
    home.json(&["add", "--json", "2026-02-20.md"]);
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON shown_papers BEGIN SELECT RAISE(ABORT, 'no room'); END";
    let library = rusqlite::Connection::open(home.path("library.db")).expect("the library");
    library.execute_batch(refuse).expect("a trigger");
    drop(library);
    let ended = home.run(&["today", "--at-least", "0", "--json"]);
    assert_eq!((ended.code, ids(&ended.json()).len()), (0, 3));
    assert!(
        ended.stderr.contains("note: the list of another day will show these papers again")
            && ended.stderr.contains("no room")
    );
}

#[test]
fn what_a_filter_or_the_profile_leaves_out_is_not_counted_as_known() {
    let home = home();
    home.write("2026-02-20.md", digest(&[invented(0), invented(1), invented(3)]));
    let known = |arguments: &[&str]| {
        let ended = home.run(&[&["today", "2026-02-20.md", "--json"], arguments].concat());
        ended.json()["known"].as_u64().expect("a number")
    };
    // 2601.00001 is liked.
    assert_eq!(known(&[]), 2);
    assert_eq!(known(&["--until", "1999-01-01"]), 0);
}

#[test]
fn days_in_the_far_future_and_days_that_were_asked_for() {
    let home = home();
    home.json(&["add", "--json", "2026-02-20.md"]);
    // A name of such a day would tell none.
    let later = digest(&[Invented { id: "2602.09999".to_owned(), ..invented(9) }]);
    home.write("later.md", format!("# Papers of 2062-02-20\n\n{later}"));
    home.json(&["add", "--json", "later.md"]);
    assert_eq!(home.json(&["info", "--json"])["last_date"], "2062-02-20");
    let latest = home.json(&["today", "--json", "--at-least", "0", "--seen"]);
    assert_eq!(ids(&latest).len(), 4, "a wrong date does not hide the latest day: {latest:#}");
    let until = home.json(&["today", "--until", "2026-02-01", "--seen", "-k", "100", "--at-least", "0", "--json"]);
    let rows = until["results"].as_array().expect("a list");
    let all: usize = rows.iter().map(|row| 1 + row["also"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(all, 59, "the latest day until then, without what is liked");
}

#[test]
fn without_a_date_what_other_files_listed_is_known() {
    let home = home();
    home.write("new.md", std::fs::read_to_string(home.path("2026-02-20.md")).expect("read"));
    let value = home.json(&["today", "new.md", "--at-least", "0", "--json"]);
    assert_eq!((ids(&value).len(), &value["known"]), (3, &json!(1)));
}

#[test]
fn a_paper_that_nearly_repeats_an_older_one_is_no_news() {
    let home = home();
    let text = "The valley of Ilgen holds a lake that drains each spring through a cave nobody has mapped, and here we map it.";
    let named = |id: &str, title: &str| Invented {
        id: id.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        ..invented(0)
    };
    home.write("2026-01-20.md", digest(&[named("2601.09001", "A cave below the lake of Ilgen")]));
    home.json(&["add", "--json", "2026-01-20.md"]);
    let night = "Bidders who sleep pay less than those who wake, which surprises economists everywhere.";
    let other = Invented { text: night.to_owned(), ..named("2602.08003", "Auctions at night") };
    let mut page = digest(&[named("2602.08001", "The cave below the lake of Ilgen"), other]);
    page.push_str("### [3] [No id](https://arxiv.org/abs/)\n*Nobody*\n\nAbstract: None.\n");
    home.write("2026-02-21.md", page);
    let ended = home.run(&["today", "2026-02-21.md", "--at-least", "0", "--json"]);
    let value = ended.json();
    assert_eq!(ids(&value), ["2602.08003"]);
    assert_eq!(value["repeated"], json!([{ "id": "2602.08001", "older": "2601.09001" }]));
    let skipped = value["skipped"].as_array().expect("a list");
    assert_eq!((skipped.len(), ended.code), (1, 2), "{value:#}");
    assert!(ended.stderr.contains("1 nearly the same as older papers (--seen lists them too)"), "{}", ended.stderr);
    assert!(ended.stderr.contains("2602.08001 nearly repeats 2601.09001"), "{}", ended.stderr);
    let all = home.run(&["today", "2026-02-21.md", "--seen", "--at-least", "0", "--json"]).json();
    assert_eq!((ids(&all).len(), &all["repeated"]), (2, &json!([])));
}

#[test]
fn of_two_papers_that_are_nearly_the_same_the_first_is_listed_whenever_they_were_added() {
    let home = home();
    let text = "The valley of Ilgen holds a lake that drains each spring through a cave nobody has mapped, and here we map it.";
    for (day, id) in [("2026-02-23.md", "2602.08001"), ("2026-02-24.md", "2602.08002")] {
        let paper = Invented { id: id.to_owned(), title: format!("Cave {id}"), text: text.to_owned(), ..invented(0) };
        home.write(day, digest(&[paper]));
    }
    // A week at once, then day by day.
    home.json(&["add", "--json", "2026-02-23.md", "2026-02-24.md"]);
    let monday = home.json(&["today", "2026-02-23.md", "--at-least", "0", "--json"]);
    assert_eq!((ids(&monday), &monday["repeated"]), (vec!["2602.08001"], &json!([])));
    let tuesday = home.run(&["today", "2026-02-24.md", "--at-least", "0", "--json"]);
    assert_eq!(tuesday.json()["repeated"], json!([{ "id": "2602.08002", "older": "2602.08001" }]));
    assert_eq!((tuesday.code, ids(&tuesday.json()).len()), (1, 0));
}

/// A daily feed of arXiv with an entry for each number and announcement.
fn feed(entries: &[(&str, &str)]) -> String {
    let mut feed = "<feed xmlns='http://www.w3.org/2005/Atom'><title>cs.LG updates on arXiv.org</title>\n".to_owned();
    for (id, kind) in entries {
        feed += &format!(
            "<entry><id>oai:arXiv.org:{id}</id><title>Rivers of stone {id}</title><summary>arXiv:{id} Announce Type: \
             {kind} \nAbstract: {}</summary><category term='cs.LG'/><published>2026-02-20T00:00:00-05:00</published>\
             <announce_type>{kind}</announce_type></entry>\n",
            invented(id.len() + usize::from(id.as_bytes()[7])).text
        );
    }
    feed + "</feed>"
}

#[test]
fn new_versions_in_a_daily_feed_are_no_news() {
    let home = home();
    let all = [
        ("2602.00101v1", "new"),
        ("2602.00203v1", "cross"),
        ("2601.00305v2", "replace"),
        ("2512.00407v3", "replace-cross"),
    ];
    home.write("day.atom", feed(&all));
    let today =
        |file: &str, more: &[&str]| home.run(&[&["today", file, "--at-least", "0", "--json"], more].concat()).json();
    let value = today("day.atom", &[]);
    let mut news = ids(&value);
    news.sort_unstable();
    assert_eq!(news, ["2602.00101", "2602.00203"], "{value:#}");
    assert_eq!((&value["day"]["date"], &value["known"]), (&json!("2026-02-20"), &json!(2)), "{value:#}");
    // On a day on which nothing else is announced as well.
    home.write("replaced.atom", feed(&[("2601.00309v2", "replace")]));
    let value = today("replaced.atom", &[]);
    assert_eq!((ids(&value).len(), &value["known"]), (0, &json!(1)), "{value:#}");
    assert_eq!(ids(&today("replaced.atom", &["--seen"])), ["2601.00309"]);
}
