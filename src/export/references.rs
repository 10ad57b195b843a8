//! BibTeX and RIS, for reference managers.

use std::io::{self, Write};

use super::Chosen;
use crate::library::Paper;

/// Texts are LaTeX already, as arXiv has them. What would end an entry early or hide the rest of a
/// line is taken care of.
fn latex(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut escaped = false;
    for c in braced(text).chars() {
        match c {
            '%' | '&' | '#' if !escaped => safe.extend(['\\', c]),
            c => safe.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    safe
}

/// One line, in which braces are in pairs or none are. BibTeX counts those behind a backslash too.
fn braced(text: &str) -> String {
    let line = one_line(text);
    let mut depth = 0i32;
    let balanced = line.chars().all(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth >= 0
    }) && depth == 0;
    let mut safe = String::with_capacity(line.len());
    let mut escaped = false;
    for c in line.chars() {
        if !balanced && matches!(c, '{' | '}') {
            // Its backslash would else escape what comes next.
            if escaped {
                safe.pop();
            }
            escaped = false;
            continue;
        }
        safe.push(c);
        escaped = c == '\\' && !escaped;
    }
    // It would escape the brace that ends the field.
    if escaped {
        safe.pop();
    }
    safe
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// "and" stands between authors, so one whose name holds it is kept together.
fn author(name: &str) -> String {
    let several = name.split_whitespace().any(|word| word.eq_ignore_ascii_case("and"));
    if several { format!("{{{}}}", latex(name)) } else { latex(name) }
}

/// The year in which a paper was published on arXiv; its id tells it where no source does. A digest
/// may list it years later.
fn year(paper: &Paper) -> i16 {
    paper.published.map_or(paper.id.submitted().0, jiff::civil::Date::year)
}

pub(super) fn bibtex(chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    for Chosen { paper, why, .. } in chosen {
        let authors: Vec<String> = paper.authors.iter().map(|name| author(name)).collect();
        let mut fields = vec![
            ("title", paper.title.as_deref().map(latex).unwrap_or_default()),
            ("author", authors.join(" and ")),
            ("year", year(paper).to_string()),
            ("eprint", paper.id.as_str().to_owned()),
            ("archiveprefix", "arXiv".to_owned()),
        ];
        fields.extend(paper.categories.first().map(|category| ("primaryclass", braced(category))));
        fields.extend(paper.doi.as_ref().map(|doi| ("doi", braced(doi))));
        fields.extend(paper.journal.as_ref().map(|journal| ("note", latex(journal))));
        fields.extend(paper.license.as_ref().map(|license| ("copyright", latex(license))));
        fields.push(("url", paper.id.url()));
        fields.extend(paper.abstract_text.as_deref().map(|text| ("abstract", latex(text))));
        fields.push(("annote", latex(why)));
        writeln!(out, "@misc{{{},", paper.id)?;
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            writeln!(out, "  {name} = {{{value}}},")?;
        }
        writeln!(out, "}}\n")?;
    }
    Ok(())
}

pub(super) fn ris(chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    for Chosen { paper, why, .. } in chosen {
        let mut line = |tag: &str, value: &str| {
            if value.is_empty() { Ok(()) } else { writeln!(out, "{tag}  - {}", one_line(value)) }
        };
        line("TY", "UNPB")?;
        line("TI", paper.title.as_deref().unwrap_or_default())?;
        for author in &paper.authors {
            line("AU", &family_first(author))?;
        }
        line("PY", &year(paper).to_string())?;
        line("DA", &paper.published.map(|date| date.strftime("%Y/%m/%d").to_string()).unwrap_or_default())?;
        line("AB", paper.abstract_text.as_deref().unwrap_or_default())?;
        line("DO", paper.doi.as_deref().unwrap_or_default())?;
        line("UR", &paper.id.url())?;
        for category in &paper.categories {
            line("KW", category)?;
        }
        line("N1", why)?;
        writeln!(out, "ER  - \n")?;
    }
    Ok(())
}

/// `Last, First`, as RIS has it. The last word counts as the family name: arXiv does not tell.
fn family_first(name: &str) -> String {
    match name.rsplit_once(' ') {
        Some((first, last)) if !name.contains(',') => format!("{last}, {first}"),
        _ => name.to_owned(),
    }
}
