//! The documents are tests too: links lead somewhere, commands are ones that the program knows,
//! files that are named exist, and the reference of the command line is what the program says.
//!
//! `RELATA_RENEW=1 cargo test --test docs` writes the reference anew.

mod commands;
mod links;
mod markdown;
mod modules;
mod paths;
mod recipes;
mod reference;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A document: its path from the root, with `/` between folders, and its text.
struct Document {
    name: String,
    text: String,
}

impl Document {
    fn read(path: &Path) -> Document {
        let name = path.strip_prefix(root()).expect("a file of the repository");
        let name = name.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        Document { name, text: std::fs::read_to_string(path).expect("a readable document") }
    }
}

/// All documents, in the order of their names: Markdown at the root and in the folders that hold
/// documents.
fn documents() -> Vec<Document> {
    let mut paths = files(root(), false);
    for folder in ["docs", "benches", ".github", "tests/golden", "tests/models"].map(|folder| root().join(folder)) {
        // The published package lacks some.
        paths.extend(folder.exists().then(|| files(&folder, true)).into_iter().flatten());
    }
    paths.retain(|path| path.extension() == Some(OsStr::new("md")));
    paths.sort();
    assert!(paths.len() > 20, "documents are where this test looks for them");
    paths.iter().map(|path| Document::read(path)).collect()
}

/// The files of a folder, and where `deep` those of the folders in it. Hidden folders in it are
/// left out.
fn files(folder: &Path, deep: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of the folder").path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && deep && !hidden {
            found.extend(files(&path, true));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Runs the program in a way that reads and writes nothing of the user's.
fn relata(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relata"));
    // Help is as wide as the terminal, and these say how wide that is.
    command.env_remove("COLUMNS").env_remove("LINES").env("NO_COLOR", "1").env("RELATA_OFFLINE", "1");
    // Defaults of a configuration file would show in the help.
    command.env("RELATA_CONFIG", root().join("no configuration file"));
    command.args(arguments).output().expect("the program starts")
}

/// Fails with all faults at once, so that one run shows what is to be mended.
#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
