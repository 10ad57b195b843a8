//! The commands: arguments in, lines or JSON out, an exit code that says how it went.
//!
//! Each command is a file: it makes a request of its arguments, asks the service, and prints the
//! answer. Both binaries (`relata` and `recommend`) are a call of [`run`].

mod add;
mod advice;
mod annotations;
mod answers;
mod args;
mod categories;
mod completions;
mod config;
mod configure;
mod dates;
mod embed;
mod eval;
mod events;
mod fetch;
mod follows;
mod forms;
mod help;
mod import_vectors;
mod info;
mod interests;
mod language;
mod last;
mod mail;
mod maintain;
mod man;
mod mcp;
mod models;
mod profiles;
mod rows;
mod schedule;
mod search;
mod serve;
mod skips;
mod terminal;
mod today;
mod topics;
mod zotero;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::arxiv::ArxivSettings;
use crate::error::{Error, QueryError, Result};
use crate::library::Opinion;
use crate::model::Settings;
use crate::paper::ArxivId;
use crate::service::{Options, Relata};

use args::{Cli, Command, ModelCommand, Places};
use config::Config;
use configure::Given;
use events::Terminal;
use terminal::{Page, printable, say};

/// Exit statuses: all done; nothing found; something went wrong.
const DONE: u8 = 0;
const NOTHING: u8 = 1;
const FAILED: u8 = 2;

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

/// What to say when interrupted, where a command keeps its work in another way than the library
/// does.
static INTERRUPTED: OnceLock<String> = OnceLock::new();

/// Has a server stop in good order instead of the process at once. It says whether it was asked for
/// the first time: whoever interrupts twice wants an end.
static STOP: OnceLock<Box<dyn Fn() -> bool + Send + Sync>> = OnceLock::new();

/// The file by which people start Relata, where that is not the process' own.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Runs a command line and says how it ended.
///
/// `arguments` begin with the program's name, as from [`std::env::args_os`].
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit_status(arguments))
}

/// As [`run`], within the process of another program, such as an interpreter: `program` is the file
/// by which people start Relata, where there is one. Gives the exit status as a number.
pub fn run_within(program: Option<PathBuf>, arguments: impl IntoIterator<Item = OsString>) -> u8 {
    if let Some(program) = program {
        let _ = PROGRAM.set(program);
    }
    exit_status(arguments)
}

/// 0 done, 1 nothing found, 2 error.
fn exit_status(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    // Restores a cursor that a progress bar hides; what is on disk is safe at any moment: a library
    // by its transactions, a bulk output by its journal.
    let _ = ctrlc::set_handler(|| {
        if STOP.get().is_some_and(|first| first()) {
            return;
        }
        let terminal = console::Term::stderr();
        if terminal.is_term() {
            let _ = terminal.show_cursor();
        }
        let kept = "What was committed is kept; the same command goes on from there.";
        say(&format!("Interrupted. {}", INTERRUPTED.get().map_or(kept, String::as_str)));
        std::process::exit(130);
    });
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let alone = arguments.len() < 2;
    let config = Config::load();
    let (cli, given) = match parse(arguments, config.as_ref().ok()) {
        Ok(parsed) => parsed,
        // Whoever types the name alone wants to know what there is.
        Err(refused) if refused.kind() == ErrorKind::MissingSubcommand && alone => {
            say(&command().render_help().to_string());
            return FAILED;
        }
        Err(refused) if refused.use_stderr() => {
            // Arguments are repeated in the message, and an argument may be anything.
            say(&refused.render().to_string());
            return FAILED;
        }
        Err(help) => {
            let _ = help.print();
            return DONE;
        }
    };
    let mut page = Page::stdout();
    let outcome = dispatch(cli, config, &given, &mut page).and_then(|outcome| {
        page.flush()?;
        Ok(outcome)
    });
    match outcome {
        Ok(Outcome::Done) => DONE,
        Ok(Outcome::Nothing) => NOTHING,
        Ok(Outcome::Partial) => FAILED,
        // Whoever read our output has had enough: `relata recommend ... | head -1` is no failure.
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => DONE,
        Err(error) => {
            let nothing = matches!(error, Error::Query(QueryError::NotInLibrary { .. }));
            say(&format!("error: {}", complete(&error)));
            if nothing { NOTHING } else { FAILED }
        }
    }
}

/// The command line as it is shown in help and completed in a shell.
fn command() -> clap::Command {
    help::with_model_options_where_they_count(Cli::command())
}

/// An empty variable of the environment counts as one that is not set: so do services and
/// containers pass on what they do not know.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let empty = |name: &OsStr| std::env::var_os(name).as_deref().is_some_and(OsStr::is_empty);
    let ids: Vec<clap::Id> = command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some_and(empty))
        .map(|argument| argument.get_id().clone())
        .collect();
    let unset = |command: clap::Command, id| command.mut_arg(id, |argument| argument.env(None::<&'static str>));
    let command = ids.into_iter().fold(command, unset);
    // Some commands show options of all commands as their own.
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, without_empty_variables))
}

fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    config: Option<&Config>,
) -> std::result::Result<(Cli, Given), clap::Error> {
    let command = without_empty_variables(command());
    let mut command = config.map_or_else(|| command.clone(), |config| config.enter(command.clone()));
    let matches = command.try_get_matches_from_mut(categories::joined(arguments))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    Ok((cli, Given::of(&matches)))
}

fn dispatch(cli: Cli, config: Result<Config>, given: &Given, page: &mut Page) -> Result<Outcome> {
    let places = cli.places;
    let library = places.library.clone();
    // Opened by the commands that need it: completions need no folder for libraries and models, and
    // whoever mends the configuration file does not need it whole.
    let context = move || Context::new(places, config?);
    match cli.command {
        Command::Completions(asked) => completions::run(&asked, page),
        Command::Man(asked) => man::run(&asked, page),
        Command::Schedule(asked) => schedule::run(library.as_deref(), &asked, page),
        Command::Config(asked) => configure::run(&asked.command, given, page),
        Command::Add(add) => add::run(&context()?, &add, page),
        Command::ImportVectors(asked) => import_vectors::run(&context()?, &asked, page),
        Command::Fetch(fetch) => fetch::run(&context()?, &fetch, page),
        Command::Sources(asked) => fetch::sources(&context()?, asked.command.as_ref(), page),
        Command::Recommend(recommend) => answers::recommend(&context()?, &recommend, page),
        Command::Today(today) => today::run(&context()?, &today, page),
        Command::Search(search) => search::run(&context()?, &search, page),
        Command::Serve(asked) => serve::run(&context()?, &asked, given, page),
        Command::Topics(topics) => topics::run(&context()?, &topics, page),
        Command::Export(export) => topics::export(&context()?, &export),
        Command::Eval(eval) => eval::run(&context()?, &eval, page),
        Command::Like(asked) => profiles::opine(&context()?, &asked, Opinion::Liked, page),
        Command::Unlike(asked) => profiles::opine(&context()?, &asked, Opinion::Disliked, page),
        Command::Follow(asked) => follows::follow(&context()?, &asked, page),
        Command::Unfollow(asked) => follows::unfollow(&context()?, &asked, page),
        Command::Profile(asked) => profiles::profile(&context()?, &asked.command, page),
        Command::Note(asked) => annotations::note(&context()?, &asked, page),
        Command::Tag(asked) => annotations::tag(&context()?, &asked, page),
        Command::Read(asked) => annotations::read(&context()?, &asked, page),
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
        Command::Mcp(asked) => mcp::run(&context()?, &asked),
        Command::Model(model) => match model.command {
            ModelCommand::List { json } => models::list(&context()?, json, page),
            ModelCommand::Fetch { name } => models::fetch(&context()?, name.as_deref(), page),
            ModelCommand::Verify { name, json } => models::verify(&context()?, name.as_deref(), json, page),
            ModelCommand::Path { name } => models::path(&context()?, name.as_deref(), page),
        },
    }
}

/// An error with its causes and what to do about it, and nothing that a terminal would obey.
fn complete(error: &Error) -> String {
    advice::with_advice(error).lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// What commands share: the library as the service has it, and the terminal that is told of events.
struct Context {
    relata: Relata,
    terminal: Arc<Terminal>,
    config: Config,
}

impl Context {
    fn new(places: Places, config: Config) -> Result<Context> {
        let Places { library, model, precision, long, device, engine, memory, offline } = places;
        let memory = u64::from(memory) << 20;
        let variables = |name: &str| config.variable(name);
        let mut settings = Settings::from_vars(variables, dirs::cache_dir(), dirs::home_dir())?;
        settings.offline |= offline;
        // An empty variable is one that is not set.
        let library = match library.filter(|path| !path.as_os_str().is_empty()) {
            Some(path) => path,
            None => crate::library::default_path()?,
        };
        let arxiv = Some(ArxivSettings::from_vars(variables, &settings.cache.join("arxiv"))?);
        let profile = config.text("profile").map(str::to_owned);
        let options = Options { library, settings, model, precision, long, device, engine, memory, arxiv, profile };
        options.check()?;
        let terminal = Arc::new(Terminal::default());
        let relata = Relata::new(options).observed_by(Arc::clone(&terminal));
        Ok(Context { relata, terminal, config })
    }
}

/// Reads ids in any pasted form; a paper that is named twice counts once.
fn ids<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<Vec<ArxivId>> {
    let mut seen = BTreeSet::new();
    let read = texts.into_iter().map(|text| id(text));
    read.filter(|id| id.as_ref().map_or(true, |id| seen.insert(id.clone()))).collect()
}

fn id(text: &str) -> Result<ArxivId> {
    ArxivId::parse(text)
        .map(|(id, _)| id)
        .ok_or_else(|| Error::from(QueryError::NotAnId { text: printable(text).into_owned() }))
}
