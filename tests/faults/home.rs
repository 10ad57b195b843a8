//! A temporary home with a library, commands that run in it, and what it holds afterwards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use relata::library::Library;
use rusqlite::types::ValueRef;
use tempfile::TempDir;

use crate::fetch::{self, FETCH};
use crate::layer::{Fault, under};

/// A temporary home. All that a command reads or writes lies in `folder`.
pub(crate) struct Home {
    _owner: TempDir,
    pub folder: PathBuf,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` where it was killed.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// What a home holds: the library in words, and the other files by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub library: String,
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Home {
    pub(crate) fn new() -> Home {
        let owner = TempDir::new().expect("a temporary folder");
        let folder = owner.path().join("home");
        fs::create_dir(&folder).expect("a folder");
        Home { _owner: owner, folder }
    }

    /// Another home with the same files.
    pub(crate) fn copy(&self) -> Home {
        let home = Home::new();
        copy(&self.folder, &home.folder);
        home
    }

    /// A file of the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file beside the home, which no fault touches.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
    }

    /// A command in this home, offline, with a tiny random-weight model.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        if arguments == [FETCH] {
            return fetch::command(self);
        }
        if arguments.first() == Some(&"fetch") {
            return fetch::from_arxiv(self, arguments);
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_relata"));
        self.settle(command.args(arguments));
        command
    }

    /// Gives a command this home and nothing of the machine's own.
    pub(crate) fn settle(&self, command: &mut Command) {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert");
        command.current_dir(&self.folder).env("RELATA_LIBRARY", self.path("library.db")).env("RELATA_MODEL", model);
        command.env("RELATA_CACHE", self.path("cache")).env("RELATA_OFFLINE", "1").env("HOME", &self.folder);
        command.env("RELATA_CONFIG", self.path("config.toml"));
        command.env("RAYON_NUM_THREADS", "2").stdin(Stdio::null());
    }

    /// Runs a command without a fault.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_under(self.command(arguments), None, None)
    }

    /// Runs a command under the layer.
    pub(crate) fn run_under(&self, mut command: Command, fault: Option<Fault>, log: Option<&Path>) -> Ended {
        under(&mut command, &self.folder, fault, log);
        Ended::from(command.output().expect("the program starts"))
    }

    /// Runs a command that must end with 0.
    pub(crate) fn well(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        ended
    }

    /// The library in words, `None` where there is none or it holds nothing. What SQLite would
    /// recover of a log is recovered by this.
    pub(crate) fn library(&self) -> Result<String, String> {
        library(&self.path("library.db"))
    }

    /// Bytes that its files take, in whole blocks.
    pub(crate) fn room(&self) -> u64 {
        fn below(folder: &Path) -> u64 {
            let sizes = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| match entry.metadata() {
                Ok(about) if about.is_dir() => below(&entry.path()),
                about => about.map_or(0, |about| about.len().next_multiple_of(4096)),
            });
            sizes.sum()
        }
        below(&self.folder)
    }

    /// The library and all other files; of files whose bytes hold times, the names.
    pub(crate) fn content(&self) -> Result<Content, String> {
        let mut files = BTreeMap::new();
        list(&self.folder, &self.folder, &mut files);
        Ok(Content { library: self.library()?, files })
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&place).expect("a folder");
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).expect("a copy");
        }
    }
}

fn list(folder: &Path, root: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).expect("below the home").to_string_lossy().into_owned();
        if path.is_dir() {
            files.insert(format!("{name}/"), Vec::new());
            list(&path, root, files);
        } else if !["library.db", "library.db-wal", "library.db-shm"].contains(&&*name) {
            let timed = name.ends_with("folder-sums.json")
                || name.ends_with("receipt.json")
                || name.starts_with("cache/arxiv/");
            let bytes = if timed { Vec::new() } else { fs::read(&path).unwrap_or_default() };
            files.insert(name, bytes);
        }
    }
}

/// What of a library is not in its dump. Rows are named by their paper; days are left out.
const BESIDE_THE_DUMP: [&str; 21] = [
    "SELECT name, value FROM settings ORDER BY 1",
    "SELECT profile, id, liked, interest, weight FROM profile_papers ORDER BY 1, 2",
    "SELECT profile, id FROM shown_papers ORDER BY 1, 2",
    "SELECT profile, kind, text FROM follows ORDER BY 1, 2, 3",
    "SELECT id, text FROM notes ORDER BY 1",
    "SELECT tag, id FROM tags ORDER BY 1, 2",
    "SELECT id FROM read_papers ORDER BY 1",
    "SELECT category, cross_lists, replacements, complete FROM followed_categories ORDER BY 1",
    "SELECT etag, day FROM feed_answers ORDER BY 1",
    "SELECT scope, complete FROM harvests ORDER BY 1",
    "SELECT digest, model, dimension, vectors FROM fingerprints ORDER BY 1",
    "SELECT number, selection, last_topic FROM topic_sets ORDER BY 1",
    "SELECT list, id, level, parent, name, given FROM topics ORDER BY 1, 2, 3",
    "SELECT list, id, topic, x, y FROM topic_papers JOIN papers ON papers.row = paper ORDER BY 1, 2, 3",
    "SELECT list, papers, added, removed, changes FROM topic_runs ORDER BY number",
    "SELECT profile, key, ids, title, abstract, interest, weight FROM profile_texts ORDER BY 1, 2",
    "SELECT profile, collection, name, subtree, library, version FROM zotero_collections ORDER BY 1, 2",
    "SELECT profile, collection, item, target, own FROM zotero_items ORDER BY 1, 2, 3",
    "SELECT profile, library, id, item FROM zotero_written ORDER BY 1, 2, 3",
    "SELECT hex(text), hex(vector) FROM text_embeddings ORDER BY 1",
    "SELECT papers.id, facet, hex(vector) FROM facet_embeddings JOIN papers ON papers.row = paper ORDER BY 1, 2",
];

fn library(path: &Path) -> Result<String, String> {
    if !path.exists() {
        return Ok(String::new());
    }
    let mut text = Vec::new();
    match Library::open_read_only(path) {
        Ok(library) => library.dump(&mut text).map_err(words)?,
        // Nothing was stored in it yet.
        Err(relata::Error::Library(relata::error::LibraryError::Missing { .. })) => return Ok(String::new()),
        Err(error) => return Err(words(error)),
    }
    let mut text = String::from_utf8(text).map_err(words)?;
    beside_the_dump(path, &mut text).map_err(words)?;
    Ok(text)
}

/// An error in words.
fn words(error: impl std::fmt::Display) -> String {
    format!("{error}")
}

fn beside_the_dump(path: &Path, text: &mut String) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open(path)?;
    for query in BESIDE_THE_DUMP {
        let mut statement = connection.prepare(query)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (table, values) = (query.split(" FROM ").nth(1).unwrap_or_default(), 0..columns);
            let _ = write!(text, "{}", table.split(' ').next().unwrap_or_default());
            for column in values {
                let _ = match row.get_ref(column)? {
                    ValueRef::Null => write!(text, " -"),
                    ValueRef::Integer(number) => write!(text, " {number}"),
                    ValueRef::Real(number) => write!(text, " {number}"),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        write!(text, " {}", String::from_utf8_lossy(bytes))
                    }
                };
            }
            text.push('\n');
        }
    }
    Ok(())
}
