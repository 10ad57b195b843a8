//! A value of JSON, of whatever type its writer gave it.
//!
//! In: JSON. Out: a [`Value`] that borrows its texts where JSON needs no unescaping, and what it
//! means as a text, as names or as categories. Programs write a title as a list of one, an author
//! as an object with a name, a category as an object with a term: what is meant is clear, so it is
//! read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::authors::{self, Authors};
use super::categories;
use super::relaxed;

/// Levels of objects and lists below which a text is looked for.
const DEEPEST: usize = 4;
/// Most words of an inverted abstract.
const MOST_WORDS: usize = 20_000;

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Value<'a> {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number; all that mean something here are exact in 53 bits.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Value<'a>>),
    /// An object, keys in the order in which they were written.
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// Keys under which an object holds its text, the best first.
const TEXT_KEYS: &[&str] =
    &["#text", "$t", "_text", "text", "value", "content", "name", "title", "term", "@term", "label", "en"];
const NAME_KEYS: &[&str] =
    &["name", "display_name", "full_name", "fullname", "author_name", "authorname", "raw_author_name", "text", "#text"];
const GIVEN_KEYS: &[&str] =
    &["given", "given_name", "givenname", "first", "first_name", "firstname", "forenames", "forename"];
const FAMILY_KEYS: &[&str] =
    &["family", "family_name", "familyname", "last", "last_name", "lastname", "keyname", "surname"];
const CATEGORY_KEYS: &[&str] = &["term", "@term", "id", "name", "value", "label", "#text", "category", "subject"];

