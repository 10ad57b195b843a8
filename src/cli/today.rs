//! `relata today`: the new papers that matter to a profile, in a form for people or for other programs.

use console::Style;
use serde_json::{Value, json};

use crate::arxiv_id::ArxivId;
use crate::error::{Error, Result};
use crate::export::{Chosen, Form, Heading};
use crate::neighbours::Ground;
use crate::recommend::Query;
use crate::today::{self, DEFAULT_FLOOR, New};

use super::answers::{add_profile, filter, selection_json, weights};
use super::args::Today;
use super::day::{Day, Listed};
use super::rows::{INDENT, Told, answer_row, liked, write_row, write_why};
use super::skips::Skips;
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, add, complete, forms, language, last};

/// Papers below the floor that --nearest shows.
const NEAREST: usize = 3;

/// Papers that repeat an older one and are named; `--json` names all.
const REPEATED: usize = 10;

/// A list before it is written.
struct List<'a> {
    day: &'a Day,
    /// The least match of a paper that matters.
    floor: f32,
    /// How many new papers match so well.
    matter: usize,
    found: &'a [New],
    /// The nearest of the others, where none does and somebody wants to know.
    nearest: &'a [New],
    /// New papers, each with the older one that it nearly repeats.
    repeated: &'a [(ArxivId, ArxivId)],
    /// Entries of the digests that could not be used.
    skips: &'a Skips,
}

pub(super) fn run(context: &Context, asked: &Today, page: &mut Page) -> Result<Outcome> {
    let name = &asked.profile.profile;
    let mut report = add::Report::default();
    let files = add::files(&asked.paths, &mut report);
    let mut library = if asked.paths.is_empty() {
        let Some(library) = context.open_existing()? else {
            say("The library is empty: name the digests of the day, or add some with `relata add PATH...`.");
            return Ok(Outcome::Nothing);
        };
        library
    } else {
        context.open()?
    };
    // Before files are read: without a profile nothing would come of it.
    if context.profile(Some(&library), name, true)?.like.is_empty() {
        return Err(Error::NothingLiked { profile: name.clone() });
    }
    let mut listed = Listed::default();
    let read = add::read_files(&mut library, &files, &mut report, &mut |entry| listed.note(entry));
    report.say();
    read?;
    let partly = |outcome: Outcome| if report.is_whole() { outcome } else { Outcome::Partial };

    let mut query = Query {
        k: asked.selection.k,
        filter: filter(&asked.selection.filters)?,
        weights: weights(&asked.ranking.weight),
        diversity: asked.ranking.diversity,
        at_least: asked.selection.at_least.unwrap_or(DEFAULT_FLOOR),
        ..Query::default()
    };
    add_profile(&library, name, &asked.recency, &mut query)?;
    let (fingerprint, _) = context.catch_up(&mut context.engine(Some(&library))?, &mut library, false)?;
    let snapshot = library.snapshot()?;
    let day = Day::of(&library, asked, &listed, &query)?;
    query.among = Some(day.among.clone());
    let learned = context.learned(&library, fingerprint)?;
    let index = context.index(&library, fingerprint)?;
    let ground = Ground { library: &library, fingerprint, index: index.as_ref() };
    let today::Today { new: found, repeated, matter } = today::today(&ground, &learned, &query, asked.seen)?;
    let nearest = if found.is_empty() && asked.nearest {
        let lower = Query { at_least: 0.0, k: NEAREST.min(query.k), ..query.clone() };
        today::today(&ground, &learned, &lower, asked.seen)?.new
    } else {
        Vec::new()
    };
    drop(snapshot);

    let floor = if query.at_least > 0.0 { query.at_least } else { DEFAULT_FLOOR };
    let list =
        List { day: &day, floor, matter, found: &found, nearest: &nearest, repeated: &repeated, skips: report.skips() };
    write(&list, asked, page)?;
    say_left_out(&list);
    // Shown is what has come out.
    let answered = found.iter().chain(&nearest).map(|new| &new.answer.paper.id);
    last::note(context, (&mut library, false), answered, page)?;
    let shown = found.iter().flat_map(|new| new.also.iter().chain([&new.answer.paper]).map(|paper| paper.id.clone()));
    // The list is out: that it cannot be noted, as in a library that may only be read, takes nothing from it.
    if let Some(date) = day.date
        && let Err(error) = library.note_shown(name, date, &shown.collect::<Vec<_>>())
    {
        say(&format!("note: the list of another day will show these papers again: {}", complete(&error)));
    }
    if files.is_empty() || index.as_ref().is_some_and(|index| index.damage().is_some()) {
        context.mend_index(&mut library, fingerprint, index, page)?;
    } else {
        drop(index);
        context.prepare(&mut library, fingerprint)?;
    }
    Ok(partly(if found.is_empty() { Outcome::Nothing } else { Outcome::Done }))
}

fn say_left_out(list: &List<'_>) {
    let hidden = [
        (list.day.known, "known from earlier digests"),
        (list.day.shown, "listed before"),
        (list.repeated.len(), "nearly the same as older papers"),
    ];
    let hidden: Vec<String> =
        hidden.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !hidden.is_empty() {
        say(&format!("Left out: {} (--seen lists them too).", hidden.join(", ")));
    }
    for (id, older) in list.repeated.iter().take(REPEATED) {
        say(&format!("  {id} nearly repeats {older}"));
    }
}

