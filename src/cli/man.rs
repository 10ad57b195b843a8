//! `relata man`: manual pages, made from the same definitions as the help.

use clap::CommandFactory;
use clap_mangen::{Man as Page, generate_to};

use crate::error::{Error, Result};

use super::Outcome;
use super::args::{Cli, Man};
use super::terminal::{self, say};

pub(super) fn run(asked: &Man, page: &mut terminal::Page) -> Result<Outcome> {
    let Some(folder) = &asked.to else {
        let mut manual = Vec::new();
        // With the options that short help keeps for where they count.
        Page::new(Cli::command()).render(&mut manual).map_err(Error::io("the manual page"))?;
        String::from_utf8_lossy(&manual).lines().try_for_each(|line| page.raw(line))?;
        return Ok(Outcome::Done);
    };
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    generate_to(Cli::command(), folder).map_err(Error::io(folder))?;
    say(&format!("Wrote the manual pages to {}; `man relata` finds them in a man1 of $MANPATH.", folder.display()));
    Ok(Outcome::Done)
}
