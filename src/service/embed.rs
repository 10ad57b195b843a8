//! Embed: any number of texts to a file of vectors, or to a stream, without a library.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Relata;
use super::add::Skips;
use super::events::Event;
use crate::bulk::{self, Format, Job, Output, OverwritePolicy, Sink, Texts};
use crate::embed::{self, Role};
use crate::error::{BulkError, Error, Result};
use crate::setters::setters;

/// Notes about files that are kept; a folder can hold any number of files.
const NOTES: usize = 1000;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Embed {
    /// Files or folders; `-` is standard input.
    pub inputs: Vec<PathBuf>,
    /// The file to write, or what a stream is called in the report.
    pub output: PathBuf,
    /// The form, where the name of the file does not tell it.
    #[serde(default)]
    pub format: Option<Format>,
    /// Whether the inputs are plain text, a text a line; else papers in any format that is read
    /// into a library.
    #[serde(default)]
    pub lines: bool,
    /// As what the model takes the texts.
    #[serde(default)]
    pub role: Role,
    /// Whether to go on from where an interrupted run ended.
    #[serde(default)]
    pub resume: bool,
    /// Whether to replace what is there.
    #[serde(default)]
    pub force: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Embedded {
    /// The file, as it was named.
    pub output: String,
    /// Its form.
    pub format: &'static str,
    /// Rows of the output.
    pub rows: u64,
    /// Length of a vector.
    pub dimension: usize,
    /// Tokens embedded.
    pub tokens: u64,
    /// Texts that were cut because the model takes no more.
    pub truncated: u64,
    /// Tokens that were cut.
    pub tokens_cut: u64,
    /// Rows that were there when this run began.
    pub resumed: u64,
    /// How long this run embedded.
    pub seconds: f64,
    /// Texts of this run by its time.
    pub texts_per_second: f64,
    /// Tokens of this run by its time.
    pub tokens_per_second: f64,
    /// What decides the vectors, in words.
    pub model: String,
    /// What decides the vectors, as a digest.
    pub fingerprint: String,
    /// Texts that could not be used.
    #[serde(flatten)]
    pub skips: Skips,
    /// What is remarkable about files.
    pub notes: Vec<String>,
    /// What became of this run alone.
    #[serde(skip)]
    pub report: bulk::Report,
}

/// Embedding that went wrong on its way.
#[derive(Debug)]
pub struct EmbedError {
    /// Texts that could not be used before.
    pub skips: Skips,
    /// What is remarkable about files.
    pub notes: Vec<String>,
    /// The folder that keeps what was embedded, to be gone on from.
    pub kept: Option<PathBuf>,
    /// What went wrong.
    pub error: Box<Error>,
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for EmbedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.error.as_ref())
    }
}

impl From<EmbedError> for Error {
    fn from(failed: EmbedError) -> Error {
        *failed.error
    }
}

impl From<Error> for EmbedError {
    fn from(error: Error) -> EmbedError {
        EmbedError { skips: Skips::default(), notes: Vec::new(), kept: None, error: Box::new(error) }
    }
}

setters! { Embed:
    /// The form, where the name of the file does not tell it.
    format => some format(Format);
    /// Whether the inputs are plain text, a text a line; else they are papers.
    lines => value lines(bool);
    /// As what the model takes the texts.
    role => value role(Role);
    /// Whether to go on from where an interrupted run ended.
    resume => value resume(bool);
    /// Whether to replace what is there.
    force => value force(bool);
}

impl Embed {
    /// Asks for the vectors of the papers in some files. Setters say what else is wanted.
    ///
    /// ```
    /// use relata::service::Embed;
    ///
    /// let request = Embed::new(["abstracts.txt"], "vectors.npy").lines(true).resume(true);
    /// assert_eq!(request.output()?.format().name(), "npy");
    /// # Ok::<(), relata::Error>(())
    /// ```
    pub fn new(inputs: impl IntoIterator<Item = impl Into<PathBuf>>, output: impl Into<PathBuf>) -> Embed {
        Embed {
            inputs: inputs.into_iter().map(Into::into).collect(),
            output: output.into(),
            format: None,
            lines: false,
            role: Role::default(),
            resume: false,
            force: false,
        }
    }

    /// The output that is written.
    ///
    /// # Errors
    /// [`BulkError::UnknownFormat`], [`BulkError::NotBuiltIn`], [`BulkError::NoFolder`],
    /// [`BulkError::Unsuitable`].
    pub fn output(&self) -> Result<Output> {
        Output::new(&self.output, self.format)
    }
}

