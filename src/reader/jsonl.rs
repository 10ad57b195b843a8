//! JSON lines: crawled papers, papers with generated texts, recommendations, and arXiv's snapshot.
//!
//! In: one JSON object a line. Out: one entry a line. Which kind a line is of is told by its own keys, so that files
//! glued together read as their parts would. A broken line is skipped with its cause, and the next one is read.

use std::borrow::Cow;

use jiff::civil::Date;

use super::authors::{self, Authors};
use super::categories;
use super::dates;
use super::draft::{Draft, Origin, is_teaser};
use super::output::Output;
use super::record::{Ai, Record, Text, Texts};
use super::source::{LONGEST_LINE, Source};
use crate::error::Result;
use crate::paper::ArxivId;
use crate::paper::{Facet, Field, Listing, SourceKind};

/// A recommendation names this many authors at most, and does not say that it left some out.
const AUTHORS_OF_RECOMMENDATION: usize = 3;

/// Reads JSON lines. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    while let Some(line) = source.next_line()? {
        let number = line.number;
        if line.too_long {
            out.skip(number, &format!("the line is longer than {LONGEST_LINE} bytes"))?;
            continue;
        }
        let bytes = line.bytes.trim_ascii();
        // Files that were glued together carry their byte-order marks along.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if !bytes.is_empty() {
            object(bytes, number, None, &Place { file, date }, out)?;
        }
    }
    Ok(())
}

/// The file that an object stands in.
pub(super) struct Place<'p> {
    /// Name without folder.
    pub file: &'p str,
    /// Day that the name tells.
    pub date: Option<Date>,
}

/// Reads one object. `key` is the identifier under which it stood in a larger object, if it did.
pub(super) fn object(
    bytes: &[u8],
    line: u64,
    key: Option<&str>,
    place: &Place<'_>,
    out: &mut Output<'_>,
) -> Result<()> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(cause) => return out.skip(line, &format!("not UTF-8 at byte {} of the line", cause.valid_up_to() + 1)),
    };
    // A list would fill the fields by position.
    if !text.starts_with('{') {
        return out.skip(line, "no JSON object");
    }
    let mut record: Record<'_> = match serde_json::from_str(text) {
        Ok(record) => record,
        Err(cause) => return out.skip(line, &format!("no valid JSON: {}", plain_cause(&cause))),
    };
    if let Some(key) = key {
        record.id = Text(Some(Cow::Owned(key.to_owned())));
    }
    let kind = kind(&record);
    let listing_date = recommended(&record).or(place.date);
    let listed = kind != SourceKind::Snapshot && key.is_none();
    let origin = Origin {
        kind,
        date: source_date(&record, kind, listing_date),
        listing: listed.then(|| Listing { file: place.file.to_owned(), date: listing_date }),
    };
    out.draft(draft(record, line), &origin)
}

/// serde_json counts lines within the object; within one line only the column means something.
fn plain_cause(cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, place)) => match place.split_once(" column ") {
            Some((_, column)) => format!("{what} at column {column}"),
            None => what.to_owned(),
        },
        None => text,
    }
}

fn kind(record: &Record<'_>) -> SourceKind {
    if record.ai.0.is_some() || record.research_radar.0.is_some() || record.tldr.0.is_some() {
        SourceKind::EnhancedJsonl
    } else if record.update_date.0.is_some() || record.versions.count > 0 || !record.authors_parsed.0.names.is_empty() {
        SourceKind::Snapshot
    } else {
        SourceKind::RawJsonl
    }
}

/// The day of a recommendation or a radar, which its own line tells.
fn recommended(record: &Record<'_>) -> Option<Date> {
    let radar = record.research_radar.0.as_ref().and_then(|radar| radar.date.as_str());
    record.recommended_date.as_str().or(radar).and_then(dates::first_in)
}

/// The day of a digest is its own; a record outside of digests is as old as its last update.
fn source_date(record: &Record<'_>, kind: SourceKind, digest: Option<Date>) -> Option<Date> {
    let of_record = || {
        let own = [&record.update_date, &record.updated, &record.published];
        own.into_iter().find_map(|text| text.as_str().and_then(dates::leading))
    };
    if kind == SourceKind::Snapshot { of_record() } else { digest.or_else(of_record) }
}

