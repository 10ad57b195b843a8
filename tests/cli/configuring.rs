//! The configuration file: where it stands among options and variables, and how it is changed.

use std::path::Path;

use serde_json::json;

use crate::support::{Ended, Home, digest, invented};

/// Runs with another library and model than those of the environment.
fn bare(home: &Home, arguments: &[&str]) -> Ended {
    let mut command = home.command(arguments);
    command.env_remove("RELATA_LIBRARY").env_remove("RELATA_MODEL").env("HOME", home.path("own"));
    Ended::from(command.output().expect("the program starts"))
}

#[test]
fn settings_are_set_shown_and_taken_out() {
    let home = Home::tiny();
    let path = home.path("config.toml");
    let place = path.display().to_string();
    assert_eq!(home.run(&["config", "path"]).stdout, format!("{place}\n"));
    assert_eq!(bare(&home, &["config", "show"]).stdout.lines().next(), Some(&*format!("{place} (not there yet)")));
    let set = home.run(&["config", "set", "today.k", "5"]);
    assert_eq!((set.code, set.stdout), (0, format!("today.k = 5  ({place})\n")), "{}", set.stderr);
    let set = home.run(&["config", "set", "library", "mine.db"]);
    let library = home.path("mine.db").display().to_string();
    assert_eq!((set.code, set.stdout), (0, format!("library = {library}  ({place})\n")));
    assert_eq!(set.stderr, "note: RELATA_LIBRARY is set, and goes before it.\n");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), format!("library = {library:?}\n[today]\nk = 5\n"));

    let row = |shown: &serde_json::Value, key: &str| {
        let rows = shown["settings"].as_array().expect("rows").iter().find(|row| row["key"] == key);
        rows.map(|row| json!([row["value"], row["from"], row["line"]])).unwrap_or_default()
    };
    let shown = bare(&home, &["config", "show", "--json"]).json();
    assert_eq!(row(&shown, "library"), json!([library, "file", 1]));
    assert_eq!((row(&shown, "today.k"), row(&shown, "model")), (json!(["5", "file", 3]), json!(null)));
    let shown = home.json(&["config", "show", "--json", "--device", "cpu", "--all"]);
    assert_eq!(row(&shown, "library"), json!([home.path("library.db"), "RELATA_LIBRARY", null]));
    assert_eq!(row(&shown, "device"), json!(["cpu", "--device", null]));
    assert_eq!(row(&shown, "profile"), json!([null, null, null]));
    assert_eq!(row(&shown, "cache"), json!([home.path("cache"), "RELATA_CACHE", null]));

    assert_eq!(home.run(&["config", "unset", "today.k"]).code, 0);
    let again = home.run(&["config", "unset", "today.k"]);
    assert_eq!((again.code, again.stderr), (1, format!("today.k is not set in {place}.\n")));
    let refused = home.run(&["config", "set", "device", "gpu"]);
    assert_eq!(refused.code, 2);
    assert_eq!(refused.stderr, "error: device does not take \"gpu\": expected auto, cpu, cuda, cuda:N or metal\n");
    let unknown = home.run(&["config", "set", "libary", "x"]);
    let expected = "error: there is no setting libary; the nearest is library; `relata config show --all` lists all\n";
    assert_eq!((unknown.code, unknown.stderr.as_str()), (2, expected));
}

