//! `relata like`, `relata unlike` and `relata profile`: what somebody thinks of papers.

use crate::error::{Error, QueryError, Result};
use crate::library::Opinion;
use crate::service::{
    ExportedProfile, ImportProfile, Imported, ImportedTexts, Opine as Request, ProfileRow, ProfileTexts, RemoveTexts,
    RemovedTexts, StopZotero, SyncZotero,
};

use super::args::{Opine, ProfileCommand};
use super::skips::say_skips;
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, complete, interests, last, zotero};

pub(super) fn opine(context: &Context, asked: &Opine, opinion: Opinion, page: &mut Page) -> Result<Outcome> {
    let request = Request {
        papers: last::ids(context, &asked.ids)?,
        profile: asked.profile.profile.clone(),
        opinion: (!asked.forget).then_some(opinion),
    };
    let opined = context.relata.opine(&request)?;
    if asked.json {
        page.answer(&opined)?;
    } else {
        page.line(&format!("changed {}; {}", opined.changed, summary(&opined.profile)))?;
    }
    if opined.unknown.is_empty() {
        return Ok(Outcome::Done);
    }
    let nothing = opined.unknown.len() == request.papers.len();
    let error = Error::from(QueryError::NotInLibrary { unknown: opined.closest });
    if nothing {
        return Err(error);
    }
    say(&format!("error: {}", complete(&error)));
    Ok(Outcome::Partial)
}

pub(super) fn profile(context: &Context, command: &ProfileCommand, page: &mut Page) -> Result<Outcome> {
    match command {
        ProfileCommand::List { json } => list(context, *json, page),
        ProfileCommand::Export { name, profile } => {
            let named = name.as_deref().or(profile.as_deref());
            export(context, named.unwrap_or_else(|| context.relata.default_profile()), page)
        }
        ProfileCommand::Import { file, profile, json } => {
            let request = ImportProfile { file: file.clone(), profile: profile.clone() };
            let imported = context.relata.import_profile(&request)?;
            write_import(&imported, *json, page)
        }
        ProfileCommand::Sync { sources, profile, stop: true, json, .. } => {
            let request = StopZotero { sources: sources.clone(), profile: profile.profile.clone() };
            zotero::stop(context, &request, *json, page)
        }
        ProfileCommand::Sync { sources, profile, write, dry_run, json, .. } => {
            let request = SyncZotero {
                sources: sources.clone(),
                profile: profile.profile.clone(),
                write: write.clone(),
                dry_run: *dry_run,
            };
            zotero::sync(context, &request, *json, page)
        }
        ProfileCommand::Texts { profile, remove, json } if remove.is_empty() => {
            texts(&context.relata.profile_texts(&profile.profile)?, *json, page)
        }
        ProfileCommand::Texts { profile, remove, json } => {
            let request = RemoveTexts { profile: profile.profile.clone(), keys: remove.clone() };
            removed(&context.relata.remove_texts(&request)?, *json, page)
        }
        ProfileCommand::Show { .. }
        | ProfileCommand::Split { .. }
        | ProfileCommand::Join { .. }
        | ProfileCommand::Weight { .. }
        | ProfileCommand::Regroup { .. } => interests::run(context, command, page),
        ProfileCommand::Remove { name } => {
            let Some(removed) = context.relata.remove_profile(name)? else { return Ok(nothing_yet()) };
            let texts = if removed.texts > 0 { format!(", {} texts", removed.texts) } else { String::new() };
            page.line(&format!("removed {} ({} papers{texts})", printable(name), removed.papers))?;
            Ok(Outcome::Done)
        }
    }
}

fn list(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let profiles = context.relata.profiles()?;
    if as_json {
        page.answer(&profiles)?;
    } else {
        for profile in &profiles.profiles {
            page.line(&summary(profile))?;
        }
    }
    Ok(if profiles.profiles.is_empty() { nothing_yet() } else { Outcome::Done })
}

