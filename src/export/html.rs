//! A page to read or to send: one file without scripts, in the light or the dark as the reader has
//! it.
//!
//! Every text is escaped, and no address leads anywhere but to the paper's own page on arXiv.

use std::io::{self, Write};

use askama::Template;

use super::palette::Palette;
use super::{Chosen, Heading, own_words};
use crate::reader::language;

const STYLE: &str = include_str!("page/list.css");

/// Authors of a paper that are named.
const AUTHORS: usize = 10;

#[derive(Template)]
#[template(path = "list.html")]
struct List<'a> {
    title: &'a str,
    summary: String,
    css: &'a str,
    papers: Vec<Entry<'a>>,
}

struct Entry<'a> {
    id: &'a str,
    title: &'a str,
    url: String,
    matched: Option<String>,
    text: &'a str,
    language: &'a str,
    authors: String,
    date: String,
    category: &'a str,
    why: &'a str,
    own: String,
    withdrawn: bool,
}

pub(super) fn write(heading: &Heading<'_>, chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    let many = if chosen.len() == 1 { "paper" } else { "papers" };
    let summary = format!("{} {many}", chosen.len());
    let papers = chosen.iter().map(entry).collect();
    let css = Palette::of("list").css() + STYLE;
    let page = List { title: &heading.title, summary, css: &css, papers };
    let page = page.render().map_err(io::Error::other)?;
    writeln!(out, "{}", page.trim_end())
}

fn entry<'a>(chosen: &'a Chosen<'a>) -> Entry<'a> {
    let paper = chosen.paper;
    let mut authors: Vec<&str> = paper.authors.iter().take(AUTHORS).map(String::as_str).collect();
    if paper.authors.len() > AUTHORS {
        authors.push("et al.");
    }
    let text = chosen.text.unwrap_or_default();
    Entry {
        id: paper.id.as_str(),
        title: paper.title.as_deref().unwrap_or("(no title)"),
        url: paper.id.url(),
        matched: chosen.matched.map(|matched| format!("{matched:.0}")),
        text,
        language: language(text),
        authors: authors.join(", "),
        date: paper.date.to_string(),
        category: paper.categories.first().map_or("", String::as_str),
        why: &chosen.why,
        own: own_words(paper),
        withdrawn: paper.withdrawn,
    }
}
