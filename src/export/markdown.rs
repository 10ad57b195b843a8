//! A page of papers in the template of daily-arXiv-ai-enhanced: a table of contents, then by category a heading per paper.
//!
//! Papers keep their order within a category, and categories that of their best paper. The number in a heading is the rank.

use std::io::{self, Write};

use super::{Chosen, facets};
use crate::library::Paper;
use crate::paper::Facet;

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
    writeln!(out, "<div id=toc></div>\n\n# Table of Contents\n")?;
    for (category, papers) in &categories {
        writeln!(out, "- [{category}](#{category}) [Total: {}]", papers.len())?;
    }
    for (category, papers) in &categories {
        writeln!(out, "\n\n<div id='{category}'></div>\n\n# {category} [[Back]](#toc)")?;
        for (rank, paper) in papers {
            one(*rank, category, paper, out)?;
        }
    }
    Ok(())
}

fn one(rank: usize, category: &str, paper: &Paper, out: &mut dyn Write) -> io::Result<()> {
    let facets = facets(paper);
    let text = |facet: Facet| facets.iter().find(|(own, _)| *own == facet).map(|(_, text)| *text);
    writeln!(out, "\n### [{rank}] [{}]({})", paper.title.as_deref().unwrap_or_default(), paper.id.url())?;
    writeln!(out, "*{}*\n\nMain category: {category}\n", paper.authors.join(", "))?;
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
        writeln!(out, "Abstract: {text}\n")?;
    }
    writeln!(out, "</details>")
}
