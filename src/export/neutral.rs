//! The one place where papers are cleaned before any form writes them.
//!
//! In: what was chosen, from a library that anybody may have written. Out: the same with every text
//! on one line, without what a program might obey and nobody sees. A form then escapes what has a
//! meaning in it.

use super::{Chosen, Heading};
use crate::library::{Annotations, Paper};
use crate::paper::{Field, Metadata, Value, ValueRef};
use crate::text::neutral::line;

/// What was chosen, with texts of its own.
pub(super) struct Clean {
    paper: Paper,
    text: Option<String>,
    why: String,
    score: Option<f64>,
    matched: Option<f32>,
}

impl Clean {
    pub(super) fn of(chosen: &Chosen<'_>) -> Clean {
        let Chosen { paper, score, matched, text, why } = chosen;
        let text = text.map(|text| line(text).into_owned());
        Clean { paper: self::paper(paper), text, why: line(why).into_owned(), score: *score, matched: *matched }
    }

    /// The same without what the user says of papers, which is for nobody else.
    pub(super) fn for_others(chosen: &Chosen<'_>) -> Clean {
        let mut clean = Clean::of(chosen);
        clean.paper.annotations = Annotations::default();
        clean
    }

    pub(super) fn chosen(&self) -> Chosen<'_> {
        let Clean { paper, text, why, score, matched } = self;
        Chosen { paper, score: *score, matched: *matched, text: text.as_deref(), why: why.clone() }
    }
}

/// The title; the name is escaped where it is shown, and feeds are known by it as it is.
pub(super) fn heading<'a>(heading: &Heading<'a>) -> Heading<'a> {
    Heading { title: line(&heading.title).into_owned(), ..heading.clone() }
}

/// A paper with clean texts. Taken apart, so that the compiler asks about a new field; of the
/// metadata every field is cleaned by its kind.
pub(crate) fn paper(paper: &Paper) -> Paper {
    let Paper {
        row,
        id,
        version,
        metadata,
        categories,
        date,
        withdrawn,
        links,
        summaries,
        listings,
        passage,
        annotations,
    } = paper.clone();
    let own = |text: String| line(&text).into_owned();
    let all =
        |texts: Vec<String>| -> Vec<String> { texts.into_iter().map(own).filter(|text| !text.is_empty()).collect() };
    let mut clean = Metadata::default();
    for &field in Field::ALL {
        match metadata.get(field).map(ValueRef::to_value) {
            Some(Value::Text(text)) => clean.set(field, Value::Text(own(text))),
            Some(Value::List(texts)) => clean.set(field, Value::List(all(texts))),
            Some(Value::Day(day)) => clean.set(field, Value::Day(day)),
            None => {}
        }
    }
    Paper {
        row,
        id,
        version,
        metadata: clean,
        categories: all(categories),
        date,
        withdrawn,
        links: links.into_iter().map(|(kind, link)| (own(kind), own(link))).collect(),
        summaries: summaries.into_iter().map(|((language, facet), text)| ((own(language), facet), own(text))).collect(),
        listings,
        passage: passage.map(own),
        annotations: Annotations {
            note: annotations.note.map(own),
            tags: all(annotations.tags),
            read: annotations.read,
        },
    }
}
