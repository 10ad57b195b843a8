//! Every fault of Zotero's stand-in, alone and in pairs, and kills: what a profile has in the end,
//! and what Zotero has, is what it would be without. The clock does not wait.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use relata::Result;
use relata::arxiv::Clock;
use relata::library::Opinion;
use relata::model::Settings;
use relata::service::{Opine, Options, Relata, SyncZotero, ZoteroSynced};
use relata::zotero::ZoteroSettings;
use tempfile::TempDir;

use crate::zotero::{Fault, KEY, Zotero};
use crate::zotero_sync::{Fixture, Side, fill};

/// A clock that moves on instead of waiting.
#[derive(Clone, Default)]
struct Still(Arc<Mutex<Duration>>);

impl Still {
    fn slept(&self) -> Duration {
        *self.0.lock().expect("the time")
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::try_from(self.slept()).expect("a time")
    }

    fn sleep(&self, time: Duration) {
        *self.0.lock().expect("the time") += time;
    }
}

/// A copy of a library.
struct Copied {
    relata: Relata,
    clock: Still,
    _folder: TempDir,
}

fn copied(library: &Path) -> Copied {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("library.db");
    std::fs::copy(library, &path).expect("a copy");
    let cache = folder.path().join("cache").into_os_string();
    let vars = |name: &str| (name == "RELATA_CACHE").then(|| cache.clone());
    let settings = Settings::from_vars(vars, None, None).expect("settings");
    let clock = Still::default();
    let relata = Relata::new(Options::new(path, settings)).timed_by(clock.clone());
    Copied { relata, clock, _folder: folder }
}

/// The library of a fixture, in one file.
fn library(fixture: &Fixture) -> PathBuf {
    fixture.home.json(&["check", "--json"]);
    fixture.home.path("library.db")
}

fn sync(copied: &Copied, zotero: &Zotero, profile: &str, write: Option<&str>) -> Result<ZoteroSynced> {
    zotero.talks(false);
    let settings = ZoteroSettings {
        local: zotero.local(),
        web: zotero.web(),
        user: Some("7".to_owned()),
        key: Some(KEY.to_owned()),
    };
    let request = SyncZotero {
        sources: vec!["zotero:ICE".to_owned()],
        profile: profile.to_owned(),
        write: write.map(str::to_owned),
        dry_run: false,
    };
    copied.relata.sync_zotero(&request, &settings)
}

/// What a profile has: liked papers, and the titles of texts.
fn has(copied: &Copied, profile: &str) -> (Vec<String>, Vec<String>) {
    let profile = copied.relata.export_profile(profile).expect("a profile");
    let titles = profile.texts.into_iter().map(|text| text.title).collect();
    (profile.like.iter().map(ToString::to_string).collect(), titles)
}

#[test]
fn rest_that_is_asked_for_is_taken() {
    let fixture = Fixture::new(100);
    let copied = copied(&library(&fixture));
    // The first request goes to the API of this machine, which is off.
    fixture.zotero.disturb(&[Fault::None, Fault::Backoff(7), Fault::Status(429, Some(30)), Fault::Status(503, None)]);
    sync(&copied, &fixture.zotero, "default", None).expect("synced");
    assert_eq!(copied.clock.slept(), Duration::from_secs(7 + 30 + 4), "the second attempt that fails waits 4 seconds");
}

#[test]
fn whatever_befalls_a_sync_and_whatever_after_it_the_profile_ends_up_as_zotero_is() {
    let fixture = Fixture::new(1);
    let library = library(&fixture);
    let faults = [
        Fault::Status(429, Some(30)),
        Fault::Status(503, None),
        Fault::Status(403, None),
        Fault::Cut,
        Fault::Dropped,
        Fault::Backoff(5),
        Fault::Change,
    ];
    let mut failed = 0;
    for (number, first) in faults.iter().enumerate() {
        for second in &faults {
            for (before, between) in [(1, 0), (2, 1), (4, 2)] {
                let zotero = Zotero::start(1);
                fill(&zotero);
                let calm = |count| std::iter::repeat_n(Fault::None, count);
                let all: Vec<Fault> = (calm(before).chain([*first]).chain(calm(between)).chain([*second])).collect();
                zotero.disturb(&all);
                let copied = copied(&library);
                failed += usize::from(sync(&copied, &zotero, "default", None).is_err());
                zotero.calm();
                sync(&copied, &zotero, "default", None).expect("a calm sync");
                sync(&copied, &zotero, "fresh", None).expect("a calm sync");
                let fresh = has(&copied, "fresh");
                assert_eq!(has(&copied, "default"), fresh, "{number}: {all:?}");
                assert!(fresh.1.len() >= 2 && fresh.0 == ["2601.00001"], "{fresh:?}");
            }
        }
    }
    assert!((30..=45).contains(&failed), "{failed} syncs met a 403, all others came through");
}

