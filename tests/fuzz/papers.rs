//! Readers of papers, of plain lines and of ids on inputs that nobody would write.

use std::io::Read;
use std::path::Path;

use relata::paper::{Field, ValueRef};
use relata::reader::{self, Format, Line, Reading, Report, read_answer};
use relata::{ArxivId, Entry, Skipped};

use crate::driver::{Bound, Target, fuzz};
use crate::random::Random;
use crate::{binary, corpus, mutate};

const READ: Target = Target {
    name: "papers",
    runs: 24_000,
    peak: Bound { base: 3 << 20, per_byte: 120 },
    total: Bound { base: 6 << 20, per_byte: 3000 },
};

const ANSWERS: Target = Target {
    name: "answers",
    runs: 6000,
    peak: Bound { base: 3 << 20, per_byte: 200 },
    total: Bound { base: 6 << 20, per_byte: 3000 },
};

/// Unpacking has tables and windows of its own, whose sizes the packed file names.
const PACKED: Target = Target {
    name: "packed",
    runs: 3000,
    peak: Bound { base: 300 << 20, per_byte: 400 },
    total: Bound { base: 400 << 20, per_byte: 4000 },
};

const LINES: Target = Target {
    name: "lines",
    runs: 2000,
    peak: Bound { base: 3 << 20, per_byte: 40 },
    total: Bound { base: 6 << 20, per_byte: 1000 },
};

const IDS: Target = Target {
    name: "ids",
    runs: 16_000,
    peak: Bound { base: 1 << 16, per_byte: 60 },
    total: Bound { base: 1 << 18, per_byte: 600 },
};

/// Names by which files tell their day.
const NAMES: [&str; 4] = ["some.file", "2026-02-14.md", "digest_20260230.jsonl", "x/\u{1b}[2J\u{202e}.csv"];

struct Found {
    entries: Vec<Entry>,
    skipped: Vec<Skipped>,
    report: Result<Report, String>,
}

fn read(name: &str, input: impl Read) -> Found {
    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    let report = reader::read_from(Path::new(name), input, &mut |reading| {
        match reading {
            Reading::Entry(entry) => entries.push(*entry),
            Reading::Skipped(one) => skipped.push(one),
        }
        Ok(())
    });
    Found { entries, skipped, report: report.map_err(|error| error.to_string()) }
}

/// Gives a few bytes at a time, as a slow pipe does.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 % 7 + 1;
        let length = self.1.min(self.0.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn is_clean(text: &str) -> bool {
    let unwanted = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{200b}')
            || matches!(letter, '\u{e0000}'..='\u{e0fff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}')
    };
    !text.is_empty() && !text.chars().any(unwanted) && !text.contains("  ") && text.trim() == text
}

/// Whether a text is an id in its canonical spelling, and nothing else.
fn is_id(id: &ArxivId) -> bool {
    let (year, month) = id.submitted();
    let canonical = ArxivId::parse(id.as_str()).is_some_and(|(again, version)| again == *id && version.is_none());
    canonical && (1991..=2090).contains(&year) && (1..=12).contains(&month)
}

