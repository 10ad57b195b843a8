//! Today: the new papers that matter to a profile; for one that likes nothing yet, the newest.

use std::sync::LazyLock;

use askama::Template;
use jiff::civil::Date;

use super::entries::{Entry, followed_on_page, found, in_words, related_on_page};
use super::frame::Frame;
use super::parameters::{self, Parameter};
use super::{Answer, Asked, Shape, Shown, export, html, json, start};
use crate::Error;
use crate::error::{LibraryError, ProfileError};
use crate::export::Heading;
use crate::library::Filter;
use crate::service::{NewPaper, Relata, Search, Source, Today, TodayList};

/// What an address may ask: neither files of this machine nor requests to arXiv.
static PARAMETERS: LazyLock<Vec<Parameter>> = LazyLock::new(|| {
    let all = parameters::parameters(schemars::schema_for!(Today).as_value());
    all.into_iter().filter(|parameter| !["paths", "fetch"].contains(&parameter.name.as_str())).collect()
});

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: Frame,
    day: String,
    summary: Vec<String>,
    followed: Vec<Entry>,
    results: Vec<Entry>,
    nearest: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "newest.html")]
struct NewestPage {
    frame: Frame,
    results: Vec<Entry>,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let html = asked.shape == Shape::Html;
    if html && asked.state()?.source == Source::Sample {
        return start::show(asked);
    }
    let request: Today = asked.request(&PARAMETERS)?;
    let list = match asked.relata.today(&Today { nearest: request.nearest || html, ..request.clone() }) {
        Ok(list) => list,
        Err(Error::Profile(ProfileError::NothingLiked { .. } | ProfileError::NoSuchProfile { .. })) if html => {
            return newest(asked);
        }
        Err(Error::Library(LibraryError::Empty { .. })) if html => return start::show(asked),
        Err(error) => return Err(error.into()),
    };
    match asked.shape {
        Shape::Html => page(asked, &list),
        Shape::Json => json(&list),
        shape => {
            let heading = Heading { title: title(&list), command: "today", name: &list.query.profile };
            export::list(shape, &heading, &export::of_day(&list))
        }
    }
}

/// The request that the query string of a page of this kind makes, with as many papers as the page
/// lists.
pub(super) fn asked(query: &str, relata: &Relata) -> Answer<Today> {
    super::read(&PARAMETERS, query, Shape::Html, relata)
}

fn title(list: &TodayList) -> String {
    match list.day.date {
        Some(date) => format!("Papers of {date} for {}", list.query.profile),
        None => format!("Papers for {}", list.query.profile),
    }
}

fn page(asked: &Asked<'_>, list: &TodayList) -> Answer<Shown> {
    let frame = Frame::of(asked, "today", "Today")?.in_list_forms(asked);
    let entry = |new: &NewPaper| {
        let mut why = related_on_page(&new.row.reason, &frame);
        if !new.also.is_empty() {
            let also: Vec<&str> = new.also.iter().map(crate::ArxivId::as_str).collect();
            why.push(format!("nearly the same: {}", also.join(", ")).into());
        }
        Entry::of(&new.row, new.row.reason.sentence.as_deref(), why, &frame)
    };
    let of_followed = list.followed.iter().map(|row| {
        let sentence = row.reason.related.as_ref().and_then(|related| related.sentence.as_deref());
        Entry::of(row, sentence, followed_on_page(&row.reason, &frame), &frame)
    });
    html(&TodayPage {
        day: list.day.date.map_or_else(|| "no day".to_owned(), |date| date.to_string()),
        summary: summary(list),
        followed: of_followed.collect(),
        results: list.results.iter().map(entry).collect(),
        nearest: list.nearest.iter().flatten().map(entry).collect(),
        frame,
    })
}

/// The day in numbers, in words.
fn summary(list: &TodayList) -> Vec<String> {
    let day = &list.day;
    let mut parts = vec![super::frame::counted(day.papers, "paper"), format!("{} new", day.new)];
    if day.followed > 0 {
        parts.push(format!("{} followed", day.followed));
    }
    if list.ranked {
        parts.push(format!("{} with a match of {:.0} or more", day.matter, day.floor));
    }
    for (count, what) in [
        (list.listed_before, "shown before"),
        (list.withdrawn, "withdrawn"),
        (list.repeated.len(), "repeating older ones"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts
}

/// The newest papers, from which somebody may choose the first that they like.
fn newest(asked: &Asked<'_>) -> Answer<Shown> {
    let frame = Frame::of(asked, "today", "Today")?;
    let filter = Filter { since: Some(Date::constant(1990, 1, 1)), ..Filter::default() };
    let answer = asked.relata.search(&Search::default().filter(filter).k(20))?;
    let results = answer.results.iter().map(|row| Entry::of(row, None, in_words(found(&row.reason)), &frame)).collect();
    html(&NewestPage { frame, results })
}
