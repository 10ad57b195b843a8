//! `relata like`, `relata unlike` and `relata profile`: what somebody thinks of papers, kept in the library.

use serde_json::json;

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::library::{Library, Opinion, Profile};
use crate::references::{self, Reference};

use super::args::{DEFAULT_PROFILE, Opine, ProfileCommand};
use super::skips::Skips;
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, interests, last};

pub(super) fn opine(context: &Context, asked: &Opine, opinion: Opinion, page: &mut Page) -> Result<Outcome> {
    let ids = last::ids(context, &asked.ids)?;
    let mut library = context.open()?;
    let sample = context.sample_instead(&library)?;
    if sample.is_some() {
        say("Your library has no papers yet, so ids are looked for in the sample digest.");
    }
    let papers = sample.as_ref().unwrap_or(&library);
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        // What was liked once can be taken back whether or not its paper is still here.
        if asked.forget || papers.row_of(&id)?.is_some() {
            known.push(id);
        } else {
            unknown.push((id.to_string(), papers.closest(id.as_str(), 3)?));
        }
    }
    let opinion = (!asked.forget).then_some(opinion);
    let opinions: Vec<_> = known.into_iter().map(|id| (id, opinion)).collect();
    let changed = library.set_opinions(&asked.profile.profile, &opinions)?;
    let changed = changed.iter().filter(|changed| **changed).count();
    let profile = library.profile(&asked.profile.profile)?;
    if asked.json {
        let missing: Vec<&String> = unknown.iter().map(|(id, _)| id).collect();
        page.json(&json!({ "changed": changed, "unknown": missing, "profile": profile_json(&profile) }))?;
    } else {
        page.line(&format!("changed {changed}; {}", summary(&profile)))?;
    }
    if unknown.is_empty() {
        return Ok(Outcome::Done);
    }
    let nothing = opinions.is_empty();
    let error = Error::NotInLibrary { unknown };
    if nothing {
        return Err(error);
    }
    say(&format!("error: {}", super::complete(&error)));
    Ok(Outcome::Partial)
}

pub(super) fn profile(context: &Context, command: &ProfileCommand, page: &mut Page) -> Result<Outcome> {
    match command {
        ProfileCommand::List { json } => list(context, *json, page),
        ProfileCommand::Export { name, profile } => {
            export(context, name.as_deref().or(profile.as_deref()).unwrap_or(DEFAULT_PROFILE), page)
        }
        ProfileCommand::Import { file, profile, json } => {
            let read = references::read(file)?;
            let mut library = context.open()?;
            let sample = context.sample_instead(&library)?;
            import(&mut library, sample.as_ref(), profile.as_deref(), read, *json, page)
        }
        ProfileCommand::Show { .. }
        | ProfileCommand::Split { .. }
        | ProfileCommand::Join { .. }
        | ProfileCommand::Regroup { .. } => interests::run(context, command, page),
        ProfileCommand::Remove { name } => {
            let Some(mut library) = context.open_any()? else { return Ok(nothing_yet()) };
            library.existing_profile(name)?;
            let removed = library.remove_profile(name)?;
            page.line(&format!("removed {} ({removed} papers)", printable(name)))?;
            Ok(Outcome::Done)
        }
    }
}

fn list(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let profiles = match context.open_any()? {
        Some(library) => library.profiles()?,
        None => Vec::new(),
    };
    if as_json {
        page.json(&json!({ "profiles": profiles.iter().map(profile_json).collect::<Vec<_>>() }))?;
    } else {
        for profile in &profiles {
            page.line(&summary(profile))?;
        }
    }
    Ok(if profiles.is_empty() { nothing_yet() } else { Outcome::Done })
}

fn nothing_yet() -> Outcome {
    say("There is no profile yet. Begin one with: relata like ID...");
    Outcome::Nothing
}

