//! JSON schemas of tools, as short as they can be: an agent pays for each of their words.
//!
//! In: types. Out: schemas in one piece, without titles, without what serde and clients know
//! anyway, and for answers without descriptions.

use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// A schema as the protocol has it.
pub(super) type Object = Arc<Map<String, Value>>;

/// The schema of arguments.
pub(super) fn of_input<T: JsonSchema>() -> Object {
    short::<T>(SchemaSettings::draft2020_12().for_deserialize(), true)
}

/// The schema of an answer.
pub(super) fn of_output<T: JsonSchema>() -> Object {
    short::<T>(SchemaSettings::draft2020_12().for_serialize(), false)
}

fn short<T: JsonSchema>(mut settings: SchemaSettings, described: bool) -> Object {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    shorten(&mut schema, described);
    if !described {
        outline(&mut schema, 0);
    }
    // What the whole is for stands beside the schema.
    let mut object = match schema {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    object.remove("description");
    object.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    Arc::new(object)
}

/// Takes out of a schema, and of those within it, what nobody needs.
fn shorten(schema: &mut Value, described: bool) {
    let Value::Object(object) = schema else { return };
    object.remove("title");
    object.remove("$schema");
    if !described {
        for key in ["description", "additionalProperties", "minimum", "maximum", "pattern"] {
            object.remove(key);
        }
    }
    if object.get("format").is_some_and(|format| format != "date") {
        object.remove("format");
    }
    // What is not said stays away: an empty list, or nothing.
    if object.get("default").is_some_and(|default| default.is_null() || *default == Value::Array(Vec::new())) {
        object.remove("default");
    }
    without_null(object);
    as_one_list(object);
    within(object, &mut |schema| shorten(schema, described));
}

/// Calls a function with each schema in a schema.
fn within(object: &mut Map<String, Value>, visit: &mut dyn FnMut(&mut Value)) {
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(&mut *visit);
    }
    if let Some(schema) = object.get_mut("items") {
        visit(schema);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(schemas)) = object.get_mut(key) {
            schemas.iter_mut().for_each(&mut *visit);
        }
    }
}

/// Keeps of an answer's schema its fields and those of the items of its lists, with their types; of
/// what is deeper the type alone, and of lists of texts that they are lists.
fn outline(schema: &mut Value, depth: usize) {
    let Value::Object(object) = schema else { return };
    if depth > 0 {
        object.remove("required");
    }
    if depth > 1 {
        object.remove("properties");
    }
    if object.get("items").is_some_and(|items| depth > 1 || items.get("properties").is_none()) {
        object.remove("items");
    }
    // The items of a list stand where the list stands.
    if let Some(items) = object.get_mut("items") {
        outline(items, depth);
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(|schema| outline(schema, depth + 1));
    }
}

/// A value that may be absent is never null: `["string", "null"]` becomes `"string"`, and one of
/// two schemas of which the other is null becomes the schema.
fn without_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let is_null = |schema: &Value| schema.get("type").is_some_and(|name| name == "null");
    if let Some(Value::Array(schemas)) = object.get("anyOf")
        && let Some(Value::Object(one)) = schemas.iter().find(|schema| !is_null(schema)).cloned()
        && schemas.len() == 2
        && schemas.iter().any(is_null)
    {
        object.remove("anyOf");
        for (key, value) in one {
            object.entry(key).or_insert(value);
        }
        without_null(object);
    }
}

/// One of several words, each in a schema of its own, becomes one list of words.
fn as_one_list(object: &mut Map<String, Value>) {
    let Some(Value::Array(schemas)) = object.get("oneOf") else { return };
    let words = |schema: &Value| match (schema.get("const"), schema.get("enum")) {
        (Some(word), _) => Some(vec![word.clone()]),
        (None, Some(Value::Array(words))) => Some(words.clone()),
        _ => None,
    };
    let words: Option<Vec<Vec<Value>>> = schemas.iter().map(words).collect();
    if let Some(words) = words {
        object.remove("oneOf");
        object.insert("enum".to_owned(), Value::Array(words.concat()));
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    /// An example.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Example {
        /// A text
        text: Option<String>,
        /// Numbers
        #[serde(default)]
        numbers: Vec<u32>,
        /// Another
        inner: Option<Inner>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Inner {
        /// A title of a paper, which is no title of a schema
        title: String,
    }

    #[test]
    fn a_schema_says_what_an_agent_needs_and_no_more() {
        let numbers = json!({ "type": "integer", "minimum": 0 });
        let inner = json!({
            "type": "object",
            "description": "Another",
            "properties": {
                "title": { "type": "string", "description": "A title of a paper, which is no title of a schema" }
            },
            "required": ["title"],
        });
        assert_eq!(
            Value::Object((*of_input::<Example>()).clone()),
            json!({
                "type": "object",
                "properties": {
                    "text": { "type": "string", "description": "A text" },
                    "numbers": { "type": "array", "description": "Numbers", "items": numbers },
                    "inner": inner,
                },
                "additionalProperties": false,
            })
        );
        let output = Value::Object((*of_output::<Example>()).clone());
        assert_eq!(output["properties"]["inner"]["properties"], json!({ "title": { "type": "string" } }));
        assert_eq!(output["properties"]["inner"].get("required"), None);
        assert_eq!(output["properties"]["numbers"], json!({ "type": "array" }));
    }
}
