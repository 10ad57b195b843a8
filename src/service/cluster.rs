//! Embed on a cluster: texts to a folder of shards, by the machines of a Ray cluster.
//!
//! In: inputs, a folder and the address of a cluster. Out: what became of all rows. The work is
//! that of the package for Python (`relata.ray.embed`), which runs as a process of its own
//! ([`cluster_python`](super::cluster_python)). Where the cluster is lost on the way, the same job
//! is begun again: what is done is found in the folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Relata;
use super::add::Skips;
use super::cluster_python::{self, Ended};
use super::events::Note;
use crate::embed::{EngineChoice, Role};
use crate::error::{BulkError, Error, Result};
use crate::model::DEFAULT_MODEL;
use crate::paper::Skipped;

/// The code of errors by which the package for Python says that there is no cluster, or that it was
/// lost.
const LOST: &str = "cluster";

/// Time between two attempts.
const PAUSE: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedOnCluster {
    /// The address of the cluster as Ray takes it: `ray://HOST:10001`, `HOST:6379`, `auto`, or
    /// `local` for this machine alone.
    pub cluster: String,
    /// Files, folders or addresses, which all machines see by these names.
    pub inputs: Vec<PathBuf>,
    /// The folder or the address of the shards.
    pub output: PathBuf,
    /// Whether the inputs are plain text, a text a line; else papers.
    #[serde(default)]
    pub lines: bool,
    /// As what the model takes the texts.
    #[serde(default)]
    pub role: Role,
    /// Whether to write a dataset of Lance; else shards of Parquet.
    #[serde(default)]
    pub lance: bool,
    /// Rows of a shard; else what suits the device.
    #[serde(default)]
    pub rows_per_shard: Option<u32>,
    /// Cores of a worker; else all of a machine.
    #[serde(default)]
    pub num_cpus: Option<u32>,
    /// Cards of a worker.
    #[serde(default)]
    pub num_gpus: Option<u32>,
    /// The interpreter of Python that has the package; else `python3`.
    #[serde(default)]
    pub python: Option<PathBuf>,
    /// Seconds for which a cluster that was lost is tried again without getting further.
    #[serde(default = "patience")]
    pub patience: u64,
}

/// Ten minutes: a machine may have to be started anew.
fn patience() -> u64 {
    600
}

impl EmbedOnCluster {
    /// Asks for the vectors of the papers in some files.
    pub fn new(
        cluster: impl Into<String>,
        inputs: impl IntoIterator<Item = impl Into<PathBuf>>,
        output: impl Into<PathBuf>,
    ) -> EmbedOnCluster {
        EmbedOnCluster {
            cluster: cluster.into(),
            inputs: inputs.into_iter().map(Into::into).collect(),
            output: output.into(),
            lines: false,
            role: Role::default(),
            lance: false,
            rows_per_shard: None,
            num_cpus: None,
            num_gpus: None,
            python: None,
            patience: patience(),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClusterEmbedded {
    /// The numbers.
    #[serde(flatten)]
    pub rows: ClusterRows,
    /// Texts that could not be used.
    #[serde(flatten)]
    pub skips: Skips,
}

/// The numbers of a job on a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterRows {
    /// The folder or the address of the shards.
    pub out: String,
    /// `parquet` or `lance`.
    pub format: String,
    /// The model as it was named.
    pub model: String,
    /// What decides the vectors, as a digest.
    pub fingerprint: String,
    /// Length of a vector.
    pub dimension: usize,
    /// Rows of these inputs that have a vector.
    pub rows: u64,
    /// Rows that this run embedded, attempts before the last one not counted.
    pub rows_made: u64,
    /// Rows whose shards were there.
    pub rows_found: u64,
    /// Shards that this run made.
    pub shards_made: u64,
    /// Shards of these inputs that were there.
    pub shards_found: u64,
    /// Shards of the folder that are not of these inputs.
    pub shards_other: u64,
    /// Seconds of the last attempt.
    pub seconds: f64,
    /// Rows of the last attempt by its time.
    pub rows_per_second: f64,
    /// Rows that each machine embedded, by its id in the cluster.
    pub nodes: BTreeMap<String, u64>,
    /// What is remarkable about files.
    pub notes: Vec<String>,
}

/// The answer of the package for Python.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    rows: ClusterRows,
    skipped: Vec<Skipped>,
    rows_skipped: u64,
}

impl From<Answer> for ClusterEmbedded {
    fn from(answer: Answer) -> ClusterEmbedded {
        let unlisted = answer.rows_skipped.saturating_sub(answer.skipped.len() as u64);
        let mut skips = Skips { skipped_unlisted: unlisted, ..Skips::default() };
        answer.skipped.into_iter().for_each(|skipped| skips.push(skipped));
        ClusterEmbedded { rows: answer.rows, skips }
    }
}

impl Relata {
    /// Embeds texts on the machines of a cluster. Shards that are there are not made again.
    ///
    /// # Errors
    /// [`BulkError::Python`] and [`BulkError::PythonPackage`] where Python or its packages are
    /// missing, [`BulkError::Cluster`] where there is no cluster or a lost one does not come back,
    /// and [`BulkError::ClusterJob`] for what the job itself reports.
    pub fn embed_on_cluster(&self, request: &EmbedOnCluster) -> Result<ClusterEmbedded> {
        let python = request.python.clone().unwrap_or_else(|| PathBuf::from("python3"));
        let job = self.job_in_python(request)?.to_string();
        let (mut furthest, mut since, mut told) = (0, Instant::now(), false);
        // A cluster that was never there is not waited for: its address may be wrong.
        let mut was_there = false;
        loop {
            let ended = cluster_python::run(&python, &job, &mut |done| {
                if done > furthest {
                    (furthest, since, told) = (done, Instant::now(), false);
                }
            })?;
            let reason = match ended {
                Ended::Answered(answer) => return Ok((*answer).into()),
                Ended::Failed { code, text, lost } if code == LOST => {
                    was_there |= lost;
                    text
                }
                Ended::Failed { text, .. } => return Err(BulkError::ClusterJob { reason: text }.into()),
                Ended::Died(reason) => reason,
            };
            let patience = Duration::from_secs(request.patience);
            was_there |= furthest > 0;
            if !was_there || since.elapsed() >= patience {
                return Err(BulkError::Cluster { address: request.cluster.clone(), reason }.into());
            }
            if !told {
                self.note(Note::ClusterLost { reason, pause: PAUSE });
                told = true;
            }
            thread::sleep(PAUSE);
            if self.is_cancelled() {
                return Err(Error::Cancelled);
            }
        }
    }