fn nothing_yet() -> Outcome {
    say("There is no profile yet. Begin one with: relata like ID...");
    Outcome::Nothing
}

fn export(context: &Context, name: &str, page: &mut Page) -> Result<Outcome> {
    let profile = context.relata.export_profile(name)?;
    let ExportedProfile { like, unlike, follow, texts, .. } = &profile;
    if like.is_empty() && unlike.is_empty() && follow.is_empty() && texts.is_empty() {
        say(&format!("The profile {} names no paper.", printable(name)));
        return Ok(Outcome::Nothing);
    }
    page.answer(&profile)?;
    Ok(Outcome::Done)
}

fn write_import(imported: &Imported, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let Imported { profile, matched, added, followed, unmatched, texts, skipped, encoding, skips, absent } = imported;
    if as_json {
        page.answer(imported)?;
    } else {
        for entry in unmatched.iter().filter(|entry| !entry.text) {
            say(&format!("line {}: {}: {}", entry.line, printable(&entry.entry), entry.reason));
        }
        let unmatched = unmatched.len();
        let followed = if *followed > 0 { format!(", followed {followed}") } else { String::new() };
        page.line(&format!("matched {matched}, added {added}, unmatched {unmatched}, skipped {skipped}{followed}"))?;
        if texts.liked > 0 {
            page.line(&as_texts(texts))?;
        }
    }
    if let Some(encoding) = encoding.as_ref().filter(|encoding| encoding.guessed) {
        let name = &encoding.name;
        say(&format!("The file is not in UTF-8 and does not name its encoding: it was read as {name}."));
    }
    if *absent > 0 {
        let profile = printable(profile);
        say(&format!("{absent} papers of the profile {profile} are not in the library; they count once they are."));
    }
    say_skips(skips);
    Ok(match (matched + followed + texts.liked, skipped) {
        (_, 1..) => Outcome::Partial,
        (0, _) => Outcome::Nothing,
        _ => Outcome::Done,
    })
}

/// `liked 12 unmatched as texts (12 new, 3 by title alone)`
fn as_texts(texts: &ImportedTexts) -> String {
    let ImportedTexts { liked, added, by_title } = texts;
    let alone = if *by_title > 0 { format!(", {by_title} by title alone") } else { String::new() };
    format!("liked {liked} unmatched as texts ({added} new{alone})")
}

fn texts(found: &ProfileTexts, as_json: bool, page: &mut Page) -> Result<Outcome> {
    if as_json {
        page.answer(found)?;
    } else {
        for text in &found.texts {
            let alone = if text.abstract_text.is_empty() { "  (title alone)" } else { "" };
            page.line(&format!("{}  {}{alone}", printable(&text.key), printable(&text.title)))?;
        }
    }
    if found.texts.is_empty() {
        say(&format!("The profile {} has no texts: all that it likes are papers.", printable(&found.profile)));
        return Ok(Outcome::Nothing);
    }
    Ok(Outcome::Done)
}

fn removed(outcome: &RemovedTexts, as_json: bool, page: &mut Page) -> Result<Outcome> {
    if as_json {
        page.answer(outcome)?;
    } else {
        page.line(&format!("removed {}", outcome.removed))?;
    }
    for key in &outcome.unknown {
        say(&format!("{}: the profile has no such text", printable(key)));
    }
    Ok(match (outcome.removed, outcome.unknown.len()) {
        (_, 0) => Outcome::Done,
        (0, _) => Outcome::Nothing,
        _ => Outcome::Partial,
    })
}

fn summary(profile: &ProfileRow) -> String {
    let texts = match profile.texts {
        0 => String::new(),
        1 => ", 1 text".to_owned(),
        count => format!(", {count} texts"),
    };
    let follows = match profile.follow.len() {
        0 => String::new(),
        follows => format!(", {follows} followed"),
    };
    let (like, unlike) = (profile.like.len(), profile.unlike.len());
    format!("{}: {like} liked, {unlike} disliked{texts}{follows}", printable(&profile.profile))
}
