//! References in JSON: CSL-JSON, Better BibTeX JSON, answers of Zotero's API, an exported profile,
//! lists of ids.
//!
//! In: values one after another, each an object, or an array of objects or ids. Out: an entry for
//! each item. Keys go to `fields` by name; an object within an item counts where it is known to
//! say something of the item.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::elements::{Part, inside, member, values};
use super::fields::Fields;
use super::places::own_id;
use super::{Entries, ExportedProfile, LineCounter, Reference};
use crate::paper::{ArxivId, Follows, LikeWeight};
use crate::reader::{excerpt, strict};

/// A profile as it is exported.
#[derive(Deserialize)]
struct Exported {
    #[serde(default)]
    profile: String,
    like: Vec<String>,
    #[serde(default)]
    unlike: Vec<String>,
    #[serde(default)]
    follow: Value,
    #[serde(default)]
    texts: Vec<ExportedText>,
    #[serde(default)]
    weights: Value,
}

/// A text of a profile as it is exported.
#[derive(Deserialize)]
struct ExportedText {
    title: String,
    #[serde(default, rename = "abstract")]
    abstract_text: String,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    doi: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    added: Option<Date>,
    #[serde(default)]
    collection: Option<String>,
    #[serde(default)]
    interest: Option<i64>,
    #[serde(default)]
    weight: Option<LikeWeight>,
}

/// The keys of objects under which a list of items stands.
const LISTS: [&str; 8] = ["items", "references", "data", "results", "papers", "entries", "records", "publications"];

pub(super) fn read(text: &str, out: &mut Entries) {
    let mut lines = LineCounter::new(text);
    for part in values(text) {
        let line = lines.line(part.at);
        if part.text.starts_with('[') {
            items(inside(part), &mut lines, out);
        } else if let Ok(exported) = serde_json::from_str(part.text) {
            profile(line, exported, out);
        } else if let Some(list) = list(part) {
            items(inside(list), &mut lines, out);
        } else {
            lone(line, part.text, out);
        }
    }
}

fn profile(line: u64, Exported { profile, like, unlike, texts, follow, weights }: Exported, out: &mut Entries) {
    let follow: Follows = part(line, follow, "what the profile follows", out);
    let weights: BTreeMap<String, LikeWeight> = part(line, weights, "what its papers weigh", out);
    let weights: BTreeMap<ArxivId, LikeWeight> =
        weights.into_iter().filter_map(|(id, weight)| Some((own_id(&id)?, weight))).collect();
    out.exported.get_or_insert_with(|| ExportedProfile { profile: profile.clone(), follow });
    let all = like.into_iter().map(|id| (id, false)).chain(unlike.into_iter().map(|id| (id, true)));
    for (at, (text, disliked)) in all.enumerate() {
        match own_id(&text) {
            Some(id) => out.found.push(Ok(Reference {
                line,
                label: excerpt(&text, 200),
                weight: weights.get(&id).copied(),
                ids: [id].into(),
                disliked,
                profile: Some(profile.clone()),
                ..Reference::default()
            })),
            None => out.skip(line, format!("entry {} is no arXiv id: {:?}", at + 1, excerpt(&text, 200))),
        }
    }
    for text in texts {
        out.found.push(Ok(Reference {
            line,
            label: excerpt(&text.title, 200),
            ids: text.ids.iter().filter_map(|id| own_id(id)).collect(),
            doi: text.doi,
            title: Some(text.title),
            abstract_text: Some(text.abstract_text).filter(|text| !text.is_empty()),
            authors: text.authors,
            added: text.added,
            collection: text.collection,
            interest: text.interest,
            weight: text.weight,
            disliked: false,
            profile: Some(profile.clone()),
        }));
    }
}

/// A part of an exported profile; nothing, where it cannot be read, which is told.
fn part<T: DeserializeOwned + Default>(line: u64, value: Value, what: &str, out: &mut Entries) -> T {
    if value.is_null() {
        return T::default();
    }
    serde_json::from_value(value).unwrap_or_else(|why| {
        out.skip(line, format!("{what} cannot be read: {}", without_place(&why)));
        T::default()
    })
}

