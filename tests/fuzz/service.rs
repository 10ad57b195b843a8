//! Judgements, journals of interrupted runs and what was learned, through a handle to a library
//! with the tiny model.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use relata::Entry;
use relata::library::Filter;
use relata::model::Settings;
use relata::service::{Embed, Evaluate, Event, Note, Options, Recommend, Relata};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::allocator::alone_in_sqlite;
use crate::driver::{Bound, Target, fuzz};
use crate::random::Random;
use crate::{binary, corpus, mutate, tree};

const JUDGEMENTS: Target = Target {
    name: "judgements",
    runs: 1200,
    peak: Bound { base: 8 << 20, per_byte: 200 },
    total: Bound { base: 24 << 20, per_byte: 4000 },
};

const JOURNALS: Target = Target {
    name: "journals",
    runs: 250,
    peak: Bound { base: 16 << 20, per_byte: 100 },
    total: Bound { base: 64 << 20, per_byte: 2000 },
};

const LEARNED: Target = Target {
    name: "learned",
    runs: 120,
    peak: Bound { base: 64 << 20, per_byte: 40 },
    total: Bound { base: 512 << 20, per_byte: 400 },
};

fn invented(number: usize) -> Entry {
    let subjects = ["glaciers", "tokenisers", "bridges", "enzymes", "galaxies", "auctions", "violins"];
    let means = ["graph cuts", "slow sampling", "wave equations", "learned filters", "careful counting"];
    let (subject, mean) = (subjects[number % 7], means[number / 7 % 5]);
    let mut entry = corpus::entry(number, &format!("{mean} for {subject}, part {number}"));
    entry.abstract_text =
        Some(format!("We describe {subject} number {number} by {mean}, and observe {subject} {number} times."));
    entry.authors = vec![format!("Ada Example{}", number % 11), "Bo Muster".to_owned()];
    entry
}

/// A handle to the library of a folder, offline and with the tiny model.
fn relata(folder: &Path) -> Relata {
    let cache = folder.join("cache").into_os_string();
    let vars = |name: &str| (name == "RELATA_CACHE").then(|| cache.clone());
    let settings = Settings::from_vars(vars, None, Some(folder.to_owned())).expect("settings");
    let model = corpus::here("tests/models/tiny-bert").display().to_string();
    Relata::new(Options::new(folder.join("library.db"), Settings { offline: true, ..settings }).model(model))
}

fn library(papers: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let entries: Vec<Entry> = (0..papers).map(invented).collect();
    relata(folder.path()).add_entries(&entries, true).expect("added");
    folder
}

