//! `relata completions`: a script for a shell, made from the same definitions as the help.

use clap_complete::generate;

use crate::error::Result;

use super::args::Completions;
use super::terminal::Page;
use super::{Outcome, command};

pub(super) fn run(asked: &Completions, page: &mut Page) -> Result<Outcome> {
    let mut script = Vec::new();
    generate(asked.shell, &mut command(), "relata", &mut script);
    String::from_utf8_lossy(&script).lines().try_for_each(|line| page.raw(line))?;
    Ok(Outcome::Done)
}
