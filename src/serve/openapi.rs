//! The API as an OpenAPI 3.1 document, made from the table of endpoints.
//!
//! In: endpoints with the schemas of their requests and answers. Out: one document. OpenAPI 3.1
//! takes JSON Schema as it is, so the schemas are those that the service's types give; what several
//! of them define stands once under `components`.

use axum::http::Method;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::codes::{self, CODES};
use super::endpoint::{Endpoint, PAPER};
use super::jobs::Row;
use super::parameters::Parameter;
use super::problem::Written;
use super::{embed_routes, job_routes};

/// The groups of endpoints, in the order in which people read them.
const GROUPS: [(&str, &str); 7] = [
    ("questions", "What the command line answers: related papers, a search, the list of the day."),
    ("topics", "The topics that were found last. POST /api/v1/jobs/topics finds them."),
    ("profiles", "What profiles like, follow and are interested in."),
    ("papers", "Single papers, and what the user says of them."),
    ("library", "The library in numbers, its models, and the categories of arXiv that it follows."),
    ("jobs", "Work that takes long: one job at a time, each under a number."),
    ("embeddings", "Vectors of texts, for clients of OpenAI and of text-embeddings-inference."),
];

/// The document.
pub(super) fn document(endpoints: &[impl AsRef<Endpoint>]) -> Value {
    let mut shared = Map::new();
    let mut paths = Map::new();
    let job = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Row>();
    let job = lifted(&job.to_value(), "job", "Answer", &mut shared);
    shared.insert("Job".to_owned(), job);
    let problem = schemars::schema_for!(Written<'_>).to_value();
    shared.insert("Problem".to_owned(), bare(problem));
    let mut lift = |schema: Value, name: &str| lifted(&schema, name, "Part", &mut shared);
    let by_hand = job_routes::described(&mut lift).into_iter().chain(embed_routes::described(&mut lift));
    for (path, operations) in by_hand.collect::<Vec<_>>() {
        paths.insert(path.to_owned(), operations);
    }
    for endpoint in endpoints {
        let endpoint = endpoint.as_ref();
        let path = paths.entry(format!("/api/v1{}", endpoint.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(endpoint.method.as_str().to_ascii_lowercase(), operation(endpoint, &mut shared));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Relata",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a library of arXiv papers answers. Every answer has an ETag that stays as long as the library does. \
                            Problems are application/problem+json with a stable code.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "tags": GROUPS.map(|(name, description)| json!({"name": name, "description": description})),
        "x-problems": problems(),
        "paths": paths,
        "components": {
            "schemas": shared,
            "responses": {
                "Problem": {
                    "description": "What was refused, or went wrong.",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                },
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    })
}

/// What can go wrong, by code; `everywhere` names what any address may answer.
fn problems() -> Value {
    let row = |code: &codes::Code| (code.name.to_owned(), json!({"status": code.status, "description": code.about}));
    json!({"everywhere": codes::EVERYWHERE, "codes": CODES.iter().map(row).collect::<Map<_, _>>()})
}

/// The codes that an endpoint names among its own.
fn own_codes(endpoint: &Endpoint) -> Vec<&'static str> {
    let (body, read) = (endpoint.body.is_some(), !endpoint.parts.is_empty() || !endpoint.parameters.is_empty());
    let mut own = if body || read { codes::READ.to_vec() } else { Vec::new() };
    own.extend(endpoint.fails);
    own.extend(if body { codes::BODY } else { &[] });
    own.extend(if endpoint.writes { codes::WRITES } else { &[] });
    own
}

/// The value that a part of an address has in examples.
pub(super) fn part_example(name: &str) -> Value {
    match name {
        "id" => PAPER.into(),
        "profile" => "default".into(),
        _ => 1.into(),
    }
}

fn operation(endpoint: &Endpoint, shared: &mut Map<String, Value>) -> Value {
    let job = json!({"$ref": "#/components/schemas/Job"});
    let schema = match endpoint.job {
        true => job,
        false => lifted(&endpoint.answer, endpoint.name, "Answer", shared),
    };
    let (status, meaning) = if endpoint.job { ("202", "The job.") } else { ("200", "The answer.") };
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [tag(endpoint.path)],
        "x-problems": own_codes(endpoint),
        "responses": {
            status: {"description": meaning, "content": {"application/json": {"schema": schema}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    });
    if endpoint.method == Method::GET {
        operation["responses"]["304"] = json!({"description": "The answer is the one whose ETag If-None-Match named."});
    }
    let asked: Vec<(String, String)> = match endpoint.body {
        None => form_urlencoded::parse(endpoint.example.as_bytes()).into_owned().collect(),
        Some(_) => Vec::new(),
    };
    let parameter = |own: &Parameter, place: &str, shared: &mut Map<String, Value>| {
        let schema = lifted(&own.schema, endpoint.name, &own.name, shared);
        let mut written =
            json!({"name": own.name, "in": place, "required": own.required || place == "path", "schema": schema});
        if place == "path" {
            written["example"] = part_example(&own.name);
        } else if let Some((_, text)) = asked.iter().find(|(name, _)| *name == own.name) {
            written["example"] = own.value(text).unwrap_or_default();
        }
        written
    };
    let mut parameters: Vec<Value> = endpoint.parts.iter().map(|own| parameter(own, "path", shared)).collect();
    parameters.extend(endpoint.parameters.iter().map(|own| parameter(own, "query", shared)));
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = &endpoint.body {
        let required = body["required"].as_array().is_some_and(|keys| !keys.is_empty());
        let schema = lifted(body, endpoint.name, "Request", shared);
        let example: Value = serde_json::from_str(endpoint.example).unwrap_or_else(|_| json!({}));
        let content = json!({"application/json": {"schema": schema, "example": example}});
        operation["requestBody"] = json!({"required": required, "content": content});
    }
    operation
}

/// The group that a path is shown in.
fn tag(path: &str) -> &str {
    match path.split('/').nth(1).unwrap_or_default() {
        "recommend" | "search" | "today" => "questions",
        "notes" | "tags" | "read" => "papers",
        "models" | "sources" => "library",
        group => group,
    }
}

/// A schema whose definitions stand under the document's components. A definition that another
/// request has under the same name and with another meaning gets a name of its own.
fn lifted(schema: &Value, operation: &str, part: &str, shared: &mut Map<String, Value>) -> Value {
    let mut schema = schema.clone();
    let mut renamed = Vec::new();
    let definitions = schema.as_object_mut().and_then(|schema| schema.remove("$defs"));
    for (name, definition) in definitions.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let same = shared.get(name).is_none_or(|own| *own == referring(definition.clone(), &[]));
        let unique = if same { name.clone() } else { format!("{name}Of{}{part}", capital(operation)) };
        renamed.push((name.clone(), unique));
    }
    for (name, definition) in definitions.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let Some((_, unique)) = renamed.iter().find(|(own, _)| own == name) else { continue };
        shared.insert(unique.clone(), referring(definition.clone(), &renamed));
    }
    bare(referring(schema, &renamed))
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// References to definitions as references to components.
fn referring(mut schema: Value, renamed: &[(String, String)]) -> Value {
    match &mut schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                let name = value.as_str().filter(|_| key == "$ref").and_then(|path| path.strip_prefix("#/$defs/"));
                *value = match name {
                    Some(name) => {
                        let unique = renamed.iter().find(|(own, _)| own == name).map_or(name, |(_, unique)| unique);
                        Value::from(format!("#/components/schemas/{unique}"))
                    }
                    None => referring(value.take(), renamed),
                };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = referring(item.take(), renamed)),
        _ => {}
    }
    schema
}

/// A schema without the name of its dialect, which is the document's.
fn bare(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::api::endpoints;

    #[test]
    fn every_code_that_an_endpoint_names_is_told_and_every_group_has_endpoints() {
        let endpoints: Vec<std::sync::Arc<Endpoint>> = endpoints().into_iter().map(Into::into).collect();
        let document = document(&endpoints);
        let (told, groups) = (document["x-problems"]["codes"].clone(), document["tags"].clone());
        let mut seen = std::collections::BTreeSet::new();
        for operation in document["paths"]
            .as_object()
            .expect("paths")
            .values()
            .flat_map(|path| path.as_object().into_iter().flat_map(Map::values))
        {
            for code in operation["x-problems"].as_array().unwrap_or_else(|| panic!("{operation}")) {
                assert!(told[code.as_str().expect("a code")].is_object(), "{code}");
            }
            seen.insert(operation["tags"][0].as_str().expect("a group").to_owned());
        }
        let named = groups.as_array().expect("groups").iter().filter_map(|group| group["name"].as_str());
        assert_eq!(named.map(str::to_owned).collect::<std::collections::BTreeSet<_>>(), seen);
        for name in codes::EVERYWHERE {
            assert!(told[*name].is_object(), "{name}");
        }
    }

    #[test]
    fn examples_are_requests() {
        for endpoint in endpoints() {
            let path = endpoint.parts.iter().map(|part| {
                let value = part_example(&part.name);
                (part.name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            });
            let (query, body) = match endpoint.body {
                Some(_) => (String::new(), endpoint.example.as_bytes().to_vec()),
                None => (endpoint.example.to_owned(), Vec::new()),
            };
            let call = super::super::endpoint::Call { path: path.collect(), profile: String::new(), query, body };
            assert!(endpoint.read(&call).is_ok(), "{}", endpoint.name);
        }
    }
}
