//! `relata follow` and `relata unfollow`: authors, words and categories whose new papers `relata
//! today` lists first.

use crate::error::Result;
use crate::paper::Follows;
use crate::service::{Follow as Request, Followed};

use super::args::{Follow, Followable, Unfollow};
use super::terminal::{Page, printable, say};
use super::{Context, Outcome};

/// Follows more, or without anything to follow lists what is followed.
pub(super) fn follow(context: &Context, asked: &Follow, page: &mut Page) -> Result<Outcome> {
    let more = follows(&asked.what);
    let profile = asked.profile.profile.clone();
    if more.is_empty() {
        let followed = context.relata.follows(&profile)?;
        return list(&followed, asked.json, page);
    }
    let followed = context.relata.follow(&Request { follow: more, profile, stop: false })?;
    changed(&followed, asked.json, page)?;
    Ok(Outcome::Done)
}

pub(super) fn unfollow(context: &Context, asked: &Unfollow, page: &mut Page) -> Result<Outcome> {
    let profile = asked.profile.profile.clone();
    let followed = context.relata.follow(&Request { follow: follows(&asked.what), profile, stop: true })?;
    changed(&followed, asked.json, page)?;
    Ok(if followed.changed == 0 { Outcome::Nothing } else { Outcome::Done })
}

fn follows(asked: &Followable) -> Follows {
    let Followable { author, words, category } = asked.clone();
    Follows { author, words, category }
}

fn changed(followed: &Followed, as_json: bool, page: &mut Page) -> Result<()> {
    if as_json {
        return page.answer(followed);
    }
    let Followed { changed, profile, follow } = followed;
    let Follows { author, words, category } = follow;
    let [authors, phrases, categories] =
        [(author, "author", "authors"), (words, "phrase", "phrases"), (category, "category", "categories")]
            .map(|(texts, one, several)| format!("{} {}", texts.len(), if texts.len() == 1 { one } else { several }));
    page.line(&format!("changed {changed}; {} follows {authors}, {phrases}, {categories}", printable(profile)))
}

fn list(followed: &Followed, as_json: bool, page: &mut Page) -> Result<Outcome> {
    if as_json {
        page.answer(followed)?;
    } else {
        for (kind, text) in followed.follow.each() {
            page.line(&format!("{:<8}  {}", kind.name(), printable(text)))?;
        }
    }
    if followed.follow.is_empty() {
        let profile = printable(&followed.profile);
        say(&format!("The profile {profile} follows nothing. Begin with: relata follow --author NAME"));
        return Ok(Outcome::Nothing);
    }
    Ok(Outcome::Done)
}
