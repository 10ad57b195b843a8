//! `relata config`: where the file is, what is set and by what, and changes of single settings.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;
use console::Style;
use serde::Serialize;

use super::Outcome;
use super::args::ConfigCommand;
use super::config::{self, Config, KEYS, Key, Kind, key, nearest, place};
use super::mail::{PASSWORD, password_source};
use super::terminal::{Page, printable, say};
use crate::error::{ConfigError, Result};

/// What the command line and the environment say of settings that are options: of every command, or
/// of the one that runs.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeMap<&'static str, (ValueSource, OsString)>);

impl Given {
    pub(super) fn of(matches: &ArgMatches) -> Given {
        let (mut matches, mut command) = (matches, None);
        // Options of every command stand in the matches of the innermost.
        while let Some((name, inner)) = matches.subcommand() {
            (matches, command) = (inner, Some(name));
        }
        let one = |key: &'static Key| {
            let id = key.option.filter(|option| option.command.is_none() || option.command == command)?.id;
            let values: Vec<&OsStr> = matches.try_get_raw(id).ok()??.collect();
            let value = (!values.is_empty()).then(|| values.join(OsStr::new(",")))?;
            Some((key.name, (matches.value_source(id)?, value)))
        };
        Given(KEYS.iter().filter_map(one).collect())
    }
}

/// A setting with what it is set to.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) key: &'static str,
    pub(super) value: Option<String>,
    /// What sets it: an option, a variable or `file`.
    pub(super) from: Option<String>,
    /// The line of the file.
    pub(super) line: Option<usize>,
    pub(super) about: &'static str,
}

/// What `relata config show --json` prints.
#[derive(Serialize)]
struct Shown {
    path: String,
    exists: bool,
    settings: Vec<Row>,
    /// What holds the password for mail: a variable or a setting. The password is never shown.
    mail_password: Option<&'static str>,
}

pub(super) fn run(command: &ConfigCommand, given: &Given, page: &mut Page) -> Result<Outcome> {
    match command {
        ConfigCommand::Path => page.whole(&place()?.display().to_string())?,
        ConfigCommand::Show { all, json } => show(given, *all, *json, page)?,
        ConfigCommand::Set { key: name, value } => set(name, value, page)?,
        ConfigCommand::Unset { key } => return unset(key, page),
    }
    Ok(Outcome::Done)
}

fn show(given: &Given, all: bool, json: bool, page: &mut Page) -> Result<()> {
    let path = place()?;
    let config = Config::read(&path)?;
    let rows = rows(&config, given);
    let settings: Vec<Row> = rows.into_iter().filter(|row| all || row.value.is_some()).collect();
    let mail_password = password_source(&config);
    if json {
        let (path, exists) = (path.display().to_string(), path.exists());
        return page.answer(&Shown { path, exists, settings, mail_password });
    }
    let there = if path.exists() { "" } else { " (not there yet)" };
    let header = format!("{}{there}", printable(&path.display().to_string()));
    let header = page.styled(&Style::new().dim(), &header);
    page.line(&header)?;
    let width = settings.iter().map(|row| row.key.len()).max().unwrap_or(0);
    for row in &settings {
        let told = match (&row.value, &row.from, row.line) {
            (Some(value), _, Some(line)) => format!("{value}  (line {line})"),
            (Some(value), Some(from), None) => format!("{value}  ({from})"),
            _ => format!("-  ({})", row.about),
        };
        page.whole(&format!("{:<width$}  {told}", row.key))?;
    }
    match mail_password {
        Some(source) => page.whole(&format!("The password for mail is set by {source}, and is not shown.")),
        None if all => page.whole(&format!("The password for mail is not set; {PASSWORD} can set it.")),
        None => Ok(()),
    }
}

/// All settings, with what sets them.
pub(super) fn rows(config: &Config, given: &Given) -> Vec<Row> {
    KEYS.iter().map(|key| row(key, config, given)).collect()
}

fn row(key: &'static Key, config: &Config, given: &Given) -> Row {
    let row = |value: Option<OsString>, from: Option<String>, line| {
        let value = value.map(|value| masked(key.kind, &value.to_string_lossy()));
        Row { key: key.name, value, from, line, about: key.about }
    };
    if let Some((source, value)) = given.0.get(key.name)
        && let Some(from) = match source {
            ValueSource::CommandLine => key.option.map(|option| option.name),
            ValueSource::EnvVariable => key.variable,
            _ => None,
        }
    {
        return row(Some(value.clone()), Some(from.to_owned()), None);
    }
    if let Some(variable) = key.variable.filter(|_| key.option.is_none())
        && let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty())
    {
        return row(Some(value), Some(variable.to_owned()), None);
    }
    match config.line(key.name) {
        Some(line) => row(config.value(key), Some("file".to_owned()), Some(line)),
        None => row(None, None, None),
    }
}

/// A value as it may be shown: an address without the name and the password in it.
fn masked(kind: Kind, value: &str) -> String {
    if kind == Kind::Address
        && let Some((scheme, rest)) = value.split_once("://")
    {
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if let Some((_, host)) = host.rsplit_once('@') {
            return format!("{scheme}://***@{host}{path}");
        }
    }
    value.to_owned()
}

fn set(name: &str, value: &str, page: &mut Page) -> Result<()> {
    let key = key(name).ok_or_else(|| ConfigError::UnknownKey { key: name.to_owned(), nearest: nearest(name) })?;
    // A path that is typed counts from where it is typed.
    let typed = match key.kind.is_relative_path(value) {
        true => std::path::absolute(PathBuf::from(value))
            .map_or_else(|_| value.to_owned(), |path| path.display().to_string()),
        false => value.to_owned(),
    };
    let path = place()?;
    config::set(&path, key, &typed)?;
    page.whole(&format!("{name} = {}  ({})", masked(key.kind, &typed), path.display()))?;
    if let Some(variable) = key.variable
        && std::env::var_os(variable).is_some_and(|value| !value.is_empty())
    {
        say(&format!("note: {variable} is set, and goes before it."));
    }
    Ok(())
}

fn unset(name: &str, page: &mut Page) -> Result<Outcome> {
    let path = place()?;
    if config::unset(&path, name)? {
        page.whole(&format!("{name} is no longer set  ({})", path.display()))?;
        return Ok(Outcome::Done);
    }
    if key(name).is_none() {
        return Err(ConfigError::UnknownKey { key: name.to_owned(), nearest: nearest(name) }.into());
    }
    say(&format!("{name} is not set in {}.", path.display()));
    Ok(Outcome::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_is_secret_in_it() {
        let shown = |text: &str| masked(Kind::Address, text);
        assert_eq!(shown("https://ada:secret@mirror.example/oai@x"), "https://***@mirror.example/oai@x");
        assert_eq!(shown("https://mirror.example/a@b"), "https://mirror.example/a@b");
        assert_eq!(masked(Kind::Text, "https://a:b@c"), "https://a:b@c");
    }
}
