//! Files of reference managers on inputs that nobody would write.

use std::path::Path;

use relata::references::{self, Encoding, Reference, References};
use relata::{ArxivId, Skipped};

use crate::driver::{Bound, Target, fuzz};
use crate::random::Random;
use crate::{corpus, mutate};

const REFERENCES: Target = Target {
    name: "references",
    runs: 16_000,
    peak: Bound { base: 4 << 20, per_byte: 150 },
    total: Bound { base: 8 << 20, per_byte: 1500 },
};

fn is_clean(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn entry_holds(entry: &Reference) -> Result<(), String> {
    if let Some(id) = entry.ids.iter().find(|id| ArxivId::parse(id.as_str()).is_none_or(|(again, _)| again != **id)) {
        return Err(format!("an id that is none: {id}"));
    }
    if entry.label.chars().any(char::is_control) || entry.label.chars().count() > 201 {
        return Err(format!("a label that is not clean: {:?}", entry.label));
    }
    if entry.title.as_deref().is_some_and(|title| !is_clean(title)) {
        return Err(format!("a title that is not clean: {:?}", entry.title));
    }
    match &entry.doi {
        Some(doi) if !doi.starts_with("10.") || !is_clean(doi) => Err(format!("a DOI that is none: {doi:?}")),
        _ => Ok(()),
    }
}

/// What holds for every input.
fn holds(input: &[u8]) -> Result<(), String> {
    let read = || references::read_bytes(Path::new("some.file"), input).map_err(|error| error.to_string());
    let found = read();
    if found != read() {
        return Err("two answers to the same bytes".to_owned());
    }
    let References { entries, exported, encoding } = match found {
        Ok(found) => found,
        Err(error) if error.starts_with("some.file") => return Ok(()),
        Err(error) => return Err(format!("an error without its file: {error}")),
    };
    // A line ends at either sign; UTF-16 has twice the bytes.
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    let within = |line: u64| (1..=lines).contains(&line) || encoding.is_some();
    let _: Option<&Encoding> = encoding.as_ref();
    if entries.is_empty() && exported.is_none_or(|exported| exported.follow.is_empty()) {
        return Err("neither an entry nor an error".to_owned());
    }
    for entry in &entries {
        match entry {
            Ok(entry) => {
                entry_holds(entry)?;
                if !within(entry.line) {
                    return Err(format!("line {} of {lines} has an entry", entry.line));
                }
            }
            Err(Skipped { file, line, reason }) => {
                if file != "some.file" || !within(*line) || !is_clean(reason) || reason.chars().count() > 400 {
                    return Err(format!("a skip without its place or reason: {file}:{line} of {lines}: {reason:?}"));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn references_are_read_whatever_the_bytes() {
    let seeds = corpus::references();
    let make = |random: &mut Random| mutate::one_of(random, &seeds);
    fuzz(&REFERENCES, make, holds);
}
