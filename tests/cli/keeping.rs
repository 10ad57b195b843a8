//! `relata info`, `remove`, `check`, and libraries that are not what they should be.

use crate::support::{Home, digest, invented};

fn filled() -> Home {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0), invented(1), invented(2)]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

#[test]
fn info_counts_the_library_and_shows_a_paper() {
    let home = filled();
    let info = home.json(&["info", "--json"]);
    assert_eq!((&info["papers"], &info["embedded"]), (&3.into(), &3.into()));
    assert_eq!((&info["first_date"], &info["last_date"]), (&"2026-01-05".into(), &"2026-01-05".into()));
    let paper = home.json(&["info", "2601.00002", "--json"]);
    assert_eq!(paper["title"], "graph cuts for tokenisers, part 1");
    assert_eq!(paper["authors"][1], "Björn Muster");
    assert_eq!(paper["summaries"]["en"]["motivation"], "Curiosity.");
    assert_eq!(paper["listings"][0]["file"], "2026-01-05.md");
    assert!(paper["vectors"][0]["tokens"].as_u64() > Some(2));
    let shown = home.run(&["info", "2601.00002"]);
    assert!(shown.stdout.contains("listed in   2026-01-05.md (2026-01-05)"), "{}", shown.stdout);
}

#[test]
fn an_empty_library_says_what_to_do() {
    let home = Home::tiny();
    let ended = home.run(&["info"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("relata add PATH"), "{}", ended.stdout);
    assert!(!home.path("library.db").exists());
}

#[test]
fn removed_papers_are_gone_and_the_library_is_sound() {
    let home = filled();
    let ended = home.run(&["remove", "2601.00002", "2601.09999", "--json"]);
    let report = ended.json();
    assert_eq!(
        (ended.code, &report["removed"][0], &report["unknown"][0]),
        (2, &"2601.00002".into(), &"2601.09999".into())
    );
    assert_eq!(home.run(&["info", "2601.00002"]).code, 1);
    assert_eq!(home.json(&["check", "--json"])["problems"].as_array().map(Vec::len), Some(0));
    let left = home.json(&["recommend", "--like", "2601.00001", "--json"]);
    assert_eq!(left["results"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_file_that_is_no_library_is_refused_and_left_alone() {
    let home = Home::tiny();
    home.write("library.db", "not a database, but somebody's notes, long enough to be one".repeat(200));
    let before = std::fs::read(home.path("library.db")).expect("the file");
    for arguments in [&["info"][..], &["add", "-"], &["recommend", "--like", "2601.00001"]] {
        let ended = home.run(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("library.db"), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read(home.path("library.db")).expect("the file"), before);
}

#[test]
fn asking_for_a_device_that_is_not_built_in_is_a_clear_error() {
    let home = filled();
    let ended = home.run(&["recommend", "--like-text", "glaciers", "--device", "cuda:1"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("cuda"), "{}", ended.stderr);
}

#[test]
fn check_names_what_is_damaged_and_repair_mends_it() {
    let home = filled();
    home.json(&["recommend", "--like", "2601.00001", "--json"]);
    let file = rusqlite::Connection::open(home.path("library.db")).expect("the library");
    let damage = "UPDATE stored_embeddings SET vector = zeroblob(length(vector)) WHERE paper = 1; \
                  UPDATE stored_papers SET authors = CAST(x'5b22ff225d' AS TEXT) WHERE row = 2";
    file.execute_batch(damage).expect("damaged");
    drop(file);
    let found = home.run(&["check", "--json"]);
    let report = found.json();
    assert_eq!((found.code, report["damaged"].as_array().map(Vec::len)), (2, Some(2)), "{report}");
    let mended = home.run(&["check", "--repair", "--no-embed", "--json"]);
    let report = mended.json();
    assert_eq!((mended.code, &report["dropped"], &report["embedded"]), (2, &1.into(), &0.into()), "{report}");
    assert_eq!(report["damaged"].as_array().map(Vec::len), Some(1), "{report}");
    assert!(mended.stderr.contains("relata remove "), "{}", mended.stderr);
    assert_eq!(home.run(&["check", "--no-embed"]).code, 2, "nothing to repair");
    // As after a kill between deleting the vector and embedding its paper.
    let again = home.run(&["check", "--repair", "--json"]).json();
    assert_eq!((&again["dropped"], &again["embedded"]), (&0.into(), &1.into()), "{again}");
    assert_eq!(home.json(&["info", "--json"])["embedded"], 3);
}

#[test]
fn repair_embeds_nothing_in_a_library_that_was_never_embedded() {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&[invented(0), invented(1)]));
    home.json(&["add", "--no-embed", "--json", "2026-01-05.md"]);
    let mended = home.json(&["check", "--repair", "--json"]);
    assert_eq!((&mended["papers"], &mended["embedded"]), (&2.into(), &0.into()), "{mended}");
    assert_eq!(home.json(&["info", "--json"])["embedded"], 0);
}

#[test]
fn a_file_of_no_bytes_is_an_empty_library() {
    let home = Home::tiny();
    home.write("library.db", "");
    for command in ["info", "check", "recommend"] {
        let ended = home.run(&[command]);
        assert!(ended.code <= 1 || command == "recommend", "{command}: {}", ended.stderr);
        assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("damaged"), "{command}: {}", ended.stderr);
    }
    assert!(home.run(&["check"]).stderr.contains("The library is empty"));
    home.write("2026-01-05.md", digest(&[invented(0)]));
    assert_eq!(home.json(&["add", "--json", "2026-01-05.md"])["added"], 1);
}

#[test]
fn what_is_left_of_a_cut_library_is_written_beside_it() {
    let home = Home::tiny();
    let papers: Vec<_> = (0..1500).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--json", "--no-embed", "2026-01-05.md"]);
    let whole = std::fs::read(home.path("library.db")).expect("the library");
    home.write("library.db", &whole[..whole.len() / 2]);
    let ended = home.run(&["check"]);
    assert!(ended.code == 2 && ended.stderr.contains("relata check --repair"), "{}", ended.stderr);
    let ended = home.run(&["check", "--repair", "--json"]);
    let report = ended.json();
    assert_eq!(ended.code, 2, "{report}");
    let back = report["recovered"]["papers"].as_u64().expect("papers");
    assert!((1..1500).contains(&back), "{report}");
    let file = report["recovered"]["library"].as_str().expect("a file");
    let checked = home.json(&["check", "--library", file, "--json"]);
    assert_eq!((&checked["papers"], checked["problems"].as_array().map(Vec::len)), (&back.into(), Some(0)));
    assert_eq!(std::fs::read(home.path("library.db")).expect("the library"), whole[..whole.len() / 2]);
}
