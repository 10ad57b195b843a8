//! A job from its first window to its last: what is there is gone on from, a window is embedded and
//! made durable, and the names that were asked for are given at the end.

use std::io::Write;
use std::time::Instant;

use ndarray::Array2;

use super::format::Format;
use super::input::{Inputs, Piece, Row, Texts, Window, WindowSize};
use super::job::{Event, Job, Report, Sink, Status};
use super::journal::{COLUMNS, Done, Journal, PASSAGE, ROLE, RunSettings, VERSION};
use super::partial::{self, OverwritePolicy, Partial};
use super::rows;
use crate::embed::{Embedder, LazyEmbedder, Role};
use crate::error::{BulkError, EmbeddingError, Error, Result};
use crate::paper::Skipped;
use crate::passage::RECIPE;

/// Texts that the tokenizer could not take, at most: beyond that the model is wrong, not the texts.
const MOST_FAILED: usize = 1000;

/// Embeds everything that a job names.
///
/// # Errors
/// What is wrong with inputs, output and a run to be resumed is found before the model is loaded:
/// [`Error::Io`], [`BulkError::InputTwice`], [`BulkError::OutputIsInput`], [`BulkError::Exists`],
/// [`BulkError::Unfinished`], [`BulkError::Busy`], [`BulkError::ResumeRefused`]. Later come the
/// errors of the model, of reading, and [`BulkError::Full`]. Whatever happens, the rows of all
/// windows before are kept where they can be gone on from.
pub(crate) fn embed(job: &Job, sink: Sink<'_>, embedder: &LazyEmbedder, on: &mut dyn FnMut(Event)) -> Result<Report> {
    let inputs = Inputs::find(&job.inputs, if let Sink::File(output, _) = &sink { Some(output) } else { None })?;
    for folder in &inputs.empty {
        let reason = "the folder holds no files".to_owned();
        on(Event::Skipped(Skipped { file: folder.display().to_string(), line: 0, reason }));
    }
    if let Sink::File(output, OverwritePolicy { resume: true, force: false }) = &sink
        && let Some(rows) = partial::had_ended(output, inputs.files())?
    {
        on(Event::Note(format!("{} is complete already: nothing is left to do", output.path().display())));
        return Ok(Report { rows, resumed: rows, ..Report::default() });
    }
    let (mut kept, force) = match sink {
        Sink::Stream(stream) => (Kept::Stream(stream, Done::default()), false),
        Sink::File(output, overwrite) => {
            let fresh = Journal {
                version: VERSION,
                terms: run_settings(job, output.format(), embedder),
                inputs: inputs.described.clone(),
                window: job.window,
                done: Done::default(),
                sum: None,
            };
            let partial = Partial::open(output, fresh, rows::parts(output.format()), overwrite)?;
            (Kept::File(Box::new(partial)), overwrite.force)
        }
    };
    let mut run =
        Run { status: Status { resumed: kept.done().rows, ..Status::default() }, total: inputs.bytes(), began: None };
    run.status.rows = run.status.resumed;
    let embedded = if kept.done().complete {
        Ok(())
    } else {
        let window = kept.window().unwrap_or(job.window);
        run.embed_all(inputs, job, window, &mut kept, embedder, on)
    };
    let done = kept.done().clone();
    if let Kept::File(mut partial) = kept {
        match &embedded {
            // Nothing is lost, so nothing is left; the error to tell is the first one.
            Err(_) if done.texts == 0 => drop(partial.discard()),
            Ok(()) if done.rows == 0 => partial.discard()?,
            Ok(()) => {
                if !done.complete {
                    rows::complete(&mut partial)?;
                }
                partial.publish(force)?;
            }
            Err(_) => {}
        }
    }
    embedded?;
    let Done { rows, dimension, tokens, cut, truncated, .. } = done;
    let Status { resumed, tokens: own_tokens, elapsed, .. } = run.status;
    Ok(Report {
        rows,
        dimension,
        tokens,
        cut,
        truncated,
        resumed,
        own_rows: rows.saturating_sub(resumed),
        own_tokens,
        elapsed,
    })
}

