//! One paper as a JSON object, in every key set that is in use.
//!
//! In: one JSON object. Out: a [`Record`] that borrows its texts from the input wherever JSON needs no unescaping. The
//! key sets overlap (`summary` is the abstract in crawled lines, `abstract` in arXiv's snapshot), so one structure
//! serves all of them. A value of an unexpected type counts as missing: only the whole object can be broken.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::authors::Authors;

/// All known keys.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow, rename = "abs")]
    pub abs_url: Text<'a>,
    #[serde(borrow, rename = "pdf")]
    pub pdf_url: Text<'a>,
    #[serde(borrow)]
    pub title: Text<'a>,
    /// The abstract in crawled lines.
    #[serde(borrow)]
    pub summary: Text<'a>,
    /// The abstract in the snapshot.
    #[serde(borrow, rename = "abstract")]
    pub abstract_text: Text<'a>,
    #[serde(borrow)]
    pub authors: Texts<'a>,
    /// Family name, given name and suffix of each author.
    #[serde(borrow)]
    pub authors_parsed: ParsedNames<'a>,
    #[serde(borrow)]
    pub categories: Texts<'a>,
    #[serde(borrow)]
    pub cate: Text<'a>,
    #[serde(borrow)]
    pub category: Text<'a>,
    #[serde(borrow)]
    pub primary_category: Text<'a>,
    #[serde(borrow)]
    pub comment: Text<'a>,
    #[serde(borrow)]
    pub comments: Text<'a>,
    #[serde(borrow)]
    pub doi: Text<'a>,
    #[serde(borrow, rename = "journal-ref")]
    pub journal_ref: Text<'a>,
    #[serde(borrow)]
    pub license: Text<'a>,
    #[serde(borrow)]
    pub code_url: Text<'a>,
    #[serde(borrow)]
    pub published: Text<'a>,
    #[serde(borrow)]
    pub updated: Text<'a>,
    #[serde(borrow)]
    pub update_date: Text<'a>,
    #[serde(borrow)]
    pub versions: Versions<'a>,
    #[serde(borrow)]
    pub tldr: Text<'a>,
    #[serde(borrow)]
    pub recommended_date: Text<'a>,
    #[serde(borrow, rename = "AI")]
    pub ai: Object<Ai<'a>>,
    #[serde(borrow)]
    pub research_radar: Object<Radar<'a>>,
}

/// Generated texts.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Ai<'a> {
    #[serde(borrow)]
    pub tldr: Text<'a>,
    #[serde(borrow)]
    pub task: Text<'a>,
    #[serde(borrow)]
    pub motivation: Text<'a>,
    #[serde(borrow)]
    pub method: Text<'a>,
    #[serde(borrow)]
    pub result: Text<'a>,
    #[serde(borrow)]
    pub results: Text<'a>,
    #[serde(borrow)]
    pub conclusion: Text<'a>,
    #[serde(borrow)]
    pub summary: Text<'a>,
    #[serde(borrow)]
    pub ai_summary: Text<'a>,
    #[serde(borrow)]
    pub keywords: Texts<'a>,
    #[serde(borrow)]
    pub title_translation: Text<'a>,
    #[serde(borrow)]
    pub translation: Text<'a>,
    #[serde(borrow)]
    pub abstract_translation: Text<'a>,
}

/// What the research radar adds.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Radar<'a> {
    #[serde(borrow)]
    pub date: Text<'a>,
    #[serde(borrow)]
    pub summary: Object<RadarSummary<'a>>,
}

/// The generated part of the radar.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct RadarSummary<'a> {
    #[serde(borrow)]
    pub plain_english_summary: Text<'a>,
}

/// A text; `None` for null, numbers and everything else.
#[derive(Debug, Default)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