impl Relata {
    /// Embeds texts to a file, by way of an unfinished one that can be gone on from.
    ///
    /// # Errors
    /// With what was skipped before. What is wrong with inputs, output and a run to be resumed is
    /// found before the model is loaded: [`Error::Io`], [`BulkError::InputTwice`],
    /// [`BulkError::OutputIsInput`], [`BulkError::Unsuitable`], [`BulkError::Exists`],
    /// [`BulkError::Unfinished`], [`BulkError::Busy`], [`BulkError::ResumeRefused`]. Later come the
    /// errors of the model, of reading, and [`BulkError::Full`]. Whatever happens, the rows of all
    /// windows before are kept where they can be gone on from.
    pub fn embed(&self, request: &Embed) -> std::result::Result<Embedded, EmbedError> {
        let output = request.output()?;
        self.check_outputs(&[&request.output])?;
        let overwrite = OverwritePolicy { resume: request.resume, force: request.force };
        self.embed_into(request, output.format(), Sink::File(&output, overwrite), Some(&output))
    }

    /// Embeds texts to a stream, as JSON lines.
    ///
    /// # Errors
    /// [`BulkError::NoStream`] for another form; as [`Relata::embed`].
    pub fn embed_to(&self, request: &Embed, stream: &mut dyn Write) -> std::result::Result<Embedded, EmbedError> {
        match request.format {
            None | Some(Format::JsonLines) => self.embed_into(request, Format::JsonLines, Sink::Stream(stream), None),
            Some(format) => Err(Error::from(BulkError::NoStream { format: format.name() }).into()),
        }
    }

    fn embed_into(
        &self,
        request: &Embed,
        format: Format,
        sink: Sink<'_>,
        output: Option<&Output>,
    ) -> std::result::Result<Embedded, EmbedError> {
        let job = self.job(request)?;
        let embedder = self.lazy_embedder(None)?;
        let (mut skips, mut notes, mut began) = (Skips::default(), Vec::new(), false);
        let embedded = bulk::embed(&job, sink, &embedder, &mut |event| match event {
            bulk::Event::Fetch(progress) => self.tell(Event::Fetching(progress)),
            bulk::Event::Embedded(status) => {
                began = true;
                self.tell(Event::EmbeddedTexts(status));
            }
            bulk::Event::Skipped(skipped) => skips.push(skipped),
            bulk::Event::Note(note) if notes.len() < NOTES => notes.push(note),
            bulk::Event::Note(_) => {}
        });
        let report = match embedded {
            Ok(report) => report,
            Err(error) => {
                let part = output.map(Output::part).filter(|part| began && part.exists());
                return Err(EmbedError { skips, notes, kept: part, error: Box::new(error) });
            }
        };
        Ok(Embedded {
            output: request.output.display().to_string(),
            format: format.name(),
            rows: report.rows,
            dimension: report.dimension,
            tokens: report.tokens,
            truncated: report.truncated,
            tokens_cut: report.cut,
            resumed: report.resumed,
            seconds: report.elapsed.as_secs_f64(),
            texts_per_second: rate(report.own_rows, report.elapsed),
            tokens_per_second: rate(report.own_tokens, report.elapsed),
            model: embedder.fingerprint().description().to_owned(),
            fingerprint: embedder.fingerprint().digest().to_owned(),
            skips,
            notes,
            report,
        })
    }

    fn job(&self, request: &Embed) -> Result<Job> {
        let options = &self.shared.options;
        let deciding = [
            ("device", options.device.to_string()),
            ("precision", options.precision.unwrap_or_default().name().to_owned()),
            ("engine", options.engine.name().to_owned()),
            ("long", options.long.unwrap_or_default().name().to_owned()),
            // Instruction sets differ in rounding, and a resumed file has the bits of one that was
            // never interrupted.
            ("kernels", embed::kernels_name()?.to_owned()),
        ];
        Ok(Job {
            inputs: request.inputs.clone(),
            texts: if request.lines { Texts::Lines } else { Texts::Papers },
            role: request.role,
            window: bulk::window(options.device),
            options: deciding.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
        })
    }
}

/// So much in so long, by the second.
pub fn rate(count: u64, elapsed: Duration) -> f64 {
    // A clock that did not move must not give an infinite rate, which JSON cannot say.
    count as f64 / elapsed.as_secs_f64().max(1e-6)
}
