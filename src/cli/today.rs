//! `relata today`: the new papers that matter to a profile, in a form for people or for other
//! programs.

use console::Style;

use crate::error::{Error, LibraryError, Result};
use crate::export::letter::{NOBODY, midnight};
use crate::export::{self, Chosen, Form, Heading};
use crate::service::{FetchOutcome, FollowReason, FollowedFor, FollowedPaper, NewPaper, Today as Request, TodayList};

use super::answers::rank_options;
use super::args::Today;
use super::mail::{self, Delivered};
use super::rows::{INDENT, Told, liked, write_row, write_why};
use super::terminal::{Page, printable, say};
use super::{Context, Outcome, complete, fetch, forms, last};

/// Papers that repeat an older one and are named; `--json` names all.
const REPEATED: usize = 10;

pub(super) fn run(context: &Context, asked: &Today, page: &mut Page) -> Result<Outcome> {
    let request = Request {
        paths: asked.paths.clone(),
        profile: asked.profile.profile.clone(),
        new: asked.new,
        seen: asked.seen,
        nearest: asked.nearest,
        fetch: true,
        ranking: rank_options(&asked.selection, &asked.ranking, &asked.recency),
    };
    // Before anything is fetched or ranked.
    let mail_settings = (!asked.mail.is_empty()).then(|| mail::settings(&context.config)).transpose()?;
    let list = match context.relata.today(&request) {
        Err(Error::Library(LibraryError::Empty { .. })) => {
            say(
                "The library is empty: name the digests of the day, add some with `relata add PATH...`, or fetch some with \
                 `relata fetch CATEGORY...`.",
            );
            return Ok(Outcome::Nothing);
        }
        list => list?,
    };
    say_source(context, &list)?;
    match (&asked.feed, list.day.date) {
        (Some(folder), Some(day)) => {
            export::write_archive(folder, &heading(&asked.profile.profile), day, &chosen(&list))?;
        }
        (Some(_), None) => say("note: the list has no day, so the feed stays as it is"),
        (None, _) => {}
    }
    let Delivered { is_out, mailed, failed } = match &mail_settings {
        Some(settings) => mail::send(context, settings, &list, asked, page)?,
        None => {
            write(context, &list, asked, page)?;
            Delivered { is_out: true, mailed: false, failed: false }
        }
    };
    say_left_out(&list);
    if is_out {
        note_shown(context, &list, page)?;
    }
    if list.files == 0 && list.fetched.is_none() {
        context.relata.mend_index(list.from.source)?;
    } else {
        context.relata.prepare()?;
    }
    let uncertain = list.fetched.as_ref().is_some_and(|fetched| fetched.outcome == FetchOutcome::Incomplete);
    Ok(match (list.skips.count(), list.results.is_empty() && list.followed.is_empty()) {
        _ if failed => Outcome::Partial,
        (1.., _) => Outcome::Partial,
        _ if uncertain => Outcome::Partial,
        // What was asked for was sent, be it that there is nothing.
        _ if mailed => Outcome::Done,
        (0, true) => Outcome::Nothing,
        (0, false) => Outcome::Done,
    })
}

/// Notes what has come out.
fn note_shown(context: &Context, list: &TodayList, page: &mut Page) -> Result<()> {
    let ids = list.followed.iter().map(|row| &row.id).chain(listed(list).map(|new| &new.row.id));
    last::note(context, list.from.source, ids, page)?;
    // The list is out: that it cannot be noted, as in a library that may only be read, takes
    // nothing from it.
    if let Err(error) = context.relata.note_shown(list) {
        say(&format!("note: the list of another day will show these papers again: {}", complete(&error)));
    }
    Ok(())
}

/// Says what was fetched; without the network how old is what is here.
fn say_source(context: &Context, list: &TodayList) -> Result<()> {
    if let Some(fetched) = &list.fetched {
        fetch::say_fetched(fetched);
    } else if context.relata.settings().offline && list.query.paths.is_empty() {
        let complete = context.relata.sources()?.categories.iter().filter_map(|row| row.complete).min();
        if let Some(day) = complete {
            say(&format!("Offline: the last announcement that is here is that of {}.", day.strftime("%A, %Y-%m-%d")));
        }
    }
    Ok(())
}

/// The papers that are shown: those that matter, or where none does and somebody wants to know the
/// nearest of the others.
fn listed(list: &TodayList) -> impl Iterator<Item = &NewPaper> {
    list.results.iter().chain(list.nearest.iter().flatten())
}

fn say_left_out(list: &TodayList) {
    let hidden = [
        (list.known, "known from earlier digests"),
        (list.listed_before, "listed before"),
        (list.repeated.len(), "nearly the same as older papers"),
    ];
    let hidden: Vec<String> =
        hidden.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !hidden.is_empty() {
        say(&format!("Left out: {} (--seen lists them too).", hidden.join(", ")));
    }
    if list.withdrawn > 0 {
        say(&format!("{} withdrawn held back; --withdrawn shows them.", list.withdrawn));
    }
    for repeated in list.repeated.iter().take(REPEATED) {
        say(&format!("  {} nearly repeats {}", repeated.id, repeated.older));
    }
}

