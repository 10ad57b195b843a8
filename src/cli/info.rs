//! `relata info` and `relata show`: the library in numbers, or all that it holds of one paper.

use console::Style;
use serde_json::{Value, json};

use crate::engine::Remembered;
use crate::error::{Error, Result};
use crate::library::{Info, Paper, StoredTokens};
use crate::paper::Facet;

use super::terminal::{Page, printable};
use super::{Context, Outcome, last};

/// Categories listed without `--json`.
const SHOWN_CATEGORIES: usize = 12;

pub(super) fn library(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let path = context.library_path().display().to_string();
    let (info, remembered) = match context.open_existing()? {
        Some(library) => (library.info()?, Remembered::of(&library, &context.settings)?),
        None => (Info::default(), None),
    };
    // The set of the most papers: with one model, the only one.
    let embedded = info.fingerprints.iter().map(|set| set.vectors).max().unwrap_or(0);
    if as_json {
        let vectors: Vec<Value> = info
            .fingerprints
            .iter()
            .map(|set| {
                json!({ "model": set.text.model, "fingerprint": set.text.digest, "dimension": set.text.dimension,
                        "papers": set.vectors, "description": set.text.description })
            })
            .collect();
        let value = json!({
            "library": path,
            "papers": info.papers,
            "embedded": embedded,
            "model": remembered.as_ref().and_then(|kept| kept.model.as_deref()),
            "precision": remembered.as_ref().map(|kept| kept.precision.name()),
            "long": remembered.as_ref().map(|kept| kept.long.name()),
            "vectors": vectors,
            "first_date": info.dates.map(|(first, _)| first.to_string()),
            "last_date": info.dates.map(|(_, last)| last.to_string()),
            "categories": info.categories.iter().map(|(name, papers)| json!({ "name": name, "papers": papers })).collect::<Vec<_>>(),
            "bytes": info.bytes,
        });
        page.json(&value)?;
        return Ok(if info.papers == 0 { Outcome::Nothing } else { Outcome::Done });
    }
    let mut lines = vec![("library", path), ("papers", info.papers.to_string())];
    if let Some(kept) = &remembered {
        lines.extend(kept.model.as_ref().map(|model| ("model", model.clone())));
        lines.push(("precision", kept.precision.name().to_owned()));
        lines.push(("long texts", kept.long.name().to_owned()));
    }
    for set in &info.fingerprints {
        lines.push((
            "vectors",
            format!("{} of {} ({} dimensions)", set.vectors, printable(&set.text.model), set.text.dimension),
        ));
    }
    if let Some((first, last)) = info.dates {
        lines.push(("dates", format!("{first} to {last}")));
    }
    if !info.categories.is_empty() {
        let named = info.categories.iter().take(SHOWN_CATEGORIES);
        let mut text: Vec<String> = named.map(|(name, papers)| format!("{} {papers}", printable(name))).collect();
        if info.categories.len() > SHOWN_CATEGORIES {
            text.push(format!("and {} more", info.categories.len() - SHOWN_CATEGORIES));
        }
        lines.push(("categories", text.join(", ")));
    }
    lines.push(("size", indicatif::HumanBytes(info.bytes).to_string()));
    if info.papers == 0 {
        lines.push(("next", "relata add PATH... reads your digests into it".into()));
        lines.push(("or try", "relata recommend 2602.10611, which answers from the sample digest".into()));
    }
    write_fields(page, &lines)?;
    Ok(if info.papers == 0 { Outcome::Nothing } else { Outcome::Done })
}

pub(super) fn paper(context: &Context, text: &String, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let Some(id) = last::ids(context, [text])?.pop() else { return Ok(Outcome::Nothing) };
    let (library, _) = context.open_or_sample()?;
    let Some(paper) = library.paper(&id)? else {
        return Err(Error::NotInLibrary { unknown: vec![(id.to_string(), library.closest(id.as_str(), 3)?)] });
    };
    let vectors = library.tokens_by_model(paper.row)?;
    if as_json {
        page.json(&paper_json(&paper, &vectors))?;
    } else {
        write_paper(page, &paper, &vectors)?;
    }
    Ok(Outcome::Done)
}

