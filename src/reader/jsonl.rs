//! JSON: papers as crawled, with generated texts, recommendations, arXiv's snapshot, answers of
//! other services.
//!
//! In: JSON objects in any arrangement: one a line, several on a line, over many lines, in arrays
//! and wrappers, keyed by id (`json_walk` finds them). Out: one entry an object. Which kind an
//! object is of is told by its own keys, so that files glued together read as their parts would.
//! What serde_json refuses is read by `relaxed`; a broken object is skipped with its cause, and the
//! next one is read.

use std::borrow::Cow;

use jiff::civil::Date;

use super::blocks;
use super::dates;
use super::draft::{Draft, Origin, is_teaser};
use super::json_walk::{Found, Walker};
use super::keys::{self, Field};
use super::moment;
use super::output::Output;
use super::record::Record;
use super::relaxed;
use super::source::Source;
use super::value::Value;
use super::windows;
use crate::error::Result;
use crate::paper::ArxivId;
use crate::paper::{Facet, Field as Fact, Listing, PartialDate, SourceKind};

/// A recommendation names this many authors at most, and does not say that it left some out.
const AUTHORS_OF_RECOMMENDATION: usize = 3;

/// Reads JSON. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let place = Place { file, date };
    let mut walker = Walker::new(out.takes_works());
    let mut foreign = windows::Foreign::default();
    let mut whole = true;
    while let Some(piece) = source.next_piece()? {
        let number = piece.number;
        // The objects of a line of their own need not be looked for.
        if whole && !piece.too_long && walker.is_idle() && fast(piece.bytes, number, &place, out)? {
            continue;
        }
        let starts = whole;
        whole = !piece.too_long;
        let mut give = |found: Found<'_>| give(&found, &place, &mut foreign, out);
        walker.line(piece.bytes, number, starts, whole, &mut give)?;
    }
    if source.broken().is_none() {
        walker.end(&mut |found| give(&found, &place, &mut foreign, out))?;
    }
    if let Some(note) = foreign.note() {
        out.note(note);
    }
    Ok(())
}

/// Reads a line that is one good object with an identifier; `false` where it is anything else.
fn fast(bytes: &[u8], line: u64, place: &Place<'_>, out: &mut Output<'_>) -> Result<bool> {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return Ok(true);
    }
    if bytes[0] != b'{' || bytes.last() != Some(&b'}') {
        return Ok(false);
    }
    let record = std::str::from_utf8(bytes).ok().and_then(|text| serde_json::from_str::<Record<'_>>(text).ok());
    let names = |record: &Record<'_>| record.has_id() || out.takes_works() && record.work().is_some();
    match record.filter(names) {
        Some(record) => paper(&record, line, None, place, out).map(|()| true),
        None => Ok(false),
    }
}

/// The file that an object stands in.
pub(super) struct Place<'p> {
    /// Name without folder.
    pub file: &'p str,
    /// Day that the name tells.
    pub date: Option<Date>,
}

/// Reads what the walker found.
fn give(found: &Found<'_>, place: &Place<'_>, foreign: &mut windows::Foreign, out: &mut Output<'_>) -> Result<()> {
    let (bytes, line, key) = match found {
        Found::Object { bytes, line, key } => (bytes, *line, *key),
        Found::Row { key, text, line } => {
            let Ok(row) = serde_json::from_str::<String>(&format!("\"{}\"", String::from_utf8_lossy(text))) else {
                return out.skip(*line, &format!("the row of {key} cannot be read"));
            };
            return blocks::json_row(*line, key, &row, place, out);
        }
        Found::Useless { line, reason } => return out.skip(*line, reason),
    };
    let text = foreign.text(bytes, line);
    let refused = match serde_json::from_str::<Record<'_>>(&text) {
        Ok(record) => return paper(&record, line, key, place, out),
        Err(cause) => plain_cause(&cause),
    };
    let relaxed = relaxed::strict(&text);
    match relaxed.as_deref().and_then(|text| serde_json::from_str::<Record<'_>>(text).ok()) {
        Some(record) => paper(&record, line, key, place, out),
        None => out.skip(line, &format!("no valid JSON: {refused}")),
    }
}

