//! What can go wrong when texts are embedded from files to a file of vectors.

use std::path::PathBuf;

/// Errors of bulk embedding: inputs, outputs, resuming.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// A name of an output that tells no form.
    #[error(
        "the extension of {path} names no form of output; end it in .npy, .jsonl, .safetensors or .parquet, or name one with \
         --format",
        path = path.display()
    )]
    UnknownFormat {
        /// The output.
        path: PathBuf,
    },
    /// A form that this build cannot write.
    #[error(
        "this relata was built without {format}; build it with `cargo install --path . --features {format}`, or choose another form"
    )]
    NotBuiltIn {
        /// The form, which is also the name of the cargo feature.
        format: &'static str,
    },
    /// The folder of an output is not there.
    #[error("there is no folder {path} to write to; make it first", path = path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A path that cannot be an output.
    #[error("{path} {reason}", path = path.display())]
    Unsuitable {
        /// The path.
        path: PathBuf,
        /// Why not, and what to do.
        reason: &'static str,
    },
    /// An output that would replace a file.
    #[error("{path} is there already and was left as it is; replace it with --force, or name another output", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// An output that an interrupted run left unfinished.
    #[error(
        "{part} holds {rows} rows of an interrupted run; go on from there with --resume, or start anew with --force",
        part = part.display()
    )]
    Unfinished {
        /// The folder of what is unfinished.
        part: PathBuf,
        /// Rows that are in it.
        rows: u64,
    },
    /// Another process writes the same output.
    #[error("another process is at work in {part}; wait for it to end, or name another output", part = part.display())]
    Busy {
        /// The folder of what is unfinished.
        part: PathBuf,
    },
    /// No room left on the disk for an output, or the file may not grow.
    #[error(
        "no room left to write {path}; what was embedded before is kept in {part}: free some space and run the same command \
         with --resume",
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
        "{part} cannot be resumed: {reason}; run with the same model, inputs and options as before, or start anew with \
         --force and without --resume",
        part = part.display()
    )]
    ResumeRefused {
        /// The folder of what is unfinished.
        part: PathBuf,
        /// What is not the same.
        reason: String,
    },
    /// An input that is the output, or belongs to it.
    #[error("{path} is an input and would be written; name another output", path = path.display())]
    OutputIsInput {
        /// The file.
        path: PathBuf,
    },
    /// An input that was named twice, be it within a folder or by a link.
    #[error("{path} is among the inputs twice, and would give each row twice; name it once", path = path.display())]
    InputTwice {
        /// The file.
        path: PathBuf,
    },
    /// Options that both want standard output.
    #[error("--json and `--output -` both write to standard output; choose one")]
    OneStandardOutput,
    /// A form that cannot be written to a stream.
    #[error("{format} cannot be written to standard output, only jsonl can; name a file with --output")]
    NoStream {
        /// The form.
        format: &'static str,
    },
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
            BulkError::NoStream { .. } => "no-stream",
        }
    }
}
