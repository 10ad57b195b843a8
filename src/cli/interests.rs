//! `relata profile show`, `split`, `join`, `weight` and `regroup`: the interests of a profile.

use console::Style;

use crate::error::{Error, Result};
use crate::service::{InterestName, InterestRow, Interests, WeighInterest};

use super::args::ProfileCommand;
use super::terminal::{Page, printable, say};
use super::{Context, Outcome};

pub(super) fn run(context: &Context, command: &ProfileCommand, page: &mut Page) -> Result<Outcome> {
    let relata = &context.relata;
    match command {
        ProfileCommand::Show { profile, json: true } => {
            page.answer(&relata.interests(&profile.profile)?)?;
            Ok(Outcome::Done)
        }
        ProfileCommand::Show { profile, json: false } => show(&relata.interests(&profile.profile)?, page),
        ProfileCommand::Split { interest, profile } => {
            if !relata.split_interest(&profile.profile, *interest)? {
                say(&format!("Interest {interest} is a single paper or text and cannot be split."));
                return Ok(Outcome::Nothing);
            }
            show(&relata.interests(&profile.profile)?, page)
        }
        ProfileCommand::Join { interests, profile } => {
            relata.join_interests(&profile.profile, interests)?;
            show(&relata.interests(&profile.profile)?, page)
        }
        ProfileCommand::Weight { interest, weight, profile, json } => {
            let (profile, interest) = (profile.profile.clone(), InterestName::typed(interest));
            let found = relata.weigh_interest(&WeighInterest { profile, interest, weight: *weight })?;
            if *json {
                page.answer(&found)?;
                return Ok(Outcome::Done);
            }
            show(&found, page)
        }
        ProfileCommand::Regroup { profile } => {
            relata.regroup_interests(&profile.profile)?;
            show(&relata.interests(&profile.profile)?, page)
        }
        _ => Err(Error::Internal("a command on profiles that is none on interests")),
    }
}

fn show(found: &Interests, page: &mut Page) -> Result<Outcome> {
    for row in &found.interests {
        let name = if row.terms.is_empty() { "(no common terms)".to_owned() } else { row.terms.join(", ") };
        let name = page.styled(&Style::new().bold(), &printable(&name));
        page.line(&format!("{:>3}  {name}  ({}, {})", row.interest, counted(row), due(row)))?;
        for paper in &row.papers {
            let id = page.styled(&Style::new().cyan(), &format!("{:<10}", paper.id.as_str()));
            page.line(&format!("     {id}  {}", printable(&paper.title)))?;
        }
        for text in &row.texts {
            page.line(&format!("     text        {}", printable(&text.title)))?;
        }
    }
    if !found.unlike.is_empty() {
        let unlike: Vec<&str> = found.unlike.iter().map(super::super::paper::arxiv_id::ArxivId::as_str).collect();
        page.line(&format!("disliked: {}", unlike.join(", ")))?;
    }
    Ok(Outcome::Done)
}

/// `12 % of the answers`, `6 % of the answers, weight 0.5`
fn due(row: &InterestRow) -> String {
    let share = (row.share * 100.0).round();
    let weight = (row.weight * 100.0).round() / 100.0;
    match weight {
        0.0 => "muted".to_owned(),
        1.0 => format!("{share} % of the answers"),
        weight => format!("{share} % of the answers, weight {weight}"),
    }
}

/// `2 papers, 1 text`
fn counted(row: &InterestRow) -> String {
    let of = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let parts = [of(row.papers.len(), "paper"), of(row.texts.len(), "text")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
