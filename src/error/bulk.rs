//! What can go wrong when texts are embedded from files to a file of vectors.

use std::fmt;
use std::path::PathBuf;

use super::by;
use super::vector_file::VectorFileRefusal;
use crate::lock::Holder;

/// Errors of bulk embedding: inputs, outputs, resuming.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// A name of an output that tells no form.
    #[error(
        "the extension of {path} names no form of output",
        path = path.display()
    )]
    UnknownFormat {
        /// The output.
        path: PathBuf,
    },
    /// A form that this build cannot write.
    #[error("this relata was built without {format}")]
    NotBuiltIn {
        /// The form, which is also the name of the cargo feature.
        format: &'static str,
    },
    /// The folder of an output is not there.
    #[error("there is no folder {path} to write to", path = path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A path that cannot be an output.
    #[error("{path} {reason}", path = path.display())]
    Unsuitable {
        /// The path.
        path: PathBuf,
        /// Why not.
        reason: OutputRefusal,
    },
    /// An output that would replace a file.
    #[error("{path} is there already and was left as it is", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// An output that an interrupted run left unfinished.
    #[error(
        "{part} holds {rows} rows of an interrupted run",
        part = part.display()
    )]
    Unfinished {
        /// The folder of what is unfinished.
        part: PathBuf,
        /// Rows that are in it.
        rows: u64,
    },
    /// Another process writes the same output.
    #[error("another process is at work in {part}{who}", part = part.display(), who = by(holder))]
    Busy {
        /// The folder of what is unfinished.
        part: PathBuf,
        /// The process, where the system tells.
        holder: Option<Box<Holder>>,
    },
    /// No room left on the disk for an output, or the file may not grow.
    #[error(
        "no room left to write {path}: {source}; what was embedded before is kept in {part}",
        path = path.display(),
        part = part.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// The folder of what is unfinished.
        part: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An interrupted run that cannot be gone on from.
    #[error(
        "{part} cannot be resumed: {reason}",
        part = part.display()
    )]
    ResumeRefused {
        /// The folder of what is unfinished.
        part: PathBuf,
        /// What is not the same.
        reason: String,
    },
    /// An input that is the output, or belongs to it.
    #[error("{path} is an input and would be written", path = path.display())]
    OutputIsInput {
        /// The file.
        path: PathBuf,
    },
    /// An input that was named twice, be it within a folder or by a link.
    #[error("{path} is among the inputs twice, and would give each row twice", path = path.display())]
    InputTwice {
        /// The file.
        path: PathBuf,
    },
    /// Options that both want standard output.
    #[error("the answer and the vectors would both be written to standard output")]
    OneStandardOutput,
    /// An interpreter of Python that cannot be started.
    #[error("{program} cannot be started: {reason}", program = program.display())]
    Python {
        /// The interpreter.
        program: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// An interpreter of Python without the packages that work on a cluster.
    #[error("{program} lacks a package that a cluster needs: {reason}", program = program.display())]
    PythonPackage {
        /// The interpreter.
        program: PathBuf,
        /// What it said.
        reason: String,
    },
    /// No cluster, or one that was lost.
    #[error("the cluster {address} is not there: {reason}")]
    Cluster {
        /// Its address.
        address: String,
        /// What was said of it.
        reason: String,
    },
    /// A job on a cluster that ended with an error of its own.
    #[error("{reason}")]
    ClusterJob {
        /// What is wrong.
        reason: String,
    },
    /// A file of vectors that cannot be taken over.
    #[error("{path}: {reason}", path = path.display())]
    VectorFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: VectorFileRefusal,
    },
    /// A form that cannot be written to a stream.
    #[error("{format} cannot be written to standard output, only jsonl can")]
    NoStream {
        /// The form.
        format: &'static str,
    },
}

/// Why a path cannot be an output; follows the path in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputRefusal {
    /// It is a folder.
    Folder,
    /// It names no file.
    NoFileName,
    /// It is a device, a pipe or the like.
    NotRegular,
    /// What would be the folder of unfinished work is no folder.
    InTheWay,
    /// What would be the folder of unfinished work holds other files.
    OtherFiles,
    /// It is the library, or a file of its own beside it.
    Library,
    /// The same call writes something else there.
    Twice,
}

impl fmt::Display for OutputRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OutputRefusal::Folder => "is a folder",
            OutputRefusal::NoFileName => "is no name for a file",
            OutputRefusal::NotRegular => "is not a regular file",
            OutputRefusal::InTheWay => "is in the way of unfinished work",
            OutputRefusal::OtherFiles => "holds files of something else",
            OutputRefusal::Library => "is a file of the library",
            OutputRefusal::Twice => "is named for two files",
        })
    }
}

impl BulkError {
    /// The stable name of what went wrong; see [`Error::code`](super::Error::code).
    pub fn code(&self) -> &'static str {
        match self {
            BulkError::UnknownFormat { .. } => "output-format",
            BulkError::NotBuiltIn { .. } => "output-not-built-in",
            BulkError::NoFolder { .. } => "output-folder",
            BulkError::Unsuitable { .. } => "output-unsuitable",
            BulkError::Exists { .. } => "output-exists",
            BulkError::Unfinished { .. } => "output-unfinished",
            BulkError::Busy { .. } => "output-busy",
            BulkError::Full { .. } => "output-full",
            BulkError::ResumeRefused { .. } => "resume-refused",
            BulkError::OutputIsInput { .. } => "output-is-input",
            BulkError::InputTwice { .. } => "input-twice",
            BulkError::OneStandardOutput => "one-standard-output",
            BulkError::Python { .. } => "python",
            BulkError::PythonPackage { .. } => "python-package",
            BulkError::Cluster { .. } => "cluster",
            BulkError::ClusterJob { .. } => "cluster-job",
            BulkError::VectorFile { .. } => "vector-file",
            BulkError::NoStream { .. } => "no-stream",
        }
    }
}
