//! The papers that a profile likes, or those of one of its interests: fifty a page, with a filter,
//! and the same list as JSON, BibTeX, Atom and CSV.

use askama::Template;

use super::entries::authors;
use super::frame::{Frame, Other, counted};
use super::profile::{address, percent, weight_in_words};
use super::{Answer, Asked, Shape, Shown, export, formula, html, json};
use crate::export::{Chosen, Heading};
use crate::service::{InterestHead, LikedList, LikedPaper, ListLiked};

use super::super::problem::Problem;

/// Papers of a page.
const PAPERS: usize = 50;

#[derive(Template)]
#[template(path = "liked.html")]
struct LikedPage {
    frame: Frame,
    heading: String,
    summary: String,
    /// The profile's name, its page, and where forms lead back to.
    name: String,
    profile: String,
    back: String,
    /// The address of the list, and what it is asked for.
    path: String,
    interest: String,
    disliked: bool,
    words: String,
    unfiltered: String,
    opinion: &'static str,
    /// The place of the first paper, from 1.
    first: usize,
    papers: Vec<Line>,
    texts: Vec<String>,
    page: usize,
    pages: usize,
    /// The pages before and after this one; empty where there is none.
    before: String,
    after: String,
}

struct Line {
    id: String,
    href: String,
    /// HTML.
    title: String,
    authors: String,
    noted: String,
}

/// What an address asks for.
struct Question {
    request: ListLiked,
    /// From 1.
    page: usize,
}

impl Question {
    fn of(asked: &Asked<'_>) -> Answer<Question> {
        let number = |name: &str| match asked.said(name) {
            None => Ok(None),
            Some(text) => match text.parse::<usize>() {
                Ok(number) if number > 0 => Ok(Some(number)),
                _ => Err(Problem::malformed(format!("{name}={text:?} is no whole number from 1"))),
            },
        };
        let (page, mut k) = (number("page")?.unwrap_or(1), number("k")?);
        if asked.shape == Shape::Html || asked.said("page").is_some() {
            k = k.or(Some(PAPERS));
        }
        let request = ListLiked {
            profile: asked.part.clone(),
            interest: asked.said("interest"),
            disliked: asked.said("disliked").is_some(),
            text: asked.said("q"),
            from: (page - 1).saturating_mul(k.unwrap_or(0)),
            k,
        };
        Ok(Question { request, page })
    }

    /// The query string of this list from a page on.
    fn query(&self, words: &str, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(interest) = &self.request.interest {
            query.append_pair("interest", interest);
        }
        if self.request.disliked {
            query.append_pair("disliked", "1");
        }
        if !words.is_empty() {
            query.append_pair("q", words);
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

pub(super) fn show(asked: &Asked<'_>) -> Answer<Shown> {
    let question = Question::of(asked)?;
    let list = asked.relata.liked(&question.request)?;
    match asked.shape {
        Shape::Html => page(asked, &question, list),
        Shape::Json => json(&list),
        shape => {
            let papers = list.papers.iter().filter_map(|row| row.paper.as_ref());
            let chosen = |paper| Chosen { paper, score: None, matched: None, text: None, why: String::new() };
            let chosen: Vec<Chosen<'_>> = papers.map(chosen).collect();
            let heading = Heading { title: heading(&list, &question), command: "profile", name: &list.profile };
            export::list(shape, &heading, &chosen)
        }
    }
}

/// `Black holes, string`; `Liked papers`
fn heading(list: &LikedList, question: &Question) -> String {
    match &list.interest {
        Some(interest) if !interest.terms.is_empty() => interest.terms.join(", "),
        Some(interest) => format!("Interest {}", interest.interest),
        None if question.request.disliked => "Papers that are not liked".to_owned(),
        None => "Liked papers".to_owned(),
    }
}

/// `12 papers, 3 % of the answers, counts half.`
fn summary(list: &LikedList) -> String {
    let papers = counted(list.total, "paper");
    match &list.interest {
        Some(InterestHead { weight: 0.0, .. }) => format!("An interest of {papers}, muted."),
        Some(InterestHead { share, weight, .. }) => {
            let weight = if *weight == 1.0 { String::new() } else { format!(", counts {}", weight_in_words(*weight)) };
            format!(
                "An interest of {papers}, {} % of the answers{weight}; those nearest to its middle first.",
                percent(*share)
            )
        }
        None => format!("{papers}, the latest opinion first."),
    }
}

fn page(asked: &Asked<'_>, question: &Question, list: LikedList) -> Answer<Shown> {
    let heading = heading(&list, question);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("profile", &asked.part).finish();
    let own = Asked { query, path: asked.path.clone(), part: asked.part.clone(), ..*asked };
    let mut frame = Frame::of(&own, "profile", heading.clone())?;
    let words = question.request.text.clone().unwrap_or_default();
    let whole = question.query(&words, 1);
    frame.others = [
        ("JSON", ".json", "application/json"),
        ("BibTeX", ".bib", "application/x-bibtex"),
        ("Atom", ".atom", "application/atom+xml"),
        ("CSV", ".csv", "text/csv"),
    ]
    .map(|(name, ending, kind)| Other { name, address: format!("{}{ending}{whole}", asked.path), kind })
    .into();
    let k = question.request.k.unwrap_or(PAPERS);
    let pages = list.total.div_ceil(k).max(1);
    let other = |page: usize| format!("{}{}", asked.path, question.query(&words, page));
    html(&LikedPage {
        summary: summary(&list),
        heading,
        name: asked.part.clone(),
        profile: address(&asked.part),
        back: other(question.page),
        path: asked.path.clone(),
        interest: question.request.interest.clone().unwrap_or_default(),
        disliked: question.request.disliked,
        unfiltered: format!("{}{}", asked.path, question.query("", 1)),
        opinion: if question.request.disliked { "disliked" } else { "liked" },
        first: question.request.from + 1,
        papers: list.papers.iter().map(|paper| line(paper, &frame)).collect(),
        texts: match question.page == 1 && words.is_empty() {
            true => list.texts.into_iter().map(|text| text.title).collect(),
            false => Vec::new(),
        },
        page: question.page,
        pages,
        before: if question.page > 1 { other((question.page - 1).min(pages)) } else { String::new() },
        after: if question.page < pages { other(question.page + 1) } else { String::new() },
        words,
        frame,
    })
}

fn line(row: &LikedPaper, frame: &Frame) -> Line {
    let title = if row.title.is_empty() { row.id.as_str() } else { &row.title };
    Line {
        id: row.id.to_string(),
        href: format!("/papers/{}{}", row.id, frame.carry),
        title: formula::html(title),
        authors: row.paper.as_ref().map_or_else(String::new, |paper| authors(&paper.authors)),
        noted: row.noted.map_or_else(String::new, |day| day.to_string()),
    }
}