impl<'a> Value<'a> {
    /// Whether it says nothing: null, blank, or an empty list or object.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Text(text) => text.trim().is_empty(),
            Value::List(list) => list.iter().all(Value::is_empty),
            Value::Map(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
        }
    }

    /// The text as it stands, where it is one.
    pub(super) fn as_str(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// The member of an object, keys without regard to case.
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        let Value::Map(map) = self else { return None };
        map.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    fn first_of(&self, keys: &[&str]) -> Option<&Value<'a>> {
        keys.iter().filter_map(|key| self.get(key)).find(|value| !value.is_empty())
    }

    /// The text that it means: a text, a number, a list of texts, an object with a text under one
    /// of the usual keys.
    pub(super) fn text(&self) -> Option<Cow<'a, str>> {
        self.text_within(DEEPEST)
    }

    /// What it marks a paper with: `yes` for true, a text that is no denial as it stands.
    pub(super) fn mark(&self) -> Option<Cow<'a, str>> {
        match self {
            Value::Bool(true) => Some(Cow::Borrowed("yes")),
            Value::Number(number) if *number != 0.0 => Some(Cow::Borrowed("yes")),
            Value::Text(text) => {
                let denied = ["no", "false", "0", "none", "null"].iter().any(|no| text.trim().eq_ignore_ascii_case(no));
                (!denied).then(|| text.clone())
            }
            _ => None,
        }
    }

    fn text_within(&self, depth: usize) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::List(list) if depth > 0 => {
                let mut texts = list.iter().filter(|value| !value.is_empty()).map(|value| value.text_within(depth - 1));
                let first = texts.next()??;
                let rest = texts.collect::<Option<Vec<_>>>()?;
                if rest.is_empty() {
                    return Some(first);
                }
                Some(Cow::Owned(std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n")))
            }
            Value::Map(_) if depth > 0 => self.first_of(TEXT_KEYS)?.text_within(depth - 1),
            _ => None,
        }
    }

    /// The names that it lists: one text, a list of texts or of people, one person.
    pub(super) fn names(&self) -> Option<Authors> {
        let mut authors = Authors::default();
        match self {
            Value::Text(text) => match relaxed_list(text) {
                Some(list) => return list.names(),
                None => authors = authors::parse(text),
            },
            _ => self.people(&mut authors, DEEPEST)?,
        }
        Some(authors)
    }

    fn people(&self, authors: &mut Authors, depth: usize) -> Option<()> {
        match self {
            Value::Text(name) => authors.push(name),
            Value::List(list) if depth > 0 => {
                for person in list.iter().filter(|person| !person.is_empty()) {
                    if authors.names.len() > authors::MOST {
                        break;
                    }
                    person.people(authors, depth - 1)?;
                }
            }
            Value::Map(_) if depth > 0 => {
                if let (Some(given), Some(family)) = (self.first_of(GIVEN_KEYS), self.first_of(FAMILY_KEYS)) {
                    let parts = [Some(given), Some(family), self.get("suffix")].into_iter().flatten();
                    let parts: Vec<_> = parts.filter_map(Value::text).filter(|part| !part.trim().is_empty()).collect();
                    authors.push(&parts.join(" "));
                } else if let Some(name) = self.first_of(NAME_KEYS) {
                    authors.push(&name.text()?);
                } else if let Some(one) = self.first_of(FAMILY_KEYS).or_else(|| self.first_of(GIVEN_KEYS)) {
                    authors.push(&one.text()?);
                } else {
                    self.first_of(&["author", "authors", "creator"])?.people(authors, depth - 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// The categories that it names; empty where it names none.
    pub(super) fn categories(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_categories(&mut found, DEEPEST);
        found.truncate(categories::MOST);
        found
    }

    fn collect_categories(&self, found: &mut Vec<String>, depth: usize) {
        match self {
            Value::Text(text) => {
                for category in categories::parse(text) {
                    if found.len() < categories::MOST && !found.contains(&category) {
                        found.push(category);
                    }
                }
            }
            Value::List(list) if depth > 0 => {
                for one in list.iter().take(10 * categories::MOST) {
                    one.collect_categories(found, depth - 1);
                }
            }
            Value::Map(_) if depth > 0 => {
                if let Some(value) = self.first_of(CATEGORY_KEYS) {
                    value.collect_categories(found, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// `authors_parsed`: family name, given name and suffix of each author.
    pub(super) fn parsed_names(&self) -> Authors {
        let mut authors = Authors::default();
        let Value::List(list) = self else { return authors };
        for person in list.iter().take(authors::MOST + 1) {
            let Value::List(parts) = person else { continue };
            let part = |at: usize| parts.get(at).and_then(Value::as_str).map_or("", str::trim);
            let full = [part(1), part(0), part(2)].into_iter().filter(|part| !part.is_empty());
            authors.push(&full.collect::<Vec<_>>().join(" "));
        }
        authors
    }

    /// An abstract that was taken apart into words and the places where they stand.
    pub(super) fn inverted(&self) -> Option<String> {
        let Value::Map(words) = self else { return None };
        let mut placed: Vec<(u32, &str)> = Vec::new();
        for (word, places) in words {
            let Value::List(places) = places else { return None };
            for place in places {
                let Value::Number(place) = place else { return None };
                if placed.len() >= MOST_WORDS {
                    return None;
                }
                placed.push((*place as u32, word));
            }
        }
        placed.sort_unstable();
        Some(placed.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" "))
    }
}

/// A list that a table holds as text: `[{'name': 'A. Quill'}]`.
fn relaxed_list(text: &str) -> Option<Value<'static>> {
    let text = text.trim();
    let list = text.starts_with("[{") && text.ends_with(']');
    list.then(|| relaxed::value(text)).flatten()
}

/// A key, borrowed where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// The key that comes next in an object.
pub(super) fn next_key<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(map.next_key::<Key<'de>>()?.map(|key| key.0))
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Value::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Value::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Value::Bool(value))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Value::Number(number as f64))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Value::Number(number as f64))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Value::Number(number))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Value::Null)
            }
            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(Value::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = sequence.next_element()? {
                    list.push(value);
                }
                Ok(Value::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = next_key(&mut map)? {
                    members.push((key, map.next_value()?));
                }
                Ok(Value::Map(members))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value<'_> {
        serde_json::from_str(json).expect("valid JSON")
    }

    #[test]
    fn texts_are_found_in_what_wraps_them() {
        for json in
            [r#""Slow Ice""#, r#"["Slow Ice"]"#, r##"{"#text": "Slow Ice"}"##, r#"[{"value": ["Slow Ice"]}, null]"#]
        {
            assert_eq!(value(json).text().as_deref(), Some("Slow Ice"), "{json}");
        }
        assert_eq!(value(r#"["a", "b"]"#).text().as_deref(), Some("a\nb"));
        for json in ["true", "{}", "[]", r#"{"x": "y"}"#, r#"["a", true]"#] {
            assert_eq!(value(json).text(), None, "{json}");
        }
    }

    #[test]
    fn names_are_found_in_what_wraps_them() {
        for json in [
            r#""Ada Quill, Bo Finn""#,
            r#"["Ada Quill", "Bo Finn"]"#,
            r#"[{"name": "Ada Quill"}, {"name": "Bo Finn"}]"#,
            r#"[{"author": {"display_name": "Ada Quill"}}, {"author": {"display_name": "Bo Finn"}}]"#,
            r#"{"author": [{"name": "Ada Quill"}, {"name": "Bo Finn"}]}"#,
            r#"[{"given": "Ada", "family": "Quill"}, {"forenames": "Bo", "keyname": "Finn", "suffix": ""}]"#,
            r#""[{'name': 'Ada Quill'}, {'name': 'Bo Finn'}]""#,
        ] {
            assert_eq!(
                value(json).names().map(|authors| authors.names),
                Some(vec!["Ada Quill".into(), "Bo Finn".into()]),
                "{json}"
            );
        }
        assert_eq!(value("[7]").names(), None);
        assert_eq!(value(r#"[["Quill", "Ada", "Jr"]]"#).parsed_names().names, ["Ada Quill Jr"]);
    }

    #[test]
    fn categories_and_inverted_abstracts() {
        for json in [
            r#""cs.LG cs.AI""#,
            r#"["cs.LG", "cs.AI"]"#,
            r#"[{"term": "cs.LG"}, {"@term": "cs.AI"}]"#,
            r#""['cs.LG', 'cs.AI']""#,
            r#""Machine Learning (cs.LG); Artificial Intelligence (cs.AI)""#,
        ] {
            assert_eq!(value(json).categories(), ["cs.LG", "cs.AI"], "{json}");
        }
        let index = value(r#"{"ice": [1, 3], "Slow": [0], "melts": [2]}"#);
        assert_eq!(index.inverted().as_deref(), Some("Slow ice melts ice"));
        assert_eq!(value(r#"{"ice": 1}"#).inverted(), None);
    }
}
