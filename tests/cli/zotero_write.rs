//! `relata profile sync --write`: liked papers that Zotero lacks, written into a collection of a
//! stand-in, which loses answers, changes meanwhile and refuses.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Ended, digest, invented};
use crate::zotero::{Fault, Zotero};
use crate::zotero_sync::{Fixture, Side};

/// A fixture in which papers 1 to 3 are liked, the first of which Zotero has.
fn fixture() -> Fixture {
    let fixture = Fixture::new(100);
    fixture.home.json(&["like", "--json", "2601.00001", "2601.00002", "2601.00003"]);
    fixture
}

fn write(fixture: &Fixture, arguments: &[&str]) -> Ended {
    fixture.run(Side::Web, &[&["profile", "sync", "zotero:ICE"], arguments].concat())
}

/// What became of papers, by id.
fn outcomes(ended: &Ended) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let papers = ended.json()["written"]["papers"].as_array().cloned().expect("papers");
    papers.iter().map(|paper| (text(&paper["id"]), text(&paper["outcome"]))).collect()
}

fn told(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(id, outcome)| ((*id).to_owned(), (*outcome).to_owned())).collect()
}

/// The arXiv papers of the stand-in, as often as it has them.
fn ids(zotero: &Zotero) -> Vec<String> {
    let id = |data: &Value| data["archiveID"].as_str().unwrap_or_default().trim_start_matches("arXiv:").to_owned();
    zotero.with_archive_id().iter().map(|(_, data)| id(data)).collect()
}

/// The sizes of the requests that wrote, with their statuses.
fn posts(zotero: &Zotero) -> Vec<(usize, u16)> {
    zotero.seen().iter().filter(|seen| seen.works > 0).map(|seen| (seen.works, seen.status)).collect()
}

