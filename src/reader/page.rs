//! One page of Markdown per paper.
//!
//! In: `# Title`, `**Authors:** ...`, the abstract as paragraphs, a rule, then dates, categories
//! and links. Out: one entry. The day of the source is that of the last update; a page lists
//! nothing, so there is no listing.

use std::borrow::Cow;

use super::authors;
use super::categories;
use super::digest::LONGEST_ENTRY;
use super::draft::{Draft, Origin};
use super::heading::linked;
use super::labels::{Field, label};
use super::lines::{self, Broken};
use super::moment;
use super::output::Output;
use super::source::Source;
use crate::error::Result;
use crate::paper::{PartialDate, SourceKind};

/// Reads the page of one paper.
pub(super) fn read(source: &mut Source<'_>, out: &mut Output<'_>) -> Result<()> {
    let (mut draft, mut text, mut after_rule) = (Draft::default(), String::new(), false);
    let mut broken = Broken::default();
    while let Some(line) = source.next_line()? {
        let content = lines::text(&line, &mut broken);
        if line.too_long || text.len() > LONGEST_ENTRY {
            return out.skip(line.number, &format!("the page is longer than {LONGEST_ENTRY} bytes"));
        }
        let content = content.as_ref();
        if let Some(title) = content.strip_prefix("# ").filter(|_| draft.title.is_none()) {
            draft.line = line.number;
            draft.title = Some(Cow::Owned(title.to_owned()));
        } else if content == "---" {
            after_rule = true;
        } else if content.starts_with("**") {
            content.split(" | ").for_each(|part| labelled(&mut draft, part));
        } else if let Some((name, target)) = linked(content.split(" | ").next().unwrap_or(content)) {
            if name.starts_with("arXiv") {
                draft.id = Cow::Owned(target.to_owned());
            }
        } else if !after_rule && draft.title.is_some() {
            text.push_str(content);
            text.push('\n');
        }
    }
    if let Some(note) = broken.note() {
        out.note(note);
    }
    if source.broken().is_some() {
        return Ok(());
    }
    draft.line = draft.line.max(1);
    draft.abstract_text = Some(Cow::Owned(text));
    let origin = Origin {
        kind: SourceKind::Markdown,
        date: draft.updated.or(draft.published).and_then(PartialDate::day),
        listing: None,
    };
    out.draft(draft, &origin)
}

fn labelled(draft: &mut Draft<'_>, part: &str) {
    if let Some(day) = part.strip_prefix("**Updated:**") {
        draft.updated = moment::written(day);
        return;
    }
    match label(part) {
        Some(found) if found.field == Field::Authors => draft.authors = authors::parse(found.value),
        Some(found) if found.field == Field::Categories => draft.categories = categories::parse(found.value),
        Some(found) if found.field == Field::Published => draft.published = moment::written(found.value),
        Some(found) if found.field == Field::Comment => draft.comment = Some(Cow::Owned(found.value.to_owned())),
        _ => {}
    }
}
