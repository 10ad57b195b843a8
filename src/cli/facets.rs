//! `relata recommend --facet`: papers compared by one facet beside the whole, and what the user should know of where it comes from.

use indicatif::ProgressBar;
use ndarray::Array2;
use serde_json::{Value, json};

use crate::engine::{Embedded, Engine};
use crate::error::Result;
use crate::facets::Told;
use crate::index::Index;
use crate::learned::Learned;
use crate::library::{FingerprintNumber, Library};
use crate::paper::Facet;
use crate::recommend::{Answer, ByFacet, Query, Through, recommend_by_facet};

use super::rows::INDENT;
use super::terminal::{Page, printable, progress, say};
use super::{Context, Fetching, unread};

/// Embeds what must be, and ranks.
pub(super) fn recommend(
    engine: &mut Engine,
    library: &mut Library,
    place: (FingerprintNumber, Option<&Index>),
    learned: &Learned,
    (query, texts): (&Query, &Array2<f32>),
    facet: Facet,
) -> Result<ByFacet> {
    let identity = engine.identity().clone();
    let mut embed = |library: &mut Library, texts: &[_]| {
        let mut fetch = Fetching::default();
        let mut bar: Option<ProgressBar> = None;
        let mut show = |embedded: Embedded| {
            bar.get_or_insert_with(|| {
                let template = "{msg} {wide_bar} {human_pos}/{human_len} papers {per_sec} {eta}";
                progress(embedded.total, "embedding what they say of it", template)
            })
            .set_position(embedded.done);
        };
        let vectors = engine.facet_vectors(library, (place.0, facet), texts, &mut |event| fetch.show(event), &mut show);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        vectors
    };
    let through = Through { facet, reads: &|text| identity.reads(text), embed: &mut embed };
    recommend_by_facet(library, place, learned, query, texts, through)
}

/// Says what is compared, of which papers it is not told, and which model would read what this one does not.
pub(super) fn explain(context: &Context, engine: &Engine, found: &ByFacet, facet: Facet, sample: bool) {
    let name = facet.name();
    for (id, text) in &found.liked {
        let told = match text.told {
            Told::Digest => "its digest",
            Told::Abstract => "its abstract",
        };
        say(&format!("{name} of {id}, from {told}: {}", printable(&beginning(&text.text))));
    }
    if !found.silent.is_empty() {
        let ids: Vec<&str> = found.silent.iter().map(|id| id.as_str()).collect();
        say(&format!("note: nothing tells the {name} of {}: its whole abstract is compared", ids.join(", ")));
    }
    if found.unread == 0 {
        return;
    }
    let own = &engine.identity().name;
    let all = found.compared + found.liked.len();
    say(&format!(
        "note: digests tell the {name} of {} of these {all} papers in a language that {own} does not read; sentences of their abstracts are \
         compared instead.",
        found.unread
    ));
    if let Some(way_out) = found.unread_sample.as_deref().and_then(|text| unread::other_model(context, text, sample)) {
        say(&format!("{way_out}."));
    }
}

/// What was asked, for JSON.
pub(super) fn json(found: &ByFacet, facet: Facet) -> Value {
    let liked: Vec<Value> = found
        .liked
        .iter()
        .map(|(id, text)| json!({ "id": id.as_str(), "text": text.text, "from": text.told }))
        .collect();
    let silent: Vec<&str> = found.silent.iter().map(|id| id.as_str()).collect();
    json!({ "name": facet.name(), "liked": liked, "silent": silent, "unread": found.unread })
}

/// What was compared of an answer, below its two lines: whole, or as much as shows what it is about.
pub(super) fn write(page: &mut Page, answer: &Answer, facet: Facet, whole: bool) -> Result<()> {
    let Some(told) = &answer.facet else { return Ok(()) };
    let text = if whole { told.text.clone() } else { beginning(&told.text) };
    page.paragraph(&format!("{}: {}", facet.name(), printable(&text)), INDENT)
}

/// About three lines of a text.
fn beginning(text: &str) -> String {
    const CHARACTERS: usize = 220;
    let Some((end, _)) = text.char_indices().nth(CHARACTERS) else { return text.to_owned() };
    let cut = text[..end].rfind(' ').unwrap_or(end);
    format!("{} …", text[..cut].trim_end_matches([' ', ',', ';']))
}
