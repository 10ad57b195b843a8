//! Damaged bytes: one place of a file is changed, and the program must see it or answer as before.
//!
//! In: a file that a home depends on, and a kind of damage. Out: whether the damage was named (by
//! `check`, or by a program that refuses), mended, or without consequence. An answer that differs
//! without a word is wrong, and so is a program that does not end by itself.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::asked;
use crate::commands::{Before, prepared};
use crate::home::{Ended, Home, copy};

/// Files of one kind, and how their damage is looked for.
struct Target {
    name: &'static str,
    before: Before,
    file: &'static str,
    look: fn(&Home, &Expected) -> Result<Seen, String>,
}

/// What became of a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Nothing differs.
    Harmless,
    /// It was named, or the program refuses.
    Named,
    /// It was named and mended.
    Mended,
}

/// What a home without damage answers.
struct Expected {
    library: String,
    answers: Vec<String>,
    output: Vec<u8>,
}

const TARGETS: [Target; 7] = [
    Target { name: "library", before: Before::Topics, file: "library.db", look: of_library },
    Target { name: "what was learned", before: Before::Learned, file: "library.db.learned", look: of_answers },
    Target {
        name: "journal of a bulk run",
        before: Before::Unfinished,
        file: "v.npy.part/journal.json",
        look: of_output,
    },
    Target { name: "rows of a bulk run", before: Before::Unfinished, file: "v.npy.part/rows", look: of_output },
    Target { name: "model: config.json", before: Before::OwnModel, file: "model/config.json", look: of_model },
    Target { name: "model: tokenizer.json", before: Before::OwnModel, file: "model/tokenizer.json", look: of_model },
    Target { name: "model: weights", before: Before::OwnModel, file: "model/model.safetensors", look: of_model },
];

const QUESTIONS: [&[&str]; 3] = [
    &["recommend", "2601.00001", "--json", "-k", "20"],
    &["search", "violins", "--json"],
    &["search", "counting", "--exact", "--json"],
];

/// One place of a file is changed.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Bit(usize, u8),
    /// So many bytes from there are zero, as in a block that was never written.
    Zero(usize, usize),
    /// The file ends there.
    Cut(usize),
}

impl Damage {
    fn drawn(length: usize, coins: &mut fastrand::Rng) -> Damage {
        let at = coins.usize(0..length.max(1));
        match coins.u8(0..10) {
            0 => Damage::Cut(at),
            1 => Damage::Zero(at / 512 * 512, 512),
            2 => Damage::Zero(at / 4096 * 4096, 4096),
            _ => Damage::Bit(at, coins.u8(0..8)),
        }
    }

    fn apply(self, path: &Path) {
        let mut bytes = fs::read(path).expect("a file");
        match self {
            Damage::Bit(at, bit) => bytes[at] ^= 1 << bit,
            Damage::Cut(at) => bytes.truncate(at),
            Damage::Zero(at, length) => {
                let end = bytes.len().min(at + length);
                bytes[at..end].fill(0);
            }
        }
        fs::write(path, bytes).expect("a file");
    }
}

/// Damages each kind of file at so many places; the lines of a table, and what went wrong.
pub(crate) fn sweep_damage(each: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    println!(
        "| file | damages | without consequence | named | mended | wrong |\n| --- | --- | --- | --- | --- | --- |"
    );
    for target in TARGETS.iter().filter(|target| asked(target.name)) {
        let found = sweep_target(target, each);
        let count = |seen: Seen| found.iter().filter(|(_, found)| *found == Ok(seen)).count();
        let (harmless, named, mended) = (count(Seen::Harmless), count(Seen::Named), count(Seen::Mended));
        let bad = found.iter().filter_map(|(damage, found)| {
            found.as_ref().err().map(|why| format!("{}, {damage:?}: {why}", target.name))
        });
        let before = wrong.len();
        wrong.extend(bad);
        let bad = wrong.len() - before;
        println!("| {} | {} | {harmless} | {named} | {mended} | {bad} |", target.name, found.len());
    }
    wrong
}

fn sweep_target(target: &Target, each: usize) -> Vec<(Damage, Result<Seen, String>)> {
    let whole = prepared(target.before);
    let length = fs::metadata(whole.path(target.file)).expect("a file").len() as usize;
    let expected = Expected::of(target.before);
    assert_eq!((target.look)(&prepared(target.before), &expected), Ok(Seen::Harmless), "{} as it was", target.name);
    let mut coins = fastrand::Rng::with_seed(length as u64);
    let damages: Vec<Damage> = (0..each).map(|_| Damage::drawn(length, &mut coins)).collect();
    let (found, next) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let work = || {
        while let Some(damage) = damages.get(next.fetch_add(1, Ordering::Relaxed)) {
            let home = prepared(target.before);
            damage.apply(&home.path(target.file));
            let seen = (target.look)(&home, &expected);
            found.lock().expect("no thread panics with it").push((*damage, seen));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(work);
        }
    });
    found.into_inner().expect("no thread panics with it")
}