#[test]
fn judgements_are_read_whatever_the_bytes() {
    let _alone = alone_in_sqlite();
    let folder = library(12);
    let file = folder.path().join("judgements.jsonl");
    let seeds: Vec<Vec<u8>> = [
        "{\"query\": \"2601.00001\", \"relevant\": [\"2601.00002\", \"2601.00003\"]}\n{\"query\": \"arXiv:2601.00004v1\", \"relevant\": [\"2601.00011\"]}\n",
        "{\"like\": [\"2601.00001\", \"2601.00005\"], \"unlike\": [\"2601.00007\"], \"relevant\": [\"2601.00002\"]}\n\n{\"query\": \"2601.00009\", \"relevant\": [\"2601.00012\", \"2606.00001\"]}\n",
        "{\"like\": [\"https://arxiv.org/abs/2601.00006\"], \"relevant\": [\"2601.00008\"]}\r\n{\"query\": \"hep-th/9901001\", \"relevant\": []}\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    let notes: Arc<Mutex<Vec<Note>>> = Arc::default();
    let told = Arc::clone(&notes);
    let relata = relata(folder.path()).observed_by(move |event: Event| {
        if let Event::Note(note) = event {
            told.lock().expect("notes").push(note);
        }
    });
    let asked = json!({ "judgements": &file, "methods": ["cosine"] });
    let asked: Evaluate = serde_json::from_value(asked).expect("a request");
    let make = |random: &mut Random| mutate::one_of(random, &seeds);
    let check = |input: &[u8]| {
        fs::write(&file, input).expect("written");
        notes.lock().expect("notes").clear();
        let found = match relata.evaluate(&asked) {
            Ok(found) => found,
            Err(error) if error.to_string().contains("judgements.jsonl") => return Ok(()),
            Err(error) => return Err(format!("an error without its file: {error}")),
        };
        let lines = input.iter().filter(|byte| **byte == b'\n').count() + 1;
        let mut wrong = 0;
        for note in notes.lock().expect("notes").iter() {
            let Note::JudgementUnread { reason, .. } = note else { continue };
            wrong += 1;
            let number = reason
                .strip_prefix("line ")
                .and_then(|rest| rest.split(':').next())
                .and_then(|number| number.parse().ok());
            if number.is_none_or(|number: usize| number == 0 || number > lines) {
                return Err(format!("a reason without its line: {reason}"));
            }
        }
        let ids = found.judgements.iter().flat_map(|one| one.like.iter().chain(&one.unlike).chain(&one.relevant));
        if ids.clone().any(|id| !id.as_str().starts_with("2601.000")) {
            return Err("a paper that the library does not have".to_owned());
        }
        let counts = found.wrong == wrong && found.queries == found.judgements.len() && wrong + found.queries <= lines;
        if counts {
            Ok(())
        } else {
            Err(format!("counts that are wrong: {} and {} of {lines}", found.wrong, found.queries))
        }
    };
    fuzz(&JUDGEMENTS, make, check);
}

/// Texts of a window (`src/bulk/mod.rs`).
const WINDOW: usize = 1024;

/// A run that ended after its first window, and the output of one that did not.
struct Interrupted {
    folder: TempDir,
    request: Embed,
    parts: Vec<(String, Vec<u8>)>,
    whole: Vec<u8>,
}

impl Interrupted {
    fn new() -> Interrupted {
        let folder = tempfile::tempdir().expect("a folder");
        let (input, output) = (folder.path().join("texts.txt"), folder.path().join("v.npy"));
        fs::write(&input, (0..WINDOW + 6).map(|number| format!("text {number}\n")).collect::<String>())
            .expect("written");
        let request = Embed::new([&input], &output).lines(true).resume(true);
        // Whoever is told of the second window panics, which ends the run as a kill does.
        let killed = relata(folder.path()).observed_by(|event: Event| {
            if let Event::EmbeddedTexts(status) = event {
                assert!(status.rows <= WINDOW as u64, "killed");
            }
        });
        let ended = catch_unwind(AssertUnwindSafe(|| killed.embed(&request)));
        assert!(ended.is_err() && !output.exists(), "it ended before it was killed");
        let part = folder.path().join("v.npy.part");
        let parts =
            ["journal.json", "rows", "ids"].map(|name| (name.to_owned(), fs::read(part.join(name)).expect("a part")));
        relata(folder.path()).embed(&request).expect("embedded");
        let whole = fs::read(&output).expect("an output");
        Interrupted { folder, request, parts: parts.into(), whole }
    }

    /// Puts the interrupted run back, with another journal.
    fn reset(&self, journal: &[u8]) -> PathBuf {
        let part = self.folder.path().join("v.npy.part");
        for gone in ["v.npy", "v.npy.ids"] {
            let _ = fs::remove_file(self.folder.path().join(gone));
        }
        let _ = fs::remove_dir_all(&part);
        fs::create_dir(&part).expect("a folder");
        for (name, bytes) in &self.parts {
            let bytes = if name == "journal.json" { journal } else { bytes };
            fs::write(part.join(name), bytes).expect("written");
        }
        part
    }
}

#[test]
fn journals_are_read_whatever_the_bytes() {
    let _alone = alone_in_sqlite();
    let interrupted = Interrupted::new();
    let good = interrupted.parts[0].1.clone();
    let mut unsummed: Value = serde_json::from_slice(&good).expect("JSON");
    unsummed.as_object_mut().expect("an object").remove("sum");
    let unsummed = serde_json::to_vec(&unsummed).expect("JSON");
    let make = |random: &mut Random| match random.below(4) {
        // One of an earlier version, which has no sum, so that what it says is believed.
        0 | 1 => tree::mutate(random, &unsummed),
        2 => tree::mutate(random, &good),
        _ => mutate::mutate(random, &good, &[]),
    };
    let relata = relata(interrupted.folder.path());
    let check = |input: &[u8]| {
        let part = interrupted.reset(input);
        let same = |one: &[u8], other: &[u8]| {
            let [one, other] = [one, other].map(|bytes| serde_json::from_slice::<Value>(bytes).ok());
            one.is_some() && one == other
        };
        match relata.embed(&interrupted.request) {
            Ok(_) => {
                let made = fs::read(&interrupted.request.output).unwrap_or_default();
                let kept = same(input, &good) || same(input, &unsummed);
                if kept && made != interrupted.whole {
                    Err("other vectors than of a run in one go".to_owned())
                } else {
                    Ok(())
                }
            }
            Err(error) if input == good => Err(format!("a good journal is refused: {error}")),
            Err(error) if error.to_string().contains(&part.display().to_string()) => Ok(()),
            Err(error) => Err(format!("an error without its folder: {error}")),
        }
    };
    fuzz(&JOURNALS, make, check);
}

#[test]
fn what_was_learned_is_read_whatever_the_bytes() {
    let _alone = alone_in_sqlite();
    let folder = library(520);
    relata(folder.path()).prepare().expect("prepared");
    let file = folder.path().join("library.db.learned");
    let good = fs::read(&file).expect("what was learned");
    let asked = Recommend::new().like(["2601.00003".parse().expect("an id")]).filter(Filter::new()).k(3);
    let answer = |relata: &Relata| {
        let answer = relata.recommend(&asked).map_err(|error| format!("damage is an error: {error}"))?;
        Ok::<Vec<String>, String>(answer.results.iter().map(|row| row.id.to_string()).collect())
    };
    let expected = answer(&relata(folder.path())).expect("an answer");
    let make = |random: &mut Random| {
        let mut bytes = binary::mutate(random, &good);
        // A sum that fits makes a damaged file pass for a whole one.
        if random.one_in(2) && bytes.len() > 4 {
            let end = bytes.len() - 4;
            let sum = crc32fast::hash(&bytes[..end]).to_le_bytes();
            bytes[end..].copy_from_slice(&sum);
        }
        bytes
    };
    let check = |input: &[u8]| {
        fs::write(folder.path().join("new"), input)
            .and_then(|()| fs::rename(folder.path().join("new"), &file))
            .expect("written");
        let found = answer(&relata(folder.path()))?;
        let summed =
            input.split_last_chunk::<4>().is_some_and(|(bytes, sum)| crc32fast::hash(bytes).to_le_bytes() == *sum);
        // What was learned anew is what was learned before.
        if found.len() == 3 && (summed || found == expected) {
            Ok(())
        } else {
            Err(format!("another answer: {found:?}"))
        }
    };
    fuzz(&LEARNED, make, check);
}
