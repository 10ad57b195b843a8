//! `relata profile sync`: profiles that follow collections of Zotero, against a stand-in.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Ended, Home, digest, invented};
use crate::zotero::{Fault, KEY, Zotero};

/// Which of Zotero's APIs answers.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Local,
    Web,
}

/// A home with ten papers, and Zotero with two collections.
pub(crate) struct Fixture {
    pub(crate) home: Home,
    pub(crate) zotero: Zotero,
}

impl Fixture {
    pub(crate) fn new(page: usize) -> Fixture {
        let home = Home::tiny();
        home.write("2026-01-05.md", digest(&(0..10).map(invented).collect::<Vec<_>>()));
        home.json(&["add", "--json", "--no-embed", "2026-01-05.md"]);
        let zotero = Zotero::start(page);
        let fixture = Fixture { home, zotero };
        fill(&fixture.zotero);
        fixture
    }

    pub(crate) fn run(&self, side: Side, arguments: &[&str]) -> Ended {
        Ended::from(self.command(side, arguments).output().expect("the program starts"))
    }

    pub(crate) fn command(&self, side: Side, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        let key = match side {
            Side::Local => "",
            Side::Web => KEY,
        };
        self.zotero.talks(key.is_empty());
        command.env_remove("RELATA_OFFLINE").env("RELATA_ZOTERO_KEY", key).env_remove("RELATA_ZOTERO_USER");
        command.env("RELATA_ZOTERO_LOCAL", self.zotero.local()).env("RELATA_ZOTERO_WEB", self.zotero.web());
        command.stdin(Stdio::null());
        command
    }

    /// The collections of an answer, each as [read, papers, texts, by title, added, removed].
    pub(crate) fn synced(&self, side: Side, arguments: &[&str]) -> Vec<Vec<u64>> {
        let ended = self.run(side, &[&["profile", "sync", "--json"], arguments].concat());
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        let keys = ["read", "papers", "texts", "by_title", "added", "removed"];
        let numbers = |one: &Value| keys.map(|key| one[key].as_u64().expect(key)).to_vec();
        ended.json()["collections"].as_array().expect("a list").iter().map(numbers).collect()
    }

    fn exported(&self) -> Value {
        self.home.run(&["profile", "export"]).json()
    }

    /// What the profile has: liked papers, and the titles of texts.
    pub(crate) fn members(&self) -> (Vec<String>, Vec<String>) {
        let ended = self.home.run(&["profile", "export"]);
        if ended.stdout.is_empty() {
            return (vec![], vec![]);
        }
        let profile = ended.json();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let titles = list(&profile["texts"]).iter().map(|one| text(&one["title"])).collect();
        (list(&profile["like"]).iter().map(text).collect(), titles)
    }
}

/// Fills a library of Zotero.
pub(crate) fn fill(zotero: &Zotero) {
    zotero.collection("ICE", "Ice and snow", None);
    zotero.collection("RAIN", "Rain", None);
    zotero.put("A", "Anything", "", &["ICE"]);
    zotero.set("A", "archiveID", "arXiv:2601.00001");
    zotero.put("B", "Of Hail", "It falls.", &["ICE"]);
    zotero.put("C", "Of Drizzle", "It drips.", &["RAIN"]);
    zotero.put("D", "Of Snow", "", &["ICE", "RAIN"]);
    zotero.put("N", "", "", &["ICE"]);
    zotero.set("N", "itemType", "note");
    zotero.sync();
}

fn members(papers: &[&str], texts: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    (owned(papers), owned(texts))
}