fn entry_holds(entry: &Entry) -> Result<(), String> {
    if !is_id(&entry.id) {
        return Err(format!("an id that is none: {}", entry.id));
    }
    for &field in Field::ALL {
        let texts: Vec<&str> = match entry.metadata.get(field) {
            Some(ValueRef::Text(text)) => vec![text],
            Some(ValueRef::List(list)) => list.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        if let Some(text) = texts.into_iter().find(|text| !is_clean(text) || text.len() > field.most_bytes()) {
            return Err(format!("a value that is not clean: {text:?}"));
        }
    }
    let others = entry.categories.iter().chain(entry.links.values()).chain(entry.summaries.values());
    if let Some(text) = others.into_iter().find(|text| !is_clean(text) || text.len() > 64 << 10) {
        return Err(format!("a text that is not clean: {text:?}"));
    }
    match entry.links.values().find(|link| !link.starts_with("http")) {
        Some(link) => Err(format!("a link that is none: {link:?}")),
        None => Ok(()),
    }
}

/// What holds for every input.
fn holds(input: &[u8], packed: bool) -> Result<(), String> {
    let name = NAMES[input.len() % NAMES.len()];
    let found = read(name, input);
    let again = read(name, Drops(input, 0));
    if (&found.entries, &found.skipped, &found.report) != (&again.entries, &again.skipped, &again.report) {
        return Err("two answers to the same bytes".to_owned());
    }
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    let within = |line: u64| packed || line <= lines;
    for entry in &found.entries {
        entry_holds(entry)?;
        if entry.line == 0 || !within(entry.line) {
            return Err(format!("line {} of {lines} has an entry", entry.line));
        }
    }
    for one in &found.skipped {
        // Of a packed file, the whole is what cannot be read.
        let whole = packed || ["damaged", "cut off"].iter().any(|what| one.reason.contains(what));
        if one.file.is_empty() || !whole && (one.line == 0 || !within(one.line)) {
            return Err(format!("a skip without its place: {one:?}"));
        }
        if !is_clean(&one.reason) || one.reason.chars().count() > 301 {
            return Err(format!("a reason that is not clean: {:?}", one.reason));
        }
    }
    match found.report {
        Ok(report) if (report.entries, report.skipped) != (found.entries.len() as u64, found.skipped.len() as u64) => {
            Err(format!("counts that are wrong: {report:?}"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.starts_with(name) => Ok(()),
        Err(error) => Err(format!("an error without its file: {error}")),
    }
}

#[test]
fn papers_are_read_whatever_the_bytes() {
    let seeds = corpus::papers();
    let make = |random: &mut Random| mutate::one_of(random, &seeds);
    fuzz(&READ, make, |input| holds(input, false));
}

/// What holds for every answer of a server: it is the same twice, clean, and what the file says.
fn answer_holds(input: &[u8]) -> Result<(), String> {
    let answer = read_answer("2026-02-14.xml", input);
    if answer != read_answer("2026-02-14.xml", input) {
        return Err("two answers to the same bytes".to_owned());
    }
    for record in &answer.records {
        entry_holds(&record.entry)?;
    }
    let reasons = answer.skipped.iter().map(|one| &one.reason).chain(answer.errors.iter().map(|error| &error.message));
    if let Some(text) = reasons.chain(&answer.title).find(|text| !text.is_empty() && !is_clean(text)) {
        return Err(format!("a text that is not clean: {text:?}"));
    }
    let file = read("2026-02-14.xml", input);
    let formats = [Format::Atom, Format::Rss, Format::Api, Format::Oai];
    if file.report.is_ok_and(|report| formats.contains(&report.format))
        && !file.entries.iter().eq(answer.records.iter().map(|record| &*record.entry))
    {
        return Err("the file and the answer differ".to_owned());
    }
    Ok(())
}

#[test]
fn answers_are_read_whatever_the_bytes() {
    let seeds = corpus::answers();
    assert!(seeds.len() > 10, "{} feeds and answers", seeds.len());
    let make = |random: &mut Random| {
        let seed = random.pick(&seeds).clone();
        mutate::mutate(random, &seed, &seeds)
    };
    fuzz(&ANSWERS, make, answer_holds);
}

#[test]
fn packed_papers_are_read_whatever_the_bytes() {
    let seeds = corpus::papers();
    let make = |random: &mut Random| {
        let mut input = mutate::one_of(random, &seeds);
        for _ in 0..random.length(3) {
            input = binary::pack(random, &input);
        }
        if random.one_in(4) { input } else { binary::mutate(random, &input) }
    };
    fuzz(&PACKED, make, |input| holds(input, true));
}

#[test]
fn lines_are_read_whatever_the_bytes() {
    let seeds = corpus::papers();
    let make = |random: &mut Random| mutate::one_of(random, &seeds);
    fuzz(&LINES, make, |input| {
        let read = |input: &mut dyn Read| {
            let mut lines = Vec::new();
            let report = reader::read_lines(Path::new("some.file"), input, &mut |line| {
                lines.push(match line {
                    Line::Text { number, text } => (number, text),
                    Line::Skipped(skipped) => (skipped.line, String::new()),
                });
                Ok(())
            });
            (lines, report.map(|report| report.lines).map_err(|error| error.to_string()))
        };
        let (lines, count) = read(&mut &*input);
        if read(&mut Drops(input, 0)) != (lines.clone(), count.clone()) {
            return Err("two answers to the same bytes".to_owned());
        }
        if !lines.is_sorted_by(|one, other| one.0 < other.0) {
            return Err("lines out of order".to_owned());
        }
        match count {
            Ok(count) if lines.last().is_some_and(|(number, _)| *number > count + 1) => Err("too few lines".to_owned()),
            Ok(_) => Ok(()),
            Err(error) if error.starts_with("some.file") => Ok(()),
            Err(error) => Err(format!("an error without its file: {error}")),
        }
    });
}

/// Texts in which ids stand in some form.
const FORMS: &[&str] = &[
    "2602.10611v2",
    "arXiv:2602.10611v2 [cs.LG] 14 Feb 2026",
    "https://arxiv.org/abs/math.GT/0309136",
    "hep-th/9901001v3",
    "https://doi.org/10.48550/arXiv.2602.10611",
    "oai:arXiv.org:2602.10611",
    "https://huggingface.co/papers/2602.10611",
    "https://www.alphaxiv.org/abs/2602.10611v1?x=1#y",
    "(see arXiv:2602.10611, arXiv:2602.10612v2 and section 2602.10613)",
    "ar5iv.labs.arxiv.org/html/2602.10611",
    "abs/2602.10611",
    "[2602.10611]",
    "\u{feff}2602.10611\u{200b}.",
    "0704.0001",
];

#[test]
fn ids_are_read_whatever_the_text() {
    let seeds: Vec<Vec<u8>> = FORMS.iter().map(|form| form.as_bytes().to_vec()).collect();
    let make = |random: &mut Random| mutate::one_of(random, &seeds);
    fuzz(&IDS, make, |input| {
        let text = String::from_utf8_lossy(input);
        let alone = ArxivId::parse(&text);
        let within = ArxivId::find_in(&text);
        match alone.iter().chain(&within).find(|(id, version)| !is_id(id) || *version == Some(0)) {
            Some(found) => Err(format!("no id: {found:?}")),
            None => Ok(()),
        }
    });
}
