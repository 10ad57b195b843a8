//! Whether a value fits a JSON schema, as far as the schemas of tools go.

use serde_json::Value;

/// What of a value does not fit, with its place.
pub(crate) fn faults(value: &Value, schema: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(value, schema, "", &mut faults);
    faults
}

fn check(value: &Value, schema: &Value, at: &str, faults: &mut Vec<String>) {
    let known = ["type", "enum", "const", "properties", "required", "items", "additionalProperties", "description"];
    for key in schema.as_object().expect("a schema is an object").keys() {
        assert!(known.contains(&key.as_str()), "{at}: the check does not know {key}");
    }
    let named = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("{at}: the check does not know the type {other}"),
    };
    if let Some(name) = schema["type"].as_str()
        && !named(name)
    {
        faults.push(format!("{at} is no {name}: {value}"));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        faults.push(format!("{at} is none of {values:?}: {value}"));
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        if value.get(key.as_str().expect("a key")).is_none() {
            faults.push(format!("{at} lacks {key}"));
        }
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        for (key, value) in object {
            match properties.get(key) {
                Some(schema) => check(value, schema, &format!("{at}/{key}"), faults),
                None => faults.push(format!("{at} has {key}, of which its schema says nothing")),
            }
        }
    }
    if let Some(schema) = schema.get("items") {
        for (number, value) in value.as_array().into_iter().flatten().enumerate() {
            check(value, schema, &format!("{at}/{number}"), faults);
        }
    }
}

#[test]
fn what_does_not_fit_is_found() {
    use serde_json::json;
    let schema = json!({
        "type": "object",
        "properties": { "a": { "type": "array", "items": { "type": "integer" } }, "b": { "enum": ["x"] } },
        "required": ["a"],
    });
    assert_eq!(faults(&json!({ "a": [1, 2], "b": "x" }), &schema), Vec::<String>::new());
    assert_eq!(faults(&json!({ "a": [1, "2"] }), &schema), ["/a/1 is no integer: \"2\""]);
    assert_eq!(faults(&json!({ "b": "y" }), &schema).len(), 2);
    assert_eq!(faults(&json!({ "a": [], "c": 1 }), &schema), [" has c, of which its schema says nothing"]);
}
