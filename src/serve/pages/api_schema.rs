//! JSON schemas in words, for the page of the API.
//!
//! In: schemas of the OpenAPI document. Out: what a type is, its range, its default and its fields.
//! What is defined under a name stands once on the page, and types refer to it.

use serde_json::Value;

/// A piece of a sentence: words, code, or a reference to a type of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words.
    Words(String),
    /// What stands in backquotes.
    Code(String),
    /// A type by its name.
    Type(String),
}

/// A key of an object, or a parameter.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Vec<Piece>,
    pub(super) required: bool,
    /// What it is where it is not said; empty for nothing.
    pub(super) default: String,
    /// Between which numbers it is; empty where it is no number.
    pub(super) range: String,
    pub(super) about: Vec<Piece>,
}

/// A sentence with its backquotes read.
pub(super) fn sentence(text: &str) -> Vec<Piece> {
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts
        .map(|(at, part)| if at % 2 == 0 { Piece::Words(part.to_owned()) } else { Piece::Code(part.to_owned()) })
        .collect()
}

fn about(schema: &Value) -> Vec<Piece> {
    sentence(schema["description"].as_str().unwrap_or_default())
}

/// A field that a schema describes.
pub(super) fn field(name: &str, schema: &Value, required: bool) -> Field {
    let default = match &schema["default"] {
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Object(_) => String::new(),
        value => value.to_string(),
    };
    Field { name: name.to_owned(), kind: kind(schema), required, default, range: range(schema), about: about(schema) }
}

/// The fields of an object's schema.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let required = |name: &str| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|key| key == name));
    let all = schema["properties"].as_object().into_iter().flatten();
    all.map(|(name, own)| field(name, own, required(name))).collect()
}

/// The words that a schema allows, each with what it means; none where it allows others.
pub(super) fn words(schema: &Value) -> Vec<(String, Vec<Piece>)> {
    let parts = schema["oneOf"].as_array().into_iter().flatten();
    let named = parts.filter_map(|part| Some((part["const"].as_str()?.to_owned(), about(part))));
    let listed = schema["enum"].as_array().into_iter().flatten();
    named.chain(listed.filter_map(|word| Some((word.as_str()?.to_owned(), Vec::new())))).collect()
}

fn range(schema: &Value) -> String {
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (least, Value::Null) => format!("from {least}"),
        (Value::Null, most) => format!("up to {most}"),
        (least, most) => format!("{least} to {most}"),
    }
}

/// What a schema's values are.
pub(super) fn kind(schema: &Value) -> Vec<Piece> {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return vec![Piece::Type(name.to_owned())];
    }
    if let Some(parts) = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema[key].as_array()) {
        return several(&parts.iter().map(kind).collect::<Vec<_>>());
    }
    if let Value::String(word) = &schema["const"] {
        return vec![Piece::Code(word.clone())];
    }
    match &schema["type"] {
        Value::Array(types) => {
            let one = |own: &Value| plain(own.as_str().unwrap_or_default(), schema);
            several(&types.iter().map(one).collect::<Vec<_>>())
        }
        Value::String(own) => plain(own, schema),
        _ => vec![Piece::Words("anything".to_owned())],
    }
}

/// Alternatives, `null` last.
fn several(kinds: &[Vec<Piece>]) -> Vec<Piece> {
    let null = [Piece::Words("null".to_owned())];
    let (nulls, others): (Vec<_>, Vec<_>) = kinds.iter().partition(|kind| ***kind == null);
    let mut all = Vec::new();
    for kind in others.into_iter().chain(nulls) {
        if !all.is_empty() {
            all.push(Piece::Words(" or ".to_owned()));
        }
        all.extend(kind.iter().cloned());
    }
    all
}

fn plain(own: &str, schema: &Value) -> Vec<Piece> {
    let words = match (own, schema["format"].as_str()) {
        ("array", _) => {
            let mut all = vec![Piece::Words("array of ".to_owned())];
            all.extend(if schema["items"].is_object() {
                kind(&schema["items"])
            } else {
                vec![Piece::Words("values".to_owned())]
            });
            return all;
        }
        ("object", _) if schema["additionalProperties"].is_object() => {
            let mut all = vec![Piece::Words("object of ".to_owned())];
            all.extend(kind(&schema["additionalProperties"]));
            return all;
        }
        ("string", Some("date")) => "date",
        ("string", Some("date-time")) => "time",
        ("string", Some("binary")) => "bytes",
        (own, _) => own,
    };
    vec![Piece::Words(words.to_owned())]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(pieces: &[Piece]) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Words(text) => text.clone(),
            Piece::Code(text) => format!("`{text}`"),
            Piece::Type(name) => format!("<{name}>"),
        };
        pieces.iter().map(text).collect()
    }

    #[test]
    fn types_are_told_in_words() {
        let kind = |schema: Value| told(&kind(&schema));
        assert_eq!(kind(json!({"type": ["number", "null"], "format": "float"})), "number or null");
        assert_eq!(kind(json!({"type": "array", "items": {"$ref": "#/components/schemas/Row"}})), "array of <Row>");
        let nullable = json!({"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Facet"}]});
        assert_eq!(kind(nullable), "<Facet> or null");
        assert_eq!(kind(json!({"type": ["string", "null"], "format": "date"})), "date or null");
        assert_eq!(kind(json!({"type": "object", "additionalProperties": {"type": "integer"}})), "object of integer");
        assert_eq!(kind(json!({})), "anything");
    }

    #[test]
    fn a_field_has_its_range_its_default_and_its_sentence() {
        let schema = json!({
            "required": ["k"],
            "properties": {"k": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 10, "description": "As `-k`."}, "list": {"type": "array", "default": []}},
        });
        let fields = fields(&schema);
        let [k, list] = &fields[..] else { panic!("two fields") };
        assert_eq!(
            (&*k.name, k.required, &*k.default, &*k.range, told(&k.about).as_str()),
            ("k", true, "10", "0 to 1000", "As `-k`.")
        );
        assert_eq!(
            (list.required, &*list.default, &*list.range, told(&list.kind).as_str()),
            (false, "", "", "array of values")
        );
        assert_eq!(told(&sentence("")), "");
    }
}