/// `2026-02-20: 120 papers, 98 new, 12 with a match of 50 or more, the first 10 here`
fn header(list: &TodayList, asked: &Today) -> String {
    let (since, day) = (asked.selection.filters.since, &list.day);
    let (papers, floor) = (day.papers, day.floor);
    let date = match (since, day.date) {
        (Some(since), Some(date)) if date.first_day() > since => format!("{since} to {date}"),
        (_, Some(date)) => date.to_string(),
        (_, None) => "no day".to_owned(),
    };
    let many = if papers == 1 { "paper" } else { "papers" };
    let new = match day.new {
        0 => return format!("{date}: {papers} {many}, none new for the profile {}", printable(&asked.profile.profile)),
        new => format!("{date}: {papers} {many}, {new} new"),
    };
    let more = if day.followed > 0 { " more" } else { "" };
    let new = match (day.followed, list.followed.len()) {
        (0, _) if !list.ranked => return format!("{new}, none that you follow"),
        (0, _) => new,
        (all, here) if all > here => format!("{new}, {all} that you follow, {here} of them here"),
        (all, _) => format!("{new}, {all} that you follow"),
    };
    // Who likes nothing asks for no match.
    if !list.ranked {
        return new;
    }
    let listed: usize = list.results.iter().map(|new| 1 + new.also.len()).sum();
    let none_nearest = list.nearest.as_ref().is_none_or(Vec::is_empty);
    match day.matter {
        0 if list.results.is_empty() && none_nearest => {
            format!("{new}, none{more} with a match of {floor} or more (--nearest shows the nearest)")
        }
        0 => format!("{new}, none{more} with a match of {floor} or more"),
        matter if matter > listed => {
            format!("{new}, {matter}{more} with a match of {floor} or more, {listed} of them here")
        }
        matter => format!("{new}, {matter}{more} with a match of {floor} or more"),
    }
}

fn write(context: &Context, list: &TodayList, asked: &Today, page: &mut Page) -> Result<()> {
    let form = forms::form(&asked.selection);
    let header = header(list, asked);
    // A form for programs has no place for it.
    if list.results.is_empty() && list.followed.is_empty() && form != Form::Text {
        say(&format!("{header}."));
    }
    match form {
        Form::Text => {
            let header = page.styled(&Style::new().dim(), &header);
            page.line(&header)?;
            list.followed.iter().try_for_each(|row| followed(row, asked, page))?;
            listed(list).try_for_each(|new| one(new, asked, page))
        }
        Form::Json => page.answer(list),
        Form::Eml => {
            let from = context.config.text("mail.from").unwrap_or(NOBODY);
            let written = context.relata.letter(list, from, from, &[], midnight(list.day.date))?;
            String::from_utf8_lossy(&written.bytes).lines().try_for_each(|line| page.whole(line))
        }
        form => forms::write(form, &heading(&asked.profile.profile), &chosen(list), page),
    }
}

/// What the lists of a profile are called.
fn heading(profile: &str) -> Heading<'_> {
    Heading { title: format!("New papers for {profile}"), command: "today", name: profile }
}

/// The papers of a list with why each is there, those that are followed first.
fn chosen(list: &TodayList) -> Vec<Chosen<'_>> {
    let followed = list.followed.iter().map(|row| {
        let related = row.reason.related.as_ref();
        let terms = related.map_or(&[][..], |related| &related.terms);
        let sentence = related.and_then(|related| related.sentence.as_deref());
        forms::of_row(row, sentence, forms::why(Some(&reasons(&row.reason).join("; ")), terms, None))
    });
    followed.chain(list.results.iter().map(|new| forms::chosen(&new.row, same(new)))).collect()
}

/// Why a paper is there that is followed: `by Kurt Gödel, whom you follow`, `like 2601.00001`.
fn reasons(reason: &FollowReason) -> Vec<String> {
    let related = reason.related.as_ref().map(|related| liked(&related.liked));
    reason.follows.iter().map(FollowedFor::in_words).chain(related).collect()
}

/// A paper that is followed, as lines.
fn followed(row: &FollowedPaper, asked: &Today, page: &mut Page) -> Result<()> {
    let from = reasons(&row.reason).iter().map(|reason| printable(reason)).collect::<Vec<_>>().join(" · ");
    let Some(related) = &row.reason.related else {
        return write_row(page, row, Told { from: Some(&from), ..Told::default() });
    };
    let sentence = related.sentence.as_deref().filter(|_| !asked.why);
    write_row(page, row, Told { from: Some(&from), terms: &related.terms, sentence })?;
    if asked.why { write_why(page, related, row.score) } else { Ok(()) }
}

/// An answer and those of nearly the same text, as lines.
fn one(new: &NewPaper, asked: &Today, page: &mut Page) -> Result<()> {
    let reason = &new.row.reason;
    let from = liked(&reason.liked);
    // With --why it is quoted below.
    let sentence = reason.sentence.as_deref().filter(|_| !asked.why);
    write_row(page, &new.row, Told { from: Some(&from), terms: &reason.terms, sentence })?;
    if asked.why {
        write_why(page, &new.row.reason, new.row.score)?;
    }
    for (id, title) in new.also.iter().zip(&new.also_titles) {
        let title = printable(title.as_deref().unwrap_or("(no title)"));
        page.line(&format!("{:INDENT$}nearly the same: {id} {title}", ""))?;
    }
    Ok(())
}

/// `nearly the same: 2602.00002`
fn same(new: &NewPaper) -> Option<String> {
    let also: Vec<&str> = new.also.iter().map(super::super::paper::arxiv_id::ArxivId::as_str).collect();
    (!also.is_empty()).then(|| format!("nearly the same: {}", also.join(", ")))
}