fn run_settings(job: &Job, format: Format, embedder: &LazyEmbedder) -> RunSettings {
    let mut others = job.options.clone();
    let role = match job.role {
        Role::Query => "query",
        Role::Passage => PASSAGE,
    };
    let texts = match job.texts {
        Texts::Papers => RECIPE,
        Texts::Lines => "lines/1",
    };
    let columns = (format == Format::Parquet).then_some((COLUMNS, "id title vector fingerprint passage"));
    for (name, value) in [("format", format.name()), (ROLE, role), ("texts", texts)].into_iter().chain(columns) {
        others.insert(name.to_owned(), value.to_owned());
    }
    RunSettings {
        fingerprint: embedder.fingerprint().digest().to_owned(),
        model: embedder.identity().name.clone(),
        others,
    }
}

/// Where rows are kept.
enum Kept<'a> {
    File(Box<Partial>),
    Stream(&'a mut dyn Write, Done),
}

impl Kept<'_> {
    fn done(&self) -> &Done {
        match self {
            Kept::File(partial) => &partial.journal().done,
            Kept::Stream(_, done) => done,
        }
    }

    /// The window of the run that is resumed: with another one the batches would be others.
    fn window(&self) -> Option<usize> {
        match self {
            Kept::File(partial) => Some(partial.journal().window),
            Kept::Stream(..) => None,
        }
    }

    fn take(&mut self, rows: &[&Row], vectors: &Array2<f32>, done: Done) -> Result<()> {
        match self {
            Kept::File(partial) => {
                rows::append(partial, rows, vectors.view())?;
                partial.commit(done)
            }
            Kept::Stream(stream, so_far) => {
                let mut bytes = Vec::new();
                for (row, vector) in rows.iter().zip(vectors.outer_iter()) {
                    bytes.clear();
                    rows::line(&mut bytes, row, vector.as_slice())?;
                    stream.write_all(&bytes).map_err(Error::io("standard output"))?;
                }
                stream.flush().map_err(Error::io("standard output"))?;
                *so_far = done;
                Ok(())
            }
        }
    }
}

/// A run on its way.
struct Run {
    status: Status,
    /// Bytes of all inputs.
    total: Option<u64>,
    began: Option<Instant>,
}

impl Run {
    fn embed_all(
        &mut self,
        inputs: Inputs,
        job: &Job,
        window: usize,
        kept: &mut Kept<'_>,
        embedder: &LazyEmbedder,
        on: &mut dyn FnMut(Event),
    ) -> Result<()> {
        let mut passed = 0;
        kept.done().failed.iter().for_each(|skipped| on(Event::Skipped(skipped.clone())));
        for piece in inputs.read(job.texts, WindowSize::of_rows(window))? {
            match piece? {
                Piece::Skipped(skipped) => on(Event::Skipped(skipped)),
                Piece::Note(note) => on(Event::Note(note)),
                Piece::Window(window) => {
                    passed += window.rows.len() as u64;
                    let Done { texts, digest, .. } = kept.done();
                    if passed < *texts || window.rows.is_empty() {
                        continue;
                    }
                    if passed == *texts {
                        // All of what was embedded before has been read again.
                        if window.digest != *digest {
                            return Err(changed(kept));
                        }
                        continue;
                    }
                    if passed - window.rows.len() as u64 != *texts {
                        return Err(changed(kept));
                    }
                    self.expect(passed, &window);
                    self.embed_window(window, passed, job.role, kept, embedder, on)?;
                }
            }
        }
        if passed < kept.done().texts {
            return Err(changed(kept));
        }
        Ok(())
    }

