//! BibTeX and RIS, for reference managers.

use std::io::{self, Write};

use super::Chosen;

/// Texts are LaTeX already, as arXiv has them. What would end an entry early or hide the rest of a line is taken care of.
fn latex(text: &str) -> String {
    let mut depth = 0i32;
    let balanced = text.chars().all(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth >= 0
    }) && depth == 0;
    let mut safe = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        match c {
            '{' | '}' if !balanced => {}
            '%' | '&' | '#' if !escaped => safe.extend(['\\', c]),
            c => safe.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    safe
}

pub(super) fn bibtex(chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    for Chosen { paper, why, .. } in chosen {
        // "and" stands between authors, so one whose name holds it is kept together.
        let author = |name: &String| if name.contains(" and ") { format!("{{{}}}", latex(name)) } else { latex(name) };
        let authors: Vec<String> = paper.authors.iter().map(author).collect();
        let mut fields = vec![
            ("title", paper.title.as_deref().map(latex).unwrap_or_default()),
            ("author", authors.join(" and ")),
            ("year", paper.date.year().to_string()),
            ("eprint", paper.id.as_str().to_owned()),
            ("archiveprefix", "arXiv".to_owned()),
        ];
        fields.extend(paper.categories.first().map(|category| ("primaryclass", category.clone())));
        fields.extend(paper.doi.as_ref().map(|doi| ("doi", doi.clone())));
        fields.extend(paper.journal.as_ref().map(|journal| ("note", latex(journal))));
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
            if value.is_empty() { Ok(()) } else { writeln!(out, "{tag}  - {value}") }
        };
        line("TY", "UNPB")?;
        line("TI", paper.title.as_deref().unwrap_or_default())?;
        for author in &paper.authors {
            line("AU", &family_first(author))?;
        }
        line("PY", &paper.date.year().to_string())?;
        line("DA", &paper.date.strftime("%Y/%m/%d").to_string())?;
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
