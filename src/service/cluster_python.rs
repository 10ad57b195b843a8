//! A job of the package for Python, as a process of its own.
//!
//! In: an interpreter and a request as JSON, which is the first line of the process' input. Out:
//! what it says line by line on its output: how far it is, and in the end an answer or an error.
//! Its progress and messages go to standard error. The process ends itself when its input ends,
//! which is when this one does.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

use super::cluster::Answer;
use crate::error::{BulkError, Error, Result};

/// The module that does the job.
const MODULE: &str = "relata.ray";

/// How a job ended.
pub(super) enum Ended {
    /// With an answer.
    Answered(Box<Answer>),
    /// With an error of the package.
    Failed {
        /// Its stable code.
        code: String,
        /// What is wrong.
        text: String,
        /// Whether the cluster was there, and is lost.
        lost: bool,
    },
    /// Without a word: the process was lost with its cluster.
    Died(String),
}

/// What the process says.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// So many rows have a vector.
    Done(u64),
    Answer(Box<Answer>),
    Error {
        code: String,
        text: String,
        #[serde(default)]
        lost: bool,
    },
}

/// The process; it does not outlive this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless something went wrong here.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a job. `on_done` is told how many rows have a vector.
///
/// # Errors
/// [`BulkError::Python`] where the interpreter cannot be started, [`BulkError::PythonPackage`]
/// where it lacks the package, and [`Error::Io`].
pub(super) fn run(python: &Path, request: &str, on_done: &mut dyn FnMut(u64)) -> Result<Ended> {
    let spawned = command(python, ["-m", MODULE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let unusable = |error: std::io::Error| BulkError::Python { program: python.to_owned(), reason: error.to_string() };
    let mut running = Running(spawned.map_err(unusable)?);
    let mut input = running.0.stdin.take().ok_or(Error::Internal("a process without an input"))?;
    let output = running.0.stdout.take().ok_or(Error::Internal("a process without an output"))?;
    // A process that ended at once is asked below why.
    let _ = writeln!(input, "{request}").and_then(|()| input.flush());
    let mut said = false;
    for line in BufReader::new(output).lines() {
        let line = line.map_err(Error::io(python))?;
        said = true;
        match serde_json::from_str(&line) {
            Ok(Line::Done(rows)) => on_done(rows),
            Ok(Line::Answer(answer)) => return Ok(Ended::Answered(answer)),
            Ok(Line::Error { code, text, lost }) => return Ok(Ended::Failed { code, text, lost }),
            Err(_) => {}
        }
    }
    let status = running.0.wait().map_err(Error::io(python))?;
    if !said {
        packages(python)?;
    }
    Ok(Ended::Died(format!("the process of Python ended ({status})")))
}

/// Looks whether the interpreter has what the job needs.
fn packages(python: &Path) -> Result<()> {
    let asked = command(python, ["-c", "import relata.ray, ray"]).output().map_err(Error::io(python))?;
    if asked.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&asked.stderr);
    let reason = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it cannot import them");
    Err(BulkError::PythonPackage { program: python.to_owned(), reason: reason.trim().to_owned() }.into())
}

fn command<'a>(python: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(python);
    command.args(arguments.into_iter().map(OsStr::new));
    // A folder named `relata` where somebody happens to be is not the package.
    command.env("PYTHONSAFEPATH", "1");
    command
}