#[test]
fn the_file_stands_below_options_and_variables() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..4).map(invented).collect::<Vec<_>>()));
    home.write(
        "config.toml",
        "library = 'sub/filed.db'\nprofile = 'mine'\noffline = true\n[today]\nk = 2\nat_least = 0\n",
    );
    std::fs::create_dir(home.path("sub")).expect("a folder");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert").display().to_string();
    assert_eq!(bare(&home, &["config", "set", "model", &model]).code, 0);
    let added = bare(&home, &["add", "--json", "2026-01-05.md"]);
    assert_eq!((added.code, added.json()["embedded"].clone()), (0, json!(4)), "{}", added.stderr);
    assert!(home.path("sub/filed.db").exists() && !home.path("library.db").exists());

    let liked = bare(&home, &["like", "2601.00001", "--json"]).json();
    assert_eq!(liked["profile"]["profile"], "mine");
    let answer = bare(&home, &["recommend", "--json"]).json();
    assert_eq!((&answer["query"]["profile"], answer["results"].as_array().map(Vec::len)), (&json!("mine"), Some(3)));
    // Who names papers does not mean a profile.
    assert_eq!(bare(&home, &["recommend", "2601.00002", "--json"]).json()["query"]["profile"], json!(null));
    assert_eq!(bare(&home, &["profile", "export"]).json()["like"], json!(["2601.00001"]));
    let listed = |more: &[&str]| {
        let list = bare(&home, &[&["today", "--seen", "--json"][..], more].concat()).json();
        (list["results"].as_array().map(Vec::len), list["query"]["profile"].clone())
    };
    assert_eq!(listed(&[]), (Some(2), json!("mine")));
    assert_eq!(listed(&["-k", "1"]), (Some(1), json!("mine")));
    let other = home.run(&["info", "--json"]);
    assert_eq!(other.json()["papers"], json!(0), "the variable goes before the file");
    let optioned = home.run(&["info", "--json", "--library", "sub/filed.db"]);
    assert_eq!(optioned.json()["papers"], json!(4), "an option goes before the variable");
    let other = bare(&home, &["like", "2601.00002", "--profile", "other", "--json"]).json();
    assert_eq!(other["profile"]["profile"], "other");
}

#[test]
fn a_broken_file_stops_all_but_what_mends_it() {
    let home = Home::tiny();
    home.write("config.toml", "libary = 'a.db'\n\n[today]\nk = 'ten'\n");
    let refused = home.run(&["info"]);
    let place = home.path("config.toml").display().to_string();
    let expected = format!(
        "error: the configuration file {place} has 2 faults:\n  \
         line 1: there is no setting libary; the nearest is library\n  \
         line 4: today.k: expected a whole number, at least 1\n\
         mend these lines, remove one with `relata config unset KEY`, or name another file in RELATA_CONFIG\n"
    );
    assert_eq!((refused.code, refused.stdout.as_str(), refused.stderr), (2, "", expected.clone()));
    assert_eq!(home.run(&["config", "show"]).stderr, expected);
    for fine in [&["config", "path"][..], &["--help"], &["completions", "bash"], &["config", "unset", "libary"]] {
        assert_eq!(home.run(fine).code, 0, "{fine:?}");
    }
    assert_eq!(home.run(&["config", "set", "today.k", "10"]).code, 0);
    assert_eq!(home.run(&["info", "--json"]).json()["papers"], 0);

    home.write("config.toml", "model = 'a'\ndevice = cpu\n");
    let refused = home.run(&["config", "set", "model", "b"]);
    assert!(refused.code == 2 && refused.stderr.contains("\n  line 2: "), "{}", refused.stderr);
    home.write("config.toml", b"model = 'a'\ndevice = '\xff'\n");
    let refused = home.run(&["info"]);
    assert!(refused.code == 2 && refused.stderr.contains("\n  line 2: this is not UTF-8"), "{}", refused.stderr);
    // Another file, and none at all.
    let with = |value: &str| {
        let mut command = home.command(&["model", "list"]);
        command.env("RELATA_CONFIG", value).env("HOME", home.path("own")).env("XDG_CONFIG_HOME", home.path("xdg"));
        Ended::from(command.output().expect("the program starts")).code
    };
    assert_eq!((with("other.toml"), with("")), (0, 0));
    home.write("xdg/relata/config.toml", "x = 1\n");
    if cfg!(target_os = "linux") {
        assert_eq!(with(""), 2, "an empty variable is not set, and the platform's place counts");
    }
}