fn paper_json(paper: &Paper, vectors: &[StoredTokens]) -> Value {
    let mut summaries: serde_json::Map<String, Value> = serde_json::Map::new();
    for ((language, facet), text) in &paper.summaries {
        let of_language = summaries.entry(language.clone()).or_insert_with(|| json!({}));
        of_language[facet.name()] = json!(text);
    }
    json!({
        "id": paper.id.as_str(),
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract_text,
        "authors": paper.authors,
        "categories": paper.categories,
        "primary_category": paper.categories.first(),
        "date": paper.date.to_string(),
        "published": paper.published.map(|date| date.to_string()),
        "updated": paper.updated.map(|date| date.to_string()),
        "comment": paper.comment,
        "doi": paper.doi,
        "journal": paper.journal,
        "url": paper.id.url(),
        "links": paper.links,
        "summaries": summaries,
        "listings": paper.listings.iter().map(|listing| json!({ "file": listing.file, "date": listing.date.map(|date| date.to_string()) })).collect::<Vec<_>>(),
        "vectors": vectors.iter().map(|vector| json!({ "model": vector.model, "tokens": vector.tokens.embedded, "tokens_cut": vector.tokens.cut })).collect::<Vec<_>>(),
    })
}

fn write_paper(page: &mut Page, paper: &Paper, vectors: &[StoredTokens]) -> Result<()> {
    let title = paper.title.as_deref().unwrap_or("(no title)");
    let title = page.styled(&Style::new().bold(), &printable(title));
    page.paragraph(&title, 0)?;
    let mut lines = vec![("id", paper.id.to_string())];
    if let Some(version) = paper.version {
        lines[0].1 = format!("{} (version {version})", paper.id);
    }
    lines.push(("link", paper.id.url()));
    let text = |text: &str| printable(text).into_owned();
    lines.push(("authors", text(&paper.authors.join(", "))));
    lines.push(("categories", text(&paper.categories.join(", "))));
    lines.push(("date", paper.date.to_string()));
    let dates = [("published", paper.published), ("updated", paper.updated)];
    lines.extend(dates.into_iter().filter_map(|(name, date)| Some((name, date?.to_string()))));
    let facts = [("comment", &paper.comment), ("doi", &paper.doi), ("journal", &paper.journal)];
    lines.extend(facts.into_iter().filter_map(|(name, fact)| Some((name, text(fact.as_ref()?)))));
    for address in paper.links.values() {
        lines.push(("see also", text(address)));
    }
    for listing in &paper.listings {
        let day = listing.date.map(|date| format!(" ({date})")).unwrap_or_default();
        lines.push(("listed in", format!("{}{day}", printable(&listing.file))));
    }
    for vector in vectors {
        let cut = if vector.tokens.cut > 0 { format!(", {} more cut off", vector.tokens.cut) } else { String::new() };
        lines.push(("embedded", format!("{}: {} tokens{cut}", printable(&vector.model), vector.tokens.embedded)));
    }
    if vectors.is_empty() {
        lines.push(("embedded", "not yet".into()));
    }
    lines.retain(|(_, value)| !value.is_empty());
    write_fields(page, &lines)?;
    let mut sections: Vec<(String, &str)> = Vec::new();
    sections.extend(paper.abstract_text.as_deref().map(|text| ("abstract".to_owned(), text)));
    for facet in Facet::ALL {
        let of_facet = paper.summaries.iter().filter(|((_, own), _)| *own == facet);
        sections
            .extend(of_facet.map(|((language, _), text)| (format!("{} ({language})", facet.name()), text.as_str())));
    }
    for (name, text) in sections {
        let heading = page.styled(&Style::new().cyan(), &printable(&name));
        page.line("")?;
        page.line(&heading)?;
        page.paragraph(&printable(text), 2)?;
    }
    Ok(())
}

/// Name and value; a long value goes on below itself.
fn write_fields(page: &mut Page, lines: &[(&str, String)]) -> Result<()> {
    for (name, value) in lines {
        let name = page.styled(&Style::new().dim(), &format!("{name:<11}"));
        page.field(&name, &printable(value), 12)?;
    }
    Ok(())
}