#[test]
fn whatever_befalls_a_write_and_whatever_after_it_zotero_has_each_paper_once() {
    let fixture = Fixture::new(100);
    let library = library(&fixture);
    let faults = [
        Fault::Status(429, Some(30)),
        Fault::Status(503, None),
        Fault::Status(403, None),
        Fault::Status(409, Some(1)),
        Fault::Status(412, None),
        Fault::Status(413, None),
        Fault::Status(428, None),
        Fault::Cut,
        Fault::Lost,
        Fault::Dropped,
        Fault::Backoff(5),
        Fault::Meanwhile("arXiv:2601.00003"),
    ];
    let ids = ["2601.00002", "2601.00003"].map(|id| id.parse().expect("an id"));
    let like = Opine { papers: ids.to_vec(), profile: "default".to_owned(), opinion: Some(Opinion::Liked) };
    for first in &faults {
        for second in &faults {
            let zotero = Zotero::start(100);
            fill(&zotero);
            zotero.disturb_writes(&[*first, *second]);
            let copied = copied(&library);
            copied.relata.opine(&like).expect("liked");
            let complete = sync(&copied, &zotero, "default", Some("")).is_ok_and(|synced| {
                let written = synced.written.expect("written");
                !written.is_partial()
            });
            let refused = |fault: &Fault| matches!(fault, Fault::Status(403 | 428, _));
            // A paper that is too large by itself is not written; after these the second is alone.
            let alone = matches!(first, Fault::Status(413, _) | Fault::Meanwhile(_));
            let too_large = alone && matches!(second, Fault::Status(413, _));
            assert!(complete || too_large || refused(first) || refused(second), "{first:?} {second:?}");
            assert!(!refused(first) || !complete, "{first:?} {second:?}");
            zotero.calm();
            sync(&copied, &zotero, "default", Some("")).expect("a calm sync");
            let there: Vec<String> =
                zotero.with_archive_id().into_iter().map(|(_, data)| data["archiveID"].to_string()).collect();
            let expected = ["1", "2", "3"].map(|n| format!("\"arXiv:2601.0000{n}\""));
            assert_eq!(there, expected, "{first:?} {second:?}");
        }
    }
}

#[test]
fn a_sync_that_is_killed_at_any_request_goes_on_where_it_was() {
    let calm = {
        let fixture = Fixture::new(1);
        fixture.synced(Side::Web, &["zotero:ICE"]);
        fixture.members()
    };
    let mut requests = 0;
    for at in 0.. {
        let fixture = Fixture::new(1);
        let mut faults = vec![Fault::None; at];
        faults.push(Fault::Silent);
        fixture.zotero.disturb(&faults);
        let mut command = fixture.command(Side::Web, &["profile", "sync", "zotero:ICE"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        let (begun, mut seen) = (Instant::now(), 0);
        let done = loop {
            seen += fixture.zotero.seen().len();
            if seen > at {
                break false;
            }
            if child.try_wait().expect("a child").is_some() {
                break true;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{at}: neither done nor asking");
            std::thread::sleep(Duration::from_millis(2));
        };
        child.kill().expect("killed");
        child.wait().expect("gone");
        fixture.zotero.calm();
        fixture.run(Side::Web, &["profile", "sync", "zotero:ICE"]);
        assert_eq!(fixture.members(), calm, "killed at request {at}");
        requests = at;
        if done {
            break;
        }
    }
    assert_eq!(requests, 9, "the local API, whose key, two pages of collections, four of items, the keys of items");
}
