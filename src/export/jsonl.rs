//! A JSON object a line with the keys of daily-arXiv-ai-enhanced; what Relata adds stands under
//! `relata`.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{Chosen, facets};

pub(super) fn write(chosen: &[Chosen<'_>], out: &mut dyn Write) -> io::Result<()> {
    for (place, Chosen { paper, score, matched, why, .. }) in chosen.iter().enumerate() {
        let mut line = json!({
            "id": paper.id.as_str(),
            "categories": paper.categories,
            "pdf": paper.id.url().replacen("/abs/", "/pdf/", 1),
            "abs": paper.id.url(),
            "authors": paper.authors,
            "title": paper.title,
            "comment": paper.comment,
            "summary": paper.abstract_text,
            "relata": {
                "rank": place + 1, "score": score, "why": why,
                "match": matched.map(|matched| (f64::from(matched) * 10.0).round() / 10.0),
            },
        });
        if paper.withdrawn {
            line["withdrawn"] = Value::from(true);
        }
        let own = &paper.annotations;
        if let Some(note) = &own.note {
            line["relata"]["note"] = Value::from(note.as_str());
        }
        if !own.tags.is_empty() {
            line["relata"]["tags"] = Value::from(own.tags.as_slice());
        }
        if own.read {
            line["relata"]["read"] = Value::from(true);
        }
        if let Some(license) = &paper.license {
            line["license"] = Value::from(license.as_str());
        }
        let added: Map<String, Value> =
            facets(paper).into_iter().map(|(facet, text)| (facet.name().to_owned(), Value::from(text))).collect();
        if !added.is_empty() {
            line["AI"] = Value::Object(added);
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}
