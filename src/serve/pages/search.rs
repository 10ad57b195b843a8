//! Search: papers by words, authors, ids and filters, all of which stand in the address.

use std::sync::LazyLock;

use askama::Template;

use super::entries::{Entry, found, in_words};
use super::frame::{Frame, counted};
use super::parameters::{self, Parameter};
use super::{Answer, Asked, Shape, Shown, export, html, json};
use crate::export::Heading;
use crate::service::{Found, FoundBy, Search};

static PARAMETERS: LazyLock<Vec<Parameter>> = LazyLock::new(|| {
    let mut all = parameters::parameters(schemars::schema_for!(Search).as_value());
    for parameter in all.iter_mut().filter(|parameter| parameter.name == "text") {
        "q".clone_into(&mut parameter.name);
    }
    all
});

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    /// The fields of the filters as they were sent.
    fields: Fields,
    /// Whether anything was asked.
    asked: bool,
    summary: String,
    results: Vec<Entry>,
}

/// What the form says.
struct Fields {
    category: String,
    author: String,
    tag: String,
    since: String,
    until: String,
    unread: bool,
    /// Whether any filter says something.
    any: bool,
}

impl Fields {
    fn of(asked: &Asked<'_>) -> Fields {
        let said = |name: &str| asked.said(name).unwrap_or_default();
        let [category, author, tag, since, until] = ["category", "author", "tag", "since", "until"].map(said);
        let unread = matches!(&*said("unread"), "true" | "1" | "on");
        let any = unread || [&category, &author, &tag, &since, &until].iter().any(|field| !field.is_empty());
        Fields { category, author, tag, since, until, unread, any }
    }
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let page = asked.shape == Shape::Html;
    // The profile is whose likes the page shows; a search does not depend on it.
    let query: Vec<(String, String)> = form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
    let empty =
        query.iter().all(|(name, value)| value.trim().is_empty() || matches!(&**name, "profile" | "k" | "language"));
    if page && empty {
        return shown(asked, None);
    }
    let mut own = form_urlencoded::Serializer::new(String::new());
    own.extend_pairs(
        query.iter().filter(|(name, value)| !(name == "profile" || name == "q" && value.trim().is_empty())),
    );
    let search = Asked { query: own.finish(), path: asked.path.clone(), part: String::new(), ..*asked };
    let request: Search = search.request(&PARAMETERS)?;
    let answer = asked.relata.search(&request)?;
    match asked.shape {
        Shape::Html => shown(asked, Some(&answer)),
        Shape::Json => json(&answer),
        shape => {
            let name = &answer.query.text;
            let heading = Heading { title: format!("Papers for {name}"), command: "search", name };
            export::list(shape, &heading, &export::of_found(&answer))
        }
    }
}

fn shown(asked: &Asked<'_>, answer: Option<&Found>) -> Answer<Shown> {
    let words = asked.said("q").unwrap_or_default();
    let title = if words.is_empty() { "Search".to_owned() } else { format!("{words} \u{b7} Search") };
    let mut frame = Frame::of(asked, "search", title)?;
    frame.words = words;
    if answer.is_some() {
        frame = frame.in_list_forms(asked);
    }
    let results = answer.map(|answer| &*answer.results).unwrap_or_default();
    let entry = |row: &crate::service::Row<FoundBy>| {
        let sentence = match &row.reason {
            FoundBy::Text(text) => text.sentence.as_deref(),
            FoundBy::Filter {} => None,
        };
        Entry::of(row, sentence, in_words(found(&row.reason)), &frame)
    };
    let results: Vec<Entry> = results.iter().map(entry).collect();
    let summary = counted(results.len(), "paper");
    html(&SearchPage { fields: Fields::of(asked), asked: answer.is_some(), summary, results, frame })
}