    fn expect(&mut self, passed: u64, window: &Window) {
        self.status.expected = match self.total {
            _ if window.last => Some(passed),
            Some(total) if window.bytes > 0 => {
                let share = total as f64 / window.bytes as f64;
                Some(((passed as f64 * share) as u64).max(passed))
            }
            _ => None,
        };
    }

    fn embed_window(
        &mut self,
        window: Window,
        passed: u64,
        role: Role,
        kept: &mut Kept<'_>,
        embedder: &LazyEmbedder,
        on: &mut dyn FnMut(Event),
    ) -> Result<()> {
        let embedder = embedder.load(&mut |progress| on(Event::Fetch(progress)))?;
        let began = *self.began.get_or_insert_with(Instant::now);
        let mut done = Done { texts: passed, digest: window.digest, ..kept.done().clone() };
        done.dimension = embedder.recipe().dimension();
        let mut rows: Vec<&Row> = window.rows.iter().collect();
        // A text that the tokenizer cannot take is left out, and the rest of the window is embedded
        // without it.
        let embedded = loop {
            let mut status = self.status;
            let embedded = embed_rows(&embedder, &rows, role, &mut |texts, tokens| {
                status.rows = status.rows.saturating_add(texts);
                status.tokens += tokens;
                status.elapsed = began.elapsed();
                on(Event::Embedded(status));
            });
            match embedded {
                Err(Error::Embedding(EmbeddingError::Tokens { index, reason }))
                    if index < rows.len() && done.failed.len() < MOST_FAILED =>
                {
                    let (file, line) = &rows.remove(index).place;
                    let reason = format!("it could not be tokenised: {reason}");
                    let skipped = Skipped { file: file.to_string(), line: *line, reason };
                    on(Event::Skipped(skipped.clone()));
                    done.failed.push(skipped);
                }
                other => break other?,
            }
        };
        // A journal that somebody wrote may count without end.
        done.rows = done.rows.saturating_add(rows.len() as u64);
        done.tokens = done.tokens.saturating_add(embedded.tokens);
        done.cut = done.cut.saturating_add(embedded.cut);
        done.truncated = done.truncated.saturating_add(embedded.truncated);
        kept.take(&rows, &embedded.vectors, done)?;
        self.status.rows = self.status.rows.saturating_add(rows.len() as u64);
        self.status.tokens += embedded.tokens;
        self.status.elapsed = began.elapsed();
        Ok(())
    }
}

fn changed(kept: &Kept<'_>) -> Error {
    match kept {
        Kept::File(partial) => Error::from(BulkError::ResumeRefused {
            part: partial.output().part(),
            reason: "the texts of the input are not those that it began with".to_owned(),
        }),
        Kept::Stream(..) => Error::Internal("a stream that goes on"),
    }
}

/// Vectors of some rows, in their order.
struct Embedded {
    vectors: Array2<f32>,
    tokens: u64,
    cut: u64,
    truncated: u64,
}

fn embed_rows(embedder: &Embedder, rows: &[&Row], role: Role, on_batch: &mut dyn FnMut(u64, u64)) -> Result<Embedded> {
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let vectors = Array2::zeros((rows.len(), embedder.recipe().dimension()));
    let mut embedded = Embedded { vectors, tokens: 0, cut: 0, truncated: 0 };
    embedder.embed_batches(&texts, role, &mut |batch| {
        for (index, vector) in batch.indices.iter().zip(batch.vectors.outer_iter()) {
            embedded.vectors.row_mut(*index).assign(&vector);
        }
        let tokens = batch.tokens.iter().map(|count| u64::from(*count)).sum();
        embedded.tokens += tokens;
        embedded.cut += batch.cut.iter().map(|count| u64::from(*count)).sum::<u64>();
        embedded.truncated += batch.cut.iter().filter(|count| **count > 0).count() as u64;
        on_batch(batch.indices.len() as u64, tokens);
        Ok(())
    })?;
    Ok(embedded)
}
