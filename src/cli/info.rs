//! `relata info` and `relata show`: the library in numbers, or all that it holds of one paper.

use console::Style;

use crate::error::Result;
use crate::paper::{Facet, Field, Shown, ValueRef};
use crate::service::PaperInfo;

use super::terminal::{Page, printable};
use super::{Context, Outcome, last};

/// Categories listed without `--json`.
const SHOWN_CATEGORIES: usize = 12;

pub(super) fn library(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let info = context.relata.info()?;
    let outcome = if info.papers == 0 { Outcome::Nothing } else { Outcome::Done };
    if as_json {
        page.answer(&info)?;
        return Ok(outcome);
    }
    let mut lines = vec![("library", info.library.clone()), ("papers", info.papers.to_string())];
    lines.extend(info.model.as_ref().map(|model| ("model", model.clone())));
    lines.extend(info.precision.map(|precision| ("precision", precision.to_owned())));
    lines.extend(info.long.map(|long| ("long texts", long.to_owned())));
    for set in &info.vectors {
        lines.push(("vectors", format!("{} of {} ({} dimensions)", set.papers, printable(&set.model), set.dimension)));
    }
    if let Some((first, last)) = info.first_date.zip(info.last_date) {
        lines.push(("dates", format!("{first} to {last}")));
    }
    if !info.categories.is_empty() {
        let named = info.categories.iter().take(SHOWN_CATEGORIES);
        let mut text: Vec<String> =
            named.map(|category| format!("{} {}", printable(&category.name), category.papers)).collect();
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
    Ok(outcome)
}

pub(super) fn paper(context: &Context, text: &String, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let Some(id) = last::ids(context, [text])?.pop() else { return Ok(Outcome::Nothing) };
    let found = context.relata.paper(&id)?;
    if as_json {
        page.answer(&found)?;
    } else {
        write_paper(page, &found)?;
    }
    Ok(Outcome::Done)
}

fn write_paper(page: &mut Page, found: &PaperInfo) -> Result<()> {
    let PaperInfo { paper, vectors, .. } = found;
    let title = paper.title.as_deref().unwrap_or("(no title)");
    let title = page.styled(&Style::new().bold(), &printable(title));
    page.paragraph(&title, 0)?;
    let mut lines = vec![("id", paper.id.to_string())];
    if let Some(version) = paper.version {
        lines[0].1 = format!("{} (version {version})", paper.id);
    }
    lines.extend(paper.withdrawn.then(|| ("withdrawn", "yes".to_owned())));
    lines.extend(paper.annotations.read.then(|| ("read", "yes".to_owned())));
    lines.push(("tags", paper.annotations.tags.join(", ")));
    lines.extend(paper.annotations.note.clone().map(|note| ("note", note)));
    lines.push(("link", paper.id.url()));
    let text = |text: &str| printable(text).into_owned();
    let told = |field: Field| Some((field.name(), text(&paper.metadata.get(field)?.joined(", "))));
    lines.extend(told(Field::Authors));
    lines.push(("categories", text(&paper.categories.join(", "))));
    lines.push(("date", paper.date.to_string()));
    let on_lines = |field: &&Field| field.shown() == Shown::Line && **field != Field::Authors;
    lines.extend(Field::ALL.iter().filter(on_lines).filter_map(|field| told(*field)));
    for address in paper.links.values() {
        lines.push(("see also", text(address)));
    }
    for listing in &paper.listings {
        let day = listing.date.map(|date| format!(" ({date})")).unwrap_or_default();
        lines.push(("listed in", format!("{}{day}", printable(&listing.file))));
    }
    for vector in vectors {
        let cut = if vector.tokens_cut > 0 { format!(", {} more cut off", vector.tokens_cut) } else { String::new() };
        lines.push(("embedded", format!("{}: {} tokens{cut}", printable(&vector.model), vector.tokens)));
    }
    if vectors.is_empty() {
        lines.push(("embedded", "not yet".into()));
    }
    lines.retain(|(_, value)| !value.is_empty());
    write_fields(page, &lines)?;
    let mut sections: Vec<(String, &str)> = Vec::new();
    for &field in Field::ALL.iter().filter(|field| field.shown() == Shown::Section) {
        if let Some(ValueRef::Text(text)) = paper.metadata.get(field) {
            sections.push((field.name().to_owned(), text));
        }
    }
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
