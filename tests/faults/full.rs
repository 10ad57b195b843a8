//! A full disk: what needs no room works, and what does says that there is none.

use std::fs::File;
use std::io::Write;
use std::process::Command;

use crate::commands::{Before, prepared};
use crate::home::{Ended, Home, copy};
use crate::layer::Fault;

/// Runs a command on a disk with so many bytes of room.
fn with_room(home: &Home, bytes: u64, arguments: &[&str]) -> Ended {
    home.run_under(home.command(arguments), Some(Fault::Room(home.room() + bytes)), None)
}

const READING: [&[&str]; 6] = [
    &["recommend", "2601.00001", "--json"],
    &["search", "violins", "--json"],
    &["show", "2601.00002"],
    &["info", "--json"],
    &["profile", "export"],
    &["check"],
];

#[test]
fn reading_needs_no_room() {
    let home = prepared(Before::Library);
    // Of the last answer, which is noted where there is room, nothing is asked.
    let expected: Vec<Ended> = READING.iter().map(|arguments| prepared(Before::Library).well(arguments)).collect();
    for shared_memory in [true, false] {
        for (arguments, expected) in READING.iter().zip(&expected) {
            if !shared_memory {
                let _ = std::fs::remove_file(home.path("library.db-shm"));
            }
            let ended = with_room(&home, 0, arguments);
            assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
            let told = |ended: &Ended| ended.stdout.replace(&*home.folder.to_string_lossy(), "");
            if arguments[0] != "info" {
                assert_eq!(told(&ended), told(expected), "{arguments:?}");
            }
        }
    }
}

/// A writer was killed before its log was folded in, and the shared memory is gone: what was
/// committed is read all the same.
#[test]
fn a_log_is_read_without_room_for_its_shared_memory() {
    let home = killed_with_a_log();
    let _ = std::fs::remove_file(home.path("library.db-shm"));
    let profile = with_room(&home, 0, &["profile", "export"]);
    assert_eq!(profile.code, Some(0), "{profile:?}");
    assert!(profile.stdout.contains("2601.00002"), "{profile:?}");
}

/// A home in which `like` was killed as late as it leaves a log.
fn killed_with_a_log() -> Home {
    for at in (1..40).rev() {
        let home = prepared(Before::Library);
        let killed = home.run_under(home.command(&["like", "2601.00002"]), Some(Fault::Kill(at)), None);
        let log = std::fs::metadata(home.path("library.db-wal"));
        if killed.code.is_none() && log.is_ok_and(|log| log.len() > 0) {
            return home;
        }
    }
    panic!("no kill left a log");
}

#[test]
fn papers_and_profiles_are_removed_without_any_room() {
    for room in [0, 4096, 16 << 10, 40 << 10, 64 << 10, 100 << 10, 1 << 20] {
        let home = prepared(Before::Library);
        let ended = with_room(&home, room, &["remove", "2601.00003", "2601.00008"]);
        assert_eq!((ended.code, ended.stdout.trim()), (Some(0), "removed 2"), "{room}: {ended:?}");
        let without_journal = ended.stderr.contains("no room for a journal");
        // The shared memory of a log alone takes 32 KiB; how much the log takes is not asked here.
        if !(32 << 10..1 << 20).contains(&room) {
            assert_eq!(without_journal, room < 32 << 10, "{room}: {ended:?}");
        }
        let ended = with_room(&home, 0, &["profile", "remove", "default"]);
        assert_eq!(ended.code, Some(0), "{room}: {ended:?}");
        assert_eq!(home.well(&["check"]).stdout, "8 papers, no problems\n");
        assert_eq!(home.run(&["profile", "list"]).stdout, "");
        // With room again, all goes on as before.
        home.well(&["add", "papers.jsonl"]);
        assert_eq!(home.well(&["check"]).stdout, "10 papers, no problems\n");
    }
}

#[test]
fn what_needs_room_says_that_there_is_none() {
    let home = prepared(Before::Library);
    for arguments in [&["like", "2601.00002"][..], &["add", "more.jsonl"], &["reembed", "--precision", "int8"]] {
        for room in [0, 4096, 36 << 10] {
            let ended = with_room(&home, room, arguments);
            assert!(ended.code.is_some_and(|code| code != 0), "{arguments:?} with {room}: {ended:?}");
            assert!(ended.stderr.contains("no room left"), "{arguments:?} with {room}: {ended:?}");
            assert!(!ended.stderr.contains("I/O error"), "{arguments:?} with {room}: {ended:?}");
        }
    }
    assert_eq!(home.well(&["check"]).stdout, "10 papers, no problems\n");
}

/// A home on a disk of its own, which goes with it.
struct SmallDisk(Home);

impl SmallDisk {
    /// A copy of a home, with so many bytes of room left; `None` where this user may not mount.
    fn with_room(from: &Home, bytes: u64) -> Option<SmallDisk> {
        let home = Home::new();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&home.folder).status();
        if !mounted.is_ok_and(|status| status.success()) {
            return None;
        }
        let disk = SmallDisk(home);
        copy(&from.folder, &disk.0.folder);
        let ballast = File::create(disk.0.path("ballast")).expect("a file");
        let mut filled = 0;
        while (&ballast).write_all(&[1; 4096]).is_ok() {
            filled += 4096;
        }
        ballast.set_len(filled - bytes).expect("a shorter file");
        Some(disk)
    }

    /// Without the layer: it is the disk that is full.
    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.0.command(arguments).output().expect("the program starts"))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0.folder).status();
    }
}

#[test]
#[ignore = "mounts disks, which takes a user who may"]
fn campaign_on_real_disks() {
    let whole = prepared(Before::Library);
    for room in (0..=40).map(|page| page * 4096) {
        let Some(disk) = SmallDisk::with_room(&whole, room) else {
            println!("not tried: this user may not mount a tmpfs");
            return;
        };
        for arguments in READING {
            let ended = disk.run(arguments);
            assert_eq!(ended.code, Some(0), "{room} bytes, {arguments:?}: {ended:?}");
        }
        let liked = disk.run(&["like", "2601.00002"]);
        assert!(liked.code == Some(0) || liked.stderr.contains("no room left"), "{room} bytes: {liked:?}");
        let removed = disk.run(&["remove", "2601.00003"]);
        assert_eq!((removed.code, removed.stdout.trim()), (Some(0), "removed 1"), "{room} bytes: {removed:?}");
        std::fs::remove_file(disk.0.path("ballast")).expect("a file");
        assert_eq!(disk.run(&["check"]).stdout, "9 papers, no problems\n", "{room} bytes");
        let profile = disk.run(&["profile", "export"]);
        assert_eq!(profile.stdout.contains("2601.00002"), liked.code == Some(0), "{room} bytes: {profile:?}");
        println!("{room} bytes of room: like ends with {:?}, {}", liked.code, removed.stderr.trim());
    }
}
