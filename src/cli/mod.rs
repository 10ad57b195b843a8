//! The commands: arguments in, lines or JSON out, an exit code that says how it went.
//!
//! Each command is a file: it opens what it needs through `Context`, asks the library's modules, and prints. Both
//! binaries (`relata` and `recommend`) are a call of [`run`].

mod add;
mod answers;
mod args;
mod categories;
mod completions;
mod dates;
mod day;
mod embed;
mod eval;
mod facets;
mod forms;
mod help;
mod info;
mod interests;
mod language;
mod last;
mod maintain;
mod models;
mod profiles;
mod rows;
mod search;
mod skips;
mod terminal;
mod today;
mod topics;
mod unread;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::{CommandFactory, FromArgMatches};
use indicatif::ProgressBar;

use crate::arxiv_id::ArxivId;
use crate::embed::{DeviceChoice, EmbedderOptions, EngineChoice, Long, Precision};
use crate::engine::{Embedded, Engine, Remembered};
use crate::error::{Error, Result};
use crate::index::{self, Index};
use crate::learned::Learned;
use crate::library::{FingerprintNumber, Library, Opinion, Profile};
use crate::model::{Choice, Progress, Settings};
use crate::sample;

use args::{Cli, Command, DEFAULT_PROFILE, ModelCommand, Places};
use terminal::{Page, printable, progress, say};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All done, something found.
    Done,
    /// Nothing went wrong and there is nothing to show.
    Nothing,
    /// Something of a batch went wrong; what could be done is done and reported.
    Partial,
}

/// What to say when interrupted, where a command keeps its work in another way than the library does.
static INTERRUPTED: OnceLock<String> = OnceLock::new();

/// Runs a command line and says how it ended: 0 done, 1 nothing found, 2 error.
///
/// `arguments` begin with the program's name, as from [`std::env::args_os`].
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // Restores a cursor that a progress bar hides; what is on disk is safe at any moment: a library by its transactions, a
    // bulk output by its journal.
    let _ = ctrlc::set_handler(|| {
        let terminal = console::Term::stderr();
        if terminal.is_term() {
            let _ = terminal.show_cursor();
        }
        let kept = "What was committed is kept; the same command goes on from there.";
        say(&format!("Interrupted. {}", INTERRUPTED.get().map_or(kept, String::as_str)));
        std::process::exit(130);
    });
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(refused) if refused.use_stderr() => {
            // Arguments are repeated in the message, and an argument may be anything.
            say(&refused.render().to_string());
            return ExitCode::from(2);
        }
        Err(help) => {
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let mut page = Page::stdout();
    let outcome = dispatch(cli, &mut page).and_then(|outcome| {
        page.flush()?;
        Ok(outcome)
    });
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Nothing) => ExitCode::from(1),
        Ok(Outcome::Partial) => ExitCode::from(2),
        // Whoever read our output has had enough: `relata recommend ... | head -1` is no failure.
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let nothing = matches!(error, Error::NotInLibrary { .. });
            say(&format!("error: {}", complete(&error)));
            ExitCode::from(if nothing { 1 } else { 2 })
        }
    }
}