impl Expected {
    fn of(before: Before) -> Expected {
        let home = prepared(before);
        let library = home.library().expect("a library that opens");
        let answers = QUESTIONS.iter().map(|asked| home.run(asked).stdout).collect();
        let output = if before == Before::Unfinished {
            home.well(&RESUME);
            fs::read(home.path("v.npy")).expect("vectors")
        } else {
            Vec::new()
        };
        Expected { library, answers, output }
    }
}

/// Not killed, not panicked.
fn ended_well(ended: &Ended) -> Result<(), String> {
    let well = ended.code.is_some() && !ended.stderr.contains("panicked");
    if well { Ok(()) } else { Err(format!("it did not end by itself: {ended:?}")) }
}

fn of_library(home: &Home, expected: &Expected) -> Result<Seen, String> {
    let check = home.run(&["check"]);
    ended_well(&check)?;
    if check.code == Some(0) {
        return match home.library() {
            Ok(library) if library == expected.library => same_answers(home, expected).map(|()| Seen::Harmless),
            found => Err(format!("check finds nothing, and it differs: {}", first_difference(&found, expected))),
        };
    }
    let repair = home.run(&["check", "--repair", "papers.jsonl"]);
    ended_well(&repair)?;
    // Questions to a damaged library end as well, however they end.
    QUESTIONS.iter().try_for_each(|asked| ended_well(&home.run(asked)))?;
    let mended = home.run(&["check"]).code == Some(0) && home.library().as_ref() == Ok(&expected.library);
    Ok(if mended { Seen::Mended } else { Seen::Named })
}

fn first_difference(found: &Result<String, String>, expected: &Expected) -> String {
    match found {
        Err(why) => why.clone(),
        Ok(found) => {
            let differs = found.lines().zip(expected.library.lines()).find(|(found, expected)| found != expected);
            format!("{differs:?}").chars().take(300).collect()
        }
    }
}

fn same_answers(home: &Home, expected: &Expected) -> Result<(), String> {
    for (asked, expected) in QUESTIONS.iter().zip(&expected.answers) {
        let ended = home.run(asked);
        ended_well(&ended)?;
        if ended.stdout != *expected {
            return Err(format!("{asked:?} answers otherwise: {}{}", ended.stdout, ended.stderr));
        }
    }
    Ok(())
}

/// A derived file: the answers are the same, whatever is in it.
fn of_answers(home: &Home, expected: &Expected) -> Result<Seen, String> {
    let told = home.run(QUESTIONS[0]);
    same_answers(home, expected)?;
    Ok(if told.stderr.contains("damaged") { Seen::Mended } else { Seen::Harmless })
}

/// A run that goes on.
const RESUME: [&str; 7] = ["embed", "--lines", "lines.txt", "-o", "v.npy", "--resume", "--json"];

fn of_output(home: &Home, expected: &Expected) -> Result<Seen, String> {
    let ended = home.run(&RESUME);
    ended_well(&ended)?;
    let written = fs::read(home.path("v.npy"));
    match (ended.code, written) {
        (Some(0), Ok(bytes)) if bytes == expected.output => Ok(Seen::Harmless),
        (Some(0), _) => Err(format!("other vectors without a word: {ended:?}")),
        (_, Err(_)) => Ok(Seen::Named),
        (_, Ok(_)) => Err(format!("it refuses, and leaves an output: {ended:?}")),
    }
}

/// A model folder of one's own: another model is refused for a library that was embedded with this
/// one, or answers as this one does.
fn of_model(home: &Home, expected: &Expected) -> Result<Seen, String> {
    let mut command = home.command(QUESTIONS[0]);
    command.env("RELATA_MODEL", home.path("model"));
    let ended = home.run_under(command, None, None);
    ended_well(&ended)?;
    let text = ["recommend", "--like-text", "Slow sampling of glaciers", "--json"];
    let mut command = home.command(&text);
    command.env("RELATA_MODEL", home.path("model"));
    let asked = home.run_under(command, None, None);
    ended_well(&asked)?;
    match (ended.code, asked.code) {
        (Some(0), Some(0)) if ended.stdout == expected.answers[0] => Ok(Seen::Harmless),
        (Some(0), Some(0)) => Err(format!("another answer without a word: {ended:?}")),
        _ => Ok(Seen::Named),
    }
}

/// The tiny model as a folder of one's own.
pub(crate) fn own_model(home: &Home) {
    fs::create_dir(home.path("model")).expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert"), &home.path("model"));
}

#[test]
fn damage_is_seen_or_without_consequence() {
    let wrong = sweep_damage(25);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
