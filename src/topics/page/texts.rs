//! Texts of papers as the map shows them: a column each.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::export::facets;
use crate::library::Paper;
use crate::paper::{ArxivId, Facet, PartialDate};
use crate::text::neutral::line;

/// Authors of a paper that are named.
const AUTHORS: usize = 10;

/// Ids, titles and the like of papers, one paper at the same place of each column.
#[derive(Default, Serialize)]
pub(crate) struct Texts {
    pub(super) id: Vec<String>,
    pub(super) title: Vec<String>,
    pub(super) authors: Vec<String>,
    pub(super) date: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) tldr: Vec<Option<String>>,
}

impl Texts {
    /// Adds a paper; one that was removed has nothing but its id and its date. Texts are taken as
    /// they are: whoever adds them has made them harmless.
    pub(crate) fn push(&mut self, id: &ArxivId, date: PartialDate, paper: Option<&Paper>) {
        let (title, authors, categories) = match paper {
            Some(paper) => (paper.title.as_deref().unwrap_or("(no title)"), authors(paper), paper.categories.join(" ")),
            None => ("(removed)", String::new(), String::new()),
        };
        self.id.push(id.to_string());
        self.title.push(title.to_owned());
        self.authors.push(authors);
        self.date.push(date.to_string());
        self.categories.push(categories);
        self.tldr.push(paper.and_then(tldr));
    }

    /// Adds a paper of which no more is known than its id, title and authors, and its date.
    pub(super) fn push_bare(&mut self, texts: [&str; 3], date: String) {
        let [id, title, authors] = texts.map(|text| line(text).into_owned());
        self.id.push(id);
        self.title.push(title);
        self.authors.push(authors);
        self.date.push(date);
        self.categories.push(String::new());
        self.tldr.push(None);
    }
}

/// JSON, gzipped.
///
/// # Errors
/// None that a test would not have seen.
pub(crate) fn gzipped(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let written = serde_json::to_writer(&mut packed, value).map_err(std::io::Error::other);
    written.and_then(|()| packed.finish()).map_err(Error::io("the map"))
}

fn authors(paper: &Paper) -> String {
    let mut named = paper.authors.iter().take(AUTHORS).cloned().collect::<Vec<_>>().join(", ");
    if paper.authors.len() > AUTHORS {
        named.push_str(" et al.");
    }
    named
}

fn tldr(paper: &Paper) -> Option<String> {
    facets(paper).into_iter().find(|(facet, _)| *facet == Facet::Tldr).map(|(_, text)| text.to_owned())
}
