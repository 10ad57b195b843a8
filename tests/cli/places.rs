//! Papers by their place in the last answer.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Ended, Home, digest, invented};

fn home() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..30).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

fn ids(value: &Value) -> Vec<String> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

fn shown(home: &Home, place: &str) -> String {
    home.json(&["show", place, "--json"])["id"].as_str().expect("an id").to_owned()
}

#[test]
fn every_list_of_papers_can_be_answered_by_number() {
    let home = home();
    let answer = ids(&home.json(&["recommend", "2601.00001", "--json"]));
    assert_eq!(shown(&home, "3"), answer[2]);
    assert_eq!(home.json(&["info", "10", "--json"])["id"], json!(answer[9]));
    let liked = home.json(&["like", "3", "1", "--json"]);
    let mut expected = [answer[2].clone(), answer[0].clone()];
    expected.sort_unstable();
    assert_eq!((&liked["changed"], &liked["profile"]["like"]), (&json!(2), &json!(expected)));
    assert_eq!(home.json(&["unlike", "2", "--json"])["profile"]["unlike"], json!([answer[1]]));
    assert_eq!(home.json(&["recommend", "3", "--unlike", "4", "--json"])["query"]["like"], json!([answer[2]]));

    for question in [
        vec!["search", "glaciers"],
        vec!["search", "2601.00007"],
        vec!["search", "--category", "cs.LG"],
        vec!["today", "--at-least", "0"],
        vec!["topics", "1"],
    ] {
        let answer = ids(&home.json(&[&question[..], &["--json"]].concat()));
        assert_eq!(shown(&home, &answer.len().to_string()), answer[answer.len() - 1], "{question:?}");
    }
    // An answer without papers takes nothing from the last one.
    let last = shown(&home, "1");
    assert_eq!(home.run(&["recommend", "2601.00001", "--author", "nobody"]).code, 1);
    assert_eq!(shown(&home, "1"), last);
}

#[test]
fn a_number_without_a_paper_is_an_error_that_says_so() {
    let home = home();
    let refused = |arguments: &[&str]| -> String {
        let Ended { code, stdout, stderr } = home.run(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        stderr
    };
    for command in ["like", "unlike", "show", "open", "info", "recommend"] {
        let said = refused(&[command, "3"]);
        assert!(said.contains("3 means a paper of the last answer, and there is no answer yet"), "{said}");
    }
    home.json(&["recommend", "2601.00001", "-k", "2", "--json"]);
    for number in ["3", "0"] {
        let said = refused(&["like", number]);
        assert!(said.contains(&format!("no paper {number} in the last answer, which lists 2")), "{said}");
    }
    assert!(refused(&["remove", "1"]).contains("\"1\" is no arXiv id"), "nothing is removed by number");
}

#[test]
fn what_the_sample_answered_is_noted_too() {
    let home = Home::tiny();
    let answer = ids(&home.json(&["recommend", "2602.10611", "--json"]));
    assert_eq!(home.json(&["like", "2", "--json"])["profile"]["like"], json!([answer[1]]));
    assert_eq!(home.run(&["info", "--json"]).json()["papers"], 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_link_is_printed_and_opened_where_there_is_a_display() {
    use std::os::unix::fs::PermissionsExt;

    let home = home();
    home.json(&["recommend", "2601.00001", "--json"]);
    let url = format!("https://arxiv.org/abs/{}", shown(&home, "2"));
    let script = home
        .write("bin/xdg-open", "#!/bin/sh\necho \"$1\" > \"$0.opened.part\"\nmv \"$0.opened.part\" \"$0.opened\"\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let path = format!("{}:{}", home.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let open = |change: &dyn Fn(&mut Command)| {
        let mut command = home.command(&["open", "2"]);
        command.env("PATH", &path).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WSL_DISTRO_NAME");
        change(&mut command);
        let ended = Ended::from(command.output().expect("the program starts"));
        assert_eq!((ended.code, ended.stdout, ended.stderr.as_str()), (0, format!("{url}\n"), ""));
    };
    let opened = home.path("bin/xdg-open.opened");
    open(&|_| ());
    assert!(!opened.exists());
    open(&|command| {
        command.env("DISPLAY", ":0");
    });
    // The browser is not waited for.
    let waited = (0..3000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        opened.exists()
    });
    assert!(waited);
    assert_eq!(std::fs::read_to_string(opened).expect("read"), format!("{url}\n"));
}

#[test]
fn an_answer_that_cannot_be_noted_is_an_answer_all_the_same() {
    let home = home();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON settings BEGIN SELECT RAISE(ABORT, 'no room'); END";
    let library = rusqlite::Connection::open(home.path("library.db")).expect("the library");
    library.execute_batch(refuse).expect("a trigger");
    drop(library);
    let ended = home.run(&["recommend", "2601.00001", "--json"]);
    assert_eq!((ended.code, ids(&ended.json()).len()), (0, 10));
    assert!(ended.stderr.contains("`relata like 1` means an earlier answer than this: "), "{}", ended.stderr);
}
