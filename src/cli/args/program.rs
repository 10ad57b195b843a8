//! Commands about the program itself: `man` and `completions`.

use std::path::PathBuf;

use clap::Args;
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
