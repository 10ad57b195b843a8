//! The API as an OpenAPI 3.1 document, made from the table of endpoints.
//!
//! In: endpoints with the schemas of their requests and answers. Out: one document. OpenAPI 3.1
//! takes JSON Schema as it is, so the schemas are those that the service's types give; what several
//! of them define stands once under `components`.

use axum::http::Method;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::endpoint::Endpoint;
use super::jobs::Row;
use super::parameters::Parameter;
use super::problem::Written;
use super::{embed_routes, job_routes};

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
        "responses": {
            status: {"description": meaning, "content": {"application/json": {"schema": schema}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    });
    if endpoint.method == Method::GET {
        operation["responses"]["304"] = json!({"description": "The answer is the one whose ETag If-None-Match named."});
    }
    let parameter = |own: &Parameter, place: &str, shared: &mut Map<String, Value>| {
        let schema = lifted(&own.schema, endpoint.name, &own.name, shared);
        json!({"name": own.name, "in": place, "required": own.required || place == "path", "schema": schema})
    };
    let mut parameters: Vec<Value> = endpoint.parts.iter().map(|own| parameter(own, "path", shared)).collect();
    parameters.extend(endpoint.parameters.iter().map(|own| parameter(own, "query", shared)));
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = &endpoint.body {
        let required = body["required"].as_array().is_some_and(|keys| !keys.is_empty());
        let schema = lifted(body, endpoint.name, "Request", shared);
        operation["requestBody"] = json!({"required": required, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

/// The group that a path is shown in.
fn tag(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
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