#[test]
fn a_collection_becomes_papers_and_texts_and_only_news_are_read() {
    let fixture = Fixture::new(2);
    let (zotero, web) = (&fixture.zotero, Side::Web);
    assert_eq!(fixture.synced(web, &["zotero:ice AND snow", "--dry-run"]), [[3, 1, 2, 1, 3, 0]]);
    assert_eq!(fixture.home.run(&["profile", "list"]).code, 1, "a dry run changes nothing");
    assert_eq!(fixture.synced(web, &["zotero:ICE"]), [[3, 1, 2, 1, 3, 0]]);
    assert_eq!(fixture.members(), members(&["2601.00001"], &["Of Hail", "Of Snow"]));
    let text = &fixture.exported()["texts"][0];
    assert_eq!((&text["collection"], &text["added"]), (&json!("Ice and snow"), &json!("2026-01-02")));

    zotero.seen();
    assert_eq!(fixture.synced(web, &[]), [[0; 6]], "it follows what it was synced with");
    let last = zotero.seen().pop().expect("a request");
    assert_eq!((last.side, last.status, last.unless), ("web", 304, Some(10)), "{last:?}");
    assert!(last.path.starts_with("collections/ICE/items/top?since=10&limit=100&"), "{last:?}");

    // One comes, one changes, one is deleted, one is moved out.
    zotero.put("E", "Of Frost", "", &["ICE"]);
    zotero.set("B", "abstractNote", "It falls in summer.");
    zotero.delete("A");
    zotero.put("D", "Of Snow", "", &["RAIN"]);
    assert_eq!(fixture.synced(web, &["zotero:ICE", "--dry-run"]), [[2, 0, 2, 1, 1, 2]]);
    assert_eq!(fixture.synced(web, &["zotero:ICE"]), [[2, 0, 2, 1, 1, 2]]);
    assert_eq!(fixture.members(), members(&[], &["Of Frost", "Of Hail"]));
    assert_eq!(fixture.exported()["texts"][1]["abstract"], "It falls in summer.");
    // What is thrown into the bin leaves, too.
    zotero.set("B", "deleted", 1);
    assert_eq!(fixture.synced(web, &["zotero:ICE"]), [[0, 0, 0, 0, 0, 1]]);
    assert_eq!(fixture.members(), members(&[], &["Of Frost"]));
    assert_eq!(fixture.home.json(&["check", "--json"])["problems"], json!([]));
}

#[test]
fn a_zotero_on_this_machine_is_read_whole_since_its_versions_tell_only_what_was_synced() {
    let fixture = Fixture::new(2);
    let (zotero, local) = (&fixture.zotero, Side::Local);
    assert_eq!(fixture.synced(local, &["zotero:ICE"]), [[3, 1, 2, 1, 3, 0]]);
    assert!(zotero.seen().iter().all(|seen| seen.side == "local"), "the web is not asked");
    assert_eq!(fixture.synced(local, &["zotero:ICE"]), [[3, 1, 2, 1, 0, 0]]);
    // Neither change has a version.
    zotero.put("E", "Of Frost", "", &["ICE"]);
    zotero.delete("B");
    assert_eq!(fixture.synced(local, &["zotero:ICE"]), [[3, 1, 2, 2, 1, 1]]);
    assert_eq!(fixture.members(), members(&["2601.00001"], &["Of Frost", "Of Snow"]));
    // What is known of the versions of the web outlives a reading of this machine.
    zotero.sync();
    assert_eq!(fixture.synced(Side::Web, &["zotero:ICE"]), [[3, 1, 2, 2, 0, 0]]);
    fixture.synced(local, &["zotero:ICE"]);
    assert_eq!(fixture.synced(Side::Web, &["zotero:ICE"]), [[0; 6]]);
}

#[test]
fn several_collections_are_several_interests_and_one_item_counts_once() {
    let fixture = Fixture::new(100);
    let (zotero, web) = (&fixture.zotero, Side::Web);
    assert_eq!(fixture.synced(web, &["zotero:ICE", "zotero:Rain"]), [[3, 1, 2, 1, 3, 0], [2, 0, 2, 1, 1, 0]]);
    let profile = fixture.exported();
    let pinned = |title: &str| {
        let texts = profile["texts"].as_array().expect("texts");
        texts.iter().find(|text| text["title"] == title).map(|text| text["interest"].clone())
    };
    assert_eq!((pinned("Of Snow"), pinned("Of Drizzle")), (Some(json!(1)), Some(json!(2))));
    // It leaves with the last collection that has it.
    zotero.put("D", "Of Snow", "", &["RAIN"]);
    assert_eq!(fixture.synced(web, &[]), [[0, 0, 0, 0, 0, 0], [1, 0, 1, 1, 0, 0]]);
    assert!(fixture.members().1.contains(&"Of Snow".to_owned()));
    zotero.put("D", "Of Snow", "", &[]);
    assert_eq!(fixture.synced(web, &[])[1], [0, 0, 0, 0, 0, 1]);
    assert!(!fixture.members().1.contains(&"Of Snow".to_owned()));
}

