//! Which of the options that every command takes are shown in the help of which command.
//!
//! In: the command line as args.rs defines it. Out: the same, in which a command hides options that
//! mean nothing to it. They are still taken there, so that `relata --device cpu ...` and an alias
//! with options of its own work with every command.

use clap::Command;

use super::config::{KEYS, Key};

/// Options about embedding.
const MODEL_OPTIONS: [&str; 6] = ["model", "precision", "long", "device", "engine", "offline"];

/// Options about where papers are.
const LIBRARY_OPTIONS: [&str; 1] = ["library"];

/// Commands that embed nothing.
const WITHOUT_MODEL: [&str; 16] = [
    "like",
    "unlike",
    "follow",
    "unfollow",
    "note",
    "tag",
    "read",
    "profile",
    "sources",
    "show",
    "open",
    "info",
    "remove",
    "check",
    "schedule",
    "completions",
];

/// Commands that use no library.
const WITHOUT_LIBRARY: [&str; 3] = ["embed", "model", "completions"];

/// Options that `relata model` does nothing with.
const NOT_OF_MODEL: [&str; 4] = ["precision", "long", "device", "engine"];

/// Hides options in the help of the commands where they do not count.
pub(super) fn with_model_options_where_they_count(command: Command) -> Command {
    let mut command = hidden(command, &WITHOUT_MODEL, &MODEL_OPTIONS);
    command = hidden(command, &WITHOUT_LIBRARY, &LIBRARY_OPTIONS);
    command = hidden(command, &["model"], &NOT_OF_MODEL);
    command.mut_subcommand("config", |config| config.mut_subcommand("set", |set| set.after_help(settings())))
}

/// The settings of the configuration file, each with what it is for.
fn settings() -> String {
    let width = KEYS.iter().map(|key| key.name.len()).max().unwrap_or(0);
    let line = |key: &Key| format!("\n  {:<width$}  {} ({})", key.name, key.about, key.kind.expected());
    KEYS.iter().map(line).fold("Settings:".to_owned(), |text, line| text + &line)
}

/// A global option of the root is copied to a command that has none of that name: one that is
/// hidden stands in its place.
fn hidden(mut command: Command, commands: &[&str], options: &[&str]) -> Command {
    let hidden: Vec<_> = command
        .get_arguments()
        .filter(|option| options.contains(&option.get_id().as_str()))
        .map(|option| option.clone().hide(true))
        .collect();
    for name in commands {
        command = command.mut_subcommand(name, |one| one.args(hidden.clone()));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::super::command;

    /// The long help of a command.
    fn help(path: &[&str]) -> String {
        let mut command = command();
        command.build();
        let mut found = &mut command;
        for name in path {
            found = found.find_subcommand_mut(name).unwrap();
        }
        found.render_long_help().to_string()
    }

    #[test]
    fn options_are_shown_where_they_count() {
        let has = |path: &[&str], option: &str| help(path).contains(&format!("--{option} "));
        for embeds in ["add", "import-vectors", "recommend", "today", "search", "topics", "export", "eval", "reembed"] {
            for option in ["model", "precision", "long", "device", "engine", "library"] {
                assert!(has(&[embeds], option), "{embeds} --{option}");
            }
        }
        for path in [&["like"][..], &["info"], &["check"], &["profile", "import"], &["completions"]] {
            for option in ["model", "precision", "long", "device", "engine"] {
                assert!(!has(path, option), "{path:?} --{option}");
            }
        }
        assert!(has(&["embed"], "device") && !has(&["embed"], "library") && has(&["like"], "library"));
        assert!(has(&["model", "fetch"], "model") && !has(&["model", "fetch"], "engine"));
    }

    #[test]
    fn the_definitions_hold() {
        command().debug_assert();
    }
}
