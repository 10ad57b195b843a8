//! The commands that the campaign disturbs, each with the home that it finds.

use std::sync::{Mutex, PoisonError};

use crate::damage::own_model;
use crate::disk::{Call, calls};
use crate::fetch::FETCH;
use crate::home::Home;
use crate::layer::Fault;

/// What a command finds in its home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing at all.
    Nothing,
    /// Papers to add, and no library.
    Papers,
    /// A library of ten papers with vectors, and files of papers to add and to like.
    Library,
    /// The same with topics.
    Topics,
    /// The same with liked texts that are no papers, which are not embedded yet.
    Texts,
    /// A library that is large enough for what it teaches to be kept in a file.
    Many,
    /// Texts to embed.
    Lines,
    /// Papers without vectors, and a file with those of all.
    #[cfg(feature = "parquet")]
    Vectors,
    /// The library with a wrong letter and two wrong vectors.
    Damaged,
    /// A library with what it teaches in a file.
    Learned,
    /// Texts of which the first window is embedded.
    Unfinished,
    /// A library that was embedded with a model folder of one's own.
    OwnModel,
}

/// A command, and what is promised of it.
pub(crate) struct Disturbed {
    /// As the table names it.
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    /// What it finds.
    pub before: Before,
    /// What it prints once its work is durable.
    pub says: &'static str,
    /// Whether it changes the library in one step: then there is the old state and the new one, and
    /// none between.
    pub one_step: bool,
    /// Whether the library is damaged before it.
    pub damaged: bool,
    /// What is run after it, and completes what it leaves to others.
    pub then: &'static [&'static str],
    /// Exit codes of a run after another one: other than 0 where nothing is left to do.
    pub again: &'static [i32],
}

const PLAIN: Disturbed = Disturbed {
    name: "",
    arguments: &[],
    before: Before::Papers,
    says: "",
    one_step: false,
    damaged: false,
    then: &[],
    again: &[0],
};

