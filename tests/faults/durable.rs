//! What is said is synced: nothing that a command has said goes with the power.
//!
//! A reader that holds the log open is the hard case. The log is then not folded in when the
//! writer closes the library, which would sync as well.

use crate::commands::{ALL, Before, Disturbed, prepared};
use crate::disk::{Call, Cut, Disk, calls};
use crate::home::Home;

/// Commands that say what they changed in a library.
fn saying() -> impl Iterator<Item = &'static Disturbed> {
    ALL.iter()
        .filter(|command| command.before == Before::Library && !command.says.is_empty() && command.name != "export")
}

/// The number of calls up to the one that says it, and all calls.
fn said(command: &Disturbed, calls: &[Call]) -> usize {
    let says = |call: &Call| call.kind == b'o' && String::from_utf8_lossy(&call.bytes).contains(command.says);
    calls.iter().position(says).unwrap_or_else(|| panic!("{} does not say {:?}", command.name, command.says)) + 1
}

#[test]
fn commands_sync_before_they_say_it_with_a_reader_beside_them() {
    let names: Vec<&str> = saying().map(|command| command.name).collect();
    for name in ["add", "like", "unlike", "remove", "profile import"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for command in saying() {
        let home = prepared(command.before);
        let reader = rusqlite::Connection::open(home.path("library.db")).expect("a library");
        reader.execute_batch("BEGIN").expect("a transaction");
        let read = || reader.query_row("SELECT count(*) FROM papers", [], |row| row.get::<_, u64>(0));
        assert_eq!(read(), Ok(10));
        let mut disk = Disk::of(&home.folder);
        let log = home.beside("log");
        let ended = home.run_under(home.command(command.arguments), None, Some(&log));
        assert_eq!(ended.code, Some(0), "{}: {ended:?}", command.name);
        let calls = calls(&log);
        let before = &calls[..said(command, &calls)];
        let last = |kind: u8| before.iter().rposition(|call| call.kind == kind);
        assert!(last(b's') > last(b'w'), "{}: nothing is synced after the last write", command.name);
        // The reader still sees the old state, and has kept the log from being folded in.
        assert_eq!(read(), Ok(10));
        let after = home.library().expect("a library");
        before.iter().for_each(|call| disk.follow(call));
        for cut in [Cut::NewNames, Cut::OldNames, Cut::Mixed(1), Cut::Mixed(2), Cut::Mixed(3)] {
            let left = Home::new();
            disk.cut(cut, &left.folder);
            assert!(left.library() == Ok(after.clone()), "{}, {cut:?}: what was said is lost", command.name);
            assert_eq!(left.run(&["check"]).code, Some(0), "{}, {cut:?}", command.name);
        }
    }
}

/// One change costs one sync of the log. The others are of opening it and of folding it in.
#[test]
fn a_like_syncs_its_log_once() {
    let home = prepared(Before::Library);
    let reader = rusqlite::Connection::open(home.path("library.db")).expect("a library");
    reader.execute_batch("BEGIN; SELECT count(*) FROM papers").expect("a transaction");
    let syncs = |id: &str| {
        let log = home.beside(id);
        let ended = home.run_under(home.command(&["like", id]), None, Some(&log));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        calls(&log).iter().filter(|call| call.kind == b's').count()
    };
    // The first has a new log to begin, whose head is synced as well.
    assert!(syncs("2601.00002") <= 2);
    assert_eq!(syncs("2601.00003"), 1);
}
