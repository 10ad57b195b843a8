//! One fault after the other, at points spread over the whole course of a command.
//!
//! In: a command, and how many points of each kind of fault to take. Out: for each what became of
//! the library. Points are drawn with a fixed seed, half of them among calls other than writes
//! (names, syncs, output), of which there are few and at which most can go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::commands::{Disturbed, prepared};
use crate::disk::{Call, Cut, Disk, calls};
use crate::home::{Content, Home};
use crate::judge::{Verdict, after_cut, after_fault};
use crate::layer::Fault;

/// What a command does where nothing disturbs it.
pub(crate) struct Undisturbed {
    pub before: Content,
    pub after: Content,
    pub calls: Vec<Call>,
    disk: Disk,
    /// Bytes that its files take before, in whole blocks.
    room: u64,
}

impl Undisturbed {
    pub(crate) fn of(command: &Disturbed) -> Undisturbed {
        let home = prepared(command.before);
        // A damaged library need not open.
        let before = if command.damaged { Content::default() } else { home.content().expect("a library that opens") };
        // Whole in one file, as a home that is copied is.
        let disk = Disk::of(&home.folder);
        let room = home.room();
        let log = home.beside("log");
        let ended = home.run_under(home.command(command.arguments), None, Some(&log));
        assert_eq!(ended.code, Some(0), "{}: {ended:?}", command.name);
        assert!(format!("{}{}", ended.stdout, ended.stderr).contains(command.says), "{}: {ended:?}", command.name);
        if !command.then.is_empty() {
            home.well(command.then);
        }
        let after = home.content().expect("a library that opens");
        Undisturbed { before, after, calls: calls(&log), disk, room }
    }

    fn written(&self) -> u64 {
        self.calls.iter().filter(|call| call.kind == b'w').map(|call| call.bytes.len() as u64).sum()
    }
}

/// What became of all runs of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub runs: usize,
    pub survived: usize,
    pub mended: usize,
    pub wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, verdict: Verdict, where_it_was: &str) {
        self.runs += 1;
        match verdict {
            Verdict::Survived => self.survived += 1,
            Verdict::Mended => self.mended += 1,
            Verdict::Wrong(why) => self.wrong.push(format!("{where_it_was}: {why}")),
        }
    }
}

/// A fault, or a cut after so many calls.
#[derive(Clone, Copy, Debug)]
enum Point {
    Fault(Fault),
    Cut(usize, Cut),
}

impl Point {
    fn kind(self) -> &'static str {
        match self {
            Point::Fault(fault) => fault.kind(),
            Point::Cut(_, Cut::NewNames) => "power cut, new names",
            Point::Cut(_, Cut::OldNames) => "power cut, old names",
            Point::Cut(_, Cut::Mixed(_)) => "power cut, some blocks",
        }
    }
}

/// Disturbs a command at up to `each` points of each kind of fault.
pub(crate) fn sweep(command: &Disturbed, each: usize) -> BTreeMap<&'static str, Tally> {
    let undisturbed = Undisturbed::of(command);
    let points = points(&undisturbed, each);
    let tallies = Mutex::new(BTreeMap::<&'static str, Tally>::new());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
            let verdict = disturb(command, &undisturbed, *point);
            let mut tallies = tallies.lock().expect("no thread panics with it");
            tallies.entry(point.kind()).or_default().count(verdict, &format!("{}, {point:?}", command.name));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(work);
        }
    });
    tallies.into_inner().expect("no thread panics with it")
}

fn disturb(command: &Disturbed, undisturbed: &Undisturbed, point: Point) -> Verdict {
    match point {
        Point::Fault(fault) => {
            let home = prepared(command.before);
            let ended = home.run_under(home.command(command.arguments), Some(fault), None);
            after_fault(command, undisturbed, &home, fault, &ended)
        }
        Point::Cut(number, cut) => {
            let mut disk = undisturbed.disk.clone();
            undisturbed.calls[..number].iter().for_each(|call| disk.follow(call));
            let home = Home::new();
            disk.cut(cut, &home.folder);
            let said: Vec<u8> = undisturbed.calls[..number]
                .iter()
                .filter(|call| call.kind == b'o')
                .flat_map(|call| call.bytes.clone())
                .collect();
            after_cut(command, undisturbed, &home, &String::from_utf8_lossy(&said))
        }
    }
}

fn points(undisturbed: &Undisturbed, each: usize) -> Vec<Point> {
    let calls = &undisturbed.calls;
    let mut points = Vec::new();
    let kinds = [Fault::Kill, Fault::Torn, Fault::Broken, Fault::BrokenFrom, Fault::NoRoom, Fault::NoRoomFrom];
    for (seed, kind) in (0..).zip(kinds) {
        points.extend(drawn(calls, each, seed).into_iter().map(|at| Point::Fault(kind(at + 1))));
    }
    let pages = undisturbed.written() / 4096 + 16;
    let mut coins = fastrand::Rng::with_seed(10);
    let rooms: BTreeSet<u64> = if pages as usize <= each {
        (0..pages).collect()
    } else {
        (0..each.div_ceil(3) as u64).chain((0..each - each.div_ceil(3)).map(|_| coins.u64(0..pages))).collect()
    };
    points.extend(rooms.into_iter().map(|page| Point::Fault(Fault::Room(undisturbed.room + page * 4096))));
    for at in drawn(calls, each, 20) {
        points.push(Point::Cut(at + 1, Cut::NewNames));
    }
    for at in drawn(calls, each, 21) {
        points.push(Point::Cut(at + 1, Cut::OldNames));
    }
    for at in drawn(calls, each, 22) {
        points.push(Point::Cut(at + 1, Cut::Mixed(at as u64)));
    }
    points
}

/// Numbers of calls: all, or so many, half of them of the rarer kinds.
fn drawn(calls: &[Call], count: usize, seed: u64) -> BTreeSet<usize> {
    let mut coins = fastrand::Rng::with_seed(seed);
    let (mut writes, mut others): (Vec<usize>, Vec<usize>) = (0..calls.len()).partition(|at| calls[*at].kind == b'w');
    coins.shuffle(&mut writes);
    coins.shuffle(&mut others);
    others.truncate((count / 2).max(count.saturating_sub(writes.len())));
    writes.truncate(count.saturating_sub(others.len()));
    others.into_iter().chain(writes).collect()
}