/// All commands.
pub(crate) const ALL: &[Disturbed] = &[
    Disturbed {
        name: "add --no-embed, no library yet",
        arguments: &["add", "--no-embed", "papers.jsonl"],
        before: Before::Papers,
        says: "added",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "add, no library yet",
        arguments: &["add", "papers.jsonl"],
        before: Before::Papers,
        says: "added",
        ..PLAIN
    },
    Disturbed { name: "add", arguments: &["add", "more.jsonl"], before: Before::Library, says: "added", ..PLAIN },
    Disturbed {
        name: "like",
        arguments: &["like", "2601.00002", "2601.00005"],
        before: Before::Library,
        says: "changed 2",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "unlike",
        arguments: &["unlike", "2601.00001", "2601.00007"],
        before: Before::Library,
        says: "changed 2",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "follow",
        arguments: &["follow", "--author", "Ada Example", "--words", "ice"],
        before: Before::Library,
        says: "changed 2",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "note",
        arguments: &["note", "2601.00002", "Compare with part 7."],
        before: Before::Library,
        says: "changed 1",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "tag",
        arguments: &["tag", "2601.00002", "to cite", "ice"],
        before: Before::Library,
        says: "changed 2",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "read",
        arguments: &["read", "2601.00002", "2601.00005"],
        before: Before::Library,
        says: "changed 2",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "profile import (texts)",
        arguments: &["profile", "import", "texts.bib"],
        before: Before::Library,
        says: "matched",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "recommend (embeds texts)",
        arguments: &["recommend", "--profile", "default", "--json"],
        before: Before::Texts,
        ..PLAIN
    },
    Disturbed {
        name: "profile import",
        arguments: &["profile", "import", "mine.bib"],
        before: Before::Library,
        says: "matched",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "profile weight",
        arguments: &["profile", "weight", "1", "0"],
        before: Before::Library,
        says: "muted",
        one_step: true,
        ..PLAIN
    },
    Disturbed {
        name: "profile remove",
        arguments: &["profile", "remove", "default"],
        before: Before::Library,
        says: "default",
        one_step: true,
        again: &[0, 2],
        ..PLAIN
    },
    Disturbed {
        name: "remove",
        arguments: &["remove", "2601.00003", "2601.00008"],
        before: Before::Library,
        says: "removed",
        one_step: true,
        again: &[0, 1],
        ..PLAIN
    },
    Disturbed { name: "topics", arguments: &["topics"], before: Before::Library, ..PLAIN },
    Disturbed {
        name: "topics rename",
        arguments: &["topics", "rename", "1", "Ice and bridges"],
        before: Before::Topics,
        says: "Ice and bridges",
        one_step: true,
        ..PLAIN
    },
    Disturbed { name: "topics --html", arguments: &["topics", "--html", "map.html"], before: Before::Topics, ..PLAIN },
    Disturbed {
        name: "today",
        arguments: &["today", "more.jsonl", "--at-least", "0"],
        before: Before::Library,
        ..PLAIN
    },
    Disturbed {
        name: "today --feed",
        arguments: &["today", "more.jsonl", "--at-least", "0", "--feed", "public"],
        before: Before::Library,
        ..PLAIN
    },
    Disturbed {
        name: "fetch",
        arguments: &["fetch", "cs.LG", "--no-embed"],
        before: Before::Nothing,
        says: " new",
        again: &[0, 1],
        ..PLAIN
    },
    Disturbed {
        name: "fetch --all",
        arguments: &["fetch", "--all", "--no-embed"],
        before: Before::Nothing,
        says: " new papers",
        again: &[0, 1],
        ..PLAIN
    },
    Disturbed {
        name: "recommend (learns)",
        arguments: &["recommend", "2601.00001", "--json"],
        before: Before::Many,
        ..PLAIN
    },
    Disturbed {
        name: "reembed",
        arguments: &["reembed", "--precision", "int8", "--forget-others"],
        before: Before::Library,
        ..PLAIN
    },
    Disturbed {
        name: "export",
        arguments: &["export", "--csv", "table.csv", "--fresh"],
        before: Before::Library,
        says: "Wrote",
        ..PLAIN
    },
    Disturbed {
        name: "embed",
        arguments: &["embed", "--lines", "lines.txt", "-o", "v.npy", "--resume"],
        before: Before::Lines,
        says: "v.npy",
        ..PLAIN
    },
    #[cfg(feature = "parquet")]
    Disturbed {
        name: "embed to Parquet",
        arguments: &["embed", "papers.jsonl", "-o", "v.parquet", "--resume"],
        before: Before::Papers,
        says: "v.parquet",
        ..PLAIN
    },
    #[cfg(feature = "parquet")]
    Disturbed {
        name: "import-vectors",
        arguments: &["import-vectors", "v.parquet"],
        before: Before::Vectors,
        says: "taken",
        ..PLAIN
    },
    Disturbed { name: "model fetch", arguments: &[FETCH], before: Before::Nothing, says: "fetched", ..PLAIN },
    Disturbed {
        name: "check --repair",
        arguments: &["check", "--repair", "papers.jsonl"],
        before: Before::Damaged,
        damaged: true,
        // Vectors that had to be deleted are made by the next answer, if not at once.
        then: &["recommend", "2601.00001"],
        ..PLAIN
    },
];

/// Paper number `n` as a JSON line; no two have the same text.
pub(crate) fn paper(n: usize) -> String {
    let subject = ["glaciers", "tokenisers", "bridges", "enzymes", "galaxies", "auctions", "violins"][n % 7];
    let mean = ["graph cuts", "slow sampling", "wave equations", "learned filters", "careful counting"][n / 7 % 5];
    format!(
        "{{\"id\": \"2601.{:05}\", \"title\": \"{mean} for {subject}, part {n}\", \"authors\": [\"Ada Example{}\"], \
         \"categories\": [\"{}\"], \"published\": \"2026-01-0{}\", \
         \"abstract\": \"We describe {subject} number {n} by {mean}. The {subject} are observed {n} times.\"}}\n",
        n + 1,
        n % 11,
        ["cs.LG", "stat.ML", "astro-ph.GA"][n % 3],
        n % 9 + 1,
    )
}

fn papers(home: &Home) {
    home.write("papers.jsonl", (0..10).map(paper).collect::<String>());
}

