//! BibTeX and RIS, for reference managers. Texts are neutral lines ([`super::write`]); `latex`
//! makes them fit for BibTeX.

use std::io::{self, Write};

use super::Chosen;
use super::latex::{bare, latex};
use crate::library::Paper;
use crate::paper::PartialDate;

/// "and" stands between authors, so one whose name holds it is kept together.
fn author(name: &str) -> String {
    let several = name.split_whitespace().any(|word| word.eq_ignore_ascii_case("and"));
    if several { format!("{{{}}}", latex(name)) } else { latex(name) }
}

/// The year in which a paper was published on arXiv; its id tells it where no source does. A digest
/// may list it years later.
fn year(paper: &Paper) -> i16 {
    paper.published.map_or(paper.id.submitted().0, |date| date.year_and_month().0)
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
        fields.extend(paper.categories.first().map(|category| ("primaryclass", bare(category))));
        fields.extend(paper.doi.as_ref().map(|doi| ("doi", bare(doi))));
        let journal = paper.journal.as_deref().map(latex);
        let withdrawn = paper.withdrawn.then(|| "withdrawn".to_owned());
        let note: Vec<String> = withdrawn.into_iter().chain(journal).collect();
        fields.push(("note", note.join("; ")));
        fields.extend(paper.license.as_ref().map(|license| ("copyright", latex(license))));
        fields.push(("url", paper.id.url()));
        fields.extend(paper.abstract_text.as_deref().map(|text| ("abstract", latex(text))));
        let tags: Vec<String> = paper.annotations.tags.iter().map(|tag| latex(tag)).collect();
        fields.push(("keywords", tags.join(", ")));
        // As JabRef has it.
        fields.extend(paper.annotations.read.then(|| ("readstatus", "read".to_owned())));
        let (own, why) = (paper.annotations.note.as_deref(), Some(why.as_str()).filter(|why| !why.is_empty()));
        fields.push(("annote", latex(&own.into_iter().chain(why).collect::<Vec<_>>().join("; "))));
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
        line("PY", &year(paper).to_string())?;
        line("DA", &date(paper))?;
        line("AB", paper.abstract_text.as_deref().unwrap_or_default())?;
        line("DO", paper.doi.as_deref().unwrap_or_default())?;
        line("UR", &paper.id.url())?;
        for category in &paper.categories {
            line("KW", category)?;
        }
        for tag in &paper.annotations.tags {
            line("KW", tag)?;
        }
        line("N1", paper.annotations.note.as_deref().unwrap_or_default())?;
        line("N1", if paper.annotations.read { "read" } else { "" })?;
        line("N1", if paper.withdrawn { "withdrawn" } else { "" })?;
        line("N1", why)?;
        writeln!(out, "ER  - \n")?;
    }
    Ok(())
}

/// When a paper was published, as RIS has it: `2026/02/13/`, or `2026/02//` where no day is known.
fn date(paper: &Paper) -> String {
    let (year, month) = paper.published.map_or(paper.id.submitted(), PartialDate::year_and_month);
    match paper.published.and_then(PartialDate::day) {
        Some(day) => day.strftime("%Y/%m/%d").to_string(),
        None => format!("{year:04}/{month:02}//"),
    }
}

/// `Last, First`, as RIS has it. The last word counts as the family name: arXiv does not tell.
fn family_first(name: &str) -> String {
    match name.rsplit_once(' ') {
        Some((first, last)) if !name.contains(',') => format!("{last}, {first}"),
        _ => name.to_owned(),
    }
}