impl<'a> Text<'a> {
    /// The text as a slice.
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// One text or a list of them.
#[derive(Debug, Default)]
pub(super) enum Texts<'a> {
    /// Null or of another type.
    #[default]
    Missing,
    /// As one text, e.g. `A. Quill and B. Finn`.
    One(Cow<'a, str>),
    /// As a list.
    List(Vec<Cow<'a, str>>),
}

/// `authors_parsed`, each name put together as it is read.
#[derive(Debug, Default)]
pub(super) struct ParsedNames<'a>(pub Authors, std::marker::PhantomData<&'a ()>);

/// Number of versions, and when the first and the last of them came.
#[derive(Debug, Default)]
pub(super) struct Versions<'a> {
    /// How many there are: the number of the last one.
    pub count: u32,
    /// Time of the first, RFC 2822.
    pub first: Option<Cow<'a, str>>,
    /// Time of the last, RFC 2822.
    pub last: Option<Cow<'a, str>>,
}

/// An object, `None` for every other type.
#[derive(Debug)]
pub(super) struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Object(None)
    }
}

/// Methods that turn a value of any other type into "missing".
macro_rules! ignore_others {
    ($missing:expr; $($method:ident: $type:ty),*) => {
        $(fn $method<E>(self, _: $type) -> Result<Self::Value, E> { Ok($missing) })*
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok($missing) }
        fn visit_none<E>(self) -> Result<Self::Value, E> { Ok($missing) }
    };
}

fn drain_sequence<'de, A: SeqAccess<'de>>(mut sequence: A) -> Result<(), A::Error> {
    while sequence.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Borrowed(text))))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(text.to_owned()))))
            }
            ignore_others!(Text(None); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Self::Value, A::Error> {
                drain_sequence(sequence).map(|()| Text(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                drain_map(map).map(|()| Text(None))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextsVisitor;
        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Texts::One(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Texts::One(Cow::Owned(text.to_owned())))
            }
            ignore_others!(Texts::Missing; visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(text) = sequence.next_element::<Text<'de>>()? {
                    list.extend(text.0);
                }
                Ok(Texts::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                drain_map(map).map(|()| Texts::Missing)
            }
        }
        deserializer.deserialize_any(TextsVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ParsedNames<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;
        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = ParsedNames<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names in parts")
            }
            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(ParsedNames::default())
            }
            ignore_others!(ParsedNames::default(); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut names = ParsedNames::default();
                while let Some(parts) = sequence.next_element::<Texts<'de>>()? {
                    let Texts::List(parts) = parts else { continue };
                    let part = |at: usize| parts.get(at).map_or("", |part| part.trim());
                    let full = [part(1), part(0), part(2)].into_iter().filter(|part| !part.is_empty());
                    names.0.push(&full.collect::<Vec<_>>().join(" "));
                }
                Ok(names)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                drain_map(map).map(|()| ParsedNames::default())
            }
        }
        deserializer.deserialize_any(NamesVisitor)
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(borrow)]
    created: Text<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Versions<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct VersionsVisitor;
        impl<'de> Visitor<'de> for VersionsVisitor {
            type Value = Versions<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of versions")
            }
            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Versions::default())
            }
            ignore_others!(Versions::default(); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut versions = Versions::default();
                while let Some(Object(version)) = sequence.next_element::<Object<Version<'de>>>()? {
                    let version = version.unwrap_or_default();
                    let number = version.version.as_str().and_then(|text| text.strip_prefix('v')?.parse().ok());
                    versions.count = number.unwrap_or(versions.count.saturating_add(1));
                    if versions.first.is_none() {
                        versions.first.clone_from(&version.created.0);
                    }
                    versions.last = version.created.0;
                }
                Ok(versions)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                drain_map(map).map(|()| Versions::default())
            }
        }
        deserializer.deserialize_any(VersionsVisitor)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Object(None))
            }
            ignore_others!(Object(None); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Self::Value, A::Error> {
                drain_sequence(sequence).map(|()| Object(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(|value| Object(Some(value)))
            }
        }
        deserializer.deserialize_any(ObjectVisitor(std::marker::PhantomData))
    }
}
