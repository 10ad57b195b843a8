//! A query string as the JSON object that a request is read from.
//!
//! In: the JSON schema of a request type, and `like=2602.10611&k=5&category=cs.LG`. Out: an object
//! with the types and the nesting that the schema tells: a list where one is wanted, a number where
//! one is, `category` inside `filter`. So every request of the service has its parameters without a
//! second definition, and OpenAPI lists the same ones. Unknown parameters, values of another type,
//! and single values that come twice are refused by name.

use serde_json::{Map, Value};

use super::problem::Problem;

/// A parameter of a query string.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: String,
    /// Its schema, with all that the schema refers to.
    pub(super) schema: Value,
    /// Whether a request without it is refused.
    pub(super) required: bool,
    /// The keys that lead to its value.
    place: Vec<String>,
    /// Whether it may come several times.
    list: bool,
    kind: Kind,
}

/// How the text of a parameter is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
}

/// The parameters of a request with this schema. Keys of objects in it stand for themselves; what
/// cannot be written in a query string (objects in lists, maps) has no parameter.
pub(super) fn parameters(schema: &Value) -> Vec<Parameter> {
    let mut found = Vec::new();
    gather(schema, schema, &mut Vec::new(), &mut found);
    found
}

fn gather(root: &Value, object: &Value, place: &mut Vec<String>, found: &mut Vec<Parameter>) {
    let required: Vec<&str> = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let Some(properties) = object["properties"].as_object() else { return };
    for (name, schema) in properties {
        let inner = resolved(root, schema);
        place.push(name.clone());
        if inner["properties"].is_object() {
            gather(root, inner, place, found);
        } else if let Some((kind, list)) = kind(root, inner) {
            // What stands higher up keeps its name.
            if found.iter().all(|other| other.name != *name) {
                let mut schema = schema.clone();
                if let (Some(schema), Some(definitions)) = (schema.as_object_mut(), root.get("$defs")) {
                    schema.insert("$defs".to_owned(), definitions.clone());
                }
                let required = required.contains(&name.as_str());
                found.push(Parameter { name: name.clone(), schema, required, place: place.clone(), list, kind });
            }
        }
        place.pop();
    }
}

/// What a schema is once references, alternatives with `null` and single parts are followed.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return resolved(root, &root["$defs"][name]);
    }
    let parts = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema[key].as_array());
    let mut real = parts.into_iter().flatten().filter(|part| part["type"] != "null");
    match (real.next(), real.next()) {
        (Some(only), None) => resolved(root, only),
        _ => schema,
    }
}

/// How a schema's values are read from text, and whether it is a list of such.
fn kind(root: &Value, schema: &Value) -> Option<(Kind, bool)> {
    let names = |name: &str| match &schema["type"] {
        Value::String(own) => own == name,
        Value::Array(own) => own.iter().any(|own| own == name),
        _ => false,
    };
    if names("array") {
        let (kind, list) = kind(root, resolved(root, &schema["items"]))?;
        return (!list).then_some((kind, true));
    }
    let known =
        [("string", Kind::Text), ("integer", Kind::Integer), ("number", Kind::Number), ("boolean", Kind::Boolean)];
    let named = known.into_iter().find(|(name, _)| names(name)).map(|(_, kind)| kind);
    // Alternatives that are all words: an enum whose variants have descriptions.
    let words = || {
        let mut parts = schema["oneOf"].as_array()?.iter();
        parts.all(|part| part["const"].is_string() || part["type"] == "string").then_some(Kind::Text)
    };
    named.or_else(words).map(|kind| (kind, false))
}

/// Reads a query string into the object that the parameters describe.
///
/// # Errors
/// A problem that names the parameter.
pub(super) fn read(parameters: &[Parameter], query: &str) -> Result<Map<String, Value>, Problem> {
    let mut object = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            let known =
                if known.is_empty() { "there are none".to_owned() } else { format!("known are {}", known.join(", ")) };
            return Err(Problem::malformed(format!("there is no parameter {name:?}; {known}")));
        };
        // A field of a form that was left blank asks for nothing.
        if text.is_empty() && parameter.kind != Kind::Boolean {
            continue;
        }
        let value = parameter.value(&text)?;
        parameter.enter(&mut object, value)?;
    }
    Ok(object)
}

impl Parameter {
    /// Its value, read from text.
    pub(super) fn value(&self, text: &str) -> Result<Value, Problem> {
        let wrong = |what: &str| Problem::malformed(format!("{}={text:?} is no {what}", self.name));
        match self.kind {
            Kind::Text => Ok(Value::from(text)),
            Kind::Integer => text.parse::<i64>().map(Value::from).map_err(|_| wrong("whole number")),
            Kind::Number => {
                let number = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
                number.map(Value::Number).ok_or_else(|| wrong("number"))
            }
            // A box of a form that is ticked says `on`.
            Kind::Boolean => match text {
                "true" | "1" | "on" | "" => Ok(Value::Bool(true)),
                "false" | "0" => Ok(Value::Bool(false)),
                _ => Err(wrong("yes or no (true or false)")),
            },
        }
    }

    fn enter(&self, object: &mut Map<String, Value>, value: Value) -> Result<(), Problem> {
        let mut at = object;
        let Some((last, outer)) = self.place.split_last() else { return Ok(()) };
        for key in outer {
            let inner = at.entry(key).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return Err(Problem::malformed(format!("{key} is no object"))) };
            at = inner;
        }
        match at.get_mut(last) {
            Some(Value::Array(list)) => list.push(value),
            Some(_) => return Err(Problem::malformed(format!("{} comes twice", self.name))),
            None => {
                at.insert(last.clone(), if self.list { Value::Array(vec![value]) } else { value });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde_json::json;

    use super::*;
    use crate::service::{Recommend, Search};

    fn of<T: JsonSchema>() -> Vec<Parameter> {
        parameters(schemars::schema_for!(T).as_value())
    }

    #[test]
    fn a_request_is_read_as_its_schema_says() {
        let query = "like=2602.10611&like=hep-th%2F9901001&k=5&category=cs.LG&category=stat.ML&since=2026-02-01\
                     &facet=method&meaning=0.5&withdrawn=true&profile=a+b";
        let read = read(&of::<Recommend>(), query).map(Value::Object).ok();
        let expected = json!({
            "like": ["2602.10611", "hep-th/9901001"],
            "k": 5,
            "facet": "method",
            "profile": "a b",
            "filter": {"category": ["cs.LG", "stat.ML"], "since": "2026-02-01", "withdrawn": true},
            "factors": {"meaning": 0.5},
        });
        assert_eq!(read, Some(expected.clone()));
        assert!(serde_json::from_value::<Recommend>(expected).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let parameters = of::<Search>();
        let refused = |query| read(&parameters, query).expect_err("refused").detail().to_owned();
        assert!(refused("txt=a").starts_with("there is no parameter \"txt\"; known are "));
        assert_eq!(refused("k=many"), "k=\"many\" is no whole number");
        assert_eq!(refused("k=1&k=2"), "k comes twice");
        assert_eq!(refused("unread=maybe"), "unread=\"maybe\" is no yes or no (true or false)");
        assert_eq!(refused("at_least=NaN"), "at_least=\"NaN\" is no number");
    }
}