/// Ten papers with vectors, of which one is liked; six more to come, of which four are new.
fn library(home: &Home) {
    papers(home);
    home.write("more.jsonl", (8..14).map(paper).collect::<String>());
    home.write("mine.bib", "@article{a, title = {X}, eprint = {2601.00004}}\n@misc{b, eprint = {2601.00006}}\n");
    home.write("texts.bib", TEXTS);
    home.well(&["add", "papers.jsonl"]);
    home.well(&["like", "2601.00001"]);
}

/// References of which the library has the first alone.
const TEXTS: &str = "@misc{a, eprint = {2601.00004}}\n\
    @article{b, title = {Slow rivers of ice}, abstract = {Ice flows slowly and is measured.}}\n\
    @article{c, title = {Bridges that sing}, doi = {10.1000/sing}, abstract = {We listen to bridges in the wind.}}\n";

fn topics(home: &Home) {
    library(home);
    home.well(&["topics"]);
}

/// A library that is large enough for what it teaches to be kept in a file.
fn many(home: &Home) {
    home.write("papers.jsonl", (0..520).map(paper).collect::<String>());
    home.well(&["add", "papers.jsonl"]);
}

fn lines(home: &Home, count: usize) {
    home.write("lines.txt", (0..count).map(|n| format!("text {n}\n")).collect::<String>());
}

/// Stopped before the end of its second window: the disk was full.
fn unfinished(home: &Home) {
    lines(home, 1030);
    let log = home.beside("log");
    let whole = home.copy();
    let arguments = ["embed", "--lines", "lines.txt", "-o", "v.npy"];
    assert_eq!(whole.run_under(whole.command(&arguments), None, Some(&log)).code, Some(0));
    // The journal is written at the start and after each window.
    let journal = |call: &Call| call.kind == b'r' && call.bytes.ends_with(b"v.npy.part/journal.json");
    let moved = calls(&log).iter().enumerate().filter(|(_, call)| journal(call)).map(|(at, _)| at).nth(1);
    let fault = Fault::Kill(moved.expect("a journal of the first window") + 3);
    assert_eq!(home.run_under(home.command(&arguments), Some(fault), None).code, None);
    assert!(home.path("v.npy.part/rows").exists());
}

/// A library with a wrong letter in a title, and two wrong bytes in each of two vectors.
fn damaged(home: &Home) {
    library(home);
    let connection = rusqlite::Connection::open(home.path("library.db")).expect("a library");
    let damage = "UPDATE stored_papers SET title = replace(title, 'graph', 'grapf') WHERE id = '2601.00002'; \
                  UPDATE stored_embeddings SET vector = CAST(x'0102' || substr(vector, 3) AS BLOB) WHERE key IN \
                  (SELECT key FROM embeddings ORDER BY key LIMIT 2)";
    connection.execute_batch(damage).expect("damage");
}

/// A prepared home: made once, then copied.
pub(crate) fn prepared(before: Before) -> Home {
    static MADE: Mutex<Vec<(Before, Home)>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, home)) = made.iter().find(|(of, _)| *of == before) {
        return home.copy();
    }
    let home = Home::new();
    match before {
        Before::Nothing => {}
        Before::Papers => papers(&home),
        Before::Library => library(&home),
        Before::Topics => topics(&home),
        Before::Texts => {
            library(&home);
            home.well(&["profile", "import", "texts.bib"]);
        }
        Before::Many => many(&home),
        Before::Lines => lines(&home, 40),
        #[cfg(feature = "parquet")]
        Before::Vectors => {
            papers(&home);
            home.well(&["add", "--no-embed", "papers.jsonl"]);
            home.well(&["embed", "papers.jsonl", "-o", "v.parquet"]);
        }
        Before::Damaged => damaged(&home),
        Before::Learned => {
            many(&home);
            home.well(&["recommend", "2601.00001"]);
        }
        Before::Unfinished => unfinished(&home),
        Before::OwnModel => {
            papers(&home);
            own_model(&home);
            let mut command = home.command(&["add", "papers.jsonl"]);
            command.env("RELATA_MODEL", home.path("model"));
            assert_eq!(home.run_under(command, None, None).code, Some(0));
        }
    }
    let copy = home.copy();
    made.push((before, home));
    copy
}