    fn job_in_python(&self, request: &EmbedOnCluster) -> Result<serde_json::Value> {
        let options = &self.shared.options;
        if options.engine != EngineChoice::Own {
            let reason = "machines of a cluster embed with Relata's own engine only".to_owned();
            return Err(BulkError::ClusterJob { reason }.into());
        }
        Ok(json!({
            "address": request.cluster,
            "inputs": request.inputs,
            "out": request.output,
            "lines": request.lines,
            "as_query": request.role == Role::Query,
            "format": if request.lance { "lance" } else { "parquet" },
            "rows_per_shard": request.rows_per_shard,
            "num_cpus": request.num_cpus,
            "num_gpus": request.num_gpus,
            "model": options.model.as_deref().unwrap_or(DEFAULT_MODEL),
            "precision": options.precision.unwrap_or_default().name(),
            "device": options.device.to_string(),
            "long": options.long.unwrap_or_default().name(),
        }))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::model::Settings;
    use crate::service::Options;

    /// Asks a program in the place of Python, which says one line the first time and another one
    /// then.
    fn asked(folder: &Path, first: &str, then: &str) -> Result<ClusterEmbedded> {
        let python = folder.join("python");
        let again = folder.join("again").display().to_string();
        let script = format!(
            "#!/bin/sh\nread request\nif [ -e '{again}' ]; then echo '{then}'; exit 0; fi\ntouch '{again}'\necho '{first}'\nexit 2\n"
        );
        // Written by a child: a file that this process has open for writing while another test's
        // thread forks cannot be run ("text file busy").
        let mut shell = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
            .arg(&python)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success());
        let request = EmbedOnCluster {
            python: Some(python),
            ..EmbedOnCluster::new("ray://head:10001", ["papers.jsonl"], folder.join("out"))
        };
        let settings = Settings::from_vars(|_| None, Some(folder.join("cache")), None).unwrap();
        Relata::new(Options::new(folder.join("library.db"), settings)).embed_on_cluster(&request)
    }

    const ANSWER: &str = r#"{"answer": {"out": "out", "format": "parquet", "model": "m", "fingerprint": "f", "dimension": 8,
        "rows": 3, "rows_made": 1, "rows_found": 2, "shards_made": 1, "shards_found": 1, "shards_other": 0, "seconds": 1.0,
        "rows_per_second": 1.0, "nodes": {"n": 1}, "notes": [], "skipped": [], "rows_skipped": 0}}"#;

    #[test]
    fn a_cluster_that_is_lost_before_its_first_row_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let lost = r#"{"error": {"code": "cluster", "text": "nobody has answered for 30 s", "lost": true}}"#;
        let embedded = asked(folder.path(), lost, &ANSWER.replace('\n', " ")).unwrap();
        assert_eq!((embedded.rows.rows, embedded.rows.rows_found), (3, 2));
    }

    #[test]
    fn a_cluster_that_was_never_there_is_an_error_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let none = r#"{"error": {"code": "cluster", "text": "nobody answers at ray://head:10001", "lost": false}}"#;
        let error = asked(folder.path(), none, &ANSWER.replace('\n', " ")).unwrap_err();
        assert!(error.to_string().contains("nobody answers at ray://head:10001"), "{error}");
    }
}