/// The list of items that an object holds.
fn list(object: Part<'_>) -> Option<Part<'_>> {
    inside(object).into_iter().find_map(|part| {
        let (name, value) = member(part)?;
        (LISTS.contains(&name.to_ascii_lowercase().as_str()) && value.text.starts_with('[')).then_some(value)
    })
}

fn items(parts: Vec<Part<'_>>, lines: &mut LineCounter<'_>, out: &mut Entries) {
    for (number, part) in (1..).zip(parts) {
        let line = lines.line(part.at);
        match parsed(part.text) {
            Ok(Value::Object(item)) => match fields(&item) {
                Ok(Some(fields)) => out.keep(line, &fields),
                Ok(None) => {}
                Err(reason) => out.skip(line, format!("entry {number} cannot be read: {reason}")),
            },
            Ok(Value::String(text)) => match own_id(&text) {
                Some(id) => {
                    let label = excerpt(&text, 200);
                    out.found.push(Ok(Reference { line, label, ids: [id].into(), ..Reference::default() }));
                }
                None => out.skip(line, format!("entry {number} is no arXiv id: {:?}", excerpt(&text, 200))),
            },
            Ok(_) => out.skip(line, format!("entry {number} cannot be read: it is neither an object nor an id")),
            Err(why) => {
                let line = line + (why.line() as u64).saturating_sub(1);
                out.skip(line, format!("entry {number} is not valid JSON: {}", without_place(&why)));
            }
        }
    }
}

/// An object that stands by itself: an item, or nothing of ours.
fn lone(line: u64, text: &str, out: &mut Entries) {
    match parsed(text) {
        Ok(Value::Object(item)) => {
            if let Ok(Some(fields)) = fields(&item)
                && !fields.is_empty()
            {
                out.keep(line, &fields);
            }
        }
        Ok(_) => {}
        Err(why) => {
            let line = line + (why.line() as u64).saturating_sub(1);
            out.skip(line, format!("not valid JSON: {}", without_place(&why)));
        }
    }
}

/// A value, also as people and Python write it; what is wrong with it is said of it as it stands.
fn parsed(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|why| strict(text).and_then(|text| serde_json::from_str(&text).ok()).ok_or(why))
}

/// The cause without the line and column, which count from where the value begins.
fn without_place(why: &serde_json::Error) -> String {
    let text = why.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// The fields of an item; `None` for notes and attachments, which Zotero lists among the items.
pub(super) fn fields(item: &Map<String, Value>) -> Result<Option<Fields>, String> {
    let data = item.get("data").and_then(Value::as_object);
    let kind = data.unwrap_or(item).get("itemType").and_then(Value::as_str).unwrap_or_default();
    if matches!(kind, "note" | "annotation" | "attachment") {
        return Ok(None);
    }
    let mut fields = Fields::default();
    add_all(item, false, &mut fields)?;
    Ok(Some(fields))
}

/// Takes the fields of an object. Within a `part` of an item, a title is that of the journal or
/// the book.
fn add_all(object: &Map<String, Value>, part: bool, fields: &mut Fields) -> Result<(), String> {
    for (name, value) in object {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let name = if part && matches!(plain.as_str(), "title" | "name" | "displayname") { "journal" } else { name };
        match value {
            Value::String(text) => fields.add(name, text),
            Value::Number(_) if plain != "title" => fields.add(name, &value.to_string()),
            Value::Null => {}
            Value::Array(values) => elements(name, values, fields)?,
            Value::Object(object) => match plain.as_str() {
                "data" | "csljson" => add_all(object, false, fields)?,
                "externalids" | "ids" | "serialnumber" | "custom" | "journal" | "parent" | "openaccesspdf" | "url"
                | "primarylocation" | "bestoalocation" | "source" => {
                    add_all(object, true, fields)?;
                    // Hayagriva writes the address as an object with the day of the visit.
                    if let Some(url) = object.get("value").and_then(Value::as_str) {
                        fields.add("url", url);
                    }
                }
                _ => {}
            },
            _ if plain == "title" => return Err(format!("its title is {value}, not text")),
            _ => {}
        }
    }
    Ok(())
}

fn elements(name: &str, values: &[Value], fields: &mut Fields) -> Result<(), String> {
    for value in values {
        match value {
            Value::String(text) => fields.add(name, text),
            Value::Object(object) if matches!(name, "author" | "authors" | "creators") => {
                if let Some(name) = author(object) {
                    fields.add("author", &name);
                }
            }
            Value::Object(object) if name == "attachments" => {
                let places = ["url", "path", "title"].iter().filter_map(|key| object.get(*key)?.as_str());
                places.for_each(|place| fields.add("attachments", place));
            }
            Value::Object(object) if matches!(name, "identifiers" | "identifier" | "parent" | "locations") => {
                add_all(object, true, fields)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The name of an author, as CSL-JSON (`given`, `family`), Zotero (`firstName`, `lastName`) and
/// others (`name`) write it; `None` for an editor.
fn author(object: &Map<String, Value>) -> Option<String> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_str()).map(str::trim);
    if text(&["creatorType"]).is_some_and(|kind| kind != "author") {
        return None;
    }
    let last = text(&["family", "lastName", "name", "literal", "displayName"])?;
    Some(text(&["given", "firstName"]).map_or_else(|| last.to_owned(), |first| format!("{first} {last}")))
}
