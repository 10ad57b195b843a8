//! Profiles: liking, disliking, importing, and being recommended by them.

use serde_json::{Value, json};

use crate::support::{Home, digest, invented};

fn filled() -> Home {
    let home = Home::tiny();
    let papers: Vec<_> = (0..60).map(invented).collect();
    home.write("2026-01-05.md", digest(&papers));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home
}

fn found(value: &Value) -> Vec<String> {
    let rows = value["results"].as_array().expect("a list of results");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn what_is_liked_is_remembered_and_is_the_question() {
    let home = filled();
    let ended = home.run(&["recommend"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(
        ended.stderr.contains("nothing says what you like") && ended.stderr.contains("relata like ID"),
        "{}",
        ended.stderr
    );

    let ended = home.run(&["like", "2601.00001", "https://arxiv.org/abs/2601.00002v3"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "changed 2; default: 2 liked, 0 disliked\n"));
    let value = home.json(&["unlike", "2601.00002", "2601.00040", "--json"]);
    let expected = json!({ "profile": "default", "like": ["2601.00001"], "unlike": ["2601.00002", "2601.00040"] });
    assert_eq!(value, json!({ "changed": 2, "unknown": [], "profile": expected }));

    let by_profile = home.json(&["recommend", "--json"]);
    assert_eq!(by_profile["query"]["profile"], "default");
    let named = home.json(&["recommend", "--like", "2601.00001", "--unlike", "2601.00002", "2601.00040", "--json"]);
    assert_eq!(by_profile["results"], named["results"]);
    assert_eq!(named["query"]["profile"], Value::Null);

    // What is named on the command line holds against the profile.
    let against = home.json(&["recommend", "--like", "2601.00040", "--profile", "default", "--json"]);
    assert_eq!(against["query"]["like"], json!(["2601.00040", "2601.00001"]));
    assert_eq!(against["query"]["unlike"], json!(["2601.00002"]));
    for id in ["2601.00001", "2601.00002", "2601.00040"] {
        assert!(!found(&against).contains(&id.to_owned()), "{id} is no answer");
    }

    assert_eq!(home.run(&["like", "2601.00001", "--forget"]).stdout, "changed 1; default: 0 liked, 2 disliked\n");
    assert_eq!(home.run(&["recommend"]).code, 2, "nothing is liked any more");
}

#[test]
fn profiles_stand_beside_each_other_and_outlive_their_papers() {
    let home = filled();
    assert_eq!(home.run(&["profile", "list"]).code, 1);
    home.json(&["like", "2601.00001", "2601.00008", "--profile", "ice and fire", "--json"]);
    home.json(&["like", "2601.00003", "--json"]);
    let listed = home.run(&["profile", "list"]);
    assert_eq!(listed.stdout, "default: 1 liked, 0 disliked\nice and fire: 2 liked, 0 disliked\n");
    home.json(&["remove", "2601.00008", "--json"]);
    let ended = home.run(&["recommend", "--profile", "ice and fire", "--json"]);
    assert_eq!(ended.code, 0);
    assert!(ended.stderr.contains("1 papers of the profile ice and fire are not in the library"), "{}", ended.stderr);
    assert_eq!(ended.json()["query"]["like"], json!(["2601.00001"]));
    home.json(&["add", "--json", "2026-01-05.md"]);
    let value = home.json(&["recommend", "--profile", "ice and fire", "--json"]);
    assert_eq!(value["query"]["like"], json!(["2601.00001", "2601.00008"]));

    let exported = home.run(&["profile", "export", "--profile", "ice and fire"]);
    home.write("kept.json", &exported.stdout);
    assert_eq!(home.run(&["profile", "remove", "ice and fire"]).stdout, "removed ice and fire (2 papers)\n");
    assert_eq!(home.run(&["profile", "export", "--profile", "ice and fire"]).code, 2);
    let value = home.json(&["profile", "import", "kept.json", "--profile", "ice and fire", "--json"]);
    assert_eq!((&value["matched"], &value["added"]), (&json!(2), &json!(2)));
    assert_eq!(home.run(&["profile", "export", "--profile", "ice and fire"]).stdout, exported.stdout);
}

#[test]
fn unknown_papers_are_not_liked_and_told_with_their_closest() {
    let home = filled();
    let ended = home.run(&["like", "2601.00061", "2601.00001"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, "changed 1; default: 1 liked, 0 disliked\n"));
    assert!(ended.stderr.contains("2601.00061") && ended.stderr.contains("2601.00060"), "{}", ended.stderr);
    assert_eq!(home.run(&["like", "2601.00061"]).code, 1);
    let ended = home.run(&["like", "no id"]);
    assert_eq!(ended.code, 2);
}

#[test]
fn references_are_matched_by_id_doi_and_title() {
    let home = filled();
    home.write(
        "doi.jsonl",
        json!({ "id": "2601.00500", "title": "A paper with a DOI", "doi": "10.1000/XYZ.5" }).to_string(),
    );
    home.json(&["add", "--json", "doi.jsonl"]);
    home.write(
        "mine.bib",
        "@article{a, title={Anything}, eprint={2601.00001}, archivePrefix={arXiv}}\n\
         @article{b, title={Something else}, doi={10.1000/xyz.5}}\n\
         @article{c, title={{Slow} Sampling for Glaciers, Part 7}}\n\
         @article{d, title={A paper that nobody has}}\n\
         @article{e, title={Elsewhere}, eprint={2512.99999}, archivePrefix={arXiv}}\n\
         @article{f, title={Never closed\n",
    );
    let ended = home.run(&["profile", "import", "mine.bib", "--json"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let value = ended.json();
    assert_eq!((&value["matched"], &value["added"], &value["skipped"]), (&json!(3), &json!(3), &json!(1)));
    let unmatched: Vec<(u64, &str)> = value["unmatched"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| (entry["line"].as_u64().expect("a line"), entry["reason"].as_str().expect("a reason")))
        .collect();
    assert_eq!(
        unmatched,
        [(4, "no paper of the library has this title"), (5, "its arXiv paper is not in the library")]
    );
    assert!(ended.stderr.contains("mine.bib:6"), "{}", ended.stderr);
    let profile: Value = home.json(&["profile", "export"]);
    assert_eq!(profile["like"], json!(["2601.00001", invented(7).id, "2601.00500"]));

    // Once more: nothing is new. A file of nothing we know of is an error that says what could be.
    let ended = home.run(&["profile", "import", "mine.bib"]);
    assert_eq!(
        ended.stdout,
        "matched 3, added 0, unmatched 2, skipped 1\nliked 2 unmatched as texts (0 new, 2 by title alone)\n"
    );
    home.write("letter.txt", "Dear reader,\n");
    let ended = home.run(&["profile", "import", "letter.txt"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("letter.txt is neither BibTeX"), "{}", ended.stderr);
}

#[test]
fn an_exported_profile_keeps_its_name_and_the_papers_that_are_not_here() {
    let home = filled();
    home.json(&["like", "2601.00001", "2601.00008", "--profile", "ice", "--json"]);
    let exported = home.run(&["profile", "export", "--profile", "ice"]).stdout;
    home.write("kept.json", &exported);
    assert_eq!(home.run(&["profile", "remove", "ice"]).code, 0);
    home.json(&["remove", "2601.00001", "2601.00008", "--json"]);
    let ended = home.run(&["profile", "import", "kept.json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "matched 2, added 2, unmatched 0, skipped 0\n"));
    assert!(ended.stderr.contains("2 papers of the profile ice are not in the library"), "{}", ended.stderr);
    assert_eq!(home.run(&["profile", "export", "--profile", "ice"]).stdout, exported);
    let ended = home.run(&["recommend", "--profile", "ice"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("none of the 2 papers that the profile ice likes"), "{}", ended.stderr);
    let value = home.json(&["profile", "import", "kept.json", "--profile", "fire", "--json"]);
    assert_eq!((&value["profile"], &value["added"]), (&json!("fire"), &json!(2)));
}

#[test]
fn interests_are_shown_split_and_joined() {
    let home = filled();
    // Subjects repeat every seven papers, and means with them every 35.
    home.json(&["like", "2601.00001", "2601.00008", "2601.00036", "2601.00003", "2601.00038", "--json"]);
    let shown = home.json(&["profile", "show", "--json"]);
    let groups = |value: &Value| -> Vec<Vec<String>> {
        let interests = value["interests"].as_array().expect("interests");
        let ids = |interest: &Value| {
            let papers = interest["papers"].as_array().expect("papers");
            papers.iter().map(|paper| paper["id"].as_str().expect("an id").to_owned()).collect()
        };
        interests.iter().map(ids).collect()
    };
    let all = groups(&shown);
    assert_eq!(all.concat().len(), 5, "{shown}");
    let shares: f64 = shown["interests"]
        .as_array()
        .expect("interests")
        .iter()
        .filter_map(|interest| interest["share"].as_f64())
        .sum();
    assert!((shares - 1.0).abs() < 0.001, "{shares}");

    // Joined into one whatever they are, then parted.
    let numbers: Vec<String> = (1..=all.len()).map(|number| number.to_string()).collect();
    if numbers.len() > 1 {
        let join: Vec<&str> = ["profile", "join"].into_iter().chain(numbers.iter().map(String::as_str)).collect();
        assert_eq!(home.run(&join).code, 0);
    }
    // Whatever likeness said before, an interest that somebody has made stands.
    let split = home.run(&["profile", "split", "1"]);
    assert_eq!(split.code, 0, "{}", split.stderr);
    let parted = groups(&home.json(&["profile", "show", "--json"]));
    assert_eq!(parted.len(), 2, "{parted:?}");
    assert!(parted[0].contains(&"2601.00001".to_owned()), "{parted:?}");
    assert!(home.run(&["profile", "show"]).stdout.starts_with("  1  "));
    assert_eq!(home.run(&["profile", "join", "1", "2"]).code, 0);
    assert_eq!(groups(&home.json(&["profile", "show", "--json"])).len(), 1);
    let ended = home.run(&["profile", "split", "7"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("no interest 7") && ended.stderr.contains("has 1"), "{}", ended.stderr);
    assert_eq!(home.run(&["profile", "regroup"]).code, 0);
    assert_eq!(groups(&home.json(&["profile", "show", "--json"])), all);
}

#[test]
fn a_weight_of_an_interest_is_kept_and_decides_its_share() {
    let home = filled();
    home.json(&["like", "2601.00001", "2601.00036", "2601.00003", "2601.00038", "--json"]);
    // Two interests of two papers, whatever likeness says.
    home.run(&["profile", "join", "1", "2"]);
    while home.json(&["profile", "show", "--json"])["interests"].as_array().map_or(0, Vec::len) > 1 {
        assert_eq!(home.run(&["profile", "join", "1", "2"]).code, 0);
    }
    assert_eq!(home.run(&["profile", "split", "1"]).code, 0);
    let due = |value: &Value| -> Vec<(f64, f64)> {
        let all = value["interests"].as_array().expect("interests");
        all.iter().filter_map(|own| Some((own["share"].as_f64()?, own["weight"].as_f64()?))).collect()
    };
    let before = due(&home.json(&["profile", "show", "--json"]));
    assert_eq!(before.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), [1.0, 1.0]);
    let exported = home.run(&["profile", "export"]).stdout;
    assert!(!exported.contains("weight"), "{exported}");

    let doubled = due(&home.json(&["profile", "weight", "1", "2", "--json"]));
    let expected = 2.0 * before[0].0 / (2.0 * before[0].0 + before[1].0);
    assert!((doubled[0].0 - expected).abs() < 1e-4 && doubled[0].1 == 2.0, "{doubled:?}");
    let muted = home.run(&["profile", "weight", "2601.00001", "0"]);
    assert!(
        muted.code == 0 && muted.stdout.starts_with("  1  ") && muted.stdout.contains(", muted)"),
        "{}{}",
        muted.stdout,
        muted.stderr
    );
    let muted = home.json(&["profile", "show", "--json"]);
    assert_eq!(due(&muted), [(0.0, 0.0), (1.0, 1.0)]);
    let own: Vec<&Value> =
        muted["interests"][1]["papers"].as_array().expect("papers").iter().map(|paper| &paper["id"]).collect();
    let answers = home.json(&["recommend", "-k", "20", "--json"]);
    let all = answers["results"].as_array().expect("answers");
    assert!(all.len() == 20 && all.iter().all(|row| own.contains(&&row["reason"]["liked"])), "{answers}");

    assert!(!home.run(&["recommend"]).stderr.contains("muted"));
    home.run(&["profile", "weight", "2", "0"]);
    let nothing = home.run(&["recommend"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (1, ""));
    assert!(nothing.stderr.contains("all that the profile default likes is muted"), "{}", nothing.stderr);
    assert!(!home.run(&["recommend", "2601.00002"]).stderr.contains("muted"), "the request likes something itself");
    home.run(&["profile", "weight", "2", "1"]);

    // Whoever takes the profile elsewhere takes its weights along.
    let exported = home.run(&["profile", "export"]).stdout;
    home.write("kept.json", &exported);
    home.json(&["profile", "import", "kept.json", "--profile", "copy", "--json"]);
    let again: Value = serde_json::from_str(&home.run(&["profile", "export", "copy"]).stdout).expect("JSON");
    let first: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!((&again["weights"], &again["weights"]["2601.00001"]), (&first["weights"], &json!(0.0)));
    home.write("broken.json", exported.replace("\"2601.00001\": 0.0", "\"2601.00001\": 11"));
    let broken = home.run(&["profile", "import", "broken.json", "--profile", "broken"]);
    assert!(broken.code == 2 && broken.stderr.contains("what its papers weigh cannot be read"), "{}", broken.stderr);

    assert_eq!(home.run(&["profile", "weight", "1", "1"]).code, 0);
    assert_eq!(due(&home.json(&["profile", "show", "--json"])), before);
    for (interest, weight, what) in [
        ("7", "1", "no interest 7"),
        ("2601.00002", "1", "does not like"),
        ("1", "11", "from 0 to 10"),
        ("1", "NaN", "from 0 to 10"),
    ] {
        let ended = home.run(&["profile", "weight", interest, weight]);
        assert!(ended.code == 2 && ended.stderr.contains(what), "{}", ended.stderr);
    }
}

#[test]
fn a_half_life_is_a_number_of_days() {
    let home = filled();
    home.json(&["like", "2601.00001", "2601.00003", "--json"]);
    // All likes are of one day, so they count the same.
    let plain = home.json(&["recommend", "--json"]);
    assert_eq!(home.json(&["recommend", "--half-life", "30", "--json"])["results"], plain["results"]);
    let ended = home.run(&["recommend", "--half-life", "0"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("days above 0"), "{}", ended.stderr);
}

#[test]
fn references_come_from_anywhere_in_any_encoding() {
    let home = filled();
    let ris = "TY  - JOUR\nTI  - Slow Sampling for Glaciers, Part 7\nER  - \n";
    let ended = home.run_with(&["profile", "import", "-", "--json"], ris);
    assert_eq!((ended.code, &ended.json()["matched"]), (0, &json!(1)), "{}", ended.stderr);
    assert!(ended.json().get("encoding").is_none());

    let bibtex =
        "@misc{a, title={{\\textit{Slow} sampling for <i>Glaciers</i>: Part&nbsp;7}}}\n@misc{b, title={Gl\u{e4}ser}}\n";
    let latin1: Vec<u8> = bibtex.chars().map(|letter| u8::try_from(u32::from(letter)).expect("Latin-1")).collect();
    home.write("mine.bib", &latin1);
    let ended = home.run(&["profile", "import", "mine.bib", "--profile", "latin", "--json"]);
    let value = ended.json();
    assert_eq!(value["encoding"], json!({ "name": "windows-1252", "guessed": true }));
    assert_eq!((&value["matched"], &value["unmatched"][0]["entry"]), (&json!(1), &json!("Gläser")));
    assert!(ended.stderr.contains("it was read as windows-1252"), "{}", ended.stderr);

    let table = "Title\tDOI\nSlow Sampling for Glaciers, Part 7\t\n";
    let utf16: Vec<u8> = table.encode_utf16().flat_map(u16::to_le_bytes).collect();
    home.write("mine.tsv", [b"\xff\xfe", utf16.as_slice()].concat());
    let ended = home.run(&["profile", "import", "mine.tsv", "--profile", "wide"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "matched 1, added 1, unmatched 0, skipped 0\n"));
    assert_eq!(ended.stderr, "");

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"- 2601.00001 on snow\n").expect("written");
    home.write("mine.gz", encoder.finish().expect("finished"));
    assert_eq!(home.run(&["profile", "import", "mine.gz", "--profile", "packed"]).code, 0);
}

#[test]
fn a_title_without_end_matches_nothing_and_is_shown_in_part() {
    let home = filled();
    home.write("long.csv", format!("Title,DOI\n{},\n", "of ".repeat(100_000)));
    let value = home.run(&["profile", "import", "long.csv", "--json"]).json();
    assert_eq!(value["unmatched"][0]["reason"], "no paper of the library has this title");
    let shown = value["unmatched"][0]["entry"].as_str().expect("a label");
    assert_eq!(shown.chars().count(), 201, "{shown}");
}