#[test]
fn collections_within_a_collection_count_also_once_they_are_moved_there() {
    let fixture = Fixture::new(100);
    let (zotero, web) = (&fixture.zotero, Side::Web);
    zotero.collection("SEA", "Sea ice", Some("ICE"));
    zotero.put("S", "Of Floes", "They drift.", &["SEA"]);
    assert_eq!(fixture.synced(web, &["zotero:Ice and snow/Sea ice"]), [[1, 0, 1, 0, 1, 0]]);
    fixture.home.run(&["profile", "remove", "default"]);
    assert_eq!(fixture.synced(web, &["zotero:ICE"]), [[4, 1, 3, 1, 4, 0]]);
    // The items of a collection that is moved are none the newer.
    zotero.collection("RAIN", "Rain", Some("ICE"));
    assert_eq!(fixture.synced(web, &["zotero:ICE"]), [[2, 0, 2, 1, 1, 0]]);
    zotero.collection("SEA", "Sea ice", None);
    assert_eq!(fixture.synced(web, &["zotero:ICE"]), [[0, 0, 0, 0, 0, 1]]);
    assert_eq!(fixture.members(), members(&["2601.00001"], &["Of Drizzle", "Of Hail", "Of Snow"]));
}

#[test]
fn what_one_likes_by_hand_stays_and_a_text_that_gave_way_leaves_as_a_paper() {
    let fixture = Fixture::new(100);
    let (home, zotero) = (&fixture.home, &fixture.zotero);
    home.json(&["like", "--json", "2601.00001"]);
    zotero.put("F", &invented(20).title, &invented(20).text, &["ICE"]);
    zotero.put("G", "As paper 3", "", &["ICE"]);
    zotero.set("G", "archiveID", "arXiv:2601.00003");
    fixture.synced(Side::Web, &["zotero:ICE"]);
    home.write("2026-01-06.md", digest(&[invented(20)]));
    home.json(&["add", "--json", "--no-embed", "2026-01-06.md"]);
    home.json(&["like", "--json", "2601.00003"]);
    assert_eq!(fixture.members().0, ["2601.00001", "2601.00003", &invented(20).id]);
    for key in ["A", "F", "G"] {
        zotero.delete(key);
    }
    assert_eq!(fixture.synced(Side::Web, &["zotero:ICE"]), [[0, 0, 0, 0, 0, 1]]);
    assert_eq!(fixture.members().0, ["2601.00001", "2601.00003"], "the second was liked by hand after Zotero had it");
}

#[test]
fn what_one_takes_out_of_the_profile_stays_out() {
    let fixture = Fixture::new(100);
    fixture.synced(Side::Local, &["zotero:ICE"]);
    fixture.home.json(&["like", "--forget", "--json", "2601.00001"]);
    fixture.home.json(&["profile", "texts", "--remove", "title:ofhail", "--json"]);
    fixture.zotero.set("B", "abstractNote", "It falls in summer.");
    assert_eq!(fixture.synced(Side::Local, &["zotero:ICE"]), [[3, 1, 2, 1, 0, 0]]);
    assert_eq!(fixture.members(), members(&[], &["Of Snow"]));
    fixture.home.json(&["unlike", "--json", "2601.00001"]);
    fixture.synced(Side::Local, &["zotero:ICE"]);
    assert_eq!(fixture.exported()["unlike"], json!(["2601.00001"]));
}

#[test]
fn a_collection_that_zotero_lost_takes_nothing_with_it_until_one_stops_following_it() {
    let fixture = Fixture::new(100);
    let (zotero, web) = (&fixture.zotero, Side::Web);
    fixture.synced(web, &["zotero:ICE", "zotero:RAIN"]);
    zotero.delete_collection("ICE");
    zotero.put("E", "Of Fog", "", &["RAIN"]);
    let ended = fixture.run(web, &["profile", "sync"]);
    assert_eq!(ended.code, 2);
    assert_eq!(ended.stdout, "Rain: read 1 (0 papers, 1 text, 1 of these by title alone), added 1, removed 0\n");
    let lost = "Zotero no longer has the collection \"Ice and snow\" (ICE); what came from it stays";
    assert!(ended.stderr.contains(lost) && ended.stderr.contains("sync zotero:ICE --stop"), "{}", ended.stderr);
    assert_eq!(fixture.members(), members(&["2601.00001"], &["Of Drizzle", "Of Fog", "Of Hail", "Of Snow"]));
    // Zotero need not be there. What stands in the other collection stays, too.
    let stop = |source: &str| fixture.home.run(&["profile", "sync", source, "--stop"]);
    let ended = stop("zotero:ice and SNOW");
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "Ice and snow: no longer followed, removed 2\n"));
    assert_eq!(fixture.members(), members(&[], &["Of Drizzle", "Of Fog", "Of Snow"]));
    let ended = stop("zotero:ICE");
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("does not follow \"zotero:ICE\"; there are: zotero:Rain (RAIN)"), "{}", ended.stderr);
    assert_eq!(fixture.run(web, &["profile", "sync"]).code, 1, "the other one is followed on");
    assert_eq!(fixture.home.json(&["check", "--json"])["problems"], json!([]));
}

