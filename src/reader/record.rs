//! One paper as an object of fields, in every key set that is in use.
//!
//! In: one JSON object, or the cells of a table. Out: a [`Record`], whose values are looked up by
//! field: of several keys of one field the best that holds anything counts, of one key that stands
//! twice the last. What is there but cannot be used, as a title that is an object of unknown keys,
//! is named by [`Record::unread`].

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::keys::{Field, field};
use super::value::{Value, next_key};
use crate::paper::ArxivId;

/// Fields by key.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    members: Vec<Member<'a>>,
}

#[derive(Debug)]
struct Member<'a> {
    key: Cow<'a, str>,
    field: Field,
    rank: u8,
    value: Value<'a>,
}

impl<'a> Record<'a> {
    /// Adds what stands under a key; keys that mean nothing here are left out.
    pub(super) fn set(&mut self, key: Cow<'a, str>, value: Value<'a>) {
        if let Some((field, rank)) = field(&key) {
            self.add(Member { key, field, rank, value });
        }
    }

    fn add(&mut self, member: Member<'a>) {
        match self.members.iter_mut().find(|known| known.key == member.key) {
            Some(known) => known.value = member.value,
            None => self.members.push(member),
        }
    }

    /// Takes the fields of an inner object up, where the object itself lacks them.
    fn unfold(&mut self) {
        let inner = self.members.iter_mut().filter(|member| member.field == Field::Inner);
        let inner: Vec<Value<'a>> = inner.map(|member| std::mem::take(&mut member.value)).collect();
        for (key, value) in
            inner.into_iter().filter_map(|value| if let Value::Map(map) = value { Some(map) } else { None }).flatten()
        {
            if let Some((field, rank)) = field(&key).filter(|(field, _)| *field != Field::Inner)
                && !self.members.iter().any(|known| known.key == key)
            {
                self.members.push(Member { key, field, rank: rank + 10, value });
            }
        }
    }

    /// The values of a field that say anything, the best key first.
    pub(super) fn all(&self, field: Field) -> impl Iterator<Item = &Value<'a>> {
        let mut found: Vec<&Member<'a>> =
            self.members.iter().filter(|member| member.field == field && !member.value.is_empty()).collect();
        found.sort_by_key(|member| member.rank);
        found.into_iter().map(|member| &member.value)
    }

    /// Whether a field is there and says anything.
    pub(super) fn has(&self, field: Field) -> bool {
        self.all(field).next().is_some()
    }

    /// The first value of a field that `read` makes something of.
    pub(super) fn read<T>(&self, field: Field, read: impl Fn(&Value<'a>) -> Option<T>) -> Option<T> {
        self.all(field).find_map(read)
    }

    /// The text of a field.
    pub(super) fn text(&self, field: Field) -> Option<Cow<'a, str>> {
        self.read(field, Value::text)
    }

    /// What is there and of a type that nothing can be made of, in words: `"title" is an object`.
    pub(super) fn unread(&self) -> Vec<String> {
        let useless = |member: &&Member<'a>| match member.field {
            Field::Title | Field::Abstract | Field::Comment | Field::Journal => member.value.text().is_none(),
            Field::InvertedAbstract => member.value.inverted().is_none(),
            Field::Authors => member.value.names().is_none(),
            Field::Categories => member.value.as_str().is_none() && member.value.categories().is_empty(),
            Field::Published | Field::Updated | Field::UpdateDate => super::moment::date(&member.value).is_none(),
            _ => false,
        };
        let members = self.members.iter().filter(|member| !member.value.is_empty() && !is_nothing(&member.value));
        members.filter(useless).map(|member| described(&member.key, &member.value)).collect()
    }

    /// The fields that would hold the text of a paper and say that there is none:
    /// `"title" is "nan"`.
    pub(super) fn says_nothing(&self) -> Vec<String> {
        let texts = self.members.iter().filter(|member| matches!(member.field, Field::Title | Field::Abstract));
        texts.map(|member| described(&member.key, &member.value)).collect()
    }

    /// The identifier as written, and the version that it or one of the links names.
    pub(super) fn identifier(&self) -> (Cow<'a, str>, u32) {
        let mut links = Vec::new();
        self.all(Field::Link).for_each(|value| addresses(value, &mut links, 3));
        let own = self.read(Field::Id, id_text);
        let linked = || links.iter().find(|link| ArxivId::parse(link).is_some()).cloned();
        let doi = || self.text(Field::Doi).filter(|doi| ArxivId::parse(doi).is_some());
        let text = own.or_else(linked).or_else(doi).or_else(|| self.text(Field::Id)).unwrap_or_default();
        let id = ArxivId::parse(&text).map(|(id, _)| id);
        let named =
            links.iter().filter_map(|link| ArxivId::parse(link)).filter(|(other, _)| Some(other) == id.as_ref());
        let told = self.read(Field::Version, version).unwrap_or(0);
        (text, named.filter_map(|(_, version)| version).max().unwrap_or(0).max(told))
    }

    /// The id that OpenAlex gives a paper, as `W2741809807`.
    pub(super) fn work(&self) -> Option<String> {
        self.read(Field::Id, |value| match value {
            Value::Text(text) => work_id(text).map(str::to_owned),
            Value::Map(_) => value.get("openalex").and_then(Value::as_str).and_then(work_id).map(str::to_owned),
            _ => None,
        })
    }

    /// Whether it names a paper.
    pub(super) fn has_id(&self) -> bool {
        ArxivId::parse(&self.identifier().0).is_some()
    }
}

