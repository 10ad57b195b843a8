//! `relata completions`: a script for a shell, made from the same definitions as the help.

use clap_complete::generate;

use crate::error::Result;

use super::args::Completions;
use super::terminal::Page;
use super::{Outcome, command};

/// Where a shell looks for it.
pub(super) const INSTALLATION: &str = "\
For one session:
  bash        source <(relata completions bash)
  zsh         source <(relata completions zsh)
  fish        relata completions fish | source
  PowerShell  relata completions powershell | Out-String | Invoke-Expression

For good, write the script to where the shell looks for it:
  bash        ~/.local/share/bash-completion/completions/relata
  zsh         a file _relata in a folder of $fpath
  fish        ~/.config/fish/completions/relata.fish";

pub(super) fn run(asked: &Completions, page: &mut Page) -> Result<Outcome> {
    let mut script = Vec::new();
    generate(asked.shell, &mut command(), "relata", &mut script);
    String::from_utf8_lossy(&script).lines().try_for_each(|line| page.raw(line))?;
    Ok(Outcome::Done)
}