/// The command line as it is shown in help and completed in a shell.
fn command() -> clap::Command {
    help::with_model_options_where_they_count(Cli::command())
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> std::result::Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(categories::joined(arguments))?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn dispatch(cli: Cli, page: &mut Page) -> Result<Outcome> {
    let places = cli.places;
    // Opened by the commands that need it: completions need no folder for libraries and models.
    let context = move || Context::new(places);
    match cli.command {
        Command::Completions(asked) => completions::run(&asked, page),
        Command::Add(add) => add::run(&context()?, &add, page),
        Command::Recommend(recommend) => answers::recommend(&context()?, recommend, page),
        Command::Today(today) => today::run(&context()?, &today, page),
        Command::Search(search) => search::run(&context()?, &search, page),
        Command::Topics(topics) => topics::run(&context()?, &topics, page),
        Command::Export(export) => topics::export(&context()?, &export),
        Command::Eval(eval) => eval::run(&context()?, &eval, page),
        Command::Like(asked) => profiles::opine(&context()?, &asked, Opinion::Liked, page),
        Command::Unlike(asked) => profiles::opine(&context()?, &asked, Opinion::Disliked, page),
        Command::Profile(asked) => profiles::profile(&context()?, &asked.command, page),
        Command::Show(asked) => info::paper(&context()?, &asked.id, asked.json, page),
        Command::Open(asked) => last::open(&context()?, &asked, page),
        Command::Info(info) => match &info.id {
            Some(id) => info::paper(&context()?, id, info.json, page),
            None => info::library(&context()?, info.json, page),
        },
        Command::Remove(remove) => maintain::remove(&context()?, &remove, page),
        Command::Check(check) => maintain::check(&context()?, &check, page),
        Command::Reembed(reembed) => maintain::reembed(&context()?, &reembed, page),
        Command::Embed(embed) => embed::run(&context()?, &embed, page),
        Command::Model(model) => match model.command {
            ModelCommand::List { json } => models::list(&context()?, json, page),
            ModelCommand::Fetch { name } => models::fetch(&context()?, name.as_deref(), page),
            ModelCommand::Verify { name, json } => models::verify(&context()?, name.as_deref(), json, page),
            ModelCommand::Path { name } => models::path(&context()?, name.as_deref(), page),
        },
    }
}

/// An error with its sources, as far as its own text does not hold them, and nothing that a terminal would obey.
fn complete(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// What commands share: where things are, and how to open them.
struct Context {
    places: Places,
    settings: Settings,
    library: PathBuf,
}

impl Context {
    fn new(places: Places) -> Result<Context> {
        let mut settings = Settings::from_env()?;
        settings.offline |= places.offline;
        // An empty variable is one that is not set.
        let library = match places.library.as_ref().filter(|path| !path.as_os_str().is_empty()) {
            Some(path) => path.clone(),
            None => dirs::data_dir().ok_or(Error::NoDataFolder)?.join("relata").join("library.db"),
        };
        Ok(Context { places, settings, library })
    }

    fn library_path(&self) -> &Path {
        &self.library
    }

    /// The user's library, made where there is none.
    fn open(&self) -> Result<Library> {
        let library = Library::open(&self.library)?;
        for note in library.notes() {
            say(&format!("note: {note}"));
        }
        Ok(library)
    }

    /// The user's library if there is one with papers in it, for a command that may have to embed.
    fn open_existing(&self) -> Result<Option<Library>> {
        match self.open_any()? {
            Some(library) if !library.is_empty()? => Ok(Some(library)),
            _ => Ok(None),
        }
    }

    /// The user's library if there is one, be it that it holds profiles alone.
    fn open_any(&self) -> Result<Option<Library>> {
        // A folder that may not be read is an error, not an empty library.
        if !self.library.try_exists().map_err(Error::io(&self.library))? {
            return Ok(None);
        }
        let library = match self.open() {
            // Where a log cannot be made beside it, SQLite says no more than that the file cannot be opened.
            Err(Error::LibraryReadOnly { .. } | Error::LibraryUnopened { .. }) if self.library.is_file() => {
                Library::open_read_only(&self.library)?
            }
            opened => opened?,
        };
        Ok(Some(library))
    }

    /// A profile of the user's library, also where that has no papers and is not open. One that was `named` must be there.
    fn profile(&self, library: Option<&Library>, name: &str, named: bool) -> Result<Profile> {
        let opened = match library {
            Some(_) => None,
            None => self.open_any()?,
        };
        let must_exist = named && name != DEFAULT_PROFILE;
        match library.or(opened.as_ref()) {
            Some(library) if must_exist => library.existing_profile(name),
            Some(library) => library.profile(name),
            None if must_exist => Err(Error::NoSuchProfile { name: name.to_owned(), there: Vec::new() }),
            None => Ok(Profile { name: name.to_owned(), ..Profile::default() }),
        }
    }

    /// The user's library, or the sample (`true`) where that is empty; says so, and how to change it.
    fn open_or_sample(&self) -> Result<(Library, bool)> {
        if let Some(library) = self.open_existing()? {
            return Ok((library, false));
        }
        let library = sample::open(&self.settings.cache)?;
        say(&format!(
            "Your library ({}) is empty: this answer comes from the sample digest ({} papers).\n\
             Add your own with: relata add PATH...",
            self.library.display(),
            library.len()?
        ));
        Ok((library, true))
    }

    /// The sample, where the user's library has no papers and that of the sample stand for them.
    fn sample_instead(&self, library: &Library) -> Result<Option<Library>> {
        library.is_empty()?.then(|| sample::open(&self.settings.cache)).transpose()
    }

    /// The model and how it embeds: as asked for, else as the library remembers, else the default.
    fn engine(&self, library: Option<&Library>) -> Result<Engine> {
        let remembered = match library {
            Some(library) => Remembered::of(library, &self.settings)?.unwrap_or_default(),
            None => Remembered::default(),
        };
        let device = self.places.device.parse::<DeviceChoice>()?;
        let engine = self.places.engine.parse::<EngineChoice>()?;
        let asked = self.places.precision.as_deref().map(str::parse::<Precision>).transpose()?;
        let precision = asked.unwrap_or(remembered.precision);
        let long = self.places.long.as_deref().map(str::parse::<Long>).transpose()?.unwrap_or(remembered.long);
        let options = EmbedderOptions { device, engine, precision, long, ..EmbedderOptions::default() };
        let model = self.places.model.as_deref().filter(|model| !model.is_empty()).or(remembered.model.as_deref());
        let by_memory = self.places.model.as_deref().is_none_or(str::is_empty) && remembered.model.is_some();
        let engine = Engine::new(Choice::parse(model), self.settings.clone(), options).inspect_err(|error| {
            if by_memory && matches!(error, Error::ModelFolder { .. } | Error::ModelFile { .. }) {
                say("The library was embedded with the model in this folder. If it has moved, `relata --model DIR reembed` notes where it is.");
            }
        })?;
        Ok(if asked.is_none() { engine.or_f32() } else { engine })
    }

    /// What the library teaches; says so where that takes a while, or where it could not be kept.
    fn learned(&self, library: &Library, fingerprint: FingerprintNumber) -> Result<Learned> {
        let fresh = Learned::of(library, fingerprint)?;
        if let Some(note) = fresh.note {
            say(&format!("note: {}", printable(&note)));
        }
        Ok(fresh.learned)
    }

    /// The library's index, where it has one that serves.
    fn index(&self, library: &Library, fingerprint: FingerprintNumber) -> Result<Option<Index>> {
        match Index::open(library, fingerprint)? {
            index::State::Ready(index) => Ok(Some(*index)),
            index::State::Absent => Ok(None),
            index::State::Damaged(what) => {
                say(&format!("note: {}; every paper is looked at instead", printable(&what)));
                Ok(None)
            }
        }
    }

    /// Makes the index that an answer had to do without, once the answer is out. Where that fails, the answer stands.
    fn mend_index(
        &self,
        library: &mut Library,
        fingerprint: FingerprintNumber,
        index: Option<Index>,
        page: &mut Page,
    ) -> Result<()> {
        let damage = index.as_ref().and_then(Index::damage);
        if damage.is_none() && (index.is_some() || library.vectors(fingerprint)? < Index::WORTH_BUILDING) {
            return Ok(());
        }
        page.flush()?;
        if let Some(what) = damage {
            say(&format!("note: {}; every paper was looked at instead", printable(what)));
        }
        // Whoever may write will make it.
        if !library.is_writable() {
            return Ok(());
        }
        say("The index is made now, so that the next answer comes sooner. To interrupt this does no harm.");
        if let Some(index) = index {
            index.remove();
        }
        if let Err(error) = self.keep_index(library, fingerprint) {
            say(&format!("note: there is no index, so answers take longer: {}", complete(&error)));
        }
        Ok(())
    }

    fn keep_index(&self, library: &mut Library, fingerprint: FingerprintNumber) -> Result<()> {
        let papers = library.vectors(fingerprint)?;
        let bar = OnceLock::new();
        let begin = || progress(papers, "indexing", "{msg} {wide_bar} {human_pos}/{human_len} papers {eta}");
        let kept = Index::keep(library, fingerprint, &|coded| bar.get_or_init(begin).inc(coded));
        if let Some(bar) = bar.get() {
            bar.finish_and_clear();
        }
        kept.map(|_| ())
    }

    /// Learns from a library that has grown or changed much and brings its index up to date, so that the next answer need not wait.
    fn prepare(&self, library: &mut Library, fingerprint: FingerprintNumber) -> Result<()> {
        if library.vectors(fingerprint)? >= Learned::WORTH_KEEPING {
            self.learned(library, fingerprint)?;
        }
        self.keep_index(library, fingerprint)
    }

    /// The number of the model's vectors in a library where every paper has one. See [`Engine::catch_up`].
    fn catch_up(&self, engine: &mut Engine, library: &mut Library, begin: bool) -> Result<(FingerprintNumber, u64)> {
        let mut fetch = Fetching::default();
        let mut bar: Option<ProgressBar> = None;
        let mut done = 0;
        let result = engine.catch_up(library, begin, &mut |event| fetch.show(event), &mut |embedded: Embedded| {
            done = embedded.done;
            bar.get_or_insert_with(|| {
                progress(embedded.total, "embedding", "{msg} {wide_bar} {human_pos}/{human_len} papers {per_sec} {eta}")
            })
            .set_position(embedded.done);
        });
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        result.map(|number| (number, done))
    }
}

/// Shows a model on its way here.
#[derive(Default)]
struct Fetching {
    bar: Option<ProgressBar>,
}

impl Fetching {
    fn show(&mut self, event: Progress) {
        match event {
            Progress::Note(text) => match &self.bar {
                Some(bar) => bar.suspend(|| say(&printable(&text))),
                None => say(&printable(&text)),
            },
            Progress::Begin { what, bytes } => {
                say(&format!("fetching {}", printable(&what)));
                let template = "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
                self.bar = Some(progress(bytes.unwrap_or(0), "", template));
            }
            Progress::Advance { bytes } => {
                if let Some(bar) = &self.bar {
                    bar.set_position(bytes);
                }
            }
            Progress::End => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

/// Reads ids in any pasted form; a paper that is named twice counts once.
fn ids<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<Vec<ArxivId>> {
    let mut seen = BTreeSet::new();
    let read = texts.into_iter().map(|text| id(text));
    read.filter(|id| id.as_ref().map_or(true, |id| seen.insert(id.clone()))).collect()
}

fn id(text: &str) -> Result<ArxivId> {
    ArxivId::parse(text).map(|(id, _)| id).ok_or_else(|| Error::NotAnId { text: printable(text).into_owned() })
}