#[test]
fn faults_that_pass_cost_nothing_and_a_library_that_changes_is_read_anew() {
    let calm = {
        let fixture = Fixture::new(1);
        fixture.synced(Side::Web, &["zotero"]);
        fixture.members()
    };
    assert_eq!(calm, members(&["2601.00001"], &["Of Drizzle", "Of Hail", "Of Snow"]));
    // The first request goes to the API of this machine, the second asks whose the key is.
    for faults in [
        vec![Fault::None, Fault::None, Fault::Status(429, Some(0))],
        vec![Fault::None, Fault::Status(503, Some(0)), Fault::Status(500, Some(0))],
        vec![Fault::None, Fault::None, Fault::Cut],
        vec![Fault::None, Fault::None, Fault::Backoff(1), Fault::Status(429, Some(1))],
    ] {
        let fixture = Fixture::new(1);
        fixture.zotero.disturb(&faults);
        fixture.synced(Side::Web, &["zotero"]);
        assert_eq!(fixture.members(), calm, "{faults:?}");
    }
    let fixture = Fixture::new(1);
    fixture.zotero.disturb(&[Fault::None, Fault::None, Fault::None, Fault::Change]);
    assert_eq!(fixture.synced(Side::Web, &["zotero"]), [[5, 1, 4, 2, 5, 0]], "no item counts twice");
    let (papers, mut texts) = fixture.members();
    texts.retain(|title| !title.starts_with("Late"));
    assert_eq!((papers, texts), calm);
    // On this machine the number of items tells of a change.
    let fixture = Fixture::new(2);
    fixture.zotero.disturb(&[Fault::None, Fault::Change]);
    assert_eq!(fixture.synced(Side::Local, &["zotero"]), [[5, 1, 4, 2, 5, 0]]);
}

#[test]
fn a_sync_that_breaks_off_loses_nothing_and_doubles_nothing() {
    let fixture = Fixture::new(1);
    fixture.zotero.disturb(&[Fault::None, Fault::None, Fault::None, Fault::None, Fault::Status(403, None)]);
    let ended = fixture.run(Side::Web, &["profile", "sync", "zotero"]);
    assert_eq!(ended.code, 2, "{}", ended.stdout);
    assert!(ended.stderr.contains("refuses with 403"), "{}", ended.stderr);
    assert_eq!(fixture.members(), members(&["2601.00001"], &["Of Hail"]), "the pages that came are kept");
    assert_eq!(fixture.synced(Side::Web, &["zotero"]), [[4, 1, 3, 1, 2, 0]]);
    fixture.zotero.delete("A");
    fixture.zotero.delete("B");
    assert_eq!(fixture.synced(Side::Web, &["zotero"])[0][5], 2, "what came before the break is known as Zotero's");
}

