//! What a library remembers of how it was embedded, so that nobody has to say it again.

use serde_json::json;

use crate::support::{Ended, Home, digest, invented};

/// Papers in a home whose model is named on the command line and not by the environment.
fn home() -> (Home, String) {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..3).map(invented).collect::<Vec<_>>()));
    home.write("2026-01-06.md", digest(&[invented(3)]));
    (home, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-bert").to_owned())
}

/// Runs with no model in the environment.
fn run(home: &Home, arguments: &[&str]) -> Ended {
    let mut command = home.command(arguments);
    Ended::from(command.env_remove("RELATA_MODEL").output().expect("the program starts"))
}

#[test]
fn a_library_is_asked_with_what_it_was_embedded_with() {
    let (home, model) = home();
    let how = ["--model", &model, "--precision", "int8", "--long", "window"];
    let added = run(&home, &[&["add", "--json", "2026-01-05.md"][..], &how].concat());
    assert_eq!((added.code, &added.json()["embedded"]), (0, &json!(3)), "{}", added.stderr);
    for arguments in [
        &["recommend", "--like", "2601.00001", "--json"][..],
        &["search", "glaciers", "--json"],
        &["add", "2026-01-06.md", "--json"],
        &["topics", "--json"],
        &["reembed", "--json"],
    ] {
        let ended = run(&home, arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
    }
    let info = run(&home, &["info", "--json"]).json();
    assert_eq!(
        (&info["model"], &info["precision"], &info["long"]),
        (&json!(model), &json!("int8"), &json!("window")),
        "{info:#}"
    );
    assert_eq!((info["vectors"].as_array().map(Vec::len), &info["embedded"]), (Some(1), &json!(4)));
    let text = run(&home, &["info"]).stdout;
    assert!(text.contains(&format!("model       {model}\n")) && text.contains("precision   int8\n"), "{text}");
}

#[test]
fn an_explicitly_different_wish_says_what_there_is_and_how_to_have_it() {
    let (home, model) = home();
    run(&home, &["add", "--json", "2026-01-05.md", "--model", &model, "--precision", "int8"]);
    let refused = run(&home, &["recommend", "--like", "2601.00001", "--precision", "f32"]);
    assert_eq!(refused.code, 2);
    for part in [
        "tiny-bert in int8 (3 papers), none of tiny-bert in f32",
        "leave --precision out",
        "`relata --precision f32 reembed`",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    // What the message says works, and is what the library remembers from then on.
    assert_eq!(run(&home, &["--precision", "f32", "reembed"]).code, 0);
    let info = run(&home, &["info", "--json"]).json();
    assert_eq!((&info["precision"], info["vectors"].as_array().map(Vec::len)), (&json!("f32"), Some(2)));
    assert_eq!(run(&home, &["add", "2026-01-06.md"]).code, 0);
    let sets = run(&home, &["info", "--json"]).json()["vectors"].clone();
    assert_eq!((&sets[0]["papers"], &sets[1]["papers"]), (&json!(3), &json!(4)));
    // The other set is still there for whoever names it.
    assert_eq!(run(&home, &["recommend", "--like", "2601.00001", "--precision", "int8"]).code, 0);
    assert_eq!(run(&home, &["info", "--json"]).json()["precision"], "f32", "a question changes nothing");
}

#[test]
fn what_a_card_embedded_in_f16_is_asked_in_f32_without_one() {
    let (home, model) = home();
    run(&home, &["add", "--json", "2026-01-05.md", "--model", &model]);
    note(&home, "UPDATE settings SET value = 'f16' WHERE name = 'embedding.precision'");
    for arguments in [&["search", "glaciers"][..], &["add", "2026-01-06.md"]] {
        let ended = run(&home, arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
    }
    let info = run(&home, &["info", "--json"]).json();
    assert_eq!((&info["precision"], &info["embedded"]), (&json!("f16"), &json!(4)));
}

#[test]
fn a_model_that_has_moved_is_told_and_noted_anew() {
    let (home, model) = home();
    for name in ["old", "new"] {
        for file in ["", "1_Pooling", "2_Normalize"] {
            for found in std::fs::read_dir(std::path::Path::new(&model).join(file)).expect("the model") {
                let path = found.expect("a file").path();
                if path.is_file() {
                    let name = format!("{name}/{file}/{}", path.file_name().expect("a name").display());
                    home.write(&name, std::fs::read(&path).expect("a file"));
                }
            }
        }
    }
    assert_eq!(run(&home, &["add", "2026-01-05.md", "--model", "./old"]).code, 0);
    std::fs::remove_dir_all(home.path("old")).expect("removed");
    let lost = run(&home, &["search", "glaciers"]);
    assert_eq!(lost.code, 2);
    assert!(lost.stderr.contains("`relata --model DIR reembed` notes where it is"), "{}", lost.stderr);
    let noted = run(&home, &["--model", "./new", "reembed", "--json"]);
    assert_eq!((noted.code, &noted.json()["embedded"]), (0, &json!(0)), "{}", noted.stderr);
    assert_eq!(run(&home, &["search", "glaciers"]).code, 0);
}

#[test]
fn vectors_of_another_version_are_told_without_options() {
    let (home, model) = home();
    run(&home, &["add", "2026-01-05.md", "--model", &model, "--precision", "int8"]);
    note(&home, "UPDATE fingerprints SET digest = 'of an earlier version'");
    let refused = run(&home, &["search", "glaciers"]);
    assert_eq!(refused.code, 2);
    for part in ["have changed since", "with `relata reembed`"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(run(&home, &["reembed"]).code, 0);
    assert_eq!(run(&home, &["search", "glaciers"]).code, 0);
}

#[test]
fn a_library_that_remembers_nothing_is_asked_by_its_only_set_of_vectors() {
    let (home, model) = home();
    run(&home, &["add", "--json", "2026-01-05.md", "--model", &model, "--precision", "int8"]);
    note(&home, "DELETE FROM settings");
    // The environment names the folder, which no description does.
    assert_eq!(home.run(&["search", "glaciers"]).code, 0);
    let info = home.json(&["info", "--json"]);
    assert_eq!((&info["model"], &info["precision"]), (&json!(null), &json!("int8")));
    let refused = run(&home, &["search", "glaciers"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("name what they were made with by --model"), "{}", refused.stderr);
}

/// Changes the library behind the program's back.
fn note(home: &Home, sql: &str) {
    let library = rusqlite::Connection::open(home.path("library.db")).expect("the library");
    library.execute_batch(sql).expect("a change");
}

#[test]
fn a_model_folder_that_has_changed_is_told_by_both_fingerprints() {
    let (home, tiny) = home();
    for file in ["config.json", "model.safetensors", "modules.json", "sentence_bert_config.json", "tokenizer.json"] {
        home.write(&format!("mine/{file}"), std::fs::read(format!("{tiny}/{file}")).expect("a file of the model"));
    }
    let pooling = std::fs::read_to_string(format!("{tiny}/1_Pooling/config.json")).expect("the pooling");
    home.write("mine/1_Pooling/config.json", &pooling);
    let model = home.path("mine").display().to_string();
    let added = run(&home, &["add", "--json", "2026-01-05.md", "--model", &model]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let stored = |home: &Home| {
        let file = rusqlite::Connection::open(home.path("library.db")).expect("the library");
        let query =
            "SELECT group_concat(substr(digest, 1, 12), ' ') FROM (SELECT digest FROM fingerprints ORDER BY number)";
        file.query_row(query, [], |row| row.get::<_, String>(0)).expect("fingerprints")
    };
    let before = stored(&home);
    let weights = home.path("mine/model.safetensors");
    let mut bytes = std::fs::read(&weights).expect("weights");
    *bytes.last_mut().expect("a byte") ^= 1;
    std::fs::write(&weights, bytes).expect("written");
    let refused = run(&home, &["recommend", "--like", "2601.00001"]);
    assert_eq!(refused.code, 2, "{}", refused.stdout);
    assert_eq!(run(&home, &["reembed"]).code, 0);
    let both = stored(&home);
    let (first, second) = both.split_once(' ').expect("two fingerprints");
    assert!(first == before && second != before, "{both}");
    let told = format!(
        "mine in f32 with the fingerprint {first} (3 papers), none of mine in f32 with the fingerprint {second}"
    );
    assert!(refused.stderr.contains(&told), "{told}: {}", refused.stderr);
}