/// serde_json counts lines within the object; within one line only the column means something.
fn plain_cause(cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, place)) => match place.split_once(" column ") {
            Some(("1", column)) => format!("{what} at column {column}"),
            Some((line, column)) => format!("{what} at column {column} of its line {line}"),
            None => what.to_owned(),
        },
        None => text,
    }
}

/// Makes an entry of a record. `key` is the identifier under which it stood in a larger object, if
/// it did.
pub(super) fn paper(
    record: &Record<'_>,
    line: u64,
    key: Option<&str>,
    place: &Place<'_>,
    out: &mut Output<'_>,
) -> Result<()> {
    let kind = kind(record);
    let listing_date = recommended(record).or(place.date);
    let listed = kind != SourceKind::Snapshot && key.is_none();
    let origin = Origin {
        kind,
        date: source_date(record, kind, listing_date),
        listing: listed.then(|| Listing { file: place.file.to_owned(), date: listing_date }),
    };
    let mut draft = draft(record, line);
    if let Some(key) = key {
        draft.id = Cow::Borrowed(key);
    }
    let named = ArxivId::parse(&draft.id).map(|(id, _)| id.to_string());
    let before = out.counts().0;
    let texts = draft.has_texts();
    out.draft(draft, &origin)?;
    if let Some(id) = named.filter(|_| out.counts().0 > before) {
        let unread = record.unread();
        if !unread.is_empty() {
            out.remark(line, &format!("{id}: could not be used: {}", unread.join(", ")));
        } else if !texts {
            let fields = record.says_nothing();
            let why = if fields.is_empty() { "no field for either".to_owned() } else { fields.join(", ") };
            out.remark(line, &format!("{id} has neither title nor abstract ({why})"));
        }
    }
    Ok(())
}

fn kind(record: &Record<'_>) -> SourceKind {
    let object = |field| record.read(field, |value| matches!(value, Value::Map(_)).then_some(())).is_some();
    let generated = object(Field::Ai) || object(Field::Radar) || record.text(Field::Summary(Facet::Tldr)).is_some();
    if generated {
        SourceKind::EnhancedJsonl
    } else if record.text(Field::UpdateDate).is_some() || versions(record).count > 0 || record.has(Field::ParsedAuthors)
    {
        SourceKind::Snapshot
    } else {
        SourceKind::RawJsonl
    }
}

/// The day of a recommendation or a radar, which its own line tells.
fn recommended(record: &Record<'_>) -> Option<Date> {
    let radar = record.read(Field::Radar, |radar| radar.get("date")?.as_str().and_then(dates::first_in));
    record.text(Field::RecommendedDate).as_deref().and_then(dates::first_in).or(radar)
}

/// The day of a digest is its own; a record outside of digests is as old as its last update.
fn source_date(record: &Record<'_>, kind: SourceKind, digest: Option<Date>) -> Option<Date> {
    let of_record = || {
        let own = [Field::UpdateDate, Field::Updated, Field::Published];
        own.into_iter().find_map(|field| record.read(field, moment::day))
    };
    if kind == SourceKind::Snapshot { of_record() } else { digest.or_else(of_record) }
}

/// Number of versions, and when the first and the last of them came.
#[derive(Default)]
struct Versions {
    count: u32,
    first: Option<PartialDate>,
    last: Option<PartialDate>,
}

fn versions(record: &Record<'_>) -> Versions {
    let mut versions = Versions::default();
    let Some(Value::List(list)) = record.all(Field::Versions).next() else { return versions };
    for version in list.iter().filter(|version| matches!(version, Value::Map(_))) {
        let number =
            version.get("version").and_then(Value::as_str).and_then(|text| text.strip_prefix('v')?.parse().ok());
        versions.count = number.unwrap_or(versions.count.saturating_add(1));
        let created = version.get("created").and_then(moment::date);
        // A list may begin with a later version, whose day is not that of the first.
        if versions.count == 1 {
            versions.first = created;
        }
        versions.last = created;
    }
    versions
}

