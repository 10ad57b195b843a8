//! The last answer: papers by their place in it, so that `relata like 3` means the third paper that
//! was listed.
//!
//! In: the ids that a command has listed. Out: ids, from places or from ids in any pasted form.

use std::collections::BTreeSet;

use crate::error::{QueryError, Result};
use crate::paper::ArxivId;
use crate::service::Source;

use super::args::OpenPages;
use super::terminal::{Page, say};
use super::{Context, Outcome, complete, id};

/// Notes what an answer has listed, once it is out. One that lists nothing leaves the last one as
/// it is.
///
/// # Errors
/// What writing to `page` reports. The answer stands where it cannot be noted.
pub(super) fn note<'a>(
    context: &Context,
    source: Source,
    listed: impl Iterator<Item = &'a ArxivId>,
    page: &mut Page,
) -> Result<()> {
    let ids: Vec<ArxivId> = listed.cloned().collect();
    page.flush()?;
    if let Err(error) = context.relata.note_answer(source, &ids) {
        say(&format!("note: `relata like 1` means an earlier answer than this: {}", complete(&error)));
    }
    Ok(())
}

/// Reads ids in any pasted form and places in the last answer; a paper that is named twice counts
/// once.
///
/// # Errors
/// [`QueryError::NoLastAnswer`], [`QueryError::NotInLastAnswer`] and [`QueryError::NotAnId`].
pub(super) fn ids<'a>(context: &Context, texts: impl IntoIterator<Item = &'a String>) -> Result<Vec<ArxivId>> {
    let (mut seen, mut ids) = (BTreeSet::new(), Vec::new());
    let mut last: Option<Vec<ArxivId>> = None;
    for text in texts {
        let named = match place(text) {
            None => id(text)?,
            Some(number) => {
                let listed = match last.take() {
                    Some(listed) => listed,
                    None => context.relata.last_answer()?,
                };
                let found = number.checked_sub(1).and_then(|at| listed.get(at)).cloned();
                let papers = listed.len();
                last = Some(listed);
                match found {
                    Some(found) => found,
                    None if papers == 0 => return Err(QueryError::NoLastAnswer { number }.into()),
                    None => return Err(QueryError::NotInLastAnswer { number, papers }.into()),
                }
            }
        };
        if seen.insert(named.clone()) {
            ids.push(named);
        }
    }
    Ok(ids)
}

/// The place that a text names. No id is a short row of digits.
fn place(text: &str) -> Option<usize> {
    let short = text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    short.then(|| text.parse().ok()).flatten()
}

/// `relata open`: prints the links of papers, and shows them in the browser where there is a
/// display.
pub(super) fn open(context: &Context, asked: &OpenPages, page: &mut Page) -> Result<Outcome> {
    let ids = ids(context, &asked.ids)?;
    for id in &ids {
        page.line(&id.url())?;
    }
    page.flush()?;
    // Without a browser for the first there is none for the others.
    let _ = ids.iter().all(|id| show(&id.url()));
    Ok(Outcome::Done)
}

/// Shows an address in the browser where there is a display. Says whether that went well.
pub(super) fn show(address: &str) -> bool {
    if !has_display() {
        return false;
    }
    let shown = open::that_detached(address);
    if let Err(error) = &shown {
        say(&format!("note: no browser could be started: {error}"));
    }
    shown.is_ok()
}

/// Whether a browser has a place to show a page.
fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_short_row_of_digits() {
        assert_eq!(["3", "10", "0"].map(place), [Some(3), Some(10), Some(0)]);
        assert_eq!(["", "2602.10611", "9901001", "-1", "1e3", "३"].map(place), [None; 6]);
    }
}
