//! A paper: what is known of it, what is related to it and why, what the user says of it.

use askama::Template;
use axum::http::StatusCode;

use super::entries::{Entry, Said, anchor, in_words, related};
use super::frame::{Frame, encoded};
use super::{Answer, Asked, Shape, Shown, export, formula, html, json};
use crate::export::{Chosen, Form, Heading, facets, write};
use crate::paper::{ArxivId, Facet};
use crate::reader::language;
use crate::service::{PaperInfo, Recommend, TreeTopic};

use super::super::problem::Problem;

/// Related papers that are shown.
const RELATED: usize = 8;

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    frame: Frame,
    id: String,
    anchor: String,
    /// HTML.
    title: String,
    /// HTML.
    abstract_text: String,
    language: &'static str,
    authors: Vec<Author>,
    withdrawn: bool,
    facts: Vec<Fact>,
    facets: Vec<FacetText>,
    links: Vec<Link>,
    bibtex: String,
    said: Said,
    topics: Vec<TreeTopic>,
    related: Vec<Entry>,
}

struct Author {
    name: String,
    href: String,
}

struct Fact {
    name: &'static str,
    value: String,
}

struct FacetText {
    name: &'static str,
    /// HTML.
    text: String,
    language: &'static str,
}

struct Link {
    name: String,
    href: String,
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let Some((id, _)) = ArxivId::parse(&asked.part) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-such-page", "this is no identifier of a paper"));
    };
    let info = asked.relata.paper(&id)?;
    match asked.shape {
        Shape::Html => page(asked, &info),
        Shape::Json => json(&info),
        shape => {
            let name = id.to_string();
            let heading = Heading { title: name.clone(), command: "info", name: &name };
            export::list(shape, &heading, &[alone(&info)])
        }
    }
}

fn alone(info: &PaperInfo) -> Chosen<'_> {
    Chosen { paper: &info.paper, score: None, matched: None, text: None, why: String::new() }
}

fn page(asked: &Asked<'_>, info: &PaperInfo) -> Answer<Shown> {
    let title = info.metadata.title.as_deref().unwrap_or("(no title)");
    let mut frame = Frame::of(asked, "paper", title)?;
    frame = frame.in_list_forms(asked);
    let text = info.metadata.abstract_text.as_deref().unwrap_or_default();
    let mut bibtex = Vec::new();
    let heading = Heading { title: String::new(), command: "info", name: "" };
    write(Form::Bibtex, &heading, &[alone(info)], &mut bibtex).map_err(crate::Error::io("an answer"))?;
    html(&PaperPage {
        id: info.id.to_string(),
        anchor: anchor(&info.id),
        title: formula::html(title),
        abstract_text: formula::html(text),
        language: language(text),
        authors: authors(info, &frame),
        withdrawn: info.withdrawn,
        facts: facts(info),
        facets: told(info),
        links: links(info),
        bibtex: String::from_utf8_lossy(&bibtex).trim().to_owned(),
        said: Said::of(&info.paper, &frame),
        topics: topics(asked, info)?,
        related: near(asked, info, &frame),
        frame,
    })
}

fn authors(info: &PaperInfo, frame: &Frame) -> Vec<Author> {
    let more = frame.carry.replacen('?', "&", 1);
    let link = |name: &String| Author { name: name.clone(), href: format!("/search?author={}{more}", encoded(name)) };
    info.metadata.authors.iter().map(link).collect()
}

fn facts(info: &PaperInfo) -> Vec<Fact> {
    let metadata = &info.metadata;
    let mut facts = vec![
        Fact { name: "Date", value: info.date.to_string() },
        Fact { name: "Categories", value: info.categories.join(", ") },
    ];
    let text = |name, value: &Option<String>| value.clone().map(|value| Fact { name, value });
    facts.extend(info.version.map(|version| Fact { name: "Version", value: format!("v{version}") }));
    facts.extend(text("Comment", &metadata.comment));
    facts.extend(text("Journal", &metadata.journal));
    facts.extend(text("DOI", &metadata.doi));
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

/// What digests tell of it.
fn told(info: &PaperInfo) -> Vec<FacetText> {
    let name = |facet| match facet {
        Facet::Tldr => Some("In short"),
        Facet::Motivation => Some("Motivation"),
        Facet::Method => Some("Method"),
        Facet::Result => Some("Result"),
        Facet::Conclusion => Some("Conclusion"),
        _ => None,
    };
    let told = facets(&info.paper).into_iter();
    let told = told.filter_map(|(facet, text)| {
        Some(FacetText { name: name(facet)?, text: formula::html(text), language: language(text) })
    });
    told.collect()
}

/// Where else it is. Only addresses of the web become links.
fn links(info: &PaperInfo) -> Vec<Link> {
    let link = |name: &str, href: String| Link { name: name.to_owned(), href };
    let mut links = vec![link("arXiv", info.url.clone()), link("PDF", info.url.replace("/abs/", "/pdf/"))];
    if let Some(doi) = &info.metadata.doi {
        links.push(link("DOI", format!("https://doi.org/{}", doi.replace('%', "%25").replace(['?', '#', ' '], "-"))));
    }
    let web = |address: &&String| address.starts_with("https://") || address.starts_with("http://");
    links.extend(
        info.links.iter().filter(|(_, address)| web(address)).map(|(name, address)| link(name, address.clone())),
    );
    links
}

/// Its topics, the coarsest first.
fn topics(asked: &Asked<'_>, info: &PaperInfo) -> Answer<Vec<TreeTopic>> {
    let tree = asked.topics()?;
    Ok(tree.as_ref().map_or_else(Vec::new, |tree| tree.of_paper(&info.paper).into_iter().cloned().collect()))
}

/// What is related to it. A paper without a vector has nothing to be compared by.
fn near(asked: &Asked<'_>, info: &PaperInfo, frame: &Frame) -> Vec<Entry> {
    let request = Recommend::new().like([info.id.clone()]).k(RELATED);
    let answer = asked.relata.recommend(&request).map(|answer| answer.results).unwrap_or_default();
    let entry = |row: &crate::service::Row<crate::service::Related>| {
        let why = in_words(related(&row.reason)).into_iter().skip(1).collect();
        Entry::of(row, row.reason.sentence.as_deref(), why, frame)
    };
    answer.iter().map(entry).collect()
}
