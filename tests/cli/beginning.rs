//! The first minutes: no library yet, the sample instead, help and completions.

use serde_json::json;

use crate::support::{Ended, Home, digest, invented};

#[test]
fn the_samples_papers_are_liked_shown_and_searched_until_there_is_a_library() {
    let home = Home::tiny();
    let liked = home.run(&["like", "2602.10611", "2602.10637", "--json"]);
    assert_eq!(liked.code, 0, "{}", liked.stderr);
    assert_eq!(liked.json()["profile"]["like"], json!(["2602.10611", "2602.10637"]));
    assert_eq!(home.run(&["unlike", "2602.10158"]).stdout, "changed 1; default: 2 liked, 1 disliked\n");
    let listed = home.run(&["profile", "list"]);
    assert_eq!((listed.code, listed.stdout.as_str()), (0, "default: 2 liked, 1 disliked\n"));
    let answered = home.json(&["recommend", "--json"]);
    assert_eq!(answered["query"]["like"], json!(["2602.10611", "2602.10637"]));
    assert_eq!(answered["results"].as_array().map(Vec::len), Some(4));
    assert_eq!(home.json(&["info", "2602.10611", "--json"])["id"], "2602.10611");
    assert_eq!(home.run(&["search", "neural", "quantum"]).code, 0);
    let unknown = home.run(&["like", "2602.10612"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("2602.10611  On the Role of Consistency"), "{}", unknown.stderr);
    home.write("mine.bib", "@misc{a, title = {Coarse-Grained Boltzmann Generators}}\n");
    assert_eq!(home.json(&["profile", "import", "mine.bib", "--profile", "bib", "--json"])["matched"], 1);
    assert_eq!(home.json(&["profile", "export", "bib"])["like"], json!(["2602.10637"]));

    // The library still holds no paper; once it does, the profile is there and the sample is not.
    let info = home.run(&["info", "--json"]);
    assert_eq!((info.code, &info.json()["papers"]), (1, &json!(0)));
    home.write("2026-01-05.md", digest(&(0..5).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    assert_eq!(home.run(&["like", "2602.10209"]).code, 1);
    let gone = home.run(&["recommend"]);
    assert_eq!(gone.code, 2);
    assert!(gone.stderr.contains("none of the 2 papers that the profile default likes"), "{}", gone.stderr);
}

#[test]
fn an_empty_library_says_what_to_do_next() {
    let home = Home::tiny();
    let ended = home.run(&["info"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("relata add PATH..."), "{}", ended.stdout);
    assert!(ended.stdout.contains("relata recommend 2602.10611"), "{}", ended.stdout);
    assert_eq!(home.run(&["recommend", "2602.10611"]).code, 0);
}

#[test]
fn help_is_a_command_too() {
    let home = Home::tiny();
    for (command, option) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "recommend"], &["recommend", "--help"]),
        (&["help", "topics", "rename"], &["topics", "rename", "--help"]),
    ] {
        let (command, option) = (home.run(command), home.run(option));
        assert_eq!((command.code, &command.stdout), (0, &option.stdout));
    }
    assert_eq!(home.run(&["help", "frobnicate"]).code, 2);
}

#[test]
fn options_of_models_are_left_out_of_help_where_they_do_not_count() {
    let home = Home::tiny();
    let short = home.run(&["recommend", "-h"]).stdout;
    assert!(short.contains("Model and device:") && !short.contains("--engine"), "{short}");
    let like = home.run(&["like", "--help"]).stdout;
    assert!(!like.contains("--model") && !like.contains("--device") && like.contains("--library"), "{like}");
    // They are taken all the same, before and behind the command.
    assert_eq!(home.run(&["--device", "cpu", "like", "2602.10611", "--precision", "f32"]).code, 0);
}

#[test]
fn manual_pages_name_all_commands_and_their_options() {
    let home = Home::tiny();
    let ended = home.run(&["man"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    for word in [".TH relata 1", "relata\\-recommend(1)", "RELATA_LIBRARY", "Exit codes"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let folder = home.path("man/man1").display().to_string();
    let ended = home.run(&["man", "--to", &folder]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
    for (name, word) in [("relata.1", "today"), ("relata-recommend.1", "diversity"), ("relata-topics-rename.1", "NAME")]
    {
        let page = std::fs::read_to_string(home.path("man/man1").join(name)).expect(name);
        assert!(page.contains(word), "{name}: {page}");
    }
}

#[test]
fn completions_are_scripts_with_all_commands_and_options() {
    let home = Home::tiny();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = home.run(&["completions", shell]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        for word in ["relata", "recommend", "like-text", "rename", "category"] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
    let script = home.write("relata.bash", home.run(&["completions", "bash"]).stdout);
    let checked = std::process::Command::new("bash").arg("-n").arg(script).status();
    assert!(checked.is_ok_and(|status| status.success()));
    let refused = home.run(&["completions", "cmd"]);
    assert!(refused.code == 2 && refused.stderr.contains("bash"), "{}", refused.stderr);
}

#[test]
fn an_empty_variable_is_not_set() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0)]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    for variable in ["RELATA_LIBRARY", "RELATA_MODEL", "RELATA_OFFLINE", "RELATA_CACHE", "RELATA_CPU", "NO_COLOR"] {
        let mut command = home.command(&["info", "--json", "--library", "library.db"]);
        let ended = Ended::from(command.env(variable, "").output().expect("the program starts"));
        assert_eq!((ended.code, &ended.json()["papers"]), (0, &json!(1)), "{variable}: {}", ended.stderr);
        // This command shows some options as its own.
        let listed =
            Ended::from(home.command(&["model", "list"]).env(variable, "").output().expect("the program starts"));
        assert_eq!(listed.code, 0, "{variable}: {}", listed.stderr);
    }
    // Where the option is not given either, the platform's place is meant.
    let mut command = home.command(&["add", "--json", "--no-embed", "2026-01-05.md"]);
    let (own, data) = (home.path("own"), home.path("data"));
    command.env("RELATA_LIBRARY", "").env("HOME", &own).env("XDG_DATA_HOME", &data).env("APPDATA", &data);
    let ended = Ended::from(command.output().expect("the program starts"));
    assert_eq!((ended.code, &ended.json()["added"]), (0, &json!(1)), "{}", ended.stderr);
}

#[test]
fn a_home_that_no_shell_has_put_in_is_put_in() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0)]));
    for (own, written) in [("one", "~"), ("two", "$HOME")] {
        home.write(&format!("{own}/notes"), "");
        let library = format!("--library={written}/mine.db");
        let mut command = home.command(&["add", "--json", "--no-embed", &library, "2026-01-05.md"]);
        let ended = Ended::from(command.env("HOME", home.path(own)).output().expect("the program starts"));
        assert_eq!((ended.code, &ended.json()["added"]), (0, &json!(1)), "{}", ended.stderr);
        assert!(home.path(own).join("mine.db").exists());
    }
}
