//! A page of papers in the template of daily-arXiv-ai-enhanced: a table of contents, then by
//! category a heading per paper.
//!
//! Papers keep their order within a category, and categories that of their best paper. The number
//! in a heading is the rank. What Markdown or HTML would take for markup stands as character
//! references ([`crate::text::neutral::markdown`]); readers of digests read it again.

use std::io::{self, Write};

use super::{Chosen, facets};
use crate::library::{Annotations, Paper};
use crate::paper::Facet;
use crate::text::neutral::markdown as plain;

const LABELS: [(Facet, &str); 4] = [
    (Facet::Motivation, "Motivation"),
    (Facet::Method, "Method"),
    (Facet::Result, "Result"),
    (Facet::Conclusion, "Conclusion"),
];

pub(super) fn write(chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut categories: Vec<(&str, Vec<(usize, &Paper)>)> = Vec::new();
    for (place, chosen) in chosen.iter().enumerate() {
        let category = chosen.paper.categories.first().map_or("unknown", String::as_str);
        match categories.iter_mut().find(|(name, _)| *name == category) {
            Some((_, papers)) => papers.push((place + 1, chosen.paper)),
            None => categories.push((category, vec![(place + 1, chosen.paper)])),
        }
    }
    contents(out)?;
    for (category, papers) in &categories {
        entry(0, category, category, papers.len(), out)?;
    }
    for (category, papers) in &categories {
        section(category, category, out)?;
        for (rank, paper) in papers {
            one(*rank, paper, out)?;
        }
    }
    Ok(())
}

/// Begins the table of contents.
pub(crate) fn contents(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div id=toc></div>\n\n# Table of Contents\n")
}

/// A line of the table of contents, `depth` levels below the first.
pub(crate) fn entry(depth: usize, name: &str, anchor: &str, papers: usize, out: &mut dyn Write) -> io::Result<()> {
    let (name, anchor) = (plain(name), target(anchor));
    writeln!(out, "{:1$}- [{name}](#{anchor}) [Total: {papers}]", "", 2 * depth)
}

/// Begins a section.
pub(crate) fn section(name: &str, anchor: &str, out: &mut dyn Write) -> io::Result<()> {
    let (name, anchor) = (plain(name), target(anchor));
    writeln!(out, "\n\n<div id='{anchor}'></div>\n\n# {name} [[Back]](#toc)")
}

/// A paper, with its place in the section or in the whole.
pub(crate) fn one(rank: usize, paper: &Paper, out: &mut dyn Write) -> io::Result<()> {
    let category = paper.categories.first().map_or("unknown", String::as_str);
    let facets = facets(paper);
    let text = |facet: Facet| facets.iter().find(|(own, _)| *own == facet).map(|(_, text)| plain(text));
    let title = plain(paper.title.as_deref().unwrap_or_default());
    let (authors, category) = (paper.authors.join(", "), plain(category));
    writeln!(out, "\n### [{rank}] [{title}]({})", paper.id.url())?;
    writeln!(out, "*{}*\n\nMain category: {category}\n", plain(&authors))?;
    if paper.withdrawn {
        writeln!(out, "Withdrawn: yes\n")?;
    }
    own(paper, out)?;
    if let Some(text) = text(Facet::Tldr) {
        writeln!(out, "TL;DR: {text}\n")?;
    }
    writeln!(out, "\n<details>\n  <summary>Details</summary>")?;
    for (facet, label) in LABELS {
        if let Some(text) = text(facet) {
            writeln!(out, "{label}: {text}\n")?;
        }
    }
    if let Some(text) = &paper.abstract_text {
        writeln!(out, "Abstract: {}\n", plain(text))?;
    }
    writeln!(out, "</details>")
}

/// What the user says of a paper, under labels that readers of digests pass over.
fn own(paper: &Paper, out: &mut dyn Write) -> io::Result<()> {
    let Annotations { note, tags, read } = &paper.annotations;
    if *read {
        writeln!(out, "Read by me: yes\n")?;
    }
    if !tags.is_empty() {
        writeln!(out, "Tags: {}\n", plain(&tags.join(", ")))?;
    }
    match note {
        Some(note) => writeln!(out, "My note: {}\n", plain(note)),
        None => Ok(()),
    }
}

/// A name as the target of a link: letters, digits, `.`, `_` and `-`.
fn target(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect()
}