fn draft<'a>(record: &Record<'a>, line: u64) -> Draft<'a> {
    let recommendation = record.has(Field::RecommendedDate);
    let (id, version) = record.identifier();
    let versions = versions(record);
    let published = record.read(Field::Published, moment::date).or(versions.first);
    let updated = record.read(Field::Updated, moment::date).or(versions.last);
    let updated = updated.or_else(|| record.read(Field::UpdateDate, moment::date));
    let mut authors = match record.read(Field::ParsedAuthors, |value| Some(value.parsed_names())) {
        Some(parsed) if !parsed.names.is_empty() => parsed,
        _ => record.read(Field::Authors, Value::names).unwrap_or_default(),
    };
    authors.cut |= recommendation && authors.names.len() >= AUTHORS_OF_RECOMMENDATION;
    let inverted = || record.read(Field::InvertedAbstract, Value::inverted).map(Cow::Owned);
    let abstract_text = record.text(Field::Abstract).or_else(inverted);
    let facts = [(Fact::Doi, Field::Doi), (Fact::Journal, Field::Journal), (Fact::License, Field::License)];
    let facts = facts.into_iter().filter_map(|(fact, field)| Some((fact, record.text(field)?)));
    // arXiv's own DOI of a paper is its identifier once more.
    let facts = facts.filter(|(fact, text)| *fact != Fact::Doi || ArxivId::parse(text).is_none());
    let withdrawal = record.read(Field::Withdrawal, Value::mark).map(|text| (Fact::Withdrawal, text));
    let facts = facts.chain(withdrawal).collect();
    Draft {
        line,
        id,
        work: record.work(),
        version: version.max(versions.count),
        title: record.text(Field::Title),
        abstract_text: abstract_text.filter(|text| !(recommendation && is_teaser(text))),
        authors,
        categories: all_categories(record),
        published,
        updated,
        comment: record.text(Field::Comment),
        facts,
        code: record.text(Field::Code),
        summaries: summaries(record),
    }
}

/// The primary category first, where a key of its own tells it.
fn all_categories(record: &Record<'_>) -> Vec<String> {
    let primary = record.all(Field::PrimaryCategory).map(Value::categories).find(|found| !found.is_empty());
    let mut found: Vec<String> = primary.unwrap_or_default().into_iter().take(1).collect();
    let all = record.all(Field::Categories).chain(record.all(Field::Tags)).chain(record.all(Field::PrimaryCategory));
    for category in all.flat_map(Value::categories) {
        if !found.contains(&category) && found.len() < super::categories::MOST {
            found.push(category);
        }
    }
    found
}

fn summaries<'a>(record: &Record<'a>) -> Vec<(Facet, Cow<'a, str>)> {
    let radar = record.read(Field::Radar, |radar| radar.get("summary")?.get("plain_english_summary")?.text());
    let short = record.text(Field::Summary(Facet::Tldr)).into_iter().chain(radar);
    let mut found: Vec<_> = short.filter(|text| !is_teaser(text)).map(|text| (Facet::Tldr, text)).collect();
    if let Some(Value::Map(members)) = record.all(Field::Ai).find(|value| matches!(value, Value::Map(_))) {
        for (key, value) in members {
            let Some(facet) = keys::generated(key) else { continue };
            let text = match value {
                Value::List(list) if facet == Facet::Keywords => {
                    let words: Vec<_> = list.iter().filter_map(Value::text).collect();
                    (!words.is_empty()).then(|| Cow::Owned(words.join(", ")))
                }
                _ => value.text(),
            };
            found.extend(text.map(|text| (facet, text)));
        }
    }
    found.extend(record.text(Field::Summary(Facet::Summary)).map(|text| (Facet::Summary, text)));
    found
}