fn export(context: &Context, name: &str, page: &mut Page) -> Result<Outcome> {
    let profile = context.profile(None, name, true)?;
    if profile.like.is_empty() && profile.unlike.is_empty() {
        say(&format!("The profile {} names no paper.", printable(name)));
        return Ok(Outcome::Nothing);
    }
    page.json(&profile_json(&profile))?;
    Ok(Outcome::Done)
}

fn import(
    library: &mut Library,
    sample: Option<&Library>,
    name: Option<&str>,
    read: Vec<std::result::Result<Reference, crate::Skipped>>,
    as_json: bool,
    page: &mut Page,
) -> Result<Outcome> {
    let mut skips = Skips::default();
    // An exported profile keeps its name.
    let own = read.iter().flatten().find_map(|reference| reference.profile.clone()).filter(|own| !own.is_empty());
    let name = name.map(str::to_owned).or(own).unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    let (mut opinions, mut absent, mut unmatched) = (Vec::new(), 0, Vec::new());
    for entry in read {
        match entry {
            Err(skipped) => skips.push(skipped),
            Ok(reference) => {
                let opinion = if reference.disliked { Opinion::Disliked } else { Opinion::Liked };
                match (matched(sample.unwrap_or(library), &reference)?, reference.ids.first()) {
                    (Ok(id), _) => opinions.push((id, Some(opinion))),
                    // Its paper may come, or come again.
                    (Err(_), Some(id)) if reference.profile.is_some() => {
                        opinions.push((id.clone(), Some(opinion)));
                        absent += 1;
                    }
                    (Err(why), _) => unmatched.push((reference, why)),
                }
            }
        }
    }
    let changed = library.set_opinions(&name, &opinions)?;
    let added = changed.iter().filter(|changed| **changed).count();
    let matched = opinions.len();
    if as_json {
        let unmatched: Vec<_> = unmatched
            .iter()
            .map(|(reference, why)| json!({ "line": reference.line, "entry": reference.label, "reason": why }))
            .collect();
        page.json(&json!({
            "profile": name, "matched": matched, "added": added, "unmatched": unmatched, "skipped": skips.count(),
        }))?;
    } else {
        for (reference, why) in &unmatched {
            say(&format!("line {}: {}: {why}", reference.line, printable(&reference.label)));
        }
        let (unmatched, skipped) = (unmatched.len(), skips.count());
        page.line(&format!("matched {matched}, added {added}, unmatched {unmatched}, skipped {skipped}"))?;
    }
    if absent > 0 {
        say(&format!(
            "{absent} papers of the profile {} are not in the library; they count once they are.",
            printable(&name)
        ));
    }
    skips.say();
    Ok(match (matched, skips.count()) {
        (_, 1..) => Outcome::Partial,
        (0, _) => Outcome::Nothing,
        _ => Outcome::Done,
    })
}

/// The paper that a reference means: by arXiv id, else by DOI, else by title; or why there is none.
fn matched(library: &Library, reference: &Reference) -> Result<std::result::Result<ArxivId, &'static str>> {
    for id in &reference.ids {
        if library.row_of(id)?.is_some() {
            return Ok(Ok(id.clone()));
        }
    }
    if let Some(doi) = &reference.doi
        && let Some(id) = library.with_doi(doi)?.into_iter().next()
    {
        return Ok(Ok(id));
    }
    if !reference.ids.is_empty() {
        return Ok(Err("its arXiv paper is not in the library"));
    }
    let Some(title) = &reference.title else { return Ok(Err("it names neither an arXiv paper nor a title")) };
    let mut found = library.with_title(title)?.into_iter();
    Ok(match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err("several papers of the library have this title"),
        (None, _) => Err("no paper of the library has this title"),
    })
}

fn summary(profile: &Profile) -> String {
    format!("{}: {} liked, {} disliked", printable(&profile.name), profile.like.len(), profile.unlike.len())
}

fn profile_json(profile: &Profile) -> serde_json::Value {
    let names = |ids: &[ArxivId]| ids.iter().map(ArxivId::to_string).collect::<Vec<_>>();
    json!({ "profile": profile.name, "like": names(&profile.like), "unlike": names(&profile.unlike) })
}
