//! `relata man`: manual pages, made from the same definitions as the help.

use clap_mangen::{Man as Page, generate_to};

use crate::error::{Error, Result};

use super::args::Man;
use super::terminal::{self, say};
use super::{Outcome, command};

pub(super) fn run(asked: &Man, page: &mut terminal::Page) -> Result<Outcome> {
    let Some(folder) = &asked.to else {
        let mut manual = Vec::new();
        Page::new(command()).render(&mut manual).map_err(Error::io("the manual page"))?;
        String::from_utf8_lossy(&manual).lines().try_for_each(|line| page.raw(line))?;
        return Ok(Outcome::Done);
    };
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    generate_to(command(), folder).map_err(Error::io(folder))?;
    say(&format!("Wrote the manual pages to {}; `man relata` finds them in a man1 of $MANPATH.", folder.display()));
    Ok(Outcome::Done)
}
