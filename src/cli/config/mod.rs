//! The configuration file: what it sets, and how that enters the command line.
//!
//! In: a TOML file in the platform's place, or where `RELATA_CONFIG` says. Out: [`Config`], whose
//! values stand below options and variables and above what is built in. A file that is not there
//! sets nothing. Only the programs read it; the library crate never does.

mod file;
mod keys;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ArgAction;

use crate::error::{ConfigError, Result};
use crate::files::in_home;

pub(super) use file::{set, unset};
pub(super) use keys::{KEYS, Key, Kind, key, nearest};

/// What the configuration file sets.
#[derive(Debug, Default)]
pub(super) struct Config {
    folder: PathBuf,
    settings: file::Settings,
}

/// Where the file is, be it there or not.
///
/// # Errors
/// [`ConfigError::NoFolder`]
pub(super) fn place() -> Result<PathBuf> {
    let named = std::env::var_os("RELATA_CONFIG").filter(|name| !name.is_empty());
    let home = dirs::home_dir();
    match named {
        Some(named) => Ok(in_home(PathBuf::from(named), home.as_deref())),
        None => Ok(dirs::config_dir().ok_or(ConfigError::NoFolder)?.join("relata").join("config.toml")),
    }
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError::Faulty`], [`Error::Io`](crate::error::Error::Io) where it is there and cannot
    /// be read.
    pub(super) fn load() -> Result<Config> {
        // A user without a home has no file either.
        place().map_or_else(|_| Ok(Config::default()), |path| Config::read(&path))
    }

    /// As [`load`](Config::load), from the file of a path.
    pub(super) fn read(path: &Path) -> Result<Config> {
        let settings = file::settings(path, &file::text(path)?)?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Config { folder, settings })
    }

    /// What the file sets a key to.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(|line| line.text.as_str())
    }

    /// The line that sets a key.
    pub(super) fn line(&self, key: &str) -> Option<usize> {
        self.settings.get(key).map(|line| line.number)
    }

    /// As [`text`](Config::text); a path is whole.
    pub(super) fn value(&self, key: &Key) -> Option<OsString> {
        let text = self.text(key.name)?;
        if key.kind.is_relative_path(text) {
            return Some(self.folder.join(text).into_os_string());
        }
        let home = dirs::home_dir();
        match key.kind {
            Kind::Path => Some(in_home(PathBuf::from(text), home.as_deref()).into_os_string()),
            _ => Some(text.into()),
        }
    }

    /// The path that the file sets a key to, whole.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        keys::key(name).and_then(|key| self.value(key)).map(PathBuf::from)
    }

    /// A variable of the environment, and where it is not set or empty, what the file says in its
    /// place.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        let set = std::env::var_os(name).filter(|value| !value.is_empty());
        set.or_else(|| {
            // A setting with an option has come in through that, behind its variable.
            let key = KEYS.iter().find(|key| key.variable == Some(name) && key.option.is_none())?;
            self.value(key)
        })
    }

    /// Has options default to what the file says.
    pub(super) fn enter(&self, command: clap::Command) -> clap::Command {
        let mut command = command;
        for key in KEYS {
            if let (Some(target), Some(value)) = (key.option, self.value(key)) {
                let value = clap::builder::OsStr::from(value);
                command = with_default(command, target.id, target.command, &value);
            }
        }
        command
    }
}

/// A command whose argument `id` defaults to a value, here and in the commands below, or only in
/// the one that is named.
fn with_default(
    command: clap::Command,
    id: &'static str,
    only: Option<&str>,
    value: &clap::builder::OsStr,
) -> clap::Command {
    let here = only.is_none_or(|name| name == command.get_name());
    let argument = command.get_arguments().find(|argument| here && argument.get_id() == id);
    // A profile that may be left out altogether has a meaning of its own.
    let meant = argument.is_some_and(|argument| id != "profile" || !argument.get_default_values().is_empty());
    let command = if meant {
        command.mut_arg(id, |argument| {
            // What had no default has a text that says what counts in its place.
            let hide = argument.get_default_values().is_empty() && !matches!(argument.get_action(), ArgAction::SetTrue);
            argument.default_value(value.clone()).hide_default_value(hide)
        })
    } else {
        command
    };
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let below = |command: clap::Command, name| command.mut_subcommand(name, |one| with_default(one, id, only, value));
    names.into_iter().fold(command, below)
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::super::args::{Cli, Command};
    use super::super::command;
    use super::*;
    use crate::embed::DeviceChoice;

    fn config(text: &str) -> Config {
        let settings = file::settings(Path::new("/etc/relata/config.toml"), text).unwrap();
        Config { folder: PathBuf::from("/etc/relata"), settings }
    }

    fn parsed(config: &Config, arguments: &[&str]) -> Cli {
        // Whatever the environment says.
        let command = command().mut_args(|argument| argument.env(None::<&'static str>));
        let matches = config.enter(command).try_get_matches_from(arguments).unwrap();
        Cli::from_arg_matches(&matches).unwrap()
    }

    #[test]
    fn the_file_stands_below_options_and_above_what_is_built_in() {
        let config = config("library = 'a.db'\ndevice = 'cpu'\nprofile = 'mine'\n[today]\nk = 3\nat_least = 60\n");
        let cli = parsed(&config, &["relata", "today"]);
        assert_eq!(cli.places.library.as_deref(), Some(Path::new("/etc/relata/a.db")));
        assert_eq!(cli.places.device, DeviceChoice::Cpu);
        let Command::Today(today) = cli.command else { panic!("today") };
        assert_eq!((today.selection.k, today.selection.at_least), (3, Some(60.0)));
        assert_eq!(today.profile.profile, "mine");
        let cli = parsed(&config, &["relata", "--device", "auto", "today", "-k", "4", "--library", "b.db"]);
        assert_eq!((cli.places.library.as_deref(), cli.places.device), (Some(Path::new("b.db")), DeviceChoice::Auto));
        let Command::Today(today) = cli.command else { panic!("today") };
        assert_eq!(today.selection.k, 4);
        // Those of one command leave the others alone, and so does what a command hides.
        let Command::Recommend(recommend) = parsed(&config, &["relata", "recommend"]).command else {
            panic!("recommend")
        };
        assert_eq!((recommend.selection.k, recommend.selection.at_least, recommend.profile), (10, None, None));
        assert_eq!(parsed(&config, &["relata", "info"]).places.device, DeviceChoice::Cpu);
    }

    #[test]
    fn every_setting_can_be_the_default_of_its_option() {
        let value = |key: &Key| match key.kind {
            Kind::Flag => "true".to_owned(),
            Kind::Count | Kind::Match | Kind::Port => "7".to_owned(),
            Kind::Mail => "'a@b.example'".to_owned(),
            Kind::Address => "'https://a.example'".to_owned(),
            Kind::Listen => "'::1'".to_owned(),
            Kind::Several => "['a', 'b']".to_owned(),
            Kind::Device => "'cpu'".to_owned(),
            Kind::Language => "'de'".to_owned(),
            Kind::OneOf(words) => format!("'{}'", words[0]),
            Kind::Text | Kind::Path | Kind::NameOrPath => "'a'".to_owned(),
        };
        let text: String = KEYS.iter().map(|key| format!("{} = {}\n", key.name, value(key))).collect();
        let config = config(&text);
        assert_eq!(config.settings.len(), KEYS.len());
        config.enter(command()).debug_assert();
        let cli = parsed(&config, &["relata", "today"]);
        assert!(cli.places.offline);
        let Command::Today(today) = cli.command else { panic!("today") };
        assert_eq!(today.selection.language.as_deref(), Some("de"));
        let Command::Serve(serve) = parsed(&config, &["relata", "serve", "--host", "c"]).command else {
            panic!("serve")
        };
        assert_eq!((serve.port, serve.listen.to_string(), serve.hosts), (7, "::1".to_owned(), vec!["c".to_owned()]));
        assert_eq!((serve.origins, serve.read_only, serve.metrics), (vec!["a".to_owned(), "b".to_owned()], true, true));
        assert_eq!(serve.token_file.as_deref(), Some(Path::new("/etc/relata/a")));
    }

    #[test]
    fn variables_stand_above_the_file() {
        let config = config("cache = 'there'\noffline = true\nlibrary = '~/a.db'\n");
        // Not set in any test.
        assert_eq!(config.variable("RELATA_NOTHING"), None);
        let cache = std::env::var_os("RELATA_CACHE").filter(|set| !set.is_empty());
        assert_eq!(config.variable("RELATA_CACHE"), Some(cache.unwrap_or_else(|| "/etc/relata/there".into())));
        let library = keys::key("library").unwrap();
        let home = dirs::home_dir().unwrap_or_else(|| PathBuf::from("~"));
        assert_eq!(config.value(library), Some(home.join("a.db").into_os_string()));
    }
}