/// `2026-02-20: 120 papers, 98 new, 12 with a match of 50 or more, the first 10 here`
fn header(list: &List<'_>, asked: &Today) -> String {
    let List { day, floor, matter, .. } = list;
    let (since, papers) = (asked.selection.filters.since, day.papers);
    let date = match (since, day.date) {
        (Some(since), Some(date)) if since < date => format!("{since} to {date}"),
        (_, Some(date)) => date.to_string(),
        (_, None) => "no day".to_owned(),
    };
    let many = if papers == 1 { "paper" } else { "papers" };
    let new = match day.new {
        0 => return format!("{date}: {papers} {many}, none new for the profile {}", printable(&asked.profile.profile)),
        new => format!("{date}: {papers} {many}, {new} new"),
    };
    let listed: usize = list.found.iter().map(|new| 1 + new.also.len()).sum();
    match matter {
        0 if list.found.is_empty() && list.nearest.is_empty() => {
            format!("{new}, none with a match of {floor} or more (--nearest shows the nearest)")
        }
        0 => format!("{new}, none with a match of {floor} or more"),
        matter if *matter > listed => format!("{new}, {matter} with a match of {floor} or more, {listed} of them here"),
        matter => format!("{new}, {matter} with a match of {floor} or more"),
    }
}

fn write(list: &List<'_>, asked: &Today, page: &mut Page) -> Result<()> {
    let form = forms::form(&asked.selection);
    let language = language::reader(asked.selection.language.as_deref());
    let header = header(list, asked);
    // A form for programs has no place for it.
    if list.found.is_empty() && form != Form::Text {
        say(&format!("{header}."));
    }
    match form {
        Form::Text => {
            let header = page.styled(&Style::new().dim(), &header);
            page.line(&header)?;
            list.found
                .iter()
                .chain(list.nearest)
                .enumerate()
                .try_for_each(|(place, new)| one((place + 1, new), &language, asked, page))
        }
        Form::Json => page.json(&json(list, &language, asked)),
        form => {
            let profile = &asked.profile.profile;
            let heading =
                Heading { title: format!("New papers for {profile}"), command: "today", name: profile.as_str() };
            let chosen: Vec<Chosen<'_>> =
                list.found.iter().map(|new| forms::chosen(&new.answer, &language, same(new))).collect();
            forms::write(form, &heading, &chosen, page)
        }
    }
}

/// An answer and those of nearly the same text, as lines.
fn one((rank, new): (usize, &New), language: &str, asked: &Today, page: &mut Page) -> Result<()> {
    let answer = &new.answer;
    let from = liked(answer);
    // With --why it is quoted below.
    let sentence = answer.sentence.as_deref().filter(|_| !asked.why);
    write_row(page, &answer_row(rank, answer, language), Told { from: Some(&from), terms: &answer.terms, sentence })?;
    if asked.why {
        write_why(page, answer)?;
    }
    for paper in &new.also {
        let title = printable(paper.title.as_deref().unwrap_or("(no title)"));
        page.line(&format!("{:INDENT$}nearly the same: {} {title}", "", paper.id))?;
    }
    Ok(())
}

fn json(list: &List<'_>, language: &str, asked: &Today) -> Value {
    let result = |(place, new): (usize, &New)| {
        let also: Vec<&str> = new.also.iter().map(|paper| paper.id.as_str()).collect();
        let mut row = serde_json::to_value(answer_row(place + 1, &new.answer, language)).unwrap_or(Value::Null);
        row["also"] = json!(also);
        row
    };
    // A path need not be text.
    let paths: Vec<String> = asked.paths.iter().map(|path| path.display().to_string()).collect();
    let query = json!({
        "profile": asked.profile.profile, "paths": paths, "seen": asked.seen, "new": asked.new,
        "filter": selection_json(&asked.selection),
    });
    let List { day, .. } = list;
    let repeated = list.repeated.iter().map(|(id, older)| json!({ "id": id.as_str(), "older": older.as_str() }));
    let mut value = json!({
        "query": query,
        "day": {
            "date": day.date.map(|date| date.to_string()), "papers": day.papers, "new": day.new,
            "matter": list.matter, "floor": list.floor,
        },
        "results": list.found.iter().enumerate().map(result).collect::<Vec<_>>(),
        "known": day.known, "listed_before": day.shown, "repeated": repeated.collect::<Vec<_>>(),
    });
    if asked.nearest {
        value["nearest"] = list.nearest.iter().enumerate().map(result).collect();
    }
    if let (Value::Object(value), Ok(Value::Object(skips))) = (&mut value, serde_json::to_value(list.skips)) {
        value.extend(skips);
    }
    value
}

/// `nearly the same: 2602.00002`
fn same(new: &New) -> Option<String> {
    let also: Vec<&str> = new.also.iter().map(|paper| paper.id.as_str()).collect();
    (!also.is_empty()).then(|| format!("nearly the same: {}", also.join(", ")))
}
