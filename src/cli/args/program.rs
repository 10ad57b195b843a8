//! Commands about the program itself and its other doors: `config`, `man`, `completions` and `mcp`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use super::values::path;

/// `relata man`
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Folder for relata.1, relata-recommend.1 and so on, such as ~/.local/share/man/man1; made
    /// where it is not there.
    #[arg(long, value_name = "FOLDER", value_parser = path())]
    pub to: Option<PathBuf>,
}

/// What a client starts.
const CLIENTS: &str = "\
A client such as Claude Code starts this command by itself:
  claude mcp add relata -- relata mcp

Standard output carries the protocol alone, messages go to standard error. docs/guide/agents.md has
the settings of other clients.";

/// `relata mcp`
#[derive(Debug, Args)]
#[command(after_help = CLIENTS)]
pub(crate) struct Mcp {
    /// Also offer the tools that rate papers in your profile and fetch papers from arXiv.
    #[arg(
        long,
        env = "RELATA_ALLOW_WRITES",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub allow_writes: bool,
}

/// Where a shell looks for the script.
const INSTALLATION: &str = "\
For one session:
  bash        source <(relata completions bash)
  zsh         source <(relata completions zsh)
  fish        relata completions fish | source
  PowerShell  relata completions powershell | Out-String | Invoke-Expression

For good, write the script to where the shell looks for it:
  bash        ~/.local/share/bash-completion/completions/relata
  zsh         a file _relata in a folder of $fpath
  fish        ~/.config/fish/completions/relata.fish";

/// `relata completions`
#[derive(Debug, Args)]
#[command(after_help = INSTALLATION)]
pub(crate) struct Completions {
    /// Shell to complete in.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// `relata config`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct ConfigArgs {
    /// What to do with the configuration file.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// The commands on the configuration file.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print where the configuration file is, be it there or not.
    Path,
    /// Show what is set, and by what: an option, a variable or a line of the file. Secrets are not
    /// shown.
    Show {
        /// Also list the settings that are not set, with what they are for.
        #[arg(long)]
        all: bool,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Set a value in the file, which is made where it is not there. Comments stay.
    Set {
        /// Setting to change, such as model or today.k.
        #[arg(value_name = "KEY")]
        key: String,
        /// What to set it to.
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Take a setting out of the file.
    Unset {
        /// Setting to take out.
        #[arg(value_name = "KEY")]
        key: String,
    },
}
