//! A command in a temporary home: nothing of the machine's own folders is read or written, but for
//! the model cache.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A temporary home with a library, and a model for it.
pub(crate) struct Home {
    pub folder: TempDir,
    model: Option<PathBuf>,
}

/// How a command ended and what it said.
pub(crate) struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    /// With the tiny random-weight model: quick, and offline.
    pub(crate) fn tiny() -> Home {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert");
        Home { folder: TempDir::new().expect("a temporary folder"), model: Some(model) }
    }

    /// With the default model, fetched the way a user's is.
    pub(crate) fn real() -> Home {
        Home { folder: TempDir::new().expect("a temporary folder"), model: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        std::fs::write(&path, content).expect("a file");
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relata"));
        command.args(arguments).current_dir(self.folder.path());
        // Not the configuration of whoever runs the tests.
        command.env("RELATA_CONFIG", self.path("config.toml"));
        command.env("RELATA_LIBRARY", self.path("library.db")).env_remove("RELATA_OFFLINE").env_remove("RELATA_MODEL");
        if let Some(model) = &self.model {
            command.env("RELATA_MODEL", model).env("RELATA_CACHE", self.path("cache")).env("RELATA_OFFLINE", "1");
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).stdin(Stdio::null()).output().expect("the program starts"))
    }

    /// Runs with a text on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input is read");
        Ended::from(child.wait_with_output().expect("the program ends"))
    }

    /// Runs a command that must end with 0 and print JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        ended.json()
    }
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Ended { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// An invented paper.
pub(crate) struct Invented {
    pub id: String,
    pub title: String,
    pub authors: String,
    pub category: String,
    pub text: String,
}

/// Paper number `n` of an endless invented literature; no two have the same text.
pub(crate) fn invented(n: usize) -> Invented {
    let subjects = ["glaciers", "tokenisers", "bridges", "enzymes", "galaxies", "auctions", "violins"];
    let means = ["graph cuts", "slow sampling", "wave equations", "learned filters", "careful counting"];
    let subject = subjects[n % subjects.len()];
    let mean = means[n / subjects.len() % means.len()];
    Invented {
        id: format!("2601.{:05}", n + 1),
        title: format!("{mean} for {subject}, part {n}"),
        authors: format!("Ada Example{}, Björn Muster", n % 11),
        category: ["cs.LG", "stat.ML", "astro-ph.GA"][n % 3].to_owned(),
        text: format!("We describe {subject} number {n} by {mean}. The {subject} are observed {n} times."),
    }
}

/// A digest page of invented papers in the shape that digests have.
pub(crate) fn digest(papers: &[Invented]) -> String {
    let mut page = String::from("<div id=toc></div>\n\n# Table of Contents\n\n");
    page.push_str(&format!(
        "- [cs.LG](#cs.LG) [Total: {}]\n\n<div id='cs.LG'></div>\n\n# cs.LG [[Back]](#toc)\n\n",
        papers.len()
    ));
    for (n, paper) in papers.iter().enumerate() {
        page.push_str(&format!(
            "### [{}] [{}](https://arxiv.org/abs/{})\n*{}*\n\nMain category: {}\n\nTL;DR: About {}.\n\n\
             <details>\n  <summary>Details</summary>\nMotivation: Curiosity.\n\nAbstract: {}\n\n</details>\n\n\n",
            n + 1,
            paper.title,
            paper.id,
            paper.authors,
            paper.category,
            paper.title,
            paper.text,
        ));
    }
    page
}

/// A line of an answer with its match left out: matches follow a curve that is calibrated
/// elsewhere.
pub(crate) fn without_match(line: &str) -> String {
    let of_answer = line.len() > 20 && line.starts_with("  ") && line[..3].trim().parse::<u32>().is_ok();
    if of_answer { format!("{}  NN{}", &line[..3], &line[8..]) } else { line.to_owned() }
}
