//! What an argument of a tool may hold.
//!
//! In: JSON from an agent, which may be anything. Out: values within their bounds, and the JSON
//! schema that states the same bounds. A text is never a path, an address that is opened, or a word
//! of a command line.

use std::borrow::Cow;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::clean::cut;
use crate::paper::ArxivId;

/// The most papers of one answer.
pub(super) const MOST_PAPERS: u64 = 50;

/// Characters of the path of an argument.
const PLACE: usize = 100;

/// The most characters of an id in any form that people paste.
const ID_LENGTH: usize = 200;

/// A text of at most `MOST` characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text<const MOST: usize>(pub(super) String);

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text<MOST>, D::Error> {
        let text = String::deserialize(from)?;
        match text.chars().count() {
            count if count > MOST => Err(D::Error::custom(format_args!("{count} characters; at most {MOST} are read"))),
            _ => Ok(Text(text)),
        }
    }
}

impl<const MOST: usize> JsonSchema for Text<MOST> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // What no name comes near need not be said in a list that is paid for by the word.
        if MOST <= 200 {
            json_schema!({ "type": "string" })
        } else {
            json_schema!({ "type": "string", "maxLength": MOST })
        }
    }
}

/// An arXiv identifier in any form that people paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(pub(super) ArxivId);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Id, D::Error> {
        let Text(text) = Text::<ID_LENGTH>::deserialize(from)?;
        text.parse().map(Id).map_err(|_| D::Error::custom(format_args!("{text:?} is no arXiv id, such as 2602.10611")))
    }
}

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// At most `MOST` values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List<T, const MOST: usize>(pub(super) Vec<T>);

impl<T, const MOST: usize> Default for List<T, MOST> {
    fn default() -> List<T, MOST> {
        List(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for List<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<List<T, MOST>, D::Error> {
        let values = Vec::deserialize(from)?;
        match values.len() {
            count if count > MOST => Err(D::Error::custom(format_args!("{count} values; at most {MOST} are read"))),
            _ => Ok(List(values)),
        }
    }
}

impl<T: JsonSchema, const MOST: usize> JsonSchema for List<T, MOST> {
    fn schema_name() -> Cow<'static, str> {
        format!("List{MOST}{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "maxItems": MOST })
    }
}

/// Papers by their ids.
pub(super) type Ids = List<Id, 50>;

impl Ids {
    /// The ids themselves.
    pub(super) fn ids(self) -> Vec<ArxivId> {
        self.0.into_iter().map(|id| id.0).collect()
    }
}

/// A number from `LEAST` to `MOST`; `USUAL` where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count<const LEAST: u64, const MOST: u64, const USUAL: u64>(pub(super) u64);

impl<const LEAST: u64, const MOST: u64, const USUAL: u64> Default for Count<LEAST, MOST, USUAL> {
    fn default() -> Self {
        Count(USUAL)
    }
}

impl<const LEAST: u64, const MOST: u64, const USUAL: u64> Count<LEAST, MOST, USUAL> {
    /// The number as a count of things in memory.
    pub(super) fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de, const LEAST: u64, const MOST: u64, const USUAL: u64> Deserialize<'de> for Count<LEAST, MOST, USUAL> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u64::deserialize(from)? {
            number if (LEAST..=MOST).contains(&number) => Ok(Count(number)),
            number => Err(D::Error::custom(format_args!("{number} is not from {LEAST} to {MOST}"))),
        }
    }
}

impl<const LEAST: u64, const MOST: u64, const USUAL: u64> JsonSchema for Count<LEAST, MOST, USUAL> {
    fn schema_name() -> Cow<'static, str> {
        format!("Count{LEAST}To{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST, "default": USUAL })
    }
}

/// The number of papers of an answer.
pub(super) type K = Count<1, MOST_PAPERS, 10>;

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Share(pub(super) f32);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Share, D::Error> {
        match f32::deserialize(from)? {
            share if (0.0..=1.0).contains(&share) => Ok(Share(share)),
            share => Err(D::Error::custom(format_args!("{share} is not from 0 to 1"))),
        }
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day(pub(super) Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let Text(text) = Text::<20>::deserialize(from)?;
        text.parse().map(Day).map_err(|_| D::Error::custom(format_args!("{text:?} is no day, such as 2026-02-14")))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// Reads the arguments of a tool.
///
/// # Errors
/// Which argument is wrong, by its path, and why.
pub(super) fn read<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        let (place, why) = (error.path().to_string(), error.inner().to_string());
        // What stands at no argument, or names it already.
        let last = place.rsplit('.').next().unwrap_or_default();
        match place == "." || why.contains(&format!("`{last}`")) {
            true => why,
            false => format!("{}: {why}", cut(&place, PLACE)),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        query: Text<5>,
        #[serde(default)]
        like: Ids,
        #[serde(default)]
        k: K,
        since: Option<Day>,
    }

    fn error(arguments: Value) -> String {
        let Value::Object(arguments) = arguments else { panic!("no object") };
        read::<Asked>(arguments).unwrap_err()
    }

    #[test]
    fn values_within_their_bounds_are_read() {
        let Value::Object(arguments) =
            json!({ "query": "abcde", "like": ["arXiv:2602.10611v2"], "since": "2026-02-14" })
        else {
            panic!("no object")
        };
        let asked: Asked = read(arguments).unwrap();
        assert_eq!(asked.like.ids(), ["2602.10611".parse().unwrap()]);
        assert_eq!((asked.k.get(), asked.since), (10, Some(Day(jiff::civil::date(2026, 2, 14)))));
    }

    #[test]
    fn an_error_names_the_argument_and_its_bounds() {
        assert_eq!(error(json!({ "query": "abcdef" })), "query: 6 characters; at most 5 are read");
        assert_eq!(error(json!({ "query": "a", "k": 1_000_000_000 })), "k: 1000000000 is not from 1 to 50");
        assert_eq!(error(json!({ "query": "a", "k": 0 })), "k: 0 is not from 1 to 50");
        assert_eq!(
            error(json!({ "query": "a", "like": ["/etc/passwd"] })),
            "like[0]: \"/etc/passwd\" is no arXiv id, such as 2602.10611"
        );
        assert_eq!(
            error(json!({ "query": "a", "like": vec!["2602.10611"; 51] })),
            "like: 51 values; at most 50 are read"
        );
        assert_eq!(
            error(json!({ "query": "a", "since": "yesterday" })),
            "since: \"yesterday\" is no day, such as 2026-02-14"
        );
        // The second of several wrong ones, and a type that is no text at all.
        assert_eq!(
            error(json!({ "query": "a", "like": ["2602.10611", {"id": 1}] })),
            "like[1]: invalid type: map, expected a string"
        );
        assert_eq!(error(json!({ "query": 3, "k": "many" })), "k: invalid type: string \"many\", expected u64");
        assert_eq!(error(json!({})), "missing field `query`");
        assert!(error(json!({ "query": "a", "path": "x" })).starts_with("unknown field `path`, expected one of"));
    }
}