/// The id within an address of OpenAlex, `https://openalex.org/W2741809807`. Without the address it
/// could be anything's.
pub(super) fn work_id(text: &str) -> Option<&str> {
    let (_, id) = text.trim().rsplit_once("openalex.org/")?;
    let number = id.strip_prefix('W')?;
    (!number.is_empty() && number.len() < 20 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

fn described(key: &str, value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("\"{key}\" is \"{}\"", super::clean::excerpt(text, 40)),
        _ => format!("\"{key}\" is {}", value.kind()),
    }
}

/// Whether all that a value says is that there is nothing.
fn is_nothing(value: &Value<'_>) -> bool {
    match value {
        Value::Text(text) => super::failure::is_failure(text.trim()),
        Value::List(list) => list.iter().all(|one| one.is_empty() || is_nothing(one)),
        _ => false,
    }
}

/// A text that is an identifier, a number that lost its last zeros, or an object that names one as
/// arXiv's.
fn id_text<'a>(value: &Value<'a>) -> Option<Cow<'a, str>> {
    match value {
        Value::Text(text) => ArxivId::parse(text).map(|_| text.clone()),
        Value::Number(number) => from_number(*number).map(Cow::Owned),
        Value::List(list) => list.iter().find_map(id_text),
        Value::Map(map) => {
            let by_kind = ["arxiv", "arxiv_id", "arxivid"].iter().find_map(|key| value.get(key)).and_then(id_text);
            by_kind.or_else(|| {
                map.iter()
                    .filter(|(key, _)| matches!(&**key, "doi" | "DOI" | "id" | "value"))
                    .find_map(|(_, value)| id_text(value))
            })
        }
        _ => None,
    }
}

/// 2603.0456 is 2603.04560: a number has no zeros at its end, and no zero before 704.0001.
pub(super) fn from_number(number: f64) -> Option<String> {
    // The scheme began in April 2007.
    if !(704.0..10_000.0).contains(&number) {
        return None;
    }
    let digits = if number < 1500.0 { 4 } else { 5 };
    let text = format!("{:0width$.digits$}", number, width = digits + 5);
    let exact = text.parse::<f64>().is_ok_and(|read| (read - number).abs() < 1e-9);
    (exact && ArxivId::parse(&text).is_some()).then_some(text)
}