#[test]
fn what_is_liked_and_zotero_lacks_is_written_once() {
    let fixture = fixture();
    let zotero = &fixture.zotero;
    let ended = write(&fixture, &["--write", "--dry-run"]);
    let expected = "\
Ice and snow: read 3 (1 paper, 2 texts, 1 of these by title alone), would be added 2, would be removed 0
  would be written: 2601.00002  graph cuts for tokenisers, part 1
  would be written: 2601.00003  graph cuts for bridges, part 2
Ice and snow: would be written 2, already in Zotero 1
";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{}", ended.stderr);
    assert_eq!(ids(zotero), ["2601.00001"]);

    let ended = write(&fixture, &["--write", "rain", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(outcomes(&ended), told(&[("2601.00002", "created"), ("2601.00003", "created")]));
    assert_eq!((&ended.json()["written"]["key"], posts(zotero)), (&json!("RAIN"), vec![(2, 200)]));
    let all = zotero.with_archive_id();
    assert_eq!(ids(zotero), ["2601.00001", "2601.00002", "2601.00003"]);
    let data = &all[1].1;
    assert_eq!((&data["itemType"], &data["repository"]), (&json!("preprint"), &json!("arXiv")));
    assert_eq!((&data["title"], &data["collections"]), (&json!("graph cuts for tokenisers, part 1"), &json!(["RAIN"])));
    let author = json!({ "creatorType": "author", "firstName": "Björn", "lastName": "Muster" });
    assert_eq!((&data["creators"][1], &data["DOI"]), (&author, &json!("10.48550/arXiv.2601.00002")));

    // Nothing is left to write, and so Zotero is not looked through again.
    let ended = write(&fixture, &["--write", "rain"]);
    assert_eq!((ended.code, ended.stdout.lines().last()), (1, Some("Rain: written 0")));
    assert!(zotero.seen().iter().all(|seen| !seen.path.contains("includeTrashed")));
    // They come back as what they are, and what is deleted in Zotero is still liked here.
    assert_eq!(fixture.synced(Side::Web, &["zotero:Rain"]), [[4, 2, 2, 1, 1, 0]]);
    zotero.delete(&all[1].0);
    assert_eq!(fixture.synced(Side::Web, &["zotero:Rain"]), [[0; 6]]);
    assert_eq!(fixture.members().0, ["2601.00001", "2601.00002", "2601.00003"]);
    assert_eq!(write(&fixture, &["--write", "rain"]).code, 1, "what one deletes there is not written again");
    assert_eq!(ids(zotero), ["2601.00001", "2601.00003"]);
    // Unless somebody likes it once more.
    fixture.home.json(&["like", "--forget", "--json", "2601.00002"]);
    fixture.home.json(&["like", "--json", "2601.00002"]);
    assert_eq!(outcomes(&write(&fixture, &["--write", "rain", "--json"])), told(&[("2601.00002", "created")]));
    assert_eq!(fixture.home.json(&["check", "--json"])["problems"], json!([]));
}

#[test]
fn what_came_from_zotero_or_lies_in_its_bin_is_not_written_back() {
    let fixture = Fixture::new(100);
    let zotero = &fixture.zotero;
    zotero.put("Z", &invented(3).title, "", &[]);
    zotero.set("Z", "deleted", 1);
    fixture.home.json(&["like", "--json", &invented(3).id]);
    fixture.synced(Side::Web, &["zotero:ICE"]);
    assert_eq!(fixture.members().0, ["2601.00001", "2601.00004"]);
    // The profile has not been told of that yet.
    zotero.delete("A");
    let ended = fixture.run(Side::Web, &["profile", "sync", "zotero:Rain", "--write", "--json"]);
    assert_eq!(outcomes(&ended), told(&[("2601.00004", "already-there")]), "{}", ended.stderr);
    assert!(ids(zotero).is_empty() && posts(zotero).is_empty());
}

#[test]
fn no_fault_writes_a_paper_twice_or_loses_one() {
    let both = [("2601.00002", "created"), ("2601.00003", "created")];
    for (faults, expected) in [
        (vec![Fault::Status(429, Some(0)), Fault::Status(503, Some(0)), Fault::Status(409, Some(0))], both),
        (vec![Fault::Backoff(1)], both),
        (vec![Fault::Lost], both),
        (vec![Fault::Cut], both),
        (vec![Fault::Dropped], both),
        (vec![Fault::Status(413, None)], both),
        (vec![Fault::Meanwhile("arXiv:2512.00001"), Fault::Meanwhile("arXiv:2512.00002")], both),
        (vec![Fault::Meanwhile("arXiv:2601.00003")], [both[0], ("2601.00003", "already-there")]),
        (vec![Fault::Status(412, None)], both),
    ] {
        let fixture = fixture();
        fixture.zotero.disturb_writes(&faults);
        let ended = write(&fixture, &["--write", "--json"]);
        assert_eq!(ended.code, 0, "{faults:?}: {}", ended.stderr);
        assert_eq!(outcomes(&ended), told(&expected), "{faults:?}");
        let mut there = ids(&fixture.zotero);
        there.retain(|id| id.starts_with("2601"));
        assert_eq!(there, ["2601.00001", "2601.00002", "2601.00003"], "{faults:?}");
        let before = ids(&fixture.zotero);
        assert_eq!(write(&fixture, &["--write"]).code, 1, "{faults:?}: nothing is left to do");
        assert_eq!(ids(&fixture.zotero), before, "{faults:?}");
    }
}

#[test]
fn what_fails_for_good_is_said_and_tried_again_by_the_next_run() {
    for (faults, text) in [
        (vec![Fault::Status(428, None)], "refuses with 428: no"),
        (vec![Fault::Status(403, None)], "refuses with 403: no"),
        (vec![Fault::Status(503, Some(0)); 5], "in 5 attempts, at last: status 503"),
        (vec![Fault::Status(412, None); 9], "kept changing while it was read"),
    ] {
        let fixture = fixture();
        fixture.zotero.disturb_writes(&faults);
        let ended = write(&fixture, &["--write", "--json"]);
        assert_eq!(ended.code, 2, "{faults:?}");
        assert!(ended.stderr.contains(text), "{text}: {}", ended.stderr);
        assert_eq!(outcomes(&ended), told(&[("2601.00002", "open"), ("2601.00003", "open")]));
        assert_eq!(write(&fixture, &["--write"]).code, 0);
        assert_eq!(ids(&fixture.zotero), ["2601.00001", "2601.00002", "2601.00003"], "{faults:?}");
    }
}

#[test]
fn a_work_that_is_refused_does_not_keep_out_the_others() {
    let fixture = fixture();
    fixture.zotero.refuse(&["arXiv:2601.00002"]);
    let ended = write(&fixture, &["--write"]);
    let lines: Vec<&str> = ended.stdout.lines().skip(1).collect();
    let expected = [
        "  not written (400: Invalid value for a field): 2601.00002  graph cuts for tokenisers, part 1",
        "  written: 2601.00003  graph cuts for bridges, part 2",
        "Ice and snow: written 1, failed 1",
    ];
    assert_eq!((ended.code, lines.as_slice()), (2, expected.as_slice()));
    fixture.zotero.refuse(&[]);
    posts(&fixture.zotero);
    assert_eq!(write(&fixture, &["--write"]).code, 0);
    assert_eq!(posts(&fixture.zotero), [(1, 200)]);
    assert_eq!(ids(&fixture.zotero), ["2601.00001", "2601.00002", "2601.00003"]);
}

#[test]
fn a_run_that_is_killed_after_zotero_has_the_papers_writes_none_twice() {
    let fixture = fixture();
    fixture.zotero.disturb_writes(&[Fault::Silent]);
    let mut command = fixture.command(Side::Web, &["profile", "sync", "zotero:ICE", "--write"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let begun = Instant::now();
    while ids(&fixture.zotero).len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never wrote");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    // Another collection is synced, so that Zotero has to be looked through.
    let ended = fixture.run(Side::Web, &["profile", "sync", "zotero:Rain", "--write", "--json"]);
    assert_eq!(outcomes(&ended), told(&[("2601.00002", "already-there"), ("2601.00003", "already-there")]));
    assert_eq!(ids(&fixture.zotero), ["2601.00001", "2601.00002", "2601.00003"]);
}

#[test]
fn many_papers_go_fifty_at_a_time() {
    let fixture = Fixture::new(100);
    let papers: Vec<_> = (100..160).map(invented).collect();
    fixture.home.write("2026-01-07.md", digest(&papers));
    fixture.home.json(&["add", "--json", "--no-embed", "2026-01-07.md"]);
    let mut like = vec!["like", "--json"];
    like.extend(papers.iter().map(|paper| paper.id.as_str()));
    fixture.home.json(&like);
    fixture.zotero.disturb_writes(&[Fault::None, Fault::Lost]);
    let ended = write(&fixture, &["--write", "--json"]);
    assert!(outcomes(&ended).iter().all(|(_, outcome)| outcome == "created"), "{}", ended.stdout);
    assert_eq!(posts(&fixture.zotero), [(50, 200), (10, 200), (10, 412)]);
    let mut expected: Vec<String> = papers.into_iter().map(|paper| paper.id).collect();
    expected.insert(0, "2601.00001".to_owned());
    assert_eq!(ids(&fixture.zotero), expected);
}

#[test]
fn errors_say_what_is_missing_to_write() {
    let fixture = fixture();
    let says = |ended: &Ended, text: &str| {
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        assert!(ended.stderr.contains(text), "{text}: {}", ended.stderr);
        assert_eq!(fixture.members().1, Vec::<String>::new(), "nothing is done by half");
    };
    let local = fixture.run(Side::Local, &["profile", "sync", "zotero:ICE", "--write"]);
    says(&local, "Zotero's API on this machine is read-only, and no key for its web API is set");
    says(&fixture.run(Side::Web, &["profile", "sync", "zotero", "--write"]), "name it: --write COLLECTION");
    says(&write(&fixture, &["--write", "Fog"]), "no collection \"Fog\"; there are: Ice and snow, Rain");
    fixture.zotero.allow_writes(false);
    says(&write(&fixture, &["--write"]), "may not write the library of user 7");
    let mut offline = fixture.command(Side::Local, &["--offline", "profile", "sync", "zotero:ICE", "--write"]);
    says(&Ended::from(offline.output().expect("the program starts")), "leave out --offline");
}
