//! `relata profile show`, `split`, `join` and `regroup`: the interests of a profile.

use std::collections::BTreeMap;

use console::Style;
use serde_json::json;

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::library::{FingerprintNumber, Library, Profile};
use crate::neighbours::Ground;
use crate::recommend::Query;
use crate::recommend::summary::{Group, groups, split};

use super::answers::add_own_profile;
use super::args::ProfileCommand;
use super::terminal::{Page, printable, say};
use super::{Context, Outcome};

/// A profile whose papers are there to be compared.
struct Opened {
    library: Library,
    /// Whether the papers are those of the sample.
    sample: bool,
    profile: Profile,
    fingerprint: FingerprintNumber,
    groups: Vec<Group>,
}

impl Opened {
    fn open(context: &Context, name: &str) -> Result<Opened> {
        let (mut library, sample) = context.open_or_sample()?;
        let profile = context.profile((!sample).then_some(&library), name, true)?;
        let mut query = Query::default();
        add_own_profile(&profile, &library, &mut query)?;
        let mut engine = context.engine((!sample).then_some(&library))?;
        let (fingerprint, _) = context.catch_up(&mut engine, &mut library, sample)?;
        let learned = context.learned(&library, fingerprint)?;
        let groups = groups(&Ground { library: &library, fingerprint, index: None }, &learned, &query)?;
        Ok(Opened { library, sample, profile, fingerprint, groups })
    }

    /// The interest of a number that a person typed.
    fn group(&self, number: usize) -> Result<&Group> {
        let count = self.groups.len();
        number.checked_sub(1).and_then(|at| self.groups.get(at)).ok_or(Error::NoSuchInterest { number, count })
    }

    /// Which number each paper has as things stand.
    fn numbers(&self) -> BTreeMap<ArxivId, usize> {
        let numbered = self.groups.iter().enumerate();
        numbered.flat_map(|(at, group)| group.papers.iter().map(move |(id, _)| (id.clone(), at + 1))).collect()
    }

    /// Keeps interests as somebody has made them.
    fn keep(self, context: &Context, numbers: BTreeMap<ArxivId, usize>) -> Result<()> {
        let interests: Vec<_> =
            numbers.into_iter().map(|(id, number)| (id, Some(i64::try_from(number).unwrap_or(i64::MAX)))).collect();
        // The profile stands in the user's own library, also where the sample answers.
        let mut own = if self.sample { context.open()? } else { self.library };
        own.set_interests(&self.profile.name, &interests)
    }
}

pub(super) fn run(context: &Context, command: &ProfileCommand, page: &mut Page) -> Result<Outcome> {
    match command {
        ProfileCommand::Show { profile, json } => show(&Opened::open(context, &profile.profile)?, *json, page),
        ProfileCommand::Split { interest, profile } => {
            let opened = Opened::open(context, &profile.profile)?;
            let group = opened.group(*interest)?;
            if group.papers.len() < 2 {
                say(&format!("Interest {interest} is a single paper and cannot be split."));
                return Ok(Outcome::Nothing);
            }
            let learned = context.learned(&opened.library, opened.fingerprint)?;
            let ground = Ground { library: &opened.library, fingerprint: opened.fingerprint, index: None };
            let parts = split(&ground, &learned, group)?;
            let mut numbers = opened.numbers();
            let new = opened.groups.len() + 1;
            numbers.extend(parts.into_iter().filter(|(_, part)| *part == 1).map(|(id, _)| (id, new)));
            opened.keep(context, numbers)?;
            show(&Opened::open(context, &profile.profile)?, false, page)
        }
        ProfileCommand::Join { interests, profile } => {
            let opened = Opened::open(context, &profile.profile)?;
            for number in interests {
                opened.group(*number)?;
            }
            let mut numbers = opened.numbers();
            let into = interests.iter().copied().min().unwrap_or(1);
            numbers.values_mut().filter(|number| interests.contains(number)).for_each(|number| *number = into);
            opened.keep(context, numbers)?;
            show(&Opened::open(context, &profile.profile)?, false, page)
        }
        ProfileCommand::Regroup { profile } => {
            let name = &profile.profile;
            let mut library = context.open()?;
            let own = library.existing_profile(name)?;
            library.set_interests(name, &own.like.into_iter().map(|id| (id, None)).collect::<Vec<_>>())?;
            drop(library);
            show(&Opened::open(context, name)?, false, page)
        }
        _ => Err(Error::Internal("a command on profiles that is none on interests")),
    }
}

fn show(opened: &Opened, as_json: bool, page: &mut Page) -> Result<Outcome> {
    if as_json {
        let interests: Vec<_> = opened
            .groups
            .iter()
            .enumerate()
            .map(|(at, group)| {
                let papers: Vec<_> =
                    group.papers.iter().map(|(id, title)| json!({ "id": id.as_str(), "title": title })).collect();
                let share = (f64::from(group.share) * 1e4).round() / 1e4;
                json!({ "interest": at + 1, "share": share, "terms": group.terms, "papers": papers })
            })
            .collect();
        let unlike: Vec<&str> = opened.profile.unlike.iter().map(ArxivId::as_str).collect();
        page.json(&json!({ "profile": opened.profile.name, "interests": interests, "unlike": unlike }))?;
        return Ok(Outcome::Done);
    }
    for (at, group) in opened.groups.iter().enumerate() {
        let name = if group.terms.is_empty() { "(nothing in common)".to_owned() } else { group.terms.join(", ") };
        let name = page.styled(&Style::new().bold(), &printable(&name));
        let papers = if group.papers.len() == 1 { "paper" } else { "papers" };
        let share = (group.share * 100.0).round();
        page.line(&format!("{:>3}  {name}  ({} {papers}, {share} % of the answers)", at + 1, group.papers.len()))?;
        for (id, title) in &group.papers {
            let id = page.styled(&Style::new().cyan(), &format!("{:<10}", id.as_str()));
            page.line(&format!("     {id}  {}", printable(title)))?;
        }
    }
    if !opened.profile.unlike.is_empty() {
        let unlike: Vec<&str> = opened.profile.unlike.iter().map(ArxivId::as_str).collect();
        page.line(&format!("disliked: {}", unlike.join(", ")))?;
    }
    Ok(Outcome::Done)
}