fn draft<'a>(record: Record<'a>, line: u64) -> Draft<'a> {
    let recommendation = record.recommended_date.0.is_some();
    let (id, version) = identifier(&record);
    let versions = record.versions;
    let day = |text: &Text<'_>| text.as_str().and_then(dates::leading);
    let published = day(&record.published).or_else(|| versions.first.as_deref().and_then(dates::rfc2822));
    let updated = day(&record.updated)
        .or_else(|| versions.last.as_deref().and_then(dates::rfc2822))
        .or_else(|| day(&record.update_date));
    let mut summaries: Vec<(Facet, Cow<'a, str>)> = Vec::new();
    let radar =
        record.research_radar.0.and_then(|radar| radar.summary.0).and_then(|summary| summary.plain_english_summary.0);
    let short = [record.tldr.0, radar];
    summaries.extend(short.into_iter().flatten().filter(|text| !is_teaser(text)).map(|text| (Facet::Tldr, text)));
    if let Some(ai) = record.ai.0 {
        summaries.extend(generated(ai));
    }
    let mut authors = match record.authors_parsed.0 {
        parsed if !parsed.names.is_empty() => parsed,
        _ => names(record.authors),
    };
    authors.cut |= recommendation && authors.names.len() >= AUTHORS_OF_RECOMMENDATION;
    let abstract_text = record.abstract_text.0.or(record.summary.0).filter(|text| !(recommendation && is_teaser(text)));
    let facts =
        [(Field::Doi, record.doi.0), (Field::Journal, record.journal_ref.0), (Field::License, record.license.0)];
    let facts = facts.into_iter().filter_map(|(field, text)| Some((field, text?))).collect();
    Draft {
        line,
        id,
        version: version.max(versions.count),
        title: record.title.0,
        abstract_text,
        authors,
        categories: all_categories(&record.categories, [&record.primary_category, &record.cate, &record.category]),
        published,
        updated,
        comment: record.comment.0.or(record.comments.0),
        facts,
        code: record.code_url.0,
        summaries,
    }
}

/// The identifier, and the version that it or one of the links names.
fn identifier<'a>(record: &Record<'a>) -> (Cow<'a, str>, u32) {
    let links = [&record.url, &record.abs_url, &record.pdf_url];
    let parsed = |text: &Text<'_>| text.as_str().and_then(ArxivId::parse);
    let own = parsed(&record.id);
    let linked = || links.into_iter().find(|link| parsed(link).is_some());
    let text = if own.is_some() { Some(&record.id) } else { linked().or(Some(&record.id)) };
    let text = text.and_then(|text| text.0.clone()).unwrap_or_default();
    let id = ArxivId::parse(&text).map(|(id, _)| id);
    let version = links.into_iter().filter_map(parsed).filter(|(other, _)| Some(other) == id.as_ref());
    (text, version.filter_map(|(_, version)| version).max().unwrap_or(0))
}

fn names(texts: Texts<'_>) -> Authors {
    match texts {
        Texts::Missing => Authors::default(),
        Texts::One(text) => authors::parse(&text),
        Texts::List(list) => {
            let mut authors = Authors::default();
            for name in list.iter().take(authors::MOST + 1) {
                authors.push(name);
            }
            authors
        }
    }
}

/// The primary category first, where a key of its own tells it.
fn all_categories(all: &Texts<'_>, primary: [&Text<'_>; 3]) -> Vec<String> {
    let mut found: Vec<String> =
        primary.into_iter().filter_map(|text| text.as_str()).flat_map(categories::parse).take(1).collect();
    let all = match all {
        Texts::Missing => Vec::new(),
        Texts::One(text) => categories::parse(text),
        Texts::List(list) => list.iter().flat_map(|text| categories::parse(text)).take(categories::MOST).collect(),
    };
    for category in all {
        if !found.contains(&category) {
            found.push(category);
        }
    }
    found
}

fn generated(ai: Ai<'_>) -> impl Iterator<Item = (Facet, Cow<'_, str>)> {
    let keywords = match ai.keywords {
        Texts::Missing => None,
        Texts::One(text) => Some(text),
        Texts::List(list) => Some(Cow::Owned(list.join(", "))),
    };
    [
        (Facet::Tldr, ai.tldr.0),
        (Facet::Tldr, ai.task.0),
        (Facet::Motivation, ai.motivation.0),
        (Facet::Method, ai.method.0),
        (Facet::Result, ai.result.0),
        (Facet::Result, ai.results.0),
        (Facet::Conclusion, ai.conclusion.0),
        (Facet::Summary, ai.summary.0),
        (Facet::Summary, ai.ai_summary.0),
        (Facet::Keywords, keywords),
        (Facet::TitleTranslation, ai.title_translation.0),
        (Facet::AbstractTranslation, ai.translation.0),
        (Facet::AbstractTranslation, ai.abstract_translation.0),
    ]
    .into_iter()
    .filter_map(|(facet, text)| text.map(|text| (facet, text)))
}