#[test]
fn errors_say_what_is_wrong_and_never_the_key() {
    let fixture = Fixture::new(100);
    let zotero = &fixture.zotero;
    zotero.talks(false);
    let sync = |vars: &[(&str, &str)], source: &str| {
        let mut command = fixture.home.command(&["profile", "sync", source]);
        command.env("RELATA_ZOTERO_LOCAL", zotero.local()).env("RELATA_ZOTERO_WEB", zotero.web());
        command.env_remove("RELATA_ZOTERO_KEY").env_remove("RELATA_ZOTERO_USER").env_remove("RELATA_OFFLINE");
        let ended = Ended::from(command.envs(vars.iter().copied()).output().expect("the program starts"));
        assert!(!ended.stderr.contains(KEY), "{}", ended.stderr);
        (ended.code, ended.stderr)
    };
    let key = ("RELATA_ZOTERO_KEY", KEY);
    let says = |(code, text): (i32, String), parts: &[&str]| {
        assert_eq!(code, 2, "{text}");
        parts.iter().for_each(|part| assert!(text.contains(part), "{part}: {text}"));
    };
    let off = [("RELATA_ZOTERO_LOCAL", "http://127.0.0.1:9/api")];
    says(sync(&off, "zotero"), &["Zotero does not answer at http://127.0.0.1:9/api (", "zotero.key_file"]);
    says(sync(&[], "zotero"), &["(status 403: Local API is not enabled), and no key"]);
    says(sync(&[key, ("RELATA_OFFLINE", "1")], "zotero"), &["no key for its web API is set"]);
    says(sync(&[("RELATA_ZOTERO_KEY", "another")], "zotero"), &["refuses with 403: Invalid key"]);
    says(sync(&[key, ("RELATA_ZOTERO_USER", "8")], "zotero"), &["refuses with 404: Not found"]);
    says(sync(&[key, ("RELATA_ZOTERO_USER", "ada")], "zotero"), &["\"ada\" is no number of a user"]);
    // The key would follow a redirection to wherever it leads.
    zotero.disturb(&[Fault::None, Fault::Status(302, None)]);
    says(sync(&[key], "zotero"), &["refuses with 302"]);
    says(sync(&[key], "zotero:Fog"), &["no collection \"Fog\"; there are: Ice and snow, Rain"]);
    says(sync(&[key], "mendeley"), &["\"mendeley\" is no source"]);
    says(sync(&[key, ("RELATA_ZOTERO_WEB", "http://zotero.example")], "zotero"), &["would not be encrypted"]);
    let ended = fixture.run(Side::Web, &["profile", "sync"]);
    says((ended.code, ended.stderr), &["the profile default follows no collection of Zotero yet"]);
}

#[test]
fn settings_come_from_the_configuration_file_and_the_key_from_a_private_file() {
    let fixture = Fixture::new(100);
    fixture.zotero.talks(false);
    let key = fixture.home.write("zotero-key", format!("{KEY}\n"));
    let config = format!(
        "[zotero]\nlocal = \"{}\"\nweb = \"{}\"\nuser = 7\nkey_file = \"zotero-key\"\n",
        fixture.zotero.local(),
        fixture.zotero.web(),
    );
    fixture.home.write("config.toml", config);
    let run = || {
        let mut command = fixture.home.command(&["profile", "sync", "zotero"]);
        for name in ["LOCAL", "WEB", "USER", "KEY", "KEY_FILE"] {
            command.env_remove(format!("RELATA_ZOTERO_{name}"));
        }
        Ended::from(command.env_remove("RELATA_OFFLINE").output().expect("the program starts"))
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).expect("set");
        let ended = run();
        assert!(ended.stderr.contains("zotero-key may be read by others (its mode is 0640)"), "{}", ended.stderr);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("set");
    }
    let ended = run();
    assert_eq!(ended.stdout, "Zotero: read 4 (1 paper, 3 texts, 1 of these by title alone), added 4, removed 0\n");
    assert_eq!(run().code, 1, "nothing is new");
}

/// The commands of the guide, one after the other, as somebody types them.
#[test]
fn the_guide_says_what_happens() {
    let fixture = Fixture::new(100);
    fixture.zotero.collection("ICE", "Ice", None);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/zotero.md");
    let guide = std::fs::read_to_string(path).expect("the guide");
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in guide.lines() {
        if let Some(command) = line.strip_prefix("    $ relata ") {
            commands.push((command, String::new()));
        } else if let (Some(line), Some((_, printed))) = (line.strip_prefix("    "), commands.last_mut()) {
            printed.push_str(line);
            printed.push('\n');
        }
    }
    assert!(commands.len() >= 8, "{commands:?}");
    for (command, printed) in commands {
        // The paper of the guide is none of the fixture's.
        let command = command.replace("2602.10611", "2601.00002");
        let ended = fixture.run(Side::Web, &command.split(' ').collect::<Vec<_>>());
        assert!(matches!(ended.code, 0 | 1), "{command}: {}", ended.stderr);
        assert!(printed.is_empty() || ended.stdout == printed, "{command}:\n{}{printed}", ended.stdout);
    }
    assert_eq!(fixture.members(), members(&["2601.00001", "2601.00002"], &["Of Hail", "Of Snow"]));
    let written = fixture.zotero.with_archive_id().pop().expect("papers").1;
    assert_eq!((&written["archiveID"], &written["collections"]), (&json!("arXiv:2601.00002"), &json!(["ICE"])));
}
