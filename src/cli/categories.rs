//! `--category cs.LG stat.ML`: several categories with spaces between them, beside the commas that
//! clap knows.
//!
//! In: the command line before clap reads it. Out: the same with the categories of one `--category`
//! joined by commas. An option of many values would swallow what follows it, be it a digest
//! (`today --category cs.LG 2026-02-14.md`), an id or a word to search for; so only what looks like
//! a category is taken, and what names a file that is there is not.

use std::ffi::OsString;
use std::path::Path;

use crate::paper::category::is_category;

const OPTION: &str = "--category";

/// Joins the categories that follow `--category`.
pub(super) fn joined(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut rest = arguments.into_iter().peekable();
    let mut searches = false;
    while let Some(argument) = rest.next() {
        searches |= argument == "search";
        let text = argument.to_str().unwrap_or_default();
        let with_value = text.strip_prefix(OPTION).is_some_and(|value| value.starts_with('='));
        let alone = text == OPTION;
        let ended = text == "--";
        joined.push(argument);
        if ended {
            break;
        }
        if !alone && !with_value {
            continue;
        }
        if alone {
            let Some(value) = rest.next() else { break };
            joined.push(value);
        }
        let mut more = Vec::new();
        while let Some(next) = rest.next_if(|next| next.to_str().is_some_and(|next| follows(next, searches))) {
            more.push(next);
        }
        for next in more {
            if let Some(value) = joined.last_mut() {
                let comma = if value.to_str().is_some_and(|value| value.ends_with(',')) { "" } else { "," };
                value.push(comma);
                value.push(next);
            }
        }
    }
    joined.extend(rest);
    joined
}

/// Whether a word after a category is another one. The name of an archive alone may be a word to
/// search for, as `math` is.
fn follows(word: &str, searches: bool) -> bool {
    let one = |category: &str| {
        let category = category.strip_suffix(".*").unwrap_or(category);
        let folded = match category.split_once('.') {
            Some((archive, class)) => format!("{}.{class}", archive.to_ascii_lowercase()),
            None => category.to_ascii_lowercase(),
        };
        is_category(&folded)
    };
    let may_be_a_word = searches && !word.contains(['.', ',', '-']);
    !may_be_a_word && word.split(',').all(|category| category.is_empty() || one(category)) && !Path::new(word).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> String {
        let joined = joined(line.split(' ').map(OsString::from));
        joined.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn categories_are_taken_and_the_rest_is_left() {
        for (line, expected) in [
            ("recommend --category cs.LG stat.ML", "recommend --category cs.LG,stat.ML"),
            ("recommend --category cs.LG, stat.ML 2602.10611", "recommend --category cs.LG,stat.ML 2602.10611"),
            ("recommend --category=cs stat quant-ph -k 3", "recommend --category=cs,stat,quant-ph -k 3"),
            ("today --category CS.lg astro-ph.* x.md", "today --category CS.lg,astro-ph.* x.md"),
            ("topics --category cs.LG math.AG 4", "topics --category cs.LG,math.AG 4"),
            ("search --category cs.LG stat.ML math proofs", "search --category cs.LG,stat.ML math proofs"),
            ("search --category cs.LG hep-th waves", "search --category cs.LG,hep-th waves"),
            ("topics --category whatever cs.LG", "topics --category whatever,cs.LG"),
            ("search -- --category cs.LG stat.ML", "search -- --category cs.LG stat.ML"),
            ("recommend --category", "recommend --category"),
        ] {
            assert_eq!(of(line), expected);
        }
    }

    #[test]
    fn a_file_that_is_there_is_no_category() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cs.md");
        std::fs::write(&path, "").unwrap();
        assert!(follows("cs.md", false));
        assert!(!follows(path.to_str().unwrap(), false));
    }
}