/// The addresses in a value: texts, and objects as feedparser and OpenAlex write them.
fn addresses<'a>(value: &Value<'a>, found: &mut Vec<Cow<'a, str>>, depth: usize) {
    match value {
        Value::Text(text) => found.push(text.clone()),
        Value::List(list) if depth > 0 => list.iter().take(16).for_each(|one| addresses(one, found, depth - 1)),
        Value::Map(_) if depth > 0 => {
            for key in ["href", "@href", "url", "landing_page_url", "pdf_url", "oa_url", "#text", "value"] {
                if let Some(one) = value.get(key) {
                    addresses(one, found, depth - 1);
                }
            }
        }
        _ => {}
    }
}

/// `2` or `v2`.
fn version(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::Number(number) if (1.0..1000.0).contains(number) && number.fract() == 0.0 => Some(*number as u32),
        Value::Text(text) => text.trim().trim_start_matches(['v', 'V']).parse().ok().filter(|&n| n > 0 && n < 1000),
        _ => None,
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Record<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordVisitor;
        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = Record<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut record = Record::default();
                while let Some(key) = next_key(&mut map)? {
                    match field(&key) {
                        Some((field, rank)) => {
                            let value = map.next_value()?;
                            record.add(Member { key, field, rank, value });
                        }
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                record.unfold();
                Ok(record)
            }
        }
        deserializer.deserialize_map(RecordVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(json: &str) -> String {
        let record: Record<'_> = serde_json::from_str(json).expect("valid JSON");
        let (id, version) = record.identifier();
        format!("{id} {version}")
    }

    #[test]
    fn identifiers_stand_under_many_keys() {
        for (json, expected) in [
            (r#"{"id": "2603.04567"}"#, "2603.04567 0"),
            (r#"{"id": 7, "arxiv_id": "2603.04567"}"#, "2603.04567 0"),
            (r#"{"paperId": "0f1e", "externalIds": {"DOI": "10.1/x", "ArXiv": "2603.04567"}}"#, "2603.04567 0"),
            (
                r#"{"id": "https://openalex.org/W1", "doi": "https://doi.org/10.48550/arxiv.2603.04567"}"#,
                "https://doi.org/10.48550/arxiv.2603.04567 0",
            ),
            (
                r#"{"title": "A", "links": [{"href": "http://arxiv.org/abs/2603.04567v2"}]}"#,
                "http://arxiv.org/abs/2603.04567v2 2",
            ),
            (r#"{"id": 2603.0456}"#, "2603.04560 0"),
            (r#"{"id": 704.0001}"#, "0704.0001 0"),
            (r#"{"id": "2603.04567", "version": "v3"}"#, "2603.04567 3"),
            (
                r#"{"primary_location": {"landing_page_url": "http://arxiv.org/abs/2603.04567"}}"#,
                "http://arxiv.org/abs/2603.04567 0",
            ),
            (r#"{"id": 12, "title": "A"}"#, "12 0"),
        ] {
            assert_eq!(identifier(json), expected, "{json}");
        }
    }

    #[test]
    fn of_one_key_the_last_counts_and_of_one_field_the_best() {
        let record: Record<'_> = serde_json::from_str(
            r#"{"title": "First", "title": "Second", "summary": "s", "abstract": "a", "attributes": {"comment": "c", "title": "x"}}"#,
        )
        .expect("valid JSON");
        assert_eq!(record.text(Field::Title).as_deref(), Some("Second"));
        assert_eq!(record.text(Field::Abstract).as_deref(), Some("a"));
        assert_eq!(record.text(Field::Comment).as_deref(), Some("c"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let record: Record<'_> = serde_json::from_str(
            r#"{"title": {"x": 1}, "abstract": null, "authors": [7], "published": true, "comment": "N/A", "categories": ["AI"]}"#,
        )
        .expect("valid JSON");
        assert_eq!(
            record.unread(),
            [
                "\"title\" is an object",
                "\"authors\" is a list",
                "\"published\" is true or false",
                "\"categories\" is a list"
            ]
        );
    }
}
